"""The fused kernel does what Keras' Adam does, and stands for nothing else."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tests.helpers import tiny

from gan_course import cpu

RANDOM = np.random.default_rng(5)
START = [RANDOM.standard_normal(shape).astype(np.float32) for shape in ((7, 5), (5,))]
# Of very different sizes: where the gradient is small, epsilon decides how far the step goes.
GRADIENTS = [[(x * 10.0**p).astype(np.float32) for x in START] for p in (-1, 0, -8, 2, -3, -8)]
KINDS = {
    "as Keras has it": {},
    "no mean of gradients": {"beta_1": 0.0, "beta_2": 0.99},
    "large epsilon": {"epsilon": 1e-3},
    "a schedule": {"learning_rate": keras.optimizers.schedules.ExponentialDecay(1e-2, 2, 0.5)},
    "clipped and decayed": {"global_clipnorm": 1.0, "weight_decay": 0.1},
    "averaged": {"use_ema": True},
    "two batches a step": {"gradient_accumulation_steps": 2},
}


def trained(adam, fused, graph, gradients=GRADIENTS):
    """All that the optimizer knows and moves, after a few steps."""
    variables = [keras.Variable(x) for x in START]
    adam.build(variables)
    if fused:
        cpu.fuse_adam(adam)

    def step(*given):
        adam.apply(given, variables)

    step = tf.function(step) if graph else step
    for one in gradients:
        step(*(tf.constant(x) if isinstance(x, np.ndarray) else x for x in one))
    return [x.numpy() for x in (*variables, *adam.variables)]


def assert_same(kind, make, gradients=GRADIENTS, graph=True):
    ours, theirs = (trained(make(), fused, graph, gradients) for fused in (True, False))
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        # Keras takes 1 - beta_2 in double precision, the kernel in that of the weights: 1 - 0.999 differs by 1.3e-5.
        np.testing.assert_allclose(one, other, rtol=3e-5, atol=1e-6, err_msg=kind)


@pytest.mark.parametrize("graph", (True, False), ids=("graph", "eager"))
@pytest.mark.parametrize("kind", KINDS)
def test_the_kernel_does_what_keras_does(kind, graph):
    assert_same(kind, lambda: keras.optimizers.Adam(**{"learning_rate": 1e-2, **KINDS[kind]}), graph=graph)


def test_scaled_losses_are_unscaled_and_infinite_gradients_skipped():
    infinite = [[np.full_like(x, np.inf) for x in START]]
    make = lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(1e-2), initial_scale=8.0)  # noqa: E731
    assert_same("scaled", make, GRADIENTS[:2] + infinite + GRADIENTS[3:5])


def test_gradients_of_rows_are_left_to_keras():
    rows = tf.IndexedSlices(tf.ones((2, 5)), tf.constant([1, 4]), tf.constant([7, 5]))
    assert_same("rows", lambda: keras.optimizers.Adam(1e-2), [[rows, START[1]]] * 3)


class Own(keras.optimizers.Adam):
    """It moves nothing."""

    def update_step(self, gradient, variable, learning_rate):
        pass


def test_only_what_is_adam_is_fused(monkeypatch):
    used = []
    monkeypatch.setattr(tf.raw_ops, "ResourceApplyAdam", lambda **given: used.append(given["var"]))
    others = (keras.optimizers.SGD(1e-2), keras.optimizers.Adam(amsgrad=True), keras.optimizers.AdamW(), Own())
    assert not cpu.is_adam(keras.optimizers.Adam())  # Not built.
    for other in others:
        trained(other, True, graph=False)
        assert "update_step" not in vars(other)
    assert not used and not any(map(cpu.is_adam, others))
    trained(keras.optimizers.Adam(), True, graph=False)
    assert len(used) == len(GRADIENTS) * len(START)


def test_the_optimizer_is_keras_own_in_all_else():
    adam = keras.optimizers.Adam(3e-3, beta_1=0.25)
    before = trained(adam, True, graph=False)
    again = type(adam).from_config(adam.get_config())
    assert type(adam) is keras.optimizers.Adam and "update_step" not in vars(again)
    assert again.get_config() == adam.get_config() and len(before) == len(START) + len(adam.variables)
    with pytest.raises(ValueError, match="Unknown variable"):
        adam.apply([tf.ones(2)], [keras.Variable(np.zeros(2))])


def test_a_gan_fuses_what_it_is_compiled_with():
    gan, own = tiny.gan(), Own()
    adam = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())
    gan.compile(adam, own)
    assert "update_step" not in vars(adam.inner_optimizer)  # Nothing is replaced before that line.
    cpu.accelerate(gan)
    assert "update_step" in vars(adam.inner_optimizer) and "update_step" not in vars(own)
