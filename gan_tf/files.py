"""Files that are written whole or not at all, and named arrays in one file."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


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


_META = "__meta__"
# In the description: how many arrays there are, since damage to the directory of a ZIP can hide some.
_COUNT = "__arrays__"
_NUMBERS = "biufc"  # NumPy's kinds of what we keep: booleans, whole, real and complex numbers.
_RESERVED = (_META, "file", "allow_pickle")  # The last two are arguments of numpy.savez.


class ArraysError(ValueError):
    """A file of arrays that is missing, damaged, or not one of ours."""


def save_arrays(
    path: str | os.PathLike, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any] | None = None
) -> Path:
    """Write arrays and a small description to ``path``, whole or not at all.

    Args:
        path: target file; its folder is made if needed.
        arrays: name to array, of numbers or booleans.
        meta: anything that JSON can hold.

    Raises:
        ArraysError: an array holds no plain numbers, or a name is reserved.
        OSError: the disk is full or not writable; an earlier file at ``path`` is then still there, unchanged.
    """
    path = Path(path)
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        # Objects would be pickled; texts and bfloat16 would come back as something else.
        if array.dtype.kind not in _NUMBERS:
            raise ArraysError(f"arrays[{name!r}]: got dtype {array.dtype}, expected numbers or booleans")
        if name in _RESERVED:
            raise ArraysError(f"arrays: the name {name!r} is reserved")
    text = json.dumps({**(meta or {}), _COUNT: len(arrays)}, sort_keys=True)
    text = np.frombuffer(text.encode(), np.uint8)
    with written_whole(path) as part, open(part, "wb") as file:
        np.savez(file, allow_pickle=False, **{_META: text}, **arrays)
    return path


def load_arrays(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read a file that :func:`save_arrays` wrote.

    Returns:
        The arrays by name, and the description.

    Raises:
        ArraysError: no such file, a truncated or damaged one, or one of another kind; the message says which.
    """
    path = Path(path)
    if not path.is_file():
        raise ArraysError(f"{path}: no such file")
    try:
        _check_sizes(path)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        meta = json.loads(arrays.pop(_META).tobytes().decode())
        if meta.pop(_COUNT, len(arrays)) != len(arrays):
            raise ValueError("some arrays are missing")
        if wrong := [name for name, array in arrays.items() if array.dtype.kind not in _NUMBERS]:
            raise ValueError(f"{wrong[0]} holds no numbers")
    except KeyError:
        raise ArraysError(f"{path}: an .npz file, but not one that gan_tf wrote (it has no description)") from None
    except Exception as error:  # NumPy reads headers with Python's parser, which raises errors of many kinds.
        raise ArraysError(f"{path}: damaged, or not a file of arrays ({error})") from error
    return arrays, meta


def _check_sizes(path: Path) -> None:
    """Refuse what would unpack to more bytes than the file has. We store arrays as they are, so none of ours does."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise ValueError("it is compressed")
    if sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise ValueError("its parts are larger than the whole")
    if len({entry.filename for entry in entries}) != len(entries):
        raise ValueError("two parts have one name")
