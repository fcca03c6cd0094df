"""Waveforms to log-mel spectrograms and back."""

import librosa
import numpy as np
import pytest
import scipy.signal
import soundfile
import tensorflow as tf

from gan_course import audio, data
from gan_course.audio import mel, phase

CONFIG = audio.DIGITS


def tones(n=3, samples=8192, seed=0):
    """Sounds of a few gliding tones with a soft start and end, and a little noise."""
    random = np.random.default_rng(seed)
    t = np.arange(samples) / CONFIG.sample_rate
    sounds = []
    for _ in range(n):
        parts = [
            random.uniform(0.2, 1) * np.sin(2 * np.pi * (f * t + random.uniform(-300, 300) * t**2 / 2))
            for f in random.uniform(150, 3000, 4)
        ]
        sound = sum(parts) * np.hanning(samples) + random.normal(0, 0.01, samples)
        sounds.append(0.9 * sound / np.abs(sound).max())
    return np.array(sounds, np.float32)


def by_librosa(sound, config=CONFIG):
    mel = librosa.feature.melspectrogram(
        y=sound, sr=config.sample_rate, n_fft=config.n_fft, hop_length=config.hop_length, n_mels=config.n_mels,
        fmin=config.fmin, fmax=config.fmax, power=1.0, pad_mode="constant",
    )[:, : config.frames(len(sound))]  # fmt: skip
    decibels = librosa.amplitude_to_db(mel, ref=config.reference, amin=1e-10, top_db=None)
    return np.clip(1 + 2 * decibels / config.dynamic_range, -1, 1)


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        audio.MelConfig(16_000, 1024, 256, 80, 0.0, 8000.0, 2.0, 80.0),
        audio.MelConfig(n_fft=400, hop_length=100),
    ],
    ids=["default", "16 kHz", "n_fft no power of two"],
)
def test_agrees_with_librosa(config):
    sounds = tones(samples=80 * config.hop_length)
    ours = audio.log_mel(sounds, config)
    assert ours.shape == (3, config.n_mels, 80, 1) and ours.dtype == np.float32
    np.testing.assert_allclose(ours[..., 0], [by_librosa(sound, config) for sound in sounds], atol=1e-3)


OVERLAPS = [
    CONFIG,
    audio.MelConfig(hop_length=64),
    audio.MelConfig(hop_length=256),
    audio.MelConfig(n_fft=400, hop_length=100),
]


@pytest.mark.parametrize("config", OVERLAPS, ids=lambda config: f"{config.n_fft}, {config.hop_length}")
def test_spectra_there_and_back_are_librosa_s_to_the_last_sample(config):
    sounds = np.random.default_rng(0).uniform(-1, 1, (2, 40 * config.hop_length)).astype(np.float32)
    spectra = mel.stft(tf.constant(sounds), config)
    options = {"n_fft": config.n_fft, "hop_length": config.hop_length}
    by_librosa = librosa.stft(sounds, pad_mode="constant", **options).transpose(0, 2, 1)
    np.testing.assert_allclose(spectra, by_librosa, atol=2e-5)
    back = phase.inverse_stft(spectra, phase.window_weight(41, config), config).numpy()
    np.testing.assert_allclose(back, sounds, atol=1e-6)
    # Spectra that are no sound's: what comes nearest.
    changed = spectra.numpy() * np.random.default_rng(1).uniform(0, 2, spectra.shape).astype(np.float32)
    found = phase.inverse_stft(tf.constant(changed), phase.window_weight(41, config), config).numpy()
    np.testing.assert_allclose(found, librosa.istft(changed.transpose(0, 2, 1), **options), atol=1e-5)


def test_runs_inside_tf_data():
    sounds = tones(6)
    batches = tf.data.Dataset.from_tensor_slices(sounds).batch(2).map(audio.log_mel)
    assert batches.element_spec.shape[1:] == (64, 64, 1)
    found = np.concatenate([batch.numpy() for batch in batches])
    np.testing.assert_allclose(found, audio.log_mel(sounds), atol=1e-5)


def test_loudness_and_pitch_stand_where_they_should():
    t = np.arange(8192) / 8000
    low, high = (0.5 * np.sin(2 * np.pi * f * t) for f in (200, 2000))
    bands = audio.log_mel(np.float32([low, high])).mean(axis=(2, 3)).argmax(axis=1)
    centres = librosa.mel_frequencies(66, fmin=CONFIG.fmin, fmax=CONFIG.fmax)[1:-1]
    assert np.abs(centres[bands] - [200, 2000]).max() < 60
    quiet, loud = audio.log_mel(np.float32([low, low / 2]))[:, bands[0], 32, 0][::-1]
    assert loud - quiet == pytest.approx(2 * 20 * np.log10(2) / CONFIG.dynamic_range, abs=1e-3)
    assert (audio.log_mel(np.zeros((1, 8192), np.float32)) == -1).all()


def test_the_way_back_gives_nearly_the_same_spectrogram():
    sounds = tones(4)
    wanted = audio.log_mel(sounds)
    back = audio.to_waveform(wanted, seed=1)
    assert back.shape == sounds.shape and back.dtype == np.float32 and np.abs(back).max() <= 1
    error = np.abs(audio.log_mel(back) - wanted).mean()
    slow = np.abs(audio.log_mel(audio.to_waveform(wanted, iterations=2, momentum=0.0)) - wanted).mean()
    assert error < 0.06 and error < slow
    np.testing.assert_array_equal(back, audio.to_waveform(wanted, seed=1))
    assert np.abs(back - audio.to_waveform(wanted, seed=2)).max() > 0.01


def test_momentum_gets_further_in_as_many_steps():
    wanted = audio.log_mel(tones(4))
    errors = [np.abs(audio.log_mel(audio.to_waveform(wanted, momentum=m)) - wanted).mean() for m in (0.0, 0.99)]
    assert errors[1] < 0.95 * errors[0]


def test_silence_comes_back_as_silence():
    assert np.abs(audio.to_waveform(np.full((1, 64, 64, 1), -1.0))).max() == 0


def test_silence_behind_a_sound_stays_silent():
    picture = audio.log_mel(tones(1))
    picture[:, :, 32:] = -1
    back = audio.to_waveform(picture)[0]
    # A window reaches four hops.
    assert np.abs(back[:4096]).max() > 0.1 and np.abs(back[36 * 128 :]).max() < 1e-3


def test_loud_spectrograms_do_not_leave_the_range():
    assert np.abs(audio.to_waveform(np.ones((2, 64, 16, 1)))).max() <= 1


@pytest.mark.parametrize(
    ("waveforms", "message"),
    [
        (np.zeros(8192, np.float32), r"shape \(8192,\)"),
        (np.zeros((2, 1000), np.float32), "multiple of hop_length=128"),
        (np.zeros((0, 8192), np.float32), "n from 1"),
        (np.zeros((1, 8192), np.int16), "int16"),
        (np.full((1, 8192), np.nan, np.float32), "NaN"),
        (np.full((1, 8192), 3.0, np.float32), "from 3 to 3"),
    ],
)
def test_bad_waveforms_are_refused(waveforms, message):
    with pytest.raises(ValueError, match=message):
        audio.log_mel(waveforms)


def test_many_sounds_pass_in_parts_and_give_the_same(monkeypatch):
    sounds = tones(5)
    at_once = audio.log_mel(sounds)
    magnitudes = audio.magnitudes(at_once)
    parts, in_batches = [], mel.in_batches

    def small(function, x):
        return in_batches(lambda part, place: parts.append(len(part)) or function(part, place), x, batch_size=2)

    for module in (mel, phase):
        monkeypatch.setattr(module, "in_batches", small)
    np.testing.assert_allclose(audio.log_mel(sounds), at_once, atol=1e-5)
    np.testing.assert_allclose(audio.magnitudes(at_once), magnitudes, rtol=1e-4, atol=1e-5)
    found = audio.to_waveform(at_once)  # the phases differ, as each part has its own
    # Parts of one pass may be worked on side by side, passes one after the other.
    assert [sorted(parts[i : i + 3]) for i in range(0, len(parts), 3)] == [[1, 2, 2]] * 4
    assert np.abs(in_batches(lambda x, _: mel.log_mel(x), found) - at_once).mean() < 0.06


def test_bad_tensors_are_refused():
    with pytest.raises(ValueError, match="multiple of hop_length"):
        audio.log_mel(tf.zeros((2, 1000)))
    with pytest.raises(ValueError, match="int32"):
        audio.log_mel(tf.zeros((2, 8192), tf.int32))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"log_mels": np.zeros((1, 40, 64, 1))}, "64, frames, 1"),
        ({"log_mels": np.full((1, 64, 64, 1), np.inf)}, "NaN or infinity"),
        ({"log_mels": np.full((1, 64, 64, 1), -40.0)}, "from -40"),
        ({"iterations": 0}, "iterations: got 0"),
        ({"momentum": 1.0}, "momentum: got 1.0"),
    ],
)
def test_bad_spectrograms_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        audio.to_waveform(**{"log_mels": np.zeros((1, 64, 64, 1)), **arguments})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_rate": 0}, "sample_rate: got 0"),
        ({"fmax": 5000.0}, "half the sample rate"),
        ({"fmin": 4000.0}, "fmin, fmax"),
        ({"hop_length": 300}, "hop_length: got 300"),
        ({"n_mels": 0}, "n_mels: got 0"),
        ({"dynamic_range": -60.0}, "dynamic_range: got -60"),
        ({"reference": float("nan")}, "reference: got nan"),
    ],
)
def test_bad_configurations_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        audio.MelConfig(**options)


def test_spectrograms_of_a_data_set():
    sounds = data.load("spoken_digits", "test", source="embedded", n=12)
    pictures = audio.spectrograms(sounds)
    assert pictures.x.shape == (12, 64, 64, 1) and pictures.name == "spoken_digits"
    np.testing.assert_array_equal(pictures.labels, sounds.labels)
    np.testing.assert_allclose(pictures.x, audio.log_mel(sounds.x), atol=1e-5)
    with pytest.raises(ValueError, match="at 8000 Hz, expected sounds at 16000 Hz"):
        audio.spectrograms(sounds, audio.MelConfig(sample_rate=16_000))
    with pytest.raises(ValueError, match="None Hz"):
        audio.spectrograms(data.load("ring", n=10))


def test_a_reel_has_no_long_silence():
    sounds = np.zeros((3, 8192), np.float32)
    sounds[:, 1000:3000] = tones(3, 2000)
    joined = audio.reel(sounds, gap=0.1)
    assert 3 * (1500 + 800) < len(joined) < 3 * (4000 + 800)
    with pytest.raises(ValueError, match="gap"):
        audio.reel(sounds, gap=-1)
    with pytest.raises(ValueError, match="waveforms"):
        audio.reel(sounds[0])


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_saves_whole_files(tmp_path, suffix):
    sound = tones(1)[0]
    path = audio.save(tmp_path / f"a.{suffix}", sound)
    read, rate = soundfile.read(path, dtype="float32")
    assert rate == 8000 and np.abs(read - sound).max() < 1e-4
    with pytest.raises(ValueError, match="NaN"):
        audio.save(path, np.full(100, np.nan))
    assert soundfile.info(path).frames == 8192 and len(list(tmp_path.iterdir())) == 1


def test_an_mp3_holds_the_same_sound(tmp_path):
    sound = tones(1)[0]
    path = audio.save(tmp_path / "a.mp3", sound, comment="a tone")
    read, rate = soundfile.read(path, dtype="float32")
    assert (rate, soundfile.info(path).format, soundfile.info(path).subtype) == (8000, "MP3", "MPEG_LAYER_III")
    moved = [np.corrcoef(sound[1000:7000], read[1000 + k : 7000 + k])[0, 1] for k in range(-800, 801)]
    assert max(moved) > 0.99  # the format may move a sound by a frame
    assert path.stat().st_size < 8192


@pytest.mark.parametrize(
    ("name", "sound", "message"),
    [
        ("a.mp4", np.zeros(10), "ends in .wav"),
        ("a.wav", np.zeros((2, 10)), r"expected \(samples,\)"),
        ("a.wav", np.full(10, 2.0), "from 2 to 2"),
    ],
)
def test_what_cannot_be_saved_is_refused(tmp_path, name, sound, message):
    with pytest.raises(ValueError, match=message):
        audio.save(tmp_path / name, sound)
    assert not list(tmp_path.iterdir())


# Sharper bands --------------------------------------------------------------------------------------------------------


def test_sharpening_moves_values_away_from_the_mean_of_five_bands():
    x = np.full((1, 64, 64, 1), -0.5, np.float32)
    x[0, 20] = 0.0  # one loud band
    found = audio.sharpen(x, amount=0.5)
    assert found.dtype == np.float32 and found.shape == x.shape
    np.testing.assert_allclose(found[0, 20], 0.5 * (0.0 - (0.0 - 4 * 0.5) / 5), atol=1e-6)
    np.testing.assert_allclose(found[0, 22], -0.5 + 0.5 * (-0.5 - (0.0 - 4 * 0.5) / 5), atol=1e-6)
    np.testing.assert_allclose(np.delete(found[0], range(18, 23), axis=0), -0.5, atol=1e-6)
    np.testing.assert_array_equal(audio.sharpen(x, amount=0), x)
    assert np.abs(audio.sharpen(np.sign(x + 0.25), amount=2)).max() <= 1


def test_a_sharpened_voice_is_more_harmonic_and_nearer_to_the_voice():
    """A voice: pulses 120 times a second, with the resonances of a vowel."""
    pulses = np.zeros((1, 8192), np.float32)
    pulses[0, :: round(8000 / 120)] = 1.0
    voice = scipy.signal.lfilter(
        [1], np.poly([0.97 * np.exp(2j * np.pi * f / 8000) for f in (600, -600, 1500, -1500)]).real, pulses
    )
    voice = (0.5 * voice / np.abs(voice).max()).astype(np.float32)
    heard = {"frame_length": 512, "pitch_range": (75, 500)}
    spectra = {}
    for amount in (0.0, 0.2):
        sound = audio.to_waveform(audio.sharpen(audio.log_mel(voice), amount=amount))
        spectra[amount] = audio.harmonicity(sound, 8000, **heard)[0]
    assert spectra[0.2] > spectra[0.0] + 0.5
    assert spectra[0.2] < audio.harmonicity(voice, 8000, **heard)[0]


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (np.zeros((1, 32, 64, 1)), {}, r"log_mels: got shape \(1, 32, 64, 1\)"),
        (np.full((1, 64, 64, 1), 2.0), {}, "log_mels: got values"),
        (np.zeros((1, 64, 64, 1)), {"amount": -0.1}, "amount: got -0.1"),
        (np.zeros((1, 64, 64, 1)), {"amount": float("nan")}, "amount: got nan"),
    ],
)
def test_sharpening_refuses_what_is_no_spectrogram(x, options, message):
    with pytest.raises(ValueError, match=message):
        audio.sharpen(x, **options)
