"""The measurements behind lesson 04, on the human actions and on moving digits.

    python benchmarks/video.py actions [--only NAME ...] [--seconds 200]    designs and choices, equal training time
    python benchmarks/video.py digits [--only NAME ...] [--seconds 200]     the same on moving digits

Seconds are those of training; to measure is not counted. Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import timing  # noqa: F401  before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import numpy as np

import gan_tf
import recipes
from gan_tf import data, metrics, models
from training import Trial, trials

OURS = Trial.of(recipes.HUMAN_ACTIONS)
TRIALS: dict[str, Trial] = {
    "the recipe": OURS,
    "the recipe, once more": OURS,
    "one stream of 3-D convolutions": OURS.changed(
        generator=models.video_generator, discriminator_options={"frame_widths": ()}
    ),
    "one stream, frames judged too": OURS.changed(generator=models.video_generator),
    "not moved": OURS.changed(gan={"augment": None}),
    "clips judged only": OURS.changed(discriminator_options={"frame_widths": ()}),
}


def seen(gan: gan_tf.GAN, real: data.Clips, n: int = 400) -> Mapping[str, float]:
    """Whether the asked action is recognised, and whether it moves as the real clips do."""
    labels = np.arange(n) % len(real.class_names)
    clips = gan.sample(n, seed=1, labels=labels)
    motion = metrics.motion_distance(clips, real.x, 96)
    return {
        "recognised": metrics.label_accuracy(clips, labels, real.name),
        "differences": round(motion.difference, 3),
        "flow": round(motion.flow, 3),
    }


def steady(gan: gan_tf.GAN, real: data.Clips, n: int = 500) -> Mapping[str, float]:
    """Whether a digit stays the same digit, and moves at the speeds of the real ones."""
    clips = gan.sample(n, seed=1, labels=np.arange(n) % len(real.class_names))
    ours, theirs = metrics.speeds(clips), metrics.speeds(real.x)
    return {
        "identity": round(float(metrics.identity(clips).mean()), 3),
        "speed": round(float(ours.mean() / theirs.mean()), 3),
        "spread": round(float(ours.std() / theirs.std()), 3),
    }


def digits_of(trial: Trial) -> Trial:
    """The same design for clips of grey digits."""
    return trial.changed(**recipes.TEN).changed(gan={"augment": None})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("actions", "digits"))
    parser.add_argument("--only", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    parser.add_argument("--seconds", type=float, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    gan_tf.setup(seed=0)
    options = {"seconds": asked.seconds, "seed": asked.seed}
    chosen = {name: TRIALS[name] for name in asked.only}
    if asked.what == "actions":
        real = data.load("human_actions", source="real")
        # Other people, for the floor: how far they are from those that were learned.
        others = data.load("human_actions", "test", source="real", hop=1)
        trials("video_actions", chosen, real, others, n=340, measured=real, more=lambda gan: seen(gan, real), **options)
    else:
        real, unseen = (data.load("moving_digits", split, source="real") for split in ("train", "test"))
        chosen = {name: digits_of(recipe) for name, recipe in chosen.items()}
        trials("video_digits", chosen, real, unseen, n=1_000, more=lambda gan: steady(gan, unseen), **options)
