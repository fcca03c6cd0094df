"""The measurements behind lesson 06: three ways to tell the label, and samples as training data, over seeds.

    python benchmarks/conditional.py ways       each way for the lesson's steps, three seeds
    python benchmarks/conditional.py extra      classifiers taught from real digits, from samples, from both

Both use the lesson's own code, from its cells marked ``# measured``, and its numbers of the ``cpu`` budget. Started
again, they go on where they were. They count steps, not seconds, so other work may run beside them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras

import lesson_code
from gan_course import evaluation
from gan_tf import models

NOTEBOOK = "06_conditional_gan.ipynb"
SEEDS = (0, 1, 2)
SIZES = (20, 100, 1_000)


def way(code: Mapping[str, Any], name: str, seed: int) -> dict[str, float]:
    """One pair of nets, trained and measured as in the lesson."""
    keras.utils.set_random_seed(seed)
    pair = code["make_generator"](), code["make_discriminator"](name)
    if name == "no label":
        pair = models.conv_generator(), models.conv_discriminator()
    gan = code["train"](*pair, code["digits"], code["WAY_STEPS"], seed)
    report = evaluation.evaluate(gan, code["unseen"], code["MEASURED"])
    found = {"frechet": round(report.frechet, 2), "recall": round(report.recall, 3)}
    if gan.conditional:
        asked, variety = code["obedience"](gan)
        found |= {"asked": round(asked, 4), "variety": round(variety, 3)}
    return found


def extra(code: Mapping[str, Any], size: int, seed: int) -> dict[str, float]:
    """Accuracies on unseen digits of classifiers that are taught from so many real ones and from samples."""
    return {name: round(accuracy, 4) for name, accuracy in code["extra_data"](size, seed).items()}


def measure(file: str, names: Sequence[Any], once: Callable[..., Mapping[str, float]]) -> None:
    """Each name with each seed into ``results/<file>.json``; what is there of the same code is kept."""
    code = lesson_code.run(NOTEBOOK, "measured")
    conditions = {"seeds": list(SEEDS), "code": lesson_code.digest(NOTEBOOK, "measured")}
    conditions |= {key: code[key] for key in ("WAY_STEPS", "FEW_STEPS", "LESSONS", "MEASURED")}
    before = timing.read(file)
    same = all(before.get(key) == value for key, value in conditions.items())
    found: dict[str, list] = before["trials"] if same else {}
    for seed in SEEDS:
        for name in names:
            done = found.setdefault(str(name), [])
            if len(done) > SEEDS.index(seed):
                continue
            done.append(once(code, name, seed))
            print(name, f"seed {seed}", done[-1], flush=True)
            timing.write(file, {**conditions, "trials": found})
            keras.backend.clear_session()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("ways", "extra"))
    asked = parser.parse_args()
    if asked.what == "ways":
        measure("conditional_ways", ("no label", *models.CONDITIONINGS), way)
    else:
        measure("conditional_extra", SIZES, extra)
