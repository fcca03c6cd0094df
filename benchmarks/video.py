"""The measurements behind lesson 04, on the human actions and on moving digits.

    python benchmarks/video.py actions [--only NAME ...] [--seconds 100]    designs and choices, equal training time
    python benchmarks/video.py digits [--only NAME ...] [--seconds 100]     the same on moving digits

Seconds are those of training; to measure is not counted. Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
from collections.abc import Mapping

import timing  # noqa: F401  before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import numpy as np

import gan_tf
import recipes
from gan_course import clip_networks, data, evaluation
from training import Trial, trials


def designs(recipe: Trial) -> dict[str, Trial]:
    """The recipe, and what the lesson sets beside it."""
    classes = recipe.gan["classes"]
    judged = recipe.changed(discriminator_options={"frame_widths": ()})
    stream = {"latent_dim": 64, "classes": classes}
    return {
        "the recipe": recipe,
        "the recipe, once more": recipe,
        "clips judged only": judged,
        "one stream of 3-D convolutions, clips judged only": dataclasses.replace(
            judged, generator=clip_networks.video_generator, generator_options=stream
        ),
    }


ACTIONS = Trial.of(recipes.HUMAN_ACTIONS)
DIGITS = Trial.of(recipes.MOVING_DIGITS)
TRIALS: dict[str, dict[str, Trial]] = {
    "actions": {
        **designs(ACTIONS),
        "no background": ACTIONS.changed(generator_options={"background": False}),
        "recurrent state of 32": ACTIONS.changed(generator_options={"units": 32}),
        "not moved, same light": ACTIONS.changed(gan={"augment": None}),
        "R1 with gamma 0.3": ACTIONS.changed(gan={"penalty_weight": 0.3}),
        "learning rate 1e-3": ACTIONS.changed(learning_rate=1e-3),
        "learning rate 4e-3": ACTIONS.changed(learning_rate=4e-3),
        "clips judged by twice as wide a net": ACTIONS.changed(discriminator_options={"widths": (32, 64, 128)}),
    },
    "digits": {
        **designs(DIGITS),
        "with a background": DIGITS.changed(generator_options={"background": True}),
        "R1 with gamma 3": DIGITS.changed(gan={"penalty_weight": 3.0}),
    },
}


def seen(gan: gan_tf.GAN, real: data.Clips, moves: evaluation.Movement, n: int = 400) -> Mapping[str, float]:
    """Whether the asked action is recognised, the frames are like real ones, and move as they do."""
    labels = np.arange(n) % len(real.class_names)
    clips = gan.sample(n, seed=1, labels=labels)
    motion = evaluation.motion_distance(clips, moves, 256)
    return {
        "recognised": evaluation.label_accuracy(clips, labels, real.name),
        "frames": round(evaluation.frame_distance(clips, real.x), 2),
        "differences": round(motion.difference, 3),
        "flow": round(motion.flow, 3),
    }


def steady(gan: gan_tf.GAN, real: data.Clips, n: int = 500) -> Mapping[str, float]:
    """Whether a digit stays the same digit, and moves at the speeds of the real ones."""
    clips = gan.sample(n, seed=1, labels=np.arange(n) % len(real.class_names))
    ours, theirs = evaluation.speeds(clips), evaluation.speeds(real.x)
    return {
        "identity": round(float(evaluation.constancy(clips).mean()), 3),
        "speed": round(float(ours.mean() / theirs.mean()), 3),
        "spread": round(float(ours.std() / theirs.std()), 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=list(TRIALS))
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--seconds", type=float, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if unknown := set(asked.only or ()) - set(TRIALS[asked.what]):
        parser.error(f"--only: got {sorted(unknown)}, expected some of {list(TRIALS[asked.what])}")
    gan_tf.setup(seed=0)
    options = {"seconds": asked.seconds, "seed": asked.seed}
    chosen = {name: TRIALS[asked.what][name] for name in asked.only or TRIALS[asked.what]}
    if asked.what == "actions":
        real = data.load("human_actions", source="real")
        # Other people, for the floor: how far they are from those that were learned.
        others = data.load("human_actions", "test", source="real", hop=1)
        more = functools.partial(seen, real=real, moves=evaluation.movement(real.x, 256))
        trials("video_actions", chosen, real, others, n=340, measured=real, more=more, **options)
    else:
        real, unseen = (data.load("moving_digits", split, source="real") for split in ("train", "test"))
        trials("video_digits", chosen, real, unseen, n=1_000, more=lambda gan: steady(gan, unseen), **options)
