"""The train step of every lesson, as a Keras model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gan_tf import losses, replicas
from gan_tf.checks import check_pair, check_weight, split_batch, whole
from gan_tf.gan import Adversarial, belief, misnamed
from gan_tf.sampling import Sampler
from gan_tf.side_by_side import pass_through


class GAN(Adversarial):
    """A generator and a discriminator that play against each other (Goodfellow et al. 2014).

    One step draws latents, makes fake samples once, updates the discriminator on real and fake samples, then the
    generator through the updated discriminator, then the averaged generator. Each net has its own optimizer and its own
    list of variables, so neither update can touch the other net.

    Made and compiled in the scope of a ``tf.distribute`` strategy, it trains on several devices as on one at the same
    global batch: latents are one draw, gradients are averaged (:mod:`gan_tf.replicas`). Batch norm is each replica's
    own unless ``synchronized=True``; dropout, augmentation and the gradient penalty's interpolation draw the same
    random numbers on each.

    Args:
        generator: Keras model from latents ``(n, latent_dim)`` to samples ``(n, ...)``; with a second input of integer
            labels ``(n,)`` the GAN is conditional.
        discriminator: Keras model from samples ``(n, ...)`` to logits ``(n, 1)``, no sigmoid; with labels as its second
            input if the generator has them. Or one that takes samples only and has a second output of class logits
            ``(n, classes)``: an auxiliary classifier (Odena et al. 2017).
        loss: a name of :data:`gan_tf.losses.LOSSES`, or a :class:`gan_tf.losses.Loss`.
        penalty: a name of :data:`gan_tf.losses.PENALTIES`, a function like them, or ``None``.
        penalty_weight: what the penalty is multiplied by (gamma).
        penalty_every: compute the penalty in one step of so many, times as heavy ("lazy", Karras et al. 2020).
        ema: decay a step of the averaged generator weights, 0 to below 1. Early on the decay is smaller, so that the
            average does not remember the untrained net. All that is shown and measured comes from the average. With 0
            that is the generator itself.
        augment: function ``(samples, seed) -> samples`` that the discriminator sees all samples through, real and fake
            alike; it must be differentiable.
        classes: number of classes, if the nets take labels.
        auxiliary_weight: what the cross-entropy of the auxiliary classifier, where there is one, is multiplied by in
            the losses of both nets.
        seed: seed of latents, penalty and augmentation.

    Raises:
        ValueError: the two nets do not fit together, or a number is out of its range.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        loss: str | losses.Loss = "non_saturating",
        penalty: str | losses.Penalty | None = None,
        penalty_weight: float = 1.0,
        penalty_every: int = 1,
        ema: float = 0.995,
        augment: Callable[..., tf.Tensor] | None = None,
        classes: int | None = None,
        auxiliary_weight: float = 1.0,
        seed: int = 0,
        name: str = "gan",
    ):
        if classes is not None:
            whole("classes", classes, 1)
        classes = check_pair(generator, discriminator, classes)
        whole("penalty_every", penalty_every, 1)
        check_weight("penalty_weight", penalty_weight)
        check_weight("auxiliary_weight", auxiliary_weight)
        super().__init__(
            {"generator": generator},
            {"discriminator": discriminator},
            loss=loss,
            ema=ema,
            seed=seed,
            metrics=("generator_loss", "discriminator_loss", "real_score", "fake_score"),
            name=name,
        )
        self.penalty = losses.get_penalty(penalty)
        self.penalty_weight = penalty_weight
        self.penalty_every = penalty_every
        self.auxiliary_weight = auxiliary_weight
        self.augment = augment
        self.sampler = Sampler(self.averaged, classes)
        self.conditional = self.sampler.conditional
        self.latent_dim = self.sampler.latent_dim

    # Training --------------------------------------------------------------------------------------------------------

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update both nets once on ``data``: real samples, or a pair of samples and labels.

        Raises:
            ValueError: samples or labels of a wrong type or shape, or no labels where the nets need them.
        """
        real, labels = split_batch(data, self.discriminator.inputs[0].shape[1:], self.conditional, self.sampler.classes)
        real = ops.cast(real, self.discriminator.inputs[0].dtype)
        latents = replicas.part_of(
            lambda n: keras.random.normal((n, self.latent_dim), seed=self.noise), ops.shape(real)[0]
        )

        def judge(samples: tf.Tensor, halves: bool = False) -> tuple[tf.Tensor, tf.Tensor | float]:
            """The logits, and how wrong the class is named, if it is named."""
            if self.augment is not None:
                # In the layers' precision: moved in float32, spectrograms make a step a fifth longer.
                samples = self.augment(ops.cast(samples, self.compute_dtype), seed=self.noise)
            if len(self.discriminator.outputs) == 1:
                logits, wrong = pass_through(self.discriminator, _inputs(samples, labels), halves), 0.0
            else:
                logits, named = pass_through(self.discriminator, samples, halves)
                wrong = misnamed(labels, named)
            return ops.cast(logits, "float32"), wrong  # A last layer in half precision would round the losses.

        with tf.GradientTape() as generator_tape:
            fake = ops.cast(self.generator(_inputs(latents, labels), training=True), real.dtype)
            with generator_tape.stop_recording():
                discriminator_loss, real_logits, fake_logits = self._train_discriminator(judge, real, fake)
            # Only the relativistic loss looks at the real logits here. They are from before the discriminator's update;
            # to judge the real samples a second time would cost a pass and change next to nothing.
            fresh_logits, wrong = judge(fake, halves=True)  # Nothing else could keep a second core busy.
            generator_loss = self.loss_pair.generator(real_logits, fresh_logits) + self.auxiliary_weight * wrong
            scaled_loss = self.generator_optimizer.scale_loss(generator_loss)
        self._update_generators(generator_tape, scaled_loss)
        return self._report((generator_loss, discriminator_loss, belief(real_logits), belief(fake_logits)))

    def _train_discriminator(self, judge: Callable, real: tf.Tensor, fake: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            (real_logits, wrong_real), (fake_logits, wrong_fake) = judge(real), judge(fake)
            loss = self.loss_pair.discriminator(real_logits, fake_logits)
            loss += self.auxiliary_weight * (wrong_real + wrong_fake)
            penalty = self._penalty(lambda samples: judge(samples)[0], real, fake)
            total = self.discriminator_optimizer.scale_loss(loss + penalty)
        self._update_discriminators(tape, total)
        return loss, real_logits, fake_logits

    def _penalty(self, discriminate: Callable, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor | float:
        if self.penalty is None:
            return 0.0

        def weighted() -> tf.Tensor:
            value = self.penalty(discriminate, real, fake, seed=self.noise)
            return self.penalty_weight * self.penalty_every * ops.cast(value, "float32")

        if self.penalty_every == 1:
            return weighted()
        due = self.discriminator_optimizer.iterations % self.penalty_every == 0
        return tf.cond(due, weighted, lambda: 0.0)

    # Sampling --------------------------------------------------------------------------------------------------------

    def latents(self, n: int, seed: int = 0) -> np.ndarray:
        """See :meth:`gan_tf.sampling.Sampler.latents`."""
        return self.sampler.latents(n, seed)

    def sample(self, n: int, seed: int = 0, labels: Any = None) -> np.ndarray:
        """Samples from the averaged generator; see :meth:`gan_tf.sampling.Sampler.sample`."""
        return self.sampler.sample(n, seed, labels)

    def decode(self, latents: np.ndarray, labels: Any = None) -> np.ndarray:
        """The averaged generator's samples for given latents; see :meth:`gan_tf.sampling.Sampler.decode`."""
        return self.sampler.decode(latents, labels)


def _inputs(x: tf.Tensor, labels: tf.Tensor | None) -> Any:
    return x if labels is None else [x, labels]
