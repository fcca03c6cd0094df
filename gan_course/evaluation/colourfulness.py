"""How colourful pictures are, as people rate it."""

import numpy as np

from gan_course.data.pixels import checked_pictures


def colourfulness(x: np.ndarray) -> np.ndarray:
    """The measure M3 of Hasler and Suesstrunk 2003, "Measuring colourfulness in natural images".

    Two opponent colours, red minus green and yellow minus blue, on intensities from 0 to 255: the length of their
    standard deviations over the picture, plus 0.3 times the length of their means. The authors' viewers called a
    picture of 15 slightly colourful, of 45 averagely and of 82 highly colourful.

    Args:
        x: Colour pictures (n, H, W, 3) in [-1, 1].

    Returns:
        float32 (n,), 0 for a grey picture.

    Raises:
        ValueError: Another shape, values outside [-1, 1], or NaN.
    """
    red, green, blue = np.moveaxis(127.5 * (checked_pictures(x, 3) + 1), -1, 0)
    opponents = np.stack([red - green, (red + green) / 2 - blue])
    spread, mean = opponents.std(axis=(2, 3)), opponents.mean(axis=(2, 3))
    return np.hypot(*spread) + 0.3 * np.hypot(*mean)
