"""What all adversarial trainings share: two optimizers, the averaged weights, a fit that stops at NaN."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from gan_tf import fused_layers, losses, optimizers, replicas
from gan_tf._door import check_optimizer
from gan_tf._nets import copy_of


class Adversarial(keras.Model):
    """Nets that make samples against nets that judge them, each side with one optimizer and one list of variables.

    A subclass gives its ``train_step``, which ends each side's part with :meth:`_update_discriminators` and
    :meth:`_update_generators`.

    Args:
        generators: the nets that make samples, by name. Each gets an average of its weights, named alike: "averaged"
            for "generator", "averaged_ab" for "generator_ab".
        discriminators: the nets that judge them, by name.
        loss: a name of :data:`gan_tf.losses.LOSSES`, or a :class:`gan_tf.losses.Loss`.
        ema: decay a step of the averaged weights, 0 to below 1. Early on the decay is smaller, so that the average does
            not remember the untrained net. With 0 the averaged net is the net itself.
        seed: seed of all that is drawn.
        metrics: names of the means over an epoch that a step reports.

    Raises:
        ValueError: another loss, or a decay out of its range.
    """

    def __init__(
        self,
        generators: dict[str, keras.Model],
        discriminators: dict[str, keras.Model],
        *,
        loss: str | losses.Loss,
        ema: float,
        seed: int,
        metrics: Sequence[str],
        name: str,
    ):
        super().__init__(name=name)
        if not 0.0 <= ema < 1.0:
            raise ValueError(f"ema: got {ema!r}, expected a decay from 0 to below 1")
        self.loss_pair = losses.get(loss)
        self.ema = ema
        self._generators, self._discriminators = tuple(generators), tuple(discriminators)
        for net, model in (generators | discriminators).items():
            setattr(self, net, model)
        for net, model in generators.items():
            setattr(self, _averaged(net), copy_of(model) if ema else model)
        self.noise = keras.random.SeedGenerator(seed)
        self._trackers = [keras.metrics.Mean(name=name) for name in metrics]
        self.built = True

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer,
        discriminator_optimizer: keras.optimizers.Optimizer,
        *,
        steps_per_execution: int = 1,
        jit_compile: bool = False,
        run_eagerly: bool = False,
    ) -> None:
        """Take one optimizer a side; the other options are those of ``keras.Model.compile``.

        An Adam gets one kernel for its updates, see :mod:`gan_tf.optimizers`.

        Keras leaves ``jit_compile`` out, with a warning, while operations are deterministic, as they are on a CPU after
        :func:`gan_tf.setup`. With it, the same seed gives other random numbers; and on two cores it wants
        ``TF_NUM_INTRAOP_THREADS=2`` in the environment, or what it compiles runs on one of them.

        Raises:
            ValueError: an argument that is no Keras optimizer, or one optimizer for both sides.
        """
        check_optimizer("generator_optimizer", generator_optimizer)
        check_optimizer("discriminator_optimizer", discriminator_optimizer)
        if generator_optimizer is discriminator_optimizer:
            raise ValueError("discriminator_optimizer: got the generator's optimizer, expected one of its own")
        super().compile(
            optimizer=None,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
        )
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        # A tf.function may make variables in its first trace only, so the optimizers make theirs before.
        for optimizer, variables in (
            (generator_optimizer, self.generator_variables),
            (discriminator_optimizer, self.discriminator_variables),
        ):
            optimizer.build(variables)
            optimizers.fuse(optimizer)
        for net in self.nets.values():
            fused_layers.fuse(net)

    @property
    def generator_variables(self) -> list[keras.Variable]:
        """What the generators' optimizer trains."""
        return [variable for name in self._generators for variable in getattr(self, name).trainable_variables]

    @property
    def discriminator_variables(self) -> list[keras.Variable]:
        """What the discriminators' optimizer trains."""
        return [variable for name in self._discriminators for variable in getattr(self, name).trainable_variables]

    @property
    def nets(self) -> dict[str, keras.Model]:
        """The nets that are trained, by name."""
        return {name: getattr(self, name) for name in self._generators + self._discriminators}

    @property
    def parts(self) -> dict[str, list[keras.Variable]]:
        """All that the next step depends on, by name: what :class:`gan_tf.Resume` saves."""
        averages = {_averaged(name): getattr(self, _averaged(name)).variables for name in self._generators if self.ema}
        return {
            **{name: net.variables for name, net in self.nets.items()},
            **averages,
            "generator_optimizer": self.generator_optimizer.variables,
            "discriminator_optimizer": self.discriminator_optimizer.variables,
            "noise": [self.noise.state],
        }

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return self._trackers

    def _report(self, values: Sequence[tf.Tensor]) -> dict[str, tf.Tensor]:
        """Add a step's values to the means of the epoch, and return these."""
        for tracker, value in zip(self._trackers, values, strict=True):
            tracker.update_state(value)
        return {tracker.name: tracker.result() for tracker in self._trackers}

    def _update_discriminators(self, tape: tf.GradientTape, scaled: tf.Tensor) -> None:
        """Apply the gradients of a loss that their optimizer has scaled on the tape."""
        variables = self.discriminator_variables
        replicas.apply(self.discriminator_optimizer, tape.gradient(scaled, variables), variables)

    def _update_generators(self, tape: tf.GradientTape, scaled: tf.Tensor) -> None:
        """The same for the generators, then for their averages, where they have any."""
        variables = self.generator_variables
        replicas.apply(self.generator_optimizer, tape.gradient(scaled, variables), variables)
        if self.ema:
            self._update_averages()

    def _update_averages(self) -> None:
        step = ops.cast(self.generator_optimizer.iterations, "float32")
        rate = 1.0 - ops.minimum(self.ema, step / (10.0 + step))
        for name in self._generators:
            own = getattr(self, name).weights
            for average, variable in zip(getattr(self, _averaged(name)).weights, own, strict=True):
                # Down the gradient of half their squared distance: one kernel, where a product and a sum are two.
                tf.raw_ops.ResourceApplyGradientDescent(
                    var=average.value.handle, alpha=ops.cast(rate, average.dtype), delta=average - variable
                )

    def fit(self, x: Any = None, *, verbose: str | int = "auto", callbacks: Sequence | None = None, **kwargs: Any):
        """Train as ``keras.Model.fit`` does, and stop when a loss is no longer a number.

        A callback that shows progress by itself, such as :class:`gan_tf.plot.LiveSamples`, replaces the progress bar.
        """
        # What saves must run last, to see what the others measured.
        callbacks = sorted([*(callbacks or ()), _StopWhenNotFinite()], key=lambda one: getattr(one, "runs_last", False))
        if verbose == "auto" and any(getattr(callback, "shows_progress", False) for callback in callbacks):
            verbose = 0
        if not hasattr(x, "shape"):
            kwargs.setdefault("shuffle", False)  # Only arrays can be shuffled; Keras would warn.
        self.training_data, self.training_steps = x, kwargs.get("steps_per_epoch")
        try:
            return super().fit(x, verbose=verbose, callbacks=callbacks, **kwargs)
        finally:
            self.training_data = self.training_steps = None
            self._initial_epoch = None  # Set by Resume; after an interrupted fit it would shorten the next one.

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """All is built. Under a strategy Keras would draw a batch to build from, and use up an order of the data."""


def belief(logits: tf.Tensor) -> tf.Tensor:
    """The mean probability of being real that logits stand for."""
    return ops.mean(ops.sigmoid(logits))


def misnamed(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """How wrong an auxiliary classifier names the classes: its mean cross-entropy."""
    return ops.mean(keras.losses.sparse_categorical_crossentropy(labels, ops.cast(logits, "float32"), from_logits=True))


def _averaged(generator: str) -> str:
    return generator.replace("generator", "averaged", 1)


class _StopWhenNotFinite(keras.callbacks.Callback):
    """Stop as soon as a loss is NaN or infinite, and say what to try."""

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        bad = [name for name, value in (logs or {}).items() if name.endswith("_loss") and not math.isfinite(value)]
        if bad:
            self.model.stop_training = True
            # warnings.warn would be silent the second time, when somebody runs the same cell again.
            warnings.warn_explicit(
                f"Training stopped: {' and '.join(bad)} is not a finite number. The weights are not usable. What to "
                "try: a smaller learning rate, an optimizer with global_clipnorm=1.0, penalty='r1' where the model has "
                "one, precision='float32', data within [-1, 1]. With "
                "gan_tf.Resume the last good state is in its folder, and the next fit goes on from there.",
                RuntimeWarning,
                __file__,
                0,
            )
