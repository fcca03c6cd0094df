"""Write data/embedded/notes: single notes of sampled instruments, a file of Ogg Vorbis for each instrument.

    python tools/make_notes.py

Debian's packages fluidsynth and fluid-soundfont-gm must be installed, or the soundfont be named by --soundfont. Every
note is struck, held for 0.8 s and let go; reverberation and chorus are off, so that a note is one sound.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

from gan_course.data import notes

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
LICENCE = Path("/usr/share/doc/fluid-soundfont-gm/copyright")
RATE = 48_000  # the instruments' own is 44,100; the synthesiser does not filter when it is told a lower one
HELD, SLOT = 0.8, 2.0  # seconds
PEAKS = (0.45, 0.9)  # of the two velocities
FADE = 800  # samples at the end of a note
QUALITY = 0.8  # of Vorbis, from 0 to 1
TICKS = 960  # of MIDI, a second: 480 a quarter note, 120 of these a minute


def variable_length(number: int) -> bytes:
    """A number as MIDI files store times: seven bits a byte, all but the last marked."""
    found = [number & 127]
    while number := number >> 7:
        found.append(number & 127 | 128)
    return bytes(reversed(found))


def midi(program: int) -> bytes:
    """A MIDI file that plays all notes of one program, one after the other."""
    events, wait = b"\x00" + bytes([0xC0, program]), 0
    for pitch in notes.PITCHES:
        for velocity in notes.VELOCITIES:
            events += variable_length(wait) + bytes([0x90, pitch, velocity])
            events += variable_length(round(HELD * TICKS)) + bytes([0x80, pitch, 0])
            wait = round((SLOT - HELD) * TICKS)
    events += variable_length(round(SLOT * TICKS)) + b"\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS // 2) + b"MTrk" + struct.pack(">I", len(events)) + events


def rendered(program: int, soundfont: Path) -> np.ndarray:
    """All notes of a program, float32 [98, 16384], as the data set has them."""
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "notes.mid"), Path(folder, "notes.wav")
        score.write_bytes(midi(program))
        options = ["-ni", "-q", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(RATE), "-O", "float", "-T", "wav"]
        subprocess.run(["fluidsynth", *options, "-F", sound, soundfont, score], check=True, capture_output=True)
        x, rate = soundfile.read(sound, dtype="float32")
    x = soxr.resample(x.mean(axis=1), rate, notes.SAMPLE_RATE, quality="VHQ")
    starts = np.arange(len(notes.PITCHES) * len(notes.VELOCITIES)) * round(SLOT * notes.SAMPLE_RATE)
    x = np.stack([x[start : start + notes.SAMPLES] for start in starts])
    x[:, -FADE:] *= np.linspace(1, 0, FADE, dtype=np.float32)
    return x / np.abs(x).max(axis=1, keepdims=True) * np.tile(np.float32(PEAKS), len(notes.PITCHES))[:, None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soundfont", type=Path, default=SOUNDFONT)
    parser.add_argument("--licence", type=Path, default=LICENCE)
    asked = parser.parse_args()
    folder = notes.folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name, program in notes.PROGRAMS.items():
        path = folder / f"{name}.ogg"
        x = rendered(program, asked.soundfont).ravel()
        # libsndfile writes a long Vorbis file safely in blocks only.
        with soundfile.SoundFile(
            path, "w", notes.SAMPLE_RATE, 1, "VORBIS", format="OGG", compression_level=1 - QUALITY
        ) as file:
            for start in range(0, len(x), notes.SAMPLES):
                file.write(x[start : start + notes.SAMPLES])
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB", flush=True)
    shutil.copy(asked.licence, folder / "COPYING")


if __name__ == "__main__":
    main()
