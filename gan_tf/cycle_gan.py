"""Image to image without pairs: the train step of CycleGAN."""

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
from gan_tf.pool import ImagePool
from gan_tf.translation import apart, judged, shape_of, translated


class CycleGAN(Adversarial):
    """Two translators that undo each other, and a discriminator for each domain (Zhu et al. 2017).

    No picture needs a partner. A translation is to look real to the discriminator of its new domain; translated back it
    is to be the old picture again (the *cycle*); and a picture that is of the wanted domain already is to stay as it is
    (the *identity*, section 5.2 of the paper). The two translators share one optimizer, the two discriminators another.

    One step translates both ways, updates the discriminators on real pictures and on translations from a pool of older
    ones, then the translators through the updated discriminators, then the averaged translators.

    Args:
        generator_ab: Keras model from pictures of domain a, ``(n, H, W, C)``, to pictures of domain b.
        generator_ba: the same the other way.
        discriminator_a: from pictures of a to logits of any shape, such as a map ``(n, h, w, 1)``.
        discriminator_b: the same for b.
        loss: a name of :data:`gan_tf.losses.LOSSES`, or a :class:`gan_tf.losses.Loss`. Our ``"least_squares"`` has the
            half of Mao et al. (2017) before both losses; the authors' code has none before the generator's.
        cycle_weight: what the mean absolute error of the cycle is multiplied by (lambda).
        identity_weight: the same for the identity; the paper has half of lambda. 0 leaves it out, which domains of
            unlike shapes need.
        extra_loss: function ``(given, made, wanted)`` of pictures, whose scalar is added to the translators' loss for
            each direction; ``wanted`` are pictures of the wanted domain, no partners. Such as
            ``gan_tf.Perception(..., like="given")``.
        pool: translations that each discriminator's pool keeps; see :class:`gan_tf.pool.ImagePool`.
        ema: decay a step of the averaged weights; all that is shown and measured comes from them.
        seed: seed of the pool.

    Raises:
        ValueError: nets that do not fit together, or a number out of its range.

    Example:
        >>> shape = (64, 64, 3)
        >>> nets = [models.translator(shape) for _ in range(2)] + [models.patch_discriminator(shape) for _ in range(2)]
        >>> cycle = gan_tf.CycleGAN(*nets)
        >>> cycle.compile(keras.optimizers.Adam(2e-4, 0.5), keras.optimizers.Adam(2e-4, 0.5))
        >>> cycle.fit(data.Domains(day, sunset).batches(4), epochs=5)
        >>> cycle.to_b(day.x[:8])
    """

    def __init__(
        self,
        generator_ab: keras.Model,
        generator_ba: keras.Model,
        discriminator_a: keras.Model,
        discriminator_b: keras.Model,
        *,
        loss: str | losses.Loss = "least_squares",
        cycle_weight: float = 10.0,
        identity_weight: float = 5.0,
        extra_loss: Callable[..., tf.Tensor] | None = None,
        pool: int = 50,
        ema: float = 0.995,
        seed: int = 0,
        name: str = "cycle_gan",
    ):
        check_translator("generator_ab", generator_ab, labels=False)
        check_translator("generator_ba", generator_ba, labels=False)
        shape_a, shape_b = shape_of(generator_ab.inputs[0]), shape_of(generator_ba.inputs[0])
        for wanted, made in (("ab", shape_b), ("ba", shape_a)):
            net = generator_ab if wanted == "ab" else generator_ba
            if shape_of(net.outputs[0]) != made:
                raise ValueError(
                    f"generator_{wanted}: makes pictures of shape {shape_of(net.outputs[0])}, but the other translator "
                    f"takes {made}"
                )
        check_judge("discriminator_a", discriminator_a, shape_a)
        check_judge("discriminator_b", discriminator_b, shape_b)
        for option, weight in (("cycle_weight", cycle_weight), ("identity_weight", identity_weight)):
            check_weight(option, weight)
        if identity_weight and shape_a != shape_b:
            raise ValueError(
                f"identity_weight: got {identity_weight!r} for pictures of shapes {shape_a} and {shape_b}, expected 0, "
                "as neither translator takes pictures of the other domain"
            )
        check_function("extra_loss", extra_loss)
        whole("pool", pool, 0)
        super().__init__(
            {"generator_ab": generator_ab, "generator_ba": generator_ba},
            {"discriminator_a": discriminator_a, "discriminator_b": discriminator_b},
            loss=loss,
            ema=ema,
            seed=seed,
            metrics=(
                "generator_loss",
                "discriminator_loss",
                "cycle_loss",
                "identity_loss",
                "real_score",
                "fake_score",
            ),
            name=name,
        )
        self.cycle_weight, self.identity_weight = cycle_weight, identity_weight
        self.extra_loss = extra_loss
        self.pool_a, self.pool_b = ImagePool(pool, shape_a), ImagePool(pool, shape_b)

    @property
    def parts(self) -> dict[str, list[keras.Variable]]:
        return {**super().parts, "pool_a": self.pool_a.variables, "pool_b": self.pool_b.variables}

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update all four nets once on a pair of batches, ``(a, b)``, whose pictures need not belong together.

        Raises:
            ValueError: pictures of a wrong type or shape.
        """
        shapes = [shape_of(net.inputs[0]) for net in (self.generator_ab, self.generator_ba)]
        (a, b), _ = split_pictures(data, shapes)
        with tf.GradientTape() as tape:
            fake_b, fake_a = self.generator_ab(a, training=True), self.generator_ba(b, training=True)
            with tape.stop_recording():
                discriminator_loss, real, fake = self._train_discriminators(a, b, fake_a, fake_b)
            fooled_a = self.loss_pair.generator(real[0], judged(self.discriminator_a, fake_a))
            fooled_b = self.loss_pair.generator(real[1], judged(self.discriminator_b, fake_b))
            cycle = apart(self.generator_ba(fake_b, training=True), a)
            cycle += apart(self.generator_ab(fake_a, training=True), b)
            identity = 0.0
            if self.identity_weight:
                identity = apart(self.generator_ba(a, training=True), a)
                identity += apart(self.generator_ab(b, training=True), b)
            loss = fooled_a + fooled_b + self.cycle_weight * cycle + self.identity_weight * identity
            if self.extra_loss is not None:
                loss += self.extra_loss(a, fake_b, b) + self.extra_loss(b, fake_a, a)
            scaled = self.generator_optimizer.scale_loss(loss)
        self._update_generators(tape, scaled)
        scores = [(belief(one) + belief(other)) / 2 for one, other in (real, fake)]
        return self._report((loss, discriminator_loss, cycle, identity, *scores))

    def _train_discriminators(self, a: tf.Tensor, b: tf.Tensor, fake_a: tf.Tensor, fake_b: tf.Tensor) -> tuple:
        old_a, old_b = self.pool_a.exchange(fake_a, self.noise), self.pool_b.exchange(fake_b, self.noise)
        with tf.GradientTape() as tape:
            real = judged(self.discriminator_a, a), judged(self.discriminator_b, b)
            fake = judged(self.discriminator_a, old_a), judged(self.discriminator_b, old_b)
            loss = self.loss_pair.discriminator(real[0], fake[0]) + self.loss_pair.discriminator(real[1], fake[1])
            scaled = self.discriminator_optimizer.scale_loss(loss)
        self._update_discriminators(tape, scaled)
        return loss, real, fake

    def to_b(self, x: np.ndarray) -> np.ndarray:
        """Pictures of domain a, ``(n, H, W, C)`` in [-1, 1], as the averaged translator sees them in b: float32.

        Raises:
            ValueError: another shape, values outside [-1, 1], NaN or infinity.
        """
        return translated(self.averaged_ab, x)

    def to_a(self, x: np.ndarray) -> np.ndarray:
        """The other way: see :meth:`to_b`."""
        return translated(self.averaged_ba, x)
