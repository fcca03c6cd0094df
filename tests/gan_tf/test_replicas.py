"""Several devices and several processes take the steps that one would take."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from tests.helpers import tiny, two_devices

import gan_tf

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


def test_two_workers_step_as_one_process():
    """``train_step`` of gan_tf in ``strategy.run``; lesson 11 writes such a worker out."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    cluster = {"worker": [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]}
    for one in sockets:
        one.close()
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": index}} for index in range(2)]
    given = [{"TF_CONFIG": json.dumps(task)} for task in tasks] + [{}]
    code = [sys.executable, "-m", "tests.helpers.worker"]
    hidden = {"CUDA_VISIBLE_DEVICES": "-1"}
    runs = [
        subprocess.Popen(code, cwd=ROOT, env=os.environ | hidden | more, stdout=subprocess.PIPE, text=True)
        for more in given
    ]
    try:
        first, second, alone = (json.loads(run.communicate(timeout=300)[0].splitlines()[-1]) for run in runs)
    finally:
        for run in runs:
            run.kill()
    assert first == second and len(alone) == 4 and len({log["discriminator_loss"] for log in alone}) == 4
    for log, other in zip(first, alone, strict=True):
        assert log == pytest.approx(other, abs=1e-5)


def test_without_a_strategy_nothing_changes():
    """One replica: the optimizer itself, so the same operations as ever."""
    optimizer = keras.optimizers.Adam()
    assert gan_tf.replicas.shared(optimizer) is optimizer
    assert gan_tf.replicas.count() == 1 and isinstance(tiny.gan(), keras.Model)
