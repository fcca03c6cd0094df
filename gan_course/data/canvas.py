"""A canvas for many pictures at once: smooth noise, layers with soft edges, small stamps, mirrored water.

All lengths are shares of the picture's side, x to the right and y down, so a scene looks alike at every size.
Numbers that differ by picture are float32 [n, 1, 1], fields [n, side, side], colours [3, n, 1, 1] from 0 to 1.
"""

import functools
from collections.abc import Callable

import numpy as np


def palette(*rows: str) -> np.ndarray:
    """Turns rows of colours such as "ff8800 102030" into float32 [rows, colours, 3] from 0 to 1."""
    return np.array([[list(bytes.fromhex(colour)) for colour in row.split()] for row in rows], np.float32) / 255


def paint(colour: str) -> np.ndarray:
    """Turns one colour such as "ff8800" into float32 [3, 1, 1, 1]."""
    return palette(colour)[0].T[:, :, None, None]


WHITE = paint("ffffff")


def mix(a: np.ndarray, b: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """Goes from `a` (share 0) to `b` (share 1)."""
    return a + (b - a) * share


def step(low: np.ndarray | float, high: np.ndarray | float, value: np.ndarray) -> np.ndarray:
    """Rises smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((value - low) * (1 / (high - low)), 0, 1)
    return t * t * (3 - 2 * t)


def fraction(value: np.ndarray) -> np.ndarray:
    """The part after the point, 0 to 1, also of negative numbers."""
    return value - np.floor(value)


class Canvas:
    """`n` square pictures that are painted together.

    Attributes:
        rgb: float32 [3, n, side, side]; planes, since NumPy is quickest along long rows.
        x: [1, 1, side], y: [1, side, 1]: the middle of each pixel.
        pixel: Side of a pixel.
    """

    def __init__(self, n: int, side: int, random: np.random.Generator):
        self.n, self.side, self.random, self.pixel = n, side, random, 1 / side
        self._flat = np.zeros((3, n, side * side + 1), np.float32)  # the last place takes what falls off the edge
        self.rgb = self._flat[:, :, :-1].reshape(3, n, side, side)  # a view
        middle = (np.arange(side, dtype=np.float32) + 0.5) / side
        self.x, self.y = middle[None, None, :], middle[None, :, None]

    def uniform(self, low: float, high: float, k: int = 1) -> np.ndarray:
        """Draws numbers [n, 1, k] between two bounds."""
        return self.random.uniform(low, high, (self.n, 1, k)).astype(np.float32)

    def chance(self, share: float) -> np.ndarray:
        """Draws 1 for this share of the pictures and 0 for the others, [n, 1, 1]."""
        return (self.random.random((self.n, 1, 1)) < share).astype(np.float32)

    def mood(self, rows: np.ndarray) -> np.ndarray:
        """Blends two rows of a palette for each picture, so that its colours fit each other: [colours, 3, n, 1, 1]."""
        first, second = self.random.integers(len(rows), size=(2, self.n))
        share = self.random.uniform(0, 0.5, (self.n, 1, 1))
        tint = self.random.normal(1, 0.03, (self.n, 1, 3)) * self.random.normal(1, 0.05, (self.n, 1, 1))
        colours = mix(rows[first], rows[second], share) * tint
        return colours.transpose(1, 2, 0)[..., None, None].astype(np.float32)

    def over(self, colour: np.ndarray, cover: np.ndarray) -> None:
        """Lays a colour (or a picture, [3, n, ...]) over what is there.

        `cover`, 0 to 1, may have fewer rows than the canvas: these are the last ones, and only they change.
        """
        rows = np.shape(cover)[-2]
        for plane, tone in zip(_last(self.rgb, rows), _last(colour, rows), strict=True):
            change = tone - plane
            change *= cover
            plane += change

    def light(self, colour: np.ndarray, strength: np.ndarray) -> None:
        """Adds light, which never goes beyond white; rows as in `over`."""
        rows = np.shape(strength)[-2]
        for plane, tone in zip(_last(self.rgb, rows), _last(colour, rows), strict=True):
            plane += (1 - plane) * (tone * strength)

    def edge(self, distance: np.ndarray) -> np.ndarray:
        """Turns a distance (inside above 0) into a cover with an edge one pixel soft."""
        return np.clip(distance / self.pixel + 0.5, 0, 1)

    def below(self, line: np.ndarray, colour: np.ndarray) -> None:
        """Fills what lies below a line [n, 1, side]."""
        self.over(colour, self.edge(self.under(line) - line))

    def under(self, line: np.ndarray) -> np.ndarray:
        """The part of `y` that is not above the line in all of the pictures: half of the work is saved."""
        return self.y[:, int(np.clip(np.floor(line.min() * self.side - 1), 0, self.side - 2)) :]

    def noise(self, across: float, down: float, rows: np.ndarray | None = None, fall: float = 0.5) -> np.ndarray:
        """Smooth fractal noise of mean 0 and spread 1, [n, side, side].

        Args:
            across: Lumps of the coarsest noise from left to right.
            down: The same from top to bottom.
            rows: [n, side, 1] or [1, side, 1], 0 to 1: where in the noise each row lies, for perspective.
            fall: How much weaker each octave is than the one before, which is twice as coarse.
        """
        rows = self.y if rows is None else rows
        return self._octaves(across, down, np.clip(rows, 0, 1)[:, :, 0], fall)

    def ridge(self, across: float, fall: float = 0.5) -> np.ndarray:
        """A smooth fractal line of mean 0 and spread 1, [n, 1, side]."""
        return self._octaves(across, 0, None, fall)

    def _octaves(self, across: float, down: float, rows: np.ndarray | None, fall: float) -> np.ndarray:
        # Noise has a generator of its own: more octaves at a larger size do not change what is drawn later.
        random = np.random.default_rng(self.random.integers(1 << 62))
        total, weight, power = np.float32(0), 1.0, 0.0
        while weight > 0.04:
            wide = _spline_cached(self.side, across)
            grid = random.standard_normal((self.n, 1 if rows is None else int(down) + 4, wide.shape[1]), np.float32)
            octave = grid @ wide.T
            if rows is not None:
                octave = _spline(rows * np.float32(down), int(down) + 4) @ octave
            total = total + np.float32(weight) * octave
            power += weight**2 * (0.479 if rows is None else 0.479**2)  # the mean of a spline's squared weights
            across, down, weight = across * 2, down * 2, weight * fall
            if max(across, down) > self.side / 2:
                break
        return total / np.float32(np.sqrt(power))

    def stamp(self, x, y, wide, high, shape: Callable, colour: np.ndarray, fade: np.ndarray | None = None) -> None:
        """Paints `k` small things a picture; where they overlap, the last one wins. Those of no size are left out.

        Args:
            x: [n, k], the middle; `y` likewise.
            wide: [n, k], half of the width; `high` half of the height.
            shape: Takes u and v, -1 to 1 from edge to edge, and a pixel's width in these units; gives the cover
                and the brightness, both [n, k, ...].
            colour: [3, n, k].
            fade: [n, k] from 0 (not seen) to 1, or None for 1.
        """
        side = self.side
        there = (wide > 0) & (high > 0)
        mine = np.flatnonzero(there.any(axis=1))  # pictures without any cost no time
        if not len(mine):
            return
        x, y, wide, high, there, colour = x[mine], y[mine], wide[mine], high[mine], there[mine], colour[:, mine]
        wide, high = np.maximum(wide, 1e-4), np.maximum(high, 1e-4)
        columns = _around(x, wide, side)
        rows = _around(y, high, side)
        u = (((columns + 0.5) / side - x[..., None]) / wide[..., None])[:, :, None, :].astype(np.float32)
        v = (((rows + 0.5) / side - y[..., None]) / high[..., None])[:, :, :, None].astype(np.float32)
        cover, bright = shape(u, v, (self.pixel / np.minimum(wide, high))[..., None, None].astype(np.float32))
        if fade is not None:
            cover = cover * fade[mine][..., None, None]
        inside = ((columns >= 0) & (columns < side))[:, :, None, :] & ((rows >= 0) & (rows < side))[:, :, :, None]
        inside = inside & (cover > 0) & there[..., None, None]  # the rest must not paint the old ground over others
        place = np.where(inside, rows[:, :, :, None] * side + columns[:, :, None, :], side * side)
        place += (mine * (side * side + 1))[:, None, None, None]
        for plane, tone in zip(self._flat, colour, strict=True):
            plane = plane.reshape(-1)
            before = plane.take(place, mode="clip")
            plane[place] = before + cover * (tone[..., None, None] * bright - before)

    def mirror(self, horizon: np.ndarray, shake: np.ndarray) -> np.ndarray:
        """The last rows of the picture turned over at the horizon [n, 1, 1]: [3, n, rows, side].

        Args:
            horizon: Where to turn it over.
            shake: [n, rows, side], how far each pixel is moved up or down.
        """
        rows = ((2 * horizon - self.y[:, -shake.shape[1] :] + shake) * self.side).astype(np.int64)
        place = np.clip(rows, 0, self.side - 1) * self.side + np.arange(self.side)
        place += (np.arange(self.n) * (self.side**2 + 1))[:, None, None]
        return np.stack([plane.reshape(-1).take(place, mode="clip") for plane in self._flat])

    def table(self, values: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Looks up values [n, k] at places [n, ...], whole numbers from 0 to k - 1."""
        return np.take_along_axis(values, place.reshape(self.n, -1), axis=1).reshape(place.shape)


def _last(field: np.ndarray, rows: int) -> np.ndarray:
    """The last rows of a field; one row stands for all."""
    return field[..., -rows:, :] if rows > 1 and field.shape[-2] > 1 else field


def _around(middle: np.ndarray, half: np.ndarray, side: int) -> np.ndarray:
    reach = int(np.ceil(half.max() * side)) + 1
    return np.floor(middle * side).astype(np.int64)[..., None] + np.arange(-reach, reach + 1)


def _spline(place: np.ndarray, knots: int) -> np.ndarray:
    """The weights of a cubic B-spline's knots at places [..., s] in knots: float32 [..., s, knots]."""
    distance = np.abs(place[..., None] + 1 - np.arange(knots, dtype=np.float32))
    outer, inner = np.maximum(2 - distance, 0), np.maximum(1 - distance, 0)
    return (outer * outer * outer - 4 * inner * inner * inner) / 6


@functools.lru_cache(64)
def _spline_cached(side: int, cells: float) -> np.ndarray:
    return _spline((np.arange(side, dtype=np.float32) + 0.5) / side * np.float32(cells), int(cells) + 4)
