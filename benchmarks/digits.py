"""Who draws digits first? python benchmarks/digits.py

The networks and settings of two public tutorials, against those of lesson 01, on MNIST, for seconds of training. Theirs
run in a process of their own, as TensorFlow has it; each has its turn, and waits while another trains or is measured.
Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import numpy as np
from keras import layers

import gan_tf
import recipes
from gan_course import data, evaluation
from steps import AS_TENSORFLOW_HAS_IT, Tutorial
from training import Training, Trial

SHAPE = (28, 28, 1)


def tutorial_generator(shape: tuple[int, ...], latent_dim: int = 100) -> keras.Model:
    """That of TensorFlow's DCGAN tutorial."""
    x = inputs = keras.Input((latent_dim,))
    x = layers.BatchNormalization()(layers.Dense(7 * 7 * 256, use_bias=False)(x))
    x = layers.Reshape((7, 7, 256))(layers.LeakyReLU(0.3)(x))
    for channels, stride in ((128, 1), (64, 2)):
        x = layers.Conv2DTranspose(channels, 5, stride, padding="same", use_bias=False)(x)
        x = layers.LeakyReLU(0.3)(layers.BatchNormalization()(x))
    x = layers.Conv2DTranspose(shape[-1], 5, 2, padding="same", use_bias=False, activation="tanh")(x)
    return keras.Model(inputs, x)


def tutorial_discriminator(shape: tuple[int, ...]) -> keras.Model:
    """That of TensorFlow's DCGAN tutorial."""
    x = inputs = keras.Input(shape)
    for channels in (64, 128):
        x = layers.LeakyReLU(0.3)(layers.Conv2D(channels, 5, 2, padding="same")(x))
        x = layers.Dropout(0.3)(x)
    return keras.Model(inputs, layers.Dense(1)(layers.Flatten()(x)))


def keras_gan_generator(shape: tuple[int, ...], latent_dim: int = 100) -> keras.Model:
    """That of Keras-GAN's ``gan.py``."""
    x = inputs = keras.Input((latent_dim,))
    for units in (256, 512, 1024):
        x = layers.BatchNormalization(momentum=0.8)(layers.LeakyReLU(0.2)(layers.Dense(units)(x)))
    x = layers.Dense(int(np.prod(shape)), activation="tanh")(x)
    return keras.Model(inputs, layers.Reshape(shape)(x))


def keras_gan_discriminator(shape: tuple[int, ...]) -> keras.Model:
    """That of Keras-GAN's ``gan.py``, without the sigmoid, which is in the loss here."""
    x = inputs = keras.Input(shape)
    x = layers.Flatten()(x)
    for units in (512, 256):
        x = layers.LeakyReLU(0.2)(layers.Dense(units)(x))
    return keras.Model(inputs, layers.Dense(1)(x))


# The settings that the tutorials print.
PUBLIC = {
    "TensorFlow's DCGAN tutorial": recipes.Recipe(
        {}, {}, {}, tutorial_generator, tutorial_discriminator, 256, 1e-4, beta_1=0.9, beta_2=0.999
    ),
    "Keras-GAN, dense": recipes.Recipe(
        {}, {}, {}, keras_gan_generator, keras_gan_discriminator, 32, 2e-4, beta_1=0.5, beta_2=0.999
    ),
}
OURS = {"lesson 01, dense": recipes.MNIST_DENSE, "lesson 01, convolutions": recipes.MNIST_DCGAN}


def child(name: str, seconds: float, samples: int, path: str) -> None:
    """Train that public net for so long at each call, then leave samples for the parent."""
    recipe, digits = PUBLIC[name], data.load("mnist", source="real")
    keras.utils.set_random_seed(0)
    step = Tutorial(recipe, SHAPE, digits.batches(recipe.batch_size, seed=0, labels=True))
    step()  # The trace is made here, outside the clock.
    steps = 0

    def turn() -> None:
        nonlocal steps
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            step()
            steps += 1
        np.savez(path, x=gan_tf.Sampler(step.generator).sample(samples, seed=1), steps=steps)

    timing.serve(turn, 1)


def race(seconds: float, turns: int, part: float, samples: int) -> None:
    """Theirs for so many seconds, ours for a part of them, each in as many turns, measured after each."""
    gan_tf.setup(seed=0)
    real, unseen = data.load("mnist", source="real"), data.load("mnist", "test", source="real")
    curves: dict[str, list[dict[str, float]]] = {name: [] for name in (*PUBLIC, *OURS)}
    ours = {name: Training(Trial.of(recipe), real, part * seconds, seed=0) for name, recipe in OURS.items()}
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder) / f"{i}.npz") for i, name in enumerate(PUBLIC)}
        theirs = {
            name: timing.InChild(
                __file__, "--child", name, "--samples", str(samples), "--seconds", str(seconds / turns),
                "--path", file, **AS_TENSORFLOW_HAS_IT,
            )
            for name, file in files.items()
        }  # fmt: skip
        for turn in range(1, turns + 1):
            for name, step in theirs.items():
                step()
                with np.load(files[name]) as made:
                    x, steps = made["x"], int(made["steps"])
                frechet = evaluation.evaluate(x, unseen, samples, other=real).frechet
                curves[name].append({"seconds": turn * seconds / turns, "steps": steps, "frechet": round(frechet, 1)})
                print(name, curves[name][-1], flush=True)
            for name, training in ours.items():
                training.advance(turn * part * seconds / turns)
                found = training.measure(unseen, real, samples)
                curves[name].append({key: found[key] for key in ("seconds", "steps", "frechet")})
                print(name, curves[name][-1], flush=True)
        for step in theirs.values():
            step.close()
    timing.write("digits_race", {"samples": samples, "curves": curves})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--child", choices=list(PUBLIC))
    parser.add_argument("--path")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--part", type=float, default=0.25)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--samples", type=int, default=5_000)
    asked = parser.parse_args()
    if asked.child:
        sys.exit(child(asked.child, asked.seconds, asked.samples, asked.path))
    race(asked.seconds, asked.turns, asked.part, asked.samples)
