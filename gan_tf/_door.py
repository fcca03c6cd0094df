"""What a GAN accepts: two nets that fit together, and batches that fit both."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def check_pair(generator: keras.Model, discriminator: keras.Model, classes: int | None) -> int | None:
    """Refuse nets that cannot play against each other.

    Args:
        generator: from latents, or latents and labels.
        discriminator: from samples, or samples and labels, to logits; or from samples to logits and class logits.
        classes: number of classes as asked for, or ``None``.

    Returns:
        The number of classes; a discriminator that names the class tells it.

    Raises:
        ValueError: a shape or a number of inputs or outputs does not fit; the message says which.
    """
    for name, model, most in (("generator", generator, 1), ("discriminator", discriminator, 2)):
        if not isinstance(model, keras.Model) or not model.built or not getattr(model, "inputs", None):
            raise ValueError(f"{name}: got {model!r}, expected a Keras model that starts with keras.Input")
        if len(model.outputs) > most:
            raise ValueError(f"{name}: has {len(model.outputs)} outputs, expected {('one', 'one or two')[most - 1]}")
    made, judged = generator.outputs[0].shape[1:], discriminator.inputs[0].shape[1:]
    if tuple(made) != tuple(judged):
        raise ValueError(f"generator: makes samples of shape {made}, but the discriminator takes {judged}")
    if tuple(discriminator.outputs[0].shape[1:]) != (1,):
        shape = tuple(discriminator.outputs[0].shape)
        raise ValueError(f"discriminator: gives shape {shape}, expected one logit, (None, 1)")
    if len(generator.inputs[0].shape) != 2:
        raise ValueError(f"generator: takes shape {generator.inputs[0].shape}, expected latents (None, latent_dim)")
    names_class = len(discriminator.outputs) == 2
    if len(generator.inputs) > 2 or len(discriminator.inputs) != (1 if names_class else len(generator.inputs)):
        raise ValueError(
            f"generator has {len(generator.inputs)} inputs, discriminator {len(discriminator.inputs)}; expected one "
            "each, or two each where the second takes labels; a discriminator with a second output takes no labels"
        )
    if not names_class:
        return classes
    shape = discriminator.outputs[1].shape
    if len(shape) != 2 or len(generator.inputs) != 2 or classes not in (None, shape[1]):
        raise ValueError(
            f"discriminator: its second output has shape {tuple(shape)}, expected class logits, (None, "
            f"{classes or 'classes'}), beside a generator that takes labels"
        )
    return shape[1]


def check_optimizer(name: str, optimizer: Any) -> None:
    """Refuse what is no Keras optimizer, such as its name.

    Raises:
        ValueError: as said.
    """
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(f"{name}: got {optimizer!r}, expected an object such as keras.optimizers.Adam(1e-3)")


def split_batch(
    data: Any, shape: tuple[int, ...], conditional: bool, classes: int | None
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """The samples and the labels of a batch. All but the range of the labels is checked once, while tracing.

    Args:
        data: samples, or a pair of samples and labels.
        shape: shape of one sample.
        conditional: whether labels are needed; without need they are left out.
        classes: number of classes; ``None`` leaves the range of the labels unchecked.

    Raises:
        ValueError: a wrong structure, type or shape.
        tensorflow.errors.InvalidArgumentError: a label out of range (not in a step compiled by XLA).
    """
    parts = data if isinstance(data, (tuple, list)) else (data,)
    if len(parts) not in (1, 2) or not all(hasattr(part, "dtype") for part in parts):
        kinds = ", ".join(type(part).__name__ for part in parts)
        raise ValueError(f"data: got {len(parts)} part(s) ({kinds}), expected samples or (samples, labels)")
    real = tf.convert_to_tensor(parts[0])
    if not real.dtype.is_floating:
        raise ValueError(f"data: got samples of {real.dtype.name}, expected float32 in [-1, 1]")
    if not real.shape.is_compatible_with((None, *shape)):
        raise ValueError(f"data: got samples of shape {tuple(real.shape)}, expected {(None, *shape)}")
    if not conditional:
        return real, None
    if len(parts) == 1:
        raise ValueError("data: got samples alone, expected (samples, labels), because the generator takes labels")
    labels = tf.convert_to_tensor(parts[1])
    if not labels.dtype.is_integer or not labels.shape.is_compatible_with((None,)):
        raise ValueError(
            f"labels: got {labels.dtype.name} of shape {tuple(labels.shape)}, expected integers of shape (None,)"
        )
    if classes:
        # Without this, a label out of range is a cryptic error on a CPU, and silently a wrong row on a GPU.
        message = f"labels: got one that is not among the {classes} classes, 0 to {classes - 1}"
        check = tf.debugging.Assert(tf.reduce_all((labels >= 0) & (labels < classes)), [message, labels])
        with tf.control_dependencies([check]):
            labels = tf.identity(labels)
    return real, labels
