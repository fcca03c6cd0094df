"""Differentiable augmentation: what changes, what does not, and that gradients pass through."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from keras import ops
from tests.helpers import tiny

from gan_tf import augment

X = np.random.default_rng(0).uniform(-1, 1, (6, 8, 10, 3)).astype(np.float32)
every = pytest.mark.parametrize("name", augment.NAMES)


@every
def test_shape_type_and_repetition(name):
    for x in (X, np.stack([X] * 4, axis=1)):
        for dtype in ("float32", "bfloat16"):
            given = tf.cast(x, dtype)
            changed = augment.NAMES[name](given, seed=3)
            assert changed.shape == x.shape and changed.dtype == given.dtype
            assert (tf.cast(changed, "float32") != x).numpy().any()
        first, second = (augment.NAMES[name](x, seed=3).numpy() for _ in range(2))
        np.testing.assert_array_equal(first, second)


@every
def test_each_sample_is_changed_in_its_own_way_and_each_call_anew(name):
    generator = keras.random.SeedGenerator(1)
    same = np.repeat(X[:1], 64, axis=0)
    first, second = (augment.NAMES[name](same, seed=generator).numpy() for _ in range(2))
    assert (first != first[:1]).any() and (first != second).any()


@every
def test_all_frames_of_a_clip_are_changed_alike(name):
    clips = np.repeat(X[:, None], 3, axis=1)
    changed = augment.NAMES[name](clips, seed=5).numpy()
    # Contrast takes the mean over the clip; with equal frames it is that of the frame, up to rounding.
    np.testing.assert_allclose(changed, np.repeat(changed[:, :1], 3, axis=1), atol=1e-6)


@every
def test_the_gradient_is_that_of_finite_differences(name):
    x, direction = tf.constant(X, tf.float32), tf.constant(np.random.default_rng(1).normal(size=X.shape), tf.float32)
    weights = tf.constant(np.random.default_rng(2).normal(size=X.shape), tf.float32)

    def value(step):
        return tf.reduce_sum(weights * augment.NAMES[name](x + step * direction, seed=7))

    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(weights * augment.NAMES[name](x, seed=7))
    slope = tf.reduce_sum(tape.gradient(total, x) * direction)
    # Every change is linear in the samples, so the difference is exact up to rounding.
    np.testing.assert_allclose(slope, (value(1.0) - value(-1.0)) / 2, rtol=1e-4, atol=1e-3)


def test_translation_moves_by_whole_pixels_and_fills_with_grey():
    many = np.repeat(X[:1] + 2.0, 200, axis=0)  # no zero inside, so that zeros are the filled gap
    seen = set()
    for moved in augment.translation(many, seed=0, ratio=0.25).numpy():
        inside = moved[..., 0] != 0
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        down = rows[0] if rows[0] else rows[-1] - 7
        right = columns[0] if columns[0] else columns[-1] - 9
        seen.add((down, right))
        original = many[0, max(0, -down) : 8 - max(0, down), max(0, -right) : 10 - max(0, right)]
        np.testing.assert_array_equal(moved[inside].reshape(original.shape), original)
    # The largest shift of a side is int(side * ratio + 0.5), as in the code of Zhao et al.
    assert {down for down, _ in seen} == set(range(-2, 3)) and {right for _, right in seen} == set(range(-3, 4))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(("side", "most"), [(28, 4), (32, 4), (64, 8)])
def test_all_shifts_of_a_translation_are_equally_likely(side, most, dtype):
    marked = np.zeros((9_000, side, side, 1), np.float32)
    marked[:, side // 2, side // 2] = 1
    moved = np.asarray(ops.cast(augment.translation(ops.cast(marked, dtype), seed=1), "float32"))
    for axis in (1, 2):
        places = moved.max(axis=(3 - axis, 3)).argmax(axis=1) - side // 2
        counts = np.bincount(places + most, minlength=2 * most + 1)
        assert len(counts) == 2 * most + 1 and scipy.stats.chisquare(counts).pvalue > 1e-3


def test_cutout_hides_a_rectangle_of_half_the_side():
    hidden = augment.cutout(np.ones((300, 16, 16, 1), np.float32), seed=0, ratio=0.5).numpy()[..., 0] == 0
    heights, widths = hidden.any(2).sum(1), hidden.any(1).sum(1)
    assert heights.max() == widths.max() == 8 and (hidden.sum((1, 2)) == heights * widths).all()
    assert hidden.mean(0).min() > 0.05  # every pixel is hidden now and then


def test_colour_keeps_grey_pictures_grey_and_does_nothing_at_strength_zero():
    grey = np.repeat(X[..., :1], 3, axis=-1)
    changed = augment.colour(grey, seed=0).numpy()
    np.testing.assert_allclose(changed, np.repeat(changed[..., :1], 3, axis=-1), atol=1e-6)
    np.testing.assert_allclose(augment.colour(X, seed=0, strength=0.0), X, atol=1e-6)


def test_mirror_swaps_left_and_right_in_about_half():
    many = np.repeat(X[:1], 400, axis=0)
    swapped = (augment.mirror(many, seed=0).numpy() == X[:1, :, ::-1]).all((1, 2, 3))
    assert 150 < swapped.sum() < 250


def test_compose_applies_all_in_order():
    both = augment.compose("translation", lambda x, seed: x * 0 + 0.5)
    assert (both(X, seed=0).numpy() == 0.5).all()
    with pytest.raises(ValueError, match=r"steps: got \['color'\], expected .*'colour'"):
        augment.compose("color")
    with pytest.raises(ValueError, match="steps: got none"):
        augment.compose()


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (augment.colour, {"strength": 2}, "strength: got 2"),
        (augment.translation, {"ratio": 1}, "ratio: got 1"),
        (augment.cutout, {"ratio": -0.1}, "ratio: got -0.1"),
    ],
)
def test_values_out_of_range(function, options, message):
    with pytest.raises(ValueError, match=message):
        function(X, seed=0, **options)


def test_samples_of_another_rank():
    with pytest.raises(ValueError, match=r"samples: got shape \(4, 2\)"):
        augment.colour(np.zeros((4, 2), np.float32), seed=0)


def test_a_gan_trains_through_it():
    gan = tiny.gan(augment=augment.compose("colour", "translation", "cutout"), penalty="r1")
    before = tiny.weights(gan.generator), tiny.weights(gan.discriminator)
    gan.fit(tiny.toy().batches(32, seed=0), verbose=0)
    assert tiny.moved(before[0], gan.generator) and tiny.moved(before[1], gan.discriminator)


def test_translation_can_move_one_way_only_and_fill_with_silence():
    many = np.repeat(X[:1] + 2.0, 100, axis=0)
    moved = augment.translation(many, seed=0, ratio=(0.0, 0.3), fill=-1.0).numpy()[..., 0]
    rows, columns = (moved != -1).any((0, 2)), (moved == -1).all(1)
    assert rows.all() and {int(gaps) for gaps in columns.sum(1)} == {0, 1, 2, 3}
    original = many[0, ..., 0]
    for one, gaps in zip(moved, columns, strict=True):
        kept = original[:, : (~gaps).sum()] if gaps[0] else original[:, gaps.sum() :]
        np.testing.assert_allclose(one[:, ~gaps], kept, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_noise_keeps_shape_and_type_repeats_and_lets_the_gradient_through(dtype):
    x = tf.cast(np.stack([X] * 4, axis=1), dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        changed = augment.noise(x, seed=3)
    assert changed.shape == x.shape and changed.dtype == x.dtype and bool(tf.reduce_any(changed != x))
    np.testing.assert_array_equal(tf.cast(changed, "float32"), tf.cast(augment.noise(x, seed=3), "float32"))
    np.testing.assert_array_equal(tf.cast(tape.gradient(changed, x), "float32"), np.ones(x.shape))
    anew = keras.random.SeedGenerator(1)
    assert bool(tf.reduce_any(augment.noise(x, seed=anew) != augment.noise(x, seed=anew)))


def test_noise_has_the_asked_spread_and_takes_points_and_variables():
    points = np.zeros((4_000, 2), np.float32)
    assert float(np.std(augment.noise(points, seed=0, std=0.3))) == pytest.approx(0.3, rel=0.05)
    level = tf.Variable(0.5)
    assert float(np.std(augment.noise(points, seed=0, std=level))) == pytest.approx(0.5, rel=0.05)
    level.assign(0.0)
    np.testing.assert_array_equal(augment.noise(points, seed=0, std=level), points)


@pytest.mark.parametrize("std", [-0.1, float("inf"), float("nan")])
def test_noise_of_no_spread_is_refused(std):
    with pytest.raises(ValueError, match="std: got"):
        augment.noise(X, std=std)
