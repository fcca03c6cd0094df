"""Input checks that the measures share: an error at the door names the argument, what came and what was expected."""

from __future__ import annotations

import numpy as np


def points(name: str, x: np.ndarray, least: int = 2) -> np.ndarray:
    """Return ``x`` as finite float64 (n, d) with at least ``least`` rows.

    Raises:
        ValueError: another shape, too few rows, not numbers, NaN or infinity.
    """
    x = np.asarray(x)
    if x.ndim != 2 or x.shape[1] < 1:
        raise ValueError(f"{name}: got shape {x.shape}, expected (n, d): one row of features a sample")
    if len(x) < least:
        raise ValueError(f"{name}: got {len(x)} samples, expected at least {least}")
    return finite(name, x)


def pair(first: str, a: np.ndarray, second: str, b: np.ndarray, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Check two sets of points that are to be compared: each as in :func:`points`, and of the same width.

    Raises:
        ValueError: as in :func:`points`, or the widths differ.
    """
    a, b = points(first, a, least), points(second, b, least)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"{second}: got {b.shape[1]} features, expected {a.shape[1]}, as {first} has")
    return a, b


def finite(name: str, x: np.ndarray) -> np.ndarray:
    """Return ``x`` as float64, or raise ValueError if it holds NaN, infinity or no numbers."""
    try:
        x = np.asarray(x, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: got {np.asarray(x).dtype}, expected numbers") from None
    if not np.isfinite(x).all():
        raise ValueError(f"{name}: {np.size(x) - np.isfinite(x).sum()} values are NaN or infinite")
    return x


def varied(name: str, *sets: np.ndarray) -> None:
    """Refuse features that are the same for all samples of each of the sets: no two can be told apart in them.

    Raises:
        ValueError: as said. A set of one sample counts as varied.
    """
    if all(len(x) > 1 and (x == x[0]).all() for x in sets):
        raise ValueError(f"{name}: {SAME}")


SAME = "all samples have the same features, so no two can be told apart; look at what makes the features"
