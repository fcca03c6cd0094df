"""The one check of a whole number, for all of the package."""

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
