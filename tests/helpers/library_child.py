"""Run by test_library_crash.py in a process of its own: fills libraries in forked children and kills these.

    python -m tests.helpers.library_child FOLDER kill|together

It imports the package once; the children, forked before TensorFlow has computed anything, need NumPy and SQLite alone.
"""

import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path

import numpy as np
from tests.helpers import tiny_library as toys

from gan_course import library as lib
from gan_course.library import catalogue, storage

N, PER_CLASS, BATCH = 90, 12, 6


def fill(folder, log):
    maker = toys.maker("image")

    def look(samples):
        with open(log, "a") as file:
            file.write(f"{len(samples)}\n")
        time.sleep(0.004)
        return toys.look(samples)

    with lib.Library(folder) as library:
        scorer = lib.Scorer(look, space="toys", limit=0.05)
        return library.fill(maker, scorer, N, PER_CLASS, batch_size=BATCH, confidence=0.2, progress=False)


def forked(function, *arguments):
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        function(*arguments)
        code = 0
    finally:
        os._exit(code)


def named_files_are_there(folder):
    """Straight from SQLite, as the killed process left it: nobody has tidied up yet."""
    connection = sqlite3.connect(folder / catalogue.NAME)
    rows = connection.execute("SELECT name, sha256 FROM files").fetchall() if _has_tables(connection) else []
    connection.close()
    for name, wanted in rows:
        assert storage.checksum(folder / name)[0] == wanted, name
    return len(rows)


def _has_tables(connection):
    return connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'files'").fetchone()[0]


def contents(folder):
    with lib.Library(folder) as library:
        assert not any(library.check()[1:]), library.check()
        for table in ("candidates", "pending"):
            assert not library.catalogue.rows(f"SELECT 1 FROM {table}")
        return sorted((item.key, item.digest) for item in library.find(limit=None))


def kill(folder):
    random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    began = time.perf_counter()
    assert os.waitstatus_to_exitcode(os.waitpid(forked(fill, folder / "whole", folder / "log_whole"), 0)[1]) == 0
    usual = time.perf_counter() - began
    kills, seen = 0, set()
    while True:
        child = forked(fill, folder / "killed", folder / "log")
        # Early at first: on a machine that was busy before, all is done sooner than the first time.
        time.sleep(random.uniform(0.02, (0.5 if kills > 1 else 0.1) * usual))
        os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if (folder / "killed" / catalogue.NAME).exists():
            seen.add(named_files_are_there(folder / "killed"))
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
        assert kills < 200, "it does not get on"
    assert contents(folder / "killed") == contents(folder / "whole")
    calls = [int(line) for line in (folder / "log").read_text().split()]
    # A killed process loses at most the batch that it was scoring.
    assert N <= sum(calls) <= N + BATCH * kills, (sum(calls), kills)
    print(f"killed {kills} times, with {sorted(seen)} files")
    assert kills >= 2


def together(folder):
    def add(first, last):
        with lib.Library(folder / "shared") as library:
            maker = toys.maker()
            found = lib.Candidates(maker, maker.latents(30, 0), maker.labels(30), None, 0)
            library.add(found, np.arange(first, last), chunk=5)

    children = [forked(add, *part) for part in ((0, 20), (10, 30), (5, 25))]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    assert len(contents(folder / "shared")) == 30
    print("three writers, 30 items")


if __name__ == "__main__":
    {"kill": kill, "together": together}[sys.argv[2]](Path(sys.argv[1]))
