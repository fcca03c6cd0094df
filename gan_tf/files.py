"""Files that are written whole or not at all, and named arrays in one file."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save


@contextmanager
def written_whole(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary path that moves to ``path`` if the block ends without an error, else an earlier file stays there."""
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


class ArraysError(ValueError):
    """A file of arrays that is missing, damaged or not one of ours, or arrays that do not fit a net."""


def _checksum(arrays: Mapping[str, np.ndarray], meta: Any) -> str:
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        # bfloat16, for example, would be written, but NumPy cannot read it.
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8 or not array.dtype.isnative:
            raise ArraysError(f"arrays[{name!r}]: got dtype {array.dtype}, expected numbers or booleans")
        if name == "__metadata__":
            raise ArraysError(f"arrays: got {name!r}, a name that the format reserves")
        digest.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def save_arrays(path: str | os.PathLike, arrays: Mapping[str, Any], meta: Mapping[str, Any] | None = None) -> Path:
    """Write arrays of numbers, and ``meta``, which JSON can hold, to a ``.safetensors`` file, :func:`written_whole`."""
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    meta = json.loads(json.dumps(meta or {}))  # As it will be read: the checksum is of that.
    text = json.dumps({"meta": meta, "sha256": _checksum(arrays, meta)})
    with written_whole(path) as part:
        part.write_bytes(save(arrays, {"gan_tf": text}))
    return Path(path)


def load_arrays(path: str | os.PathLike) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what :func:`save_arrays` wrote. ArraysError says if it is missing, truncated, damaged or of another kind."""
    if not Path(path).is_file():
        raise ArraysError(f"{path}: no such file")
    try:
        with safe_open(path, "numpy") as file:
            text = (file.metadata() or {}).get("gan_tf")
            arrays = {name: file.get_tensor(name) for name in file.keys()} if text else {}
        meta, stored = (json.loads(text)[key] for key in ("meta", "sha256")) if text else (None, None)
        if text and (_checksum(arrays, meta) != stored or not isinstance(meta, dict)):
            raise ValueError("its checksum is wrong")
    except Exception as error:  # Of many kinds: the library's own, the system's, those of JSON.
        raise ArraysError(f"{path}: damaged, or not a .safetensors file ({error})") from error
    if not text:
        raise ArraysError(f"{path}: a .safetensors file, but not one that gan_tf wrote")
    return arrays, meta
