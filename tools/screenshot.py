"""A picture of a gallery, by headless Chromium: python tools/screenshot.py outputs/.../gallery.html docs/name.png

The page may carry a state behind its name, such as `gallery.html#kind=clip`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def browser() -> str | None:
    """The path of the first browser that is here, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def shoot(page: Path, state: str, target: Path, width: int, height: int, colours: int) -> None:
    """Write ``target``, a PNG with a palette of so many colours, which keeps it small."""
    found = browser()
    if not found:
        raise SystemExit(f"none of {', '.join(BROWSERS)} is installed")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder, "shot.png")
        command = [
            *(found, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--screenshot={shot}"),
            *(f"--window-size={width},{height}", "--virtual-time-budget=20000", page.resolve().as_uri() + state),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        Image.open(shot).convert("RGB").quantize(colours).save(target, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", help="the gallery, perhaps with # and a state")
    parser.add_argument("target", type=Path)
    parser.add_argument("--size", type=int, nargs=2, default=(1180, 860), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--colours", type=int, default=96)
    asked = parser.parse_args()
    name, sharp, state = asked.page.partition("#")
    shoot(Path(name), sharp + state, asked.target, *asked.size, asked.colours)
