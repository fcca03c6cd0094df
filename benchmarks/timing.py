"""What the benchmarks share: interleaved timing, and results written whole, with the machine beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gan_tf  # before keras and tensorflow: it silences their start-up lines

# isort: split
import keras
import numpy as np
import tensorflow as tf

from gan_course import cpu
from gan_tf import runtime
from gan_tf.files import written_whole

cpu.accelerate()  # The threads of this process, as the lessons choose them.

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
sys.path.append(str(HERE.parent / "tools"))  # where the recipes stand


def interleaved(steps: Mapping[str, Callable[[], Any]], rounds: int = 7, seconds: float = 2.0) -> dict[str, float]:
    """Milliseconds a call of each step, the median over rounds in which all of them take turns.

    What else the machine does then falls on all of them alike, so their ratios are steadier than the times.

    Args:
        steps: name to a function that does one step and waits for it.
        rounds: how often each has its turn.
        seconds: about how long a turn lasts.
    """
    found: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()  # Traces are made here.
    for _ in range(rounds):
        for name, step in steps.items():
            calls, start = 0, time.perf_counter()
            while (spent := time.perf_counter() - start) < seconds:
                step()
                calls += 1
            found[name].append(1e3 * spent / calls)
    return {name: float(np.median(times)) for name, times in found.items()}


class InChild:
    """A step in a process of its own, with what the environment and TensorFlow make of it; waits until called.

    Args:
        arguments: what Python is started with. The program ends with :func:`serve`.
        environment: added to that of this process.
    """

    def __init__(self, *arguments: str, **environment: str):
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __call__(self) -> None:
        print(file=self._process.stdin, flush=True)
        while (answer := self._process.stdout.readline()) != "done\n":
            if not answer:
                raise RuntimeError(f"{self._process.args}: ended with code {self._process.wait()}")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def serve(step: Callable[[], Any], times: int) -> None:
    """Take so many steps whenever :class:`InChild` asks for them, until it has no more to ask."""
    for _ in sys.stdin:
        for _ in range(times):
            step()
        print("done", flush=True)


def machine() -> dict[str, Any]:
    """What the numbers depend on."""
    gpus = tf.config.list_physical_devices("GPU")
    return {
        "processor": runtime.processor_name(),
        "cores": runtime.cores(),
        "gpus": len(gpus),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "gan_tf": gan_tf.__version__,
    }


def read(name: str) -> dict[str, Any]:
    """What an earlier run wrote under this name, or nothing."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write(name: str, content: Mapping[str, Any]) -> Path:
    """Write ``results/<name>.json``, the machine included."""
    path = RESULTS / f"{name}.json"
    with written_whole(path) as part:
        part.write_text(json.dumps({"machine": machine(), **content}, indent=1) + "\n")
    return path
