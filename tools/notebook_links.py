"""The cells of a lesson that nobody types: Colab's badge and install cell, the links to the neighbours."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
LESSON = re.compile(r"(\d\d)_\w+\.ipynb")
INSTALL = "install"
_PLACED = ("colab", INSTALL, "navigation")  # the ids of the generated cells, in reading order

_REPOSITORY = re.compile(r'^Repository = "https://github\.com/([\w.-]+/[\w.-]+)"$', re.MULTILINE)

PLACEHOLDER = "OWNER"  # the owner in pyproject.toml until the course has a public address

_UNSET_SOURCE = """\
import sys

if "google.colab" in sys.modules:
    print("This copy of the course has no public address yet, so Colab cannot install it from there.")
    print("Build a wheel (python -m pip wheel --no-deps .), upload it to Colab, and run: %pip install gan_tf-*.whl")"""

_INSTALL_SOURCE = """\
import sys

if "google.colab" in sys.modules:
    %pip install --quiet "gan_tf @ git+https://github.com/{repository}\""""


def repository(root: Path = ROOT) -> str:
    """The public ``owner/name``, as pyproject.toml states it.

    Raises:
        ValueError: pyproject.toml has no such line.
    """
    found = _REPOSITORY.search((root / "pyproject.toml").read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f'{root / "pyproject.toml"}: no line `Repository = "https://github.com/owner/name"`')
    return found[1]


def notebooks(root: Path = ROOT, lesson: str = "") -> list[Path]:
    """Every lesson and then every solution in reading order, or those whose number is ``lesson``."""
    folder = root / "notebooks"
    found = [*sorted(folder.glob("*.ipynb")), *sorted((folder / "solutions").glob("*.ipynb"))]
    return [path for path in found if path.name.startswith(lesson)]


def title(path: Path) -> str:
    """The first heading of a notebook, or its name without one."""
    for cell in nbformat.read(path, as_version=4).cells:
        heading = re.search(r"^#+ +(.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
        if heading:
            return heading[1].strip()
    return path.stem


def navigation(path: Path) -> str:
    """The links at a notebook's end, in Markdown: the lesson before, the answers, the lesson after."""
    if path.parent.name == "solutions":
        lesson = _numbered(path.parent.parent, path.name[:2])
        links = [f"[← {title(lesson)}](../{lesson.name})"] if lesson else []
        up = "../../README.md"
    else:
        lessons = [other for other in sorted(path.parent.glob("*.ipynb")) if LESSON.fullmatch(other.name)]
        here = lessons.index(path) if path in lessons else len(lessons)
        before, after = lessons[max(here - 1, 0) : here], lessons[here + 1 : here + 2]
        answers = _numbered(path.parent / "solutions", path.name[:2])
        links = [f"[← {title(other)}]({other.name})" for other in before]
        links += [f"[Answers to the exercises](solutions/{answers.name})"] if answers else []
        links += [f"[{title(other)} →]({other.name})" for other in after]
        up = "../README.md"
    return "---\n" + " · ".join([*links, f"[All lessons]({up})"])


def _numbered(folder: Path, number: str) -> Path | None:
    return next(iter(sorted(folder.glob(f"{number}_*.ipynb"))), None)


def sources(path: Path, root: Path = ROOT) -> dict[str, str]:
    """What each generated cell of the notebook at ``path`` must say, by cell id."""
    address = repository(root)
    where = path.relative_to(root).as_posix()
    colab = f"https://colab.research.google.com/github/{address}/blob/main/{where}"
    badge = f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab})"
    said = f"{badge}\n\nOn Google Colab the next cell installs the course. Elsewhere it does nothing."
    install = _INSTALL_SOURCE.format(repository=address)
    if address.startswith(f"{PLACEHOLDER}/"):
        install = _UNSET_SOURCE
        said = (
            "*Google Colab: this copy has no public address yet, so there is no badge. On Colab the next cell says "
            "what to do. Elsewhere it does nothing.*"
        )
    return {
        "colab": said,
        INSTALL: install,
        "navigation": navigation(path),
    }


def generate(nb: nbformat.NotebookNode, path: Path, root: Path = ROOT) -> None:
    """Put the generated cells into ``nb`` in place: two after the title, one at the end. Outputs are kept."""
    old = {cell.get("id"): cell for cell in nb.cells if cell.get("id") in _PLACED}
    new = {}
    for name, source in sources(path, root).items():
        make = nbformat.v4.new_code_cell if name == INSTALL else nbformat.v4.new_markdown_cell
        new[name] = old.get(name) or make(id=name)
        new[name].source = source
    typed = [cell for cell in nb.cells if cell.get("id") not in _PLACED]
    nb.cells = [*typed[:1], new["colab"], new[INSTALL], *typed[1:], new["navigation"]]
    nb.nbformat, nb.nbformat_minor = 4, 5


def rename(new: str, root: Path = ROOT) -> list[Path]:
    """Write a new public address ``owner/name`` into every text file that names the old one.

    The notebooks' generated cells are not touched: generate them afterwards.

    Raises:
        ValueError: ``new`` is not of the form owner/name.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", new):
        raise ValueError(f"--repo: expected owner/name as on GitHub, got {new!r}")
    old, changed = repository(root), []
    for name in ("pyproject.toml", "README.md", "CITATION.cff", "CONTRIBUTING.md"):
        path = root / name
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if old in text and old != new:
            path.write_text(text.replace(old, new), encoding="utf-8")
            changed.append(path)
    return changed
