"""Where files live: shipped assets, downloads, outputs, runs."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE.parent


def _in_checkout() -> bool:
    return (_ROOT / "pyproject.toml").is_file() and (_ROOT / "data").is_dir()


def assets() -> Path:
    """The folder with ``embedded/`` and ``pretrained/``: ``data/`` in a checkout, else ``gan_course/_assets``."""
    return _ROOT / "data" if _in_checkout() else _PACKAGE / "_assets"


def cache() -> Path:
    """The folder for downloads and measurements.

    ``$GAN_TF_CACHE`` if set, else ``data/cache`` in a checkout, else the user's cache folder. It may not exist yet.
    """
    chosen = os.environ.get("GAN_TF_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if _in_checkout():
        return _ROOT / "data" / "cache"
    import pooch

    return Path(pooch.os_cache("gan_tf"))


def outputs() -> Path:
    """The folder for pictures, sounds and clips that a lesson leaves: ``$GAN_TF_OUTPUTS``, else ``outputs/``.

    Raises:
        PermissionError: nothing can be written there.
    """
    return _made("GAN_TF_OUTPUTS", "outputs")


def runs() -> Path:
    """The folder for checkpoints of running trainings: ``$GAN_TF_RUNS``, else ``runs/``.

    Whoever shares a checkout with others sets the variable, since a training goes on from the checkpoints found there.

    Raises:
        PermissionError: nothing can be written there.
    """
    return _made("GAN_TF_RUNS", "runs")


def _made(variable: str, name: str) -> Path:
    base = _ROOT if _in_checkout() else Path.cwd()
    folder = Path(os.environ.get(variable) or base / name).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise OSError("no right to write there")
    except OSError as error:
        raise PermissionError(
            f"{folder}: got {error.strerror or error}, expected a folder to write to; set GAN_TF_OUTPUTS and "
            "GAN_TF_RUNS to folders of your own before Python starts"
        ) from error
    return folder
