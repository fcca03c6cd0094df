"""Judging and choosing: copies are found, duplicates dropped, and the trade of sureness for variety is real."""

import numpy as np
import pytest
from tests.helpers import tiny_library as toys

from gan_course import library as lib
from gan_course.library.candidates import joined


def test_distances_are_in_units_of_the_real_samples():
    real = toys.real()
    judge = lib.Judge(toys.look, real, space="toys")
    scores = judge(real.x, real.labels)
    np.testing.assert_allclose(scores.nearest, 0, atol=1e-4)  # each is itself a training sample
    np.testing.assert_array_equal(scores.nearest_index, np.arange(60))
    features = toys.look(real.x)[0]
    apart = np.linalg.norm(features[:, None] - features[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert judge.unit == pytest.approx(np.median(apart.min(axis=1)), rel=1e-4)
    assert judge.limit == pytest.approx(np.quantile(apart.min(axis=1), 0.01) / judge.unit, rel=1e-4)


def test_confidence_is_of_the_class_that_was_asked_for():
    real = toys.real(30)
    right, wrong = (toys.judge()(real.x, (real.labels + shift) % 3) for shift in (0, 1))
    assert (right.named == real.labels).mean() > 0.9
    assert right.confidence.mean() > 0.7 > 0.3 > wrong.confidence.mean()
    free = toys.judge()(real.x)
    np.testing.assert_array_equal(free.confidence, toys.look(real.x)[1].max(axis=1))


def test_batches_do_not_change_the_candidates():
    whole, parts = (
        lib.candidates(toys.maker(), toys.judge(), 31, 4, batch_size=size, progress=False) for size in (100, 7)
    )
    np.testing.assert_array_equal(whole.latents, parts.latents)
    np.testing.assert_allclose(whole.scores.confidence, parts.scores.confidence)
    np.testing.assert_array_equal(whole.classes, np.arange(31) % 3)
    more = lib.candidates(toys.maker(), toys.judge(), 50, 4, progress=False)
    np.testing.assert_array_equal(more.latents[:31], whole.latents)  # a seed and a place are enough


def found_of(features, confidence, labels=None, nearest=None, realism=None):
    n = len(features)
    labels = np.zeros(n, np.int32) if labels is None else np.asarray(labels)
    scores = lib.Scores(np.asarray(features, np.float32), labels, np.asarray(confidence), realism, nearest)
    return lib.Candidates(toys.maker(), np.zeros((n, 4), np.float32), labels, scores, 0)


def plain_judge(limit=0.5):
    return lib.Judge(toys.look, space="toys", limit=limit)


def test_each_fate():
    features = [[0, 0], [0.1, 0], [3, 0], [6, 0], [9, 0], [12, 0]]
    found = found_of(features, [0.99, 0.98, 0.97, 0.2, 0.95, 0.94], nearest=np.array([1, 1, 0.1, 1, 1, 1]))
    choice = lib.choose(found, plain_judge(), 2)
    assert choice.fate.tolist() == ["kept", "duplicate", "copy", "unsure", "kept", "surplus"]
    assert choice.counts() == {"kept": 2, "unsure": 1, "copy": 1, "duplicate": 1, "surplus": 1}
    assert choice.diversity == {"dot": pytest.approx(9.0)} and "2 kept" in str(choice)
    np.testing.assert_array_equal(choice.kept, [0, 4])


def test_classes_are_chosen_apart():
    found = found_of([[0, 0], [0, 0], [1, 0]], [0.95, 0.99, 0.91], labels=[0, 1, 1])
    assert lib.choose(found, plain_judge(), 1).fate.tolist() == ["kept", "kept", "surplus"]


def test_realism_counts_where_there_is_a_discriminator():
    realism = np.array([0.9, 0.1])
    found = found_of([[0, 0], [5, 0]], [0.95, 0.99], realism=realism)
    assert lib.choose(found, plain_judge(), 2, realism=0.5).fate.tolist() == ["kept", "unsure"]
    with pytest.raises(ValueError, match="no discriminator"):
        lib.choose(found_of([[0, 0]], [1.0]), plain_judge(), 2, realism=0.5)
    critic = toys.judge(critic=lambda samples, labels: np.full((len(samples), 1), 0.25))
    assert critic(toys.real(5).x).realism.tolist() == [0.25] * 5


def test_variety_buys_diversity_with_sureness():
    random = np.random.default_rng(0)
    features = random.standard_normal((300, 6))
    confidence = 1 - 0.01 * np.linalg.norm(features, axis=1)  # the ordinary ones are the surest
    found = found_of(features, confidence)
    spread, sure = [], []
    for variety in (0.0, 0.5, 1.0):
        choice = lib.choose(found, plain_judge(0.1), 12, variety=variety)
        assert len(choice.kept) == 12
        spread.append(choice.diversity["dot"])
        sure.append(confidence[choice.kept].mean())
    assert spread[0] < spread[1] < spread[2] and sure[0] > sure[1] > sure[2]
    assert set(lib.choose(found, plain_judge(0.0), 12).kept) == set(np.argsort(-confidence)[:12])


def test_diversity_is_compared_with_the_real_samples_of_the_class():
    judge, real = toys.judge(limit=0.0), toys.real()
    scores = joined([judge(real.x[:30], real.labels[:30]), judge(real.x[30:], real.labels[30:])])
    found = lib.Candidates(toys.maker(), np.zeros((60, 4), np.float32), real.labels, scores)
    choice = lib.choose(found, judge, 100, confidence=0.0)
    assert len(choice.kept) == 60 and all(value == pytest.approx(1.0) for value in choice.diversity.values())
    assert judge.spread(7) is None and plain_judge().spread(0) is None


@pytest.mark.data
def test_a_planted_copy_is_found_among_digits():
    from gan_course import data

    digits = data.load("mnist").take(1_500)
    judge = lib.Judge("mnist", digits)
    faint = np.clip(digits.x[:20] + np.random.default_rng(0).normal(0, 0.02, (20, 28, 28, 1)), -1, 1)
    copies = judge(faint.astype(np.float32), digits.labels[:20])
    fresh = judge(data.load("mnist", "test").take(200).x)
    assert (copies.nearest < judge.limit).all() and (copies.nearest_index == np.arange(20)).all()
    assert (fresh.nearest < judge.limit).mean() < 0.1


@pytest.mark.parametrize("name", ["confidence", "realism", "variety"])
def test_parts_lie_between_0_and_1(name):
    with pytest.raises(ValueError, match=f"{name}: got 1.5, expected 0 to 1"):
        lib.choose(found_of([[0, 0]], [1.0]), plain_judge(), 1, **{name: 1.5})


def test_shipped_makers_say_what_they_make():
    assert lib.shipped("moving_digits").rate == 10 and lib.shipped("human_actions").rate == 12.5
    with pytest.raises(ValueError, match="'dialogue', which makes texts, expected one that makes images"):
        lib.shipped("dialogue")
