"""The maps of VGG19, in which the papers on style transfer compare pictures."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import keras
from keras import ops

from gan_course.evaluation.inception import Official, imagenet_model

OFFICIAL = Official(
    "VGG19",
    "vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "md5:253f8cb515780f3b799900260a226db6",
    "80 MB",
    "evaluation.feature_network(...).maps gives the maps of a small classifier offline",
)
_LAYERS = tuple(f"block{i}_conv1" for i in range(1, 6))
_MEAN = (103.939, 116.779, 123.68)  # of ImageNet: blue, green, red


def vgg19_maps(weights: str | os.PathLike | None = None) -> keras.Model:
    """The first convolution of each of the five blocks of VGG19, trained on ImageNet: for :class:`Perception`.

    These are the layers whose Gram matrices Gatys et al. (2016) call style. (For content they take one more; here all
    layers serve both.)

    Args:
        weights: a local copy of Keras's file of the weights (``.h5``, without the classes). By default the file in
            Keras's cache; if it is not there, it is downloaded to it (80 MB) and checked.

    Returns:
        A model from colour pictures ``(n, H, W, 3)`` in [-1, 1], of 16x16 pixels at least, to five maps, float32.

    Raises:
        WeightsError: the weights cannot be had (known within 3 seconds without a connection) or are damaged.
    """
    return _maps(None if weights is None else Path(weights).expanduser().resolve())


@functools.cache
def _maps(weights: Path | None) -> keras.Model:
    base = imagenet_model(lambda: keras.applications.VGG19(weights=None, include_top=False), OFFICIAL, weights)
    return from_unit_range(base)


def from_unit_range(base: keras.Model) -> keras.Model:
    """The network behind the preparation that it was trained with: blue first, mean 0, from 0 to 255."""
    seen = keras.Model(base.input, [base.get_layer(name).output for name in _LAYERS])
    pictures = keras.Input((None, None, 3), dtype="float32")
    prepared = ops.flip((pictures + 1.0) * 127.5, axis=-1) - ops.reshape(ops.array(_MEAN, "float32"), (1, 1, 1, 3))
    return keras.Model(pictures, seen(prepared), name="vgg19_maps")
