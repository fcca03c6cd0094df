"""Adversarial losses and gradient penalties.

Each loss is a pair of pure functions on logits. A logit is the last number of the discriminator before a sigmoid: large
means "real". The arguments have one entry a sample, any shape, and both have the same shape; the result is a scalar.

========================  ====================================================
``minimax``               Goodfellow et al. 2014, eq. 1; the generator saturates
``non_saturating``        Goodfellow et al. 2014, section 3; the usual choice
``least_squares``         Mao et al. 2017 (LSGAN), targets 1 and 0
``hinge``                 Lim and Ye 2017, Miyato et al. 2018
``wasserstein``           Arjovsky et al. 2017; needs a Lipschitz critic
``relativistic``          Jolicoeur-Martineau 2019, Huang et al. 2024 (paired)
========================  ====================================================
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf
from keras import ops

from gan_tf.checks import one_of

Tensor = tf.Tensor
LossFunction = Callable[[Tensor, Tensor], Tensor]
Discriminate = Callable[[Tensor], Tensor]
Seed = int | keras.random.SeedGenerator | None


class Loss(NamedTuple):
    """Two functions of ``(real_logits, fake_logits)``, each a scalar to be made small."""

    discriminator: LossFunction
    generator: LossFunction
    name: str


def _check_same_shape(argument: str, real: Tensor, fake: Tensor) -> None:
    """Refuse shapes that would broadcast, as (n, 1) and (n,) do to (n, n): a wrong result without an error."""
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(
            f"{argument}: got real of shape {real.shape} and fake of shape {fake.shape}, expected the same"
        )


def _of_equal_shape(function: LossFunction) -> LossFunction:
    @functools.wraps(function)
    def checked(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        real_logits, fake_logits = ops.convert_to_tensor(real_logits), ops.convert_to_tensor(fake_logits)
        _check_same_shape("logits", real_logits, fake_logits)
        return function(real_logits, fake_logits)

    return checked


# log(sigmoid(a)) = -softplus(-a) and log(1 - sigmoid(a)) = -softplus(a). Written so, no logarithm ever sees a zero.


def _logistic_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-mean log D(x) - mean log(1 - D(G(z)))."""
    return ops.mean(ops.softplus(-real_logits)) + ops.mean(ops.softplus(fake_logits))


def _minimax_generator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """mean log(1 - D(G(z))): flat where the discriminator is sure, so it saturates."""
    return -ops.mean(ops.softplus(fake_logits))


def _non_saturating_generator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-mean log D(G(z)): steep where the discriminator is sure."""
    return ops.mean(ops.softplus(-fake_logits))


def _least_squares_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return 0.5 * (ops.mean(ops.square(real_logits - 1.0)) + ops.mean(ops.square(fake_logits)))


def _least_squares_generator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return 0.5 * ops.mean(ops.square(fake_logits - 1.0))


def _hinge_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return ops.mean(ops.relu(1.0 - real_logits)) + ops.mean(ops.relu(1.0 + fake_logits))


def _linear_generator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return -ops.mean(fake_logits)


def _wasserstein_critic(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return ops.mean(fake_logits) - ops.mean(real_logits)


def _relativistic_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return ops.mean(ops.softplus(fake_logits - real_logits))


def _relativistic_generator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return ops.mean(ops.softplus(real_logits - fake_logits))


LOSSES: dict[str, Loss] = {
    name: Loss(_of_equal_shape(discriminator), _of_equal_shape(generator), name)
    for name, discriminator, generator in (
        ("minimax", _logistic_discriminator, _minimax_generator),
        ("non_saturating", _logistic_discriminator, _non_saturating_generator),
        ("least_squares", _least_squares_discriminator, _least_squares_generator),
        ("hinge", _hinge_discriminator, _linear_generator),
        ("wasserstein", _wasserstein_critic, _linear_generator),
        ("relativistic", _relativistic_discriminator, _relativistic_generator),
    )
}


def label_smoothing(target: float = 0.9) -> Loss:
    """The non-saturating loss, with ``target`` instead of 1 as the belief wanted in real samples; in fake ones still 0.

    One-sided label smoothing (Salimans et al. 2016, section 3.4) holds a discriminator back that is too sure.

    Args:
        target: wanted belief in a real sample, above 0.5 and up to 1; 1 is the plain loss.

    Raises:
        ValueError: ``target`` is outside this range.
    """
    if not 0.5 < target <= 1.0:
        raise ValueError(f"target: got {target!r}, expected a number above 0.5 and up to 1")

    def discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        # -t log s(a) - (1 - t) log(1 - s(a)) = softplus(-a) + (1 - t) a
        plain = _logistic_discriminator(real_logits, fake_logits)
        return plain + (1.0 - target) * ops.mean(real_logits)

    generator = LOSSES["non_saturating"].generator
    return Loss(_of_equal_shape(discriminator), generator, f"label_smoothing({target:g})")


def cross_entropy(labels: Tensor, class_logits: Tensor) -> Tensor:
    """Mean cross-entropy of an auxiliary classifier: labels int ``(n,)``, class logits ``(n, classes)``."""
    class_logits = ops.cast(class_logits, "float32")
    return ops.mean(keras.losses.sparse_categorical_crossentropy(labels, class_logits, from_logits=True))


def get(name: str | Loss) -> Loss:
    """The loss of that name, or the pair itself.

    Raises:
        ValueError: no loss has that name; the nearest name is suggested.
    """
    return name if isinstance(name, Loss) else LOSSES[one_of("loss", name, LOSSES)]


def _squared_norms(gradients: Tensor) -> Tensor:
    """Squared Euclidean length of each sample's gradient: (n, ...) to (n,), in float32."""
    gradients = ops.cast(gradients, "float32")
    return ops.sum(ops.square(gradients), axis=tuple(range(1, len(gradients.shape))))


def _input_gradients(discriminate: Discriminate, x: Tensor) -> Tensor:
    """The gradient of each sample's logit with respect to that sample, of the shape of ``x``."""
    x = ops.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        # The sum's gradient for sample i is its own logit's gradient, as long as no layer mixes the samples of a batch.
        total = ops.sum(discriminate(x))
    gradients = tape.gradient(total, x)
    if gradients is None:
        raise ValueError("discriminate: its logits do not depend on the samples in a way that can be differentiated")
    return gradients


def r1(discriminate: Discriminate, real: Tensor, fake: Tensor, seed: Seed = None) -> Tensor:
    """Half the mean squared gradient on real samples (Mescheder et al. 2018, eq. 9).

    Args:
        discriminate: maps a batch to logits.
        real: a batch of data, (n, ...).
        fake: a batch of samples, of the same shape; not used here.
        seed: for penalties that draw random numbers; not used here.

    Returns:
        A scalar; multiply it by gamma.
    """
    return 0.5 * ops.mean(_squared_norms(_input_gradients(discriminate, real)))


def r2(discriminate: Discriminate, real: Tensor, fake: Tensor, seed: Seed = None) -> Tensor:
    """Half the mean squared gradient on generated samples (Mescheder et al. 2018, eq. 10). Arguments as for r1."""
    return 0.5 * ops.mean(_squared_norms(_input_gradients(discriminate, fake)))


def r1_r2(discriminate: Discriminate, real: Tensor, fake: Tensor, seed: Seed = None) -> Tensor:
    """The sum of both, as R3GAN uses it (Huang et al. 2024). Arguments as in :func:`r1`."""
    return r1(discriminate, real, fake) + r2(discriminate, real, fake)


def gradient_penalty(discriminate: Discriminate, real: Tensor, fake: Tensor, seed: Seed = None) -> Tensor:
    """Mean squared distance of the gradient's length from one (Gulrajani et al. 2017, eq. 3); weight it by 10.

    The points lie on straight lines between real and generated samples, one *uniform* position a pair. Arguments as in
    :func:`r1`.
    """
    real, fake = ops.convert_to_tensor(real), ops.convert_to_tensor(fake)
    _check_same_shape("samples", real, fake)
    shape = (ops.shape(real)[0],) + (1,) * (len(real.shape) - 1)
    position = ops.cast(keras.random.uniform(shape, dtype="float32", seed=seed), real.dtype)
    between = real + position * (fake - real)
    # The derivative of sqrt at zero is infinite; 1e-12 keeps it finite and changes no length that matters.
    lengths = ops.sqrt(_squared_norms(_input_gradients(discriminate, between)) + 1e-12)
    return ops.mean(ops.square(lengths - 1.0))


Penalty = Callable[..., Tensor]

PENALTIES: dict[str, Penalty] = {
    "r1": r1,
    "r2": r2,
    "r1_r2": r1_r2,
    "gradient_penalty": gradient_penalty,
}


def get_penalty(name: str | Penalty | None) -> Penalty | None:
    """The penalty of that name; ``None`` and functions are given back as they are.

    Raises:
        ValueError: no penalty has that name; the nearest name is suggested.
    """
    return name if name is None or callable(name) else PENALTIES[one_of("penalty", name, PENALTIES)]
