"""Lesson 11: what its cells define does what the lesson says, on nets of seconds."""

from __future__ import annotations

import importlib.util

import keras
import numpy as np
import pytest
import tensorflow as tf
from tests.helpers import tiny

import lesson_code
from gan_course import export

LESSON = "11_scale_up.ipynb"
LATENTS = np.random.default_rng(0).standard_normal((100, 3)).astype(np.float32)
LABELS = (np.arange(100) % 10).astype(np.int32)


@pytest.fixture(scope="module")
def net():
    keras.utils.set_random_seed(0)
    return tiny.generator(width=200, classes=10)


def kinds(content: bytes) -> dict[str, int]:
    """How many tensors of a .tflite file have which type."""
    with export.quiet():
        interpreter = tf.lite.Interpreter(model_content=content)
        interpreter.allocate_tensors()
    found = [np.dtype(tensor["dtype"]).name for tensor in interpreter.get_tensor_details()]
    return {kind: found.count(kind) for kind in found}


def test_full_integers_leave_no_layer_in_float(net, tmp_path, capfd):
    names = {"tf": tf, "export": export, "net": net, "latents": LATENTS, "labels": LABELS}
    cells = lesson_code.functions(LESSON, ["to_lite", "representative"], names)
    saved, to_lite = export.save(tmp_path / "net", net), cells["to_lite"]
    plain, dynamic = to_lite(saved), to_lite(saved, optimize=True)
    full = to_lite(saved, optimize=True, samples=cells["representative"])
    assert capfd.readouterr() == ("", "")
    assert "int8" not in kinds(plain) and kinds(dynamic)["int8"] >= 1
    assert kinds(full)["float32"] == 2 < kinds(dynamic)["float32"]  # the latents and the pictures
    wanted = net([LATENTS, LABELS])
    for content, atol in ((plain, 1e-5), (dynamic, 0.05), (full, 0.15)):
        np.testing.assert_allclose(export.Lite(content)([LATENTS, LABELS]), wanted, atol=atol)


def test_training_on_keeps_zeros_at_zero_and_comes_nearer(net):
    names = {"tf": tf, "keras": keras, "np": np, "net": net, "BATCH": 16}
    cells = lesson_code.functions(LESSON, ["distil_step", "train_on"], names)
    pruned = export.pruned(net, 0.6)
    before = np.abs(pruned([LATENTS, LABELS]) - net([LATENTS, LABELS])).mean()
    zeros = [weight == 0 for weight in pruned.get_weights()]
    kernels = [i for i, weight in enumerate(pruned.get_weights()) if weight.ndim > 1]
    trained = cells["train_on"](pruned, 100)
    assert all((trained.get_weights()[i][zeros[i]] == 0).all() for i in kernels)
    assert np.abs(trained([LATENTS, LABELS]) - net([LATENTS, LABELS])).mean() < 0.7 * before


def onnx_cell(net, folder):
    (cell,) = [source for source in lesson_code.sources(LESSON) if source.startswith("if importlib.util.find_spec")]
    names = {"importlib": importlib, "export": export, "net": net, "latents": LATENTS, "labels": LABELS}
    exec(cell, names | (found := {"folder": folder, "forms": {}, "sizes": {}}))
    return found["forms"], found["sizes"]


def test_onnx_makes_the_same_pictures(net, tmp_path):
    for name in ("tf2onnx", "onnxruntime"):
        pytest.importorskip(name)
    forms, sizes = onnx_cell(net, tmp_path)
    np.testing.assert_allclose(forms["ONNX"]([LATENTS, LABELS]), net([LATENTS, LABELS]), atol=1e-5)
    assert sizes["ONNX"] > 1000


def test_without_onnx_one_line_says_so(net, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert onnx_cell(net, tmp_path) == ({}, {})
    assert capsys.readouterr().out == "ONNX is left out: tf2onnx and onnxruntime are not installed\n"
