"""What machine is this, and how much may we spend?"""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import dataclass
from typing import TypeVar

import keras
import numpy as np
import tensorflow as tf

from gan_course import paths
from gan_tf.files import written_whole
from gan_tf.runtime import cores

T = TypeVar("T")
BUDGETS = ("smoke", "cpu", "gpu")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
# bfloat16 must win clearly: it costs casts that this short measurement does not see.
_WORTH_IT = 1.15


@dataclass(frozen=True)
class Run:
    """What :func:`setup` found and chose.

    Attributes:
        seed: the seed of Python, NumPy and Keras.
        device: ``"CPU"`` or ``"GPU"``, with the name of the chip.
        cores: processor cores that this process may use.
        gpus: number of GPUs that TensorFlow sees.
        precision: the Keras dtype policy in force.
        budget: ``"smoke"``, ``"cpu"`` or ``"gpu"``.
    """

    seed: int
    device: str
    cores: int
    gpus: int
    precision: str
    budget: str

    def pick(self, *, smoke: T, cpu: T, gpu: T) -> T:
        """The value for this run's budget: a lesson's numbers stand side by side in one visible place."""
        return {"smoke": smoke, "cpu": cpu, "gpu": gpu}[self.budget]

    def __str__(self) -> str:
        return (
            f"TensorFlow {tf.__version__}, Keras {keras.__version__} | {self.device}, {_count(self.cores, 'core')} | "
            f"{self.precision} | budget: {self.budget} | seed: {self.seed}"
        )


def setup(seed: int = 0, budget: str | None = None, precision: str | None = None) -> Run:
    """Seed everything, choose budget and precision, and print one line about them.

    Args:
        seed: from 0 to 2**32 - 1. Training repeats bit for bit on a CPU: operations are made deterministic.
        budget: ``"smoke"``, ``"cpu"`` or ``"gpu"``; ``None`` reads ``$GAN_TF_BUDGET``, else asks the hardware.
        precision: a Keras dtype policy; ``None`` reads ``$GAN_TF_PRECISION``, else takes bfloat16 where a measurement
            of well under a second shows that it is faster here. The result of the measurement is remembered.

    Raises:
        ValueError: a value that is not one of the above.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed: got {seed!r}, expected a whole number from 0 to 2**32 - 1")
    budget = budget or os.environ.get("GAN_TF_BUDGET") or None
    precision = precision or os.environ.get("GAN_TF_PRECISION") or None
    if budget is not None and budget not in BUDGETS:
        raise ValueError(f"budget (or GAN_TF_BUDGET): got {budget!r}, expected one of {BUDGETS}")
    if precision is not None and precision not in PRECISIONS:
        raise ValueError(f"precision (or GAN_TF_PRECISION): got {precision!r}, expected one of {PRECISIONS}")

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        # On a GPU this would slow some kernels down a lot; there the seeds alone must do.
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    precision = precision or measured_precision()
    keras.config.set_dtype_policy(precision)
    run = Run(
        seed=seed,
        device=f"GPU {_gpu_name(gpus[0])}" if gpus else f"CPU {processor_name()}",
        cores=cores(),
        gpus=len(gpus),
        precision=precision,
        budget=budget or ("gpu" if gpus else "cpu"),
    )
    print(run)
    return run


def processor_name() -> str:
    """The processor's name, as the operating system gives it."""
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def measured_precision() -> str:
    """``"mixed_bfloat16"`` where it makes a small convolution and a matrix product clearly faster, else ``"float32"``.

    The measurement takes well under a second. Its result is kept in the cache folder, by processor and version.
    """
    key = f"{processor_name()}, {cores()} cores, TensorFlow {tf.__version__}"
    memory = paths.cache() / "precision.json"
    try:
        known = json.loads(memory.read_text())
        if known.get(key) in PRECISIONS:
            return known[key]
    except (OSError, ValueError, AttributeError):
        known = {}
    gains = [_seconds(kind, "float32") / _seconds(kind, "bfloat16") for kind in ("convolution", "dense")]
    precision = "mixed_bfloat16" if min(gains) > _WORTH_IT else "float32"
    try:
        with written_whole(memory) as part:
            part.write_text(json.dumps({**(known if isinstance(known, dict) else {}), key: precision}, indent=1) + "\n")
    except OSError:
        pass  # A folder that cannot be written costs a measurement at every start, nothing more.
    return precision


def _seconds(kind: str, dtype: str, repeats: int = 5) -> float:
    """The best of a few timings of one forward and backward pass."""
    if kind == "convolution":
        x, kernel = np.ones((64, 16, 16, 32), np.float32), np.ones((4, 4, 32, 64), np.float32)
    else:
        x, kernel = np.ones((128, 512), np.float32), np.ones((512, 1024), np.float32)
    x, kernel = tf.cast(x, dtype), tf.cast(kernel, dtype)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = tf.nn.conv2d(x, kernel, 2, "SAME") if kind == "convolution" else x @ kernel
            total = tf.reduce_sum(tf.nn.leaky_relu(y))
        for gradient in tape.gradient(total, [x, kernel]):
            gradient.numpy()
        times.append(time.perf_counter() - start)
    return min(times)


def _gpu_name(device: tf.config.PhysicalDevice) -> str:
    return tf.config.experimental.get_device_details(device).get("device_name", device.name)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
