"""Which measure notices which fault? One matrix, in units of what chance alone does to each measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from gan_course.data import Dataset
from gan_course.data.faults import Draw, Fault, unbroken, usual_faults
from gan_course.evaluation.bins import different_bins
from gan_course.evaluation.evaluate import measured
from gan_course.evaluation.features import FeatureNetwork, feature_network
from gan_course.evaluation.frame_distance import frame_distance
from gan_course.evaluation.memorisation import memorisation
from gan_course.evaluation.motion import motion_distance
from gan_course.evaluation.perceptual import diversity
from gan_course.evaluation.report import Table
from gan_course.evaluation.spaces import Features, Space, space_of
from gan_course.show.numbers import short
from gan_tf.checks import whole
from gan_tf.metrics import moments, radii


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
            one class. Of several draws of a fault the one that counts least.
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
    measures: Mapping[str, Measure] | None = None,
    real_draws: int = 8,
    draws: int = 2,
    margin: float = 3.0,
    features: Features | None = None,
    motion_clips: int = 24,
    seed: int = 0,
) -> FaultMatrix:
    """Break real samples in known ways, and see which measure leaves the range that it has for whole ones.

    Real samples are drawn ``real_draws`` times and measured against other real ones: that gives each measure's range
    and spread. Then each fault is drawn ``draws`` times. A measure *notices* it if in every draw its value is worse
    than the worst of the real draws by more than ``margin`` of their standard deviations. That is a careful rule: what
    passes it by chance is rare, and a faint fault may be missed. More samples make every measure sharper, so a matrix
    speaks of its own ``n`` only.

    Images, sounds and clips have the same interface: the features are those of :func:`evaluate`, of spectrograms of
    sounds and of whole clips. Clips are also compared frame by frame and by their motion.

    Args:
        dataset: real samples, at least 4 n. Without labels they count as one class.
        faults: name to function from a :class:`Draw` to samples (n, ...); by default :func:`usual_faults`. A function
            may as well ask a generator for ``draw.labels``: then its row says in what it differs from real samples.
        n: samples in each draw.
        measures: further ones, by name.
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
    if len(dataset) < 4 * n:
        raise ValueError(
            f"n: got {n}, but {len(dataset)} samples give at most {len(dataset) // 4}: the set is cut in parts"
        )
    if dataset.labels is None:
        dataset = replace(dataset, labels=np.zeros(len(dataset), np.int32), class_names=("sample",))
    faults = usual_faults(dataset) if faults is None else dict(faults)
    if not faults:
        raise ValueError("faults: got none, expected at least one")
    space, own = space_of(dataset, features), dict(measures or {})
    real, found = [], []
    for i in range(real_draws + draws):
        draw = _draw(dataset, n, seed * 1000 + i)
        measure = _Measures(draw, space, own, motion_clips)
        if i < real_draws:
            real.append(measure(unbroken(draw), "real"))
        else:
            found.append([list(measure(fault(draw), name).values()) for name, fault in faults.items()])
    names = tuple(real[0])
    real = np.array([list(row.values()) for row in real])
    higher = np.array([own[name].higher_is_better if name in own else name in _HIGHER for name in names])
    steps = np.array([own[name].step if name in own else _step(name, n) for name in names])
    return FaultMatrix(
        faults=tuple(faults),
        measures=names,
        scores=scored(np.array(found), real, higher, steps),
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
        infinite where a measure without a step never moves among the real draws.
    """
    low, high = real.min(axis=0), real.max(axis=0)
    beyond = np.maximum(values - high, 0) + np.minimum(values - low, 0)
    spread = np.broadcast_to(np.maximum(real.std(axis=0, ddof=1), steps), beyond.shape)
    scores = np.divide(beyond, spread, out=np.copysign(np.inf, beyond), where=spread > 0)
    scores = np.where(beyond == 0, 0.0, scores) * np.where(higher, -1.0, 1.0)
    least = np.abs(scores).min(axis=0)
    return np.where((scores > 0).all(axis=0), least, np.where((scores < 0).all(axis=0), -least, 0.0))


def _draw(dataset: Dataset, n: int, seed: int) -> Draw:
    random = np.random.default_rng(seed)
    order = random.permutation(len(dataset))
    training, reference, fresh = (
        dataset._select(order[part]) for part in (slice(n), slice(n, 2 * n), slice(2 * n, None))
    )
    # Only classes of the fresh part can be drawn.
    labels = np.resize(random.permutation(np.unique(fresh.labels)), n)
    return Draw(training, reference, fresh, labels.astype(np.int32), seed)


class _Measures:
    """All measures against one draw's reference, whose own statistics are found once."""

    def __init__(self, draw: Draw, space: Space, own: Mapping[str, Measure], motion_clips: int):
        self.draw, self.space, self.own, self.motion_clips = draw, space, own, motion_clips
        self.reference, self.training = (space(part.x)[0] for part in (draw.reference, draw.training))
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
        row["copies"] = memorisation(features, self.training, self.reference).share
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
    return short(score) + ("!" if score > margin else "?" if score < -margin else "")
