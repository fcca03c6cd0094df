"""Damage that can be repaired, and the repairs that need no learning: what a translator has to beat.

Each damage takes pictures (n, H, W, C) in [-1, 1] and returns pictures of the same shape, so that one network can learn
all of them. Noise is :func:`gan_course.data.noisy`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gan_course.data.faults import noisy
from gan_course.data.pixels import LUMA, checked_pictures
from gan_tf.checks import whole


def masked(x: Any, share: float = 0.4, seed: int = 0) -> np.ndarray:
    """A rectangle of each picture is lost: it becomes mid-grey, 0.

    Args:
        x: pictures (n, H, W, C) in [-1, 1].
        share: of height and width that is lost, above 0 and below 1.
        seed: fixes where.

    Raises:
        ValueError: another shape, values outside [-1, 1], NaN, or a share out of range.
    """
    x = checked_pictures(x).copy()
    if not 0 < share < 1:
        raise ValueError(f"share: got {share!r}, expected a part above 0 and below 1")
    random = np.random.default_rng(seed)
    high, wide = (max(1, round(share * side)) for side in x.shape[1:3])
    tops = random.integers(0, x.shape[1] - high + 1, len(x))
    lefts = random.integers(0, x.shape[2] - wide + 1, len(x))
    for picture, top, left in zip(x, tops, lefts, strict=True):
        picture[top : top + high, left : left + wide] = 0
    return x


def grey(x: Any) -> np.ndarray:
    """Colour is lost: all three channels show the brightness.

    Args:
        x: colour pictures (n, H, W, 3) in [-1, 1].

    Raises:
        ValueError: as :func:`masked`, or pictures that are not coloured.
    """
    x = checked_pictures(x)
    if x.shape[-1] != 3:
        raise ValueError(f"x: got {x.shape[-1]} channels, expected 3, red, green and blue")
    return np.repeat(np.clip(x @ LUMA, -1, 1)[..., None], 3, axis=-1)


def small(x: Any, times: int = 4) -> np.ndarray:
    """Detail is lost: each square of ``times`` x ``times`` pixels becomes its mean.

    The pictures keep their size; ``small(x)[:, ::4, ::4]`` are the small ones.

    Args:
        x: pictures (n, H, W, C) in [-1, 1]; height and width are multiples of ``times``.
        times: how many times smaller.

    Raises:
        ValueError: as :func:`masked`, or a size that is no multiple.
    """
    x = checked_pictures(x)
    whole("times", times, 2)
    n, height, width, channels = x.shape
    if height % times or width % times:
        raise ValueError(f"x: got pictures of {height}x{width} pixels, expected multiples of {times}")
    means = x.reshape(n, height // times, times, width // times, times, channels).mean(axis=(2, 4))
    return means.repeat(times, axis=1).repeat(times, axis=2)


def bicubic(x: Any, times: int = 4) -> np.ndarray:
    """Enlarges what :func:`small` left, by cubic curves (Keys 1981): the repair that needs no learning.

    Args:
        x: pictures as :func:`small` gives them.
        times: as there.

    Returns:
        float32 of the same shape, cut off at -1 and 1, where the curves overshoot.

    Raises:
        ValueError: as :func:`small`.
    """
    import tensorflow as tf

    x = small(x, times)
    large = tf.image.resize(x[:, ::times, ::times], x.shape[1:3], "bicubic", antialias=True)  # without it: other curves
    return np.clip(large, -1, 1)


# By name, each with a seed that only some need.
DAMAGES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "noisy": lambda x, seed: noisy(x, 0.4, seed),
    "masked": lambda x, seed: masked(x, 0.4, seed),
    "grey": lambda x, seed: grey(x),
    "small": lambda x, seed: small(x, 4),
}
