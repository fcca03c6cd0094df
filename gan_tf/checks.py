"""What is refused at the door, all with ValueError and in one dialect: "name: got ..., expected ..."."""

import difflib
import math
import re
from collections.abc import Collection, Iterable, Sequence
from numbers import Real
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_tf.weights import named_layers

Shape = tuple[int, ...]
SAME = "all samples have the same features, so no two can be told apart; look at what makes the features"
BOUND = 1.001  # A resampled or denoised sample may overshoot by rounding, not by more.
SQUASHED = "sigmoid", "hardsigmoid", "softmax", "sparsemax", "tanh", "hardtanh", "relu", "relu6"
# What moves values, or takes means of them, and so stays in their range.
MOVING = re.compile("activ|linear|cast|shape|flat|squeeze|expand|item|pose|permute|crop|pad|upsam|drop|pool|mean")


def nearest(word: object, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'mnist'?"`` for the known name nearest to ``word``, or a full stop: ends a message."""
    # Case counts among the known names ("Trouser"), not in what was typed.
    names = {name.lower(): name for name in known}
    found = difflib.get_close_matches(str(word).lower().replace("-", "_"), names, n=1, cutoff=0.4)
    return f"; did you mean {names[found[0]]!r}?" if found else "."


def one_of(argument: str, word: object, known: Collection[str]) -> str:
    """Return ``word`` if it is among the known names; else the message suggests the nearest one."""
    if isinstance(word, str) and word in known:
        return word
    raise ValueError(f"{argument}: got {word!r}, expected one of {', '.join(known)}{nearest(word, known)}")


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Return ``value`` if it is a whole number from ``low`` to ``high``."""
    good = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not good or value < low or (high is not None and value > high):
        most = "" if high is None else f" to {high}"
        raise ValueError(f"{name}: got {value!r}, expected a whole number from {low}{most}")
    return int(value)


def check_weights(below: float = math.inf, **weights: float) -> None:
    """Refuse what a part of a loss cannot be multiplied by."""
    for name, value in weights.items():
        if not (isinstance(value, Real) and 0.0 <= value < below):
            most = "" if below == math.inf else f" to below {below:g}"
            raise ValueError(f"{name}: got {value!r}, expected a finite number from 0{most}")


def check_unit_range(name: str, x: np.ndarray) -> None:
    """Refuse NaN, infinity and values outside [-1, 1]."""
    low, high = float(x.min()), float(x.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"{name}: got NaN or infinity, expected finite values in [-1, 1]")
    if low < -BOUND or high > BOUND:
        cure = "x / 127.5 - 1 for bytes" if 0 <= low and 2 <= high <= 255 else "np.clip(x, -1, 1) cuts them off"
        raise ValueError(f"{name}: got values from {low:.4g} to {high:.4g}, expected [-1, 1]; {cure}")


def checked_labels(labels: Any, n: int | None, classes: int | None, name: str = "labels") -> np.ndarray:
    """Labels as int32 ``(n,)``, or with ``n`` None of any length from one; from 0 to below ``classes``, if known."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or len(labels) != (n or len(labels) or 1) or labels.dtype.kind not in "iu":
        cure = "; np.argmax(labels, -1) makes them of one-hot labels" if labels.ndim == 2 else ""
        wanted = f"integers of shape ({'n' if n is None else n},){cure}"
        raise ValueError(f"{name}: got {labels.dtype} of shape {labels.shape}, expected {wanted}")
    if classes and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(f"{name}: got {labels.min()} to {labels.max()}, expected 0 to {classes - 1}")
    return labels.astype(np.int32)


def points(name: str, x: np.ndarray, least: int = 2) -> np.ndarray:
    """Return ``x`` as float64 (n, d), -1e40 to 1e40 (so that sixth powers are finite), with ``least`` rows at least."""
    x = np.asarray(x)
    if x.ndim != 2 or x.shape[1] < 1 or len(x) < least:
        raise ValueError(f"{name}: got shape {x.shape}, expected one row of features a sample: (n, d), n from {least}")
    try:
        x = x.astype(np.float64, copy=False)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: got {x.dtype}, expected numbers") from None
    if not (good := np.abs(x) <= 1e40).all():
        raise ValueError(f"{name}: got {x.size - good.sum()} values that are NaN or infinite, or larger than 1e40")
    return x


def pair(first: str, a: np.ndarray, second: str, b: np.ndarray, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of points that are to be compared: each as in :func:`points`, and of the same width."""
    a, b = points(first, a, least), points(second, b, least)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"{second}: got {b.shape[1]} features, expected {a.shape[1]}, as {first} has")
    return a, b


def varied(name: str, *sets: np.ndarray) -> None:
    """Refuse features that are the same for all samples of each of the sets; a set of one sample counts as varied."""
    if all(len(x) > 1 and (x == x[0]).all() for x in sets):
        raise ValueError(f"{name}: {SAME}")


def check_pair(generator: keras.Model, discriminator: keras.Model, classes: int | None) -> int | None:
    """Refuse nets that do not fit together; return the number of classes, which is that of class logits if any."""
    for name, net, most in (("generator", generator, "one"), ("discriminator", discriminator, "one or two")):
        _check_net(name, net)
        if len(net.outputs) > 1 + (" " in most):
            raise ValueError(f"{name}: got {len(net.outputs)} outputs, expected {most}")
    tensors = (generator.inputs[0], generator.outputs[0], discriminator.inputs[0], discriminator.outputs[0])
    latents, made, taken, logits = (tensor.shape[1:] for tensor in tensors)
    if made != taken:
        raise ValueError(f"discriminator: got inputs of shape {taken}, expected {made}, as the generator makes them")
    if logits != (1,):
        raise ValueError(f"discriminator: got outputs of shape {logits}, expected one logit, (1,)")
    if len(latents) != 1:
        raise ValueError(f"generator: got inputs of shape {latents}, expected latents, (latent_dim,)")
    inputs, others, auxiliary = len(generator.inputs), len(discriminator.inputs), len(discriminator.outputs) == 2
    if inputs > 2 or others != (1 if auxiliary else inputs):
        wanted = "one each, or two each where the second takes labels; with class logits as a second output one"
        raise ValueError(f"generator, discriminator: got {inputs} and {others} inputs, expected {wanted}")
    check_logits("discriminator", discriminator)
    if not auxiliary:
        return classes
    shape = discriminator.outputs[1].shape[1:]
    if len(shape) != 1 or inputs != 2 or classes not in (None, shape[0]):
        wanted = f"class logits, ({classes or 'classes'},), and a generator that takes labels"
        raise ValueError(f"discriminator: got a second output of shape {shape}, expected {wanted}")
    return shape[0]


def check_translator(name: str, model: Any, labels: bool) -> None:
    """Refuse what does not make pictures of pictures; with ``labels`` it may have a second input of labels ``(n,)``."""
    _check_net(name, model)
    inputs, outputs = len(model.inputs), len(model.outputs)
    if inputs > 1 + labels or outputs != 1:
        wanted = f"one input of pictures{', or a second one of labels' * labels}, and one output"
        raise ValueError(f"{name}: got {inputs} inputs and {outputs} outputs, expected {wanted}")
    for what, tensor in (("inputs", model.inputs[0]), ("outputs", model.outputs[0])):
        if len(tensor.shape) != 4 or None in tensor.shape[1:]:
            raise ValueError(f"{name}: got {what} of shape {tensor.shape}, expected pictures (None, H, W, C)")
    if inputs == 2 and len(model.inputs[1].shape) != 1:
        raise ValueError(f"{name}: got a second input of shape {model.inputs[1].shape}, expected labels (None,)")


def check_discriminator(name: str, model: Any, *shapes: Shape, outputs: int = 1) -> None:
    """Refuse a discriminator that does not take pictures of these shapes, one an input, or has not so many outputs."""
    _check_net(name, model)
    found, wanted = ([tensor.shape[1:] for tensor in model.inputs], len(model.outputs)), ([*shapes], outputs)
    if found != wanted:
        shown = ("inputs of shape {} and {} outputs".format(*each) for each in (found, wanted))
        raise ValueError(f"{name}: got {', expected '.join(shown)}, of logits")
    check_logits(name, model)


def _check_net(name: str, net: Any) -> None:
    if not isinstance(net, keras.Model) or not net.built or not getattr(net, "inputs", None):
        raise ValueError(f"{name}: got {net!r}, expected a Keras model that starts with keras.Input")


def check_optimizer(name: str, optimizer: Any, variables: Sequence[keras.Variable]) -> None:
    """Refuse what is no Keras optimizer, such as its name, and one that was built for other weights than these."""
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(f"{name}: got {optimizer!r}, expected an object such as keras.optimizers.Adam(1e-3)")
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if inner.built and {id(v) for v in inner._trainable_variables} != {id(v) for v in variables}:
        wanted = "a new optimizer for each GAN, and compile again after a change of trainable"
        raise ValueError(f"{name}: got one that trains other weights, expected {wanted}")


def last_activation(net: keras.Model, output: int = 0) -> str | None:
    """Its name ("linear", "tanh") before an output of a net; what only moves values, such as Reshape, is left out."""
    # A net of this output alone has no other branches.
    for layer in reversed(keras.Model(net.inputs, net.outputs[output]).operations):
        while isinstance(layer, keras.layers.Wrapper):
            layer = layer.layer
        if isinstance(layer, keras.Model):
            return last_activation(layer)
        name = getattr(getattr(layer, "activation", None), "__name__", type(layer).__name__).lower().replace("_", "")
        if getattr(layer, "weights", ()) or not MOVING.search(name):
            return name


def check_logits(name: str, net: keras.Model) -> None:
    """Refuse a discriminator whose outputs are probabilities: the losses would squash them again."""
    for output in range(len(net.outputs)):
        if (found := last_activation(net, output)) in SQUASHED:
            raise ValueError(f"{name}: got {found} at its end, expected logits: leave the last activation out")


def check_penalty(penalty: Any, discriminator: keras.Model) -> None:
    """Refuse a gradient penalty on a discriminator whose batch statistics mix the samples."""
    inside = [layer for layer in named_layers(discriminator).values() if layer.trainable]
    found = [layer.name for layer in inside if isinstance(layer, keras.layers.BatchNormalization)]
    if penalty is not None and found:
        cure = "use layer normalization, or penalty=None: a sample's gradient must be its own"
        raise ValueError(f"penalty: got one with batch normalization ({found[0]}) in the discriminator; {cure}")


def check_augment(augment: Any, shape: Shape) -> None:
    """Refuse what is no function ``(samples, seed=...)`` to samples of the same shape; ``None`` passes."""
    wanted = "a function (samples, seed) -> samples, whose seed is a keras.random.SeedGenerator; see gan_tf.augment"
    x = tf.zeros((2, *shape))
    try:
        made = x if augment is None else augment(x, seed=keras.random.SeedGenerator(0))
    except Exception as error:  # Of any kind: it is the user's function.
        raise ValueError(f"augment: got {augment!r} ({error}), expected {wanted}") from error
    if tuple(made.shape) != (2, *shape):
        raise ValueError(f"augment: got one that makes {tuple(made.shape[1:])} of {shape}, expected {wanted}")


def check_scope(name: str, variables: Iterable[keras.Variable]) -> None:
    """Refuse weights that were made outside of the strategy in force."""
    made_here = tf.distribute.get_strategy().extended.variable_created_in_scope
    if not all(made_here(variable.value) for variable in variables):
        raise ValueError(f"{name}: got weights from outside of the strategy, expected nets built inside its scope()")


def check_can_be_saved(name: str, value: Any) -> None:
    """Refuse a function that Keras could write but not read, such as a lambda, and a loss of one's own."""
    if value is None or isinstance(value, str) or hasattr(value, "get_config"):
        return
    if not callable(value) or keras.saving.get_registered_object(keras.saving.get_registered_name(value)) is not value:
        wanted = "a name or one registered by @keras.saving.register_keras_serializable()"
        cure = "gan.averaged.save(...) saves the generator, gan_tf.Resume the training"
        raise ValueError(f"{name}: got {value!r}, which no file can hold, expected {wanted}; {cure}")


def check_function(name: str, function: Any) -> None:
    """Refuse what cannot be called; ``None`` passes."""
    if function is not None and not callable(function):
        raise ValueError(f"{name}: got {function!r}, expected a function or None")
