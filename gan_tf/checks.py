"""What is refused at the door, in one dialect: "name: got ..., expected ..."."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def nearest(word: object, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'mnist'?"`` for the known name nearest to ``word``, or a full stop: ends a message."""
    # Case counts among the known names ("Trouser"), not in what was typed.
    names = {name.lower(): name for name in known}
    found = difflib.get_close_matches(str(word).lower().replace("-", "_"), names, n=1, cutoff=0.4)
    return f"; did you mean {names[found[0]]!r}?" if found else "."


def one_of(argument: str, word: object, known: Collection[str]) -> str:
    """Return ``word`` if it is among the known names.

    Raises:
        ValueError: it is not; the message names the argument and suggests the nearest known name.
    """
    if isinstance(word, str) and word in known:
        return word
    raise ValueError(f"{argument}: got {word!r}, expected one of {', '.join(known)}{nearest(word, known)}")


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Return ``value`` if it is a whole number from ``low`` to ``high``.

    Raises:
        ValueError: it is not.
    """
    good = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not good or value < low or (high is not None and value > high):
        upto = f" to {high}" if high is not None else ""
        raise ValueError(f"{name}: got {value!r}, expected a whole number from {low}{upto}")
    return int(value)


def check_weight(name: str, value: float) -> None:
    """Refuse what a part of a loss cannot be multiplied by.

    Raises:
        ValueError: it is not a finite number from 0.
    """
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{name}: got {value!r}, expected a finite number from 0")


# A resampled or denoised sample may overshoot by rounding, not by more.
_BOUND = 1.001


def share_outside(x: np.ndarray) -> float:
    """The share of the values that :func:`check_unit_range` would refuse for their size, 0 to 1."""
    return float((np.abs(x) > _BOUND).mean())


def check_unit_range(name: str, x: np.ndarray) -> None:
    """Refuse NaN, infinity and values outside [-1, 1].

    Raises:
        ValueError: as said.
    """
    low, high = float(x.min()), float(x.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{name}: holds NaN or infinity, expected finite values in [-1, 1]")
    if low < -_BOUND or high > _BOUND:
        raise ValueError(f"{name}: got values from {low:.4g} to {high:.4g}, expected [-1, 1]")


def checked_labels(labels: Any, n: int | None, classes: int | None, name: str = "labels") -> np.ndarray:
    """Labels as int32 ``(n,)``; with ``n`` None of any length from one.

    Raises:
        ValueError: a wrong shape or type, or, if the number of classes is known, out of range.
    """
    labels = np.asarray(labels)
    fits = labels.shape == (n,) if n is not None else labels.ndim == 1 and len(labels)
    if not fits or not np.issubdtype(labels.dtype, np.integer):
        shape = f"({'n' if n is None else n},)"
        raise ValueError(f"{name}: got {labels.dtype} of shape {labels.shape}, expected integers of shape {shape}")
    if classes and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(f"{name}: got {labels.min()} to {labels.max()}, expected 0 to {classes - 1}")
    return labels.astype(np.int32)


def checked_pictures(x: Any, channels: int | None = None) -> np.ndarray:
    """Pictures as float32 ``(n, H, W, channels)``.

    Raises:
        ValueError: another shape, another number of channels if one is asked for, no floats, NaN, or values outside
            [-1, 1].
    """
    x = np.asarray(x)
    if x.ndim != 4 or not x.size or x.dtype.kind != "f" or channels not in (None, x.shape[-1]):
        raise ValueError(
            f"x: got {x.dtype} of shape {x.shape}, expected floats (n, H, W, {channels or 'C'}) with n from 1"
        )
    check_unit_range("x", x)
    return x.astype(np.float32, copy=False)


def points(name: str, x: np.ndarray, least: int = 2) -> np.ndarray:
    """Return ``x`` as finite float64 (n, d) with at least ``least`` rows.

    Raises:
        ValueError: another shape, too few rows, not numbers, NaN or infinity.
    """
    x = np.asarray(x)
    if x.ndim != 2 or x.shape[1] < 1:
        raise ValueError(f"{name}: got shape {x.shape}, expected (n, d): one row of features a sample")
    if len(x) < least:
        raise ValueError(f"{name}: got {len(x)} samples, expected at least {least}")
    return finite(name, x)


def pair(first: str, a: np.ndarray, second: str, b: np.ndarray, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Check two sets of points that are to be compared: each as in :func:`points`, and of the same width.

    Raises:
        ValueError: as in :func:`points`, or the widths differ.
    """
    a, b = points(first, a, least), points(second, b, least)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"{second}: got {b.shape[1]} features, expected {a.shape[1]}, as {first} has")
    return a, b


def finite(name: str, x: np.ndarray) -> np.ndarray:
    """Return ``x`` as float64, or raise ValueError if it holds NaN, infinity or no numbers."""
    try:
        x = np.asarray(x, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: got {np.asarray(x).dtype}, expected numbers") from None
    if not np.isfinite(x).all():
        raise ValueError(f"{name}: {np.size(x) - np.isfinite(x).sum()} values are NaN or infinite")
    return x


def varied(name: str, *sets: np.ndarray) -> None:
    """Refuse features that are the same for all samples of each of the sets: no two can be told apart in them.

    Raises:
        ValueError: as said. A set of one sample counts as varied.
    """
    if all(len(x) > 1 and (x == x[0]).all() for x in sets):
        raise ValueError(f"{name}: {SAME}")


SAME = "all samples have the same features, so no two can be told apart; look at what makes the features"


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
