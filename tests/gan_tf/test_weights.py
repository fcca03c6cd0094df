"""Weights by name: the same names wherever the same net is built, and no weight goes into another layer."""

import keras
import numpy as np
import pytest
from keras import layers

from gan_course import note_networks, pretrained
from gan_tf import models
from gan_tf.files import ArraysError
from gan_tf.weights import assign, described, named_weights


class Pair(layers.Layer):
    """A layer with layers inside, which Keras numbers as well."""

    def __init__(self):
        super().__init__()
        self.one, self.other = layers.Dense(2), layers.Dense(2)

    def call(self, x):
        return self.other(self.one(x))


class Shifted(keras.Model):
    """A net with a weight of its own."""

    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(2)
        self.shift = self.add_weight(shape=(2,), name="shift")

    def call(self, x):
        return self.inner(x) + self.shift


def nested():
    inputs = keras.Input((3,))
    x = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.Dropout(0.5), layers.Dense(3)])(inputs)
    x = layers.BatchNormalization()(layers.Dense(3, name="chosen_7")(layers.Dense(3)(x)))
    x = layers.Bidirectional(layers.LSTM(2))(layers.Reshape((1, 3))(x))
    x = layers.SpectralNormalization(layers.Dense(2))(x)
    return keras.Model(inputs, Shifted()(Pair()(x)))


def test_names_say_which_layer_and_are_the_same_for_the_next_net():
    one, other = nested(), nested()
    assert {w.path for w in one.weights} != {w.path for w in other.weights}  # Keras counts on.
    names = list(named_weights(one))
    assert names == list(named_weights(other)) and described(one) == described(other)
    assert names == [
        *("sequential/dense/kernel", "sequential/dense/bias", "sequential/dense_1/kernel", "sequential/dense_1/bias"),
        *("dense/kernel", "dense/bias", "chosen_7/kernel", "chosen_7/bias"),
        *(f"batch_normalization/{name}" for name in ("gamma", "beta", "moving_mean", "moving_variance")),
        *(f"bidirectional/forward_lstm/lstm_cell/{name}" for name in ("kernel", "recurrent_kernel", "bias")),
        *(f"bidirectional/backward_lstm/lstm_cell/{name}" for name in ("kernel", "recurrent_kernel", "bias")),
        *(f"spectral_normalization/{name}" for name in ("dense/kernel", "vector_u", "dense/bias")),
        *("pair/dense/kernel", "pair/dense/bias", "pair/dense/kernel_1", "pair/dense/bias_1"),
        *("shifted/dense/kernel", "shifted/dense/bias", "shifted/shift"),
    ]
    assert described(one)[:3] == ["sequential (Sequential)", "sequential/dense (Dense)", "sequential/dropout (Dropout)"]


def test_every_weight_has_one_name():
    net = nested()
    for seeds, variables in ((False, net.weights), (True, net.variables)):
        assert sorted(map(id, named_weights(net, seeds).values())) == sorted(map(id, variables))


@pytest.mark.parametrize("make", [*pretrained.GENERATOR_NETWORKS.values(), *pretrained.TRANSLATOR_NETWORKS.values()])
def test_a_copy_has_the_names_of_the_net(make):
    """What is shipped is the average, a copy; what it is loaded into is built anew."""
    options = {models.dense_generator: {}, note_networks.note_generator: {"classes": 49}}.get(make, {"classes": 3})
    net = make(**options)
    copy = keras.models.clone_model(net)
    for other in (copy, make(**options)):
        assert described(other) == described(net)
        assert {k: w.shape for k, w in named_weights(other).items()} == {
            k: w.shape for k, w in named_weights(net).items()
        }
    arrays = {k: np.asarray(w) for k, w in named_weights(net).items()}
    assign(named_weights(copy), arrays, described(copy), described(net))
    assert all((one == other).all() for one, other in zip(copy.get_weights(), net.get_weights(), strict=True))


def built(*kinds):
    return keras.Sequential([keras.Input((4,)), *(kind() for kind in kinds)])


def dense(name):
    return lambda: layers.Dense(4, name=name)


@pytest.mark.parametrize(
    ("saved", "here", "message"),
    [
        (
            [layers.LayerNormalization, dense("dense")],
            [dense("dense"), layers.LayerNormalization],
            r"layer 0: got layer_normalization \(LayerNormalization\), expected dense \(Dense\)",
        ),
        ([dense("a"), dense("b")], [dense("b"), dense("a")], r"layer 0: got a \(Dense\), expected b \(Dense\)"),
        ([dense("a"), layers.ReLU], [dense("a"), layers.ELU], r"layer 1: got re_lu \(ReLU\), expected elu \(ELU\)"),
        ([dense("a"), layers.ReLU], [dense("a")], r"layer 1: got re_lu \(ReLU\), expected no layer"),
        ([dense("a")], [dense("a"), layers.ReLU], r"layer 1: got no layer, expected re_lu"),
    ],
)
def test_other_layers_are_refused_though_all_shapes_fit(saved, here, message):
    saved, here = built(*saved), built(*here)
    before, arrays = here.get_weights(), {name: np.asarray(w) + 1 for name, w in named_weights(saved).items()}
    with pytest.raises(ArraysError, match=message):
        assign(named_weights(here), arrays, described(here), described(saved))
    assert all((one == other).all() for one, other in zip(before, here.get_weights(), strict=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a/bias": None}, r"arrays: 1 missing \(a/bias\), 0 unknown \(\)"),
        ({"b/bias": np.zeros(4)}, r"arrays: 0 missing \(\), 1 unknown \(b/bias\)"),
        ({"a/bias": np.zeros(3)}, r"a/bias: got shape \(3,\), expected \(4,\)"),
    ],
)
def test_other_arrays_are_refused_and_nothing_changes(change, message):
    net = built(dense("a"))
    before, arrays = net.get_weights(), {name: np.asarray(w) + 1 for name, w in named_weights(net).items()}
    arrays = {name: array for name, array in {**arrays, **change}.items() if array is not None}
    with pytest.raises(ArraysError, match=message):
        assign(named_weights(net), arrays)
    assert all((one == other).all() for one, other in zip(before, net.get_weights(), strict=True))


def test_half_precision_goes_into_single():
    net = built(dense("a"))
    weights = named_weights(net)
    assign(weights, {k: np.full(w.shape, 0.5, np.float16) for k, w in weights.items()})
    assert all(w.dtype == np.float32 and (w == 0.5).all() for w in net.get_weights())
