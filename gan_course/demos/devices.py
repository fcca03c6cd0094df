"""One batch on one device and on two: the same losses? ``python -m gan_course.demos.devices`` prints JSON.

The two devices are logical ones, made of one processor: so this shows that the sums are right, not that it is fast.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from typing import Any

import keras
import tensorflow as tf

import gan_tf
from gan_course import demos

# What is compared: options of demos.gan.
CASES: dict[str, dict[str, Any]] = {
    "no batch norm": {},
    "R1 every 2nd step": {"penalty": "r1", "penalty_every": 2},
    "clipped gradients": {"clipnorm": 0.1},
    "batch norm, each replica its own": {"batch_norm": "own"},
    "batch norm, shared": {"batch_norm": "shared"},
}


def compare(steps: int = 20, cases: tuple[str, ...] = tuple(CASES)) -> dict[str, dict[str, list[float]]]:
    """Train in another process, on one device and on two.

    Args:
        steps: steps of each training, at a batch of 32 of all devices together.
        cases: names of :data:`CASES`.

    Returns:
        For each case, under "one" and "two", the discriminator's mean loss up to each step.
    """
    return demos.results("devices", "--steps", steps, "--cases", *cases)


def two_devices() -> tf.distribute.Strategy:
    """Two logical devices of this process's processor. TensorFlow must not have started yet."""
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    # Devices of one processor share its memory: adding up in one place is the plain way.
    return tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"], tf.distribute.ReductionToOneDevice())


class Losses(keras.callbacks.Callback):
    """The discriminator's mean loss of the epoch up to each step."""

    def __init__(self):
        super().__init__()
        self.values: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.values.append(float(logs["discriminator_loss"]))


def train(strategy: tf.distribute.Strategy | None, batches: tf.data.Dataset, **options: Any) -> list[float]:
    """Train on this strategy's devices, or without one; returns the losses."""
    with strategy.scope() if strategy else contextlib.nullcontext():
        gan = demos.gan(**options)
    losses = Losses()
    gan.fit(batches, verbose=0, callbacks=[losses])
    return losses.values


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cases", nargs="*", default=list(CASES))
    arguments = parser.parse_args()
    strategy = two_devices()
    with contextlib.redirect_stdout(open(os.devnull, "w")):
        gan_tf.setup(seed=0, precision="float32")
        x = demos.digits()
    endless = tf.data.Dataset.from_tensor_slices(x).repeat().batch(demos.BATCH, drop_remainder=True)
    found = {}
    for case in arguments.cases:
        batches = endless.take(arguments.steps)
        found[case] = {
            "one": train(None, batches, **CASES[case]),
            "two": train(strategy, batches, **CASES[case]),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
