"""Scoring and choosing: copies are found, duplicates dropped, and the trade of sureness for variety is real."""

import types

import numpy as np
import pytest
from tests.helpers import tiny_library as toys

from gan_course import audio, data, pretrained
from gan_course import library as lib
from gan_course.library.candidates import joined


def test_distances_are_in_units_of_the_real_samples():
    real = toys.real()
    scorer = lib.Scorer(toys.look, real, space="toys")
    scores = scorer(real.x, real.labels)
    np.testing.assert_allclose(scores.nearest, 0, atol=1e-4)  # each is itself a training sample
    np.testing.assert_array_equal(scores.original, np.arange(60))
    np.testing.assert_allclose(scores.difference, 0, atol=2e-3)
    features = toys.look(real.x)[0]
    apart = np.linalg.norm(features[:, None] - features[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert scorer.unit == pytest.approx(np.median(apart.min(axis=1)), rel=1e-4)
    assert scorer.limit == pytest.approx(np.quantile(apart.min(axis=1), 0.01) / scorer.unit, rel=1e-4)


def test_confidence_is_of_the_class_that_was_asked_for():
    real = toys.real(30)
    right, wrong = (toys.scorer()(real.x, (real.labels + shift) % 3) for shift in (0, 1))
    assert (right.named == real.labels).mean() > 0.9
    assert right.confidence.mean() > 0.7 > 0.3 > wrong.confidence.mean()
    free = toys.scorer()(real.x)
    np.testing.assert_array_equal(free.confidence, toys.look(real.x)[1].max(axis=1))


def test_batches_do_not_change_the_candidates():
    whole, parts = (
        lib.candidates(toys.maker(), toys.scorer(), 31, 4, batch_size=size, progress=False) for size in (100, 7)
    )
    np.testing.assert_array_equal(whole.latents, parts.latents)
    np.testing.assert_allclose(whole.scores.confidence, parts.scores.confidence)
    np.testing.assert_array_equal(whole.classes, np.arange(31) % 3)
    more = lib.candidates(toys.maker(), toys.scorer(), 50, 4, progress=False)
    np.testing.assert_array_equal(more.latents[:31], whole.latents)  # a seed and a place are enough


def found_of(features, confidence, labels=None, difference=None, realism=None):
    n = len(features)
    labels = np.zeros(n, np.int32) if labels is None else np.asarray(labels)
    scores = lib.Scores(np.asarray(features, np.float32), labels, np.asarray(confidence), realism, None, difference)
    return lib.Candidates(toys.maker(), np.zeros((n, 4), np.float32), labels, scores, 0)


def plain_scorer(limit=0.5):
    scorer = lib.Scorer(toys.look, space="toys", limit=limit)
    scorer.copies = types.SimpleNamespace(limit=0.5)
    return scorer


def test_each_fate():
    features = [[0, 0], [0.1, 0], [3, 0], [6, 0], [9, 0], [12, 0]]
    found = found_of(features, [0.99, 0.98, 0.97, 0.2, 0.95, 0.94], difference=np.array([1, 1, 0.1, 1, 1, 1]))
    choice = lib.choose(found, plain_scorer(), 2)
    assert choice.fate.tolist() == ["kept", "duplicate", "copy", "unsure", "kept", "surplus"]
    assert choice.counts() == {"kept": 2, "unsure": 1, "copy": 1, "duplicate": 1, "surplus": 1}
    assert choice.diversity == {"dot": pytest.approx(9.0)} and "2 kept" in str(choice)
    np.testing.assert_array_equal(choice.kept, [0, 4])


def test_what_is_known_counts_as_kept():
    found = found_of([[0, 0], [0.1, 0], [3, 0], [6, 0]], [0.99, 0.98, 0.97, 0.96])
    known = {"dot": np.array([[0.0, 0.3]], np.float32), "other": np.array([[3.0, 0.0]], np.float32)}
    choice = lib.choose(found, plain_scorer(), 2, known=known)
    assert choice.fate.tolist() == ["duplicate", "duplicate", "kept", "kept"]
    assert lib.choose(found, plain_scorer(), 1, variety=1.0, known=known).kept.tolist() == [3]  # the farthest from it


def test_classes_are_chosen_apart():
    found = found_of([[0, 0], [0, 0], [1, 0]], [0.95, 0.99, 0.91], labels=[0, 1, 1])
    assert lib.choose(found, plain_scorer(), 1).fate.tolist() == ["kept", "kept", "surplus"]


def test_realism_counts_where_there_is_a_discriminator():
    realism = np.array([0.9, 0.1])
    found = found_of([[0, 0], [5, 0]], [0.95, 0.99], realism=realism)
    assert lib.choose(found, plain_scorer(), 2, realism=0.5).fate.tolist() == ["kept", "unsure"]
    with pytest.raises(ValueError, match="no discriminator"):
        lib.choose(found_of([[0, 0]], [1.0]), plain_scorer(), 2, realism=0.5)
    critic = toys.scorer(critic=lambda samples, labels: np.full((len(samples), 1), 0.25))
    assert critic(toys.real(5).x).realism.tolist() == [0.25] * 5


def test_variety_buys_diversity_with_sureness():
    random = np.random.default_rng(0)
    features = random.standard_normal((300, 6))
    confidence = 1 - 0.01 * np.linalg.norm(features, axis=1)  # the ordinary ones are the surest
    found = found_of(features, confidence)
    spread, sure = [], []
    for variety in (0.0, 0.5, 1.0):
        choice = lib.choose(found, plain_scorer(0.1), 12, variety=variety)
        assert len(choice.kept) == 12
        spread.append(choice.diversity["dot"])
        sure.append(confidence[choice.kept].mean())
    assert spread[0] < spread[1] < spread[2] and sure[0] > sure[1] > sure[2]
    assert set(lib.choose(found, plain_scorer(0.0), 12).kept) == set(np.argsort(-confidence)[:12])


def test_diversity_is_compared_with_the_real_samples_of_the_class():
    scorer, real = toys.scorer(limit=0.0), toys.real()
    scores = joined([scorer(real.x[:30], real.labels[:30]), scorer(real.x[30:], real.labels[30:])])
    found = lib.Candidates(toys.maker(), np.zeros((60, 4), np.float32), real.labels, scores)
    choice = lib.choose(found, scorer, 100, confidence=0.0, copies=0.0)
    assert len(choice.kept) == 60 and all(value == pytest.approx(1.0) for value in choice.diversity.values())
    assert scorer.spread(7) is None and plain_scorer().spread(0) is None


def moved(x, down, right):
    """Pictures ``(n, H, W, C)`` moved by up to two pixels; what was at the edge is repeated."""
    wide = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    return wide[:, 2 - down : wide.shape[1] - 2 - down, 2 - right : wide.shape[2] - 2 - right]


def noise(x):
    return np.random.default_rng(0).normal(0, 0.02, x.shape)


CHANGES = {
    "noise": lambda x: x + noise(x),
    "moved": lambda x: moved(x, 2, -1),
    "mirrored": lambda x: x[:, :, ::-1],
    "mirrored, moved, with noise": lambda x: moved(x[:, :, ::-1], -2, 2) + noise(x),
    "darker": lambda x: 0.7 * x - 0.2,
}


@pytest.mark.data
@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_copies_are_found_though_moved_or_mirrored_and_unseen_pictures_are_not(name):
    real, unseen = data.load(name).take(1_500), data.load(name, "test").take(1_000)
    test = lib.CopyTest(real.x)
    for change, made in CHANGES.items():
        difference, original = test(np.clip(made(real.x[:100]), -1, 1).astype(np.float32))
        assert np.mean(difference < test.limit) >= 0.95, change
        assert np.mean(original == np.arange(100)) >= 0.95, change
    assert np.mean(test(unseen.x)[0] < test.limit) <= 0.03


@pytest.mark.data
def test_a_scorer_leaves_copies_to_the_copy_test():
    digits = data.load("mnist").take(1_500)
    scorer = lib.Scorer("mnist", digits)
    scores = scorer(moved(digits.x[:50], 1, 0), digits.labels[:50])
    found = lib.Candidates(lib.shipped("mnist_conditional"), np.zeros((50, 64), np.float32), digits.labels[:50], scores)
    assert lib.choose(found, scorer, 50, confidence=0.0).counts()["copy"] == 50
    assert lib.choose(found, scorer, 50, confidence=0.0, copies=0.0).counts()["copy"] == 0
    assert lib.Scorer("mnist", digits, copies=False)(digits.x[:5]).difference is None


def test_clips_are_compared_frame_by_frame():
    random = np.random.default_rng(0)
    clips = random.uniform(-1, 1, (12, 3, 16, 16, 1)).astype(np.float32)
    difference, original = lib.CopyTest(clips)(np.roll(clips[:4], 1, axis=3))
    assert difference.max() < 1e-3 and original.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["confidence", "realism", "variety"])
def test_parts_lie_between_0_and_1(name):
    with pytest.raises(ValueError, match=f"{name}: got 1.5, expected 0 to 1"):
        lib.choose(found_of([[0, 0]], [1.0]), plain_scorer(), 1, **{name: 1.5})


def test_shipped_makers_say_what_they_make():
    assert lib.shipped("moving_digits").rate == 10 and lib.shipped("human_actions").rate == 12.5
    with pytest.raises(ValueError, match="'dialogue', which makes texts, expected one that makes images"):
        lib.shipped("dialogue")


def test_a_digit_of_the_library_sounds_as_by_sample_audio():
    maker = lib.shipped("spoken_digits_mel")
    pictures = pretrained.sample("spoken_digits_mel", 2, [3, 8], seed=1)
    np.testing.assert_array_equal(maker.finish(pictures), pretrained.spoken(pictures))
    np.testing.assert_array_equal(pretrained.sample_audio(2, [3, 8], seed=1)[0], pretrained.spoken(pictures, seed=1))
    assert np.abs(pretrained.spoken(pictures) - audio.to_waveform(pictures)).max() > 0.01  # the bands are sharpened
