"""Measures of generated texts: are they right, are they new, are they different from each other?

All functions take texts, and see the words and the punctuation of :func:`gan_course.data.split_words`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence

import numpy as np

from gan_course.dialogue.tokens import split_words
from gan_tf.checks import whole

Ngram = tuple[str, ...]


def ngrams(text: str, n: int) -> Counter[Ngram]:
    """How often each run of ``n`` words comes in a text.

    Raises:
        ValueError: ``n`` is below one.
    """
    return _runs(split_words(text), whole("n", n, 1))


def _runs(words: Sequence[str], n: int) -> Counter[Ngram]:
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))


def text_share(texts: Sequence[str], good: Callable[[str], bool]) -> float:
    """The share of the texts for which ``good`` is true, 0 to 1; for example those that a grammar accepts.

    Raises:
        ValueError: no texts.
    """
    return float(np.mean([bool(good(text)) for text in _some("texts", texts)]))


def novelty(texts: Sequence[str], known: Collection[str]) -> float:
    """The share of the texts that are not among the known ones, 0 to 1. Capitals and spaces do not count.

    Args:
        texts: generated texts.
        known: the texts of the training set.

    Raises:
        ValueError: no texts.
    """
    seen = {tuple(split_words(text)) for text in known}
    return text_share(texts, lambda text: tuple(split_words(text)) not in seen)


def bleu(text: str, references: Sequence[str], n: int = 4) -> float:
    """How far the runs of one to ``n`` words of a text also come in the references, 0 to 1 (Papineni et al. 2002).

    The geometric mean of the clipped precisions of the runs, times a penalty for texts shorter than the reference of
    the nearest length. Without a word in common it is 0; for longer runs no match counts as 0.1 of one, as in method 1
    of Chen and Cherry 2014, and as nltk does both. A text shorter than ``n`` words is compared by the runs that it has.

    Raises:
        ValueError: no references, an empty text, or ``n`` is below one.
    """
    return _bleus([text], _some("references", references), n)[0]


def self_bleu(texts: Sequence[str], n: int = 4) -> float:
    """The mean BLEU of each text with all others as its references (Zhu et al. 2018): 1 if all are the same.

    The more varied the texts, the smaller it is. It grows with the number of texts: compare at equal numbers only.

    Raises:
        ValueError: fewer than two texts, an empty one, or ``n`` is below one.
    """
    texts = _some("texts", texts, 2)
    return float(np.mean(_bleus(texts, None, n)))


def _bleus(texts: Sequence[str], references: Sequence[str] | None, n: int) -> list[float]:
    """BLEU of each text; without references the others are."""
    whole("n", n, 1)
    lengths = np.array([len(split_words(text)) for text in texts])
    if not lengths.all():
        raise ValueError(f"texts: number {int((lengths == 0).argmax())} is empty")
    counts = [[ngrams(text, k) for k in range(1, n + 1)] for text in texts]
    others = counts if references is None else [[ngrams(r, k) for k in range(1, n + 1)] for r in references]
    other_lengths = lengths if references is None else np.array([len(split_words(r)) for r in references])
    # The largest and the second largest count of each run among the references: a text that is a reference itself
    # must not see its own.
    best: list[dict[Ngram, tuple[int, int, int]]] = [{} for _ in range(n)]
    for owner, parts in enumerate(others):
        for table, part in zip(best, parts, strict=True):
            for run, number in part.items():
                first, who, second = table.get(run, (0, -1, 0))
                table[run] = (number, owner, first) if number > first else (first, who, max(second, number))
    scores = []
    for i, (parts, length) in enumerate(zip(counts, lengths, strict=True)):
        own = i if references is None else -2
        logs = []
        for table, part in zip(best, parts, strict=True):
            if not part:
                break
            matched = 0
            for run, number in part.items():
                first, who, second = table.get(run, (0, -1, 0))
                matched += min(number, second if who == own else first)
            if not matched and not logs:  # not even a word
                logs = [-math.inf]
                break
            logs.append(math.log((matched or 0.1) / part.total()))
        allowed = np.delete(other_lengths, i) if references is None else other_lengths
        # Of two equally near lengths the shorter one counts.
        nearest = min(allowed, key=lambda other, length=length: (abs(other - length), other))
        penalty = min(0.0, 1.0 - nearest / length)
        scores.append(math.exp(penalty + sum(logs) / len(logs)))
    return scores


def ngram_divergence(texts: Sequence[str], others: Sequence[str], n: int = 2) -> float:
    """Jensen-Shannon divergence between how often runs of ``n`` words come in two sets of texts, in bits: 0 to 1.

    The beginning and the end of a text count as words. Few texts make it larger, since rare runs are missed: compare at
    equal numbers, and with what two real sets of that size reach.

    Raises:
        ValueError: a set without texts, or ``n`` is below one.
    """
    from scipy.spatial.distance import jensenshannon

    whole("n", n, 1)
    tables = []
    for name, texts_of in (("texts", texts), ("others", others)):
        table: Counter[Ngram] = Counter()
        for text in _some(name, texts_of):
            table.update(_runs(["<", *split_words(text), ">"], n))
        tables.append(table)
    keys = sorted(set(tables[0]) | set(tables[1]))
    p, q = ([table[key] for key in keys] for table in tables)
    return float(jensenshannon(p, q, base=2) ** 2)


def _some(name: str, texts: Sequence[str], least: int = 1) -> Sequence[str]:
    if isinstance(texts, str) or len(texts) < least:
        came = repr(texts) if isinstance(texts, str) else len(texts)
        raise ValueError(f"{name}: got {came}, expected at least {least} text{'s' * (least > 1)} in a list")
    return texts
