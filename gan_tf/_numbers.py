"""The checks of numbers that all of the package shares: whole ones, samples in [-1, 1], labels."""

from __future__ import annotations

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


def check_unit_range(name: str, x: np.ndarray) -> None:
    """Refuse NaN, infinity and values outside [-1, 1].

    Raises:
        ValueError: as said.
    """
    low, high = float(x.min()), float(x.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{name}: holds NaN or infinity, expected finite values in [-1, 1]")
    # A resampled or denoised sample may overshoot by rounding, not by more.
    if low < -1.001 or high > 1.001:
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
