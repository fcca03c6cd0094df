"""Several devices and several processes take the steps that one would take."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from tests.helpers import tiny, two_devices

import gan_tf
from gan_course import demos
from gan_course.demos import devices, workers

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    code = [sys.executable, "-m", "tests.helpers.two_devices", str(tmp_path_factory.mktemp("saves"))]
    run = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize(("kind", "clip"), two_devices.CASES)
def test_two_devices_step_as_one(found, kind, clip):
    """Latents, means of gradients, the sparse ones of embeddings, clipping and loss scaling."""
    case = found[f"{kind} {clip}"]
    assert case["replicas"] == 2 and case["weights"] < 1e-5 and case["losses"] < 1e-5


@pytest.mark.parametrize("kind", two_devices.TRANSLATORS)
def test_translators_on_two_devices_step_as_one(found, kind):
    assert found[kind]["weights"] < 1e-4 and found[kind]["losses"] < 1e-4


def test_a_run_on_two_devices_is_resumed(found):
    assert found["resumed"]["weights"] == 0


def test_the_parts_of_one_draw(found):
    assert found["parts"] == [[0, 1, 2], [3, 4, 5]]


def test_the_demonstration_of_batch_norm():
    found = devices.compare(8, ("no batch norm", "batch norm, each replica its own", "batch norm, shared"))
    differ = {case: float(np.abs(np.subtract(runs["one"], runs["two"])).max()) for case, runs in found.items()}
    assert differ["no batch norm"] < 1e-5 and differ["batch norm, shared"] < 1e-5
    assert differ["batch norm, each replica its own"] > 1e-3
    assert all(len(runs["two"]) == 8 for runs in found.values())


def test_a_worker_is_killed_and_comes_back(tmp_path):
    both = workers.supervise(steps=9, every=3, kill_at=5, folder=tmp_path / "both")
    assert both["events"].count("worker 1 starts after step 3") == 1
    assert any(event.startswith("worker 1 is killed after step ") for event in both["events"])
    one = workers.alone(9, tmp_path / "one")
    assert len(one) == 9
    np.testing.assert_allclose(both["losses"], one, atol=1e-4)


def test_a_demonstration_that_fails_says_why():
    with pytest.raises(
        RuntimeError, match=r"(?s)gan_course\.demos\.devices ended with code 1: .*KeyError: 'no such case'"
    ):
        demos.results("devices", "--cases", "no such case")


def test_without_a_strategy_nothing_changes():
    """One replica: the optimizer itself, so the same operations as ever."""
    optimizer = keras.optimizers.Adam()
    assert gan_tf.replicas.shared(optimizer) is optimizer
    assert gan_tf.replicas.count() == 1 and isinstance(tiny.gan(), keras.Model)


@pytest.mark.parametrize(("module", "hidden"), [("devices", True), ("workers", True), ("speed", False)])
def test_demonstrations_with_processors_for_devices_see_no_gpu(monkeypatch, module, hidden):
    started = []
    monkeypatch.setattr(demos.subprocess, "Popen", lambda command, env, **options: started.append(env))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    demos.start(module, "--steps", 1)
    assert started[0]["CUDA_VISIBLE_DEVICES"] == ("-1" if hidden else "0")
