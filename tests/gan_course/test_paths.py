"""Where files live: in a checkout, once installed, and where the environment says."""

import os
from pathlib import Path

import pytest

from gan_course import paths


def test_assets_are_here():
    assert (paths.assets() / "embedded").is_dir() and (paths.assets() / "pretrained").is_dir()


@pytest.mark.parametrize(
    ("variable", "folder", "made"),
    [
        ("GAN_TF_CACHE", paths.cache, False),
        ("GAN_TF_OUTPUTS", paths.outputs, True),
        ("GAN_TF_RUNS", paths.runs, True),
    ],
)
def test_folders_can_be_chosen(tmp_path, monkeypatch, variable, folder, made):
    monkeypatch.setenv(variable, str(tmp_path / "there" / "below"))
    assert folder() == tmp_path / "there" / "below" and folder().is_dir() == made


def test_an_installed_package_keeps_its_files_elsewhere(tmp_path, monkeypatch):
    for variable in ("GAN_TF_CACHE", "GAN_TF_RUNS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(paths, "_ROOT", tmp_path / "site-packages")
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "site-packages" / "gan_course")
    monkeypatch.chdir(tmp_path)
    assert paths.assets() == tmp_path / "site-packages" / "gan_course" / "_assets"
    assert paths.runs() == tmp_path / "runs"
    assert "site-packages" not in str(paths.cache()) and paths.cache().name == "gan_tf"


@pytest.mark.parametrize("folder", [paths.outputs, paths.runs])
def test_a_folder_of_somebody_else_is_refused_with_the_way_out(tmp_path, monkeypatch, folder):
    """A checkout of the teacher's: the folder cannot be made, or is there and cannot be written."""
    for variable in ("GAN_TF_OUTPUTS", "GAN_TF_RUNS"):
        monkeypatch.setenv(variable, str(tmp_path / "there"))
    says = r"there: got .*, expected a folder to write to; set GAN_TF_OUTPUTS and GAN_TF_RUNS"
    with monkeypatch.context() as patch, pytest.raises(PermissionError, match=says):
        patch.setattr(Path, "mkdir", lambda *_, **__: os.open("/", os.O_WRONLY))  # as read-only disks do, an OSError
        folder()
    with monkeypatch.context() as patch, pytest.raises(PermissionError, match=says):
        patch.setattr(os, "access", lambda *_: False)
        folder()
    assert folder() == tmp_path / "there"
