"""Layers by fewer kernels, where Keras takes several operations; the same numbers up to rounding.

A train step on a CPU waits for memory as often as for arithmetic, so each operation that goes through all pixels once
more costs:

- Keras 3 writes batch norm as a dozen operations in float32, whatever the precision. TensorFlow has one kernel for it.
- TensorFlow joins a convolution, its bias and a leaky ReLU to one kernel, if nothing else needs what goes into the
  ReLU. Its gradient does; but it needs the sign only, and what comes out has the same.
- To repeat pixels is fast, but the gradient, which adds them up again, takes ten times as long as the kernel of a mean.

The layers stay the Keras layers that they are, with their weights, their configuration and their files: only what the
one object does is replaced. ``benchmarks/README.md`` has the times.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers


def fuse(net: keras.Model) -> None:
    """From now on those layers of this net that have fewer kernels use them; all others stay as they are.

    Nothing happens where there is a GPU: its kernels are others, and were not measured.

    Args:
        net: built.
    """
    if tf.config.list_physical_devices("GPU"):
        return
    for layer in net._flatten_layers():
        call = fused_call(layer)
        if call:
            # An attribute of the one object hides the method of its class; Keras' own __setattr__ would track it.
            object.__setattr__(layer, "call", functools.partial(call, layer))


def fused_call(layer: keras.Layer) -> Callable[..., tf.Tensor] | None:
    """What stands for ``layer.call``, the layer itself its first argument; ``None`` if nothing does.

    A subclass may do something else than its Keras layer, so nothing stands for it.
    """
    kind = type(layer)
    if kind is layers.BatchNormalization:
        # Of images. For vectors nothing is gained.
        images = layer.built and layer.input_spec.ndim == 4 and layer.axis in (-1, 3)
        plain = layer.scale and layer.center and not (layer.renorm or layer.synchronized)
        return _batch_norm if images and plain and layer.compute_dtype in ("float32", "bfloat16") else None
    if kind is layers.LeakyReLU:
        return _leaky_relu
    if kind is layers.UpSampling2D and layer.interpolation == "nearest" and layer.data_format == "channels_last":
        return _up_sampling
    return None


def _batch_norm(
    layer: layers.BatchNormalization, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None
) -> tf.Tensor:
    if training is not True or not layer.trainable or mask is not None:
        return type(layer).call(layer, inputs, training=training, mask=mask)
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=inputs, scale=layer.gamma, offset=layer.beta, mean=[], variance=[], epsilon=layer.epsilon
    )
    # The kernel estimates the variance of what the batch is drawn from; Keras keeps that of the batch.
    count = tf.cast(tf.size(inputs) // inputs.shape[-1], variance.dtype)
    for moving, value in ((layer.moving_mean, mean), (layer.moving_variance, variance * (count - 1) / count)):
        moving.assign(moving * layer.momentum + value * (1.0 - layer.momentum))
    return outputs


def _leaky_relu(layer: layers.LeakyReLU, inputs: tf.Tensor) -> tf.Tensor:
    slope = float(layer.negative_slope)

    @tf.custom_gradient
    def rectified(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], Any]]:
        y = tf.nn.leaky_relu(x, slope)
        return y, lambda upstream: tf.raw_ops.LeakyReluGrad(gradients=upstream, features=y, alpha=slope)

    return rectified(inputs)


def _up_sampling(layer: layers.UpSampling2D, inputs: tf.Tensor) -> tf.Tensor:
    @tf.custom_gradient
    def repeated(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], Any]]:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            return math.prod(layer.size) * tf.nn.avg_pool2d(upstream, layer.size, layer.size, "VALID")

        return type(layer).call(layer, x), gradient

    return repeated(inputs)
