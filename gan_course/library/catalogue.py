"""The catalogue of a library: one SQLite file, its tables, and who may write.

Everything that writes runs inside :meth:`Catalogue.writing`, one writer at a time, also between processes: SQLite's own
lock is freed by the system when a process dies, so no lock file is ever left over. Names of files that are about to be
written are noted first (``pending``); whoever opens the library after a crash removes exactly those.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NAME = "catalogue.sqlite"
FORMAT = 2  # of the tables below, in SQLite's user_version
# The names of our files. Others are neither written, read nor deleted, whatever somebody's catalogue says.
OURS = re.compile(r"(images|clips|sounds)/[a-z0-9-]+-[0-9a-f]{16}\.(png|mp4|gif|wav)")
_APPLICATION = 0x47414E4C  # "GANL", so that another program's SQLite file is not taken for a library

_TABLES = """
CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,        -- checksum of the recipe: generator, latent, label, settings
    kind TEXT NOT NULL,              -- image, clip or sound
    class TEXT NOT NULL,
    label INTEGER,                   -- the class it was generated for; NULL of a generator without labels
    size TEXT NOT NULL,
    generator TEXT NOT NULL,
    weights TEXT NOT NULL,           -- checksum of the generator's weights
    settings TEXT NOT NULL,          -- JSON: what happened behind the generator, such as enlarging
    seed INTEGER,                    -- where the latent came from, if from a seed
    place INTEGER,
    confidence REAL, realism REAL, nearest REAL,
    difference REAL, original INTEGER, -- of the copy test: how unlike the training sample of which number
    parent INTEGER REFERENCES items(id) ON DELETE SET NULL,
    data TEXT NOT NULL,
    licence TEXT NOT NULL,
    note TEXT NOT NULL,
    digest TEXT NOT NULL,            -- checksum of the decoded content
    created TEXT NOT NULL,
    review TEXT NOT NULL DEFAULT 'open',  -- or approved, rejected
    words TEXT NOT NULL              -- what a search by text looks at, in lower case
);
CREATE INDEX items_by_class ON items(class, confidence);
CREATE INDEX items_by_score ON items(confidence);
CREATE TABLE vectors (
    item INTEGER PRIMARY KEY REFERENCES items(id) ON DELETE CASCADE,
    latent BLOB NOT NULL,            -- float32, little-endian
    space TEXT,
    features BLOB
);
CREATE TABLE files (
    item INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
    role TEXT NOT NULL,              -- "file", or "preview" of a clip or sound
    name TEXT NOT NULL UNIQUE,       -- below the library's folder, with slashes
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (item, role)
);
CREATE TABLE pending (name TEXT PRIMARY KEY);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    after INTEGER NOT NULL DEFAULT 0, -- the last item that was there when the job began
    summary TEXT                     -- JSON, once the job is done
);
"""
_NEW_IN_2 = """
CREATE TABLE candidates (
    job INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    named INTEGER NOT NULL,
    confidence REAL NOT NULL, realism REAL, nearest REAL, difference REAL, original INTEGER,
    features BLOB NOT NULL,
    PRIMARY KEY (job, place)
);
CREATE TABLE tags (
    item INTEGER NOT NULL REFERENCES items(id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (item, tag)
) WITHOUT ROWID;
CREATE INDEX items_by_tag ON tags(tag);
"""
_FROM_1 = """
ALTER TABLE items RENAME COLUMN nearest_index TO original;
ALTER TABLE items ADD COLUMN difference REAL;
ALTER TABLE items ADD COLUMN review TEXT NOT NULL DEFAULT 'open';
ALTER TABLE jobs ADD COLUMN after INTEGER NOT NULL DEFAULT 0;
DROP TABLE candidates;
"""


class LibraryError(RuntimeError):
    """A library that cannot be used as asked; the message says why, and nothing was lost."""


class Catalogue:
    """An open catalogue.

    Args:
        folder: the library's folder; made if needed.
        wait: seconds to wait while another program writes.

    Raises:
        LibraryError: the file is no catalogue, or one of a newer format.
    """

    def __init__(self, folder: Path, wait: float = 30.0):
        self.path = folder / NAME
        self._writing = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"{folder}: got {error.strerror}, expected a folder that can be written") from error
        with self.explained():
            self.connection = sqlite3.connect(self.path, timeout=wait, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        try:
            self._open()
        except BaseException:
            self.connection.close()
            raise

    def _open(self) -> None:
        with self.explained():
            if self._format() != FORMAT:
                with self.writing():
                    if (found := self._format()) != FORMAT:  # Another process may have been faster.
                        for statement in ((_FROM_1 if found else _TABLES) + _NEW_IN_2).split(";\n"):
                            self.connection.execute(statement)
                        self.connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                        self.connection.execute(f"PRAGMA user_version = {FORMAT}")
            self.connection.execute("PRAGMA foreign_keys = ON")

    def _format(self) -> int:
        """The format of the tables, one that this version knows; 0 in an empty file."""
        application, version, tables = (
            self.connection.execute(query).fetchone()[0]
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if not tables:
            return 0
        if application != _APPLICATION:
            raise LibraryError(f"{self.path}: an SQLite file, but not the catalogue of a library")
        if version not in (1, FORMAT):
            advice = "update gan_tf to open it" if version > FORMAT else "this version of gan_tf cannot read it"
            raise LibraryError(f"{self.path}: written in format {version}, expected format {FORMAT}; {advice}")
        return version

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what SQLite and the disk say into a :class:`LibraryError`."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            said = str(error)
            if "locked" in said or "busy" in said:
                reason = "another program is writing to this library; try again when it is done"
            elif "FOREIGN KEY" in said:
                reason = "the item that this one is a variation of has been removed"
            elif "full" in said:
                reason = "the disk is full; what the library held before is unchanged"
            elif "readonly" in said or "unable to open" in said:
                reason = f"it cannot be written ({said})"
            else:
                reason = f"damaged, or not the catalogue of a library ({said})"
            raise LibraryError(f"{self.path}: {reason}") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that either happens as a whole or not at all; other writers wait.

        Raises:
            LibraryError: another program kept on writing, the disk is full, or the file is damaged.
        """
        if self._writing:  # Part of the larger transaction around it.
            yield self.connection
            return
        with self.explained():
            self.connection.execute("BEGIN IMMEDIATE")
            self._writing = True
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            finally:
                self._writing = False

    def rows(self, query: str, values: tuple | list = ()) -> list[sqlite3.Row]:
        """The rows that a SELECT finds."""
        with self.explained():
            return self.connection.execute(query, values).fetchall()

    def rows_of(self, query: str, values: Sequence[int] | Sequence[str]) -> list[sqlite3.Row]:
        """The rows that a SELECT finds whose last column is one of these values; in parts, as SQLite limits them."""
        parts = [list(values[start : start + 500]) for start in range(0, len(values), 500)]
        return [row for part in parts for row in self.rows(f"{query} IN ({','.join('?' * len(part))})", part)]

    def version(self) -> tuple[int, int]:
        """Changes whenever anybody changes the catalogue: what was read before is then old."""
        return self.rows("PRAGMA data_version")[0][0], self.connection.total_changes

    def tidy(self, folder: Path) -> list[str]:
        """Remove the files that an interrupted writer had announced and not entered.

        Returns:
            Their names; none if another program is writing just now, as those may be its own.
        """
        if not self.rows("SELECT 1 FROM pending LIMIT 1"):
            return []
        wait = self.rows("PRAGMA busy_timeout")[0][0]
        removed = []
        try:
            self.connection.execute("PRAGMA busy_timeout = 0")
            with self.writing() as write:
                names = write.execute("SELECT name FROM pending WHERE name NOT IN (SELECT name FROM files)").fetchall()
                for (name,) in (row for row in names if OURS.fullmatch(row[0])):
                    path = folder / name
                    for left in (path, *path.parent.glob(f".{path.name}.*.part")):
                        if left.is_file():
                            left.unlink()
                            removed.append(left.relative_to(folder).as_posix())
                write.execute("DELETE FROM pending")
        except LibraryError:
            pass
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {wait}")
        return removed
