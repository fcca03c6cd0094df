"""How long a step takes with this or that option: ``python -m gan_course.demos.speed`` prints JSON.

In a process of its own, since :func:`gan_tf.setup` makes operations deterministic, and Keras then leaves XLA out.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import keras
import tensorflow as tf

import gan_tf
from gan_course import demos
from gan_tf import models

BATCH = 64
# Precision, steps a call, XLA.
OPTIONS: dict[str, tuple[str, int, bool]] = {
    "float32": ("float32", 1, False),
    "bfloat16": ("mixed_bfloat16", 1, False),
    "float32, 8 steps a call": ("float32", 8, False),
    "float32, XLA": ("float32", 1, True),
    "bfloat16, 8 steps a call, XLA": ("mixed_bfloat16", 8, True),
}
NETS = ("dense", "convolutions")


def measure(steps: int = 48, rounds: int = 3, nets: tuple[str, ...] = NETS) -> dict[str, dict[str, float]]:
    """Milliseconds of a training step: the best of several rounds that take the options in turn.

    Args:
        steps: steps of a round, a multiple of 8.
        rounds: how many.
        nets: "dense" and "convolutions", the reference nets of lesson 01.

    Returns:
        By net and by name of :data:`OPTIONS`.
    """
    return demos.results("speed", "--steps", steps, "--rounds", rounds, "--nets", *nets)


def _trainer(net: str, precision: str, together: int, xla: bool) -> gan_tf.GAN:
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(0)
    if net == "dense":
        gan = gan_tf.GAN(models.dense_generator(), models.dense_discriminator())
    else:
        gan = gan_tf.GAN(models.conv_generator(), models.conv_discriminator())
    rates = keras.optimizers.Adam(1e-3, beta_1=0.5), keras.optimizers.Adam(1e-3, beta_1=0.5)
    gan.compile(*rates, steps_per_execution=together, jit_compile=xla)
    return gan


def main(steps: int, rounds: int, nets: list[str]) -> dict[str, Any]:
    x = demos.digits(1024)
    batches = tf.data.Dataset.from_tensor_slices(x).cache().repeat().batch(BATCH, drop_remainder=True).prefetch(4)
    found: dict[str, dict[str, float]] = {}
    for net in nets:
        gans = {name: _trainer(net, *options) for name, options in OPTIONS.items()}
        for gan in gans.values():
            gan.fit(batches, steps_per_epoch=8, verbose=0)  # Compiles.
        best = dict.fromkeys(OPTIONS, float("inf"))
        for _ in range(rounds):
            for name, gan in gans.items():
                start = time.perf_counter()
                gan.fit(batches, steps_per_epoch=steps, verbose=0)
                best[name] = min(best[name], 1000 * (time.perf_counter() - start) / steps)
        found[net] = best
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nets", nargs="*", default=list(NETS))
    given = parser.parse_args()
    print(json.dumps(main(given.steps, given.rounds, given.nets)))
