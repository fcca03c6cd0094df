"""run.py and tools/environment.py, with a pip that only pretends; tools/trial_install.py does the same in earnest."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

import check_python
import environment
import notebook_copies
from environment import Trouble, prepare

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the pretended environment is one of POSIX")


class Machine:
    """Stands for venv and pip: records what is run, does what an environment shows of it, and fails where told."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fails = ""
        self.killed_at = -1

    def run(self, command: list[str], quiet: bool = False, **options) -> subprocess.CompletedProcess:
        line = " ".join(command[1:])
        if "print(*sys.version_info" in line:
            return subprocess.run(command, text=True, stdout=subprocess.PIPE)
        self.ran.append(line)
        if len(self.ran) == self.killed_at:
            raise KeyboardInterrupt
        if "venv" in command:
            self.venv(Path(command[-1]))
        failed = bool(self.fails) and self.fails in line
        return subprocess.CompletedProcess(command, int(failed), "one line\nthe last line\n")

    def venv(self, folder: Path, answer: str = "3 12") -> None:
        python = folder / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(f"#!/bin/sh\necho {answer}\n", encoding="utf-8")
        python.chmod(0o755)
        (folder / "pyvenv.cfg").touch()

    def count(self, part: str) -> int:
        return sum(part in line for line in self.ran)


@pytest.fixture
def machine(monkeypatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(environment, "_run", made.run)
    monkeypatch.delenv("MAKELEVEL", raising=False)
    return made


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return _checkout(tmp_path / "course")


def _checkout(folder: Path) -> Path:
    folder.mkdir()
    for name in environment.LISTS:
        shutil.copy(ROOT / name, folder)
    return folder


INSTALL = "-m pip install -r requirements.txt -c constraints.txt"


def test_the_path_of_python() -> None:
    windows = environment.python_in(PureWindowsPath("C:\\course\\.venv"), windows=True)
    assert str(windows) == "C:\\course\\.venv\\Scripts\\python.exe"
    assert str(environment.python_in(PurePosixPath("/course/.venv"), windows=False)) == "/course/.venv/bin/python"


def test_it_installs_once_and_again_when_a_list_changes(machine, checkout) -> None:
    assert prepare(checkout / ".venv", root=checkout)
    assert machine.count("-m venv") == machine.count(INSTALL) == machine.count(environment.IMPORTS) == 1
    assert (
        not prepare(checkout / ".venv", root=checkout) and machine.count("pip") == 2
    )  # the probe and the installation
    with (checkout / "constraints.txt").open("a") as file:
        file.write("more==1\n")
    assert prepare(checkout / ".venv", root=checkout)
    assert machine.count("-m venv") == 1 and machine.count(INSTALL) == 2


@pytest.mark.parametrize("killed_at", range(1, 5))
def test_a_killed_installation_is_begun_anew(machine, checkout, killed_at) -> None:
    machine.killed_at = killed_at  # 1 venv, 2 the probe, 3 pip, 4 the imports
    with pytest.raises(KeyboardInterrupt):
        prepare(checkout / ".venv", root=checkout)
    (checkout / ".venv" / "half").touch()
    machine.killed_at, machine.ran = -1, []
    assert prepare(checkout / ".venv", root=checkout)
    assert machine.count("-m venv") == machine.count(INSTALL) == machine.count(environment.IMPORTS) == 1
    assert not (checkout / ".venv" / "half").exists() and not prepare(checkout / ".venv", root=checkout)


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        ("--dry-run", "pip reaches no package index. Without a network: python run.py setup --wheels FOLDER"),
        (INSTALL, "did not finish"),
        (environment.IMPORTS, "do not import: the last line"),
        ("-m venv", "No virtual environment could be made: the last line"),
    ],
)
def test_what_fails_is_said_in_a_sentence(machine, checkout, fails, says) -> None:
    machine.fails = fails
    for _ in range(2):  # no half installation passes for a whole one
        with pytest.raises(Trouble) as trouble:
            prepare(checkout / ".venv", root=checkout)
        assert says in str(trouble.value) and "\n" not in str(trouble.value)


def test_without_network_a_working_environment_is_left_alone(machine, checkout) -> None:
    prepare(checkout / ".venv", root=checkout)
    (checkout / "constraints.txt").write_text("more==1\n")
    machine.fails = "--dry-run"
    with pytest.raises(Trouble):
        prepare(checkout / ".venv", root=checkout)
    assert not (checkout / ".venv" / "unfinished").exists()


def test_packages_from_a_folder(machine, checkout, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MAKELEVEL", "1")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with pytest.raises(Trouble, match=r"no packages there.*make wheelhouse"):
        prepare(checkout / ".venv", wheels, root=checkout)
    (wheels / "a.whl").touch()
    machine.fails = "--dry-run"
    with pytest.raises(Trouble, match="no TensorFlow for this system"):
        prepare(checkout / ".venv", wheels, root=checkout)
    machine.fails, machine.ran = "", []
    prepare(checkout / ".venv", wheels, root=checkout)
    assert machine.count(f"install --no-index --find-links {wheels} -r requirements.txt -c constraints.txt") == 1
    assert all(f"--no-index --find-links {wheels}" in line for line in machine.ran if " pip " in line)


def test_an_environment_of_ones_own_is_completed_not_deleted(machine, checkout) -> None:
    machine.venv(checkout / ".venv")
    (checkout / ".venv" / "mine").touch()
    prepare(checkout / ".venv", root=checkout)
    assert (checkout / ".venv" / "mine").exists() and machine.count("-m venv") == 0 and machine.count(INSTALL) == 1


@pytest.mark.parametrize("answer", ["3 9", "3 14", ";exit 1"])
def test_an_environment_of_an_unsuitable_python_is_made_anew(machine, checkout, answer, capsys) -> None:
    machine.venv(checkout / ".venv", answer)
    prepare(checkout / ".venv", root=checkout)
    assert machine.count("-m venv") == 1 and "made anew" in capsys.readouterr().out


def test_an_unsuitable_python_deletes_nothing(machine, checkout, monkeypatch) -> None:
    machine.venv(checkout / ".venv", "3 9")
    monkeypatch.setattr(check_python, "here", lambda: "This is Python 3.9")
    with pytest.raises(Trouble, match=r"This is Python 3\.9"):
        prepare(checkout / ".venv", root=checkout)
    assert (checkout / ".venv" / "pyvenv.cfg").exists()


def test_an_unsuitable_python_may_start_a_ready_environment(machine, checkout, monkeypatch) -> None:
    prepare(checkout / ".venv", root=checkout)
    monkeypatch.setattr(check_python, "here", lambda: "This is Python 3.9")
    assert not prepare(checkout / ".venv", root=checkout)


def test_what_is_in_the_way_is_named_and_kept(machine, checkout) -> None:
    (checkout / ".venv").write_text("notes")
    with pytest.raises(Trouble, match="is a file"):
        prepare(checkout / ".venv", root=checkout)
    (checkout / "photos").mkdir()
    (checkout / "photos" / "cat.jpg").touch()
    with pytest.raises(Trouble, match="no virtual environment: rename it"):
        prepare(checkout / "photos", root=checkout)
    assert (checkout / "photos" / "cat.jpg").exists() and (checkout / ".venv").read_text() == "notes"


def test_a_folder_that_cannot_be_written(machine, checkout, monkeypatch) -> None:
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(Trouble, match=r"\.venv: Permission denied\. For an environment elsewhere: .* --venv /a/folder"):
        prepare(checkout / ".venv", root=checkout)


SCRIPTS = {
    "jupyter": "#!{python}\nimport sys\n",
    "long": "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\nimport sys\n",
    "activate": "VIRTUAL_ENV='{folder}'\n",
    "other": "#!/bin/bash\necho {python}\n",
}


@pytest.mark.parametrize("name", ["elsewhere", "with a space"])
def test_a_moved_or_copied_folder_is_mended_without_network(machine, checkout, tmp_path, name) -> None:
    prepare(checkout / ".venv", root=checkout)
    folder = checkout / ".venv"
    for script, text in SCRIPTS.items():
        (folder / "bin" / script).write_text(text.format(python=folder / "bin" / "python", folder=folder))
    moved = tmp_path / name
    shutil.copytree(checkout, moved)
    machine.ran = []
    assert not prepare(moved / ".venv", root=moved)
    assert machine.ran == ["-m pip install --quiet --no-index --no-deps --no-build-isolation -e ."]
    folder = moved / ".venv"
    written = {script: (folder / "bin" / script).read_text() for script in SCRIPTS}
    kind = "long" if " " in name else "jupyter"
    expected = SCRIPTS[kind].format(python=folder / "bin" / "python")
    assert written["jupyter"] == written["long"] == expected
    assert written["activate"] == f"VIRTUAL_ENV='{folder}'\n" and str(checkout) in written["other"]
    machine.ran = []
    assert not prepare(folder, root=moved) and not prepare(checkout / ".venv", root=checkout) and machine.ran == []


def test_one_environment_for_several_checkouts(machine, checkout, tmp_path) -> None:
    shared, other = tmp_path / "shared", _checkout(tmp_path / "student")
    prepare(shared, root=checkout)
    machine.ran = []
    assert not prepare(shared, root=other) and machine.ran == []
    assert environment.variables(shared, other)["PYTHONPATH"].split(os.pathsep)[0] == str(other)
    assert environment.variables(shared, checkout).get("PYTHONPATH") == os.environ.get("PYTHONPATH")
    shared.rename(tmp_path / "moved")
    assert not prepare(tmp_path / "moved", root=other) and machine.ran == []
    assert environment.variables(tmp_path / "moved", other)["PYTHONPATH"].split(os.pathsep)[0] == str(other)


def test_a_user_without_home_gets_one(monkeypatch, checkout) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert environment.variables(checkout / ".venv", checkout)["HOME"].endswith("gan-course-12345")


@pytest.fixture
def command(monkeypatch):
    """Calls run.py's ``main`` and returns what it would start, without Python."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", list(sys.path))  # run.py adds tools/
    spec = importlib.util.spec_from_file_location("run_py", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(environment, "prepare", lambda folder, wheels=None: False)
    started = []
    monkeypatch.setattr(module.subprocess, "call", lambda line, env: started.append(line[1:]) or 0)
    monkeypatch.setattr(module, "_become", lambda line, variables: started.append(line[1:]) or 0)

    def call(*arguments: str) -> list[list[str]]:
        started.clear()
        assert module.main(list(arguments)) == 0
        return list(started)

    call.module = module
    return call


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_lab_opens_copies_and_lets_root_in(command, monkeypatch, capsys, user, allowed) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    copies, lab = command("lab", "--no-browser")
    assert copies == ["tools/notebook_copies.py"] and "--LabApp.default_url=/lab/tree/my" in lab
    assert ("--allow-root" in lab) == ("You are root" in capsys.readouterr().out) == allowed and "--no-browser" in lab


def test_commands(command, monkeypatch) -> None:
    assert command() == [["tools/notebooks.py", "run", "notebooks/01_mnist_dense_gan.ipynb", "--budget", "cpu"]]
    assert command("test", "-x")[0][-2:] == ["--ignore=tests/gpu", "-x"] and len(command("test", "-x")) == 1
    assert command("test")[-1] == ["-m", "pytest", "tests/gpu", "-q"]
    assert command("check")[-1] == ["-m", "pytest", "tests/course", "-m", "committed"]
    assert command("renew", "--lesson", "01") == [["tools/notebook_copies.py", "--renew", "--lesson", "01"]]
    assert command("python", "a.py", "--budget", "7") == [["a.py", "--budget", "7"]]
    packages = [".[notebooks,dev]", "-c", "constraints.txt"]  # `-e .` would pack the whole checkout, .venv included
    assert command("wheelhouse", "--wheels", "w") == [["-m", "pip", "download", *packages, "--dest", str(ROOT / "w")]]


def test_trouble_ends_the_command_with_its_sentence(command, monkeypatch) -> None:
    def trouble(folder, wheels=None):
        assert folder == Path.home() / "env"
        raise Trouble("a sentence")

    monkeypatch.setattr(environment, "prepare", trouble)
    assert command.module.main(["test", "--venv", "~/env"]) == "a sentence"


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    (tmp_path / "notebooks" / "solutions").mkdir(parents=True)
    (tmp_path / "notebooks" / "00_ring.ipynb").write_text('"[next](01_a.ipynb) [All](../README.md)"')
    (tmp_path / "notebooks" / "solutions" / "00_ring.ipynb").write_text('"[All](../../README.md#lessons)"')
    (tmp_path / "README.md").write_text(
        '[a](notebooks/00_ring.ipynb) [b](data/README.md) <img src="docs/a.png"> [c](https://x.org/y) [d](#lessons)'
    )
    return tmp_path


def test_copies_link_to_copies(lessons) -> None:
    notebook_copies.copy(lessons)
    mine = lessons / "my"
    assert (mine / "00_ring.ipynb").read_text() == '"[next](01_a.ipynb) [All](README.md)"'
    assert (mine / "solutions" / "00_ring.ipynb").read_text() == '"[All](../README.md#lessons)"'
    assert (mine / "README.md").read_text() == (
        '[a](00_ring.ipynb) [b](../data/README.md) <img src="../docs/a.png"> [c](https://x.org/y) [d](#lessons)'
    )


def test_nothing_that_a_student_wrote_is_lost(lessons) -> None:
    notebook_copies.copy(lessons)
    mine = lessons / "my" / "00_ring.ipynb"
    for number in (1, 2):
        mine.write_text(f"mine {number}")
        assert notebook_copies.copy(lessons) == [] and mine.read_text() == f"mine {number}"
        old, new = notebook_copies.copy(lessons, "00", renew=True)
        assert new == mine and old.read_text() == f"mine {number}" and "next" in new.read_text()
    assert len(list(mine.parent.glob("00_ring_old_*.ipynb"))) == 2
    assert notebook_copies.copy(lessons, renew=True) == []


def test_links_of_the_real_copies_lead_somewhere() -> None:
    for path, text in notebook_copies.contents().items():
        if path.name == "README.md":
            targets = [link[2].partition("#")[0] for link in notebook_copies._LINK.finditer(text)]
            assert targets and any(target.startswith("../docs") for target in targets)
            mine = {copy.relative_to(path.parent).as_posix() for copy in notebook_copies.contents()}
            assert [one for one in targets if one not in mine and not (ROOT / "notebooks" / one).exists()] == []
