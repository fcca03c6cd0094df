"""Stand-ins drawn on this machine: digits with MNIST's size, framing and labels, from pen strokes and fonts.

Garments and landscapes are drawn in modules of their own; `draw` gives them all.

Every way of writing a digit is a cloud of ink points. Each sample bends it anew (the pen's wobble, an affine map,
a smooth warp), frames it as MNIST does, drops it on the pixel grid and widens it to the thickness of a pen. No pixel
of MNIST is used.
"""

import functools
import zlib

import numpy as np

from gan_course.data.ink import SIDE, bend, blur, cell, frame, splat, to_bytes
from gan_course.data.strokes import DIGITS, spline

BOX = 20.7  # so that half-dark ink fills 20, as in MNIST; a digit sits by its centre of mass in 28
FONT_SHARE = 0.12
# face -> how far its lines are fattened, in 48ths of the letter's size: hairlines do not survive 20 pixels
FONTS = {
    "DejaVuSans": 0, "DejaVuSans-Bold": 0, "DejaVuSans-Oblique": 0, "DejaVuSansMono": 0, "DejaVuSerif": 1,
    "DejaVuSerif-Italic": 1, "STIXGeneral": 2, "STIXGeneralItalic": 1, "STIXGeneralBol": 1, "cmr10": 1,
    "cmss10": 1, "cmtt10": 1,
}  # fmt: skip


def draw(
    name: str, n: int, split: str = "train", seed: int = 0, *, size: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draws the stand-in of a set: the same bytes for the same arguments.

    Args:
        name: "mnist", "fashion_mnist" or "cifar10".
        n: Number of samples; the classes get equally many, up to one.
        split: "train" and "test" are drawn from different seeds.
        seed: Another seed, other samples.
        size: Side of a landscape in pixels, 8 to 1024; None means 32. Digits and garments have 28.

    Returns:
        uint8 [n, 28, 28] with ink 255 on 0, or [n, size, size, 3] in colour; and int32 [n] labels, in random order.

    Raises:
        ValueError: `size` is given for a set that has only one.
    """
    from gan_course.data import garments, scenes

    random = np.random.default_rng([seed, zlib.crc32(f"{name}/{split}".encode())])
    labels = random.permutation(np.arange(n, dtype=np.int32) % 10)
    if name == "cifar10":
        side = 32 if size is None else size
        shape, draw_class = (side, side, 3), functools.partial(scenes.scenes, size=side)
    elif size not in (None, SIDE):
        raise ValueError(f"size: got {size!r}, expected {SIDE}, the only one at which {name!r} is drawn")
    else:
        shape, draw_class = (SIDE, SIDE), {"mnist": digits, "fashion_mnist": garments.garments}[name]
    pixels = np.empty((n, *shape), np.uint8)
    for label in range(10):
        mine = np.flatnonzero(labels == label)
        pixels[mine] = draw_class(label, len(mine), random)
    return pixels, labels


def digits(digit: int, n: int, random: np.random.Generator) -> np.ndarray:
    """Draws `n` samples of one digit, each by pen in one of its ways or from a font: uint8 [n, 28, 28]."""
    pixels = np.empty((n, SIDE, SIDE), np.uint8)
    shares = np.array([share for share, _ in DIGITS[digit]], float)
    # The ways to draw it: first those by pen, then one a font.
    chances = np.concatenate([(1 - FONT_SHARE) * shares / shares.sum(), np.full(len(FONTS), FONT_SHARE / len(FONTS))])
    ways = [functools.partial(written, strokes) for _, strokes in DIGITS[digit]]
    ways += [functools.partial(printed, face, digit) for face in FONTS]
    chosen = random.choice(len(ways), n, p=chances)
    for i, way in enumerate(ways):
        mine = np.flatnonzero(chosen == i)
        if len(mine):
            pixels[mine] = way(len(mine), random)
    return pixels


def written(strokes: str, n: int, random: np.random.Generator) -> np.ndarray:
    """Draws `n` handwritten copies of the strokes: uint8 [n, 28, 28]."""
    basis, control, pen, ends = spline(strokes)
    points = basis @ (control + random.normal(0, 0.024, (n, *control.shape)))
    points = bend(points, random, aspect=(0.66, 1.1), slant=0.16, lean=0.17, turn=0.1, warp=0.03)
    radius = np.clip(random.lognormal(np.log(1.17), 0.27, n), 0.65, 1.75)
    points = frame(points, BOX - 2 * radius)
    steps = np.linalg.norm(np.diff(points, axis=1), axis=2) * pen
    ink = (np.pad(steps, ((0, 0), (0, 1))) + np.pad(steps, ((0, 0), (1, 0)))) / 2
    # A pen presses unevenly: the line swells and thins slowly along its way.
    way = np.linspace(0, 1, ink.shape[1]) * random.uniform(3, 9, (n, 1)) + random.uniform(0, 2 * np.pi, (n, 1))
    ink *= 1 + 0.12 * np.sin(way)
    ink += 0.8 * radius[:, None] * ends  # a round cap; the cut below would eat it otherwise
    # One unit of ink a pixel of line, blurred by sigma, is a ridge exp(-d^2 / 2 sigma^2) / (sigma sqrt(2 pi)).
    # With sigma = radius it is cut at d = radius, with an edge one pixel soft. Dropping the ink on four pixels
    # has blurred it by 1/6 already.
    ridge = blur(splat(points, ink), np.sqrt(np.maximum(radius**2 - 1 / 6, 0.2)))
    sigma = radius.astype(np.float32)[:, None, None]
    return to_bytes(0.5 + (ridge * sigma * np.sqrt(2 * np.pi * np.e) - 1) * sigma)


def printed(face: str, digit: int, n: int, random: np.random.Generator) -> np.ndarray:
    """Draws `n` bent copies of a font's digit: uint8 [n, 28, 28]."""
    glyph = _glyph(face, digit)
    points = np.broadcast_to(glyph, (n, *glyph.shape))
    points = bend(points, random, aspect=(0.75, 1.05), slant=0.12, lean=0.17, turn=0.09, warp=0.03)
    points = frame(points, np.full(n, BOX - 1))
    # The points fill the glyph evenly; together they hold as much ink as makes a full pixel 1.
    ink = np.broadcast_to(cell(points, glyph, _RASTER), points.shape[:2])
    edge = random.uniform(0.35, 0.5, (n, 1, 1)).astype(np.float32)
    return to_bytes(0.5 + (blur(splat(points, ink), random.uniform(0.45, 0.8, n)) - edge) * 2.2)


_RASTER = 36  # points a glyph is high


@functools.cache
def _glyph(face: str, digit: int) -> np.ndarray:
    """The inside of a font's digit as points on a grid, [p, 2], one unit high."""
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{face}.ttf", 48)
    canvas = Image.new("L", (96, 96))
    ImageDraw.Draw(canvas).text((20, 20), str(digit), fill=255, font=font, stroke_width=FONTS[face])
    ink = canvas.crop(canvas.getbbox())
    ink = ink.resize((max(1, round(ink.width * _RASTER / ink.height)), _RASTER), Image.Resampling.BILINEAR)
    rows, columns = np.nonzero(np.asarray(ink) > 127)
    return np.stack([columns, rows], axis=1) / _RASTER
