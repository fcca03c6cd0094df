"""One item of a library, as the catalogue tells of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_course.library.catalogue import OURS, Catalogue, LibraryError
from gan_course.library.storage import Stored


@dataclass(frozen=True)
class Item:
    """A stored sample and where it comes from.

    Attributes:
        id: its number in the library.
        key: checksum of its recipe.
        kind: "image", "clip" or "sound".
        class_name: what it shows or says.
        label: of the class that it was generated for; None of a generator without labels.
        size: such as "100x100x3", or "1.02 s".
        generator, weights, settings: what made it, the checksum of the weights, and what happened afterwards.
        seed, place: where its latent comes from, if from a seed.
        confidence, realism, nearest, difference, original: as in :class:`~gan_course.library.Scores`.
        parent: the item that this one is a variation of.
        data, licence: what the generator learned from, and the licence of that.
        note: free text.
        review: "open", "approved" or "rejected".
        tags: in the order of the alphabet. A collection is a tag.
        digest: checksum of the decoded content.
        created: when, in UTC.
        files: role to file.
        folder: the library's folder.
        distance: to what was looked for, in answers of :meth:`~gan_course.library.Library.like`.
    """

    id: int
    key: str
    kind: str
    class_name: str
    label: int | None
    size: str
    generator: str
    weights: str
    settings: dict[str, Any]
    seed: int | None
    place: int | None
    confidence: float | None
    realism: float | None
    nearest: float | None
    difference: float | None
    original: int | None
    parent: int | None
    data: str
    licence: str
    note: str
    digest: str
    created: str
    review: str
    tags: tuple[str, ...]
    files: dict[str, Stored]
    folder: Path
    distance: float | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / self.files["file"].name

    @property
    def preview(self) -> Path:
        """A picture or GIF of it."""
        return self.folder / self.files.get("preview", self.files["file"]).name

    def facts(self) -> dict[str, Any]:
        """Everything but the vectors, as JSON can hold it."""
        skipped = ("folder", "files", "distance")
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in skipped}
        return plain | {"files": [stored._asdict() for stored in self.files.values()]}

    def __str__(self) -> str:
        sure = "" if self.confidence is None else f", confidence {self.confidence:.3f}"
        return f"#{self.id} {self.kind} of {self.class_name!r}, {self.size}, by {self.generator}{sure}"


def read(catalogue: Catalogue, folder: Path, ids: Sequence[int]) -> list[Item]:
    """The items of these numbers, in their order; numbers that are not there are left out.

    Raises:
        LibraryError: a file has a name that no library gives, such as one that leads out of the folder.
    """
    ids = [int(i) for i in ids]
    found = {row["id"]: row for row in catalogue.rows_of("SELECT * FROM items WHERE id", ids)}
    files: dict[int, dict[str, Stored]] = {}
    for row in catalogue.rows_of("SELECT * FROM files WHERE item", ids):
        if not OURS.fullmatch(row["name"]):
            raise LibraryError(f"{catalogue.path}: names the file {row['name']!r}, which is none of a library")
        files.setdefault(row["item"], {})[row["role"]] = Stored(*tuple(row)[1:])
    tags: dict[int, list[str]] = {}
    for row in catalogue.rows_of("SELECT item, tag FROM tags WHERE item", ids):
        tags.setdefault(row["item"], []).append(row["tag"])
    return [_item(found[i], files[i], tuple(sorted(tags.get(i, ()))), folder) for i in ids if i in found]


def _item(row: sqlite3.Row, files: dict[str, Stored], tags: tuple[str, ...], folder: Path) -> Item:
    facts = {name: row[name] for name in row.keys() if name not in ("class", "words", "settings")}
    more = {"class_name": row["class"], "settings": json.loads(row["settings"]), "tags": tags, "files": files}
    return Item(**facts, **more, folder=folder)
