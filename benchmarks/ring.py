"""Lesson 00's ring over many seeds: python benchmarks/ring.py

The lesson's networks and 2,500 steps, trained by gan_tf.GAN: three pairs of learning rates, three values of Adam's
beta_1 (momentum), eight seeds each. Then three times the steps, and the ring of exercise 5 with one change at a time.
Takes about 15 minutes on two cores.
"""

from __future__ import annotations

import argparse
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import numpy as np
from keras import layers

import gan_tf
import lesson_code
from gan_course import data, evaluation

NETS = ("build_generator", "build_discriminator")
EPOCHS, POINTS, BATCH = 10, 64_000, 256
RATES = ((0.005, 0.001), (0.002, 0.002), (0.002, 0.004))  # of the generator, of the discriminator
MOMENTA = (0.9, 0.5, 0.0)
LATENTS = np.random.default_rng(1).standard_normal((2500, 2), dtype=np.float32)
CHANGES: dict[str, dict[str, Any]] = {
    "none": {},
    "twice the epochs": {"epochs": 2 * EPOCHS},
    "three times the epochs": {"epochs": 3 * EPOCHS},
    '`penalty="r1"`, `penalty_weight=0.1`': {"penalty": "r1", "penalty_weight": 0.1},
    '`loss="relativistic"`': {"loss": "relativistic"},
    "`momentum=0.5`": {"momentum": 0.5},
}


def measured(points: np.ndarray, modes: int, std: float) -> dict[str, Any]:
    """Modes found, share of good points, and the standard deviation of the good points around their centres."""
    centres = data.ring_centres(modes)
    found = evaluation.mode_coverage(points, centres=centres, std=std, within=3.0, least=0.1)
    gap = np.linalg.norm(points[:, None] - centres, axis=2).min(axis=1)
    gap = gap[gap < 3 * std]
    width = float(np.sqrt((gap**2).mean() / 2)) if len(gap) else None
    return {"modes": found.modes, "good": found.quality, "width": width}


def game(
    seed: int, momentum: float = 0.0, rates: tuple[float, float] = RATES[0], epochs: int = EPOCHS, modes: int = 8,
    std: float = 0.05, **options: Any,
) -> dict[str, Any]:  # fmt: skip
    """One training; what the generator and its averaged weights make of the same latent vectors."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    namespace = {"keras": keras, "layers": layers, "LATENT_DIM": 2}
    code = lesson_code.functions("00_the_game_in_2d.ipynb", NETS, namespace)
    gan = gan_tf.GAN(*(code[name]() for name in NETS), seed=seed, **options)
    optimizers = (keras.optimizers.Adam(rate, beta_1=momentum) for rate in rates)
    gan.compile(*optimizers, steps_per_execution=25)
    ring = data.load("ring", n=POINTS, modes=modes, std=std)
    gan.fit(ring.batches(BATCH, seed=seed), epochs=epochs, verbose=0)
    trained = measured(gan.generator(LATENTS).numpy(), modes, std)
    return {"seed": seed, "trained": trained, "averaged": measured(gan.decode(LATENTS), modes, std)}


def main(seeds: int) -> None:
    found: dict[str, Any] = {"steps": EPOCHS * POINTS // BATCH, "points": len(LATENTS), "games": [], "sixteen": {}}
    for rates in RATES:
        for momentum in MOMENTA:
            played = [game(seed, momentum, rates) for seed in range(seeds)]
            found["games"].append({"rates": rates, "momentum": momentum, "runs": played})
            print(rates, momentum, [run["trained"]["modes"] for run in played], flush=True)
    found["longer"] = [game(seed, epochs=3 * EPOCHS) for seed in range(3)]
    for name, change in CHANGES.items():
        found["sixteen"][name] = [game(seed, modes=16, std=0.03, **change) for seed in range(3)]
        print(name, [run["averaged"] for run in found["sixteen"][name]], flush=True)
    timing.write("ring", found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8)
    main(**vars(parser.parse_args()))
