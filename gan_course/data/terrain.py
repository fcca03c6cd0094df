"""What landscapes share: sky, sun, clouds, stars, water, hills, trees and houses, on a `Canvas`."""

import numpy as np

from gan_course.data.canvas import Canvas, fraction, mix, step


def sky(c: Canvas, top: np.ndarray, low: np.ndarray, horizon: np.ndarray) -> None:
    """Fills the canvas from `top` down to `low` at the horizon."""
    bend = c.uniform(0.7, 1.5)
    np.copyto(c.rgb, mix(top, low, np.clip(c.y / horizon, 0.01, 1) ** bend))


def sun(c: Canvas, x, y, radius, colour: np.ndarray, strength, glow=3.0) -> None:
    """A disc and the light around it; `strength` 0 leaves it out."""
    distance = np.sqrt((c.x - x) ** 2 + (c.y - y) ** 2)
    c.light(colour, 0.75 * strength / (1 + (distance / (glow * radius)) ** 2))
    c.over(mix(colour, np.float32(1), 0.7), c.edge(radius - distance) * (strength > 0))


def clouds(c: Canvas, horizon, lit: np.ndarray, shade: np.ndarray, cover, streak: float = 1.0, under=1.0) -> None:
    """Clouds of smooth noise, flatter towards the horizon; `under` -1 lights them from below."""
    height = np.clip((horizon - c.y) / horizon, 0, 1)
    field = c.noise(2.5, 3 * streak, 1 - np.sqrt(height + 0.02))
    cloud = step(0.9 - 2 * cover, 1.8 - 2 * cover, field)
    reach = max(1, round(0.035 * c.side))
    above = np.empty_like(field)
    above[:, reach:], above[:, :reach] = field[:, :-reach], field[:, :1]
    light = step(-0.7, 0.6, (field - above) * under)
    cloud *= (cover > 0) * np.minimum(1, 6 * height)
    c.over(mix(shade, lit, light), cloud * 0.93)


def stars(c: Canvas, k: int, x: np.ndarray, y: np.ndarray) -> None:
    """`k` stars at [n, k], few bright and many faint, each with its own tint."""
    bright = np.clip(c.random.pareto(1.6, (c.n, k)) * 0.25 + 0.18, 0, 1).astype(np.float32)
    radius = np.maximum(0.6 * c.pixel, 0.0045 + 0.007 * bright**2)
    tint = np.float32(1) - c.random.uniform(0, 0.25, (c.n, k)) * np.array([[[1.0]], [[0.5]], [[-0.3]]])

    def glint(u, v, pixel):
        return np.maximum(0, 1 - (u * u + v * v)), np.float32(1)

    c.stamp(x, y, radius * 1.4, radius * 1.4, glint, np.clip(tint, 0, 1).astype(np.float32), bright)


def water(c: Canvas, horizon, deep: np.ndarray, bright: np.ndarray, rough, mirror=0.5) -> np.ndarray:
    """Fills what lies below the horizon; returns the waves there, spread 1, [n, rows, side]."""
    y = c.under(horizon)
    depth = np.clip((y - horizon) / np.abs(1 - horizon), 0, 1)
    waves = c.noise(5, 16, np.sqrt(depth), fall=0.6)
    picture = c.mirror(horizon, waves * (0.005 + 0.06 * depth) * rough)
    colour = mix(bright, deep, np.clip(depth**0.6 + 0.16 * rough * waves, 0, 1))
    c.over(mix(colour, picture, mirror), c.edge(y - horizon))
    return waves


def glitter(c: Canvas, x, horizon, waves: np.ndarray, colour: np.ndarray, strength) -> None:
    """The path of light that the sun at `x` leaves on waves."""
    y = c.under(horizon)
    path = np.exp(-(((c.x - x) / (0.035 + 0.25 * np.clip(y - horizon, 0, 1))) ** 2))
    c.light(colour, strength * path * step(-0.5, 0.9, waves) * c.edge(y - horizon))


def hills(c: Canvas, top, height, colours: list[np.ndarray], across: float = 2, fall: float = 0.45) -> None:
    """Ranges one before the other, from the first colour (far) to the last (near); `top` is the farthest line."""
    for i, colour in enumerate(colours):
        line = top + height * (i * 0.8 + 0.5 * c.ridge(across * (1 + 0.3 * i), fall))
        c.below(line, colour * (1.02 - 0.2 * step(0, 0.25, c.y - line)))


def crown(u, v, pixel):
    """The round crown of a tree, lit from the upper left."""
    leaves = 60 * u[..., :1]  # where the first pixel happens to lie: each tree is bumpy in its own way
    bumps = 0.12 * np.sin(7 * u + 4 * v + leaves) * np.sin(6 * v - 3 * u + 2.3 * leaves)
    radius = np.sqrt(u * u + v * v)
    light = 0.84 - 0.30 * u - 0.42 * v + 1.6 * bumps
    return np.clip((0.95 + bumps - radius) / pixel + 0.5, 0, 1), np.maximum(light, 0.3)


def fir(u, v, pixel):
    """A fir with its tip at v = -1, lit from the left."""
    down = np.maximum(v + 1, 0)
    tier = fraction(3.5 * down**0.8)
    wide = 0.5 * down * (0.6 + 0.4 * tier)
    cover = np.clip((wide - np.abs(u)) / pixel + 0.5, 0, 1) * (v < 1)
    return cover, 1 - 0.3 * u + 0.2 * (0.5 - tier)


def blossom(u, v, pixel):
    """A flower: a soft disc, darker below."""
    return np.clip((1 - np.sqrt(u * u + v * v)) / pixel + 0.5, 0, 1), 1.04 - 0.16 * v


def plant(c: Canvas, k: int, line: np.ndarray, wide, high, shape, colours: np.ndarray, spread: float = 0.12) -> None:
    """Sets `k` trees a picture along a line [n, 1, side], their feet on it.

    Args:
        c: The canvas.
        k: How many.
        line: Where the ground is.
        wide: Half of a tree's width, a number or [n, 1, 1]; `high` half of its height.
        shape: `crown` or `fir`.
        colours: [3, n, 1, 1], or one a tree, [3, n, k].
        spread: How far the brightness differs from tree to tree.
    """
    x = fraction((np.arange(k) + c.random.uniform(-0.4, 0.4, (c.n, k))) / k * 1.1 + c.random.random((c.n, 1))) * 1.1
    x = x[:, c.random.permutation(k)] - 0.05
    grown = c.random.uniform(0.75, 1.25, (c.n, k))
    foot = c.table(line[:, 0], np.clip((x * c.side).astype(np.int64), 0, c.side - 1))
    wide, high = np.reshape(wide, (-1, 1)) * grown, np.reshape(high, (-1, 1)) * grown
    tones = colours.reshape(3, c.n, -1) * c.random.normal(1, spread, (c.n, k))
    tones *= c.random.normal(1, 0.04, tones.shape)
    c.stamp(x, foot - high * 0.92, wide + 0 * x, high + 0 * x, shape, tones.astype(np.float32))


def houses(c: Canvas, count: int, base, low, high, wall: np.ndarray, glass: np.ndarray, lamp: np.ndarray, lit) -> None:
    """A row of `count` tall houses with windows, `lit` of them alight.

    Args:
        c: The canvas.
        count: Houses from edge to edge.
        base: Where they stand, [n, 1, 1].
        low: Least height, [n, 1, 1]; `high` what the highest adds.
        wall: Colour of the walls; `glass` of dark windows, `lamp` of those alight.
        lit: Share of windows alight, [n, 1, 1].
    """
    widths = c.random.uniform(0.6, 1.5, (c.n, count + 1)).astype(np.float32)
    ends = (np.cumsum(widths, axis=1) - widths[:, :1] * c.random.random((c.n, 1), np.float32)) / count * 1.05
    house = (c.x[:, 0, :, None] > ends[:, None, :]).sum(axis=2)[:, None, :].clip(0, count)  # [n, 1, side]
    begin = np.concatenate([ends[:, :1] - widths[:, :1] / count, ends], axis=1)[:, : count + 1]
    across = (c.x - c.table(begin, house)) / np.maximum(c.table(widths, house) / count * 1.05, 1e-3)
    tall = c.table(c.random.random((c.n, count + 1), np.float32) ** 1.5, house)
    kind = c.table(c.random.random((c.n, count + 1), np.float32), house)
    mast = np.where(kind > 0.8, 0.10 * np.maximum(0, 1 - 5 * np.abs(across - 0.5)), 0)
    mast = np.where((kind < 0.25) & (across > 0.45), np.float32(0.04), mast)
    top = base - low - high * (tall + mast)
    body = c.edge(c.y - top) * c.edge(base - c.y)
    tone = mix(0.75, 1.2, c.table(c.random.random((c.n, count + 1), np.float32), house))
    tone *= np.where(across > 0.68, np.float32(0.7), np.float32(1))
    c.over(wall * tone, body)
    pitch = c.uniform(0.036, 0.05)
    column, row = c.x / pitch + kind * 7, (c.y - base) / (1.25 * pitch) - 0.2
    pane = step(0.12, 0.3, fraction(column)) * step(0.95, 0.75, fraction(column))
    pane = pane * step(0.15, 0.3, fraction(row)) * step(0.9, 0.7, fraction(row)) * (c.y - top > 0.02)
    pane *= 0.9 * body
    place = (np.floor(row).astype(np.int64) % 32) * 32 + np.floor(column).astype(np.int64) % 32
    chance = c.random.random((c.n, 32 * 32), np.float32)
    alight = c.table(np.where(chance < lit[:, 0], 0.6 + 0.4 * chance / lit[:, 0], 0), place)
    c.over(glass * tone, pane)
    c.over(lamp, alight * pane)
