"""Winter comes over a summer landscape, by a rule: what is green or brown gets snow, and the sky turns pale."""

from __future__ import annotations

import numpy as np

from gan_course.data.pixels import LUMA, checked_pictures

_SNOW_LIT, _SNOW_SHADE = np.array([0.97, 0.98, 1.0], np.float32), np.array([0.36, 0.43, 0.56], np.float32)
_SKY = np.array([0.80, 0.84, 0.89], np.float32)


def winter(x: np.ndarray) -> np.ndarray:
    """The same landscapes in winter.

    A pixel whose red or green outweighs its blue is taken for plants or soil: it becomes snow, as bright as it was
    before, only lighter and bluer. What is blue or grey is taken for sky, water or rock and loses colour. The same
    picture always gives the same winter. It is made for drawn landscapes by day, such as "meadow" and "forest" of the
    stand-in of CIFAR-10; a sunset would turn to snow, and blue and violet flowers stay, paler.

    Args:
        x: pictures ``(n, H, W, 3)`` in [-1, 1].

    Returns:
        float32 of the same shape, in [-1, 1].

    Raises:
        ValueError: another shape, values outside [-1, 1], or NaN.
    """
    x = checked_pictures(x, 3)
    rgb = (x + 1) / 2
    bright = (rgb @ LUMA)[..., None]
    warmth = rgb[..., :2].max(axis=-1, keepdims=True) - rgb[..., 2:]
    ground = np.clip((warmth - 0.02) / 0.12, 0, 1)
    snow = _SNOW_SHADE + (_SNOW_LIT - _SNOW_SHADE) * np.clip(2.0 * bright - 0.15, 0, 1)
    pale = 0.45 * rgb + 0.55 * (0.35 * bright + 0.65 * _SKY)
    return (2 * np.clip(ground * snow + (1 - ground) * pale, 0, 1) - 1).astype(np.float32)
