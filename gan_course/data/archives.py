"""Reading files straight from a tar archive: nothing is unpacked to the disk."""

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from gan_course.data.dataset import DataError, listed

MAX_UNPACKED = 1 << 28  # 256 MB: CIFAR-10 unpacks to 184, and small archives can unpack to any size


class _Bounded:
    """The bytes of a stream, up to a limit."""

    def __init__(self, stream: BinaryIO, archive: Path):
        self._stream, self._archive, self._left = stream, archive, MAX_UNPACKED

    def read(self, size: int) -> bytes:
        block = self._stream.read(min(size, self._left + 1))  # A damaged header can ask for any size.
        self._left -= len(block)
        if self._left < 0:
            raise DataError(f"{self._archive} unpacks to more than {MAX_UNPACKED:,} bytes; delete it, it is not ours")
        return block


def members(archive: Path, names: Iterable[str], fits: Callable[[int], bool], size: str) -> dict[str, bytes]:
    """Reads some files of a ``.tar.gz`` in one pass, up to its end, where gzip's own sum is checked.

    Args:
        archive: The archive.
        names: The files wanted, with their folders.
        fits: Tells whether a number of bytes is right; asked before anything is read.
        size: What error messages say is right, such as "30,730,000 bytes".

    Returns:
        Name to content, in the order of the archive.

    Raises:
        DataError: The archive is damaged or unpacks to too much; or a file is missing, there twice, or no plain file of
            the right size.
    """
    wanted = set(names)
    found: dict[str, bytes] = {}
    try:
        # Read strictly forwards, "r|": no entry can lead back into what was counted.
        with gzip.open(archive) as packed, tarfile.open(fileobj=_Bounded(packed, archive), mode="r|") as tar:
            for member in tar:
                if member.name not in wanted:
                    continue
                if not member.isreg() or not fits(member.size):
                    raise DataError(f"{archive}: {member.name} is no file of {size}")
                if member.name in found:
                    raise DataError(f"{archive}: {member.name} is there twice")
                found[member.name] = tar.extractfile(member).read()
            while tar.fileobj.read(1 << 20):  # tarfile stops before gzip's sum, so a cut there would pass
                pass
    except DataError:
        raise
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise DataError(f"{archive} cannot be read ({error}); delete it and it is fetched again") from error
    if missing := sorted(wanted - found.keys()):
        raise DataError(f"{archive} lacks {listed(missing)}")
    return found
