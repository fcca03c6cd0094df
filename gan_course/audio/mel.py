"""From waveforms to log-mel spectrograms, with TensorFlow, as librosa makes them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from gan_course.cpu import in_parts
from gan_course.data.dataset import Dataset
from gan_tf.checks import check_unit_range, whole


@dataclass(frozen=True)
class MelConfig:
    """How a sound becomes a picture. The defaults make 64x64 of 8192 samples at 8 kHz.

    Attributes:
        sample_rate: samples a second, in Hz.
        n_fft: samples in a window (Hann).
        hop_length: samples from one window to the next; a quarter of ``n_fft`` or less, or the way back suffers.
        n_mels: bands of pitch.
        fmin: lowest frequency, in Hz.
        fmax: highest frequency, in Hz; half the sample rate at most.
        reference: mel magnitude that becomes 1; louder is cut off. The loudest of the spoken digits has 3.8.
        dynamic_range: decibels below it that become -1; quieter is cut off.

    Raises:
        ValueError: a value that does not fit the others.
    """

    sample_rate: int = 8000
    n_fft: int = 512
    hop_length: int = 128
    n_mels: int = 64
    fmin: float = 60.0
    fmax: float = 4000.0
    reference: float = 4.0
    dynamic_range: float = 60.0

    def __post_init__(self):
        whole("sample_rate", self.sample_rate, 1000)
        whole("n_fft", self.n_fft, 16)
        whole("hop_length", self.hop_length, 1, self.n_fft // 2)
        whole("n_mels", self.n_mels, 1, self.n_fft // 2)
        if not 0 <= self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError(
                f"fmin, fmax: got {self.fmin:g} and {self.fmax:g} Hz, expected 0 <= fmin < fmax <= "
                f"{self.sample_rate / 2:g} Hz, half the sample rate"
            )
        for name in ("reference", "dynamic_range"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise ValueError(f"{name}: got {value!r}, expected a number above 0")

    def frames(self, samples: int) -> int:
        """Columns of the spectrogram of so many samples."""
        return samples // self.hop_length


DIGITS = MelConfig()


def log_mel(waveforms: Any, config: MelConfig = DIGITS) -> Any:
    """Log-mel spectrograms, as ``librosa.feature.melspectrogram(power=1)`` gives them, in decibels, scaled.

    It is made of TensorFlow operations and may stand inside ``tf.data``.

    Args:
        waveforms: ``(n, samples)`` in [-1, 1]; samples are a multiple of ``config.hop_length``.
        config: how.

    Returns:
        float32 ``(n, n_mels, frames, 1)`` in [-1, 1], low bands first; a tensor for a tensor, else an array.
        librosa's last column, centred behind the last sample, is left out.

    Raises:
        ValueError: a wrong shape or type, or, in arrays, NaN or values outside [-1, 1].
    """
    if not tf.is_tensor(waveforms):
        return in_batches(lambda x, _: _log_mel(x, config), check_waveforms(waveforms, config))
    x = _checked_tensor(waveforms, config)
    # One graph for all lengths has lost the shape, which the layers behind it need.
    return tf.ensure_shape(_log_mel(x, config), (x.shape[0], config.n_mels, config.frames(x.shape[1]), 1))


def in_batches(function: Callable[[tf.Tensor, int], tf.Tensor], x: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """``function(part, place of its first)`` of all parts of ``x`` (n, ...), in one array.

    The spectra of thousands of sounds at once would fill gigabytes.
    """
    return np.concatenate(in_parts(lambda part: function(tf.constant(x[part]), part.start).numpy(), len(x), batch_size))


def spectrograms(
    sounds: Dataset, config: MelConfig = DIGITS, transform: Callable[[np.ndarray, MelConfig], np.ndarray] = log_mel
) -> Dataset:
    """A data set of sounds as a data set of spectrograms, with the same labels, names and card.

    Args:
        sounds: ``x`` is ``(n, samples)``.
        config: how; its sample rate is that of the sounds.
        transform: what makes spectrograms: :func:`log_mel`, or ``audio.frequency_spectrograms``.

    Raises:
        ValueError: no sounds, or another sample rate.
    """
    rate = getattr(sounds, "sample_rate", None)
    if rate != config.sample_rate:
        raise ValueError(f"sounds: got {sounds!r} at {rate} Hz, expected sounds at {config.sample_rate} Hz, as config")
    x = transform(sounds.x, config)
    return Dataset(x, sounds.labels, sounds.class_names, sounds.source, sounds.card, sounds.name)


def check_waveforms(waveforms: Any, config: MelConfig = DIGITS) -> np.ndarray:
    """Returns the waveforms as float32 ``(n, samples)``, or says what is wrong with them.

    Raises:
        ValueError: a wrong shape or type, NaN, or values outside [-1, 1].
    """
    x = np.asarray(waveforms)
    if x.ndim != 2 or not len(x) or not x.shape[1] or x.shape[1] % config.hop_length:
        raise ValueError(
            f"waveforms: got shape {x.shape}, expected (n, samples), n from 1, samples a multiple of "
            f"hop_length={config.hop_length}"
        )
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(f"waveforms: got dtype {x.dtype}, expected floats in [-1, 1]; int16 wants / 32768")
    x = x.astype(np.float32, copy=False)
    check_unit_range("waveforms", x)
    return x


def check_spectrograms(log_mels: Any, config: MelConfig = DIGITS) -> np.ndarray:
    """Returns the spectrograms as float32 ``(n, n_mels, frames, 1)``, or says what is wrong with them.

    Raises:
        ValueError: a wrong shape, NaN, or values outside [-1, 1].
    """
    x = np.asarray(log_mels, np.float32)
    if x.ndim != 4 or not len(x) or x.shape[1] != config.n_mels or not x.shape[2] or x.shape[3] != 1:
        raise ValueError(f"log_mels: got shape {x.shape}, expected (n, {config.n_mels}, frames, 1) with n from 1")
    check_unit_range("log_mels", x)
    return x


def _checked_tensor(waveforms: tf.Tensor, config: MelConfig) -> tf.Tensor:
    samples = waveforms.shape[-1] if waveforms.shape.rank == 2 else None
    if not samples or samples % config.hop_length or not waveforms.dtype.is_floating:
        raise ValueError(
            f"waveforms: got {waveforms.dtype.name} of shape {waveforms.shape}, expected floats (n, samples), samples "
            f"a multiple of hop_length={config.hop_length}"
        )
    return tf.cast(waveforms, tf.float32)


# One graph a configuration, for every number of sounds and of samples.


@tf.function(reduce_retracing=True)
def _log_mel(waveforms: tf.Tensor, config: MelConfig) -> tf.Tensor:
    mel = tf.abs(stft(waveforms, config))[:, :-1] @ tf.constant(mel_matrix(config).T)
    return tf.transpose(in_decibels(mel / config.reference, config), [0, 2, 1])[..., None]


def in_decibels(size: tf.Tensor, config: MelConfig) -> tf.Tensor:
    """Sizes, 1 the loudest, in decibels stretched to [-1, 1]: -1 is ``config.dynamic_range`` below 1, or less."""
    decibels = 20 / math.log(10) * tf.math.log(tf.maximum(size, 10 ** (-config.dynamic_range / 20)))
    return tf.minimum(1 + 2 * decibels / config.dynamic_range, 1.0)


def from_decibels(x: tf.Tensor, config: MelConfig) -> tf.Tensor:
    """The way back from :func:`in_decibels`."""
    return 10 ** ((x - 1) * (config.dynamic_range / 40))


def stft(waveforms: tf.Tensor, config: MelConfig) -> tf.Tensor:
    """``(n, samples)`` to ``(n, frames + 1, bins)``; each window is centred on its time, as in librosa."""
    half = config.n_fft // 2
    padded = tf.pad(waveforms, [[0, 0], [half, half]])
    return tf.signal.stft(padded, config.n_fft, config.hop_length, config.n_fft)


@functools.cache
def mel_matrix(config: MelConfig = DIGITS) -> np.ndarray:
    """Weights that add frequencies to mel bands, float32 ``(n_mels, n_fft // 2 + 1)``, from librosa."""
    import librosa

    return librosa.filters.mel(
        sr=config.sample_rate, n_fft=config.n_fft, n_mels=config.n_mels, fmin=config.fmin, fmax=config.fmax
    ).astype(np.float32)
