"""The README's code runs as it stands, for fewer epochs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.+?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder with `my/pictures`, two batches of them."""
    folder = tmp_path / "my" / "pictures"
    folder.mkdir(parents=True)
    for i, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (128, 28, 28), np.uint8)):
        Image.fromarray(pixels).save(folder / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_two_examples():
    loop, fit = BLOCKS
    assert "steps.train_step(" in loop and "gan.fit(" in fit


@pytest.mark.parametrize("block", BLOCKS, ids=["loop", "fit"])
def test_the_examples_run(block, pictures):
    assert block.count("50") == 1, "the epochs"
    exec(compile(block.replace("50", "1"), "README.md", "exec"), {})
    made = list(pictures.glob("*.png"))
    assert len(made) == 1 and np.asarray(Image.open(made[0])).std() > 1
