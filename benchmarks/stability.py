"""The measurements behind lesson 05: losses and penalties at equal time, and the gallery of failures over seeds.

    python benchmarks/stability.py losses [--seconds 18]     on digits and on the ring, three seeds each
    python benchmarks/stability.py gallery                   the lesson's patients and healthy trainings, three seeds

Both use the lesson's own code, from its cells marked ``# gallery``. Seconds are those of training; to measure is not
counted. Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import itertools
import time
from collections.abc import Mapping
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import numpy as np

import gan_tf
import lesson_code
import recipes
from gan_tf import audio, augment, data, losses, metrics, models

NOTEBOOK = "05_losses_and_stability.ipynb"
SEEDS = (0, 1, 2)
NO_PENALTY = {"penalty": None, "penalty_every": 1}
LAZY = {"penalty_every": 8}
VARIANTS: dict[str, dict[str, Any]] = {
    "minimax, R1": {"loss": "minimax", "penalty": "r1", **LAZY},
    "non-saturating, R1": {"penalty": "r1", **LAZY},
    "least squares, R1": {"loss": "least_squares", "penalty": "r1", **LAZY},
    "hinge, R1": {"loss": "hinge", "penalty": "r1", **LAZY},
    "relativistic, R1 and R2": {"loss": "relativistic", "penalty": "r1_r2", **LAZY},
    "non-saturating, R1 in each step": {"penalty": "r1", "penalty_every": 1},
    "non-saturating, R2": {"penalty": "r2", **LAZY},
    "Wasserstein, gradient penalty": {"ahead": True, "penalty": "gradient_penalty", "penalty_every": 1},
    "Wasserstein, weights clipped": {"ahead": True, "clip": 0.1, **NO_PENALTY},
    "hinge, spectral norm": {"loss": "hinge", "discriminator": {"spectral": True}, **NO_PENALTY},
    "non-saturating, no penalty": NO_PENALTY,
    "the same, labels smoothed to 0.9": {"loss": losses.label_smoothing(0.9), **NO_PENALTY},
    "the same, instance noise of 0.1": {"augment": functools.partial(augment.noise, std=0.1), **NO_PENALTY},
    "the same, generator four times slower": {"slower": 4, **NO_PENALTY},
}


# Digits take longer until the order shows, so they get fewer variants and more seconds.
ON_DIGITS = (
    "minimax, R1",
    "non-saturating, R1",
    "least squares, R1",
    "hinge, R1",
    "relativistic, R1 and R2",
    "Wasserstein, gradient penalty",
    "hinge, spectral norm",
    "non-saturating, no penalty",
)


def lesson() -> dict[str, Any]:
    """What the lesson's marked cells define, with the numbers of its ``cpu`` budget."""
    run = gan_tf.Run(0, "CPU", 2, 0, "float32", "cpu")
    numbers = next(source for source in lesson_code.sources(NOTEBOOK) if source.startswith("RING_EPOCHS"))
    names = {"gan_tf": gan_tf, "keras": keras, "layers": keras.layers, "np": np, "functools": functools}
    found: dict[str, Any] = {**names, "metrics": metrics, "models": models, "run": run}
    for room, name, options in (("ring", "ring", {"n": 25_600}), ("digits", "mnist", {}), ("pictures", "cifar10", {})):
        limit = {"pictures": ({"n": 10_000}, {"n": 2_000})}.get(room, (options, {}))
        found[room] = data.load(name, source="real", **limit[0])
        found[f"{room}_unseen"] = data.load(name, "test", source="real", **limit[1])
    exec(numbers + "\n\n" + lesson_code.marked(NOTEBOOK, "gallery"), found)
    return found


def gallery_hash() -> str:
    """Changes whenever the code of the gallery does."""
    return hashlib.sha256(lesson_code.marked(NOTEBOOK, "gallery").encode()).hexdigest()[:16]


def rounded(history: Mapping[str, list[float]]) -> dict[str, list[float]]:
    return {name: [float(f"{value:.4g}") for value in values] for name, values in history.items()}


def gallery() -> None:
    """Histories of all patients and healthy trainings, and what ``diagnose`` says of them."""
    code, found = lesson(), []

    def keep(truth: str, where: str, seed: int, history: Mapping[str, list[float]]) -> None:
        said = gan_tf.diagnose(history).name
        found.append({"truth": truth, "where": where, "seed": seed, "said": said, "history": rounded(history)})
        print(f"{truth:26s} {where:22s} seed {seed}: {said}", flush=True)
        timing.write("gallery", {"code": gallery_hash(), "trainings": found})
        keras.backend.clear_session()

    for seed in SEEDS:
        for room in code["ROOMS"]:
            keep("healthy", f"lesson 05, {room}", seed, code["train"](room, seed)[1])
        for name, (room, changes, _) in code["PATIENTS"].items():
            keep(name, f"lesson 05, {room}", seed, code["train"](room, seed, **changes)[1])
    for seed, (where, recipe, real, unseen) in enumerate(other_lessons()):
        keep("healthy", where, seed, other_lesson(recipe, real, unseen, seed))


def other_lessons() -> list[tuple[str, recipes.Recipe, data.Dataset, data.Dataset]]:
    """Healthy recipes that ``diagnose`` was not made on."""
    digits, pictures, sounds = (
        [data.load(name, split, source="real") for split in ("train", "test")]
        for name in ("mnist", "cifar10", "spoken_digits")
    )
    spectrograms = [audio.spectrograms(part) for part in sounds]
    return [
        ("lesson 01, dense", recipes.MNIST_DENSE, *digits),
        ("lesson 01, convolutions", recipes.MNIST_DCGAN, *digits),
        ("lesson 02", recipes.CIFAR, *pictures),
        ("lesson 03", recipes.SPOKEN_DIGITS, *spectrograms),
    ]


def other_lesson(
    recipe: recipes.Recipe, real: data.Dataset, unseen: data.Dataset, seed: int, steps: int = 100
) -> Mapping[str, list[float]]:
    keras.utils.set_random_seed(seed)
    gan = recipe.build(real.x.shape[1:], seed)
    gan.compile(*recipe.optimizers(), steps_per_execution=4)
    watch = [metrics.QualityMonitor(unseen, n=300), metrics.Symptoms(unseen, n=300)]
    batches = real.batches(recipe.batch_size, seed=seed, labels=gan.conditional).repeat()
    return gan.fit(batches, epochs=6, steps_per_epoch=steps, verbose=0, callbacks=watch).history


def by_the_clock(code: dict[str, Any], room: str, seed: int, seconds: float, changes: Mapping[str, Any]):
    """The lesson's GAN, trained for so many seconds; returns it and its number of steps."""
    changes = dict(changes)
    rates = code["RECIPES"][room]["rates"]
    if slower := changes.pop("slower", None):
        changes["rates"] = (rates[0] / slower, rates[1])
    if changes.pop("ahead", False):
        changes |= {"loss": "wasserstein", "rates": {"ring": (1e-3, 5e-3), "digits": (1e-3, 4e-3)}[room]}
    real, batch = code["ROOMS"][room][0], code["ROOMS"][room][4]
    gan = code["make_gan"](room, seed, **changes)
    gan.make_train_function()
    batches, step, steps, spent = iter(real.batches(batch, seed=seed).repeat()), gan.train_function, 0, 0.0
    step(batches)  # The trace is made here, outside the clock.
    while spent < seconds:
        start = time.perf_counter()
        step(batches)["generator_loss"].numpy()
        spent += time.perf_counter() - start
        steps += 4
    return gan, steps


def compared(seconds: Mapping[str, float], n: int) -> None:
    """Each variant on both rooms; started again, it goes on where it was.

    The seeds take turns, so that a slow minute of the machine does not fall on one variant alone.
    """
    code, centres = lesson(), data.ring_centres()
    # The paper's weight for pictures is 10; on the ring 1 gave more good points (82 % against 45 %).
    weights = {"ring": 1.0, "digits": 10.0}
    conditions = {"seconds": dict(seconds), "samples": n, "seeds": list(SEEDS), "code": gallery_hash()}
    before = timing.read("losses")
    same = all(before.get(key) == value for key, value in conditions.items())
    found: dict[str, dict[str, list]] = before["trials"] if same else {"ring": {}, "digits": {}}
    for room, limit in seconds.items():
        chosen = ON_DIGITS if room == "digits" else tuple(VARIANTS)
        for seed, name in itertools.product(SEEDS, chosen):
            if len(found[room].setdefault(name, [])) > SEEDS.index(seed):
                continue
            changes = VARIANTS[name]
            heavy = {"penalty_weight": weights[room]} if changes.get("penalty") == "gradient_penalty" else {}
            gan, steps = by_the_clock(code, room, seed, limit, {**changes, **heavy})
            report = metrics.evaluate(gan, code["ROOMS"][room][1], n)
            result = {"steps": steps, "frechet": float(f"{report.frechet:.4g}"), "coverage": round(report.coverage, 3)}
            if room == "ring":
                modes = metrics.mode_coverage(gan.sample(n, seed=seed), centres=centres, std=0.05, least=0.1)
                result |= {"modes": modes.modes, "good": round(modes.quality, 3)}
            found[room][name].append(result)
            print(room, seed, name, result, flush=True)
            timing.write("losses", {**conditions, "trials": found})
            keras.backend.clear_session()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("losses", "gallery"))
    parser.add_argument("--seconds", type=float, default=18, help="of training on digits; on the ring a sixth of it")
    asked = parser.parse_args()
    gan_tf.setup(seed=0, precision="float32")
    if asked.what == "gallery":
        gallery()
    else:
        compared({"ring": asked.seconds / 6, "digits": asked.seconds}, n=2_000)
