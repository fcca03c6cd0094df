"""Adversarial losses and gradient penalties.

Each loss is a pair of pure functions on logits. A logit is the last number of the discriminator before a sigmoid: large
means "real". Both arguments have the same shape, any one; the result is a scalar. A penalty takes ``discriminate``,
which makes logits of a batch ``(n, ...)`` and treats each sample alone; real and fake batches of the same shape; and a
seed for the random numbers, where it draws any. Its result is a scalar, too.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf
from keras import ops
from keras.ops import mean, sigmoid, softplus, square

from gan_tf.checks import one_of

Tensor = tf.Tensor
LossFunction = Callable[[Tensor, Tensor], Tensor]
Discriminate = Callable[[Tensor], Tensor]
Penalty = Callable[..., Tensor]
Seed = int | keras.random.SeedGenerator | None


def probabilities(real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
    """The probabilities of being real that a discriminator gives real and fake samples, one by one."""
    return sigmoid(real_logits), sigmoid(fake_logits)


class Loss(NamedTuple):
    """Functions of ``(real_logits, fake_logits)``: two scalars to be made small, and what the loss compares.

    The means of ``scores`` are reported; a perfect discriminator brings them to ``targets``, which is ``None`` for the
    unitless values of a Wasserstein critic. A loss of your own that compares no probabilities should bring both.
    """

    discriminator: LossFunction
    generator: LossFunction
    name: str
    scores: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = probabilities
    targets: tuple[float, float] | None = (1.0, 0.0)


def _check_same_shape(name: str, real: Tensor, fake: Tensor) -> None:
    """Refuse shapes that would broadcast, as (n, 1) and (n,) do to (n, n): a wrong result without an error."""
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(f"{name}: got real of shape {real.shape} and fake of shape {fake.shape}, expected the same")


def _checked(function: LossFunction) -> LossFunction:
    @functools.wraps(function)
    def checked(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        real_logits, fake_logits = ops.convert_to_tensor(real_logits), ops.convert_to_tensor(fake_logits)
        _check_same_shape("logits", real_logits, fake_logits)
        return function(real_logits, fake_logits)

    return checked


def _logistic(real: Tensor, fake: Tensor) -> Tensor:
    """-mean log D(x) - mean log(1 - D(G(z))), as log(sigmoid(a)) = -softplus(-a): no logarithm ever sees a zero."""
    return mean(softplus(-real)) + mean(softplus(fake))


def _logits(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return real, fake


# The discriminator's part, then the generator's; scores and targets, where they are not probabilities.
_FORMULAS: dict[str, tuple] = {
    # Goodfellow et al. 2014, eq. 1 and section 3. Where the discriminator is sure, the first is flat, the second steep.
    "minimax": (_logistic, lambda real, fake: -mean(softplus(fake))),
    "non_saturating": (_logistic, lambda real, fake: mean(softplus(-fake))),
    "least_squares": (  # Mao et al. 2017 (LSGAN)
        lambda real, fake: 0.5 * (mean(square(real - 1.0)) + mean(square(fake))),
        lambda real, fake: 0.5 * mean(square(fake - 1.0)),
        _logits,
    ),
    "hinge": (  # Lim and Ye 2017, Miyato et al. 2018
        lambda real, fake: mean(ops.relu(1.0 - real)) + mean(ops.relu(1.0 + fake)),
        lambda real, fake: -mean(fake),
        _logits,
        (1.0, -1.0),
    ),
    # Arjovsky et al. 2017: needs a Lipschitz critic.
    "wasserstein": (lambda real, fake: mean(fake) - mean(real), lambda real, fake: -mean(fake), _logits, None),
    "relativistic": (  # Jolicoeur-Martineau 2019, Huang et al. 2024 (paired)
        lambda real, fake: mean(softplus(fake - real)),
        lambda real, fake: mean(softplus(real - fake)),
        lambda real, fake: probabilities(real - fake, fake - real),
    ),
}
LOSSES: dict[str, Loss] = {name: Loss(*map(_checked, one[:2]), name, *one[2:]) for name, one in _FORMULAS.items()}


def label_smoothing(target: float = 0.9) -> Loss:
    """The non-saturating loss with ``target`` instead of 1 as the wanted probability of real samples, not of fakes.

    One-sided label smoothing (Salimans et al. 2016, section 3.4) holds a discriminator back that is too sure.
    """
    if not 0.5 < target <= 1.0:
        raise ValueError(f"target: got {target!r}, expected a number above 0.5 and up to 1")

    def discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        # -t log s(a) - (1 - t) log(1 - s(a)) = softplus(-a) + (1 - t) a
        return _logistic(real_logits, fake_logits) + (1.0 - target) * mean(real_logits)

    name = f"label_smoothing({target:g})"
    return Loss(_checked(discriminator), LOSSES["non_saturating"].generator, name, targets=(target, 0.0))


def cross_entropy(labels: Tensor, class_logits: Tensor) -> Tensor:
    """Mean cross-entropy of an auxiliary classifier: labels int ``(n,)``, class logits ``(n, classes)``."""
    class_logits = ops.cast(class_logits, "float32")
    return mean(keras.losses.sparse_categorical_crossentropy(labels, class_logits, from_logits=True))


def scalar(name: str, value: Tensor) -> Tensor:
    """Return ``value`` if it is a scalar: the gradient of anything else is that of its sum."""
    if getattr(value, "shape", ()) != ():
        wanted = "a scalar; take the mean in your loss, penalty or extra_loss"
        raise ValueError(f"{name}: got shape {value.shape}, expected {wanted}")
    return value


def get(name: str | Loss) -> Loss:
    """The loss of that name, or the pair itself; an unknown name is a ValueError that suggests the nearest one."""
    return name if isinstance(name, Loss) else LOSSES[one_of("loss", name, LOSSES)]


def _squared_norms(discriminate: Discriminate, x: Tensor) -> Tensor:
    """Squared length of the gradient of each sample's logit by that sample: ``(n, ...)`` to float32 ``(n,)``."""
    x = ops.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        # The sum's gradient for sample i is its own logit's gradient, as long as no layer mixes the samples of a batch.
        total = ops.sum(discriminate(x))
    gradients = tape.gradient(total, x)
    if gradients is None:
        raise ValueError("discriminate: its logits do not depend on the samples in a way that can be differentiated")
    return ops.sum(square(ops.cast(gradients, "float32")), axis=tuple(range(1, len(x.shape))))


def r1(discriminate: Discriminate, real: Tensor, fake: Tensor, seed: Seed = None) -> Tensor:
    """Half the mean squared gradient on real samples (Mescheder et al. 2018, eq. 9), to be multiplied by gamma."""
    return 0.5 * mean(_squared_norms(discriminate, real))


def r2(discriminate: Discriminate, real: Tensor, fake: Tensor, seed: Seed = None) -> Tensor:
    """Half the mean squared gradient on generated samples (Mescheder et al. 2018, eq. 10)."""
    return 0.5 * mean(_squared_norms(discriminate, fake))


def r1_r2(discriminate: Discriminate, real: Tensor, fake: Tensor, seed: Seed = None) -> Tensor:
    """The sum of both, as R3GAN uses it (Huang et al. 2024)."""
    return r1(discriminate, real, fake) + r2(discriminate, real, fake)


def gradient_penalty(discriminate: Discriminate, real: Tensor, fake: Tensor, seed: Seed = None) -> Tensor:
    """Mean squared distance of the gradient's length from 1, between real and fake (Gulrajani et al. 2017)."""
    real = ops.convert_to_tensor(real)
    fake = ops.cast(fake, real.dtype)  # A generator returns float32, whatever the data are.
    _check_same_shape("samples", real, fake)
    shape = (ops.shape(real)[0],) + (1,) * (len(real.shape) - 1)
    position = ops.cast(keras.random.uniform(shape, dtype="float32", seed=seed), real.dtype)
    squares = _squared_norms(discriminate, real + position * (fake - real))
    # The derivative of sqrt at zero is infinite; 1e-12 keeps it finite and changes no length that matters.
    return mean(square(ops.sqrt(squares + 1e-12) - 1.0))


PENALTIES: dict[str, Penalty] = {"r1": r1, "r2": r2, "r1_r2": r1_r2, "gradient_penalty": gradient_penalty}


def get_penalty(name: str | Penalty | None) -> Penalty | None:
    """The penalty of that name; ``None`` and functions as they are; an unknown name is a ValueError, as in `get`."""
    return name if name is None or callable(name) else PENALTIES[one_of("penalty", name, PENALTIES)]
