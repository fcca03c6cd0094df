"""The trials behind lesson 10: ways to play the game over text, from nothing and after reading.

    python benchmarks/dialogue.py trials

They use the lesson's own code, from its cells marked ``# measured``, and its numbers of the ``cpu`` budget. Started
again, they go on where they were. They count steps, not seconds, so other work may run beside them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras

import gan_tf
import lesson_code

NOTEBOOK = "10_dialogue_gan.ipynb"
SEED, STEPS, SCRATCH_STEPS = 0, 300, 800

AFTER: dict[str, dict[str, Any]] = {
    "the lesson's game": {},
    "the generator ten times as fast": {"rates": (5e-4, 2e-3)},
    "R1 with weight 1": {"penalty_weight": 1.0},
    "no head start": {"early": 0.0},
    "relativistic, R1 and R2": {"loss": "relativistic", "penalty": "r1_r2"},
    "Wasserstein, gradient penalty": {
        "loss": "wasserstein",
        "penalty": "gradient_penalty",
        "penalty_weight": 10.0,
        "penalty_every": 1,
    },
}
NOTHING: dict[str, dict[str, Any]] = {
    "the lesson's game from nothing": {},
    "temperature always 1": {"heat": (1.0, 1.0)},
    "relativistic, R1 and R2": {"loss": "relativistic", "penalty": "r1_r2"},
    "R1 with weight 1": {"penalty_weight": 1.0},
}


def trials() -> None:
    """Each trial once, into ``results/dialogue_trials.json``; what is there of the same code is kept."""
    code = lesson_code.run(NOTEBOOK, "measured")
    conditions = {"seed": SEED, "steps": STEPS, "scratch_steps": SCRATCH_STEPS, "read_steps": code["READ_STEPS"]}
    conditions |= {"measured": code["MEASURED"], "code": lesson_code.digest(NOTEBOOK, "measured")}
    before = timing.read("dialogue_trials")
    same = all(before.get(key) == value for key, value in conditions.items())
    found: dict[str, dict[str, dict[str, float]]] = before["trials"] if same else {"after": {}, "nothing": {}}

    def keep(kind: str, name: str, result: Mapping[str, float]) -> None:
        found[kind][name] = {key: round(value, 4) for key, value in result.items()}
        print(kind, name, found[kind][name], flush=True)
        timing.write("dialogue_trials", {**conditions, "trials": found})
        keras.backend.clear_session()

    def fresh() -> keras.Model:
        keras.utils.set_random_seed(SEED)
        return code["make_generator"](code["book"].sample_shape)

    start = fresh()
    code["read"](start, code["READ_STEPS"])
    weights = start.get_weights()
    if "read only" not in found["after"]:
        keep("after", "read only", code["examined"](gan_tf.Sampler(start, 4)))
    for name, options in AFTER.items():
        if name not in found["after"]:
            generator = fresh()
            generator.set_weights(weights)
            keep("after", name, code["examined"](code["play"](generator, STEPS, **options)[0].sampler))
    if "likelihood, as long" not in found["after"]:
        generator = fresh()
        code["read"](generator, code["READ_STEPS"] + 2 * STEPS)
        keep("after", "likelihood, as long", code["examined"](gan_tf.Sampler(generator, 4)))
    for name, options in NOTHING.items():
        if name not in found["nothing"]:
            gan, _ = code["play"](fresh(), SCRATCH_STEPS, 4, **(code["NOTHING"] | options))
            keep("nothing", name, code["examined"](gan.sampler))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("trials",))
    parser.parse_args()
    trials()
