"""Networks for images ``(n, height, width, channels)``, and for what can be seen as an image."""

import math
from typing import Any

import keras
from keras import layers

from gan_tf.checks import one_of, whole
from gan_tf.models.blocks import Widths, latent_inputs, logit, modulated, pixels, resized, smallest_grid

Shape = tuple[int, int, int]
CONDITIONINGS = ("projection", "concatenation", "auxiliary")


def dense_generator(shape: Shape = (28, 28, 1), latent_dim: int = 64, widths: Widths = (256, 512)) -> keras.Model:
    """Dense layers of ``widths`` units, from latents ``(n, latent_dim)`` to images ``(n, *shape)``."""
    inputs = x = keras.Input((latent_dim,))
    for units in widths:
        x = layers.Dense(units, use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization(momentum=0.8)(x))
    x = layers.Dense(math.prod(shape))(x)
    return keras.Model(inputs, layers.Reshape(shape, dtype="float32")(pixels(x)), name="generator")


def dense_discriminator(shape: Shape = (28, 28, 1), widths: Widths = (512, 256)) -> keras.Model:
    """Dense layers of ``widths`` units, from images ``(n, *shape)`` to one logit."""
    inputs = keras.Input(shape)
    x = layers.Flatten()(inputs)
    for units in widths:
        x = layers.LeakyReLU(0.2)(layers.Dense(units)(x))
    return keras.Model(inputs, layers.Dense(1, dtype="float32")(x), name="discriminator")


def image_widths(shape: Shape, base: int = 32) -> Widths:
    """Channels for :func:`conv_generator` by image size: each doubling of the grid halves them, down to ``base``.

    ``(128, 64, 32)`` for 32x32, from a grid of 4x4; ``(64, 32)`` for 28x28, from 7x7, and for 100x100, from 25x25.
    """
    smallest_grid(shape, 2)
    sides, doublings = shape[:2], 0
    while all(side % 2 == 0 and side >= 8 for side in sides):
        sides, doublings = [side // 2 for side in sides], doublings + 1
    return tuple(base * 2**i for i in reversed(range(doublings)))


def conv_generator(
    shape: Shape = (28, 28, 1), latent_dim: int = 64, widths: Widths | None = None, *, kernel: int = 4,
    batch_norm: bool = True, resize: bool = False, last: int = 0, modulate: bool = False, margin: int = 0,
    classes: int | None = None,
) -> keras.Model:  # fmt: skip
    """Transposed convolutions from a small grid to images ``(n, *shape)`` (Radford et al. 2016, but narrow).

    Args:
        widths: channels of the grids; ``None`` takes those of :func:`image_widths`.
        kernel: side of the kernels; a multiple of the stride 2, such as 4, covers each pixel equally often.
        batch_norm: normalise every hidden layer.
        resize: repeat pixels and convolve with 3x3, instead of transposed convolutions (Odena et al. 2016).
        last: channels of one more hidden layer, at full size; 0 leaves it out.
        modulate: multiply each channel of each hidden layer by a factor of latent and class (Karras et al. 2020).
        margin: pixels made beyond each edge and cut off: 100 is 7 x 16 less two margins of 6.
        classes: an embedding of the label is appended to the latent (Mirza and Osindero 2014).
    """
    shape = (shape[0] + 2 * whole("margin", margin, 0), shape[1] + 2 * margin, shape[2])
    widths = widths or image_widths(shape)
    ups = (*widths[1:], last or shape[-1])
    grid = (*smallest_grid(shape, len(ups)), widths[0])

    def hidden(x: Any) -> Any:
        x = layers.BatchNormalization(momentum=0.8)(x) if batch_norm else x
        return layers.LeakyReLU(0.2)(modulated(x, code) if modulate else x)

    def double(x: Any, channels: int, **options: Any) -> Any:
        if resize:
            return resized(x, channels, **options)
        return layers.Conv2DTranspose(channels, kernel, 2, padding="same", **options)(x)

    inputs, latents, embedding = latent_inputs(latent_dim, classes)
    code = layers.Concatenate()([latents, embedding]) if classes else latents
    x = layers.Reshape(grid)(layers.Dense(math.prod(grid), use_bias=not batch_norm)(code))
    for channels in ups if last else ups[:-1]:
        x = double(hidden(x), channels, use_bias=not batch_norm)
    x = hidden(x)
    images = pixels(layers.Conv2D(shape[-1], 3, padding="same")(x) if last else double(x, shape[-1]))
    if margin:
        images = layers.Cropping2D(margin, dtype="float32")(images)
    return keras.Model(inputs, images, name="generator")


def conv_discriminator(
    shape: Shape = (28, 28, 1), widths: Widths = (16, 32, 64), *, kernel: int = 4, classes: int | None = None,
    conditioning: str = "projection",
) -> keras.Model:  # fmt: skip
    """Strided convolutions from images ``(n, *shape)`` to one logit. ``conditioning`` is what the classes do:

    ``"projection"`` adds the product of the label's embedding with 64 features to the logit (Miyato and Koyama 2018),
    ``"concatenation"`` appends a channel, learned for each class, to the image (Mirza and Osindero 2014): labels
    ``(n,)`` are a second input. ``"auxiliary"`` has class logits ``(n, classes)`` as a second output (Odena 2017).
    """
    one_of("conditioning", conditioning, CONDITIONINGS)
    inputs = x = keras.Input(shape)
    labels = keras.Input((), dtype="int32") if classes and conditioning != "auxiliary" else None
    if classes and conditioning == "concatenation":
        channel = layers.Embedding(classes, shape[0] * shape[1])(labels)
        x = layers.Concatenate()([x, layers.Reshape((*shape[:2], 1))(channel)])
    for channels in widths:
        x = layers.LeakyReLU(0.2)(layers.Conv2D(channels, kernel, 2, padding="same")(x))
    x = layers.Flatten()(x)
    outputs = logit(x, labels, classes if conditioning == "projection" else None)
    if classes and conditioning == "auxiliary":
        outputs = [outputs, layers.Dense(classes, dtype="float32")(x)]
    return keras.Model(inputs if labels is None else [inputs, labels], outputs, name="discriminator")
