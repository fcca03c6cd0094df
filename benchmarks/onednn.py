"""What oneDNN gives on this machine: python benchmarks/onednn.py

TensorFlow uses it by itself only on processors with AVX-512 VNNI or newer; gan_tf switches it on everywhere. Each
measurement is a process of its own, since the switch is read once. Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import tensorflow as tf

from training import LESSONS, step_of


def milliseconds(name: str, steps: int) -> float:
    """A train step of that net in this process, float32, deterministic as in the lessons: the median."""
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(0)
    step, spent = step_of(*LESSONS[name], "float32"), []
    step()  # The trace is made here, and the penalty is computed: it is due in the first of eight steps.
    for _ in range(steps):
        start = time.perf_counter()
        step()
        spent.append(time.perf_counter() - start)
    return 1e3 * float(np.median(spent))


def in_a_child(name: str, switch: str, steps: int) -> float:
    command = [sys.executable, str(Path(__file__).resolve()), "--child", name, "--steps", str(steps)]
    environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": switch}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def has_vnni() -> bool | None:
    """Whether the processor has AVX-512 VNNI, so that TensorFlow would use oneDNN anyway; None if nobody says."""
    try:
        return "avx512_vnni" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--child", choices=list(LESSONS))
    parser.add_argument("--steps", type=int, default=24)
    asked = parser.parse_args()
    if asked.child:
        print(milliseconds(asked.child, asked.steps))
        raise SystemExit
    found: dict[str, dict[str, float]] = {}
    for name in LESSONS:
        # Without oneDNN a step of the clips takes seconds; three are enough to see that.
        times = {s: in_a_child(name, s, 3 if (name, s) == ("lesson 04, clips", "0") else asked.steps) for s in "01"}
        found[name] = {"without": round(times["0"], 1), "with": round(times["1"], 1)}
        print(name, found[name], flush=True)
    timing.write("onednn", {"vnni": has_vnni(), "milliseconds": found})
