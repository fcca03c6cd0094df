"""Outlines of the ten garments of Fashion-MNIST: filled polygons, far simpler than the photographs."""

import functools

import numpy as np

from gan_course.data.ink import bend, blur, cell, frame, splat, to_bytes
from gan_course.data.strokes import parse

BOX = 26.0
_RASTER = 32  # points a garment is high

# label -> parts (tone 0..1, outline in hundredths: x right, y down); a later part covers an earlier one
_PARTS: dict[int, tuple[tuple[float, str], ...]] = {
    0: ((1, "34,6 42,12 58,12 66,6 98,30 87,42 74,32 74,97 26,97 26,32 13,42 2,30"),),
    1: ((1, "32,2 68,2 74,98 56,98 50,30 44,98 26,98"),),
    2: (
        (1, "34,6 42,12 58,12 66,6 84,20 99,86 85,90 73,45 73,95 27,95 27,45 15,90 1,86 16,20"),
        (0.7, "27,88 73,88 73,95 27,95"),
    ),
    3: (
        (1, "40,1 44,10 56,10 60,1 65,28 59,42 74,98 26,98 41,42 35,28"),
        (0.6, "41,40 59,40 59,44 41,44"),
    ),
    4: (
        (1, "34,6 42,12 58,12 66,6 80,14 92,78 80,80 73,42 76,99 24,99 27,42 20,80 8,78 20,14"),
        (0, "46,12 54,12 52,99 48,99"),
        (0.6, "34,6 46,12 48,45 36,25"),
        (0.6, "66,6 54,12 52,45 64,25"),
    ),
    5: (
        (1, "2,72 30,68 60,60 95,48 98,56 98,74 90,74 86,62 50,74 5,78"),
        (0.8, "14,70 24,56 34,54 42,66 36,66 30,60 22,70"),
        (0.8, "62,60 76,30 82,30 92,50 86,52 79,38 70,58"),
    ),
    6: (
        (0.9, "34,6 42,12 58,12 66,6 86,24 95,70 82,73 73,42 73,97 27,97 27,42 18,73 5,70 14,24"),
        (0.35, "48,14 52,14 52,97 48,97"),
        (0.5, "34,6 42,12 50,20 40,24"),
        (0.5, "66,6 58,12 50,20 60,24"),
    ),
    7: (
        (0.85, "2,62 10,54 34,50 56,36 64,40 80,42 92,34 98,66 4,68"),
        (1, "2,66 98,64 98,72 4,74"),
        (0.4, "36,50 54,38 58,42 42,54"),
    ),
    8: (
        (0.95, "6,42 94,42 99,95 1,95"),
        (0.95, "24,42 32,14 68,14 76,42 69,42 63,21 37,21 31,42"),
        (0.65, "6,42 94,42 95,55 5,55"),
    ),
    9: (
        (0.9, "52,6 96,4 94,50 98,84 6,86 6,70 30,58 50,48"),
        (1, "6,82 70,82 72,80 98,80 98,96 74,96 70,88 6,89"),
    ),
}


def garments(label: int, n: int, random: np.random.Generator) -> np.ndarray:
    """Draws `n` samples of one garment, bent, toned and some striped: uint8 [n, 28, 28]."""
    outline, tone = _cloud(label)
    points = np.broadcast_to(outline, (n, *outline.shape))
    # Stripes lie on the cloth, so they are counted before it is bent.
    wave = random.normal(0, 18, (n, 2, 1)) * (random.random((n, 1, 1)) < 0.35)
    stripes = 1 - 0.3 * (1 - np.cos(points @ wave))[..., 0] * random.random((n, 1))
    points = bend(points, random, aspect=(0.85, 1.12), slant=0, lean=0.03, turn=0.03, warp=0.02)
    points = frame(points, random.uniform(BOX - 3, BOX, n), by_mass=False)
    ink = cell(points, outline, _RASTER) * tone * stripes * random.uniform(0.45, 1.0, (n, 1))
    return to_bytes(blur(splat(points, ink), random.uniform(0.5, 0.7, n)))


@functools.cache
def _cloud(label: int) -> tuple[np.ndarray, np.ndarray]:
    """Points [p, 2] on a grid inside the garment, and their tones [p]."""
    from PIL import Image, ImageDraw

    fine = 4  # drawn larger, so that slanting edges fall right
    canvas = Image.new("L", (_RASTER * fine, _RASTER * fine))
    for tone, text in _PARTS[label]:
        (outline,) = parse(text)
        ImageDraw.Draw(canvas).polygon(
            [(x * _RASTER * fine, y * _RASTER * fine) for x, y in outline], fill=round(255 * tone)
        )
    tones = np.asarray(canvas.resize((_RASTER, _RASTER), Image.Resampling.BOX)) / 255
    rows, columns = np.nonzero(tones > 0.2)
    return np.stack([columns, rows], axis=1) / _RASTER, tones[rows, columns]
