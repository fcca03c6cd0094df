"""The screenshots of the site in docs/, by headless Chromium, after `make site`: python tools/site_pictures.py"""

from __future__ import annotations

from PIL import Image

import screenshot
import site_node

COLOURS = 256  # a palette keeps the files small


def main() -> None:
    found = screenshot.browser()
    if not found:
        raise SystemExit(f"none of {', '.join(screenshot.BROWSERS)} is installed")
    for name in site_node.run("shots.mjs", found).split():
        path = site_node.ROOT / "docs" / name
        Image.open(path).convert("RGB").quantize(COLOURS, kmeans=2).save(path, optimize=True)
        print(f"{path.relative_to(site_node.ROOT)}  {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
