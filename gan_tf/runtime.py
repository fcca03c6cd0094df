"""What machine is this, and how much may we spend?"""

import glob
import os
import platform
from dataclasses import dataclass
from typing import TypeVar

import keras
import tensorflow as tf

from gan_tf.checks import whole

T = TypeVar("T")
_details = tf.config.experimental.get_device_details
BUDGETS = ("smoke", "cpu", "gpu")
# The nodes of its cards, which a container without access lacks, and a tool of its driver on Linux inside of Windows.
NVIDIA = "/dev/nvidia[0-9]*", "/usr/lib/wsl/lib/nvidia-smi"
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
    for name, chosen, known in (("budget", budget, BUDGETS), ("precision", precision, PRECISIONS)):
        if chosen not in known:
            raise ValueError(f"{name} (or GAN_TF_{name.upper()}): got {chosen!r}, expected one of {known}")
    note = _prepared(gpus)  # Before anything is computed there.
    if not gpus:  # On a GPU this would slow some kernels down a lot; there the seeds alone must do.
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision)
    device = f"GPU {_details(gpus[0]).get('device_name', gpus[0].name)}" if gpus else f"CPU {processor_name()}"
    run = Run(seed=seed, device=device, cores=cores(), gpus=len(gpus), precision=precision, budget=budget)
    print(run, note, sep="")
    return run


def native_precision() -> str:
    """The policy of 16 bits whose products the hardware has units for, else float32; with float16 losses are scaled."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        major = _details(gpus[0]).get("compute_capability", (0, 0))[0]  # 8: Ampere; 7: Volta, Turing
        return "mixed_bfloat16" if major >= 8 else "mixed_float16" if major == 7 else "float32"
    return "mixed_bfloat16" if {"amx_bf16", "avx512_bf16"} & set(_cpuinfo("flags").split()) else "float32"


def cores() -> int:
    """Processor cores that this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_name() -> str:
    """The processor's name, as the operating system gives it."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _prepared(gpus: list[tf.config.PhysicalDevice]) -> str:
    """Let memory grow as needed, so that several notebooks share a card; what the user must know, if anything."""
    try:
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:
        return "\nGPU MEMORY: TensorFlow has taken it all. Start Python anew, and call gan_tf.setup() before all else."
    if gpus or os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1") or not any(map(glob.glob, NVIDIA)):
        return ""
    cure = 'pip install "tensorflow[and-cuda]", then start Python anew; CUDA_VISIBLE_DEVICES=-1 hides the card'
    return f"\nUNUSED GPU: the machine has one, but TensorFlow does not use it. The cure: {cure}."


def _cpuinfo(key: str) -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "")
    except OSError:
        return ""
