"""Reference networks in pure Keras. Each lesson writes its own in full; a test proves that both are the same.

Every generator maps latents ``(n, latent_dim)`` to samples in [-1, 1], float32. Every discriminator maps samples to
logits ``(n, 1)``, float32, and treats each sample alone: batch normalisation stands in generators only.
"""

from __future__ import annotations

import math

import keras
from keras import layers

Shape = tuple[int, int, int]


def dense_generator(
    shape: Shape = (28, 28, 1), latent_dim: int = 64, widths: tuple[int, ...] = (256, 512)
) -> keras.Model:
    """Dense layers from latents to images ``(n, *shape)``.

    Args:
        shape: height, width and channels of an image.
        latent_dim: length of a latent.
        widths: units of the hidden layers, in order.
    """
    inputs = keras.Input((latent_dim,))
    x = inputs
    for units in widths:
        x = layers.Dense(units, use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.8)(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Dense(math.prod(shape), activation="tanh", dtype="float32")(x)
    outputs = layers.Reshape(shape, dtype="float32")(x)
    return keras.Model(inputs, outputs, name="generator")


def dense_discriminator(shape: Shape = (28, 28, 1), widths: tuple[int, ...] = (512, 256)) -> keras.Model:
    """Dense layers from images ``(n, *shape)`` to one logit.

    Args:
        shape: height, width and channels of an image.
        widths: units of the hidden layers, in order.
    """
    inputs = keras.Input(shape)
    x = layers.Flatten()(inputs)
    for units in widths:
        x = layers.Dense(units)(x)
        x = layers.LeakyReLU(0.2)(x)
    outputs = layers.Dense(1, dtype="float32")(x)
    return keras.Model(inputs, outputs, name="discriminator")


def conv_generator(shape: Shape = (28, 28, 1), latent_dim: int = 64, widths: tuple[int, ...] = (64, 32)) -> keras.Model:
    """Transposed convolutions from a small grid to images ``(n, *shape)`` (Radford et al. 2016, but narrow).

    Args:
        shape: height, width and channels of an image; height and width are multiples of ``2 ** len(widths)``.
        latent_dim: length of a latent.
        widths: channels of the grids, from the smallest grid on; each step doubles height and width.

    Raises:
        ValueError: doublings cannot reach that height or width; the message names sizes that work.
    """
    times = 2 ** len(widths)
    for name, size in (("height", shape[0]), ("width", shape[1])):
        if size < times or size % times:
            near = sorted({max(times, size // times * times), (size // times + 1) * times})
            raise ValueError(f"shape: got {name} {size}, expected a multiple of {times}, such as {near}")
    grid = (shape[0] // times, shape[1] // times, widths[0])
    inputs = keras.Input((latent_dim,))
    x = layers.Dense(math.prod(grid), use_bias=False)(inputs)
    x = layers.Reshape(grid)(x)
    for channels in widths[1:]:
        x = layers.BatchNormalization(momentum=0.8)(x)
        x = layers.LeakyReLU(0.2)(x)
        x = layers.Conv2DTranspose(channels, 4, 2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.8)(x)
    x = layers.LeakyReLU(0.2)(x)
    outputs = layers.Conv2DTranspose(shape[-1], 4, 2, padding="same", activation="tanh", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="generator")


def conv_discriminator(shape: Shape = (28, 28, 1), widths: tuple[int, ...] = (16, 32, 64)) -> keras.Model:
    """Strided convolutions from images ``(n, *shape)`` to one logit.

    Args:
        shape: height, width and channels of an image.
        widths: channels after each convolution, each of which halves height and width.
    """
    inputs = keras.Input(shape)
    x = inputs
    for channels in widths:
        x = layers.Conv2D(channels, 4, 2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    outputs = layers.Dense(1, dtype="float32")(layers.Flatten()(x))
    return keras.Model(inputs, outputs, name="discriminator")


# What a file of weights may name.
GENERATORS = {"dense_generator": dense_generator, "conv_generator": conv_generator}
