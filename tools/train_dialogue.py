"""How the shipped generator of dialogue is trained: likelihood first, then the game. Called by train_pretrained.py."""

from __future__ import annotations

import dataclasses

import recipes  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import numpy as np

import gan_tf
from gan_course import cpu, data, dialogue, evaluation
from gan_course.dialogue import grammar


@dataclasses.dataclass(frozen=True)
class Reading:
    """The part by likelihood, and what the game that follows needs."""

    epochs: int = 20
    learning_rate: float = 5e-3
    generator_share: float = 0.025  # of the game's learning rate: the generator already writes well
    head_start: float = 0.2  # of the game's steps, over which the generator's rate rises from zero


def read(generator: keras.Model, book: data.Dialogue, reading: Reading, batch_size: int, seed: int) -> None:
    """Train a text generator by maximum likelihood, the learning rate falling to zero."""
    reader = dialogue.text_likelihood(generator)
    steps = reading.epochs * (len(book) // batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(reading.learning_rate, steps)
    adam = keras.optimizers.Adam(schedule, beta_2=0.99, global_clipnorm=1.0)
    reader.compile(adam, keras.losses.CategoricalCrossentropy(from_logits=True), steps_per_execution=4)
    pairs = book.batches(batch_size, seed=seed, labels=True).map(lambda x, labels: ((x, labels), x))
    reader.fit(pairs, epochs=reading.epochs, shuffle=False, verbose=2)


def judged(sampler, book: data.Dialogue, n: int = 2_000, seed: int = 1) -> dict[str, float]:
    """The shares of lines that are right, of replies that answer in their mood, and of right lines that are new."""
    labels = np.arange(n) % len(book.class_names)
    pairs = book.pairs(sampler.sample(n, seed=seed, labels=labels))
    moods = [book.class_names[k] for k in labels]
    good = [grammar.accepts(reply, mood) for (_, reply), mood in zip(pairs, moods, strict=True)]
    right = [line for line, _ in pairs if grammar.accepts(line)]
    right += [reply for (_, reply), ok in zip(pairs, good, strict=True) if ok]
    return {
        "right": round(len(right) / (2 * n), 4),
        "answers": round(sum(grammar.answers(*pair, mood) for pair, mood in zip(pairs, moods, strict=True)) / n, 4),
        "new": round(evaluation.novelty(right, book.lines()), 4) if right else 0.0,
        "self_bleu": round(evaluation.self_bleu([reply or "." for _, reply in pairs[:500]]), 4),
    }


class Judged(keras.callbacks.Callback):
    """Write the shares of :func:`judged` into the logs after every fifth epoch and the last one."""

    def __init__(self, book: data.Dialogue):
        super().__init__()
        self.book, self.last = book, {}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if not self.last or (epoch + 1) % 5 == 0 or epoch + 1 == self.params.get("epochs"):
            self.last = judged(self.model, self.book, 500)
        logs.update(self.last)


def train(
    gan: gan_tf.GAN,
    recipe: recipes.Recipe,
    reading: Reading,
    book: data.Dialogue,
    epochs: int,
    seed: int,
    resume: gan_tf.Resume,
) -> dict[str, float]:
    """Train the GAN in place; what it reaches. Started again, the game goes on where it was."""
    if not resume.saves():
        read(gan.generator, book, reading, recipe.batch_size, seed)
        gan.averaged.set_weights(gan.generator.get_weights())
        print("after reading:", judged(gan, book))
    steps = epochs * (len(book) // recipe.batch_size)
    early = int(reading.head_start * steps)
    rate = reading.generator_share * recipe.learning_rate
    slow = keras.optimizers.schedules.CosineDecay(0.0, steps - early, warmup_target=rate, warmup_steps=early)
    usual = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    gan.compile(recipe.optimizers(slow)[0], recipe.optimizers(usual)[1], steps_per_execution=4)
    cpu.accelerate(gan)
    batches = book.batches(recipe.batch_size, seed=seed, labels=True)
    gan.fit(batches, epochs=epochs, verbose=2, callbacks=[Judged(book), resume])
    return judged(gan, book)
