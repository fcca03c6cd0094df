"""Networks that turn a picture into a picture, and the discriminator that judges it patch by patch."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from gan_tf.checks import whole
from gan_tf.models.blocks import pixels, resized, told
from gan_tf.models.images import Shape, smallest


def translator(
    shape: Shape = (64, 64, 3),
    width: int = 32,
    blocks: int = 4,
    *,
    channels: int | None = None,
    styles: int | None = None,
) -> keras.Model:
    """Residual blocks at a quarter of the size, from images ``(n, *shape)`` to images of the same height and width.

    The generator of CycleGAN (Johnson et al. 2016; Zhu et al. 2017), narrow, with repeated pixels instead of transposed
    convolutions. Each channel is normalised over the picture alone (instance normalisation, Ulyanov et al. 2016), so
    the pictures of a batch do not mix.

    Args:
        shape: height, width and channels of an image; height and width are multiples of 4.
        width: channels at full size; there are twice as many at half the size and four times as many at a quarter.
        blocks: residual blocks of two 3x3 convolutions each.
        channels: channels of the result; ``None``: those of ``shape``.
        styles: number of styles, for a second input of integer labels ``(n,)``: the wanted style. An embedding of it
            gives each channel a factor after each normalisation (Choi et al. 2018 lay it beside the picture instead).

    Returns:
        A Keras model; its images are float32 in [-1, 1].

    Raises:
        ValueError: a height or width that is no multiple of 4, or a number that is not whole and positive.
    """
    smallest(shape, 2)
    whole("width", width, 1)
    whole("blocks", blocks, 0)
    inputs, code = _inputs(shape, styles)

    def hidden(x: Any) -> Any:
        return layers.LeakyReLU(0.2)(_normed(x, code))

    x = hidden(layers.Conv2D(width, 5, padding="same", use_bias=False)(inputs[0]))
    for times in (2, 4):
        x = hidden(layers.Conv2D(times * width, 4, 2, padding="same", use_bias=False)(x))
    for _ in range(blocks):
        change = hidden(layers.Conv2D(4 * width, 3, padding="same", use_bias=False)(x))
        x = layers.Add()([x, _normed(layers.Conv2D(4 * width, 3, padding="same", use_bias=False)(change), code)])
    for times in (2, 1):
        x = hidden(resized(x, times * width, use_bias=False))
    return _ended(inputs, x, channels or shape[-1], "translator")


def unet(
    shape: Shape = (64, 64, 3),
    widths: tuple[int, ...] = (32, 64, 128),
    *,
    channels: int | None = None,
    styles: int | None = None,
    dropout: float = 0.0,
    residual: bool = False,
) -> keras.Model:
    """A U-Net from images ``(n, *shape)`` to images of the same height and width (Ronneberger et al. 2015).

    What is seen at each size on the way down is laid beside what is made at that size on the way up, so edges stay
    where they are. The generator of pix2pix (Isola et al. 2017) for small pictures.

    Args:
        shape: height, width and channels of an image.
        widths: channels at full size, at half of it, and so on; height and width are multiples of two to the number of
            halvings.
        channels: channels of the result; ``None``: those of ``shape``.
        styles: number of labels ``(n,)`` for a second input, as in :func:`translator`.
        dropout: share of the channels' values that is left out at the smallest size while training, 0 to below 1. It is
            pix2pix's only source of chance.
        residual: what is made is a change of the given picture, added before the tanh; for repairs, where most of the
            picture is to come through as it is.

    Returns:
        A Keras model; its images are float32 in [-1, 1].

    Raises:
        ValueError: a height or width that cannot be halved so often, fewer than two widths, a wrong number, or a
            residual with another number of channels.
    """
    if len(widths) < 2:
        raise ValueError(f"widths: got {widths!r}, expected at least two, one a size")
    smallest(shape, len(widths) - 1)
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"dropout: got {dropout!r}, expected a share from 0 to below 1")
    if residual and channels not in (None, shape[-1]):
        raise ValueError(f"channels: got {channels} with residual=True, expected {shape[-1]}, as the pictures have")
    inputs, code = _inputs(shape, styles)

    def hidden(x: Any) -> Any:
        return layers.LeakyReLU(0.2)(_normed(x, code))

    x = layers.LeakyReLU(0.2)(layers.Conv2D(widths[0], 3, padding="same")(inputs[0]))
    beside = []
    for width in widths[1:]:
        beside.append(x)
        x = hidden(layers.Conv2D(width, 4, 2, padding="same", use_bias=False)(x))
        x = hidden(layers.Conv2D(width, 3, padding="same", use_bias=False)(x))
    x = layers.Dropout(dropout)(x) if dropout else x
    for width, seen in zip(reversed(widths[:-1]), reversed(beside), strict=True):
        x = hidden(resized(x, width, use_bias=False))
        x = hidden(layers.Conv2D(width, 3, padding="same", use_bias=False)(layers.Concatenate()([x, seen])))
    # The normalisations lose how bright the picture is. What needs no repair is to come through as it is.
    x = layers.Concatenate()([x, inputs[0]])
    return _ended(inputs, x, channels or shape[-1], "unet", residual)


def patch_discriminator(
    shape: Shape = (64, 64, 3),
    widths: tuple[int, ...] = (32, 64, 128),
    *,
    condition: int | None = None,
    styles: int | None = None,
) -> keras.Model:
    """Convolutions from images ``(n, *shape)`` to a map of logits ``(n, h, w, 1)``, one a patch (Isola et al. 2017).

    Each logit sees a patch of :func:`receptive_field` pixels a side and nothing else: so there is no normalisation,
    which would let the whole picture in. With ``widths`` of 2, 3 or 4 numbers a patch is 18, 38 or 78 pixels.

    Args:
        shape: height, width and channels of an image.
        widths: channels after each convolution, each of which halves height and width.
        condition: channels of the picture that the image was made from, for a second input of that height and width:
            the discriminator then judges the pair.
        styles: number of styles, for a second output of class logits ``(n, styles)``: an auxiliary classifier
            (Odena et al. 2017; Choi et al. 2018), which looks at the whole picture.

    Raises:
        ValueError: the image is smaller than a patch.
    """
    inputs = [keras.Input(shape)]
    if condition is not None:
        inputs.append(keras.Input((*shape[:2], whole("condition", condition, 1))))
    x = layers.Concatenate()(inputs) if condition is not None else inputs[0]
    for channels in widths:
        x = layers.LeakyReLU(0.2)(layers.Conv2D(channels, 4, 2, padding="same")(x))
    outputs = layers.Conv2D(1, 3, padding="same", dtype="float32")(x)
    if styles:
        outputs = [outputs, layers.Dense(styles, dtype="float32")(layers.Flatten()(x))]
    made = keras.Model(inputs[0] if condition is None else inputs, outputs, name="discriminator")
    patch = receptive_field(made)
    if min(shape[:2]) < patch:
        raise ValueError(
            f"shape: got {shape[0]}x{shape[1]} pixels, smaller than a patch of {patch}x{patch}; expected a larger "
            f"image, or fewer than {len(widths)} widths"
        )
    return made


def receptive_field(discriminator: keras.Model) -> int:
    """Side in pixels of what one logit of a chain of convolutions can see, such as :func:`patch_discriminator`.

    Worked out from the last layer back: a side of r before a convolution of kernel k and stride s is s (r - 1) + k.
    """
    side = 1
    for layer in reversed([layer for layer in discriminator.layers if isinstance(layer, layers.Conv2D)]):
        side = layer.strides[0] * (side - 1) + layer.kernel_size[0]
    return side


def _inputs(shape: Shape, styles: int | None) -> tuple[list[Any], Any]:
    """The inputs, and the code of the style or ``None``."""
    if styles is None:
        return [keras.Input(shape)], None
    labels = keras.Input((), dtype="int32")
    return [keras.Input(shape), labels], layers.Embedding(whole("styles", styles, 1), 16)(labels)


def _normed(x: Any, code: Any) -> Any:
    x = layers.GroupNormalization(groups=-1)(x)
    return x if code is None else told(code, x)


def _ended(inputs: list[Any], x: Any, channels: int, name: str, residual: bool = False) -> keras.Model:
    whole("channels", channels, 1)
    x = layers.Conv2D(channels, 5, padding="same")(x)
    if residual:
        # A picture of full black or white would be infinite before the tanh.
        start = ops.arctanh(0.98 * ops.cast(ops.clip(inputs[0], -1.0, 1.0), "float32"))
        x = layers.Add(dtype="float32")([x, start])
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], pixels(x), name=name)
