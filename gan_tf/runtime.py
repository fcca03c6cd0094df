"""What machine is this, and how much may we spend?"""

import os
import platform
from dataclasses import dataclass
from typing import TypeVar

import keras
import tensorflow as tf

from gan_tf.checks import whole

T = TypeVar("T")
BUDGETS = ("smoke", "cpu", "gpu")
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


@dataclass(frozen=True)
class Run:
    """What :func:`setup` found and chose."""

    seed: int  # of Python, NumPy and Keras
    device: str  # "CPU" or "GPU", and the name of the chip
    cores: int  # that this process may use
    gpus: int  # that TensorFlow sees
    precision: str  # the Keras dtype policy in force
    budget: str  # "smoke", "cpu" or "gpu"

    def pick(self, *, smoke: T, cpu: T, gpu: T) -> T:
        """The value for this run's budget: a lesson's numbers stand side by side in one visible place."""
        return {"smoke": smoke, "cpu": cpu, "gpu": gpu}[self.budget]

    def __str__(self) -> str:
        machine = f"{self.device}, {self.cores} core{'s' if self.cores > 1 else ''}"
        chosen = f"{self.precision} | budget: {self.budget} | seed: {self.seed}"
        return f"TensorFlow {tf.__version__}, Keras {keras.__version__} | {machine} | {chosen}"


def setup(seed: int = 0, budget: str | None = None, precision: str | None = None) -> Run:
    """Seed everything, choose budget and precision, and print one line about them; ValueError for another choice.

    Args:
        seed: from 0 to 2**32 - 1. Training repeats bit for bit on a CPU: operations are made deterministic.
        budget: one of :data:`BUDGETS`; ``None`` reads ``$GAN_TF_BUDGET``, else asks the hardware.
        precision: one of :data:`PRECISIONS`; ``None`` reads ``$GAN_TF_PRECISION``, else :func:`native_precision`.
    """
    seed = whole("seed", seed, 0, 2**32 - 1)
    gpus = tf.config.list_physical_devices("GPU")
    budget = budget or os.environ.get("GAN_TF_BUDGET") or ("gpu" if gpus else "cpu")
    precision = precision or os.environ.get("GAN_TF_PRECISION") or native_precision()
    if budget not in BUDGETS:
        raise ValueError(f"budget (or GAN_TF_BUDGET): got {budget!r}, expected one of {BUDGETS}")
    if precision not in PRECISIONS:
        raise ValueError(f"precision (or GAN_TF_PRECISION): got {precision!r}, expected one of {PRECISIONS}")
    if not gpus:  # On a GPU this would slow some kernels down a lot; there the seeds alone must do.
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)
    device = f"GPU {_gpu(gpus[0]).get('device_name', gpus[0].name)}" if gpus else f"CPU {processor_name()}"
    run = Run(seed=seed, device=device, cores=cores(), gpus=len(gpus), precision=precision, budget=budget)
    print(run)
    return run


def native_precision() -> str:
    """The policy of 16 bits whose products the hardware has units for, else float32; with float16 losses are scaled."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        major = _gpu(gpus[0]).get("compute_capability", (0, 0))[0]  # 8: Ampere; 7: Volta, Turing
        return "mixed_bfloat16" if major >= 8 else "mixed_float16" if major == 7 else "float32"
    return "mixed_bfloat16" if {"amx_bf16", "avx512_bf16"} & set(_cpuinfo("flags").split()) else "float32"


def cores() -> int:
    """Processor cores that this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_name() -> str:
    """The processor's name, as the operating system gives it."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(key: str) -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "")
    except OSError:
        return ""


def _gpu(device: tf.config.PhysicalDevice) -> dict:
    return tf.config.experimental.get_device_details(device)
