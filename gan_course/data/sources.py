"""Where the files of a set come from: your folder, the cache, the official download, or nowhere."""

import os
from pathlib import Path

from gan_course.data import download
from gan_course.data.dataset import Card, DataError, listed
from gan_tf.checks import one_of

CHOICES = ("auto", "embedded", "real")
_announced: set[str] = set()


def choice(source: str | None) -> str:
    """Returns "auto", "embedded" or "real": the argument, else $GAN_TF_DATA_SOURCE, else "auto".

    Raises:
        ValueError: It is none of these.
    """
    wanted, where = (source, "source") if source is not None else (_environment(), "GAN_TF_DATA_SOURCE")
    return one_of(where, wanted, CHOICES)


def _environment() -> str:
    return os.environ.get("GAN_TF_DATA_SOURCE", "").strip() or "auto"


def find(
    card: Card,
    files: tuple[download.RemoteFile, ...],
    source: str | None,
    folder: str = "",
    names: tuple[str, ...] = (),
) -> tuple[str, list[Path]]:
    """Finds the files of a set, in this order: $GAN_TF_DATA, the cache, the official download.

    Args:
        card: Whose files.
        files: The official files that are needed.
        source: As in `gan_course.data.load`.
        folder: Where local files lie under $GAN_TF_DATA; by default in a folder of the card's name.
        names: The local files; by default those of `files`. Each may be unpacked, without its ".gz".

    Returns:
        ("local", the paths in the order of `names`), or ("download", the paths in the order of `files`), or
        ("embedded", []) after one line on stdout that names the stand-in.

    Raises:
        DataError: The local folder is incomplete, or `source` is "real" and the files cannot be had.
        DiskFullError: There is no room for the download.
    """
    from gan_course import paths

    wanted = choice(source)
    if wanted == "embedded":
        _announce(card, "as asked")
        return "embedded", []
    local = local_files(folder or card.name, names or tuple(file.name for file in files))
    if local:
        return "local", local
    cache = Path(paths.cache()) / card.name
    try:
        return "download", [download.fetch(file, cache, again=wanted == "real") for file in files]
    except download.DownloadError as error:
        if wanted == "real":
            raise DataError(
                f"source='real', but {card.title} is not here and cannot be downloaded: {error}. {_how(card)}"
            ) from error
        _announce(card, str(error))
        return "embedded", []


def local_files(name: str, files: tuple[str, ...]) -> list[Path]:
    root = os.environ.get("GAN_TF_DATA", "").strip()
    if not root:
        return []
    if not Path(root).is_dir():
        raise DataError(f"GAN_TF_DATA: got {root!r}, expected a folder")
    folder = Path(root) / name
    found: list[Path] = []
    missing: list[str] = []
    for file in files:
        names = dict.fromkeys((file, file.removesuffix(".gz")))
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path:
            found.append(path)
        else:
            missing.append(file)
    if found and missing:
        raise DataError(f"{folder} is incomplete: {listed(missing)} missing (packed files may lack their '.gz')")
    return found


def _how(card: Card) -> str:
    return f"For the real set connect once to the internet, or put its files into {card.layout}"


def _announce(card: Card, reason: str) -> None:
    if card.name in _announced:
        return
    _announced.add(card.name)
    print(f"gan_tf: EMBEDDED STAND-IN, not {card.title} ({reason}): {card.stand_in}. {_how(card)}.", flush=True)
