"""Where candidates come from: a generator, and what is done with its samples before they are stored."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_course import audio, data, pretrained
from gan_course.data import human_actions, moving_digits, scenes
from gan_course.exact import full_float32
from gan_tf.checks import checked_labels, one_of, whole

KINDS = ("image", "clip", "sound")
SIDES = (8, 1024)
# Frames a second of the shipped clips. Of people every second frame was learned.
_RATES = {"human_actions": human_actions.FPS / 2, "moving_digits": moving_digits.FPS}


@dataclasses.dataclass(frozen=True)
class Maker:
    """A generator, with what a library must know of it.

    Attributes:
        name: of the generator.
        kind: "image", "clip" or "sound".
        class_names: one a label.
        latent_dim: length of a latent.
        decode: latents ``(n, latent_dim)`` and labels ``(n,)`` (None without labels) to float32 samples in
            [-1, 1]: what is scored. Images are ``(n, H, W, C)``, clips ``(n, frames, H, W, C)``.
        weights: a checksum of the weights: another one, other samples.
        data: what the generator learned from.
        licence: that of the data.
        conditional: whether it takes labels.
        finish: what is stored of the samples; by default they themselves. Sounds become waveforms ``(n, samples)``.
        rate: frames a second of a clip, samples a second of a sound.
        settings: what ``finish`` does, as JSON can hold it. They are part of an item's recipe.
    """

    name: str
    kind: str
    class_names: tuple[str, ...]
    latent_dim: int
    decode: Callable[[np.ndarray, np.ndarray | None], np.ndarray]
    weights: str
    data: str
    licence: str
    conditional: bool = True
    finish: Callable[[np.ndarray], np.ndarray] = lambda samples: samples
    rate: float | None = None
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        one_of("kind", self.kind, KINDS)
        if self.kind != "image" and not self.rate:
            raise ValueError(f"rate: got {self.rate!r}, expected frames or samples a second of a {self.kind}")
        if not self.class_names:
            raise ValueError("class_names: got none, expected at least one")

    def latents(self, n: int, seed: int) -> np.ndarray:
        """Standard normal latents, float32 ``(n, latent_dim)``, the same as :meth:`gan_tf.Sampler.latents`."""
        return np.random.default_rng(seed).standard_normal((whole("n", n, 1), self.latent_dim), dtype=np.float32)

    def labels(self, n: int) -> np.ndarray | None:
        """All classes in turns, int32 ``(n,)``, or None for a generator without labels."""
        return (np.arange(n) % len(self.class_names)).astype(np.int32) if self.conditional else None

    @full_float32()
    def make(self, latents: np.ndarray, labels: Any = None) -> list[np.ndarray]:
        """The finished samples, each made alone, so that it comes out the same whatever else is made.

        In a larger batch the last bits may differ, since sums are then taken in another order.

        Raises:
            ValueError: latents or labels of a wrong shape or range.
        """
        latents = np.asarray(latents, np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim or not np.isfinite(latents).all():
            raise ValueError(f"latents: got shape {latents.shape}, expected finite numbers (n, {self.latent_dim})")
        if self.conditional:
            labels = checked_labels(labels, len(latents), len(self.class_names))
        parts = (slice(i, i + 1) for i in range(len(latents)))
        return [self.finish(self.decode(latents[p], labels[p] if self.conditional else None))[0] for p in parts]

    def key(self, latent: np.ndarray, label: int | None) -> str:
        """A checksum of the recipe of one sample: the same key, the same sample."""
        recipe = [self.kind, self.name, self.weights, None if label is None else int(label), dict(self.settings)]
        digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode())
        digest.update(np.asarray(latent, "<f4").tobytes())
        return digest.hexdigest()


def enlarged(images: np.ndarray, size: int) -> np.ndarray:
    """Images ``(n, H, W, C)`` in [-1, 1] at ``size`` x ``size``, by the Lanczos filter.

    It invents no detail: an enlarged picture is as blurred as the filter leaves it.
    """
    return np.clip(tf.image.resize(images, (size, size), "lanczos3", antialias=True), -1, 1)


def cut_out(images: np.ndarray, white: float = 0.9) -> np.ndarray:
    """Pictures on white ground ``(n, H, W, 3)`` with transparency instead of the ground: ``(n, H, W, 4)``, in [-1, 1].

    Ground is what is white and joined to the edge, so that the white of an eye stays. At the border of the ground the
    white that is mixed in is taken out. Laid on white, the picture is the same as before, but for the ground's stains.

    Args:
        images: float, in [-1, 1].
        white: what counts as white: the darkest colour channel, in [-1, 1], is larger.
    """
    from scipy import ndimage

    images = np.asarray(images, np.float32)
    result = np.concatenate([images, np.ones_like(images[..., :1])], axis=-1)
    for picture in result:
        darkest = picture[..., :3].min(axis=-1)
        ground = ndimage.binary_propagation(_rim(darkest.shape), mask=darkest > white) & (darkest > white)
        border = ndimage.binary_dilation(ground, np.ones((3, 3))) & ~ground
        opaque = np.where(ground, 0, np.where(border, (1 - darkest) / 2, 1))[..., None]
        colour = 1 - (1 - picture[..., :3]) / np.maximum(opaque, 1e-3)
        picture[...] = np.concatenate([np.where(opaque > 0, np.clip(colour, -1, 1), 1), 2 * opaque - 1], axis=-1)
    return result


def _rim(shape: tuple[int, int]) -> np.ndarray:
    rim = np.ones(shape, bool)
    rim[1:-1, 1:-1] = False
    return rim


def shipped(name: str, size: int | None = None) -> Maker:
    """A maker for a generator that ships with the course.

    It computes in float32, whatever the precision of the session, so that its samples can be made again elsewhere.

    Args:
        name: one of ``gan_course.pretrained.names()``.
        size: for images: the side in pixels that they are enlarged to (Lanczos), 8 to 1024; None keeps their own.

    Raises:
        ValueError: an unknown name, one that makes texts, or a size for clips or sounds, or one out of range.
        gan_tf.files.ArraysError: the file of weights is missing or damaged.
    """
    path = pretrained.shipped_file(one_of("name", name, pretrained.NAMES))
    sampler = _loaded(path)
    learned, _, source = str(sampler.card["data"]).partition(", ")
    card = data.card(learned)
    shape = sampler.generator.output_shape[1:]
    if len(shape) < 3:
        raise ValueError(f"name: got {name!r}, which makes texts, expected one that makes images, clips or sounds")
    kind = "sound" if learned == "spoken_digits" else "clip" if len(shape) == 4 else "image"
    if size is not None and kind != "image":
        raise ValueError(f"size: got {size!r}, expected None, since {name!r} makes {kind}s")
    drawn = source == "embedded"
    options: dict[str, Any] = {}
    if size is not None and whole("size", size, *SIDES) != shape[0]:
        options = {
            "finish": functools.partial(enlarged, size=size),
            "settings": {"enlarged_from": f"{shape[0]}x{shape[1]}", "resampler": "lanczos"},
        }
        options["settings"]["size"] = size
    elif kind == "sound":
        options = {"finish": pretrained.spoken, "rate": audio.DIGITS.sample_rate}
        options["settings"] = {"waveform": "bands sharpened, griffin_lim"}
    elif kind == "clip":
        options = {"rate": _RATES[learned]}
    return Maker(
        name=name,
        kind=kind,
        class_names=_class_names(learned, drawn),
        latent_dim=sampler.latent_dim,
        decode=sampler.decode,
        weights=_checksum(path),
        data="landscapes drawn by this course" if drawn else card.title,
        licence="Apache License 2.0, as this course" if drawn else card.licence,
        conditional=sampler.conditional,
        **options,
    )


def of_gan(
    gan: Any, name: str, kind: str, class_names: tuple[str, ...], data: str, licence: str, **options: Any
) -> Maker:
    """A maker for a generator of your own: anything with ``generator`` and ``decode``, such as a :class:`gan_tf.GAN`.

    Args:
        gan: the trained GAN; its averaged weights are used if it has them.
        name, kind, class_names, data, licence, **options: attributes of the :class:`Maker`.
    """
    generator = getattr(gan, "averaged", None) or gan.generator
    sampler = pretrained.Sampler(generator, classes=len(class_names) if len(generator.inputs) == 2 else None)
    digest = hashlib.sha256()
    for weight in generator.get_weights():
        digest.update(np.ascontiguousarray(weight, np.float32).tobytes())
    return Maker(
        name, kind, tuple(class_names), sampler.latent_dim, sampler.decode, digest.hexdigest(), data, licence,
        conditional=sampler.conditional, **options,
    )  # fmt: skip


@functools.cache
def _loaded(path: Path) -> pretrained.Sampler:
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        return pretrained.load_file(path)
    finally:
        keras.config.set_dtype_policy(policy)


@functools.cache
def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _class_names(learned: str, drawn: bool) -> tuple[str, ...]:
    from gan_course.evaluation import feature_network

    return tuple(scenes.NAMES) if drawn else feature_network(learned).class_names
