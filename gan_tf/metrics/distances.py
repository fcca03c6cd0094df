"""How far is one set of samples from another? Distances between distributions, from features, and the classifier score.

All functions take plain arrays of features, one row a sample, and compute in float64.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from gan_tf._numbers import whole
from gan_tf.metrics import _check


class MeanStd(NamedTuple):
    """A value measured on several parts of the samples: the mean over the parts, and their standard deviation."""

    mean: float
    std: float


class Moments(NamedTuple):
    """Mean (d,), covariance (d, d) and number of samples: all that the Frechet distance knows of a set."""

    mean: np.ndarray
    covariance: np.ndarray
    n: int


def moments(x: np.ndarray, name: str = "x") -> Moments:
    """Mean and unbiased covariance of features (n, d), to keep for a reference set that is compared with often.

    Args:
        x: features (n, d), n at least 2.
        name: what error messages call them.

    Raises:
        ValueError: a wrong shape, fewer than two samples, NaN or infinity.
    """
    x = _check.points(name, x)
    mean = x.mean(axis=0)
    centred = x - mean
    return Moments(mean, centred.T @ centred / (len(x) - 1), len(x))


def frechet_distance(a: np.ndarray | Moments, b: np.ndarray | Moments) -> float:
    """Squared Frechet distance between two Gaussians fitted to the features.

    ``|mean_a - mean_b|^2 + trace(A + B - 2 (A^1/2 B A^1/2)^1/2)`` with the covariances A and B (Dowson and Landau 1982;
    Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", where the features are those of Inception and
    the result is called FID). It is zero for equal sets and grows with the square of the features' scale. Estimates
    from few samples are too large: compare only values measured with the same number of samples.

    Args:
        a: features (n, d), or their :func:`moments`.
        b: features (m, d), or their :func:`moments`.

    Returns:
        The distance, not negative, in squared units of the features.

    Warns:
        UserWarning: a set has no more samples than dimensions; its covariance is then singular and the estimate poor.

    Raises:
        ValueError: a wrong shape, different widths, fewer than two samples, NaN or infinity; or both sets are constant.
            One constant set is a collapsed generator, and has a distance.
    """
    a = a if isinstance(a, Moments) else moments(a, "a")
    b = b if isinstance(b, Moments) else moments(b, "b")
    if a.mean.shape != b.mean.shape:
        raise ValueError(f"b: got {len(b.mean)} features, expected {len(a.mean)}, as a has")
    # Rounding leaves a constant feature with a variance of some 1e-32 of its square.
    if all(np.trace(m.covariance) <= 1e-24 * (1 + m.mean @ m.mean) for m in (a, b)):
        raise ValueError(f"a, b: {_check.SAME}")
    if min(a.n, b.n) <= len(a.mean):
        warnings.warn(
            f"The Frechet distance of {min(a.n, b.n)} samples in {len(a.mean)} dimensions is unreliable: take several "
            "times more samples than dimensions.",
            stacklevel=2,
        )
    # A^1/2 B A^1/2 is symmetric with no negative eigenvalue, so its root needs no complex numbers, unlike the root
    # of A B that is often computed instead.
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ b.covariance @ root).clip(0)).sum()
    difference = a.mean - b.mean
    distance = difference @ difference + np.trace(a.covariance) + np.trace(b.covariance) - 2 * cross
    return max(float(distance), 0.0)


def kernel_distance(
    a: np.ndarray, b: np.ndarray, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> MeanStd:
    """Squared maximum mean discrepancy with the cubic kernel ``(x.y / d + 1)^3``, without bias.

    Binkowski et al. 2018, "Demystifying MMD GANs" (there in Inception features, called KID). Its expectation does not
    depend on the number of samples, and it is zero for equal distributions, so single values may be below zero.

    Args:
        a: features (n, d).
        b: features (m, d).
        subsets: how many pairs of random subsets are compared.
        subset_size: samples in each; no more than there are in the smaller set. Memory grows with its square: three
            blocks of 8 MB at 1,000.
        seed: fixes the subsets.

    Returns:
        Mean over the subsets, and their standard deviation (that of one subset, not of the mean).

    Raises:
        ValueError: a wrong shape, different widths, fewer than two samples, NaN or infinity, a number out of range; or
            both sets are constant.
    """
    a, b = _check.pair("a", a, "b", b)
    _check.varied("a, b", a, b)
    subsets, size = whole("subsets", subsets, 1), whole("subset_size", subset_size, 2)
    size = min(size, len(a), len(b))
    if size == len(a) == len(b):
        subsets = 1  # There is one subset only, the whole.
    random = np.random.default_rng(seed)
    values = [
        _discrepancy(a[random.permutation(len(a))[:size]], b[random.permutation(len(b))[:size]]) for _ in range(subsets)
    ]
    return MeanStd(float(np.mean(values)), float(np.std(values)))


def _discrepancy(a: np.ndarray, b: np.ndarray) -> float:
    n, d = a.shape

    def total(x: np.ndarray, y: np.ndarray, leave_out_diagonal: bool) -> float:
        kernel = x @ y.T
        kernel /= d
        kernel += 1
        # Twice a product is several times faster than numpy's power.
        cube = kernel * kernel
        cube *= kernel
        return cube.sum() - (np.trace(cube) if leave_out_diagonal else 0.0)

    return (total(a, a, True) + total(b, b, True)) / (n * (n - 1)) - 2 * total(a, b, False) / n**2


def classifier_score(probabilities: np.ndarray, splits: int = 10, seed: int = 0) -> MeanStd:
    """``exp(E[KL(p(y|x) || p(y))])``: are samples clear, and are all classes there?

    Salimans et al. 2016, "Improved Techniques for Training GANs" (there with Inception, called Inception Score). From 1
    (one class only, or no idea) to the number of classes (each sample certain, classes even). It never looks at real
    data: print the score of real samples beside it, and do not use it alone.

    Args:
        probabilities: (n, classes), rows sum to one.
        splits: the score is computed on that many equal parts. Samples are shuffled first, because in samples sorted
            by class each part would hold few classes.
        seed: fixes the shuffle.

    Returns:
        Mean over the parts, and their standard deviation.

    Raises:
        ValueError: a wrong shape, values that are no probabilities, or fewer samples than parts.
    """
    p = _check.points("probabilities", probabilities, least=1)
    if p.min() < 0 or not np.allclose(p.sum(axis=1), 1, atol=1e-3):
        raise ValueError("probabilities: expected rows of probabilities that sum to one; for logits, apply softmax")
    splits = whole("splits", splits, 1, len(p))
    p = p[np.random.default_rng(seed).permutation(len(p))]

    def score(part: np.ndarray) -> float:
        marginal = part.mean(axis=0)
        # 0 log 0 is 0: where a probability is zero the logarithm is never used.
        ratio = np.divide(part, marginal, out=np.ones_like(part), where=part > 0)
        return float(np.exp((part * np.log(ratio)).sum(axis=1).mean()))

    scores = [score(part) for part in np.array_split(p, splits)]
    return MeanStd(float(np.mean(scores)), float(np.std(scores)))
