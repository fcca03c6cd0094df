"""People before a stone wall who wave, jump and bend: the stand-in of the Weizmann actions, drawn by rule.

A figure is a list of tapered bars between joints. A joint is complex [frames]: x + iy in heights of the body, with y
up and 0 on the ground between the feet. Nothing is taken from a film.
"""

from typing import NamedTuple

import numpy as np

from gan_course.data.canvas import Canvas, fraction, mix, paint, palette, step
from gan_tf.checks import whole

NAMES = ("wave", "two-hand wave", "jumping jack", "bend")
PEOPLE = {"train": range(0, 14), "test": range(14, 18)}  # the split holds out people
FPS = 25

_Number = np.ndarray | float  # [frames], or one for all
_PERIODS = (1.05, 1.1, 1.05, 2.5)  # seconds
_TOPS = palette(
    "3a2a22 4a6490 6b4c66 24262a 7a2f2c 5a5e64 2f4a3a c9b68e 31406e 9a6a2e 8f949a 1f1c2f 4d7a86 e0dacb "
    "5a3d6e 6e7340 a2543a 36424e"
)[0]
_SHIRTS = palette("c9c6bf a04038 7d93ab 202226 5a2a2a 2c3a55")[0]  # three for dark tops, three for light ones
_TROUSERS = palette("2c3f5e a8a59c 26262a 55504a 4a5f7e 6f6a58 1c2230")[0]
_SKINS = palette("e0ac88 c98d66 8d5a3c ecc4a4 6f4832 d49c76")[0]
_HAIRS = palette("2a1c14 14110f 5a3c20 2e2018 94703c 1c1614 4a2c18 8f8b86 6a3a20")[0]
# upper arm, forearm, hand; thigh, shin, foot: length and the half widths at both ends
_ARM = ((0.165, 0.036, 0.029), (0.15, 0.028, 0.022), (0.05, 0.019, 0.02))
_LEG = ((0.235, 0.056, 0.043), (0.24, 0.043, 0.032), (0.045, 0.024, 0.022))
_WALLS = palette("bfada4 b6b1a9 a9b1b4 bdb1b3 b0b2a8")[0]


def clip(action: int, person: int, seed: int = 0, size: int = 64, frames: int = 64) -> np.ndarray:
    """Draws one sequence at `FPS` frames a second: the same bytes for the same arguments.

    Args:
        action: Which, as in `NAMES`.
        person: Who, 0 to 17: fixes body, clothes, tempo and the hand that waves.
        seed: Another seed, another clip: wall, place, light, speed and width of the movement.
        size: Side in pixels, 16 to 256.
        frames: Length, from 2.

    Returns:
        uint8 [frames, size, size, 3].

    Raises:
        ValueError: A number is out of its range.
    """
    action = whole("action", action, 0, len(NAMES) - 1)
    who = _Person(whole("person", person, 0, PEOPLE["test"].stop - 1))
    random = np.random.default_rng([whole("seed", seed, 0), action, person])
    canvas = Canvas(whole("frames", frames, 2), whole("size", size, 16, 256), random)
    parts = (_waving, _waving, _jumping, _bending)[action](who, _Time(action, who, frames, random), random, action)
    place = random.uniform(0.44, 0.56) - 0.07 * who.side * (action == 3)  # who bends needs room in front
    height, light, ground = who.height * random.uniform(0.98, 1.02), random.normal(1, 0.05), random.uniform(0.965, 1.05)
    canvas.rgb[:] = _wall(random, size, ground - 0.03)
    spot = ((canvas.x - place) / 0.18) ** 2 + ((canvas.y - ground) / 0.045) ** 2
    canvas.over(paint("141210"), 0.5 * step(1, 0, spot))  # the shadow on the ground
    for part in parts:
        _draw(canvas, part, place + 1j * ground, height, who.side, light)
    return np.rint(np.clip(canvas.rgb, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 3, 0)


class _Person:
    """What is the same in all clips of a person; lengths in heights of the body, `height` itself in pictures."""

    def __init__(self, number: int):
        random = np.random.default_rng([number, 1])
        self.height, self.girth, self.head = random.uniform((0.7, 0.88, 0.95), (0.8, 1.14, 1.1))
        self.tempo, self.hem = random.uniform((0.9, 0), (1.1, 0.07))  # `hem`: how far the top hangs down
        bare_arms, self.long_hair, self.open_top, turned = (random.random(4) < (0.25, 0.4, 0.35, 0.4)).tolist()
        self.side, self.top, self.hair = 1 - 2 * turned, _TOPS[number], _HAIRS[number * 4 % len(_HAIRS)]
        self.trousers, self.skin = random.choice(_TROUSERS), random.choice(_SKINS)
        self.shirt = _SHIRTS[random.integers(3) + 3 * (self.top.mean() > 0.4)]
        self.arm = (self.top, self.skin if bare_arms else self.top, self.skin)
        self.leg = (self.trousers, self.trousers, self.trousers * 0.4)


class _Time:
    """The clock of a clip: how far the movement is in each frame; `rate` in periods a second, `wide` as a share."""

    def __init__(self, action: int, who: _Person, frames: int, random: np.random.Generator):
        self.seconds = np.arange(frames) / FPS
        self.rate, self.wide = random.uniform((0.93, 0.88), (1.07, 1.1)) * (who.tempo / _PERIODS[action], 1)
        self.start, self.wobble, self.slow = random.uniform(0, 1), random.uniform(0.01, 0.03), random.uniform(0, 6, 3)

    def turns(self, late: float = 0) -> np.ndarray:
        """Periods since the start, at an uneven tempo; `late` in periods."""
        return self.start - late + self.seconds * self.rate + self.wobble * np.sin(2.3 * self.seconds + self.slow[0])

    def swing(self, late: float = 0) -> np.ndarray:
        """Goes from 0 to 1 and back in each period, slowest at both ends."""
        return 0.5 - 0.5 * np.cos(2 * np.pi * self.turns(late))

    def drift(self, i: int, much: float) -> np.ndarray:
        """A slow movement to and fro, such as a shift of weight; `i` (0 to 2) tells them apart."""
        return much * np.sin((1.1 + 0.4 * i) * self.seconds + self.slow[i])

    def arm(self, low: float, spans: tuple[float, ...], late: float, lag: float) -> list[np.ndarray]:
        """Angles of upper arm, forearm and hand: up and down by these spans, each later than the one before."""
        return [low - 3 * i + span * self.wide * self.swing(late + lag * i) for i, span in enumerate(spans)]


class _Part(NamedTuple):
    """A tapered bar from `a` to `b` with the half widths there; round at the ends unless `corner` is smaller."""

    a: np.ndarray
    b: np.ndarray
    wide: tuple[float, float]
    colour: np.ndarray
    corner: float = 1.0


def _to(degrees: _Number, side: int = 1) -> _Number:
    """The direction of a limb: 0 hangs down, 90 points away from the body, 180 up."""
    return side * np.sin(np.deg2rad(degrees)) - 1j * np.cos(np.deg2rad(degrees))


def _waving(who: _Person, time: _Time, random: np.random.Generator, action: int) -> list[_Part]:
    low, lag, fold = random.uniform((80, 0.02, 100), (98, 0.05, 140))  # the forearm folds over the head
    spans, idle = (52, fold, fold + 9), 7 + time.drift(1, 2)
    other = time.arm(low, spans, random.uniform(-0.02, 0.02), lag) if action == 1 else [idle, idle - 8, idle - 8]
    return _front(who, time, [time.arm(low, spans, 0, lag), other], 2.5, sway=(0.05, 0.012)[action])


def _jumping(who: _Person, time: _Time, random: np.random.Generator, _: int) -> list[_Part]:
    arms = [time.arm(9, (148, 166, 170), late, 0.025) for late in random.uniform(0, 0.03, 2)]
    hop = 0.045 * np.sin(2 * np.pi * time.turns()) ** 2  # both feet off the ground on the way out, and on the way in
    return _front(who, time, arms, 2 + 22 * time.wide * step(0.05, 0.95, time.swing()), 0, hop)


def _front(who: _Person, time: _Time, arms: list, spread: _Number, sway: float, hop: _Number = 0) -> list[_Part]:
    """A figure that faces the camera, its parts from back to front.

    `arms` holds the angles of both arms, right in the picture first, `spread` is the angle of the legs, `sway` how far
    the trunk leans along with the arms, `hop` how high the feet are.
    """
    root = 1j * (0.045 + 0.475 * np.cos(np.deg2rad(spread)) + hop) + time.drift(0, 0.006)
    turn = np.exp(1j * (time.drift(2, 0.012) + sway * (time.swing(0.04) - 0.5)))
    neck, wide, legs, limbs = root + 0.305j * turn, who.girth, [], []
    for side, angles in zip((1, -1), arms):
        out = _to(spread, side)
        legs += _limb(root + 0.05 * wide * side, [out, out, _to(40, side)], _LEG, wide, who.leg)
        lifted = np.sin(np.deg2rad(angles[0]) / 2) ** 2  # the shoulder rises with the arm
        shoulder = neck + (side * (0.104 * wide - 0.012 * lifted) - 0.03j + 0.028j * lifted) * turn
        limbs += _limb(shoulder, [_to(angle, side) for angle in angles], _ARM, wide, who.arm)
    trunk = [
        _Part(root + 0.03j, root - 0.01j, (0.085 * wide, 0.095 * wide), who.trousers, 0.03),
        _Part(neck + 0.012j * turn, neck - 0.03j * turn, (0.035 * wide, 0.1 * wide), who.top, 0.02),
        _Part(neck - 0.05j * turn, root + (0.07 - who.hem) * 1j, (0.115 * wide, 0.092 * wide), who.top, 0.045),
    ]
    if who.open_top:
        trunk.append(_Part(neck - 0.02j * turn, root + 0.08j, (0.026 * wide, 0.034 * wide), who.shirt, 0.01))
    behind, head = _head(who, neck, who.head * turn * np.exp(1j * time.drift(1, 0.04)), 0)
    return behind + legs + trunk + head + limbs


def _bending(who: _Person, time: _Time, random: np.random.Generator, _: int) -> list[_Part]:
    """A figure seen from the side, from back to front: bends down to its toes, rests, comes up, rests."""
    now = fraction(np.stack([time.turns(late) for late in (0, random.uniform(0.01, 0.03))]))
    (low, reach), wide = step(0.04, 0.44, now) - step(0.56, 0.96, now), who.girth  # the hands come later
    bow, knees = 2.2 * time.wide * low + time.drift(2, 0.02), random.uniform(0, 9) * low
    # The hips go back as the trunk goes forward, or the figure would fall.
    thigh, shin = -_to(13 * low + knees), -_to(11 * low - 2 * knees)
    root = 0.045j + 0.235 * thigh + 0.24 * shin
    waist = root + 0.12j * np.exp(-0.7j * bow)
    chest = waist + 0.13j * np.exp(-1j * bow)
    neck = chest + 0.05j * np.exp(-1.05j * bow)
    hang = 6 + 16 * reach + time.drift(1, 2)
    ways = [[_to(hang + i), _to(hang + i + 7 - 6 * low), _to(hang + i)] for i in (5, 0)]
    far, near = (_limb(neck - 0.035j * np.exp(-1j * bow), way, _ARM, wide, who.arm) for way in ways)
    trunk = [
        _Part(root, mix(root, waist, 0.3), (0.066 * wide, 0.066 * wide), who.trousers),
        _Part(mix(root, waist, 0.6 - 8 * who.hem), waist, (0.07 * wide, 0.068 * wide), who.top),
        _Part(waist, chest, (0.068 * wide, 0.066 * wide), who.top),
        _Part(chest, mix(chest, neck, 0.4), (0.066 * wide, 0.05 * wide), who.top),
    ]
    behind, head = _head(who, neck, who.head * np.exp(-1j * (bow - 0.2 * low)), 1)
    return far + _limb(root + 0.01, [-thigh, -shin, _to(80)], _LEG, wide, who.leg) + behind + trunk + head + near


def _limb(start: np.ndarray, ways: list, bones: tuple, girth: float, colours: tuple) -> list[_Part]:
    """Three bars in the directions `ways`, each from the end of the one before; hand or foot lies behind the cloth."""
    parts = []
    for way, (length, first, last), colour in zip(ways, bones, colours):
        end = start + length * way
        parts.append(_Part(start, end, (first * girth, last * girth), colour))
        start = end
    return parts[-1:] + parts[:-1]


def _head(who: _Person, neck: np.ndarray, turn: np.ndarray, aside: int) -> tuple[list[_Part], list[_Part]]:
    """Long hair that falls behind the trunk, if any; and neck, face and hair. `aside` 1 is seen from the side."""
    bars = [
        (0j, 0.012 * aside + 0.06j, 0.031, 0.029, who.skin * 0.85),
        (0.014 * aside + 0.08j, 0.006 * aside + 0.118j, 0.037, 0.047, who.skin),
        (-0.012 - 0.016 * aside + (0.143 - 0.03 * aside) * 1j, 0.012 + 0.145j, 0.033, 0.033, who.hair),
        (-0.02 + 0.1j, 0.02 + 0.1j, 0.005, 0.005, who.skin * 0.5),  # the eyes
        (-0.028 * aside + 0.125j, -0.042 * aside + 0.03j, 0.055, 0.05 - 0.012 * aside, who.hair),
    ]
    parts = [_Part(neck + a * turn, neck + b * turn, wide, colour) for a, b, *wide, colour in bars]
    long = parts[4:] if who.long_hair else []
    return ([], parts[:1] + long + parts[1:3]) if aside else (long, parts[:4])


def _draw(canvas: Canvas, part: _Part, ground: complex, height: float, side: int, light: float) -> None:
    """Paints a bar, round and lit, in a dark rim that parts it from what lies behind."""
    a, b = (ground + height * (side * joint.real - 1j * joint.imag) for joint in part[:2])
    first, last, corner, rim = np.float32([*part.wide, part.corner, 0.018 + canvas.pixel / 2]) * np.float32(height)
    half = np.abs(b - a).astype(np.float32)[:, None, None, None] / 2
    unit = (b - a).astype(np.complex64)[:, None, None, None] / (2 * half)
    facing = (unit.conj() * np.complex64(-0.45 - 0.9j)).imag  # the light comes from above, a little from the left
    reach = half.max() + max(first, last) + rim

    def shape(u: np.ndarray, v: np.ndarray, _: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        along, across = (u * unit.real + v * unit.imag) * reach, (v * unit.real - u * unit.imag) * reach
        share = np.clip(along / (2 * half) + 0.5, 0, 1)
        wide = first + (last - first) * share
        radius = np.minimum(wide, corner)
        beside, beyond = np.abs(across) - wide + radius, np.abs(along) - half
        outside = np.sqrt(np.maximum(beside, 0) ** 2 + np.maximum(beyond, 0) ** 2)
        inside = radius - outside - np.minimum(np.maximum(beside, beyond), 0)
        cover = canvas.edge(inside)
        # The rim grows along the limb, or each joint would show a seam.
        total = cover + 0.4 * share * step(-rim, 0, inside) * (1 - cover)
        bent = np.clip(across / wide, -1, 1)
        bright = 1.06 + 0.2 * bent * facing - 0.24 * bent * bent
        return total, np.float32(light) * cover * bright / np.maximum(total, 1e-6)

    middle, box = ((a + b) / 2)[:, None], np.full((canvas.n, 1), reach)
    canvas.stamp(middle.real, middle.imag, box, box, shape, np.tile(part.colour[:, None, None], (1, canvas.n, 1)))


def _wall(random: np.random.Generator, size: int, foot: float) -> np.ndarray:
    """One wall for all, each time seen from another place in another light: float32 [3, 1, size, size]."""
    canvas, stones = Canvas(1, 3 * size, random), np.random.default_rng(5)  # larger, then averaged: smooth edges
    many, shift = stones.uniform(2.5, 5.5, 41), stones.uniform(1, 2, 41)
    border, tones = stones.normal(0.62, 0.07, 41), stones.normal(0, 1, (41, 12)) + random.normal(0, 0.5, (41, 12))
    column = np.searchsorted(np.cumsum(stones.uniform(0.045, 0.1, 40)), canvas.x[0, 0] + random.uniform(0, 0.5))
    rows = (canvas.y[0] + random.uniform(-0.05, 0.05)) * many[column] + shift[column]
    row = rows.astype(int)
    low = step(-0.02, 0.02, (row + 0.5 - shift[column]) / many[column] - border[column])  # damp from below
    tone = 0.035 * tones[column, row] - 0.13 * low - 0.04 * (fraction(rows) < 0.04) - 0.08 * canvas.y
    tone = tone + 0.03 * canvas.noise(24, 6) * (0.6 + low) + 0.025 * canvas.noise(3, 3)
    tint = (mix(*random.choice(_WALLS, 2), random.uniform(0, 1)) * random.normal(1, 0.04))[:, None, None, None]
    canvas.rgb[:] = tint * (1 + tone)
    canvas.over(tint * 0.62 + 0.02 * canvas.noise(12, 30), canvas.edge(canvas.y - foot))
    return canvas.rgb.reshape(3, 1, size, 3, size, 3).mean(axis=(3, 5))
