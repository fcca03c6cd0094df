"""How fast is a library of 10,000 items searched, and against what: python benchmarks/library.py

The items are noise pictures of 8x8 with random features: a search does not look at pictures. The baselines run in the
same turns, and are what one writes first: a JSON file with all items, read and gone through; and distances in NumPy
over all features.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
from gan_course import library as lib

FEATURES, LATENT = 128, 64
CLASSES = tuple(f"class {i}" for i in range(10))


def filled(folder: str, n: int) -> tuple[lib.Library, float]:
    """A library of ``n`` items, and how many milliseconds each took to be made, written and entered."""
    random = np.random.default_rng(0)

    def decode(latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        return np.tanh(latents.reshape(len(latents), 8, 8, 1))

    maker = lib.Maker("noise", "image", CLASSES, LATENT, decode, "none", "noise", "free")
    scores = lib.Scores(
        random.standard_normal((n, FEATURES), dtype=np.float32),
        np.arange(n) % 10,
        random.uniform(0, 1, n),
        space="random",
    )
    library = lib.Library(folder)
    found = lib.Candidates(maker, maker.latents(n, 0), maker.labels(n), scores, 0)
    start = time.perf_counter()
    for place in range(0, n, 1_000):
        library.add(found, range(place, place + 1_000), note=f"part {place // 1_000}", chunk=250)
    return library, 1e3 * (time.perf_counter() - start) / n


def nearest(library: lib.Library, item: lib.Item, k: int) -> list[int]:
    """The baseline of *more like this*: all features read and compared, each time anew."""
    rows = library.catalogue.rows("SELECT item, features FROM vectors")
    x = np.stack([np.frombuffer(row["features"], "<f4") for row in rows])
    numbers = np.array([row["item"] for row in rows])
    distance = np.linalg.norm(x - x[numbers == item.id], axis=1)
    return [int(i) for i in numbers[np.argsort(distance)] if i != item.id][:k]


def measure(n: int, rounds: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        library, added = filled(folder, n)
        everything = library.find(limit=None)
        library.review(library.tag(everything[::7], "poster"), "approved")
        everything = library.find(limit=None)
        manifest = Path(folder, "items.json")
        manifest.write_text(json.dumps([item.facts() for item in everything]))
        item = library[n // 2]

        def scan(test: Any) -> list[dict]:
            found = [facts for facts in json.loads(manifest.read_text()) if test(facts)]
            return sorted(found, key=lambda facts: -facts["confidence"])[:50]

        def reopened() -> Any:
            with lib.Library(folder) as fresh:
                return fresh.like(item)

        steps = {
            "class": lambda: library.find(class_name="class 7"),
            "class, a JSON file": lambda: scan(lambda facts: facts["class_name"] == "class 7"),
            "score": lambda: library.find(confidence=0.9),
            "score, a JSON file": lambda: scan(lambda facts: facts["confidence"] >= 0.9),
            "text": lambda: library.find("part 3 noise"),
            "text, a JSON file": lambda: scan(lambda facts: "part 3" in facts["note"]),
            "tag and state": lambda: library.find(tag="poster", review="approved"),
            "tag and state, a JSON file": lambda: scan(lambda facts: "poster" in facts["tags"]),
            "more like this": lambda: library.like(item),
            "more like this, the first time": reopened,
            "more like this, NumPy over all": lambda: nearest(library, item, 8),
        }
        assert [other.id for other in library.like(item)] == nearest(library, item, 8)
        times = timing.interleaved(steps, rounds, seconds)
        start = time.perf_counter()
        library.gallery()
        gallery = time.perf_counter() - start
        start = time.perf_counter()
        assert not any(library.check()[1:])
        checked = time.perf_counter() - start
        size = library.catalogue.path.stat().st_size
        library.close()
    return {
        "items": n,
        "features": FEATURES,
        "milliseconds": {name: round(value, 2) for name, value in times.items()},
        "added_ms_an_item": round(added, 2),
        "gallery_seconds": round(gallery, 1),
        "check_seconds": round(checked, 1),
        "catalogue_megabytes": round(size / 1e6, 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3)
    asked = parser.parse_args()
    result = measure(asked.items, asked.rounds, asked.seconds)
    for name, value in result["milliseconds"].items():
        print(f"{name:34s} {value:8.2f} ms")
    if asked.items == 10_000:
        timing.write("library", result)
