"""The notes: what is there, what is held out, and that each sounds at its pitch."""

import numpy as np
import pytest

from gan_course import audio, data
from gan_course.data import notes


@pytest.fixture(scope="module")
def splits():
    return data.load("notes"), data.load("notes", "test")


def test_what_the_card_says_is_there(splits):
    train, test = splits
    assert (len(train), len(test)) == (1200, 172)
    assert train.x.shape[1:] == (16_384,) and train.sample_rate == 16_000 and train.source == "embedded"
    assert len(data.INSTRUMENTS) == 14 and len(train.class_names) == 14 * 49
    files = list(notes.folder().iterdir())
    assert sum(file.stat().st_size for file in files) < 12e6
    licence = (notes.folder() / "COPYING").read_text(encoding="utf-8")
    assert "Frank Wen" in licence and "Permission is hereby granted, free of charge" in licence
    loud = np.abs(train.x).max(axis=1)
    np.testing.assert_allclose(loud[train.velocities == 110], 0.9, atol=0.1)
    np.testing.assert_allclose(loud[train.velocities == 60], 0.45, atol=0.06)


def test_each_label_is_pitch_and_instrument(splits):
    for part in splits:
        np.testing.assert_array_equal(part.labels, data.note_labels(part.pitches, part.instruments))
        assert [part.class_names[label] for label in part.labels[:9]] == [
            f"{data.INSTRUMENTS[k]} {pitch}" for k, pitch in zip(part.instruments[:9], part.pitches[:9], strict=True)
        ]
    assert data.note_labels(36, "piano") == 0 and data.note_labels(84, "flute") == 685
    assert data.note_labels([37, 60], 2).tolist() == [16, 338]


def test_no_held_out_pair_of_pitch_and_instrument_is_trained_on(splits):
    train, test = (set(part.labels.tolist()) for part in splits)
    assert not train & test and len(train | test) == 686
    assert set(splits[0].pitches.tolist()) == set(splits[1].pitches.tolist()) == set(notes.PITCHES)


def test_each_note_sounds_at_its_pitch(splits):
    heard = audio.pitches(splits[1].x, 16_000)
    assert np.mean(np.abs(heard - splits[1].pitches) < 0.5) > 0.99


def test_selections_keep_what_belongs_to_a_note(splits):
    few = splits[0].take(5)
    np.testing.assert_array_equal(few.labels, data.note_labels(few.pitches, few.instruments))
    assert len(data.load("notes", n=7, source="real")) == 7


@pytest.mark.parametrize(
    ("pitches", "instruments", "why"),
    [
        (35, "piano", "pitches: got 35, expected whole MIDI numbers from 36 to 84"),
        ([60.5], "piano", "pitches: got .* whole MIDI numbers"),
        (60, "pianoo", "instruments: got 'pianoo', expected one of piano, .*did you mean 'piano'"),
        (60, 14, "instruments: got 14"),
    ],
)
def test_notes_that_do_not_exist_are_refused(pitches, instruments, why):
    with pytest.raises(ValueError, match=why):
        data.note_labels(pitches, instruments)


def test_a_damaged_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(notes, "folder", lambda: tmp_path)
    (tmp_path / "piano.ogg").write_bytes(b"OggS nothing")
    with pytest.raises(data.DataError, match=r"piano\.ogg"):
        data.load("notes")
