"""The train step that a lesson shows is the text of gan_tf/steps.py, so what people read is what runs."""

from __future__ import annotations

import ast

import keras
import numpy as np
import pytest
import tensorflow as tf

import lesson_code
from gan_tf import losses, models, steps

SHOWN = [
    ("01_mnist_dense_gan.ipynb", "update_average"),
    ("01_mnist_dense_gan.ipynb", "gan_step"),
    ("03_mel_audio_gan.ipynb", "gan_step"),
    ("06_conditional_gan.ipynb", "update_average"),
    ("06_conditional_gan.ipynb", "gan_step"),
    ("06_conditional_gan.ipynb", "auxiliary_step"),
    ("06_conditional_gan.ipynb", "star_gan_step"),
    ("07_image_to_image.ipynb", "cycle_gan_step"),
    ("07_image_to_image.ipynb", "pix2pix_step"),
    ("12_notes_gan.ipynb", "gan_step"),
]


def definition(sources, name: str) -> ast.FunctionDef:
    """The one function of that name at the top level of some sources."""
    parts = (part for source in sources for part in ast.parse(source).body)
    found = [part for part in parts if isinstance(part, ast.FunctionDef) and part.name == name]
    assert len(found) == 1, f"{name} is defined {len(found)} times, expected once"
    return found[0]


def bare(function: ast.FunctionDef) -> str:
    """The text of a function without comments, docstrings and annotations, each of which a lesson may leave out."""
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:]
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(function)


@pytest.mark.parametrize(("notebook", "name"), SHOWN)
def test_the_lesson_shows_the_step_that_runs(notebook, name):
    with open(steps.__file__, encoding="utf-8") as file:
        module = bare(definition([file.read()], name))
    assert bare(definition(lesson_code.sources(notebook), name)) == module


def test_a_change_of_one_sign_is_seen():
    source = 'def f(x: int) -> int:\n    """Doc."""\n    # Comment.\n    return x + 1'
    shown = "def f(x):\n    return (x\n            + 1)"
    assert bare(definition([source], "f")) == bare(definition([shown], "f"))
    assert bare(definition([source], "f")) != bare(definition([shown.replace("+", "-")], "f"))
    with pytest.raises(AssertionError, match="0 times"):
        definition([source], "g")


def test_the_step_that_lesson_02_writes_without_the_library_is_the_librarys():
    """Nine steps, so that the lazy penalty comes twice: both pairs and both averages end at the same weights."""
    found = {"tf": tf, "keras": keras, "ops": keras.ops}
    whole_step = lesson_code.functions("02_cifar_dcgan.ipynb", ("whole_step",), found)["whole_step"]
    real = tf.constant(np.random.default_rng(0).uniform(-1, 1, (6, 8, 8, 3)).astype("float32"))
    labels = tf.constant([0, 1, 2, 0, 1, 2], tf.int32)
    ends = []
    for of_lesson in (True, False):
        keras.utils.set_random_seed(0)
        options = {"batch_norm": False, "modulate": True, "resize": True, "last": 4, "classes": 3}
        nets = [models.conv_generator((8, 8, 3), 5, (8,), **options)]
        nets += [models.conv_discriminator((8, 8, 3), (4,), classes=3), keras.models.clone_model(nets[0])]
        nets[2].set_weights(nets[0].get_weights())
        # Not Adam: it squares the parts of a sparse gradient one by one, and the penalty of gan_tf makes it dense.
        optimizers = [keras.optimizers.SGD(0.05) for _ in range(2)]
        for optimizer, net in zip(optimizers, nets, strict=False):
            optimizer.build(net.trainable_variables)
        seed = keras.random.SeedGenerator(0)
        options = {"loss": losses.get("non_saturating"), "penalty_weight": 0.3, "ema": 0.999, "seed": seed}
        for _ in range(9):
            if of_lesson:
                whole_step(*nets, optimizers, real, labels, seed)
            else:
                steps.gan_step(*nets, *optimizers, real, labels, **options)
        ends.append([weight.numpy() for net in nets for weight in net.weights])
    for theirs, ours in zip(*ends, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-6)
