"""Write data/embedded/emoji: the pictures of Noto Color Emoji on one sheet, and which one shows what.

    python tools/make_emoji.py

Debian's packages fonts-noto-color-emoji (2.042) and unicode-data (15.0) must be installed, or their files be named by
--font and --names. Pictures with skin tones are left out, since they double others. 96 pictures are held out for the
test split by a hash of their names, never one without its variants: those whose names differ in man, woman, colour,
size or hour, and those whose outlines nearly agree. Flags are not held out: no outline tells their colours.
"""

from __future__ import annotations

import argparse
import csv
import re
import zlib
from pathlib import Path

import gan_tf  # before keras: it silences the start-up lines

# isort: split
import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.sparse import coo_array, csgraph

from gan_course.data import emoji, outlines
from gan_course.data.pixels import to_float
from gan_tf.files import written_whole

NAMES = Path("/usr/share/unicode/emoji/emoji-test.txt")
HELD_OUT, LARGEST_FAMILY = 96, 4
ALIKE = 0.9  # cosine of blurred outlines
SKIN = range(0x1F3FB, 0x1F400)
LINE = re.compile(r"([0-9A-F ]+?)\s*; fully-qualified\s*# \S+ E[\d.]+ (.*)")
# What two names may differ in and still be variants of one picture.
VARIED = re.compile(
    r"\b(man|men|woman|women|person|people|boy|girl|child|older|old|mrs|mx|light|red|orange|yellow|green|blue|purple"
    r"|brown|black|white|grey|pink|large|small|medium|left|right|up|down|facing)\b|[^a-z ]"
)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Code points, name and group of each picture, in Unicode's order."""
    rows, group = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        group = line.removeprefix("# group: ") if line.startswith("# group: ") else group
        found = LINE.match(line)
        if found and not any(int(code, 16) in SKIN for code in found[1].split()):
            rows.append({"codes": found[1], "name": found[2], "group": group})
    return rows


def stem(name: str) -> str:
    """What the variants of one picture have in common."""
    if name.endswith(("o’clock", "-thirty")):
        return "clock"
    short = " ".join(VARIED.sub(" ", name.lower().partition(":")[0]).split())
    return short or name


def families(rows: list[dict[str, str]], pixels: np.ndarray) -> np.ndarray:
    """A number a picture, the same for variants of one picture."""
    ink = outlines(to_float(pixels))[..., 0] < 0
    soft = ndimage.gaussian_filter(ink.astype(np.float32), (0, 1.5, 1.5)).reshape(len(ink), -1)
    soft /= np.maximum(np.linalg.norm(soft, axis=1, keepdims=True), 1e-9)
    stems = np.array([stem(row["name"]) for row in rows])
    linked = (soft @ soft.T > ALIKE) | (stems[:, None] == stems)
    return csgraph.connected_components(coo_array(linked), directed=False)[1]


def split(rows: list[dict[str, str]], family: np.ndarray) -> None:
    """Writes "test" into whole families, in the order of a hash, until there are enough, and "train" into the rest."""
    members: dict[int, list[int]] = {}
    for i, number in enumerate(family):
        members.setdefault(int(number), []).append(i)
    left = HELD_OUT
    for group in sorted(members.values(), key=lambda group: zlib.crc32(rows[group[0]]["name"].encode())):
        fits = len(group) <= min(left, LARGEST_FAMILY) and all(rows[i]["group"] != "Flags" for i in group)
        left -= len(group) if fits else 0
        for i in group:
            rows[i]["split"] = "test" if fits else "train"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--font", type=Path, default=emoji.SYSTEM / emoji.FONT)
    parser.add_argument("--names", type=Path, default=NAMES)
    asked = parser.parse_args()
    rows = sorted(rows_of(asked.names), key=lambda row: zlib.crc32(row["name"].encode()))
    pixels = emoji.from_font(asked.font, [emoji.codes(row) for row in rows], emoji.SIDE)
    split(rows, families(rows, pixels))
    high = -(-len(rows) // emoji.COLUMNS)
    tiles = np.full((high * emoji.COLUMNS, emoji.SIDE, emoji.SIDE, 3), 255, np.uint8)
    tiles[: len(rows)] = pixels
    sheet = tiles.reshape(high, emoji.COLUMNS, emoji.SIDE, emoji.SIDE, 3).swapaxes(1, 2)
    path = emoji.folder() / "sheet.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(sheet.reshape(high * emoji.SIDE, emoji.COLUMNS * emoji.SIDE, 3))
    with written_whole(path) as part:
        picture.save(part, format="webp", lossless=True, quality=100, method=6)
    with written_whole(path.with_name("index.csv")) as part, open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("codes", "name", "group", "split"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    held = sum(row["split"] == "test" for row in rows)
    print(f"wrote {len(rows):,} pictures, {held} of them held out, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    gan_tf.setup(seed=0)
    main()
