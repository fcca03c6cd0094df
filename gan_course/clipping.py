"""Weight clipping: how the first Wasserstein GAN kept its critic from becoming steep. For history."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="gan_course")
class Clip(keras.constraints.Constraint):
    """Cut every weight to [-limit, limit] after each update; ``limit`` is a positive number, else ValueError."""

    def __init__(self, limit: float = 0.01):
        if not 0 < limit < float("inf"):
            raise ValueError(f"limit: got {limit!r}, expected a positive number")
        self.limit = limit

    def __call__(self, w: Any) -> Any:
        return ops.clip(w, -self.limit, self.limit)

    def get_config(self) -> dict[str, float]:
        return {"limit": self.limit}


def clip_weights(critic: keras.Model, limit: float = 0.01) -> keras.Model:
    """Give all trainable weights of a critic the constraint :class:`Clip` (Arjovsky et al. 2017, algorithm 1).

    Keras applies constraints after each update of an optimizer. The weights are cut once now, too.

    Args:
        critic: any built Keras model; it is changed.
        limit: a positive number.

    Returns:
        The same model.

    Raises:
        ValueError: ``limit`` is not positive, or the model has no weights yet.
    """
    clip = Clip(limit)
    if not critic.built or not critic.trainable_variables:
        raise ValueError(f"critic: got {critic.name!r} without weights, expected a built model")
    for variable in critic.trainable_variables:
        variable.constraint = clip
        variable.assign(clip(variable))
    return critic
