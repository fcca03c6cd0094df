"""The trials behind lesson 10: text by likelihood and by adversarial training.

    python benchmarks/dialogue.py

Three ways to train, each with three seeds; then variants of adversarial training, one seed each. They use the lesson's
own code, from its cells marked ``# measured``, and its numbers of the ``cpu`` budget. Started again, they go on where
they were. They count steps and seconds of the processor, so other work may run beside them.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import time
from collections.abc import Mapping
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras

import gan_tf
import lesson_code

NOTEBOOK = "10_dialogue_gan.ipynb"
SEEDS = (0, 1, 2)

AFTER: dict[str, dict[str, Any]] = {
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
    "the lesson's settings": {},
    "temperature always 1": {"heat": (1.0, 1.0)},
    "relativistic, R1 and R2": {"loss": "relativistic", "penalty": "r1_r2"},
    "R1 with weight 1": {"penalty_weight": 1.0},
}
WAYS = ("likelihood", "likelihood, then adversarial", "likelihood, longer")


def trials() -> None:
    """Each trial once, into ``results/dialogue_trials.json``; what is there of the same code is kept."""
    code = lesson_code.run(NOTEBOOK, "measured")
    likelihood, adversarial, scratch = (code[f"{name}_STEPS"] for name in ("LIKELIHOOD", "ADVERSARIAL", "SCRATCH"))
    conditions = {
        "seeds": list(SEEDS),
        "likelihood_steps": likelihood,
        "adversarial_steps": adversarial,
        "scratch_steps": scratch,
        "measured": code["MEASURED"],
        "code": lesson_code.digest(NOTEBOOK, "measured"),
    }
    before = timing.read("dialogue_trials")
    same = all(before.get(key) == value for key, value in conditions.items())
    found: dict[str, Any] = before["trials"] if same else {"ways": {w: {} for w in WAYS}, "after": {}, "nothing": {}}

    def keep(rows: dict[str, Any], name: str, result: Mapping[str, float]) -> None:
        rows[name] = {key: round(value, 4) for key, value in result.items()}
        print(name, rows[name], flush=True)
        timing.write("dialogue_trials", {**conditions, "trials": found})
        keras.backend.clear_session()

    def fresh(seed: int) -> keras.Model:
        keras.utils.set_random_seed(seed)
        return code["make_generator"](code["book"].sample_shape)

    @functools.cache
    def begun(seed: int) -> tuple[list[Any], float]:
        """The weights after likelihood, and the seconds of the processor."""
        generator, start = fresh(seed), time.process_time()
        code["fit_likelihood"](generator, likelihood, seed=seed)
        return generator.get_weights(), time.process_time() - start

    def way(name: str, seed: int) -> dict[str, float]:
        weights, seconds = (None, 0.0) if name == "likelihood, longer" else begun(seed)
        generator, start = fresh(seed), time.process_time()
        sampler = gan_tf.Sampler(generator, 4)
        if weights is None:
            code["fit_likelihood"](generator, likelihood + 2 * adversarial, seed=seed)
        else:
            generator.set_weights(weights)
        if name == "likelihood, then adversarial":
            sampler = code["fit_adversarial"](generator, adversarial, looks=0, seed=seed)[0].sampler
        seconds += time.process_time() - start
        return {**code["examined"](sampler, seed=5 + seed), "cpu_seconds": seconds}

    for seed, name in itertools.product(SEEDS, WAYS):
        if str(seed) not in found["ways"][name]:
            keep(found["ways"][name], str(seed), way(name, seed))
    for name, options in AFTER.items():
        if name not in found["after"]:
            generator = fresh(SEEDS[0])
            generator.set_weights(begun(SEEDS[0])[0])
            gan, _ = code["fit_adversarial"](generator, adversarial, looks=0, **options)
            keep(found["after"], name, code["examined"](gan.sampler))
    for name, options in NOTHING.items():
        if name not in found["nothing"]:
            gan, _ = code["fit_adversarial"](fresh(SEEDS[0]), scratch, 4, **(code["NOTHING"] | options))
            keep(found["nothing"], name, code["examined"](gan.sampler))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    trials()
