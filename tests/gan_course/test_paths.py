"""Where files live: in a checkout, once installed, and where the environment says."""

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
