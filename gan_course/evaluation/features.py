"""Small classifiers whose last hidden layer is the space in which samples are compared.

The usual feature network, Inception trained on ImageNet, wants a download and coloured photographs of 299 pixels. A
classifier trained on the same small data costs seconds and has few features. That is a choice for speed, not a better
measure: distances follow the classes that it was trained on (as Kynkäänniemi et al. 2023 show for FID), and ignore what
it was trained to ignore. They compare only with distances in the same features: never with published "FID" values.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_course import audio, paths
from gan_course.cpu import in_parts
from gan_course.exact import full_float32
from gan_tf.checks import check_unit_range, one_of
from gan_tf.files import ArraysError, load_arrays
from gan_tf.weights import assign, described, named_weights


@dataclass(frozen=True)
class Architecture:
    """A stack of 3x3 convolutions (the first may differ), one hidden layer, logits.

    Attributes:
        shape: one sample, channels last: (H, W, C), or (T, H, W, C) for clips.
        layers: (kernel size, filters, stride) of each convolution.
        features: width of the hidden layer.
        classes: how many classes the logits name.
        file: file name of the weights under ``pretrained/``.
        data: name of the data set it is trained on.
        target: what it names: "labels", "speakers" of sounds, or "instruments" of notes.
        prepare: makes samples of waveforms (n, samples), for a network that listens.
    """

    shape: tuple[int, ...]
    layers: tuple[tuple[int, int, int | tuple[int, ...]], ...]
    features: int
    classes: int
    file: str
    data: str
    target: str = "labels"
    prepare: Callable[[np.ndarray], np.ndarray] | None = None


_DIGIT_LAYERS = ((5, 32, 2), (3, 64, 1), (3, 64, 2), (3, 64, 1), (3, 64, 2))
_PHOTO_LAYERS = ((3, 32, 1), (3, 64, 2), (3, 64, 1), (3, 128, 2), (3, 128, 1), (3, 128, 2))
# Frames are halved first, time only from the second layer on.
_CLIP_LAYERS = ((3, 16, (1, 2, 2)), (3, 32, 2), (3, 32, 1), (3, 64, 2), (3, 64, 1), (3, 64, 2))
_SOUND = ((64, 64, 1), ((5, 24, 2), (3, 48, 2), (3, 48, 1), (3, 64, 2), (3, 64, 1), (3, 64, 2)), 128)

_log_mel_of_notes = functools.partial(audio.log_mel, config=audio.NOTES)

# A new data set is one line here and one run of tools/train_classifier.py.
ARCHITECTURES: dict[str, Architecture] = {
    "mnist": Architecture((28, 28, 1), _DIGIT_LAYERS, 128, 10, "mnist_classifier.safetensors", "mnist"),
    "cifar10": Architecture((32, 32, 3), _PHOTO_LAYERS, 256, 10, "cifar10_classifier.safetensors", "cifar10"),
    "spoken_digits": Architecture(
        *_SOUND, 10, "spoken_digits_classifier.safetensors", "spoken_digits", "labels", audio.log_mel
    ),
    "spoken_digits_speakers": Architecture(
        *_SOUND, 6, "spoken_digits_speakers.safetensors", "spoken_digits", "speakers", audio.log_mel
    ),
    "notes": Architecture(*_SOUND, 14, "notes_classifier.safetensors", "notes", "instruments", _log_mel_of_notes),
    "moving_digits": Architecture(
        (16, 32, 32, 1), _CLIP_LAYERS, 128, 10, "moving_digits_classifier.safetensors", "moving_digits"
    ),
    "human_actions": Architecture(
        (16, 32, 32, 3), _CLIP_LAYERS, 128, 4, "human_actions_classifier.safetensors", "human_actions"
    ),
}
# Data sets of the same shape that have no network of their own yet are compared in the features of another one, as
# faces and bedrooms are in those of ImageNet; its class names mean nothing for them.
STAND_INS: dict[str, str] = {"fashion_mnist": "mnist"}


def build(architecture: Architecture, training: bool = False) -> keras.Model:
    """Make the network, with fresh weights.

    Args:
        architecture: what to build.
        training: add batch normalisation and dropout, as tools/train_classifier.py wants them. The stored weights have
            the normalisation folded into the convolutions, so the network that measures is shorter and faster.

    Returns:
        A model from samples in [-1, 1] to a pair (features, logits).
    """
    layers = keras.layers
    # A measuring instrument has the same precision everywhere: float32 whatever the global policy is.
    single = {} if training else {"dtype": "float32"}
    convolution = layers.Conv2D if len(architecture.shape) == 3 else layers.Conv3D
    inputs = keras.Input(architecture.shape, name="samples", **single)
    # From [-1, 1] to [0, 1], so that the zeros of the padding continue a dark background.
    x = layers.Rescaling(0.5, 0.5, name="unit_range", **single)(inputs)
    for i, (kernel, filters, stride) in enumerate(architecture.layers):
        x = convolution(
            filters, kernel, stride, padding="same", use_bias=not training, name=f"convolution_{i}", **single
        )(x)
        if training:
            x = layers.BatchNormalization(name=f"normalisation_{i}", **single)(x)
        x = layers.ReLU(name=f"relu_{i}", **single)(x)
    x = layers.Flatten(name="flat", **single)(x)
    if training:
        x = layers.Dropout(0.3, name="dropout_flat", **single)(x)
    features = layers.Dense(architecture.features, activation="relu", name="features", **single)(x)
    x = layers.Dropout(0.3, name="dropout_features", **single)(features) if training else features
    logits = layers.Dense(architecture.classes, name="logits", dtype="float32")(x)
    return keras.Model(inputs, (features, logits), name="classifier")


class FeatureNetwork:
    """A trained classifier used as a measuring instrument. Get one from :func:`feature_network`.

    Attributes:
        name: the data set it knows.
        shape: shape of one sample.
        class_names: what the logits name, in order.
        accuracy: share of the real test split that it names right, from the file of its weights.
        meta: everything the file says about how it was trained.
        prepare: makes samples of waveforms (n, samples), where it listens; else None.
    """

    def __init__(
        self,
        name: str,
        model: keras.Model,
        meta: dict[str, Any],
        prepare: Callable[[np.ndarray], np.ndarray] | None = None,
    ):
        self.name = name
        self.prepare = prepare
        self.model = model
        self.meta = meta
        self.shape = tuple(model.input_shape[1:])
        self.class_names = tuple(meta["class_names"])
        self.accuracy = float(meta["accuracy"])
        signature = tf.TensorSpec((None, *self.shape), tf.float32)
        # One graph for every batch size; Model.predict would trace anew and print a progress bar.
        self._run = tf.function(lambda x: model(x, training=False), input_signature=[signature])

    @functools.cached_property
    def maps(self) -> keras.Model:
        """Its convolutions alone, each behind its ReLU: from samples of any height and width to a list of maps."""
        samples = x = keras.Input((*(None for _ in self.shape[:-1]), self.shape[-1]), dtype="float32")
        found = []
        for layer in self.model.layers[1:]:
            if isinstance(layer, keras.layers.Flatten):
                break
            x = layer(x)
            if isinstance(layer, keras.layers.ReLU):
                found.append(x)
        return keras.Model(samples, found, name=f"{self.name}_maps")

    def features(self, x: np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Activations of the hidden layer.

        Args:
            x: samples (n, *shape) in [-1, 1]; for spectrograms also waveforms (n, samples) in [-1, 1].
            batch_size: how many pass through the network at a time.

        Returns:
            float32 (n, d), not negative.

        Raises:
            ValueError: a wrong shape, values outside [-1, 1], NaN or infinity, or a batch size below one.
        """
        return self.features_and_logits(x, batch_size)[0]

    def predict_logits(self, x: np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Logits, float32 (n, classes). Arguments and errors as for :meth:`features`."""
        return self.features_and_logits(x, batch_size)[1]

    def probabilities(self, x: np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Class probabilities, float32 (n, classes), rows sum to one. Arguments and errors as for :meth:`features`."""
        return softmax(self.predict_logits(x, batch_size))

    @full_float32()
    def features_and_logits(self, x: np.ndarray, batch_size: int = 500) -> tuple[np.ndarray, np.ndarray]:
        """Both outputs from one pass. Arguments and errors as for :meth:`features`."""
        if self.prepare is not None and np.ndim(x) == 2:
            x = self.prepare(x)
        x = check_samples(x, self.shape)
        if batch_size < 1:
            raise ValueError(f"batch_size: got {batch_size}, expected at least 1")
        parts = in_parts(lambda part: self._run(x[part]), len(x), batch_size)
        features, logits = zip(*parts)
        return np.concatenate([f.numpy() for f in features]), np.concatenate([g.numpy() for g in logits])

    def __repr__(self) -> str:
        return f"FeatureNetwork({self.name!r}, shape={self.shape}, accuracy={self.accuracy:.4f})"


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (n, classes) from logits, without overflow."""
    from scipy import special

    return special.softmax(logits, axis=-1)


def check_samples(x: np.ndarray, shape: tuple[int, ...], name: str = "x") -> np.ndarray:
    """Return ``x`` as float32 (n, *shape) or say what is wrong with it, under the name given.

    Raises:
        ValueError: not numbers, no sample, a wrong shape, NaN or infinity, or values outside [-1, 1].
    """
    x = np.asarray(x)
    if x.ndim != len(shape) + 1 or x.shape[1:] != tuple(shape) or not len(x):
        raise ValueError(f"{name}: got shape {x.shape}, expected (n, {', '.join(map(str, shape))}) with n at least 1")
    if x.dtype.kind == "u":
        raise ValueError(f"{name}: got dtype {x.dtype}, expected floats in [-1, 1]; try x / 127.5 - 1")
    if x.dtype.kind != "f":
        # bfloat16 is of no kind that numpy knows, but converts.
        try:
            x = x.astype(np.float32)
        except (TypeError, ValueError):
            raise ValueError(f"{name}: got dtype {x.dtype}, expected floats in [-1, 1]") from None
    x = x.astype(np.float32, copy=False)
    check_unit_range(name, x)
    return x


@functools.cache
def feature_network(name: str) -> FeatureNetwork:
    """The feature network of a data set, loaded once.

    Args:
        name: name of the data set, such as "mnist".

    Raises:
        ValueError: there is none of that name (the nearest known one is suggested).
        gan_tf.files.ArraysError: the file of its weights is missing or damaged.
    """
    path = paths.assets() / "pretrained" / ARCHITECTURES[one_of("name", name, ARCHITECTURES)].file
    stored, meta = load_arrays(path)
    model = build(ARCHITECTURES[name])
    try:
        assign(named_weights(model), stored, described(model), meta.get("layers", ()))
    except ArraysError as error:
        raise ArraysError(f"{path}: {error}") from None
    return FeatureNetwork(name, model, meta, ARCHITECTURES[name].prepare)
