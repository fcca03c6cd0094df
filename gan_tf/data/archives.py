"""Reading files straight from a tar archive: nothing is unpacked to the disk."""

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from gan_tf.data.dataset import DataError, listed


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
        DataError: The archive is damaged, a file is missing, or one is no plain file of the right size.
    """
    wanted = set(names)
    found: dict[str, bytes] = {}
    try:
        with gzip.open(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            for member in tar:
                if member.name not in wanted:
                    continue
                if not member.isreg() or not fits(member.size):
                    raise DataError(f"{archive}: {member.name} is no file of {size}")
                found[member.name] = tar.extractfile(member).read()
            while stream.read(1 << 20):  # tarfile stops before gzip's sum, so a cut there would pass
                pass
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DataError(f"{archive} cannot be read ({error}); delete it and it is fetched again") from error
    if missing := sorted(wanted - found.keys()):
        raise DataError(f"{archive} lacks {listed(missing)}")
    return found
