"""A trained net for use elsewhere: other formats, 8-bit weights, fewer weights; loading runs no code of a file.

A SavedModel is a program: whoever wrote it decides what it does when it is loaded, so :func:`load` does not take one.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import re
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from gan_tf.adversarial import copy_of
from gan_tf.files import ArraysError
from gan_tf.startup import silence
from gan_tf.weights import assign, named_weights

SUFFIXES = (".keras", ".tflite", "")  # The last is a folder, TensorFlow's SavedModel.
MAX_BYTES = 1 << 30  # of a file that is loaded, unpacked
# Where what a .keras file names may come from. Not keras.utils: it holds functions that fetch and write files.
_MODULES = ("keras", "keras.layers", "keras.initializers", "keras.constraints", "keras.regularizers", "keras.ops")
_FOREIGN = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")  # layers that hold code of others
_LACKING = {"BitwiseAnd", "Erf"}  # what nets of ours compute and .tflite has no operation for


class ExportError(ValueError):
    """A file that holds no net, or one that is not loaded, or a net that cannot be written; the message says why."""


def save(path: str | os.PathLike, model: keras.Model, eight_bit: bool = False) -> Path:
    """Write a net for use elsewhere, whole or not at all. An earlier file or folder of that name is replaced.

    Args:
        path: its suffix says the format. ``.keras``: Keras's own, to train on. ``.tflite``: for LiteRT, on telephones
            and small computers. No suffix: a folder, TensorFlow's SavedModel, for servers, C++ and JavaScript.
        model: the net.
        eight_bit: for ``.tflite``, keep weights as whole numbers of 8 bits.

    A ``.tflite`` file is written from a float32 copy of the net, whatever precision its layers compute in.

    Raises:
        ValueError: another suffix, ``eight_bit`` for another format, or a model that is no single net, such as a GAN.
        ExportError: the net has operations that the format lacks.
    """
    path = Path(path)
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        cure = "for a GAN gan.averaged, for a sampler or translator its generator"
        raise ValueError(f"model: got {type(model).__name__}, expected one net that starts with keras.Input; {cure}")
    if path.suffix not in SUFFIXES:
        raise ValueError(f"path: got {str(path)!r}, expected a name that ends in .keras or .tflite, or has no suffix")
    if eight_bit and path.suffix != ".tflite":
        raise ValueError(f"eight_bit: only .tflite files have it, got {path.name!r}; see quantized for any net")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
        part = Path(folder) / f"model{path.suffix}"
        with quiet():
            if path.suffix == ".keras":
                model.save(part)
            elif path.suffix == ".tflite":
                part.write_bytes(_lite(model, Path(folder) / "saved", eight_bit))
            else:
                model.export(part, verbose=False)
        if path.is_dir():  # A folder cannot be replaced by a move; moved aside, it is whole until the new one is there.
            os.replace(path, Path(folder) / "earlier")
        os.replace(part, path)
    return path


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without TensorFlow's lines about assets, delegates, the package that its interpreter will move to, and, where our
    own error says enough, those of the converter."""
    log, refused = logging.getLogger("tensorflow"), None
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings(), silence():
            warnings.simplefilter("ignore")
            try:
                yield
            except ExportError as error:  # silence shows what was written if an error passes it.
                refused = error
    finally:
        log.setLevel(level)
    if refused:
        raise refused


def _lite(model: keras.Model, folder: Path, eight_bit: bool) -> bytes:
    _for_lite(model).export(folder, verbose=False)
    graph = tf.saved_model.load(str(folder)).signatures["serve"].graph.as_graph_def()
    if lacking := _LACKING & {node.op for function in graph.library.function for node in function.node_def}:
        raise ExportError(_cannot(", ".join(sorted(lacking))))
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
    if eight_bit:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    try:
        return converter.convert()
    except Exception as error:  # The converter has an error class of its own, and no public name for it.
        found = re.search(r"^(?:TF Select|Custom) ops: (.*)$", str(error), re.MULTILINE)
        raise ExportError(_cannot(found[1] if found else str(error).splitlines()[0][:200])) from None


def _cannot(what: str) -> str:
    return (
        f"model: .tflite lacks what it computes ({what}); write a .keras file, or a SavedModel (a name without suffix)"
    )


def _for_lite(model: keras.Model) -> keras.Model:
    """A copy in float32, in which the converter knows each height and width: it loses them where pixels are repeated.

    The weights are kept in float32 under every policy of mixed precision, so the copy has them all.
    """

    def in_float32(part: Any) -> Any:
        if isinstance(part, list):
            return [in_float32(one) for one in part]
        if not isinstance(part, dict):
            return part
        if part.get("class_name") == "DTypePolicy":
            return {**part, "config": {"name": "float32"}}
        return {key: in_float32(one) for key, one in part.items()}

    def reshaped(layer: keras.Layer, *args: Any, **options: Any) -> Any:
        made = layer(*args, **options)
        repeats = isinstance(layer, layers.UpSampling1D | layers.UpSampling2D | layers.UpSampling3D)
        return layers.Reshape(made.shape[1:])(made) if repeats and None not in made.shape[1:] else made

    net = keras.Model(model.inputs, model.outputs)  # Not a Sequential, in which no call can be changed.
    copy = keras.models.clone_model(
        net,
        clone_function=lambda layer: type(layer).from_config(in_float32(layer.get_config())),
        call_function=reshaped,
    )
    copy.set_weights(net.get_weights())
    return copy


def load(path: str | os.PathLike) -> Any:
    """Load a ``.keras`` or ``.tflite`` file. No code in it is run.

    A ``.keras`` file has checksums. A ``.tflite`` file has none: damage to its weights goes unnoticed.

    Returns:
        A Keras model, or a :class:`Lite`.

    Raises:
        ExportError: a missing, damaged or foreign file; one with code in it; a SavedModel.
    """
    path = Path(path)
    if path.is_dir() or path.suffix not in (".keras", ".tflite"):
        raise ExportError(
            f"{path}: expected a .keras or .tflite file; a SavedModel is a program and is not loaded here"
        )
    if not path.is_file():
        raise ExportError(f"{path}: no such file")
    try:
        if path.suffix == ".tflite":
            return Lite(path.read_bytes())
        _check_keras(path)
        with quiet():
            return keras.saving.load_model(path, compile=False, safe_mode=True)
    except ExportError as error:
        raise ExportError(f"{path}: {error}") from None
    except Exception as error:  # Whatever a damaged file leads a parser to.
        raise ExportError(f"{path}: damaged, or no net ({str(error)[:300]})") from error


def _check_keras(path: Path) -> None:
    """Read what a ``.keras`` file is made of before Keras does, whose own safe mode has had holes."""
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_BYTES:
            raise ExportError(f"unpacks to {size:,} bytes, more than {MAX_BYTES:,}")
        names = set(archive.namelist())
        if unknown := sorted(names - {"metadata.json", "config.json", "model.weights.h5"}):
            raise ExportError(f"holds {unknown[0]}, which no net of Keras has")
        if archive.testzip():
            raise ExportError("is damaged")
        config = json.loads(archive.read("config.json"))
    _check_config(config)


def _check_config(part: Any) -> None:
    if isinstance(part, list):
        for one in part:
            _check_config(one)
    if not isinstance(part, dict):
        return
    if "class_name" in part:
        name, module = part["class_name"], part.get("module")
        ours = module in (*_MODULES, None) or str(module).startswith(("keras.src.ops.", "keras.src.models."))
        ours = ours or _is_registered(part)
        # An activation is a function by name.
        activation = (
            name == "function" and isinstance(part.get("config"), str) and hasattr(keras.activations, part["config"])
        )
        if not (ours or activation) or name in (*_FOREIGN, "__lambda__"):
            raise ExportError(f"holds code: it names {name!r} of {module!r}")
    for one in part.values():
        _check_config(one)


def _is_registered(part: Mapping[str, Any]) -> bool:
    """Whether a part names a layer of this package, and nothing else under its name."""
    found = keras.saving.get_registered_object(str(part.get("registered_name")))
    same = getattr(found, "__name__", None) == part["class_name"] and found.__module__ == part.get("module")
    return same and found.__module__.startswith(("gan_tf.", "gan_course."))


class Lite:
    """A ``.tflite`` net, to be called as a Keras model: latents, or a list of latents and labels, to float32 samples.

    LiteRT's own package runs it where it is installed (``ai_edge_litert``), else TensorFlow's copy.
    """

    def __init__(self, content: bytes):
        if importlib.util.find_spec("ai_edge_litert"):
            from ai_edge_litert.interpreter import Interpreter
        else:
            Interpreter = tf.lite.Interpreter
        with quiet():
            self._run = Interpreter(model_content=content).get_signature_runner()
        # The converter numbers the inputs; labels are the whole numbers.
        details = self._run.get_input_details()
        self._names = sorted(details, key=lambda name: np.issubdtype(details[name]["dtype"], np.integer))
        self._kinds = [details[name]["dtype"] for name in self._names]
        with quiet():  # Only the first run tells what it runs on.
            self([np.zeros([1, *details[name]["shape"][1:]], details[name]["dtype"]) for name in self._names])

    def __call__(self, inputs: Any, training: bool = False) -> np.ndarray:
        parts = inputs if isinstance(inputs, list | tuple) else [inputs]
        if len(parts) != len(self._names):
            raise ValueError(f"inputs: got {len(parts)} arrays, expected {len(self._names)}")
        given = zip(self._names, parts, self._kinds, strict=True)
        return next(iter(self._run(**{name: np.asarray(part, kind) for name, part, kind in given}).values()))


def quantized(model: keras.Model) -> dict[str, np.ndarray]:
    """The weights with 8 bits each, for :func:`gan_tf.files.save_arrays`: a quarter of the bytes of float32.

    Each output channel of a kernel has a scale of its own, its largest weight divided by 127 (Jacob et al. 2018,
    "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"). Vectors, such as
    biases and batch norm's, stay as they are: they are few, and errors in them hurt.
    """
    packed = {}
    for name, variable in named_weights(model).items():
        weight = variable.numpy()
        if not _is_kernel(weight):
            packed[name] = weight
            continue
        scale = np.abs(weight).max(axis=tuple(range(weight.ndim - 1))) / 127
        packed[name] = np.round(weight / np.where(scale, scale, 1)).astype(np.int8)
        packed[f"{name}.scale"] = scale.astype(np.float32)
    return packed


def with_quantized(model: keras.Model, packed: Mapping[str, np.ndarray]) -> keras.Model:
    """A copy of a net with the weights of :func:`quantized`, as float32 again.

    Raises:
        ExportError: the weights are those of another net.
    """
    copy = copy_of(model)
    scales = {name.removesuffix(".scale"): array for name, array in packed.items() if name.endswith(".scale")}
    weights = {name: array * scales.get(name, 1) for name, array in packed.items() if not name.endswith(".scale")}
    try:
        assign(named_weights(copy), weights)
    except ArraysError as error:
        raise ExportError(f"packed: it is of another net ({error})") from error
    return copy


def pruned(model: keras.Model, share: float) -> keras.Model:
    """A copy of a net in which this share of each kernel's weights, the smallest, is zero (Han et al. 2015, "Learning
    both Weights and Connections for Efficient Neural Networks"). It is smaller once packed; it is not faster.

    Raises:
        ValueError: ``share`` is not from 0 to below 1.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share: got {share!r}, expected a number from 0 to below 1")
    weights = []
    for weight in model.get_weights():
        if _is_kernel(weight):
            limit = np.quantile(np.abs(weight), share)
            weight = np.where(np.abs(weight) < limit, 0, weight).astype(weight.dtype)
        weights.append(weight)
    copy = copy_of(model)
    copy.set_weights(weights)
    return copy


def _is_kernel(weight: np.ndarray) -> bool:
    return weight.ndim > 1


def bytes_of(path: str | os.PathLike) -> int:
    """Bytes of a file, or of all files in a folder."""
    path = Path(path)
    return sum(one.stat().st_size for one in (path.rglob("*") if path.is_dir() else [path]) if one.is_file())
