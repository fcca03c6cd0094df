"""The logits of a patch discriminator, drawn over its pictures."""

from __future__ import annotations

import numpy as np

from gan_course.show.figures import FAKE, REAL
from gan_tf.checks import check_unit_range


def score_maps(images: np.ndarray, logits: np.ndarray, middle: float = 0.0, span: float | None = None) -> np.ndarray:
    """Pictures in grey, blue where the discriminator takes them for real and orange where for generated.

    Each logit colours the middle of its patch; what it sees is wider, see :func:`gan_tf.models.receptive_field`. Show
    the result with :func:`grid`.

    Args:
        images: ``(n, H, W, 1)`` or ``(n, H, W, 3)`` in [-1, 1].
        logits: maps ``(n, h, w, 1)``, where H and W are multiples of h and w.
        middle: the logit that gets no colour: 0, or 0.5 for a discriminator of the least squares loss.
        span: distance from the middle that gets the full colour; ``None``: the largest there is.

    Returns:
        float32 ``(n, H, W, 3)`` in [-1, 1].

    Raises:
        ValueError: shapes that do not fit, images outside [-1, 1], numbers that are not finite, or a span that is not
            above zero.
    """
    from matplotlib.colors import to_rgb

    images, logits = np.asarray(images, np.float32), np.asarray(logits, np.float32)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images):
        raise ValueError(f"images: got shape {images.shape}, expected (n, H, W, 1) or (n, H, W, 3) with n from 1")
    n, height, width, _ = images.shape
    fits = logits.ndim == 4 and logits.shape[0] == n and logits.shape[-1] == 1 and logits.size
    if not fits or height % logits.shape[1] or width % logits.shape[2]:
        raise ValueError(
            f"logits: got shape {logits.shape}, expected ({n}, h, w, 1), where h and w divide {height} and {width}"
        )
    check_unit_range("images", images)
    if not np.isfinite(logits).all():
        raise ValueError("logits: got NaN or infinite values, expected finite numbers")
    away = logits - np.float32(middle)
    span = max(float(np.abs(away).max()), 1e-12) if span is None else span
    if not 0 < span < np.inf:
        raise ValueError(f"span: got {span!r}, expected a number above 0")
    away = (
        np.clip(away / span, -1, 1).repeat(height // logits.shape[1], axis=1).repeat(width // logits.shape[2], axis=2)
    )
    grey = (images.mean(axis=-1, keepdims=True) + 1) / 2
    colour = np.where(away > 0, *(np.array(to_rgb(name), np.float32) for name in (REAL, FAKE)))
    return (2 * np.clip(grey + 0.7 * np.abs(away) * (colour - grey), 0, 1) - 1).astype(np.float32)
