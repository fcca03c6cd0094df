"""What changes in a train step when several devices share one batch (``tf.distribute``).

Each replica sees its part of the batch. Two things make the step the same as on one device: the random latents of the
replicas are parts of one draw, and the mean of their gradients is clipped and applied, not each for itself. Synchronous
data-parallel training, as in Goyal et al. 2017, "Accurate, Large Minibatch SGD".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf


def count() -> int:
    """Replicas that take a step together; 1 without a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def part_of(draw: Callable[[tf.Tensor | int], tf.Tensor], n: tf.Tensor | int) -> tf.Tensor:
    """This replica's ``n`` rows of one draw for all replicas, whose seeds are the same.

    Args:
        draw: gives so many random rows.
        n: rows of this replica. All replicas need as many, or some rows are drawn by two of them.
    """
    replicas = count()
    if replicas == 1:
        return draw(n)
    first = n * tf.distribute.get_replica_context().replica_id_in_sync_group
    return draw(n * replicas)[first : first + n]


def apply(
    optimizer: keras.optimizers.Optimizer, gradients: Sequence[tf.Tensor | None], variables: Sequence[keras.Variable]
) -> None:
    """Update variables by the mean of all replicas' gradients; without a strategy as ``optimizer.apply`` does.

    Keras adds the gradients of the replicas after it has clipped each, and looks for infinite ones (loss scaling) on
    each replica. Here they are averaged first, then clipped, so that all replicas do what one device would. (Clipped
    gradients of embeddings differ: those of one row are added up before, on one device after.)
    """
    replicas = count()
    if replicas > 1:
        there = [i for i, gradient in enumerate(gradients) if gradient is not None]
        # Gradients of embeddings name rows; the replicas' rows differ.
        dense = [tf.convert_to_tensor(gradients[i]) for i in there]
        means = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, dense)
        gradients = list(gradients)
        for i, mean in zip(there, _clipped(optimizer, means), strict=True):
            gradients[i] = mean / replicas  # Keras will add as many of them.
    optimizer.apply(gradients, variables)


def _clipped(optimizer: keras.optimizers.Optimizer, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
    """What the optimizer's clipping makes of gradients that may be scaled, as for half precision."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if inner.global_clipnorm:
        return tf.clip_by_global_norm(gradients, optimizer.scale_loss(inner.global_clipnorm))[0]
    if inner.clipnorm:
        return [tf.clip_by_norm(gradient, optimizer.scale_loss(inner.clipnorm)) for gradient in gradients]
    if inner.clipvalue:
        limit = optimizer.scale_loss(inner.clipvalue)
        return [tf.clip_by_value(gradient, -limit, limit) for gradient in gradients]
    return gradients
