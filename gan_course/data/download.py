"""Fetches the official files: checked, retried, written whole, and quick to give up without a network."""

import dataclasses
import errno
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

CONNECT_SECONDS = 3.0  # a server that has not answered by now will not give the class its data in time
READ_SECONDS = 30.0
RETRIES = 2
MAX_BYTES = 1 << 29  # of one file, three times the largest: a server can send without end
_unreachable: dict[str, str] = {}  # host -> reason, so that the second load of a session does not wait again


class DownloadError(RuntimeError):
    """The official files could not be had: server error, wrong checksum, unwritable cache."""


class NoNetworkError(DownloadError):
    """The server cannot be reached from here."""


class DiskFullError(OSError):
    """There is no room for the file. Raised through: no other source would leave room either."""


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """An official file: its name, where it stands (the mirrors in order), and how to know that it is right.

    Attributes:
        name: Name of the file.
        urls: Where it stands, the mirrors in order.
        checksum: "sha256:..." or "md5:...", or "" for a file that its server packs anew from time to time.
        check: For a file without a checksum: reads the file at a path and raises ValueError if it is not right.
    """

    name: str
    urls: tuple[str, ...]
    checksum: str
    check: Callable[[Path], None] | None = None


def is_whole(path: Path, file: RemoteFile) -> bool:
    """Tells whether `path` exists and has the checksum of the official file, if there is one.

    A file without a checksum was checked before it got its name.
    """
    import pooch

    if not file.checksum:
        return path.is_file()
    algorithm, _, wanted = file.checksum.partition(":")
    return path.is_file() and pooch.file_hash(str(path), alg=algorithm) == wanted


def fetch(file: RemoteFile, folder: Path, again: bool = False) -> Path:
    """Downloads one file into `folder`, unless it already stands there whole.

    The bytes go to a temporary file that gets its name only after the checksum agreed, so an interrupted
    download is never picked up.

    Args:
        file: What to fetch.
        folder: Where to; made when missing.
        again: Also try hosts that could not be reached earlier in this process.

    Returns:
        The path of the file.

    Raises:
        NoNetworkError: No mirror can be reached.
        DownloadError: A mirror answered, but the file did not come whole, or it cannot be written.
        DiskFullError: No space left.
    """
    path = Path(folder) / file.name
    if is_whole(path, file):
        return path
    failures: list[DownloadError] = []
    for url in file.urls:
        try:
            _check_reachable(url, again)
            return _fetch_from(url, file, path)
        except DownloadError as error:
            failures.append(error)
    kind = NoNetworkError if all(isinstance(error, NoNetworkError) for error in failures) else DownloadError
    raise kind("; ".join(str(error) for error in failures)) from failures[-1]


def _fetch_from(url: str, file: RemoteFile, path: Path) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    source = pooch.create(
        path=path.parent,
        base_url="",
        registry={file.name: file.checksum or None},
        urls={file.name: url},
        retry_if_failed=RETRIES,
    )
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    hooks = {"response": _bounded}
    fetch = pooch.HTTPDownloader(progressbar=True, chunk_size=1 << 16, timeout=timeout, hooks=hooks)

    def downloader(url: str, part: str, manager) -> None:
        fetch(url, part, manager)
        if file.check:
            file.check(Path(part))  # Here the file has a temporary name still.

    print(f"gan_tf: downloading {file.name} from {urlsplit(url).netloc}")
    try:
        return Path(source.fetch(file.name, downloader=downloader))
    except (requests.ConnectionError, requests.Timeout) as error:
        raise NoNetworkError(f"the connection to {urlsplit(url).netloc} broke ({type(error).__name__})") from error
    except requests.RequestException as error:
        raise DownloadError(f"{url} could not be fetched: {error}") from error
    except ValueError as error:  # pooch's word for a wrong checksum, and that of `check`
        reason = str(error) if file.check else "its checksum differs"
        raise DownloadError(f"{url} did not deliver the official file: {reason}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                error.errno,
                f"no space left for {file.name} in {path.parent}; make room, or set GAN_TF_CACHE to a "
                "folder on another disk",
            ) from error
        raise DownloadError(f"{file.name} cannot be written to {path.parent}: {error.strerror}") from error


def _bounded(response, **_) -> None:
    """Lets a response of requests end with an error where it grows too large, whatever size it announced."""
    chunks = response.iter_content

    def iter_content(*arguments, **options):
        left = MAX_BYTES
        for chunk in chunks(*arguments, **options):
            left -= len(chunk)
            if left < 0:
                raise DownloadError(f"{response.url} sent more than {MAX_BYTES:,} bytes; no official file is so large")
            yield chunk

    response.iter_content = iter_content


def _check_reachable(url: str, again: bool) -> None:
    """Asks the server for a sign of life, within seconds also where name lookup itself hangs."""
    host = urlsplit(url).netloc
    if host in _unreachable and not again:
        raise NoNetworkError(_unreachable[host])
    outcome: list[Exception | None] = []

    def probe():
        try:
            _head(url)
            outcome.append(None)
        except Exception as error:
            outcome.append(error)

    # Name lookup has no time limit of its own, hence the thread; a daemon, so that it never holds up the exit.
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    if outcome == [None]:
        _unreachable.pop(host, None)
        return
    reason = f"no connection to {host}"
    _unreachable[host] = reason
    raise NoNetworkError(reason) from (outcome[0] if outcome else None)


def _head(url: str) -> None:
    import requests

    requests.head(url, timeout=CONNECT_SECONDS, allow_redirects=True)
