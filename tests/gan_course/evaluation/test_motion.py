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


def made_up(random, films, each, scale=1.0, repeat=1, labels=False):
    """Films of one made-up population: each has its own speed, and `each` windows that repeat it nearly."""
    kinds = np.arange(films) % 2 if labels else np.zeros(films, int)
    speeds = scale * np.exp(random.normal(0, 0.4, films))[:, None, None] * (1 + 9 * kinds[:, None, None])
    moves = speeds * (1 + 0.2 * random.random((films, each, 15)))
    moves = np.repeat(moves, repeat, axis=1).reshape(-1, 15)
    number, kinds = (np.repeat(x, each * repeat) for x in (np.arange(films), kinds))
    return evaluation.Movement(moves, moves, (16, 32, 32, 3), number, kinds if labels else None)


def width(interval):
    return interval.high - interval.low


def test_intervals_of_two_halves_of_a_population_begin_at_zero_and_those_of_others_hold_their_distance():
    random, zero, true = np.random.default_rng(0), 0, 0
    for trial in range(40):
        real = made_up(random, 14, 4)
        zero += evaluation.motion_interval(made_up(random, 14, 4), real, draws=40, seed=trial).flow.low == 0
        # Twice as fast: the distance of the two populations is 1.
        found = evaluation.motion_interval(made_up(random, 14, 4, scale=2.0), real, draws=40, seed=trial).difference
        true += found.low <= 1.0 <= found.high
    assert zero >= 32 and true >= 32


def test_windows_of_one_film_do_not_narrow_the_interval():
    random = np.random.default_rng(1)
    clips, real = made_up(random, 8, 2, 1.5, repeat=5), made_up(random, 8, 2, repeat=5)
    found = evaluation.motion_interval(clips, real, draws=100).flow
    once = [
        moves._replace(**{name: getattr(moves, name)[::5] for name in ("differences", "flow", "films")})
        for moves in (clips, real)
    ]
    assert evaluation.motion_interval(*once, draws=100).flow == pytest.approx(found, rel=1e-6)
    naive = evaluation.motion_interval(*(moves._replace(films=None) for moves in (clips, real)), draws=100).flow
    assert naive.value == found.value and width(found) > 1.5 * width(naive)


def test_each_draw_keeps_how_many_films_show_what():
    random = np.random.default_rng(2)
    clips, real = made_up(random, 12, 2, labels=True), made_up(random, 12, 2, labels=True)
    kept = evaluation.motion_interval(clips, real, draws=100).flow
    mixed = evaluation.motion_interval(*(moves._replace(labels=None) for moves in (clips, real)), draws=100).flow
    assert kept.value == mixed.value and width(kept) < 0.7 * width(mixed)


def test_pairs_of_the_same_films_are_drawn_together():
    real = made_up(np.random.default_rng(3), 10, 4)
    order = np.random.default_rng(4).permutation(40)
    fast = real._replace(flow=1.5 * real.flow[order], differences=real.differences[order], films=real.films[order])
    paired, loose = (evaluation.motion_interval(fast, real, paired=way, draws=100) for way in (True, False))
    assert paired.flow == (pytest.approx(0.5), pytest.approx(0.5), pytest.approx(0.5))
    assert paired.difference == (pytest.approx(0), pytest.approx(0), pytest.approx(0))
    assert width(loose.flow) > 0.3
    with pytest.raises(ValueError, match="paired: got clips of other films"):
        evaluation.motion_interval(fast._replace(films=real.films + 1), real, paired=True)


def test_still_shuffled_reversed_and_fast_clips_score_as_they_should(real):
    clips, films = real[:64], np.arange(64) // 2
    half = evaluation.movement(clips[:, :8], films=films)
    cases = {
        "forward": clips[:, :8],
        "reversed": clips[:, 7::-1],
        "stilled": data.stilled(clips[:, :8]),
        "shuffled": data.shuffled(clips[:, :8]),
        "fast": clips[:, ::2],
    }
    found = {
        name: evaluation.motion_interval(evaluation.movement(x, films=films), half, paired=True, draws=50)
        for name, x in cases.items()
    }
    assert found["forward"].flow.value == found["forward"].difference.value == 0
    # Backwards all lengths are those forwards; the flow is found anew, so only nearly.
    assert found["reversed"].flow.value < 0.1
    assert found["reversed"].difference.high < 1e-4 and found["reversed"].flow.low == 0
    assert found["stilled"] == ((pytest.approx(1), pytest.approx(1), pytest.approx(1)),) * 2
    assert all(found[name].flow.low > 0.5 and found[name].difference.low > 0.2 for name in ("shuffled", "fast"))


def test_films_and_labels_follow_the_clips_that_are_drawn(real):
    films = np.arange(12) // 2
    kept = evaluation.movement(real[:12], n=6, films=films, labels=films + 10)
    np.testing.assert_array_equal(kept.labels, kept.films + 10)
    for row, film in zip(kept.differences, kept.films, strict=True):
        same = evaluation.frame_differences(real[:12][films == film])
        assert np.isclose(same, row).all(axis=1).any()
    assert evaluation.movement(real[:3]).films is None


def test_intervals_that_mean_nothing_are_refused(real):
    moves = evaluation.movement(real[:4])
    with pytest.raises(ValueError, match=r"films: got int64 of shape .3,., expected 4 integers"):
        evaluation.movement(real[:4], films=np.arange(3))
    with pytest.raises(ValueError, match="labels: got float64"):
        evaluation.movement(real[:4], labels=np.ones(4))
    for clips, other, match in (
        (moves._replace(films=np.zeros(4, int)), moves, "clips: got clips of one film"),
        (moves, moves._replace(films=np.zeros(4, int)), "real: got clips of one film"),
        (moves, moves._replace(flow=0 * moves.flow), "do not move"),
        (moves._replace(shape=(8, 32, 32, 1)), moves, "as real has"),
    ):
        with pytest.raises(ValueError, match=match):
            evaluation.motion_interval(clips, other)
    with pytest.raises(ValueError, match="draws: got 5"):
        evaluation.motion_interval(moves, moves, draws=5)
    with pytest.raises(ValueError, match="level: got 95"):
        evaluation.motion_interval(moves, moves, level=95)


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
