"""What an unknown name is met with: the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable


def nearest(word: object, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'mnist'?"`` for the known name nearest to ``word``, or a full stop: ends a message."""
    # Case counts among the known names ("Trouser"), not in what was typed.
    names = {name.lower(): name for name in known}
    found = difflib.get_close_matches(str(word).lower().replace("-", "_"), names, n=1, cutoff=0.4)
    return f"; did you mean {names[found[0]]!r}?" if found else "."


def one_of(argument: str, word: object, known: Collection[str]) -> str:
    """Return ``word`` if it is among the known names.

    Raises:
        ValueError: it is not; the message names the argument and suggests the nearest known name.
    """
    if isinstance(word, str) and word in known:
        return word
    raise ValueError(f"{argument}: got {word!r}, expected one of {', '.join(known)}{nearest(word, known)}")
