"""Which modes of the data does a generator hit? The question that mode collapse answers with "one"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan_tf import checks
from gan_tf.checks import checked_labels, whole

_BLOCK = 1 << 20  # distances at a time, 8 MiB


@dataclass(frozen=True, eq=False)
class ModeCoverage:
    """What :func:`mode_coverage` found.

    Attributes:
        modes: how many modes were hit.
        total: how many there are.
        counts: samples on each mode, int64 (total,).
        quality: share of samples that lie on a mode; always 1 for labels, as a label names some class in any case.
        divergence: Kullback-Leibler divergence of the shares of the modes from even shares, in nats: 0 if even,
            log(total) if all samples lie on one mode.
        variation: total variation distance from even shares: 0 if even, 1 - 1/total if all samples lie on one mode.
    """

    modes: int
    total: int
    counts: np.ndarray
    quality: float
    divergence: float
    variation: float

    def __str__(self) -> str:
        return (
            f"{self.modes} of {self.total} modes, {self.quality:.1%} of samples on a mode, "
            f"divergence {self.divergence:.3f}, total variation {self.variation:.3f}"
        )


def mode_coverage(
    samples: np.ndarray,
    *,
    centres: np.ndarray | None = None,
    std: float | None = None,
    within: float = 3.0,
    classes: int | None = None,
    least: float = 0.0,
) -> ModeCoverage:
    """Count the modes that samples hit, and how evenly.

    Two forms. With ``centres`` and ``std`` the samples are points and a point counts if its nearest centre is no
    further than ``within`` standard deviations (Srivastava et al. 2017, "VEEGAN": "high quality samples"). With
    ``classes`` the samples are integer labels, from a classifier as a rule.

    Args:
        samples: points (n, d), or integer labels (n,).
        centres: centres of the modes (modes, d).
        std: standard deviation of each mode, in the units of the points.
        within: how many standard deviations still count.
        classes: number of classes.
        least: a mode counts as hit from this part of its even share on, 0 to 1; with 0 one sample is enough. A
            classifier errs now and then, so for labels 0.1 is a fair choice.

    Raises:
        ValueError: both forms or neither, wrong shapes, NaN or infinity, labels out of range, numbers out of range.

    Example:
        >>> mode_coverage(np.array([0, 0, 1, 1]), classes=3).modes
        2
    """
    if (centres is None) == (classes is None):
        raise ValueError("centres, classes: expected exactly one of them: centres for points, classes for labels")
    if not 0 <= least <= 1:
        raise ValueError(f"least: got {least!r}, expected a part from 0 to 1")
    if centres is not None:
        labels, total = _nearest_mode(samples, centres, std, within)
    else:
        total = whole("classes", classes, 1)
        labels = checked_labels(samples, None, total, "samples")
    on_a_mode = labels[labels >= 0]
    counts = np.bincount(on_a_mode, minlength=total)
    if not len(on_a_mode):
        # No sample on any mode: as far from even as can be.
        return ModeCoverage(0, total, counts, 0.0, float(np.log(total)), 1 - 1 / total)
    shares = counts / len(on_a_mode)
    hit = counts >= max(least * len(on_a_mode) / total, 1)
    present = shares[shares > 0]
    return ModeCoverage(
        modes=int(hit.sum()),
        total=total,
        counts=counts,
        quality=len(on_a_mode) / len(labels),
        divergence=max(float((present * np.log(present * total)).sum()), 0.0),
        variation=float(np.abs(shares - 1 / total).sum() / 2),
    )


def _nearest_mode(samples: np.ndarray, centres: np.ndarray, std: float | None, within: float) -> tuple[np.ndarray, int]:
    samples, centres = checks.pair("samples", samples, "centres", centres, least=1)
    for name, value in (("std", std), ("within", within)):
        if value is None or not np.isfinite(value) or value <= 0:
            raise ValueError(f"{name}: got {value!r}, expected a positive number")
    from scipy.spatial.distance import cdist

    labels = np.empty(len(samples), int)
    rows = max(1, _BLOCK // len(centres))
    for start in range(0, len(samples), rows):
        distances = cdist(samples[start : start + rows], centres)
        on_a_mode = distances.min(axis=1) <= within * std
        labels[start : start + rows] = np.where(on_a_mode, distances.argmin(axis=1), -1)
    return labels, len(centres)
