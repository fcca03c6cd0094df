"""Run, refresh, check and link the course's notebooks.

python tools/notebooks.py run notebooks/01_mnist_dense_gan.ipynb --output outputs
python tools/notebooks.py refresh [notebooks/01_mnist_dense_gan.ipynb ...] [--lesson 01]
python tools/notebooks.py check | links | strip [notebook ...]
python tools/notebooks.py keep --why "..." notebook ...
python tools/notebooks.py badges --repo owner/name
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError

import notebook_links
import notebook_rules
import notebook_run
from environment import call

ROOT = notebook_links.ROOT


def run(path: Path, output: Path | None, budget: str) -> int:
    """Execute one notebook with its progress in the terminal; leave it and what it made in ``output``."""
    nb = nbformat.read(path, as_version=4)
    # As gan_course.paths.outputs, without TensorFlow, which the kernel imports.
    output = (output or Path(os.environ.get("GAN_TF_OUTPUTS") or ROOT / "outputs").expanduser()).resolve()
    output.mkdir(parents=True, exist_ok=True)
    started = time.time()
    source = os.environ.get("GAN_TF_DATA_SOURCE", "auto")
    terminal = notebook_run.Terminal()
    try:
        notebook_run.execute(nb, path.resolve().parent, budget=budget, source=source, outputs=output, terminal=terminal)
    finally:
        # Also the notebook of a failed or interrupted run: it shows how far it came.
        notebook_run.write(nb, output / path.name)
    made = sorted(found for found in output.rglob("*") if found.is_file() and found.stat().st_mtime >= started - 1)
    terminal.heading(f"Done in {nb.metadata['gan_tf']['seconds'] / 60:.1f} minutes. What it made:")
    for found in made:
        print(f"   {_short(found)}")
    print(
        "\nHow to go on:\n"
        f"   {call()} lab         opens the lessons in JupyterLab; start with 00_the_game_in_2d.ipynb\n"
        f"   {call()} test        checks that everything works on this machine"
    )
    return 0


def refresh(paths: list[Path], budget: str, source: str) -> int:
    """Format, link and execute notebooks in place, and stamp them."""
    for path in paths:
        for task in ("format", "check"):
            if code := subprocess.run([sys.executable, "-m", "ruff", task, "--quiet", str(path)]).returncode:
                return code  # ruff has said why
        nb = nbformat.read(path, as_version=4)
        notebook_links.generate(nb, path)
        print(f"{_short(path)}: budget {budget}, data {source}", flush=True)
        notebook_run.execute(nb, path.parent, budget=budget, source=source, terminal=notebook_run.Terminal())
        notebook_run.pack(nb)
        if picture := notebook_rules.hero(nb):
            nb.cells[0]["attachments"] = {"hero.png": {"image/png": picture}}
        notebook_run.write(nb, path)
        print(f"{_short(path)}: {nb.metadata['gan_tf']['seconds']} s, data {nb.metadata['gan_tf']['data']}")
    return check(paths)


def check(paths: list[Path]) -> int:
    """Print what is wrong with the notebooks; 1 if anything is."""
    problems = [f"{_short(path)}: {problem}" for path in paths for problem in notebook_rules.check(path)]
    print("\n".join(problems) or f"{len(paths)} notebooks in order")
    return int(bool(problems))


def links(paths: list[Path]) -> int:
    """Write the generated cells anew; outputs stay."""
    for path in paths:
        nb = nbformat.read(path, as_version=4)
        notebook_links.generate(nb, path)
        notebook_run.write(nb, path)
    return 0


def keep(paths: list[Path], why: str) -> int:
    """Keep outputs although names in the code changed, and record in the metadata which code made them."""
    for path in paths:
        nb = nbformat.read(path, as_version=4)
        stamp, new = nb.metadata["gan_tf"], notebook_rules.code_hash(nb)
        if stamp["code_hash"] != new:
            stamp["kept"] = {"made_by": stamp["code_hash"], "why": why, "date": time.strftime("%Y-%m-%d")}
            stamp["code_hash"] = new
            notebook_run.write(nb, path)
    return check(paths)


def strip(paths: list[Path]) -> int:
    """Remove every output."""
    for path in paths:
        nb = nbformat.read(path, as_version=4)
        notebook_run.strip(nb)
        notebook_run.write(nb, path)
    return 0


def _short(path: Path) -> str:
    return os.path.relpath(path)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    parsers = {}
    for name, function in (
        ("run", run),
        ("refresh", refresh),
        ("check", check),
        ("links", links),
        ("keep", keep),
        ("strip", strip),
    ):
        parsers[name] = commands.add_parser(name, help=function.__doc__)
        if name != "run":
            parsers[name].add_argument("paths", nargs="*", type=Path, help="notebooks; all when none is named")
            parsers[name].add_argument("--lesson", default="", help="only the lesson and the answers of this number")
    parsers["run"].add_argument("path", type=Path)
    parsers["run"].add_argument("--output", type=Path, help="default: $GAN_TF_OUTPUTS, else outputs/")
    for name in ("run", "refresh"):
        parsers[name].add_argument("--budget", default="cpu", choices=("smoke", "cpu", "gpu"))
    parsers["refresh"].add_argument("--source", default="real", choices=("auto", "real", "embedded"))
    parsers["keep"].add_argument("--why", required=True, help="what changed, and why the outputs are still right")
    badges = commands.add_parser("badges", help="Change the public address everywhere.")
    badges.add_argument("--repo", required=True, metavar="owner/name")
    options = vars(parser.parse_args(arguments))

    command = options.pop("command")
    if command == "badges":
        try:
            changed = notebook_links.rename(options["repo"])
        except ValueError as error:
            parser.error(str(error))
        print("\n".join(f"{_short(path)}: changed" for path in changed))
        return links(notebook_links.notebooks())
    if command != "run":
        lesson = options.pop("lesson")
        named = [path.resolve() for path in options["paths"]]
        options["paths"] = named or notebook_links.notebooks(lesson=lesson)
        if not options["paths"]:
            parser.error(f"--lesson: no notebook starts with {lesson!r}")
    for path in options.get("paths") or [options["path"]]:
        if not path.is_file():
            parser.error(f"no such notebook: {path}")
    try:
        return globals()[command](**options)
    except (CellExecutionError, DeadKernelError, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
