"""Working copies of the lessons in my/, which git ignores: what a student writes never touches the course's own files.

python tools/notebook_copies.py                        copy what is not there yet
python tools/notebook_copies.py --renew [--lesson 01]  copy anew; the old copy stays beside the new one

The folder has the shape of notebooks/, so that links between lessons, answers and pictures lead where they did.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path

from notebook_links import ROOT, notebooks

FOLDER = "my"
_LINK = re.compile(r'(\]\(|src="|href=")(?![a-z]+:|#|/)([^)"\s]+)')


def contents(root: Path = ROOT, lesson: str = "") -> dict[Path, str]:
    """The text of each copy by its path: of a lesson and its answers, or of all and of the page that lists them."""
    folder, found = root / FOLDER, {}
    for path in notebooks(root, lesson):
        up = "../" * len(path.relative_to(root).parent.parts)
        copy = folder / path.relative_to(root / "notebooks")
        found[copy] = path.read_text(encoding="utf-8").replace(f"]({up}README.md", f"]({up[3:]}README.md")
    if not lesson:
        page = (root / "README.md").read_text(encoding="utf-8")
        found[folder / "README.md"] = _LINK.sub(lambda link: link[1] + _from_copies(link[2]), page)
    return found


def copy(root: Path = ROOT, lesson: str = "", renew: bool = False) -> list[Path]:
    """Write the copies that are missing; with ``renew`` also those that differ, and rename what was there.

    Returns:
        The files written, and before a renewed one the name that its predecessor has now.
    """
    written = []
    for path, text in contents(root, lesson).items():
        if path.exists() and (not renew or path.read_text(encoding="utf-8") == text):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        if path.exists():
            path.rename(old := _free(path))
            written.append(old)
        os.replace(part, path)
        written.append(path)
    return written


def _from_copies(target: str) -> str:
    """A link of README.md, as it is written in my/README.md."""
    return target.removeprefix("notebooks/") if target.startswith("notebooks/") else f"../{target}"


def _free(path: Path) -> Path:
    """A name for the old copy that nothing has yet: ``01_digits_old_2026-01-31.ipynb``, then ``..._2.ipynb``."""
    stem, number = f"{path.stem}_old_{time.strftime('%Y-%m-%d')}", 1
    while (old := path.with_name(f"{stem}{f'_{number}' * (number > 1)}{path.suffix}")).exists():
        number += 1
    return old


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renew", action="store_true", help="also copies that are there; the old ones are renamed")
    parser.add_argument("--lesson", default="", help="only the lesson and the answers of this number")
    options = parser.parse_args(arguments)
    if not notebooks(ROOT, options.lesson):
        parser.error(f"--lesson: no notebook starts with {options.lesson!r}")
    try:
        written = copy(ROOT, options.lesson, options.renew)
    except OSError as error:
        print(
            f"{FOLDER}/ cannot be written ({error.strerror}). Work in a clone of your own: git clone {ROOT}; with the "
            "option VENV it shares this environment.",
            file=sys.stderr,
        )
        return 1
    if options.renew:
        print("\n".join(os.path.relpath(path, ROOT) for path in written) or "All copies are as the course has them.")
    elif written:
        print(f"{len(written)} files copied to {FOLDER}/, for you to change. To take one anew: --renew, `make renew`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
