"""What all that works on arrays of pictures shares: their brightness, their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Resampling

# As ITU-R BT.601 weighs red, green and blue.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def resampled(x: np.ndarray, height: int, width: int, how: Resampling) -> np.ndarray:
    """Pictures ``(n, H, W, C)`` in [-1, 1] at another size, by a filter of Pillow's, cut off where it overshoots."""
    from PIL import Image

    made = np.empty((len(x), height, width, x.shape[-1]), np.float32)
    for i, channel in np.ndindex(len(x), x.shape[-1]):  # Pillow knows one channel of 32-bit numbers.
        plane = Image.fromarray(np.ascontiguousarray(x[i, :, :, channel], np.float32))
        made[i, :, :, channel] = np.asarray(plane.resize((width, height), how))
    return np.clip(made, -1, 1)
