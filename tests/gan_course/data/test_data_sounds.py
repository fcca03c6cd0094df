"""Spoken digits, the stand-in's voices, and folders of recordings."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
import soundfile
from tests.helpers.recordings import RATE, packed_by_av, tone

from gan_course import data
from gan_course.data import DataError, download, sounds, spoken_digits


def wav(sound=None, rate=RATE, **options):
    stream = io.BytesIO()
    soundfile.write(stream, tone() if sound is None else sound, rate, format="WAV", **options)
    return stream.getvalue()


def pitch(sound, rate=RATE):
    return np.abs(np.fft.rfft(sound * np.hanning(len(sound)))).argmax() * rate / len(sound)


# Folders -------------------------------------------------------------------------------------------------------------


def test_a_folder_of_recordings_of_all_kinds(tmp_path, capsys):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    soundfile.write(tmp_path / "a" / "1.wav", tone(), RATE, subtype="PCM_24")
    soundfile.write(tmp_path / "a" / "2.wav", tone(rate=44_100), 44_100, subtype="FLOAT")
    soundfile.write(tmp_path / "a" / "3.flac", np.stack([tone(rate=16_000)] * 2, 1), 16_000)
    soundfile.write(tmp_path / "b" / "4.ogg", tone(2.0, rate=22_050), 22_050)
    soundfile.write(tmp_path / "b" / "5.mp3", tone(0.7, rate=48_000), 48_000)
    soundfile.write(tmp_path / "b" / "6.wav", tone(level=0.01), RATE, subtype="PCM_U8")
    found = data.sounds_from_folder(tmp_path)
    assert capsys.readouterr().out == ""
    assert found.x.shape == (6, 8192) and found.sample_rate == RATE and found.class_names == ("a", "b")
    assert found.labels.tolist() == [0, 0, 0, 1, 1, 1] and found.source == "local"
    np.testing.assert_allclose(np.abs(found.x).max(axis=1), sounds.PEAK, atol=1e-3)
    # Whatever the rate of the file was, the tone is heard at its pitch.
    pitches = np.abs(np.fft.rfft(found.x[:, :4000])).argmax(axis=1) * RATE / 4000
    np.testing.assert_allclose(pitches, 440, atol=4)


def test_a_folder_without_classes_and_its_length(tmp_path):
    for i in range(2):
        (tmp_path / f"{i}.wav").write_bytes(wav(tone(0.2 + i)))
    found = data.sounds_from_folder(tmp_path, sample_rate=16_000, seconds=0.5)
    assert found.labels is None and found.x.shape == (3, 7936)  # the second one gives two
    assert np.abs(found.x[0, 3500:]).max() < 0.01 and np.abs(found.x[1, -400:-200]).max() > 0.5
    assert repr(found) == f"Dataset({tmp_path.name!r}: 3 sounds of 0.50 s at 16000 Hz, source='local')"


def damaged(tmp_path):
    """One file of each kind that cannot be used, and what is said of it."""
    silent, nan = np.zeros(4000, np.float32), tone()
    nan[100] = np.nan
    contents = {
        "text.wav": (b"I am a text, not a sound.", "no recording"),
        "empty.wav": (b"", "no recording"),
        "none.wav": (wav(silent[:0]), "holds 0 samples"),
        "one.wav": (wav(silent[:1]), "holds 1 samples"),
        "silent.wav": (wav(silent), "only silence"),
        "nan.wav": (wav(nan, subtype="FLOAT"), "NaN"),
        "text.mp3": (b"I am a text, not a sound." * 99, "(no recording|holds 0 samples)"),
        "text.m4a": (b"I am a text, not a sound." * 99, "no recording"),
    }
    for name, (content, _) in contents.items():
        (tmp_path / name).write_bytes(content)
    return contents


def test_what_cannot_be_used_is_skipped_and_counted(tmp_path, capsys):
    contents = damaged(tmp_path)
    for i in range(2):
        (tmp_path / f"fine{i}.wav").write_bytes(wav())
    assert len(data.sounds_from_folder(tmp_path)) == 2
    out = capsys.readouterr().out
    assert f"skipped {len(contents)} of {len(contents) + 2} recordings" in out and out.count("\n") == 1


@pytest.mark.parametrize(
    "name", ["text.wav", "empty.wav", "none.wav", "one.wav", "silent.wav", "nan.wav", "text.mp3", "text.m4a"]
)
def test_the_reason_is_said(tmp_path, name):
    reason = damaged(tmp_path)[name][1]
    only = tmp_path / "only"
    only.mkdir()
    (tmp_path / name).rename(only / name)
    with pytest.raises(DataError, match=f"0 recordings that can be used.*{name}: .*{reason}"):
        data.sounds_from_folder(only)


def test_one_sound_is_not_a_data_set(tmp_path):
    (tmp_path / "a.wav").write_bytes(wav())
    with pytest.raises(DataError, match=r"holds 1 recordings .*which give 1 sounds of 1.024 s, expected at least two"):
        data.sounds_from_folder(tmp_path)


# Recordings as they come ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["0", "1"])
@pytest.mark.parametrize("variable", [True, False])
def test_an_mp3_is_read_to_its_end(tmp_path, variable, header):
    """31 s, of which the last 21 are another tone, and harder to pack: the rate rises after the first frames."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(21 * 44_100).astype(np.float32)
    long = np.concatenate([tone(10, 44_100), tone(21, 44_100, frequency=1000) + noise])
    packed_by_av(tmp_path / "a.mp3", long, 44_100, layout="stereo", variable=variable, write_xing=header)
    read = sounds.read(tmp_path / "a.mp3", RATE)
    assert 31 * RATE <= len(read) <= 31.1 * RATE and read.dtype == np.float32
    assert [round(pitch(read[start * RATE :][:RATE])) for start in (5, 15, 29)] == [440, 1000, 1000]
    assert np.abs(read[15 * RATE :]).max() == pytest.approx(0.75, abs=0.3)


def test_an_mp3_with_other_things_around_its_frames(tmp_path):
    packed_by_av(tmp_path / "a.mp3", tone(3, 44_100), 44_100, write_xing="0")
    content = (tmp_path / "a.mp3").read_bytes()
    for name, parts in {"tag": (content, b"TAG", bytes(125)), "padding": (content, bytes(4000))}.items():
        (tmp_path / f"{name}.mp3").write_bytes(b"".join(parts))
        assert len(sounds.read(tmp_path / f"{name}.mp3", RATE)) == pytest.approx(3 * RATE, abs=0.1 * RATE)
    (tmp_path / "cut.mp3").write_bytes(content[: len(content) // 2])
    assert len(sounds.read(tmp_path / "cut.mp3", RATE)) == pytest.approx(1.5 * RATE, abs=0.1 * RATE)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.m4a", "aac", 44_100, "stereo"),
        ("a.m4a", "aac", 48_000, "stereo"),
        ("a.m4a", "alac", 44_100, "stereo"),
        ("a.aac", "aac", 16_000, "mono"),
        ("a.mp3", "libmp3lame", 22_050, "stereo"),
        ("a.opus", "libopus", 48_000, "mono"),
        ("a.wav", "pcm_f64le", 96_000, "mono"),
        ("a.wav", "pcm_s32le", 11_025, "stereo"),
    ],
)
def test_packed_recordings_keep_pitch_and_level(tmp_path, name, codec, rate, layout):
    packed_by_av(tmp_path / name, tone(2, rate), rate, codec, layout)
    read = sounds.read(tmp_path / name, RATE)
    assert 2 * RATE <= len(read) <= 2.2 * RATE  # an encoder may add silence at both ends
    assert pitch(read[2000:14_000]) == pytest.approx(440, abs=1)
    assert np.abs(read[2000:14_000]).max() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_array_equal(sounds.read(io.BytesIO((tmp_path / name).read_bytes()), RATE), read)


def test_a_damaged_m4a_is_no_shorter_sound(tmp_path):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 3 * 44_100).astype(np.float32)
    packed_by_av(tmp_path / "a.m4a", noise, 44_100, "aac", movflags="+faststart")
    content = (tmp_path / "a.m4a").read_bytes()
    for spoilt in (content[: len(content) // 2], content[:20_000] + bytes(3000) + content[23_000:]):
        (tmp_path / "a.m4a").write_bytes(spoilt)
        with pytest.raises(DataError, match="is damaged"):
            sounds.read(tmp_path / "a.m4a", RATE)


def test_blocks_give_what_librosa_makes_of_the_whole():
    import librosa

    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 700_001).astype(np.float32)
    stream = io.BytesIO()
    soundfile.write(stream, noise, 44_100, format="WAV", subtype="FLOAT")
    stream.seek(0)
    wanted = librosa.resample(noise, orig_sr=44_100, target_sr=RATE)
    np.testing.assert_array_equal(sounds.read(stream, RATE), wanted)


# Windows -------------------------------------------------------------------------------------------------------------


def take():
    """Of 6.5 s the second and third are a tone, the last one and a half another; between them silence."""
    silence = np.zeros(2 * RATE, np.float32)
    return np.concatenate([silence[:RATE], tone(2), silence, tone(1.5, level=0.05, frequency=880)])


@pytest.mark.parametrize(("hop", "starts", "silent"), [(None, 10, 3), (0.512, 10, 3), (0.256, 20, 6), (2.0, 3, 1)])
def test_one_long_take_is_cut_into_windows(tmp_path, capsys, hop, starts, silent):
    (tmp_path / "take.wav").write_bytes(wav(take()))
    found = data.sounds_from_folder(tmp_path, seconds=0.512, hop=hop)
    assert found.x.shape == (starts - silent, 4096) and found.labels is None
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and f"passed over {silent} of {starts} windows" in out
    assert [round(pitch(x), -1) for x in found.x[[0, -1]]] == [440, 880]
    np.testing.assert_allclose(np.abs(found.x).max(axis=1), sounds.PEAK, atol=1e-6)
    assert np.abs(found.x[:, -1]).max() == 0 and np.abs(found.x[1:, 0]).max() == 0  # no clicks
    if hop == 0.256:  # The second half of a window is the first one of the next.
        np.testing.assert_allclose(found.x[0, 2100:4000], found.x[1, 52:1952], atol=1e-3)


def test_windows_keep_the_class_of_their_recording(tmp_path):
    for name, seconds in (("a", 3.2), ("b", 0.7)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.wav").write_bytes(wav(tone(seconds)))
    found = data.sounds_from_folder(tmp_path, seconds=1.024)
    assert found.labels.tolist() == [0, 0, 0, 1]


def test_minutes_of_sound_give_all_their_windows(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "lecture.flac", tone(300, 1000, frequency=100), 1000)
    packed_by_av(tmp_path / "talk.mp3", tone(300, 8000), 8000, write_xing="0")
    found = data.sounds_from_folder(tmp_path, seconds=1.024)
    assert len(found) - 2 * 292 in (0, 1)  # the MP3 is a little longer
    monkeypatch.setattr(sounds, "MAX_SAMPLES", 200 * RATE)
    for file in ("lecture.flac", "talk.mp3"):
        with pytest.raises(DataError, match=r"lasts (20\d|300) s, more than the 200 s allowed; cut it into pieces"):
            sounds.read(tmp_path / file, RATE, sounds.MAX_SAMPLES / RATE)


def test_other_files_are_counted_in_one_line(tmp_path, capsys):
    (tmp_path / "a" / "old").mkdir(parents=True)
    for name in ("a/1.wav", "a/2.wav", "a/old/3.wav", ".hidden.wav"):
        (tmp_path / name).write_bytes(wav())
    for name in ("a/1.wma", "a/2.WMA", "notes.txt", "README"):
        (tmp_path / name).write_bytes(b"no sound")
    assert len(data.sounds_from_folder(tmp_path)) == 2
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and out.startswith(f"gan_tf: passed over in {tmp_path}: 2 .wma, ")
    for counted in ("1 .txt", "1 without ending", "1 .wav in folders not read", "(read as recordings: .wav, "):
        assert counted in out
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "1.wma").write_bytes(b"no sound")
    with pytest.raises(DataError, match=r"holds no recordings \(looked for .*; passed over: 1 .wma\)"):
        data.sounds_from_folder(tmp_path / "only")


def test_an_hour_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "hour.flac"
    soundfile.write(path, np.zeros(3600 * 1000, np.float32), 1000)
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(DataError, match="lasts 3,600 s"):
        sounds.read(path, RATE)


def test_clipping_is_said(tmp_path, capsys):
    for i in range(2):
        (tmp_path / f"{i}.wav").write_bytes(wav(np.clip(tone(level=1.0 + 2 * i), -1, 1)))
    data.sounds_from_folder(tmp_path)
    assert "1 recordings clip" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_rate": 10}, "sample_rate: got 10"),
        *(({"seconds": seconds}, "seconds: got .*, expected seconds from") for seconds in (0, 1e9, "1", True, np.nan)),
        *(({"hop": hop}, "hop: got .*, expected seconds from 0.001 to 60") for hop in (0, -1, 1e9, "1", np.nan)),
    ],
)
def test_bad_arguments_are_named(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        data.sounds_from_folder(tmp_path, **options)


def test_no_folder_and_no_recordings(tmp_path):
    with pytest.raises(DataError, match=r"path: got .*, expected a folder of recordings"):
        data.sounds_from_folder(tmp_path / "absent")
    with pytest.raises(DataError, match="holds no recordings"):
        data.sounds_from_folder(tmp_path)


def test_too_much_memory_is_refused_before_it_is_taken(tmp_path, monkeypatch):
    (tmp_path / "a.wav").write_bytes(wav())
    monkeypatch.setattr(sounds, "MAX_BYTES", 1000)
    with pytest.raises(DataError, match="choose fewer seconds"):
        data.sounds_from_folder(tmp_path)


def test_a_cut_sound_fades_out():
    cut = sounds.fit(tone(3.0), 4096)
    assert np.abs(cut[-1]) == 0 and np.abs(cut[-400:-200]).max() > 0.8


def test_sounds_check_what_they_hold():
    good = data.load("spoken_digits", "test", source="embedded", n=4)
    options = [good.labels, good.class_names, "local", good.card, "x"]
    with pytest.raises(DataError, match=r"expected sounds \[n, samples\] in \[-1, 1\]"):
        data.Sounds(good.x * 2, *options)
    with pytest.raises(DataError, match="speakers of 'x': got"):
        data.Sounds(good.x, *options, RATE, np.zeros(3, np.int32), ("a",))
    with pytest.raises(ValueError, match="sample_rate: got 0"):
        data.Sounds(good.x, *options, 0)
    seven = good.of_class(*good.labels[:1].tolist())
    assert len(seven.speakers) == len(seven) and seven.sample_rate == RATE


# The stand-in --------------------------------------------------------------------------------------------------------


def test_the_stand_in_has_many_voices_and_all_digits():
    found = data.load("spoken_digits", source="embedded")
    assert found.x.shape == (960, 8192) and found.class_names[7] == "seven" and len(found.speaker_names) == 24
    assert np.bincount(found.labels).tolist() == [96] * 10 and np.bincount(found.speakers).tolist() == [40] * 24
    assert len(np.unique(found.x, axis=0)) == len(found)
    again, other = (data.load("spoken_digits", source="embedded", n=50, seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(found.x[:50], again.x)
    assert (again.labels != other.labels).any()
    with pytest.raises(ValueError, match="n: got 961, but the stand-in has 960"):
        data.load("spoken_digits", source="embedded", n=961)


def test_the_splits_share_no_sound():
    train, test = (data.load("spoken_digits", split, source="embedded") for split in ("train", "test"))
    assert len(test) == 240 and not {hashlib.md5(x.tobytes()).digest() for x in train.x} & {
        hashlib.md5(x.tobytes()).digest() for x in test.x
    }


# The real set, or what looks like it ---------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Two takes a split instead of fifty, no network, an empty cache."""
    monkeypatch.setattr(spoken_digits, "TAKES", {"train": range(5, 7), "test": range(1)})
    monkeypatch.setenv("GAN_TF_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GAN_TF_DATA_SOURCE", raising=False)
    monkeypatch.delenv("GAN_TF_DATA", raising=False)


def recordings():
    """Name to bytes of every recording; digit and speaker can be told from the pitch."""
    return {
        name: wav(tone(frequency=200 + 100 * int(name[0]) + 20 * spoken_digits.SPEAKERS.index(name.split("_")[1])))
        for split in spoken_digits.TAKES
        for name in spoken_digits.file_names(split)
    }


def check(found):
    assert found.x.shape == (120, 8192) and found.sample_rate == RATE and found.speaker_names == spoken_digits.SPEAKERS
    pitches = np.abs(np.fft.rfft(found.x[:, :4000])).argmax(axis=1) * RATE / 4000
    np.testing.assert_allclose(pitches, 200 + 100 * found.labels + 20 * found.speakers, atol=4)


@pytest.fixture
def folder(small, monkeypatch, tmp_path):
    path = tmp_path / "mine" / spoken_digits.FOLDER
    path.mkdir(parents=True)
    for name, content in recordings().items():
        (path / name).write_bytes(content)
    monkeypatch.setenv("GAN_TF_DATA", str(tmp_path / "mine"))
    return path


def test_loads_local_files(folder):
    found = data.load("spoken_digits")
    assert found.source == "local"
    check(found)
    few = data.load("spoken_digits", n=25, samples=4096)
    assert few.x.shape == (25, 4096) and set(few.labels) == set(range(10))
    assert not set(spoken_digits.file_names("train")) & set(spoken_digits.file_names("test"))


def test_missing_and_damaged_files_are_named(folder):
    for name in spoken_digits.file_names("train")[5:15]:
        (folder / name).unlink()
    with pytest.raises(DataError, match=r"is incomplete: 5_george_5\.wav.* and 4 more missing"):
        data.load("spoken_digits")
    (folder / "0_george_0.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"0_george_0\.wav: no recording"):
        data.load("spoken_digits", "test")


def packed(contents, member=None):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in {"README.md": b"x", **contents}.items():
            info = tarfile.TarInfo(f"free-spoken-digit-dataset-1.0.10/recordings/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        if member:
            tar.addfile(member)
    return stream.getvalue()


def link():
    info = tarfile.TarInfo("free-spoken-digit-dataset-1.0.10/recordings/0_george_0.wav")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return info


def test_reads_the_archive_without_unpacking_it(small, monkeypatch, tmp_path):
    cache = tmp_path / "cache" / "spoken_digits"
    cache.mkdir(parents=True)
    (cache / spoken_digits.ARCHIVE.name).write_bytes(packed(recordings()))
    opened = []
    monkeypatch.setattr(tarfile, "open", lambda *a, real=tarfile.open, **k: opened.append(a) or real(*a, **k))
    found = data.load("spoken_digits")
    assert len(opened) == 1, "the archive is read once, not once a recording"
    assert found.source == "download" and [path.name for path in cache.iterdir()] == [spoken_digits.ARCHIVE.name]
    check(found)


def test_more_recordings_than_there_are_are_refused_before_any_is_read(small, monkeypatch, tmp_path):
    cache = tmp_path / "cache" / "spoken_digits"
    cache.mkdir(parents=True)
    (cache / spoken_digits.ARCHIVE.name).write_bytes(packed(recordings()))
    monkeypatch.setattr(tarfile, "open", lambda *a, **k: pytest.fail("reads"))
    with pytest.raises(ValueError, match="n: got 121, expected a whole number from 1 to 120"):
        data.load("spoken_digits", n=121)


def test_a_download_is_checked_before_it_gets_its_name(small, tmp_path):
    check_archive = spoken_digits.ARCHIVE.check
    good, path = recordings(), tmp_path / "x.tar.gz"
    path.write_bytes(packed(good))
    check_archive(path)
    lacking = dict(list(good.items())[1:])
    broken = {**good, "3_theo_0.wav": b"RIFF"}
    for content, message in (
        (packed(lacking), r"lacks free-spoken-digit-dataset-1\.0\.10/recordings/0_george_5\.wav$"),
        (packed(broken), "no recording"),
        (packed(good)[:-2000], "cannot be read"),
        (b"<html>not found</html>", "cannot be read"),
        (packed(good, link()), "is no file of at most"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            check_archive(path)
    assert spoken_digits.ARCHIVE.checksum == "" and download.is_whole(path, spoken_digits.ARCHIVE)


def test_real_digits_when_they_are_here(monkeypatch):
    monkeypatch.setattr(download, "_head", lambda url: 1 / 0)  # never from the network
    try:
        test = data.load("spoken_digits", "test", source="real")
    except DataError:
        pytest.skip("the real set is not on this machine")
    assert test.x.shape == (300, 8192) and np.bincount(test.labels).tolist() == [30] * 10
    assert np.bincount(test.speakers).tolist() == [50] * 6 and np.abs(test.x).max() <= 0.91
