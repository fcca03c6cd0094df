"""What was tried for lesson 07: the translator and its weights, on landscapes whose true winter is known.

    python benchmarks/translators.py [--steps 400]

Started again, it goes on where it was. It counts steps, not seconds, so other work may run beside it.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import numpy as np

import gan_tf
import train_translators as shipped
from gan_course import data, evaluation

FILE, SEED, PICTURES = "translators", 0, 4_000
LESSON = shipped.PLANS["winter"]
BLOCKS = {"network": "translator", "options": {"shape": shipped.SCENE, "width": 16, "blocks": 3}}
NO_CHANGE = {"options": {**LESSON.options, "residual": False}}


def weighted(cycle: float, identity: float, **changes: Any) -> shipped.Plan:
    """The lesson's plan with other weights, and perhaps another net."""
    game = {"cycle_weight": cycle, "identity_weight": identity, "ema": 0.99}
    return dataclasses.replace(LESSON, game=game, **changes)


TRIALS = {
    "residual blocks, cycle 10, identity 5 (as in the paper)": weighted(10, 5, **BLOCKS),
    "residual blocks, cycle 4": weighted(4, 0, **BLOCKS),
    "U-Net, cycle 4": weighted(4, 0, **NO_CHANGE),
    "U-Net that adds a change, cycle 10, identity 5": weighted(10, 5),
    "U-Net that adds a change, cycle 10": weighted(10, 0),
    "U-Net that adds a change, cycle 4 (the lesson)": weighted(4, 0),
    "U-Net that adds a change, cycle 1": weighted(1, 0),
    "U-Net that adds a change, no cycle": weighted(0, 0),
}


@functools.cache
def pictures() -> tuple[data.Domains, np.ndarray]:
    """Summers and other winters to learn from, and unseen summers."""
    a, b = shipped.halves(shipped.scenes("train", *shipped.SUMMER, n=PICTURES))
    unseen = shipped.scenes("test", *shipped.SUMMER, n=500)
    return data.Domains(a, shipped.changed(b, data.winter)), unseen.x


def trained(plan: shipped.Plan, steps: int) -> gan_tf.CycleGAN:
    """A pair of translators, trained on the domains."""
    keras.utils.set_random_seed(SEED)
    model = shipped.cycle_gan(plan, SEED)
    shipped.fit(model, plan, pictures()[0].batches(plan.batch_size, seed=SEED), steps, verbose=0)
    return model


def measured(winter: np.ndarray, again: np.ndarray) -> dict[str, float]:
    """How near winters are to the true ones, and the summers made of them to the first."""
    summer = pictures()[1]
    truth = data.winter(summer)
    found = {
        "winter": evaluation.ssim(truth, winter).mean(),
        "error": np.abs(truth - winter).mean(),
        "again": evaluation.ssim(summer, again).mean(),
    }
    return {name: round(float(value), 3) for name, value in found.items()}


def trials(steps: int) -> None:
    """Each plan for the same steps into ``results/translators.json``."""
    conditions = {"steps": steps, "seed": SEED, "pictures": PICTURES}
    before = timing.read(FILE)
    found = before["trials"] if all(before.get(key) == value for key, value in conditions.items()) else {}
    summer = pictures()[1]
    untouched = measured(summer, summer)
    for name, plan in TRIALS.items():
        if name not in found:
            model = trained(plan, steps)
            winter = model.to_b(summer)
            found[name] = measured(winter, model.to_a(winter))
            print(name, found[name], flush=True)
            timing.write(FILE, {**conditions, "untouched": untouched, "trials": found})
            keras.backend.clear_session()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=400)
    asked = parser.parse_args()
    gan_tf.setup(seed=SEED)
    trials(asked.steps)
