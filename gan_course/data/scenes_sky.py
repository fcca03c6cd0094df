"""The five landscapes that live from what stands against the sky; `scenes` has the others and the way in."""

import numpy as np

from gan_course.data import terrain
from gan_course.data.canvas import WHITE, Canvas, mix, paint, palette, step

# sky above, sky at the horizon, snow in the sun, snow in the shade, rock, wood
_PEAKS = palette(
    "2f78c8 c4def0 ffffff 8fb0d8 56586a 24402f",
    "4a90d8 e0edf4 fffdf6 9cbbdc 6a6660 2f4a34",
    "5a6cb0 f4cdb8 ffe2d0 8a8fc4 5a4f66 28323f",
    "8098b4 d8e0e8 f4f8fc 9fb2c8 5f6a78 35443f",
    "3a64a8 f0d8c8 fff0dc 7f9ccc 6b5650 2a3a30",
)


def snow_peaks(c: Canvas) -> None:
    """Snow and rock in the sun, above firs or a lake."""
    top, low, snow, shade, rock, wood = c.mood(_PEAKS)
    foot = c.uniform(0.72, 0.95)
    terrain.sky(c, top, low, foot - 0.15)
    terrain.clouds(c, foot - 0.1, WHITE, mix(low, top, 0.3), c.uniform(0.1, 0.65) * c.chance(0.7))
    for i, size in enumerate((0.75, 1.0, 0.8)):
        far = np.float32(0.5 - 0.25 * i) if i < 2 else np.float32(0)
        base = foot - 0.10 + 0.05 * i
        relief = c.noise(7, 4, fall=0.7)
        middle, best = None, np.float32(9)
        for _ in range(2 if i < 2 else 1):
            x = c.uniform(0.0, 1.0) if i != 1 else c.uniform(0.2, 0.8)
            high = c.uniform(0.35, 0.62) * size if i < 2 else c.uniform(0.15, 0.3)
            slope = base - high + np.abs(c.x - x) * np.where(c.x < x, c.uniform(0.7, 1.4), c.uniform(0.7, 1.4))
            middle = x if middle is None else np.where(slope - best < 0.05 * relief, x, middle)
            best = np.minimum(best, slope)
        line = np.minimum(base + 0.03, best) + c.ridge(5, 0.6) * 0.022
        down = c.y - line
        turn = (c.x - middle) / (0.05 + 0.6 * np.maximum(down, 0)) + 0.75 * relief
        light = step(0.35, -0.25, turn)
        ribs = 0.4 - np.abs(relief)  # rock shows along the lines where the relief changes sign
        bare = step(0.0, 0.3, 0.45 * ribs + down * c.uniform(0.5, 1.6) - 0.1)
        face = mix(mix(shade, snow, light), rock * (0.75 + 0.5 * light), bare * c.uniform(0.6, 1))
        c.over(mix(face, low, far), c.edge(down))
    lake = c.chance(0.4)
    ground = foot + 0.02 * c.ridge(2)
    terrain.plant(c, 24, ground + 0.03, np.float32(0.022), c.uniform(0.035, 0.07), terrain.fir, wood)
    drift = step(-0.6, 0.6, c.noise(5, 9) + c.uniform(-1, 1))
    c.over(mix(wood, mix(shade, snow, drift), c.uniform(0, 1) * drift), c.edge(c.y - ground) * (1 - lake))
    shore = np.where(lake > 0, foot + 0.005, np.float32(2))
    terrain.water(c, shore, mix(top, wood, 0.5), low, c.uniform(0.15, 0.6), mirror=0.75)


# sky above, sky at the horizon, far houses, near houses, windows, lamps
_CITY = palette(
    "101a3c 3a3f6c 232a4c 12172c 1a2140 ffd27a",
    "0c0f24 6b3f6a 2c2748 14132a 1c1d3a ffc060",
    "24345c e89a6a 54507a 2a2c4a 3a3f60 ffe0a0",
    "5f9cd4 d8e6ee 9aacc0 6c7488 3f5a78 f4f0dc",
    "86b4dc f0ead8 b8a898 8a6a5a 46607c fff4d8",
    "9aa8b4 d4d8dc 98a0aa 5c646e 3c4a58 ffe8b8",
)


def city(c: Canvas) -> None:
    """Rows of tall houses by day or night, at the water or not."""
    top, low, far, near, glass, lamp = c.mood(_CITY)
    base = c.uniform(0.82, 1.05)
    night = step(0.62, 0.25, low.mean(axis=0))
    terrain.sky(c, top, low, base - 0.1)
    round_thing = c.uniform(0.1, 0.9), c.uniform(0.06, 0.25), c.uniform(0.03, 0.055)
    terrain.sun(c, *round_thing, mix(low, WHITE, 0.75), c.chance(0.4))
    terrain.clouds(c, base, mix(low, WHITE, 0.4), mix(low, top, 0.5), c.uniform(0, 0.5) * c.chance(0.6))
    lit = mix(np.float32(0.08), c.uniform(0.3, 0.7), night)
    for i, count in enumerate((11, 9, 7)):
        wall = mix(mix(far, low, 0.3), near, i / 2)
        low_end, high = c.uniform(0.12, 0.25) - 0.03 * i + 0.12, c.uniform(0.25, 0.5) - 0.07 * i
        terrain.houses(
            c, count, base, low_end, high, wall, mix(wall, glass, 0.35 + 0.3 * i), lamp, lit * (0.6 + 0.2 * i)
        )
    waves = terrain.water(c, base, near * 0.6, low * 0.9, c.uniform(0.4, 1.2), mirror=0.7)
    c.light(lamp, 0.12 * night * step(0.6, 1.6, waves) * c.edge(c.under(base) - base))


# sky above, sky low, the milky way, ground
_NIGHT = palette(
    "060a20 1c2f5c 8a9ad8 04060c",
    "0a0820 3a2a5c c0a0e0 06040a",
    "04101c 144a5c 90c8d8 03070a",
    "0c1030 5c4a6c d0b0c0 080610",
    "08142c 284a84 a8b8f0 050a14",
)


def night_sky(c: Canvas) -> None:
    """Stars, the milky way and a moon over dark hills."""
    top, low, dust, ground = c.mood(_NIGHT)
    foot = c.uniform(0.7, 0.95)
    terrain.sky(c, top, low, foot)
    tilt, way = c.uniform(-1.6, 1.6), c.chance(0.6)
    middle = c.uniform(0.2, 0.6) + tilt * (c.x - 0.5)
    across = (c.y - middle) / np.sqrt(1 + tilt**2) / c.uniform(0.1, 0.18)
    cloud = c.noise(3, 3, fall=0.6)
    band = np.exp(-((across + 0.35 * cloud) ** 2)) * (0.55 + 0.25 * c.noise(6, 6, fall=0.6))
    c.light(dust, np.clip(band, 0, 1) * way * c.uniform(0.5, 0.9))
    c.over(top, 0.6 * way * np.exp(-((4 * (across + 0.3 * cloud)) ** 2)) * step(-0.5, 1, cloud))
    x, y = c.random.random((2, c.n, 90))
    terrain.stars(c, 90, x, y * foot[:, 0])
    x = c.random.random((c.n, 60))
    y = (middle - tilt * c.x)[:, 0, :1] + tilt[:, 0] * x + c.random.normal(0, 0.1, x.shape)
    terrain.stars(c, 60, x, np.where(way[:, 0] > 0, y, 2))
    _moon(c, c.uniform(0.12, 0.88), c.uniform(0.1, 0.4), c.uniform(0.05, 0.11), c.chance(0.5))
    lake = c.chance(0.3)
    terrain.hills(c, foot - 0.06, c.uniform(0.03, 0.09), [mix(ground, low, 0.4), mix(ground, low, 0.15)], 2.5)
    line = foot + 0.07 + 0.03 * c.ridge(2)
    terrain.plant(
        c, 14, line + 0.02, 0.03 * c.uniform(0.8, 1.5), c.uniform(0.04, 0.11) * c.chance(0.6), terrain.fir, ground
    )
    c.below(line, ground)
    terrain.water(c, np.where(lake > 0, foot, np.float32(2)), ground, low * 0.6, c.uniform(0.2, 0.7), mirror=0.7)


def _moon(c: Canvas, x, y, radius, there) -> None:
    colour = mix(paint("fff6dc"), paint("ffd9a0"), c.uniform(0, 1))
    distance = np.sqrt((c.x - x) ** 2 + (c.y - y) ** 2)
    c.light(colour, 0.45 * there / (1 + (distance / radius) ** 2) ** 1.2)
    bite = np.sqrt((c.x - x - radius * c.uniform(0.3, 3)) ** 2 + (c.y - y + radius * c.uniform(-0.4, 0.4)) ** 2)
    spots = 1 - 0.12 * step(0, 1.2, c.noise(9, 9))
    c.over(colour * spots, there * c.edge(radius - distance) * c.edge(bite - radius))


# sky above, sky between, sky at the horizon, sun, land
_SUNSET = palette(
    "3a3a78 d8627a ffb45c ffe9a0 1c1428",
    "5a4a8c f08a6a ffd27a fff3c0 2c1a24",
    "28345c b84a5a ff8a4a ffd27a 140e1c",
    "7a5a9c f4a0a0 ffd8a8 fff0d0 33223c",
    "44204c d83a3a ff9a30 ffe080 1a0a10",
    "486a9c e8a070 ffc850 fff0b0 22201c",
)


def sunset(c: Canvas) -> None:
    """A low sun in a burning sky, over the sea or over hills."""
    top, middle, low, light, land = c.mood(_SUNSET)
    horizon = c.uniform(0.5, 0.78)
    terrain.sky(c, top, middle, horizon)
    c.over(low, step(0.75, 0, (horizon - c.y) / horizon) ** 1.5)
    x, high = c.uniform(0.15, 0.85), c.uniform(-0.03, 0.16)
    terrain.sun(c, x, horizon - high, c.uniform(0.05, 0.1), light, np.float32(1), glow=2.5)
    terrain.clouds(
        c, horizon, mix(low, light, 0.3), mix(top, middle, 0.5), c.uniform(0.15, 0.7) * c.chance(0.85), 2.5, -1.0
    )
    sea = c.chance(0.5)
    shore = np.where(sea > 0, horizon, np.float32(2))
    isle = horizon + 0.015 - 0.08 * c.uniform(0.2, 1) * np.maximum(0, c.ridge(2, 0.4) - 0.3)
    c.over(mix(land, middle, 0.35), sea * c.edge(c.y - isle) * c.edge(horizon - c.y))
    waves = terrain.water(c, shore, mix(top, land, 0.4), mix(low, middle, 0.4), c.uniform(0.4, 1.2), mirror=0.55)
    terrain.glitter(c, x, shore, waves, light, np.float32(0.9))
    tops = np.where(sea > 0, np.float32(2), horizon - 0.02)
    terrain.hills(c, tops, c.uniform(0.05, 0.12), [mix(land, middle, share) for share in (0.6, 0.4, 0.2)])
    front = np.where(c.chance(0.65) > 0, c.uniform(0.86, 0.98), np.float32(2)) + 0.04 * c.ridge(2, 0.4)
    firs, high = c.chance(0.5), c.uniform(0.05, 0.16) * c.chance(0.7)
    terrain.plant(c, 8, front + 0.02, 0.4 * high * firs, high * firs, terrain.fir, land)
    terrain.plant(c, 8, front + 0.02, 0.8 * high * (1 - firs), high * (1 - firs), terrain.crown, land)
    c.below(front, land * (1 - 0.3 * (c.y - 0.8)))


# sky above, sky low, lower curtain, upper curtain, snow
_AURORA = palette(
    "040a1c 0f2a44 38f09a 7a4ad8 8fb0d0",
    "060818 1a2050 50f0b0 d048b8 90a0d0",
    "03101c 0c3a44 90f860 30a8c8 a0c8c8",
    "080618 281c50 40e8d0 e05890 a098d0",
)


def aurora(c: Canvas) -> None:
    """Curtains of light over snow."""
    top, low, green, violet, snow = c.mood(_AURORA)
    foot = c.uniform(0.68, 0.88)
    terrain.sky(c, top, low, foot)
    x, y = c.random.random((2, c.n, 70))
    terrain.stars(c, 70, x, y * foot[:, 0])
    for i in range(3):
        there = c.chance(0.75) if i else np.float32(1)
        bottom = foot - c.uniform(0.1, 0.35) + 0.09 * c.ridge(1.5, 0.35) + c.uniform(-0.35, 0.35) * (c.x - 0.5)
        up = bottom - c.y + 0.02 * c.ridge(9, 0.7)
        high = c.uniform(0.12, 0.3) * (1 + 0.25 * c.ridge(3, 0.6))
        rays = np.clip(0.62 + 0.32 * c.ridge(8, 0.75), 0.12, 1.3) * np.clip(0.8 + 0.4 * c.ridge(2), 0.1, 1.2)
        glow = np.exp(-np.maximum(up, 0) / np.maximum(high, 0.04)) * step(-0.05, 0.03, up) * rays
        c.light(
            mix(green, violet, np.clip(up / (1.6 * np.maximum(high, 0.04)), 0, 1)),
            np.clip(there * glow * 0.95, 0, 0.95),
        )
    ground = mix(snow * 0.45, green, 0.16)
    terrain.hills(c, foot - 0.05, c.uniform(0.03, 0.08), [mix(ground, top, 0.55), mix(ground, top, 0.3)], 3, 0.6)
    line = foot + 0.05 + 0.02 * c.ridge(2)
    c.below(line, ground * (1 + 0.06 * c.noise(4, 8)))
    lake = c.chance(0.4)
    terrain.water(c, np.where(lake > 0, foot + 0.05, np.float32(2)), top, low, c.uniform(0.2, 0.8), mirror=0.8)
    tall = c.uniform(0.05, 0.13) * c.chance(0.7)
    terrain.plant(c, 10, foot + 0.1 + c.uniform(0, 0.15) + 0.03 * c.ridge(2), tall * 0.33, tall, terrain.fir, top * 0.6)
