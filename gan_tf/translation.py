"""From image to image: what the trainings of translators share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gan_tf._names import one_of
from gan_tf._numbers import check_unit_range, checked_labels, whole
from gan_tf.sampling import in_batches


def translated(
    net: keras.Model, x: np.ndarray, labels: Any = None, classes: int | None = None, batch_size: int = 100
) -> np.ndarray:
    """What a translator makes of pictures, in batches, as a NumPy array.

    Args:
        net: Keras model from pictures, or pictures and labels, to pictures.
        x: ``(n, H, W, C)`` in [-1, 1].
        labels: integers ``(n,)``, or one for all, for a net that takes them.
        classes: how many different labels there are; ``None``: their range is not checked.
        batch_size: pictures that pass through the net at a time.

    Returns:
        float32 ``(n, H, W, C')``.

    Raises:
        ValueError: a wrong shape, values outside [-1, 1], NaN or infinity; labels missing, not wanted or wrong.
    """
    x, shape = np.asarray(x, np.float32), shape_of(net.inputs[0])
    if x.ndim != 4 or x.shape[1:] != shape or not len(x):
        raise ValueError(f"x: got shape {x.shape}, expected (n, {', '.join(map(str, shape))}) with n from 1")
    check_unit_range("x", x)
    if (len(net.inputs) == 2) == (labels is None):
        wanted = "integers" if labels is None else "None, because the translator takes no labels"
        raise ValueError(f"labels: got {labels!r}, expected {wanted}")
    if labels is not None:
        labels = checked_labels(np.full(len(x), labels) if np.ndim(labels) == 0 else labels, len(x), classes)
    return in_batches(net, x, labels, whole("batch_size", batch_size, 1))


class Translator:
    """A trained translator, ready for use: pictures in, pictures out, as NumPy arrays.

    Attributes:
        generator: Keras model from pictures ``(n, H, W, C)``, or pictures and labels ``(n,)``, to pictures.
        labels: what its labels ask for, in order; empty if it takes none.
        card: how the weights were made and what they reach.
    """

    def __init__(self, generator: keras.Model, labels: Sequence[str] = (), card: Mapping[str, Any] | None = None):
        self.generator, self.labels, self.card = generator, tuple(labels), dict(card or {})

    def __call__(self, x: np.ndarray, labels: Any = None) -> np.ndarray:
        """What it makes of pictures ``(n, H, W, C)`` in [-1, 1]: float32.

        Args:
            x: the pictures.
            labels: for a translator that takes them: integers ``(n,)``, one integer for all, or one name of ``labels``.

        Raises:
            ValueError: as :func:`translated`, or a name that is not known.
        """
        if isinstance(labels, str):
            labels = self.labels.index(one_of("labels", labels, self.labels))
        return translated(self.generator, x, labels, len(self.labels) or None)


def shape_of(tensor: Any) -> tuple[int, ...]:
    """Shape of one picture."""
    return tuple(tensor.shape[1:])


def judged(discriminator: keras.Model, inputs: Any) -> tf.Tensor:
    # A last layer in half precision would round the losses.
    return ops.cast(discriminator(inputs, training=True), "float32")


def apart(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Mean absolute error."""
    return ops.mean(ops.abs(ops.cast(one, "float32") - ops.cast(other, "float32")))
