"""The measurements behind lesson 02, on CIFAR-10.

    python benchmarks/cifar.py trials [--only NAME ...] [--seconds 60]    one change at a time, equal training time
    python benchmarks/cifar.py race [--seconds 600]                       the lesson's recipe against the text book's
    python benchmarks/cifar.py speed                                      milliseconds a step, choice by choice

Seconds are those of training; to measure is not counted. Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse
import functools
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import tensorflow as tf

import gan_tf
import recipes
from gan_course import data, evaluation, textbook
from gan_tf import augment, losses
from steps import plain_train_step
from training import Training, Trial, step_of, trials

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
# The recipe before its last three changes.
BEFORE = OURS.changed(generator_options={"batch_norm": True, "modulate": False}, beta_1=0.5)


def _without_last(**changes: Any) -> Trial:
    """An earlier state still: also no class, no layer at full size, batches of 64, large steps."""
    earlier = {
        "generator_options": {"classes": None, "last": 0},
        "discriminator_options": {"classes": None},
        "gan": {"classes": None, "penalty_weight": 1.0},
    }
    merged = {name: {**value, **changes.pop(name, {})} for name, value in earlier.items()}
    return BEFORE.changed(**{"learning_rate": 4e-3, "batch_size": 64, **changes, **merged})


TRIALS: dict[str, Trial] = {
    "the recipe": OURS,
    "the recipe, once more": OURS,  # How much chance there is in a trial.
    "the recipe, a third time": OURS,
    "text book": TEXTBOOK,
    # The rules of DCGAN, one change at a time.
    "transposed convolutions, kernel 4": OURS.changed(generator_options={"resize": False}),
    "transposed convolutions, kernel 5": OURS.changed(generator_options={"resize": False, "kernel": 5}),
    "code told once, to the first layer": OURS.changed(generator_options={"modulate": False}),
    "batch norm": OURS.changed(generator_options={"batch_norm": True}),
    "beta_1 0.5": OURS.changed(beta_1=0.5),
    "beta_1 0.9": OURS.changed(beta_1=0.9),
    "labels smoothed to 0.9": OURS.changed(gan={"loss": losses.label_smoothing(0.9)}),
    "no R1": OURS.changed(gan={"penalty": None}),
    "no averaging": OURS.changed(gan={"ema": 0.0}),
    "not told the class": OURS.changed(**UNTOLD),
    "batches of 64": OURS.changed(batch_size=64),
    "float32": OURS.changed(precision="float32"),
    # On the way to the recipe.
    "batch norm, beta_1 0.5, code told once": BEFORE,
    "no layer at full size": _without_last(),
    "no layer at full size, transposed convolutions": _without_last(generator_options={"resize": False}),
    "no layer at full size, relativistic loss, R1 and R2": _without_last(
        gan={"loss": "relativistic", "penalty": "r1_r2"}
    ),
    "no layer at full size, learning rate 8e-3": _without_last(learning_rate=8e-3),
    "no layer at full size, R1 with gamma 3": _without_last(gan={"penalty_weight": 3.0}),
    "no layer at full size, both nets 1.5 times as wide": _without_last(
        generator_options={"widths": (192, 96, 48)}, discriminator_options={"widths": (48, 96, 192)}
    ),
    # With few pictures.
    "1,000 pictures": OURS.changed(samples=1_000),
    "1,000 pictures, augmented": OURS.changed(
        samples=1_000, gan={"augment": augment.compose("colour", "translation", "cutout")}
    ),
}


def race(seconds: float, points: int, n: int, seed: int) -> None:
    """Both recipes in one process, in turns, so that both have the same share of the machine."""
    real, unseen = _real()
    runs = {name: Training(TRIALS[name], real, seconds, seed) for name in ("the recipe", "text book")}
    curves: dict[str, list] = {name: [] for name in runs}
    for point in range(1, points + 1):
        for name, training in runs.items():
            training.advance(seconds * (point / points) ** 2)  # denser at the start, where most happens
            curves[name].append(training.measure(unseen, real, n))
            print(name, curves[name][-1], flush=True)
    floor = evaluation.evaluate(real.x[:n], unseen, n, other=real).floor
    timing.write(
        "cifar_race",
        {"samples": n, "seed": seed, "floor": [round(floor.frechet, 2), round(floor.kernel.mean, 4)], "curves": curves},
    )


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
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--samples", type=int, default=5_000)
    parser.add_argument("--points", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.what == "trials":
        chosen = {name: TRIALS[name] for name in asked.only}
        options = {"seconds": asked.seconds or 60, "n": asked.samples, "seed": asked.seed}
        trials("cifar_trials", chosen, *_real(), **options)
    elif asked.what == "race":
        race(asked.seconds or 600, asked.points, asked.samples, asked.seed)
    else:
        speed(asked.rounds)
