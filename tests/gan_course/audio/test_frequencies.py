"""Loudness and instantaneous frequency, there and back; and what is heard in a note."""

import dataclasses

import numpy as np
import pytest

from gan_course import audio, data

RATE = 16_000
TIME = np.arange(16_384) / RATE


def tone(hertz, harmonics=1, amplitude=0.5):
    x = sum(np.sin(2 * np.pi * hertz * k * TIME + k) / k for k in range(1, harmonics + 1))
    return (amplitude * x / np.abs(x).max()).astype(np.float32)


def test_the_way_back_is_exact_but_for_what_lies_below_the_floor():
    sounds = data.load("notes", "test", n=40).x
    back = audio.from_frequency_spectrograms(audio.frequency_spectrograms(sounds))
    ratio = 10 * np.log10((sounds**2).sum(axis=1) / ((sounds - back) ** 2).sum(axis=1))
    assert np.median(ratio) > 35 and ratio.min() > 25
    lower = dataclasses.replace(audio.NOTES, dynamic_range=120.0)
    back = audio.from_frequency_spectrograms(audio.frequency_spectrograms(sounds, lower), lower)
    finer = 10 * np.log10((sounds**2).sum(axis=1) / ((sounds - back) ** 2).sum(axis=1))
    assert np.median(finer) > np.median(ratio) + 15


def test_a_steady_tone_gives_its_loudness_and_its_distance_from_the_middle_of_the_bin():
    # 32.25 bins of 15.625 Hz: a quarter of a bin above the middle of bin 32, an eighth of half a turn in a hop.
    x = audio.frequency_spectrograms(tone(32.25 * 15.625, amplitude=1.0)[None])[0, 32, 8:56]
    assert x.shape == (48, 2)
    # The window loses little at a quarter of a bin.
    np.testing.assert_allclose(x[:, 0], 1.0, atol=0.03)
    np.testing.assert_allclose(x[:, 1], 0.125, atol=0.01)


def test_shape_and_range():
    x = audio.frequency_spectrograms(np.stack([tone(200), np.zeros(16_384, np.float32)]))
    assert x.shape == (2, 512, 64, 2) and x.dtype == np.float32 and np.abs(x).max() <= 1
    assert (x[1, ..., 0] == -1).all() and (x[1, ..., 1] == 0).all()
    assert not audio.from_frequency_spectrograms(x)[1].any()


def test_magnitudes_alone_are_enough_for_griffin_and_lim_to_find_the_pitch():
    x = audio.frequency_spectrograms(tone(311.0, 6)[None])
    found = audio.magnitudes_of(x)
    assert found.shape == (1, 65, 513) and (found >= 0).all()
    sound = audio.griffin_lim(found, audio.NOTES)
    assert abs(audio.pitches(sound, RATE)[0] - (69 + 12 * np.log2(311 / 440))) < 0.2


@pytest.mark.parametrize("midi", [36, 48, 69, 84])
def test_pitch_of_tones_with_harmonics(midi):
    hertz = 440 * 2 ** ((midi - 69) / 12)
    assert abs(audio.pitches(tone(hertz, 5)[None], RATE)[0] - midi) < 0.1


def test_harmonicity_falls_with_noise_as_the_ratio_says():
    clean, noise = tone(220, 5), np.random.default_rng(0).normal(0, 1, 16_384).astype(np.float32)
    found = []
    for decibels in (10, 20):
        scale = np.sqrt((clean**2).mean() / (noise**2).mean() / 10 ** (decibels / 10))
        found.append(audio.harmonicity((clean + scale * noise)[None] / 2, RATE)[0])
    np.testing.assert_allclose(found, (10, 20), atol=1.5)
    assert audio.harmonicity(clean[None], RATE)[0] > 30
    assert np.isnan(audio.harmonicity(np.zeros((1, 16_384)), RATE)[0])
    assert np.isnan(audio.pitches(np.zeros((1, 16_384)), RATE)[0])


def test_short_frames_hear_the_harmonicity_of_a_voice_whose_pitch_moves():
    t = np.arange(8192) / 8000
    phase = 2 * np.pi * np.cumsum(120 * 2 ** (t - 0.5)) / 8000  # an octave a second
    glide = sum(np.sin(k * phase) / k for k in range(1, 12))[None] / 4
    short = audio.harmonicity(glide, 8000, frame_length=512, pitch_range=(75, 500))
    assert short[0] > audio.harmonicity(glide, 8000)[0] + 5 and short[0] > 15
    noise = np.random.default_rng(1).normal(0, 0.1, (1, 8192)).clip(-1, 1)
    assert audio.harmonicity(noise, 8000, frame_length=512, pitch_range=(75, 500))[0] < 0


@pytest.mark.parametrize(
    "options",
    [{"frame_length": 128}, {"pitch_range": (0, 500)}, {"pitch_range": (500, 75)}, {"pitch_range": (75, 5000)}],
)
def test_a_frame_must_hold_two_periods(options):
    with pytest.raises(ValueError, match="frame_length, pitch_range: got"):
        audio.harmonicity(np.zeros((1, 8192)), 8000, **{"frame_length": 512, "pitch_range": (75, 500)} | options)


@pytest.mark.parametrize(
    ("function", "x", "why"),
    [
        (audio.from_frequency_spectrograms, np.zeros((1, 512, 64, 1)), r"spectrograms: got shape \(1, 512, 64, 1\)"),
        (audio.from_frequency_spectrograms, np.full((1, 512, 64, 2), 1.5), "spectrograms: got values"),
        (audio.magnitudes_of, np.zeros((512, 64, 2)), "spectrograms: got shape"),
        (audio.frequency_spectrograms, np.zeros((1, 1000), np.float32), "waveforms: got shape"),
        (lambda x: audio.pitches(x, RATE), np.zeros(8192), "waveforms: got shape"),
        (lambda x: audio.harmonicity(x, RATE), np.full((1, 8192), np.nan), "waveforms"),
    ],
)
def test_wrong_shapes_and_values_are_refused(function, x, why):
    with pytest.raises(ValueError, match=why):
        function(x)
