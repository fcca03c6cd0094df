"""A library as one page of HTML: filters, players, and *more like this*, without a server and without internet.

The page stands beside the files that it shows. Its data are JSON inside the page, and its script puts texts in as
texts, so that nothing in a class name or a note is ever read as HTML.
"""

from __future__ import annotations

import html
import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gan_course.library.catalogue import LibraryError
from gan_course.library.items import Item
from gan_course.library.search import STATES
from gan_course.library.store import Store
from gan_tf.files import written_whole

FORMAT = "gan_tf material library, review 1"  # of the file that the page saves
_TEMPLATE = Path(__file__).with_name("gallery.html")


def write(library: Store, path: Path, title: str, neighbours: int) -> Path:
    """Write the page of all items to ``path``, in the library's folder."""
    content = page(library, library.find(limit=None, sort="newest"), title, neighbours)
    with written_whole(path) as part:
        part.write_text(content, encoding="utf-8")
    return path


def page(library: Store, chosen: Sequence[Item], title: str, neighbours: int = 6) -> str:
    """The page as text.

    Args:
        library: for *more like this*.
        chosen: what is shown, in this order.
        title: the page's heading.
        neighbours: how many similar items each item shows; 0 leaves them out.
    """
    shown = {item.id for item in chosen}
    near = library.neighbours(neighbours) if neighbours else {}
    entries = [_entry(item) | {"like": [n for n in near.get(item.id, ()) if n in shown]} for item in chosen]
    data = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    # Inside <script> only these can end the text or start a comment.
    for sign in "<>&\u2028\u2029":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    template = _TEMPLATE.read_text(encoding="utf-8").replace("{{format}}", FORMAT)
    # What was decided on an earlier page of other items or states is not taken over.
    before, _, after = template.replace("{{of}}", f"{zlib.crc32(data.encode()):08x}").partition("{{items}}")
    return before.replace("{{title}}", html.escape(title)) + data + after


def decisions(path: str | os.PathLike) -> tuple[list[str], dict[str, str]]:
    """What somebody saved from the page: names of the selected files, and a state for each name that got one.

    Raises:
        LibraryError: no such file, or none of a gallery.
    """
    try:
        saved = json.loads(Path(path).read_text(encoding="utf-8"))
        names, states = [str(name) for name in saved["selected"]], dict(saved["review"])
        fits = saved["format"] == FORMAT and set(states.values()) <= set(STATES)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryError(f"{path}: missing, or not saved from a gallery ({error})") from error
    if not fits:
        raise LibraryError(f"{path}: got another format or state, expected {FORMAT!r} with {', '.join(STATES)}")
    return names, states


def _entry(item: Item) -> dict[str, Any]:
    rounded = {name: getattr(item, name) for name in ("confidence", "realism", "nearest", "difference")}
    return {
        "id": item.id,
        "kind": item.kind,
        "class": item.class_name,
        "size": item.size,
        "generator": item.generator,
        "seed": "" if item.seed is None else f"{item.seed}, latent {item.place}",
        "made": ", ".join(f"{name} {value}".replace("_", " ") for name, value in sorted(item.settings.items())),
        "data": item.data,
        "licence": item.licence,
        "note": item.note,
        "review": item.review,
        "tags": item.tags,
        "alpha": item.kind == "image" and item.size.endswith("x4"),
        "parent": item.parent,
        "original": item.original,
        "file": quote(item.files["file"].name),
        "preview": quote(item.files.get("preview", item.files["file"]).name),
        "sha256": item.files["file"].sha256,
        **{name: None if value is None else round(value, 4) for name, value in rounded.items()},
    }
