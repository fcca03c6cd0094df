"""Two halves say what the whole says, and only nets that look at one sample at a time are given halves."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from tests import tiny

import gan_tf
from gan_tf import _threads, side_by_side

X = np.random.default_rng(2).standard_normal((6, 4, 4, 1)).astype(np.float32)


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setenv(_threads.SPLIT, "1")
    monkeypatch.setattr(_threads, "cores", lambda: 2)


def judge(*more, classes=None, outputs=1):
    """A net of a convolution and more, with the label as a second input if it has classes."""
    image = keras.Input((4, 4, 1))
    x = layers.LeakyReLU()(layers.Conv2D(3, 3)(image))
    for layer in more:
        x = layer(x)
    x = layers.Flatten()(x)
    inputs = image
    if classes:
        label = keras.Input((), dtype="int32")
        x, inputs = layers.Concatenate()([x, layers.Embedding(classes, 2)(label)]), [image, label]
    said = [layers.Dense(width)(x) for width in range(1, outputs + 1)]
    return keras.Model(inputs, said if outputs > 1 else said[0])


def told(net, x=X, halves=True, labels=None):
    """What the net says, and of how many samples at a time."""
    seen, call = [], type(net).__call__

    def counted(self, inputs, **options):
        if self is net:
            seen.append(tf.nest.flatten(inputs)[0].shape[0])
        return call(self, inputs, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(net), "__call__", counted)
        inputs = tf.constant(x) if labels is None else [tf.constant(x), tf.constant(labels)]
        return side_by_side.pass_through(net, inputs, halves), seen


@pytest.mark.parametrize("outputs", (1, 2))
@pytest.mark.parametrize("classes", (None, 3))
def test_halves_say_what_the_whole_says(two_cores, classes, outputs):
    net = judge(classes=classes, outputs=outputs)
    labels = None if classes is None else np.arange(len(X), dtype=np.int32) % classes
    one, two = (told(net, halves=halves, labels=labels) for halves in (False, True))
    assert one[1] == [6] and two[1] == [3, 3]
    for whole, halves in zip(tf.nest.flatten(one[0]), tf.nest.flatten(two[0]), strict=True):
        np.testing.assert_allclose(halves.numpy(), whole.numpy(), rtol=1e-5, atol=1e-6)


def test_an_odd_number_stays_whole(two_cores):
    assert told(judge(), X[:5])[1] == [5]


def test_with_another_number_of_cores_it_stays_whole(two_cores, monkeypatch):
    monkeypatch.setattr(_threads, "cores", lambda: 1)
    assert told(judge())[1] == [6]
    monkeypatch.setattr(_threads, "cores", lambda: 4)
    monkeypatch.setenv(_threads.SPLIT, "0")
    assert told(judge())[1] == [6]


def test_with_a_gpu_it_stays_whole(two_cores, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["a GPU"])
    assert told(judge())[1] == [6]


class Own(layers.Layer):
    def call(self, x):
        return x - ops.mean(x, axis=0)


def centred(x):
    return x - ops.mean(x, axis=0)


@pytest.mark.parametrize(
    "mixing", (layers.BatchNormalization(), Own(), layers.Lambda(centred), layers.Activation(centred), centred)
)
def test_a_net_that_may_compare_samples_stays_whole(two_cores, mixing):
    assert not side_by_side.suits(judge(mixing))
    assert told(judge(mixing))[1] == [6]


def test_joined_along_the_batch_stays_whole():
    inputs = keras.Input((4, 4, 1))
    x = layers.Conv2D(1, 3)(inputs)
    assert side_by_side.suits(keras.Model(inputs, layers.Concatenate()([x, x])))
    assert not side_by_side.suits(keras.Model(inputs, layers.Concatenate(axis=0)([x, x])))


def test_which_other_nets_suit():
    assert side_by_side.suits(keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 3), layers.Dropout(0.1)]))
    assert not side_by_side.suits(tiny.discriminator())  # Dense layers only.
    assert not side_by_side.suits(keras.Sequential([judge(), layers.Dense(1)]))  # A net within is not looked into.

    class Written(keras.Model):
        pass

    assert not side_by_side.suits(Written())


@pytest.mark.parametrize("classes", (None, 3))
def test_a_step_in_halves_is_the_same_step(two_cores, monkeypatch, classes):
    def taken(cores):
        monkeypatch.setattr(_threads, "cores", lambda: cores)
        keras.utils.set_random_seed(0)
        gan = gan_tf.GAN(tiny.generator(classes=classes), judge(classes=classes), classes=classes, penalty="r1")
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        batch = (X, np.arange(6) % 3) if classes else X
        gan.fit(tf.data.Dataset.from_tensors(batch).repeat(3), verbose=0)
        return tiny.weights(gan.generator) + tiny.weights(gan.discriminator)

    for halves, whole in zip(taken(2), taken(1), strict=True):
        np.testing.assert_allclose(halves, whole, rtol=1e-4, atol=1e-6)
