"""Importing gan_tf: silent, and without the libraries that a lesson may never use."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LATER = ("matplotlib", "imageio", "librosa", "soundfile", "sklearn", "scipy", "pooch", "PIL", "IPython", "tqdm", "av")

CODE = """
import json, sys


class Watch:  # Once gan_tf.startup has imported TensorFlow and Keras, the next module of ours is asked for.
    before = None

    def find_spec(self, name, *rest):
        if Watch.before is None and name.startswith("gan_tf.") and name != "gan_tf.startup":
            Watch.before = set(sys.modules)


sys.meta_path.insert(0, Watch())
import gan_tf
print(json.dumps(sorted(set(sys.modules) - Watch.before)))
"""


SET = ("TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND", "TF_ENABLE_ONEDNN_OPTS")


def python(code, **environment):
    clean = {key: value for key, value in os.environ.items() if key not in SET}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_import_is_silent_and_loads_little_beside_tensorflow():
    """Keras itself loads some of these libraries if they are there; what counts is what comes on top."""
    run = python(CODE)
    assert run.returncode == 0, run.stderr
    assert run.stderr == "" and run.stdout.count("\n") == 1
    added = json.loads(run.stdout)
    assert "gan_tf.gan" in added
    assert [name for name in added if name.split(".")[0] in LATER] == []
    # 0.2 s are allowed. Time cannot be tested on a busy machine; the number of modules can.
    assert len([name for name in added if not name.startswith("gan_tf")]) < 30


def test_another_keras_backend_is_refused():
    """A fake backend of the right name stands in, since torch and jax need not be installed."""
    code = (
        "import sys, types\n"
        "keras = types.ModuleType('keras')\n"
        "keras.backend = types.SimpleNamespace(backend=lambda: 'jax')\n"
        "sys.modules.update(keras=keras, tensorflow=types.ModuleType('tensorflow'))\n"
        "import gan_tf\n"
    )
    run = python(code)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith("ImportError: gan_tf needs the TensorFlow backend of Keras")
    assert "'jax'" in run.stderr and "KERAS_BACKEND=tensorflow" in run.stderr


def test_a_broken_tensorflow_is_not_silenced(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os; os.write(2, b'a library is missing'); raise ImportError('broken')"
    )
    run = python("import gan_tf", PYTHONPATH=str(tmp_path))
    assert run.returncode == 1 and "a library is missing" in run.stderr and "ImportError: broken" in run.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_a_program_without_a_console_can_import(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('seen')")
    code = "import os\nos.close(2)\ntry:\n    import gan_tf\nexcept ImportError as error:\n    print(error)"
    run = python(code, PYTHONPATH=str(tmp_path))
    assert run.stdout == "seen\n"


def test_the_public_names():
    import gan_tf

    nets = {"GAN", "CycleGAN", "Pix2Pix", "StarGAN", "ImagePool"}
    modules = {"augment", "losses", "metrics", "models", "replicas", "steps"}
    assert nets | modules | {"Resume", "Run", "Sampler", "setup", "walk"} == set(gan_tf.__all__)
    for name in gan_tf.__all__:
        assert getattr(gan_tf, name) is not None


def test_only_the_warning_about_many_models_is_dropped(caplog):
    logger = logging.getLogger("tensorflow")
    with caplog.at_level("WARNING", logger="tensorflow"):
        logger.warning("%d out of the last %d calls to %r triggered tf.function retracing. Tracing is ...", 5, 5, print)
        logger.warning("something else")
    assert [record.getMessage() for record in caplog.records] == ["something else"]


@pytest.mark.parametrize(("chosen", "wanted"), [({}, "1"), ({"TF_ENABLE_ONEDNN_OPTS": "0"}, "0")])
def test_onednn_is_on_unless_the_user_says_otherwise(tmp_path, chosen, wanted):
    """Without it the clips of lesson 04 take seconds a step on a processor without AVX-512 VNNI. TensorFlow reads the
    variable when it is imported; a false one says what it finds then."""
    (tmp_path / "tensorflow.py").write_text("import os; raise ImportError(os.environ['TF_ENABLE_ONEDNN_OPTS'])")
    run = python("import gan_tf", PYTHONPATH=str(tmp_path), **chosen)
    assert run.stderr.splitlines()[-1] == f"ImportError: {wanted}", run.stderr
