"""Single notes of sampled instruments, each pitch at two strengths: real sounds, embedded, no stand-in needed."""

import dataclasses
import functools
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from gan_course.data import sounds, sources
from gan_course.data.dataset import Card, DataError
from gan_tf.checks import nearest, whole

SAMPLE_RATE = 16_000
SAMPLES = 16_384  # of a note: 1.024 s
LOWEST, HIGHEST = 36, 84  # MIDI: C2 to C6, 65 to 1,047 Hz
PITCHES = tuple(range(LOWEST, HIGHEST + 1))
VELOCITIES = (60, 110)  # MIDI: how hard the key is struck
# Name -> number in General MIDI, from 0; in families: keys, mallets, reeds blown by a bellows, plucked, bowed, voice,
# brass, reeds, flutes.
PROGRAMS = {
    "piano": 0, "harpsichord": 6, "vibraphone": 11, "marimba": 12, "accordion": 21, "guitar": 24, "cello": 42,
    "choir": 52, "trumpet": 56, "horn": 60, "saxophone": 66, "oboe": 68, "clarinet": 71, "flute": 73,
}  # fmt: skip
INSTRUMENTS = tuple(PROGRAMS)

CARD = Card(
    name="notes",
    title="Notes of fourteen instruments (FluidR3 GM)",
    size="1,200 training and 172 test notes of 14 instruments, MIDI pitches 36 to 84, two velocities; float32 in "
    "[-1, 1] of 16,384 samples at 16,000 Hz (1.024 s)",
    licence="MIT, in data/embedded/notes/COPYING; copyright 2000-2002, 2008 Frank Wen",
    citation="Frank Wen, Fluid (R3) General MIDI SoundFont, 2008; rendered with FluidSynth",
    url="part of the course, no download; the soundfont is Debian's package fluid-soundfont-gm",
    note="the files hold the real notes, compressed by Vorbis. Each is held for 0.8 s and scaled to a peak of 0.45 "
    "(velocity 60) or 0.9 (110). Every eighth pitch of each instrument is held out as the test split, while its "
    "neighbours are learned",
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Notes(sounds.Sounds):
    """Notes: `Sounds` whose label is the note, which is pitch and instrument together; see `note_labels`.

    Attributes:
        pitches: int32 [n], MIDI numbers.
        instruments: int32 [n], places in `INSTRUMENTS`.
        velocities: int32 [n], 60 or 110.
    """

    pitches: np.ndarray | None = None
    instruments: np.ndarray | None = None
    velocities: np.ndarray | None = None

    _PER_SAMPLE: ClassVar[tuple[str, ...]] = ("x", "labels", "pitches", "instruments", "velocities")


def load(split: str = "train", source: str | None = None, *, n: int | None = None) -> Notes:
    """Loads the notes.

    Args:
        split: "train" or "test"; see `held_out`.
        source: As in `gan_course.data.load`. The embedded notes are the real ones, so "real" takes them as well.
        n: The first `n`, in the order of a fixed draw that mixes instruments and pitches. None means all.

    Raises:
        ValueError: `source` or `n` is out of range.
        DataError: A file is missing or damaged.
    """
    sources.choice(source)
    table = np.array([
        (instrument, pitch, velocity)
        for instrument in range(len(INSTRUMENTS))
        for pitch in PITCHES
        for velocity in VELOCITIES
    ])  # fmt: skip
    places = np.flatnonzero(held_out(table[:, 1], table[:, 0]) == (split == "test"))
    places = np.random.default_rng(0).permutation(places)
    if n is not None:
        places = places[: whole("n", n, 1, len(places))]
    instruments, pitches, velocities = table[places].T.astype(np.int32)
    per_instrument = len(PITCHES) * len(VELOCITIES)
    x = np.empty((len(places), SAMPLES), np.float32)
    for k in np.unique(instruments):
        x[instruments == k] = _notes(folder() / f"{INSTRUMENTS[k]}.ogg")[places[instruments == k] % per_instrument]
    return Notes(
        x, note_labels(pitches, instruments), NOTE_NAMES, "embedded", CARD, CARD.name, SAMPLE_RATE, pitches=pitches,
        instruments=instruments, velocities=velocities,
    )  # fmt: skip


def note_labels(pitches: Any, instruments: Any) -> np.ndarray:
    """Returns the labels of notes: int32, (pitch - 36) x number of instruments + instrument.

    Args:
        pitches: MIDI numbers, 36 to 84, integers [n] or one.
        instruments: names, or places in `INSTRUMENTS`; [n] or one.

    Raises:
        ValueError: A pitch or an instrument is unknown.
    """
    pitches = np.asarray(pitches)
    if not np.issubdtype(pitches.dtype, np.integer) or not ((LOWEST <= pitches) & (pitches <= HIGHEST)).all():
        raise ValueError(f"pitches: got {pitches}, expected whole MIDI numbers from {LOWEST} to {HIGHEST}")
    return ((pitches - LOWEST) * len(INSTRUMENTS) + instrument_places(instruments)).astype(np.int32)


def instrument_places(instruments: Any) -> np.ndarray:
    """Returns the places in `INSTRUMENTS` of names, or of places, which are checked.

    Raises:
        ValueError: An instrument is unknown; the nearest name is suggested.
    """
    found = []
    for one in np.ravel(np.asarray(instruments)).tolist():
        if one in INSTRUMENTS:
            one = INSTRUMENTS.index(one)
        if not isinstance(one, int) or not 0 <= one < len(INSTRUMENTS):
            hint = nearest(one, INSTRUMENTS) if isinstance(one, str) else ""
            raise ValueError(
                f"instruments: got {one!r}, expected one of {', '.join(INSTRUMENTS)}, or its place from 0{hint}"
            )
        found.append(one)
    return np.array(found, np.int32).reshape(np.shape(instruments))


def held_out(pitches: np.ndarray, instruments: np.ndarray) -> np.ndarray:
    """Returns which pairs of pitch and instrument are in the test split, bool [n]: every eighth pitch of each."""
    return (pitches - LOWEST + 3 * instruments) % 8 == 0


NOTE_NAMES = tuple(f"{name} {pitch}" for pitch in PITCHES for name in INSTRUMENTS)


@functools.lru_cache(len(INSTRUMENTS))
def _notes(path: Path) -> np.ndarray:
    """All notes of an instrument, float32 [98, 16384]: pitch by pitch, and of each the soft one first."""
    count = len(PITCHES) * len(VELOCITIES)
    try:
        sound = sounds.read(path, SAMPLE_RATE, max_seconds=count * SAMPLES / SAMPLE_RATE + 1)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    if len(sound) != count * SAMPLES:
        raise DataError(f"{path}: got {len(sound):,} samples, expected {count} notes of {SAMPLES:,}")
    return np.clip(sound.reshape(count, SAMPLES), -1, 1)


def folder() -> Path:
    """Returns where the notes are."""
    from gan_course import paths

    return paths.assets() / "embedded" / "notes"
