"""Adam by one kernel a variable, where Keras takes a dozen operations; the same numbers up to rounding.

On a CPU each of these operations goes through all weights and their moments once more. TensorFlow has a kernel that
does it in one pass, ``ResourceApplyAdam``, which Keras 3 no longer uses. The optimizer stays the Keras optimizer that
it is, with its variables, schedules, clipping, weight decay and saves: only what it does with one variable is replaced,
and only while gradients are applied here. Not for several replicas: each is a thread that applies the same optimizer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import keras
import tensorflow as tf


def apply(
    optimizer: keras.optimizers.Optimizer, gradients: Sequence[tf.Tensor | None], variables: Sequence[keras.Variable]
) -> None:
    """What ``optimizer.apply`` does, by a fused kernel if the optimizer is Keras' Adam; all others work as ever.

    Args:
        optimizer: built for these variables. One that scales the loss for half precision may stand around an Adam.
        gradients: one a variable; ``None`` where there is none.
        variables: what is updated.
    """
    with _fused(getattr(optimizer, "inner_optimizer", optimizer)):
        optimizer.apply(gradients, variables)


def is_fused(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether the kernel stands for this optimizer: Keras' Adam (Kingma and Ba 2015), built, without AMSGrad.

    A subclass may do something else with a variable, so it is none. Nor is the Adam of a Keras that keeps its moments
    under other names.
    """
    known = all(hasattr(optimizer, name) for name in ("_momentums", "_velocities", "_get_variable_index"))
    return type(optimizer) is keras.optimizers.Adam and not optimizer.amsgrad and known


@contextmanager
def _fused(optimizer: keras.optimizers.Optimizer) -> Iterator[None]:
    """Within, the optimizer updates a variable by the kernel, if there is one for it."""
    if not is_fused(optimizer):
        yield
        return
    # An attribute of the one object, which hides the method of its class; Keras' own __setattr__ would track it.
    object.__setattr__(optimizer, "update_step", _adam(optimizer))
    try:
        yield
    finally:
        object.__delattr__(optimizer, "update_step")


def _adam(optimizer: keras.optimizers.Adam) -> Callable[[tf.Tensor, tf.Variable, tf.Tensor], None]:
    def update_step(gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        if isinstance(gradient, tf.IndexedSlices) or not variable.dtype.is_floating:
            type(optimizer).update_step(optimizer, gradient, variable, learning_rate)
            return
        index = optimizer._get_variable_index(variable)
        kind = variable.dtype
        step = tf.cast(optimizer.iterations + 1, kind)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=optimizer._momentums[index].value.handle,
            v=optimizer._velocities[index].value.handle,
            beta1_power=tf.cast(optimizer.beta_1, kind) ** step,
            beta2_power=tf.cast(optimizer.beta_2, kind) ** step,
            lr=tf.cast(learning_rate, kind),
            beta1=tf.cast(optimizer.beta_1, kind),
            beta2=tf.cast(optimizer.beta_2, kind),
            epsilon=tf.cast(optimizer.epsilon, kind),
            grad=tf.cast(gradient, kind),
        )

    return update_step
