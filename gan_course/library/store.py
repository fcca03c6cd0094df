"""Items in a folder: what goes in, and what comes out again."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from gan_course.library import entering, items, search, storage
from gan_course.library.candidates import Candidates, batches, scored
from gan_course.library.catalogue import Catalogue, LibraryError
from gan_course.library.items import Item
from gan_course.library.makers import Maker, shipped
from gan_course.library.scoring import Scorer
from gan_tf.checks import one_of, whole


class Remade(NamedTuple):
    """A sample made again, and whether it is the stored one, pixel by pixel."""

    sample: np.ndarray
    identical: bool


def _checked(tag: str) -> str:
    if not isinstance(tag, str) or not tag or tag != tag.strip():
        raise ValueError(f"tags: got {tag!r}, expected a text without blanks around it")
    return tag


class Store:
    """A folder of generated images, clips and sounds with a catalogue: what :class:`~gan_course.library.Library` is
    built on, with the same arguments.
    """

    def __init__(self, folder: str | os.PathLike, wait: float = 30.0):
        self.folder = Path(folder)
        self.catalogue = Catalogue(self.folder, wait)
        self.catalogue.tidy(self.folder)
        self._makers: dict[tuple[str, str, str], Maker] = {}
        self._neighbours = search.Neighbours(self.catalogue)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the catalogue."""
        self.catalogue.connection.close()

    def __len__(self) -> int:
        return self.catalogue.rows("SELECT count(*) FROM items")[0][0]

    def __repr__(self) -> str:
        kinds = self.catalogue.rows("SELECT kind, count(*) FROM items GROUP BY kind ORDER BY kind")
        holds = ", ".join(f"{n:,} {kind}s" for kind, n in kinds) or "empty"
        return f"{type(self).__name__}({self.folder.name!r}: {holds})"

    def __getitem__(self, number: int) -> Item:
        found = items.read(self.catalogue, self.folder, [number])
        if not found:
            raise KeyError(f"no item has the number {number}")
        return found[0]

    # In ---------------------------------------------------------------------------------------------------------------

    def add(
        self, found: Candidates, places: Sequence[int] | None = None, *, parent: Item | None = None, note: str = "",
        progress: bool = False, chunk: int = 16,
    ) -> list[Item]:  # fmt: skip
        """Make candidates once more, each alone, write their files and enter them. What is there already stays.

        Args:
            found: scored candidates.
            places: which of them; None takes all.
            parent: what they are variations of.
            note: free text, found by a search.
            progress: show a bar.
            chunk: items that are entered together; after a crash, finished chunks are there.

        Returns:
            The items, those that were there before included, in the order of ``places``.

        Raises:
            LibraryError: the disk is full or not writable; finished chunks stay, no other file is left.
        """
        places = np.arange(len(found)) if places is None else np.asarray(places, np.int64)
        maker = found.maker
        self._makers[maker.kind, maker.name, entering.settings(maker)] = maker
        labels = [None if found.labels is None else int(found.labels[i]) for i in places]
        keys = [maker.key(found.latents[i], label) for i, label in zip(places, labels)]
        for part in batches(len(places), whole("chunk", chunk, 1), progress, f"{maker.name}, files"):
            there = entering.ids(self.catalogue, keys[part])
            todo = list({keys[i]: i for i in range(part.start, part.stop) if keys[i] not in there}.values())
            if todo:
                chosen = places[todo]
                samples = maker.make(found.latents[chosen], None if found.labels is None else found.labels[chosen])
                rows = [entering.row_of(found, i, keys[j], parent, note) for i, j in zip(chosen, todo)]
                entering.enter(self.catalogue, self.folder, maker, rows, samples)
        return self.of_keys(keys)

    def of_keys(self, keys: Sequence[str]) -> list[Item]:
        """The items of these recipes, in their order; recipes that are not there are left out."""
        found = entering.ids(self.catalogue, keys)
        return items.read(self.catalogue, self.folder, [found[key] for key in keys if key in found])

    def remove(self, *gone: Item) -> None:
        """Take items out, then delete their files."""
        names = [(file.name,) for item in gone for file in item.files.values()]
        with self.catalogue.writing() as write:
            write.executemany("INSERT OR IGNORE INTO pending VALUES (?)", names)
            write.executemany("DELETE FROM items WHERE id = ?", [(item.id,) for item in gone])
        self.catalogue.tidy(self.folder)

    def tag(self, chosen: Iterable[Item], *tags: str) -> list[Item]:
        """Give items tags; returns the items as they are then. A collection is a tag that its items share.

        Raises:
            ValueError: a tag that is empty, or has blanks around it.
        """
        statement = "INSERT OR IGNORE INTO tags SELECT id, ?2 FROM items WHERE id = ?1"
        return self._changed(chosen, statement, [_checked(tag) for tag in tags])

    def untag(self, chosen: Iterable[Item], *tags: str) -> list[Item]:
        """Take tags away from items, where they have them; returns the items as they are then."""
        return self._changed(chosen, "DELETE FROM tags WHERE item = ?1 AND tag = ?2", tags)

    def review(self, chosen: Iterable[Item], state: str) -> list[Item]:
        """Set the state of items: "approved", "rejected", or "open" again; returns the items as they are then.

        Raises:
            ValueError: another state.
        """
        state = one_of("state", state, search.STATES)
        return self._changed(chosen, "UPDATE items SET review = ?2 WHERE id = ?1", [state])

    def _changed(self, chosen: Iterable[Item], statement: str, values: Sequence[str]) -> list[Item]:
        """The items after a statement about each of them, by number, and each of the values."""
        ids = [item.id for item in chosen]
        with self.catalogue.writing() as write:
            write.executemany(statement, [(i, value) for i in ids for value in values])
        return items.read(self.catalogue, self.folder, ids)

    # Out --------------------------------------------------------------------------------------------------------------

    def find(self, text: str = "", **options: Any) -> list[Item]:
        """Items by kind, class, generator, score and text; see :func:`search.find`."""
        return items.read(self.catalogue, self.folder, search.find(self.catalogue, text, **options))

    def tags(self) -> dict[str, int]:
        """How many items have each tag."""
        return dict(map(tuple, self.catalogue.rows("SELECT tag, count(*) FROM tags GROUP BY tag ORDER BY tag")))

    def like(self, item: Item, k: int = 8) -> list[Item]:
        """The ``k`` items that look or sound most like this one: nearest in the scorer's features, the nearest first.

        Raises:
            ValueError: the item was added without a scorer, so it has no features.
        """
        far = dict(self._neighbours.near(item.id, whole("k", k, 1)))
        # By number: another program may have removed one since.
        return [dataclasses.replace(o, distance=far[o.id]) for o in items.read(self.catalogue, self.folder, list(far))]

    def known(self, kind: str, space: str, until: float = math.inf) -> dict[str, np.ndarray]:
        """Class name to features ``(n, d)`` of the items of a kind, in one space of features; for ``choose(known=)``.

        Args:
            kind: "image", "clip" or "sound".
            space: of the scorer.
            until: leaves out items with a larger number.
        """
        query = "SELECT class, features FROM items JOIN vectors ON item = id WHERE kind = ? AND space = ? AND id <= ?"
        found: dict[str, list[np.ndarray]] = {}
        for name, features in self.catalogue.rows(query, (kind, space, until)):
            found.setdefault(name, []).append(np.frombuffer(features, "<f4"))
        return {name: np.stack(rows) for name, rows in found.items()}

    def neighbours(self, k: int) -> dict[int, list[int]]:
        """For each item with features, by number, the numbers of the ``k`` items most like it."""
        return self._neighbours.all(whole("k", k, 1))

    def latent(self, item: Item) -> np.ndarray:
        """The latent of an item, float32 ``(latent_dim,)``."""
        (row,) = self.catalogue.rows("SELECT latent FROM vectors WHERE item = ?", (item.id,))
        return np.frombuffer(row["latent"], "<f4").astype(np.float32)

    def maker(self, item: Item) -> Maker:
        """The maker of an item: one that was used in this session, or a shipped one.

        Raises:
            LibraryError: it is neither, or its weights have changed since.
        """
        made = self._makers.get((item.kind, item.generator, entering.settings(item)))
        try:
            made = made or shipped(item.generator, item.settings.get("size"))
        except ValueError as error:
            raise LibraryError(f"{item}: no generator of that name is at hand; add with its maker first") from error
        if made.weights != item.weights:
            raise LibraryError(f"{item}: the weights of {item.generator!r} have changed since it was made")
        return made

    def remake(self, item: Item) -> Remade:
        """Make an item again from its recipe: generator, latent, label.

        Raises:
            LibraryError: as for :meth:`maker`.
        """
        maker = self.maker(item)
        labels = None if item.label is None else np.array([item.label], np.int32)
        (sample,) = maker.make(self.latent(item)[None], labels)
        return Remade(sample, storage.digest(item.kind, sample) == item.digest)

    def variations(
        self, item: Item, n: int = 8, radius: float = 0.3, seed: int = 0, scorer: Scorer | None = None
    ) -> Candidates:
        """Candidates around an item; :meth:`add` them with ``parent=item`` to keep some.

        From its latent z they go to ``sqrt(1 - radius**2) * z + radius * e`` with fresh normal e: as long as z on
        average, so as likely to the generator.

        Args:
            item: of any kind.
            n: how many.
            radius: 0 is the item itself, 1 is unrelated to it.
            seed: fixes them.
            scorer: scores them; None leaves that out.

        Raises:
            ValueError: a number out of range.
            LibraryError: as for :meth:`maker`.
        """
        if not 0 <= radius <= 1:
            raise ValueError(f"radius: got {radius!r}, expected 0 to 1")
        maker, latent = self.maker(item), self.latent(item)
        fresh = maker.latents(n, seed)
        latents = (np.sqrt(1 - radius**2) * latent + radius * fresh).astype(np.float32)
        labels = None if item.label is None else np.full(n, item.label, np.int32)
        return Candidates(maker, latents, labels, None) if scorer is None else scored(maker, scorer, latents, labels)
