"""The screenshots of the site in docs/, by headless Chromium, after `make site`: python tools/site_pictures.py"""

from __future__ import annotations

import screenshot
import site_node

COLOURS = 256


def main() -> None:
    for name in site_node.run("shots.mjs", screenshot.needed()).split():
        path = site_node.ROOT / "docs" / name
        screenshot.write(path, path, COLOURS, kmeans=2)
        print(f"{path.relative_to(site_node.ROOT)}  {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
