"""Finding: by kind, class, score and text in the catalogue, and by likeness in the scorers' features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gan_course.library.catalogue import Catalogue
from gan_course.library.makers import KINDS
from gan_tf.checks import one_of, whole

STATES = ("open", "approved", "rejected")
SORTS = {
    "confidence": "confidence DESC",
    "realism": "realism DESC",
    "unlike": "nearest DESC",  # the farthest from any training sample first
    "newest": "id DESC",
    "oldest": "id",
}
_TEXTS = ("kind", "class", "size", "generator", "settings", "data", "licence", "note")


def words(row: Mapping[str, Any]) -> str:
    """What a search by text looks at: all texts of an item but its tags, in lower case."""
    return " ".join(str(row[name]) for name in _TEXTS).casefold()


def find(
    catalogue: Catalogue,
    text: str = "",
    *,
    kind: str | None = None,
    class_name: str | None = None,
    generator: str | None = None,
    confidence: float = 0.0,
    realism: float = 0.0,
    parent: int | None = None,
    tag: str | None = None,
    review: str | None = None,
    sort: str = "confidence",
    limit: int | None = 50,
    offset: int = 0,
) -> list[int]:
    """Numbers of the items that fit all of what is given.

    Args:
        catalogue: where to look.
        text: words that all occur in an item's class, kind, size, generator, data, licence or note; parts of words are
            found too, upper and lower case are alike.
        kind: "image", "clip" or "sound".
        class_name: exactly.
        generator: exactly.
        confidence: at least.
        realism: at least; leaves out items that no discriminator has scored, if above 0.
        parent: the number of the item that they are variations of.
        tag: exactly.
        review: "open", "approved" or "rejected".
        sort: "confidence", "realism", "unlike" (far from the training samples), "newest" or "oldest".
        limit: how many at most; None for all.
        offset: how many to skip, for pages.

    Raises:
        ValueError: an unknown kind, state or sort, or a number out of range.
    """
    if not isinstance(text, str):
        raise ValueError(f"text: got {text!r}, expected words")
    if kind is not None:
        one_of("kind", kind, KINDS)
    if review is not None:
        one_of("review", review, STATES)
    order = SORTS[one_of("sort", sort, SORTS)]
    wanted = {"kind = ?": kind, "class = ?": class_name, "generator = ?": generator, "parent = ?": parent}
    wanted |= {"review = ?": review, "id IN (SELECT item FROM tags WHERE tag = ?)": tag}
    for name, least in (("confidence", confidence), ("realism", realism)):
        if not 0 <= least <= 1:
            raise ValueError(f"{name}: got {least!r}, expected 0 to 1")
        wanted[f"{name} >= ?"] = least or None
    tests = [(test, value) for test, value in wanted.items() if value is not None]
    # instr, not LIKE: no letter of the search has a meaning of its own.
    tests += [("instr(words, ?)", word) for word in text.casefold().split()]
    where = "WHERE " + " AND ".join(test for test, _ in tests) if tests else ""
    most = -1 if limit is None else whole("limit", limit, 1)
    query = f"SELECT id FROM items {where} ORDER BY {order}, id LIMIT ? OFFSET ?"
    rows = catalogue.rows(query, [*(value for _, value in tests), most, whole("offset", offset, 0)])
    return [row["id"] for row in rows]


class Neighbours:
    """Nearest neighbours in features, kept in memory until the catalogue changes."""

    def __init__(self, catalogue: Catalogue):
        self.catalogue = catalogue
        self._version: tuple[int, int] | None = None
        self._spaces: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}

    def near(self, number: int, k: int) -> list[tuple[int, float]]:
        """Numbers of the ``k`` items nearest to an item, and their distances.

        Raises:
            ValueError: the item has no features.
        """
        rows = self.catalogue.rows(
            "SELECT kind, space FROM items JOIN vectors ON item = id WHERE id = ? AND features IS NOT NULL", (number,)
        )
        if not rows:
            raise ValueError(f"item {number} has no features: no scorer has seen it")
        from sklearn.metrics.pairwise import euclidean_distances

        numbers, x = self._of(*rows[0])
        # For a single question an index costs more than it saves: in so many dimensions it looks at all items too.
        distances = euclidean_distances(x[numbers == number], x)[0]
        # The item itself comes too, though behind its twins, if there are any.
        some = np.argpartition(distances, min(k, len(x) - 1))[: k + 1]
        some = some[np.lexsort((numbers[some], distances[some]))]
        return [(int(numbers[i]), float(distances[i])) for i in some if numbers[i] != number][:k]

    def all(self, k: int) -> dict[int, list[int]]:
        """For each item with features the numbers of the ``k`` nearest ones of its kind and space."""
        from sklearn.neighbors import NearestNeighbors

        found = {}
        spaces = "SELECT DISTINCT kind, space FROM items JOIN vectors ON item = id WHERE features IS NOT NULL"
        for kind, space in self.catalogue.rows(spaces):
            numbers, x = self._of(kind, space)
            index = NearestNeighbors(algorithm="brute").fit(x)
            places = index.kneighbors(x, min(k + 1, len(numbers)), return_distance=False)
            for number, row in zip(numbers, numbers[places]):
                found[int(number)] = [int(other) for other in row if other != number][:k]
        return found

    def _of(self, kind: str, space: str) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and features of all items of a kind and space."""
        version = self.catalogue.version()
        if version != self._version:
            self._version = version
            self._spaces.clear()
        if (kind, space) not in self._spaces:
            rows = self.catalogue.rows(
                "SELECT id, features FROM items JOIN vectors ON item = id WHERE kind = ? AND space = ?", (kind, space)
            )
            x = np.frombuffer(b"".join(row["features"] for row in rows), "<f4").reshape(len(rows), -1)
            numbers = np.array([row["id"] for row in rows])
            self._spaces[kind, space] = numbers, x
        return self._spaces[kind, space]
