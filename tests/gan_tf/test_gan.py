"""The train step: who moves, by how much, and that it all repeats."""

import hashlib
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.framework import config as determinism
from tests.helpers import tiny

import gan_tf
from gan_course import data
from gan_tf import losses, weights

REAL = tiny.toy()
ROOT = Path(__file__).resolve().parents[2]


def state(gan):
    return weights.state(gan)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def steps(gan, n=1, batch=16):
    """A few steps without a graph: much quicker than to trace one."""
    for i in range(n):
        gan.train_step(tf.constant(REAL.x[i * batch : (i + 1) * batch]))
    return gan


def fit(gan, epochs=1, batch=16, seed=0, labels=False, **options):
    return gan.fit(REAL.batches(batch, seed=seed, labels=labels), epochs=epochs, verbose=0, **options)


@pytest.fixture(scope="module")
def plain():
    """For tests that are refused before anything changes."""
    return tiny.gan()


@pytest.fixture(scope="module")
def labelled():
    return tiny.gan(classes=3)


# Who moves -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", losses.LOSSES)
def test_both_nets_move_over_a_step(loss):
    gan = tiny.gan(loss=loss)
    before = tiny.weights(gan.generator), tiny.weights(gan.discriminator), tiny.weights(gan.averaged)
    steps(gan)
    assert int(gan.generator_optimizer.iterations) == int(gan.discriminator_optimizer.iterations) == 1
    for was, net in zip(before, (gan.generator, gan.discriminator, gan.averaged), strict=True):
        # Only the bias before a batch norm gets no gradient, as the norm takes it away again.
        assert tiny.moved(was, net) >= len(was) - 1


@pytest.mark.parametrize("penalty", [None, "r1", "gradient_penalty"])
@pytest.mark.parametrize("still", ["generator", "discriminator"])
def test_the_update_of_one_net_leaves_the_other_alone(still, penalty):
    rates = (0.0, 1e-2) if still == "generator" else (1e-2, 0.0)
    gan = tiny.gan(rates=rates, penalty=penalty)
    nets = {"generator": gan.generator, "discriminator": gan.discriminator}
    before = {name: tiny.weights(net) for name, net in nets.items()}
    steps(gan, 2)
    for name, net in nets.items():
        assert tiny.moved(before[name], net) == (0 if name == still else len(before[name])), name


def test_neither_optimizer_holds_a_variable_of_the_other_net():
    gan = tiny.gan()
    for net, optimizer in ((gan.generator, gan.generator_optimizer), (gan.discriminator, gan.discriminator_optimizer)):
        # Two moments a weight, the number of steps, the learning rate.
        assert len(optimizer.variables) == 2 * len(net.trainable_variables) + 2


def plain_pair():
    """Nets so small that a step can be worked out on paper: G(z) = a z + c, D(x) = w x + b."""
    z, x = keras.Input((1,)), keras.Input((1,))
    g = keras.Model(z, layers.Dense(1, kernel_initializer="ones")(z))
    d = keras.Model(x, layers.Dense(1, kernel_initializer=keras.initializers.Constant(0.5))(x))
    return g, d


def test_one_step_against_numpy():
    """The discriminator moves first; the generator then sees the moved one, on the same fake samples."""
    g, d = plain_pair()
    gan = gan_tf.GAN(g, d, ema=0.9, penalty="r1", penalty_weight=0.25, seed=3)
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2))
    z = np.array(keras.random.normal((4, 1), seed=keras.random.SeedGenerator(3)), float).ravel()
    real = np.array([0.5, 1.0, 1.5, 2.0])
    logs = gan.train_step(tf.constant(real[:, None], tf.float32))

    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    a, c, w, b, fake = 1.0, 0.0, 0.5, 0.0, z
    slope_real, slope_fake = sigmoid(w * real + b) - 1, sigmoid(w * fake + b)
    assert float(logs["discriminator_loss"]) == pytest.approx(
        np.mean(np.log1p(np.exp(-w * real))) + np.mean(np.log1p(np.exp(w * fake))), rel=1e-5
    )
    w_new = w - 0.2 * (np.mean(slope_real * real) + np.mean(slope_fake * fake) + 0.25 * w)
    b_new = b - 0.2 * (np.mean(slope_real) + np.mean(slope_fake))
    slope = (sigmoid(w_new * fake + b_new) - 1) * w_new
    a_new, c_new = a - 0.1 * np.mean(slope * z), c - 0.1 * np.mean(slope)
    np.testing.assert_allclose([v.item() for v in d.get_weights()], [w_new, b_new], rtol=1e-5)
    np.testing.assert_allclose([v.item() for v in g.get_weights()], [a_new, c_new], rtol=1e-5)
    rate = 1 - min(0.9, 1 / 11)
    np.testing.assert_allclose(
        [v.item() for v in gan.averaged.get_weights()], [a + rate * (a_new - a), rate * c_new], rtol=1e-5
    )


def test_averaged_weights_follow_their_recursion():
    gan = tiny.gan(ema=0.3)
    wanted = [w.numpy().astype(float) for w in gan.generator.weights]
    for step in range(1, 9):  # the decay is warmed up until step 4
        steps(gan)
        decay = min(0.3, step / (10 + step))
        wanted = [decay * old + (1 - decay) * new.numpy() for old, new in zip(wanted, gan.generator.weights)]
    for average, value in zip(gan.averaged.weights, wanted, strict=True):
        np.testing.assert_allclose(average.numpy(), value, rtol=1e-5, atol=1e-6, err_msg=average.path)
    assert tiny.moved(tiny.weights(gan.averaged), gan.generator)


def test_without_ema_the_average_is_the_generator():
    gan = steps(tiny.gan(ema=0.0))
    assert gan.averaged is gan.generator
    assert "averaged" not in gan.parts
    own = gan.generator.predict(gan.latents(4), verbose=0)
    np.testing.assert_allclose(gan.sample(4), own, rtol=1e-6, atol=1e-7)


# Penalty -------------------------------------------------------------------------------------------------------------


class Weight(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(self.model.discriminator.get_weights()[0].item())


@pytest.fixture
def xla_allowed():
    """Keras leaves XLA out while operations are deterministic, as they are on a CPU after gan_tf.setup."""
    was = determinism.is_op_determinism_enabled()
    determinism.disable_op_determinism()
    yield
    if was:
        determinism.enable_op_determinism()


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_lazy_penalty_acts_in_one_step_of_many_times_as_heavy(jit_compile, xla_allowed):
    """With D(x) = w x + b, loss gradients switched off, SGD and R1: a due step takes rate * weight * every * w off.

    Random numbers play no part here: XLA draws others from the same seed.
    """
    g, d = plain_pair()
    silent = losses.Loss(lambda r, f: 0.0 * tf.reduce_mean(r), lambda r, f: 0.0 * tf.reduce_mean(f), "silent")
    gan = gan_tf.GAN(g, d, loss=silent, penalty="r1", penalty_weight=0.5, penalty_every=3)
    gan.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.1), jit_compile=jit_compile)
    weight = Weight()
    gan.fit(np.ones((28, 1), np.float32), batch_size=4, verbose=0, callbacks=[weight])
    assert gan.jit_compile == jit_compile
    factor = 1 - 0.1 * 0.5 * 3
    np.testing.assert_allclose(weight.seen, 0.5 * factor ** np.array([1, 1, 1, 2, 2, 2, 3]), rtol=1e-5)
    assert g.get_weights()[0].item() == 1.0


def test_a_penalty_can_be_a_function():
    calls = []

    def own(discriminate, real, fake, seed=None):
        calls.append((real.shape, fake.shape, seed))
        return tf.reduce_mean(discriminate(real)) * 0.0

    gan = steps(tiny.gan(penalty=own))
    assert calls[0] == ((16, *tiny.SHAPE), (16, *tiny.SHAPE), gan.noise)


def test_the_discriminator_sees_all_samples_through_the_augmentation():
    seen = []

    def augment(samples, seed):
        seen.append((samples, seed))
        return samples + 5.0

    gan = tiny.gan(augment=augment, penalty="r1")
    seen.clear()  # It was tried once at the door.
    steps(gan)
    # Real, fake and penalty in the discriminator's update, fake in the generator's.
    assert len(seen) == 4 and all(seed is gan.noise for _, seed in seen)
    plain = steps(tiny.gan(penalty="r1"))
    assert tiny.moved(tiny.weights(plain.discriminator), gan.discriminator)


# Repeatable ----------------------------------------------------------------------------------------------------------


def trained():
    gan_tf.setup(seed=9, precision="float32")
    gan = tiny.gan(seed=9, loss="wasserstein", penalty="gradient_penalty", penalty_every=2)
    history = fit(gan, epochs=2)
    return gan, history.history


def digest(gan):
    arrays = weights.state(gan)
    return hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(arrays))).hexdigest()


@pytest.fixture(scope="module")
def once():
    gan, history = trained()
    return state(gan), history, gan.sample(5), digest(gan)


def test_training_repeats_bit_for_bit(once):
    gan, history = trained()
    assert_same(once[0], state(gan))
    assert once[1] == history
    np.testing.assert_array_equal(once[2], gan.sample(5))


def test_training_repeats_bit_for_bit_in_another_process(once):
    code = "import gan_tf; from tests.gan_tf import test_gan as t; print(t.digest(t.trained()[0]))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-1] == once[3]


def test_another_seed_trains_otherwise():
    one, other = steps(tiny.gan(seed=5)), steps(tiny.gan(seed=6))
    assert tiny.moved(tiny.weights(one.generator), other.generator) == len(one.generator.trainable_weights)


def test_several_steps_a_call_are_the_same_steps():
    one, four = tiny.gan(), tiny.gan(steps_per_execution=4)
    histories = [fit(gan, epochs=2, batch=10).history for gan in (one, four)]  # six steps an epoch: four and two
    assert int(one.generator_optimizer.iterations) == int(four.generator_optimizer.iterations) == 12
    assert_same(state(one), state(four))
    assert histories[0] == histories[1]


@pytest.mark.parametrize("head", ["float32", None])
def test_mixed_precision(head):
    """Also where the last layer forgot ``dtype="float32"``."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    keras.utils.set_random_seed(0)
    gan = gan_tf.GAN(tiny.generator(), tiny.discriminator(head=head), penalty="gradient_penalty", penalty_every=2)
    gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2))
    before = tiny.weights(gan.generator), tiny.weights(gan.discriminator)
    steps(gan, 3)
    assert tiny.moved(before[0], gan.generator) and tiny.moved(before[1], gan.discriminator)
    assert all(np.isfinite(float(tracker.result())) for tracker in gan.metrics)
    assert all(np.isfinite(weight).all() for net in (gan.generator, gan.discriminator) for weight in tiny.weights(net))
    assert {w.dtype for w in gan.averaged.weights} == {"float32"} and gan.sample(3).dtype == np.float32


# Labels --------------------------------------------------------------------------------------------------------------


def test_a_conditional_gan_trains_and_obeys():
    """Class 0 is dark, class 1 is bright: a generator that listens to its labels is easy to tell."""
    labels = np.arange(64) % 2
    x = np.broadcast_to((labels * 1.2 - 0.6)[:, None, None, None], (64, *tiny.SHAPE)).astype(np.float32)
    gan = tiny.gan(classes=2, width=16, ema=0.9)
    gan.fit(np.tile(x, (60, 1, 1, 1)), y=np.tile(labels, 60), batch_size=32, verbose=0)
    means = [gan.sample(50, labels=[label] * 50).mean() for label in (0, 1)]
    assert means[1] - means[0] > 0.5
    evenly = gan.sample(6)
    np.testing.assert_array_equal(evenly, gan.sample(6, labels=np.array([0, 1, 0, 1, 0, 1])))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "expected .samples, labels., because the generator takes labels"),
        (np.zeros(16, np.float32), r"labels: got float32 of shape \(16,\), expected integers of shape \(None,\)"),
        (np.zeros((16, 3), np.float32), r"labels: got float32 of shape \(16, 3\)"),
        (np.zeros((16, 1), np.int32), r"labels: got int32 of shape \(16, 1\)"),
        (np.arange(16), "got one that is not among the 3 classes, expected 0 to 2"),
        (-np.ones(16, int), "got one that is not among the 3 classes, expected 0 to 2"),
    ],
)
def test_wrong_labels(labelled, y, message):
    x = tf.constant(REAL.x[:16])
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
        labelled.train_step(x if y is None else (x, tf.constant(y)))


def test_wrong_labels_are_named_by_fit_too(labelled):
    with pytest.raises(tf.errors.InvalidArgumentError, match="got one that is not among the 3 classes"):
        labelled.fit(REAL.x, y=np.arange(64), verbose=0)


def naming(n_in, classes):
    """A discriminator that names the class: an auxiliary classifier."""
    inputs = keras.Input((n_in,))
    x = layers.LeakyReLU()(layers.Dense(16)(inputs))
    return keras.Model(inputs, [layers.Dense(1)(x), layers.Dense(classes)(x)])


def test_the_losses_of_an_auxiliary_classifier_against_numpy():
    """Both nets learn to make its cross-entropy small: the discriminator on real and fake, the generator on fake."""
    generator, discriminator = dense(3, 5, 2), naming(5, 4)
    gan = gan_tf.GAN(generator, discriminator, auxiliary_weight=0.7)
    assert gan.sampler.classes == 4
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    labels = np.array([0, 1, 2, 3, 3, 1])
    real = np.random.default_rng(0).standard_normal((6, 5)).astype(np.float32)
    state = gan.noise.state.numpy().copy()
    logs = gan.train_step((tf.constant(real), tf.constant(labels)))
    gan.noise.state.assign(state)
    fake = generator([keras.random.normal((6, 3), seed=gan.noise), tf.constant(labels)])

    def cross_entropy(x):
        named = discriminator(x)[1].numpy().astype(np.float64)
        return np.mean(np.log(np.exp(named).sum(axis=1)) - named[np.arange(6), labels])

    (a_real, a_fake), soft = (discriminator(x)[0].numpy() for x in (real, fake)), lambda a: np.log1p(np.exp(a)).mean()
    wanted = soft(-a_fake) + 0.7 * cross_entropy(fake)
    assert float(logs["generator_loss"]) == pytest.approx(wanted, abs=1e-5)
    wanted = soft(-a_real) + soft(a_fake) + 0.7 * (cross_entropy(real) + cross_entropy(fake))
    assert float(logs["discriminator_loss"]) == pytest.approx(wanted, abs=1e-5)


def test_an_auxiliary_classifier_teaches_the_generator_to_obey():
    """As above, but the discriminator is not told the class: it has to name it."""
    labels = np.arange(64) % 2
    x = np.broadcast_to((labels * 1.2 - 0.6)[:, None], (64, 4)).astype(np.float32)
    keras.utils.set_random_seed(0)
    latents, wanted = keras.Input((3,)), keras.Input((), dtype="int32")
    code = layers.Concatenate()([latents, layers.Embedding(2, 4)(wanted)])
    generator = keras.Model([latents, wanted], layers.Dense(4, activation="tanh")(code))
    gan = gan_tf.GAN(generator, naming(4, 2), penalty="r1", penalty_every=2, ema=0.9)
    gan.compile(*[keras.optimizers.Adam(1e-2, beta_1=0.5) for _ in range(2)])
    gan.fit(np.tile(x, (60, 1)), y=np.tile(labels, 60), batch_size=32, verbose=0)
    means = [gan.sample(50, labels=[label] * 50).mean() for label in (0, 1)]
    assert means[1] - means[0] > 0.5


def test_labels_in_the_data_do_not_disturb_a_gan_without():
    gan, other = tiny.gan(), steps(tiny.gan())
    gan.train_step((tf.constant(REAL.x[:16]), tf.constant(REAL.labels[:16])))
    assert_same(state(gan), state(other))


# Wrong data and wrong nets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((8, *tiny.SHAPE), np.uint8), r"got samples of uint8 .*, expected float32 .* in \[-1, 1\]"),
        (np.zeros((8, 4, 4), np.float32), r"got samples .*of shape \(8, 4, 4\), expected .*\(None, 4, 4, 1\)"),
        (np.zeros((8, 5, 4, 1), np.float32), r"expected .*\(None, 4, 4, 1\)"),
        (REAL.x[:2].tolist(), r"got 32 part\(s\) \(float\), expected \(samples\)"),
        ((REAL.x[:8],) * 3, r"got 3 part\(s\)"),
    ],
)
def test_wrong_data(plain, x, message):
    with pytest.raises(ValueError, match="data: .*" + message):
        plain.train_step(x)


def test_wrong_data_are_named_by_fit_too(plain):
    with pytest.raises(ValueError, match=r"data: got samples of float32 of shape \(None, 5, 4, 1\)"):
        plain.fit(np.full((8, 5, 4, 1), -0.5, np.float32), verbose=0)


def test_arrays_and_tuples_are_data_too():
    gan = tiny.gan()
    gan.train_step((REAL.x,))
    gan.train_step(REAL.x.astype(np.float64))
    assert int(gan.generator_optimizer.iterations) == 2


def dense(n_in, n_out, inputs=1):
    tensors = [keras.Input((n_in,) if i == 0 else (), dtype=None if i == 0 else "int32") for i in range(inputs)]
    return keras.Model(tensors if inputs > 1 else tensors[0], layers.Dense(n_out)(tensors[0]))


@pytest.mark.parametrize(
    ("generator", "discriminator", "message"),
    [
        (lambda: dense(3, 5), lambda: dense(6, 1), r"discriminator: got inputs of shape \(6,\), expected \(5,\)"),
        (lambda: dense(3, 5), lambda: dense(5, 2), r"discriminator: got outputs of shape \(2,\), expected one logit"),
        (lambda: dense(3, 5, 2), lambda: dense(5, 1), "generator, discriminator: got 2 and 1 inputs"),
        (lambda: dense(3, 5, 3), lambda: dense(5, 1, 3), "got 3 and 3 inputs"),
        (lambda: keras.Sequential([layers.Dense(5)]), lambda: dense(5, 1), "generator: got .* starts with keras.Input"),
        (lambda: dense(3, 5), lambda: "a net", "discriminator: got 'a net', expected a Keras model"),
        (
            lambda: tiny.discriminator(),
            lambda: dense(1, 1),
            r"generator: got inputs of shape \(4, 4, 1\), expected latents",
        ),
        (
            lambda: keras.Model(z := keras.Input((3,)), [layers.Dense(5)(z), layers.Dense(5)(z)]),
            lambda: dense(5, 1),
            "generator: got 2 outputs, expected one",
        ),
        (lambda: dense(3, 5), lambda: naming(5, 4), "got a second output of shape .* and a generator that takes lab"),
        (
            lambda: dense(3, 5, 2),
            lambda: keras.Model(x := keras.Input((5,)), [layers.Dense(1)(x)] * 3),
            "discriminator: got 3 outputs, expected one or two",
        ),
        (
            lambda: dense(3, 5, 2),
            lambda: keras.Model(
                [x := keras.Input((5,)), keras.Input((), dtype="int32")], [layers.Dense(1)(x), layers.Dense(4)(x)]
            ),
            "with class logits as a second output one",
        ),
    ],
)
def test_wrong_pairs_of_nets(generator, discriminator, message):
    with pytest.raises(ValueError, match=message):
        gan_tf.GAN(generator(), discriminator())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ema": 1.0}, "ema: got 1.0, expected a finite number from 0 to below 1"),
        ({"ema": -0.1}, "ema: got -0.1"),
        ({"penalty_every": 0}, "penalty_every: got 0, expected a whole number from 1"),
        ({"penalty_every": 2.0}, "penalty_every: got 2.0"),
        ({"penalty_weight": -1.0}, "penalty_weight: got -1.0"),
        ({"penalty_weight": float("nan")}, "penalty_weight: got nan"),
        ({"auxiliary_weight": -1.0}, "auxiliary_weight: got -1.0, expected a finite number from 0"),
        ({"classes": 0}, "classes: got 0, expected a whole number from 1"),
        ({"loss": "hnge"}, "did you mean 'hinge'"),
        ({"penalty": "r3"}, "penalty: got 'r3', expected one of .*did you mean 'r"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        gan_tf.GAN(dense(3, 5), dense(5, 1), **options)


def test_an_auxiliary_classifier_of_other_classes():
    with pytest.raises(ValueError, match=r"second output of shape \(4,\), expected class logits, \(3,\)"):
        gan_tf.GAN(dense(3, 5, 2), naming(5, 4), classes=3)


def test_wrong_optimizers():
    gan = gan_tf.GAN(dense(3, 5), dense(5, 1))
    adam = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="discriminator_optimizer: got the generator's optimizer"):
        gan.compile(adam, adam)
    with pytest.raises(ValueError, match="generator_optimizer: got 'adam', expected an object such as"):
        gan.compile("adam", adam)
    with pytest.raises(ValueError, match="compile"):
        gan_tf.GAN(dense(3, 5), dense(5, 1)).fit(np.zeros((4, 5), np.float32))


# Not a number --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_nan_in_a_loss_stops_training_at_once(steps_per_execution):
    """Also with several steps a call, when only some step numbers are seen."""
    gan = tiny.gan(steps_per_execution=steps_per_execution)
    gan.discriminator.set_weights([np.full_like(w, np.nan) for w in gan.discriminator.get_weights()])
    with pytest.warns(RuntimeWarning, match="discriminator_loss .*is not a finite number.*smaller learning rate"):
        x = np.full((512, *tiny.SHAPE), -0.5, np.float32)
        history = gan.fit(x, batch_size=16, epochs=3, verbose=0)
    assert len(history.epoch) == 1 and int(gan.generator_optimizer.iterations) == steps_per_execution


def test_a_huge_step_stops_training_each_time_it_is_tried():
    gan = tiny.gan(rates=(1e38, 1e38), loss="least_squares")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")  # As in a notebook: a second warning from the same line would be swallowed.
        for _ in range(2):
            assert len(fit(gan, epochs=9).epoch) < 9
    assert sum("Training stopped" in str(warning.message) for warning in caught) == 2


# Sampling ------------------------------------------------------------------------------------------------------------


def test_sampling_repeats_and_does_not_depend_on_the_batch():
    gan = steps(tiny.gan())
    samples = gan.sample(7, seed=2)
    assert samples.shape == (7, *tiny.SHAPE) and samples.dtype == np.float32 and np.abs(samples).max() <= 1
    np.testing.assert_array_equal(samples, gan.sample(7, seed=2))
    assert (samples != gan.sample(7, seed=3)).any()
    for size in (1, 2, 7, 100):
        np.testing.assert_allclose(
            gan.sampler.decode(gan.latents(7, seed=2), batch_size=size), samples, rtol=1e-5, atol=1e-6
        )
    # The first n of more samples are the same samples.
    np.testing.assert_allclose(gan.sample(12, seed=2)[:7], samples, rtol=1e-5, atol=1e-6)


def test_samples_come_from_the_average_in_inference_mode():
    gan = steps(tiny.gan(), 3)
    wanted = gan.averaged(gan.latents(5), training=False)
    np.testing.assert_allclose(gan.sample(5), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(gan.decode(gan.latents(5)), gan.sample(5))


def test_sampling_leaves_training_alone():
    one, other = steps(tiny.gan(), 2), steps(tiny.gan(), 1)
    other.sample(3, seed=4)
    other.train_step(tf.constant(REAL.x[16:32]))
    assert_same(state(one), state(other))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda gan: gan.sample(0), "n: got 0, expected a whole number from 1"),
        (lambda gan: gan.sample(2.5), "n: got 2.5"),
        (lambda gan: gan.sample(2, labels=[0, 1]), "labels: got list, expected None"),
        (lambda gan: gan.decode(np.zeros((2, 4))), r"latents: got shape \(2, 4\), expected \(n, 3\)"),
        (lambda gan: gan.decode(np.zeros(3)), r"latents: got shape \(3,\)"),
        (lambda gan: gan.decode(np.zeros((0, 3))), "with n from 1"),
    ],
)
def test_wrong_wishes(plain, call, message):
    with pytest.raises(ValueError, match=message):
        call(plain)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"labels: got int64 of shape \(2,\), expected integers of shape \(3,\)"),
        ([0.0, 1.0, 2.0], "labels: got float64"),
        ([0, 1, 3], "labels: got 0 to 3, expected 0 to 2"),
        ([-1, 0, 1], "labels: got -1 to 1"),
    ],
)
def test_wrong_labels_for_samples(labelled, labels, message):
    with pytest.raises(ValueError, match=message):
        labelled.sample(3, labels=labels)


# Keras ---------------------------------------------------------------------------------------------------------------


def test_fit_prints_and_warns_nothing_of_its_own(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = fit(tiny.gan(), epochs=2)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert sorted(history.history) == ["discriminator_loss", "fake_score", "generator_loss", "real_score"]
    assert all(len(values) == 2 for values in history.history.values())
    assert all(0 <= value <= 1 for name in ("real_score", "fake_score") for value in history.history[name])


def test_the_progress_bar_makes_room_for_a_callback_that_shows_progress(capsys):
    class Shows(keras.callbacks.Callback):
        shows_progress = True

    gan = tiny.gan()
    gan.fit(REAL.x, batch_size=60, callbacks=[Shows()])
    assert capsys.readouterr().out == ""
    gan.fit(REAL.x, batch_size=60)  # the last batch is a smaller one
    assert "2/2" in capsys.readouterr().out and int(gan.generator_optimizer.iterations) == 4


def test_points_train_as_images_do():
    points = data.load("ring", n=64)
    gan = gan_tf.GAN(dense(2, 2), dense(2, 1))
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    gan.fit(points.batches(32, seed=0), verbose=0)
    assert gan.sample(4).shape == (4, 2)
