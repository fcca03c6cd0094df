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
        _check_model(name, model)
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


def check_translator(name: str, model: Any, labels: bool) -> None:
    """Refuse what does not make pictures of pictures.

    Args:
        name: of the argument, for messages.
        model: from pictures ``(n, H, W, C)`` to pictures.
        labels: whether it may have a second input of labels ``(n,)``.

    Raises:
        ValueError: as said.
    """
    _check_model(name, model)
    least = "one input of pictures" + (", or a second one of labels" if labels else "")
    if len(model.inputs) > 1 + labels or len(model.outputs) != 1:
        raise ValueError(
            f"{name}: has {len(model.inputs)} inputs and {len(model.outputs)} outputs, expected {least}, and one output"
        )
    for what, tensor in (("takes", model.inputs[0]), ("makes", model.outputs[0])):
        if len(tensor.shape) != 4 or None in tensor.shape[1:]:
            raise ValueError(f"{name}: {what} shape {tuple(tensor.shape)}, expected pictures (None, H, W, C)")
    if len(model.inputs) == 2 and len(model.inputs[1].shape) != 1:
        raise ValueError(f"{name}: its second input has shape {tuple(model.inputs[1].shape)}, expected labels (None,)")


def check_judge(name: str, model: Any, *shapes: tuple[int, ...], outputs: int = 1) -> None:
    """Refuse a discriminator that does not take pictures of these shapes, one an input, or has not so many outputs.

    Raises:
        ValueError: as said.
    """
    _check_model(name, model)
    takes = [tuple(tensor.shape[1:]) for tensor in model.inputs]
    if takes != list(shapes) or len(model.outputs) != outputs:
        raise ValueError(
            f"{name}: takes pictures of shape {', '.join(map(str, takes))} and has {len(model.outputs)} outputs, "
            f"expected {', '.join(map(str, shapes))} and {('one output', 'two outputs')[outputs - 1]} of logits"
        )


def _check_model(name: str, model: Any) -> None:
    if not isinstance(model, keras.Model) or not model.built or not getattr(model, "inputs", None):
        raise ValueError(f"{name}: got {model!r}, expected a Keras model that starts with keras.Input")


def check_optimizer(name: str, optimizer: Any) -> None:
    """Refuse what is no Keras optimizer, such as its name.

    Raises:
        ValueError: as said.
    """
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(f"{name}: got {optimizer!r}, expected an object such as keras.optimizers.Adam(1e-3)")


def check_function(name: str, function: Any) -> None:
    """Refuse what cannot be called; ``None`` passes.

    Raises:
        ValueError: as said.
    """
    if function is not None and not callable(function):
        raise ValueError(f"{name}: got {function!r}, expected a function or None")


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
    real = _samples(parts[0], shape)
    if not conditional:
        return real, None
    if len(parts) == 1:
        raise ValueError("data: got samples alone, expected (samples, labels), because the generator takes labels")
    return real, _labels(parts[1], classes)


def split_pictures(
    data: Any, shapes: list[tuple[int, ...]], labelled: bool = False, classes: int | None = None
) -> tuple[list[tf.Tensor], tf.Tensor | None]:
    """The two batches of pictures of a step, and the labels. Checked as in :func:`split_batch`.

    Args:
        data: ``(first, second)``, or ``(first, second, labels)`` with ``labelled``.
        shapes: shape of one picture of each.
        labelled: whether labels are needed; without need they are left out.
        classes: number of labels.

    Raises:
        ValueError: a wrong structure, type or shape.
        tensorflow.errors.InvalidArgumentError: a label out of range.
    """
    parts = data if isinstance(data, (tuple, list)) else (data,)
    least = 2 + labelled
    if not least <= len(parts) <= 3 or not all(hasattr(part, "dtype") for part in parts):
        kinds = ", ".join(type(part).__name__ for part in parts)
        wanted = "(pictures, pictures, labels)" if labelled else "(pictures, pictures)"
        raise ValueError(f"data: got {len(parts)} part(s) ({kinds}), expected {wanted}")
    pictures = [_samples(part, shape) for part, shape in zip(parts, shapes, strict=False)]
    return pictures, _labels(parts[2], classes) if labelled else None


def _samples(part: Any, shape: tuple[int, ...]) -> tf.Tensor:
    real = tf.convert_to_tensor(part)
    if not real.dtype.is_floating:
        raise ValueError(f"data: got samples of {real.dtype.name}, expected float32 in [-1, 1]")
    if not real.shape.is_compatible_with((None, *shape)):
        raise ValueError(f"data: got samples of shape {tuple(real.shape)}, expected {(None, *shape)}")
    return real


def _labels(part: Any, classes: int | None) -> tf.Tensor:
    labels = tf.convert_to_tensor(part)
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
    return labels
