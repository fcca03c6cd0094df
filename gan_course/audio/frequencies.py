"""Spectrograms with two channels, loudness and instantaneous frequency, from which a sound comes back exactly.

A magnitude spectrogram leaves out the phase, and Griffin and Lim's algorithm has to invent one. The second channel
keeps it, in a form that networks can learn (Engel et al. 2019, GANSynth): how far the phase of a frequency moved on
since the frame before, less what it would move at the middle of its bin. A steady tone gives a constant.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import tensorflow as tf

from gan_course.audio.mel import MelConfig, check_waveforms, from_decibels, in_batches, in_decibels, stft
from gan_course.audio.phase import inverse_stft, window_weight, within_range
from gan_tf.checks import check_unit_range

# Of 1.024 s at 16 kHz: 512 frequencies, 15.6 Hz apart, and 64 frames; or 64 mel bands.
NOTES = MelConfig(sample_rate=16_000, n_fft=1024, hop_length=256, fmin=50.0, fmax=8000.0)


def frequency_spectrograms(waveforms: Any, config: MelConfig = NOTES) -> np.ndarray:
    """Loudness and instantaneous frequency of sounds.

    Args:
        waveforms: ``(n, samples)`` in [-1, 1]; samples are a multiple of ``config.hop_length``.
        config: windows, hop and dynamic range; its mel bands and their reference are not used.

    Returns:
        float32 ``(n, n_fft // 2, frames, 2)`` in [-1, 1], low frequencies first; the highest bin and the last frame,
        centred behind the last sample, are left out. Channel 0 is the magnitude in decibels: 1 is that of a sine of
        amplitude 1, -1 is ``dynamic_range`` below it, the floor. Channel 1 is the deviation from the middle of the
        bin; 1 stands for half a turn of the phase in one hop. At the floor it is 0, and what the phase did there is
        made up for in the next frame above it.

    Raises:
        ValueError: a wrong shape or type, NaN, or values outside [-1, 1].
    """
    return in_batches(lambda x, _: _spectrograms(x, config), check_waveforms(waveforms, config), 100)


def from_frequency_spectrograms(spectrograms: Any, config: MelConfig = NOTES) -> np.ndarray:
    """The sounds of spectrograms that :func:`frequency_spectrograms` made, or a network like it.

    Args:
        spectrograms: ``(n, n_fft // 2, frames, 2)`` in [-1, 1].
        config: how they were made.

    Returns:
        float32 ``(n, frames * hop_length)`` in [-1, 1]; a sound that would go beyond is made quieter as a whole.

    Raises:
        ValueError: a wrong shape, NaN, or values outside [-1, 1].
    """
    return in_batches(lambda x, _: _waveforms(x, config), check_frequencies(spectrograms, config), 100)


def magnitudes_of(spectrograms: Any, config: MelConfig = NOTES) -> np.ndarray:
    """Channel 0 as magnitudes, for :func:`gan_course.audio.griffin_lim`: ``(n, frames + 1, n_fft // 2 + 1)``."""
    x = check_frequencies(spectrograms, config)
    return in_batches(lambda part, _: _padded(_magnitudes(part, config)), x, 100)


def check_frequencies(spectrograms: Any, config: MelConfig = NOTES) -> np.ndarray:
    """Returns the spectrograms as float32, or says what is wrong with them.

    Raises:
        ValueError: a wrong shape, NaN, or values outside [-1, 1].
    """
    x, bins = np.asarray(spectrograms, np.float32), config.n_fft // 2
    if x.ndim != 4 or not len(x) or x.shape[1] != bins or x.shape[2] < 2 or x.shape[3] != 2:
        raise ValueError(f"spectrograms: got shape {x.shape}, expected (n, {bins}, frames, 2), n from 1, frames from 2")
    check_unit_range("spectrograms", x)
    return x


@functools.cache
def _advance(config: MelConfig) -> np.ndarray:
    """How far the phase moves in a hop at the middle of each bin, in turns: float32 ``(n_fft // 2,)``."""
    return (np.arange(config.n_fft // 2) * config.hop_length / config.n_fft % 1).astype(np.float32)


@tf.function(reduce_retracing=True)
def _spectrograms(waveforms: tf.Tensor, config: MelConfig) -> tf.Tensor:
    spectra = stft(waveforms, config)[:, :-1, :-1]
    loudness = in_decibels(tf.abs(spectra) / (config.n_fft / 4), config)
    turns = tf.math.angle(spectra) / (2 * math.pi)
    # The phase that the way back will have found, frame by frame, so that no error adds up.
    advance, known, deviations = tf.constant(_advance(config)), tf.zeros_like(turns[:, 0]), []
    for frame in range(turns.shape[1]):
        step = turns[:, frame] - known - advance
        step = tf.where(loudness[:, frame] > -1, step - tf.round(step), 0.0)
        known = (known + advance + step) % 1.0
        deviations.append(2 * step)
    x = tf.stack([loudness, tf.stack(deviations, axis=1)], axis=-1)
    return tf.transpose(x, [0, 2, 1, 3])


def _magnitudes(x: tf.Tensor, config: MelConfig) -> tf.Tensor:
    """Channel 0 as magnitudes ``(n, frames, bins)``; what is at the floor is silent."""
    loudness = tf.transpose(x[..., 0], [0, 2, 1])
    return tf.where(loudness > -0.99, config.n_fft / 4 * from_decibels(loudness, config), 0.0)


def _padded(x: tf.Tensor) -> tf.Tensor:
    """With the last frame and the highest bin, silent."""
    return tf.pad(x, [[0, 0], [0, 1], [0, 1]])


@tf.function(reduce_retracing=True)
def _waveforms(x: tf.Tensor, config: MelConfig) -> tf.Tensor:
    turns = tf.cumsum(tf.transpose(x[..., 1], [0, 2, 1]) / 2 + _advance(config), axis=1)
    phase = 2 * math.pi * (turns - tf.round(turns))
    size = _magnitudes(x, config)
    spectra = tf.complex(_padded(size * tf.cos(phase)), _padded(size * tf.sin(phase)))
    return within_range(inverse_stft(spectra, window_weight(tf.shape(spectra)[1], config), config))
