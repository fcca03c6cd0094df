"""Image to image from pairs: the train step of pix2pix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_tf import losses
from gan_tf._door import check_function, check_judge, check_translator, split_pictures
from gan_tf._numbers import check_weight, whole
from gan_tf.adversarial import Adversarial, belief
from gan_tf.translation import apart, judged, shape_of, translated


class Pix2Pix(Adversarial):
    """A translator that learns from pairs, and a discriminator that judges pairs (Isola et al. 2017).

    The mean absolute error to the partner says what should be where; the discriminator, which sees the picture beside
    what it was made from, asks for the detail that this error averages away.

    One step translates, updates the discriminator on true pairs and on made ones, then the translator through the
    updated discriminator, then the averaged translator.

    Args:
        generator: Keras model from pictures ``(n, H, W, C)`` to pictures; with a second input of integer labels
            ``(n,)``, such as what was done to the picture, it is told them.
        discriminator: Keras model from pictures and what they were made from, in this order, to logits of any shape,
            such as a map ``(n, h, w, 1)``.
        loss: a name of :data:`gan_tf.losses.LOSSES`, or a :class:`gan_tf.losses.Loss`.
        l1_weight: what the mean absolute error is multiplied by (lambda).
        adversarial_weight: what the generator's loss is multiplied by; the gradients of the error stay as they are.
        extra_loss: function ``(given, made, wanted)`` of pictures, whose scalar is added to the generator's loss, such
            as :class:`gan_tf.Perception`.
        ema: decay a step of the averaged weights; all that is shown and measured comes from them.
        labels: number of labels, where the generator takes them.

    Raises:
        ValueError: nets that do not fit together, or a number out of its range.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        loss: str | losses.Loss = "non_saturating",
        l1_weight: float = 100.0,
        adversarial_weight: float = 1.0,
        extra_loss: Callable[..., tf.Tensor] | None = None,
        ema: float = 0.995,
        labels: int | None = None,
        seed: int = 0,
        name: str = "pix2pix",
    ):
        check_translator("generator", generator, labels=True)
        check_judge("discriminator", discriminator, shape_of(generator.outputs[0]), shape_of(generator.inputs[0]))
        check_weight("l1_weight", l1_weight)
        check_weight("adversarial_weight", adversarial_weight)
        check_function("extra_loss", extra_loss)
        if labels is not None:
            whole("labels", labels, 1)
        super().__init__(
            {"generator": generator},
            {"discriminator": discriminator},
            loss=loss,
            ema=ema,
            seed=seed,
            metrics=("generator_loss", "discriminator_loss", "l1_loss", "real_score", "fake_score"),
            name=name,
        )
        self.l1_weight, self.adversarial_weight, self.labels = l1_weight, adversarial_weight, labels
        self.extra_loss = extra_loss
        self.labelled = len(generator.inputs) == 2

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update both nets once on ``(given, wanted)`` or, where the generator takes them, ``(given, wanted, labels)``.

        Raises:
            ValueError: pictures or labels of a wrong type or shape, or missing labels.
        """
        shapes = [shape_of(self.generator.inputs[0]), shape_of(self.generator.outputs[0])]
        (given, wanted), labels = split_pictures(data, shapes, self.labelled, self.labels)
        with tf.GradientTape() as tape:
            made = self.generator(given if labels is None else [given, labels], training=True)
            with tape.stop_recording():
                discriminator_loss, real, fake = self._train_discriminator(given, wanted, made)
            fooled = self.loss_pair.generator(real, judged(self.discriminator, [made, given]))
            error = apart(made, wanted)
            loss = self.adversarial_weight * fooled + self.l1_weight * error
            if self.extra_loss is not None:
                loss += self.extra_loss(given, made, wanted)
            scaled = self.generator_optimizer.scale_loss(loss)
        self._update_generators(tape, scaled)
        return self._report((loss, discriminator_loss, error, belief(real), belief(fake)))

    def _train_discriminator(self, given: tf.Tensor, wanted: tf.Tensor, made: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            real = judged(self.discriminator, [wanted, given])
            fake = judged(self.discriminator, [made, given])
            loss = self.loss_pair.discriminator(real, fake)
            scaled = self.discriminator_optimizer.scale_loss(loss)
        self._update_discriminators(tape, scaled)
        return loss, real, fake

    def translate(self, x: np.ndarray, labels: Any = None) -> np.ndarray:
        """What the averaged translator makes of pictures ``(n, H, W, C)`` in [-1, 1]: float32.

        Raises:
            ValueError: as :meth:`CycleGAN.to_b`; or labels that are missing, not wanted, or of a wrong type or range.
        """
        return translated(self.averaged, x, labels, self.labels)
