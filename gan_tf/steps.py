"""How every network of the course is trained: one function a kind of GAN, to be read from top to bottom.

Each function updates every net once and returns scalars for a log. None needs a class:

    >>> for real in batches:  # Before: optimizer.build(net.trainable_variables), for both.
    ...     logs = train_step(generator, discriminator, averaged, *optimizers, real, seed=seed)

Samples are float32 in [-1, 1]; discriminators return logits. ``averaged`` is a copy of the generator
(``keras.models.clone_model``) for the mean of its weights, or ``None``. The penalty, weighted by gamma
(``penalty_weight``), is computed in one step of ``penalty_every``, so many times as heavy ("lazy", Karras et al. 2020).
``augment(samples, seed=...)`` changes what the discriminator receives; ``seed`` is a ``keras.random.SeedGenerator``.
Each net's ``losses`` (regularisers) are part of its loss; ``scale_loss`` changes it under float16 only. On several
devices pass optimizers through :func:`gan_tf.replicas.shared`.
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf
from keras import ops
from keras.optimizers import Optimizer

from gan_tf import losses


def update_average(averaged: keras.Model | None, net: keras.Model, decay: float, steps: tf.Tensor) -> None:
    """Move each averaged weight towards the net's; faster in early steps, so that the untrained net is forgotten."""
    steps = tf.cast(steps, "float32")
    rate = 1.0 - tf.minimum(decay, steps / (10.0 + steps))
    for average, weight in zip(averaged.weights, net.weights) if averaged is not None else ():
        average.assign(average + rate * (weight - average) if "float" in weight.dtype else weight)


def logs_of(generator: tf.Tensor, discriminator: tf.Tensor, real: tf.Tensor, fake: tf.Tensor) -> dict[str, tf.Tensor]:
    """The two losses, and the means of the scores that the discriminator gives real and fake samples."""
    scores = {"real_score": ops.mean(real), "fake_score": ops.mean(fake)}
    return {"generator_loss": generator, "discriminator_loss": discriminator, **scores}


def gan_step(
    generator: keras.Model, discriminator: keras.Model, averaged: keras.Model | None, generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer, real: tf.Tensor, labels: tf.Tensor | None = None, *,
    latents: tf.Tensor | None = None, loss: losses.Loss = losses.LOSSES["non_saturating"],
    penalty: losses.Penalty | None = losses.r1, penalty_weight: float = 1.0, penalty_every: int = 8,
    ema: float = 0.995, augment: Callable | None = None, seed: losses.Seed,
) -> dict[str, tf.Tensor]:  # fmt: skip
    """Generator against discriminator (Goodfellow et al. 2014); with ``labels`` ``(n,)`` for both nets, conditional."""
    if latents is None:
        latents = keras.random.normal((ops.shape(real)[0], generator.inputs[0].shape[-1]), seed=seed)

    def discriminate(samples: tf.Tensor) -> tf.Tensor:
        samples = samples if augment is None else augment(samples, seed=seed)
        logits = discriminator(samples if labels is None else [samples, labels], training=True)
        return ops.cast(logits, "float32")

    with tf.GradientTape() as generator_tape:
        fake = generator(latents if labels is None else [latents, labels], training=True)
    with tf.GradientTape() as tape:
        real_logits, fake_logits = discriminate(real), discriminate(fake)
        discriminator_loss = loss.discriminator(real_logits, fake_logits)
        total = discriminator_loss + sum(discriminator.losses)
        if penalty is not None:
            weight, due = penalty_weight * penalty_every, discriminator_optimizer.iterations % penalty_every == 0
            total += tf.cond(due, lambda: weight * penalty(discriminate, real, fake, seed), lambda: 0.0)
        total = discriminator_optimizer.scale_loss(total)
    discriminator_optimizer.apply(tape.gradient(total, discriminator.trainable_variables))

    with generator_tape:  # Go on from the fake samples, through the updated discriminator.
        generator_loss = loss.generator(real_logits, discriminate(fake))
        total = generator_optimizer.scale_loss(generator_loss + sum(generator.losses))
    generator_optimizer.apply(generator_tape.gradient(total, generator.trainable_variables))
    update_average(averaged, generator, ema, generator_optimizer.iterations)
    return logs_of(generator_loss, discriminator_loss, *loss.scores(real_logits, fake_logits))


def auxiliary_step(
    generator: keras.Model, discriminator: keras.Model, averaged: keras.Model | None, generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer, real: tf.Tensor, labels: tf.Tensor, *, latents: tf.Tensor | None = None,
    auxiliary_weight: float = 1.0, loss: losses.Loss = losses.LOSSES["non_saturating"],
    penalty: losses.Penalty | None = losses.r1, penalty_weight: float = 1.0, penalty_every: int = 8,
    ema: float = 0.995, augment: Callable | None = None, seed: losses.Seed,
) -> dict[str, tf.Tensor]:  # fmt: skip
    """The discriminator returns logits and class logits, whose cross-entropy both nets lower (Odena et al. 2017)."""
    if latents is None:
        latents = keras.random.normal((ops.shape(real)[0], generator.inputs[0].shape[-1]), seed=seed)

    def discriminate(samples: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        samples = samples if augment is None else augment(samples, seed=seed)
        logits, class_logits = discriminator(samples, training=True)
        return ops.cast(logits, "float32"), losses.cross_entropy(labels, class_logits)

    with tf.GradientTape() as generator_tape:
        fake = generator([latents, labels], training=True)
    with tf.GradientTape() as tape:
        (real_logits, real_entropy), (fake_logits, fake_entropy) = discriminate(real), discriminate(fake)
        discriminator_loss = loss.discriminator(real_logits, fake_logits)
        discriminator_loss += auxiliary_weight * (real_entropy + fake_entropy)
        total = discriminator_loss + sum(discriminator.losses)
        if penalty is not None:
            weight, due = penalty_weight * penalty_every, discriminator_optimizer.iterations % penalty_every == 0
            args = (lambda samples: discriminate(samples)[0], real, fake, seed)
            total += tf.cond(due, lambda: weight * penalty(*args), lambda: 0.0)
        total = discriminator_optimizer.scale_loss(total)
    discriminator_optimizer.apply(tape.gradient(total, discriminator.trainable_variables))

    with generator_tape:
        fresh_logits, entropy = discriminate(fake)
        generator_loss = loss.generator(real_logits, fresh_logits) + auxiliary_weight * entropy
        total = generator_optimizer.scale_loss(generator_loss + sum(generator.losses))
    generator_optimizer.apply(generator_tape.gradient(total, generator.trainable_variables))
    update_average(averaged, generator, ema, generator_optimizer.iterations)
    return logs_of(generator_loss, discriminator_loss, *loss.scores(real_logits, fake_logits))


def critic_step(
    generator: keras.Model, discriminator: keras.Model, averaged: keras.Model | None, generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer, real: tf.Tensor, *, critic_steps: int = 5,
    loss: losses.Loss = losses.LOSSES["wasserstein"], penalty: losses.Penalty | None = losses.gradient_penalty,
    penalty_weight: float = 10.0, ema: float = 0.995, augment: Callable | None = None, seed: losses.Seed,
) -> dict[str, tf.Tensor]:  # fmt: skip
    """Several updates of the critic, each on a part of ``real``, then one of the generator (Gulrajani et al. 2017)."""

    def discriminate(samples: tf.Tensor) -> tf.Tensor:
        samples = samples if augment is None else augment(samples, seed=seed)
        return ops.cast(discriminator(samples, training=True), "float32")

    *parts, last = tf.split(real, critic_steps)
    for part in parts:
        fake = generator(keras.random.normal((ops.shape(part)[0], generator.input_shape[-1]), seed=seed), training=True)
        with tf.GradientTape() as tape:
            total = loss.discriminator(discriminate(part), discriminate(fake)) + sum(discriminator.losses)
            if penalty is not None:
                total += penalty_weight * penalty(discriminate, part, fake, seed)
            total = discriminator_optimizer.scale_loss(total)
        discriminator_optimizer.apply(tape.gradient(total, discriminator.trainable_variables))
    return gan_step(
        generator, discriminator, averaged, generator_optimizer, discriminator_optimizer, last, loss=loss,
        penalty=penalty, penalty_weight=penalty_weight, penalty_every=1, ema=ema, augment=augment, seed=seed,
    )  # fmt: skip


def pix2pix_step(
    generator: keras.Model, discriminator: keras.Model, averaged: keras.Model | None, generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer, given: tf.Tensor, wanted: tf.Tensor, labels: tf.Tensor | None = None, *,
    loss: losses.Loss = losses.LOSSES["non_saturating"], l1_weight: float = 100.0, adversarial_weight: float = 1.0,
    extra_loss: Callable | None = None, ema: float = 0.995,
) -> dict[str, tf.Tensor]:  # fmt: skip
    """Pictures to their partners; the discriminator receives pairs: a picture and its source (Isola et al. 2017)."""
    with tf.GradientTape() as generator_tape:
        made = generator(given if labels is None else [given, labels], training=True)
    with tf.GradientTape() as tape:
        real_logits = ops.cast(discriminator([wanted, given], training=True), "float32")
        fake_logits = ops.cast(discriminator([made, given], training=True), "float32")
        discriminator_loss = loss.discriminator(real_logits, fake_logits)
        total = discriminator_optimizer.scale_loss(discriminator_loss + sum(discriminator.losses))
    discriminator_optimizer.apply(tape.gradient(total, discriminator.trainable_variables))

    with generator_tape:
        fresh_logits = ops.cast(discriminator([made, given], training=True), "float32")
        l1 = ops.mean(ops.abs(made - wanted))
        adversarial = loss.generator(real_logits, fresh_logits)
        generator_loss = adversarial_weight * adversarial + l1_weight * l1
        generator_loss += 0.0 if extra_loss is None else extra_loss(given, made, wanted)
        total = generator_optimizer.scale_loss(generator_loss + sum(generator.losses))
    generator_optimizer.apply(generator_tape.gradient(total, generator.trainable_variables))
    update_average(averaged, generator, ema, generator_optimizer.iterations)
    parts = {"adversarial_loss": adversarial, "l1_loss": l1}
    return logs_of(generator_loss, discriminator_loss, *loss.scores(real_logits, fake_logits)) | parts


def cycle_gan_step(
    generator_ab: keras.Model, generator_ba: keras.Model, discriminator_a: keras.Model, discriminator_b: keras.Model,
    averaged_ab: keras.Model | None, averaged_ba: keras.Model | None, generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer, a: tf.Tensor, b: tf.Tensor, *,
    loss: losses.Loss = losses.LOSSES["least_squares"], cycle_weight: float = 10.0, identity_weight: float = 5.0,
    extra_loss: Callable | None = None, pools: Sequence[Callable] = (tf.identity, tf.identity), ema: float = 0.995,
) -> dict[str, tf.Tensor]:  # fmt: skip
    """Two translators that undo each other, without pairs (Zhu et al. 2017). A pool exchanges fakes for older ones."""
    with tf.GradientTape() as generator_tape:
        fake_b, fake_a = generator_ab(a, training=True), generator_ba(b, training=True)
    sides = ((discriminator_a, a, fake_a, pools[0]), (discriminator_b, b, fake_b, pools[1]))
    with tf.GradientTape() as tape:
        real_logits = [ops.cast(net(real, training=True), "float32") for net, real, _, _ in sides]
        fake_logits = [ops.cast(net(pool(fake), training=True), "float32") for net, _, fake, pool in sides]
        discriminator_loss = sum(map(loss.discriminator, real_logits, fake_logits))
        total = discriminator_loss + sum(discriminator_a.losses + discriminator_b.losses)
        total = discriminator_optimizer.scale_loss(total)
    both = discriminator_a.trainable_variables + discriminator_b.trainable_variables
    discriminator_optimizer.apply(tape.gradient(total, both))

    with generator_tape:
        fresh_logits = [ops.cast(net(fake, training=True), "float32") for net, _, fake, _ in sides]
        cycle = ops.mean(ops.abs(generator_ba(fake_b, training=True) - a))
        cycle += ops.mean(ops.abs(generator_ab(fake_a, training=True) - b))
        identity = 0.0
        if identity_weight:
            identity = ops.mean(ops.abs(generator_ba(a, training=True) - a))
            identity += ops.mean(ops.abs(generator_ab(b, training=True) - b))
        adversarial = sum(map(loss.generator, real_logits, fresh_logits))
        generator_loss = adversarial + cycle_weight * cycle + identity_weight * identity
        generator_loss += 0.0 if extra_loss is None else extra_loss(a, fake_b, b) + extra_loss(b, fake_a, a)
        total = generator_optimizer.scale_loss(generator_loss + sum(generator_ab.losses + generator_ba.losses))
    both = generator_ab.trainable_variables + generator_ba.trainable_variables
    generator_optimizer.apply(generator_tape.gradient(total, both))
    for averaged, generator in ((averaged_ab, generator_ab), (averaged_ba, generator_ba)):
        update_average(averaged, generator, ema, generator_optimizer.iterations)
    scores = loss.scores(ops.stack(real_logits), ops.stack(fake_logits))
    parts = {"adversarial_loss": adversarial, "cycle_loss": cycle, "identity_loss": identity}
    return logs_of(generator_loss, discriminator_loss, *scores) | parts


def star_gan_step(
    generator: keras.Model, discriminator: keras.Model, averaged: keras.Model | None, generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer, real: tf.Tensor, labels: tf.Tensor, *, targets: tf.Tensor | None = None,
    loss: losses.Loss = losses.LOSSES["least_squares"], cycle_weight: float = 10.0, class_weight: float = 1.0,
    ema: float = 0.995, seed: losses.Seed,
) -> dict[str, tf.Tensor]:  # fmt: skip
    """One translator for several classes; the discriminator also returns class logits (Choi et al. 2018)."""
    if targets is None:
        targets = keras.random.randint(ops.shape(labels), 0, discriminator.outputs[1].shape[-1], seed=seed)
    with tf.GradientTape() as generator_tape:
        fake = generator([real, targets], training=True)
    with tf.GradientTape() as tape:
        real_logits, class_logits = discriminator(real, training=True)
        fake_logits, _ = discriminator(fake, training=True)  # Only real pictures teach what a class is.
        discriminator_loss = loss.discriminator(real_logits, fake_logits)
        discriminator_loss += class_weight * losses.cross_entropy(labels, class_logits)
        total = discriminator_optimizer.scale_loss(discriminator_loss + sum(discriminator.losses))
    discriminator_optimizer.apply(tape.gradient(total, discriminator.trainable_variables))

    with generator_tape:
        fresh_logits, class_logits = discriminator(fake, training=True)
        cycle = ops.mean(ops.abs(generator([fake, labels], training=True) - real))
        entropy = losses.cross_entropy(targets, class_logits)
        adversarial = loss.generator(real_logits, fresh_logits)
        generator_loss = adversarial + cycle_weight * cycle + class_weight * entropy
        total = generator_optimizer.scale_loss(generator_loss + sum(generator.losses))
    generator_optimizer.apply(generator_tape.gradient(total, generator.trainable_variables))
    update_average(averaged, generator, ema, generator_optimizer.iterations)
    parts = {"adversarial_loss": adversarial, "cycle_loss": cycle, "class_loss": entropy}
    return logs_of(generator_loss, discriminator_loss, *loss.scores(real_logits, fake_logits)) | parts


# For a loop of one's own. AutoGraph has nothing to convert here, and warns of a lambda that is passed as ``augment``.
_STEPS = gan_step, auxiliary_step, critic_step, pix2pix_step, cycle_gan_step, star_gan_step
train_step, auxiliary_train_step, critic_train_step, pix2pix_train_step, cycle_gan_train_step, star_gan_train_step = (
    tf.function(step, autograph=False) for step in _STEPS
)
