"""XLA: chosen on a GPU only; each step compiles once, whatever its labels are, and computes what it does without."""

import contextlib
import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow.python.framework import config as determinism
from tests.helpers import every_step, tiny

ROOT = Path(__file__).resolve().parents[2]
# The quickest compilation, since what is compiled runs a few times only.
QUICK = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("xla")
    environment = {**os.environ, "XLA_FLAGS": f"--xla_dump_to={folder} {QUICK}"}
    code = [sys.executable, "-m", "tests.helpers.every_step", str(folder)]
    run = subprocess.run(code, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", every_step.CASES)
def test_a_step_compiles_once_and_agrees(found, case):
    """Four batches, of which two have a lazy penalty, and whose numbers of distinct labels differ."""
    distance, compilations = found["steps"][case]
    assert compilations == 1 and distance < 1e-5


def test_two_gans_with_embeddings_are_fitted_in_one_process(found):
    assert found["fits"] == [[1, True], [1, True]]


@pytest.fixture
def machine(monkeypatch):
    """A machine with a GPU or without, where XLA is allowed: with deterministic operations Keras leaves it out."""
    was = determinism.is_op_determinism_enabled()
    determinism.disable_op_determinism()
    gpu = types.SimpleNamespace(name="GPU:0", device_type="GPU")

    def there(has_gpu):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [gpu] if has_gpu else [])

    yield there
    if was:
        determinism.enable_op_determinism()


@pytest.mark.parametrize(
    ("gpu", "strategy", "asked", "chosen"),
    [
        (True, False, "auto", True),
        (False, False, "auto", False),
        (True, True, "auto", False),
        (False, False, True, True),
        (True, False, False, False),
    ],
)
def test_auto_is_xla_on_one_gpu_only(machine, gpu, strategy, asked, chosen):
    scope = tf.distribute.OneDeviceStrategy("/cpu:0").scope() if strategy else contextlib.nullcontext()
    machine(gpu)
    with scope:
        gan = tiny.gan(jit_compile=asked)
    assert gan.jit_compile is chosen and gan.get_compile_config()["jit_compile"] == asked


def test_auto_is_the_default_and_gives_way_to_a_layer_that_xla_does_not_allow(machine):
    machine(True)
    gan = tiny.gan(jit_compile=False)
    optimizers = gan.generator_optimizer, gan.discriminator_optimizer
    gan.compile(*optimizers)
    assert gan.jit_compile is True
    gan.discriminator.layers[1].supports_jit = False
    gan.compile(*optimizers)
    assert gan.jit_compile is False
