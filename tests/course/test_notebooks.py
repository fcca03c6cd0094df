"""Committed notebooks keep the rules, and the tool that checks, links and executes them works."""

import base64
import io
import itertools
import re
import sys
import types
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

import notebook_links
import notebook_rules
import notebook_run
import notebooks as tool
from gan_course import show

ROOT = notebook_links.ROOT
COMMITTED = notebook_links.notebooks()
PICTURE = new_output("display_data", {"image/png": "iVBORw0KGgo="})


@pytest.mark.committed
@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.relative_to(ROOT / "notebooks").as_posix())
def test_committed_notebook_keeps_the_rules(path: Path) -> None:
    assert notebook_rules.check(path) == []


def test_every_lesson_with_exercises_has_answers() -> None:
    lessons = {path.name: path for path in COMMITTED if path.parent.name == "notebooks"}
    answers = {path.name for path in COMMITTED if path.parent.name == "solutions"}
    asking = {name for name, path in lessons.items() if "Exercises" in path.read_text(encoding="utf-8")}
    assert lessons and asking <= answers <= lessons.keys()
    assert all(notebook_links.LESSON.fullmatch(name) for name in lessons)


LESSONS = [path for path in COMMITTED if path.parent.name == "notebooks"]


@pytest.mark.committed
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_exercise_that_nobody_has_solved_is_not_right_yet(path: Path) -> None:
    """Each check of the lesson is called on its stub, and its output, as committed, says so."""
    cells = notebook_rules.code_cells(nbformat.read(path, as_version=4))
    defined = {name for cell in cells for name in re.findall(r"^def (check_\d)\(", cell.source, re.MULTILINE)}
    said = {}
    for cell in cells:
        for name in re.findall(r"^(?:print\(.*)?\b(check_\d)\(", cell.source, re.MULTILINE):
            said[name] = "".join(output.get("text", "") for output in cell.outputs)
    assert len(defined) >= 3 and said.keys() == defined
    assert [name for name, text in said.items() if "not yet" not in text or "right" in text] == []


def test_pictures_are_packed_without_a_change_of_a_pixel() -> None:
    stripes = np.tile(np.arange(256, dtype=np.uint8)[:, None, None] // 64 * 64, (1, 256, 3))
    stored, small = io.BytesIO(), io.BytesIO()
    Image.fromarray(stripes).save(stored, "PNG", compress_level=0)
    Image.fromarray(stripes[:1, :1]).save(small, "PNG", optimize=True)
    before = [base64.b64encode(stream.getvalue()).decode() for stream in (stored, small)]
    nb = new_notebook()
    nb.cells = [new_code_cell("x", outputs=[new_output("display_data", {"image/png": one}) for one in before])]
    notebook_run.pack(nb)
    after = [output["data"]["image/png"] for output in nb.cells[0].outputs]
    assert len(after[0]) < 0.1 * len(before[0]) and after[1] == before[1]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(after[0])))), stripes)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A repository of two lessons, one with answers, all in order."""
    (tmp_path / "pyproject.toml").write_text('Repository = "https://github.com/OWNER/gan-course"\n', encoding="utf-8")
    (tmp_path / "README.md").write_text("See https://github.com/OWNER/gan-course/issues\n", encoding="utf-8")
    for name, heading in (("00_ring", "00 · Ring"), ("01_digits", "01 · Digits"), ("solutions/01_digits", "Answers")):
        nb = new_notebook()
        nb.cells = [new_markdown_cell(f"# {heading}"), new_markdown_cell("Two and two"), new_code_cell("2 + 2")]
        notebook_run.write(nb, tmp_path / "notebooks" / f"{name}.ipynb")
    for path in notebook_links.notebooks(tmp_path):
        nb = nbformat.read(path, as_version=4)
        notebook_links.generate(nb, path, tmp_path)
        for count, cell in enumerate(notebook_rules.code_cells(nb), start=1):
            cell.execution_count = count
        notebook_rules.code_cells(nb)[-1].outputs = [PICTURE]
        nb.metadata["gan_tf"] = {"budget": "cpu", "source": "real", "code_hash": notebook_rules.code_hash(nb)}
        notebook_run.write(nb, path)
    return tmp_path


def _problems(course: Path, change) -> str:
    """What `check` says of lesson 01 after ``change(nb, its last code cell)``."""
    path = course / "notebooks" / "01_digits.ipynb"
    nb = nbformat.read(path, as_version=4)
    change(nb, notebook_rules.code_cells(nb)[-1])
    notebook_run.write(nb, path)
    return "\n".join(notebook_rules.check(path, course))


def test_a_notebook_in_order_has_no_problems(course: Path) -> None:
    assert [notebook_rules.check(path, course) for path in notebook_links.notebooks(course)] == [[], [], []]


def _stream(name: str, text: str) -> list:
    return [PICTURE, new_output("stream", name=name, text=text)]


@pytest.mark.parametrize(
    ("says", "change"),
    [
        ("the code has changed", lambda nb, cell: cell.update(source="2 + 3")),
        ("execution counts", lambda nb, cell: cell.update(execution_count=7)),
        ("execution counts", lambda nb, cell: cell.update(execution_count=None)),
        ("no record of the run", lambda nb, cell: nb.metadata.pop("gan_tf")),
        ("budget 'cpu'", lambda nb, cell: nb.metadata["gan_tf"].update(budget="smoke")),
        ("source 'real'", lambda nb, cell: nb.metadata["gan_tf"].update(source="embedded")),
        (
            "ended in ValueError",
            lambda nb, cell: cell.outputs.append(new_output("error", ename="ValueError", evalue="")),
        ),
        ("noise on stderr", lambda nb, cell: cell.update(outputs=_stream("stderr", "UserWarning: old"))),
        ("shows an absolute path", lambda nb, cell: cell.update(outputs=_stream("stdout", "saved /home/ann/a.png"))),
        ("absolute path", lambda nb, cell: nb.cells[3].update(source=r"Save to C:\data")),
        ("no picture", lambda nb, cell: cell.update(outputs=[])),
        ("the picture at the top", lambda nb, cell: cell.metadata.update(tags=["hero"])),
        ("a picture of", lambda nb, cell: cell.outputs[0]["data"].update({"image/png": "A" * 210_000})),
        ("MB; 2 at most", lambda nb, cell: cell.update(outputs=_stream("stdout", "x" * 2_100_000))),
        ("21 lines", lambda nb, cell: cell.update(source="\n".join(["a = 1"] * 21))),
        ("61 lines", lambda nb, cell: cell.update(source="def gan_step(x):" + "\n    a = 1" * 60)),
        ("an empty code cell", lambda nb, cell: cell.update(source="")),
        ("no prose before", lambda nb, cell: nb.cells.pop(3)),
        ("cells missing or old (navigation)", lambda nb, cell: nb.cells.pop()),
    ],
)
def test_each_broken_rule_is_named(course: Path, says: str, change) -> None:
    assert says in _problems(course, change)


@pytest.mark.parametrize("text", ["see https://example.org/home/ann", "a/home/b", "outputs/grid.png", "1/opt/2"])
def test_addresses_and_relative_paths_are_no_absolute_paths(course: Path, text: str) -> None:
    assert _problems(course, lambda nb, cell: cell.update(outputs=_stream("stdout", text))) == ""


def test_a_train_step_may_be_long(course: Path) -> None:
    for lines, refused in ((45, False), (46, True)):
        step = "def gan_step(x):" + "\n    a = 1" * (lines - 1)
        found = _problems(course, lambda nb, cell, step=step: cell.update(source=step))
        assert ("lines of code" in found) == refused


def test_prose_and_the_install_cell_do_not_change_the_hash(course: Path) -> None:
    nb = nbformat.read(course / "notebooks" / "01_digits.ipynb", as_version=4)
    before = notebook_rules.code_hash(nb)
    nb.cells[0].source = "# Another title"
    next(cell for cell in nb.cells if cell.id == notebook_links.INSTALL).source = "pass"
    assert notebook_rules.code_hash(nb) == before


def test_kept_outputs_say_which_code_made_them(course: Path) -> None:
    path = course / "notebooks" / "01_digits.ipynb"
    nb = nbformat.read(path, as_version=4)
    before, cell = nb.metadata["gan_tf"]["code_hash"], notebook_rules.code_cells(nb)[-1]
    cell.source += "\nrenamed = 1"
    nbformat.write(nb, path)
    assert any("changed" in problem for problem in notebook_rules.check(path, course))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tool, "check", lambda paths: 0)
        tool.keep([path], "a new name")
    stamp = nbformat.read(path, as_version=4).metadata["gan_tf"]
    assert stamp["kept"]["made_by"] == before != stamp["code_hash"] and stamp["kept"]["why"] == "a new name"
    assert not any("changed" in problem for problem in notebook_rules.check(path, course))


def test_a_file_that_is_no_notebook(course: Path) -> None:
    path = course / "notebooks" / "01_digits.ipynb"
    path.write_text("{", encoding="utf-8")
    assert "does not parse" in notebook_rules.check(path, course)[0]


def test_links_lead_to_neighbours_and_answers(course: Path) -> None:
    folder = course / "notebooks"
    first, second = folder / "00_ring.ipynb", folder / "01_digits.ipynb"
    assert notebook_links.navigation(first) == ("---\n[01 · Digits →](01_digits.ipynb) · [All lessons](../README.md)")
    assert notebook_links.navigation(second) == (
        "---\n[← 00 · Ring](00_ring.ipynb) · [Answers to the exercises](solutions/01_digits.ipynb)"
        " · [All lessons](../README.md)"
    )
    assert notebook_links.navigation(folder / "solutions" / "01_digits.ipynb") == (
        "---\n[← 01 · Digits](../01_digits.ipynb) · [All lessons](../../README.md)"
    )


def test_generating_twice_changes_nothing(course: Path) -> None:
    path = course / "notebooks" / "01_digits.ipynb"
    nb = nbformat.read(path, as_version=4)
    notebook_links.generate(nb, path, course)
    assert nb == nbformat.read(path, as_version=4)
    assert [cell.id for cell in nb.cells[1:3]] == ["colab", "install"] and nb.cells[-1].id == "navigation"


def test_without_an_address_the_cells_say_so_instead_of_failing(course: Path, capsys, monkeypatch) -> None:
    cells = notebook_links.sources(course / "notebooks" / "01_digits.ipynb", course)
    assert "OWNER" not in "".join(cells.values()) and "colab-badge" not in cells["colab"]
    assert "no public address yet" in cells["colab"]
    exec(cells["install"])
    assert capsys.readouterr().out == ""
    monkeypatch.setitem(sys.modules, "google.colab", None)
    exec(cells["install"])
    assert "no public address yet" in capsys.readouterr().out


def test_a_new_address_reaches_every_place(course: Path) -> None:
    assert {path.name for path in notebook_links.rename("ann/gans", course)} == {"pyproject.toml", "README.md"}
    assert notebook_links.repository(course) == "ann/gans"
    cells = notebook_links.sources(course / "notebooks" / "01_digits.ipynb", course)
    assert "github/ann/gans/blob/main/notebooks/01_digits.ipynb" in cells["colab"]
    assert "git+https://github.com/ann/gans" in cells["install"]
    with pytest.raises(ValueError, match="owner/name"):
        notebook_links.rename("https://github.com/ann/gans", course)


def test_execution_records_the_run(tmp_path: Path) -> None:
    nb = new_notebook()
    nb.cells = [
        new_markdown_cell("## Digits"),
        new_code_cell(
            "class Dataset:\n    def __init__(self, name, card):\n        self.name, self.source = name, 'local'\n"
            "        self.card = type('Card', (), {'name': card})\n\n\n"
            "digits, own = Dataset('mnist', 'mnist'), Dataset('mine', 'data.from_folder(...)')"
        ),
        new_code_cell("import os\n\nprint(os.environ['GAN_TF_BUDGET'], os.environ['GAN_TF_DATA_SOURCE'], end='')"),
        new_code_cell("print(os.getcwd() == os.environ['HERE'], os.path.exists(os.environ['GAN_TF_RUNS']))"),
        new_code_cell("1 / 0"),
    ]
    seen = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HERE", str(tmp_path))
        options = {"budget": "smoke", "source": "embedded", "terminal": notebook_run.Terminal(seen)}
        with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
            notebook_run.execute(nb, tmp_path, **options)
        assert "gan_tf" not in nb.metadata and nb.cells[-1].outputs[0].ename == "ZeroDivisionError"
        nb.cells.pop()
        notebook_run.execute(nb, tmp_path, **options)
    stamp = nb.metadata["gan_tf"]
    assert stamp["data"] == {"mnist": "local"} and stamp["budget"] == "smoke" and stamp["source"] == "embedded"
    assert stamp["code_hash"] == notebook_rules.code_hash(nb) and stamp["versions"]["keras"].startswith("3.")
    assert [cell.execution_count for cell in notebook_rules.code_cells(nb)] == [1, 2, 3]
    assert all("execution" not in cell.metadata for cell in nb.cells)
    assert seen.getvalue().endswith("\n== Digits\nsmoke embedded\nTrue False\n")


def test_a_log_keeps_the_last_state_of_a_progress_bar() -> None:
    seen = io.StringIO()
    terminal = notebook_run.Terminal(seen)
    for text in ("\r 1/2", "\r 2/2 \x1b[1mdone\x1b[0m", "\nnext\x08\x08\x08", "last\r\n", "open"):
        terminal.feed(text)
    terminal.finish()
    assert seen.getvalue() == " 2/2 done\nlast\nopen\n"


def test_a_live_picture_is_one_line_an_update() -> None:
    seen = io.StringIO()
    terminal = notebook_run.Terminal(seen)
    terminal.show({"text/plain": "<Figure size 640x480 with 1 Axes>", "image/png": "..."}, update=False)
    for text in ("epoch 1/2\nmore", "epoch 1/2\nmore", "epoch 2/2", "<Figure size 640x480 with 1 Axes>"):
        terminal.show({"text/plain": text}, update=True)
    assert seen.getvalue() == "[shown in the notebook]\nepoch 1/2\nepoch 2/2\n"


def test_inside_an_epoch_a_terminal_gets_one_line_that_moves_and_a_file_none() -> None:
    states = ("epoch 0.2/1  step 2  1 s", "epoch 0.4/1  step 4  3 s", "epoch 1/1  9 s")
    for is_terminal, expected in (
        (False, states[2] + "\n"),
        (True, f"{states[0]}\r\x1b[K{states[1]}\r\x1b[K{states[2]}\n"),
    ):
        seen = io.StringIO()
        seen.isatty = lambda is_terminal=is_terminal: is_terminal
        terminal = notebook_run.Terminal(seen)
        for text in states:
            terminal.show({"text/plain": text, "image/png": "..."}, update=True)
        assert seen.getvalue() == expected


def test_the_live_view_begins_inside_an_epoch_as_the_terminal_expects(monkeypatch, capsys) -> None:
    monkeypatch.delenv("GAN_TF_BUDGET", raising=False)
    ticks = itertools.count(0, 60)
    monkeypatch.setattr("gan_course.show.live.time", types.SimpleNamespace(perf_counter=lambda: next(ticks)))
    live = show.LiveSamples(make=lambda model: np.zeros((1, 2, 2, 1)))
    live.set_model(keras.Model())
    live.set_params({"epochs": 2, "steps": 9})
    live.on_train_begin()
    live.on_train_batch_end(3, {})
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("epoch 0.44/2  step 4") and notebook_run._PASSING.match(line)


def test_stripping_leaves_only_what_was_typed(course: Path) -> None:
    path = course / "notebooks" / "01_digits.ipynb"
    assert tool.main(["strip", str(path)]) == 0
    nb = nbformat.read(path, as_version=4)
    assert not [cell for cell in notebook_rules.code_cells(nb) if cell.outputs or cell.execution_count]
    assert set(nb.metadata) == {"kernelspec", "language_info"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "notebooks/99_none.ipynb"], "no such notebook"),
        (["check", "--lesson", "99"], "no notebook starts with '99'"),
        (["badges", "--repo", "nonsense"], "expected owner/name"),
    ],
)
def test_the_tool_refuses_wrong_arguments(arguments: list[str], says: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        tool.main(arguments)
    assert says in capsys.readouterr().err
