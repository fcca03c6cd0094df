"""How an item gets in: its files first, then its rows, in one transaction."""

from __future__ import annotations

import datetime
import errno
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_course.library import search, storage
from gan_course.library.candidates import Candidates
from gan_course.library.catalogue import Catalogue, LibraryError
from gan_course.library.items import Item
from gan_course.library.makers import Maker


def settings(of: Maker | Item) -> str:
    """The settings of a maker, or of what it made, as the catalogue holds them."""
    return json.dumps(dict(of.settings), sort_keys=True)


def ids(catalogue: Catalogue, keys: Sequence[str]) -> dict[str, int]:
    """The numbers of the items of these recipes, of those that are there."""
    return {row["key"]: row["id"] for row in catalogue.rows_of("SELECT key, id FROM items WHERE key", keys)}


def enter(
    catalogue: Catalogue, folder: Path, maker: Maker, rows: list[dict[str, Any]], samples: list[np.ndarray]
) -> None:
    """Write the files of some samples, then enter them. On an error neither is left.

    Raises:
        LibraryError: the disk is full or not writable.
    """
    targets = [storage.names(maker, row["class"], row["key"]) for row in rows]
    announced = [(name,) for group in targets for name in group]
    with catalogue.writing() as write:
        write.executemany("INSERT OR IGNORE INTO pending VALUES (?)", announced)
    try:
        with catalogue.writing() as write:
            there = ids(catalogue, [row["key"] for row in rows])  # by another writer, since we looked
            for row, sample, names in zip(rows, samples, targets):
                if row["key"] not in there:
                    _insert(write, maker, row, sample, storage.write(folder, maker, sample, names))
            write.executemany("DELETE FROM pending WHERE name = ?", announced)
    except BaseException as error:
        catalogue.tidy(folder)  # In a transaction of its own: by now another writer may have made the same item.
        if isinstance(error, OSError):
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            reason = "the disk is full" if full else f"cannot be written ({error})"
            raise LibraryError(f"{folder}: {reason}; what the library held before is unchanged") from error
        raise


def _insert(write: Any, maker: Maker, row: dict[str, Any], sample: np.ndarray, stored: list[storage.Stored]) -> None:
    vectors = [row.pop(name) for name in ("latent", "space", "features")]
    row = row | {
        "size": storage.size_of(maker.kind, sample, maker.rate),
        "digest": storage.digest(maker.kind, sample),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    row["words"] = search.words(row)
    into = f"INSERT INTO items ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    number = write.execute(into, list(row.values())).lastrowid
    write.execute("INSERT INTO vectors VALUES (?, ?, ?, ?)", (number, *vectors))
    write.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?)", [(number, *file) for file in stored])


def row_of(found: Candidates, i: int, key: str, parent: Item | None, note: str) -> dict[str, Any]:
    """What the catalogue holds of candidate ``i``, but for what is known once its files are written."""
    maker, scores = found.maker, found.scores

    def score(name: str, kind: type) -> Any:
        column = None if scores is None else getattr(scores, name)
        return None if column is None else kind(column[i])

    label = None if found.labels is None else int(found.labels[i])
    shown = label if label is not None else score("named", int)
    return {
        "key": key,
        "kind": maker.kind,
        "class": "unknown" if shown is None else maker.class_names[shown],
        "label": label,
        "generator": maker.name,
        "weights": maker.weights,
        "settings": settings(maker),
        "seed": found.seed,
        "place": None if found.seed is None else int(i),
        **{name: score(name, float) for name in ("confidence", "realism", "nearest", "difference")},
        "original": score("original", int),
        "parent": None if parent is None else parent.id,
        "data": maker.data,
        "licence": maker.licence,
        "note": note,
        "latent": np.asarray(found.latents[i], "<f4").tobytes(),
        "space": None if scores is None else scores.space,
        "features": None if scores is None else np.asarray(scores.features[i], "<f4").tobytes(),
    }
