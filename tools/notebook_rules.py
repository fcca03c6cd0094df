"""What a committed notebook must be: run in order on the code it shows, clean, small, and linked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from notebook_links import INSTALL, ROOT, sources

MAX_LINES, MAX_STEP_LINES = 20, 45  # a cell that defines a train step shows it whole
MAX_FILE = 2_000_000
MAX_PICTURE = 150_000

_STEP = re.compile(r"^ *def \w*step\(", re.MULTILINE)
# A path of somebody's machine: it starts at the root or a drive, not inside an address or a relative path.
_ABSOLUTE = re.compile(r"(?<![\w.:/~+=-])/(?:home|Users|root|work|tmp|private|var|opt|mnt|usr|content)/\w|\b[A-Z]:\\\w")


def code_cells(nb: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def code_hash(nb: nbformat.NotebookNode) -> str:
    """A SHA-256 over the code cells' text. Prose, outputs and Colab's install cell do not count."""
    digest = hashlib.sha256()
    for cell in code_cells(nb):
        if cell.get("id") != INSTALL:
            digest.update(cell.source.rstrip().encode() + b"\0")
    return digest.hexdigest()


def hero(nb: nbformat.NotebookNode) -> str | None:
    """The picture of the cell tagged ``hero``, base64; the title cell shows the same as its attachment hero.png."""
    tagged = (cell for cell in code_cells(nb) if "hero" in cell.metadata.get("tags", ()))
    pictures = (output.get("data", {}).get("image/png") for cell in tagged for output in cell.outputs)
    return next((picture for picture in pictures if picture), None)


def check(path: Path, root: Path = ROOT) -> list[str]:
    """Everything wrong with the notebook at ``path``; an empty list is praise."""
    try:
        nb = nbformat.read(path, as_version=4)
        nbformat.validate(nb)
    except Exception as error:  # nbformat raises many kinds; each means that nobody can open the file
        return [f"does not parse as a notebook: {error}"]
    return [
        *_structure(nb),
        *_execution(nb),
        *_stamp(nb),
        *_outputs(nb),
        *_top(nb),
        *_size(path),
        *_links(nb, path, root),
    ]


def _structure(nb: nbformat.NotebookNode) -> Iterator[str]:
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        lines = len(cell.source.splitlines())
        if not lines:
            yield f"{_name(index, cell)}: an empty code cell"
        limit = MAX_STEP_LINES if _STEP.search(cell.source) else MAX_LINES
        if lines > limit:
            yield f"{_name(index, cell)}: {lines} lines of code, more than {limit}: move some into gan_course"
        if index == 0 or nb.cells[index - 1].cell_type != "markdown":
            yield f"{_name(index, cell)}: no prose before this code cell; say why it comes"
    for index, cell in enumerate(nb.cells):
        if found := _ABSOLUTE.search(cell.source):
            yield f"{_name(index, cell)}: an absolute path ({found[0]}…) works on one machine only"


def _execution(nb: nbformat.NotebookNode) -> Iterator[str]:
    counts = [cell.execution_count for cell in code_cells(nb)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"not run top to bottom in one go: the cells' execution counts are {counts}"


def _stamp(nb: nbformat.NotebookNode) -> Iterator[str]:
    stamp = nb.metadata.get("gan_tf")
    if not stamp:
        yield "no record of the run that made the outputs"
        return
    if stamp.get("code_hash") != code_hash(nb):
        yield "the code has changed since the outputs were made"
    for key, expected in (("budget", "cpu"), ("source", "real")):
        if stamp.get(key) != expected:
            yield f"committed outputs come from {key} {expected!r}, these from {stamp.get(key)!r}"


def _outputs(nb: nbformat.NotebookNode) -> Iterator[str]:
    pictures = 0
    for index, cell in enumerate(nb.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                yield f"{_name(index, cell)}: ended in {output.ename}"
            if output.output_type == "stream" and output.name == "stderr":
                yield f"{_name(index, cell)}: warnings or noise on stderr: {output.text.strip()[:80]!r}"
            for kind, content in _contents(output):
                if kind.startswith("image/"):
                    pictures += 1
                    size = len(content) * 3 // 4  # base64
                    if size > MAX_PICTURE:
                        yield f"{_name(index, cell)}: a picture of {size} bytes, more than {MAX_PICTURE}"
                elif found := _ABSOLUTE.search(content):
                    yield f"{_name(index, cell)}: its output shows an absolute path ({found[0]}…)"
    if not pictures:
        yield "no picture among its outputs"


def _top(nb: nbformat.NotebookNode) -> Iterator[str]:
    shown = nb.cells[0].get("attachments", {}).get("hero.png", {}) if nb.cells else {}
    if shown.get("image/png") != hero(nb):
        yield "the picture at the top is not that of the cell tagged hero: refresh the notebook"


def _contents(output: nbformat.NotebookNode) -> Iterator[tuple[str, str]]:
    """The MIME kind and text of all that an output holds."""
    if output.output_type == "stream":
        yield "text/plain", output.text
    for kind, content in output.get("data", {}).items():
        yield kind, content if isinstance(content, str) else repr(content)


def _size(path: Path) -> Iterator[str]:
    size = path.stat().st_size
    if size > MAX_FILE:
        yield f"the file has {size / 1e6:.1f} MB; {MAX_FILE / 1e6:.0f} at most"


def _links(nb: nbformat.NotebookNode, path: Path, root: Path) -> Iterator[str]:
    found = {cell.get("id"): cell.source for cell in nb.cells}
    wrong = [name for name, source in sources(path, root).items() if found.get(name) != source]
    if wrong:
        names = ", ".join(wrong)
        yield f"generated cells missing or old ({names}): run `python tools/notebooks.py links`"


def _name(index: int, cell: nbformat.NotebookNode) -> str:
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"cell {index} ({first.strip()[:40]!r})"
