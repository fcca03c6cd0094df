"""Scores of candidates: by a classifier, a discriminator where there is one, and comparison with real samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_course.data import Dataset
from gan_course.evaluation.features import FeatureNetwork, feature_network, softmax
from gan_course.library.copies import CopyTest
from gan_tf.checks import whole

Look = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
Critic = Callable[[np.ndarray, np.ndarray | None], np.ndarray]


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of n samples.

    Attributes:
        features: float32 ``(n, d)``.
        named: int ``(n,)``, the class that the classifier predicts.
        confidence: ``(n,)``, its probability of the sample's label (of the predicted class, where there is no label).
        realism: ``(n,)``, the discriminator's probability that the sample is real; None without a discriminator.
        nearest: ``(n,)``, distance to the nearest real sample, in units of the scorer; None without real samples.
        difference: ``(n,)``, to the training sample most like it, see :class:`CopyTest`; None without a copy test.
        original: ``(n,)``, the number of that training sample.
        space: a name for the features; only features of one space can be compared.
    """

    features: np.ndarray
    named: np.ndarray
    confidence: np.ndarray
    realism: np.ndarray | None = None
    nearest: np.ndarray | None = None
    difference: np.ndarray | None = None
    original: np.ndarray | None = None
    space: str = ""


class Scorer:
    """Scores samples, and knows how far apart real ones are.

    Distances are in features and in one unit: the median distance from a real sample to the nearest other one. A
    sample at 1 is as far from the real samples as these are from each other. Copies are found in pixels, by a
    :class:`CopyTest`.

    Args:
        look: a :class:`~gan_course.evaluation.FeatureNetwork`, the name of one, or a function from samples to features
            ``(n, d)`` and class probabilities ``(n, classes)``.
        real: real samples, as ``look`` takes them. None leaves out what needs them: distances are then in plain units
            of the features, and no copies are found.
        space: a name for the features; neighbours are compared within one space only. By default the network's name.
        critic: samples and labels to the probability of being real ``(n,)``.
        limit: distances below it count as *the same*. By default what one real sample in a hundred is from its nearest.
        copies: False leaves the copy test out, as it must where the generator did not learn from ``real``.

    Raises:
        ValueError: fewer than three real samples, or no name for the space of a function.
    """

    def __init__(
        self,
        look: FeatureNetwork | Look | str,
        real: Dataset | None = None,
        *,
        space: str | None = None,
        critic: Critic | None = None,
        limit: float | None = None,
        copies: bool = True,
    ):
        look = feature_network(look) if isinstance(look, str) else look
        self.space = space or getattr(look, "name", None)
        if not self.space:
            raise ValueError("space: got None, expected a name, as the features are those of a function")
        self._look = _through(look) if isinstance(look, FeatureNetwork) else look
        self.critic = critic
        self.unit, self.limit, self._bank, self._index = 1.0, limit or 0.0, None, None
        self._labels = None if real is None else real.labels
        self.copies: CopyTest | None = None
        if real is not None:
            self._learn(real, limit)
            self.copies = CopyTest(real.x) if copies else None

    def _learn(self, real: Dataset, limit: float | None) -> None:
        from sklearn.neighbors import NearestNeighbors

        if len(real) < 3:
            raise ValueError(f"real: got {len(real)} samples, expected at least 3")
        self._bank = np.asarray(self._look(real.x)[0], np.float32)
        self._index = NearestNeighbors(algorithm="brute").fit(self._bank)
        some = np.random.default_rng(0).permutation(len(real))[:2_000]
        apart = self._index.kneighbors(self._bank[some], 2)[0][:, 1]
        self.unit = float(np.median(apart)) or 1.0
        self.limit = float(np.quantile(apart, 0.01) / self.unit) if limit is None else limit

    def __call__(self, samples: np.ndarray, labels: np.ndarray | None = None) -> Scores:
        """Score samples ``(n, ...)``; ``labels`` ``(n,)`` are the classes that they were generated for, or None."""
        features, probabilities = self._look(samples)
        features = np.asarray(features, np.float32)
        named = probabilities.argmax(axis=1)
        confidence = probabilities[np.arange(len(samples)), named if labels is None else np.asarray(labels)]
        realism = None if self.critic is None else np.asarray(self.critic(samples, labels), np.float64).reshape(-1)
        nearest = None if self._index is None else self._index.kneighbors(features, 1)[0][:, 0] / self.unit
        difference, original = (None, None) if self.copies is None else self.copies(samples)
        sure = confidence.astype(np.float64)
        return Scores(features, named, sure, realism, nearest, difference, original, self.space)

    def spread(self, label: int, most: int = 500) -> float | None:
        """Mean distance between two real samples of a class; None without labelled real samples of it."""
        if self._bank is None or self._labels is None:
            return None
        mine = self._bank[self._labels == label][: whole("most", most, 2)]
        return apart(mine) / self.unit if len(mine) > 1 else None


def apart(features: np.ndarray) -> float:
    """Mean Euclidean distance between two different rows; 0 for a single one."""
    from scipy.spatial.distance import pdist

    return float(pdist(features).mean()) if len(features) > 1 else 0.0


def _through(network: FeatureNetwork) -> Look:
    def look(samples: Any) -> tuple[np.ndarray, np.ndarray]:
        features, logits = network.features_and_logits(samples)
        return features, softmax(logits)

    return look
