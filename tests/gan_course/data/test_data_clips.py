"""Clips in memory, and folders of videos, animations and frames."""

import os
import types

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image
from tests.helpers import films

from gan_course.data import Card, DataError, clips, clips_folder
from gan_course.data import frames as frames_module
from gan_course.data.clips import Clips, starts, windows
from gan_course.data.clips_folder import clips_from_folder

CARD = Card("x", "X", "few", "none", "none")


def tones(n=8, first=0, size=(24, 32)):
    """A film whose frame i has the one tone 20 + 8 (first + i): a frame read can be told from it."""
    levels = (20 + 8 * (first + np.arange(n))).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (n, *size, 3)).copy()


def seen(x):
    """Which frames of `tones` these are: the shape without the last three axes."""
    return np.round(((x.mean(axis=(-3, -2, -1)) + 1) * 127.5 - 20) / 8).astype(int).tolist()


def film(path, frames=None, **options):
    films.write(path, tones() if frames is None else frames, **options)


def gif(path, frames=None, duration=80):
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = tones() if frames is None else frames
    iio.imwrite(path, frames, extension=".gif", duration=duration, loop=0)


def stills(folder, frames=None, name="frame_{}.png"):
    folder.mkdir(parents=True, exist_ok=True)
    for i, frame in enumerate(tones() if frames is None else frames):
        Image.fromarray(frame).save(folder / name.format(i + 1))


# In memory -----------------------------------------------------------------------------------------------------------


def in_memory(**changes):
    x = np.linspace(-1, 1, 6)[:, None, None, None, None] * np.ones((6, 4, 5, 7, 3))
    values = {"x": x.astype(np.float32), "labels": np.array([0, 1, 0, 1, 0, 1]), "class_names": ("a", "b")}
    values |= {"source": "local", "card": CARD, "name": "mine", "people": np.array([2, 2, 1, 1, 0, 0])}
    return Clips(**{**values, "people_names": ("u", "v", "w"), **changes})


def test_clips_keep_people_in_step():
    all_clips = in_memory(fps=10)
    assert repr(all_clips).startswith("Dataset('mine': 6 clips of 4 frames of 5x7x3 at 10 fps, 2 classes")
    assert all_clips.people.dtype == np.int32
    some = all_clips.of_class("b")
    assert some.people.tolist() == [2, 1, 0] and some.fps == 10 and some.people_names == ("u", "v", "w")
    np.testing.assert_array_equal(some.x, all_clips.x[1::2])
    assert some.take(2).people.tolist() == [2, 1] and len(some.take(2)) == 2
    assert in_memory(people=None).take(3).people is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": np.zeros((6, 5, 7, 3), np.float32)}, r"expected clips \[n, frames, height, width, 1 or 3\]"),
        ({"x": np.zeros((6, 1, 5, 7, 3), np.float32)}, "two frames or more"),
        ({"x": np.zeros((6, 4, 5, 7, 2), np.float32)}, "1 or 3"),
        ({"x": np.full((6, 4, 5, 7, 3), 2, np.float32)}, "values from 2 to 2"),
        ({"x": np.full((6, 4, 5, 7, 3), np.nan, np.float32)}, "finite"),
        ({"fps": 0}, "fps of 'mine': got 0, expected frames a second above 0"),
        ({"fps": np.inf}, "got inf"),
        ({"people": np.zeros(5, int)}, "people of 'mine': got int64 .*, expected integers of shape"),
        ({"people": np.full(6, 3)}, "people of 'mine': got 3 to 3, expected 0 to 2"),
    ],
)
def test_clips_check_what_they_hold(changes, message):
    with pytest.raises(DataError, match=message):
        in_memory(**changes)


def test_windows_are_those_that_fit():
    assert list(starts(10, 4)) == [0, 1, 2, 3, 4, 5, 6]
    assert list(starts(10, 4, step=3)) == [0] and list(starts(9, 4, step=3)) == []
    assert list(starts(10, 4, hop=4)) == [0, 4] and list(starts(12, 4, hop=4)) == [0, 4, 8]
    np.testing.assert_array_equal(windows(np.arange(8), 3, 2, 3), [[0, 2, 4], [3, 5, 7]])
    assert windows(np.zeros((9, 2, 2)), 3, hop=3).shape == (3, 3, 2, 2)
    assert windows(np.zeros((2, 5)), 3).shape == (0, 3, 5)
    for options, message in (({"frames": 1}, "frames: got 1"), ({"step": 0}, "step: got"), ({"hop": 0}, "hop: got")):
        with pytest.raises(ValueError, match=message):
            starts(10, **{"frames": 3, **options})


# Folders -------------------------------------------------------------------------------------------------------------


def test_a_folder_of_all_kinds(tmp_path, capfd):
    film(tmp_path / "a" / "1.mp4")
    film(tmp_path / "a" / "2.avi", codec="mjpeg")
    gif(tmp_path / "a" / "3.GIF")
    stills(tmp_path / "a" / "4")
    film(tmp_path / "b" / "1.mkv")
    film(tmp_path / "b" / "2.mov")
    film(tmp_path / "b" / "3.webm", codec="libvpx")
    (tmp_path / "b" / "poster.png").write_bytes(b"an image beside videos is left alone")
    (tmp_path / "b" / "notes.txt").write_text("no video")
    (tmp_path / "b" / ".hidden.mp4").write_text("no video")
    (tmp_path / "empty").mkdir()
    capfd.readouterr()
    found = clips_from_folder(tmp_path, frames=8, size=16)
    out, err = capfd.readouterr()
    assert out.startswith(f"gan_tf: passed over in {tmp_path}: ") and out.count("\n") == 1 and err == ""
    assert "1 .png" in out and "1 .txt" in out and "(read as clips: .mp4" in out
    assert found.x.shape == (7, 8, 16, 16, 3) and found.x.dtype == np.float32
    assert found.class_names == ("a", "b") and found.labels.tolist() == [0] * 4 + [1] * 3
    assert found.source == "local" and found.fps == 12.5 and "clips_from_folder" in str(found.card)
    assert seen(found.x) == [list(range(8))] * 7


def test_what_a_file_holds_is_seen_from_its_bytes(tmp_path):
    gif(tmp_path / "a.gif")
    (tmp_path / "a.gif").rename(tmp_path / "a.mp4")
    film(tmp_path / "b.mkv")
    (tmp_path / "b.mkv").rename(tmp_path / "b.gif")
    assert seen(clips_from_folder(tmp_path, frames=8, size=8).x) == [list(range(8))] * 2


@pytest.mark.parametrize("hop", [None, 1, 2, 5, 6])
def test_windows_do_not_cross_files(tmp_path, monkeypatch, hop):
    film(tmp_path / "a.mp4", tones(11))
    stills(tmp_path / "b", tones(7, first=12))
    fitted = []
    real = clips_folder.images.fitted
    monkeypatch.setattr(clips_folder.images, "fitted", lambda *a: fitted.append(1) or real(*a))
    found = clips_from_folder(tmp_path, frames=3, size=8, hop=hop, name="x")
    step = 3 if hop is None else hop
    wanted = [windows(np.arange(11), 3, hop=step), 12 + windows(np.arange(7), 3, hop=step)]
    assert seen(found.x) == np.concatenate(wanted).tolist() and found.name == "x" and found.labels is None
    # Of 11 and 7 frames; those that lie between clips are not scaled.
    assert len(fitted) == {5: 3 + 3 + 1 + 3 + 2, 6: 3 + 3 + 3 + 1}.get(hop, 18)


def test_rates_are_brought_to_one(tmp_path):
    film(tmp_path / "a.mp4", tones(16), fps=25)
    film(tmp_path / "b.mp4", tones(4), fps=6.25)
    stills(tmp_path / "c")
    found = clips_from_folder(tmp_path, frames=8, size=8)
    assert seen(found.x) == [[0, 2, 4, 6, 8, 10, 12, 14], [0, 0, 1, 1, 2, 2, 3, 3], list(range(8))]
    # 10 a second from 25: the middles of the tenths are at frames 1.25, 3.75, 6.25, 8.75, 11.25.
    assert seen(clips_from_folder(tmp_path, frames=5, size=8, fps=10).x)[0] == [1, 3, 6, 8, 11]


def test_a_gif_lasts_as_its_frames_do(tmp_path):
    gif(tmp_path / "a.gif", tones(4), duration=[80, 240, 40, 120])
    gif(tmp_path / "b.gif", tones(5), duration=[0, 10, 0, 0, 0])  # browsers show these for 100 ms each
    found = clips_from_folder(tmp_path, frames=6, size=8)
    assert seen(found.x) == [[0, 1, 1, 1, 2, 3], [0, 1, 1, 2, 3, 4]]


def test_a_video_of_uneven_times(tmp_path):
    kept = [0, 1, 2, *range(7, 16)]
    film(tmp_path / "a.mp4", tones(16)[kept], times=kept)
    assert seen(clips_from_folder(tmp_path, frames=16, size=8).x) == [[0, 1, 2, 2, 2, 2, 2, *range(7, 16)]]


def corners(colours, size=(40, 40)):
    """Four frames of four quarters of these colours: upper left, upper right, lower left, lower right."""
    image = np.zeros((*size, 3), np.uint8)
    half = size[0] // 2, size[1] // 2
    for i, colour in enumerate(colours):
        image[(i // 2) * half[0] :, (i % 2) * half[1] :][: half[0], : half[1]] = colour
    return unlike(np.stack([image] * 4))


def unlike(frames):
    """Another corner in each frame: Pillow writes a GIF of equal frames as one."""
    for i, frame in enumerate(frames):
        frame[:2, :2] = 60 * i
    return frames


RED, GREEN, BLUE, WHITE = (230, 20, 20), (20, 200, 20), (20, 20, 230), (240, 240, 240)


def found_corners(x):
    return np.round((x[[2, 2, -3, -3], [2, -3, 2, -3]] + 1) * 127.5)


@pytest.mark.parametrize("kind", ["mp4", "gif", "stills"])
def test_colours_stand_where_they_stood(tmp_path, kind):
    frames = corners((RED, GREEN, BLUE, WHITE))
    write = {"mp4": lambda: film(tmp_path / "a.mp4", frames), "gif": lambda: gif(tmp_path / "a.gif", frames)}
    write.get(kind, lambda: stills(tmp_path / "a", frames))()
    x = clips_from_folder(tmp_path, frames=4, size=(16, 16)).x[0, 2]
    np.testing.assert_allclose(found_corners(x), (RED, GREEN, BLUE, WHITE), atol=8)
    grey = clips_from_folder(tmp_path, frames=4, size=16, channels=1).x[0, 2]
    weights = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(found_corners(grey)[:, 0], np.array((RED, GREEN, BLUE, WHITE)) @ weights, atol=8)


def test_crops_around_the_middle_without_squeezing(tmp_path):
    wide = np.zeros((4, 20, 60, 3), np.uint8)
    wide[:, :, 20:40] = 255
    film(tmp_path / "a.mp4", wide)
    gif(tmp_path / "b.gif", unlike(wide))
    found = clips_from_folder(tmp_path, frames=4, size=(10, 8))
    assert found.x.shape == (2, 4, 10, 8, 3) and found.x.min() > 0.7


def test_turned_films_and_pixels_that_are_no_squares(tmp_path):
    film(tmp_path / "turned.mp4", corners((RED, GREEN, BLUE, WHITE), (40, 60)), turned=90)
    narrow = np.zeros((4, 20, 30, 3), np.uint8)
    narrow[:, :, 10:20] = 255  # On the screen 60 wide, of which the middle 20 remain.
    film(tmp_path / "wide.mp4", narrow, aspect=2)
    turned, wide = clips_from_folder(tmp_path, frames=4, size=16).x[:, 1]
    np.testing.assert_allclose(found_corners(turned), (GREEN, WHITE, RED, BLUE), atol=8)
    assert wide[:, 2:-2].min() > 0.5


def test_transparent_animations_become_white(tmp_path):
    clear = [Image.new("RGBA", (20, 20), (255, 0, 0, 0)) for _ in range(3)]
    for i, frame in enumerate(clear):
        frame.paste((20, 20, 230, 255), (i, 0, i + 2, 2))
    clear[0].save(tmp_path / "a.gif", save_all=True, append_images=clear[1:], duration=80, disposal=2)
    assert clips_from_folder(tmp_path, frames=3, size=20).x[:, :, 5:].min() == 1


# Folders of frames ---------------------------------------------------------------------------------------------------


def test_frames_stand_in_the_order_of_their_numbers(tmp_path):
    stills(tmp_path / "one", tones(12), "f{}.png")
    stills(tmp_path / "two", tones(12), "{:03d}.bmp")
    (tmp_path / "one" / "notes.txt").write_text("left alone")
    found = clips_from_folder(tmp_path, frames=12, size=8)
    assert seen(found.x) == [list(range(12))] * 2 and found.labels is None
    alone = clips_from_folder(tmp_path / "two", frames=4, size=8)
    assert seen(alone.x) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] and alone.labels is None


def test_classes_may_hold_folders_of_frames(tmp_path):
    for folder in ("cats/1", "cats/2", "dogs/1"):
        stills(tmp_path / folder, name="{}.jpg")
    gif(tmp_path / "dogs" / "2.gif")
    found = clips_from_folder(tmp_path, frames=8, size=8)
    assert found.class_names == ("cats", "dogs") and found.labels.tolist() == [0, 0, 1, 1]
    assert seen(found.x) == [list(range(8))] * 4


def test_clips_beside_class_folders_are_an_error(tmp_path):
    stills(tmp_path / "loose")
    gif(tmp_path / "cats" / "1.gif")
    with pytest.raises(DataError, match=r"clips \(loose, \.\.\.\) beside class folders \(cats, \.\.\.\)"):
        clips_from_folder(tmp_path)


# What cannot be used -------------------------------------------------------------------------------------------------


def changed(content, place, length=3000):
    noise = np.random.default_rng(0).integers(0, 256, length, np.uint8).tobytes()
    return content[:place] + noise + content[place + length :]


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """Good files, to be damaged."""
    folder = tmp_path_factory.mktemp("good")
    busy = np.random.default_rng(0).integers(0, 256, (12, 24, 32, 3), np.uint8)
    film(folder / "back.mp4", busy)
    film(folder / "front.mp4", busy, faststart=True)
    film(folder / "a.avi", busy, codec="mjpeg")
    gif(folder / "a.gif", busy)
    films.write_sound(folder / "sound.m4v")
    Image.new("RGB", (30, 20)).save(folder / "still.png")
    Image.new("RGB", (30, 20)).save(folder / "still.jpg")
    return types.SimpleNamespace(**{file.name.replace(".", "_"): file.read_bytes() for file in folder.iterdir()})


BAD = {
    "short.mp4": (lambda c: c.front_mp4, "is too short: 12 frames at 12.5 a second, and a clip has 16"),
    "short.gif": (lambda c: c.a_gif, "is too short: 12 frames"),
    "sound.m4v": (lambda c: c.sound_m4v, "holds no frames: perhaps only sound"),
    "empty.mp4": (lambda c: b"", r"is empty \(0 bytes\)"),
    "text.mp4": (lambda c: b"I am a text, not a video." * 9, "is no video"),
    "text.avi": (lambda c: b"I am a text, not a video." * 9, "is no video"),
    "text.gif": (lambda c: b"I am a text, not a video." * 9, "is no video"),
    "zeros.mov": (lambda c: bytes(3000), "is no video"),
    "picture.mp4": (lambda c: c.still_png, r"is one still picture \(PNG\), no video"),
    "picture.avi": (lambda c: c.still_jpg, r"is one still picture \(JPEG\), no video"),
    "cut_index.mp4": (
        lambda c: c.back_mp4[: len(c.back_mp4) // 2],
        "is no video, or damaged, as by a copy",
    ),
    "cut.mp4": (lambda c: c.front_mp4[: len(c.front_mp4) * 2 // 3], "is damaged"),
    "hole.mp4": (lambda c: changed(c.front_mp4, len(c.front_mp4) // 2), "is damaged"),
    "cut.avi": (lambda c: c.a_avi[: len(c.a_avi) // 2], "is damaged"),
    "cut.gif": (lambda c: c.a_gif[: len(c.a_gif) // 2], "(image file is truncated|is too short)"),
    "codec.mp4": (lambda c: c.front_mp4.replace(b"avc1", b"xqz1"), "needs a codec that PyAV lacks"),
}


@pytest.mark.parametrize("name", BAD)
def test_the_reason_is_said(tmp_path, contents, capfd, name):
    make, reason = BAD[name]
    (tmp_path / name).write_bytes(make(contents))
    with pytest.raises(DataError, match=f"none of the 1 videos.*the first: {name}: {reason}"):
        clips_from_folder(tmp_path, size=16)
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_used_is_skipped_and_counted(tmp_path, contents, capfd):
    for name, (make, _) in list(BAD.items())[::3]:
        (tmp_path / name).write_bytes(make(contents))
    film(tmp_path / "~fine.mp4", tones(16))
    assert len(clips_from_folder(tmp_path, size=16)) == 1
    out, err = capfd.readouterr()
    n = len(list(BAD)[::3])
    assert f"skipped {n} of {n + 1} videos" in out and out.count("\n") == 1 and err == ""


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda f: Image.new("RGB", (32, 25)).save(f / "frame_9.png"), "frame_1.png is 32x24, frame_9.png 32x25"),
        (lambda f: (f / "frame_9.png").write_bytes(b"no image"), "cannot identify"),
        (lambda f: (f / "frame_8.png").write_bytes((f / "frame_8.png").read_bytes()[:60]), "is damaged"),
    ],
)
def test_a_spoilt_folder_of_frames_is_skipped_whole(tmp_path, spoil, reason):
    stills(tmp_path / "good")
    stills(tmp_path / "spoilt")
    spoil(tmp_path / "spoilt")
    assert len(clips_from_folder(tmp_path, frames=2, size=8)) == 4
    with pytest.raises(DataError, match=f"the first: spoilt: .*({reason})"):
        clips_from_folder(tmp_path / "spoilt", frames=2, size=8)


def test_huge_frames_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(frames_module, "MAX_PIXELS", 32 * 24 - 1)
    film(tmp_path / "a" / "a.mp4")
    gif(tmp_path / "b" / "a.gif")
    stills(tmp_path / "c" / "a")
    stills(tmp_path / "d" / "a", [np.zeros((24, 31, 3), np.uint8)] * 4)
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("decoded"))
    for folder in "abc":
        with pytest.raises(DataError, match=r"the first: a.*has frames of 32x24, more than the 767 pixels allowed"):
            clips_from_folder(tmp_path / folder)
    monkeypatch.undo()
    assert len(clips_from_folder(tmp_path / "d", frames=4)) == 1


def test_no_folder_and_no_videos(tmp_path):
    with pytest.raises(DataError, match=r"path: got .*expected a folder of clips"):
        clips_from_folder(tmp_path / "absent")
    with pytest.raises(DataError, match="holds no clips"):
        clips_from_folder(tmp_path)
    (tmp_path / "a.wmv").write_bytes(b"no video")
    with pytest.raises(DataError, match=r"holds no clips \(looked for .mp4.*; passed over: 1 .wmv\)"):
        clips_from_folder(tmp_path)


def test_a_long_film_gives_clips_from_all_along(tmp_path):
    levels = np.repeat(np.arange(20, 220, 8), 40)  # 25 levels of 40 frames: 80 s
    film(tmp_path / "a.mp4", np.broadcast_to(levels.astype(np.uint8)[:, None, None, None], (1000, 24, 32, 3)).copy())
    found = clips_from_folder(tmp_path, frames=2, size=8, hop=40)
    assert seen(found.x) == [[i, i] for i in range(25)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frames": 1}, "frames: got 1"),
        ({"frames": 2.0}, "frames: got 2.0"),
        ({"size": 0}, "size: got"),
        ({"size": (8, 8, 3)}, "size: got"),
        *(({"fps": fps}, "fps: got") for fps in (0, -5, float("inf"), float("nan"), 1000, "25")),
        ({"channels": 4}, "channels: got 4"),
        ({"hop": 0}, "hop: got 0"),
    ],
)
def test_bad_arguments_are_named(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        clips_from_folder(tmp_path, **options)


# Memory and open files ----------------------------------------------------------------------------------------------


def test_too_much_memory_is_refused_while_it_is_read(tmp_path, monkeypatch):
    film(tmp_path / "a.mp4", tones(20))
    film(tmp_path / "b.mp4", tones(20))
    monkeypatch.setattr(clips_folder, "MAX_BYTES", 7 * 4 * 2 * 8 * 8 * 3)
    with pytest.raises(DataError, match=r"over 7 clips of 2 frames of 8x8x3 \(at a.mp4\); choose a smaller size"):
        clips_from_folder(tmp_path, frames=2, size=8)
    with pytest.raises(DataError, match=r"\(at b.mp4\)"):
        clips_from_folder(tmp_path, frames=2, size=8, hop=4)
    assert len(clips_from_folder(tmp_path, frames=2, size=8, hop=7)) == 6


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts open files as Linux lists them")
def test_a_film_is_streamed_and_closed(tmp_path, contents):
    def opened():
        return len(os.listdir("/proc/self/fd"))

    film(tmp_path / "long.mp4", np.resize(tones(), (300, 240, 320, 3)))
    before = opened()
    pictures = frames_module.pictures_of(tmp_path / "long.mp4", 10)
    assert next(pictures).size == (320, 240) and opened() == before + 1
    pictures.close()
    assert opened() == before
    for name, (make, _) in BAD.items():
        (tmp_path / name).write_bytes(make(contents))
    (tmp_path / "long.mp4").unlink()
    with pytest.raises(DataError, match="none of the"):
        clips_from_folder(tmp_path, size=16)
    assert opened() == before


def test_clips_are_a_data_set_like_others(tmp_path):
    gif(tmp_path / "a.gif", tones(8))
    found = clips_from_folder(tmp_path, frames=2, size=8)
    assert isinstance(found, clips.Clips)
    assert next(iter(found.batches(2, seed=0))).shape == (2, 2, 8, 8, 3)
