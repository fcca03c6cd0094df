"""Adam by one kernel a variable, where Keras takes a dozen operations; the same numbers up to rounding.

On a CPU each of these operations goes through all weights and their moments once more. TensorFlow has a kernel that
does it in one pass, ``ResourceApplyAdam``, which Keras 3 no longer uses. The optimizer stays the Keras optimizer that
it is, with its variables, schedules, clipping, weight decay and saves: only what it does with one variable is replaced.
"""

from __future__ import annotations

import functools

import keras
import tensorflow as tf


def fuse(optimizer: keras.optimizers.Optimizer) -> None:
    """From now on this optimizer updates a variable by the kernel, if :func:`is_adam`; all others stay as they are.

    Args:
        optimizer: built. One that scales the loss for half precision may stand around an Adam.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if is_adam(optimizer):
        # An attribute of the one object, which hides the method of its class; Keras' own __setattr__ would track it.
        object.__setattr__(optimizer, "update_step", functools.partial(_update_step, optimizer))


def is_adam(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether the kernel stands for this optimizer: Keras' Adam (Kingma and Ba 2015), built, without AMSGrad.

    A subclass may do something else with a variable, so it is none. Nor is the Adam of a Keras that keeps its moments
    under other names.
    """
    known = all(hasattr(optimizer, name) for name in ("_momentums", "_velocities", "_get_variable_index"))
    return type(optimizer) is keras.optimizers.Adam and not optimizer.amsgrad and known


def _update_step(
    optimizer: keras.optimizers.Adam,
    gradient: tf.Tensor | tf.IndexedSlices,
    variable: tf.Variable,
    learning_rate: tf.Tensor,
) -> None:
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
