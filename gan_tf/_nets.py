"""What is done with any Keras model."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np


def copy_of(net: keras.Model, weights: Sequence[np.ndarray] | None = None) -> keras.Model:
    """A second net of the same layers, with these weights, or else with those of the first."""
    copy = keras.models.clone_model(net)
    copy.set_weights(net.get_weights() if weights is None else weights)
    return copy
