"""Make the stand-in of the spoken digits with espeak-ng: python tools/make_spoken_digits.py

It writes data/embedded/spoken_digits: one FLAC file a digit, all takes one after the other, and index.csv, which says
what stands where. espeak-ng (Debian: apt install espeak-ng) must be installed; version 1.51 made the committed files.
The voices are combinations of an accent and a timbre; each says each digit at several rates and pitches.
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys

import numpy as np
import soundfile

from gan_course import paths
from gan_course.data import sounds, spoken_digits

ACCENTS = ("en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-029")
TIMBRES = ("m1", "m3", "m7", "f2", "f3", "f5", "m2", "f4")
VOICES = 24
TAKES = 5  # the last one is the test split
BITS = 9  # its noise lies below what the spectrograms reach, and FLAC packs it well


def speak(word: str, voice: str, rate: int, pitch: int) -> np.ndarray:
    """One word as float32 [samples] at 8 kHz."""
    command = ["espeak-ng", "-v", voice, "-s", str(rate), "-p", str(pitch), "--stdout", word]
    wav = bytearray(subprocess.run(command, check=True, capture_output=True).stdout)
    # espeak-ng cannot know the length when it starts to write to a pipe, and puts in the largest number.
    wav[4:8], wav[40:44] = (len(wav) - 8).to_bytes(4, "little"), (len(wav) - 44).to_bytes(4, "little")
    return sounds.read(io.BytesIO(bytes(wav)), spoken_digits.SAMPLE_RATE)


def unheard(word: str, voice: str, random: np.random.Generator, known: set[bytes]) -> np.ndarray:
    """One take, int16 [samples], that is like no earlier one: some voices round rate and pitch."""
    while True:
        sound = sounds.trim(speak(word, voice, int(random.integers(120, 200)), int(random.integers(25, 75))))
        sound = sound[: spoken_digits.SAMPLES] * (sounds.PEAK / np.abs(sound).max())
        steps = np.rint(sound * 2 ** (BITS - 1)).astype(np.int16) * 2 ** (16 - BITS)
        if steps.tobytes() not in known:
            known.add(steps.tobytes())
            return steps


def main() -> None:
    if not shutil.which("espeak-ng"):
        sys.exit("espeak-ng is not installed; on Debian and Ubuntu: apt install espeak-ng")
    folder = paths.assets() / "embedded" / "spoken_digits"
    folder.mkdir(parents=True, exist_ok=True)
    random, known = np.random.default_rng(0), set()
    voices = [f"{ACCENTS[i % len(ACCENTS)]}+{TIMBRES[i % len(TIMBRES)]}" for i in range(VOICES)]
    rows, total = [], 0
    for digit, word in enumerate(spoken_digits.NAMES):
        parts, start = [], 0
        for voice in voices:
            for take in range(TAKES):
                parts.append(unheard(word, voice, random, known))
                split = "test" if take == TAKES - 1 else "train"
                row = {"digit": digit, "split": split, "voice": voice, "start": start, "length": len(parts[-1])}
                rows.append(row)
                start += len(parts[-1])
        path = folder / f"{digit}.flac"
        soundfile.write(path, np.concatenate(parts), spoken_digits.SAMPLE_RATE, compression_level=1.0)
        total += path.stat().st_size
        print(f"{path.name}: {len(parts)} sounds, {start / spoken_digits.SAMPLE_RATE:.0f} s, {total / 1e6:.2f} MB")
    with open(folder / "index.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
