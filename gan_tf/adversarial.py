"""What all adversarial trainings share: a Keras model with two optimizers and averaged weights around a train step."""

import inspect
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops
from keras.callbacks import Callback
from keras.optimizers import LossScaleOptimizer, Optimizer

from gan_tf import checks, losses, replicas
from gan_tf.batches import checked_data, parts_of, split_batch
from gan_tf.callbacks import IdleOptimizer, Optimizers, ready
from gan_tf.weights import named_layers

OPTIMIZERS = "generator_optimizer", "discriminator_optimizer"


class Adversarial(keras.Model):
    """A Keras model of several nets: ``compile``, ``fit`` and every callback around a train step.

    A subclass gives ``step(data, players, seed)``, which takes a step of :mod:`gan_tf.steps` and returns its logs
    (``players`` are its first arguments), and keeps each of its own arguments under its name. Each of ``generators``
    gets an average of its weights: "averaged_ab" for "generator_ab". ``metrics`` are the names of what a step reports
    besides losses and scores; ``imitated`` the places of a batch that generators imitate.
    """

    def __init__(
        self, generators: dict[str, keras.Model], discriminators: dict[str, keras.Model], *, loss: str | losses.Loss,
        ema: float, seed: int, name: str, metrics: Sequence[str] = (), imitated: Sequence[int] = (0,),
    ):  # fmt: skip
        super().__init__(name=name)
        checks.check_weights(below=1.0, ema=ema)
        self.loss_pair, self.ema, self.seed = losses.get(loss), float(ema), checks.whole("seed", seed, 0)
        self._sides = tuple(generators), tuple(discriminators)
        nets = generators | discriminators
        variables = [id(variable) for net in nets.values() for variable in net.variables]
        if len(set(variables)) < len(variables):
            raise ValueError(f"{', '.join(nets)}: got one net or layer twice, expected nets without common weights")
        for net, model in nets.items():
            checks.check_scope(net, model.variables)
            setattr(self, net, model)
        for net, model in generators.items():
            average = copy_of(model) if ema else model
            if ema:
                average.trainable, average.name = False, _averaged(net)
            setattr(self, _averaged(net), average)
        # The lowest value that the generators can make, where their last activation tells.
        lows = {{"tanh": -1.0, "sigmoid": 0.0}.get(checks.last_activation(model)) for model in generators.values()}
        self._imitated, self._low = imitated, lows.pop() if len(lows) == 1 else None
        self.noise, self.unseen_noise = keras.random.SeedGenerator(seed), keras.random.SeedGenerator(0)
        names = ("generator_loss", "discriminator_loss", *metrics, "real_score", "fake_score")
        self._trackers = [keras.metrics.Mean(name=name) for name in names]
        self.built = True

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = {"loss_pair", *OPTIMIZERS, *inspect.signature(type(self).__init__).parameters} - {"name"}
        if name in fixed and name in vars(self):
            cure = "compile again" if name in OPTIMIZERS else f"make a new {type(self).__name__}"
            raise AttributeError(f"{name}: cannot be changed; {cure}")
        super().__setattr__(name, value)

    def compile(
        self, generator_optimizer: Optimizer, discriminator_optimizer: Optimizer, *, steps_per_execution: int = 1,
        jit_compile: bool | str = False, run_eagerly: bool = False, auto_scale_loss: bool = True,
    ) -> None:  # fmt: skip
        """Take one optimizer a side; the other options are those of ``keras.Model.compile``.

        Keras leaves ``jit_compile`` out, with a warning, while operations are deterministic, as on a CPU after
        :func:`gan_tf.setup`. ``gan.optimizer.optimizers`` holds both. ValueError: no Keras optimizer, one that trains
        other weights, or a net with nothing to train.
        """
        if generator_optimizer is discriminator_optimizer:
            raise ValueError("discriminator_optimizer: got the generator's optimizer, expected one of its own")
        optimizers = [generator_optimizer, discriminator_optimizer]
        sides = self._trained()
        for name, optimizer, variables in zip(OPTIMIZERS, optimizers, sides):
            checks.check_optimizer(name, optimizer, variables)
        for name, net in self.nets.items():
            if not net.trainable_variables:
                raise ValueError(f"{name}: got a net without trainable weights; set {name}.trainable = True")
        layers = [layer for net in self.nets.values() for layer in named_layers(net).values()]
        if auto_scale_loss and any(layer.compute_dtype == "float16" for layer in layers):
            optimizers = [one if isinstance(one, LossScaleOptimizer) else LossScaleOptimizer(one) for one in optimizers]
        options = {"steps_per_execution": steps_per_execution, "jit_compile": jit_compile, "run_eagerly": run_eagerly}
        super().compile(optimizer=None, **options)
        self._options, self.optimizer = options, Optimizers(*optimizers)
        vars(self).update(zip(OPTIMIZERS, optimizers))
        with self.distribute_strategy.scope():
            # A tf.function may make variables in its first trace only, so the optimizers make theirs before.
            for optimizer, variables in zip(optimizers, sides):
                optimizer.build(variables)

    @property
    def nets(self) -> dict[str, keras.Model]:
        """The nets that are trained, by name."""
        return {name: getattr(self, name) for side in self._sides for name in side}

    @property
    def parts(self) -> dict[str, Any]:
        """All that the next step depends on: nets, optimizers, lists of variables. :class:`gan_tf.Resume` saves it."""
        averages = {_averaged(name): getattr(self, _averaged(name)) for name in self._sides[0] if self.ema}
        optimizers = dict(zip(OPTIMIZERS, self.optimizer.optimizers)) if self.compiled else {}
        return {**self.nets, **averages, **optimizers, "noise": [self.noise.state]}

    def _trained(self) -> list[list[keras.Variable]]:
        """The variables of each optimizer."""
        return [[v for name in side for v in getattr(self, name).trainable_variables] for side in self._sides]

    def _states(self) -> list[keras.Variable]:
        """Of the parts, what is no weight, and what Keras leaves out of its files: seeds, pools."""
        states = [variable for part in self.parts.values() if isinstance(part, list) for variable in part]
        for net in (part for part in self.parts.values() if isinstance(part, keras.Model)):
            weights = {id(weight) for weight in net.weights}
            states += [variable for variable in net.variables if id(variable) not in weights]
        return states

    def save_own_variables(self, store: Any) -> None:
        for i, state in enumerate(self._states()):
            store[str(i)] = ops.convert_to_numpy(state)

    def load_own_variables(self, store: Any) -> None:
        for i, state in enumerate(self._states()):
            state.assign(store[str(i)])

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return self._trackers

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update all nets on a batch; ValueError for samples or labels of a wrong type or shape, or missing ones."""
        averages = [getattr(self, _averaged(name)) if self.ema else None for name in self._sides[0]]
        optimizers = replicas.shared(self.generator_optimizer), replicas.shared(self.discriminator_optimizer)
        return self._report(self.step(parts_of(data), (*self.nets.values(), *averages, *optimizers), self.noise))

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """A train step in which nothing learns: losses and scores on unseen data, computed as in training."""
        nets = self.nets.values()
        moved = self._states() + [variable for net in nets for variable in net.weights if not variable.trainable]
        before = [ops.copy(variable) for variable in moved]
        players = *nets, *[None for _ in self._sides[0]], IdleOptimizer(), IdleOptimizer()
        logs = self.step(parts_of(data), players, self.unseen_noise)
        for variable, value in zip(moved, before):
            variable.assign(value)
        return self._report(logs)

    def _report(self, logs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        for tracker in self._trackers:
            tracker.update_state(losses.scalar(tracker.name, logs[tracker.name]))
        return {tracker.name: tracker.result() for tracker in self._trackers}

    def call(self, inputs: Any, training: bool = False) -> tf.Tensor:
        """What the (first) generator with averaged weights makes of its inputs; this is what ``predict`` returns."""
        net, (x, *labels) = getattr(self, _averaged(self._sides[0][0])), parts_of(inputs)
        shape = net.inputs[0].shape[1:]  # of pictures, which are in [-1, 1], or of latents
        (x,), _ = split_batch([x], [shape], [-1.0 if len(shape) == 3 else None])
        return net([x, *labels] if labels else x, training=False)

    def fit(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = "auto",
        callbacks: Callback | Sequence[Callback] | None = None, **options: Any,
    ) -> keras.callbacks.History:  # fmt: skip
        """Train as ``keras.Model.fit`` does, and stop when a loss is no longer a number.

        A callback that shows progress by itself (it has ``shows_progress = True``) replaces the progress bar. What
        cannot work is a ValueError before the first step: data that :mod:`gan_tf.batches` refuses (InvalidArgumentError
        from within a ``tf.data.Dataset``), weights of samples, a callback that cannot work.
        """
        callbacks = ready(callbacks, self)
        if verbose == "auto" and any(getattr(callback, "shows_progress", False) for callback in callbacks):
            verbose = 0
        if not all(hasattr(part, "shape") for part in keras.tree.flatten(x)):
            options.setdefault("shuffle", False)  # Only arrays can be shuffled; Keras would warn.
        data, x = x, self._checked(x, y, batch_size, options.get("steps_per_epoch"), **options)
        if options.get("validation_data") is not None:
            unseen, labels, weights = keras.utils.unpack_x_y_sample_weight(options["validation_data"])
            size, steps = options.get("validation_batch_size") or batch_size, options.get("validation_steps")
            options["validation_data"] = self._checked(unseen, labels, size, steps, sample_weight=weights), labels
        self.training_data, self.training_steps = data, options.get("steps_per_epoch")
        try:
            history = super().fit(x, y, batch_size, epochs, verbose, callbacks, **options)
        finally:
            self.training_data = self.training_steps = None
            self._initial_epoch = None  # Set by Resume; after an interrupted fit it would shorten the next one.
        for optimizer, variables in zip(self.optimizer.optimizers, self._trained()):
            optimizer.finalize_variable_values(variables)
        return history

    def evaluate(self, x: Any = None, y: Any = None, batch_size: int | None = None, **options: Any) -> Any:
        """Losses and scores on this data as in training, but nothing is changed; each call draws the same latents."""
        self.unseen_noise.state.assign([0, 0])
        if not options.get("_use_cached_eval_dataset"):  # In ``fit``, which has looked at it.
            x = self._checked(x, y, batch_size, **options)
        return super().evaluate(x, y, batch_size=batch_size, **options)

    def train_on_batch(self, x: Any, y: Any = None, **options: Any) -> Any:
        """One step on arrays, as in ``keras.Model``."""
        return super().train_on_batch(self._checked(x, y, len(keras.tree.flatten(x)[0]), **options), y, **options)

    def _checked(self, x: Any, y: Any, batch_size: int | None, steps: int | None = None, **options: Any) -> Any:
        for name in ("sample_weight", "class_weight"):
            if options.get(name) is not None:
                raise ValueError(f"{name}: got weights, expected None: the losses of a GAN have none")
        for name, variables in zip(OPTIMIZERS, self._trained() if self.compiled else ()):
            checks.check_optimizer(name, getattr(self, name), variables)
        replicas = self.distribute_strategy.num_replicas_in_sync
        return checked_data(x, y, batch_size, steps, self._imitated, self._low, replicas)

    def get_config(self) -> dict[str, Any]:
        """All arguments, for ``save`` and ``clone_model``; ValueError for a function that no file can hold."""
        names = [name for name in inspect.signature(type(self).__init__).parameters if name != "self"]
        config = {name: getattr(self, "loss_pair" if name == "loss" else name) for name in names}
        for name, known in (("loss", losses.LOSSES), ("penalty", losses.PENALTIES)):
            config |= {name: key for key, value in known.items() if config.get(name) == value}  # noqa: B035
        for name in ("loss", "penalty", "augment", "extra_loss"):
            checks.check_can_be_saved(name, config.get(name))
        return keras.saving.serialize_keras_object(config)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> "Adversarial":
        return cls(**keras.saving.deserialize_keras_object(config, custom_objects))

    def get_compile_config(self) -> dict[str, Any]:
        return keras.saving.serialize_keras_object(dict(zip(OPTIMIZERS, self.optimizer.optimizers)) | self._options)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(**keras.saving.deserialize_keras_object(config))

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """All is built. Under a strategy Keras would draw a batch to build from, and use up an order of the data."""


def copy_of(net: keras.Model) -> keras.Model:
    """A second net of the same layers and weights."""
    try:
        copy = keras.models.clone_model(net)
    except Exception as error:  # Of many kinds: Lambda layers, layers of one's own without get_config.
        cure, why = "@keras.saving.register_keras_serializable() and get_config; or ema=0", str(error).splitlines()[0]
        raise ValueError(f"{net.name}: got a layer that cannot be copied ({why}), expected {cure}") from error
    if type(copy).call is not type(net).call:
        raise ValueError(f"{net.name}: got a class with a call of its own, expected a layer for it (or ema=0)")
    copy.set_weights(net.get_weights())
    return copy


def _averaged(generator: str) -> str:
    return generator.replace("generator", "averaged", 1)
