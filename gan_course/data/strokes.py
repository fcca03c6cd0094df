"""How people write digits: pen strokes as a few points each, joined by smooth curves.

x runs right and y down, both from 0 to 100. A point given twice in a row is a corner. Several ways a digit: with
and without a base, a bar, a loop, a gap. They were set by hand, from how digits are taught and written.
"""

import numpy as np

Stroke = tuple[tuple[float, float], ...]

# digit -> its ways of writing: how common, and the strokes, with | where the pen is lifted
DIGITS: dict[int, tuple[tuple[float, str], ...]] = {
    0: (
        (3, "50,0 20,13 7,50 20,87 50,100 80,87 93,50 80,13 50,0"),
        (2, "62,4 30,10 10,50 28,93 60,96 87,60 82,20 55,3 38,10"),
        (1, "42,3 14,30 10,70 40,100 76,85 90,45 76,10 55,4"),
    ),
    1: (
        (5, "50,0 50,50 50,100"),
        (2, "36,16 52,0 52,0 50,50 50,100"),
        (1, "30,20 50,0 50,0 50,50 50,100 | 22,100 50,100 78,99"),
    ),
    2: (
        (3, "10,25 30,3 65,3 80,28 55,65 10,100 10,100 50,96 90,99"),
        (3, "12,20 40,0 75,10 74,42 45,80 15,97 5,86 25,77 55,93 95,95"),
        (2, "14,30 20,8 55,0 82,20 70,50 35,80 8,98 8,98 90,97"),
    ),
    3: (
        (3, "12,15 45,0 80,14 70,38 40,47 40,47 76,57 86,80 50,100 8,88"),
        (1, "10,3 80,2 80,2 45,40 45,40 85,60 80,90 40,100 8,90"),
        (2, "15,10 50,0 80,20 58,44 38,49 60,50 86,70 65,97 30,98 10,85"),
    ),
    4: (
        (3, "20,5 10,50 10,50 50,52 92,48 | 75,0 72,50 68,100"),
        (1, "65,0 35,33 5,66 5,66 50,66 95,65 | 65,0 64,50 63,100"),
        (3, "10,4 6,36 24,50 60,48 84,38 | 92,0 84,38 76,70 70,100"),
    ),
    5: (
        (3, "88,2 28,3 28,3 18,44 18,44 55,38 85,62 70,93 35,100 6,88"),
        (2, "28,5 20,44 20,44 55,40 80,65 62,95 30,100 6,92 | 27,5 60,4 95,0"),
        (1, "88,4 45,3 22,25 48,45 80,66 65,95 30,100 6,90"),
    ),
    6: (
        (3, "56,0 30,28 14,68 30,97 62,95 76,74 58,56 30,64 16,80"),
        (3, "42,0 18,40 14,80 40,100 72,86 68,63 40,60 18,80"),
        (1, "70,4 48,8 22,40 14,75 36,100 68,90 70,68 46,58 20,74"),
    ),
    7: (
        (4, "8,5 50,5 88,3 88,3 60,45 40,100"),
        (1, "8,5 50,5 88,3 88,3 60,45 40,100 | 32,50 80,47"),
        (1, "10,20 10,4 10,4 90,5 90,5 68,50 50,100"),
        (2, "6,14 25,3 55,10 88,3 88,3 66,50 52,100"),
    ),
    8: (
        (4, "76,12 45,0 20,20 50,45 80,74 50,100 18,76 50,45 78,20 70,6"),
        (1, "50,0 28,12 28,35 50,47 74,35 74,12 50,0 | 50,47 24,62 22,87 50,100 78,87 76,62 50,47"),
        (2, "55,2 25,14 36,40 65,58 75,85 45,100 22,82 45,55 78,25 74,6 55,2"),
    ),
    9: (
        (3, "80,12 45,0 15,20 30,48 65,42 82,12 82,12 78,55 70,100"),
        (2, "80,12 45,0 15,20 30,48 65,42 82,12 82,12 84,55 68,92 40,100 15,92"),
        (3, "78,25 50,2 18,15 20,42 55,45 78,20 78,20 62,60 45,100"),
    ),
}


def parse(text: str) -> tuple[Stroke, ...]:
    """Reads strokes such as "50,0 50,100 | 20,100 80,100": points in hundredths, as tuples from 0 to 1."""
    return tuple(
        tuple(tuple(int(number) / 100 for number in point.split(",")) for point in stroke.split())
        for stroke in text.split("|")
    )


def spline(text: str, points: int = 160) -> tuple[np.ndarray, ...]:
    """Turns strokes into a matrix, so that many bent copies cost one product.

    Args:
        text: The pen strokes, as in `DIGITS`.
        points: Points on the curves in all, spread by length.

    Returns:
        `basis` (points, k), `control` (k, 2), `pen` (points - 1,) and `ends` (points,): the curve is
        `basis @ control`, `pen` is 0 where it jumps to the next piece, and `ends` is 1 where a stroke begins or
        ends. Equal control points are one, so that copies stay joined.
    """
    strokes = parse(text)
    control = list(dict.fromkeys(point for stroke in strokes for point in stroke))
    pieces = [piece for stroke in strokes for piece in _at_corners(stroke)]
    last_pieces = np.cumsum([len(_at_corners(stroke)) for stroke in strokes])
    lengths = np.array([np.linalg.norm(np.diff(piece, axis=0), axis=1).sum() for piece in pieces])
    counts = np.maximum(np.round(points * lengths / lengths.sum()).astype(int), 4)
    counts[np.argmax(counts)] += points - counts.sum()
    rows = [_catmull_rom([control.index(p) for p in piece], n, len(control)) for piece, n in zip(pieces, counts)]
    pen = np.ones(points - 1)
    pen[np.cumsum(counts)[:-1] - 1] = 0
    stops = np.cumsum(counts)[last_pieces - 1]
    ends = np.zeros(points)
    ends[np.concatenate([[0], stops[:-1], stops - 1])] = 1
    return np.concatenate(rows), np.array(control, float), pen, ends


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
    weights = (
        np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], axis=1) / 2
    )
    basis = np.zeros((n, k))
    for offset in range(4):  # the ends lean on themselves
        neighbour = np.clip(segment + offset - 1, 0, len(index) - 1)
        np.add.at(basis, (np.arange(n), np.array(index)[neighbour]), weights[:, offset])
    return basis
