"""One pass through a net, a half of the samples on each of two cores.

Where operations are not split (:mod:`gan_tf._threads`), a pass through a net is a chain that keeps one core busy. In
most of a train step there are two chains: real and fake samples, gradients of weights and of inputs. When the
updated discriminator judges the fake samples there is one; two halves of the batch are two.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from gan_tf import _threads, replicas

CONVOLUTIONS = {layers.Conv1D, layers.Conv2D, layers.Conv3D}
# Layers that look at one sample at a time. Batch norm does not, nor may a layer that is not known here.
ALONE = CONVOLUTIONS | {
    *(layers.InputLayer, layers.Dense, layers.Embedding, layers.Flatten, layers.Reshape),
    *(layers.LeakyReLU, layers.ReLU, layers.Activation, layers.Dropout, layers.GroupNormalization),
    *(layers.AveragePooling2D, layers.MaxPooling2D, layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D),
    *(layers.Concatenate, layers.Add, layers.Multiply, layers.Dot),
}


def suits(net: keras.Model) -> bool:
    """Whether what the net says of a sample depends on that sample alone, and half as many take about half as long.

    The first is so as far as its layers are known. The second is not so for dense layers, which wait for their weights.
    """
    if isinstance(net, keras.Sequential):
        parts = net.layers
    else:
        # Besides the layers there may be bare operations, such as a slice or a mean; a subclassed net names none.
        parts = getattr(net, "operations", [net])
    return all(_alone(part) for part in parts) and any(type(part) in CONVOLUTIONS for part in parts)


def _alone(layer: keras.Layer | keras.Operation) -> bool:
    activation = getattr(layer, "activation", None)
    known = activation is None or activation.__module__.startswith("keras.")
    return type(layer) in ALONE and known and getattr(layer, "axis", -1) != 0


def is_idle() -> bool:
    """Whether a second core would be there: on two cores, one device, and without a GPU."""
    return _threads.operations_are_whole() and replicas.count() == 1 and not tf.config.list_physical_devices("GPU")


def pass_through(net: keras.Model, inputs: Any, halves: bool = False) -> Any:
    """``net(inputs, training=True)``.

    Args:
        net: any.
        inputs: its input, or a list of its inputs.
        halves: take two halves of the samples side by side, if their number is even, a core :func:`is_idle` and the
            net :func:`suits`.
    """
    several = isinstance(inputs, list)
    columns = inputs if several else [inputs]
    n = columns[0].shape[0]
    if not (halves and n and n % 2 == 0 and is_idle() and suits(net)):
        return net(inputs, training=True)
    pairs = zip(*(tf.split(column, 2) for column in columns), strict=True)
    said = [net(list(half) if several else half[0], training=True) for half in pairs]
    return tf.nest.map_structure(lambda *parts: tf.concat(parts, 0), *said)
