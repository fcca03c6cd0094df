"""Neon street signs: a grey drawing becomes a glowing tube before a dark brick wall."""

from __future__ import annotations

import numpy as np

from gan_course.data.pixels import checked_pictures
from gan_tf.checks import one_of

# What the tube glows in, red, green and blue from 0 to 1.
NEON_COLOURS = {
    "red": (1.0, 0.16, 0.20),
    "amber": (1.0, 0.55, 0.08),
    "green": (0.20, 1.0, 0.35),
    "blue": (0.15, 0.45, 1.0),
    "violet": (0.78, 0.22, 1.0),
}
_WALL = np.array([0.085, 0.07, 0.10], np.float32)
_GLOW = 0.3  # What is darker than this is the light on the wall, not the tube.
_JOINT = 0.45  # How bright the mortar between the bricks is, against the bricks.


def neon(x: np.ndarray, colour: str = "red") -> np.ndarray:
    """Neon signs of grey drawings: a white-hot core, a coloured tube around it, its light on the bricks behind.

    The same drawing always gives the same sign. Light decreases with the distance: two blurs, a narrow and a wide one,
    stand for the glow in the air and the light on the wall.

    Args:
        x: drawings ``(n, H, W, 1)`` in [-1, 1], bright on dark, such as digits.
        colour: one of :data:`NEON_COLOURS`.

    Returns:
        float32 ``(n, H, W, 3)`` in [-1, 1].

    Raises:
        ValueError: another shape, values outside [-1, 1], NaN, or an unknown colour.
    """
    from scipy.ndimage import gaussian_filter

    x = checked_pictures(x, 1)
    tone = np.array(NEON_COLOURS[one_of("colour", colour, NEON_COLOURS)], np.float32)
    stroke = np.clip((x[..., 0] + 1) / 2, 0, 1)
    unit = min(x.shape[1:3]) / 28  # Widths of the light at the size of MNIST's digits.
    near, far = (gaussian_filter(stroke, (0, width * unit, width * unit)) for width in (1.1, 4.0))
    core = np.clip((near - 0.55) / 0.45, 0, 1) * stroke
    light = (0.75 * stroke + 0.5 * near)[..., None] * tone + core[..., None] * (1 - 0.55 * tone)
    wall = _WALL + (0.9 * far)[..., None] * tone * 0.6
    picture = light + wall * _bricks(*x.shape[1:3])[None, :, :, None] * (1 - 0.8 * stroke[..., None])
    return (2 * np.clip(picture, 0, 1) - 1).astype(np.float32)


def unlit(x: np.ndarray) -> np.ndarray:
    """The tubes of neon signs as grey drawings: the brightest channel, with wall and glow in black.

    A classifier of digits knows them then, whatever their colour.

    Args:
        x: signs ``(n, H, W, 3)`` in [-1, 1].

    Returns:
        float32 ``(n, H, W, 1)`` in [-1, 1].

    Raises:
        ValueError: another shape, values outside [-1, 1], or NaN.
    """
    brightness = (checked_pictures(x, 3).max(axis=-1, keepdims=True) + 1) / 2
    return (2 * np.clip((brightness - _GLOW) / (1 - _GLOW), 0, 1) - 1).astype(np.float32)


def _bricks(height: int, width: int) -> np.ndarray:
    """How bright each place of the wall is: 1 on bricks, less on the joints; every other row is shifted by a half."""
    high, wide = max(2, round(height / 7)), max(4, round(width / 3.5))
    y, x = np.mgrid[:height, :width]
    shifted = x + (y // high % 2) * (wide // 2)
    return np.where((y % high == high - 1) | (shifted % wide == wide - 1), _JOINT, 1.0).astype(np.float32)
