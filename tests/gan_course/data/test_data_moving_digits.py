"""Bouncing digits: made anew for each pass, the same for the same seed, and never outside the frame."""

import numpy as np
import pytest
import tensorflow as tf

from gan_course import data, evaluation
from gan_course.data import moving_digits
from gan_course.evaluation.motion import cut

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def clips():
    return data.load("moving_digits", n=60)


def test_clips_of_one_digit(clips):
    assert clips.x.shape == (60, 16, 32, 32, 1) and clips.x.dtype == np.float32 and clips.fps == 10
    assert clips.x.min() == -1 and 0.9 < clips.x.max() <= 1
    assert "clips of 16 frames of 32x32x1 at 10 fps, 10 classes" in repr(clips)
    assert len(set(clips.labels.tolist())) == 10


def test_each_digit_is_the_one_of_its_label(clips):
    middle = evaluation.feature_network("mnist").predict_logits(cut(clips.x, 28))
    seen = middle.argmax(axis=1).reshape(60, 16)
    assert (seen == clips.labels[:, None]).mean() > 0.9


def test_digits_keep_their_shape_their_speed_and_inside_the_frame(clips):
    # Ink is neither lost at an edge nor made: linear interpolation keeps the sum.
    ink = (clips.x + 1).sum(axis=(2, 3, 4))
    np.testing.assert_allclose(ink, np.broadcast_to(ink[:, :1], ink.shape), rtol=0.02)
    speeds = evaluation.speeds(clips.x)
    # Where it turns back within a frame the way is shorter; never longer.
    assert speeds.max() < 2.1 and 1.2 < np.median(speeds) < 1.7


def test_a_place_runs_to_and_fro():
    one = np.array([[[0, 0, 4, 3, 2.0, -5, 5, 0, 0.0]]], np.float32)
    np.testing.assert_allclose(moving_digits.places(one, 6)[0, 0, :, 0], [3, 3, 1, 1, 3, 3], atol=1e-5)
    np.testing.assert_allclose(moving_digits.places(one, 6)[0, 0, :, 1], 0, atol=1e-5)


def test_half_a_pixel_is_half_of_each_neighbour():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10, 10] = 255
    still = np.array([[[0, -10, 21, 0.5, 0, -10, 21, 3, 0]]], np.float32)
    frame = moving_digits.render(still, image, 2, 32).numpy()[0, 0, ..., 0]
    np.testing.assert_allclose(frame[10:12, 13], [0, 0], atol=1e-6)
    assert (frame > -1).sum() == 2


def test_passes_are_new_and_repeatable(clips):
    def passes(seed):
        batches = clips.batches(20, seed=seed, labels=True)
        return [[(x.numpy(), y.numpy()) for x, y in batches] for _ in range(2)]

    first, again, other = passes(3), passes(3), passes(4)
    assert [len(one) for one in first] == [3, 3]
    assert all(x.shape == (20, 16, 32, 32, 1) and x.dtype == np.float32 for x, _ in first[0])
    np.testing.assert_array_equal(first[1][2][0], again[1][2][0])
    assert not np.array_equal(first[0][0][0], first[1][0][0]) and not np.array_equal(first[0][0][0], other[0][0][0])
    # What is drawn is what the label says, here too.
    x, y = first[0][0]
    seen = evaluation.feature_network("mnist").predict_logits(cut(x, 28)).argmax(axis=1).reshape(20, 16)
    assert (seen == y[:, None]).mean() > 0.85


def test_without_labels_and_inside_a_graph(clips):
    @tf.function
    def first():
        return next(iter(clips.batches(4, seed=0)))

    assert first().shape == (4, 16, 32, 32, 1)


def test_two_digits_in_a_larger_frame():
    two = data.load("moving_digits", n=4, size=64, frames=5)
    assert two.x.shape == (4, 5, 64, 64, 1) and two.labels is None and two.digits == 2
    one = data.load("moving_digits", n=4, size=64, frames=5, digits=1)
    assert (two.x + 1).sum() > 1.4 * (one.x + 1).sum()


def test_of_class_holds_for_new_clips_too(clips):
    sevens = clips.of_class("7")
    assert set(sevens.labels.tolist()) == {7} and len(sevens) < 60
    labels = np.concatenate([y for _, y in sevens.batches(len(sevens), seed=0, labels=True, passes=3)])
    assert set(labels.tolist()) == {7} and len(sevens.take(1).images) == len(sevens.images)


def test_a_class_that_is_not_among_the_clips_held_is_made_all_the_same():
    few = data.load("moving_digits", n=3)
    missing = next(k for k in range(10) if k not in few.labels)
    both = few.of_class(int(few.labels[0]), missing)
    labels = np.concatenate([y for _, y in both.batches(1, seed=0, labels=True, passes=40)])
    assert set(labels.tolist()) == {int(few.labels[0]), missing}


def test_batches_do_not_repeat_the_clips_held(clips):
    first = next(iter(clips.batches(60, seed=0)))
    assert not np.array_equal(first, clips.x)


def test_clips_that_need_gigabytes_are_refused():
    with pytest.raises(data.DataError, match=r"20,000 clips of 16 frames of 256x256x1 need 78.1 GB"):
        data.load("moving_digits", n=20_000, size=256)


def test_splits_show_other_digits(clips):
    test = data.load("moving_digits", "test", n=5)
    assert len(test.images) != len(clips.images) or not np.array_equal(test.images, clips.images)
    again = data.load("moving_digits", n=60)
    np.testing.assert_array_equal(again.x, clips.x)
    assert not np.array_equal(data.load("moving_digits", n=60, seed=1).x, clips.x)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"n": 0}, "n: got 0"),
        ({"frames": 1}, "frames: got 1"),
        ({"size": 27}, "size: got 27, expected a whole number from 28"),
        ({"digits": 5}, "digits: got 5"),
        ({"side": 32}, "got 'side', expected n, frames"),
    ],
)
def test_bad_options(option, message):
    with pytest.raises(ValueError, match=message):
        data.load("moving_digits", **option)
