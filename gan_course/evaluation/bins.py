"""Number of statistically different bins: which regions of the data are served too often, and which too seldom?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan_tf import checks
from gan_tf.checks import whole


@dataclass(frozen=True, eq=False)
class Bins:
    """What :func:`different_bins` found.

    Attributes:
        different: bins whose share of the samples differs from that of the real ones, at the 5 % level.
        total: how many bins there are.
        divergence: Jensen-Shannon divergence of the two lists of shares, in bits: 0 if equal, 1 if apart.
        real: share of the real samples in each bin, float64 (total,).
        fake: share of the generated samples in each bin.
    """

    different: int
    total: int
    divergence: float
    real: np.ndarray
    fake: np.ndarray

    @property
    def share(self) -> float:
        """Different bins as a part of all; two sets of real samples give about 0.05."""
        return self.different / self.total

    def __str__(self) -> str:
        return f"{self.different} of {self.total} bins differ, divergence {self.divergence:.3f}"


def different_bins(real: np.ndarray, samples: np.ndarray, bins: int = 50, seed: int = 0) -> Bins:
    """Cut the real samples into regions by k-means and compare how many samples fall into each (NDB).

    Richardson and Weiss 2018, "On GANs and GMMs": in each bin a test of two proportions, at the 5 % level. So about
    5 % of the bins differ by chance between two real sets.

    Args:
        real: real samples or their features (n, ...); anything behind the first axis is flattened.
        samples: generated ones, (m, ...) of the same shape behind the first axis.
        bins: number of regions.
        seed: fixes the regions.

    Raises:
        ValueError: shapes that do not fit, NaN or infinity, fewer real samples than bins, or real samples that all have
            the same features.
    """
    from scipy.spatial.distance import jensenshannon
    from sklearn.cluster import KMeans

    whole("bins", bins, 2)
    real, samples = (np.reshape(x, (len(x), -1)) for x in (real, samples))
    real, samples = checks.pair("real", real, "samples", samples, least=1)
    if len(real) < bins:
        raise ValueError(f"real: got {len(real)} samples, expected at least bins={bins}")
    checks.varied("real", real)
    regions = KMeans(bins, n_init=3, random_state=seed).fit(real)
    shares = [np.bincount(labels, minlength=bins) for labels in (regions.labels_, regions.predict(samples))]
    (a, b), n, m = shares, len(real), len(samples)
    pooled = (a + b) / (n + m)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    differ = np.abs(a / n - b / m) > 1.96 * error
    return Bins(int(differ.sum()), bins, float(jensenshannon(a, b, base=2) ** 2), a / n, b / m)
