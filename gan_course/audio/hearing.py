"""What is heard in a note: its pitch, and how much of it is harmonic. librosa loads when first used."""

from __future__ import annotations

from typing import Any

import numpy as np

from gan_tf.checks import check_unit_range

LOWEST, HIGHEST = 55.0, 1600.0  # Hz: what :func:`pitches` looks for
FRAME, HOP = 2048, 256


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
            sound, fmin=LOWEST, fmax=HIGHEST, sr=sample_rate, frame_length=FRAME, hop_length=HOP, center=False
        )
        found.append(69 + 12 * np.log2(np.median(hertz[loud]) / 440) if loud.any() else np.nan)
    return np.array(found)


def harmonicity(waveforms: Any, sample_rate: int) -> np.ndarray:
    """Harmonics-to-noise ratio of each sound in decibels, after Boersma (1993): the median over its louder frames.

    The autocorrelation of a frame, divided by that of the window, is 1 at a whole period of a periodic sound and 0 for
    noise; it is the share of the power that repeats. High is harmonic; above 40 dB nothing is told apart.

    Args:
        waveforms: ``(n, samples)`` in [-1, 1], 4,096 samples or more.
        sample_rate: samples a second, in Hz.

    Returns:
        float64 ``(n,)``; a silent sound gives NaN.

    Raises:
        ValueError: a wrong shape, NaN, or values outside [-1, 1].
    """
    window = np.hanning(FRAME)
    lags = slice(int(sample_rate / HIGHEST), int(sample_rate / LOWEST) + 1)

    def autocorrelation(x: np.ndarray) -> np.ndarray:
        return np.fft.irfft(np.abs(np.fft.rfft(x, 2 * FRAME)) ** 2)[..., :FRAME]

    of_window = autocorrelation(window)
    found = []
    for sound in _checked(waveforms):
        frames = _frames(sound)[_loud(sound)] * window
        r = autocorrelation(frames)
        share = (r / np.maximum(r[:, :1], 1e-12) / (of_window / of_window[0]))[:, lags].max(axis=1)
        share = np.clip(share, 1e-4, 1 - 1e-4)
        found.append(np.median(10 * np.log10(share / (1 - share))) if len(share) else np.nan)
    return np.array(found)


def _checked(waveforms: Any) -> np.ndarray:
    x = np.asarray(waveforms, np.float32)
    if x.ndim != 2 or not len(x) or x.shape[1] < 2 * FRAME:
        raise ValueError(f"waveforms: got shape {x.shape}, expected (n, samples), n from 1, samples from {2 * FRAME}")
    check_unit_range("waveforms", x)
    return x


def _frames(sound: np.ndarray) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]


def _loud(sound: np.ndarray) -> np.ndarray:
    """Frames above 0.3 of the largest root mean square, in the first four fifths: a note dies away."""
    level = np.sqrt(np.mean(np.square(_frames(sound)), axis=1))
    loud = (level > 0.3 * level.max()) & (level > 1e-5)
    loud[len(loud) * 4 // 5 :] = False
    return loud
