"""The measurements behind lesson 05: losses and penalties at equal time, and the gallery of failures over seeds.

    python benchmarks/stability.py losses [--seconds 18]     on digits and on the ring, three seeds each
    python benchmarks/stability.py gallery                   the lesson's patients and healthy trainings, three seeds

Both use the lesson's own code, from its cells marked ``# gallery``. Seconds are those of training; to measure is not
counted. Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse
import functools
import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras

import lesson_code
import train_pretrained
from gan_course import data, evaluation
from gan_tf import augment, losses
from training import Clocked

NOTEBOOK = "05_losses_and_stability.ipynb"
SEEDS = (0, 1, 2)


class ByRoom(NamedTuple):
    """A value that is one for the ring and another one for digits."""

    ring: Any
    digits: Any


NO_PENALTY = {"penalty": None, "penalty_every": 1}
LAZY = {"penalty_every": 8}
CRITIC = {"loss": "wasserstein", "rates": ByRoom((1e-3, 5e-3), (1e-3, 4e-3))}  # a critic has to be ahead
VARIANTS: dict[str, dict[str, Any]] = {
    "minimax, R1": {"loss": "minimax", "penalty": "r1", **LAZY},
    "non-saturating, R1": {"penalty": "r1", **LAZY},
    "least squares, R1": {"loss": "least_squares", "penalty": "r1", **LAZY},
    "hinge, R1": {"loss": "hinge", "penalty": "r1", **LAZY},
    "relativistic, R1 and R2": {"loss": "relativistic", "penalty": "r1_r2", **LAZY},
    "non-saturating, R1 in each step": {"penalty": "r1", "penalty_every": 1},
    "non-saturating, R2": {"penalty": "r2", **LAZY},
    # The paper's weight for pictures is 10; on the ring 1 gave more good points (82 % against 45 %).
    "Wasserstein, gradient penalty": {
        **CRITIC,
        "penalty": "gradient_penalty",
        "penalty_weight": ByRoom(1.0, 10.0),
        "penalty_every": 1,
    },
    "Wasserstein, weights clipped": {**CRITIC, "clip": 0.1, **NO_PENALTY},
    "hinge, spectral norm": {"loss": "hinge", "discriminator": {"spectral": True}, **NO_PENALTY},
    "non-saturating, no penalty": NO_PENALTY,
    "the same, labels smoothed to 0.9": {"loss": losses.label_smoothing(0.9), **NO_PENALTY},
    "the same, instance noise of 0.1": {"augment": functools.partial(augment.noise, std=0.1), **NO_PENALTY},
    "the same, generator four times slower": {"rates": ByRoom((1.25e-3, 1e-3), (1e-3, 4e-3)), **NO_PENALTY},
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


def rounded(history: Mapping[str, list[float]]) -> dict[str, list[float]]:
    return {name: [float(f"{value:.4g}") for value in values] for name, values in history.items()}


def gallery() -> None:
    """Histories of all patients and healthy trainings, and what ``diagnose`` says of them."""
    code, found = lesson_code.run(NOTEBOOK, "gallery"), []

    def keep(truth: str, where: str, seed: int, history: Mapping[str, list[float]]) -> None:
        said = evaluation.diagnose(history).name
        found.append({"truth": truth, "where": where, "seed": seed, "said": said, "history": rounded(history)})
        print(f"{truth:26s} {where:22s} seed {seed}: {said}", flush=True)
        timing.write("gallery", {"code": lesson_code.digest(NOTEBOOK, "gallery"), "trainings": found})
        keras.backend.clear_session()

    for seed in SEEDS:
        for room in code["ROOMS"]:
            keep("healthy", f"lesson 05, {room}", seed, code["train"](room, seed)[1])
        for name, (room, changes, _) in code["PATIENTS"].items():
            keep(name, f"lesson 05, {room}", seed, code["train"](room, seed, **changes)[1])
    for seed, (where, name) in enumerate(OTHER_LESSONS.items()):
        keep("healthy", where, seed, other_lesson(train_pretrained.SHIPPED[name], seed))


# Healthy trainings that `diagnose` was not made on: the recipes of these shipped generators.
OTHER_LESSONS = {
    "lesson 01, dense": "mnist_dense",
    "lesson 01, convolutions": "mnist_dcgan",
    "lesson 02": "cifar_dcgan",
    "lesson 03": "spoken_digits_mel",
}


def other_lesson(shipped: train_pretrained.Shipped, seed: int, steps: int = 100) -> Mapping[str, list[float]]:
    recipe, (real, unseen) = shipped.recipe, (train_pretrained.load(shipped, split) for split in ("train", "test"))
    keras.utils.set_random_seed(seed)
    gan = recipe.build(real.x.shape[1:], seed)
    gan.compile(*recipe.optimizers(), steps_per_execution=4)
    watch = [evaluation.QualityMonitor(unseen, n=300), evaluation.Symptoms(unseen, n=300)]
    batches = real.batches(recipe.batch_size, seed=seed, labels=gan.conditional).repeat()
    return gan.fit(batches, epochs=6, steps_per_epoch=steps, verbose=0, callbacks=watch).history


def by_the_clock(code: Mapping[str, Any], room: str, seed: int, seconds: float, changes: Mapping[str, Any]) -> Clocked:
    """The lesson's GAN, trained for so many seconds at an even learning rate."""
    changes = {key: getattr(value, room) if isinstance(value, ByRoom) else value for key, value in changes.items()}
    real, batch = code["ROOMS"][room][0], code["ROOMS"][room][4]
    training = Clocked(code["make_gan"](room, seed, **changes), real.batches(batch, seed=seed))
    training.advance(seconds)
    return training


def compared(seconds: Mapping[str, float], n: int) -> None:
    """Each variant on both rooms; started again, it goes on where it was.

    The seeds take turns, so that a slow minute of the machine does not fall on one variant alone.
    """
    code, centres = lesson_code.run(NOTEBOOK, "gallery"), data.ring_centres()
    conditions = {
        "seconds": dict(seconds),
        "samples": n,
        "seeds": list(SEEDS),
        "code": lesson_code.digest(NOTEBOOK, "gallery"),
    }
    before = timing.read("losses")
    same = all(before.get(key) == value for key, value in conditions.items())
    found: dict[str, dict[str, list]] = before["trials"] if same else {"ring": {}, "digits": {}}
    for room, limit in seconds.items():
        chosen = ON_DIGITS if room == "digits" else tuple(VARIANTS)
        for seed, name in itertools.product(SEEDS, chosen):
            if len(found[room].setdefault(name, [])) > SEEDS.index(seed):
                continue
            training = by_the_clock(code, room, seed, limit, VARIANTS[name])
            report = evaluation.evaluate(training.gan, code["ROOMS"][room][1], n)
            result = {
                "steps": training.steps,
                "frechet": float(f"{report.frechet:.4g}"),
                "coverage": round(report.coverage, 3),
            }
            if room == "ring":
                modes = evaluation.mode_coverage(
                    training.gan.sample(n, seed=seed), centres=centres, std=0.05, least=0.1
                )
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
    if asked.what == "gallery":
        gallery()
    else:
        compared({"ring": asked.seconds / 6, "digits": asked.seconds}, n=2_000)
