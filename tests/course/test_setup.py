"""What an installation stands on: the lists of packages agree, `make` calls run.py, the wheel is whole."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import check_python

ROOT = Path(__file__).resolve().parents[2]


def _requirements(name: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and line != "-e ."]


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_requirements_and_pyproject_list_the_same() -> None:
    extras = _project()["optional-dependencies"]
    listed = [Requirement(line) for line in [*_project()["dependencies"], *extras["notebooks"], *extras["dev"]]]
    assert {str(one) for one in listed} == {str(one) for one in _requirements("requirements.txt")}
    assert len(listed) == len(set(listed))


def test_every_requirement_has_a_lower_bound_and_is_pinned() -> None:
    pins = {(pin.name, str(pin.specifier)) for pin in _requirements("constraints.txt")}
    for requirement in _requirements("requirements.txt"):
        assert any(part.operator == ">=" for part in requirement.specifier), requirement
        pinned = [version for name, version in pins if name == requirement.name]
        assert any(version.removeprefix("==") in requirement.specifier for version in pinned), requirement


def test_constraints_only_pin() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+( ; .+)?", line), line
    assert not re.search(r"://|--|(?<!\w)/", (ROOT / "constraints.txt").read_text(encoding="utf-8"))


def test_installed_versions_are_the_pinned_ones() -> None:
    different = []
    for pin in _requirements("constraints.txt"):
        if pin.marker is None or pin.marker.evaluate():
            try:
                installed = importlib.metadata.version(pin.name)
            except importlib.metadata.PackageNotFoundError:
                continue  # of an extra, such as NVIDIA's libraries
            if installed not in pin.specifier:
                different.append(f"{pin} pinned, {installed} installed")
    assert not different


def test_conda_and_citation_follow() -> None:
    conda = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "- -r requirements.txt" in conda and "- -c constraints.txt" in conda
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f'repository-code: "{_project()["urls"]["Repository"]}"' in citation
    assert f"license: {_project()['license']}" in citation


@pytest.mark.parametrize(
    ("version", "system", "machine", "says"),
    [
        ((3, 10), "Linux", "x86_64", "This is Python 3.10"),
        ((3, 14), "Darwin", "arm64", "You have one: make run PYTHON=python3.12"),
        ((3, 9), "Windows", "AMD64", "py -3.12 run.py"),
        ((3, 12), "Darwin", "x86_64", "Intel"),
        ((3, 11), "Linux", "aarch64", None),
        ((3, 13), "Darwin", "arm64", None),
    ],
)
def test_unsuitable_machines_are_told_why(version, system, machine, says) -> None:
    message = check_python.problem(version, system, machine, works=lambda name: name == "python3.12")
    assert (says in message) if says else message == ""


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_a_python_that_pyenv_has_not_selected_is_not_proposed(tmp_path, monkeypatch) -> None:
    for name, code in (("python3.13", 127), ("python3.11", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "You have one: make run PYTHON=python3.11" in check_python.problem((3, 9), "Linux", "x86_64")
    (tmp_path / "python3.11").unlink()
    assert "You have one" not in check_python.problem((3, 9), "Linux", "x86_64")


def test_supported_versions_agree() -> None:
    low, high = check_python.LOWEST, check_python.HIGHEST
    assert _project()["requires-python"] == f">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}"
    assert low <= sys.version_info[:2] <= high


def _make(folder: Path, *arguments: str) -> str:
    # Under `make test` this process has inherited the outer make's options.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".ready").touch()
    return tmp_path


def test_make_leaves_the_work_to_run_py(checkout: Path) -> None:
    for target in ("setup", "lab", "test", "check", "site", "handouts", "wheelhouse", "constraints"):
        said = _make(checkout, "-n", target, "PYTHON=python3")
        assert " ".join(said.split()) == f"python3 run.py {target}"
    said = _make(checkout, "-n", "run", "BUDGET=smoke", "VENV=/a b", "WHEELS=w", "PYTHON=python3.12")
    assert " ".join(said.split()) == 'python3.12 run.py --venv "/a b" --wheels "w" run --budget smoke'
    assert '--lesson "01"' in _make(checkout, "-n", "renew", "LESSON=01")


def test_clean_keeps_downloads_and_sources(checkout: Path) -> None:
    made, kept = (
        ("outputs/grid.png", "runs/mnist/last.safetensors", "gan_tf/__pycache__/a.pyc"),
        ("data/cache/x", "gan_tf/a.py", "my/01.ipynb"),
    )
    for name in (*made, *kept):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    _make(checkout, "clean")
    assert not [name for name in made if (checkout / name).exists()]
    assert all((checkout / name).exists() for name in (*kept, ".venv/.ready"))
    _make(checkout, "distclean")
    assert (checkout / "my/01.ipynb").exists() and not (checkout / ".venv").exists()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_both_packages_and_the_assets(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"gan_tf/__init__.py", "gan_tf/steps.py", "gan_course/__init__.py", "gan_course/data/__init__.py"} <= names
    for folder in ("pretrained", "embedded"):
        listed = subprocess.run(["git", "ls-files", f"data/{folder}"], cwd=ROOT, capture_output=True, text=True)
        for path in listed.stdout.split():
            assert path.replace("data/", "gan_course/_assets/", 1) in names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"gan_tf", "gan_course"}


# Under -I Python sees neither the working folder nor PYTHONPATH. -S leaves out site-packages, and with them the .pth
# file through which the editable installation finds the checkout.
SAMPLES = """
import sys
wheel, checkout, *packages = sys.argv[1:]
sys.path[:0] = [wheel, *packages]

import gan_course, gan_tf
import numpy as np
from gan_course import pretrained

for package in (gan_course, gan_tf):
    assert package.__file__.startswith(wheel), package.__file__
for name in pretrained.names():
    sample = pretrained.sample(name, 1)
    assert sample.dtype == np.float32 and len(sample) == 1 and np.isfinite(sample).all(), name
for name in pretrained.TRANSLATORS:
    translator = pretrained.translator(name)
    given, wanted = (end[0].shape[1:] for end in (translator.generator.inputs, translator.generator.outputs))
    labels = np.zeros(1, int) if len(translator.generator.inputs) == 2 else None
    made = translator(np.zeros((1, *given), np.float32), labels)
    assert made.shape == (1, *wanted) and np.isfinite(made).all(), name
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
assert not [file for file in files if file.startswith(checkout)]
print("sampled", len(pretrained.names()), len(pretrained.TRANSLATORS))
"""


def test_an_installed_wheel_samples_every_shipped_net(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    packages = [path for path in sys.path if path.endswith("site-packages")]
    command = [sys.executable, "-I", "-S", "-c", SAMPLES, str(tmp_path / "installed"), f"{ROOT}/gan_", *packages]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sampled ")
