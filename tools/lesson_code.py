"""The code of a lesson, for tests and benchmarks: what they check is what the lesson shows."""

from __future__ import annotations

import ast
import functools
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


@functools.cache
def sources(notebook: str) -> tuple[str, ...]:
    """The text of each code cell, without Colab's install cell, which is no plain Python."""
    cells = nbformat.read(NOTEBOOKS / notebook, as_version=4).cells
    return tuple(cell.source for cell in cells if cell.cell_type == "code" and "%pip" not in cell.source)


def functions(notebook: str, names: Sequence[str], namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The functions of these names, each from the one cell that defines it, in that order.

    Raises:
        ValueError: a function is defined never or more than once.
    """
    found = dict(namespace)
    for name in names:
        chosen = [part for part in _definitions(notebook) if part.name == name]
        if len(chosen) != 1:
            raise ValueError(f"{notebook} defines {name} {len(chosen)} times, expected once")
        exec(compile(ast.Module(chosen, []), notebook, "exec"), found)
    return found


@functools.cache
def _definitions(notebook: str) -> tuple[ast.FunctionDef, ...]:
    parts = (part for source in sources(notebook) for part in ast.parse(source).body)
    return tuple(part for part in parts if isinstance(part, ast.FunctionDef))


def marked(notebook: str, mark: str) -> str:
    """The cells that begin with the comment ``# <mark>``, one after the other.

    Raises:
        ValueError: there is none.
    """
    chosen = [source for source in sources(notebook) if source.startswith(f"# {mark}\n")]
    if not chosen:
        raise ValueError(f"{notebook} has no cell that begins with '# {mark}'")
    return "\n\n".join(chosen)


def run(notebook: str, mark: str) -> dict[str, Any]:
    """What a lesson defines in its set-up, its numbers of the ``cpu`` budget, its data and its marked cells.

    These first three are its first three code cells. The data are the real ones.
    """
    os.environ.update(GAN_TF_BUDGET="cpu", GAN_TF_DATA_SOURCE="real")
    found: dict[str, Any] = {}
    exec("\n\n".join([*sources(notebook)[:3], marked(notebook, mark)]), found)
    return found


def digest(notebook: str, mark: str) -> str:
    """Sixteen hexadecimal digits that change whenever the code of the marked cells does."""
    return hashlib.sha256(marked(notebook, mark).encode()).hexdigest()[:16]
