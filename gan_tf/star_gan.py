"""Image to image in several styles by one network: the train step of StarGAN."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gan_tf import losses, replicas
from gan_tf._door import check_judge, check_translator, split_batch
from gan_tf._numbers import check_weight
from gan_tf.adversarial import Adversarial, belief, misnamed
from gan_tf.translation import apart, shape_of, translated


class StarGAN(Adversarial):
    """One translator that is told the wanted style, and a discriminator that also names the style (Choi et al. 2018).

    Each training picture has one style, and no picture needs a partner. A translation is to look real, to be named as
    the wanted style, and, translated back to its old style, to be the old picture again.

    One step draws a wanted style for each picture, translates, updates the discriminator on real pictures and on
    translations, then the translator through the updated discriminator, then the averaged translator.

    Args:
        generator: Keras model from pictures ``(n, H, W, C)`` and wanted styles, integers ``(n,)``, to pictures of the
            same shape, such as ``models.translator(styles=...)``.
        discriminator: from pictures to logits of any shape, such as a map ``(n, h, w, 1)``, and to class logits
            ``(n, styles)``, such as ``models.patch_discriminator(styles=...)``.
        loss: a name of :data:`gan_tf.losses.LOSSES`, or a :class:`gan_tf.losses.Loss`. (The paper has Wasserstein's
            with a gradient penalty.)
        cycle_weight: what the mean absolute error of the cycle is multiplied by (lambda rec).
        style_weight: the same for the cross-entropy of the styles, in the losses of both nets (lambda cls).
        ema: decay a step of the averaged weights; all that is shown and measured comes from them.
        seed: seed of the wanted styles.

    Raises:
        ValueError: nets that do not fit together, or a number out of its range.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        loss: str | losses.Loss = "least_squares",
        cycle_weight: float = 10.0,
        style_weight: float = 1.0,
        ema: float = 0.995,
        seed: int = 0,
        name: str = "star_gan",
    ):
        check_translator("generator", generator, labels=True)
        shape = shape_of(generator.inputs[0])
        if len(generator.inputs) != 2 or shape_of(generator.outputs[0]) != shape:
            raise ValueError(
                f"generator: has {len(generator.inputs)} inputs, and makes shape {shape_of(generator.outputs[0])} of "
                f"{shape}; expected pictures and wanted styles, and pictures of the same shape"
            )
        check_judge("discriminator", discriminator, shape, outputs=2)
        named = shape_of(discriminator.outputs[1])
        if len(named) != 1:
            raise ValueError(
                f"discriminator: its second output has shape {named}, expected class logits (None, styles)"
            )
        check_weight("cycle_weight", cycle_weight)
        check_weight("style_weight", style_weight)
        super().__init__(
            {"generator": generator},
            {"discriminator": discriminator},
            loss=loss,
            ema=ema,
            seed=seed,
            metrics=("generator_loss", "discriminator_loss", "cycle_loss", "style_loss", "real_score", "fake_score"),
            name=name,
        )
        self.styles = named[0]
        self.cycle_weight, self.style_weight = cycle_weight, style_weight

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update both nets once on ``(pictures, styles)``.

        Raises:
            ValueError: pictures or styles of a wrong type or shape.
        """
        real, source = split_batch(data, shape_of(self.generator.inputs[0]), True, self.styles)
        target = replicas.part_of(
            lambda n: keras.random.randint((n,), 0, self.styles, dtype="int32", seed=self.noise), ops.shape(real)[0]
        )
        with tf.GradientTape() as tape:
            fake = self.generator([real, target], training=True)
            with tape.stop_recording():
                discriminator_loss, real_logits, fake_logits = self._train_discriminator(real, fake, source)
            logits, wrong = self._judged(fake, target)
            cycle = apart(self.generator([fake, source], training=True), real)
            loss = self.loss_pair.generator(real_logits, logits)
            loss += self.style_weight * wrong + self.cycle_weight * cycle
            scaled = self.generator_optimizer.scale_loss(loss)
        self._update_generators(tape, scaled)
        return self._report((loss, discriminator_loss, cycle, wrong, belief(real_logits), belief(fake_logits)))

    def _train_discriminator(self, real: tf.Tensor, fake: tf.Tensor, source: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            real_logits, wrong = self._judged(real, source)
            # Only real pictures teach what a style is.
            fake_logits = ops.cast(self.discriminator(fake, training=True)[0], "float32")
            loss = self.loss_pair.discriminator(real_logits, fake_logits) + self.style_weight * wrong
            scaled = self.discriminator_optimizer.scale_loss(loss)
        self._update_discriminators(tape, scaled)
        return loss, real_logits, fake_logits

    def _judged(self, pictures: tf.Tensor, styles: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The logits, and how wrong the style is named."""
        logits, named = self.discriminator(pictures, training=True)
        return ops.cast(logits, "float32"), misnamed(styles, named)

    def translate(self, x: np.ndarray, styles: Any) -> np.ndarray:
        """Pictures ``(n, H, W, C)`` in [-1, 1] in the wanted styles, integers ``(n,)`` or one for all: float32.

        Raises:
            ValueError: as :func:`gan_tf.translation.translated`.
        """
        return translated(self.averaged, x, styles, self.styles)
