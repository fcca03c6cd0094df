"""Content and style as a network for recognition sees them: losses on feature maps, beside the game."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from gan_tf.checks import check_weights


class Perception:
    """A loss for translators: what is shown shall stay the same (content), and its textures shall be the wanted ones.

    Two pictures show the same if the maps of a recognition network agree place by place: the mean absolute difference,
    after each map was divided by its mean size in the wanted picture, so that all layers count alike. Two pictures are
    of one style if their Gram matrices agree: which channels are active together, wherever that is (Gatys et al. 2016;
    as a loss of a generator, Johnson et al. 2016).

    An instance is the ``extra_loss`` of :class:`gan_tf.Pix2Pix` and :class:`gan_tf.CycleGAN`.

    Args:
        maps: Keras model from pictures ``(n, H, W, C)`` in [-1, 1] to a list of maps ``(n, h, w, channels)``, such as
            ``evaluation.feature_network("cifar10").maps`` or ``evaluation.vgg19_maps()``. It is not trained.
        content: what the difference of the maps is multiplied by.
        style: what the difference of the Gram matrices is multiplied by.
        like: the picture whose content is to be kept: ``"wanted"``, the partner, or ``"given"``, where there is none.

    Raises:
        ValueError: a model that gives no maps, a weight below zero, both weights zero, or another ``like``.

    Example:
        >>> seen = Perception(evaluation.feature_network("cifar10").maps, content=5.0)
        >>> repair = gan_tf.Pix2Pix(generator, discriminator, extra_loss=seen)
    """

    def __init__(self, maps: keras.Model, content: float = 1.0, style: float = 0.0, like: str = "wanted"):
        if not isinstance(maps, keras.Model) or any(len(one.shape) != 4 for one in maps.outputs):
            raise ValueError(f"maps: got {maps!r}, expected a Keras model whose outputs are maps (n, h, w, channels)")
        check_weights(content=content, style=style)
        if not content and not style:
            raise ValueError("content, style: got 0 and 0, expected at least one weight above 0")
        if like not in ("wanted", "given"):
            raise ValueError(f"like: got {like!r}, expected 'wanted' or 'given'")
        self.maps, self.content, self.style, self.like = maps, content, style, like

    def __call__(self, given: Any, made: Any, wanted: Any) -> tf.Tensor:
        """The loss, a scalar, float32.

        Args:
            given: what the translator got, ``(n, H, W, C)`` in [-1, 1].
            made: what it made of it.
            wanted: the partner, or, without pairs, pictures of the wanted domain: only their style is then looked at.
        """
        of_made = self._seen(made)
        of_wanted = self._seen(wanted) if self.style or self.like == "wanted" else None
        total = 0.0
        if self.content:
            total += self.content * content_loss(of_made, of_wanted if self.like == "wanted" else self._seen(given))
        if self.style:
            total += self.style * style_loss(of_made, of_wanted)
        return total

    def _seen(self, pictures: Any) -> list[tf.Tensor]:
        return [ops.cast(one, "float32") for one in keras.tree.flatten(self.maps(pictures, training=False))]


def content_loss(made: list[tf.Tensor], wanted: list[tf.Tensor]) -> tf.Tensor:
    """Mean absolute difference of maps ``(n, h, w, channels)`` place by place, over all layers; 0 if they agree."""
    return _mean([_apart(one, other) for one, other in zip(made, wanted, strict=True)])


def style_loss(made: list[tf.Tensor], wanted: list[tf.Tensor]) -> tf.Tensor:
    """The same of their Gram matrices, each the mean of a batch: pictures of a style need not belong together."""
    return _mean(
        [
            _apart(ops.mean(gram(one), axis=0), ops.mean(gram(other), axis=0))
            for one, other in zip(made, wanted, strict=True)
        ]
    )


def gram(maps: tf.Tensor) -> tf.Tensor:
    """Gram matrices ``(n, channels, channels)`` of maps ``(n, h, w, channels)``: mean products of channels."""
    n, height, width, channels = ops.shape(maps)
    flat = ops.reshape(maps, (n, height * width, channels))
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / (height * width)


def _apart(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    size = ops.stop_gradient(ops.mean(ops.abs(other)))
    return ops.mean(ops.abs(one - other)) / ops.maximum(size, 1e-6)


def _mean(values: list[tf.Tensor]) -> tf.Tensor:
    return sum(values) / len(values)
