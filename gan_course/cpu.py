"""Shorter steps on a CPU: ``accelerate(gan)`` behind ``compile``.

Values and first gradients are the same up to rounding with and without it. So are gradients of second order, which R1
and the gradient penalty need, except through batch norm: there Keras stops a gradient (in ``tf.nn.moments``), and the
kernel does not. The kernel's are right; Keras' were 0.3 to 1.7 % off where we compared.

A train step on a CPU waits for memory as often as for arithmetic, so each operation that goes through all pixels or all
weights once more costs:

- Keras 3 writes batch norm as a dozen operations in float32, whatever the precision. TensorFlow has one kernel for it.
- TensorFlow joins a convolution, its bias and a leaky ReLU to one kernel, if nothing else needs what goes into the
  ReLU. Its gradient does; but it needs the sign only, and what comes out has the same.
- To repeat pixels is fast, but the gradient, which adds them up again, takes ten times as long as the kernel of a mean.
- Adam goes through each weight and its moments a dozen times. TensorFlow has one kernel for it, ``ResourceApplyAdam``,
  which Keras 3 no longer uses.
- Augmentation in the layers' precision moves half as many bytes.

Nets and optimizers stay the Keras objects that they are, with their weights, configurations and files: only what the
one object does is replaced. ``benchmarks/README.md`` has the times.

**Threads.** TensorFlow runs independent operations side by side, and splits each operation as well. With two cores a
train step has enough independent operations: real and fake samples, gradients of weights and of inputs. To split these
once more only makes threads wait for each other: without it a step takes a tenth to a quarter less time. TensorFlow
reads that number once, before its first operation, so ``accelerate()`` without a GAN chooses it at the top of a lesson.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import keras
import tensorflow as tf
from keras import layers, ops

from gan_tf.adversarial import Adversarial
from gan_tf.runtime import cores

T = TypeVar("T")
SPLIT = "TF_NUM_INTRAOP_THREADS"


def accelerate(gan: Adversarial | None = None) -> None:
    """Use fewer kernels for a compiled GAN, CycleGAN, Pix2Pix or StarGAN. Where there is a GPU nothing happens.

    Args:
        gan: compiled, and not trained yet. ``None``: only choose the threads of this process, which must come before
            TensorFlow's first operation, and does nothing but on two cores, or if ``$TF_NUM_INTRAOP_THREADS`` is set.

    Raises:
        ValueError: the GAN is not compiled.
    """
    if gan is not None and not getattr(gan, "generator_optimizer", None):
        raise ValueError(f"gan: got {gan.name!r} before compile, expected a compiled model")
    if tf.config.list_physical_devices("GPU"):
        return
    if gan is None:
        if cores() == 2:
            os.environ.setdefault(SPLIT, "1")
        return
    for net in gan.nets.values():
        fuse_layers(net)
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        fuse_adam(optimizer)
    if getattr(gan, "augment", None) is not None:
        vars(gan)["augment"] = _InPrecision(gan.augment, gan.compute_dtype)  # To set it would be an error.


def fuse_layers(net: keras.Model) -> None:
    """From now on those layers of a built net that have fewer kernels use them; all others stay as they are."""
    for layer in net._flatten_layers():
        if call := fused_call(layer):
            # An attribute of the one object hides the method of its class; Keras' own __setattr__ would track it.
            object.__setattr__(layer, "call", functools.partial(call, layer))


def fuse_adam(optimizer: keras.optimizers.Optimizer) -> None:
    """From now on a built Adam updates a variable by the kernel; one that scales the loss may stand around it."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if is_adam(optimizer):
        object.__setattr__(optimizer, "update_step", functools.partial(_update_step, optimizer))


def in_parts(function: Callable[[slice], T], n: int, size: int) -> list[T]:
    """``function`` of one slice after the other of ``n`` rows, or of several at once where operations are not split.

    A single pass through a net is a chain of operations; batches of it are independent.

    Args:
        function: what is done with a part; it must not depend on the parts before.
        n: rows in all.
        size: rows of a part; the last one may have fewer.
    """
    parts = [slice(start, start + size) for start in range(0, n, size)]
    workers = min(len(parts), cores()) if os.environ.get(SPLIT) == "1" else 1
    if workers < 2:
        return [function(part) for part in parts]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, parts))


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


@keras.saving.register_keras_serializable("gan_course")
class _InPrecision:
    """An augmentation computed in the precision of the nets."""

    def __init__(self, augment: Callable, dtype: str):
        self.augment, self.dtype = augment, dtype

    def __call__(self, samples: tf.Tensor, seed: Any = None) -> tf.Tensor:
        return self.augment(ops.cast(samples, self.dtype), seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {"augment": keras.saving.serialize_keras_object(self.augment), "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> _InPrecision:
        return cls(keras.saving.deserialize_keras_object(config["augment"]), config["dtype"])


def is_adam(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether the kernel stands for this optimizer: Keras' Adam (Kingma and Ba 2015), built, without AMSGrad.

    A subclass may do something else with a variable, so it is none. Nor is the Adam of a Keras that keeps its moments
    under other names.
    """
    known = all(hasattr(optimizer, name) for name in ("_momentums", "_velocities", "_get_variable_index"))
    return type(optimizer) is keras.optimizers.Adam and not optimizer.amsgrad and known


def _update_step(
    optimizer: keras.optimizers.Adam,
    gradient: tf.Tensor | tf.IndexedSlices,
    variable: tf.Variable,
    learning_rate: tf.Tensor,
) -> None:
    if isinstance(gradient, tf.IndexedSlices) or not variable.dtype.is_floating:
        type(optimizer).update_step(optimizer, gradient, variable, learning_rate)
        return
    index = optimizer._get_variable_index(variable)
    kind = variable.dtype
    step = tf.cast(optimizer.iterations + 1, kind)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=optimizer._momentums[index].value.handle,
        v=optimizer._velocities[index].value.handle,
        beta1_power=tf.cast(optimizer.beta_1, kind) ** step,
        beta2_power=tf.cast(optimizer.beta_2, kind) ** step,
        lr=tf.cast(learning_rate, kind),
        beta1=tf.cast(optimizer.beta_1, kind),
        beta2=tf.cast(optimizer.beta_2, kind),
        epsilon=tf.cast(optimizer.epsilon, kind),
        grad=tf.cast(gradient, kind),
    )
