"""Which measure notices which fault? One matrix, in units of what chance alone does to each measure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gan_course.data import Dataset
from gan_course.data.faults import Draw, Fault, unbroken, usual_faults
from gan_course.evaluation.bins import different_bins
from gan_course.evaluation.evaluate import measured
from gan_course.evaluation.features import FeatureNetwork, feature_network
from gan_course.evaluation.frame_distance import frame_distance
from gan_course.evaluation.memorisation import compared, nearness
from gan_course.evaluation.motion import motion_distance
from gan_course.evaluation.perceptual import diversity
from gan_course.evaluation.report import Table
from gan_course.evaluation.spaces import Features, Space, space_of
from gan_course.show.numbers import short
from gan_tf.checks import whole
from gan_tf.metrics import moments, radii

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Measure(NamedTuple):
    """A measure of one's own for :func:`fault_matrix`.

    Attributes:
        function: from samples (n, ...) and the :class:`Draw` that they belong to, to one number.
        higher_is_better: which side is the bad one.
        step: the smallest change that it can show, such as 1 of a count; 0 if it has none.
    """

    function: Callable[[np.ndarray, Draw], float]
    higher_is_better: bool = False
    step: float = 0.0


# The measures of which more is better; of all others less is.
_HIGHER = {
    "classifier score",
    "classes seen",
    "label accuracy",
    "precision",
    "recall",
    "density",
    "coverage",
    "diversity",
}
_SHARES = {"label accuracy", "precision", "recall", "coverage", "copies"}  # of n samples
_PAIRS = 200  # of samples that are compared for the diversity, at most


@dataclass(frozen=True, eq=False, repr=False)
class FaultMatrix:
    """What :func:`fault_matrix` found. It prints as a table, in a notebook too.

    Attributes:
        faults: names of the rows.
        measures: names of the columns.
        scores: float64 (faults, measures). 0: within the range of the real draws. 5: worse than the worst real draw by
            five times the standard deviation of the real draws; -5: *better* than the best by as much, so the measure
            praises the fault. The deviation is taken no smaller than one step of the measure: one sample of a share,
            one class. Of several draws of a fault the one that counts least. NaN: not measured.
        values: the measures as they are, mean over the draws, float64 (faults, measures).
        real: of the real draws, float64 (draws, measures).
        n: how many samples each draw had.
        margin: the score from which on a measure is said to notice.
        title: data and features, in words.
    """

    faults: tuple[str, ...]
    measures: tuple[str, ...]
    scores: np.ndarray
    values: np.ndarray
    real: np.ndarray
    n: int
    margin: float
    title: str

    def score(self, fault: str, measure: str) -> float:
        """One cell.

        Raises:
            ValueError: an unknown name.
        """
        return float(self.scores[_place("fault", fault, self.faults), _place("measure", measure, self.measures)])

    def noticed_by(self, fault: str) -> list[str]:
        """The measures that are worse with this fault than with any real draw, by more than the margin."""
        return self._where(self.scores[_place("fault", fault, self.faults)] > self.margin)

    def praised_by(self, fault: str) -> list[str]:
        """The measures that are *better* with this fault than with any real draw, by more than the margin."""
        return self._where(self.scores[_place("fault", fault, self.faults)] < -self.margin)

    def _where(self, mask: np.ndarray) -> list[str]:
        return [name for name, yes in zip(self.measures, mask, strict=True) if yes]

    def counts(self, faults: Sequence[str] | None = None, margins: Sequence[float] = ()) -> Table:
        """How many faults each measure notices and praises, and which it misses. Conclusions stand on such counts.

        Args:
            faults: the rows that are faults; by default all but ``"nothing"``.
            margins: further margins at which to count: a count that depends on the margin carries no conclusion.

        Raises:
            ValueError: an unknown row.
        """
        faults = [name for name in self.faults if name != "nothing"] if faults is None else list(faults)
        scores = self.scores[[_place("fault", name, self.faults) for name in faults]]
        of = f"of {len(faults)}"
        rows = []
        for name, column in zip(self.measures, scores.T, strict=True):
            measured = ~np.isnan(column)
            missed = [fault for fault, score in zip(faults, column, strict=True) if score <= self.margin]
            counted = [str(int((column > margin).sum())) for margin in (self.margin, *margins)]
            text = ", ".join(missed) if missed else "none" if measured.all() else "-"
            rows.append((name, *counted, str(int((column < -self.margin).sum())), text))
        header = ("measure", *(f"noticed {of}, margin {margin:g}" for margin in (self.margin, *margins)))
        return Table((*header, "praised", "does not notice"), tuple(rows), f"{self.title}; n = {self.n:,}")

    def heat_map(self, title: str | None = None, size: float = 8.0) -> Figure:
        """The scores as a picture, :func:`gan_course.show.heat_map`; a dash stands where nothing was measured.

        Args:
            title: text above; by default the data and n.
            size: width of the figure in inches.
        """
        from gan_course.show.heat_map import heat_map

        title = f"{self.title}, n = {self.n:,}" if title is None else title
        figure = heat_map(np.nan_to_num(self.scores), self.faults, self.measures, self.margin, title, size)
        for text, score in zip(figure.axes[0].texts, self.scores.ravel(), strict=True):
            if np.isnan(score):
                text.set_text("–")
        return figure

    def table(self) -> Table:
        """The scores; what leaves the range by more than the margin is marked: ``!`` worse, ``?`` praised."""
        rows = [
            (fault, *(_text(score, self.margin) for score in scores))
            for fault, scores in zip(self.faults, self.scores, strict=True)
        ]
        caption = (
            f"{self.title}; {self.n:,} samples a draw, {len(self.real)} real draws. Standard deviations beyond the "
            f"range of the real draws; ! worse, ? better by more than {self.margin:g}."
        )
        return Table(("fault", *self.measures), tuple(rows), caption)

    def __str__(self) -> str:
        return str(self.table())

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return self.table()._repr_markdown_()


def fault_matrix(
    dataset: Dataset,
    faults: Mapping[str, Fault] | None = None,
    n: int = 500,
    *,
    held_out: Dataset | None = None,
    measures: Mapping[str, Measure] | None = None,
    unmeasured: Mapping[str, Collection[str]] | None = None,
    real_draws: int = 8,
    draws: int = 2,
    margin: float = 3.0,
    features: Features | None = None,
    motion_clips: int = 24,
    seed: int = 0,
) -> FaultMatrix:
    """Break real samples in known ways, and see which measure leaves the range that it has for whole ones.

    Held-out real samples are drawn ``real_draws`` times and measured against other held-out ones: that gives each
    measure's range and spread. Then each fault is drawn ``draws`` times. A measure *notices* it if in every draw its
    value is worse than the worst of the real draws by more than ``margin`` of their standard deviations. That is a
    careful rule: what passes it by chance is rare, and a faint fault may be missed. More samples make every measure
    sharper, so a matrix speaks of its own ``n`` only. The column "copies" is the share of :func:`memorisation` with the
    whole training set as its bank.

    Images, sounds and clips have the same interface: the features are those of :func:`evaluate`, of spectrograms of
    sounds and of whole clips. Clips are also compared frame by frame and by their motion.

    Args:
        dataset: the real samples that generators are trained on, all of them: copies of samples that are left out here
            are not seen. Without labels they count as one class.
        held_out: real samples that no generator was trained on, at least 2 n: n of them are the reference of a draw,
            others are what is broken. Without them one half of ``dataset`` is taken, the same in all draws.
        faults: name to function from a :class:`Draw` to samples (n, ...); by default :func:`usual_faults`. A function
            may as well ask a generator for ``draw.labels``: then its row says in what it differs from real samples.
        n: samples in each draw.
        measures: further ones, by name.
        unmeasured: fault to measures that mean nothing for it, such as the label accuracy of a generator that takes no
            labels; their scores are NaN.
        real_draws: how often real samples are drawn, at least 3.
        draws: how often each fault is.
        margin: by how many standard deviations a measure must leave the range.
        features: as for :func:`evaluate`.
        motion_clips: how many clips the optical flow is found of in each draw; it costs 60 ms and more for each.
        seed: fixes the draws.

    Raises:
        ValueError: too few samples, a number out of range, samples of a wrong shape, a measure that is not finite, or
            no features known.

    Example:
        >>> fault_matrix(data.load("mnist", n=10_000)).noticed_by("copied")
        ['copies']
    """
    n, real_draws, draws = whole("n", n, 50), whole("real_draws", real_draws, 3), whole("draws", draws, 1)
    if not np.isfinite(margin) or margin < 0:
        raise ValueError(f"margin: got {margin!r}, expected a number from 0")
    if held_out is None:
        if len(dataset) < 4 * n:
            given = f"{len(dataset)} samples give at most {len(dataset) // 4}: half of the set is held out"
            raise ValueError(f"n: got {n}, but {given}")
        order = np.random.default_rng(seed).permutation(len(dataset))
        dataset, held_out = (dataset.select(part) for part in np.array_split(order, 2))
    if held_out.x.shape[1:] != dataset.x.shape[1:] or held_out.class_names != dataset.class_names:
        raise ValueError(f"held_out: got {held_out!r}, expected samples and classes like those of {dataset!r}")
    if len(held_out) < 2 * n:
        raise ValueError(f"n: got {n}, but {len(held_out)} held-out samples give at most {len(held_out) // 2}")
    if dataset.labels is None or held_out.labels is None:
        dataset, held_out = (
            replace(part, labels=np.zeros(len(part), np.int32), class_names=("sample",)) for part in (dataset, held_out)
        )
    faults = usual_faults(dataset) if faults is None else dict(faults)
    if not faults:
        raise ValueError("faults: got none, expected at least one")
    space, own = space_of(dataset, features), dict(measures or {})
    training = space(dataset.x)[0]
    real, found = [], []
    for i in range(real_draws + draws):
        draw = _draw(dataset, held_out, n, seed * 1000 + i)
        measure = _Measures(draw, training, space, own, motion_clips)
        if i < real_draws:
            real.append(measure(unbroken(draw), "real"))
        else:
            found.append([list(measure(fault(draw), name).values()) for name, fault in faults.items()])
    names = tuple(real[0])
    found = np.array(found)
    for fault, without in (unmeasured or {}).items():
        found[:, _place("fault", fault, tuple(faults)), [_place("measure", name, names) for name in without]] = np.nan
    real = np.array([list(row.values()) for row in real])
    higher = np.array([own[name].higher_is_better if name in own else name in _HIGHER for name in names])
    steps = np.array([own[name].step if name in own else _step(name, n) for name in names])
    return FaultMatrix(
        faults=tuple(faults),
        measures=names,
        scores=scored(found, real, higher, steps),
        values=np.mean(found, axis=0),
        real=real,
        n=n,
        margin=float(margin),
        title=f"{dataset.name} ({dataset.source}), {space.title}",
    )


def scored(values: np.ndarray, real: np.ndarray, higher: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """How far values leave the range of the real draws, in their standard deviations; positive where it is worse.

    Args:
        values: (draws, faults, measures).
        real: (real draws, measures).
        higher: bool (measures,), of which measures more is better.
        steps: (measures,), the smallest change that each can show; no deviation is taken for less.

    Returns:
        float64 (faults, measures): of the draws the one that counts least; 0 if they do not leave on the same side, and
        infinite where a measure without a step never moves among the real draws; NaN where a value is.
    """
    low, high = real.min(axis=0), real.max(axis=0)
    beyond = np.maximum(values - high, 0) + np.minimum(values - low, 0)
    spread = np.broadcast_to(np.maximum(real.std(axis=0, ddof=1), steps), beyond.shape)
    scores = np.divide(beyond, spread, out=np.copysign(np.inf, beyond), where=spread > 0)
    scores = np.where(beyond == 0, 0.0, scores) * np.where(higher, -1.0, 1.0)
    least = np.abs(scores).min(axis=0)
    counted = np.where((scores > 0).all(axis=0), least, np.where((scores < 0).all(axis=0), -least, 0.0))
    return np.where(np.isnan(least), np.nan, counted)


def _draw(training: Dataset, held_out: Dataset, n: int, seed: int) -> Draw:
    random = np.random.default_rng(seed)
    order = random.permutation(len(held_out))
    reference, fresh = held_out.select(order[:n]), held_out.select(order[n:])
    # Only classes of the fresh part can be drawn.
    labels = np.resize(random.permutation(np.unique(fresh.labels)), n)
    return Draw(training, reference, fresh, labels.astype(np.int32), seed)


class _Measures:
    """All measures against one draw's reference, whose own statistics are found once."""

    def __init__(self, draw: Draw, training: np.ndarray, space: Space, own: Mapping[str, Measure], motion_clips: int):
        self.draw, self.training, self.space, self.own, self.motion_clips = draw, training, space, own, motion_clips
        self.reference = space(draw.reference.x)[0]
        self.nearness = nearness(self.reference, training, self.reference, among=True)
        self.moments = moments(self.reference, "reference")
        self.radii = radii(self.reference, 5)
        self.classes = len(draw.reference.class_names) if space.classify and space.own_classes else None

    def __call__(self, samples: np.ndarray, name: str) -> dict[str, float]:
        draw, samples = self.draw, np.asarray(samples)
        if samples.shape != (len(draw.labels), *draw.reference.x.shape[1:]):
            wanted = (len(draw.labels), *draw.reference.x.shape[1:])
            raise ValueError(f"faults[{name!r}]: got samples of shape {samples.shape}, expected {wanted}")
        network = self.space.network if isinstance(self.space.network, FeatureNetwork) else None
        if network is not None and network.prepare is not None and samples.ndim == 2:
            seen = network.prepare(samples)  # Heard once for all measures.
        else:
            seen = samples
        features, probabilities = self.space(seen)
        found = measured((features, probabilities), self.reference, self.moments, self.radii, self.classes)
        row: dict[str, float] = {}
        if found.score is not None:
            row["classifier score"] = found.score.mean
        if self.classes is not None:
            row["classes seen"] = found.classes
            row["label accuracy"] = float((probabilities.argmax(axis=1) == draw.labels).mean())
        row |= {"Fréchet": found.frechet, "kernel": found.kernel.mean}
        row |= {key: getattr(found, key) for key in ("precision", "recall", "density", "coverage")}
        row["bins"] = different_bins(self.reference, features, bins=_bins(len(features))).share
        near = nearness(features, self.training, self.reference)
        row["copies"] = compared(near, self.nearness, len(self.training)).share
        if network is not None:
            pairs = min(_PAIRS, len(seen) // 2)
            row["diversity"] = diversity(seen, pairs, seed=draw.seed, network=network, batch_size=100).mean
        if samples.ndim == 5:
            row |= self._of_clips(samples)
        for key, measure in self.own.items():
            row[key] = float(measure.function(samples, draw))
            if not np.isfinite(row[key]):
                raise ValueError(f"measures[{key!r}]: gave {row[key]} for {name!r}, expected a finite number")
        return row

    def _of_clips(self, clips: np.ndarray) -> dict[str, float]:
        real, seed = self.draw.reference.x, self.draw.seed
        motion = motion_distance(clips, real, self.motion_clips, seed)
        found = {"changes": motion.difference, "flow": motion.flow}
        network = feature_network("mnist" if clips.shape[-1] == 1 else "cifar10")
        if min(clips.shape[2:4]) >= network.shape[0]:
            found = {"frames": frame_distance(clips, real, network, seed=seed)} | found
        return found


def _bins(n: int) -> int:
    return max(2, n // 20)


def _step(name: str, n: int) -> float:
    return {"classes seen": 1.0, "bins": 1 / _bins(n)}.get(name, 1 / n if name in _SHARES else 0.0)


def _place(kind: str, name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise ValueError(f"{kind}: got {name!r}, expected one of {', '.join(names)}")
    return names.index(name)


def _text(score: float, margin: float) -> str:
    if np.isnan(score):
        return "-"
    return short(score) + ("!" if score > margin else "?" if score < -margin else "")
