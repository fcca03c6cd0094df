"""Training by the clock, for weights that are shipped."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

import gan_tf
import recipes
import train_pretrained
from gan_course import pretrained
from gan_tf import models


def clocked(folder, minutes, monkeypatch, **fit):
    """Rates of the steps of a training whose clock is one second further at each look, and the trained GAN."""
    now = iter(range(10_000))
    monkeypatch.setattr(train_pretrained.time, "perf_counter", lambda: float(next(now)))
    rates = []
    keras.utils.set_random_seed(0)
    gan = gan_tf.GAN(models.dense_generator((4, 4, 1), 3, (8,)), models.dense_discriminator((4, 4, 1), (8,)), seed=0)
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rates.append(float(gan.generator_optimizer.learning_rate))
    )
    clock = train_pretrained.ByTheClock(minutes, 1e-3)
    x = np.random.default_rng(0).uniform(-1, 1, (20, 4, 4, 1)).astype("float32")
    gan.fit(x, batch_size=4, verbose=0, callbacks=[clock, watch, gan_tf.Resume(folder)], **fit)
    return rates, gan


def test_the_rate_falls_to_zero_and_training_ends_when_the_minutes_are_spent(tmp_path, monkeypatch):
    rates, gan = clocked(tmp_path, 0.2, monkeypatch, epochs=100)  # 12 seconds; each look and each epoch's end cost one
    assert rates[0] == pytest.approx(1e-3 * 0.5 * (1 + np.cos(np.pi / 12))) and rates[-1] == 0
    assert all(later < earlier for earlier, later in itertools.pairwise(rates))
    assert 10 <= len(rates) <= 12 and gan.generator_optimizer.iterations == len(rates)


def test_a_training_that_goes_on_counts_what_was_spent_before(tmp_path, monkeypatch):
    before, _ = clocked(tmp_path, 0.2, monkeypatch, epochs=1)
    after, _ = clocked(tmp_path, 0.2, monkeypatch, epochs=100)
    assert len(before) == 5 and after[0] < before[-1] and after[-1] == 0 and len(before + after) <= 12


def test_wider_recipes_are_larger_than_the_shipped_ones():
    shapes = {"spoken_digits_mel": (128, 64, 1), "human_actions": (16, 64, 64, 3), "cifar_dcgan": (32, 32, 3)}
    halves = {"spoken_digits_mel": (64, 64, 1), "human_actions": (16, 32, 32, 3)}
    for name, shape in shapes.items():
        wide, shipped = train_pretrained.GPU[name], train_pretrained.SHIPPED[name]
        gans = wide.recipe.build(shape), shipped.recipe.build(halves.get(name, shape))
        weights = [gan.generator.count_params() for gan in gans]
        assert weights[0] > 2.5 * weights[1] and gans[0].conditional and gans[0].generator.output_shape[1:] == shape
        if name in halves:  # Measured by the classifier of the shipped size.
            x = np.random.default_rng(0).uniform(-1, 1, (3, *shape)).astype("float32")
            assert wide.features(x).shape[0] == 3
    cifar = train_pretrained.GPU["cifar_dcgan"].recipe
    assert cifar.batch_size >= 64 and cifar.build((32, 32, 3)).generator.count_params() >= 2_500_000


def test_sounds_of_a_wider_recipe_have_128_bands():
    sounds = train_pretrained.replace(
        train_pretrained.GPU["spoken_digits_mel"], options={"source": "embedded", "n": 20}
    )
    assert train_pretrained.load(sounds, "train").x.shape == (20, 128, 64, 1)


def test_a_wider_training_has_a_file_and_a_folder_of_its_own(tmp_path, monkeypatch):
    folders = []
    monkeypatch.setenv("GAN_TF_RUNS", str(tmp_path))

    def play(gan, *given):
        gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
        given[-1].mkdir()
        folders.append(given[-1])
        return {}

    monkeypatch.setattr(train_pretrained, "play", play)
    small = recipes.MNIST_DENSE.changed(generator_options={"widths": (8,)}, discriminator_options={"widths": (8,)})
    for known in (train_pretrained.GPU, train_pretrained.SHIPPED):
        options = {"recipe": small, "options": {"source": "embedded", "n": 20}}
        monkeypatch.setitem(known, "mnist_dense", train_pretrained.replace(known["mnist_dense"], **options))
    for wider in (True, False):
        train_pretrained.train("mnist_dense", None, 0.1, 0, tmp_path / f"{wider}.safetensors", wider)
    assert folders[0] != folders[1]
    cards = [pretrained.load_file(tmp_path / f"{wider}.safetensors").card for wider in (True, False)]
    assert [" --recipe gpu" in card["command"] for card in cards] == [True, False]
