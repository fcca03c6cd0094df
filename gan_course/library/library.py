"""A library: the items of a folder, filled by a generator and a scorer, shown, passed on, and looked after."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gan_course.library import bundle, filling, gallery, health, items
from gan_course.library.items import Item
from gan_course.library.makers import Maker
from gan_course.library.scoring import Scorer
from gan_course.library.store import Store


class Library(Store):
    """A folder of generated images, clips and sounds with a catalogue.

    A file is written whole before its item enters the catalogue, so that the catalogue never names a file that is not
    there, whenever the process is killed. Several programs may read and write at the same time: writers wait for each
    other. Close it, or use it in a ``with`` statement.

    Args:
        folder: made if needed.
        wait: seconds to wait for another program that writes.

    Raises:
        LibraryError: the folder holds a catalogue of a newer version, a damaged one, or something else of that name.

    Example:
        >>> with Library("material") as library:
        ...     library.fill(shipped("mnist_conditional"), Scorer("mnist", digits), n=2_000, per_class=20)
        ...     sevens = library.find(class_name="7", limit=5)
        ...     print(library.like(sevens[0]))
    """

    def fill(self, maker: Maker, scorer: Scorer, n: int, per_class: int, **options: Any) -> filling.Filled:
        """Make candidates, choose, store; killed half way, it goes on where it was. See :func:`filling.fill`."""
        return filling.fill(self, maker, scorer, n, per_class, **options)

    def export(self, path: str | os.PathLike, chosen: Iterable[Item] | None = None) -> Path:
        """Write a ZIP with items, a manifest and a gallery, by default of all that are not rejected; see
        :func:`bundle.write`.
        """
        if chosen is None:
            chosen = [item for item in self.find(limit=None) if item.review != "rejected"]
        return bundle.write(self, path, list(chosen))

    def reviewed(self, path: str | os.PathLike) -> list[Item]:
        """Take over what was decided in the gallery, and return the items that were selected there.

        Args:
            path: the file that the gallery saved.

        Raises:
            LibraryError: no such file, or none of a gallery.
            ValueError: it names an item that is not here; nothing is taken over then.
        """
        names, states = gallery.decisions(path)
        found = {row["name"]: row["item"] for row in self.catalogue.rows("SELECT name, item FROM files")}
        if strangers := sorted({*names, *states} - found.keys()):
            raise ValueError(f"path: {path} names {strangers[0]!r}, which is not in this library")
        with self.catalogue.writing() as write:
            decided = [(state, found[name]) for name, state in states.items()]
            write.executemany("UPDATE items SET review = ? WHERE id = ?", decided)
        return items.read(self.catalogue, self.folder, [found[name] for name in names])

    def gallery(self, title: str = "Material library", neighbours: int = 6) -> Path:
        """Write ``gallery.html`` into the folder: it works offline, from the file system; see :func:`gallery.page`."""
        return gallery.write(self, self.folder / "gallery.html", title, neighbours)

    def check(self) -> health.Check:
        """Read every file and compare its checksum with the catalogue; look for files that no item names."""
        return health.check(self)

    def repair(self) -> health.Check:
        """Write missing and damaged files again from their recipes, and delete files that no item names.

        Returns:
            What :meth:`check` finds afterwards: items that could not be made again are still in it.
        """
        return health.repair(self)
