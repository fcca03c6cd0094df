"""What must hold on a GPU: `pytest tests/gpu`, in an invocation of its own, since all other tests hide the card.

Agreement is asked for in float32 with TF32 off. Four such steps of the lessons' nets ended within 2e-6 to 5e-3 of a
CPU's weights on one H200 (relative norm, the largest for clips). These nets are far smaller.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tests.helpers import every_step

import gan_tf
from gan_course.exact import full_float32
from gan_tf import models

pytestmark = pytest.mark.gpu
TOLERANCE = 1e-4
SHAPE, CLASSES = (16, 16, 1), 3


@pytest.fixture(scope="module", autouse=True)
def run():
    """Before the first test, since memory must grow from the first allocation on."""
    return gan_tf.setup(precision="float32")


@pytest.fixture(autouse=True)
def exact():
    """Float32 with all its bits."""
    with full_float32():
        yield


def digits(n=64):
    random = np.random.default_rng(0)
    return np.tanh(random.standard_normal((n, *SHAPE))).astype(np.float32), random.integers(0, CLASSES, n)


def conditional(seed=0, **options):
    keras.utils.set_random_seed(seed)
    generator = models.conv_generator(SHAPE, 8, (16, 8), classes=CLASSES)
    discriminator = models.conv_discriminator(SHAPE, (8, 16), classes=CLASSES)
    gan = gan_tf.GAN(generator, discriminator, penalty="r1", penalty_every=4, classes=CLASSES, seed=seed)
    gan.compile(*(keras.optimizers.Adam(1e-3, beta_1=0.5) for _ in range(2)), **options)
    return gan


@pytest.mark.parametrize("case", every_step.CASES)
def test_a_step_agrees_with_the_cpu(case):
    with tf.device("CPU:0"):
        wanted = every_step.trained(case)
    with tf.device("GPU:0"):
        assert every_step.distance(wanted, every_step.trained(case)) < TOLERANCE


@pytest.mark.parametrize("case", every_step.CASES)
def test_a_step_is_the_same_with_xla(case):
    assert every_step.distance(every_step.trained(case), every_step.trained(case, xla=True)) < TOLERANCE


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("xla", [False, True])
def test_each_precision_trains(precision, xla):
    keras.config.set_dtype_policy(precision)
    gan, (x, labels) = conditional(jit_compile=xla, steps_per_execution=4), digits()
    before = gan.generator.get_weights()
    history = gan.fit(x, labels, batch_size=8, epochs=2, verbose=0).history
    assert np.isfinite(list(history.values())).all() and gan.jit_compile is xla
    assert any((new != old).any() for new, old in zip(gan.generator.get_weights(), before, strict=True))
    assert gan.sample(5).dtype == np.float32


def test_two_gans_train_in_one_process_with_xla_by_default():
    x, labels = digits()
    for seed in range(2):
        gan = conditional(seed)
        assert gan.jit_compile is True
        assert np.isfinite(list(gan.fit(x, labels, batch_size=8, verbose=0).history.values())).all()


def test_memory_grows_as_needed(run):
    assert run.gpus and run.device.startswith("GPU ")
    assert all(tf.config.experimental.get_memory_growth(gpu) for gpu in tf.config.list_physical_devices("GPU"))
    assert tf.config.experimental.get_memory_info("GPU:0")["peak"] < 2**30


def test_a_killed_training_goes_on_where_it_was(tmp_path):
    x, labels = digits()
    options = {"batch_size": 8, "verbose": 0, "shuffle": False}
    whole = conditional()
    whole.fit(x, labels, epochs=2, callbacks=[gan_tf.Resume(tmp_path / "whole")], **options)
    conditional().fit(x, labels, epochs=1, callbacks=[gan_tf.Resume(tmp_path / "half")], **options)
    again = conditional(seed=7)
    history = again.fit(x, labels, epochs=2, callbacks=[gan_tf.Resume(tmp_path / "half")], **options)
    assert again.generator_optimizer.iterations == whole.generator_optimizer.iterations == 16 and history.epoch
    weights = [[weight.ravel() for weight in gan.generator.get_weights()] for gan in (whole, again)]
    # Kernels add in another order from run to run.
    assert every_step.distance(*([np.concatenate(one)] for one in weights)) < TOLERANCE


def test_samples_agree_with_the_cpu():
    gan = conditional()
    with tf.device("CPU:0"):
        wanted = gan.sample(6, seed=1)
    np.testing.assert_allclose(gan.sample(6, seed=1), wanted, atol=1e-5)
