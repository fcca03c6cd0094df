"""GAN as a Keras model around the train steps of :mod:`gan_tf.steps`."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from gan_tf import losses, replicas, steps
from gan_tf.adversarial import Adversarial
from gan_tf.batches import split_batch
from gan_tf.checks import check_augment, check_pair, check_penalty, check_weights, whole
from gan_tf.sampling import Sampler


@keras.saving.register_keras_serializable("gan_tf")
class GAN(Adversarial):
    """A generator against a discriminator (Goodfellow et al. 2014), trained by :func:`gan_tf.steps.gan_step`.

    Or by ``auxiliary_step`` if the discriminator has a second output, by ``critic_step`` if ``critic_steps`` is above
    1. ``latents``, ``sample`` and ``decode`` are those of a :class:`gan_tf.Sampler` for the averaged generator.
    Made and compiled in the scope of a ``tf.distribute`` strategy, it trains on several devices as on one at the same
    global batch (:mod:`gan_tf.replicas`). Batch norm is each replica's own unless ``synchronized=True``; dropout,
    augmentation and the gradient penalty draw the same random numbers on each. What cannot work is a ValueError.

    Args:
        generator: Keras model from latents ``(n, latent_dim)`` to samples ``(n, ...)``; with a second input of integer
            labels ``(n,)`` the GAN is conditional.
        discriminator: from samples ``(n, ...)`` to logits ``(n, 1)``, no sigmoid; if the generator has labels, with
            labels too, or with a second output of class logits ``(n, classes)``: an auxiliary classifier.
        loss, penalty: a name in :mod:`gan_tf.losses`, or a ``Loss`` or penalty like those; ``penalty`` may be ``None``.
        penalty_weight: what the penalty is multiplied by (gamma); without a penalty nothing.
        penalty_every: compute the penalty in one step of so many, times as heavy ("lazy", Karras et al. 2020).
        critic_steps: updates of the discriminator for one of the generator; each batch of data is split among them.
        ema: decay a step of the averaged weights, which are shown and measured: 0 (no average) to below 1.
        augment: differentiable function ``(samples, seed) -> samples`` before the discriminator, for real and fake.
        classes: number of classes, if the nets take labels.
        auxiliary_weight: weight of the cross-entropy of an auxiliary classifier in the losses of both nets.
        seed: seed of latents, penalty and augmentation.
    """

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, *, loss: str | losses.Loss = "non_saturating",
        penalty: str | losses.Penalty | None = None, penalty_weight: float = 1.0, penalty_every: int = 1,
        critic_steps: int = 1, ema: float = 0.995, augment: Callable[..., tf.Tensor] | None = None,
        classes: int | None = None, auxiliary_weight: float = 1.0, seed: int = 0, name: str = "gan",
    ):  # fmt: skip
        classes = check_pair(generator, discriminator, None if classes is None else whole("classes", classes, 1))
        check_augment(augment, generator.output_shape[1:])
        check_penalty(penalty, discriminator)
        check_weights(penalty_weight=penalty_weight, auxiliary_weight=auxiliary_weight)
        nets = {"generator": generator}, {"discriminator": discriminator}
        super().__init__(*nets, loss=loss, ema=ema, seed=seed, name=name)
        self.penalty, self.penalty_every = losses.get_penalty(penalty), whole("penalty_every", penalty_every, 1)
        self.penalty_weight, self.auxiliary_weight, self.augment = penalty_weight, auxiliary_weight, augment
        self.sampler, self.classes = Sampler(self.averaged, classes), classes
        self.conditional, self.latent_dim = self.sampler.conditional, self.sampler.latent_dim
        self.latents, self.sample, self.decode = self.sampler.latents, self.sampler.sample, self.sampler.decode
        self.critic_steps = whole("critic_steps", critic_steps, 1)
        if critic_steps > 1 and (self.conditional or penalty_every > 1 or replicas.count() > 1):
            raise ValueError(f"critic_steps: got {critic_steps}, expected 1 with labels, lazy penalty or more devices")

    def step(self, data: list, players: Sequence[Any], seed: keras.random.SeedGenerator) -> dict[str, tf.Tensor]:
        """A batch is real samples, or a pair of samples and labels."""
        taken = self.discriminator.inputs[0]
        (real,), labels = split_batch(data, [taken.shape[1:]], [self._low], self.conditional, self.classes)
        real = ops.cast(real, taken.dtype)
        penalty = self.penalty and (lambda *args: losses.scalar("penalty", self.penalty(*args)))
        options = {"penalty": penalty, "penalty_weight": self.penalty_weight, "augment": self.augment}
        options |= {"loss": self.loss_pair, "ema": self.ema, "seed": seed}
        if self.critic_steps > 1:
            if real.shape[0] is None or real.shape[0] % self.critic_steps:
                raise ValueError(f"data: got batches of {real.shape[0]}, expected a multiple of {self.critic_steps}")
            return steps.critic_step(*players, real, critic_steps=self.critic_steps, **options)
        options["penalty_every"] = self.penalty_every
        if replicas.count() > 1:
            options["latents"] = replicas.part_of(
                lambda n: keras.random.normal((n, self.latent_dim), seed=seed), ops.shape(real)[0]
            )
        if len(self.discriminator.outputs) == 2:
            return steps.auxiliary_step(*players, real, labels, auxiliary_weight=self.auxiliary_weight, **options)
        return steps.gan_step(*players, real, labels, **options)
