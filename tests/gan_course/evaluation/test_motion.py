"""Measures of motion: known shifts, still clips, shuffled frames."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from gan_course import data, evaluation
from gan_course.evaluation import motion

pytestmark = pytest.mark.data


def textured(step, frames=4, side=32, seed=0):
    """A smooth pattern that moves to the right by so many pixels a frame."""
    pattern = gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), 2, mode="wrap")
    pattern = np.clip(pattern / (3 * pattern.std()), -1, 1)
    return np.stack([np.roll(pattern, step * t, axis=1) for t in range(frames)])[None, ..., None].astype(np.float32)


@pytest.fixture(scope="module")
def real():
    return data.load("moving_digits", n=128).x


def test_frame_differences_by_hand():
    clip = np.zeros((1, 3, 2, 2, 1), np.float32)
    clip[0, 1, 0, 0], clip[0, 2] = 0.8, -0.4
    np.testing.assert_allclose(evaluation.frame_differences(clip), [[0.2, (1.2 + 3 * 0.4) / 4]], atol=1e-6)


@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_the_flow_is_as_long_as_the_shift(step):
    flow = evaluation.optical_flow(textured(step))
    assert flow.shape == (1, 3, 32, 32)
    np.testing.assert_allclose(flow[..., 8:-8, 8:-8].mean(), step, atol=0.1)


def test_noise_on_a_plain_ground_is_no_flow():
    still = np.full((1, 4, 32, 32, 1), -1, np.float32)
    still[:, :, 10:16, 10:16] = 1
    noisy = np.clip(still + np.random.default_rng(0).normal(0, 0.005, still.shape), -1, 1)
    assert evaluation.optical_flow(noisy).mean() < 0.02


def test_real_clips_move_as_other_real_clips_do(real):
    found = evaluation.motion_distance(real[:64], real[64:])
    assert found.difference < 0.3 and found.flow < 0.3 and found.clips == 64
    assert "64 clips" in str(found)


def test_still_clips_score_one(real):
    found = evaluation.motion_distance(data.stilled(real[:16]), real[32:])
    assert found.difference == pytest.approx(1) and found.flow == pytest.approx(1)


def test_shuffled_frames_score_badly(real):
    found = evaluation.motion_distance(data.shuffled(real[:16]), real[32:])
    assert found.difference > 0.5 and found.flow > 0.5


def test_clips_that_move_twice_as_fast_score_badly(real):
    fast = np.repeat(real[:32, ::2], 2, axis=1)[:, 1:-1:2]
    slow = real[32:, : fast.shape[1]]
    assert evaluation.motion_distance(fast, slow).flow > 0.5


def test_the_movement_of_real_clips_is_measured_once(real, monkeypatch):
    kept = evaluation.movement(real[32:64], n=32)
    assert kept.flow.shape == kept.differences.shape == (32, 15) and kept.shape == real.shape[1:]
    again = evaluation.motion_distance(real[:32], real[32:64], 32)
    measured = []
    monkeypatch.setattr(motion, "optical_flow", lambda x: measured.append(len(x)) or evaluation.optical_flow(x))
    found = evaluation.motion_distance(real[:32], kept, 32)
    # The same clips in another order: the same distributions.
    assert (found.difference, found.flow) == pytest.approx((again.difference, again.flow), rel=1e-5)
    assert measured == [32] and found.clips == 32
    assert evaluation.motion_distance(real[:20], kept).clips == 20


def test_clips_and_what_breaks_them_hold_the_same_frames(real):
    mixed, still = data.shuffled(real[:4], seed=1), data.stilled(real[:4], seed=1)
    assert not np.array_equal(mixed, real[:4])
    np.testing.assert_allclose(np.sort(mixed.sum(axis=(2, 3, 4))), np.sort(real[:4].sum(axis=(2, 3, 4))))
    assert np.ptp(still, axis=1).max() == 0
    assert all((clip[0] == frames).all(axis=(1, 2, 3)).any() for clip, frames in zip(still, real, strict=False))
    np.testing.assert_array_equal(mixed, data.shuffled(real[:4], seed=1))


def test_the_middle_of_the_ink():
    clip = np.full((1, 2, 20, 30, 1), -1, np.float32)
    clip[0, 0, 4:7, 10:13] = 1
    clip[0, 1, 4:7, 14:17] = 1
    np.testing.assert_allclose(evaluation.centroids(clip)[0], [[5, 11], [5, 15]], atol=1e-4)
    np.testing.assert_allclose(evaluation.speeds(clip), [[4]], atol=1e-4)


def test_identity_of_real_melting_and_broken_digits(real):
    assert evaluation.constancy(real).mean() > 0.95
    half = real[:32].copy()
    half[:, 8:] = real[32:64, 8:]  # another digit from the middle on
    assert 0.45 < evaluation.constancy(half).mean() < 0.75
    mixed = real.reshape(-1, 1, 32, 32, 1)[np.random.default_rng(0).permutation(len(real) * 16)].reshape(real.shape)
    assert evaluation.constancy(mixed).mean() < 0.45


def test_frames_are_measured_without_their_order(real):
    one, other = real[:64], real[64:]
    floor = evaluation.frame_distance(one, other, "mnist")
    for change in (data.shuffled, data.stilled):
        assert evaluation.frame_distance(change(one), other, "mnist") < 2 * floor, change
    grey = np.clip(one + np.random.default_rng(0).normal(0, 0.3, one.shape), -1, 1)
    assert evaluation.frame_distance(grey, other, "mnist") > 2 * floor


def test_frames_of_people_are_seen_by_the_network_for_photographs():
    people = data.load("human_actions", source="embedded", hop=16).x
    worse = np.repeat(np.repeat(people[:, :, ::2, ::2], 2, axis=2), 2, axis=3)
    floor = evaluation.frame_distance(people[::2], people[1::2])
    assert evaluation.frame_distance(worse[::2], people[1::2]) > 2 * floor
    with pytest.raises(ValueError, match=r"expected \(32, 32, 3\) or larger"):
        evaluation.frame_distance(people[..., :1], people)


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        (np.zeros((2, 4, 8, 8)), "expected .n, frames, height, width, channels"),
        (np.zeros((2, 1, 8, 8, 1)), "two frames or more"),
        (np.full((2, 4, 8, 8, 1), 2.0), r"expected \[-1, 1\]"),
        (np.full((2, 4, 8, 8, 1), np.nan), "NaN"),
    ],
)
def test_what_is_no_clips_is_refused(clips, message):
    for measure in (evaluation.frame_differences, evaluation.optical_flow, evaluation.centroids, evaluation.constancy):
        with pytest.raises(ValueError, match=message):
            measure(clips)


def test_comparisons_that_mean_nothing_are_refused(real):
    with pytest.raises(ValueError, match="as real has"):
        evaluation.motion_distance(real[:4, :8], real[4:8])
    with pytest.raises(ValueError, match="do not move"):
        evaluation.motion_distance(real[:4], data.stilled(real[4:8]))
    with pytest.raises(ValueError, match="channels, expected 1"):
        evaluation.constancy(np.zeros((2, 4, 32, 32, 3), np.float32))
