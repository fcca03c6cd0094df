"""What every test shares: the smallest budget, a quiet TensorFlow, no picture windows, no files in here."""

import os
import tempfile

os.environ["GAN_TF_BUDGET"] = "smoke"
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
_scratch = tempfile.TemporaryDirectory(prefix="gan_tf-tests-", ignore_cleanup_errors=True)
os.environ["GAN_TF_OUTPUTS"] = os.path.join(_scratch.name, "outputs")
os.environ["GAN_TF_RUNS"] = os.path.join(_scratch.name, "runs")

import gan_tf  # noqa: E402, F401  (before keras and tensorflow: it silences their start-up lines)
