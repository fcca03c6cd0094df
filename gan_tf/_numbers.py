"""The checks of numbers that all of the package shares: whole ones, weights, samples in [-1, 1], labels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Return ``value`` if it is a whole number from ``low`` to ``high``.

    Raises:
        ValueError: it is not.
    """
    good = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not good or value < low or (high is not None and value > high):
        upto = f" to {high}" if high is not None else ""
        raise ValueError(f"{name}: got {value!r}, expected a whole number from {low}{upto}")
    return int(value)


def check_weight(name: str, value: float) -> None:
    """Refuse what a part of a loss cannot be multiplied by.

    Raises:
        ValueError: it is not a finite number from 0.
    """
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{name}: got {value!r}, expected a finite number from 0")


# A resampled or denoised sample may overshoot by rounding, not by more.
_BOUND = 1.001


def share_outside(x: np.ndarray) -> float:
    """The share of the values that :func:`check_unit_range` would refuse for their size, 0 to 1."""
    return float((np.abs(x) > _BOUND).mean())


def short(value: float) -> str:
    """A number for a narrow cell: one decimal below ten, none above, and a sign for infinity."""
    if value == 0:
        return "0"
    if np.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.1f}"


def check_unit_range(name: str, x: np.ndarray) -> None:
    """Refuse NaN, infinity and values outside [-1, 1].

    Raises:
        ValueError: as said.
    """
    low, high = float(x.min()), float(x.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{name}: holds NaN or infinity, expected finite values in [-1, 1]")
    if low < -_BOUND or high > _BOUND:
        raise ValueError(f"{name}: got values from {low:.4g} to {high:.4g}, expected [-1, 1]")


def checked_labels(labels: Any, n: int | None, classes: int | None, name: str = "labels") -> np.ndarray:
    """Labels as int32 ``(n,)``; with ``n`` None of any length from one.

    Raises:
        ValueError: a wrong shape or type, or, if the number of classes is known, out of range.
    """
    labels = np.asarray(labels)
    fits = labels.shape == (n,) if n is not None else labels.ndim == 1 and len(labels)
    if not fits or not np.issubdtype(labels.dtype, np.integer):
        shape = f"({'n' if n is None else n},)"
        raise ValueError(f"{name}: got {labels.dtype} of shape {labels.shape}, expected integers of shape {shape}")
    if classes and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(f"{name}: got {labels.min()} to {labels.max()}, expected 0 to {classes - 1}")
    return labels.astype(np.int32)
