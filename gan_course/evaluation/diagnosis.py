"""Which failure does a training resemble, and what is worth a try?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_tf import losses

SCORES = ("real_score", "fake_score")
SYMPTOMS = ("diversity", "coverage", "movement", "outside", "checkerboard", "leakage")


@dataclass(frozen=True)
class Diagnosis:
    """What :func:`diagnose` found.

    Attributes:
        name: the failure that fits best, one of :data:`FAILURES`, or ``"healthy"``.
        evidence: the numbers that say so.
        advice: what to try, the most promising first.
        also: other failures whose signs are there, too.
        unseen: symptoms that the history does not hold; failures that show in them alone were not looked for.
    """

    name: str
    evidence: str
    advice: str
    also: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether no failure was recognised."""
        return self.name == "healthy"

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.evidence}", f"try: {self.advice}"]
        if self.also:
            lines.append(f"also: {', '.join(self.also)}")
        if self.unseen:
            lines.append(f"not looked at, as not in the history: {', '.join(self.unseen)}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Failure:
    """A failure, and how it is known.

    Attributes:
        needs: the series that its rule reads.
        rule: from late values by name to whether the failure is there. It gets the scores on one scale for all losses:
            1 and 0 are what a perfect discriminator gives real and fake samples.
        advice: what to try.
    """

    needs: tuple[str, ...]
    rule: Callable[[Mapping[str, float]], bool]
    advice: str


# In this order: whoever has the first one often shows signs of later ones, too. The thresholds lie between what the
# gallery of lesson 05 shows and what healthy trainings show; benchmarks/results/gallery.json holds both.
FAILURES: dict[str, Failure] = {
    "values outside the range": Failure(
        ("outside",),
        lambda late: late["outside"] > 0.01,
        "end the generator in tanh, and scale the data to [-1, 1]",
    ),
    "batch statistics leak": Failure(
        ("leakage",),
        lambda late: late["leakage"] > 0.05,
        "no batch normalisation in the discriminator; layer normalisation or none",
    ),
    "dead generator": Failure(
        ("fake_score", "movement"),
        lambda late: late["fake_score"] < 0.05 and late["movement"] < 0.05,
        "the non-saturating loss instead of minimax; then hold the discriminator back, as if it were too strong",
    ),
    "discriminator too strong": Failure(
        SCORES,
        lambda late: late["fake_score"] < 0.1 and late["real_score"] > 0.9,
        "penalty='r1'; a smaller learning rate for the discriminator or a larger one for the generator",
    ),
    "discriminator too weak": Failure(
        (*SCORES, "coverage"),
        lambda late: late["fake_score"] > late["real_score"] + 0.03 and late["coverage"] < 0.1,
        "a larger learning rate for the discriminator, more channels, a lighter penalty",
    ),
    "oscillation": Failure(
        ("movement", "diversity"),
        lambda late: late["movement"] > 0.6 and late["diversity"] < 0.5,
        "beta_1 of 0 or 0.5 in both optimizers, smaller learning rates, averaged weights",
    ),
    "mode collapse": Failure(
        ("diversity",),
        lambda late: late["diversity"] < 0.7,
        "penalty='r1'; equal learning rates; more latent dimensions; the relativistic loss",
    ),
    "checkerboard": Failure(
        ("checkerboard",),
        lambda late: late["checkerboard"] > 0.15,
        "a kernel that is a multiple of the stride, or resize and convolve",
    ),
}
# A Wasserstein critic's values have no such scale, and its generator's loss is never flat. But a critic whose slope is
# at most 1 parts two samples no further than their distance, which within [-1, 1] is below 1,000 up to 288 x 288 pixels
# in colour. Penalties hold the slope there; a critic that has none runs away by orders of magnitude.
OF_CRITICS: dict[str, Failure] = {
    "discriminator too strong": Failure(
        SCORES,
        lambda late: abs(late["real_score"] - late["fake_score"]) > 1_000,
        "penalty='gradient_penalty', penalty_weight=10; or spectral normalisation, or clipped weights",
    ),
    "discriminator too weak": Failure(
        (*SCORES, "coverage"),
        lambda late: late["fake_score"] > late["real_score"] and late["coverage"] < 0.1,
        "a larger learning rate for the critic, critic_steps=5, more channels",
    ),
}
HEALTHY = "nothing; train on while the distance to the data falls"


def diagnose(history: Any, loss: str | losses.Loss | None = None) -> Diagnosis:
    """Read a training's history and say which failure of lesson 05's gallery it resembles.

    It looks at the medians of the last third of the epochs, two at least. The scores are means of what the loss
    compares (:class:`gan_tf.losses.Loss`), and it reads them against what a perfect discriminator of that loss would
    give; a Wasserstein critic has no such numbers, so it is called too strong when its values run away. Losses alone
    say little, so it wants the numbers that :class:`Symptoms` writes; without them it can only name a discriminator
    that is too strong, or losses that are no numbers. It knows eight failures; a training may be bad in a ninth way and
    be called healthy.

    Args:
        history: what ``GAN.fit`` returned, or its ``history`` dictionary: names to one number an epoch.
        loss: what the discriminator was trained with, which says how to read its scores. What ``fit`` returned knows
            it; of a dictionary the scores are taken for probabilities unless the loss is given.

    Raises:
        ValueError: no epochs, series of unlike length or that hold no numbers, no scores at all, or an unknown loss.

    Example:
        >>> history = gan.fit(..., callbacks=[evaluation.Symptoms(unseen)])
        >>> print(diagnose(history))
    """
    if loss is None:
        loss = getattr(getattr(history, "model", None), "loss_pair", "non_saturating")
    loss = losses.get(loss)
    series = _checked(getattr(history, "history", history))
    # A number of the last epoch that is none ended the training, whatever came before.
    lost = [name for name, values in series.items() if not math.isfinite(values[-1])]
    if lost:
        return Diagnosis(
            "not a number",
            f"{', '.join(lost)} in epoch {len(next(iter(series.values())))}",
            "a smaller learning rate, global_clipnorm=1.0 in the optimizers, float32, data within [-1, 1]",
        )
    late = {name: float(np.median(values[-max(2, len(values) // 3) :])) for name, values in series.items()}
    if len(next(iter(series.values()))) < 2:
        late.pop("movement", None)  # There is no epoch before the first one.
    failures, read = FAILURES, late
    if loss.targets is None:
        failures = {name: one for name, one in {**FAILURES, **OF_CRITICS}.items() if name != "dead generator"}
    else:
        real, fake = loss.targets
        read = late | {name: (late[name] - fake) / (real - fake) for name in SCORES}
    found = [name for name, failure in failures.items() if set(failure.needs) <= late.keys() and failure.rule(read)]
    unseen = tuple(name for name in SYMPTOMS if name not in late)
    if not found:
        names = [name for name in (*SCORES, *SYMPTOMS) if name in late]
        return Diagnosis("healthy", _listed(late, names), HEALTHY, unseen=unseen)
    first = failures[found[0]]
    return Diagnosis(found[0], _listed(late, first.needs), first.advice, tuple(found[1:]), unseen)


def _listed(late: Mapping[str, float], names: Sequence[str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {late[name]:.2f}" for name in names)


def _checked(history: Any) -> dict[str, list[float]]:
    """The series by name, as floats.

    Raises:
        ValueError: as in :func:`diagnose`.
    """
    if not isinstance(history, Mapping):
        raise ValueError(f"history: got {type(history).__name__}, expected what GAN.fit returned, or its dictionary")
    lengths = {name: len(values) for name, values in history.items()}
    if not lengths or not max(lengths.values()):
        raise ValueError("history: got no epochs, expected what GAN.fit returned after at least one")
    if len(set(lengths.values())) > 1:
        raise ValueError(f"history: got series of unlike length, {lengths}, expected one number an epoch each")
    if missing := [name for name in SCORES if name not in history]:
        raise ValueError(f"history: has no {' and no '.join(missing)}, expected what GAN.fit writes")
    try:
        return {name: [float(value) for value in values] for name, values in history.items()}
    except (TypeError, ValueError):
        raise ValueError("history: holds something that is no number, expected numbers") from None
