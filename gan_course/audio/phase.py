"""From log-mel spectrograms back to waveforms: magnitudes first, then a phase that fits them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

from gan_course.audio.mel import DIGITS, MelConfig, check_spectrograms, from_decibels, in_batches, mel_matrix, stft
from gan_tf.checks import whole


def to_waveform(
    log_mels: Any, config: MelConfig = DIGITS, iterations: int = 32, momentum: float = 0.99, seed: int = 0
) -> np.ndarray:
    """Sounds that have these spectrograms, by the fast Griffin-Lim algorithm (Perraudin, Balazs and Sondergaard 2013).

    First the magnitudes of all frequencies are found that give these mel bands, none of them negative; then the phase
    is improved again and again until it fits them. All sounds are worked on at once.

    Args:
        log_mels: ``(n, n_mels, frames, 1)`` in [-1, 1], as :func:`log_mel` makes them.
        config: how they were made.
        iterations: improvements of the phase.
        momentum: how far each goes beyond itself; 0 is the algorithm of 1984.
        seed: fixes the phases that it starts from.

    Returns:
        float32 ``(n, frames * hop_length)`` in [-1, 1]; a sound that would go beyond is made quieter as a whole.

    Raises:
        ValueError: a wrong shape or a number out of range.
    """
    return griffin_lim(magnitudes(log_mels, config), config, iterations, momentum, seed)


def magnitudes(log_mels: Any, config: MelConfig = DIGITS) -> np.ndarray:
    """Magnitudes of all frequencies, none negative, whose mel bands come nearest to these spectrograms.

    Args:
        log_mels: ``(n, n_mels, frames, 1)`` in [-1, 1].
        config: how they were made.

    Returns:
        float32 ``(n, frames + 1, n_fft // 2 + 1)``; the last column, which :func:`log_mel` leaves out, is silent.

    Raises:
        ValueError: a wrong shape, NaN, or values outside [-1, 1].
    """
    return in_batches(lambda x, _: _magnitudes(x, config), check_spectrograms(log_mels, config))


def sharpen(log_mels: Any, config: MelConfig = DIGITS, amount: float = 0.2) -> np.ndarray:
    """Spectrograms with larger differences from band to band, against the blur of overlapping mel bands.

    Each value moves away from the mean of the five bands around it, by ``amount`` times its distance from this mean
    (unsharp masking). Lesson 03 compares amounts: with 0.2 sounds made of spectrograms of recordings come nearest to
    the recordings.

    Args:
        log_mels: ``(n, n_mels, frames, 1)`` in [-1, 1], as :func:`log_mel` makes them.
        config: how they were made.
        amount: from 0, which changes nothing, to 2.

    Returns:
        float32 of the same shape in [-1, 1].

    Raises:
        ValueError: a wrong shape, NaN, values outside [-1, 1], or an amount out of range.
    """
    from scipy.ndimage import uniform_filter1d

    x = check_spectrograms(log_mels, config)
    if not 0 <= amount <= 2:
        raise ValueError(f"amount: got {amount!r}, expected a number from 0 to 2")
    return np.clip(x + amount * (x - uniform_filter1d(x, 5, axis=1, mode="nearest")), -1, 1)


def griffin_lim(
    magnitudes: Any, config: MelConfig = DIGITS, iterations: int = 32, momentum: float = 0.99, seed: int = 0
) -> np.ndarray:
    """Sounds whose spectra have these magnitudes; the second half of :func:`to_waveform`.

    Args:
        magnitudes: ``(n, frames + 1, n_fft // 2 + 1)``, not negative.
        config: windows and hops; it, the other arguments and the result are those of :func:`to_waveform`.

    Raises:
        ValueError: a wrong shape, negative magnitudes or NaN, or a number out of range.
    """
    x, bins = np.asarray(magnitudes, np.float32), config.n_fft // 2 + 1
    if x.ndim != 3 or not len(x) or x.shape[1] < 2 or x.shape[2] != bins or not (0 <= x.min() <= x.max() < math.inf):
        raise ValueError(
            f"magnitudes: got shape {x.shape}, expected numbers from 0 of shape (n, frames + 1, {bins}), n from 1"
        )
    whole("iterations", iterations, 1, 1000)
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum: got {momentum!r}, expected a number from 0 to below 1")
    whole("seed", seed, 0)
    count, push = tf.constant(iterations), tf.constant(momentum)
    return in_batches(lambda part, place: _griffin_lim(part, config, count, push, tf.constant([seed, place])), x)


@tf.function(reduce_retracing=True)
def _magnitudes(log_mels: tf.Tensor, config: MelConfig, updates: int = 30) -> tf.Tensor:
    x = tf.transpose(log_mels[..., 0], [0, 2, 1])
    x = tf.pad(x, [[0, 0], [0, 1], [0, 0]], constant_values=-1.0)
    mel = config.reference * from_decibels(x, config)
    # What was cut off at the floor was as quiet as that or quieter: silence is nearer than a hiss in all bands.
    mel = tf.where(x > -0.999, mel, 0.0)
    # The multiplicative updates of Lee and Seung (2001) cannot turn negative, and are a few small matrix products. They
    # start with each band spread over its frequencies.
    matrix = mel_matrix(config)
    gram = tf.constant(matrix.T @ matrix)
    wanted = mel @ tf.constant(matrix)
    found = wanted / (tf.reduce_sum(gram, axis=0) + 1e-12)
    for _ in range(updates):
        found *= wanted / (found @ gram + 1e-12)
    return found


@tf.function(reduce_retracing=True)
def _griffin_lim(
    magnitudes: tf.Tensor, config: MelConfig, iterations: tf.Tensor, momentum: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    size = tf.cast(magnitudes, tf.complex64)
    phase = tf.random.stateless_uniform(tf.shape(magnitudes), seed, 0, 2 * math.pi)
    guess = tf.exp(tf.complex(tf.zeros_like(phase), phase))
    push = tf.cast(momentum, tf.complex64)
    before = tf.zeros_like(guess)
    weight = window_weight(tf.shape(magnitudes)[1], config)  # the same in all iterations
    for _ in tf.range(iterations):
        rebuilt = stft(inverse_stft(size * guess, weight, config), config)
        step = rebuilt + push * (rebuilt - before)
        guess = step / tf.cast(tf.abs(step) + 1e-16, tf.complex64)
        before = rebuilt
    return within_range(inverse_stft(size * guess, weight, config))


def within_range(sounds: tf.Tensor) -> tf.Tensor:
    """Sounds ``(n, samples)``, each made quieter as a whole where it would go beyond [-1, 1]."""
    return sounds / tf.maximum(tf.reduce_max(tf.abs(sounds), axis=1, keepdims=True), 1.0)


def inverse_stft(spectra: tf.Tensor, weight: tf.Tensor, config: MelConfig) -> tf.Tensor:
    """Spectra ``(n, frames + 1, bins)`` to the sounds ``(n, frames * hop_length)`` whose :func:`stft` comes nearest.

    The windowed pieces are added up and divided by what the squared windows add up to (Griffin and Lim 1984).
    TensorFlow's own window for the inverse takes for granted that as many windows overlap at the ends as elsewhere.
    """
    half = config.n_fft // 2
    pieces = tf.signal.inverse_stft(spectra, config.n_fft, config.hop_length, config.n_fft, tf.signal.hann_window)
    return pieces[:, half:-half] / weight


def window_weight(windows: tf.Tensor, config: MelConfig) -> tf.Tensor:
    """What the squares of so many windows add up to at each sample, ``((windows - 1) * hop_length,)``."""
    half = config.n_fft // 2
    squares = tf.tile(tf.signal.hann_window(config.n_fft)[None] ** 2, [windows, 1])
    return tf.signal.overlap_and_add(squares, config.hop_length)[half:-half]
