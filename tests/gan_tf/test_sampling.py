"""Sampler and walks between latents."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import gan_tf
from gan_tf import models
from gan_tf.sampling import Sampler


def conditional_generator() -> keras.Model:
    latents, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    x = keras.layers.Concatenate()([latents, keras.layers.Embedding(4, 3)(labels)])
    return keras.Model([latents, labels], keras.layers.Dense(2, activation="tanh", dtype="float32")(x))


def test_chunks_do_not_change_the_samples():
    sampler = Sampler(models.dense_generator((4, 4, 1), latent_dim=3, widths=(8,)))
    latents = sampler.latents(11, seed=5)
    whole = sampler.decode(latents)
    assert whole.shape == (11, 4, 4, 1) and whole.dtype == np.float32
    np.testing.assert_allclose(sampler.decode(latents, batch_size=4), whole, atol=1e-5)
    np.testing.assert_array_equal(sampler.sample(11, seed=5), whole)
    assert not np.array_equal(sampler.sample(11, seed=6), whole)


def test_latents_are_standard_normal_and_fixed():
    sampler = Sampler(models.dense_generator((4, 4, 1), latent_dim=50, widths=(8,)))
    latents = sampler.latents(2_000, seed=0)
    assert abs(latents.mean()) < 0.02 and abs(latents.std() - 1) < 0.02
    np.testing.assert_array_equal(latents, sampler.latents(2_000, seed=0))


def test_labels_reach_the_generator_and_default_to_all_classes():
    sampler = Sampler(conditional_generator(), classes=4)
    same = np.repeat(sampler.latents(1), 4, axis=0)
    assert len(np.unique(sampler.decode(same, labels=np.arange(4)).round(6), axis=0)) == 4
    np.testing.assert_array_equal(sampler.sample(8), sampler.sample(8, labels=np.arange(8) % 4))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], "expected integers of shape"),
        ([0.0, 1.0, 2.0], "float64"),
        ([0, 1, 4], "0 to 4, expected 0 to 3"),
        ([-1, 0, 1], "-1 to 1"),
    ],
)
def test_wrong_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        Sampler(conditional_generator(), classes=4).sample(3, labels=labels)


def test_missing_and_unwanted_labels_are_refused():
    with pytest.raises(ValueError, match="labels: got NoneType, expected 3 integers; with classes= of GAN or Sampler"):
        Sampler(conditional_generator()).sample(3)
    with pytest.raises(ValueError, match="takes no labels"):
        Sampler(models.dense_generator((4, 4, 1), 3, (8,))).sample(3, labels=[0, 1, 2])


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "3"])
def test_a_wrong_count_is_refused(n):
    with pytest.raises(ValueError, match="n: got"):
        Sampler(models.dense_generator((4, 4, 1), 3, (8,))).sample(n)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (0, 3)])
def test_wrong_latents_are_refused(shape):
    with pytest.raises(ValueError, match=r"latents: got shape"):
        Sampler(models.dense_generator((4, 4, 1), 3, (8,))).decode(np.zeros(shape))


def test_a_walk_passes_all_corners_and_keeps_the_length():
    corners = np.random.default_rng(0).normal(size=(4, 50))
    corners /= np.linalg.norm(corners, axis=1, keepdims=True) / 7
    closed, opened = gan_tf.walk(corners, 5), gan_tf.walk(corners, 5, closed=False)
    assert closed.shape == (20, 50) and opened.shape == (16, 50) and closed.dtype == np.float32
    np.testing.assert_allclose(closed[::5], corners, atol=1e-6)
    np.testing.assert_allclose(opened[::5], corners, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(closed, axis=1), 7, atol=1e-5)
    steps = np.linalg.norm(np.diff(opened[:6], axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-5)  # even steps
    np.testing.assert_allclose(gan_tf.walk(corners[[0, 0]], 2), corners[[0, 0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize(("corners", "steps"), [(np.zeros((2, 3)), 4), (np.ones((1, 3)), 4), (np.ones((2, 3)), 0)])
def test_a_walk_that_cannot_be(corners, steps):
    with pytest.raises(ValueError, match=r"corners|steps"):
        gan_tf.walk(corners, steps)


@pytest.mark.parametrize(
    ("shape", "at_once"),
    [((28, 28, 1), 500), ((32, 32, 3), 500), ((100, 100, 3), 51), ((16, 64, 64, 3), 7), ((32, 512, 512, 3), 1)],
)
def test_large_samples_pass_in_smaller_batches(shape, at_once):
    net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), Filled(shape)])
    sampler, seen = Sampler(net), []
    Filled.seen = seen
    sampler.decode(np.zeros((at_once + 1, 2), np.float32))
    assert seen == [at_once, 1]


class Filled(keras.layers.Layer):
    """Its input as the only value of a sample of some shape; notes the sizes of the batches."""

    seen: list[int]

    def __init__(self, shape, **options):
        super().__init__(**options)
        self.wanted = shape

    def call(self, x):
        if x.shape[0]:
            self.seen.append(x.shape[0])
        return keras.ops.broadcast_to(keras.ops.reshape(x, (-1,) + (1,) * len(self.wanted)), (x.shape[0], *self.wanted))

    def compute_output_shape(self, shape):
        return (shape[0], *self.wanted)
