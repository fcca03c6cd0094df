"""The DCGAN pair as text books give it, wide and slow: a baseline for lesson 02 and the benchmarks."""

from __future__ import annotations

import math

import keras
from keras import layers

from gan_tf.models.blocks import Widths, pixels, smallest_grid
from gan_tf.models.images import Shape


def textbook_generator(
    shape: Shape = (32, 32, 3), latent_dim: int = 100, widths: Widths = (256, 128, 64)
) -> keras.Model:
    """The DCGAN generator (Radford et al. 2016), with ReLU, from latents ``(n, latent_dim)`` to images."""
    grid = (*smallest_grid(shape, len(widths)), widths[0])
    inputs = keras.Input((latent_dim,))
    x = layers.Dense(math.prod(grid), use_bias=False)(inputs)
    x = layers.Reshape(grid)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for channels in widths[1:]:
        x = layers.Conv2DTranspose(channels, 4, 2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    outputs = pixels(layers.Conv2DTranspose(shape[-1], 4, 2, padding="same")(x))
    return keras.Model(inputs, outputs, name="generator")


def textbook_discriminator(shape: Shape = (32, 32, 3), widths: Widths = (64, 128, 256)) -> keras.Model:
    """The mirror image of :func:`textbook_generator`, with batch normalisation in all hidden layers but the first.

    It mixes the samples of a batch, so no gradient penalty can be taken of it.
    """
    inputs = keras.Input(shape)
    x = layers.LeakyReLU(0.2)(layers.Conv2D(widths[0], 4, 2, padding="same")(inputs))
    for channels in widths[1:]:
        x = layers.Conv2D(channels, 4, 2, padding="same", use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x))
    outputs = layers.Dense(1, dtype="float32")(layers.Flatten()(x))
    return keras.Model(inputs, outputs, name="discriminator")
