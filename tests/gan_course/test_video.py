"""Clips as MP4, GIF, contact sheet and player: what the files hold, and what is refused."""

import base64
import os
import re
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image
from tests.helpers import films

from gan_course import show, video


def clips(n=3, length=6, height=8, width=10, channels=3, seed=0):
    """Patches of 2x2 pixels of random colours that change slowly: what a codec keeps."""
    random = np.random.default_rng(seed)
    ends = random.uniform(-0.9, 0.9, (2, n, 1, (height + 1) // 2, (width + 1) // 2, channels))
    mix = np.linspace(0, 1, length)[None, :, None, None, None]
    x = ends[0] * (1 - mix) + ends[1] * mix
    return x.repeat(2, axis=2).repeat(2, axis=3)[:, :, :height, :width].astype(np.float32)


def boxes(content):
    """The names of the outer parts of an MP4, in order."""
    names, place = [], 0
    while place < len(content):
        names.append(content[place + 4 : place + 8].decode())
        place += int.from_bytes(content[place : place + 4], "big")
    return names


# Frames and sheets ---------------------------------------------------------------------------------------------------


def test_a_film_is_a_mosaic_a_frame():
    x = clips(5)
    film = video.frames_of(x, columns=2, gap=3)
    assert film.dtype == np.uint8 and film.shape == (6, 3 * 11 - 3, 2 * 13 - 3, 3)
    for i in range(6):
        np.testing.assert_array_equal(film[i], show.mosaic(x[:, i], 2, 3))
    large = video.frames_of(x, columns=2, gap=3, scale=4)
    np.testing.assert_array_equal(large[:, ::4, ::4], film)
    np.testing.assert_array_equal(large[:, 3::4, 2::4], film)


def test_one_clip_and_grey_clips():
    one = clips(1)
    np.testing.assert_array_equal(video.frames_of(one[0]), show.to_uint8(one[0]))
    assert video.frames_of(clips(4, channels=1)).shape == (6, 17, 21, 1)


def test_a_contact_sheet_shows_a_clip_a_row():
    x = clips(2, length=5)
    sheet = video.contact_sheet(x, columns=3, gap=2)
    assert sheet.shape == (8 + 2 + 8, 3 * 12 - 2, 3)
    np.testing.assert_array_equal(sheet[10:, 12:22], show.to_uint8(x[1, 2]))
    np.testing.assert_array_equal(sheet[:8, 24:], show.to_uint8(x[0, 4]))
    assert (sheet[8:10] == 255).all()


# MP4 -----------------------------------------------------------------------------------------------------------------


def test_an_mp4_plays_everywhere(tmp_path):
    path = video.save_mp4(tmp_path / "new" / "a.mp4", clips(), scale=2)
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        assert stream.codec.name == "h264" and stream.pix_fmt == "yuv420p" and stream.average_rate == 12.5
        # Colours as BT.709 has them, in the range of television.
        assert [stream.colorspace, stream.color_primaries, stream.color_trc, stream.color_range] == [1] * 4
        assert stream.duration * stream.time_base == pytest.approx(6 / 12.5)
    names = boxes(path.read_bytes())
    assert names[0] == "ftyp" and names.index("moov") < names.index("mdat")
    assert [file.name for file in path.parent.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("channels", [1, 3])
def test_an_mp4_keeps_frames_and_colours(tmp_path, channels):
    x = clips(4, channels=channels)
    path = video.save_mp4(tmp_path / "a.mp4", x, scale=2, columns=4, gap=2, crf=4)
    film = np.broadcast_to(video.frames_of(x, 4, 2, 2), (6, 16, 2 * 46, 3))
    found = films.read(path)
    assert found.shape == film.shape
    assert np.abs(found.astype(int) - film).mean() < 4


def test_odd_sides_are_made_even(tmp_path):
    film = np.full((4, 7, 9, 3), 40, np.uint8)
    film[:, -1, :, 0] = film[:, :, -1, 0] = 220
    found = films.read(video.save_mp4(tmp_path / "a.mp4", film, crf=4)).astype(int)
    assert found.shape == (4, 8, 10, 3)
    np.testing.assert_allclose(found[:, 7, 2:8], found[:, 6, 2:8], atol=25)
    np.testing.assert_allclose(found[:, 2:6, 9], found[:, 2:6, 8], atol=25)


def test_the_same_film_gives_the_same_file(tmp_path):
    contents = [video.save_mp4(tmp_path / f"{i}.MP4", clips()).read_bytes() for i in range(2)]
    assert contents[0] == contents[1]


def test_strange_names_rates_and_single_frames(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    odd = "a:b.mp4" if os.name != "nt" else "a b.mp4"  # Windows has no such name.
    for name, fps in ((odd, 30000 / 1001), ("-c %03d.mp4", 1), ("é ü.mp4", np.float32(24))):
        path = video.save_mp4(name, clips(1, length=1), fps=fps)
        assert films.read(tmp_path / path).shape == (1, 8, 10, 3)
    with av.open(str(tmp_path / odd)) as film:
        assert film.streams.video[0].average_rate == Fraction(30000, 1001)
    assert capfd.readouterr() == ("", "")


def test_a_film_too_wide_for_the_codec(tmp_path):
    with pytest.raises(RuntimeError, match="cannot write a film of 40000x2 pixels"):
        video.save_mp4(tmp_path / "a.mp4", np.zeros((1, 2, 40_000, 1), np.uint8))
    assert not list(tmp_path.iterdir())


# GIF and player ------------------------------------------------------------------------------------------------------


def test_a_gif_repeats_evenly(tmp_path):
    path = video.save_gif(tmp_path / "a.gif", clips(2), columns=2, scale=3)
    with Image.open(path) as image:
        assert image.n_frames == 6 and image.size == (3 * 21, 3 * 8) and image.info["loop"] == 0
        for i in range(6):
            image.seek(i)
            assert image.info["duration"] == 80


def film_of(output, path):
    path.write_bytes(base64.b64decode(re.search(r'src="data:video/mp4;base64,([^"]*)"', output.data)[1]))
    return films.read(path)


def test_the_player_holds_the_film(tmp_path, capsys):
    x = clips(4)
    output = video.player(x, columns=2, title='"<b>')
    head = output.data[: output.data.index("src=")]
    for word in ("controls", "loop", "autoplay", "muted", "playsinline", 'width="42"', 'title="&quot;&lt;b&gt;"'):
        assert word in head
    found = film_of(output, tmp_path / "a.mp4")
    assert np.abs(found.astype(int) - video.frames_of(x, 2, 1, 2)).mean() < 6
    assert "6 frames at 25 a second, 42x34 pixels</video>" in video.player(x, 2, fps=25).data
    assert 'width="300"' in video.player(x, width=300).data
    assert capsys.readouterr().out == "" and len(output.data) < 20_000


def test_a_large_player_is_packed_harder_and_then_named(monkeypatch, capsys):
    x = np.random.default_rng(0).uniform(-1, 1, (4, 6, 16, 16, 3)).astype(np.float32)
    full = len(video.player(x).data)
    monkeypatch.setattr(video, "PLAYER_BYTES", full // 2)
    assert len(video.player(x).data) < 0.75 * full and capsys.readouterr().out == ""
    monkeypatch.setattr(video, "PLAYER_BYTES", 100)
    assert len(video.player(x).data) < 0.5 * full
    assert re.fullmatch(r"gan_tf: this player holds \d+ kB; .*\n", capsys.readouterr().out)


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 8, 8), np.float32), r"float32 of shape \(2, 8, 8\), expected floats"),
        (np.zeros((2, 3, 8, 8, 2), np.float32), "1 or 3"),
        (np.zeros((0, 3, 8, 8, 3), np.float32), r"shape \(0, 3"),
        (np.zeros((2, 0, 8, 8, 3), np.float32), r"shape \(2, 0"),
        (np.zeros((2, 3, 8, 8, 3), np.uint8), "uint8"),
        (np.zeros((0, 8, 8, 3), np.uint8), "uint8"),
        ("clip.mp4", "clips: got <U8"),
        ([], r"shape \(0,\)"),
        (np.full((1, 2, 8, 8, 1), np.nan), "clips: got NaN"),
        (np.full((1, 2, 8, 8, 1), 3.0), "clips: got values from 3 to 3"),
    ],
)
def test_bad_clips_are_refused(tmp_path, x, message):
    for call in (
        video.player,
        lambda x: video.save_mp4(tmp_path / "a.mp4", x),
        lambda x: video.save_gif(tmp_path / "a.gif", x),
    ):
        with pytest.raises(ValueError, match=message):
            call(x)
    if np.asarray(x).dtype != np.uint8:
        with pytest.raises(ValueError, match=message):
            video.contact_sheet(x)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        *((video.frames_of, {"scale": scale}, "scale: got") for scale in (0, -1, 1.5, True, 65)),
        (video.frames_of, {"columns": 0}, "columns: got 0"),
        (video.frames_of, {"gap": -1}, "gap: got -1"),
        (video.contact_sheet, {"columns": 0}, "columns: got 0"),
        (video.contact_sheet, {"gap": 0.5}, "gap: got 0.5"),
        *((video.player, {"fps": fps}, "fps: got") for fps in (0, -1, np.inf, np.nan, 241, "12", None, True)),
        (video.player, {"width": 0}, "width: got 0"),
        (video.player, {"scale": 0}, "scale: got 0"),
    ],
)
def test_bad_arguments_are_named(function, options, message):
    with pytest.raises(ValueError, match=message):
        function(clips(), **options)


@pytest.mark.parametrize(
    ("function", "name", "options", "message"),
    [
        (video.save_mp4, "a.gif", {}, "expected a name that ends in .mp4"),
        (video.save_mp4, "mp4", {}, "path: got .*mp4'"),
        (video.save_gif, "a.mp4", {}, "expected a name that ends in .gif"),
        (video.save_mp4, "a.mp4", {"crf": 52}, "crf: got 52"),
        (video.save_mp4, "a.mp4", {"crf": 0}, "crf: got 0"),
        (video.save_mp4, "a.mp4", {"fps": 0}, "fps: got 0"),
        (video.save_gif, "a.gif", {"fps": np.inf}, "fps: got inf"),
        (video.save_gif, "a.gif", {"columns": 0}, "columns: got 0"),
    ],
)
def test_what_cannot_be_saved_is_refused(tmp_path, function, name, options, message):
    with pytest.raises(ValueError, match=message):
        function(tmp_path / name, clips(), **options)
    assert not list(tmp_path.iterdir())
