"""Waveforms and log-mel spectrograms: one to the other and back.

A spectrogram is a picture of a sound, so the networks for pictures make sounds too. Its columns are moments, its rows
are bands of pitch, low ones first; how loud a band is stands on a scale of decibels, stretched to [-1, 1]. What it
leaves out is the phase, and the way back has to invent one (Griffin and Lim 1984).
"""

from gan_course.audio.frequencies import (
    NOTES,
    frequency_spectrograms,
    from_frequency_spectrograms,
    magnitudes_of,
)
from gan_course.audio.hearing import harmonicity, pitches
from gan_course.audio.mel import (
    DIGITS,
    MelConfig,
    check_spectrograms,
    check_waveforms,
    log_mel,
    mel_matrix,
    spectrograms,
)
from gan_course.audio.phase import griffin_lim, magnitudes, sharpen, to_waveform
from gan_course.audio.wav import reel, save

__all__ = [
    "DIGITS",
    "NOTES",
    "MelConfig",
    "check_spectrograms",
    "check_waveforms",
    "frequency_spectrograms",
    "from_frequency_spectrograms",
    "griffin_lim",
    "harmonicity",
    "log_mel",
    "magnitudes",
    "magnitudes_of",
    "mel_matrix",
    "pitches",
    "reel",
    "save",
    "sharpen",
    "spectrograms",
    "to_waveform",
]
