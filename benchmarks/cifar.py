"""The measurements behind lesson 02, on CIFAR-10.

    python benchmarks/cifar.py trials [--only NAME ...]    one change at a time, 1,000 steps each, three seeds
    python benchmarks/cifar.py race [--seconds 120]        the lesson's recipe against the text book's, equal time
    python benchmarks/cifar.py speed                       milliseconds a step, choice by choice

Trials are cut by steps, and the race by seconds of processor time, so other programs may run meanwhile. For `speed` do
not run anything else.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import time

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import tensorflow as tf
from keras import layers

import gan_tf
import recipes
from gan_course import data, evaluation, textbook
from gan_tf import losses
from gan_tf.models import blocks
from steps import plain_train_step
from training import Training, Trial, step_of, trained

FILE, STEPS = "cifar_trials", 1_000  # of the trials
OURS = Trial.of(recipes.CIFAR)
TEXTBOOK = Trial(
    generator=textbook.textbook_generator,
    generator_options={"latent_dim": 100},
    discriminator=textbook.textbook_discriminator,
    discriminator_options={},
    batch_size=64,
    learning_rate=2e-4,
    decay=False,
    beta_2=0.999,
    gan={"ema": 0.0},
    precision="float32",
)


UNTOLD = {name: {"classes": None} for name in ("generator_options", "discriminator_options", "gan")}


def normalised_discriminator(shape: tuple[int, ...], widths: tuple[int, ...], classes: int) -> keras.Model:
    """The recipe's discriminator with batch normalisation in all hidden layers but the first, as DCGAN has it."""
    inputs, labels = keras.Input(shape), keras.Input((), dtype="int32")
    x = layers.LeakyReLU(0.2)(layers.Conv2D(widths[0], 4, 2, padding="same")(inputs))
    for channels in widths[1:]:
        x = layers.Conv2D(channels, 4, 2, padding="same", use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization()(x))
    outputs = blocks.logit(layers.Flatten()(x), labels, classes)
    return keras.Model([inputs, labels], outputs, name="discriminator")


SMOOTHED = OURS.changed(generator_options={"batch_norm": True}, gan={"loss": losses.label_smoothing(0.9)})

# Neither is told the class.
RACERS = {"the recipe": OURS.changed(**UNTOLD), "text book": TEXTBOOK}
TRIALS: dict[str, Trial] = {
    "the recipe": OURS,
    # The rules of DCGAN, one change at a time.
    "transposed convolutions, kernel 4": OURS.changed(generator_options={"resize": False}),
    "batch norm in the generator": OURS.changed(generator_options={"batch_norm": True}),
    # A penalty on single samples cannot be taken through batch normalisation: compare with the row "no R1".
    "batch norm in the discriminator, no R1": OURS.changed(
        discriminator=normalised_discriminator, gan={"penalty": None}
    ),
    "learning rate 2e-4": OURS.changed(learning_rate=2e-4),
    "beta_1 0.5": OURS.changed(beta_1=0.5),
    "beta_1 0.9": OURS.changed(beta_1=0.9),
    # Our own additions, taken away one at a time.
    "no class": OURS.changed(**UNTOLD),
    "no R1": OURS.changed(gan={"penalty": None}),
    "no averaging": OURS.changed(gan={"ema": 0.0}),
    "latents and class in the first layer only": OURS.changed(generator_options={"modulate": False}),
    "labels smoothed to 0.9": OURS.changed(gan={"loss": losses.label_smoothing(0.9)}),
    # Width.
    "generator 1.5 times as wide": OURS.changed(generator_options={"widths": (192, 96, 48), "last": 24}),
    # What helped, together.
    "batch norm in the generator, labels smoothed": SMOOTHED,
    "these two and 1.5 times as wide": SMOOTHED.changed(generator_options={"widths": (192, 96, 48), "last": 24}),
}


def trials(names: list[str], seeds: list[int], n: int) -> None:
    """Each recipe for the same number of steps and for several seeds; earlier results of the same length are kept."""
    real, unseen = _real()
    before = timing.read(FILE)
    if before and (before["samples"], before["steps"]) != (n, STEPS):
        raise ValueError(f"results/{FILE}.json holds trials of other steps or samples; delete it to start anew")
    found = before.get("trials", {})
    for seed, name in itertools.product(seeds, names):
        if str(seed) in found.get(name, {}):
            continue
        recipe = TRIALS[name]
        gan, spent = trained(recipe, real, STEPS, seed)
        report = evaluation.evaluate(gan, unseen, n, other=real)
        row = {
            "frechet": round(report.frechet, 2),
            "precision": round(report.precision, 3),
            "recall": round(report.recall, 3),
            "cpu_seconds": round(spent, 1),
        }
        found.setdefault(name, {})[str(seed)] = row
        print(f"{name}, seed {seed}: {row}", flush=True)
        timing.write(FILE, {"samples": n, "steps": STEPS, "trials": found})
        del gan
        keras.backend.clear_session()


class ByProcessor(Training):
    """The clock is that of the processor, the sum over its cores: what else the machine does hardly matters."""

    clock = staticmethod(time.process_time)


def race(seconds: float, points: int, n: int, seeds: list[int]) -> None:
    """Both recipes without classes, for the same seconds of processor time."""
    real, unseen = _real()
    before = timing.read("cifar_race")
    curves: dict[str, dict[str, list]] = before.get("curves", {}) if before.get("seconds") == seconds else {}
    for seed in (seed for seed in seeds if str(seed) not in curves):
        runs = {name: ByProcessor(recipe, real, seconds, seed) for name, recipe in RACERS.items()}
        found: dict[str, list] = {name: [] for name in runs}
        for point in range(1, points + 1):
            for name, training in runs.items():
                training.advance(seconds * (point / points) ** 2)  # denser at the start, where most happens
                found[name].append(training.measure(unseen, real, n))
                print(seed, name, found[name][-1], flush=True)
        curves[str(seed)] = found
        floor = evaluation.evaluate(real.x[:n], unseen, n, other=real).floor
        timing.write(
            "cifar_race", {"samples": n, "seconds": seconds, "floor": round(floor.frechet, 2), "curves": curves}
        )
        keras.backend.clear_session()


def speed(rounds: int) -> None:
    """The step of the text book's nets as a plain tutorial writes it against ours, and what each choice gives."""
    real, _ = _real()
    plain = plain_train_step(TEXTBOOK, real.x.shape[1:], real.batches(TEXTBOOK.batch_size, seed=0, labels=True))
    steps = {"plain: two tapes, two passes of the generator, float32": plain}
    kinds = {
        "gan_tf, float32": (TEXTBOOK, "float32", 1),
        "gan_tf, bfloat16": (TEXTBOOK, "mixed_bfloat16", 1),
        "gan_tf, bfloat16, four steps a call": (TEXTBOOK, "mixed_bfloat16", 4),
        "the lesson's nets, bfloat16, four steps a call, batches of 32 only": (OURS, "mixed_bfloat16", 4),
        "the same on one cached batch": (OURS, "mixed_bfloat16", 4),
    }
    for name, (recipe, precision, per_call) in kinds.items():
        batches = functools.partial(_batches, real, recipe.batch_size, cached="cached" in name)
        steps[name] = step_of(recipe, real.x.shape[1:], precision, per_call, batches)
    times = timing.interleaved(steps, rounds)
    for name, (_, _, per_call) in kinds.items():
        times[name] /= per_call
    for name, value in times.items():
        print(f"{value:7.1f} ms  {next(iter(times.values())) / value:5.2f} x  {name}")
    timing.write("cifar_speed", {"rounds": rounds, "batch_size": 64, "milliseconds": times})


def _batches(real: data.Dataset, size: int, labels: bool, cached: bool) -> tf.data.Dataset:
    batches = real.batches(size, seed=0, labels=labels)
    return batches.take(1).cache() if cached else batches


def _real() -> tuple[data.Dataset, data.Dataset]:
    gan_tf.setup(seed=0)
    return data.load("cifar10", source="real"), data.load("cifar10", "test", source="real")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("trials", "race", "speed"))
    parser.add_argument("--only", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--samples", type=int, default=5_000)
    parser.add_argument("--points", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    asked = parser.parse_args()
    if asked.what == "trials":
        trials(asked.only, asked.seeds, asked.samples)
    elif asked.what == "race":
        race(asked.seconds, asked.points, asked.samples, asked.seeds)
    else:
        speed(asked.rounds)
