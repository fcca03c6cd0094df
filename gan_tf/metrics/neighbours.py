"""Who lies next to whom? Quality, diversity and copying, told from nearest neighbours in feature space."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gan_tf._numbers import whole
from gan_tf.metrics import _check


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
    queries, bank = _check.pair("queries", _flat(queries), "bank", _flat(bank), least=1)
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
    real, fake = _check.pair("real", real, "fake", fake, least=k + 1)
    _check.varied("real", real)
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
    real = _check.points("real", real, least=k + 1)
    real, fake = _check.pair("real", real, "fake", fake, least=1)
    _check.varied("real", real)
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
    real, fake = _check.pair("real", real, "fake", fake, least=6)
    _check.varied("real", real)
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
    _check.varied("training, held_out", training, held_out)
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
