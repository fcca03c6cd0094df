"""Networks from pictures to pictures, and the discriminator that gives each patch of a picture a logit of its own.

``channels`` are those of the result, by default as many as ``shape`` has.
"""

import functools
from typing import Any

import keras
from keras import layers, ops

from gan_tf.checks import whole
from gan_tf.models.blocks import Widths, modulated, pixels, resized, smallest_grid
from gan_tf.models.images import Shape

_conv = functools.partial(layers.Conv2D, padding="same", use_bias=False)


def translator(
    shape: Shape = (64, 64, 3), width: int = 32, blocks: int = 4, *, channels: int | None = None,
    classes: int | None = None,
) -> keras.Model:  # fmt: skip
    """Residual blocks at a quarter of the size: the generator of CycleGAN (Johnson et al. 2016; Zhu et al. 2017).

    Narrower, and with repeated pixels instead of transposed convolutions. Each channel is normalised over the picture
    alone (instance normalisation, Ulyanov et al. 2016), so the pictures of a batch do not mix.

    Args:
        shape: height and width are multiples of 4.
        width: channels at full size; twice as many at half the size, four times as many at a quarter.
        blocks: residual blocks of two 3x3 convolutions each.
        classes: an embedding of the wanted class gives each channel a factor after each normalisation.
    """
    smallest_grid(shape, 2)
    whole("width", width, 1)
    whole("blocks", blocks, 0)
    inputs, code = _inputs(shape, classes)
    x = _hidden(_conv(width, 5)(inputs[0]), code)
    for times in (2, 4):
        x = _hidden(_conv(times * width, 4, 2)(x), code)
    for _ in range(blocks):
        change = _hidden(_conv(4 * width, 3)(x), code)
        x = layers.Add()([x, _normalized(_conv(4 * width, 3)(change), code)])
    for times in (2, 1):
        x = _hidden(resized(x, times * width, use_bias=False), code)
    return _model(inputs, x, channels or shape[-1], "translator")


def unet(
    shape: Shape = (64, 64, 3), widths: Widths = (32, 64, 128), *, channels: int | None = None,
    classes: int | None = None, dropout: float = 0.0, residual: bool = False,
) -> keras.Model:  # fmt: skip
    """A U-Net (Ronneberger et al. 2015): the generator of pix2pix (Isola et al. 2017) for small pictures.

    The features of each size on the way down are appended to those of that size on the way up, so edges stay in place.

    Args:
        widths: channels at full size, at half of it, and so on.
        classes: as in :func:`translator`.
        dropout: share of values at the smallest size left out in training, below 1: pix2pix's only source of chance.
        residual: the net makes a change that is added to the picture before the tanh; for repairs.
    """
    if len(widths) < 2:
        raise ValueError(f"widths: got {widths!r}, expected at least two, one a size")
    smallest_grid(shape, len(widths) - 1)
    if not 0.0 <= dropout < 1.0:
        raise ValueError(f"dropout: got {dropout!r}, expected a share from 0 to below 1")
    if residual and channels not in (None, shape[-1]):
        raise ValueError(f"channels: got {channels} with residual=True, expected {shape[-1]}, as the pictures have")
    inputs, code = _inputs(shape, classes)
    x = layers.LeakyReLU(0.2)(layers.Conv2D(widths[0], 3, padding="same")(inputs[0]))
    skips = []
    for width in widths[1:]:
        skips.append(x)
        x = _hidden(_conv(width, 4, 2)(x), code)
        x = _hidden(_conv(width, 3)(x), code)
    x = layers.Dropout(dropout)(x) if dropout else x
    for width, skip in zip(reversed(widths[:-1]), reversed(skips), strict=True):
        x = _hidden(resized(x, width, use_bias=False), code)
        x = _hidden(_conv(width, 3)(layers.Concatenate()([x, skip])), code)
    # The normalisations lose the brightness of the picture, so the last layer receives the picture as well.
    return _model(inputs, layers.Concatenate()([x, inputs[0]]), channels or shape[-1], "unet", residual)


def patch_discriminator(
    shape: Shape = (64, 64, 3), widths: Widths = (32, 64, 128), *, condition: int | None = None,
    classes: int | None = None,
) -> keras.Model:  # fmt: skip
    """Convolutions from images ``(n, *shape)`` to a map of logits ``(n, h, w, 1)``, one a patch (Isola et al. 2017).

    Each logit depends on a patch of :func:`receptive_field` pixels a side and on nothing else, so there is no
    normalisation over the picture. With ``widths`` of 2, 3 or 4 numbers a patch is 18, 38 or 78 pixels wide.

    Args:
        condition: channels of the picture that the image was made from, for a second input of that height and width.
        classes: for a second output of class logits ``(n, classes)`` from the whole picture (Choi et al. 2018).
    """
    inputs = x = keras.Input(shape)
    if condition is not None:
        inputs = [x, keras.Input((*shape[:2], whole("condition", condition, 1)))]
        x = layers.Concatenate()(inputs)
    for channels in widths:
        x = layers.LeakyReLU(0.2)(layers.Conv2D(channels, 4, 2, padding="same")(x))
    outputs = layers.Conv2D(1, 3, padding="same", dtype="float32")(x)
    if classes:
        outputs = [outputs, layers.Dense(classes, dtype="float32")(layers.Flatten()(x))]
    net = keras.Model(inputs, outputs, name="discriminator")
    side = receptive_field(net)
    if min(shape[:2]) < side:
        more = f"smaller than a patch of {side}x{side}; expected a larger image, or fewer than {len(widths)} widths"
        raise ValueError(f"shape: got {shape[0]}x{shape[1]} pixels, {more}")
    return net


def receptive_field(discriminator: keras.Model) -> int:
    """Side in pixels of the patch that one logit of a chain of convolutions depends on, from the last layer back."""
    side = 1
    for layer in reversed([layer for layer in discriminator.layers if isinstance(layer, layers.Conv2D)]):
        side = layer.strides[0] * (side - 1) + layer.kernel_size[0]
    return side


def _inputs(shape: Shape, classes: int | None) -> tuple[list[Any], Any]:
    """The inputs, and an embedding ``(n, 16)`` of the labels or ``None``."""
    if classes is None:
        return [keras.Input(shape)], None
    labels = keras.Input((), dtype="int32")
    return [keras.Input(shape), labels], layers.Embedding(whole("classes", classes, 1), 16)(labels)


def _normalized(x: Any, code: Any) -> Any:
    x = layers.GroupNormalization(groups=-1)(x)
    return x if code is None else modulated(x, code)


def _hidden(x: Any, code: Any) -> Any:
    return layers.LeakyReLU(0.2)(_normalized(x, code))


def _model(inputs: list[Any], x: Any, channels: int, name: str, residual: bool = False) -> keras.Model:
    x = layers.Conv2D(whole("channels", channels, 1), 5, padding="same")(x)
    if residual:
        # A picture of full black or white would be infinite before the tanh.
        start = ops.arctanh(0.98 * ops.cast(ops.clip(inputs[0], -1.0, 1.0), "float32"))
        x = layers.Add(dtype="float32")([x, start])
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], pixels(x), name=name)
