"""Try the installation as newcomers do, in a clone of this repository: killed, moved, copied, shared, offline.

    python tools/trial_install.py --wheels wheelhouse [--kills 10] [--folder /tmp/trial] [--seed 0]

Takes about 1.5 minutes for each two kills and 10 GB of disk, which is given back at the end. No test of `make test`
does this, since it would take a quarter of an hour; tests/course/test_setup.py does the same with a pip that only
pretends. Linux and macOS.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WHERE = "import gan_tf; from gan_course import paths; print(gan_tf.__file__); print(paths.outputs())"
REFUSES = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "PIP_CONFIG_FILE": os.devnull}


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def start(checkout: Path, *arguments: str, **variables: str) -> subprocess.Popen:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "GAN_TF_", "MAKE"))}
    command = [sys.executable, "run.py", *arguments]
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=checkout, env={**kept, **variables}, start_new_session=True, **said)


def run(checkout: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    process = start(checkout, *arguments, **variables)
    said = process.communicate()[0]
    return process.returncode, said


def works(checkout: Path, *options: str) -> None:
    """The environment imports this checkout's packages, and its programs start this environment's Python."""
    code, said = run(checkout, *options, "python", "-c", WHERE)
    assert code == 0, said
    assert all(line.startswith(str(checkout)) for line in said.splitlines()[-2:]), said


def own_programs(checkout: Path) -> None:
    said = subprocess.run([checkout / ".venv/bin/pip", "--version"], capture_output=True, text=True)
    assert str(checkout / ".venv") in said.stdout, said


def killed(checkout: Path, wheels: Path, kills: int, seconds: float, chance: random.Random) -> None:
    """Interrupt the installation at random moments of its ``seconds``, then complete it and use it."""
    shutil.rmtree(checkout / ".venv")
    for number in range(kills):
        moment, how = chance.uniform(0, seconds), chance.choice((signal.SIGKILL, signal.SIGINT))
        process = start(checkout, "setup", "--wheels", str(wheels))
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, how)
        process.communicate()
        say(f"{number + 1}: {how.name} after {moment:.0f} s; finished: {(checkout / '.venv/.ready').exists()}")
    code, said = run(checkout, "setup", "--wheels", str(wheels))
    assert code == 0, said
    works(checkout)
    code, said = run(checkout, "python", "-c", "import tensorflow as tf; print(float(tf.reduce_sum([1.0, 2.0])))")
    assert code == 0 and said.splitlines()[-1] == "3.0", said
    code, said = run(checkout, "python", "-m", "pip", "check")
    assert code == 0, said
    say("completed after the last one, and works")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path, required=True, help="from `make wheelhouse`")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="must not exist; removed at the end")
    options = parser.parse_args()
    wheels = options.wheels.resolve()
    folder = (options.folder or Path(tempfile.mkdtemp(prefix="gan-course-trial-")) / "a trial").resolve()
    folder.mkdir(parents=True)
    try:
        first, moved, copied, shared = (folder / name for name in ("first", "moved", "a copy", "clone"))
        subprocess.run(["git", "clone", "--quiet", ROOT, first], check=True)

        code, said = run(first, "setup", **REFUSES)
        assert code == 1 and said.splitlines()[-1].startswith("pip reaches no package index."), said
        assert len(said.splitlines()) == 1, said
        say("without network and without packages: one line")
        shutil.rmtree(first / ".venv")

        began = time.monotonic()
        code, said = run(first, "setup", "--wheels", str(wheels), **REFUSES)
        assert code == 0, said
        works(first)
        seconds = time.monotonic() - began
        say(f"installed without network: {seconds:.0f} s")

        first.rename(moved)
        began = time.monotonic()
        works(moved)
        own_programs(moved)
        say(f"moved: mended in {time.monotonic() - began:.0f} s")

        subprocess.run(["cp", "-a", moved, copied], check=True)
        began = time.monotonic()
        works(copied)
        works(moved)
        own_programs(copied)
        say(f"copied: mended in {time.monotonic() - began:.0f} s, the original left alone")
        shutil.rmtree(copied)

        subprocess.run(["git", "clone", "--quiet", ROOT, shared], check=True)
        works(shared, "--venv", str(moved / ".venv"))
        works(moved)
        assert not (shared / ".venv").exists()
        say("one environment for two checkouts, each with its own packages and outputs")

        killed(moved, wheels, options.kills, seconds, random.Random(options.seed))
        return 0
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
