"""Both nets updated in turn, or from one pass through the discriminator: python benchmarks/one_pass.py

Lessons 01 and 02, the same number of steps for both ways, so that the speed of the machine does not count.
"""

from __future__ import annotations

import argparse

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras

import gan_tf
import recipes
from gan_tf import data, metrics
from training import LESSONS

# Data set and steps.
TRIALS = {
    "lesson 01, dense": ("mnist", 4_000),
    "lesson 01, convolutions": ("mnist", 2_000),
    "lesson 02, colour pictures": ("cifar10", 1_600),
}
WAYS = {"in turn": {}, "from one pass": {"simultaneous": True}}


def distance(recipe: recipes.Recipe, real: data.Dataset, unseen: data.Dataset, steps: int, n: int, seed: int) -> float:
    """The Fréchet distance of ``n`` samples after so many steps, with a learning rate that falls to zero."""
    keras.utils.set_random_seed(seed)
    gan = recipe.build(real.x.shape[1:], seed)
    rates = [keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps) for _ in range(2)]
    gan.compile(*(recipe.optimizers(rate)[0] for rate in rates), steps_per_execution=4)
    batches = real.batches(recipe.batch_size, seed=seed, labels=gan.conditional).repeat()
    gan.fit(batches, steps_per_epoch=steps, verbose=0)
    return metrics.evaluate(gan, unseen, n, other=real).frechet


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    parser.add_argument("--samples", type=int, default=5_000)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1])
    asked = parser.parse_args()
    gan_tf.setup(seed=0)
    found = timing.read("one_pass").get("trials", {})
    for name in asked.only:
        source, steps = TRIALS[name]
        real, unseen = (data.load(source, split, source="real") for split in ("train", "test"))
        found[name] = {"steps": steps, "seeds": asked.seeds, **{way: [] for way in WAYS}}
        for seed in asked.seeds:
            for way, changes in WAYS.items():
                recipe = LESSONS[name][0].changed(gan=changes)
                found[name][way].append(round(distance(recipe, real, unseen, steps, asked.samples, seed), 2))
                print(name, way, seed, found[name][way][-1], flush=True)
                keras.backend.clear_session()
        timing.write("one_pass", {"samples": asked.samples, "trials": found})
