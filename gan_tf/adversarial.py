"""What all adversarial trainings share: two optimizers, averaged weights, a fit that stops at NaN."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from gan_tf import losses, replicas
from gan_tf.checks import check_optimizer


class Adversarial(keras.Model):
    """A Keras model of several nets: ``compile``, ``fit`` and every callback around a train step.

    A subclass gives its ``train_step``, which calls a function of :mod:`gan_tf.steps`. Each of ``generators``, given by
    name, gets an average of its weights, named alike: "averaged" for "generator", "averaged_ab" for "generator_ab".
    ``metrics`` are the names of what a step reports besides losses and scores. The rest is as for :class:`gan_tf.GAN`.
    """

    def __init__(
        self, generators: dict[str, keras.Model], discriminators: dict[str, keras.Model], *, loss: str | losses.Loss,
        ema: float, seed: int, name: str, metrics: Sequence[str] = (),
    ):  # fmt: skip
        super().__init__(name=name)
        if not 0.0 <= ema < 1.0:
            raise ValueError(f"ema: got {ema!r}, expected a decay from 0 to below 1")
        self.loss_pair, self.ema = losses.get(loss), ema
        self._generators, self._discriminators = tuple(generators), tuple(discriminators)
        names = list(generators | discriminators)
        if len({id(net) for net in (generators | discriminators).values()}) < len(names):
            raise ValueError(f"{', '.join(names)}: got one net twice, expected {len(names)} nets of their own")
        for net, model in (generators | discriminators).items():
            setattr(self, net, model)
        for net, model in generators.items():
            setattr(self, _averaged(net), copy_of(model) if ema else model)
        self.noise = keras.random.SeedGenerator(seed)
        names = ("generator_loss", "discriminator_loss", *metrics, "real_score", "fake_score")
        self._trackers = [keras.metrics.Mean(name=name) for name in names]
        self.built = True

    def compile(
        self, generator_optimizer: keras.optimizers.Optimizer, discriminator_optimizer: keras.optimizers.Optimizer, *,
        steps_per_execution: int = 1, jit_compile: bool = False, run_eagerly: bool = False,
        auto_scale_loss: bool = True,
    ) -> None:  # fmt: skip
        """Take one optimizer a side; the other options are those of ``keras.Model.compile``.

        Under ``mixed_float16`` each optimizer scales its loss, as Keras does, unless ``auto_scale_loss`` is false.
        Keras leaves ``jit_compile`` out, with a warning, while operations are deterministic, as on a CPU after
        :func:`gan_tf.setup`.

        Raises:
            ValueError: an argument that is no Keras optimizer, or one optimizer for both sides.
        """
        check_optimizer("generator_optimizer", generator_optimizer)
        check_optimizer("discriminator_optimizer", discriminator_optimizer)
        if generator_optimizer is discriminator_optimizer:
            raise ValueError("discriminator_optimizer: got the generator's optimizer, expected one of its own")
        super().compile(
            optimizer=None, steps_per_execution=steps_per_execution, jit_compile=jit_compile, run_eagerly=run_eagerly
        )
        if auto_scale_loss and self.dtype_policy.name == "mixed_float16":
            generator_optimizer, discriminator_optimizer = (
                _scaling(generator_optimizer),
                _scaling(discriminator_optimizer),
            )
        self.generator_optimizer, self.discriminator_optimizer = generator_optimizer, discriminator_optimizer
        # A tf.function may make variables in its first trace only, so the optimizers make theirs before.
        generator_optimizer.build(self._variables(self._generators))
        discriminator_optimizer.build(self._variables(self._discriminators))

    def _variables(self, names: Sequence[str]) -> list[keras.Variable]:
        return [variable for name in names for variable in getattr(self, name).trainable_variables]

    def players(self) -> tuple[Any, ...]:
        """The first arguments of a train step: generators, discriminators, averages, both optimizers."""
        averages = [getattr(self, _averaged(name)) if self.ema else None for name in self._generators]
        optimizers = replicas.shared(self.generator_optimizer), replicas.shared(self.discriminator_optimizer)
        return (*self.nets.values(), *averages, *optimizers)

    @property
    def nets(self) -> dict[str, keras.Model]:
        """The nets that are trained, by name."""
        return {name: getattr(self, name) for name in self._generators + self._discriminators}

    @property
    def parts(self) -> dict[str, Any]:
        """All that the next step depends on: nets, optimizers, lists of variables. :class:`gan_tf.Resume` saves it."""
        averages = {_averaged(name): getattr(self, _averaged(name)) for name in self._generators if self.ema}
        optimizers = {side: getattr(self, side) for side in ("generator_optimizer", "discriminator_optimizer")}
        return {**self.nets, **averages, **optimizers, "noise": [self.noise.state]}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return self._trackers

    def report(self, logs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Add a step's values to the means of the epoch, and return these."""
        for tracker in self._trackers:
            tracker.update_state(logs[tracker.name])
        return {tracker.name: tracker.result() for tracker in self._trackers}

    def fit(self, x: Any = None, *, verbose: str | int = "auto", callbacks: Sequence | None = None, **kwargs: Any):
        """Train as ``keras.Model.fit`` does, and stop when a loss is no longer a number.

        A callback that shows progress by itself (it has ``shows_progress = True``) replaces the progress bar.
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


def copy_of(net: keras.Model) -> keras.Model:
    """A second net of the same layers and weights."""
    copy = keras.models.clone_model(net)
    copy.set_weights(net.get_weights())
    return copy


def _averaged(generator: str) -> str:
    return generator.replace("generator", "averaged", 1)


def _scaling(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    scales = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return optimizer if scales else keras.optimizers.LossScaleOptimizer(optimizer)


class _StopWhenNotFinite(keras.callbacks.Callback):
    """Stop as soon as a loss is NaN or infinite, and say what to try."""

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        bad = [name for name, value in (logs or {}).items() if name.endswith("_loss") and not math.isfinite(value)]
        if bad:
            self.model.stop_training = True
            text = (
                f"Training stopped: {' and '.join(bad)} is not a finite number. The weights are not usable. What to "
                "try: a smaller learning rate, an optimizer with global_clipnorm=1.0, penalty='r1' where the model has "
                "one, precision='float32', data within [-1, 1]. With gan_tf.Resume the last good state is in its "
                "folder, and the next fit goes on from there."
            )
            # warnings.warn would be silent the second time, when somebody runs the same cell again.
            warnings.warn_explicit(text, RuntimeWarning, __file__, 0)
