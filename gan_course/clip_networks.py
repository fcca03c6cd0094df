"""Networks for clips of video, ``(n, frames, height, width, channels)``, which lesson 04 writes out in full.

Arguments are as in :mod:`gan_tf.models`; a stream of 3-D convolutions doubles or halves the frames too.
"""

import math
from typing import Any

import keras
from keras import layers, ops

from gan_tf.checks import whole
from gan_tf.models.blocks import Widths, latent_inputs, logit, modulated, pixels, resized, smallest_grid

Shape = tuple[int, int, int, int]


def video_generator(
    shape: Shape = (16, 32, 32, 3), latent_dim: int = 64, widths: Widths = (128, 64, 32), *, classes: int | None = None
) -> keras.Model:
    """One stream of transposed 3-D convolutions: time grows as height and width do (VGAN, Vondrick et al. 2016)."""
    grid = (*smallest_grid(shape, len(widths), (-4, -3, -2)), widths[0])
    inputs, latents, embedding = latent_inputs(latent_dim, classes)
    x = layers.Concatenate()([latents, embedding]) if classes else latents
    x = layers.Reshape(grid)(layers.LeakyReLU(0.2)(layers.Dense(math.prod(grid))(x)))
    for channels in widths[1:]:
        x = layers.LeakyReLU(0.2)(layers.Conv3DTranspose(channels, 4, 2, padding="same")(x))
    clips = pixels(layers.Conv3DTranspose(shape[-1], 4, 2, padding="same")(x))
    return keras.Model(inputs, clips, name="generator")


def motion_generator(
    shape: Shape = (16, 32, 32, 3), content_dim: int = 48, motion_dim: int = 16, widths: Widths = (64, 32, 16), *,
    units: int = 64, background: bool = True, classes: int | None = None,
) -> keras.Model:  # fmt: skip
    """One code for the content of a clip and a path of codes for its motion (MoCoGAN, Tulyakov et al. 2018).

    A latent ``(content_dim + frames * motion_dim,)`` holds the content, then one motion noise a frame. A recurrent
    layer turns the noise into a path. Every frame is drawn from content and path by the same 2-D convolutions, so the
    same weights make clips of any length.

    Args:
        content_dim, motion_dim: how many numbers hold what stays the same, and the noise of one frame.
        units: length of the recurrent state.
        background: draw one still picture from the content; each frame covers a part of it (Vondrick et al. 2016).
        classes: an embedding of the label is appended to content and noise.
    """
    frames, grid = shape[0], (*smallest_grid(shape, len(widths)), widths[0])
    inputs, latents, embedding = latent_inputs(content_dim + frames * motion_dim, classes)
    content = latents[:, :content_dim]
    noise = layers.Reshape((frames, motion_dim))(latents[:, content_dim:])
    if classes:
        content = layers.Concatenate()([content, embedding])
        noise = layers.Concatenate()([noise, layers.RepeatVector(frames)(embedding)])
    start = layers.Dense(units, activation="tanh")(noise[:, 0])
    path = layers.GRU(units, return_sequences=True, unroll=True)(noise, initial_state=start)
    code = layers.Concatenate()([layers.RepeatVector(frames)(content), path])
    code = ops.reshape(code, (-1, code.shape[-1]))  # From here on the frames are samples of their own.

    def drawn(code: Any) -> Any:
        x = layers.Reshape(grid)(layers.Dense(math.prod(grid))(code))
        for channels in widths[1:]:
            x = resized(layers.LeakyReLU(0.2)(modulated(x, code)), channels)
        return layers.LeakyReLU(0.2)(modulated(x, code))

    # The frames' colours and, where there is a background, how much of it they cover.
    planes = shape[-1] + background
    x = ops.reshape(resized(drawn(code), planes), (-1, *shape[:3], planes))
    if background:
        # Split, not sliced: the gradient of a slice on the last axis takes longer than the convolution before it.
        x, cover = ops.split(x, [shape[-1]], axis=-1)
    clips = pixels(x)
    if background:
        still = ops.expand_dims(pixels(resized(drawn(content), shape[-1])), 1)
        clips = still + layers.Activation("sigmoid", dtype="float32")(cover) * (clips - still)
    return keras.Model(inputs, clips, name="generator")


def clip_discriminator(
    shape: Shape = (16, 32, 32, 3), widths: Widths = (16, 32, 64), *, frame_widths: Widths = (), frames: int = 4,
    classes: int | None = None,
) -> keras.Model:  # fmt: skip
    """Strided 3-D convolutions from a clip to a logit, plus, if wanted, the logit of 2-D ones on some of its frames.

    Args:
        frame_widths: channels after each 2-D convolution on single frames, which cannot see motion (MoCoGAN; DVD-GAN,
            Clark et al. 2019); empty for none.
        frames: number of these frames, evenly spread and always the same (the papers draw them at random).
        classes: conditioned by projection (Miyato and Koyama 2018).
    """
    inputs = x = keras.Input(shape)
    labels = keras.Input((), dtype="int32") if classes else None
    for channels in widths:
        x = layers.LeakyReLU(0.2)(layers.Conv3D(channels, 4, 2, padding="same")(x))
    logits = logit(layers.Flatten()(x), labels, classes)
    if frame_widths:
        every = shape[0] // whole("frames", frames, 1, shape[0])
        # The middle one of every so many; a slice with steps over five axes would take several times as long.
        x = ops.reshape(inputs[:, : frames * every], (-1, every, math.prod(shape[1:])))[:, every // 2]
        x = ops.reshape(x, (-1, *shape[1:]))
        for channels in frame_widths:
            x = layers.LeakyReLU(0.2)(layers.Conv2D(channels, 4, 2, padding="same")(x))
        x = layers.Dense(64)(layers.Flatten()(x))
        x = ops.mean(ops.reshape(x, (-1, frames, 64)), axis=1)
        logits = layers.Add(dtype="float32")([logits, logit(x, labels, classes)])
    return keras.Model([inputs, labels] if classes else inputs, logits, name="discriminator")
