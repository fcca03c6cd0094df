"""Sounds in memory, and the way from recordings of any kind to sounds of one length, rate and level."""

import dataclasses
import numbers
from pathlib import Path
from typing import ClassVar

import numpy as np

from gan_course.data.dataset import DataError, Dataset
from gan_course.data.folder import labelled_files, own_card
from gan_course.data.recordings import MAX_SECONDS, read
from gan_tf.checks import whole

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff", ".au")
MAX_BYTES = 2 << 30  # of the float32 array
MAX_SAMPLES = 1 << 28  # of one recording at the rate wanted: 1 GB, 9 hours at 8,000 Hz
PEAK = 0.9  # of each sound; leaves room for what resampling and rounding add
SILENT = 1e-4  # a recording whose loudest sample is below this holds nothing to hear: -80 dB
QUIET = 0.01  # what is below this part of a recording's loudest sample is silence in it: -40 dB


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Sounds(Dataset):
    """Sounds of one length: a `Dataset` whose x is float32 [n, samples] in [-1, 1].

    Attributes:
        sample_rate: Samples a second, in Hz.
        speakers: int32 [n], who speaks, or None.
        speaker_names: One name a speaker, in the order of `speakers`.

    Raises:
        DataError: As for `Dataset`; or x is no [n, samples] in [-1, 1].
    """

    sample_rate: int = 8000
    speakers: np.ndarray | None = None
    speaker_names: tuple[str, ...] = ()

    _PER_SAMPLE: ClassVar[tuple[str, ...]] = ("x", "labels", "speakers")

    def __post_init__(self):
        super().__post_init__()
        if self.x.ndim != 2 or np.abs(self.x).max() > 1:
            raise DataError(
                f"x of {self.name!r}: got shape {self.x.shape}, values from {self.x.min():.4g} to "
                f"{self.x.max():.4g}, expected sounds [n, samples] in [-1, 1]"
            )
        whole("sample_rate", self.sample_rate, 1000)
        if self.speakers is not None:
            object.__setattr__(self, "speakers", self._checked("speakers", self.speakers, self.speaker_names))

    def _contents(self) -> str:
        return f"sounds of {self.x.shape[1] / self.sample_rate:.2f} s at {self.sample_rate} Hz"


def trim(sound: np.ndarray) -> np.ndarray:
    """Cuts off what is 40 dB below the loudest part, at both ends of a sound: float32 [any number], to the same."""
    import librosa

    return librosa.effects.trim(sound, top_db=40, frame_length=256, hop_length=64)[0]


def fit(sound: np.ndarray, samples: int) -> np.ndarray:
    """Brings a sound to one length and level: silence trimmed off, cut or followed by silence, loudest sample 0.9.

    A cut end fades out within 10 ms or so, because a sudden end is heard as a click.

    Args:
        sound: float32 [any number], finite.
        samples: The length wanted.

    Returns:
        float32 [samples] in [-0.9, 0.9].

    Raises:
        DataError: It holds only silence.
    """
    if np.abs(sound).max() < SILENT:
        raise DataError("holds only silence")
    sound = trim(sound)
    fitted = np.zeros(samples, np.float32)
    kept = min(samples, len(sound))
    fitted[:kept] = sound[:kept]
    if np.abs(fitted).max() < SILENT:  # What is heard comes after what is kept.
        raise DataError(f"holds only silence in the first {samples} samples after its start")
    if kept < len(sound):
        fade = max(1, samples // 100)
        fitted[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return fitted * np.float32(PEAK / np.abs(fitted).max())


def cut(sound: np.ndarray, samples: int, hop: int) -> tuple[list[np.ndarray], int]:
    """Cuts a recording into sounds of one length and level; one too short for two of them is treated as by `fit`.

    Silence is cut off at both ends, the windows start `hop` samples apart, and what is left at the end is dropped.
    Windows that hold only silence are passed over. Cut ends fade within 10 ms or so, as in `fit`.

    Args:
        sound: float32 [any number], finite.
        samples: Length of a window.
        hop: Samples from the start of one window to that of the next.

    Returns:
        Sounds of float32 [samples] in [-0.9, 0.9]; and how many windows were passed over.

    Raises:
        DataError: It holds only silence.
    """
    loudest = max(float(sound.max()), -float(sound.min()))
    heard = np.abs(sound) >= max(QUIET * loudest, SILENT)
    first, last = int(heard.argmax()), len(heard) - int(heard[::-1].argmax())
    if not heard.any() or last - first < samples + hop:
        return [fit(sound, samples)], 0
    fade = max(1, samples // 100)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    windows, starts = [], range(first, last - samples + 1, hop)
    for start in starts:
        if heard[start : start + samples].any():
            window = sound[start : start + samples].copy()
            window[-fade:] *= ramp[::-1]
            if start > first:
                window[:fade] *= ramp
            if peak := np.abs(window).max():
                windows.append(window * np.float32(PEAK / peak))
    return windows, len(starts) - len(windows)


def clipped(sound: np.ndarray) -> bool:
    """Tells whether a recording was too loud for its format: runs of samples stand at its largest value."""
    loudest = np.abs(sound).max()
    flat = (np.abs(sound[1:-1]) >= 0.999 * loudest) & (sound[1:-1] == sound[:-2]) & (sound[1:-1] == sound[2:])
    return bool(loudest > 0.98 and flat.sum() >= 8)


def sounds_from_folder(
    path: str | Path,
    sample_rate: int = 8000,
    seconds: float = 1.024,
    name: str | None = None,
    hop: float | None = None,
) -> Sounds:
    """Reads a folder of recordings of any length: WAV, FLAC, OGG, MP3, M4A, at any rate, mono or stereo.

    Subfolders that hold recordings are the classes, as in `from_folder`. Each recording is mixed down to mono,
    resampled, and freed from silence at both ends. One that is too short for two sounds is cut or padded to one length.
    A longer one is cut into windows, as `clips_from_folder` cuts films; what is left at its end is dropped. Windows of
    silence (40 dB below the loudest sample of their recording) are passed over, and one line counts them. Each sound is
    brought to one level.

    Files that cannot be used are skipped, and one line says how many; so does one for recordings that clip, and one
    for files with other endings.

    Args:
        path: The folder.
        sample_rate: Samples a second, in Hz.
        seconds: Length of each sound, rounded to a multiple of 128 samples.
        name: Name of the data set; None takes the folder's.
        hop: Seconds from the start of one window to that of the next; None: `seconds`, so that none overlap.

    Returns:
        `Sounds` with source "local".

    Raises:
        ValueError: An argument is out of range.
        DataError: The folder is missing, gives fewer than two sounds, mixes recordings and class folders, or would
            need too much memory.
    """
    whole("sample_rate", sample_rate, 1000, 192_000)
    samples = max(1, round(_checked_length("seconds", seconds, 0.05) * sample_rate / 128)) * 128
    step = samples if hop is None else max(1, round(_checked_length("hop", hop, 0.001) * sample_rate))
    folder, files, class_names = labelled_files(path, SUFFIXES, "recordings")
    room = MAX_BYTES // (4 * samples)
    sounds, labels, unusable, too_loud, silent = [], [], [], [], 0
    for file, label in files:
        try:
            sound = read(file, sample_rate, MAX_SAMPLES / sample_rate)
            found, quiet = cut(sound, samples, step)
        except DataError as error:
            unusable.append(f"{file.name}: {error}")
            continue
        sounds += found
        labels += [label] * len(found)
        silent += quiet
        too_loud += [file.name] * clipped(sound)
        if len(sounds) > room:
            raise DataError(
                f"{folder} needs more than {MAX_BYTES / 2**30:.3g} GB: over {room:,} sounds of {seconds:g} s at "
                f"{sample_rate} Hz (at {file.name}); choose fewer seconds, a larger hop or fewer recordings"
            )
    if len(sounds) < 2:
        reason = f"; the first that cannot: {unusable[0]}" if unusable else ""
        raise DataError(
            f"{folder} holds {len(files) - len(unusable)} recordings that can be used, which give {len(sounds)} sounds "
            f"of {seconds:g} s, expected at least two{reason}"
        )
    if unusable:
        print(f"gan_tf: skipped {len(unusable)} of {len(files)} recordings in {folder} (first: {unusable[0]})")
    if silent:
        print(f"gan_tf: passed over {silent:,} of {silent + len(sounds):,} windows in {folder}: they hold only silence")
    if too_loud:
        print(f"gan_tf: {len(too_loud)} recordings clip: they were recorded too loud (first: {too_loud[0]})")
    name = name or folder.resolve().name
    size = f"{len(sounds):,} sounds of {samples / sample_rate:.2f} s at {sample_rate} Hz, float32 in [-1, 1]"
    card = own_card("sounds_from_folder", name, size)
    marks = np.array(labels, np.int32) if class_names else None
    return Sounds(np.stack(sounds), marks, class_names, "local", card, name, sample_rate)


def _checked_length(argument: str, seconds: float, least: float) -> float:
    if not isinstance(seconds, numbers.Real) or isinstance(seconds, bool) or not least <= seconds <= MAX_SECONDS:
        raise ValueError(f"{argument}: got {seconds!r}, expected seconds from {least:g} to {MAX_SECONDS:g}")
    return float(seconds)
