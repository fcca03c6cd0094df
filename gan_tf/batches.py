"""The batches that a train step receives: of the right type, shape and range, or refused."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_tf.checks import BOUND, Shape

FEW = 16  # A sample of fewer numbers is a point, which may well have none below zero; a picture has.


def parts_of(data: Any) -> list[tf.Tensor]:
    """The arrays of a batch in their order, however Keras wraps them: ``(x, y, None)``, ``((a, b),)``, ``x``."""
    if isinstance(data, Mapping):  # Keras would take its entries in the order of their names.
        wanted = "arrays in their order, such as (samples, labels)"
        raise ValueError(f"data: got a dict of {', '.join(map(str, data))}, expected {wanted}")
    if isinstance(data, (tuple, list)):
        return [part for one in data for part in parts_of(one)]
    return [] if data is None else [data]


def checked_data(
    x: Any, y: Any, batch_size: int | None, steps: int | None, places: Sequence[int], low: float | None, replicas: int
) -> Any:
    """``x`` of ``fit``, after a look at all of its arrays, or at the first batch of what else it is.

    The parts of a batch in these places are what the generators imitate; their values go from ``low``, if known, to 1.
    What is wrong, is endless without ``steps``, or has batches that replicas cannot share is a ValueError, but
    InvalidArgumentError from within a ``tf.data.Dataset``, when it is drawn.
    """
    if isinstance(x, tf.distribute.DistributedDataset):
        return x
    if isinstance(x, tf.data.Dataset):
        _check_kinds(x, parts_of(x.element_spec))
        if x.cardinality() == 0:
            raise ValueError("data: got no batch; batch(..., drop_remainder=True) makes none of too few samples")
        if x.cardinality() == tf.data.INFINITE_CARDINALITY and steps is None:
            raise ValueError("steps_per_epoch: got None, expected a number, because the data never end")

        def look(*batch: np.ndarray) -> bool:
            _check_range(batch, places, low)
            _check_size(len(batch[0]), replicas)
            return True

        def looked_at(i: tf.Tensor, batch: Any) -> Any:
            parts = parts_of(batch)
            due = (i == 0) | (tf.shape(parts[0])[0] % replicas > 0)
            good = tf.cond(due, lambda: tf.numpy_function(look, parts, tf.bool), lambda: True)
            with tf.control_dependencies([good]):
                return keras.tree.map_structure(tf.identity, batch)

        return x.enumerate().map(looked_at)
    if isinstance(x, keras.utils.PyDataset):
        first = parts_of(x[0])
    elif isinstance(given := x, Iterator):
        first = next(given, None)
        x, first = (batch for part in ([first], given) for batch in part), parts_of(first)
    else:
        first, size = parts_of((x, y)), batch_size or 32
        _check_kinds(x, first)
        for part in (min(size, len(first[0])), len(first[0]) % size) if first else ():
            _check_size(part, replicas)
    _check_range(first, places, low)
    return x


def _check_kinds(x: Any, parts: list) -> None:
    kinds = {type(part).__name__ for part in parts if not hasattr(part, "shape")}
    kinds |= {kind for part in parts if (kind := type(part).__name__).startswith(("Ragged", "Sparse"))}
    if kinds:
        cure = "call the function" if callable(x) else "x.batches(64)" if hasattr(x, "batches") else "pad the rows"
        wanted = f"arrays, or a tf.data.Dataset, PyDataset or generator of batches of arrays; {cure}"
        raise ValueError(f"data: got {', '.join(kinds)}, expected {wanted}")


def _check_size(size: int, replicas: int) -> None:
    if size % replicas:
        wanted = f"a multiple of {replicas}, the number of replicas; batch(..., drop_remainder=True) leaves a rest out"
        raise ValueError(f"data: got a batch of {size} samples, expected {wanted}")


def _check_range(parts: Sequence[Any], places: Sequence[int], low: float | None) -> None:
    if not parts or not len(parts[0]):
        raise ValueError("data: got no samples")
    for samples in (np.asarray(parts[place]) for place in places if low is not None and place < len(parts)):
        least, most = (float(samples.min()), float(samples.max())) if samples.dtype.kind == "f" else (low, 1.0)
        positive = least >= 0 > low and len(samples) >= 8 and samples[0].size >= FEW
        if not (low * BOUND <= least and most <= BOUND) or positive:
            cure = "x / 127.5 - 1" if least >= 0 and most > 2 else "2 * x - 1" if least >= 0 else "scale the samples"
            wanted = f"{low:g} to 1, which is what the generator makes; {cure if low else 'x / 255'}"
            raise ValueError(f"data: got values from {least:.4g} to {most:.4g}, expected {wanted}")


def split_batch(
    data: list, shapes: Sequence[Shape], lows: Sequence[float | None], labelled: bool = False, classes: int | None = 0
) -> tuple[list[tf.Tensor], tf.Tensor | None]:
    """The samples of a batch, float32, one tensor a shape, and labels; a GAN that needs none leaves them out.

    Samples that are not finite or, where it is known, not from their ``low`` to 1, and labels that are not from 0 to
    below ``classes``, raise InvalidArgumentError (not in a step compiled by XLA).
    """
    n, some = len(shapes), ", ".join(["samples"] * len(shapes))
    if not n + labelled <= len(data) <= n + (labelled or n == 1) or not all(hasattr(part, "dtype") for part in data):
        kinds = ", ".join(sorted({type(part).__name__ for part in data}))
        wanted = f"({some}, labels), because the generator takes labels" if labelled else f"({some})"
        came = "samples alone" if labelled and len(data) == n else f"{len(data)} part(s) ({kinds})"
        raise ValueError(f"data: got {came}, expected {wanted}")
    if classes and len(data) > n and not labelled:
        raise ValueError(f"classes: got {classes} and labels, but nets that take none; give them a second input")
    samples = [tf.convert_to_tensor(part) for part in data[:n]]
    for i, (part, shape, low) in enumerate(zip(samples, shapes, lows)):
        if not part.dtype.is_floating or not part.shape.is_compatible_with((None, *shape)):
            wanted = f"float32 of shape {(None, *shape)} in [-1, 1]"
            raise ValueError(f"data: got samples of {part.dtype.name} of shape {part.shape}, expected {wanted}")
        x, wanted = tf.cast(part, "float32"), "finite ones" if low is None else f"{low:g} to 1"
        least, most = (-3e38, 3e38) if low is None else (low * BOUND, BOUND)
        samples[i] = _asserted(x, (x >= least) & (x <= most), f"data: got other values or NaN, expected {wanted}")
    if not labelled:
        return samples, None
    labels = tf.convert_to_tensor(data[n])
    if not labels.dtype.is_integer or not labels.shape.is_compatible_with((None,)):
        wanted = "integers of shape (None,); np.argmax(labels, -1) makes them of one-hot labels"
        raise ValueError(f"labels: got {labels.dtype.name} of shape {labels.shape}, expected {wanted}")
    # Without this, a label out of range is a cryptic error on a CPU, and silently a wrong row on a GPU.
    message = f"labels: got one that is not among the {classes} classes, expected 0 to {(classes or 0) - 1}"
    return samples, _asserted(labels, (labels >= 0) & (labels < classes), message) if classes else labels


def _asserted(x: tf.Tensor, good: tf.Tensor, message: str) -> tf.Tensor:
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(good), [message])]):
        return tf.identity(x)
