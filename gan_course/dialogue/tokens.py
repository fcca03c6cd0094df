"""From text to whole numbers and back: words or characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from gan_tf.checks import nearest, one_of, whole

UNITS = ("words", "characters")
PAD = "·"  # What stands behind the end of a text. It is shown in no text, and no text may hold it.

_WORD = re.compile(r"\.\.\.|[^\W_]+(?:['’\-][^\W_]+)*|[^\w\s]|_")
_OPENING = frozenset("([{¿¡“‘")


def split_words(text: str) -> list[str]:
    """Words and punctuation, in small letters: ``"Oh no, wait..."`` to ``["oh", "no", ",", "wait", "..."]``."""
    return _WORD.findall(text.lower())


def joined(words: Iterable[str]) -> str:
    """Words as one text, as one would print it: a capital first, no space before a comma or a full stop."""
    text = ""
    for word in words:
        glue = "" if not text or text[-1] in _OPENING or not (word[0].isalnum() or word[0] in _OPENING) else " "
        text += glue + word
    return text[:1].upper() + text[1:]


class Vocabulary:
    """The words, or the characters, that a net knows. The first is the padding.

    Args:
        tokens: the words or characters; each once, and not the padding.
        unit: ``"words"`` or ``"characters"``.

    Raises:
        ValueError: none at all, one twice, the padding among them, or an unknown unit.
    """

    def __init__(self, tokens: Iterable[str], unit: str = "words"):
        self.unit = one_of("unit", unit, UNITS)
        self.tokens = (PAD, *tokens)
        if len(self.tokens) < 2 or len(set(self.tokens)) < len(self.tokens) or not all(self.tokens):
            raise ValueError(f"tokens: expected at least one, each once, none empty and none {PAD!r}")
        self._place = {token: place for place, token in enumerate(self.tokens)}

    @classmethod
    def of(cls, texts: Iterable[str], unit: str = "words") -> Vocabulary:
        """The vocabulary of some texts, sorted."""
        one_of("unit", unit, UNITS)
        return cls(sorted({token for text in texts for token in split(text, unit)} - {PAD}), unit)

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, texts: Sequence[str], length: int) -> np.ndarray:
        """Texts as int32 ``(n, length)``, padded at the end.

        Raises:
            ValueError: a text is empty, longer than ``length``, or holds what the vocabulary does not know.
        """
        whole("length", length, 1)
        x = np.zeros((len(texts), length), np.int32)
        for row, text in zip(x, texts, strict=True):
            tokens = split(text, self.unit)
            if not 1 <= len(tokens) <= length:
                raise ValueError(f"texts: {_cut(text)!r} has {len(tokens)} {self.unit}, expected 1 to {length}")
            for place, token in enumerate(tokens):
                if token not in self._place or token == PAD:
                    raise ValueError(
                        f"texts: {_cut(text)!r} holds {token!r}, which is not among the {len(self) - 1} {self.unit} "
                        f"of the training set{nearest(token, self.tokens[1:])}"
                    )
                row[place] = self._place[token]
        return x

    def decode(self, x: np.ndarray) -> list[str]:
        """Texts of tokens ``(n, length)`` or of one-hot vectors ``(n, length, len(self))``, up to the first padding.

        Raises:
            ValueError: another shape, or a token out of range.
        """
        x = np.asarray(x)
        if x.ndim == 3 and x.shape[2] == len(self):
            x = x.argmax(axis=2)
        if x.ndim != 2 or not np.issubdtype(x.dtype, np.integer):
            raise ValueError(
                f"x: got {x.dtype} of shape {x.shape}, expected integers (n, length) or (n, length, {len(self)})"
            )
        if x.size and (x.min() < 0 or x.max() >= len(self)):
            raise ValueError(f"x: got tokens from {x.min()} to {x.max()}, expected 0 to {len(self) - 1}")
        ends = np.where((x == 0).any(axis=1), (x == 0).argmax(axis=1), x.shape[1])
        parts = ([self.tokens[i] for i in row[:end]] for row, end in zip(x, ends, strict=True))
        return [joined(part) if self.unit == "words" else "".join(part) for part in parts]


def split(text: str, unit: str) -> list[str]:
    """The words or the characters of a text."""
    return split_words(text) if unit == "words" else list(text)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
