"""Gaussians on a circle: the smallest data set on which a GAN can fail in the way GANs fail."""

import numpy as np

from gan_course.data.dataset import Card, Dataset
from gan_tf.checks import whole

CARD = Card(
    name="ring",
    title="Ring of Gaussians",
    size="as many points as asked for (10,000), float32 (n, 2); the label is the mode",
    licence="none needed: computed on this machine",
    citation="after the toy mixtures in Metz et al. 2017, Unrolled Generative Adversarial Networks",
)


def ring_centres(modes: int = 8, radius: float = 1.0) -> np.ndarray:
    """Returns the centres of the ring's modes, counter-clockwise from the right: float32 (modes, 2).

    Raises:
        ValueError: `modes` is below 1 or `radius` is not positive.
    """
    whole("modes", modes, 1)
    if not (np.isfinite(radius) and radius > 0):
        raise ValueError(f"radius: got {radius!r}, expected a number above 0")
    angle = 2 * np.pi * np.arange(modes) / modes
    return (radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)).astype(np.float32)


def load(
    split: str = "train",
    source: str | None = None,
    *,
    modes: int = 8,
    radius: float = 1.0,
    std: float = 0.05,
    n: int = 10_000,
    seed: int = 0,
) -> Dataset:
    """Draws points from equal Gaussians on a circle.

    Args:
        split: "train" or "test": the same ring, other points.
        source: Ignored: there is nothing to download.
        modes: Number of Gaussians.
        radius: Radius of the circle.
        std: Standard deviation of each Gaussian.
        n: Number of points; the modes get equally many, up to one.
        seed: Fixes the points.

    Raises:
        ValueError: An argument is out of its range.
    """
    centres = ring_centres(modes, radius)
    if not (np.isfinite(std) and std >= 0):
        raise ValueError(f"std: got {std!r}, expected a number from 0")
    whole("n", n, 1)
    random = np.random.default_rng([seed, split == "test"])
    labels = random.permutation(np.arange(n, dtype=np.int32) % modes)
    x = centres[labels] + std * random.standard_normal((n, 2))
    names = tuple(f"mode {mode}" for mode in range(modes))
    return Dataset(x.astype(np.float32), labels, names, "embedded", CARD, "ring")
