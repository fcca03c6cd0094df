"""All measures of a generator at once, with the real-against-real floor beside them."""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple

import numpy as np

from gan_course.data import Dataset
from gan_course.evaluation.modes import mode_coverage
from gan_course.evaluation.report import Measures, Report
from gan_course.evaluation.spaces import MOST, Features, Space, as_dataset, draw, kept, space_of
from gan_tf.checks import whole
from gan_tf.metrics import (
    Moments,
    classifier_score,
    frechet_distance,
    kernel_distance,
    moments,
    neighbourhood,
    radii,
)


class _Reference(NamedTuple):
    features: np.ndarray
    moments: Moments
    radii: np.ndarray
    floor: Measures


def evaluate(
    samples: Any,
    dataset: Dataset | np.ndarray,
    n: int | None = None,
    *,
    features: Features | None = None,
    other: Dataset | np.ndarray | None = None,
    seed: int = 0,
) -> Report:
    """Compare generated samples with real ones, and other real ones with the same real ones.

    Args:
        samples: float array (m, ...) in the units of the data, or a model with ``sample(n, seed=...)``.
        dataset: the real samples; the test split, if the generator shall be held to what it has not seen. A float
            array (m, ...), in [-1, 1] if these are no points, does as well.
        n: how many samples, of each kind; by default as many as there are, up to 10,000. Most measures depend on it:
            compare reports of the same ``n`` only.
        features: a function from samples (n, ...) to features (n, d), a :class:`FeatureNetwork`, the name of one, or
            :func:`inception`, whose distances are no published FIDs. Without it samples of the course's data sets are
            compared in the features of their own network, other pictures, clips and sounds in those of one of these,
            after resizing, and points as they are. The report says in which; numbers compare only within the same
            features.
        other: real samples for the floor, such as the training split. Without it ``dataset`` is cut into two halves,
            one to compare with and one for the floor.
        seed: fixes which real samples are used, and the samples of a model.

    Raises:
        ValueError: another shape, NaN or infinity, values outside [-1, 1], too few samples, or no features known.
        TypeError: ``samples`` is neither an array nor a model that can sample.

    Example:
        >>> print(evaluate(gan, data.load("mnist", "test"), other=data.load("mnist")))
    """
    if other is dataset:
        raise ValueError(
            "other: got the data set itself, expected other real samples, or None to cut it into two halves"
        )
    dataset, other = as_dataset(dataset), None if other is None else as_dataset(other, "other")
    space = space_of(dataset, features)
    available = len(dataset) // 2 if other is None else min(len(dataset), len(other))
    sampled = not (isinstance(samples, (np.ndarray, list, tuple)) or hasattr(samples, "__array__"))
    n = _size(n, available, None if sampled else len(samples))
    if sampled:
        samples = draw(samples, n, len(dataset.class_names), seed)
    samples = np.asarray(samples)
    if samples.shape[1:] != dataset.x.shape[1:]:
        raise ValueError(f"samples: got shape {samples.shape}, expected (n, {str(dataset.x.shape[1:])[1:]}")
    if len(samples) > n:
        # A random choice: samples are often sorted by class.
        samples = samples[np.random.default_rng(seed).permutation(len(samples))[:n]]
    classes = len(dataset.class_names) if space.classify and space.own_classes else None
    found = space(samples)
    key = (space.key, n, seed, None if other is None else weakref.ref(other))
    reference = kept(dataset, key, lambda: _reference(dataset, other, space, n, seed, classes))
    return Report(
        measures=measured(found, reference.features, reference.moments, reference.radii, classes),
        floor=reference.floor,
        n=n,
        against=f"as many from {dataset.name} ({len(dataset):,} in all, {dataset.source})",
        features=space.title,
        total_classes=classes,
    )


def _size(n: int | None, available: int, given: int | None) -> int:
    n = min(MOST, available, MOST if given is None else given) if n is None else n
    if n > available:
        raise ValueError(
            f"n: got {n}, but the data set gives at most {available}: it is cut into two halves unless other= is given"
        )
    if given is not None and n > given:
        raise ValueError(f"n: got {n}, but there are only {given} samples")
    return whole("n, the number of samples,", n, 10)


def _reference(
    dataset: Dataset, other: Dataset | None, space: Space, n: int, seed: int, classes: int | None
) -> _Reference:
    random = np.random.default_rng(seed)
    order = random.permutation(len(dataset))
    rest = dataset.x[order[n : 2 * n]] if other is None else other.x[random.permutation(len(other))[:n]]
    features = space(dataset.x[order[:n]])[0]
    statistics, balls = moments(features), radii(features, 5)
    return _Reference(features, statistics, balls, measured(space(rest), features, statistics, balls, classes))


def measured(
    found: tuple[np.ndarray, np.ndarray | None],
    real: np.ndarray,
    real_moments: Moments,
    real_radii: np.ndarray,
    classes: int | None,
) -> Measures:
    """All measures of one set of features and probabilities against the features of real samples.

    Args:
        found: features (m, d), and probabilities (m, classes) or None.
        real: features of the real samples (n, d).
        real_moments: their :func:`moments`, found once for many sets.
        real_radii: their ``radii(real, 5)``, found once as well.
        classes: how many the probabilities name of the data set's own; None if they name others.
    """
    features, probabilities = found
    (precision, recall), (density, coverage), nearest = neighbourhood(real, features, real_radii=real_radii)
    score, seen = None, None
    if probabilities is not None:
        score = classifier_score(probabilities, splits=min(10, len(probabilities) // 5))
    if probabilities is not None and classes is not None:
        seen = mode_coverage(probabilities.argmax(axis=1), classes=classes, least=0.1).modes
    return Measures(
        frechet=frechet_distance(features, real_moments),
        # Subsets of half the samples at most: the spread over equal subsets would be zero.
        kernel=kernel_distance(features, real, subsets=20, subset_size=min(1000, len(features) // 2)),
        precision=precision,
        recall=recall,
        density=density,
        coverage=coverage,
        nearest=nearest,
        score=score,
        classes=seen,
    )
