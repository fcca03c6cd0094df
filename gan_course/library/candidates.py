"""Many candidates, few chosen: what is thrown away and why, and how different the rest still is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_course.library.makers import Maker
from gan_course.library.scoring import Scorer, Scores, apart
from gan_tf.checks import whole

FATES = ("kept", "unsure", "copy", "duplicate", "surplus")


@dataclass(frozen=True, eq=False)
class Candidates:
    """Scored samples, as the recipe to make them again: latents and labels.

    Attributes:
        maker: where they come from.
        latents: float32 ``(n, latent_dim)``.
        labels: int32 ``(n,)``, or None of a generator without labels.
        scores: of the scorer; None without one.
        seed: of the latents, candidate i having the i-th; None if they do not come from a seed.
    """

    maker: Maker
    latents: np.ndarray
    labels: np.ndarray | None
    scores: Scores | None
    seed: int | None = None

    def __len__(self) -> int:
        return len(self.latents)

    @property
    def classes(self) -> np.ndarray:
        """The class of each: its label, else the one that the classifier predicts."""
        return self.scores.named if self.labels is None else self.labels


def batches(n: int, size: int, progress: bool, title: str) -> Iterator[slice]:
    """Parts of ``range(n)``, with a progress bar."""
    from tqdm.auto import tqdm

    with tqdm(total=n, desc=title, unit="", disable=not progress, leave=False) as bar:
        for start in range(0, n, size):
            part = slice(start, min(start + size, n))
            yield part
            bar.update(part.stop - part.start)


def candidates(
    maker: Maker, scorer: Scorer, n: int, seed: int = 0, batch_size: int = 200, progress: bool = True
) -> Candidates:
    """Make and score ``n`` samples in batches; the samples themselves are not kept.

    Args:
        maker: where they come from; one that takes labels gets all classes in turns.
        scorer: takes what ``maker.decode`` gives.
        n: how many.
        seed: the same seed gives the same candidates.
        batch_size: how many at a time.
        progress: show a bar.

    Raises:
        ValueError: a number out of range, or samples that the scorer refuses.
    """
    return scored(maker, scorer, maker.latents(n, seed), maker.labels(n), seed, batch_size, progress)


def scored(
    maker: Maker,
    scorer: Scorer,
    latents: np.ndarray,
    labels: np.ndarray | None,
    seed: int | None = None,
    batch_size: int = 200,
    progress: bool = False,
) -> Candidates:
    """The same for given latents ``(n, latent_dim)`` and labels ``(n,)``; other arguments as in :func:`candidates`."""
    parts = []
    for part in batches(len(latents), whole("batch_size", batch_size, 1), progress, maker.name):
        some = None if labels is None else labels[part]
        parts.append(scorer(maker.decode(latents[part], some), some))
    return Candidates(maker, latents, labels, joined(parts), seed)


def joined(parts: list[Scores]) -> Scores:
    """The scores of several batches as one."""
    columns = {name: [getattr(part, name) for part in parts] for name in Scores.__dataclass_fields__ if name != "space"}
    found = {name: None if column[0] is None else np.concatenate(column) for name, column in columns.items()}
    return Scores(**found, space=parts[0].space)


@dataclass(frozen=True, eq=False)
class Choice:
    """Who was chosen.

    Attributes:
        fate: ``(n,)`` texts. "kept"; "unsure": below the wanted confidence or realism; "copy": too like a training
            sample; "duplicate": too near to one that was kept or is stored; "surplus": good, but more than were wanted.
        diversity: class name to mean distance between two kept samples of it, as a part of the same for real ones (1 is
            as different as these); without real samples the plain distance.
    """

    fate: np.ndarray
    diversity: dict[str, float]

    @property
    def kept(self) -> np.ndarray:
        """Places of the chosen ones."""
        return np.flatnonzero(self.fate == "kept")

    def counts(self) -> dict[str, int]:
        """How many met each fate."""
        return {fate: int((self.fate == fate).sum()) for fate in FATES}

    def __str__(self) -> str:
        return summary(self.counts(), self.diversity)


def summary(counts: Mapping[str, int], diversity: Mapping[str, float]) -> str:
    """How many candidates met each fate, and how different the kept ones are, in one line."""
    spread = list(diversity.values())
    how = f"; diversity {min(spread):.2f} to {max(spread):.2f}" if spread else ""
    return ", ".join(f"{n:,} {fate}" for fate, n in counts.items()) + how


def choose(
    found: Candidates,
    scorer: Scorer,
    per_class: int,
    *,
    confidence: float = 0.9,
    realism: float = 0.0,
    variety: float = 0.0,
    copies: float | None = None,
    duplicates: float | None = None,
    known: Mapping[str, np.ndarray] | None = None,
) -> Choice:
    """Keep the best of each class, without copies of the training set and without near-duplicates.

    They are taken one by one. With ``variety`` 0 the surest comes first; with 1 the one that is farthest from all that
    were taken; in between both count (Carbonell and Goldstein 1998, "The use of MMR"): the surest samples are often the
    most ordinary ones.

    Args:
        found: the candidates.
        scorer: of these candidates.
        per_class: how many of each class at most.
        confidence: the least probability of the class, 0 to 1.
        realism: the least probability of being real, 0 to 1; needs a scorer with a discriminator.
        variety: 0 to 1, see above.
        copies: samples that differ less than this from a training sample are copies, see :class:`CopyTest`; by default
            the limit of the scorer's copy test.
        duplicates: samples nearer than this to a kept or known one are duplicates; by default the scorer's ``limit``.
        known: class name to features ``(n, d)`` of what is there already, as :meth:`Library.known` gives.

    Raises:
        ValueError: a number out of range, or ``realism`` without a discriminator.
    """
    whole("per_class", per_class, 1)
    for name, value in (("confidence", confidence), ("realism", realism), ("variety", variety)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name}: got {value!r}, expected 0 to 1")
    scores = found.scores
    if realism and scores.realism is None:
        raise ValueError(f"realism: got {realism!r}, expected 0, as the scorer has no discriminator (critic=)")
    fate = np.full(len(found), "surplus", object)
    if scores.difference is not None:
        fate[scores.difference < (scorer.copies.limit if copies is None else copies)] = "copy"
    fate[scores.confidence < confidence] = "unsure"
    if realism:
        fate[scores.realism < realism] = "unsure"
    near = scorer.limit if duplicates is None else duplicates
    diversity = {}
    for label, name in enumerate(found.maker.class_names):
        pool = np.flatnonzero((fate == "surplus") & (found.classes == label))
        there = (known or {}).get(name)
        x, there = (None if f is None else f / scorer.unit for f in (scores.features[pool], there))
        taken, doubles = _take(x, scores.confidence[pool], per_class, variety, near, there)
        fate[pool[doubles]], fate[pool[taken]] = "duplicate", "kept"
        if len(taken) > 1:
            diversity[name] = apart(scores.features[pool[taken]]) / scorer.unit / (scorer.spread(label) or 1.0)
    return Choice(fate.astype(str), diversity)


def _take(
    x: np.ndarray, sure: np.ndarray, most: int, variety: float, near: float, known: np.ndarray | None
) -> tuple[list[int], Any]:
    """Places of those taken from ``x`` (n, d), and of those that lie too near to one of them or to a known one."""
    from scipy.spatial.distance import cdist

    n = len(x)
    quality = np.empty(n)
    quality[np.argsort(sure, kind="stable")] = np.arange(n) / max(n - 1, 1)
    distance = np.full(n, np.inf) if known is None or not n else cdist(x, known).min(axis=1)
    taken: list[int] = []
    while len(taken) < min(most, n):
        free = distance >= near
        free[taken] = False
        if not free.any():
            break
        reach = distance[free].max()
        far = np.where(free, distance / reach if 0 < reach < np.inf else 0.0, 0.0)
        worth = np.where(free, (1 - variety) * quality + variety * far, -1.0)
        # Where there is nothing to be far from, the first is the surest.
        taken.append(int((quality if np.isinf(distance).all() else worth).argmax()))
        distance = np.minimum(distance, np.linalg.norm(x - x[taken[-1]], axis=1))
    double = distance < near
    double[taken] = False
    return taken, np.flatnonzero(double)
