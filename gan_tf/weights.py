"""The weights of a net, and the state of a training, by name: the same names wherever the same net is built."""

import itertools
import re
from collections.abc import Container, Mapping, Sequence

import keras
import numpy as np

from gan_tf.files import ArraysError


def unused(name: str, taken: Container[str]) -> str:
    """The name, or with the first number behind it that makes it a new one."""
    return next(one for i in itertools.count() if (one := f"{name}_{i}" if i else name) not in taken)


def named_layers(net: keras.Model, prefix: str = "") -> dict[str, keras.Layer]:
    """The layers but inputs in order, and those of nested nets: "dense", "dense_1", "encoder", "encoder/dense"."""
    found: dict[str, keras.Layer] = {}
    # Keras counts the layers of a process to name them ("dense_3"); here those of one net are counted.
    for layer in (layer for layer in net.layers if not isinstance(layer, keras.layers.InputLayer)):
        kind = re.sub(r"_\d+$", "", layer.name)
        given_by_keras = kind.replace("_", "") == type(layer).__name__.replace("_", "").lower()
        name = unused(prefix + (kind if given_by_keras else layer.name), found)
        found |= {name: layer} | (named_layers(layer, f"{name}/") if isinstance(layer, keras.Model) else {})
    return found


def described(net: keras.Model) -> list[str]:
    """Its layers in their order and what they are, for a file: the shapes of weights do not tell."""
    return [f"{name} ({type(layer).__name__})" for name, layer in named_layers(net).items()]


def named_weights(net: keras.Model, seeds: bool = False) -> dict[str, keras.Variable]:
    """Its weights by layer and name, "dense/kernel", trained or not; with ``seeds`` those of dropout as well."""
    found: dict[str, keras.Variable] = {}
    # Nets come last: what no layer has is their own.
    for path, layer in sorted([*named_layers(net).items(), ("", net)], key=lambda one: isinstance(one[1], keras.Model)):
        known = {id(variable) for variable in found.values()}
        for variable in layer.variables if seeds else layer.weights:
            if id(variable) not in known:
                name = re.sub(r"_\d+(?=/|$)", "", variable.path.rpartition(f"{layer.name}/")[2])
                found[unused(f"{path}/{name}".lstrip("/"), found)] = variable
    return found


def assign(
    variables: Mapping[str, keras.Variable], arrays: Mapping[str, np.ndarray],
    layers: Sequence[str] = (), saved_layers: Sequence[str] = (),
) -> None:  # fmt: skip
    """Give each variable the array of its name; ArraysError says what does not fit, and then nothing is changed."""
    for i, (saved, here) in enumerate(itertools.zip_longest(saved_layers, layers, fillvalue="no layer")):
        if saved != here:
            raise ArraysError(f"layer {i}: got {saved}, expected {here}")
    missing, unknown = sorted(variables.keys() - arrays.keys()), sorted(arrays.keys() - variables.keys())
    if missing or unknown:
        found = f"{len(missing)} missing ({', '.join(missing[:3])}), {len(unknown)} unknown ({', '.join(unknown[:3])})"
        raise ArraysError(f"arrays: {found}")
    for name, variable in variables.items():
        if arrays[name].shape != tuple(variable.shape):
            raise ArraysError(f"{name}: got shape {arrays[name].shape}, expected {tuple(variable.shape)}")
    for name, variable in variables.items():
        variable.assign(keras.ops.cast(arrays[name], variable.dtype))


def named_state(gan: keras.Model) -> dict[str, keras.Variable]:
    """All that the next step of a training depends on: its ``parts`` are nets, optimizers and lists of variables."""
    found = {}
    for part, content in gan.parts.items():
        if isinstance(content, keras.Model):
            named = named_weights(content, seeds=True)
        elif isinstance(content, keras.optimizers.Optimizer):
            named = _slots(content, _nets(gan, part.removesuffix("_optimizer")))
        else:
            named = {str(i): variable for i, variable in enumerate(content)}
        found |= {f"{part}/{name}": variable for name, variable in named.items()}
    return found


def state(gan: keras.Model) -> dict[str, np.ndarray]:
    """A copy of the :func:`named_state`."""
    return {name: np.array(variable.numpy()) for name, variable in named_state(gan).items()}


def layers(gan: keras.Model) -> list[str]:
    """The layers of all nets, which the names and shapes in a :func:`state` do not tell."""
    return [f"{name}/{layer}" for name, net in _nets(gan).items() for layer in described(net)]


def restore(gan: keras.Model, arrays: Mapping[str, np.ndarray], saved_layers: Sequence[str]) -> None:
    """Put a :func:`state` back; the layers as when it was saved. Errors as those of :func:`assign`."""
    assign(named_state(gan), arrays, layers(gan), saved_layers)


def _nets(gan: keras.Model, side: str = "") -> dict[str, keras.Model]:
    return {k: v for k, v in gan.parts.items() if isinstance(v, keras.Model) and k.startswith(side)}


def _slots(optimizer: keras.optimizers.Optimizer, nets: dict[str, keras.Model]) -> dict[str, keras.Variable]:
    """By weight and slot, "generator/dense/kernel/momentum": Keras names that variable "dense_3_kernel_momentum"."""
    weights = {f"{net}/{name}/": weight for net in nets for name, weight in named_weights(nets[net]).items()}
    stems = [(weight.path.replace("/", "_") + "_", name) for name, weight in weights.items()]
    stems.sort(key=lambda stem: -len(stem[0]))
    found: dict[str, keras.Variable] = {}
    for variable in optimizer.variables:
        names = (variable.name.replace(*stem, 1) for stem in stems if variable.name.startswith(stem[0]))
        found[unused(next((name for name in names if name not in found), variable.name), found)] = variable
    return found
