"""Networks for images, and for what can be seen as an image."""

from __future__ import annotations

import math

import keras
from keras import layers

from gan_tf.checks import one_of, whole
from gan_tf.models.blocks import pixels, resized, told, verdict

Shape = tuple[int, int, int]
CONDITIONINGS = ("projection", "concatenation", "auxiliary")


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
    x = layers.Dense(math.prod(shape))(x)
    outputs = layers.Reshape(shape, dtype="float32")(pixels(x))
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


def image_widths(shape: Shape, base: int = 32) -> tuple[int, ...]:
    """Channels for :func:`conv_generator` by image size: a doubling of the grid halves them, down to ``base``.

    ``(128, 64, 32)`` for 32x32, from a grid of 4x4; ``(64, 32)`` for 28x28, from 7x7, and 100x100, from 25x25.

    Raises:
        ValueError: height or width is no multiple of 4; the message names sizes that work.
    """
    smallest(shape, 2)
    sides, doublings = shape[:2], 0
    while all(side % 2 == 0 and side >= 8 for side in sides):
        sides, doublings = [side // 2 for side in sides], doublings + 1
    return tuple(base * 2**i for i in reversed(range(doublings)))


def conv_generator(
    shape: Shape = (28, 28, 1),
    latent_dim: int = 64,
    widths: tuple[int, ...] | None = None,
    *,
    kernel: int = 4,
    batch_norm: bool = True,
    resize: bool = False,
    last: int = 0,
    modulate: bool = False,
    margin: int = 0,
    classes: int | None = None,
) -> keras.Model:
    """Transposed convolutions from a small grid to images ``(n, *shape)`` (Radford et al. 2016, but narrow).

    Args:
        shape: height, width and channels of an image; height and width are multiples of two to the number of doublings.
        latent_dim: length of a latent.
        widths: channels of the grids, from the smallest grid on; each step doubles height and width. ``None`` takes
            those of :func:`image_widths`.
        kernel: side of the kernels; 4 is a multiple of the stride 2, so that each pixel is covered equally often.
        batch_norm: normalise each layer but the last.
        resize: repeat pixels and convolve with 3x3, instead of transposed convolutions (Odena et al. 2016).
        last: channels of one more layer at full size, with a 3x3 convolution to the image behind it; 0 leaves it out.
        modulate: tell latent and class to each layer, not to the first one only: a dense layer gives each channel a
            factor (Brock et al. 2019; Karras et al. 2020).
        margin: pixels that are made beyond each edge and cut off, for sizes that doublings cannot reach: 100 is 7 x 16
            less two margins of 6.
        classes: number of classes, for a second input of integer labels ``(n,)``; an embedding of 32 numbers is
            appended to the latent (Mirza and Osindero 2014).

    Raises:
        ValueError: doublings cannot reach that height or width, margins included; the message names sizes that work.
    """
    shape = (shape[0] + 2 * whole("margin", margin, 0), shape[1] + 2 * margin, shape[2])
    widths = widths or image_widths(shape)
    ups = (*widths[1:], last or shape[-1])
    grid = (*smallest(shape, len(ups)), widths[0])

    def hidden(x):
        x = layers.BatchNormalization(momentum=0.8)(x) if batch_norm else x
        return layers.LeakyReLU(0.2)(told(code, x) if modulate else x)

    def double(x, channels, **options):
        if resize:
            return resized(x, channels, **options)
        return layers.Conv2DTranspose(channels, kernel, 2, padding="same", **options)(x)

    latents = keras.Input((latent_dim,))
    labels = keras.Input((), dtype="int32") if classes else None
    code = latents
    if classes:
        code = layers.Concatenate()([latents, layers.Embedding(classes, 32)(labels)])
    x = layers.Dense(math.prod(grid), use_bias=not batch_norm)(code)
    x = layers.Reshape(grid)(x)
    for channels in ups[:-1]:
        x = double(hidden(x), channels, use_bias=not batch_norm)
    if last:
        x = double(hidden(x), last, use_bias=not batch_norm)
        outputs = pixels(layers.Conv2D(shape[-1], 3, padding="same")(hidden(x)))
    else:
        outputs = pixels(double(hidden(x), shape[-1]))
    if margin:
        outputs = layers.Cropping2D(margin, dtype="float32")(outputs)
    return keras.Model([latents, labels] if classes else latents, outputs, name="generator")


def smallest(shape: Shape, doublings: int) -> tuple[int, int]:
    """Height and width that ``doublings`` turn into those of ``shape``, or an error that names sizes that work."""
    times = 2**doublings
    for name, size in (("height", shape[0]), ("width", shape[1])):
        if size < times or size % times:
            near = sorted({max(times, size // times * times), (size // times + 1) * times})
            raise ValueError(f"shape: got {name} {size}, expected a multiple of {times}, such as {near}")
    return shape[0] // times, shape[1] // times


def conv_discriminator(
    shape: Shape = (28, 28, 1),
    widths: tuple[int, ...] = (16, 32, 64),
    *,
    kernel: int = 4,
    classes: int | None = None,
    conditioning: str = "projection",
) -> keras.Model:
    """Strided convolutions from images ``(n, *shape)`` to one logit.

    Args:
        shape: height, width and channels of an image.
        widths: channels after each convolution, each of which halves height and width.
        kernel: side of the kernels.
        classes: number of classes, where there are labels.
        conditioning: what it does with the classes. ``"projection"`` takes integer labels ``(n,)`` as a second input
            and adds the product of their embedding with 64 features of the image to the logit (Miyato and Koyama 2018).
            ``"concatenation"`` takes them too, and appends them to the image, as one more channel that is learned for
            each class (Mirza and Osindero 2014). ``"auxiliary"`` takes none, and has class logits ``(n, classes)`` as a
            second output (Odena et al. 2017).

    Raises:
        ValueError: another name for ``conditioning``.
    """
    one_of("conditioning", conditioning, CONDITIONINGS)
    inputs = keras.Input(shape)
    labels = keras.Input((), dtype="int32") if classes and conditioning != "auxiliary" else None
    x = inputs
    if classes and conditioning == "concatenation":
        channel = layers.Embedding(classes, shape[0] * shape[1])(labels)
        x = layers.Concatenate()([x, layers.Reshape((*shape[:2], 1))(channel)])
    for channels in widths:
        x = layers.Conv2D(channels, kernel, 2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Flatten()(x)
    outputs = verdict(x, labels, classes if conditioning == "projection" else None)
    if classes and conditioning == "auxiliary":
        outputs = [outputs, layers.Dense(classes, dtype="float32")(x)]
    return keras.Model(inputs if labels is None else [inputs, labels], outputs, name="discriminator")


def textbook_generator(
    shape: Shape = (32, 32, 3), latent_dim: int = 100, widths: tuple[int, ...] = (256, 128, 64)
) -> keras.Model:
    """The DCGAN generator as text books give it (Radford et al. 2016), wide and with ReLU: a baseline."""
    grid = (*smallest(shape, len(widths)), widths[0])
    inputs = keras.Input((latent_dim,))
    x = layers.Dense(math.prod(grid), use_bias=False)(inputs)
    x = layers.Reshape(grid)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for channels in widths[1:]:
        x = layers.Conv2DTranspose(channels, 4, 2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    outputs = pixels(layers.Conv2DTranspose(shape[-1], 4, 2, padding="same")(x))
    return keras.Model(inputs, outputs, name="generator")


def textbook_discriminator(shape: Shape = (32, 32, 3), widths: tuple[int, ...] = (64, 128, 256)) -> keras.Model:
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
