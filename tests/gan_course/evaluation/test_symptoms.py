"""The symptoms of failures, on samples and nets that have them by construction."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest
from keras import layers

import gan_tf
from gan_course import data, evaluation
from gan_tf import models

RANDOM = np.random.default_rng(0)


def plane_gan(make=None, batch_norm=False):
    latents, points = keras.Input((2,)), keras.Input((2,))
    x = layers.Dense(8, activation="relu")(points)
    x = layers.BatchNormalization()(x) if batch_norm else x
    generator = keras.Model(latents, make(latents) if make else layers.Dense(2)(latents))
    gan = gan_tf.GAN(generator, keras.Model(points, layers.Dense(1)(x)))
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    return gan


def looked_at(gan, dataset, **options):
    callback = evaluation.Symptoms(dataset, **options)
    callback.set_model(gan)
    callback.on_train_begin()
    return callback


def test_the_history_holds_the_symptoms():
    ring = data.load("ring", n=512)
    gan = plane_gan()
    history = gan.fit(
        ring.batches(64, seed=0), epochs=2, verbose=0, callbacks=[evaluation.Symptoms(ring, n=50)]
    ).history
    assert {"diversity", "coverage", "movement", "leakage"} <= history.keys()
    assert history["movement"][0] == 0 < history["movement"][1]
    assert evaluation.diagnose(history).unseen == ("outside", "checkerboard")


def test_a_collapsed_generator_has_no_diversity_and_one_that_stands_still_does_not_move():
    ring = data.load("ring", n=512)
    collapsed = looked_at(plane_gan(lambda z: layers.Rescaling(0.0)(layers.Dense(2)(z))), ring)
    first, second = collapsed.measure(), collapsed.measure()
    assert first["diversity"] == 0 and second["movement"] == 0


def test_the_raw_generator_is_measured_not_the_average():
    ring = data.load("ring", n=512)
    gan = plane_gan()
    callback = looked_at(gan, ring)
    before = callback.measure()
    gan.averaged.set_weights([100 * w for w in gan.averaged.get_weights()])
    assert callback.measure()["diversity"] == before["diversity"]
    gan.generator.set_weights([100 * w for w in gan.generator.get_weights()])
    after = callback.measure()
    assert after["diversity"] > 50 * before["diversity"] and after["movement"] > 1


def test_images_out_of_range_and_out_of_contrast():
    digits = data.load("mnist", n=60, source="embedded")
    generator = models.dense_generator((28, 28, 1), 3, (8,))
    gan = gan_tf.GAN(generator, models.dense_discriminator(widths=(8,)))
    assert looked_at(gan, digits, n=40).measure()["outside"] == 0
    latents = keras.Input((3,))
    wild = keras.Model(latents, layers.Reshape((28, 28, 1))(layers.Dense(784, bias_initializer="ones")(latents)))
    found = looked_at(gan_tf.GAN(wild, models.dense_discriminator(widths=(8,))), digits, n=40).measure()
    assert 0.2 < found["outside"] < 0.9 and found["contrast_gap"] > 1


def test_samples_that_are_no_numbers_are_told_as_such():
    ring = data.load("ring", n=512)
    gan = plane_gan()
    callback = looked_at(gan, ring)
    gan.generator.set_weights([np.full_like(w, np.nan) for w in gan.generator.get_weights()])
    assert np.isnan(callback.measure()["diversity"])


@pytest.mark.parametrize("kind", ["points", "images"])
def test_a_training_that_ends_in_nan_keeps_all_its_series_and_is_named(kind):
    real = data.load("ring", n=512) if kind == "points" else data.load("mnist", n=128, source="embedded")
    gan = (
        plane_gan()
        if kind == "points"
        else gan_tf.GAN(models.dense_generator(widths=(8,)), models.dense_discriminator())
    )
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))

    class Break(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                gan.generator.set_weights([np.full_like(w, np.nan) for w in gan.generator.get_weights()])

    watch = [Break(), evaluation.Symptoms(real, n=50)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # The losses may be NaN, too; a ReLU hides it.
        history = gan.fit(real.batches(64, seed=0), epochs=2, verbose=0, callbacks=watch).history
    assert {len(series) for series in history.values()} == {2} and np.isnan(history["diversity"][1])
    assert evaluation.diagnose(history).name == "not a number"


def test_dropout_is_no_leak():
    points = keras.Input((2,))
    x = layers.Dropout(0.5, seed=1)(layers.Dense(32, activation="relu")(points))
    net = keras.Model(points, layers.Dense(1)(x))
    assert evaluation.leakage(net, RANDOM.normal(size=(40, 2)), RANDOM.normal(3.0, size=(40, 2))) < 1e-5


def test_conditional_pairs_are_looked_at_too():
    digits = data.load("mnist", n=60, source="embedded")
    gan = gan_tf.GAN(
        models.conv_generator((28, 28, 1), 3, (4, 4), classes=10),
        models.conv_discriminator((28, 28, 1), (4, 4), classes=10),
        classes=10,
    )
    assert looked_at(gan, digits, n=40).measure()["leakage"] < 1e-3


def test_checkerboards_are_seen_and_noise_and_photographs_are_none():
    noise = RANDOM.uniform(-1, 1, (200, 32, 32, 3)).astype(np.float32)
    grid = np.zeros((32, 32, 1), np.float32)
    grid[::2, ::2] = 0.5
    assert evaluation.checkerboard(noise) < 0.03
    assert evaluation.checkerboard(0.1 * noise + grid) > 0.3
    assert evaluation.checkerboard(np.zeros((2, 16, 16, 1))) == 0
    quarter = np.zeros((32, 32, 1), np.float32)
    quarter[::4, ::4] = 0.5
    assert evaluation.checkerboard(0.1 * noise + quarter) > 0.3
    with pytest.raises(ValueError, match="from 12 x 12 on"):
        evaluation.checkerboard(noise[:, :8])


def test_leakage_is_zero_without_batch_normalisation_and_leaves_the_net_alone():
    real, fake = RANDOM.normal(size=(40, 2)), RANDOM.normal(3.0, size=(40, 2))
    clean, mixing = (plane_gan(batch_norm=norm).discriminator for norm in (False, True))
    before = mixing.get_weights()
    assert evaluation.leakage(clean, real, fake) < 1e-5
    assert evaluation.leakage(mixing, real, fake) > 0.1
    for old, new in zip(before, mixing.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_mean_distance():
    assert evaluation.mean_distance(np.array([[0.0, 0.0], [3.0, 4.0]])) == 5
    with pytest.raises(ValueError, match="at least 2"):
        evaluation.mean_distance(np.zeros((1, 2)))


@pytest.mark.parametrize("n", [0, 19, 5_001, 2.5])
def test_a_wrong_count_is_refused(n):
    with pytest.raises(ValueError, match="n: got"):
        evaluation.Symptoms(data.load("ring", n=6_000), n=n)


def test_too_few_real_samples_are_refused():
    with pytest.raises(ValueError, match="dataset: got 19 samples, expected at least 20"):
        evaluation.Symptoms(data.load("ring", n=19))


def test_all_samples_of_a_small_data_set_are_used_and_one_line_says_so(capsys):
    callback = looked_at(plane_gan(), data.load("ring", n=100), n=200)
    assert capsys.readouterr().out == "Symptoms: n is 100 instead of 200, as the data set has no more samples\n"
    assert callback.n == 100 and 0 <= callback.measure()["coverage"] <= 1


def test_symptoms_take_an_array():
    ring, gan = data.load("ring", n=100), plane_gan()
    assert looked_at(gan, ring.x, n=50).measure() == looked_at(gan, ring, n=50).measure()


def test_the_monitor_cuts_values_out_of_range_and_warns_once():
    digits = data.load("mnist", n=60, source="embedded")
    latents = keras.Input((3,))
    wild = keras.Model(latents, layers.Reshape((28, 28, 1))(layers.Dense(784, bias_initializer="ones")(latents)))
    monitor = evaluation.QualityMonitor(digits, n=40)
    monitor.set_model(gan_tf.GAN(wild, models.dense_discriminator(widths=(8,))))
    with pytest.warns(UserWarning, match=r"lie outside \[-1, 1\]") as caught:
        assert np.isfinite(monitor.measure()) and np.isfinite(monitor.measure())
    assert len([one for one in caught if "tanh" in str(one.message)]) == 1
