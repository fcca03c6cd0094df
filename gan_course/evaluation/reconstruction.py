"""How near is a repaired picture to the true one, pixel by pixel and patch by patch?"""

from __future__ import annotations

import numpy as np

from gan_tf.checks import check_unit_range

_WINDOW = 7  # pixels, the side of the patches that ssim compares


def psnr(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio in decibels, of each pair of pictures; scikit-image works it out.

    10 log10(4 / mean squared difference), as the range of a pixel is 2. 20 is poor, 30 good, 40 hard to tell apart. It
    prefers a blur to detail in the wrong place.

    Args:
        a: true pictures ``(n, H, W, C)`` in [-1, 1].
        b: repaired ones, of the same shape.

    Returns:
        float32 ``(n,)``; infinity where two pictures are the same.

    Raises:
        ValueError: shapes that differ or do not fit, values outside [-1, 1], NaN or infinity.
    """
    from skimage.metrics import peak_signal_noise_ratio

    a, b = _pair(a, b)
    with np.errstate(divide="ignore"):
        values = [peak_signal_noise_ratio(one, other, data_range=2.0) for one, other in zip(a, b, strict=True)]
    return np.array(values, np.float32)


def ssim(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Structural similarity (Wang et al. 2004), of each pair of pictures; scikit-image works it out.

    Brightness, contrast and structure are compared in patches of 7x7 pixels and averaged over the picture and its
    channels. Its term for brightness compares intensities, which start at 0, so pixels are taken as ``(x + 1) / 2``.

    Args:
        a: true pictures ``(n, H, W, C)`` in [-1, 1], of 7x7 pixels at least.
        b: repaired ones, of the same shape.

    Returns:
        float32 ``(n,)``, up to 1: the same.

    Raises:
        ValueError: as :func:`psnr`, or pictures smaller than a patch.
    """
    from skimage.metrics import structural_similarity

    a, b = ((x + 1) / 2 for x in _pair(a, b))
    if min(a.shape[1:3]) < _WINDOW:
        raise ValueError(f"a: got pictures of {a.shape[1]}x{a.shape[2]} pixels, expected {_WINDOW}x{_WINDOW} or more")
    values = [
        structural_similarity(one, other, win_size=_WINDOW, channel_axis=-1, data_range=1.0)
        for one, other in zip(a, b, strict=True)
    ]
    return np.array(values, np.float32)


def _pair(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 4 or not a.size:
        raise ValueError(f"a: got shape {a.shape}, expected pictures (n, H, W, C) with n from 1")
    if a.shape != b.shape:
        raise ValueError(f"b: got shape {b.shape}, expected {a.shape}, as a has")
    for name, x in (("a", a), ("b", b)):
        if x.dtype.kind != "f":
            raise ValueError(f"{name}: got {x.dtype}, expected floats in [-1, 1]")
        check_unit_range(name, x)
    return a.astype(np.float64), b.astype(np.float64)
