"""A ZIP for each lesson to hand out in class, without outputs and answers: python tools/handouts.py [--to handouts]

A ZIP has the lesson, both packages, the weights and the embedded data. Unpacked anywhere, the lesson runs without
internet in an environment that has the packages of requirements.txt.
"""

from __future__ import annotations

import argparse
import re
import zipfile
from pathlib import Path

import nbformat

from notebook_links import INSTALL, LESSON, ROOT, notebooks, title
from notebook_run import strip

CARRIED = ("gan_tf", "gan_course", "data/embedded", "data/pretrained")
ALONE = ("requirements.txt", "constraints.txt", "LICENSE", "data/README.md")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")
_READ = """{title}

A lesson of a course in generative adversarial networks: the notebook {name}, and in folders what it needs. Keep them
together. The notebook leaves its files in outputs/ and runs/ here.


1. Start

If your teacher has installed the course, open the notebook in that JupyterLab and go on with 2. Else make an
environment here, in this folder, once and with internet (about 1 GB). You need Python 3.11 to 3.13.

Linux, macOS:

    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt -c constraints.txt
    .venv/bin/jupyter lab {name}

Windows:

    py -3.12 -m venv .venv
    .venv\\Scripts\\pip install -r requirements.txt -c constraints.txt
    .venv\\Scripts\\jupyter lab {name}

The next time only the last line.


2. Work

Run the cells from top to bottom. The numbers in the text are those of the course's own run; yours will differ a little.
Without internet the lesson takes data from this folder, or draws them, and says so. The exercises at the end check your
answers. Files in benchmarks/, docs/ and tools/, which the text names here and there, are in the course's repository and
not needed here.

Two variables, set before JupyterLab starts (Linux, macOS: export NAME=value; Windows: set NAME=value):

    GAN_TF_DATA_SOURCE=embedded    does not look for data on the internet, which saves a few seconds each time
    GAN_TF_BUDGET=smoke            the shortest trainings, only to see whether all works; cpu and gpu are longer


3. Licences

Code and text: Apache License 2.0, see LICENSE. Pictures and sounds in data/embedded have licences of their own, see
README.md there. Data that the lesson downloads: data/README.md.
"""


def _project() -> str:
    """pyproject.toml with the readme that a ZIP has; pip installs nothing whose readme is missing."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return text.replace('readme = "README.md"', 'readme = "READ ME.txt"')


def handout(lesson: Path) -> tuple[str, set[Path]]:
    """A lesson without outputs, generated cells and links into the repository, as text; and the pictures it shows."""
    nb, pictures = nbformat.read(lesson, as_version=4), set()

    def alone(link: re.Match) -> str:
        if not link[1]:
            return link[2]
        pictures.add(path := (lesson.parent / link[3]).resolve())
        return f"![{link[2]}](pictures/{path.name})"

    nb.cells = [cell for cell in nb.cells if cell.get("id") not in ("colab", INSTALL, "navigation")]
    attached = {cell["id"]: cell.attachments for cell in nb.cells if cell.get("attachments")}
    strip(nb)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = _LINK.sub(alone, cell.source)
        if cell["id"] in attached:
            cell.attachments = attached[cell["id"]]
    return nbformat.writes(nb), pictures


def pack(lesson: Path, folder: Path) -> Path:
    """Write the ZIP of a lesson into ``folder``."""
    text, pictures = handout(lesson)
    files = {name: ROOT / name for name in ALONE}
    for name in CARRIED:
        found = sorted(path for path in (ROOT / name).rglob("*") if path.is_file())
        files |= {path.relative_to(ROOT).as_posix(): path for path in found}
    files |= {f"pictures/{path.name}": path for path in sorted(pictures)}
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{lesson.stem}.zip"
    part = target.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{lesson.stem}/{lesson.name}", text)
        packed.writestr(f"{lesson.stem}/READ ME.txt", _READ.format(title=title(lesson), name=lesson.name))
        packed.writestr(f"{lesson.stem}/pyproject.toml", _project())
        for name, path in files.items():
            if "__pycache__" not in name:
                packed.write(path, f"{lesson.stem}/{name}")
    part.replace(target)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=ROOT / "handouts", help="the folder")
    parser.add_argument("--lesson", default="", help="two digits")
    options = parser.parse_args()
    for path in notebooks(lesson=options.lesson):
        if path.parent.name == "notebooks" and LESSON.fullmatch(path.name):
            made = pack(path, options.to)
            print(f"{made.name}  {made.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
