"""What makes a step on several devices that of one: one draw of latents, one mean of gradients (Goyal et al. 2017)."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf


def count() -> int:
    """Replicas that take a step together; 1 without a strategy."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def part_of(draw: Callable[[tf.Tensor | int], tf.Tensor], n: tf.Tensor | int) -> tf.Tensor:
    """This replica's ``n`` rows, as many as every other's, of one draw for all replicas, whose seeds are the same."""
    first = n * tf.distribute.get_replica_context().replica_id_in_sync_group
    return draw(n * count())[first : first + n]


class Shared:
    """An optimizer that clips and applies the mean of all replicas' gradients; Keras clips each, and adds them up.
    (Clipped gradients of embeddings differ from one device's: those of one row are added up before, there after.)
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer):
        self.optimizer, self.scale_loss, self.iterations = optimizer, optimizer.scale_loss, optimizer.iterations

    def apply(self, gradients: Sequence[tf.Tensor | None]) -> None:
        """Update the variables that the optimizer was built with."""
        there = [tf.convert_to_tensor(one) for one in gradients if one is not None]  # Those of embeddings name rows.
        inner = getattr(self.optimizer, "inner_optimizer", self.optimizer)
        if limit := inner.global_clipnorm or inner.clipnorm or inner.clipvalue:  # Keras takes one of them only.
            there = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, there)
            limit = self.scale_loss(limit)  # The gradients are scaled, for half precision.
            if inner.global_clipnorm:
                there, _ = tf.clip_by_global_norm(there, limit)
            elif inner.clipnorm:
                there = [tf.clip_by_norm(gradient, limit) for gradient in there]
            else:
                there = [tf.clip_by_value(gradient, -limit, limit) for gradient in there]
        means = iter([gradient / count() for gradient in there])  # Keras will add as many of them.
        self.optimizer.apply([None if gradient is None else next(means) for gradient in gradients])


def shared(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer | Shared:
    """The optimizer for a step of :mod:`gan_tf.steps`: on several devices one that applies their mean gradient."""
    return optimizer if count() == 1 else Shared(optimizer)
