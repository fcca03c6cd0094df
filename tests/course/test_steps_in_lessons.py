"""The train step that a lesson shows is the text of gan_tf/steps.py, so what people read is what runs."""

from __future__ import annotations

import ast

import pytest

import lesson_code
from gan_tf import steps

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
