"""Where samples are compared: the data set's own feature network, a borrowed one, a function, or points as they are."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from gan_course import audio
from gan_course.cpu import in_parts
from gan_course.data import Card, Dataset, Sounds
from gan_course.evaluation.features import (
    ARCHITECTURES,
    STAND_INS,
    FeatureNetwork,
    check_samples,
    feature_network,
    softmax,
)
from gan_course.evaluation.inception import Inception
from gan_tf.checks import BOUND

MOST = 10_000
# Whose network looks at samples of a data set that has none: pictures, clips and sounds of any size.
BORROWED = {"pictures": "cifar10", "clips": "human_actions", "sounds": "spoken_digits"}
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
    """The features for a data set: those given, else by its name, else borrowed ones, else the points themselves.

    Pictures, clips and sounds of your own are brought to the size that a network of :data:`BORROWED` takes, and
    compared in its features. As in any features, numbers compare only with others from the same ones.

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
    elif features is None and isinstance(dataset, Sounds):
        return _borrowed("sounds", shape)
    elif features is None and len(shape) in (3, 4) and shape[-1] in (1, 3):
        return _borrowed("pictures" if len(shape) == 3 else "clips", shape)
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


def _borrowed(kind: str, shape: tuple[int, ...]) -> Space:
    network = feature_network(BORROWED[kind])
    size = "x".join(str(side) for side in network.shape)

    def look(x: np.ndarray) -> np.ndarray:
        x = check_samples(x, shape, "samples")  # Before it is made small, which would hide single values out of range.
        return np.concatenate(in_parts(lambda part: network.features(_resized(x[part], network.shape)), len(x), 500))

    return Space(
        f"features of the {network.name} classifier, {kind} resized to {size}", (kind, size), None, look, False
    )


def _resized(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Pictures or clips (n, ..., 1 or 3), or sounds (n, samples), as samples of this shape."""
    if x.ndim == 2:
        hop = audio.DIGITS.hop_length
        x = audio.log_mel(np.pad(x, ((0, 0), (0, -x.shape[1] % hop))))
    if x.ndim == 5:
        x = x[:, np.linspace(0, x.shape[1] - 1, shape[0]).round().astype(int)]
    pictures = tf.image.resize(x.reshape(-1, *x.shape[-3:]), shape[-3:-1], "bilinear", antialias=True)
    pictures = pictures if pictures.shape[-1] == shape[-1] else tf.image.grayscale_to_rgb(pictures)
    return pictures.numpy().reshape(-1, *shape)


def as_dataset(reference: Dataset | np.ndarray, name: str = "dataset") -> Dataset:
    """The data set itself, or one made of a float array (n, ...): points (n, d), or samples in [-1, 1].

    Raises:
        ValueError: neither of them, or values that are not finite or outside [-1, 1].
    """
    if isinstance(reference, Dataset):
        return reference
    x = np.asarray(reference)
    if x.ndim < 2 or not len(x) or (x.ndim == 2 and not (x.dtype.kind == "f" and np.isfinite(x).all())):
        came = f"{x.dtype} of shape {x.shape}" if isinstance(reference, np.ndarray) else type(reference).__name__
        raise ValueError(f"{name}: got {came}, expected a Dataset, or finite floats (n, ...)")
    x = x.astype(np.float32) if x.ndim == 2 else check_samples(x, x.shape[1:], name)
    card = Card("an array", "an array", f"{len(x):,} samples", "yours to know", "none")
    return Dataset(x, None, (), "local", card, "an array")


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
    """``model.sample(n, seed=seed)``, with labels of so many classes (0: of its own) in turn if the model wants labels.

    Raises:
        TypeError: the model cannot sample.
    """
    if not callable(getattr(model, "sample", None)):
        raise TypeError(f"model: got {type(model).__name__}, expected one with a method sample(n, seed=...)")
    if classes and getattr(model, "conditional", False):
        return np.asarray(model.sample(n, seed=seed, labels=np.arange(n, dtype=np.int32) % classes))
    return np.asarray(model.sample(n, seed=seed))
