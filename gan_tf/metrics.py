"""Distances and scores of plain arrays."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from gan_tf import checks
from gan_tf.checks import whole


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
    x = checks.points(name, x)
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
        raise ValueError(f"a, b: {checks.SAME}")
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
    a, b = checks.pair("a", a, "b", b)
    checks.varied("a, b", a, b)
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
    p = checks.points("probabilities", probabilities, least=1)
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


class PrecisionRecall(NamedTuple):
    """Both from 0 to 1; higher is better."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """Density from 0 up, about 1 for real samples; coverage from 0 to 1. Higher is better."""

    density: float
    coverage: float


class Memorisation(NamedTuple):
    """What :func:`memorisation` found.

    Attributes:
        share: share of samples that lie nearer to the training set than to the held-out set; 0.5 means no copying.
        p_value: chance of a share at least this large if neither set were nearer.
        samples: how many samples were tested.
        bank: how many training and how many held-out samples they were compared with.
    """

    share: float
    p_value: float
    samples: int
    bank: int


def nearest_neighbours(queries: np.ndarray, bank: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """For each query the ``k`` nearest rows of ``bank``, the nearest first.

    Args:
        queries: (n, ...) features or samples; anything behind the first axis is flattened.
        bank: (m, ...) of the same shape behind the first axis.
        k: how many neighbours.

    Returns:
        Indices into ``bank`` (n, k), and Euclidean distances (n, k). Divide by the square root of the number of values
        in a sample for a root mean square difference.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity, or ``k`` larger than the bank.
    """
    queries, bank = np.asarray(queries), np.asarray(bank)
    if queries.ndim < 2 or bank.ndim < 2 or queries.shape[1:] != bank.shape[1:]:
        raise ValueError(f"bank: got shape {bank.shape}, expected (m, ...) like queries, which have {queries.shape}")
    queries, bank = checks.pair("queries", _flat(queries), "bank", _flat(bank), least=1)
    k = whole("k", k, 1, len(bank))
    distances, indices = _index(bank).kneighbors(queries, k)
    return indices, distances


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> PrecisionRecall:
    """Are samples like real ones (precision), and are real ones like some sample (recall)?

    Kynkaanniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models". A set is taken to
    fill the balls around its points that reach to their ``k``-th neighbour; precision is the share of fakes inside the
    real set's balls, recall the share of real samples inside the fakes'. Both depend on the number of samples, so
    compare at equal numbers; one outlier has a large ball, which flatters precision.

    Args:
        real: features (n, d).
        fake: features (m, d).
        k: which neighbour gives the radius.

    Raises:
        ValueError: a wrong shape, different widths, no more than ``k`` samples, NaN or infinity; or real samples that
            all have the same features.
    """
    k = whole("k", k, 1)
    real, fake = checks.pair("real", real, "fake", fake, least=k + 1)
    checks.varied("real", real)
    found = _cross(real, fake, radii(real, k), radii(fake, k))
    return PrecisionRecall(found.precision, found.recall)


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> DensityCoverage:
    """How many real balls hold each sample (density), and how many real balls hold a sample at all (coverage)?

    Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models". Both use the balls of real
    samples only, which an outlier among the fakes cannot blow up. For equal distributions density is about 1 and
    coverage about ``1 - 2^-k`` (0.97 for k = 5).

    Args:
        real: features (n, d).
        fake: features (m, d).
        k: which neighbour gives the radius of a ball.

    Raises:
        ValueError: a wrong shape, different widths, no more than ``k`` real samples, NaN or infinity; or real samples
            that all have the same features.
    """
    k = whole("k", k, 1)
    real = checks.points("real", real, least=k + 1)
    real, fake = checks.pair("real", real, "fake", fake, least=1)
    checks.varied("real", real)
    found = _cross(real, fake, radii(real, k), np.zeros(len(fake)))
    return DensityCoverage(found.density / k, found.coverage)


class Neighbourhood(NamedTuple):
    """What :func:`neighbourhood` found; see :class:`PrecisionRecall` and :class:`DensityCoverage`.

    ``nearest`` is the median distance from a fake to the nearest real sample, in units of the features.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    nearest: float


def neighbourhood(real: np.ndarray, fake: np.ndarray, real_radii: np.ndarray | None = None) -> Neighbourhood:
    """:func:`precision_recall` and :func:`density_coverage` at their usual ``k`` of 3 and 5, from one pass.

    Args:
        real: features (n, d).
        fake: features (m, d).
        real_radii: ``radii(real, 1..5)`` (n, 5) from an earlier call, as finding them takes a third of the time.

    Raises:
        ValueError: as in the two functions.
    """
    real, fake = checks.pair("real", real, "fake", fake, least=6)
    checks.varied("real", real)
    real_radii = all_radii(real, 5) if real_radii is None else real_radii
    found = _cross(real, fake, real_radii[:, 2], radii(fake, 3), real_radii[:, 4])
    return found._replace(density=found.density / 5)


def memorisation(samples: np.ndarray, training: np.ndarray, held_out: np.ndarray, seed: int = 0) -> Memorisation:
    """Do samples lie nearer to the training set than to real data that the generator never saw?

    A generator that learned the distribution lies as near to one as to the other: a share of 0.5. More says that it
    copies. (The idea of Meehan et al. 2020, "A Non-Parametric Test to Detect Data-Copying in Generative Models", with
    the simplest statistic.) The larger bank is thinned to the size of the smaller one, as the larger one would win by
    its size alone; ties count half.

    The p-value is that of a sign test: it takes the samples as independent given the banks, so it is a guide. A share
    well below 0.5 is no virtue either: then the two banks differ, or the samples are far from both.

    Args:
        samples: (n, ...) generated samples, or their features.
        training: (m, ...) what the generator was trained on, in the same form.
        held_out: (l, ...) real samples that it never saw, in the same form.
        seed: fixes which samples of the larger bank are kept.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity; or banks in which all samples are the same.
    """
    from scipy.stats import binomtest

    training, held_out = np.asarray(training), np.asarray(held_out)
    checks.varied("training, held_out", training, held_out)
    size = min(len(training), len(held_out))
    random = np.random.default_rng(seed)
    near = [
        nearest_neighbours(samples, bank if len(bank) == size else bank[random.permutation(len(bank))[:size]])[1]
        for bank in (training, held_out)
    ]
    nearer = float(np.sum(near[0] < near[1]) + 0.5 * np.sum(near[0] == near[1]))
    n = len(near[0])
    p_value = binomtest(int(nearer), n, 0.5, alternative="greater").pvalue
    return Memorisation(nearer / n, float(p_value), n, size)


def radii(x: np.ndarray, k: int) -> np.ndarray:
    """Distance of each row of ``x`` (n, d) to its ``k``-th nearest other row, (n,)."""
    return all_radii(x, k)[:, -1]


def all_radii(x: np.ndarray, k: int) -> np.ndarray:
    """Distances of each row of ``x`` (n, d) to its ``k`` nearest other rows, (n, k)."""
    # Without queries the search leaves each point itself out, also where several points are equal.
    return _index(x).kneighbors(n_neighbors=k)[0]


def _cross(
    real: np.ndarray,
    fake: np.ndarray,
    real_radius: np.ndarray,
    fake_radius: np.ndarray,
    density_radius: np.ndarray | None = None,
) -> Neighbourhood:
    """All measures from one pass over the distances between fakes and real samples; density is not yet divided by k."""
    from sklearn.metrics import pairwise_distances_chunked

    recalled = np.zeros(len(real), bool)
    held = np.zeros(len(real), bool)

    def count(block: np.ndarray, start: int) -> np.ndarray:
        inside = block <= real_radius
        precise = inside.any(axis=1)
        if density_radius is not None:
            inside = block <= density_radius
        recalled[:] |= (block <= fake_radius[start : start + len(block), None]).any(axis=0)
        held[:] |= inside.any(axis=0)
        return np.stack([precise, inside.sum(axis=1), block.min(axis=1)], axis=1)

    # Blocks of 64 MiB: the whole matrix of 10,000 by 10,000 samples would take 800 MB.
    rows = np.concatenate(list(pairwise_distances_chunked(fake, real, reduce_func=count, working_memory=64)))
    precision, density = rows[:, :2].mean(axis=0)
    nearest = np.median(rows[:, 2])
    return Neighbourhood(float(precision), float(recalled.mean()), float(density), float(held.mean()), float(nearest))


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1) if len(x) else x.reshape(0, int(np.prod(x.shape[1:])))


def _index(bank: np.ndarray):
    from sklearn.neighbors import NearestNeighbors

    # In a plane a tree wins by far; in the many dimensions of features it would visit everything anyway.
    return NearestNeighbors(algorithm="kd_tree" if bank.shape[1] <= 3 else "brute").fit(bank)
