"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it to ``path`` when the block ends without an error.

    After an error the temporary file is gone and an earlier file at ``path`` is unchanged.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with open(part, "rb+") as file:  # Windows flushes only a file that is open for writing.
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def remove_parts(folder: str | os.PathLike) -> None:
    """Delete the temporary files that a killed process left in ``folder``."""
    for part in Path(folder).glob(".*.part"):
        part.unlink(missing_ok=True)
