"""Clouds of ink points: bent, framed, and dropped on the pixel grid, many at a time."""

import numpy as np

SIDE = 28  # pixels of an MNIST image


def bend(points, random, *, aspect, slant: float, lean: float, turn: float, warp: float) -> np.ndarray:
    """Bends clouds, each in its own way: stretched, sheared, turned, and warped by three slow waves.

    Args:
        points: [n, p, 2] in the unit square, x right and y down.
        random: A NumPy generator.
        aspect: Least and greatest factor on the width.
        slant: Mean shear; above 0 leans right.
        lean: Standard deviation of the shear.
        turn: Standard deviation of the turn, in radians.
        warp: Standard deviation of a wave's push, in units of the square.

    Returns:
        float64 [n, p, 2].
    """
    n = len(points)
    shear = random.normal(slant, lean, n)
    angle = random.normal(0, turn, n)
    width = random.uniform(*aspect, n)
    cos, sin = np.cos(angle), np.sin(angle)
    # x' = width * x - shear * y, then turned; y runs down, so a positive shear leans right
    matrix = np.empty((n, 2, 2))
    matrix[:, 0, 0], matrix[:, 0, 1] = cos * width, -cos * shear - sin
    matrix[:, 1, 0], matrix[:, 1, 1] = sin * width, cos - sin * shear
    points = (points - 0.5) @ matrix.transpose(0, 2, 1)
    for _ in range(3):
        wave = random.normal(0, 4.0, (n, 2, 1))
        phase = random.uniform(0, 2 * np.pi, (n, 1, 1))
        push = random.normal(0, warp, (n, 1, 2))
        points = points + np.sin(points @ wave + phase) * push
    return points


def bounds(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the lower and the upper corner of each cloud's bounding box, both [n, 2]."""
    planes = np.ascontiguousarray(points.transpose(0, 2, 1))  # the copy makes the search several times faster
    return planes.min(axis=2), planes.max(axis=2)


def cell(points: np.ndarray, shape: np.ndarray, raster: int) -> np.ndarray:
    """Returns the pixels that one point of each cloud stands for, [n, 1].

    Args:
        points: [n, p, 2] in pixels: bent copies of `shape`.
        shape: [p, 2] in the unit square, every point `1 / raster` from the next.
        raster: Points a unit.
    """
    low, high = bounds(points)
    return (high - low).prod(axis=1, keepdims=True) / np.ptp(shape, axis=0).prod() / raster**2


def frame(points: np.ndarray, box: np.ndarray, by_mass: bool = True) -> np.ndarray:
    """Scales clouds into a square box, keeping their aspect, and centres them in the image.

    Args:
        points: [n, p, 2].
        box: [n] side of the box in pixels.
        by_mass: Centre by the centre of mass, as MNIST does, or else by the bounding box.
    """
    low, high = bounds(points)
    scale = (box / (high - low).max(axis=1))[:, None]
    middle = points.mean(axis=1) if by_mass else (low + high) / 2
    return points * scale[:, None] + ((SIDE - 1) / 2 - middle * scale)[:, None]


def splat(points: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Drops ink [n, p] at points [n, p, 2], shared among the four nearest pixels: float32 [n, 28, 28]."""
    n = len(points)
    points = np.clip(points, 0, SIDE - 1.001)
    corner = points.astype(np.int32)
    right, down = np.moveaxis(points - corner, 2, 0)
    first = (np.arange(n)[:, None] * SIDE + corner[:, :, 1]) * SIDE + corner[:, :, 0]
    grid = np.zeros(n * SIDE * SIDE)
    for offset, share in (
        (0, (1 - right) * (1 - down)),
        (1, right * (1 - down)),
        (SIDE, (1 - right) * down),
        (SIDE + 1, right * down),
    ):
        grid += np.bincount((first + offset).ravel(), (share * ink).ravel(), minlength=grid.size)
    return grid.reshape(n, SIDE, SIDE).astype(np.float32)


def blur(images: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Blurs each image [n, 28, 28] by its own Gaussian of sigma [n] pixels, as two small matrix products."""
    distance = np.subtract.outer(np.arange(SIDE), np.arange(SIDE)).astype(np.float32) ** 2
    variance = sigma.astype(np.float32)[:, None, None] ** 2
    kernel = np.exp(-distance / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    return kernel @ images @ kernel


def to_bytes(images: np.ndarray) -> np.ndarray:
    """Turns ink from 0 to 1 into uint8 from 0 to 255."""
    return np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
