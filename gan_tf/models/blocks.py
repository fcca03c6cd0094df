"""What the networks share: inputs, upsampling, a factor for each channel, and the last layers."""

from typing import Any

import keras
from keras import layers

Widths = tuple[int, ...]


def smallest_grid(shape: Widths, doublings: int, axes: Widths = (-3, -2)) -> list[int]:
    """The sides of ``shape`` along these axes (frames -4, height -3, width -2) that ``doublings`` start from."""
    times = 2**doublings
    for axis in axes:
        if (side := shape[axis]) < times or side % times:
            name, near = ("frames", "height", "width")[axis + 4], side // times * times
            near = [near, near + times] if near else [times]
            raise ValueError(f"shape: got {name} {side}, expected a multiple of {times}, such as {near}")
    return [shape[axis] // times for axis in axes]


def latent_inputs(latent_dim: int, classes: int | None) -> tuple[Any, Any, Any]:
    """The inputs of a generator; the latents; and an embedding ``(n, 32)`` of the labels, ``None`` without classes."""
    latents = keras.Input((latent_dim,))
    if not classes:
        return latents, latents, None
    labels = keras.Input((), dtype="int32")
    return [latents, labels], latents, layers.Embedding(classes, 32)(labels)


def modulated(x: Any, code: Any) -> Any:
    """Multiply each channel of ``x``, ``(n, H, W, C)``, by a factor computed from a code ``(n, d)``."""
    factors = layers.Dense(x.shape[-1], bias_initializer="ones")(code)
    return layers.Multiply()([x, layers.Reshape((1, 1, -1))(factors)])


def resized(x: Any, channels: int, **options: Any) -> Any:
    """Repeat each pixel, then convolve with 3x3: twice the height and width (Odena et al. 2016)."""
    return layers.Conv2D(channels, 3, padding="same", **options)(layers.UpSampling2D()(x))


def pixels(x: Any) -> Any:
    """Pixels, float32 in [-1, 1], of a generator's last layer; bfloat16 there costs less than 0.002."""
    return layers.Activation("tanh", dtype="float32")(x)


def logit(x: Any, labels: Any, classes: int | None) -> Any:
    """A logit from features ``(n, d)``; with classes plus a projection of the label (Miyato and Koyama 2018)."""
    logits = layers.Dense(1, dtype="float32")(x)
    if not classes:
        return logits
    match = layers.Dot(1, dtype="float32")([layers.Dense(64)(x), layers.Embedding(classes, 64)(labels)])
    return layers.Add(dtype="float32")([logits, match])
