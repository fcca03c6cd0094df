"""How fast a train step is, against what one would write otherwise.

    python benchmarks/steps.py lessons    each lesson's nets: the TensorFlow tutorial's loop, a plain train_step, gan_tf
                                          alone, gan_tf accelerated
    python benchmarks/steps.py growth     how a step grows with batch size, image size and frames
    python benchmarks/steps.py start      from a cold start to the first picture, and the memory that takes

All steps of one run take turns. What one would write otherwise, and gan_tf alone, run in processes of their own, which
leave threads and kernels as TensorFlow has them. Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import numpy as np
import tensorflow as tf
from keras import layers

import gan_tf
import pytorch
import recipes
from gan_course import cpu, data
from gan_course.data.folder import own_card
from gan_tf import models, runtime
from training import LESSONS, batch_of, step_of

SAME_WORK = {"penalty": None, "ema": 0.0, "augment": None}
PER_CALL = 4  # steps, as in the lessons
CONVOLUTIONS = (layers.Conv2D, layers.Conv3D)
TRANSPOSED = (layers.Conv2DTranspose, layers.Conv3DTranspose)


def nets_of(
    recipe: recipes.Recipe, shape: tuple[int, ...], precision: str = "float32"
) -> tuple[keras.Model, keras.Model, list]:
    keras.config.set_dtype_policy(precision)
    nets = (
        recipe.generator(shape, **recipe.generator_options),
        recipe.discriminator(shape, **recipe.discriminator_options),
    )
    optimizers = [keras.optimizers.Adam(recipe.learning_rate, recipe.beta_1, recipe.beta_2) for _ in nets]
    for net, optimizer in zip(nets, optimizers, strict=True):
        optimizer.build(net.trainable_variables)
    return *nets, optimizers


def told(net: keras.Model, x: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    return net([x, labels] if len(net.inputs) == 2 else x, training=True)


class Tutorial:
    """The loop of TensorFlow's DCGAN tutorial on these nets: two tapes over one pass, both nets updated at the end.

    Args:
        recipe: the nets, their Adam and the batch size.
        shape: of a sample.
        batches: of samples and labels; ``None``: always the same one.

    Attributes:
        generator: the net that is trained.
    """

    def __init__(self, recipe: recipes.Recipe, shape: tuple[int, ...], batches: tf.data.Dataset | None = None):
        self.generator, discriminator, optimizers = nets_of(recipe, shape)
        entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        latent_dim = self.generator.inputs[0].shape[1]
        self._batches = iter((batches or tf.data.Dataset.from_tensors(batch_of(recipe, shape))).repeat())

        @tf.function
        def step(images, classes):
            noise = tf.random.normal([recipe.batch_size, latent_dim])
            with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
                fake_logits = told(discriminator, told(self.generator, noise, classes), classes)
                real_logits = told(discriminator, images, classes)
                generator_loss = entropy(tf.ones_like(fake_logits), fake_logits)
                loss = entropy(tf.ones_like(real_logits), real_logits)
                loss += entropy(tf.zeros_like(fake_logits), fake_logits)
            for net, tape, value, optimizer in (
                (self.generator, generator_tape, generator_loss, optimizers[0]),
                (discriminator, discriminator_tape, loss, optimizers[1]),
            ):
                optimizer.apply(tape.gradient(value, net.trainable_variables), net.trainable_variables)
            return loss

        self._step = step

    def __call__(self) -> Any:
        return self._step(*next(self._batches)).numpy()


def plain_train_step(
    recipe: recipes.Recipe,
    shape: tuple[int, ...],
    batches: tf.data.Dataset | None = None,
    precision: str = "float32",
    jit_compile: bool | str = "auto",
) -> Callable[[], Any]:
    """A ``train_step`` in a Keras model with no options: fresh fake samples for each net, a step a call.

    Args:
        recipe: the nets and the batch size.
        shape: of a sample.
        batches: of samples and labels; ``None``: always the same one.
        precision: a Keras dtype policy.
        jit_compile: as in ``keras.Model.compile``.
    """
    generator, discriminator, optimizers = nets_of(recipe, shape, precision)
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    latent_dim = generator.inputs[0].shape[1]

    class Plain(keras.Model):
        def train_step(self, data):
            images, classes = data
            noise = tf.random.normal([recipe.batch_size, latent_dim])
            with tf.GradientTape() as tape:
                real_logits = told(discriminator, images, classes)
                fake_logits = told(discriminator, told(generator, noise, classes), classes)
                loss = entropy(tf.ones_like(real_logits), real_logits)
                loss += entropy(tf.zeros_like(fake_logits), fake_logits)
            variables = discriminator.trainable_variables
            optimizers[1].apply(tape.gradient(loss, variables), variables)
            noise = tf.random.normal([recipe.batch_size, latent_dim])
            with tf.GradientTape() as tape:
                fake_logits = told(discriminator, told(generator, noise, classes), classes)
                generator_loss = entropy(tf.ones_like(fake_logits), fake_logits)
            variables = generator.trainable_variables
            optimizers[0].apply(tape.gradient(generator_loss, variables), variables)
            return {"loss": loss}

    model = Plain()
    model.built = True
    model.compile(jit_compile=jit_compile)
    model.make_train_function()
    endless = iter((batches or tf.data.Dataset.from_tensors(batch_of(recipe, shape))).repeat())
    return lambda: model.train_function(endless)["loss"].numpy()


def operations(net: keras.Model) -> float:
    """Multiplications and additions of one sample's forward pass: dense layers, convolutions, recurrent units."""
    found = 0.0

    def count(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
        nonlocal found
        made = layer(*args, **kwargs)
        if isinstance(layer, (layers.Dense, *CONVOLUTIONS)):
            places = made.shape[:-1]
        elif isinstance(layer, TRANSPOSED):
            places = args[0].shape[:-1]
        elif isinstance(layer, layers.GRU):
            found += 2.0 * np.prod(args[0].shape[:2]) * sum(np.prod(w.shape) for w in layer.cell.weights[:2])
            return made
        else:
            return made
        found += 2.0 * np.prod(places) * np.prod(layer.kernel.shape)
        return made

    inputs = [keras.Input(batch_shape=(1, *x.shape[1:]), dtype=x.dtype) for x in net.inputs]
    keras.models.clone_model(net, input_tensors=inputs if len(inputs) > 1 else inputs[0], call_function=count)
    return found


def peak(precision: str, side: int = 2_048) -> float:
    """Operations a second of a large matrix product: the best of many."""
    x = tf.cast(tf.random.normal((side, side)), precision)
    product, best = tf.function(tf.matmul), 0.0
    product(x, x)
    for _ in range(12):
        start = time.perf_counter()
        tf.reduce_sum(product(x, x)).numpy()
        best = max(best, 2 * side**3 / (time.perf_counter() - start))
    return best


def core(recipe: recipes.Recipe, shape: tuple[int, ...]) -> Callable[[], Any]:
    """``gan_tf`` alone: the tutorial's work in the precision of this machine; no layer and no optimizer is replaced.

    Steps of Keras' own train function, ``PER_CALL`` at once; so a call of it counts as so many.
    """
    gan_tf.setup(seed=0)
    return step_of(recipe.changed(gan=SAME_WORK), shape, runtime.native_precision(), PER_CALL, accelerated=False)


WAYS = {"tutorial": Tutorial, "train_step": plain_train_step, "torch": pytorch.Step, "core": core}
# Zero stands for TensorFlow's own choice.
AS_TENSORFLOW_HAS_IT = {cpu.SPLIT: "0"}


def lessons(rounds: int) -> None:
    """Each lesson's nets, in turns: four ways to write the step, and PyTorch's where it is; what its data cost."""
    precision = runtime.native_precision()
    peaks = json.loads(_alone("peaks"))
    found = {}
    for name, (recipe, shape) in LESSONS.items():
        same = recipe.changed(gan=SAME_WORK)
        ways = [way for way in WAYS if way != "torch" or pytorch.knows(recipe, shape)]
        others = {way: timing.InChild(__file__, way, "--lesson", name, **AS_TENSORFLOW_HAS_IT) for way in ways}
        steps = {
            **others,
            "float32": step_of(same, shape, "float32", PER_CALL),
            "ours": step_of(same, shape, precision, PER_CALL),
            "lesson": step_of(recipe, shape, precision, PER_CALL),
        }
        times = timing.interleaved(steps, rounds, seconds=1.0)
        for other in others.values():
            other.close()
        times = {key: value / PER_CALL for key, value in times.items()}
        # Three passes' worth to train the generator; the discriminator is trained on two batches, and passed once more
        # there and back for the generator. Without penalty.
        each = 3 * operations(recipe.generator(shape, **recipe.generator_options))
        each += 8 * operations(recipe.discriminator(shape, **recipe.discriminator_options))
        found[name] = {
            "batch_size": recipe.batch_size,
            "milliseconds": times,
            "operations": each * recipe.batch_size,
            "data": drawn(recipe, shape),
        }
        print(name, {key: round(value, 1) for key, value in times.items()}, flush=True)
        keras.backend.clear_session()
    timing.write("steps", {"rounds": rounds, "precision": precision, "peaks": peaks, "lessons": found})


def drawn(recipe: recipes.Recipe, shape: tuple[int, ...], batches: int = 200) -> float:
    """Milliseconds to draw a batch of samples of this shape from memory, alone: the best pass of five."""
    x, labels = (part.numpy() for part in batch_of(recipe.changed(batch_size=640), shape))
    card = own_card("steps", "noise", f"{len(x)} samples")
    of = data.Dataset(x, labels, tuple("0123"), "embedded", card, "noise")
    passes = []
    for epoch in range(5):
        start, count = time.perf_counter(), 0
        for _ in of.batches(recipe.batch_size, seed=epoch).repeat().take(batches):
            count += 1
        passes.append(1_000 * (time.perf_counter() - start) / count)
    return min(passes)


def _alone(what: str) -> str:
    """What this program says in a process of its own, with TensorFlow's own choice of threads."""
    environment = {**os.environ, **AS_TENSORFLOW_HAS_IT}
    command = [sys.executable, __file__, what]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def growth(rounds: int) -> None:
    """Milliseconds a sample by batch size, image size and frames."""
    precision, found = runtime.native_precision(), {}

    def measured(title: str, kinds: dict[str, tuple[recipes.Recipe, tuple[int, ...]]]) -> None:
        steps = {key: step_of(recipe, shape, precision, PER_CALL) for key, (recipe, shape) in kinds.items()}
        times = timing.interleaved(steps, rounds, seconds=1.0)
        found[title] = {key: times[key] / PER_CALL / kinds[key][0].batch_size for key in kinds}
        print(title, found[title], flush=True)
        keras.backend.clear_session()

    cifar, square = recipes.CIFAR, (32, 32, 3)
    measured("batch size", {str(n): (cifar.changed(batch_size=n), square) for n in (8, 16, 32, 64, 128)})
    sizes = {}
    for side in (32, 64, 100):
        widths = models.image_widths((side, side, 3))
        options = {"generator_options": {"widths": widths}, "discriminator_options": {"widths": widths[::-1]}}
        sizes[f"{side}x{side}"] = cifar.changed(**options), (side, side, 3)
    measured("image size", sizes)
    measured("frames", {str(n): (recipes.HUMAN_ACTIONS, (n, 32, 32, 3)) for n in (8, 16, 32)})
    timing.write("steps_growth", {"rounds": rounds, "precision": precision, "milliseconds_a_sample": found})


def _trained(lesson: str) -> str:
    """A program that takes twenty steps of a lesson."""
    return (
        f"import sys; sys.path.insert(0, {str(timing.HERE)!r}); import timing, gan_tf; run = gan_tf.setup(seed=0); "
        f"from training import LESSONS, step_of; step = step_of(*LESSONS[{lesson!r}], run.precision, {PER_CALL}); "
        f"[step() for _ in range({20 // PER_CALL})]"
    )


COLD = {
    "import tensorflow": "import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'; import tensorflow",
    "import gan_tf": "import gan_tf",
    "64 pictures of cifar_dcgan": "from gan_course import pretrained; pretrained.sample('cifar_dcgan', 64)",
    **{f"20 train steps of {lesson}": _trained(lesson) for lesson in LESSONS},
}


def start(rounds: int) -> None:
    """Processes of their own, in turns: seconds, and the largest memory."""
    found: dict[str, dict[str, list[float]]] = {name: {"seconds": [], "megabytes": []} for name in COLD}
    for _ in range(rounds):
        for name, code in COLD.items():
            began = time.perf_counter()
            code += "; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            found[name]["seconds"].append(time.perf_counter() - began)
            found[name]["megabytes"].append(int(done.stdout.split()[-1]) * _unit() / 1e6)
    medians = {name: {key: float(np.median(x)) for key, x in values.items()} for name, values in found.items()}
    print(medians)
    timing.write("steps_start", {"rounds": rounds, "cold": medians})


def _unit() -> int:
    """Bytes in what ``ru_maxrss`` counts."""
    return 1 if sys.platform == "darwin" else 1_024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("lessons", "growth", "start", "peaks", *WAYS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lesson", choices=list(LESSONS))
    asked = parser.parse_args()
    if asked.what in WAYS:
        timing.serve(WAYS[asked.what](*LESSONS[asked.lesson]), 1 if asked.what == "core" else PER_CALL)
        raise SystemExit
    if asked.what == "peaks":
        print(json.dumps({kind: peak(kind) for kind in ("float32", "bfloat16")}))
        raise SystemExit
    if asked.what != "start":
        gan_tf.setup(seed=0)
    {"lessons": lessons, "growth": growth, "start": start}[asked.what](asked.rounds)
