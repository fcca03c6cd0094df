"""Distances and scores of plain arrays: features ``(n, d)`` of samples, or class probabilities.

All raise ValueError for a wrong shape, too few samples, NaN or infinity, and if all samples have the same features.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from gan_tf import checks


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
    """Mean and unbiased covariance of features (n, d), to keep for a set that is compared with often."""
    x = checks.points(name, x)
    centred = x - x[0]  # without rounding zero where all are the same, so their covariance is
    centred -= (mean := centred.mean(axis=0))
    return Moments(x[0] + mean, centred.T @ centred / (len(x) - 1), len(x))


def frechet_distance(a: np.ndarray | Moments, b: np.ndarray | Moments) -> float:
    """Squared Frechet distance between two Gaussians fitted to features (n, d) and (m, d), or to their :func:`moments`.

    ``|mean_a - mean_b|^2 + trace(A + B - 2 (A^1/2 B A^1/2)^1/2)`` with the covariances A and B (Heusel et al. 2017; in
    the features of Inception it is called FID). In squared units of the features. Estimates from few samples are too
    large: compare at equal numbers only. One set may be constant, as of a collapsed generator.
    """
    a = a if isinstance(a, Moments) else moments(a, "a")
    b = b if isinstance(b, Moments) else moments(b, "b")
    if a.mean.shape != b.mean.shape:
        raise ValueError(f"b: got {len(b.mean)} features, expected {len(a.mean)}, as a has")
    if np.trace(a.covariance) == np.trace(b.covariance) == 0:
        raise ValueError(f"a, b: {checks.SAME}")
    n, d = min(a.n, b.n), len(a.mean)
    if n <= d:
        cure = "take several times more samples than dimensions."
        warnings.warn(f"The Frechet distance of {n} samples in {d} dimensions is unreliable: {cure}", stacklevel=2)
    # A^1/2 B A^1/2 is symmetric, so its root needs no complex numbers, unlike that of A B.
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ b.covariance @ root).clip(0)).sum()
    difference = a.mean - b.mean
    distance = difference @ difference + np.trace(a.covariance) + np.trace(b.covariance) - 2 * cross
    return max(float(distance), 0.0)


def kernel_distance(
    a: np.ndarray, b: np.ndarray, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> MeanStd:
    """Squared maximum mean discrepancy with the cubic kernel ``(x.y / d + 1)^3`` (Binkowski et al. 2018; called KID).

    Without bias: single values may be below zero. The mean over random subsets, and the standard deviation of one.
    """
    a, b = checks.pair("a", a, "b", b)
    checks.varied("a, b", a, b)
    checks.whole("subsets", subsets, 1)
    size = min(checks.whole("subset_size", subset_size, 2), len(a), len(b))
    if size == len(a) == len(b):
        subsets = 1  # There is one subset only, the whole.
    random = np.random.default_rng(seed)
    values = [_discrepancy(*(x[random.permutation(len(x))[:size]] for x in (a, b))) for _ in range(subsets)]
    return MeanStd(float(np.mean(values)), float(np.std(values)))


def _discrepancy(a: np.ndarray, b: np.ndarray) -> float:
    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        base = x @ y.T / x.shape[1] + 1
        return base * base * base  # several times faster than numpy's power

    n = len(a)
    within = sum(values.sum() - np.trace(values) for values in (kernel(a, a), kernel(b, b)))
    return within / (n * (n - 1)) - 2 * kernel(a, b).sum() / n**2


def classifier_score(probabilities: np.ndarray, splits: int = 10, seed: int = 0) -> MeanStd:
    """``exp(E[KL(p(y|x) || p(y))])`` of probabilities (n, classes), on ``splits`` shuffled parts: clear and diverse?

    Salimans et al. 2016; with Inception: Inception score. From 1 (one class, or no idea) to the number of classes.
    """
    p = checks.points("probabilities", probabilities, least=1)
    if p.min() < 0 or not np.allclose(p.sum(axis=1), 1, atol=1e-3):
        raise ValueError("probabilities: got other rows, expected each to sum to one; for logits, apply softmax")
    checks.whole("splits", splits, 1, len(p))
    scores = []
    for part in np.array_split(p[np.random.default_rng(seed).permutation(len(p))], splits):
        # 0 log 0 is 0: where a probability is zero the logarithm is never used.
        ratio = np.divide(part, part.mean(axis=0), out=np.ones_like(part), where=part > 0)
        scores.append(np.exp((part * np.log(ratio)).sum(axis=1).mean()))
    return MeanStd(float(np.mean(scores)), float(np.std(scores)))


class PrecisionRecall(NamedTuple):
    """Both from 0 to 1; higher is better."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Density from 0 up, about 1 for real samples; coverage from 0 to 1. Higher is better."""

    density: float
    coverage: float


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> PrecisionRecall:
    """The share of fakes that lie among real samples, and of real samples among fakes (Kynkaanniemi et al. 2019).

    A set fills the balls around its points that reach to their ``k``-th neighbour. Both numbers depend on the number of
    samples, so compare at equal numbers; one outlier has a large ball, which flatters precision.
    """
    return neighbourhood(real, fake, (checks.whole("k", k, 1), k))[0]


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> DensityCoverage:
    """In how many real balls a fake lies, over ``k``; and the share of balls that hold a fake (Naeem et al. 2020).

    No outlier among the fakes flatters them. For equal distributions density is about 1, coverage about ``1 - 2^-k``.
    """
    return neighbourhood(real, fake, (0, checks.whole("k", k, 1)))[1]


def neighbourhood(
    real: np.ndarray, fake: np.ndarray, k: tuple[int, int] = (3, 5), real_radii: np.ndarray | None = None
) -> tuple[PrecisionRecall, DensityCoverage, float]:
    """Both measures, each at its ``k``, and the median distance from a fake to the nearest real sample, from one pass.

    ``real_radii`` is ``radii(real, max(k))`` from an earlier call: finding them takes a third of the time.
    """
    real, fake = checks.pair("real", checks.points("real", real, max(k) + 1), "fake", fake, least=k[0] + 1)
    checks.varied("real", real)
    real_radii = radii(real, max(k)) if real_radii is None else real_radii
    fake_radii = radii(fake, k[0])[:, -1:]
    recalled, held = np.zeros((2, len(real)), bool)
    precise, density, nearest = np.zeros((3, len(fake)))
    for part, squares, within in _squared_distances(fake, real):
        precise[part] = within(real_radii[:, k[0]]).any(axis=1)
        recalled |= within(fake_radii[part]).any(axis=0)
        inside = within(real_radii[:, k[1]])
        held |= inside.any(axis=0)
        density[part] = inside.sum(axis=1) / k[1]
        nearest[part] = np.linalg.norm(fake[part] - real[squares.argmin(axis=1)], axis=1)
    precision, recall, density, coverage = (float(x.mean()) for x in (precise, recalled, density, held))
    return PrecisionRecall(precision, recall), DensityCoverage(density, coverage), float(np.median(nearest))


def radii(x: np.ndarray, k: int) -> np.ndarray:
    """Distances of each row of ``x`` (n, d) to itself and to its ``k`` nearest other rows, (n, k + 1)."""
    return nearest_neighbours(x, x, k + 1)[1]


def nearest_neighbours(queries: np.ndarray, bank: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """For each query (n, ...) the ``k`` nearest rows of ``bank`` (m, ...): indices (n, k) and distances (n, k)."""
    x, y = (np.reshape(part, (len(part), int(np.prod(np.shape(part)[1:])))) for part in (queries, bank))
    if np.ndim(queries) < 2 or np.shape(queries)[1:] != np.shape(bank)[1:]:
        raise ValueError(f"bank: got shape {np.shape(bank)}, expected (m, ...) as queries have: {np.shape(queries)}")
    x, y = checks.pair("queries", x, "bank", y, least=1)
    checks.whole("k", k, 1, len(y))
    from sklearn.neighbors import NearestNeighbors

    # In a plane a tree wins by far; in many dimensions it would visit everything anyway.
    index = NearestNeighbors(n_neighbors=k, algorithm="kd_tree" if y.shape[1] <= 3 else "brute")
    centre = _centre(y)
    found = index.fit(y - centre).kneighbors(x - centre, return_distance=False)
    distances = np.stack([np.linalg.norm(x - y[column], axis=1) for column in found.T], axis=1)  # free of rounding
    order = distances.argsort(axis=1, kind="stable")
    return np.take_along_axis(found, order, 1), np.take_along_axis(distances, order, 1)


def _centre(x: np.ndarray) -> np.ndarray:
    """The median of about a thousand rows: a product of rows rounds as they are far from zero; no outlier moves it."""
    return np.median(x[:: len(x) // 1000 + 1], axis=0)


def _squared_distances(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[slice, np.ndarray, Callable]]:
    """Some rows of ``x`` after the other, their squared distances to ``y``, and whether these are within given radii.

    A matrix product is many times faster than differences, but rounds; ``low`` and ``high`` are bounds for d terms.
    Differences, rounded as the radii are, decide what is between them: so a radius holds the sample it reaches to.
    """
    centre, slack, size = _centre(y), (2 * x.shape[1] + 16) * np.finfo(float).eps, max(1, (1 << 20) // x.shape[1])
    x_sizes, y_sizes = (np.square(z - centre).sum(axis=1, keepdims=True) for z in (x, y))
    left = np.hstack([2 * (centre - x), x_sizes * (1 - slack), np.ones_like(x_sizes)])
    right = np.hstack([y - centre, np.ones_like(y_sizes), y_sizes * (1 - slack)]).T
    rows = max(1, (1 << 20) // len(y))  # 8 MiB
    for part in (slice(start, start + rows) for start in range(0, len(x), rows)):
        low = left[part] @ right
        high = low + 2 * slack * (x_sizes[part] + y_sizes.T)

        def within(radii: np.ndarray, low: np.ndarray = low, high: np.ndarray = high, x: np.ndarray = x[part]):
            inside, radii = high <= radii**2, np.broadcast_to(radii, high.shape)
            i, j = np.nonzero((low <= radii**2) & ~inside)
            for some in (slice(start, start + size) for start in range(0, len(i), size)):
                inside[i[some], j[some]] = np.linalg.norm(x[i[some]] - y[j[some]], axis=1) <= radii[i[some], j[some]]
            return inside

        yield part, low, within
