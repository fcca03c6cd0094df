"""Samples of a generator, and what a translator makes of pictures."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from gan_tf.checks import check_unit_range, checked_labels, whole


def walk(corners: np.ndarray, steps: int = 12, closed: bool = True) -> np.ndarray:
    """Latents on the way from corner to corner, along arcs: the middle of a straight line would be shorter than normal
    vectors of many dimensions are (White 2016, "Sampling Generative Networks").

    Args:
        corners: latents ``(n, latent_dim)``, n at least 2, none of them zero; else ValueError, as for the next.
        steps: latents from each corner on, the corner included and the next one not; at least one.
        closed: return to the first corner, for an animation without a jump: float32 ``(n * steps, latent_dim)``; else
            end at the last: ``((n - 1) * steps + 1, latent_dim)``.
    """
    corners = np.asarray(corners, np.float64)
    if corners.ndim != 2 or len(corners) < 2 or not np.linalg.norm(corners, axis=1).all():
        raise ValueError(f"corners: got shape {corners.shape}, expected (n, latent_dim) with n from 2, none zero")
    whole("steps", steps, 1)
    ends = np.roll(corners, -1, axis=0) if closed else corners[1:]
    t = np.arange(steps)[:, None] / steps
    arcs = [_arc(start, end, t) for start, end in zip(corners, ends, strict=False)]
    return np.concatenate(arcs if closed else [*arcs, corners[-1:]]).astype(np.float32)


def _arc(start: np.ndarray, end: np.ndarray, t: np.ndarray) -> np.ndarray:
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:  # Nearly one direction: the arc is the line.
        return (1 - t) * start + t * end
    return (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle)


def fitting(net: keras.Model) -> int:
    """Samples that pass through a net at a time: as many as hold the values of 500 pictures of 32x32, up to 500."""
    return max(1, 500 * 3_072 // max(3_072, math.prod(net.output_shape[1:])))


def in_batches(net: keras.Model, x: np.ndarray, labels: np.ndarray | None, batch_size: int) -> np.ndarray:
    """What a net that is not being trained makes of ``x`` (n, ...), and of labels (n,) if it takes them: float32."""
    made = []
    for start in range(0, len(x), batch_size):
        part = slice(start, start + batch_size)
        # Not a tf.function: one trace a net costs more than it saves here, and many draw a warning.
        made.append(net(x[part] if labels is None else [x[part], labels[part]], training=False).numpy())
    return np.concatenate(made).astype(np.float32)


class Sampler:
    """A generator ready for use: latents in, samples out, in batches, as NumPy arrays.

    Args:
        generator, classes: as for :class:`gan_tf.GAN`; labels are checked against ``classes``, else drawn evenly.
        card: how the weights of a shipped generator were made and what they reach.
    """

    def __init__(self, generator: keras.Model, classes: int | None = None, card: Mapping[str, Any] | None = None):
        self.generator, self.classes, self.card = generator, classes, dict(card or {})
        self.conditional, self.latent_dim = len(generator.inputs) == 2, int(generator.inputs[0].shape[1])

    def latents(self, n: int, seed: int = 0) -> np.ndarray:
        """Standard normal latents, float32 ``(n, latent_dim)``; the same on every machine."""
        return np.random.default_rng(seed).standard_normal((whole("n", n, 1), self.latent_dim), dtype=np.float32)

    def sample(self, n: int, seed: int = 0, labels: Any = None) -> np.ndarray:
        """What :meth:`decode` makes of :meth:`latents`. Without labels, and with ``classes``, all are drawn evenly."""
        latents = self.latents(n, seed)
        if labels is None and self.conditional and self.classes:
            labels = np.arange(n) % self.classes
        return self.decode(latents, labels)

    def decode(self, latents: np.ndarray, labels: Any = None, batch_size: int | None = None) -> np.ndarray:
        """Samples, float32 ``(n, ...)`` in the units of the data, for latents ``(n, latent_dim)``.

        A conditional generator takes integer labels ``(n,)`` as well. ``batch_size`` at a time is by default
        :func:`fitting`. Latents or labels of a wrong shape or type, out of range, missing or not wanted: ValueError.
        """
        latents = np.asarray(latents, np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim or not len(latents):
            raise ValueError(f"latents: got shape {latents.shape}, expected (n, {self.latent_dim}) with n from 1")
        if self.conditional == (labels is None):
            hint = "" if self.classes else "; with classes= of GAN or Sampler all classes are drawn evenly"
            wanted = f"{len(latents)} integers{hint}" if labels is None else "None: the generator takes no labels"
            raise ValueError(f"labels: got {type(labels).__name__}, expected {wanted}")
        labels = None if labels is None else checked_labels(labels, len(latents), self.classes)
        batch_size = fitting(self.generator) if batch_size is None else whole("batch_size", batch_size, 1)
        return in_batches(self.generator, latents, labels, batch_size)


def translated(
    net: keras.Model, x: np.ndarray, labels: Any = None, classes: int | None = None, batch_size: int | None = None
) -> np.ndarray:
    """What a translator makes of pictures ``(n, H, W, C)`` in [-1, 1], in batches: float32 ``(n, H, W, C')``.

    A net with a second input takes ``labels``: integers ``(n,)``, or one for all, from 0 to below ``classes`` if given.
    A wrong shape, values outside [-1, 1], NaN or infinity, and labels missing, not wanted or wrong are a ValueError.
    """
    x, shape = np.asarray(x, np.float32), tuple(net.inputs[0].shape[1:])
    if x.ndim != 4 or x.shape[1:] != shape or not len(x):
        raise ValueError(f"x: got shape {x.shape}, expected (n, {', '.join(map(str, shape))}) with n from 1")
    check_unit_range("x", x)
    if (len(net.inputs) == 2) == (labels is None):
        wanted = "integers" if labels is None else "None, because the translator takes no labels"
        raise ValueError(f"labels: got {labels!r}, expected {wanted}")
    if labels is not None:
        labels = checked_labels(np.full(len(x), labels) if np.ndim(labels) == 0 else labels, len(x), classes)
    size = min(100, fitting(net)) if batch_size is None else batch_size
    return in_batches(net, x, labels, whole("batch_size", size, 1))
