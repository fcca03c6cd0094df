"""A library as one page of HTML: filters, players, and *more like this*, without a server and without internet.

The page stands beside the files that it shows. Its data are JSON inside the page, and its script puts texts in as
texts, so that nothing in a class name or a note is ever read as HTML.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gan_course.library.items import Item
from gan_course.library.store import Store
from gan_tf.files import written_whole

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
    before, _, after = _TEMPLATE.read_text(encoding="utf-8").partition("{{items}}")
    return before.replace("{{title}}", html.escape(title)) + data + after


def _entry(item: Item) -> dict[str, Any]:
    rounded = {name: getattr(item, name) for name in ("confidence", "realism", "nearest")}
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
        "parent": item.parent,
        "file": quote(item.files["file"].name),
        "preview": quote(item.files.get("preview", item.files["file"]).name),
        "sha256": item.files["file"].sha256,
        **{name: None if value is None else round(value, 4) for name, value in rounded.items()},
    }
