"""setup: seeds, budget, precision, and the one line it prints."""

import json
import os
import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import gan_tf
from gan_tf import runtime


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    """No choices from outside, an empty memory, and the usual policy afterwards."""
    for name in ("GAN_TF_BUDGET", "GAN_TF_PRECISION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GAN_TF_CACHE", str(tmp_path / "cache"))
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def measured(monkeypatch):
    """Takes the stopwatch's place: `measured.gain` is how much faster bfloat16 is; `measured.calls` counts."""

    class Stopwatch:
        gain, calls = {"convolution": 1.0, "dense": 1.0}, 0

        def __call__(self, kind, dtype, repeats=5):
            self.calls += 1
            return self.gain[kind] if dtype == "float32" else 1.0

    stopwatch = Stopwatch()
    monkeypatch.setattr(runtime, "_seconds", stopwatch)
    return stopwatch


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


def test_it_prints_one_line_with_the_measurement_too(capfd):
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


@pytest.mark.parametrize(
    ("convolution", "dense", "chosen"),
    [
        (2.0, 2.0, "mixed_bfloat16"),
        (2.0, 0.9, "float32"),
        (0.5, 2.0, "float32"),
        (1.1, 1.1, "float32"),
    ],
)
def test_bfloat16_only_where_all_is_clearly_faster(measured, convolution, dense, chosen):
    measured.gain = {"convolution": convolution, "dense": dense}
    assert gan_tf.setup().precision == chosen == keras.config.dtype_policy().name


def test_the_measurement_is_remembered(measured, tmp_path):
    measured.gain = {"convolution": 2.0, "dense": 2.0}
    assert runtime.measured_precision() == "mixed_bfloat16"
    calls = measured.calls
    measured.gain = {"convolution": 1.0, "dense": 1.0}
    assert runtime.measured_precision() == "mixed_bfloat16" and measured.calls == calls
    memory = json.loads((tmp_path / "cache" / "precision.json").read_text())
    (key,) = memory
    assert tf.__version__ in key and runtime.processor_name() in key  # Another machine or version measures anew.
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["precision.json"]


def test_other_machines_keep_their_entries(measured, tmp_path):
    (tmp_path / "cache").mkdir()
    memory = tmp_path / "cache" / "precision.json"
    memory.write_text(json.dumps({"another machine": "mixed_bfloat16"}))
    assert runtime.measured_precision() == "float32" and measured.calls
    assert (
        json.loads(memory.read_text())["another machine"] == "mixed_bfloat16"
        and len(json.loads(memory.read_text())) == 2
    )


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b'"text"', b"null", b"\xff\xfe\x00", "unknown value"])
def test_a_damaged_memory_is_measured_anew(measured, tmp_path, content):
    memory = tmp_path / "cache" / "precision.json"
    runtime.measured_precision()
    if isinstance(content, str):
        content = json.dumps(dict.fromkeys(json.loads(memory.read_text()), "float8")).encode()
    memory.write_bytes(content)
    calls = measured.calls
    assert runtime.measured_precision() == "float32" and measured.calls > calls
    assert list(json.loads(memory.read_text()).values()) == ["float32"]


def test_a_cache_that_cannot_be_written_costs_a_measurement_only(measured, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GAN_TF_CACHE", str(tmp_path / "file" / "cache"))
    assert gan_tf.setup().precision == "float32" and measured.calls
    monkeypatch.setenv("GAN_TF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(PermissionError("read-only")))
    assert gan_tf.setup().precision == "float32"
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_chosen_precision_is_not_measured(measured, monkeypatch, precision):
    assert gan_tf.setup(precision=precision).precision == precision == keras.config.dtype_policy().name
    monkeypatch.setenv("GAN_TF_PRECISION", precision)
    assert gan_tf.setup().precision == precision and measured.calls == 0


def test_the_real_measurement():
    assert runtime.measured_precision() in ("float32", "mixed_bfloat16")


def test_the_measurement_draws_no_random_numbers(measured):
    gan_tf.setup(seed=1)
    first = np.random.rand(), float(keras.random.normal(()))
    gan_tf.setup(seed=1)
    assert (np.random.rand(), float(keras.random.normal(()))) == first
