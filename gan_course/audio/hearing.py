"""What is heard in a note or a voice: its pitch, and how much of it is harmonic. librosa loads when first used."""

from __future__ import annotations

from typing import Any

import numpy as np

from gan_tf.checks import check_unit_range

LOWEST, HIGHEST = 55.0, 1600.0  # Hz: what :func:`pitches` looks for
FRAME = 2048


def pitches(waveforms: Any, sample_rate: int) -> np.ndarray:
    """The pitch of each sound, by YIN (de Cheveigne and Kawahara 2002): the median over its louder frames.

    Args:
        waveforms: ``(n, samples)`` in [-1, 1], 4,096 samples or more.
        sample_rate: samples a second, in Hz.

    Returns:
        float64 ``(n,)``, MIDI numbers: 69 is 440 Hz, 1 is a semitone. A silent sound gives NaN.

    Raises:
        ValueError: a wrong shape, NaN, or values outside [-1, 1].
    """
    import librosa

    found = []
    for sound in _checked(waveforms):
        loud = _loud(sound)
        hertz = librosa.yin(
            sound, fmin=LOWEST, fmax=HIGHEST, sr=sample_rate, frame_length=FRAME, hop_length=FRAME // 8, center=False
        )
        found.append(69 + 12 * np.log2(np.median(hertz[loud]) / 440) if loud.any() else np.nan)
    return np.array(found)


def harmonicity(
    waveforms: Any, sample_rate: int, frame_length: int = FRAME, pitch_range: tuple[float, float] = (LOWEST, HIGHEST)
) -> np.ndarray:
    """Harmonics-to-noise ratio of each sound in decibels, after Boersma (1993): the median over its louder frames.

    The autocorrelation of a frame, divided by that of the window, is 1 at a whole period of a periodic sound and near 0
    for noise; it is the share of the power that repeats. High is harmonic; values end at 40 dB. Unlike Boersma's, the
    period is a whole number of samples, which lowers the values of high pitches; the last fifth of a sound is left out.

    Args:
        waveforms: ``(n, samples)`` in [-1, 1], two frames or more.
        sample_rate: samples a second, in Hz.
        frame_length: samples of a frame: four periods of the lowest pitch or more, but short, since a pitch that moves
            within a frame counts as noise. A voice needs about 64 ms, a held note may have the usual 2,048 samples.
        pitch_range: the lowest and highest pitch that is looked for, in Hz.

    Returns:
        float64 ``(n,)``; a silent sound gives NaN.

    Raises:
        ValueError: a wrong shape, NaN, values outside [-1, 1], or a frame too short for two of the longest periods.
    """
    lowest, highest = pitch_range
    if not (0 < lowest < highest <= sample_rate / 2 and frame_length >= 2 * sample_rate / lowest):
        raise ValueError(
            f"frame_length, pitch_range: got {frame_length} samples and {pitch_range} Hz at {sample_rate} Hz, expected "
            "0 < lowest < highest <= half the sample rate, and two periods of the lowest pitch in a frame"
        )
    window = np.hanning(frame_length)
    lags = slice(int(sample_rate / highest), int(sample_rate / lowest) + 1)

    def autocorrelation(x: np.ndarray) -> np.ndarray:
        return np.fft.irfft(np.abs(np.fft.rfft(x, 2 * frame_length)) ** 2)[..., :frame_length]

    of_window = autocorrelation(window)
    found = []
    for sound in _checked(waveforms, frame_length):
        frames = _frames(sound, frame_length)[_loud(sound, frame_length)] * window
        r = autocorrelation(frames)
        share = (r / np.maximum(r[:, :1], 1e-12) / (of_window / of_window[0]))[:, lags].max(axis=1)
        share = np.clip(share, 1e-4, 1 - 1e-4)
        found.append(np.median(10 * np.log10(share / (1 - share))) if len(share) else np.nan)
    return np.array(found)


def _checked(waveforms: Any, length: int = FRAME) -> np.ndarray:
    x = np.asarray(waveforms, np.float32)
    if x.ndim != 2 or not len(x) or x.shape[1] < 2 * length:
        raise ValueError(f"waveforms: got shape {x.shape}, expected (n, samples), n from 1, samples from {2 * length}")
    check_unit_range("waveforms", x)
    return x


def _frames(sound: np.ndarray, length: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(sound, length)[:: length // 8]


def _loud(sound: np.ndarray, length: int = FRAME) -> np.ndarray:
    """Frames above 0.3 of the largest root mean square, in the first four fifths: a note dies away."""
    level = np.sqrt(np.mean(np.square(_frames(sound, length)), axis=1))
    loud = (level > 0.3 * level.max()) & (level > 1e-5)
    loud[len(loud) * 4 // 5 :] = False
    return loud
