"""Sounds in memory, and the way from recordings of any kind to sounds of one length, rate and level."""

import dataclasses
import warnings
from pathlib import Path
from typing import BinaryIO, ClassVar

import numpy as np

from gan_course.data.dataset import DataError, Dataset
from gan_course.data.folder import labelled_files, own_card
from gan_tf.checks import whole

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au")
MAX_BYTES = 2 << 30  # of the float32 array
MAX_SECONDS = 60.0  # of one recording: more is refused before it is read
MAX_RATE = 768_000  # Hz, as recorders go; a damaged header can say billions
PEAK = 0.9  # of each sound; leaves room for what resampling and rounding add
SILENT = 1e-4  # a recording whose loudest sample is below this holds nothing to hear: -80 dB


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


def read(file: str | Path | BinaryIO, sample_rate: int, max_seconds: float = MAX_SECONDS) -> np.ndarray:
    """Reads one recording as mono at the wanted rate.

    WAV (8 to 32 bits, or floats), FLAC, OGG, MP3 and what else libsndfile reads; several channels are averaged.

    Args:
        file: A path or an open file. What it holds is seen from its bytes, not from its name.
        sample_rate: The rate wanted, in Hz.
        max_seconds: A longer recording is refused before it is read.

    Returns:
        float32 [samples].

    Raises:
        DataError: It is missing, no recording, empty, too short or too long, or holds NaN.
    """
    import librosa
    import soundfile

    try:
        with soundfile.SoundFile(str(file) if isinstance(file, Path) else file) as recording:
            if not 1 <= recording.samplerate <= MAX_RATE:
                raise DataError(f"says {recording.samplerate:,} samples a second, more than the {MAX_RATE:,} allowed")
            seconds = recording.frames / recording.samplerate
            if seconds > max_seconds:
                raise DataError(f"lasts {seconds:,.0f} s, more than the {max_seconds:g} s allowed; cut it into pieces")
            sound, rate = recording.read(dtype="float32", always_2d=True), recording.samplerate
            if len(sound) != recording.frames:
                raise DataError(f"is damaged: {len(sound):,} of {recording.frames:,} samples can be read")
    except soundfile.LibsndfileError as error:
        raise DataError(f"no recording that can be read: {error.error_string}") from error
    if len(sound) < 2:
        raise DataError(f"holds {len(sound)} samples: no sound")
    sound = sound.mean(axis=1)
    if not np.isfinite(sound).all():
        raise DataError("holds NaN or infinite samples")
    return sound if rate == sample_rate else librosa.resample(sound, orig_sr=rate, target_sr=sample_rate)


def clipped(sound: np.ndarray) -> bool:
    """Tells whether a recording was too loud for its format: runs of samples stand at its largest value."""
    loudest = np.abs(sound).max()
    flat = (np.abs(sound[1:-1]) >= 0.999 * loudest) & (sound[1:-1] == sound[:-2]) & (sound[1:-1] == sound[2:])
    return bool(loudest > 0.98 and flat.sum() >= 8)


def sounds_from_folder(
    path: str | Path, sample_rate: int = 8000, seconds: float = 1.024, name: str | None = None
) -> Sounds:
    """Reads a folder of recordings: WAV, FLAC, OGG, MP3, at any rate, mono or stereo.

    Subfolders that hold recordings are the classes, as in `from_folder`. Each recording is mixed down to mono,
    resampled, freed from silence at both ends, cut or padded to one length, and brought to one level. Files that
    cannot be used are skipped, and one line says how many; so does one for recordings that clip.

    Args:
        path: The folder.
        sample_rate: Samples a second, in Hz.
        seconds: Length of each sound, rounded to a multiple of 128 samples.
        name: Name of the data set; None takes the folder's.

    Returns:
        `Sounds` with source "local".

    Raises:
        ValueError: An argument is out of range.
        DataError: The folder is missing, holds fewer than two recordings that can be used, mixes recordings and
            class folders, or would need too much memory.
    """
    whole("sample_rate", sample_rate, 1000, 192_000)
    if not 0.05 <= seconds <= MAX_SECONDS:
        raise ValueError(f"seconds: got {seconds!r}, expected 0.05 to {MAX_SECONDS:g}")
    folder, files, class_names = labelled_files(path, SUFFIXES, "recordings")
    samples = max(1, round(seconds * sample_rate / 128)) * 128
    if 4 * samples * len(files) > MAX_BYTES:
        raise DataError(
            f"{len(files):,} recordings of {seconds:g} s at {sample_rate} Hz need "
            f"{4 * samples * len(files) / 2**30:.1f} GB, more than {MAX_BYTES / 2**30:.0f}; choose fewer seconds"
        )
    sounds, labels, unusable, too_loud = [], [], [], []
    for file, label in files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Oddities in headers that do not change the sound.
                sound = read(file, sample_rate)
            sounds.append(fit(sound, samples))
        except DataError as error:
            unusable.append(f"{file.name}: {error}")
            continue
        labels.append(label)
        too_loud += [file.name] * clipped(sound)
    if len(sounds) < 2:
        reason = f"; the first that cannot: {unusable[0]}" if unusable else ""
        raise DataError(f"{folder} holds {len(sounds)} recordings that can be used, expected at least two{reason}")
    if unusable:
        print(f"gan_tf: skipped {len(unusable)} of {len(files)} recordings in {folder} (first: {unusable[0]})")
    if too_loud:
        print(f"gan_tf: {len(too_loud)} recordings clip: they were recorded too loud (first: {too_loud[0]})")
    name = name or folder.resolve().name
    size = f"{len(sounds):,} sounds of {samples / sample_rate:.2f} s at {sample_rate} Hz, float32 in [-1, 1]"
    card = own_card("sounds_from_folder", name, size)
    marks = np.array(labels, np.int32) if class_names else None
    return Sounds(np.stack(sounds), marks, class_names, "local", card, name, sample_rate)
