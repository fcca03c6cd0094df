"""The human actions: windows, the split by people, local and downloaded files, the drawn stand-in."""

import io

import numpy as np
import pytest
from PIL import Image

from gan_course import data
from gan_course.data import DataError, clips, download, human_actions


def sequence(action, person, length=40, side=20):
    """A sequence that says in its first pixel what it is, and in the second which frame."""
    frames = np.full((length, side, side, 3), 100, np.uint8)
    frames[:, 0, 0] = 50 * action, 20 * person, 0
    frames[:, 1, 1] = np.arange(length)[:, None]
    return frames


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Files as they lie in $GAN_TF_DATA, small ones."""
    monkeypatch.setenv("GAN_TF_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GAN_TF_DATA_SOURCE", raising=False)
    monkeypatch.setenv("GAN_TF_DATA", str(tmp_path))
    monkeypatch.setattr(download, "_head", lambda url: 1 / 0)  # never from the network
    mine = tmp_path / human_actions.FOLDER
    mine.mkdir()
    for person in range(9):
        for action in range(4):
            np.save(mine / f"{action}_{9 * action + person:02d}.npy", sequence(action, person))
    return mine


def test_windows_of_local_files(folder):
    found = data.load("human_actions", frames=8, size=20, step=3, hop=5)
    # 40 frames hold windows that reach over 22 of them, at 0, 5, 10 and 15.
    assert found.x.shape == (7 * 4 * 4, 8, 20, 20, 3) and found.source == "local"
    assert found.fps == pytest.approx(25 / 3) and found.class_names == human_actions.NAMES
    pixels = np.rint((found.x + 1) * 127.5).astype(int)
    np.testing.assert_array_equal(pixels[:, 0, 0, 0, 0], 50 * found.labels)
    np.testing.assert_array_equal(pixels[:, 0, 0, 0, 1], 20 * found.people)
    np.testing.assert_array_equal(pixels[:4, :, 1, 1, 0], np.arange(4)[:, None] * 5 + 3 * np.arange(8))


def test_the_split_holds_out_people(folder):
    train, test = data.load("human_actions"), data.load("human_actions", "test")
    assert set(train.people.tolist()) == set(range(7)) and set(test.people.tolist()) == {7, 8}
    assert train.people_names == test.people_names and len(train.people_names) == 9
    waves = train.of_class("wave")
    assert len(waves.people) == len(waves) and set(waves.labels.tolist()) == {0}


def test_frames_are_scaled(folder):
    assert data.load("human_actions", size=16).x.shape[2:] == (16, 16, 3)


def test_missing_and_damaged_files_are_named(folder):
    victim = folder / "2_21.npy"
    for content, message in (
        (b"no array", "2_21.npy cannot be read"),
        (npy(np.zeros((4, 8, 8, 3), np.float32)), r"got float32 .*, expected uint8"),
        (npy(np.zeros((4, 8, 8), np.uint8)), r"got uint8 \(4, 8, 8\)"),
        (npy(np.zeros((1, 8, 8, 3), np.uint8)), r"2 to 500 frames"),
        (npy(np.zeros((4, 8, 9, 3), np.uint8)), r"got uint8 .4, 8, 9, 3.* side, side, 3"),
        (npy(np.array([{}], dtype=object)), "cannot be read"),
    ):
        victim.write_bytes(content)
        with pytest.raises(DataError, match=message):
            data.load("human_actions")
    victim.unlink()
    with pytest.raises(DataError, match=r"incomplete: 2_21\.npy missing"):
        data.load("human_actions")


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def test_no_window_fits(folder):
    with pytest.raises(DataError, match="30 frames, one in 2, do not fit into the 40"):
        data.load("human_actions", frames=30)


def test_sequences_that_are_too_short_are_counted(folder, capsys):
    np.save(folder / "0_00.npy", sequence(0, 0, length=20))
    found = data.load("human_actions")
    assert "1 of 28 sequences are too short for 16 frames" in capsys.readouterr().out
    assert not ((found.people == 0) & (found.labels == 0)).any()


def test_windows_that_need_gigabytes_are_refused(folder, monkeypatch):
    monkeypatch.setattr(clips, "MAX_BYTES", 1_000_000)
    with pytest.raises(DataError, match="clips of 16 frames of 32x32x3 need"):
        data.load("human_actions")


@pytest.mark.parametrize(
    ("option", "message"),
    [({"frames": 1}, "frames: got 1"), ({"step": 0}, "step: got 0"), ({"hop": 0.5}, "hop: got 0.5"),
     ({"size": 8}, "size: got 8"), ({"fps": 5}, "got 'fps', expected frames")],
)  # fmt: skip
def test_bad_options(option, message):
    with pytest.raises(ValueError, match=message):
        data.load("human_actions", source="embedded", **option)


# The download: strips of frames side by side -------------------------------------------------------------------------


def strip(frames, **options):
    stream = io.BytesIO()
    Image.fromarray(np.concatenate(list(frames), axis=1)).save(stream, "JPEG", quality=95, **options)
    return stream


def test_a_strip_is_cut_into_its_frames():
    frames = sequence(1, 2, length=12)
    frames[5] = 200
    found = human_actions.read_strip(strip(frames))
    assert found.shape == frames.shape and found.dtype == np.uint8
    assert np.abs(found[5].astype(int) - 200).max() < 10 and np.abs(found[6, 4:].astype(int) - 100).max() < 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>not found</html>", "cannot be read"),
        (strip(sequence(0, 0, 12)).getvalue()[:300], "cannot be read"),
        (strip(np.zeros((1, 20, 30, 3), np.uint8)).getvalue(), "30x20 pixels are no strip"),
        (strip(np.zeros((1, 20, 20, 3), np.uint8)).getvalue(), "20x20 pixels are no strip"),
    ],
)
def test_what_is_no_strip_is_refused(content, message):
    with pytest.raises(DataError, match=message):
        human_actions.read_strip(io.BytesIO(content))


def test_the_files_of_the_download_are_the_36_of_the_set(monkeypatch, tmp_path):
    """Two files an action and person lie in MoCoGAN's folders; we take the first, and each is checked when it comes."""
    asked = []

    def fetch(file, folder, again=False):
        asked.append(file)
        path = tmp_path / file.name
        action, person = (int(part) for part in path.stem.split("_"))
        path.write_bytes(strip(sequence(action, person, side=24)).getvalue())
        file.check(path)
        return path

    monkeypatch.setattr(download, "fetch", fetch)
    monkeypatch.delenv("GAN_TF_DATA", raising=False)
    monkeypatch.setenv("GAN_TF_DATA_SOURCE", "auto")
    found = data.load("human_actions")
    assert found.source == "download" and len(asked) == len({file.urls for file in asked}) == 36
    assert asked[0].urls[0].endswith("/data/actions/0/00000002.jpg") and asked[0].check
    assert asked[-1].urls[0].endswith("/data/actions/4/00000070.jpg")
    assert set(found.people.tolist()) == set(range(7))


# Windows -------------------------------------------------------------------------------------------------------------


def test_the_stand_in_has_the_same_actions_and_other_people():
    train, test = (data.load("human_actions", split, source="embedded", hop=16) for split in ("train", "test"))
    assert train.x.shape[1:] == (16, 32, 32, 3) and train.class_names == human_actions.NAMES
    assert not set(train.people.tolist()) & set(test.people.tolist())
    assert set(train.labels.tolist()) == set(test.labels.tolist()) == set(range(4))
    again = data.load("human_actions", source="embedded", hop=16)
    np.testing.assert_array_equal(train.x, again.x)


def test_real_actions_when_they_are_here(monkeypatch):
    monkeypatch.setattr(download, "_head", lambda url: 1 / 0)
    try:
        train, test = (data.load("human_actions", split, source="real") for split in ("train", "test"))
    except DataError:
        pytest.skip("the real set is not here")
    assert (len(train), len(test)) == (618, 176) and train.x.shape[1:] == (16, 32, 32, 3)
    assert np.bincount(train.labels).min() > 100 and np.bincount(test.people).tolist()[:7] == [0] * 7


def test_windows_by_hand():
    found = clips.windows(np.arange(10), frames=3, step=2, hop=3)
    assert found.tolist() == [[0, 2, 4], [3, 5, 7]]
    assert clips.windows(np.arange(4), frames=5).shape == (0, 5)
