"""A picture of a gallery, by headless Chromium: python tools/screenshot.py outputs/.../gallery.html docs/name.png

The page may carry a state behind its name, such as `gallery.html#kind=clip`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def browser(names: tuple[str, ...] = BROWSERS) -> str | None:
    """The path of the first browser that is here, or None."""
    return next(filter(None, map(shutil.which, names)), None)


def needed() -> str:
    """The path of a browser; without one the program ends."""
    return browser() or sys.exit(f"none of {', '.join(BROWSERS)} is installed")


def write(shot: Path, target: Path, colours: int, kmeans: int = 0) -> None:
    """Write ``target``, a PNG with a palette of so many colours, which keeps it small; ``kmeans`` as Pillow has it."""
    Image.open(shot).convert("RGB").quantize(colours, kmeans=kmeans).save(target, optimize=True)


def shoot(page: Path, state: str, target: Path, width: int, height: int, colours: int) -> None:
    """Write ``target``, a picture of the page."""
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder, "shot.png")
        command = [
            *(needed(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--screenshot={shot}"),
            *(f"--window-size={width},{height}", "--virtual-time-budget=20000", page.resolve().as_uri() + state),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        write(shot, target, colours)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", help="the gallery, perhaps with # and a state")
    parser.add_argument("target", type=Path)
    parser.add_argument("--size", type=int, nargs=2, default=(1180, 860), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--colours", type=int, default=96)
    asked = parser.parse_args()
    name, sharp, state = asked.page.partition("#")
    shoot(Path(name), sharp + state, asked.target, *asked.size, asked.colours)
