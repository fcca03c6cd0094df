"""The pictures of Noto Color Emoji: what is held out, what they show, larger ones from the font; and their outlines."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from fontTools import fontBuilder
from scipy import ndimage

from gan_course import data, evaluation
from gan_course.data import emoji

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def splits():
    return data.load("emoji"), data.load("emoji", "test")


def test_what_the_card_says_is_there(splits):
    train, test = splits
    assert (len(train), len(test)) == (1774, 96)
    assert train.x.shape[1:] == (64, 64, 3) and train.x.dtype == np.float32
    assert train.source == test.source == "embedded" and len(train.class_names) == 9
    assert not any("skin tone" in name for name in (*train.names, *test.names))
    assert len({*train.names, *test.names}) == 1870
    licence = (emoji.folder() / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence and licence.startswith("Copyright 2022 Google Inc.")
    assert sum(file.stat().st_size for file in emoji.folder().iterdir()) < 6e6


def test_names_groups_and_pictures_belong_together(splits):
    apple, leaf = splits[0].named("red apple", "four leaf clover").x
    red, green = (picture[20:44, 20:44].mean(axis=(0, 1)) for picture in (apple, leaf))
    assert red.argmax() == 0 and green.argmax() == 1
    fruit = splits[1].named("strawberry")
    assert fruit.class_names[fruit.labels[0]] == "Food & Drink" and list(fruit.names) == ["strawberry"]
    corners = np.concatenate([part.x[:, 0, 0] for part in splits])
    assert (corners > 0.9).all(axis=1).mean() > 0.99  # on white


def test_a_name_that_is_not_there_is_refused_with_near_ones(splits):
    with pytest.raises(ValueError, match=r"names: got 'apple', expected .*; did you mean one of .*red apple"):
        splits[0].named("apple")


def test_no_variant_of_a_held_out_picture_is_trained_on(splits):
    spec = importlib.util.spec_from_file_location("make_emoji", ROOT / "tools" / "make_emoji.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    train, test = splits
    assert tool.stem("woman juggling") == tool.stem("person juggling") != tool.stem("woman cartwheeling")
    assert not {tool.stem(name) for name in train.names} & {tool.stem(name) for name in test.names}
    soft = []
    for part in splits:
        ink = (data.outlines(part.x)[..., 0] < 0).astype(np.float32)
        blurred = ndimage.gaussian_filter(ink, (0, 1.5, 1.5)).reshape(len(ink), -1)
        soft.append(blurred / np.maximum(np.linalg.norm(blurred, axis=1, keepdims=True), 1e-9))
    assert (soft[1] @ soft[0].T).max() <= tool.ALIKE + 1e-6
    assert "Flags" not in {test.class_names[label] for label in test.labels}


def test_smaller_pictures_and_fewer(splits):
    small = data.load("emoji", "test", size=16, n=10)
    assert small.x.shape == (10, 16, 16, 3) and list(small.names) == list(splits[1].names[:10])
    blocks = splits[1].x[:10].reshape(10, 16, 4, 16, 4, 3).mean(axis=(2, 4))
    assert np.abs(small.x - blocks).mean() < 0.05


def test_large_pictures_need_the_font(monkeypatch, tmp_path):
    monkeypatch.setattr(emoji, "SYSTEM", tmp_path)
    monkeypatch.setenv("GAN_TF_DATA", str(tmp_path))
    with pytest.raises(data.DataError, match=r"pictures of more than 64 pixels need NotoColorEmoji\.ttf"):
        data.load("emoji", size=128)
    with pytest.raises(ValueError, match="size: got 128 with source='embedded', expected at most 64"):
        data.load("emoji", source="embedded", size=128)
    (tmp_path / "emoji").mkdir()
    (tmp_path / "emoji" / emoji.FONT).write_bytes(b"no font")
    with pytest.raises(data.DataError, match="is no font with colour bitmaps"):
        data.load("emoji", size=128)
    builder = fontBuilder.FontBuilder(1024)
    builder.setupGlyphOrder([".notdef"])
    builder.setupCharacterMap({})
    builder.save(tmp_path / "emoji" / emoji.FONT)
    with pytest.raises(data.DataError, match="is no font with colour bitmaps"):
        data.load("emoji", size=128)


@pytest.mark.skipif(not (emoji.SYSTEM / emoji.FONT).is_file(), reason="fonts-noto-color-emoji is not installed")
def test_large_pictures_are_the_small_ones(splits):
    large = data.load("emoji", "test", size=128, n=8)
    assert large.source == "local" and large.x.shape == (8, 128, 128, 3)
    blocks = large.x.reshape(8, 64, 2, 64, 2, 3).mean(axis=(2, 4))
    assert np.abs(blocks - splits[1].x[:8]).mean() < 0.03


def test_an_outline_runs_where_the_brightness_changes():
    x = np.full((1, 32, 32, 3), 1.0, np.float32)
    x[:, 8:24, 8:24] = (-1, -1, 1)
    lines = data.outlines(x)
    assert lines.shape == (1, 32, 32, 1) and lines.dtype == np.float32 and set(np.unique(lines)) == {-1.0, 1.0}
    rows, columns = np.nonzero(lines[0, ..., 0] < 0)
    edge = np.minimum.reduce([np.abs(rows - 7.5), np.abs(rows - 23.5), np.abs(columns - 7.5), np.abs(columns - 23.5)])
    assert 40 < len(rows) < 80 and edge.max() <= 1.5
    with pytest.raises(ValueError, match="sigma: got -1"):
        data.outlines(x, -1)


def test_a_hand_strays_thickens_and_leaves_gaps(splits):
    lines = data.outlines(splits[1].x[:40])
    drawn = data.hand_drawn(lines)
    assert drawn.shape == lines.shape and set(np.unique(drawn)) == {-1.0, 1.0}
    np.testing.assert_array_equal(drawn, data.hand_drawn(lines))
    assert (drawn != data.hand_drawn(lines, seed=1)).any()
    ink = (drawn < 0).sum(axis=(1, 2, 3)) / (lines < 0).sum(axis=(1, 2, 3))
    assert (ink > 1.6).sum() >= 8 and (ink < 1.5).sum() >= 8  # thick pens and thin ones
    still = data.hand_drawn(lines, wobble=0, gaps=0)
    assert (still[lines < 0] < 0).all()  # a thick or thin line on every line
    holes = data.hand_drawn(lines, wobble=0, gaps=6)
    gone = np.mean(holes[lines < 0] > 0)
    assert 0.03 < gone < 0.4
    far = ndimage.distance_transform_edt(lines[0, ..., 0] > 0)[data.hand_drawn(lines[:1], wobble=1.0)[0, ..., 0] < 0]
    assert far.max() > 1
    assert (data.hand_drawn(np.ones((1, 16, 16, 1), np.float32)) == 1).all()  # nothing drawn, nothing wobbles


def test_colourfulness_is_that_of_the_paper():
    grey = np.linspace(-1, 1, 64, dtype=np.float32).reshape(1, 8, 8, 1).repeat(3, axis=-1)
    np.testing.assert_allclose(evaluation.colourfulness(grey), 0, atol=1e-4)
    red = np.full((1, 4, 4, 3), -1, np.float32)
    red[..., 0] = 1
    np.testing.assert_allclose(evaluation.colourfulness(red), 0.3 * np.hypot(255, 127.5), rtol=1e-5)
    half = red.copy()
    half[:, :2] = -1  # half of it black: deviations 127.5 and 63.75, means the same
    np.testing.assert_allclose(evaluation.colourfulness(half), 1.3 * np.hypot(127.5, 63.75), rtol=1e-5)
