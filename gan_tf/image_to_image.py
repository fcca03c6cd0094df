"""Image to image as Keras models around the train steps of :mod:`gan_tf.steps`: CycleGAN, Pix2Pix, StarGAN.

Generators map pictures ``(n, H, W, C)`` to pictures, discriminators to logits of any shape, such as a map
``(n, h, w, 1)``; ``loss``, ``ema``, ``seed`` and what is refused are as for :class:`gan_tf.GAN`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gan_tf import checks, losses, replicas, steps
from gan_tf.adversarial import Adversarial
from gan_tf.batches import split_batch
from gan_tf.sampling import translated


class ImagePool:
    """The pictures that a generator made in earlier steps (Shrivastava et al. 2017, section 2.3).

    Until ``size`` pictures of ``shape`` are in it, it keeps all that comes. From then on a new picture changes places
    with one of the pool at random, or passes by, each with a chance of a half; with a size of 0 all pass by.
    """

    def __init__(self, size: int, shape: tuple[int, ...]):
        self.size = checks.whole("size", size, 0)
        self.images = keras.Variable(tf.zeros((size, *shape)), trainable=False, dtype="float32", name="images")
        self.filled = keras.Variable(0, trainable=False, dtype="int32", name="filled")
        self.variables = [self.images, self.filled]

    def exchange(self, fresh: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
        """Old and new pictures, float32, for as many new ones ``(n, ...)``; those beyond the pool's size pass by."""
        fresh = tf.cast(fresh, "float32")
        if not self.size:
            return fresh
        images, filled = tf.convert_to_tensor(self.images), tf.convert_to_tensor(self.filled)
        n = tf.minimum(tf.shape(fresh)[0], self.size)
        incoming, place = fresh[:n], tf.range(n)
        free = tf.minimum(self.size - filled, n)
        # Distinct places for all: the free ones first, then the filled ones, which stand in front, in a random order.
        order = keras.random.uniform((self.size,), seed=seed) + tf.cast(tf.range(self.size) >= filled, "float32")
        places = tf.where(place < free, filled + place, tf.gather(tf.argsort(order), tf.maximum(place - free, 0)))
        swapped = (place >= free) & (keras.random.uniform((self.size,), seed=seed)[:n] < 0.5)
        stored, axes = tf.gather(images, places), [-1] + [1] * (len(fresh.shape) - 1)
        kept = tf.where(tf.reshape(swapped | (place < free), axes), incoming, stored)
        self.images.assign(tf.tensor_scatter_nd_update(images, places[:, None], kept))
        self.filled.assign(filled + free)
        return tf.concat([tf.where(tf.reshape(swapped, axes), stored, incoming), fresh[n:]], axis=0)


@keras.saving.register_keras_serializable("gan_tf")
class CycleGAN(Adversarial):
    """Two translators that undo each other, and a discriminator for each domain (Zhu et al. 2017).

    No picture needs a partner. A translation, translated back, should be the old picture again (the *cycle*); and a
    picture of the wanted domain should stay as it is (the *identity*, section 5.2 of the paper). One step:
    :func:`gan_tf.steps.cycle_gan_step`.

    Args:
        generator_ab, generator_ba: Keras models from pictures of domain a to b, and back: ``models.translator()``.
        discriminator_a, discriminator_b: from pictures of a and b to logits, such as ``models.patch_discriminator()``.
        loss: ``"least_squares"`` has the half of Mao et al. (2017) before both; the authors have none before one.
        cycle_weight: weight of the cycle's mean absolute error (lambda).
        identity_weight: the same for the identity; half of lambda in the paper. Domains of unlike shapes need 0.
        extra_loss: function ``(given, made, wanted)`` of pictures, no partners, to a scalar that is added to the loss.
        pool: translations that each discriminator's :class:`gan_tf.ImagePool` keeps; 0 for none, as on several devices.
    """

    def __init__(
        self, generator_ab: keras.Model, generator_ba: keras.Model, discriminator_a: keras.Model,
        discriminator_b: keras.Model, *, loss: str | losses.Loss = "least_squares", cycle_weight: float = 10.0,
        identity_weight: float = 5.0, extra_loss: Callable[..., tf.Tensor] | None = None, pool: int = 50,
        ema: float = 0.995, seed: int = 0, name: str = "cycle_gan",
    ):  # fmt: skip
        generators = {"generator_ab": generator_ab, "generator_ba": generator_ba}
        discriminators = {"discriminator_a": discriminator_a, "discriminator_b": discriminator_b}
        for which, net in generators.items():
            checks.check_translator(which, net, labels=False)
        a, b = (net.input_shape[1:] for net in generators.values())
        for (which, net), made in zip(generators.items(), (b, a)):
            if net.output_shape[1:] != made:
                found = f"pictures of shape {net.output_shape[1:]} out of it"
                raise ValueError(f"{which}: got {found}, expected {made}, which the other translator takes")
        for (which, net), taken in zip(discriminators.items(), (a, b)):
            checks.check_discriminator(which, net, taken)
        checks.check_weights(cycle_weight=cycle_weight, identity_weight=identity_weight)
        if identity_weight and a != b:
            raise ValueError(f"identity_weight: got {identity_weight!r}, expected 0 for pictures of shapes {a} and {b}")
        checks.check_function("extra_loss", extra_loss)
        options = {"metrics": ("adversarial_loss", "cycle_loss", "identity_loss"), "imitated": (0, 1)}
        super().__init__(generators, discriminators, loss=loss, ema=ema, seed=seed, name=name, **options)
        self.cycle_weight, self.identity_weight, self.extra_loss = cycle_weight, identity_weight, extra_loss
        self.pool = checks.whole("pool", pool, 0, 0 if replicas.count() > 1 else None)
        self.pool_a, self.pool_b = ImagePool(pool, a), ImagePool(pool, b)

    @property
    def parts(self) -> dict[str, Any]:
        return {**super().parts, "pool_a": self.pool_a.variables, "pool_b": self.pool_b.variables}

    def step(self, data: list, players: Sequence[Any], seed: keras.random.SeedGenerator) -> dict[str, tf.Tensor]:
        """A batch is a pair ``(a, b)``, whose pictures need not belong together."""
        shapes = [net.input_shape[1:] for net in (self.generator_ab, self.generator_ba)]
        (a, b), _ = split_batch(data, shapes, [self._low] * 2)
        return steps.cycle_gan_step(
            *players, a, b, loss=self.loss_pair, cycle_weight=self.cycle_weight, ema=self.ema,
            identity_weight=self.identity_weight, extra_loss=self.extra_loss,
            pools=[lambda fake, pool=pool: pool.exchange(fake, seed) for pool in (self.pool_a, self.pool_b)],
        )  # fmt: skip

    def to_b(self, x: np.ndarray) -> np.ndarray:
        """The averaged translator's pictures of b for pictures of a: see :func:`gan_tf.sampling.translated`."""
        return translated(self.averaged_ab, x)

    def to_a(self, x: np.ndarray) -> np.ndarray:
        """The other way: see :meth:`to_b`."""
        return translated(self.averaged_ba, x)


@keras.saving.register_keras_serializable("gan_tf")
class Pix2Pix(Adversarial):
    """A translator that learns from pairs, and a discriminator of pairs (Isola et al. 2017).

    The mean absolute error to the partner says what should be where; the discriminator, which receives the picture
    beside its source, asks for the detail that this error averages away: :func:`gan_tf.steps.pix2pix_step`.

    Args:
        generator: from pictures to pictures; may have a second input of integer labels ``(n,)`` below ``classes``.
        discriminator: Keras model from pictures and their sources, in this order, to logits.
        l1_weight, adversarial_weight: weights of the mean absolute error (lambda) and of the generator's loss.
        extra_loss: function ``(given, made, wanted)`` of pictures, whose scalar is added to the generator's loss.
    """

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, *, loss: str | losses.Loss = "non_saturating",
        l1_weight: float = 100.0, adversarial_weight: float = 1.0, extra_loss: Callable[..., tf.Tensor] | None = None,
        ema: float = 0.995, classes: int | None = None, seed: int = 0, name: str = "pix2pix",
    ):  # fmt: skip
        checks.check_translator("generator", generator, labels=True)
        given, made = generator.inputs[0].shape[1:], generator.outputs[0].shape[1:]
        checks.check_discriminator("discriminator", discriminator, made, given)
        checks.check_weights(l1_weight=l1_weight, adversarial_weight=adversarial_weight)
        checks.check_function("extra_loss", extra_loss)
        nets = {"generator": generator}, {"discriminator": discriminator}
        options = {"metrics": ("adversarial_loss", "l1_loss"), "imitated": (1,)}
        super().__init__(*nets, loss=loss, ema=ema, seed=seed, name=name, **options)
        self.l1_weight, self.adversarial_weight, self.extra_loss = l1_weight, adversarial_weight, extra_loss
        self.classes = None if classes is None else checks.whole("classes", classes, 1)
        self.conditional, self.shapes = len(generator.inputs) == 2, (given, made)

    def step(self, data: list, players: Sequence[Any], seed: keras.random.SeedGenerator) -> dict[str, tf.Tensor]:
        """A batch is ``(given, wanted)`` or, where the generator takes labels, ``(given, wanted, labels)``."""
        (given, wanted), labels = split_batch(data, self.shapes, [-1.0, self._low], self.conditional, self.classes)
        return steps.pix2pix_step(
            *players, given, wanted, labels, loss=self.loss_pair, l1_weight=self.l1_weight,
            adversarial_weight=self.adversarial_weight, extra_loss=self.extra_loss, ema=self.ema,
        )  # fmt: skip

    def translate(self, x: np.ndarray, labels: Any = None) -> np.ndarray:
        """The averaged translator's pictures: see :func:`gan_tf.sampling.translated`."""
        return translated(self.averaged, x, labels, self.classes)


@keras.saving.register_keras_serializable("gan_tf")
class StarGAN(Adversarial):
    """One translator for several classes, and a discriminator that also classifies (Choi et al. 2018).

    No picture needs a partner; :func:`gan_tf.steps.star_gan_step` draws a wanted class for each.

    Args:
        generator: from pictures and wanted classes, integers ``(n,)``, to pictures: ``models.translator(classes=...)``.
        discriminator: from pictures to logits and to class logits ``(n, classes)``: ``models.patch_discriminator()``.
        loss: the paper has Wasserstein's, with a gradient penalty.
        cycle_weight: weight of the cycle's mean absolute error (lambda rec).
        class_weight: weight of the cross-entropy of the classes, in the losses of both nets (lambda cls).
    """

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, *, loss: str | losses.Loss = "least_squares",
        cycle_weight: float = 10.0, class_weight: float = 1.0, ema: float = 0.995, seed: int = 0,
        name: str = "star_gan",
    ):  # fmt: skip
        checks.check_translator("generator", generator, labels=True)
        shape, made = generator.inputs[0].shape[1:], generator.outputs[0].shape[1:]
        if len(generator.inputs) != 2 or made != shape:
            wanted = "expected pictures and wanted classes, and pictures of the same shape"
            raise ValueError(f"generator: got {len(generator.inputs)} inputs, and shape {made} of {shape}; {wanted}")
        checks.check_discriminator("discriminator", discriminator, shape, outputs=2)
        named = discriminator.outputs[1].shape[1:]
        if len(named) != 1:
            raise ValueError(f"discriminator: got a second output of shape {named}, expected class logits (classes,)")
        checks.check_weights(cycle_weight=cycle_weight, class_weight=class_weight)
        nets = {"generator": generator}, {"discriminator": discriminator}
        metrics = "adversarial_loss", "cycle_loss", "class_loss"
        super().__init__(*nets, loss=loss, ema=ema, seed=seed, name=name, metrics=metrics)
        self.classes, self.cycle_weight, self.class_weight = named[0], cycle_weight, class_weight

    def step(self, data: list, players: Sequence[Any], seed: keras.random.SeedGenerator) -> dict[str, tf.Tensor]:
        """A batch is ``(pictures, labels)``."""
        (real,), labels = split_batch(data, [self.generator.inputs[0].shape[1:]], [self._low], True, self.classes)
        options = {"loss": self.loss_pair, "cycle_weight": self.cycle_weight, "class_weight": self.class_weight}
        if replicas.count() > 1:
            options["targets"] = replicas.part_of(
                lambda n: keras.random.randint((n,), 0, self.classes, seed=seed), ops.shape(real)[0]
            )
        return steps.star_gan_step(*players, real, labels, ema=self.ema, seed=seed, **options)

    def translate(self, x: np.ndarray, labels: Any) -> np.ndarray:
        """Pictures in the wanted classes, integers ``(n,)`` or one for all: see :func:`gan_tf.sampling.translated`."""
        return translated(self.averaged, x, labels, self.classes)
