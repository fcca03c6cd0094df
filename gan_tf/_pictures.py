"""What all parts of the package that work on arrays of pictures share: their check, their brightness, their size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gan_tf._numbers import check_unit_range

if TYPE_CHECKING:
    from PIL.Image import Resampling

# As ITU-R BT.601 weighs red, green and blue.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def checked_pictures(x: Any, channels: int | None = None) -> np.ndarray:
    """Pictures as float32 ``(n, H, W, channels)``.

    Raises:
        ValueError: another shape, another number of channels if one is asked for, no floats, NaN, or values outside
            [-1, 1].
    """
    x = np.asarray(x)
    if x.ndim != 4 or not x.size or x.dtype.kind != "f" or channels not in (None, x.shape[-1]):
        raise ValueError(
            f"x: got {x.dtype} of shape {x.shape}, expected floats (n, H, W, {channels or 'C'}) with n from 1"
        )
    check_unit_range("x", x)
    return x.astype(np.float32, copy=False)


def resampled(x: np.ndarray, height: int, width: int, how: Resampling) -> np.ndarray:
    """Pictures ``(n, H, W, C)`` in [-1, 1] at another size, by a filter of Pillow's, cut off where it overshoots."""
    from PIL import Image

    made = np.empty((len(x), height, width, x.shape[-1]), np.float32)
    for i, channel in np.ndindex(len(x), x.shape[-1]):  # Pillow knows one channel of 32-bit numbers.
        plane = Image.fromarray(np.ascontiguousarray(x[i, :, :, channel], np.float32))
        made[i, :, :, channel] = np.asarray(plane.resize((width, height), how))
    return np.clip(made, -1, 1)
