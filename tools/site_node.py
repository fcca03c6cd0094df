"""What the site takes from npm: equations set by KaTeX, and the playground with LiteRT's runtime."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tools" / "site"
_RECORD = FOLDER / "node_modules" / ".package-lock.json"  # npm writes it last


def ready() -> bool:
    """Whether the packages are here, in the versions that package.json asks for."""
    if not shutil.which("node") or not _RECORD.is_file():
        return False
    asked = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    found = json.loads(_RECORD.read_text(encoding="utf-8"))["packages"]
    wanted = asked["dependencies"] | asked["devDependencies"]
    return all(found.get(f"node_modules/{name}", {}).get("version") == version for name, version in wanted.items())


def install() -> str:
    """Install the packages of npm if they are not here; return why not, or an empty text."""
    if ready():
        return ""
    without = "the site will have no playground, and equations in TeX"
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        return f"Node and npm are not installed: {without}. See https://nodejs.org or your system's packages."
    command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--loglevel=error"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True)
    if done.returncode:
        why = (done.stderr or done.stdout).strip().splitlines()
        return f"npm could not install its packages ({why[0] if why else 'no reason given'}): {without}."
    return ""


def run(script: str, *arguments: str, given: str = "") -> str:
    """What a script of tools/site prints.

    Raises:
        RuntimeError: it failed; with its last words.
    """
    command = ["node", str(FOLDER / script), *arguments]
    done = subprocess.run(command, cwd=FOLDER, input=given, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"{script}: {done.stderr[-2000:]}")
    return done.stdout


def equations(sources: list[tuple[str, bool]]) -> list[str]:
    """Each equation, in TeX and whether it has a line of its own, as HTML; nothing where Node is missing."""
    return json.loads(run("equations.mjs", given=json.dumps(sources))) if ready() and sources else []


def licences() -> str:
    """The licence texts of what the site consists of: the course and LiteRT (both Apache-2.0), and KaTeX."""
    ours = (ROOT / "LICENSE").read_text(encoding="utf-8")
    parts = [f"This course, and LiteRT (@litertjs/core and @litertjs/wasm-utils) in its playground:\n\n{ours}"]
    if ready():
        parts.append(f"KaTeX:\n\n{(FOLDER / 'node_modules' / 'katex' / 'LICENSE').read_text(encoding='utf-8')}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    if trouble := install():  # Not a failure: only the site needs them.
        print(trouble)
