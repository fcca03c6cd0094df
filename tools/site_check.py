"""What a site must fulfil to be published: links that lead somewhere, nothing loaded from elsewhere, few bytes."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

LIMIT = 40_000_000  # bytes


class Problem(ValueError):
    """A site that must not be published: a dead link, an equation that does not parse, too many bytes."""


_LINK = re.compile(r"""<(\w+)\b[^>]*?\s(?:href|src)=["']([^"']*)""")


def check(folder: Path) -> int:
    """Follow each link inside the site; return the bytes of all files.

    Raises:
        Problem: a link to nothing, something that a page would load from elsewhere, or too many bytes.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = {path: path.read_text(encoding="utf-8") for path in files if path.suffix == ".html"}
    places = {
        path: {html.unescape(name) for name in re.findall(r'\sid="([^"]*)"', text)} for path, text in texts.items()
    }
    wrong = []
    for path, text in texts.items():
        for tag, address in _LINK.findall(text):
            link = urlsplit(html.unescape(address))
            if link.scheme or link.netloc:
                wrong += [f"{path.name}: loads {address[:80]}"] if tag != "a" and link.scheme != "data" else []
                continue
            there = Path(os.path.normpath(path.parent / unquote(link.path))) if link.path else path
            if not there.is_file() or folder not in there.parents:
                wrong.append(f"{path.relative_to(folder)}: no file {address}")
            elif link.fragment and unquote(link.fragment) not in places.get(there, ()):
                wrong.append(f"{path.relative_to(folder)}: no place {address}")
    size = sum(path.stat().st_size for path in files)
    if size > LIMIT:
        wrong.append(f"{size:,} bytes, expected at most {LIMIT:,}")
    if wrong:
        raise Problem("\n".join(wrong))
    return size
