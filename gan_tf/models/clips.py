"""Networks for clips: frames one after the other, ``(n, frames, height, width, channels)``."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers, ops

from gan_tf.checks import whole
from gan_tf.models.blocks import pixels, resized, told, verdict

Shape = tuple[int, int, int, int]


def video_generator(
    shape: Shape = (16, 32, 32, 3),
    latent_dim: int = 64,
    widths: tuple[int, ...] = (128, 64, 32),
    *,
    classes: int | None = None,
) -> keras.Model:
    """One stream of transposed 3-D convolutions: time grows as height and width do.

    The simpler of two designs of Vondrick et al. 2016 (VGAN); the other has a second stream for a still background.

    Args:
        shape: frames, height, width and channels of a clip; the first three are multiples of two to the number of
            widths.
        latent_dim: length of a latent.
        widths: channels of the grids, from the smallest on.
        classes: number of classes, for a second input of integer labels ``(n,)``.

    Raises:
        ValueError: doublings cannot reach that shape.
    """
    times = 2 ** len(widths)
    _multiples(shape, {"frames": (shape[0], times), "height": (shape[1], times), "width": (shape[2], times)})
    grid = (*(side // times for side in shape[:3]), widths[0])
    latents, labels, action = _inputs(latent_dim, classes)
    x = layers.Concatenate()([latents, action]) if classes else latents
    x = layers.LeakyReLU(0.2)(layers.Dense(math.prod(grid))(x))
    x = layers.Reshape(grid)(x)
    for channels in widths[1:]:
        x = layers.LeakyReLU(0.2)(layers.Conv3DTranspose(channels, 4, 2, padding="same")(x))
    outputs = pixels(layers.Conv3DTranspose(shape[-1], 4, 2, padding="same")(x))
    return keras.Model([latents, labels] if classes else latents, outputs, name="generator")


def motion_generator(
    shape: Shape = (16, 32, 32, 3),
    content_dim: int = 48,
    motion_dim: int = 16,
    widths: tuple[int, ...] = (64, 32, 16),
    *,
    units: int = 64,
    background: bool = True,
    classes: int | None = None,
) -> keras.Model:
    """A code for what is seen and a path of codes for how it moves; each frame is drawn from both (MoCoGAN, Tulyakov
    et al. 2018).

    A latent ``(content_dim + frames * motion_dim,)`` holds the content, then one motion noise a frame. A recurrent
    layer turns the noise into a path. Frame by frame, content and path go through the same 2-D convolutions, so the
    same weights make clips of any length.

    Args:
        shape: frames, height, width and channels of a clip; height and width are multiples of two to the number of
            widths.
        content_dim: numbers for what stays the same.
        motion_dim: numbers of noise a frame.
        widths: channels of the grids of a frame, from the smallest on.
        units: length of the recurrent state.
        background: draw one still picture from the content alone; each frame covers a part of it with what moves, as in
            the two-stream design of Vondrick et al. 2016.
        classes: number of classes, for a second input of integer labels ``(n,)``, told to content and motion.

    Raises:
        ValueError: doublings cannot reach that height or width.
    """
    times = 2 ** len(widths)
    _multiples(shape, {"height": (shape[1], times), "width": (shape[2], times)})
    frames, grid = shape[0], (shape[1] // times, shape[2] // times, widths[0])
    latents, labels, action = _inputs(content_dim + frames * motion_dim, classes)
    content = latents[:, :content_dim]
    noise = layers.Reshape((frames, motion_dim))(latents[:, content_dim:])
    if classes:
        content = layers.Concatenate()([content, action])
        noise = layers.Concatenate()([noise, layers.RepeatVector(frames)(action)])
    start = layers.Dense(units, activation="tanh")(noise[:, 0])
    path = layers.GRU(units, return_sequences=True, unroll=True)(noise, initial_state=start)
    code = layers.Concatenate()([layers.RepeatVector(frames)(content), path])
    code = ops.reshape(code, (-1, code.shape[-1]))  # From here on each frame stands alone.

    def drawn(code: Any) -> Any:
        x = layers.Reshape(grid)(layers.Dense(math.prod(grid))(code))
        for channels in widths[1:]:
            x = resized(layers.LeakyReLU(0.2)(told(code, x)), channels)
        return layers.LeakyReLU(0.2)(told(code, x))

    # The frames' colours and, where there is a background, how much of it they cover.
    planes = shape[-1] + background
    x = ops.reshape(resized(drawn(code), planes), (-1, *shape[:3], planes))
    if background:
        # Split, not sliced: the gradient of a slice on the last axis takes longer than the convolution before it.
        x, cover = ops.split(x, [shape[-1]], axis=-1)
    outputs = pixels(x)
    if background:
        still = ops.expand_dims(pixels(resized(drawn(content), shape[-1])), 1)
        outputs = still + layers.Activation("sigmoid", dtype="float32")(cover) * (outputs - still)
    return keras.Model([latents, labels] if classes else latents, outputs, name="generator")


def clip_discriminator(
    shape: Shape = (16, 32, 32, 3),
    widths: tuple[int, ...] = (16, 32, 64),
    *,
    frame_widths: tuple[int, ...] = (),
    frames: int = 4,
    classes: int | None = None,
) -> keras.Model:
    """Strided 3-D convolutions from a clip to a logit, and, if wanted, 2-D ones from some of its frames to another.

    Args:
        shape: frames, height, width and channels of a clip.
        widths: channels after each 3-D convolution, each of which halves time, height and width.
        frame_widths: channels of the judge of frames (MoCoGAN; DVD-GAN, Clark et al. 2019), which sees single frames
            and so cannot judge motion; its mean logit is added. Empty for none.
        frames: how many frames the judge of frames sees: always the same, evenly spread over the clip. (The papers
            draw them at random.)
        classes: number of classes, for a second input of integer labels ``(n,)`` (projection, Miyato and Koyama 2018).
    """
    inputs = keras.Input(shape)
    labels = keras.Input((), dtype="int32") if classes else None
    x = inputs
    for channels in widths:
        x = layers.LeakyReLU(0.2)(layers.Conv3D(channels, 4, 2, padding="same")(x))
    logits = verdict(layers.Flatten()(x), labels, classes)
    if frame_widths:
        every = shape[0] // whole("frames", frames, 1, shape[0])
        # The middle one of every so many; a slice with steps over five axes would take several times as long.
        x = ops.reshape(inputs[:, : frames * every], (-1, every, math.prod(shape[1:])))[:, every // 2]
        x = ops.reshape(x, (-1, *shape[1:]))
        for channels in frame_widths:
            x = layers.LeakyReLU(0.2)(layers.Conv2D(channels, 4, 2, padding="same")(x))
        x = layers.Flatten()(x)
        x = ops.mean(ops.reshape(layers.Dense(64)(x), (-1, frames, 64)), axis=1)
        logits = layers.Add(dtype="float32")([logits, verdict(x, labels, classes)])
    return keras.Model([inputs, labels] if classes else inputs, logits, name="discriminator")


def _inputs(latent_dim: int, classes: int | None) -> tuple[Any, Any, Any]:
    latents = keras.Input((latent_dim,))
    labels = keras.Input((), dtype="int32") if classes else None
    return latents, labels, layers.Embedding(classes, 32)(labels) if classes else None


def _multiples(shape: Shape, sides: dict[str, tuple[int, int]]) -> None:
    for name, (side, times) in sides.items():
        if side < times or side % times:
            raise ValueError(f"shape: got {name} {side} in {shape}, expected a multiple of {times}")
