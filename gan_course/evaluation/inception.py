"""InceptionV3 with Keras's ImageNet weights: the kind of network behind FID, but not the one of published FIDs.

It wants weights of 96 MB from the internet, and much time: so the lessons use the small classifiers of
:mod:`gan_course.evaluation.features`, and this is for colour images where both are at hand.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from gan_course.cpu import in_parts
from gan_course.data import download
from gan_course.evaluation.features import check_samples, softmax
from gan_course.exact import full_float32
from gan_tf.checks import whole

_HOST = "https://storage.googleapis.com/tensorflow/keras-applications"


class WeightsError(RuntimeError):
    """The ImageNet weights of a network could not be had or read; the message says what to do."""


class Official(NamedTuple):
    """Weights as keras.applications names, places and checks them, so that its cache serves here too."""

    network: str
    path: str
    checksum: str
    size: str
    instead: str  # what to do without them

    @property
    def file(self) -> download.RemoteFile:
        return download.RemoteFile(self.path.split("/")[-1], (f"{_HOST}/{self.path}",), self.checksum)


OFFICIAL = Official(
    "InceptionV3",
    "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels.h5",
    "md5:9a0d58056eeedaa3f26cb7ebd46da564",
    "96 MB",
    "evaluation.evaluate(gan, dataset) works offline, in the features of a small classifier",
)


class Inception:
    """InceptionV3 as a measuring instrument. Get it from :func:`inception`; the protocol is stated there.

    Attributes:
        shape: what each sample is resized to before it enters the network, (299, 299, 3).
        class_names: what the logits name: ImageNet's classes by number, since their names are another download.
        title: the features, in words.
    """

    shape = (299, 299, 3)
    class_names = tuple(f"ImageNet class {i}" for i in range(1000))

    def __init__(self, base: keras.Model, title: str):
        self.title = title
        self.model = keras.Model(base.input, (base.get_layer("avg_pool").output, base.output), name="inception")
        signature = tf.TensorSpec((None, *self.shape), tf.float32)
        # One graph for every batch size; Model.predict would trace anew and print a progress bar.
        self._run = tf.function(lambda x: self.model(x, training=False), input_signature=[signature])

    def features(self, x: np.ndarray, batch_size: int = 32) -> np.ndarray:
        """Activations of the last pooling layer.

        Args:
            x: samples (n, H, W, C) in [-1, 1] of any size. C is 3, or 1 for grey, which is repeated.
            batch_size: how many pass through the network at a time; 32 take about 0.4 GB beside the weights.

        Returns:
            float32 (n, 2048), not negative.

        Raises:
            ValueError: a wrong shape, values outside [-1, 1], NaN or infinity, or a batch size below one.
        """
        return self.features_and_logits(x, batch_size)[0]

    def probabilities(self, x: np.ndarray, batch_size: int = 32) -> np.ndarray:
        """Class probabilities, float32 (n, 1000), rows sum to one. Arguments and errors as for :meth:`features`."""
        return softmax(self.features_and_logits(x, batch_size)[1])

    @full_float32()
    def features_and_logits(self, x: np.ndarray, batch_size: int = 32) -> tuple[np.ndarray, np.ndarray]:
        """Both outputs from one pass. Arguments and errors as for :meth:`features`."""
        x = check_images("x", x)
        whole("batch_size", batch_size, 1)
        # With float32 samples in [-1, 1], Keras's own preprocessing of pixels is already done.
        parts = in_parts(lambda part: self._run(_resized(x[part])), len(x), batch_size)
        features, logits = zip(*parts)
        return np.concatenate([f.numpy() for f in features]), np.concatenate([g.numpy() for g in logits])


def inception(weights: str | os.PathLike | None = None) -> Inception:
    """InceptionV3 with Keras's ImageNet weights, loaded once: ``evaluate(gan, dataset, features=inception())``.

    **The numbers are not published FIDs, and the report's caption says so.** They follow the same formulas: "Fréchet
    distance" that of FID (Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", 2048 features of the last
    pooling layer), "kernel distance" that of KID, and "classifier score" that of the Inception score (Salimans et al.
    2016, "Improved Techniques for Training GANs", ten parts). The weights, and so all values, are others.

    **Protocol.** Samples in [-1, 1] are resized to 299x299, bilinear with half-pixel centres; an antialiasing filter is
    used only where a side shrinks (Parmar et al. 2022, "On Aliased Resizing and Surprising Subtleties in GAN
    Evaluation"). They are not rounded to 8 bits. ``evaluate`` compares up to 10,000 with as many of ``dataset``: for
    CIFAR-10 that is 10,000 with the test split, if the training split is given as ``other``; else it is 5,000 with one
    half of it. Fewer samples make the FID larger: in 2048 dimensions, values from below some 5,000 say little.

    **What compares.** Values from this function with the same ``n`` and the same split. Not published FIDs and scores:
    those come from a network of 2015 with other weights, 1008 outputs and slightly other layers, and often from 50,000
    samples against the training split. Not distances in other features either. For a paper, use clean-fid, which has
    the original network and its resizing. What such distances measure is disputed: FID follows the classes of ImageNet
    (Kynkäänniemi et al. 2023, "The Role of ImageNet Classes in Fréchet Inception Distance"), and agrees less with
    people than distances in the features of DINOv2 (Stein et al. 2023, "Exposing flaws of generative model evaluation
    metrics").

    **Cost.** About 0.12 s an image on one processor core. A report passes ``n`` samples and twice ``n`` real images
    (those are remembered for the next report): for ``n`` of 10,000 an hour of one core.

    Args:
        weights: a local copy of Keras's file of the weights (``.h5``, with the classes). By default the file in Keras's
            cache, ``$KERAS_HOME/models`` or ``~/.keras/models``; if it is missing, it is downloaded and checked.

    Raises:
        WeightsError: there is no connection (known within 3 seconds), no such file, or it is damaged.
    """
    return _inception(None if weights is None else Path(weights).expanduser().resolve())


@functools.cache
def _inception(weights: Path | None) -> Inception:
    base = imagenet_model(_build, OFFICIAL, weights)
    trained_on = "ImageNet" if weights is None else f"weights of {weights.name}"
    return Inception(base, f"the pooled features of Keras's InceptionV3 ({trained_on}), not those of published FIDs")


def _build() -> keras.Model:
    return keras.applications.InceptionV3(weights=None, classifier_activation=None)


def _resized(x: np.ndarray) -> tf.Tensor:
    size = Inception.shape[:2]
    x = tf.image.resize(x, size, "bilinear", antialias=max(x.shape[1:3]) > max(size))
    return tf.image.grayscale_to_rgb(x) if x.shape[-1] == 1 else x


def check_images(name: str, x: np.ndarray) -> np.ndarray:
    """Return ``x`` as float32 (n, H, W, 1 or 3), or say what is wrong with it.

    Raises:
        ValueError: a wrong shape, values outside [-1, 1], NaN or infinity.
    """
    x = np.asarray(x)
    if x.ndim != 4 or x.shape[-1] not in (1, 3) or 0 in x.shape:
        raise ValueError(f"{name}: got shape {x.shape}, expected images (n, H, W, C), n at least 1, with C 1 or 3")
    return check_samples(x, x.shape[1:], name)


def imagenet_model(build: Callable[[], keras.Model], official: Official, weights: Path | None) -> keras.Model:
    """A network of keras.applications with its weights, in float32 whatever the global policy is.

    Args:
        build: makes it with random weights.
        official: its official weights.
        weights: a local file to use instead, without a checksum.

    Raises:
        WeightsError: the file cannot be had or does not fit.
    """
    path, of = _fetched(official) if weights is None else weights, f"the weights of {official.network}"
    if not path.is_file() or path.suffix not in (".h5", ".hdf5"):
        found = "another kind of file" if path.is_file() else "no such file"
        raise WeightsError(f"weights: {path}: {found}, expected an HDF5 file (.h5) with {of}")
    policy = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("float32")
        model = build()
    finally:
        keras.config.set_dtype_policy(policy)
    try:
        model.load_weights(path)  # Only numbers are read; no code in the file is run.
    except Exception as error:  # A damaged file makes h5py and Keras raise errors of many kinds.
        raise WeightsError(f"weights: {path} does not hold {of}, or is damaged: {error}") from error
    return model


def _fetched(official: Official) -> Path:
    file, folder = official.file, Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models"
    try:
        return download.fetch(file, folder, again=True)
    except (download.DownloadError, download.DiskFullError) as error:
        reason = "there is no space left" if isinstance(error, download.DiskFullError) else str(error)
        there = "is damaged" if (folder / file.name).exists() else "is not here"
        raise WeightsError(
            f"The ImageNet weights of {official.network}: the file {file.name} ({official.size}) {there} and could not "
            f"be fetched: {reason}. Without it, {official.instead}. To install the file by hand, get it from "
            f"{file.urls[0]} and put it into {folder} (the cache of Keras; set KERAS_HOME for another than ~/.keras), "
            "or name your copy in weights=."
        ) from error
