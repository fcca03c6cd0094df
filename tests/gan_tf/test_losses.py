"""Losses and penalties against formulas written in NumPy, in double precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.optimize import approx_fprime

from gan_tf import losses


def log_sigmoid(a):
    return -np.logaddexp(0.0, -a)


# Each formula as its paper writes it, with D = sigmoid(a) for the logistic ones.
FORMULAS = {
    "minimax": (
        lambda r, f: -np.mean(log_sigmoid(r)) - np.mean(log_sigmoid(-f)),
        lambda r, f: np.mean(log_sigmoid(-f)),
    ),
    "non_saturating": (
        lambda r, f: -np.mean(log_sigmoid(r)) - np.mean(log_sigmoid(-f)),
        lambda r, f: -np.mean(log_sigmoid(f)),
    ),
    "least_squares": (
        lambda r, f: np.mean((r - 1) ** 2) / 2 + np.mean(f**2) / 2,
        lambda r, f: np.mean((f - 1) ** 2) / 2,
    ),
    "hinge": (
        lambda r, f: np.mean(np.maximum(0, 1 - r)) + np.mean(np.maximum(0, 1 + f)),
        lambda r, f: -np.mean(f),
    ),
    "wasserstein": (lambda r, f: np.mean(f) - np.mean(r), lambda r, f: -np.mean(f)),
    "relativistic": (lambda r, f: -np.mean(log_sigmoid(r - f)), lambda r, f: -np.mean(log_sigmoid(f - r))),
}
SIDES = ("discriminator", "generator")


def logits(scale=2.0, n=7):
    random = np.random.default_rng(4)
    return scale * random.standard_normal((n, 1)), scale * random.standard_normal((n, 1))


def both(name):
    return zip(SIDES, FORMULAS[name], strict=True)


def test_there_is_a_formula_here_for_every_loss():
    assert set(FORMULAS) == set(losses.LOSSES) == {loss.name for loss in losses.LOSSES.values()}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values(name, dtype):
    real, fake = logits()
    for side, formula in both(name):
        value = getattr(losses.get(name), side)(real.astype(dtype), fake.astype(dtype))
        assert value.shape == () and value.dtype == dtype
        assert float(value) == pytest.approx(formula(real, fake), rel=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("name", FORMULAS)
def test_gradients(name):
    # Away from the corners of the hinge, where no derivative exists.
    real, fake = logits(scale=0.5)
    for side, formula in both(name):
        variables = [tf.Variable(real), tf.Variable(fake)]
        with tf.GradientTape() as tape:
            value = getattr(losses.get(name), side)(*variables)
        found = tape.gradient(value, variables, unconnected_gradients="zero")
        stacked = np.concatenate([real.ravel(), fake.ravel()])
        wanted = approx_fprime(stacked, lambda v, formula=formula: formula(*np.split(v, 2)), 1e-7)
        np.testing.assert_allclose(np.concatenate([g.numpy().ravel() for g in found]), wanted, atol=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
def test_large_logits_stay_finite(name):
    large = np.array([[80.0], [-80.0], [1e4], [-1e4]], np.float32)
    for real, fake in ((large, large), (large, -large)):
        for side, formula in both(name):
            variables = [tf.Variable(real), tf.Variable(fake)]
            with tf.GradientTape() as tape:
                value = getattr(losses.get(name), side)(*variables)
            assert float(value) == pytest.approx(formula(real.astype(float), fake.astype(float)), rel=1e-5)
            for gradient in tape.gradient(value, variables, unconnected_gradients="zero"):
                assert np.isfinite(gradient).all()


# What each loss compares, and what a perfect discriminator would make of it.
SCORES = {
    "minimax": (lambda r, f: (np.exp(log_sigmoid(r)), np.exp(log_sigmoid(f))), (1, 0)),
    "non_saturating": (lambda r, f: (np.exp(log_sigmoid(r)), np.exp(log_sigmoid(f))), (1, 0)),
    "least_squares": (lambda r, f: (r, f), (1, 0)),
    "hinge": (lambda r, f: (r, f), (1, -1)),
    "wasserstein": (lambda r, f: (r, f), None),
    "relativistic": (lambda r, f: (np.exp(log_sigmoid(r - f)), np.exp(log_sigmoid(f - r))), (1, 0)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_scores_are_what_the_loss_compares(name):
    real, fake = logits()
    wanted, targets = SCORES[name]
    for found, one in zip(losses.get(name).scores(real, fake), wanted(real, fake), strict=True):
        np.testing.assert_allclose(found, one, rtol=1e-6)
    assert losses.get(name).targets == targets


def test_own_and_smoothed_losses_score_by_probabilities():
    own, smoothed = losses.Loss(lambda r, f: r, lambda r, f: f, "own"), losses.label_smoothing(0.8)
    for loss in (own, smoothed):
        real, fake = loss.scores(np.array([0.0, np.log(3.0)]), np.array([-np.log(3.0)]))
        np.testing.assert_allclose(real, [0.5, 0.75])
        np.testing.assert_allclose(fake, [0.25])
    assert own.targets == (1, 0) and smoothed.targets == (0.8, 0)


def test_worked_numbers():
    """D(x) = 0.6 and D(G(z)) = 0.8, as the first lesson works them through."""
    real, fake = np.log(0.6 / 0.4).reshape(1, 1), np.log(0.8 / 0.2).reshape(1, 1)
    assert float(losses.get("non_saturating").generator(real, fake)) == pytest.approx(0.223, abs=5e-4)
    assert float(losses.get("non_saturating").discriminator(real, fake)) == pytest.approx(2.120, abs=5e-4)


def test_the_minimax_generator_saturates_and_the_other_does_not():
    fake = tf.Variable([[-12.0]])
    slopes = {}
    for name in ("minimax", "non_saturating"):
        with tf.GradientTape() as tape:
            value = losses.get(name).generator(tf.zeros((1, 1)), fake)
        slopes[name] = float(tape.gradient(value, fake)[0, 0])
    assert slopes["minimax"] == pytest.approx(0, abs=1e-4) and slopes["non_saturating"] == pytest.approx(-1, abs=1e-4)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(
    "shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((4, 1), (3, 1)), ((4, 1), (1, 1)), ((4, 2), (4, 1))]
)
def test_logits_of_unlike_shapes_are_refused(name, shapes):
    real, fake = (np.zeros(shape, np.float32) for shape in shapes)
    for side in SIDES:
        with pytest.raises(ValueError, match=r"logits: got real of shape \(4.*fake of shape .*expected the same"):
            getattr(losses.get(name), side)(real, fake)


def test_an_unknown_number_of_samples_is_no_unlike_shape():
    spec = [tf.TensorSpec((None, 1)), tf.TensorSpec((None, 1))]
    graph = tf.function(losses.get("relativistic").discriminator, input_signature=spec)
    assert float(graph(tf.zeros((3, 1)), tf.zeros((3, 1)))) == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("get", "name", "near"),
    [
        (losses.get, "wassertein", "wasserstein"),
        (losses.get, "non-saturating", "non_saturating"),
        (losses.get, "Hinge", "hinge"),
        (losses.get_penalty, "gradient penalty", "gradient_penalty"),
        (losses.get_penalty, "R1", None),
        (losses.get, None, None),
        (losses.get, ["hinge"], "hinge"),
    ],
)
def test_unknown_names(get, name, near):
    with pytest.raises(ValueError, match="expected one of") as caught:
        get(name)
    assert repr(name) in str(caught.value)
    if near:
        assert f"did you mean {near!r}?" in str(caught.value)


def test_get_gives_back_what_is_one_already():
    own = losses.Loss(lambda r, f: r, lambda r, f: f, "own")
    assert losses.get(own) is own and losses.get_penalty(None) is None and losses.get_penalty(losses.r1) is losses.r1
    assert losses.get_penalty("r1") is losses.r1


# Penalties -----------------------------------------------------------------------------------------------------------


def pair(n=5, shape=(2, 2, 1)):
    random = np.random.default_rng(5)
    return (random.standard_normal((n, *shape)).astype(np.float32) for _ in range(2))


class Recorded:
    """A discriminator that remembers what it was shown: the penalty's points become visible."""

    def __init__(self, function):
        self.function, self.seen = function, []

    def __call__(self, x):
        self.seen.append(np.array(x))
        return self.function(x)


def flat(x):
    return np.reshape(x, (len(x), -1)).astype(float)


# For each discriminator: its logits in TensorFlow, and the gradient of a logit by its sample, worked out by hand.
def linear(w):
    return lambda x: tf.reshape(x, (tf.shape(x)[0], -1)) @ tf.reshape(w, (-1, 1))


def linear_slopes(x, w):
    return np.broadcast_to(w.reshape(1, -1), x.shape)


def quadratic(w):
    return lambda x: 0.5 * tf.reduce_sum((tf.reshape(x, (tf.shape(x)[0], -1)) @ tf.reshape(w, (4, 4))) ** 2, 1)


def quadratic_slopes(x, w):
    w = w.reshape(4, 4)
    return x @ w @ w.T


def curved(w):
    return lambda x: (
        tf.tanh(tf.reshape(x, (tf.shape(x)[0], -1)) @ tf.reshape(w[:12], (4, 3))) @ tf.reshape(w[12:], (3, 1))
    )


def curved_slopes(x, w):
    inner, outer = w[:12].reshape(4, 3), w[12:]
    return ((1 - np.tanh(x @ inner) ** 2) * outer) @ inner.T


DISCRIMINATORS = {
    "linear": (linear, linear_slopes, 4),
    "quadratic": (quadratic, quadratic_slopes, 16),
    "curved": (curved, curved_slopes, 15),
}
OF_SLOPES = {
    "r1": lambda slopes: 0.5 * np.mean(np.sum(slopes[0] ** 2, 1)),
    "r2": lambda slopes: 0.5 * np.mean(np.sum(slopes[0] ** 2, 1)),
    "r1_r2": lambda slopes: sum(0.5 * np.mean(np.sum(each**2, 1)) for each in slopes),
    "gradient_penalty": lambda slopes: np.mean((np.sqrt(np.sum(slopes[0] ** 2, 1)) - 1) ** 2),
}


@pytest.mark.parametrize("kind", DISCRIMINATORS)
@pytest.mark.parametrize("name", losses.PENALTIES)
def test_penalties_and_their_gradients_by_the_weights(name, kind):
    make, slopes, size = DISCRIMINATORS[kind]
    real, fake = pair()
    weights = tf.Variable(np.random.default_rng(6).standard_normal(size).astype(np.float32))
    discriminate = Recorded(make(weights))
    with tf.GradientTape() as tape:
        value = losses.PENALTIES[name](discriminate, real, fake, seed=3)
    found = tape.gradient(value, weights, unconnected_gradients="zero")

    points = [flat(x) for x in discriminate.seen]
    if name != "gradient_penalty":
        wanted = {"r1": [real], "r2": [fake], "r1_r2": [real, fake]}[name]
        np.testing.assert_array_equal(points, [flat(x) for x in wanted])

    def formula(w):
        return OF_SLOPES[name]([slopes(x, w) for x in points])

    w = weights.numpy().astype(float)
    assert value.dtype == tf.float32 and float(value) == pytest.approx(formula(w), rel=1e-5)
    np.testing.assert_allclose(found, approx_fprime(w, formula, 1e-7), rtol=2e-4, atol=2e-5)


def test_linear_penalties_in_closed_form():
    real, fake = pair()
    w = tf.Variable([3.0, 0.0, 4.0, 0.0])
    for name, value, slope in (
        ("r1", 12.5, w),
        ("r2", 12.5, w),
        ("r1_r2", 25.0, 2 * w),
        ("gradient_penalty", 16.0, 1.6 * w),
    ):
        with tf.GradientTape() as tape:
            found = losses.PENALTIES[name](linear(w), real, fake)
        assert float(found) == pytest.approx(value, rel=1e-6)
        np.testing.assert_allclose(tape.gradient(found, w), slope, rtol=1e-6)


def test_gradient_penalty_looks_at_uniform_positions_one_a_pair():
    """Points drawn from a normal distribution, a well-known slip, would lie outside of the line, too."""
    n = 4000
    real, fake = np.full((n, 2, 2, 1), -1, np.float32), np.full((n, 2, 2, 1), 3, np.float32)
    discriminate = Recorded(linear(tf.ones(4)))
    losses.gradient_penalty(discriminate, real, fake, seed=1)
    positions = (flat(discriminate.seen[0]) + 1) / 4
    assert np.ptp(positions, axis=1).max() < 1e-6
    assert positions.min() >= 0 and positions.max() <= 1
    assert stats.kstest(positions[:, 0], "uniform").pvalue > 0.01


def test_gradient_penalty_draws_anew_with_a_generator_and_repeats_with_a_seed():
    def drawn(seed):
        discriminate = Recorded(linear(tf.ones(4)))
        losses.gradient_penalty(discriminate, *pair(), seed=seed)
        return discriminate.seen[0]

    generator = keras.random.SeedGenerator(0)
    assert (drawn(generator) != drawn(generator)).any()
    np.testing.assert_array_equal(drawn(7), drawn(7))


@pytest.mark.parametrize("name", losses.PENALTIES)
def test_penalties_are_finite_where_the_gradient_is_zero(name):
    w = tf.Variable(tf.zeros(4))
    with tf.GradientTape() as tape:
        value = losses.PENALTIES[name](linear(w), *pair())
    assert float(value) == pytest.approx(1.0 if name == "gradient_penalty" else 0.0, abs=1e-5)
    assert np.isfinite(tape.gradient(value, w)).all()


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 3)])
def test_gradient_penalty_refuses_samples_of_unlike_shapes(shape):
    with pytest.raises(ValueError, match=r"samples: got real of shape \(5, 2, 2, 1\) and fake of shape"):
        losses.gradient_penalty(
            linear(tf.ones(4)), np.zeros((5, 2, 2, 1), np.float32), np.zeros((5, *shape), np.float32)
        )


@pytest.mark.parametrize(("real_dtype", "fake_dtype"), [("float32", "bfloat16"), ("bfloat16", "float32")])
def test_gradient_penalty_takes_fake_samples_of_another_float_dtype(real_dtype, fake_dtype):
    real, fake = pair()
    weights = tf.ones(4)
    value = losses.gradient_penalty(
        lambda x: linear(weights)(tf.cast(x, "float32")), tf.cast(real, real_dtype), tf.cast(fake, fake_dtype), seed=3
    )
    assert value.dtype == tf.float32 and float(value) == pytest.approx(1.0, rel=1e-2)  # (sqrt(4) - 1) squared


def test_cross_entropy_is_the_mean_log_probability_of_the_labels_in_float32():
    labels, class_logits = np.array([2, 0, 1]), np.array([[0.5, -1.0, 2.0], [80.0, 0.0, 1.0], [0.0, 0.25, 0.0]])
    wanted = np.mean(np.log(np.exp(class_logits).sum(1)) - class_logits[np.arange(3), labels])
    for dtype in ("float32", "bfloat16"):  # These numbers are exact in both.
        value = losses.cross_entropy(labels, tf.cast(class_logits, dtype))
        assert value.shape == () and value.dtype == tf.float32 and float(value) == pytest.approx(wanted, rel=1e-5)


def test_a_penalty_needs_a_discriminator_that_can_be_differentiated():
    with pytest.raises(ValueError, match="do not depend on the samples"):
        losses.r1(lambda x: tf.stop_gradient(tf.reduce_sum(x, (1, 2, 3))), *pair())


def test_penalties_of_a_bfloat16_net_are_summed_in_float32():
    real = np.ones((3, 64, 64, 1), np.float32)
    value = losses.r1(lambda x: tf.reduce_sum(tf.cast(x, "bfloat16"), (1, 2, 3)), tf.cast(real, "bfloat16"), None)
    # 4096 ones; a sum kept in bfloat16 stops growing at 256.
    assert value.dtype == tf.float32 and float(value) == pytest.approx(2048)


def test_label_smoothing_is_cross_entropy_with_the_smoothed_target():
    real, fake = np.array([2.0, -1.0, 0.5]), np.array([0.3, -2.0, 1.0])
    p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    wanted = -np.mean(0.9 * np.log(p) + 0.1 * np.log(1 - p)) - np.mean(np.log(1 - q))
    smoothed = losses.label_smoothing(0.9)
    assert float(smoothed.discriminator(real, fake)) == pytest.approx(wanted, rel=1e-6)
    plain = losses.get("non_saturating")
    assert float(losses.label_smoothing(1.0).discriminator(real, fake)) == pytest.approx(
        float(plain.discriminator(real, fake)), rel=1e-6
    )
    assert float(smoothed.generator(real, fake)) == float(plain.generator(real, fake))
    for target in (0.5, 1.1):
        with pytest.raises(ValueError, match="target: got"):
            losses.label_smoothing(target)
