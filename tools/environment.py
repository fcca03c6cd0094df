"""The virtual environment that the course runs in: made, completed, checked, and mended after a move.

Needs nothing but the standard library, and parses under Python 3.7, which must be able to say that it is too old.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path, PurePath

import check_python

ROOT = Path(__file__).resolve().parent.parent
LISTS = ("requirements.txt", "constraints.txt", "pyproject.toml")
DOWNLOAD, INSTALLED = "0.9 GB", "3.3 GB"  # measured on Linux, x86-64; measure again after an upgrade
# What an interrupted unpacking leaves broken fails here, not in the first lesson.
IMPORTS = "import gan_tf, gan_course, tensorflow, keras, jupyterlab, nbclient"


class Trouble(Exception):
    """What stands in the way, as a sentence for whoever installs."""


def python_in(folder: PurePath, windows: bool = os.name == "nt") -> PurePath:
    """The path of Python in the virtual environment ``folder``."""
    return folder / "Scripts" / "python.exe" if windows else folder / "bin" / "python"


def call() -> str:
    """How a command is called here: by ``make`` where that was used, else by ``python run.py``."""
    return "make" if "MAKELEVEL" in os.environ else "python run.py"


def option(name: str, value: str) -> str:
    """An option as it is written behind ``call()``."""
    return f"{name.upper()}={value}" if call() == "make" else f"--{name} {value}"


def prepare(folder: Path, wheels: Path | None = None, root: Path = ROOT) -> bool:
    """Make the environment ``folder`` ready for the checkout ``root``; return whether anything was installed.

    A file ``unfinished`` lies in the folder during an installation. One that was killed is begun anew, because pip
    takes a half unpacked package for an installed one. Afterwards the file ``.ready`` records for which lists of
    packages, which environment and which checkout it was made.

    Args:
        folder: absolute; inside ``root``, or elsewhere and then shared by several checkouts.
        wheels: a folder of packages, to install from instead of the network.
        root: the checkout.

    Raises:
        Trouble: with what to do.
    """
    record, lists = _record(folder), _fingerprint(root)
    whole = python_in(folder).exists() and not _marker(folder).exists()
    try:
        if whole and record and not (record["environment"] == str(folder) and _fits(folder, root, record)):
            _mend(folder, root, record)
        if whole and record and record["lists"] == lists:
            return False
        _install(folder, wheels, root)
    except OSError as error:
        raise Trouble(
            f"{folder}: {error.strerror or error}. For an environment elsewhere: "
            f"{call()} setup {option('venv', '/a/folder/of/yours')}"
        ) from error
    _write(folder, str(root), lists)
    _marker(folder).unlink()
    return True


def variables(folder: Path, root: Path = ROOT) -> dict[str, str]:
    """The environment variables for what runs in ``folder``: an environment of another checkout imports this one's."""
    found = dict(os.environ)
    if _record(folder).get("checkout") != str(root):
        found["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), found.get("PYTHONPATH"))))
    if os.name == "posix" and os.path.expanduser("~") == "~":  # no HOME, and a user without a name: Jupyter would stop
        found["HOME"] = os.path.join(tempfile.gettempdir(), f"gan-course-{os.geteuid()}")
    return found


def _install(folder: Path, wheels: Path | None, root: Path) -> None:
    source = [] if wheels is None else ["--no-index", "--find-links", str(wheels)]
    if wheels is not None and not any(wheels.glob("*.whl")):
        raise Trouble(f"{wheels}: no packages there. Fill it where there is a network: {call()} wheelhouse")
    why = _why_anew(folder)
    if why:
        if check_python.here():
            raise Trouble(check_python.here())
        _create(folder, why)
    _reach(folder, source, root)
    _marker(folder).touch()
    amount = f"takes packages from {wheels}" if wheels else f"downloads {DOWNLOAD} the first time"
    print(f"Installing into {folder}: {amount}, and needs {INSTALLED} of disk.", flush=True)
    if _pip(folder, "install", *source, "-r", "requirements.txt", "-c", "constraints.txt", root=root).returncode:
        raise Trouble(f"The installation did not finish; pip says why above. Once that is mended: {call()} setup")
    print("Trying the packages; the first import takes half a minute.", flush=True)
    tried = _run([str(python_in(folder)), "-c", IMPORTS], cwd=root, env=variables(folder, root), quiet=True)
    if tried.returncode:
        raise Trouble(f"The packages do not import: {_last(tried)}. Delete {folder}, then: {call()} setup")


def _why_anew(folder: Path) -> str:
    """Why the environment has to be made anew, or an empty text where what is there will do."""
    if folder.exists() and not folder.is_dir():
        raise Trouble(f"{folder} is a file: rename it, or choose a folder: {call()} setup {option('venv', 'FOLDER')}")
    if not folder.exists() or not any(folder.iterdir()):
        return "new"
    if _marker(folder).exists():
        return "the last installation did not finish"
    ask = "import pip, sys; print(*sys.version_info[:2])"
    asked = _run([str(python_in(folder)), "-c", ask], quiet=True) if python_in(folder).exists() else None
    version = tuple(int(part) for part in asked.stdout.split()) if asked and not asked.returncode else ()
    if check_python.LOWEST <= version <= check_python.HIGHEST:
        return ""
    if not (folder / "pyvenv.cfg").exists():
        raise Trouble(f"{folder} is in the way and no virtual environment: rename it, or choose another folder")
    return "its Python {}.{} does not suit".format(*version) if version else "its Python does not start"


def _create(folder: Path, why: str) -> None:
    if why != "new":
        print(f"{folder}: {why}, so it is made anew.", flush=True)
    if importlib.util.find_spec("ensurepip") is None:
        raise Trouble("This Python makes no virtual environment. On Debian and Ubuntu: sudo apt install python3-venv")
    folder.mkdir(parents=True, exist_ok=True)
    _marker(folder).touch()  # first, so that what is half deleted or half made is known as such
    for path in folder.iterdir():
        if path != _marker(folder):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    made = _run([sys.executable, "-m", "venv", str(folder)], quiet=True)
    if made.returncode:
        raise Trouble(f"No virtual environment could be made: {_last(made)}")


def _reach(folder: Path, source: list[str], root: Path) -> None:
    """Ask pip for one package, so that a missing network is one sentence and not forty lines."""
    one = "tensorflow" if source else "editables"  # there are TensorFlows for one system and one Python only
    probe = ("install", "--dry-run", "--ignore-installed", "--no-deps", "--retries", "1", "--quiet", *source)
    asked = _pip(folder, *probe, one, "-c", "constraints.txt", root=root, quiet=True)
    if asked.returncode and source:
        raise Trouble(
            f"{source[-1]} has no TensorFlow for this system and its Python. Fill the folder on a machine of the "
            f"same kind with the same Python: {call()} wheelhouse"
        )
    if asked.returncode:
        raise Trouble(
            f"pip reaches no package index. Without a network: {call()} setup {option('wheels', 'FOLDER')}, with a "
            f"folder that `{call()} wheelhouse` filled on a machine of the same kind."
        )


def _mend(folder: Path, root: Path, record: dict) -> None:
    """After a move or a copy: point the environment's programs at it, and the packages at this checkout."""
    print(f"{folder} was made for {record['checkout']}: mending it.", flush=True)
    if os.name != "nt" and record["environment"] != str(folder):
        for path in python_in(folder).parent.iterdir():
            if path.is_file() and not path.is_symlink():
                _point(path, record["environment"], str(folder))
    checkout = record["checkout"]
    if not _fits(folder, root, record):
        again = ("install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "-e", ".")
        if _pip(folder, *again, root=root).returncode:
            raise Trouble(f"{folder} could not be mended. Delete it, then: {call()} setup")
        checkout = str(root)
    _write(folder, checkout, record["lists"])


def _point(path: Path, old: str, new: str) -> None:
    """Change the old environment's path in a script: in its head, as pip writes it, or anywhere in ``activate``."""
    text = path.read_bytes()
    if path.name.lower().startswith("activate"):
        path.write_bytes(text.replace(os.fsencode(old), os.fsencode(new)))
    elif text.startswith(b"#!") and os.fsencode(old) in b"".join(text.splitlines()[:2]):
        body = text.splitlines(keepends=True)[3 if text.startswith(b"#!/bin/sh") else 1 :]
        python = str(python_in(Path(new)))
        # A kernel takes neither spaces nor more than 127 bytes after #!, so then a shell finds Python.
        head = f"#!{python}\n" if " " not in python and len(os.fsencode(python)) < 126 else (
            f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"
        )  # fmt: skip
        path.write_bytes(os.fsencode(head) + b"".join(body))


def _fits(folder: Path, root: Path, record: dict) -> bool:
    """Whether the installed packages are this checkout's, or may stay another's: those in a shared environment may."""
    return record["checkout"] == str(root) or root not in folder.parents


def _marker(folder: Path) -> Path:
    return folder / "unfinished"


def _record(folder: Path) -> dict:
    """What ``.ready`` says, or nothing; versions of the course before this one left an empty file."""
    try:
        found = json.loads((folder / ".ready").read_text(encoding="utf-8"))
        return found if {"lists", "environment", "checkout"} <= set(found) else {}
    except (OSError, ValueError):
        return {}


def _write(folder: Path, checkout: str, lists: str) -> None:
    record = {"lists": lists, "environment": str(folder), "checkout": checkout}
    part = folder / ".ready.part"
    part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / ".ready")


def _fingerprint(root: Path) -> str:
    """A SHA-256 of the lists of packages; line ends do not count, since git changes them on Windows."""
    texts = [(root / name).read_text(encoding="utf-8") for name in LISTS]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _pip(folder: Path, *arguments: str, root: Path, quiet: bool = False) -> subprocess.CompletedProcess:
    env = {**variables(folder, root), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return _run([str(python_in(folder)), "-m", "pip", *arguments], cwd=root, env=env, quiet=quiet)


def _run(command: list[str], quiet: bool = False, **options) -> subprocess.CompletedProcess:
    """Run a program; what it says goes to the terminal, as it comes, or into the result."""
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if quiet else {}
    return subprocess.run(command, text=True, **said, **options)


def _last(done: subprocess.CompletedProcess) -> str:
    return (done.stdout.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
