"""The blind test and its arithmetic, without a browser."""

import math

import numpy as np
import pytest
import scipy.stats

from gan_course import evaluation, show


def samples(n=40, value=0.5, shape=(6, 6, 1)):
    """Sample i has its own tone, so that it can be found again."""
    return (np.full((n, *shape), value) + np.arange(n).reshape(-1, *(1,) * len(shape)) / 1000).astype(np.float32)


def is_real(sample):
    return sample.mean() > 0


# Arithmetic ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("right", "answers"), [(14, 20), (0, 5), (5, 5), (501, 1000)])
def test_the_interval_is_wilsons(right, answers):
    found = evaluation.opinion(right, answers)
    z, p = scipy.stats.norm.isf(0.025), right / answers
    middle = (p + z**2 / (2 * answers)) / (1 + z**2 / answers)
    half = z / (1 + z**2 / answers) * math.sqrt(p * (1 - p) / answers + z**2 / (4 * answers**2))
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-9)
    assert found.share == p and found.p_value == pytest.approx(scipy.stats.binomtest(right, answers).pvalue)


def test_an_opinion_says_whether_guessing_is_ruled_out():
    assert evaluation.opinion(14, 20).guessing and not evaluation.opinion(70, 100).guessing
    assert str(evaluation.opinion(14, 20)) == "14 of 20 right: 70%, 95% interval 48% to 85%; guessing is not ruled out"
    assert "not by guessing" in str(evaluation.opinion(70, 100))
    wide, narrow = evaluation.opinion(14, 20, 0.99), evaluation.opinion(14, 20, 0.8)
    assert wide.low < narrow.low < 0.7 < narrow.high < wide.high


def power(n, share, level=0.95):
    """Chance that a two-sided binomial test notices, by going through all results; a few for speed."""
    p = scipy.stats.binom.pmf(np.arange(n + 1), n, share)
    guessed = scipy.stats.binom(n, 0.5)
    # Both tails hold no more than half of what is left of the level.
    noticed = [min(guessed.cdf(k), guessed.sf(k - 1)) <= (1 - level) / 2 for k in range(n + 1)]
    return p[noticed].sum()


@pytest.mark.parametrize("share", [0.9, 0.75, 0.65, 0.3])
def test_the_number_of_answers_is_the_first_from_which_on_the_power_suffices(share):
    n = evaluation.answers_needed(share)
    assert power(n - 1, share) < 0.8
    assert all(power(m, share) >= 0.8 for m in range(n, n + 40))
    assert n == evaluation.answers_needed(1 - share)


def test_finer_questions_take_more_answers():
    needed = [evaluation.answers_needed(share) for share in (0.8, 0.7, 0.6, 0.55)]
    assert needed == sorted(needed)
    # The text book's normal approximation.
    about = ((1.96 * 0.5 + 0.8416 * math.sqrt(0.55 * 0.45)) / 0.05) ** 2
    assert needed[-1] == pytest.approx(about, rel=0.06)
    assert evaluation.answers_needed(0.6, power=0.95) > needed[2] < evaluation.answers_needed(0.6, level=0.99)


# The test ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pairs", [False, True])
def test_half_is_real_in_a_hidden_order(pairs):
    test = evaluation.BlindTest(samples(), samples(value=-0.5), 20, pairs=pairs, seed=3)
    shown = []
    while not test.done:
        shown.append(test.shown())
        test.answer("left" if pairs else "real")
    real = [[is_real(sample) for sample in group] for group in shown]
    assert all(group.shape == ((2, 6, 6, 1) if pairs else (1, 6, 6, 1)) for group in shown)
    firsts = [group[0] for group in real]
    assert sum(firsts) == 10 and firsts != sorted(firsts) and firsts != sorted(firsts, reverse=True)
    assert not pairs or all(a != b for a, b in real)
    assert test.result().right == 10 and len(test) == 20
    # No sample is shown twice.
    tones = np.concatenate(shown).mean(axis=(1, 2, 3)).round(4)
    assert len(set(tones.tolist())) == len(tones)
    again = evaluation.BlindTest(samples(), samples(value=-0.5), 20, pairs=pairs, seed=3)
    np.testing.assert_array_equal(again.shown(), shown[0])


@pytest.mark.parametrize(("pairs", "n"), [(False, 20), (True, 21)])
def test_somebody_who_knows_is_always_right(pairs, n):
    test = evaluation.BlindTest(samples(), samples(value=-0.5), n, pairs=pairs)
    while not test.done:
        test.answer(("left" if pairs else "real") if is_real(test.shown()[0]) else ("right" if pairs else "generated"))
    assert (test.result().right, test.result().answers) == (n, n)
    if not pairs:
        assert test.taken_for_real() == {"real": 1.0, "generated": 0.0}


def test_somebody_who_believes_all_is_found_out():
    test = evaluation.BlindTest(samples(), samples(value=-0.5), 20)
    for _ in range(20):
        test.answer("real")
    assert test.result().share == 0.5 and test.taken_for_real() == {"real": 1.0, "generated": 1.0}


def test_a_result_before_the_end_counts_what_was_answered():
    test = evaluation.BlindTest(samples(), samples(value=-0.5), 20, pairs=True)
    for _ in range(3):
        test.answer("left" if is_real(test.shown()[0]) else "right")
    assert (test.result().right, test.result().answers) == (3, 3) and not test.done


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: evaluation.opinion(1, 0), "answers: got 0"),
        (lambda: evaluation.opinion(6, 5), "right: got 6, expected a whole number from 0 to 5"),
        (lambda: evaluation.opinion(1, 5, 95), "level: got 95"),
        (lambda: evaluation.answers_needed(0.5), "share: got 0.5"),
        (lambda: evaluation.answers_needed(1.2), "share: got 1.2"),
        (lambda: evaluation.answers_needed(0.6, power=1), "power: got 1"),
        (lambda: evaluation.BlindTest(samples(), samples(), 7), "n: got 7, expected an even number"),
        (lambda: evaluation.BlindTest(samples(), samples(shape=(5, 5, 1))), r"generated: got shape \(40, 5, 5, 1\)"),
        (lambda: evaluation.BlindTest(samples(), samples(5)), "generated: got 5 samples, expected at least 10"),
        (
            lambda: evaluation.BlindTest(samples(5), samples(), 6, pairs=True),
            "real: got 5 samples, expected at least 6",
        ),
        (
            lambda: evaluation.BlindTest(samples(), samples()).answer("left"),
            "says: got 'left', expected 'real' or 'generated'",
        ),
        (lambda: evaluation.BlindTest(samples(), samples()).result(), "answers: got 0"),
        (lambda: evaluation.BlindTest(samples(), samples(), pairs=True).taken_for_real(), "single samples"),
    ],
)
def test_bad_input_is_named(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_a_finished_test_takes_no_answer():
    test = evaluation.BlindTest(samples(), samples(), 2)
    test.answer("real")
    test.answer("real")
    with pytest.raises(ValueError, match="all 2 questions have been answered"):
        test.answer("real")


# Buttons -------------------------------------------------------------------------------------------------------------


def test_the_buttons_answer_and_the_last_one_shows_the_result():
    test = evaluation.BlindTest(samples(), samples(value=-0.5), 4, pairs=True)
    box = test.widget(lambda pair: show.grid(pair, columns=2, size=1.0))
    sample, line, buttons = box.children
    assert [button.description for button in buttons.children] == ["left", "right"]
    assert line.value.startswith("1 of 4") and bytes(sample.children[0].value).startswith(b"\x89PNG")
    first = bytes(sample.children[0].value)
    for i in range(4):
        assert len(test.given) == i and not buttons.children[0].disabled
        buttons.children[0 if is_real(test.shown()[0]) else 1].click()
        assert test.done or bytes(sample.children[0].value) != first
    assert line.value.startswith("4 of 4 right") and not sample.children
    assert all(button.disabled for button in buttons.children)


def test_sounds_and_films_are_shown_as_what_they_are():
    from IPython.display import HTML, Image
    from matplotlib import pyplot as plt

    test, before = evaluation.BlindTest(samples(), samples(), 2), plt.get_fignums()
    assert test.widget(lambda x: HTML("<audio>")).children[0].children[0].value == "<audio>"
    film = test.widget(lambda x: Image(data=b"GIF89a", format="gif")).children[0].children[0]
    assert (bytes(film.value), film.format) == (b"GIF89a", "gif")
    with pytest.raises(TypeError, match="draw: gave int"):
        test.widget(len)
    test.widget(lambda x: show.grid(x))
    assert plt.get_fignums() == before
