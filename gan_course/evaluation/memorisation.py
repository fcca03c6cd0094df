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
        bank: how many training and how many held-out samples they were compared with.
    """

    share: float
    p_value: float
    samples: int
    bank: int


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
