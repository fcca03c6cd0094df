"""Pixels as bytes, as numbers in [-1, 1], and how bright they are."""

from typing import Any

import numpy as np

from gan_tf.checks import check_unit_range

# As ITU-R BT.601 weighs red, green and blue.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def to_float(pixels: np.ndarray) -> np.ndarray:
    """Turns uint8 pixels of any shape into float32 in [-1, 1]."""
    x = pixels.astype(np.float32, order="C")
    x /= 127.5
    x -= 1.0
    return x


def checked_pictures(x: Any, channels: int | None = None) -> np.ndarray:
    """Pictures as float32 (n, H, W, channels).

    Raises:
        ValueError: Another shape, another number of channels if one is asked for, no floats, NaN, or values outside
            [-1, 1].
    """
    x = np.asarray(x)
    if x.ndim != 4 or not x.size or x.dtype.kind != "f" or channels not in (None, x.shape[-1]):
        raise ValueError(
            f"x: got {x.dtype} of shape {x.shape}, expected floats (n, H, W, {channels or 'C'}) with n from 1"
        )
    check_unit_range("x", x)
    return x.astype(np.float32, copy=False)
