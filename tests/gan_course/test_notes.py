"""The networks for notes, and the generator that ships: it plays the pitch and the instrument that it is given."""

import keras
import numpy as np
import pytest

from gan_course import audio, data, evaluation, note_networks, pretrained


def test_harmonics_lie_on_multiples_of_the_pitch():
    maps = np.asarray(note_networks.Harmonics(512, 3)(np.array([69, 81])))
    assert maps.shape == (2, 512, 3, 3)
    peaks = [np.flatnonzero(pitch[:, 0, 0] > 0.8) * 15.625 for pitch in maps]
    for hertz, found in zip((440, 880), peaks, strict=True):
        multiples = np.round(found / hertz)
        assert set(multiples.astype(int)) == set(range(1, int(8000 / hertz) + 1))
        assert np.abs(found - multiples * hertz).max() < 0.6 * 15.625
    # A quarter of a bin above the middle is told as an eighth of two bins.
    middle = 440 / 15.625
    assert maps[0, 28, 0, 1] == pytest.approx((middle - 28) / 2, abs=1e-6)


def test_a_number_of_notes_that_is_no_number_of_instruments_is_refused():
    with pytest.raises(ValueError, match="classes: got 50, expected a multiple of 49"):
        note_networks.note_generator(classes=50)
    with pytest.raises(ValueError, match="classes: got 3, expected a multiple of 49"):
        note_networks.note_discriminator(classes=3)


def test_folding_keeps_all_numbers_and_their_order():
    x = keras.Input((512, 6, 2))
    there = keras.Model(x, note_networks.folded(x))
    back = keras.Model(x, note_networks.unfolded(note_networks.folded(x), 2))
    values = np.random.default_rng(0).normal(size=(3, 512, 6, 2)).astype("float32")
    small = np.asarray(there(values))
    assert small.shape == (3, 128, 6, 8)
    np.testing.assert_array_equal(small[:, 5, 2], values[:, 20:24, 2].reshape(3, 8))
    np.testing.assert_array_equal(back(values), values)


def test_the_generator_can_be_saved_without_code_and_takes_longer_notes(tmp_path):
    net = note_networks.note_generator((512, 128, 2), widths=(8, 8, 4, 4), last=4)
    latents, notes = np.zeros((2, 32), "float32"), np.array([0, 685])
    made = net([latents, notes])
    assert made.shape == (2, 512, 128, 2) and np.abs(made).max() <= 1
    net.save(tmp_path / "net.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "net.keras")([latents, notes]), made)


def test_the_shipped_generator_plays_the_pitch_and_the_instrument():
    notes = np.random.default_rng(0).permutation(49 * 14)[:500]
    pitches, instruments = notes // 14 + 36, notes % 14
    waveforms, rate = pretrained.sample_notes(pitches, instruments, seed=0)
    assert waveforms.shape == (500, 16_384) and waveforms.dtype == np.float32 and rate == 16_000
    assert np.abs(waveforms).max() <= 1
    assert np.mean(np.abs(audio.pitches(waveforms, rate) - pitches) < 0.5) > 0.94
    named = evaluation.feature_network("notes").predict_logits(waveforms).argmax(axis=1)
    assert np.mean(named == instruments) > 0.8
    assert pretrained.shipped_file("notes").stat().st_size < 8e6


def test_the_classifier_knows_the_instruments_of_notes_that_it_never_heard():
    unseen, network = data.load("notes", "test"), evaluation.feature_network("notes")
    assert np.mean(network.predict_logits(unseen.x).argmax(axis=1) == unseen.instruments) == pytest.approx(
        network.accuracy, abs=0.01
    )
    assert network.accuracy > 0.9 and network.class_names == data.INSTRUMENTS


def test_a_blend_ends_at_both_instruments_and_lies_between():
    ends = [pretrained.sample_blend([60, 67], "clarinet", "guitar", share)[0] for share in (0, 0.5, 1)]
    probabilities = [evaluation.feature_network("notes").probabilities(x).mean(axis=0) for x in ends]
    clarinet, guitar = (data.INSTRUMENTS.index(name) for name in ("clarinet", "guitar"))
    assert (
        probabilities[0][clarinet] > probabilities[1][clarinet] and probabilities[2][guitar] > probabilities[1][guitar]
    )
    assert np.mean(np.abs(audio.pitches(ends[1], 16_000) - [60, 67]) < 0.5) == 1
    shipped = pretrained.load("notes")
    latents = np.repeat(shipped.latents(1, 0), 2, axis=0)
    direct = shipped.generator.predict([latents, data.note_labels([60, 67], "guitar")], verbose=0)
    np.testing.assert_allclose(ends[2], audio.from_frequency_spectrograms(direct), atol=0.02)
    with pytest.raises(ValueError, match=r"share: got 1\.5"):
        pretrained.sample_blend([60], "clarinet", "guitar", 1.5)
    with pytest.raises(ValueError, match="instruments: got 'violin'"):
        pretrained.sample_blend([60], "flute", "violin")


def test_sample_notes_repeats_and_refuses():
    np.testing.assert_array_equal(pretrained.sample_notes([60], "flute", 3)[0], pretrained.sample_notes(60, 13, 3)[0])
    assert not np.array_equal(pretrained.sample_notes([60], "flute", 4)[0], pretrained.sample_notes(60, 13, 3)[0])
    assert len(pretrained.sample_notes([60, 61, 62])[0]) == 3
    with pytest.raises(ValueError, match=r"pitches: got .*from 36 to 84"):
        pretrained.sample_notes([85])
    with pytest.raises(ValueError, match="instruments: got 'violin'"):
        pretrained.sample_notes([60], "violin")
