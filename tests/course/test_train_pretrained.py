"""Training by the clock, for weights that are shipped."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

import gan_tf
import train_pretrained
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
