"""Small trainings on several devices and in several processes, for lesson 11: each runs in processes of its own.

Devices must be set up before TensorFlow starts, and a process that is killed must not be the notebook's. So a notebook
calls the functions of :mod:`devices` and :mod:`workers`, and these start Python anew.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

import gan_tf
from gan_course import data, paths

BATCH = 32  # of all replicas together


def start(module: str, *arguments: object, environment: dict[str, str] | None = None, **options: Any):
    """Start a module of this package in a Python of its own; returns the ``subprocess.Popen``.

    Only ``speed`` sees a GPU: the others make two devices, or two machines, of processors.
    """
    here = str(Path(gan_tf.__file__).resolve().parent.parent)  # Also where gan_tf is not installed.
    search = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    hidden = {} if module == "speed" else {"CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-m", f"gan_course.demos.{module}", *map(str, arguments)]
    return subprocess.Popen(
        command,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **hidden, **(environment or {}), "PYTHONPATH": search},
        text=True,
        stdout=subprocess.PIPE,
        **options,
    )


def results(module: str, *arguments: object) -> Any:
    """Run a module to its end; returns what its last line says in JSON.

    Raises:
        RuntimeError: it failed; the message holds what it said.
    """
    with tempfile.TemporaryFile("w+") as errors:
        process = start(module, *arguments, stderr=errors)
        said = process.communicate()[0]
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(
                f"gan_course.demos.{module} ended with code {process.returncode}: {errors.read()[-2000:]}"
            )
    return json.loads(said.strip().splitlines()[-1])


def digits(n: int = 512) -> np.ndarray:
    """Digits for the demonstrations: float32 ``(n, 28, 28, 1)``."""
    return data.load("mnist", n=n).x


def gan(batch_norm: str = "none", clipnorm: float | None = None, **options: Any) -> gan_tf.GAN:
    """A pair of small dense nets; ``batch_norm`` is ``"none"``, ``"own"`` or ``"shared"`` (synchronized).

    They are smooth. Devices add in different orders, and where an activation has a kink, an input that rounding puts on
    its other side changes the gradient by far more than the rounding.
    """
    keras.utils.set_random_seed(0)
    layers = keras.layers
    middle = [layers.BatchNormalization(synchronized=batch_norm == "shared")] if batch_norm != "none" else []
    last = [layers.Dense(784, activation="tanh"), layers.Reshape((28, 28, 1))]
    generator = keras.Sequential(
        [keras.Input((16,)), layers.Dense(64, use_bias=False), *middle, layers.Activation("silu"), *last]
    )
    discriminator = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(64), layers.Activation("silu"), layers.Dense(1)]
    )
    made = gan_tf.GAN(generator, discriminator, **options)
    made.compile(
        keras.optimizers.Adam(1e-3, beta_1=0.5, global_clipnorm=clipnorm),
        keras.optimizers.Adam(1e-3, beta_1=0.5, global_clipnorm=clipnorm),
    )
    return made


def runs() -> Path:
    """Where the demonstrations save."""
    return paths.runs() / "demos"
