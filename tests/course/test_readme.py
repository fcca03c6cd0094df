"""The README and the pages in docs/: their code runs as it stands, their numbers are those measured, their links lead
somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import notebook_links
import pages

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.+?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run_all(code: list[str], folder: Path) -> str:
    """What a new Python prints that runs the blocks one after another, on the embedded data."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GAN_TF_DATA_SOURCE": "embedded", "GAN_TF_BUDGET": "smoke"}
    command = [sys.executable, "-c", "\n".join(code)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def shorter(code: list[str], epochs: int) -> list[str]:
    """The same for one epoch, on part of the data."""
    text = "\0".join(code)
    assert text.count(f"range({epochs})") + text.count(f"epochs={epochs}") == len(re.findall(r"range\(|epochs=", text))
    text = text.replace(f"range({epochs})", "range(1)").replace(f"epochs={epochs}", "epochs=1")
    return text.replace('data.load("mnist", "test")', 'data.load("mnist", "test").take(640)').split("\0")


def test_the_readme_has_a_loop_of_ones_own_and_fit():
    loop, fit, *_ = blocks(README)
    assert "steps.train_step(" in loop and "gan.fit(" in fit


def test_the_readmes_code_runs_in_order(tmp_path):
    said = run_all(shorter(blocks(README), 5), tmp_path)
    assert "'generator_loss'" in said and "epoch 1/1" in said
    for name in ("loop.png", "samples.png"):
        picture = np.asarray(Image.open(tmp_path / name))
        assert picture.shape == (8 * 29 - 1, 8 * 29 - 1) and picture.std() > 1


def test_the_code_for_ones_own_data_runs_in_order(tmp_path):
    said = run_all(shorter(blocks(ROOT / "docs" / "your_data.md"), 2), tmp_path)
    assert "try:" in said and "kept" in said
    assert (tmp_path / "material" / "gallery.html").is_file() and (tmp_path / "digits.keras").is_file()


@pytest.mark.parametrize("path", pages.pages(), ids=named)
def test_the_numbers_are_those_measured(path):
    """Made by tools/pages.py from the committed lessons and benchmarks/results/: run it after a refresh."""
    assert path.read_text(encoding="utf-8") == pages.pages()[path]


def test_numbers_in_prose():
    text = README.read_text(encoding="utf-8")
    lessons = [path for path in notebook_links.notebooks() if path.parent.name == "notebooks"]
    assert len(lessons) == 13 and "in thirteen notebooks" in text
    python = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    low, high = re.search(r"Python 3\.(\d+) to 3\.(\d+)", text).groups()
    assert python == f">=3.{low},<3.{int(high) + 1}"
    # No other number of a result stands outside the parts that tools/pages.py writes.
    prose = re.sub(r"<!-- numbers.*?<!-- end -->|```.*?```|`[^`]*`|\]\([^)]*\)", "", text, flags=re.DOTALL)
    assert re.findall(r"\d+\.\d+|\d+ ?%|\d+ minutes", prose) == [f"3.{low}", f"3.{high}", "2.0"]


def test_numbers_that_are_wrong_are_noticed():
    text = "a <!-- numbers: highlights -->\nIt is 1000 times as fast.\n<!-- end --> b"
    made = pages.filled(text)
    assert "1000" not in made and made.startswith("a <!--") and made.endswith("--> b")
    table = (
        "| measure | dense | real |\n|---|---:|---:|\n| recall | 0.79 | 0.8 |\n| kernel distance | 0.02 ± 0.01 | 0 |"
    )
    assert pages.value(table, "kernel distance", "dense") == 0.02 and pages.value(table, "recall", "real") == 0.8
    with pytest.raises(ValueError, match="'recall', 'shipped'"):
        pages.value(table, "recall", "shipped")


def test_the_readme_is_short_and_shows_the_commands_first():
    text = README.read_text(encoding="utf-8")
    assert len(text.split()) <= 1_000
    top = text[: text.index("\n## Lessons")]
    assert len(top.split()) < 400
    assert all(command in top for command in ("`make run`", "`make lab`", "`python run.py`", "`python run.py lab`"))
    targets = set(re.findall(r"`make (\w+)", text))
    rules = re.findall(r"^([\w -]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    assert targets <= {target for rule in rules for target in rule.split()}


def test_the_placeholder_of_the_address_is_in_no_page():
    if notebook_links.repository().startswith(notebook_links.PLACEHOLDER):
        assert [named(path) for path in PAGES if notebook_links.PLACEHOLDER in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_links_lead_to_files(path):
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    assert targets or path.name == "glossary.md"
    missing = [one for one in targets if "://" not in one and not (path.parent / one).exists()]
    assert missing == []


def test_pictures_of_the_pages_are_small_and_used():
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    files = [path for path in (ROOT / "docs").iterdir() if path.suffix != ".md"]
    assert [path.name for path in files if path.name not in text] == []
    assert [path.name for path in files if path.stat().st_size > 150_000] == []
    with Image.open(ROOT / "docs" / "strip.jpg") as strip:
        assert strip.width > 6 * strip.height


def test_each_row_about_keras_is_a_test():
    text = (ROOT / "docs" / "keras.md").read_text(encoding="utf-8")
    sources = [ROOT / "tests" / part for part in ("gan_tf/test_keras.py", "course/test_users.py")]
    known = {name for path in sources for name in re.findall(r"^def test_(\w+)", path.read_text("utf-8"), re.M)}
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| what")]
    found = [re.search(r"`(\w+)` \|$", row) for row in rows]
    assert len(rows) > 25 and all(found) and {match[1] for match in found} <= known
