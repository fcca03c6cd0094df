"""Sounds one after the other, and sounds on disk. soundfile loads when first used."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from gan_course.audio.mel import DIGITS
from gan_course.data.sounds import trim
from gan_tf.checks import check_unit_range, whole
from gan_tf.files import written_whole


def reel(waveforms: Any, sample_rate: int = DIGITS.sample_rate, gap: float = 0.1) -> np.ndarray:
    """Sounds one after the other, without the silence around them: ``(n, samples)`` to ``(samples of all,)``.

    Args:
        waveforms: the sounds.
        sample_rate: samples a second.
        gap: seconds of silence behind each.

    Raises:
        ValueError: not ``(n, samples)``, or a negative gap.
    """
    waveforms = np.asarray(waveforms, np.float32)
    if waveforms.ndim != 2 or not waveforms.size:
        raise ValueError(f"waveforms: got shape {waveforms.shape}, expected (n, samples)")
    if not 0 <= gap < math.inf:
        raise ValueError(f"gap: got {gap!r}, expected seconds from 0")
    silence = np.zeros(round(gap * sample_rate), np.float32)
    parts = [part for sound in waveforms for part in (trim(sound), silence)]
    return np.concatenate(parts)


def save(
    path: str | os.PathLike, waveform: Any, sample_rate: int = DIGITS.sample_rate, comment: str | None = None
) -> Path:
    """Write one sound, ``(samples,)`` in [-1, 1], whole or not at all; WAV and FLAC with 16 bits a sample.

    Args:
        path: its suffix says the format: ``.wav``, ``.flac``, ``.ogg`` or ``.mp3``.
        waveform: the sound.
        sample_rate: samples a second.
        comment: text that the file carries.

    Raises:
        ValueError: another shape, NaN, values outside [-1, 1], or an unknown suffix.
    """
    import soundfile

    waveform = np.asarray(waveform, np.float32)
    if waveform.ndim != 1 or not len(waveform):
        raise ValueError(f"waveform: got shape {waveform.shape}, expected (samples,)")
    check_unit_range("waveform", waveform)
    whole("sample_rate", sample_rate, 1000)
    kind = Path(path).suffix.lower().lstrip(".")
    subtypes = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS", "mp3": "MPEG_LAYER_III"}
    if kind not in subtypes:
        raise ValueError(f"path: got {str(path)!r}, expected a name that ends in .wav, .flac, .ogg or .mp3")
    with written_whole(path) as part:
        with soundfile.SoundFile(str(part), "w", sample_rate, 1, subtypes[kind], format=kind.upper()) as file:
            if comment:
                file.comment = comment
            file.write(waveform)
    return Path(path)
