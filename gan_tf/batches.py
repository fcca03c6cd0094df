"""The batches that a train step receives: of the right type, shape and range, or refused."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_tf.checks import BOUND, Shape


def parts_of(data: Any) -> list[tf.Tensor]:
    """The arrays of a batch in their order, however Keras wraps them: ``(x, y, None)``, ``((a, b),)``, ``x``."""
    return [part for part in keras.tree.flatten(data) if part is not None]


def checked_data(
    x: Any, y: Any, batch_size: int | None, places: Sequence[int], low: float | None, replicas: int
) -> Any:
    """``x`` of ``fit``, after a look at its first samples and, for several replicas, at the size of its batches.

    The parts of a batch in these places are what the generators imitate; their values go from ``low``, if known, to 1.
    What is wrong is a ValueError, but InvalidArgumentError from within a ``tf.data.Dataset``, when it is drawn.
    """
    if isinstance(x, tf.distribute.DistributedDataset) or (low is None and replicas == 1):
        return x
    if isinstance(x, tf.data.Dataset):

        def look(*batch: np.ndarray) -> bool:
            _check_range(batch, places, low)
            _check_size(len(batch[0]), replicas)
            return True

        def looked_at(i: tf.Tensor, batch: Any) -> Any:
            parts = keras.tree.flatten(batch)
            due = (i == 0) | (tf.shape(parts[0])[0] % replicas > 0)
            good = tf.cond(due, lambda: tf.numpy_function(look, parts, tf.bool), lambda: True)
            with tf.control_dependencies([good]):
                return keras.tree.map_structure(tf.identity, batch)

        return x.enumerate().map(looked_at)
    if isinstance(x, keras.utils.PyDataset):
        _check_range(x[0], places, low)
    elif isinstance(x, Iterator):
        first = next(x)
        _check_range(first, places, low)
        return (batch for part in ([first], x) for batch in part)
    else:
        arrays, size = parts_of((x, y)), batch_size or 32
        _check_range([part[:256] for part in arrays], places, low)
        for part in (min(size, len(arrays[0])), len(arrays[0]) % size):
            _check_size(part, replicas)
    return x


def _check_size(size: int, replicas: int) -> None:
    if size % replicas:
        wanted = f"a multiple of {replicas}, the number of replicas; batch(..., drop_remainder=True) leaves a rest out"
        raise ValueError(f"data: got a batch of {size} samples, expected {wanted}")


def _check_range(batch: Any, places: Sequence[int], low: float | None) -> None:
    parts = parts_of(batch)
    for samples in (np.asarray(parts[place]) for place in places if low is not None and place < len(parts)):
        least, most = (float(samples.min()), float(samples.max())) if samples.dtype.kind == "f" else (low, 1.0)
        if not (low * BOUND <= least and most <= BOUND) or (len(samples) >= 8 and least >= 0 > low):
            cure = "x / 127.5 - 1" if least >= 0 and most > 2 else "2 * x - 1" if least >= 0 else "scale the samples"
            wanted = f"{low:g} to 1, which is what the generator makes; {cure if low else 'x / 255'}"
            raise ValueError(f"data: got values from {least:.4g} to {most:.4g}, expected {wanted}")


def split_batch(
    data: Any, shapes: Sequence[Shape], labelled: bool = False, classes: int | None = None
) -> tuple[list[tf.Tensor], tf.Tensor | None]:
    """The samples of a batch, one tensor a shape, and its labels; labels that are not needed are left out.

    A label out of the range of ``classes`` raises InvalidArgumentError (not in a step compiled by XLA).
    """
    parts, n = data if isinstance(data, (tuple, list)) else (data,), len(shapes)
    if not n + labelled <= len(parts) <= n + 1 or not all(hasattr(part, "dtype") for part in parts):
        kinds, some = ", ".join(sorted({type(part).__name__ for part in parts})), ", ".join(["samples"] * n)
        wanted = f"({some}, labels)" + (", because the generator takes labels" if labelled else f" or ({some})")
        came = "samples alone" if labelled and len(parts) == n else f"{len(parts)} part(s) ({kinds})"
        raise ValueError(f"data: got {came}, expected {wanted}")
    samples = [tf.convert_to_tensor(part) for part in parts[:n]]
    for part, shape in zip(samples, shapes):
        if not part.dtype.is_floating or not part.shape.is_compatible_with((None, *shape)):
            wanted = f"float32 of shape {(None, *shape)} in [-1, 1]"
            raise ValueError(f"data: got samples of {part.dtype.name} of shape {part.shape}, expected {wanted}")
    return samples, _labels(parts[n], classes) if labelled else None


def _labels(part: Any, classes: int | None) -> tf.Tensor:
    labels = tf.convert_to_tensor(part)
    if not labels.dtype.is_integer or not labels.shape.is_compatible_with((None,)):
        raise ValueError(f"labels: got {labels.dtype.name} of shape {labels.shape}, expected integers of shape (None,)")
    if not classes:
        return labels
    # Without this, a label out of range is a cryptic error on a CPU, and silently a wrong row on a GPU.
    message = f"labels: got one that is not among the {classes} classes, expected 0 to {classes - 1}"
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all((labels >= 0) & (labels < classes)), [message])]):
        return tf.identity(labels)
