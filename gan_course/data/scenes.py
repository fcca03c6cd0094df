"""The stand-in of CIFAR-10: landscapes in ten classes, drawn by rule at any size. No photograph is used.

Each painter takes a `Canvas` of many pictures and works from far to near: sky, sun, clouds, ranges, ground. Light
comes from the left; half of the pictures are turned round at the end. Palettes give one time of day a row.
"""

import numpy as np

from gan_course.data import scenes_sky, terrain
from gan_course.data.canvas import WHITE, Canvas, fraction, mix, paint, palette, step

NAMES = ("desert", "sea", "forest", "snow peaks", "city", "night sky", "sunset", "meadow", "canyon", "aurora")


def scenes(label: int, n: int, random: np.random.Generator, size: int = 32) -> np.ndarray:
    """Draws `n` landscapes of one class.

    Args:
        label: Which, as in `NAMES`.
        n: How many.
        random: Where chance comes from: the same state, the same bytes.
        size: Side in pixels, 8 to 1024.

    Returns:
        uint8 [n, size, size, 3].
    """
    pixels = np.empty((n, size, size, 3), np.uint8)
    # Drawn larger and averaged, for smooth edges: the largest are smooth enough, the smallest need it most.
    fine = 4 if size < 24 else 2 if size <= 512 else 1
    chunk = max(1, min(24, 300_000 // size**2))  # small ones stay in the processor's cache, large ones in memory
    for start in range(0, n, chunk):
        canvas = Canvas(min(chunk, n - start), size * fine, random)
        _PAINTERS[label](canvas)
        rgb = np.clip(canvas.rgb, 0, 1)
        for _ in range(fine // 2):
            rgb = (rgb[:, :, ::2] + rgb[:, :, 1::2]) / 2
            rgb = (rgb[..., ::2] + rgb[..., 1::2]) / 2
        rgb = np.rint(rgb * 255).astype(np.uint8).transpose(1, 2, 3, 0)
        turned = random.random((canvas.n, 1, 1, 1)) < 0.5
        pixels[start : start + canvas.n] = np.where(turned, rgb[:, :, ::-1], rgb)
    return pixels


# sky above, sky at the horizon, lit sand, shaded sand
_DESERT = palette(
    "3f86c8 cfe3ee f0c078 a8652f",
    "2f6db4 e6dcc0 e8b468 8f5426",
    "5a8fc0 f6dfb0 f4cf94 b57c44",
    "7a86b8 f7cf9e f2a861 8a4630",
    "4d9ad6 e2eef2 f6dcae c08d58",
    "8fa3bd f0d9b8 dca66c 94603a",
)


def desert(c: Canvas) -> None:
    """Dunes, one range before the other, each with a lit and a shaded side."""
    top, low, lit, shade = c.mood(_DESERT)
    horizon = c.uniform(0.28, 0.58)
    terrain.sky(c, top, low, horizon)
    terrain.sun(c, c.uniform(0, 0.5), horizon * c.uniform(0.1, 0.7), c.uniform(0.03, 0.06), low, c.chance(0.5))
    terrain.clouds(c, horizon, WHITE, mix(low, WHITE, 0.3), c.uniform(0, 0.4) * c.chance(0.4), streak=2)
    layers = 4
    for i in range(layers):
        near = i / (layers - 1)
        base = mix(horizon + 0.02, 1.0, near**1.25) + c.uniform(-0.02, 0.02)
        often = c.uniform(0.7, 1.3) * (2.4 - 1.6 * near)  # dunes from edge to edge
        phase = c.x * often + c.uniform(0, 9) + 0.16 * c.ridge(2, 0.3)
        peak = c.uniform(0.45, 0.75)
        here = fraction(phase)
        rise = np.minimum(here / peak, (1 - here) / (1 - peak))
        line = base - (0.03 + 0.2 * near) * mix(rise, rise * rise, 0.6) * c.uniform(0.6, 1.3)
        # The line between light and shade starts at the peak and winds down the dune.
        y = c.under(line)
        down = y - line
        along = fraction(phase + down * often * c.uniform(0.8, 3) + 0.03 * np.sin(down * c.uniform(10, 30)))
        dark = step(peak - 0.01, peak + 0.02, along) * step(1.0, 0.6, along)
        ripples = np.sin(down * (60 / (0.3 + near)) + 12 * phase) * (0.015 + 0.02 * near) * (1 - dark)
        sand = mix(lit, shade, dark * 0.85 + 0.2 * along * (1 - dark)) * (1 + ripples)
        c.over(mix(sand, low, 0.5 * (1 - near) ** 2), c.edge(down))


# sky above, sky at the horizon, near water, far water
_SEA = palette(
    "2f7fd0 bfe0f2 0d4a86 5aa6d2",
    "4aa0e0 e4f3f8 0b6f8e 62d0d6",
    "5d7c95 c3ced4 27475a 7f9aa6",
    "2a62b0 9fd0ee 08305f 2f7fb8",
    "78b4e4 f4f0e2 11808f 8fe0d4",
    "8a98a6 dcdfe0 3c5a66 92a8ac",
)


def sea(c: Canvas) -> None:
    """Open water, with an isle, a sail, a beach or none of these."""
    top, low, deep, bright = c.mood(_SEA)
    horizon = c.uniform(0.25, 0.6)
    terrain.sky(c, top, low, horizon)
    shining, x = c.chance(0.45), c.uniform(0.1, 0.9)
    terrain.sun(c, x, horizon * c.uniform(0.15, 0.6), c.uniform(0.03, 0.05), mix(low, WHITE, 0.5), shining)
    terrain.clouds(c, horizon, WHITE, mix(low, top, 0.35), c.uniform(0.1, 0.75) * c.chance(0.8))
    isle = horizon + 0.02 - 0.09 * c.uniform(0.3, 1) * np.maximum(0, c.ridge(2, 0.4) - 0.1)
    isle = np.where(c.chance(0.45) > 0, isle, 2)
    c.over(mix(top, low, 0.35) * 0.75, c.edge(c.y - isle) * c.edge(horizon - c.y))
    waves = terrain.water(c, horizon, deep, bright, c.uniform(0.5, 1.5), mirror=0.25)
    terrain.glitter(c, x, horizon, waves, WHITE, 0.8 * shining)
    c.over(WHITE * 0.96, 0.75 * step(1.3, 1.9, waves) * step(0.02, 0.2, c.under(horizon) - horizon) * c.uniform(0, 1))
    _boat(c, horizon)
    shore = c.uniform(0.78, 0.95) + c.uniform(-0.25, 0.25) * (c.x - 0.5) + 0.02 * c.ridge(3)
    shore = np.where(c.chance(0.35) > 0, shore, 2)
    sand = mix(paint("f0dcb0"), low, 0.2)
    up = c.under(horizon) - shore
    c.over(WHITE, 0.9 * step(-0.05, -0.015, up + 0.012 * waves))
    c.over(sand * (1 - 0.15 * step(0.08, 0, c.y - shore)), step(-0.01, 0.012, up))


def _boat(c: Canvas, horizon: np.ndarray) -> None:
    def sail(u, v, pixel):
        cloth = (v < 0.55) * (np.abs(u + 0.05) > 0.06) * np.clip((0.55 * (v + 1) - np.abs(u)) / pixel + 0.5, 0, 1)
        hull = (v > 0.68) * np.clip((1.15 - 0.5 * v - np.abs(u)) / pixel + 0.5, 0, 1) * (v < 1)
        return np.maximum(cloth, hull), np.where(v > 0.6, 0.3, 1 - 0.12 * (u > 0)).astype(np.float32)

    high = np.where(c.chance(0.4) > 0, c.uniform(0.06, 0.12), 0)[:, :, 0]
    y = horizon[:, :, 0] + c.uniform(0.0, 0.12)[:, :, 0] - high * 0.8
    c.stamp(c.uniform(0.1, 0.9)[:, :, 0], y, high * 0.7, high, sail, np.ones((3, c.n, 1), np.float32))


# sky above, sky at the horizon (the mist), near leaves, far leaves
_FOREST = palette(
    "7fb4dc dcebf0 2f6b2a 5c9a4a",
    "b8c8cc e6ebe6 1f5a34 4f8a62",
    "9cc4de f4f0d8 4f8a22 8cb844",
    "c4b9a0 f2e4c4 b8641c d89a34",
    "88a8c8 e4dcd4 9a3a1e c87a2c",
    "a4bcc4 dce8e0 17463a 3f7a68",
)


def forest(c: Canvas) -> None:
    """Rows of firs or of round trees, in the green of summer or in autumn."""
    top, low, near_leaf, far_leaf = c.mood(_FOREST)
    start = c.uniform(0.12, 0.42)
    terrain.sky(c, top, low, start + 0.15)
    terrain.clouds(c, start + 0.1, WHITE, mix(low, top, 0.3), c.uniform(0.2, 0.6) * c.chance(0.5))
    firs, mist = c.chance(0.5), c.uniform(0.3, 0.95)
    green = mix(mix(paint("12382a"), paint("2c5a20"), c.uniform(0, 1)), near_leaf, 0.25)  # firs do not turn in autumn
    near_leaf, far_leaf = mix(near_leaf, green, firs), mix(far_leaf, green * 1.3, firs)
    mist = mix(mist, 0.9, firs * c.uniform(0.5, 1))  # which sets one row of tips off from the next
    rows = 6
    for i in range(rows):
        near = i / (rows - 1)
        line = mix(start + 0.05, 1.10, near**1.35) + 0.03 * c.ridge(2)
        leaf = mix(mix(far_leaf, near_leaf, near), low, mist * (1 - near) ** 1.3 * 0.85)
        skip = firs * (i in (1, 3))  # firs are higher: fewer rows, or they look like grass
        c.below(line - 0.03 - 0.06 * near * (1 - firs) + 2 * skip, leaf * mix(mix(0.8, 0.5, near), 0.9, firs))
        wide = (0.055 + 0.06 * near) * (firs - skip)
        terrain.plant(c, 12 - i, line + 0.02, wide, (2.3 - 0.4 * near) * wide, terrain.fir, leaf, spread=0.08)
        wide = (0.06 + 0.055 * near) * (1 - firs)
        terrain.plant(c, 16 - i, line, wide, wide, terrain.crown, leaf, spread=0.14)


# sky above, sky at the horizon, far hills, far grass, near grass
_MEADOW = palette(
    "3f8ee0 d4eaf8 7fa8b8 a8cc58 3f8a2c",
    "5aa8ec f0f6f0 8ab49c c8dc6c 5a9c30",
    "88b0d4 f4ead4 98a890 c4c464 6f8a2a",
    "4a80c8 e4ecf4 6c94b0 8cc468 2f7a3c",
    "a0b8cc e8ecec 8ca4a8 98bc74 48803c",
)
_BLOSSOMS = palette("e8301c", "ffd81c", "ffffff", "b050d0", "f070b0", "4a5ae0", "ff8a1c", "f4f0b0")


def meadow(c: Canvas) -> None:
    """Flowers in the grass, trees and hills behind them."""
    top, low, far, back, front = c.mood(_MEADOW)
    horizon = c.uniform(0.3, 0.6)
    terrain.sky(c, top, low, horizon)
    terrain.sun(c, c.uniform(0, 0.6), c.uniform(0.05, 0.25), c.uniform(0.03, 0.05), WHITE, c.chance(0.35))
    terrain.clouds(c, horizon, WHITE, mix(top, low, 0.6) * 0.93, c.uniform(0.15, 0.65) * c.chance(0.85))
    ranges = [mix(far, low, 0.45), mix(far, back, 0.35), mix(far, back, 0.8) * 0.85]
    terrain.hills(c, horizon - 0.06, c.uniform(0.02, 0.06), ranges)
    line = horizon + 0.05 + c.uniform(0, 0.05) * c.ridge(1.5, 0.3)
    trees = c.uniform(0.02, 0.05) * c.chance(0.6)
    terrain.plant(c, 9, line + 0.01, trees * c.uniform(0.9, 1.4), trees, terrain.crown, front * 0.62)
    depth = np.clip((c.y - line) / (1 - line), 0, 1)
    grass = c.noise(7, 14, np.sqrt(depth), fall=0.75)
    shadow = 1 - 0.3 * c.chance(0.5) * step(0, 0.8, c.noise(2, 4, np.sqrt(depth)))
    c.over(mix(back, front, depth**0.7) * (1 + 0.09 * grass) * shadow, c.edge(c.y - line))
    single = c.uniform(0.09, 0.17)[:, :, 0] * c.chance(0.35)[:, :, 0]
    x, y = c.uniform(0.1, 0.9)[:, :, 0], horizon[:, :, 0] + 0.14
    c.stamp(x, y - 0.2 * single, single * 0.12, single, _trunk, front[..., 0] * 0.4)
    c.stamp(x, y - single * 1.1, single * 1.05, single, terrain.crown, front[..., 0] * 0.85)
    kinds = _BLOSSOMS[c.random.integers(len(_BLOSSOMS), size=(c.n, 2)), 0]
    share, rich = c.uniform(0, 1)[:, :, 0], c.uniform(0.4, 1)[:, :, 0]
    for near, k in ((0.12, 40), (0.3, 34), (0.55, 26), (0.85, 18)):
        x, spread = c.random.random((2, c.n, k))
        y = mix(line.mean(axis=2), 1, near + 0.25 * (spread - 0.4))
        radius = (0.007 + 0.026 * near) * c.random.uniform(0.7, 1.2, (c.n, k)) * (c.random.random((c.n, k)) < rich)
        first = (c.random.random((c.n, k)) < share)[..., None]
        colour = np.where(first, kinds[:, :1], kinds[:, 1:]).transpose(2, 0, 1) * c.random.uniform(0.9, 1.05, (c.n, k))
        c.stamp(x, y, radius, radius * 0.8, terrain.blossom, colour.astype(np.float32))


def _trunk(u, v, pixel):
    return np.clip((1 - np.abs(u)) / pixel + 0.5, 0, 1) * (np.abs(v) < 1), 1 - 0.3 * u


# sky above, sky at the horizon, four layers of rock, river
_CANYON = palette(
    "4a94d4 d8e8ec e0a070 b8583a d88a54 8a3a2c 3f9a9c",
    "6fa8d8 f4e4c8 f0b880 c86a3c e49a60 9c4a30 4a8a78",
    "3f7cc0 c4dce8 c8865c a44a34 bc6c48 6c2c28 2f7f94",
    "8a90b8 f8d4b0 f0a06c b04a34 e08850 783030 7c9cac",
    "88b0cc e4e4dc d8b48c a87450 c89c70 7c4c38 4f8f7c",
)


def canyon(c: Canvas) -> None:
    """Walls of banded rock, and a river between them."""
    top, low, *rocks, river = c.mood(_CANYON)
    rim = c.uniform(0.15, 0.4)
    terrain.sky(c, top, low, rim + 0.2)
    terrain.clouds(c, rim + 0.15, WHITE, mix(low, top, 0.3), c.uniform(0.1, 0.6) * c.chance(0.6))
    middle, floor = c.uniform(0.35, 0.65), c.uniform(0.72, 0.88)
    bands = c.noise(0.6, 11, c.y + 0.03 * c.ridge(3), fall=0.8)
    rough = c.noise(7, 5, fall=0.65)
    strata = mix(mix(rocks[1], rocks[0], step(-0.2, 0.2, bands)), rocks[2], step(0.7, 1.0, bands))
    strata = mix(strata, rocks[3], step(-0.7, -1.0, bands)) * (1 + 0.07 * rough)
    walls = 5
    for i in range(walls):
        near = i / (walls - 1)
        edge = rim + 0.2 * (1 - near) - 0.12 * near + 0.02 * step(-0.1, 0.1, c.ridge(2)) + 0.012 * c.ridge(3)
        deep = np.clip((c.y - edge) / (floor - edge), 0, 1)
        stairs = deep - 0.055 * np.sin(2 * np.pi * 3 * deep + c.uniform(0, 6))
        gap = (0.03 + 0.42 * near) * (1 - 0.75 * stairs * c.uniform(0.6, 1.1)) * c.uniform(0.75, 1.2)
        side = c.x - middle - 0.03 * c.ridge(2) - 0.02 * rough - c.uniform(-0.06, 0.06)
        cover = c.edge(np.abs(side) - gap) * c.edge(c.y - edge) if i else c.edge(c.y - edge)
        light = mix(0.62, 1.08, step(-0.03, 0.03, side)) * (1 - 0.25 * deep)
        light = c.uniform(0.85, 1.1) * (light if i else 0.9)
        haze = 0.45 * (1 - near)
        c.over(strata * (light * (1 - haze)) + mix(low, top, 0.4) * haze, cover)
    bed = floor + 0.25 * np.abs(c.x - middle) * c.uniform(-1, 0.2)
    c.below(bed + 0.015 * c.ridge(3), mix(rocks[0], rocks[1], 0.3) * 0.85 * (1 + 0.08 * rough))
    depth = np.clip((c.y - floor + 0.03) / (1 - floor), 0, 1.2)
    way = middle + 0.13 * np.sin(c.uniform(0, 6) + c.uniform(3, 6) * np.sqrt(depth)) * np.sqrt(depth)
    c.over(river * (1 + 0.1 * rough) + 0.12 * depth, c.edge(0.015 + 0.12 * depth - np.abs(c.x - way)) * (depth > 0))


_PAINTERS = (
    desert,
    sea,
    forest,
    scenes_sky.snow_peaks,
    scenes_sky.city,
    scenes_sky.night_sky,
    scenes_sky.sunset,
    meadow,
    canyon,
    scenes_sky.aurora,
)
