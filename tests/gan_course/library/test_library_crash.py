"""What a library survives: being killed, several writers, a full disk."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers import tiny_library as toys

from gan_course import library as lib
from gan_course.library import catalogue
from gan_tf import files as gan_files

ROOT = Path(__file__).parents[3]


def run(folder, what):
    command = [sys.executable, "-m", "tests.helpers.library_child", str(folder), what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_killed_half_way_it_goes_on_and_never_names_a_missing_file(tmp_path):
    assert "killed" in run(tmp_path, "kill")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_several_writers_wait_for_each_other(tmp_path):
    assert "30 items" in run(tmp_path, "together")


@pytest.fixture
def library(tmp_path):
    with lib.Library(tmp_path, wait=0.1) as opened:
        yield opened


def some(n=6):
    return lib.candidates(toys.maker(), toys.scorer(), n, 0, progress=False)


def left(library):
    return sorted(path.name for path in library.folder.rglob("*.*") if path.name != catalogue.NAME)


def test_who_waits_too_long_is_told_so(library):
    library.add(some(), [0])
    with lib.Library(library.folder, wait=0.1) as other, other.catalogue.writing():
        assert len(library) == 1  # reading goes on
        with pytest.raises(lib.LibraryError, match="another program is writing"):
            library.add(some(), [1])
    assert len(library.add(some(), [1])) == 1 and len(left(library)) == 2


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), PermissionError(13, "denied")])
def test_a_file_that_cannot_be_written_leaves_all_as_it_was(library, monkeypatch, error):
    library.add(some(), [0])
    before, calls = left(library), []

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) == 3:  # two files of the chunk are there already
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(gan_files.os, "fsync", fsync)
        wanted = "the disk is full" if error.errno == errno.ENOSPC else "cannot be written"
        with pytest.raises(lib.LibraryError, match=f"{wanted}.*unchanged"):
            library.add(some(), range(6))
    assert left(library) == before and len(library) == 1 and not any(library.check()[1:])
    assert len(library.add(some(), range(6))) == 6


def test_a_catalogue_that_cannot_grow_leaves_all_as_it_was(library):
    library.add(some(), [0])
    before = left(library)
    pages = library.catalogue.rows("PRAGMA page_count")[0][0]
    library.catalogue.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(lib.LibraryError, match="the disk is full"):
        library.add(some(400), range(400), chunk=400)
    library.catalogue.rows("PRAGMA max_page_count = 100000")
    library.catalogue.tidy(library.folder)
    assert left(library) == before and len(library) == 1 and not any(library.check()[1:])


def test_an_interrupted_choice_ends_as_an_uninterrupted_one(library, tmp_path):
    calls = []

    def failing(samples):
        calls.append(len(samples))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return toys.look(samples)

    def scorer():
        return lib.Scorer(failing, space="toys", limit=0.05)

    arguments = {"n": 40, "per_class": 5, "batch_size": 10, "confidence": 0.2, "progress": False}
    with pytest.raises(KeyboardInterrupt):
        library.fill(toys.maker(), scorer(), **arguments)
    done = library.fill(toys.maker(), scorer(), **arguments)
    assert calls == [10, 10, 10, 10, 10]  # the third batch twice, the first two once
    with lib.Library(tmp_path / "other") as other:
        usual = other.fill(toys.maker(), scorer(), **arguments)
    assert [item.key for item in done.items] == [item.key for item in usual.items] and done.counts == usual.counts
    assert done.counts["kept"] == 15 == len(library) and "15 kept" in str(done)
    again = library.fill(toys.maker(), scorer(), **arguments)
    assert len(calls) == 9 and again == done  # all of it was there


def test_only_announced_files_are_tidied_away(library):
    item = library.add(some(), [0])[0]
    mine = item.path.with_name("dot-0123456789abcdef.png")
    part = item.path.with_name(".dot-fedcba9876543210.png.7.part")
    for path in (mine, part):
        path.write_bytes(b"x")
    with library.catalogue.writing() as write:
        announced = [
            (f"images/{item.path.name}",),
            ("images/dot-fedcba9876543210.png",),
            ("images/gone-0000000000000000.png",),
        ]
        write.executemany("INSERT INTO pending VALUES (?)", announced)
    with lib.Library(library.folder) as other:
        assert item.path.exists() and mine.exists() and not part.exists()
        assert not other.catalogue.rows("SELECT 1 FROM pending")


def test_two_processes_with_the_same_job_end_with_one_result(library):
    """While one is scoring its last batch, another does the whole job."""
    arguments = {"n": 20, "per_class": 4, "batch_size": 10, "confidence": 0.2, "progress": False}
    calls = []

    def look(samples):
        calls.append(len(samples))
        if len(calls) == 2:
            with lib.Library(library.folder) as other:
                other.fill(toys.maker(), lib.Scorer(toys.look, space="toys", limit=0.05), **arguments)
        return toys.look(samples)

    done = library.fill(toys.maker(), lib.Scorer(look, space="toys", limit=0.05), **arguments)
    assert len(done.items) == len(library) == done.counts["kept"] == 12
    assert not library.catalogue.rows("SELECT 1 FROM candidates") and not any(library.check()[1:])
