"""setup: seeds, budget, precision, and the one line it prints."""

import os
import random
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import gan_tf
from gan_tf import runtime


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    """No choices from outside, and an empty memory."""
    for name in ("GAN_TF_BUDGET", "GAN_TF_PRECISION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAN_TF_CACHE", str(tmp_path / "cache"))


def no_gpu():
    return not tf.config.list_physical_devices("GPU")


def setup(**options):
    return gan_tf.setup(**{"precision": "float32", **options})


# One line ------------------------------------------------------------------------------------------------------------


def test_it_prints_one_line_that_says_all(capfd):
    run = setup(seed=3, budget="cpu")
    out, err = capfd.readouterr()
    assert err == "" and out == f"{run}\n" and out.count("\n") == 1
    for part in (tf.__version__, keras.__version__, run.device, "float32", "budget: cpu", "seed: 3"):
        assert part in out


def test_it_prints_one_line_with_a_precision_of_its_own_choice(capfd):
    gan_tf.setup()
    out, err = capfd.readouterr()
    assert err == "" and out.count("\n") == 1


def test_what_it_found():
    run = setup()
    assert run.device.startswith(("CPU ", "GPU ")) and 1 <= run.cores <= os.cpu_count()
    assert run.gpus == len(tf.config.list_physical_devices("GPU"))
    assert (run.device.startswith("GPU")) == (run.gpus > 0)


# Budget --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "argument", "chosen"),
    [("smoke", None, "smoke"), ("gpu", None, "gpu"), ("smoke", "cpu", "cpu"), (None, "gpu", "gpu")],
)
def test_the_budget_comes_from_the_argument_then_the_environment(monkeypatch, variable, argument, chosen):
    if variable:
        monkeypatch.setenv("GAN_TF_BUDGET", variable)
    assert setup(budget=argument).budget == chosen


def test_else_from_the_hardware(monkeypatch):
    monkeypatch.setenv("GAN_TF_BUDGET", "")  # As a CI system sets a variable that it has no value for.
    assert setup().budget == ("cpu" if no_gpu() else "gpu")


def test_pick():
    values = dict(smoke=1, cpu=[2], gpu="three")
    assert [setup(budget=budget).pick(**values) for budget in runtime.BUDGETS] == [1, [2], "three"]
    with pytest.raises(TypeError):
        setup(budget="cpu").pick(smoke=1, cpu=2)  # A lesson that forgets a budget must fail at every budget.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": "laptop"}, r"budget \(or GAN_TF_BUDGET\): got 'laptop', expected one of \('smoke', 'cpu', 'gpu'\)"),
        ({"precision": "bfloat16"}, r"precision \(or GAN_TF_PRECISION\): got 'bfloat16', expected one of"),
        ({"seed": -1}, "seed: got -1, expected a whole number from 0"),
        ({"seed": 2**32}, "seed: got 4294967296"),
        ({"seed": 1.0}, "seed: got 1.0"),
        ({"seed": True}, "seed: got True"),
        ({"seed": None}, "seed: got None"),
    ],
)
def test_wrong_wishes(options, message, capsys):
    with pytest.raises(ValueError, match=message):
        setup(**options)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("variable", "value"), [("GAN_TF_BUDGET", "CPU"), ("GAN_TF_PRECISION", "float16")])
def test_wrong_variables(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=f"{variable}.*got {value!r}"):
        gan_tf.setup()


# A GPU ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def grown(monkeypatch):
    """The devices whose memory may grow, in a process with two GPUs."""
    hardware(monkeypatch, gpu=(9, 0))
    both = [types.SimpleNamespace(name=f"GPU:{i}") for i in range(2)]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: both)
    found = []
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda gpu, on: found.append((gpu.name, on)))
    return found


def test_memory_grows_on_every_gpu_before_anything_is_computed(grown, monkeypatch, capfd):
    monkeypatch.setattr(keras.utils, "set_random_seed", lambda seed: grown.append("seeded"))
    run = setup()
    assert grown == [("GPU:0", True), ("GPU:1", True), "seeded"]
    assert run.gpus == 2 and run.budget == "gpu" and run.device == "GPU a GPU"
    assert capfd.readouterr().out == f"{run}\n"


def test_a_line_says_that_it_is_too_late_for_memory_to_grow(grown, monkeypatch, capfd):
    def late(gpu, on):
        raise RuntimeError("Physical devices cannot be modified after being initialized")

    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", late)
    run = setup()
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == str(run) and lines[1].startswith("GPU MEMORY: TensorFlow has taken it all. Start Python anew")


@pytest.mark.parametrize(
    ("there", "visible", "loud"),
    [(True, None, True), (True, "0", True), (True, "-1", False), (True, "", False), (False, None, False)],
)
def test_one_line_about_a_gpu_that_tensorflow_does_not_use(monkeypatch, tmp_path, capfd, there, visible, loud):
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(runtime, "NVIDIA", (str(tmp_path / ("nvidia[0-9]*" if there else "none[0-9]*")),))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    hardware(monkeypatch)
    run = setup(budget="smoke")
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == str(run) and len(lines) == 1 + loud
    if loud:
        assert lines[1].startswith("UNUSED GPU: ") and 'pip install "tensorflow[and-cuda]"' in lines[1]


# Seeds ---------------------------------------------------------------------------------------------------------------


def test_the_seed_repeats_everything():
    def draw(seed):
        setup(seed=seed)
        layer = keras.layers.Dense(3)
        layer.build((None, 2))
        drawn = [
            random.random(),
            np.random.rand(),
            *np.ravel(keras.random.normal((2,))),
            *np.ravel(tf.random.normal((2,))),
        ]
        return [float(x) for x in drawn] + layer.kernel.numpy().ravel().tolist()

    first = draw(4)
    assert first == draw(4)
    assert all(a != b for a, b in zip(first, draw(5), strict=True))


@pytest.mark.skipif(not no_gpu(), reason="deterministic operations are asked for on a CPU only")
def test_operations_are_deterministic_on_a_cpu():
    from tensorflow.python.framework import config

    setup()
    assert config.is_op_determinism_enabled()


# Precision -----------------------------------------------------------------------------------------------------------


def hardware(monkeypatch, gpu=None, flags=""):
    """Stands in for other machines: a GPU of that compute capability, or a processor with these flags."""
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["GPU:0"] if gpu else [])
    monkeypatch.setattr(runtime, "_details", lambda device: {"compute_capability": gpu, "device_name": "a GPU"})
    monkeypatch.setattr(runtime, "_cpuinfo", lambda key: flags if key == "flags" else "a processor")


@pytest.mark.parametrize(
    ("machine", "chosen"),
    [
        ({"gpu": (9, 0)}, "mixed_bfloat16"),
        ({"gpu": (8, 0)}, "mixed_bfloat16"),
        ({"gpu": (7, 5)}, "mixed_float16"),  # A T4 has units for float16, none for bfloat16.
        ({"gpu": (6, 1)}, "float32"),
        ({"flags": "fpu avx2 avx512f avx512_bf16"}, "mixed_bfloat16"),
        ({"flags": "fpu avx2 amx_bf16 amx_tile"}, "mixed_bfloat16"),
        ({"flags": "fpu avx2 avx512f avx512_vnni"}, "float32"),
        ({"flags": ""}, "float32"),
    ],
)
def test_the_precision_follows_the_hardware(monkeypatch, machine, chosen):
    hardware(monkeypatch, **machine)
    assert runtime.native_precision() == chosen


def test_setup_sets_the_policy(monkeypatch, capsys):
    hardware(monkeypatch, flags="amx_bf16")
    assert gan_tf.setup().precision == "mixed_bfloat16" == keras.config.dtype_policy().name
    assert "CPU a processor" in capsys.readouterr().out


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_a_chosen_precision_is_taken(monkeypatch, precision):
    assert gan_tf.setup(precision=precision).precision == precision == keras.config.dtype_policy().name
    monkeypatch.setenv("GAN_TF_PRECISION", precision)
    assert gan_tf.setup().precision == precision


def test_a_machine_without_proc_cpuinfo(monkeypatch):
    monkeypatch.setattr("builtins.open", lambda *given, **options: (_ for _ in ()).throw(FileNotFoundError("gone")))
    assert runtime.native_precision() == "float32" or tf.config.list_physical_devices("GPU")
    assert isinstance(runtime.processor_name(), str)
