"""The kernels do what the Keras layers do, and stand for nothing else."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tests.helpers import tiny

import gan_tf
from gan_course import cpu

RANDOM = np.random.default_rng(3)
LAYERS = {
    "batch norm": lambda: layers.BatchNormalization(momentum=0.7, epsilon=1e-2),
    "batch norm, axis by number": lambda: layers.BatchNormalization(axis=3),
    "leaky ReLU": lambda: layers.LeakyReLU(0.3),
    "ReLU": lambda: layers.LeakyReLU(0.0),
    "twice the size": lambda: layers.UpSampling2D(),
    "higher than wide": lambda: layers.UpSampling2D((3, 1)),
}
OTHERS = {
    "vectors": (lambda: layers.BatchNormalization(), (5,)),
    "another axis": (lambda: layers.BatchNormalization(axis=1), (4, 6, 5)),
    "no scale": (lambda: layers.BatchNormalization(scale=False), (4, 6, 5)),
    "renorm": (lambda: layers.BatchNormalization(renorm=True), (4, 6, 5)),
    "of all replicas": (lambda: layers.BatchNormalization(synchronized=True), (4, 6, 5)),
    "in double precision": (lambda: layers.BatchNormalization(dtype="float64"), (4, 6, 5)),
    "smooth": (lambda: layers.UpSampling2D(interpolation="bilinear"), (4, 6, 5)),
    "channels first": (lambda: layers.UpSampling2D(data_format="channels_first"), (4, 6, 5)),
}


def net_of(layer, shape=(4, 6, 5)):
    inputs = keras.Input(shape, dtype=layer.compute_dtype)
    return keras.Model(inputs, layer(inputs))


def trained(make, fused, dtype="float32", graph=True):
    """Outputs, both gradients and a second one, and the weights after two passes."""
    keras.config.set_dtype_policy("mixed_bfloat16" if dtype == "bfloat16" else dtype)
    net = net_of(make())
    random = np.random.default_rng(1)
    for weight in net.trainable_weights:
        weight.assign(random.uniform(0.5, 1.5, weight.shape))
    if fused:
        cpu.fuse_layers(net)
    x = tf.cast(random.standard_normal((3, 4, 6, 5)) * 2 + 0.5, dtype)
    upstream = tf.cast(random.standard_normal(net(x).shape), dtype)

    def passed(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(x)
                y = net(x, training=True)
                loss = tf.reduce_sum(tf.cast(y * upstream, "float32"))
            first = tape.gradient(loss, x)
            size = tf.reduce_sum(tf.cast(first, "float32") ** 2)
        # Of a gradient that does not depend on x there is none, or one of zeros.
        second = outer.gradient(size, x, unconnected_gradients="zero")
        return [y, first, second, *tape.gradient(loss, net.trainable_weights)]

    passed = tf.function(passed) if graph else passed
    passed(x)
    return [tf.cast(value, "float32").numpy() for value in (*passed(x), *net.weights)]


@pytest.mark.parametrize("graph", (True, False), ids=("graph", "eager"))
@pytest.mark.parametrize("dtype", ("float32", "bfloat16"))
@pytest.mark.parametrize("kind", LAYERS)
def test_the_kernels_do_what_keras_does(kind, dtype, graph):
    ours, theirs = (trained(LAYERS[kind], fused, dtype, graph) for fused in (True, False))
    near = 1e-4 if dtype == "float32" else 2e-2
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=near, atol=near * max(1.0, np.abs(other).max()), err_msg=kind)


@pytest.mark.parametrize("kind", LAYERS)
def test_outside_of_training_nothing_changes(kind):
    net = net_of(LAYERS[kind]())
    x = RANDOM.standard_normal((3, 4, 6, 5)).astype(np.float32)
    before = net(x).numpy()
    cpu.fuse_layers(net)
    np.testing.assert_array_equal(net(x).numpy(), before)
    np.testing.assert_array_equal(net(x, training=False).numpy(), before)


def test_a_frozen_batch_norm_keeps_what_it_knows():
    net = net_of(layers.BatchNormalization())
    cpu.fuse_layers(net)
    net.layers[-1].trainable = False
    x = RANDOM.standard_normal((3, 4, 6, 5)).astype(np.float32)
    np.testing.assert_array_equal(net(x, training=True).numpy(), net(x, training=False).numpy())
    np.testing.assert_array_equal(net.layers[-1].moving_mean.numpy(), np.zeros(5))


@pytest.mark.parametrize("kind", OTHERS)
def test_other_layers_are_left_to_keras(kind):
    make, shape = OTHERS[kind]
    layer = make()
    net_of(layer, shape)
    assert cpu.fused_call(layer) is None


class Own(layers.LeakyReLU):
    """It doubles what it is given."""

    def call(self, inputs):
        return 2 * inputs


def test_a_subclass_is_left_alone():
    net = net_of(Own())
    cpu.fuse_layers(net)
    x = RANDOM.standard_normal((3, 4, 6, 5)).astype(np.float32)
    np.testing.assert_array_equal(net(x, training=True).numpy(), 2 * x)


def gan_of(seed=0, width=6):
    """Convolutions with everything that has a kernel, an augmentation and an average."""
    keras.utils.set_random_seed(seed)
    z, x = keras.Input((3,)), keras.Input((8, 8, 1))
    y = layers.Reshape((4, 4, width))(layers.Dense(16 * width)(z))
    y = layers.LeakyReLU(0.2)(layers.BatchNormalization()(y))
    y = layers.Conv2D(1, 3, padding="same", activation="tanh", dtype="float32")(layers.UpSampling2D()(y))
    d = layers.LeakyReLU(0.2)(layers.Conv2D(width, 4, 2, padding="same")(x))
    nets = keras.Model(z, y), keras.Model(x, layers.Dense(1)(layers.Flatten()(d)))
    gan = gan_tf.GAN(*nets, penalty="r1", penalty_every=2, augment=gan_tf.augment.compose("translation"), ema=0.9)
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    return gan


def test_with_a_gpu_nothing_is_replaced(monkeypatch):
    gan = gan_of()
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["a GPU"])
    cpu.accelerate(gan)
    assert not any("call" in vars(layer) for net in gan.nets.values() for layer in net.layers)


def test_a_gan_before_compile_is_refused():
    with pytest.raises(ValueError, match="gan: got 'gan' before compile, expected a compiled model"):
        cpu.accelerate(gan_tf.GAN(*gan_of().nets.values()))


def test_accelerated_or_not_the_results_are_the_same_up_to_rounding():
    plain, fast = gan_of(), gan_of()
    cpu.accelerate(fast)
    assert any("call" in vars(layer) for layer in fast.generator.layers)
    assert not any("call" in vars(layer) for layer in plain.generator.layers)
    x = RANDOM.uniform(-1, 1, (64, 8, 8, 1)).astype(np.float32)
    histories = [gan.fit(x, batch_size=16, shuffle=False, verbose=0).history for gan in (plain, fast)]
    for name, values in histories[0].items():
        np.testing.assert_allclose(values, histories[1][name], rtol=1e-3, err_msg=name)
    np.testing.assert_allclose(plain.sample(8), fast.sample(8), atol=2e-3)


def test_files_of_accelerated_nets_are_plain_keras(tmp_path):
    gan = tiny.gan()
    cpu.accelerate(gan)
    for net in (gan.generator, gan.discriminator):
        assert any("call" in vars(layer) for layer in net.layers if isinstance(layer, layers.LeakyReLU))
    gan.generator.save(tmp_path / "generator.keras")
    again = keras.models.load_model(tmp_path / "generator.keras")
    assert not any("call" in vars(layer) for layer in again.layers)
    z = gan.latents(4)
    np.testing.assert_allclose(again.predict(z, verbose=0), gan.generator.predict(z, verbose=0), rtol=1e-6, atol=1e-7)
