"""Write data/embedded/dialogue.csv: scenes of a film, turn by turn, by the grammar in gan_course/dialogue/grammar.py.

    python tools/make_dialogue.py

A scene has two speakers, each in a mood, and goes on for four to eight turns about one thing. Each row is a turn and
the reply to it; the reply is the line of the next row, as long as the scene lasts.
"""

from __future__ import annotations

import csv

import gan_tf  # before keras: it silences the start-up lines

# isort: split
import numpy as np

from gan_course import paths
from gan_course.dialogue import grammar
from gan_tf.files import written_whole

PAIRS = 8_000
SPEAKERS = ("Anna", "Bela", "Chen", "Dora", "Emil", "Fatima", "Goran", "Hana")


def scenes(random: np.random.Generator):
    """Endless rows of (scene, speaker, line, mood, reply); the mood is that of the reply."""
    while True:
        scene = str(random.choice(grammar.SCENES))
        speakers, moods = random.choice(SPEAKERS, 2, replace=False), random.choice(grammar.MOODS, 2)
        line = grammar.write(str(moods[0]), scene, random)
        for turn in range(int(random.integers(3, 8))):
            mood = str(moods[(turn + 1) % 2])
            reply = grammar.write(mood, scene, random, to=line)
            yield scene, str(speakers[turn % 2]), line, mood, reply
            line = reply


def main() -> None:
    random = np.random.default_rng(0)
    rows = [row for row, _ in zip(scenes(random), range(PAIRS), strict=False)]
    path = paths.assets() / "embedded" / "dialogue.csv"
    with written_whole(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("scene", "speaker", "line", "mood", "reply"))
        writer.writerows(rows)
    print(f"wrote {path.name}: {len(rows):,} pairs, {path.stat().st_size / 1e6:.2f} MB; gan_tf {gan_tf.__version__}")


if __name__ == "__main__":
    main()
