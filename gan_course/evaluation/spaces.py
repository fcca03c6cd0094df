"""Where samples of a data set are compared: its feature network, a function of the user's, or the points themselves."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_course.data import Dataset, Sounds
from gan_course.evaluation.features import ARCHITECTURES, STAND_INS, FeatureNetwork, feature_network, softmax
from gan_course.evaluation.inception import Inception
from gan_tf.checks import BOUND

MOST = 10_000
Features = Callable[[np.ndarray], np.ndarray] | FeatureNetwork | Inception | str


@dataclass(frozen=True)
class Space:
    """Where samples of a data set are compared: from samples to features and, if a classifier fits, probabilities.

    With ``own_classes`` these are probabilities of the classes of the data set, which can be counted.
    """

    title: str
    key: Any
    network: FeatureNetwork | Inception | None
    function: Callable[[np.ndarray], np.ndarray] | None
    classify: bool
    own_classes: bool = True

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        if self.network is not None:
            features, logits = self.network.features_and_logits(x)
            return features, softmax(logits) if self.classify else None
        return np.asarray(self.function(x)), None


def space_of(dataset: Dataset, features: Features | None = None) -> Space:
    """The features for a data set: those given, else by its name, else the points themselves.

    Args:
        dataset: its ``name`` and the shape of its ``x`` decide.
        features: a function from samples (n, ...) to features (n, d), a :class:`FeatureNetwork`, the name of one, or
            what :func:`gan_course.evaluation.inception` returns.

    Raises:
        ValueError: nothing is known for this data set and ``features`` is None.
    """
    shape = dataset.x.shape[1:]
    known = ARCHITECTURES.get(dataset.name)
    if features is None and known and (shape == known.shape or isinstance(dataset, Sounds)):
        features = feature_network(dataset.name)
    elif features is None and dataset.name in STAND_INS:
        features = feature_network(STAND_INS[dataset.name])
    elif features is None and len(shape) == 1:
        return Space("the points themselves", "points", None, lambda x: x, False)
    elif features is None:
        raise ValueError(
            f"features: no feature network is known for {dataset.name!r} with samples of shape {shape}; give "
            "features=, a function from samples (n, ...) to features (n, d)"
        )
    if isinstance(features, str):
        features = feature_network(features)
    if isinstance(features, FeatureNetwork):
        # The network's classes say something about its own data set only.
        title = f"features of the {features.name} classifier"
        return Space(
            title,
            features,
            features,
            None,
            classify=(features.name, features.class_names) == (dataset.name, dataset.class_names),
        )
    if isinstance(features, Inception):
        # A thousand classes of photographs tell clear pictures from unclear ones, but are not those of the data set.
        return Space(features.title, features, features, None, classify=True, own_classes=False)
    if not callable(features):
        raise ValueError(f"features: got {type(features).__name__}, expected a function, a FeatureNetwork or a name")
    return Space(f"features by {getattr(features, '__name__', 'a function')}", features, None, features, False)


# Statistics of real samples, kept as long as the data set that they belong to; at most four each.
_kept: weakref.WeakKeyDictionary[Dataset, dict[Any, Any]] = weakref.WeakKeyDictionary()


def kept(dataset: Dataset, key: Any, make: Callable[[], Any]) -> Any:
    """Return what was made for this data set and key, or make it now."""
    entries = _kept.setdefault(dataset, {})
    if key not in entries:
        value = make()
        while len(entries) >= 4:
            del entries[next(iter(entries))]
        entries[key] = value
    return entries[key]


def share_outside(x: np.ndarray) -> float:
    """The share of the values that are too small or too large to be measured, 0 to 1."""
    return float((np.abs(x) > BOUND).mean())


def draw(model: Any, n: int, classes: int, seed: int) -> np.ndarray:
    """``model.sample(n, seed=seed)``, with labels drawn evenly if the model wants labels.

    Raises:
        TypeError: the model cannot sample.
    """
    if not callable(getattr(model, "sample", None)):
        raise TypeError(f"model: got {type(model).__name__}, expected one with a method sample(n, seed=...)")
    if getattr(model, "conditional", False):
        return np.asarray(model.sample(n, seed=seed, labels=np.arange(n, dtype=np.int32) % max(classes, 1)))
    return np.asarray(model.sample(n, seed=seed))
