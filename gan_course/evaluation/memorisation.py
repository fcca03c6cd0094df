"""Does a generator copy what it was trained on?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gan_tf import checks
from gan_tf.metrics import nearest_neighbours


class Memorisation(NamedTuple):
    """What :func:`memorisation` found.

    Attributes:
        share: share of samples that lie nearer to the training set than to the held-out set; 0.5 means no copying.
        p_value: chance of a share at least this large if neither set were nearer.
        samples: how many samples were tested.
        bank: how many training samples they were compared with; and with as many held-out ones, unless the bank is
            whole.
    """

    share: float
    p_value: float
    samples: int
    bank: int


def memorisation(
    samples: np.ndarray, training: np.ndarray, held_out: np.ndarray, seed: int = 0, *, whole_bank: bool = False
) -> Memorisation:
    """Do samples lie nearer to the training set than to real data that the generator never saw?

    A generator that learned the distribution lies as near to one as to the other: a share of 0.5. More says that it
    copies. (The idea of Meehan et al. 2020, "A Non-Parametric Test to Detect Data-Copying in Generative Models", with
    the simplest statistic.) The larger bank is thinned to the size of the smaller one, as the larger one would win by
    its size alone; ties count half.

    The p-value is that of a sign test: it takes the samples as independent given the banks, so it is a guide. A share
    well below 0.5 is no virtue either: then the two banks differ, or the samples are far from both.

    A thinned bank cannot show copies of what was left out: of 60,000 training images, 2,000 held-out ones leave a
    thirtieth. With ``whole_bank`` nothing is thinned. Each sample gets the ratio of its distance to the nearest
    training sample and its distance to the nearest held-out one, and so does each held-out sample, with the nearest
    *other* held-out one. The share is that of pairs of a sample and a held-out sample in which the sample has the
    smaller ratio: again 0.5 without copying, whatever the sizes of the banks. (Meehan et al. compare the distance to
    the training set alone; divided by the second distance, no sample gets a small number because it is a typical one.)
    Its p-value is that of a Mann-Whitney test.

    Args:
        samples: (n, ...) generated samples, or their features.
        training: (m, ...) what the generator was trained on, in the same form.
        held_out: (l, ...) real samples that it never saw, in the same form.
        seed: fixes which samples of the larger bank are kept.
        whole_bank: compare with all training samples. Takes time in proportion to n times m; l must be at least 2.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity; or banks in which all samples are the same.
    """
    from scipy.stats import binomtest

    training, held_out = np.asarray(training), np.asarray(held_out)
    checks.varied("training, held_out", training, held_out)
    if whole_bank:
        theirs = nearness(held_out, training, held_out, among=True)
        return compared(nearness(samples, training, held_out), theirs, len(training))
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


def nearness(x: np.ndarray, training: np.ndarray, held_out: np.ndarray, among: bool = False) -> np.ndarray:
    """How near each sample lies to the training set, relative to the held-out set, float64 (n,).

    ``t / (t + h)`` with the distances to the nearest training and held-out sample: 0 is a copy of a training sample,
    1/2 lies as near to both. With ``among`` the samples are the held-out ones, each compared with the *other* ones.
    """
    away = nearest_neighbours(x, held_out, 1 + among)[1][:, -1]
    near = nearest_neighbours(x, training)[1][:, 0]
    return np.divide(near, near + away, out=np.full(len(near), 0.5), where=near + away > 0)


def compared(ours: np.ndarray, theirs: np.ndarray, bank: int) -> Memorisation:
    """The pairs of a sample and a held-out sample of which the sample is nearer, from the :func:`nearness` of both."""
    from scipy.stats import mannwhitneyu

    found = mannwhitneyu(ours, theirs, alternative="less")
    return Memorisation(float(1 - found.statistic / (len(ours) * len(theirs))), float(found.pvalue), len(ours), bank)
