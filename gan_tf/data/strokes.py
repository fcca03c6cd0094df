"""How people write digits: pen strokes as a few points each, joined by smooth curves.

x runs right and y down, both from 0 to 1. A point given twice in a row is a corner. Several ways a digit: with
and without a base, a bar, a loop, a gap. They were set by hand, from how digits are taught and written.
"""

import numpy as np

Stroke = tuple[tuple[float, float], ...]

# digit -> its ways of writing: (how common, the strokes)
DIGITS: dict[int, tuple[tuple[float, tuple[Stroke, ...]], ...]] = {
    0: (
        (3, (((0.5, 0), (0.2, 0.13), (0.07, 0.5), (0.2, 0.87), (0.5, 1), (0.8, 0.87), (0.93, 0.5), (0.8, 0.13), (0.5, 0)),)),
        (2, (((0.62, 0.04), (0.3, 0.1), (0.1, 0.5), (0.28, 0.93), (0.6, 0.96), (0.87, 0.6), (0.82, 0.2), (0.55, 0.03), (0.38, 0.1)),)),
        (1, (((0.42, 0.03), (0.14, 0.3), (0.1, 0.7), (0.4, 1), (0.76, 0.85), (0.9, 0.45), (0.76, 0.1), (0.55, 0.04)),)),
    ),
    1: (
        (5, (((0.5, 0), (0.5, 0.5), (0.5, 1)),)),
        (2, (((0.36, 0.16), (0.52, 0), (0.52, 0), (0.5, 0.5), (0.5, 1)),)),
        (1, (((0.3, 0.2), (0.5, 0), (0.5, 0), (0.5, 0.5), (0.5, 1)), ((0.22, 1), (0.5, 1), (0.78, 0.99)))),
    ),
    2: (
        (3, (((0.1, 0.25), (0.3, 0.03), (0.65, 0.03), (0.8, 0.28), (0.55, 0.65), (0.1, 1), (0.1, 1), (0.5, 0.96), (0.9, 0.99)),)),
        (3, (((0.12, 0.2), (0.4, 0), (0.75, 0.1), (0.74, 0.42), (0.45, 0.8), (0.15, 0.97), (0.05, 0.86), (0.25, 0.77), (0.55, 0.93), (0.95, 0.95)),)),
        (2, (((0.14, 0.3), (0.2, 0.08), (0.55, 0), (0.82, 0.2), (0.7, 0.5), (0.35, 0.8), (0.08, 0.98), (0.08, 0.98), (0.9, 0.97)),)),
    ),
    3: (
        (3, (((0.12, 0.15), (0.45, 0), (0.8, 0.14), (0.7, 0.38), (0.4, 0.47), (0.4, 0.47), (0.76, 0.57), (0.86, 0.8), (0.5, 1), (0.08, 0.88)),)),
        (1, (((0.1, 0.03), (0.8, 0.02), (0.8, 0.02), (0.45, 0.4), (0.45, 0.4), (0.85, 0.6), (0.8, 0.9), (0.4, 1), (0.08, 0.9)),)),
        (2, (((0.15, 0.1), (0.5, 0), (0.8, 0.2), (0.58, 0.44), (0.38, 0.49), (0.6, 0.5), (0.86, 0.7), (0.65, 0.97), (0.3, 0.98), (0.1, 0.85)),)),
    ),
    4: (
        (3, (((0.2, 0.05), (0.1, 0.5), (0.1, 0.5), (0.5, 0.52), (0.92, 0.48)), ((0.75, 0), (0.72, 0.5), (0.68, 1)))),
        (1, (((0.65, 0), (0.35, 0.33), (0.05, 0.66), (0.05, 0.66), (0.5, 0.66), (0.95, 0.65)), ((0.65, 0), (0.64, 0.5), (0.63, 1)))),
        (3, (((0.1, 0.04), (0.06, 0.36), (0.24, 0.5), (0.6, 0.48), (0.84, 0.38)), ((0.92, 0), (0.84, 0.38), (0.76, 0.7), (0.7, 1)))),
    ),
    5: (
        (3, (((0.88, 0.02), (0.28, 0.03), (0.28, 0.03), (0.18, 0.44), (0.18, 0.44), (0.55, 0.38), (0.85, 0.62), (0.7, 0.93), (0.35, 1), (0.06, 0.88)),)),
        (2, (((0.28, 0.05), (0.2, 0.44), (0.2, 0.44), (0.55, 0.4), (0.8, 0.65), (0.62, 0.95), (0.3, 1), (0.06, 0.92)), ((0.27, 0.05), (0.6, 0.04), (0.95, 0)))),
        (1, (((0.88, 0.04), (0.45, 0.03), (0.22, 0.25), (0.48, 0.45), (0.8, 0.66), (0.65, 0.95), (0.3, 1), (0.06, 0.9)),)),
    ),
    6: (
        (3, (((0.56, 0), (0.3, 0.28), (0.14, 0.68), (0.3, 0.97), (0.62, 0.95), (0.76, 0.74), (0.58, 0.56), (0.3, 0.64), (0.16, 0.8)),)),
        (3, (((0.42, 0), (0.18, 0.4), (0.14, 0.8), (0.4, 1), (0.72, 0.86), (0.68, 0.63), (0.4, 0.6), (0.18, 0.8)),)),
        (1, (((0.7, 0.04), (0.48, 0.08), (0.22, 0.4), (0.14, 0.75), (0.36, 1), (0.68, 0.9), (0.7, 0.68), (0.46, 0.58), (0.2, 0.74)),)),
    ),
    7: (
        (4, (((0.08, 0.05), (0.5, 0.05), (0.88, 0.03), (0.88, 0.03), (0.6, 0.45), (0.4, 1)),)),
        (1, (((0.08, 0.05), (0.5, 0.05), (0.88, 0.03), (0.88, 0.03), (0.6, 0.45), (0.4, 1)), ((0.32, 0.5), (0.8, 0.47)))),
        (1, (((0.1, 0.2), (0.1, 0.04), (0.1, 0.04), (0.9, 0.05), (0.9, 0.05), (0.68, 0.5), (0.5, 1)),)),
        (2, (((0.06, 0.14), (0.25, 0.03), (0.55, 0.1), (0.88, 0.03), (0.88, 0.03), (0.66, 0.5), (0.52, 1)),)),
    ),
    8: (
        (4, (((0.76, 0.12), (0.45, 0), (0.2, 0.2), (0.5, 0.45), (0.8, 0.74), (0.5, 1), (0.18, 0.76), (0.5, 0.45), (0.78, 0.2), (0.7, 0.06)),)),
        (1, (((0.5, 0), (0.28, 0.12), (0.28, 0.35), (0.5, 0.47), (0.74, 0.35), (0.74, 0.12), (0.5, 0)),
             ((0.5, 0.47), (0.24, 0.62), (0.22, 0.87), (0.5, 1), (0.78, 0.87), (0.76, 0.62), (0.5, 0.47)))),
        (2, (((0.55, 0.02), (0.25, 0.14), (0.36, 0.4), (0.65, 0.58), (0.75, 0.85), (0.45, 1), (0.22, 0.82), (0.45, 0.55), (0.78, 0.25), (0.74, 0.06), (0.55, 0.02)),)),
    ),
    9: (
        (3, (((0.8, 0.12), (0.45, 0), (0.15, 0.2), (0.3, 0.48), (0.65, 0.42), (0.82, 0.12), (0.82, 0.12), (0.78, 0.55), (0.7, 1)),)),
        (2, (((0.8, 0.12), (0.45, 0), (0.15, 0.2), (0.3, 0.48), (0.65, 0.42), (0.82, 0.12), (0.82, 0.12), (0.84, 0.55), (0.68, 0.92), (0.4, 1), (0.15, 0.92)),)),
        (3, (((0.78, 0.25), (0.5, 0.02), (0.18, 0.15), (0.2, 0.42), (0.55, 0.45), (0.78, 0.2), (0.78, 0.2), (0.62, 0.6), (0.45, 1)),)),
    ),
}  # fmt: skip


def spline(strokes: tuple[Stroke, ...], points: int = 160) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turns strokes into a matrix, so that many bent copies cost one product.

    Args:
        strokes: The pen strokes.
        points: Points on the curves in all, spread by length.

    Returns:
        `basis` (points, k), `control` (k, 2) and `pen` (points - 1,): the curve is `basis @ control`, and `pen`
        is 0 where it jumps to the next stroke. Equal control points are one, so that copies stay joined.
    """
    control = list(dict.fromkeys(point for stroke in strokes for point in stroke))
    pieces = [piece for stroke in strokes for piece in _at_corners(stroke)]
    lengths = np.array([np.linalg.norm(np.diff(piece, axis=0), axis=1).sum() for piece in pieces])
    counts = np.maximum(np.round(points * lengths / lengths.sum()).astype(int), 4)
    counts[np.argmax(counts)] += points - counts.sum()
    rows = [_catmull_rom([control.index(p) for p in piece], n, len(control)) for piece, n in zip(pieces, counts)]
    pen = np.ones(points - 1)
    pen[np.cumsum(counts)[:-1] - 1] = 0
    return np.concatenate(rows), np.array(control, float), pen


def _at_corners(stroke: Stroke) -> list[Stroke]:
    pieces, start = [], 0
    for i in range(1, len(stroke)):
        if stroke[i] == stroke[i - 1]:
            pieces.append(stroke[start:i])
            start = i
    return [*pieces, stroke[start:]]


def _catmull_rom(index: list[int], n: int, k: int) -> np.ndarray:
    """The uniform Catmull-Rom spline through the control points named in `index`, as an (n, k) matrix."""
    position = np.linspace(0, len(index) - 1, n)
    segment = np.minimum(position.astype(int), len(index) - 2)
    t = position - segment
    weights = np.stack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], axis=1
    ) / 2
    basis = np.zeros((n, k))
    for offset in range(4):  # the ends lean on themselves
        neighbour = np.clip(segment + offset - 1, 0, len(index) - 1)
        np.add.at(basis, (np.arange(n), np.array(index)[neighbour]), weights[:, offset])
    return basis
