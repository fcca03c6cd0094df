"""Train the generators that the course ships, and write them to data/pretrained/.

    python tools/train_pretrained.py mnist_dense [--epochs 100 | --minutes 30] [--recipe gpu] [--seed 0] [--output FILE]

Started again, it goes on where it was. With --minutes the learning rate falls by the clock, so that a training fits an
evening on any machine; measuring is not counted. It refuses the embedded stand-in: shipped weights learn from real
data. The one exception is scenes_100, whose data are the drawn landscapes themselves, so that its samples carry
nobody's licence. With --recipe gpu nets are wider, spectrograms have 128 bands, and frames are 64x64; what comes out
stays in outputs/.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import recipes  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import numpy as np
import tensorflow as tf

import gan_tf
import train_dialogue
from gan_course import audio, cpu, data, evaluation, paths, pretrained


@dataclass(frozen=True)
class Shipped:
    """What is trained, on what, and for how long: the lesson's recipe, for longer."""

    recipe: recipes.Recipe
    data: str
    epochs: int | None = None
    minutes: float | None = None  # by the clock instead
    passes: int = 1
    measured: int = 5_000  # samples, after every fifth epoch
    final: int | None = None  # samples at the end; None means as many as there are, up to 10,000
    # Distances are to this split. Of the actions it is the one that was learned: the test split shows other people.
    against: str = "test"
    test_options: dict[str, Any] = field(default_factory=dict)  # of `data.load`, for the test split
    options: dict[str, Any] = field(default_factory=lambda: {"source": "real"})  # of `data.load`, for both splits
    features: Any = None  # of the measures, for data without a feature network of their own
    mel: audio.MelConfig = audio.DIGITS  # of sounds: how they become pictures
    reading: train_dialogue.Reading | None = None  # of text: maximum likelihood before the game


def shrunk(pictures: np.ndarray) -> np.ndarray:
    """Features of the CIFAR-10 classifier, of pictures of any size, averaged down to 32x32."""
    small = tf.image.resize(pictures, (32, 32), "area").numpy()
    return evaluation.feature_network("cifar10").features(np.clip(small, -1, 1))


def heard(spectrograms: np.ndarray) -> np.ndarray:
    """Features of the classifier of instruments, of notes as spectrograms with two channels."""
    return evaluation.feature_network("notes").features(audio.from_frequency_spectrograms(spectrograms))


SHIPPED = {
    "mnist_dense": Shipped(recipes.MNIST_DENSE, "mnist", 100),
    "mnist_dcgan": Shipped(recipes.MNIST_DCGAN, "mnist", 40),
    "mnist_conditional": Shipped(recipes.MNIST_CONDITIONAL, "mnist", 6),
    "cifar_dcgan": Shipped(recipes.CIFAR, "cifar10", 30),
    "scenes_100": Shipped(
        recipes.SCENES_100,
        "cifar10",
        24,
        measured=500,
        final=1_000,
        test_options={"n": 1_000},
        options={"source": "embedded", "size": 100, "n": 4_000},
        features=shrunk,
    ),
    "spoken_digits_mel": Shipped(recipes.SPOKEN_DIGITS, "spoken_digits", 60, passes=6, measured=1_000),
    # As many windows of the people who are not learned as there are: they are few.
    "human_actions": Shipped(
        recipes.HUMAN_ACTIONS,
        "human_actions",
        40,
        passes=10,
        measured=340,
        final=340,
        against="train",
        test_options={"hop": 1},
    ),
    "notes": Shipped(
        recipes.NOTES, "notes", minutes=45, passes=2, measured=172, options={"source": "embedded"}, features=heard
    ),
    "moving_digits": Shipped(recipes.MOVING_DIGITS, "moving_digits", 30, passes=5, measured=1_000),
    "dialogue": Shipped(
        recipes.DIALOGUE, "dialogue", 8, options={"source": "embedded"}, reading=train_dialogue.Reading()
    ),
}


def halved(axes: int) -> Any:
    """Features of the classifier of sounds (one axis) or of clips (two), which sees half as many bands or pixels."""

    def features(x: np.ndarray) -> np.ndarray:
        if axes == 1:
            small = x.reshape(len(x), x.shape[1] // 2, 2, *x.shape[2:]).mean(axis=2)
            return evaluation.feature_network("spoken_digits").features(small)
        frames = x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2, x.shape[4])
        return evaluation.feature_network("human_actions").features(frames.mean(axis=(3, 5)))

    return features


# The same data with the wider recipes, by the clock; larger samples of sounds and actions.
LARGER = {
    "spoken_digits_mel": {"mel": audio.MelConfig(n_mels=128, n_fft=1024), "features": halved(1)},
    "human_actions": {"options": {"source": "real", "size": 64}, "features": halved(2)},
}
GPU = {
    name: replace(SHIPPED[name], recipe=recipe, epochs=None, minutes=12.0, **LARGER.get(name, {}))
    for name, recipe in recipes.GPU.items()
}


def load(shipped: Shipped, split: str) -> data.Dataset:
    """Real samples; of sounds their spectrograms."""
    options = shipped.options | (shipped.test_options if split == "test" else {})
    real = data.load(shipped.data, split, **options)
    if isinstance(real, data.Notes):
        return audio.spectrograms(real, audio.NOTES, audio.frequency_spectrograms)
    return audio.spectrograms(real, shipped.mel) if isinstance(real, data.Sounds) else real


class ByTheClock(keras.callbacks.Callback):
    """Train for so many minutes, the learning rate falling to zero along half a cosine of the seconds spent.

    Of an epoch, its steps count, not what other callbacks do at its end. ``seconds`` goes into the logs, so that
    :class:`gan_tf.Resume`, which stands behind it, brings back how much was spent.
    """

    def __init__(self, minutes: float, learning_rate: float):
        super().__init__()
        self.seconds, self.learning_rate = 60 * minutes, learning_rate

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.start = time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        done = sum(self.model.history.history.get("seconds", ())) + time.perf_counter() - self.start
        rate = self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done / self.seconds)))
        for optimizer in (self.model.generator_optimizer, self.model.discriminator_optimizer):
            optimizer.learning_rate = rate
        self.model.stop_training = done >= self.seconds

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs["seconds"] = time.perf_counter() - self.start


def play(
    gan: gan_tf.GAN,
    shipped: Shipped,
    training: data.Dataset,
    unseen: data.Dataset,
    epochs: int | None,
    minutes: float | None,
    seed: int,
    folder: Path,
) -> dict[str, float]:
    """Train by the game alone, for so many minutes or else epochs; what it reaches."""
    recipe = shipped.recipe
    against, other = (unseen, training) if shipped.against == "test" else (training, unseen)
    # The learning rate falls to zero along half a cosine, of the minutes or of the steps.
    rate, clock = recipe.learning_rate, []
    if minutes:
        clock, epochs = [ByTheClock(minutes, rate)], sys.maxsize
    else:
        steps = epochs * shipped.passes * (len(training) // recipe.batch_size)
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    # Where a step waits for kernels to be launched, more of them in one call help.
    at_once = 16 if tf.config.list_physical_devices("GPU") else 4
    gan.compile(*recipe.optimizers(rate), steps_per_execution=at_once)
    cpu.accelerate(gan)
    monitor = evaluation.QualityMonitor(against, shipped.measured, 5, features=shipped.features)
    gan.fit(
        training.batches(recipe.batch_size, seed=seed, labels=gan.conditional, passes=shipped.passes),
        epochs=epochs,
        verbose=2,
        callbacks=[*clock, monitor, gan_tf.Resume(folder)],
    )
    report = evaluation.evaluate(gan, against, shipped.final, other=other, features=shipped.features)
    print(report)
    return {
        "frechet": round(report.frechet, 3),
        "floor": round(report.floor.frechet, 3),
        "samples_measured": report.n,
    }


def train(name: str, epochs: int | None, minutes: float | None, seed: int, output: Path, wider: bool = False) -> None:
    shipped = GPU[name] if wider else SHIPPED[name]
    recipe = shipped.recipe
    if not (epochs or minutes):
        epochs, minutes = shipped.epochs, shipped.minutes
    if minutes and shipped.reading:
        raise SystemExit(f"{name}: its first part, by maximum likelihood, has no clock; give --epochs, not --minutes")
    length = f"--minutes {minutes:g}" if minutes else f"--epochs {epochs}"
    cpu.accelerate()  # The threads of this process.
    run = gan_tf.setup(seed=seed)
    training, unseen = load(shipped, "train"), load(shipped, "test")
    shape = getattr(training, "sample_shape", training.x.shape[1:])
    gan = recipe.build(shape, seed)
    variant = " --recipe gpu" if wider else ""
    folder = paths.runs() / f"pretrained_{name}_{(length + variant).strip('-').replace(' ', '_')}_{seed}"
    start = time.perf_counter()
    if shipped.reading:
        resume = gan_tf.Resume(folder)
        found = train_dialogue.train(gan, recipe, shipped.reading, training, epochs, seed, resume)
    else:
        found = play(gan, shipped, training, unseen, epochs, minutes, seed, folder)
    card = {
        "data": f"{shipped.data}, {training.source}",
        "command": f"python tools/train_pretrained.py {name} {length}{variant} --seed {seed}",
        **({"minutes": minutes} if minutes else {"epochs": epochs}),
        "steps": int(gan.generator_optimizer.iterations),
        "seconds_of_last_run": round(time.perf_counter() - start),
        "machine": f"{run.device}, {run.cores} cores, {run.precision}",
        **found,
    }
    options = {"shape": shape, **recipe.generator_options}
    pretrained.save(output, gan.averaged, recipe.generator.__name__, options, card)
    shutil.rmtree(folder)
    print(f"wrote {output.name}: {output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(SHIPPED))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=int)
    length.add_argument("--minutes", type=float)
    parser.add_argument("--recipe", choices=("shipped", "gpu"), default="shipped")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    wider = asked.recipe == "gpu"
    if wider and asked.name not in GPU:
        parser.error(f"--recipe: got 'gpu' for {asked.name}, expected one of {', '.join(GPU)}")
    own = paths.outputs() / f"{asked.name}_gpu.safetensors" if wider else pretrained.shipped_file(asked.name)
    train(asked.name, asked.epochs, asked.minutes, asked.seed, asked.output or own, wider)
