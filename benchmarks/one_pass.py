"""Both nets updated in turn, or from one pass through the discriminator: python benchmarks/one_pass.py

Lessons 01 and 02, equal seconds of training, one seed. Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse

import timing  # noqa: F401 - before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import gan_tf
from gan_tf import data
from training import LESSONS, Trial, trials

SETS = {"lesson 01, dense": "mnist", "lesson 01, convolutions": "mnist", "lesson 02, colour pictures": "cifar10"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--samples", type=int, default=5_000)
    asked = parser.parse_args()
    gan_tf.setup(seed=0)
    for name in asked.only:
        recipe = Trial.of(LESSONS[name][0])
        chosen = {name: recipe, f"{name}, from one pass": recipe.changed(gan={"simultaneous": True})}
        real, unseen = (data.load(SETS[name], split, source="real") for split in ("train", "test"))
        trials("one_pass", chosen, real, unseen, seconds=asked.seconds, n=asked.samples, seed=0)
