"""The pictures of Noto Color Emoji, with their Unicode names and groups; any size up to 128 where the font is."""

import csv
import dataclasses
import io
from pathlib import Path
from typing import ClassVar

import numpy as np

from gan_course.data import sources
from gan_course.data.dataset import Card, DataError, Dataset
from gan_course.data.pixels import to_float
from gan_tf.checks import whole

SIDE = 64  # of a picture in the sheet
COLUMNS = 44  # pictures in a row of the sheet
LARGEST = 128  # the font's bitmaps have 136 x 128 pixels
FONT = "NotoColorEmoji.ttf"
SYSTEM = Path("/usr/share/fonts/truetype/noto")  # where Debian's and Ubuntu's package puts it
GROUPS = (
    "Smileys & Emotion", "People & Body", "Animals & Nature", "Food & Drink", "Travel & Places", "Activities",
    "Objects", "Symbols", "Flags",
)  # fmt: skip
VARIANT = 0xFE0F  # "as a picture, please": the font's tables leave it out

CARD = Card(
    name="emoji",
    title="Noto Color Emoji",
    size="1,774 training and 96 test pictures, 64x64x3 (any size from 8 to 128 where the font is), float32 in [-1, 1], "
    "on white, in the nine groups of Unicode 15; skin tones are left out",
    licence="SIL Open Font License 1.1, in data/embedded/emoji/OFL.txt; copyright 2022 Google Inc.",
    citation="Google, Noto Emoji 2.042, https://github.com/googlefonts/noto-emoji",
    url="part of the course, no download; the font is in Debian's package fonts-noto-color-emoji",
    layout=f"$GAN_TF_DATA/emoji/{FONT} (for pictures above 64x64), or where Debian's package puts it",
    note="the embedded sheet holds the real pictures at 64x64. The test pictures are held out by name, together with "
    "their variants (man, woman, person; colours; numbers), and with pictures that look nearly the same. There is no "
    "download of the font yet, because its checksum was not at hand",
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Emoji(Dataset):
    """Pictures with names: a `Dataset` whose labels are the groups of Unicode.

    Attributes:
        names: str [n], the Unicode names, such as "red apple".
    """

    names: np.ndarray | None = None

    _PER_SAMPLE: ClassVar[tuple[str, ...]] = ("x", "labels", "names")

    def named(self, *names: str) -> "Emoji":
        """Returns the pictures of these names, in this order.

        Raises:
            ValueError: There is no picture of that name; some that contain it are suggested.
        """
        places = {name: place for place, name in enumerate(self.names)}
        for name in names:
            if name not in places:
                near = [one for one in places if name.lower() in one.lower()][:5]
                hint = f"; did you mean one of {', '.join(near)}?" if near else ""
                raise ValueError(f"names: got {name!r}, expected names of pictures in this split{hint}")
        return self.select(np.array([places[name] for name in names], int))


def load(split: str = "train", source: str | None = None, *, size: int = SIDE, n: int | None = None) -> Emoji:
    """Loads the pictures.

    Args:
        split: "train" or "test"; see the card for what is held out.
        source: As in `gan_course.data.load`. The embedded pictures are the real ones, so "real" takes them as well.
        size: Side in pixels, 8 to 128. Above 64 the font is needed.
        n: The first `n`, in the order of a fixed draw that mixes the groups. None means all.

    Raises:
        ValueError: `size` or `n` is out of range.
        DataError: The font is needed and not there, or cannot be used.
    """
    whole("size", size, 8, LARGEST)
    wanted = sources.choice(source)
    rows = [row | {"place": place} for place, row in enumerate(index()) if row["split"] == split]
    if n is not None:
        rows = rows[: whole("n", n, 1, len(rows))]
    if size <= SIDE:
        found, pixels = "embedded", _from_sheet(rows, size)
    elif wanted == "embedded":
        raise ValueError(f"size: got {size} with source='embedded', expected at most {SIDE}, the size of the sheet")
    else:
        found, pixels = "local", from_font(_font(), [codes(row) for row in rows], size)
    labels = np.array([GROUPS.index(row["group"]) for row in rows], np.int32)
    names = np.array([row["name"] for row in rows])
    return Emoji(to_float(pixels), labels, GROUPS, found, CARD, CARD.name, names)


def index() -> list[dict[str, str]]:
    """Returns one row a picture, in the order of the sheet: code points, name, group and split."""
    with open(folder() / "index.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def from_font(font: Path, sequences: list[tuple[int, ...]], size: int) -> np.ndarray:
    """Reads pictures from the bitmaps of the font file.

    Args:
        font: The file.
        sequences: The code points of each picture.
        size: Side in pixels.

    Returns:
        uint8 [n, size, size, 3], on white.

    Raises:
        DataError: It is no such font, or lacks a picture.
    """
    from fontTools.ttLib import TTFont, TTLibError
    from PIL import Image

    try:
        tables = TTFont(font)
        bitmaps, glyphs = tables["CBDT"].strikeData[0], _glyphs(tables)
    except (OSError, KeyError, TTLibError) as error:
        raise DataError(f"{font} is no font with colour bitmaps (CBDT): {error}") from error
    pixels = np.empty((len(sequences), size, size, 3), np.uint8)
    for i, sequence in enumerate(sequences):
        glyph = glyphs.get(tuple(code for code in sequence if code != VARIANT))
        if glyph not in bitmaps:
            codes = " ".join(f"{code:04X}" for code in sequence)
            raise DataError(f"{font} has no picture of {codes}; expected Noto Color Emoji 2.042 or newer")
        picture = Image.open(io.BytesIO(bitmaps[glyph].imageData)).convert("RGBA")
        side = max(picture.size)
        page = Image.new("RGBA", (side, side), "white")
        page.alpha_composite(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
        pixels[i] = np.asarray(page.convert("RGB").resize((size, size), Image.Resampling.LANCZOS))
    return pixels


def _glyphs(tables) -> dict[tuple[int, ...], str]:
    """From code points to names of glyphs: single ones, and sequences that the font draws as one picture."""
    single = tables.getBestCmap()
    of_glyph = {}
    for code, glyph in single.items():
        of_glyph.setdefault(glyph, code)
    found = {(code,): glyph for code, glyph in single.items()}
    for lookup in tables["GSUB"].table.LookupList.Lookup:
        for part in lookup.SubTable:
            part = getattr(part, "ExtSubTable", part)
            for first, ligatures in getattr(part, "ligatures", {}).items():
                for ligature in ligatures:
                    glyphs = (first, *ligature.Component)
                    if all(glyph in of_glyph for glyph in glyphs):
                        found[tuple(of_glyph[glyph] for glyph in glyphs)] = ligature.LigGlyph
    return found


def codes(row: dict[str, str]) -> tuple[int, ...]:
    """Returns the code points of a row of the index."""
    return tuple(int(code, 16) for code in row["codes"].split())


def _font() -> Path:
    for place in (*sources.local_files(CARD.name, (FONT,)), SYSTEM / FONT):
        if place.is_file():
            return place
    raise DataError(
        f"pictures of more than {SIDE} pixels need {FONT}, which is not here: put it into $GAN_TF_DATA/{CARD.name}, or "
        "install Debian's package fonts-noto-color-emoji"
    )


def _from_sheet(rows: list[dict], size: int) -> np.ndarray:
    from PIL import Image

    with Image.open(folder() / "sheet.webp") as file:
        sheet = np.asarray(file.convert("RGB"))
    tiles = sheet.reshape(-1, SIDE, sheet.shape[1] // SIDE, SIDE, 3).swapaxes(1, 2).reshape(-1, SIDE, SIDE, 3)
    tiles = tiles[[row["place"] for row in rows]]
    if size == SIDE:
        return tiles
    return np.stack(
        [np.asarray(Image.fromarray(tile).resize((size, size), Image.Resampling.LANCZOS)) for tile in tiles]
    )


def folder() -> Path:
    """Returns where the sheet and its index are."""
    from gan_course import paths

    return paths.assets() / "embedded" / "emoji"
