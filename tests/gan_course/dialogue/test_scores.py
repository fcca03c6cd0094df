"""Measures of texts, against numbers computed by hand."""

import math

import pytest

from gan_course import evaluation


def test_bleu_by_hand():
    # "the cat the cat on the mat": the counts of Papineni et al. 2002, clipped by the one reference.
    text, reference = "the cat the cat on the mat", "the cat is on the mat"
    # runs of 1: the 2 of 3, cat 1 of 2, on 1, mat 1: 5 of 7; of 2: the cat 1 of 2, on the, the mat: 3 of 6
    # of 3: on the mat: 1 of 5; of 4: none, counted as 0.1 of 4; the text is longer than the reference: no penalty
    expected = (5 / 7 * 3 / 6 * 1 / 5 * 0.1 / 4) ** (1 / 4)
    assert evaluation.bleu(text, [reference]) == pytest.approx(expected, rel=1e-12)
    assert evaluation.bleu(text, [reference], n=2) == pytest.approx(math.sqrt(5 / 7 * 3 / 6))


def test_bleu_without_a_word_in_common_is_zero_and_with_one_is_not():
    assert evaluation.bleu("a dog ran off", ["the cat is on the mat"]) == 0  # as nltk.translate.bleu_score says
    found = evaluation.bleu("a cat ran off", ["the cat is here"])
    assert found == pytest.approx((1 / 4 * 0.1 / 3 * 0.1 / 2 * 0.1 / 1) ** (1 / 4))


def test_bleu_penalises_short_texts_and_takes_the_nearest_length():
    # "the cat" against six words: every run is right; exp(1 - 6 / 2). With a reference of three words: exp(1 - 3 / 2).
    assert evaluation.bleu("the cat", ["the cat is on the mat"]) == pytest.approx(math.exp(-2))
    assert evaluation.bleu("the cat", ["the cat is on the mat", "a dog ran"]) == pytest.approx(math.exp(-0.5))
    assert evaluation.bleu("The cat.", ["the cat ."]) == pytest.approx(1.0)


def test_self_bleu_is_the_mean_of_each_against_the_others():
    texts = ["the train is late .", "the train is here .", "where is the map ?", "the train is late ."]
    each = [evaluation.bleu(text, texts[:i] + texts[i + 1 :]) for i, text in enumerate(texts)]
    assert evaluation.self_bleu(texts) == pytest.approx(sum(each) / 4, rel=1e-12)
    assert each[0] == pytest.approx(1.0)  # its twin is among the others
    assert evaluation.self_bleu(["the train is late ."] * 5) == pytest.approx(1.0)
    assert evaluation.self_bleu(["a b c d", "e f g h"]) == 0
    # A text that repeats a run is clipped by the others' count, not by its own.
    assert evaluation.self_bleu(["no no no", "no"], n=1) == pytest.approx((1 / 3 + math.exp(1 - 3)) / 2)


def test_divergence_by_hand():
    assert evaluation.ngram_divergence(["a b"], ["a b"], 2) == pytest.approx(0.0)
    assert evaluation.ngram_divergence(["a b"], ["c d"], 1) == pytest.approx(
        0.5
    )  # the two marks of the ends are shared
    # One word each with the ends: < a, a > against < a, a >, < b, b >; p = (1/2, 1/2, 0, 0), q = (1/4, 1/4, 1/4, 1/4)
    p, q = (0.5, 0.5, 0, 0), (0.25,) * 4
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    expected = sum(a * math.log2(a / m) for r in (p, q) for a, m in zip(r, middle, strict=True) if a) / 2
    assert evaluation.ngram_divergence(["a"], ["a", "b"], 2) == pytest.approx(expected)


def test_shares():
    assert evaluation.text_share(["a", "b", "aa"], lambda text: "a" in text) == pytest.approx(2 / 3)
    assert evaluation.novelty(["Stop !", "Go!", "Go!"], {"stop!"}) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.self_bleu(["one"]), "texts: got 1, expected at least 2"),
        (lambda: evaluation.self_bleu("one two"), "texts: got 'one two'"),
        (lambda: evaluation.self_bleu(["one", ""]), "texts: number 1 is empty"),
        (lambda: evaluation.bleu("one", []), "references: got 0"),
        (lambda: evaluation.bleu("one", ["one"], n=0), "n: got 0"),
        (lambda: evaluation.ngram_divergence(["a"], [], 2), "others: got 0"),
        (lambda: evaluation.ngram_divergence(["a"], ["b"], 0), "n: got 0"),
        (lambda: evaluation.novelty([], {"a"}), "texts: got 0"),
    ],
)
def test_wrong_questions(call, message):
    with pytest.raises(ValueError, match=message):
        call()
