"""Is everything there that the catalogue names, and nothing else? And if not: make it again."""

from __future__ import annotations

from typing import NamedTuple

from gan_course.library import storage
from gan_course.library.catalogue import OURS, LibraryError
from gan_course.library.items import Item
from gan_course.library.store import Store


class Check(NamedTuple):
    """What :meth:`Library.check` found: items whose files are gone or changed, and files that nobody knows."""

    items: int
    missing: list[Item]
    damaged: list[Item]
    strays: list[str]

    def __str__(self) -> str:
        return (
            f"{self.items:,} items: {len(self.missing)} with a file missing, {len(self.damaged)} with a changed file; "
            f"{len(self.strays)} files that no item names"
        )


def check(library: Store) -> Check:
    """See :meth:`~gan_course.library.Library.check`."""
    everything = library.find(limit=None)
    missing, damaged, known = [], [], set()
    for item in everything:
        known |= {file.name for file in item.files.values()}
        paths = {library.folder / file.name: file.sha256 for file in item.files.values()}
        if not all(path.is_file() for path in paths):
            missing.append(item)
        elif any(storage.checksum(path)[0] != wanted for path, wanted in paths.items()):
            damaged.append(item)
    there = (path for name in storage.FOLDERS.values() for path in (library.folder / name).glob("*.*"))
    named = {path.relative_to(library.folder).as_posix() for path in there}
    return Check(len(everything), missing, damaged, sorted(name for name in named - known if OURS.fullmatch(name)))


def repair(library: Store) -> Check:
    """See :meth:`~gan_course.library.Library.repair`."""
    with library.catalogue.writing() as write:
        found = check(library)
        for item in (*found.missing, *found.damaged):
            try:
                sample, identical = library.remake(item)
            except LibraryError:
                continue
            if identical:
                names = [file.name for file in item.files.values()]
                stored = storage.write(library.folder, library.maker(item), sample, names)
                write.executemany(
                    "UPDATE files SET sha256 = ?, bytes = ? WHERE name = ?",
                    [(file.sha256, file.bytes, file.name) for file in stored],
                )
        for name in found.strays:
            (library.folder / name).unlink()
    return check(library)
