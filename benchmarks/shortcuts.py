"""What a faster step costs in quality: python benchmarks/shortcuts.py

Lesson 01's convolutions for the same number of steps, over three seeds: as the package trains them, and with one of its
shortcuts taken back at a time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import tensorflow as tf
from keras import ops

import gan_tf
import recipes
from gan_course import cpu, data, evaluation
from gan_tf import steps
from training import Trial

RECIPE = Trial.of(recipes.MNIST_DCGAN)


class FreshFakes(gan_tf.GAN):
    """A GAN whose generator learns from fake samples of its own, made after the discriminator's update."""

    def step(self, data: list, players: Sequence[Any], seed: keras.random.SeedGenerator) -> dict[str, tf.Tensor]:
        generator, discriminator, averaged, generator_optimizer, discriminator_optimizer = players
        (real,) = data

        def fakes() -> tf.Tensor:
            latents = keras.random.normal((tf.shape(real)[0], self.latent_dim), seed=seed)
            return generator(latents, training=True)

        def discriminate(samples: tf.Tensor) -> tf.Tensor:
            return ops.cast(discriminator(samples, training=True), "float32")

        with tf.GradientTape() as tape:
            fake = fakes()
            real_logits, fake_logits = discriminate(real), discriminate(fake)
            loss = total = self.loss_pair.discriminator(real_logits, fake_logits)
            weight = self.penalty_weight * self.penalty_every
            due = discriminator_optimizer.iterations % self.penalty_every == 0
            total += tf.cond(due, lambda: weight * self.penalty(discriminate, real, fake, seed), lambda: 0.0)
        discriminator_optimizer.apply(tape.gradient(total, discriminator.trainable_variables))
        with tf.GradientTape() as tape:
            generator_loss = self.loss_pair.generator(real_logits, discriminate(fakes()))
        generator_optimizer.apply(tape.gradient(generator_loss, generator.trainable_variables))
        steps.update_average(averaged, generator, self.ema, generator_optimizer.iterations)
        return steps.logs_of(generator_loss, loss, *self.loss_pair.scores(real_logits, fake_logits))


def last_in_float32(net: keras.Model) -> keras.Model:
    """The same net, whose last layer with weights computes in float32."""
    last = next(layer for layer in reversed(net.layers) if layer.weights)

    def made(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        return type(layer).from_config({**config, "dtype": "float32"} if layer is last else config)

    cloned = keras.models.clone_model(net, clone_function=made)
    cloned.set_weights(net.get_weights())
    return cloned


def gan_of(trial: Trial, seed: int, kind: type[gan_tf.GAN] = gan_tf.GAN, change: Callable = lambda net: net):
    """The GAN of a trial as another class, or with another generator."""
    built = trial.build((28, 28, 1), seed)
    return kind(change(built.generator), built.discriminator, seed=seed, **trial.gan)


WAYS: dict[str, Callable[[int], gan_tf.GAN]] = {
    "as the package trains them": lambda seed: gan_of(RECIPE, seed),
    "the generator's last layer in float32": lambda seed: gan_of(RECIPE, seed, change=last_in_float32),
    "fresh fake samples for the generator": lambda seed: gan_of(RECIPE, seed, FreshFakes),
    "all layers in float32": lambda seed: gan_of(RECIPE.changed(precision="float32"), seed),
}


def main(epochs: int, seeds: int, samples: int) -> None:
    """Train each way with each seed for so many epochs; write distances and seconds."""
    real, unseen = data.load("mnist"), data.load("mnist", "test")
    found: dict[str, dict[str, list[float]]] = {way: {"frechet": [], "seconds": []} for way in WAYS}
    in_all = epochs * (len(real) // RECIPE.batch_size)
    for seed in range(seeds):
        for way, make in WAYS.items():
            keras.utils.set_random_seed(seed)
            gan = make(seed)
            gan.compile(
                *RECIPE.optimizers(keras.optimizers.schedules.CosineDecay(RECIPE.learning_rate, in_all)),
                steps_per_execution=4,
            )
            cpu.accelerate(gan)
            began = time.perf_counter()
            gan.fit(real.batches(RECIPE.batch_size, seed=seed), epochs=epochs, verbose=0)
            seconds = time.perf_counter() - began
            distance = evaluation.evaluate(gan, unseen, samples).frechet
            found[way]["seconds"].append(seconds)
            found[way]["frechet"].append(distance)
            print(f"seed {seed}, {way}: {distance:.2f} in {seconds:.0f} s", flush=True)
            keras.backend.clear_session()
    timing.write("shortcuts", {"epochs": epochs, "steps": in_all, "samples": samples, "ways": found})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=5_000)
    asked = parser.parse_args()
    gan_tf.setup(seed=0)
    main(asked.epochs, asked.seeds, asked.samples)
