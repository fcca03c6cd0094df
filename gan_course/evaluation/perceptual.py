"""How different do two images look? Distances between feature maps of VGG16, and the diversity of a set."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_course.evaluation.features import FeatureNetwork, check_samples
from gan_course.evaluation.inception import Official, check_images, imagenet_model
from gan_course.exact import full_float32
from gan_tf.checks import whole
from gan_tf.metrics import MeanStd

OFFICIAL = Official(
    "VGG16",
    "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "md5:6d6bbae143d832006294945121d1f1fc",
    "59 MB",
    "network=evaluation.feature_network(...) measures offline in the maps of a small classifier, as "
    "evaluation.evaluate(gan, dataset) does in its features",
)
SMALLEST = 32  # pixels: VGG16 halves its maps four times before the last one
_LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
Maps = Callable[[Any], Sequence[Any]]


@full_float32()
def perceptual_distance(
    a: np.ndarray,
    b: np.ndarray,
    *,
    network: Maps | FeatureNetwork | None = None,
    weights: str | os.PathLike | None = None,
    batch_size: int = 32,
) -> np.ndarray:
    """Distance between images as a network for recognition sees them: that of ``a[i]`` to ``b[i]``, for each i.

    Feature maps are scaled to length one over the channels, subtracted, squared and summed over the channels, averaged
    over space, and summed over the layers. With VGG16 those are the last convolutions of its five blocks, behind their
    ReLU, trained on ImageNet: then from 0 (the same) to 10.

    This is LPIPS with all its weights equal to one (Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features
    as a Perceptual Metric"). LPIPS itself weighs the channels as learned from people's judgements, and runs on
    PyTorch's networks, so its published values do not compare with these. It was made for photographs of 64 pixels.

    Args:
        a: images (n, H, W, C) in [-1, 1]. C is 3, or 1 for grey, which is repeated. If a side is below 32 pixels, the
            images are enlarged, bilinear, until the shorter side has 32.
        b: images of the same shape.
        network: another network, which needs no download: a Keras model or a function from samples, float32, to a list
            of feature maps (m, ..., channels), or a :class:`FeatureNetwork`, whose convolutions are then used. Samples
            may then be of any shape that it takes; they reach it as they are.
        weights: a local copy of Keras's file of VGG16's weights (``.h5``, without the classes). By default the file in
            Keras's cache; if it is not there, it is downloaded to it (59 MB) and checked.
        batch_size: how many pairs at a time. 32 pairs of 32x32 take about 0.4 s on one processor core, and the time
            grows with the number of pixels.

    Returns:
        float32 (n,), not negative.

    Raises:
        ValueError: shapes that differ or do not fit, values outside [-1, 1], NaN or infinity, a batch size below one,
            both ``network`` and ``weights``.
        WeightsError: VGG16's weights cannot be had (known within 3 seconds without a connection) or are damaged.

    Example:
        >>> small = evaluation.feature_network("mnist")
        >>> perceptual_distance(digits.x[:8], digits.x[8:16], network=small)
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"b: got shape {b.shape}, expected {a.shape}, as a has")
    a, b = _checked("a", a, network), _checked("b", b, network)
    whole("batch_size", batch_size, 1)
    maps = _maps(network, weights)
    parts = [_distances(maps, a[i : i + batch_size], b[i : i + batch_size]) for i in range(0, len(a), batch_size)]
    return np.concatenate(parts)


def diversity(
    samples: np.ndarray,
    pairs: int = 1000,
    *,
    seed: int = 0,
    network: Maps | FeatureNetwork | None = None,
    weights: str | os.PathLike | None = None,
    batch_size: int = 32,
) -> MeanStd:
    """Mean perceptual distance between two samples of a set: low if the samples look alike, 0 if they are all the same.

    The use of LPIPS for generators (Zhu et al. 2017, "Toward Multimodal Image-to-Image Translation"; for translation,
    give the outputs for one input and average over inputs). Noise is very diverse: read it beside the diversity of as
    many real samples, and beside a measure of quality.

    Args:
        samples: images (n, H, W, C) in [-1, 1], at least 2.
        pairs: how many pairs of different samples are compared, drawn at random without repetition; all pairs, if there
            are no more. 1,000 pairs of 32x32 take about 13 s on one processor core.
        seed: fixes the pairs.
        network: as for :func:`perceptual_distance`.
        weights: as for :func:`perceptual_distance`.
        batch_size: as for :func:`perceptual_distance`.

    Returns:
        Mean over the pairs, and their standard deviation (that of one pair, not of the mean).

    Raises:
        ValueError: fewer than two samples, a number out of range, and as for :func:`perceptual_distance`.
        WeightsError: as for :func:`perceptual_distance`.
    """
    samples = np.asarray(samples)
    if samples.ndim < 2 or len(samples) < 2:
        raise ValueError(f"samples: got shape {samples.shape}, expected (n, ...) with n at least 2")
    samples = _checked("samples", samples, network)
    first, second = _pairs(len(samples), whole("pairs", pairs, 1), seed)
    distances = perceptual_distance(
        samples[first], samples[second], network=network, weights=weights, batch_size=batch_size
    ).astype(np.float64)
    return MeanStd(float(distances.mean()), float(distances.std()))


def _pairs(n: int, pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices i < j of different pairs."""
    total = n * (n - 1) // 2
    number = np.random.default_rng(seed).choice(total, min(pairs, total), replace=False)
    # Pairs are numbered (0, 1), (0, 2), (1, 2), (0, 3), ...: those before j are j (j - 1) / 2.
    j = ((1 + np.sqrt(1 + 8 * number)) // 2).astype(np.int64)
    return number - j * (j - 1) // 2, j


def _checked(name: str, x: np.ndarray, network: Maps | FeatureNetwork | None) -> np.ndarray:
    return check_images(name, x) if network is None else check_samples(x, x.shape[1:], name)


def _maps(network: Maps | FeatureNetwork | None, weights: str | os.PathLike | None) -> Maps:
    if network is None:
        return _vgg(None if weights is None else Path(weights).expanduser().resolve())
    if weights is not None:
        raise ValueError("weights: they are for VGG16; expected either network or weights, got both")
    if isinstance(network, FeatureNetwork):
        network = network.maps
    if not callable(network):
        raise ValueError(f"network: got {type(network).__name__}, expected a model or function that gives feature maps")
    return functools.partial(network, training=False) if isinstance(network, keras.Model) else network


@functools.cache
def _vgg(weights: Path | None) -> Maps:
    return _vgg_maps(imagenet_model(_build, OFFICIAL, weights))


def _build() -> keras.Model:
    return keras.applications.VGG16(weights=None, include_top=False)


def _vgg_maps(base: keras.Model) -> Maps:
    model = keras.Model(base.input, [base.get_layer(name).output for name in _LAYERS])

    @functools.partial(tf.function, input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)])
    def run(x: tf.Tensor) -> list[tf.Tensor]:
        return model(keras.applications.vgg16.preprocess_input((x + 1) * 127.5), training=False)

    def maps(x: np.ndarray) -> list[tf.Tensor]:
        height, width = x.shape[1:3]
        if min(height, width) < SMALLEST:
            scale = SMALLEST / min(height, width)
            x = tf.image.resize(x, (round(height * scale), round(width * scale)), "bilinear")
        x = tf.convert_to_tensor(x)
        return run(tf.image.grayscale_to_rgb(x) if x.shape[-1] == 1 else x)

    return maps


def _distances(maps: Maps, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    total = np.zeros(len(a), np.float32)
    for of_a, of_b in zip(keras.tree.flatten(maps(a)), keras.tree.flatten(maps(b)), strict=True):
        if len(of_a.shape) < 2 or of_a.shape[0] != len(a) or of_a.shape != of_b.shape:
            raise ValueError(f"network: got a map of shape {tuple(of_a.shape)}, expected ({len(a)}, ..., channels)")
        squares = tf.reduce_sum(tf.math.squared_difference(_unit(of_a), _unit(of_b)), axis=-1)
        total += tf.reduce_mean(tf.reshape(squares, (len(a), -1)), axis=1).numpy()
    return total


def _unit(x: Any) -> tf.Tensor:
    x = tf.cast(x, tf.float32)
    return x / (tf.norm(x, axis=-1, keepdims=True) + 1e-10)
