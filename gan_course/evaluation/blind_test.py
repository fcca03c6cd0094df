"""A blind test of real and generated samples on people, and how sure one may be of its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_course.show.figures import png_of
from gan_tf.checks import whole

ANSWERS = {False: ("real", "generated"), True: ("left", "right")}


@dataclass(frozen=True)
class Opinion:
    """How often people were right, and between which bounds that lies for more answers of the same kind.

    Attributes:
        right: right answers.
        answers: all answers.
        share: right answers as a part of all; guessing gives 0.5.
        low: lower end of the confidence interval of the share.
        high: its upper end.
        level: of that interval, such as 0.95.
        p_value: chance of a share at least as far from 0.5 if all of them guessed.
    """

    right: int
    answers: int
    share: float
    low: float
    high: float
    level: float
    p_value: float

    @property
    def guessing(self) -> bool:
        """Whether 0.5 lies within the interval: then the test shows no difference, nor that there is none."""
        return self.low <= 0.5 <= self.high

    def __str__(self) -> str:
        verdict = "guessing is not ruled out" if self.guessing else "not by guessing"
        return (
            f"{self.right} of {self.answers} right: {self.share:.0%}, {self.level:.0%} interval {self.low:.0%} to "
            f"{self.high:.0%}; {verdict}"
        )


def opinion(right: int, answers: int, level: float = 0.95) -> Opinion:
    """The share of right answers with its confidence interval.

    Wilson's interval (Wilson 1927, "Probable Inference"), which also holds for few answers and for shares near 0 and 1.
    It takes the answers as independent. Many answers of few people are not: ask many people a few questions each.

    Args:
        right: how many were right.
        answers: how many there were.
        level: of the interval, between 0 and 1.

    Raises:
        ValueError: no answer, more right ones than there are, or a level out of range.
    """
    from scipy.stats import binomtest

    answers = whole("answers", answers, 1)
    right = whole("right", right, 0, answers)
    test = binomtest(right, answers, 0.5)
    bounds = test.proportion_ci(_level(level), method="wilson")
    share = right / answers
    return Opinion(right, answers, share, float(bounds.low), float(bounds.high), float(level), float(test.pvalue))


def answers_needed(share: float, power: float = 0.8, level: float = 0.95) -> int:
    """How many answers are needed to tell this share of right ones from guessing.

    From that number on a two-sided binomial test at ``1 - level`` finds the difference with a chance of at least
    ``power``. It counts exactly, without the normal approximation.

    Args:
        share: of right answers that one wants to notice, such as 0.6; 0.4 needs as many.
        power: the chance to notice it, between 0 and 1.
        level: 0.95 means that guessing passes for a difference once in twenty times.

    Raises:
        ValueError: a share of 0.5, which no number of answers tells from guessing, or a number out of range.
    """
    from scipy.stats import binom, norm

    if not 0 <= share <= 1 or abs(share - 0.5) < 0.005:
        raise ValueError(f"share: got {share!r}, expected 0 to 1 and at least 0.005 from 0.5, which is guessing")
    if not 0 < power < 1:
        raise ValueError(f"power: got {power!r}, expected a number between 0 and 1")
    share, tail = max(share, 1 - share), (1 - _level(level)) / 2
    # The normal approximation says how far to count; the power rises with a saw's teeth, so the last miss decides.
    about = ((norm.isf(tail) / 2 + norm.ppf(power) * np.sqrt(share * (1 - share))) / (share - 0.5)) ** 2
    n = np.arange(1, int(2 * about) + 60)
    beyond = binom.isf(tail, n, 0.5)  # more right answers than this are too many for guessing
    found = binom.sf(beyond, n, share) + binom.cdf(n - beyond - 1, n, share)
    return int(n[found < power][-1]) + 1


class BlindTest:
    """Real and generated samples in an order that nobody knows, one at a time or in pairs.

    Args:
        real: samples (m, ...), at least as many as are needed.
        generated: samples of the same shape.
        n: how many questions; without pairs an even number, since half of the samples shown are real.
        pairs: show a real and a generated sample side by side and ask which is real. That is easier for people, and
            nobody's habit of saying "real" can move the result.
        seed: fixes what is shown, and where.

    Raises:
        ValueError: shapes that differ, too few samples, or an odd number of single ones.

    Example:
        >>> test = BlindTest(digits.x, gan.sample(10), n=20)
        >>> test.widget(lambda x: show.grid(x, size=1.5))    # in a notebook: two buttons
        >>> print(test.result())
    """

    def __init__(self, real: Any, generated: Any, n: int = 20, *, pairs: bool = False, seed: int = 0):
        real, generated = np.asarray(real), np.asarray(generated)
        if real.shape[1:] != generated.shape[1:]:
            raise ValueError(
                f"generated: got shape {generated.shape}, expected (n, {str(real.shape[1:])[1:]}, as real has"
            )
        if whole("n", n, 2) % 2 and not pairs:
            raise ValueError(f"n: got {n}, expected an even number: half of the samples are real")
        each = n if pairs else n // 2
        for name, x in (("real", real), ("generated", generated)):
            if len(x) < each:
                raise ValueError(f"{name}: got {len(x)} samples, expected at least {each}")
        random = np.random.default_rng(seed)
        real, generated = (x[random.permutation(len(x))[:each]] for x in (real, generated))
        self.pairs = bool(pairs)
        self.given: list[bool] = []
        # True: this one is real, or the real one stands on the left.
        self._truth = random.permutation(np.arange(n) % 2 == 0)
        if pairs:
            self._shown = np.stack([real, generated], axis=1)
            self._shown[~self._truth] = self._shown[~self._truth, ::-1]
        else:
            self._shown = np.empty((n, 1, *real.shape[1:]), real.dtype)
            self._shown[self._truth, 0], self._shown[~self._truth, 0] = real, generated

    def __len__(self) -> int:
        return len(self._truth)

    @property
    def done(self) -> bool:
        """Whether every question has its answer."""
        return len(self.given) == len(self)

    def shown(self) -> np.ndarray:
        """What the next question shows: one sample (1, ...), or a pair (2, ...), the left one first.

        Raises:
            ValueError: all questions have been answered.
        """
        if self.done:
            raise ValueError(f"all {len(self)} questions have been answered; make a new test with another seed")
        return self._shown[len(self.given)]

    def answer(self, says: str) -> None:
        """Answer the next question.

        Args:
            says: "real" or "generated"; of pairs, on which side the real one is: "left" or "right".

        Raises:
            ValueError: another answer, or no question is left.
        """
        self.shown()
        choices = ANSWERS[self.pairs]
        if says not in choices:
            raise ValueError(f"says: got {says!r}, expected {choices[0]!r} or {choices[1]!r}")
        self.given.append(says == choices[0])

    def result(self, level: float = 0.95) -> Opinion:
        """How often the answers given so far were right.

        Raises:
            ValueError: there is no answer yet, or a level out of range.
        """
        return opinion(
            int((np.array(self.given, bool) == self._truth[: len(self.given)]).sum()), len(self.given), level
        )

    def taken_for_real(self) -> dict[str, float]:
        """Of single samples: which share of the real ones, and of the generated ones, was called real.

        Somebody who calls everything real is right in half of all cases, as one who guesses is. These two shares tell
        them apart.

        Raises:
            ValueError: a test of pairs, or no answer yet for one of the kinds.
        """
        given, truth = np.array(self.given, bool), self._truth[: len(self.given)]
        if self.pairs or not truth.any() or truth.all():
            raise ValueError("expected a test of single samples, with an answer for a real one and a generated one")
        return {"real": float(given[truth].mean()), "generated": float(given[~truth].mean())}

    def widget(self, draw: Callable[[np.ndarray], Any]) -> Any:
        """The test as two buttons under a sample, for a notebook. It needs ipywidgets, and somebody to press them.

        Args:
            draw: from what :meth:`shown` gives, (1, ...) or (2, ...), to a matplotlib figure or to what IPython shows:
                ``lambda x: show.grid(x, size=2)``, ``show.players``, or a function that ends in ``show.show_gif``.

        Raises:
            TypeError: what ``draw`` gives can be shown by neither.
        """
        import ipywidgets

        sample, line = ipywidgets.VBox(), ipywidgets.HTML()
        buttons = [ipywidgets.Button(description=choice) for choice in ANSWERS[self.pairs]]

        def show() -> None:
            question = "On which side is the real one?" if self.pairs else "Is it real or generated?"
            line.value = str(self.result()) if self.done else f"{len(self.given) + 1} of {len(self)}. {question}"
            sample.children = () if self.done else (_picture(draw(self.shown())),)
            for button in buttons:
                button.disabled = self.done

        def press(button: Any) -> None:
            self.answer(button.description)
            show()

        for button in buttons:
            button.on_click(press)
        show()
        return ipywidgets.VBox([sample, line, ipywidgets.HBox(buttons)])


def _picture(drawn: Any) -> Any:
    """A widget that holds a figure, a picture or a piece of HTML."""
    import ipywidgets

    own_size = {"align_self": "flex-start"}  # Else a small picture would be stretched over the whole width.
    if hasattr(drawn, "savefig"):
        return ipywidgets.Image(value=png_of(drawn), layout=own_size)
    content = getattr(drawn, "data", None)
    if isinstance(content, bytes):
        return ipywidgets.Image(value=content, format=getattr(drawn, "format", "png"), layout=own_size)
    if isinstance(content, str):
        return ipywidgets.HTML(content)
    raise TypeError(f"draw: gave {type(drawn).__name__}, expected a figure, or a picture or HTML of IPython")


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level: got {level!r}, expected a number between 0 and 1")
    return float(level)
