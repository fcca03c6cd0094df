"""The Free Spoken Digit Dataset, and its stand-in of synthetic voices."""

import csv
import io
from pathlib import Path

import numpy as np

from gan_course.data import archives, sounds, sources
from gan_course.data.dataset import Card, DataError
from gan_course.data.download import RemoteFile
from gan_tf.checks import whole

SAMPLE_RATE = 8000
SAMPLES = 8192  # 1.02 s: 17 of the 3,000 recordings are longer
TAKES = {"train": range(5, 50), "test": range(5)}  # the split that the set's README gives
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
FOLDER = "free-spoken-digit-dataset/recordings"  # under $GAN_TF_DATA
_TOP = "free-spoken-digit-dataset-1.0.10"  # the folder inside the archive
MAX_BYTES = 200_000  # of one recording: five times the longest

CARD = Card(
    name="spoken_digits",
    title="Free Spoken Digit Dataset",
    size="2,700 training and 300 test recordings of ten digits by six speakers, 8 kHz, float32 in [-1, 1], brought to "
    "8,192 samples; 16 MB to download",
    licence="CC BY-SA 4.0",
    citation="Jackson, Souza, Flaks, Pan, Nicolas and Thite 2018, Jakobovski/free-spoken-digit-dataset, "
    "Zenodo, doi:10.5281/zenodo.1342401",
    url="https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz",
    layout=f"$GAN_TF_DATA/{FOLDER}/ (3,000 files such as 7_jackson_32.wav)",
    stand_in="digits spoken by 24 synthetic voices (espeak-ng), at several rates and pitches",
    note="the archive is packed by its server and has no lasting checksum: that it is whole and holds the 3,000 "
    "recordings is checked before it is used; the stand-in is for trying the code, its voices are simpler than people",
)


def file_names(split: str) -> tuple[str, ...]:
    """Names of the recordings of a split, in a fixed order that mixes digits and speakers."""
    return tuple(
        f"{digit}_{speaker}_{take}.wav" for take in TAKES[split] for speaker in SPEAKERS for digit in range(10)
    )


def load(
    split: str = "train", source: str | None = None, *, n: int | None = None, samples: int = SAMPLES, seed: int = 0
) -> sounds.Sounds:
    """Loads the spoken digits, or their stand-in.

    Each recording is freed from silence at both ends, cut or padded to one length, and brought to one level.

    Args:
        split: "train" or "test". The test split holds other recordings of the same speakers.
        source: As in `gan_course.data.load`.
        n: Number of recordings: the first `n` of the real set, which mixes digits and speakers evenly; as many of
            the stand-in, drawn at random. None means all: 2,700 and 300 of the real set.
        samples: Length of each sound.
        seed: Fixes the order of the stand-in.

    Returns:
        `Sounds` with the digit as label, and the speaker.

    Raises:
        ValueError: `n` or `samples` is out of range.
        DataError: The files cannot be used.
    """
    if n is not None:
        whole("n", n, 1)
    whole("samples", samples, 256, SAMPLE_RATE * 60)
    names = file_names(split)
    found, paths = sources.find(CARD, (ARCHIVE,), source, FOLDER, names)
    if found == "embedded":
        return _embedded(split, n, samples, seed)
    if n is not None:
        whole("n", n, 1, len(names))
    names = names[:n]
    recordings = paths[: len(names)] if found == "local" else [io.BytesIO(file) for file in _packed(paths[0], names)]
    x = np.stack([_fitted(recording, name, samples) for recording, name in zip(recordings, names, strict=True)])
    digits = np.array([int(name[0]) for name in names], np.int32)
    speakers = np.array([SPEAKERS.index(name.split("_")[1]) for name in names], np.int32)
    return sounds.Sounds(x, digits, NAMES, found, CARD, CARD.name, SAMPLE_RATE, speakers, SPEAKERS)


def _fitted(recording: Path | io.BytesIO, name: str, samples: int) -> np.ndarray:
    try:
        return sounds.fit(sounds.read(recording, SAMPLE_RATE), samples)
    except DataError as error:
        raise DataError(f"{name}: {error}") from error


def _packed(archive: Path, names: tuple[str, ...]) -> list[bytes]:
    """The recordings of these names, in their order."""
    inside = [f"{_TOP}/recordings/{name}" for name in names]
    found = archives.members(archive, inside, lambda size: size <= MAX_BYTES, f"at most {MAX_BYTES:,} bytes")
    return [found[name] for name in inside]


def _check_archive(archive: Path) -> None:
    """Refuses an archive that is damaged or lacks recordings."""
    names = file_names("train") + file_names("test")
    for name, recording in zip(names, _packed(archive, names), strict=True):
        _fitted(io.BytesIO(recording), name, SAMPLES)


ARCHIVE = RemoteFile(f"{_TOP}.tar.gz", (CARD.url,), "", _check_archive)


def _embedded(split: str, n: int | None, samples: int, seed: int) -> sounds.Sounds:
    """The synthetic voices: one FLAC file a digit, and a table of what stands where in it."""
    from gan_course import paths

    folder = paths.assets() / "embedded" / "spoken_digits"
    with open(folder / "index.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    if n is not None and n > len(rows):
        raise ValueError(f"n: got {n}, but the stand-in has {len(rows)} sounds for {split!r}")
    order = np.random.default_rng(seed).permutation(len(rows))[:n]
    voices = tuple(dict.fromkeys(row["voice"] for row in rows))
    whole_files = [sounds.read(folder / f"{digit}.flac", SAMPLE_RATE, max_seconds=600) for digit in range(10)]
    x, digits, speakers = [], [], []
    for row in (rows[i] for i in order):
        digit, start = int(row["digit"]), int(row["start"])
        x.append(sounds.fit(whole_files[digit][start : start + int(row["length"])], samples))
        digits.append(digit)
        speakers.append(voices.index(row["voice"]))
    marks, who = np.array(digits, np.int32), np.array(speakers, np.int32)
    return sounds.Sounds(np.stack(x), marks, NAMES, "embedded", CARD, CARD.name, SAMPLE_RATE, who, voices)
