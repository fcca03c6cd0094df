"""Outlines of the ten garments of Fashion-MNIST: filled polygons, far simpler than the photographs."""

import functools

import numpy as np

from gan_tf.data import clouds

BOX = 26.0
_RASTER = 32  # points a garment is high
_TOP = ((0.34, 0.06), (0.42, 0.12), (0.58, 0.12), (0.66, 0.06))

# label -> parts (tone 0..1, outline); x right and y down, both 0..1; a later part covers an earlier one
_PARTS: dict[int, tuple[tuple[float, tuple[tuple[float, float], ...]], ...]] = {
    0: ((1, (*_TOP, (0.98, 0.3), (0.87, 0.42), (0.74, 0.32), (0.74, 0.97), (0.26, 0.97), (0.26, 0.32), (0.13, 0.42), (0.02, 0.3))),),
    1: ((1, ((0.32, 0.02), (0.68, 0.02), (0.74, 0.98), (0.56, 0.98), (0.5, 0.3), (0.44, 0.98), (0.26, 0.98))),),
    2: ((1, (*_TOP, (0.84, 0.2), (0.99, 0.86), (0.85, 0.9), (0.73, 0.45), (0.73, 0.95), (0.27, 0.95), (0.27, 0.45), (0.15, 0.9), (0.01, 0.86), (0.16, 0.2))),
        (0.7, ((0.27, 0.88), (0.73, 0.88), (0.73, 0.95), (0.27, 0.95)))),
    3: ((1, ((0.4, 0.01), (0.44, 0.1), (0.56, 0.1), (0.6, 0.01), (0.65, 0.28), (0.59, 0.42), (0.74, 0.98), (0.26, 0.98), (0.41, 0.42), (0.35, 0.28))),
        (0.6, ((0.41, 0.4), (0.59, 0.4), (0.59, 0.44), (0.41, 0.44)))),
    4: ((1, (*_TOP, (0.8, 0.14), (0.92, 0.78), (0.8, 0.8), (0.73, 0.42), (0.76, 0.99), (0.24, 0.99), (0.27, 0.42), (0.2, 0.8), (0.08, 0.78), (0.2, 0.14))),
        (0, ((0.46, 0.12), (0.54, 0.12), (0.52, 0.99), (0.48, 0.99))),
        (0.6, ((0.34, 0.06), (0.46, 0.12), (0.48, 0.45), (0.36, 0.25))), (0.6, ((0.66, 0.06), (0.54, 0.12), (0.52, 0.45), (0.64, 0.25)))),
    5: ((1, ((0.02, 0.72), (0.3, 0.68), (0.6, 0.6), (0.95, 0.48), (0.98, 0.56), (0.98, 0.74), (0.9, 0.74), (0.86, 0.62), (0.5, 0.74), (0.05, 0.78))),
        (0.8, ((0.14, 0.7), (0.24, 0.56), (0.34, 0.54), (0.42, 0.66), (0.36, 0.66), (0.3, 0.6), (0.22, 0.7))),
        (0.8, ((0.62, 0.6), (0.76, 0.3), (0.82, 0.3), (0.92, 0.5), (0.86, 0.52), (0.79, 0.38), (0.7, 0.58)))),
    6: ((0.9, (*_TOP, (0.86, 0.24), (0.95, 0.7), (0.82, 0.73), (0.73, 0.42), (0.73, 0.97), (0.27, 0.97), (0.27, 0.42), (0.18, 0.73), (0.05, 0.7), (0.14, 0.24))),
        (0.35, ((0.48, 0.14), (0.52, 0.14), (0.52, 0.97), (0.48, 0.97))),
        (0.5, ((0.34, 0.06), (0.42, 0.12), (0.5, 0.2), (0.4, 0.24))), (0.5, ((0.66, 0.06), (0.58, 0.12), (0.5, 0.2), (0.6, 0.24)))),
    7: ((0.85, ((0.02, 0.62), (0.1, 0.54), (0.34, 0.5), (0.56, 0.36), (0.64, 0.4), (0.8, 0.42), (0.92, 0.34), (0.98, 0.66), (0.04, 0.68))),
        (1, ((0.02, 0.66), (0.98, 0.64), (0.98, 0.72), (0.04, 0.74))), (0.4, ((0.36, 0.5), (0.54, 0.38), (0.58, 0.42), (0.42, 0.54)))),
    8: ((0.95, ((0.06, 0.42), (0.94, 0.42), (0.99, 0.95), (0.01, 0.95))),
        (0.95, ((0.24, 0.42), (0.32, 0.14), (0.68, 0.14), (0.76, 0.42), (0.69, 0.42), (0.63, 0.21), (0.37, 0.21), (0.31, 0.42))),
        (0.65, ((0.06, 0.42), (0.94, 0.42), (0.95, 0.55), (0.05, 0.55)))),
    9: ((0.9, ((0.52, 0.06), (0.96, 0.04), (0.94, 0.5), (0.98, 0.84), (0.06, 0.86), (0.06, 0.7), (0.3, 0.58), (0.5, 0.48))),
        (1, ((0.06, 0.82), (0.7, 0.82), (0.72, 0.8), (0.98, 0.8), (0.98, 0.96), (0.74, 0.96), (0.7, 0.88), (0.06, 0.89)))),
}  # fmt: skip


def garments(label: int, n: int, random: np.random.Generator) -> np.ndarray:
    """Draws `n` samples of one garment, bent, toned and some striped: uint8 [n, 28, 28]."""
    outline, tone = _cloud(label)
    points = np.broadcast_to(outline, (n, *outline.shape))
    # Stripes lie on the cloth, so they are counted before it is bent.
    wave = random.normal(0, 18, (n, 2, 1)) * (random.random((n, 1, 1)) < 0.35)
    stripes = 1 - 0.3 * (1 - np.cos(points @ wave))[..., 0] * random.random((n, 1))
    points = clouds.bend(points, random, aspect=(0.85, 1.12), slant=0, lean=0.03, turn=0.03, warp=0.02)
    points = clouds.frame(points, random.uniform(BOX - 3, BOX, n), by_mass=False)
    ink = clouds.cell(points, outline, _RASTER) * tone * stripes * random.uniform(0.45, 1.0, (n, 1))
    return clouds.to_bytes(clouds.blur(clouds.splat(points, ink), random.uniform(0.5, 0.7, n)))


@functools.cache
def _cloud(label: int) -> tuple[np.ndarray, np.ndarray]:
    """Points [p, 2] on a grid inside the garment, and their tones [p]."""
    from PIL import Image, ImageDraw

    fine = 4  # drawn larger, so that slanting edges fall right
    canvas = Image.new("L", (_RASTER * fine, _RASTER * fine))
    for tone, outline in _PARTS[label]:
        ImageDraw.Draw(canvas).polygon([(x * _RASTER * fine, y * _RASTER * fine) for x, y in outline], fill=round(255 * tone))
    tones = np.asarray(canvas.resize((_RASTER, _RASTER), Image.Resampling.BOX)) / 255
    rows, columns = np.nonzero(tones > 0.2)
    return np.stack([columns, rows], axis=1) / _RASTER, tones[rows, columns]
