"""Samples that are broken on purpose: what a measure is worth shows when it meets a fault that we know.

The first group changes samples and keeps their order. The second group answers a list of labels with other samples than
it should: sample i stands where a generator was asked for class ``labels[i]``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from gan_course.data.dataset import Dataset
from gan_course.data.sounds import Sounds
from gan_tf.checks import check_unit_range, checked_labels, whole


@dataclasses.dataclass(frozen=True, eq=False)
class Draw:
    """Real samples in three parts that share no sample, as :func:`gan_course.evaluation.fault_matrix` draws them.

    Attributes:
        training: all that a generator is taken to have learned from.
        reference: what samples are compared with, n held-out samples; a generator has not seen them.
        fresh: all other held-out samples: what a perfect generator would make.
        labels: the classes asked for, int32 (n,), as even as can be.
        seed: of this draw; no two draws have the same.
    """

    training: Dataset
    reference: Dataset
    fresh: Dataset
    labels: np.ndarray
    seed: int


Fault = Callable[[Draw], np.ndarray]


def blurred(x: Any, sigma: float = 1.0) -> np.ndarray:
    """A Gaussian blur of the pixels of images and of each frame of clips; sounds lose their high tones.

    Args:
        x: images (n, H, W, C), clips (n, T, H, W, C) or sounds (n, samples), in [-1, 1].
        sigma: width of the blur, in pixels or in samples of the sound.

    Raises:
        ValueError: another shape, values outside [-1, 1], NaN, or no positive ``sigma``.
    """
    from scipy.ndimage import gaussian_filter

    x, sigma = _samples(x), _positive("sigma", sigma)
    widths = (0.0, sigma) if x.ndim == 2 else (*(0.0,) * (x.ndim - 3), sigma, sigma, 0.0)
    return gaussian_filter(x, widths, mode="nearest")


def noisy(x: Any, std: float = 0.1, seed: int = 0) -> np.ndarray:
    """Normal noise of standard deviation ``std`` on every number, cut off at -1 and 1.

    Raises:
        ValueError: as :func:`blurred`.
    """
    x = _samples(x)
    noise = np.random.default_rng(seed).standard_normal(x.shape, dtype=np.float32)
    return np.clip(x + np.float32(_positive("std", std)) * noise, -1, 1)


def tinted(x: Any, shift: float | tuple[float, ...] = 0.2) -> np.ndarray:
    """Shifted colours: ``shift`` is added to each channel, and the result cut off at -1 and 1.

    Args:
        x: images (n, H, W, C) or clips (n, T, H, W, C) in [-1, 1].
        shift: one number, or one a channel; the range of a channel is 2.

    Raises:
        ValueError: as :func:`blurred`; or sounds, or another number of shifts than channels.
    """
    x, shift = _samples(x), np.asarray(shift, np.float32)
    if x.ndim == 2 or shift.shape not in ((), (x.shape[-1],)):
        raise ValueError(
            f"shift: got shape {shift.shape} for samples of shape {x.shape}, expected one number a channel"
        )
    return np.clip(x + shift, -1, 1)


def jumbled(x: Any, parts: int = 8, seed: int = 0) -> np.ndarray:
    """Sounds (n, samples) cut into equal parts, those of each sound in a random order of its own.

    What is left over at the end stays there.

    Raises:
        ValueError: another shape, values outside [-1, 1], NaN, or a wrong number of parts.
    """
    x = _samples(x)
    if x.ndim != 2:
        raise ValueError(f"x: got shape {x.shape}, expected sounds (n, samples); frames are shuffled by shuffled()")
    length = x.shape[1] // whole("parts", parts, 2, x.shape[1])
    pieces = x[:, : parts * length].reshape(len(x), parts, length)
    return np.concatenate([_reordered(pieces, seed).reshape(len(x), -1), x[:, parts * length :]], axis=1)


def shuffled(clips: Any, seed: int = 0) -> np.ndarray:
    """Clips (n, T, H, W, C) with the same frames, those of each clip in a random order of its own.

    Raises:
        ValueError: another shape, fewer than two frames, values outside [-1, 1], or NaN.
    """
    return _reordered(_clips(clips), seed)


def stilled(clips: Any, seed: int = 0) -> np.ndarray:
    """One frame of each clip (n, T, H, W, C), drawn at random, repeated: it does not move any more.

    Raises:
        ValueError: as :func:`shuffled`.
    """
    clips = _clips(clips)
    chosen = np.random.default_rng(seed).integers(clips.shape[1], size=len(clips))
    return np.repeat(clips[np.arange(len(clips)), chosen][:, None], clips.shape[1], axis=1)


def drawn(dataset: Dataset, labels: Any, seed: int = 0, among: np.ndarray | None = None) -> np.ndarray:
    """For each label a sample of that class, at random. A class is used up before one of its samples comes again.

    Args:
        dataset: with labels.
        labels: the classes asked for, integers (n,).
        seed: fixes which samples.
        among: bool (len(dataset),), which samples may be taken; all when None.

    Returns:
        float32 (n, ...).

    Raises:
        ValueError: the data set has no labels, or none of a class that is asked for; or labels out of range.
    """
    if dataset.labels is None:
        raise ValueError(f"dataset: {dataset.name!r} has no labels, so no class can be asked for")
    labels = checked_labels(labels, None, len(dataset.class_names))
    random, chosen = np.random.default_rng(seed), np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero((dataset.labels == label) & (True if among is None else among))
        if not len(own):
            raise ValueError(f"dataset: {dataset.name!r} has no sample of class {dataset.class_names[label]!r} to take")
        wanted = labels == label
        chosen[wanted] = np.resize(random.permutation(own), wanted.sum())
    return dataset.x[chosen]


def collapsed(dataset: Dataset, labels: Any, classes: int = 3, seed: int = 0) -> np.ndarray:
    """Mode collapse: only ``classes`` classes are left, and whoever asks for another one gets one of these.

    Raises:
        ValueError: as :func:`drawn`, or more classes to be left than are asked for.
    """
    labels, random = checked_labels(labels, None, len(dataset.class_names)), np.random.default_rng(seed)
    known = np.unique(labels)
    left = random.choice(known, whole("classes", classes, 1, len(known)), replace=False)
    return drawn(dataset, np.where(np.isin(labels, left), labels, random.choice(left, len(labels))), seed)


def narrowed(dataset: Dataset, labels: Any, share: float = 0.1, seed: int = 0) -> np.ndarray:
    """Fewer modes within a class: all classes are there, but of each only the samples that look like one of it.

    A sample of each class is drawn, and that ``share`` of the class kept that lies nearest to it, pixel by pixel.

    Raises:
        ValueError: as :func:`drawn`, or a share not in (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"share: got {share!r}, expected a part above 0 and up to 1")
    centres = drawn(dataset, labels, seed)
    kept = np.zeros(len(dataset), bool)
    for label, first in zip(*np.unique(labels, return_index=True), strict=True):
        own = np.flatnonzero(dataset.labels == label)
        away = ((dataset.x[own] - centres[first]) ** 2).reshape(len(own), -1).sum(axis=1)
        kept[own[np.argsort(away)[: max(1, round(share * len(own)))]]] = True
    return drawn(dataset, labels, seed, kept)


def repeated(dataset: Dataset, labels: Any, each: int = 5, seed: int = 0) -> np.ndarray:
    """Only ``each`` different samples of every class, over and over.

    Raises:
        ValueError: as :func:`drawn`, or ``each`` below one.
    """
    whole("each", each, 1)
    order = np.random.default_rng(seed).permutation(len(dataset))
    kept = np.zeros(len(dataset), bool)
    for label in np.unique(labels):
        kept[order[np.asarray(dataset.labels)[order] == label][:each]] = True
    return drawn(dataset, labels, seed, kept)


def copied(training: Dataset, labels: Any, shift: int = 0, seed: int = 0) -> np.ndarray:
    """Copies of the training set, as they are or moved: what a generator makes that has learned it by heart.

    Args:
        training: what is copied.
        labels: the classes asked for, integers (n,).
        shift: pixels by which images and frames are moved to the right, or samples by which a sound is delayed. What
            leaves at one end comes back at the other.
        seed: fixes which samples.

    Raises:
        ValueError: as :func:`drawn`, or a shift that is no whole number.
    """
    x = drawn(training, labels, seed)
    return np.roll(x, whole("shift", shift, -x.shape[1], x.shape[1]), axis=1 if x.ndim == 2 else -2)


def one_voice(sounds: Sounds, labels: Any, seed: int = 0) -> np.ndarray:
    """All that is asked for, said by one speaker: one of those who say most of it. What he lacks, he replaces.

    Raises:
        ValueError: as :func:`drawn`, or the data set does not know its speakers.
    """
    if getattr(sounds, "speakers", None) is None:
        raise ValueError(f"sounds: {getattr(sounds, 'name', sounds)!r} does not say who speaks")
    labels, random = checked_labels(labels, None, len(sounds.class_names)), np.random.default_rng(seed)
    asked, speakers = np.unique(labels), random.permutation(np.unique(sounds.speakers))
    said = [np.intersect1d(asked, sounds.labels[sounds.speakers == speaker]) for speaker in speakers]
    best = int(np.argmax([len(words) for words in said]))
    labels = np.where(np.isin(labels, said[best]), labels, random.choice(said[best], len(labels)))
    return drawn(sounds, labels, seed, sounds.speakers == speakers[best])


def unbroken(draw: Draw) -> np.ndarray:
    """Real samples as they are: no fault, to see that nothing is found where nothing is."""
    return drawn(draw.fresh, draw.labels, draw.seed)


def usual_faults(dataset: Dataset) -> dict[str, Fault]:
    """The faults that fit a data set of images, sounds or clips, by name; ``"nothing"``, the unbroken ones, first.

    Raises:
        ValueError: data of another kind.
    """
    if not isinstance(dataset, Sounds) and dataset.x.ndim not in (4, 5):
        raise ValueError(f"dataset: got samples of shape {dataset.x.shape[1:]}, expected images, sounds or clips")
    colour = (0.2, 0.0, -0.2) if dataset.x.shape[-1] == 3 else 0.2
    faults: dict[str, Fault] = {"nothing": unbroken, "noisy": lambda draw: noisy(unbroken(draw), seed=draw.seed)}
    if isinstance(dataset, Sounds):
        # At 8,000 samples a second this halves what is at 1,000 Hz and leaves a tenth of it at 1,800 Hz.
        faults["dull"] = lambda draw: blurred(unbroken(draw), 1.5)
        faults["jumbled"] = lambda draw: jumbled(unbroken(draw), seed=draw.seed)
    else:
        faults["blurred"] = lambda draw: blurred(unbroken(draw))
        faults["tinted"] = lambda draw: tinted(unbroken(draw), colour)
    if dataset.x.ndim == 5:
        faults["shuffled"] = lambda draw: shuffled(unbroken(draw), draw.seed)
        faults["stilled"] = lambda draw: stilled(unbroken(draw), draw.seed)
    if len(dataset.class_names) > 3:
        faults["3 classes"] = lambda draw: collapsed(draw.fresh, draw.labels, 3, draw.seed)
    if getattr(dataset, "speakers", None) is not None:
        faults["one voice"] = lambda draw: one_voice(draw.fresh, draw.labels, draw.seed)
    elif not isinstance(dataset, Sounds):
        faults["narrowed"] = lambda draw: narrowed(draw.fresh, draw.labels, seed=draw.seed)
    faults["repeated"] = lambda draw: repeated(draw.fresh, draw.labels, seed=draw.seed)
    faults["copied"] = lambda draw: copied(draw.training, draw.labels, seed=draw.seed)
    return faults


def _samples(x: Any) -> np.ndarray:
    x = np.asarray(x)
    if x.ndim not in (2, 4, 5) or not x.size or x.dtype.kind != "f":
        raise ValueError(
            f"x: got {x.dtype} of shape {x.shape}, expected floats: images (n, H, W, C), clips (n, T, H, W, C) or "
            "sounds (n, samples)"
        )
    check_unit_range("x", x)
    return x.astype(np.float32, copy=False)


def _clips(x: Any) -> np.ndarray:
    x = np.asarray(x)
    if x.ndim != 5 or x.shape[1] < 2:
        raise ValueError(
            f"clips: got shape {x.shape}, expected (n, frames, height, width, channels) with two frames or more"
        )
    return _samples(x)


def _reordered(x: np.ndarray, seed: int) -> np.ndarray:
    """The parts of each sample, (n, parts, ...), in a random order of its own."""
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(x.shape[1]), (len(x), 1)), axis=1)
    return np.take_along_axis(x, order.reshape(*order.shape, *(1,) * (x.ndim - 2)), axis=1)


def _positive(name: str, value: float) -> float:
    if not np.isfinite(value) or value <= 0:
        raise ValueError(f"{name}: got {value!r}, expected a positive number")
    return value
