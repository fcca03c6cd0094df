"""From nothing to the best N of each class, in steps that survive being killed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from gan_course.library.candidates import Candidates, batches, choose, summary
from gan_course.library.items import Item
from gan_course.library.makers import Maker
from gan_course.library.scoring import Scorer, Scores
from gan_course.library.store import Store
from gan_tf.checks import whole

_COLUMNS = ("confidence", "realism", "nearest", "difference", "original")


class Filled(NamedTuple):
    """What a call of :func:`fill` left: the items, how many candidates met each fate, diversity by class."""

    items: list[Item]
    counts: dict[str, int]
    diversity: dict[str, float]

    def __str__(self) -> str:
        return summary(self.counts, self.diversity)


def fill(
    library: Store, maker: Maker, scorer: Scorer, n: int, per_class: int, *, seed: int = 0, batch_size: int = 200,
    note: str = "", progress: bool = True, **options: Any,
) -> Filled:  # fmt: skip
    """Make ``n`` candidates, keep the best of each class, store them.

    Every batch of scores goes into the catalogue as soon as it is there, and every few files too. Started again with
    the same arguments after a crash, it goes on where it was and ends exactly as if nothing had happened; after the
    end it only returns the result. The scores of those that were not chosen are then deleted. What is too near to an
    item that was in the library when it began is a duplicate, too.

    Args:
        library: where to.
        maker: where candidates come from.
        scorer: scores them.
        n: how many candidates.
        per_class: how many of each class are kept at most.
        seed: of the candidates.
        batch_size: candidates scored at a time.
        note: free text for the items.
        progress: show bars.
        **options: of :func:`~gan_course.library.choose`: confidence, realism, variety, copies, duplicates.

    Raises:
        ValueError: a number out of range.
        LibraryError: the disk is full or not writable, or another program keeps on writing.
    """
    latents, labels = maker.latents(whole("n", n, 1), seed), maker.labels(n)
    job, after, result = _job(library, maker, scorer, [n, whole("per_class", per_class, 1), seed, note, options])
    if result is None:
        done = {row["place"] for row in library.catalogue.rows("SELECT place FROM candidates WHERE job = ?", (job,))}
        for part in batches(n, whole("batch_size", batch_size, 1), progress, f"{maker.name}, candidates"):
            todo = np.array([place for place in range(part.start, part.stop) if place not in done])
            if len(todo):
                some = None if labels is None else labels[todo]
                _keep(library, job, todo, scorer(maker.decode(latents[todo], some), some))
        scores = _scores(library, job, scorer.space)
        if scores is None or len(scores.named) < n:  # Another process has finished the same job and tidied up.
            with library.catalogue.writing() as write:
                write.execute("DELETE FROM candidates WHERE job = ?", (job,))
            again = {"seed": seed, "batch_size": batch_size, "note": note, "progress": progress}
            return fill(library, maker, scorer, n, per_class, **again, **options)
        found = Candidates(maker, latents, labels, scores, seed)
        choice = choose(found, scorer, per_class, known=library.known(maker.kind, scorer.space, after), **options)
        items = library.add(found, choice.kept, note=note, progress=progress)
        result = {"counts": choice.counts(), "diversity": choice.diversity, "keys": [item.key for item in items]}
        with library.catalogue.writing() as write:
            write.execute("UPDATE jobs SET summary = ? WHERE id = ?", (json.dumps(result), job))
            write.execute("DELETE FROM candidates WHERE job = ?", (job,))
    return Filled(library.of_keys(result["keys"]), result["counts"], result["diversity"])


def _job(library: Store, maker: Maker, scorer: Scorer, wanted: list[Any]) -> tuple[int, int, Mapping[str, Any] | None]:
    """The number of the job of these arguments, the last item that was there before, and its result if it is done."""
    limits = [scorer.unit, scorer.limit, scorer.copies.limit if scorer.copies else 0.0]
    scored = [scorer.space, *(f"{limit:.4g}" for limit in limits)]  # The last digits may differ between two runs.
    about = [maker.kind, maker.name, maker.weights, dict(maker.settings), *scored, *wanted]
    key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    with library.catalogue.writing() as write:
        write.execute("INSERT OR IGNORE INTO jobs (key, after) SELECT ?, coalesce(max(id), 0) FROM items", (key,))
    (row,) = library.catalogue.rows("SELECT id, after, summary FROM jobs WHERE key = ?", (key,))
    return row["id"], row["after"], row["summary"] and json.loads(row["summary"])


def _keep(library: Store, job: int, places: np.ndarray, scores: Scores) -> None:
    columns = [getattr(scores, name) for name in _COLUMNS]
    rows = [
        (job, int(place), int(scores.named[i]), *(None if c is None else c[i].item() for c in columns),
         np.asarray(scores.features[i], "<f4").tobytes())
        for i, place in enumerate(places)
    ]  # fmt: skip
    into = f"INSERT OR IGNORE INTO candidates (job, place, named, {', '.join(_COLUMNS)}, features)"
    with library.catalogue.writing() as write:
        write.executemany(f"{into} VALUES ({', '.join('?' * (len(_COLUMNS) + 4))})", rows)


def _scores(library: Store, job: int, space: str) -> Scores | None:
    rows = library.catalogue.rows("SELECT * FROM candidates WHERE job = ? ORDER BY place", (job,))
    if not rows:
        return None
    columns = {name: [row[name] for row in rows] for name in ("named", *_COLUMNS)}
    features = np.stack([np.frombuffer(row["features"], "<f4") for row in rows])
    known = {name: None if column[0] is None else np.array(column) for name, column in columns.items()}
    return Scores(features=features, space=space, **known)
