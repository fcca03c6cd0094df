"""The networks that a lesson shows in full are the reference networks of gan_tf.models."""

from __future__ import annotations

from pathlib import Path

import keras
import nbformat
import pytest
from keras import layers

from gan_tf import models

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"

PAIRS = [
    ("01_mnist_dense_gan.ipynb", "make_generator", (64,), models.dense_generator, {"latent_dim": 64}),
    ("01_mnist_dense_gan.ipynb", "make_discriminator", (), models.dense_discriminator, {}),
    ("01_mnist_dense_gan.ipynb", "make_conv_generator", (64,), models.conv_generator, {"latent_dim": 64}),
    ("01_mnist_dense_gan.ipynb", "make_conv_discriminator", (), models.conv_discriminator, {}),
]


def function_of(notebook: str, name: str):
    """The function of that name, from the one cell of the lesson that defines it."""
    cells = [cell.source for cell in nbformat.read(NOTEBOOKS / notebook, as_version=4).cells]
    (source,) = [source for source in cells if f"def {name}(" in source]
    namespace = {"keras": keras, "layers": layers}
    exec(compile(source, notebook, "exec"), namespace)
    return namespace[name]


def description(model: keras.Model) -> list:
    """Layer by layer, all that makes the network, without the names that Keras numbers."""
    found = []
    for layer in model.layers:
        config = {key: value for key, value in layer.get_config().items() if key != "name"}
        found.append((type(layer).__name__, config, [tuple(w.shape) for w in layer.weights]))
    return found


@pytest.mark.parametrize(("notebook", "name", "arguments", "reference", "options"), PAIRS)
def test_the_lesson_and_the_package_build_the_same_network(notebook, name, arguments, reference, options):
    lesson = function_of(notebook, name)(*arguments)
    assert description(lesson) == description(reference(**options))
