"""Stand-ins drawn on this machine: digits with MNIST's size, framing and labels, from pen strokes and fonts.

Everything is a cloud of ink points. One cloud a way of writing is bent anew for each sample (the pen's wobble, an
affine map, a smooth warp), framed as MNIST frames its digits, dropped on the pixel grid, and widened to the
thickness of a pen. No pixel of MNIST is used.
"""

import functools
import zlib

import numpy as np

from gan_tf.data.strokes import DIGITS, spline

SIDE, BOX = 28, 20.0  # MNIST: the digit fills a box of 20 and sits by its centre of mass in 28
FONT_SHARE = 0.12
# face -> how far its thin lines are fattened, in 48ths of the digit's height: hairlines do not survive 20 pixels
FONTS = {
    "DejaVuSans": 0, "DejaVuSans-Bold": 0, "DejaVuSans-Oblique": 0, "DejaVuSansMono": 0, "DejaVuSerif": 1,
    "DejaVuSerif-Italic": 1, "STIXGeneral": 2, "STIXGeneralItalic": 2, "STIXGeneralBol": 1, "cmr10": 2,
    "cmss10": 1, "cmtt10": 1, "cmti10": 2,
}  # fmt: skip


def draw(name: str, n: int, split: str = "train", seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draws the stand-in of a set: the same bytes for the same arguments.

    Args:
        name: "mnist".
        n: Number of samples; the classes get equally many, up to one.
        split: "train" and "test" are drawn from different seeds.
        seed: Another seed, other samples.

    Returns:
        uint8 [n, 28, 28] with ink 255 on 0, and int32 [n] labels, in random order.
    """
    random = np.random.default_rng([seed, zlib.crc32(f"{name}/{split}".encode())])
    labels = random.permutation(np.arange(n, dtype=np.int32) % 10)
    pixels = np.empty((n, SIDE, SIDE), np.uint8)
    for digit in range(10):
        mine = np.flatnonzero(labels == digit)
        by_font = random.random(len(mine)) < FONT_SHARE
        shares = np.array([share for share, _ in DIGITS[digit]], float)
        way = random.choice(len(shares), len(mine), p=shares / shares.sum())
        for i, (_, strokes) in enumerate(DIGITS[digit]):
            chosen = mine[~by_font & (way == i)]
            pixels[chosen] = _written(strokes, len(chosen), random)
        font = random.integers(len(FONTS), size=len(mine))
        for i, face in enumerate(FONTS):
            chosen = mine[by_font & (font == i)]
            pixels[chosen] = _printed(face, digit, len(chosen), random)
    return pixels, labels


def _written(strokes, n: int, random: np.random.Generator) -> np.ndarray:
    """n handwritten copies of the strokes, uint8 [n, 28, 28]."""
    basis, control, pen = spline(strokes)
    wobble = random.normal(0, 0.024, (n, *control.shape))
    points = _bend(basis @ (control + wobble), random, aspect=(0.66, 1.1), slant=0.16, turn=0.1, warp=0.03)
    radius = np.clip(random.lognormal(np.log(1.15), 0.27, n), 0.65, 1.75)
    points = _frame(points, radius)
    steps = np.linalg.norm(np.diff(points, axis=1), axis=2) * pen
    ink = np.pad(steps, ((0, 0), (0, 1))) / 2 + np.pad(steps, ((0, 0), (1, 0))) / 2
    # A pen presses unevenly: the line swells and thins slowly along its way.
    phase = random.uniform(0, 2 * np.pi, (n, 1)) + np.linspace(0, 1, ink.shape[1]) * random.uniform(3, 9, (n, 1))
    ink *= 1 + 0.12 * np.sin(phase)
    # Ink of one unit a pixel of line, blurred by sigma, is a ridge exp(-d^2 / 2 sigma^2) / (sigma sqrt(2 pi));
    # it is cut at distance sigma = radius, with an edge one pixel soft.
    sigma = radius[:, None, None]
    ridge = _blur(_splat(points, ink), np.sqrt(np.maximum(radius**2 - 1 / 6, 0.2))) * sigma * np.sqrt(2 * np.pi)
    return _to_bytes(0.5 + (ridge / np.exp(-0.5) - 1) * sigma)


def _printed(face: str, digit: int, n: int, random: np.random.Generator) -> np.ndarray:
    """n bent copies of a font's digit, uint8 [n, 28, 28]."""
    glyph = _glyph(face, digit)
    points = _bend(np.broadcast_to(glyph, (n, *glyph.shape)), random, aspect=(0.75, 1.05), slant=0.12, turn=0.09, warp=0.03)
    before = np.ptp(glyph, axis=0).prod()
    points = _frame(points, np.full(n, 0.5))
    # The points fill the outline evenly: as much ink as makes a full pixel 1.
    area = np.ptp(points, axis=1).prod(axis=1) / before * _cell(face, digit)
    ink = np.broadcast_to(area[:, None], points.shape[:2])
    soft = random.uniform(0.45, 0.8, n)
    edge = random.uniform(0.35, 0.5, (n, 1, 1))
    return _to_bytes(0.5 + (_blur(_splat(points, ink), soft) - edge) * 2.2)


def _bend(points: np.ndarray, random, aspect, slant: float, turn: float, warp: float) -> np.ndarray:
    """Bends clouds [n, p, 2] in the unit square, each in its own way."""
    n = len(points)
    points = points - 0.5
    shear = random.normal(slant, 0.17, n)
    angle = random.normal(0, turn, n)
    width = random.uniform(*aspect, n)
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.empty((n, 2, 2))
    # x' = width * x - shear * y (y runs down: a positive shear leans right), then turned
    matrix[:, 0, 0], matrix[:, 0, 1] = cos * width, -cos * shear - sin
    matrix[:, 1, 0], matrix[:, 1, 1] = sin * width, cos - sin * shear
    points = np.einsum("nij,npj->npi", matrix, points)
    for _ in range(3):  # a smooth warp: three slow waves in random directions
        wave = random.normal(0, 4.0, (n, 2))
        phase = random.uniform(0, 2 * np.pi, n)
        push = random.normal(0, warp, (n, 2))
        swing = np.sin(np.einsum("npj,nj->np", points, wave) + phase[:, None])
        points = points + swing[:, :, None] * push[:, None, :]
    return points


def _frame(points: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Scales clouds into MNIST's box of 20, keeping their aspect, with their centre of mass in the middle of 28."""
    room = (BOX - 2 * radius) / np.ptp(points, axis=1).max(axis=1)
    points = points * room[:, None, None]
    return points - points.mean(axis=1, keepdims=True) + (SIDE - 1) / 2


def _splat(points: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Drops ink [n, p] at points [n, p, 2] on the grid, shared among the four nearest pixels: float32 [n, 28, 28]."""
    n = len(points)
    points = np.clip(points, 0, SIDE - 1.001)
    corner = points.astype(np.int32)
    right, down = np.moveaxis(points - corner, 2, 0)
    first = (np.arange(n)[:, None] * SIDE + corner[:, :, 1]) * SIDE + corner[:, :, 0]
    grid = np.zeros(n * SIDE * SIDE)
    shares = ((0, (1 - right) * (1 - down)), (1, right * (1 - down)), (SIDE, (1 - right) * down), (SIDE + 1, right * down))
    for offset, share in shares:
        grid += np.bincount((first + offset).ravel(), (share * ink).ravel(), minlength=grid.size)
    return grid.reshape(n, SIDE, SIDE).astype(np.float32)


def _blur(images: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Blurs each image by its own Gaussian, as two small matrix products."""
    distance = np.subtract.outer(np.arange(SIDE), np.arange(SIDE)).astype(np.float32) ** 2
    variance = sigma.astype(np.float32)[:, None, None] ** 2
    kernel = np.exp(-distance / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    return kernel @ images @ kernel


def _to_bytes(images: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)


@functools.cache
def _glyph(face: str, digit: int) -> np.ndarray:
    """The inside of a font's digit as a cloud of points in the unit square, [p, 2]."""
    return _raster(face, digit)[0]


@functools.cache
def _cell(face: str, digit: int) -> float:
    """The area of the unit square that one of the cloud's points stands for."""
    return _raster(face, digit)[1]


@functools.cache
def _raster(face: str, digit: int) -> tuple[np.ndarray, float]:
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{face}.ttf", 48)
    canvas = Image.new("L", (96, 96))
    ImageDraw.Draw(canvas).text((20, 20), str(digit), fill=255, font=font, stroke_width=FONTS[face])
    rows, columns = np.nonzero(np.asarray(canvas) > 127)
    height = np.ptp(rows) + 1
    points = np.stack([columns - columns.min(), rows - rows.min()], axis=1) / height
    return points, 1 / height**2
