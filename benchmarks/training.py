"""What the benchmarks of a data set share: the lessons' recipes, changed one thing at a time, trained by the clock."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import numpy as np
import tensorflow as tf

import gan_tf
import recipes
from gan_course import cpu, data, evaluation


@dataclasses.dataclass(frozen=True)
class Trial(recipes.Recipe):
    """A recipe, and how a benchmark trains it."""

    decay: bool = True
    precision: str = "mixed_bfloat16"

    @classmethod
    def of(cls, recipe: recipes.Recipe) -> Trial:
        """That recipe, unchanged."""
        return cls(**{field.name: getattr(recipe, field.name) for field in dataclasses.fields(recipe)})

    def build(self, shape: tuple[int, ...], seed: int = 0) -> gan_tf.GAN:
        """The untrained GAN for samples of that shape, in the trial's precision."""
        keras.config.set_dtype_policy(self.precision)
        return super().build(shape, seed)


# The nets of the lessons, and the shape of their samples.
LESSONS: dict[str, tuple[recipes.Recipe, tuple[int, ...]]] = {
    "lesson 01, dense": (recipes.MNIST_DENSE, (28, 28, 1)),
    "lesson 01, convolutions": (recipes.MNIST_DCGAN, (28, 28, 1)),
    "lesson 02, colour pictures": (recipes.CIFAR, (32, 32, 3)),
    "lesson 03, spectrograms": (recipes.SPOKEN_DIGITS, (64, 64, 1)),
    "lesson 04, clips": (recipes.HUMAN_ACTIONS, (16, 32, 32, 3)),
}


def batch_of(recipe: recipes.Recipe, shape: tuple[int, ...]) -> tuple[tf.Tensor, tf.Tensor]:
    """One batch of noise, and labels, that stand for all: for what does not measure the data."""
    x = np.random.default_rng(0).uniform(-1, 1, (recipe.batch_size, *shape)).astype(np.float32)
    return tf.constant(x), tf.constant(np.arange(recipe.batch_size, dtype=np.int32) % 4)


def step_of(
    recipe: recipes.Recipe,
    shape: tuple[int, ...],
    precision: str,
    per_call: int = 1,
    batches: Callable[[bool], tf.data.Dataset] | None = None,
    accelerated: bool = True,
    jit_compile: bool | str = "auto",
) -> Callable[[], Any]:
    """A function that takes ``per_call`` training steps and waits for them.

    Args:
        recipe: what is trained.
        shape: of a sample.
        precision: a Keras dtype policy.
        per_call: steps a call.
        batches: from whether labels are needed to the batches; ``None``: always the same one, see :func:`batch_of`.
        accelerated: by :func:`gan_course.cpu.accelerate`, as in the lessons.
        jit_compile: as in ``keras.Model.compile``.
    """
    gan = Trial.of(recipe).changed(precision=precision).build(shape)
    gan.compile(*recipe.optimizers(), steps_per_execution=per_call, jit_compile=jit_compile)
    if accelerated:
        cpu.accelerate(gan)
    gan.make_train_function()
    x, labels = batch_of(recipe, shape)
    same = tf.data.Dataset.from_tensors((x, labels) if gan.conditional else x)
    endless = iter((batches(gan.conditional) if batches else same).repeat())
    return lambda: gan.train_function(endless)["generator_loss"].numpy()


def trained(recipe: Trial, real: data.Dataset, steps: int, seed: int) -> tuple[gan_tf.GAN, float]:
    """The recipe after so many steps, the learning rate falling to zero; and the seconds of processor time."""
    keras.utils.set_random_seed(seed)
    gan = recipe.build(real.x.shape[1:], seed)
    falling = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    gan.compile(*recipe.optimizers(falling if recipe.decay else None), steps_per_execution=4)
    cpu.accelerate(gan)
    batches = real.batches(recipe.batch_size, seed=seed, labels=gan.conditional)
    start = time.process_time()
    gan.fit(batches.repeat(), steps_per_epoch=steps, verbose=0)
    return gan, time.process_time() - start


class Clocked:
    """A compiled GAN that is trained by the clock, four steps a call.

    Attributes:
        gan: the GAN.
        spent: seconds of training so far.
        steps: how many there were.
    """

    clock = staticmethod(time.perf_counter)

    def __init__(self, gan: gan_tf.GAN, batches: tf.data.Dataset):
        self.gan, self.spent, self.steps = gan, 0.0, 0
        # Between two advances the iterator keeps its place.
        self.batches = iter(batches.repeat())
        gan.make_train_function()
        self._step = gan.train_function
        self._step(self.batches)  # The trace is made here, outside the clock.

    def advance(self, until: float) -> None:
        """Train until so many seconds were spent in all."""
        while self.spent < until:
            start = self.clock()
            self.prepare()
            logs = self._step(self.batches)
            logs["generator_loss"].numpy()  # Waits for the step.
            self.spent += self.clock() - start
            self.steps += 4

    def prepare(self) -> None:
        """What is to be done before each call; its time counts."""


class Training(Clocked):
    """A recipe that is trained by the clock: its learning rate falls with the seconds spent, not with the steps."""

    def __init__(self, recipe: Trial, real: data.Dataset, seconds: float, seed: int):
        keras.utils.set_random_seed(seed)
        self.recipe, self.seconds = recipe, seconds
        gan = recipe.build(real.x.shape[1:], seed)
        self.optimizers = recipe.optimizers()
        gan.compile(*self.optimizers, steps_per_execution=4)
        cpu.accelerate(gan)
        super().__init__(gan, real.batches(recipe.batch_size, seed=seed, labels=gan.conditional))

    def prepare(self) -> None:
        if self.recipe.decay:
            rate = self.recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, self.spent / self.seconds)))
            for optimizer in self.optimizers:
                optimizer.learning_rate.assign(rate)

    def measure(self, unseen: data.Dataset, real: data.Dataset, n: int) -> dict[str, float]:
        report = evaluation.evaluate(self.gan, unseen, n, other=real)
        return {
            "seconds": round(self.spent, 1),
            "steps": self.steps,
            "frechet": round(report.frechet, 2),
            "kernel": round(report.kernel.mean, 4),
            "precision": round(report.precision, 3),
            "recall": round(report.recall, 3),
        }


def trials(
    file: str,
    chosen: Mapping[str, Trial],
    real: data.Dataset,
    unseen: data.Dataset,
    *,
    seconds: float,
    n: int,
    seed: int,
    measured: data.Dataset | None = None,
    more: Callable[[gan_tf.GAN], Mapping[str, float]] = lambda gan: {},
) -> None:
    """Each recipe for the same time, one after the other, into ``results/<file>.json``.

    Earlier results of other recipes are kept.

    Args:
        file: the name of the results.
        chosen: name to recipe.
        real: what they learn from.
        unseen: what they are measured against, with ``real`` for the floor.
        seconds: of training, each.
        n: samples measured.
        seed: of nets, batches and latents.
        measured: measure against these instead, with ``unseen`` for the floor.
        more: further measures of a trained GAN.

    Raises:
        ValueError: earlier results have another ``n`` or ``seed``.
    """
    before = timing.read(file)
    if before and (before["samples"], before["seed"]) != (n, seed):
        raise ValueError(
            f"n, seed: got {n} and {seed}, but results/{file}.json holds trials with {before['samples']} and "
            f"{before['seed']}; delete it to start anew"
        )
    found = before.get("trials", {})
    for name, recipe in chosen.items():
        training = Training(recipe, real, seconds, seed)
        training.advance(seconds)
        weights = training.gan.generator.count_params() + training.gan.discriminator.count_params()
        pair = (unseen, real) if measured is None else (measured, unseen)
        found[name] = {**training.measure(*pair, n), **more(training.gan), "weights": weights}
        print(f"{name}: {found[name]}", flush=True)
        timing.write(file, {"samples": n, "seed": seed, "trials": found})
        del training
        keras.backend.clear_session()
