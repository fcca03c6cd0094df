"""Reference networks in pure Keras. Each lesson writes its own in full; a test proves that both are the same."""

from __future__ import annotations

import math

import keras
from keras import layers


def dense_generator(
    shape: tuple[int, ...] = (28, 28, 1), latent_dim: int = 64, widths: tuple[int, ...] = (256, 512, 1024)
) -> keras.Model:
    """Dense layers from latents to images: ``(n, latent_dim)`` to ``(n, *shape)`` in [-1, 1]."""
    inputs = keras.Input((latent_dim,), name="latents")
    x = inputs
    for width in widths:
        x = layers.Dense(width)(x)
        x = layers.BatchNormalization(momentum=0.8)(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Dense(math.prod(shape), activation="tanh", dtype="float32")(x)
    return keras.Model(inputs, layers.Reshape(shape, dtype="float32")(x), name="generator")


def dense_discriminator(
    shape: tuple[int, ...] = (28, 28, 1), widths: tuple[int, ...] = (1024, 512, 256), dropout: float = 0.3
) -> keras.Model:
    """Dense layers from images to one logit: ``(n, *shape)`` to ``(n, 1)``."""
    inputs = keras.Input(shape, name="images")
    x = layers.Flatten()(inputs)
    for width in widths:
        x = layers.Dense(width)(x)
        x = layers.LeakyReLU(0.2)(x)
        x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(x), name="discriminator")


def conv_generator(shape=(28, 28, 1), latent_dim=64, widths=(64, 32)) -> keras.Model:
    """Transposed convolutions from a small grid to images, doubling the size at each width."""
    inputs = keras.Input((latent_dim,), name="latents")
    rows, columns = shape[0] // 2 ** len(widths), shape[1] // 2 ** len(widths)
    x = layers.Dense(rows * columns * widths[0])(inputs)
    x = layers.Reshape((rows, columns, widths[0]))(x)
    for width in (*widths[1:], None):
        x = layers.BatchNormalization(momentum=0.8)(x)
        x = layers.LeakyReLU(0.2)(x)
        if width:
            x = layers.Conv2DTranspose(width, 4, 2, "same")(x)
    x = layers.Conv2DTranspose(shape[-1], 4, 2, "same", activation="tanh", dtype="float32")(x)
    return keras.Model(inputs, x, name="generator")


def conv_discriminator(shape=(28, 28, 1), widths=(32, 64)) -> keras.Model:
    """Strided convolutions from images to one logit, halving the size at each width."""
    inputs = keras.Input(shape, name="images")
    x = inputs
    for width in widths:
        x = layers.Conv2D(width, 4, 2, "same")(x)
        x = layers.LeakyReLU(0.2)(x)
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(layers.Flatten()(x)), name="discriminator")


# What a file of weights may name.
GENERATORS = {"dense_generator": dense_generator, "conv_generator": conv_generator}
