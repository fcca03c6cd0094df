"""Numbers for narrow cells."""

from __future__ import annotations

import numpy as np


def short(value: float) -> str:
    """A number for a narrow cell: one decimal below ten, none above, and a sign for infinity."""
    if value == 0:
        return "0"
    if np.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.1f}"
