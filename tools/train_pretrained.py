"""Train the generators that the course ships, and write them to data/pretrained/.

    python tools/train_pretrained.py mnist_dense [--epochs 100] [--seed 0] [--output FILE]

Started again, it goes on where it was. It refuses the embedded stand-in: shipped weights learn from real data.
"""

from __future__ import annotations

import argparse
import functools
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

import gan_tf
from gan_tf import audio, augment, data, metrics, models, paths, pretrained


@dataclass(frozen=True)
class Recipe:
    """What is trained and how: the lesson's nets and settings, for longer."""

    data: str
    generator: str
    discriminator: Callable[[], keras.Model]
    epochs: int
    batch_size: int
    learning_rate: float
    options: dict[str, Any] = field(default_factory=lambda: {"latent_dim": 64})
    gan: dict[str, Any] = field(default_factory=lambda: {"ema": 0.999, "penalty": "r1", "penalty_every": 8})
    beta_1: float = 0.5
    passes: int = 1
    measured: int = 5_000  # samples, after every fifth epoch
    final: int | None = None  # samples at the end; None means as many as there are, up to 10,000
    # Distances are to this split. Of the actions it is the one that was learned: the test split shows other people.
    against: str = "test"


def moved(pictures: Any, seed: Any = None) -> Any:
    """Spectrograms a little earlier or later, deeper or higher, as in lesson 03."""
    return augment.translation(pictures, seed, ratio=(1 / 64, 3 / 64), fill=-1.0)


# Clips a little to the side, and in another light, as in lesson 04.
FILMED = augment.compose(
    functools.partial(augment.translation, ratio=1 / 16), functools.partial(augment.colour, strength=0.3)
)


RECIPES = {
    "mnist_dense": Recipe("mnist", "dense_generator", models.dense_discriminator, 100, 128, 1e-3),
    "mnist_dcgan": Recipe("mnist", "conv_generator", models.conv_discriminator, 40, 64, 4e-3),
    "cifar_dcgan": Recipe(
        "cifar10",
        "conv_generator",
        lambda: models.conv_discriminator((32, 32, 3), (32, 64, 128), classes=10),
        36,
        32,
        2e-3,
        {
            "shape": (32, 32, 3),
            "latent_dim": 64,
            "resize": True,
            "last": 16,
            "batch_norm": False,
            "modulate": True,
            "classes": 10,
        },
        {"ema": 0.999, "penalty": "r1", "penalty_weight": 0.3, "penalty_every": 8, "classes": 10},
        beta_1=0.0,
    ),
    "spoken_digits_mel": Recipe(
        "spoken_digits",
        "conv_generator",
        lambda: models.conv_discriminator((64, 64, 1), (16, 32, 64, 128), classes=10),
        60,
        32,
        2e-3,
        {
            "shape": (64, 64, 1),
            "latent_dim": 64,
            "widths": (128, 64, 32, 16),
            "batch_norm": False,
            "classes": 10,
        },
        {
            "ema": 0.999,
            "penalty": "r1",
            "penalty_weight": 0.3,
            "penalty_every": 8,
            "augment": moved,
            "classes": 10,
        },
        passes=6,
        measured=1_000,
    ),
    "human_actions": Recipe(
        "human_actions",
        "motion_generator",
        lambda: models.clip_discriminator((16, 32, 32, 3), frame_widths=(16, 32, 64), classes=4),
        60,
        16,
        2e-3,
        {"shape": (16, 32, 32, 3), "content_dim": 48, "motion_dim": 16, "classes": 4},
        {"ema": 0.999, "penalty": "r1", "penalty_every": 8, "augment": FILMED, "classes": 4},
        beta_1=0.0,
        passes=10,
        measured=340,
        final=340,
        against="train",
    ),
    "moving_digits": Recipe(
        "moving_digits",
        "motion_generator",
        lambda: models.clip_discriminator((16, 32, 32, 1), frame_widths=(16, 32, 64), classes=10),
        60,
        16,
        2e-3,
        {"shape": (16, 32, 32, 1), "content_dim": 48, "motion_dim": 16, "classes": 10},
        {"ema": 0.999, "penalty": "r1", "penalty_every": 8, "classes": 10},
        beta_1=0.0,
        passes=5,
        measured=1_000,
    ),
}


def load(name: str, split: str) -> data.Dataset:
    """Real samples; of sounds their spectrograms."""
    # As many windows of the people who are not learned as there are: they are few.
    options = {"hop": 1} if (name, split) == ("human_actions", "test") else {}
    real = data.load(name, split, source="real", **options)
    return audio.spectrograms(real) if isinstance(real, data.Sounds) else real


def build(recipe: Recipe, steps: int, seed: int) -> gan_tf.GAN:
    """The untrained pair, compiled, with a learning rate that falls to zero over ``steps`` along half a cosine."""
    generator = models.GENERATORS[recipe.generator](**recipe.options)
    gan = gan_tf.GAN(generator, recipe.discriminator(), seed=seed, **recipe.gan)
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    gan.compile(
        *(keras.optimizers.Adam(schedule, beta_1=recipe.beta_1, beta_2=0.99) for _ in range(2)),
        steps_per_execution=4,
    )
    return gan


def train(name: str, epochs: int | None, seed: int, output: Path) -> None:
    recipe = RECIPES[name]
    epochs = epochs or recipe.epochs
    run = gan_tf.setup(seed=seed)
    splits = {split: load(recipe.data, split) for split in ("train", "test")}
    training = splits["train"]
    against, other = (splits[split] for split in sorted(splits, key=lambda split: split != recipe.against))
    gan = build(recipe, epochs * recipe.passes * (len(training) // recipe.batch_size), seed)
    folder = paths.runs() / f"pretrained_{name}_{epochs}_{seed}"
    start = time.perf_counter()
    monitor = metrics.QualityMonitor(against, n=recipe.measured, every=5)
    gan.fit(
        training.batches(recipe.batch_size, seed=seed, labels=gan.conditional, passes=recipe.passes),
        epochs=epochs,
        verbose=2,
        callbacks=[monitor, gan_tf.Resume(folder)],
    )
    seconds = time.perf_counter() - start
    report = metrics.evaluate(gan, against, recipe.final, other=other)
    print(report)
    card = {
        "data": f"{recipe.data}, {training.source}",
        "command": f"python tools/train_pretrained.py {name} --epochs {epochs} --seed {seed}",
        "epochs": epochs,
        "seconds_of_last_run": round(seconds),
        "machine": f"{run.device}, {run.cores} cores, {run.precision}",
        "frechet": round(report.frechet, 3),
        "floor": round(report.floor.frechet, 3),
        "samples_measured": report.n,
    }
    pretrained.save(output, gan.averaged, recipe.generator, recipe.options, card)
    shutil.rmtree(folder)
    print(f"wrote {output.name}: {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    target = asked.output or paths.assets() / "pretrained" / f"{asked.name}.npz"
    train(asked.name, asked.epochs, asked.seed, target)
