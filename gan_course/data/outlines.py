"""Outlines of pictures, and outlines as a hand would draw them: what a translator can be given to paint."""

from typing import Any

import numpy as np

from gan_course.data.pixels import LUMA, checked_pictures
from gan_tf.checks import check_weights, whole

INK, PAPER = -1.0, 1.0


def outlines(x: Any, sigma: float = 1.0) -> np.ndarray:
    """The edges of pictures, by the detector of Canny (1986) on their brightness; scikit-image works them out.

    Args:
        x: Pictures (n, H, W, C) in [-1, 1], C 1 or 3.
        sigma: Width in pixels of the Gaussian that smooths the picture first: the larger, the fewer lines.

    Returns:
        float32 (n, H, W, 1): black lines of one pixel, -1, on white, 1.

    Raises:
        ValueError: Another shape, values outside [-1, 1], NaN, or a sigma below 0.

    Example:
        >>> lines = outlines(data.load("emoji").x)
    """
    from skimage.feature import canny

    x = checked_pictures(x)
    check_weights(sigma=sigma)
    grey = x[..., 0] if x.shape[-1] == 1 else x @ LUMA
    edges = np.stack([canny(picture, sigma=sigma) for picture in (grey + 1) / 2])
    return np.where(edges, INK, PAPER).astype(np.float32)[..., None]


def hand_drawn(x: Any, seed: int = 0, wobble: float = 1.0, gaps: int = 6) -> np.ndarray:
    """Outlines as a hand would draw them: the lines wobble, have gaps, and about half of the pictures have a thick pen.

    Args:
        x: Outlines (n, H, W, 1) in [-1, 1], as `outlines` gives them.
        seed: Fixes what happens to which picture.
        wobble: How far the lines stray, in pixels: root of the mean square, slowly varying over the picture.
        gaps: How many holes of three to five pixels are rubbed into the lines of each picture.

    Returns:
        float32 of the same shape, -1 on the lines and 1 elsewhere.

    Raises:
        ValueError: Another shape, values outside [-1, 1], NaN, a wobble below 0, or a number of gaps below 0.
    """
    from scipy import ndimage

    x = checked_pictures(x, 1)
    check_weights(wobble=wobble)
    whole("gaps", gaps, 0)
    random, drawn = np.random.default_rng(seed), np.empty_like(x)
    height, width = x.shape[1:3]
    places = np.mgrid[:height, :width].astype(np.float32)
    for i, ink in enumerate(x[..., 0] < 0):
        ink = ink.copy()
        rows, columns = np.nonzero(ink)
        for at in random.integers(0, max(len(rows), 1), gaps if len(rows) else 0):
            reach = random.uniform(1.5, 2.6)
            ink[np.hypot(places[0] - rows[at], places[1] - columns[at]) < reach] = False
        thick = random.random() < 0.5
        ink = ndimage.binary_dilation(ink) if thick else ink
        stray = ndimage.gaussian_filter(random.standard_normal((2, height, width)), (0, 4, 4), mode="wrap")
        stray *= wobble / max(float(np.sqrt(np.mean(stray**2))), 1e-9)
        soft = ndimage.map_coordinates(ink.astype(np.float32), places + stray, order=1, mode="nearest")
        # Below a half for thin lines, or they would vanish between two pixels.
        drawn[i, ..., 0] = np.where(soft > (0.5 if thick else 0.35), INK, PAPER)
    return drawn
