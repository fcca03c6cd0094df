"""What a training that goes wrong shows in its samples: the numbers that :func:`diagnose` takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from gan_course.data import Dataset
from gan_course.evaluation.spaces import Features, as_dataset, kept, share_outside, space_of
from gan_tf.checks import whole
from gan_tf.metrics import density_coverage
from gan_tf.sampling import Sampler


class Symptoms(keras.callbacks.Callback):
    """Write the symptoms of common failures into ``logs`` at the end of each epoch.

    The samples come from the generator as it is now, not from the averaged one: averaging hides oscillation. They come
    from the same latents each time.

    =================  ==========================================================================================
    ``diversity``      mean distance between two samples, as a part of that between two real samples
    ``coverage``       share of real neighbourhoods that hold a sample (Naeem et al. 2020), in features
    ``movement``       how far the samples of the same latents moved since the epoch before, as a part of the
                       mean distance between two real samples; 0 in the first epoch of a training
    ``outside``        share of values outside [-1, 1]; 0 behind a tanh
    ``contrast_gap``   how far mean and standard deviation of all values are from those of the data; 0 if equal
    ``checkerboard``   :func:`checkerboard` of the samples less that of the data; images only
    ``leakage``        :func:`leakage`: does the logit of a sample depend on the others in the batch?
    =================  ==========================================================================================

    Args:
        dataset: the real samples, a Dataset or an array as for :func:`evaluate`; ``n`` of them are used.
        n: how many samples are drawn each time, 20 to 5,000; of a smaller data set as many as it has. Coverage depends
            on it.
        seed: seed of the latents and of the choice of real samples.
        features: as for :func:`evaluate`.

    Raises:
        ValueError: a number out of range, fewer than 20 samples, or no features are known for this data set.
    """

    def __init__(self, dataset: Dataset | np.ndarray, n: int = 300, seed: int = 0, features: Features | None = None):
        super().__init__()
        self.n, self.seed, self.dataset = whole("n", n, 20, 5_000), seed, as_dataset(dataset)
        if (there := len(self.dataset)) < n:
            if there < 20:
                raise ValueError(f"dataset: got {there} samples, expected at least 20")
            print(f"Symptoms: n is {there} instead of {n}, as the data set has no more samples")
            self.n = there
        self._space = space_of(self.dataset, features)

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._before: np.ndarray | None = None
        self._real = kept(self.dataset, ("symptoms", self._space.key, self.n, self.seed), self._measure_real)
        # The generator as it is; `model.sample` draws from the averaged one.
        self._sampler = Sampler(self.model.generator, self.model.sampler.classes)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if epoch and self._before is None:  # A training that goes on: its weights are those of the epoch before.
            samples = self._sampler.sample(self.n, self.seed)
            self._before = samples if np.isfinite(samples).all() else None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if logs is not None:
            logs.update(self.measure())

    def measure(self) -> dict[str, float]:
        """The symptoms now, always by the same names; all NaN if the samples are not finite."""
        samples, names = self._sampler.sample(self.n, self.seed), self._names()
        if not np.isfinite(samples).all():
            self._before = None
            return dict.fromkeys(names, float("nan"))
        real, before, self._before = self._real, self._before, samples
        limited = samples.clip(-1, 1) if "outside" in names else samples
        features = self._space(limited)[0]
        labels = np.arange(self.n) % self._sampler.classes if self._sampler.conditional else None
        ways: dict[str, Callable[[], float]] = {
            "diversity": lambda: mean_distance(samples) / real["apart"],
            "coverage": lambda: density_coverage(real["features"], features).coverage,
            "movement": lambda: 0.0 if before is None else _apart(samples, before) / real["apart"],
            "outside": lambda: share_outside(samples),
            "contrast_gap": lambda: abs(samples.mean() - real["mean"]) + abs(samples.std() - real["std"]),
            "checkerboard": lambda: max(checkerboard(limited) - real["checkerboard"], 0.0),
            "leakage": lambda: leakage(self.model.discriminator, real["x"], samples, labels),
        }
        return {name: float(ways[name]()) for name in names}

    def _names(self) -> tuple[str, ...]:
        """Which symptoms samples of this kind can have: points have no range, and only images a grid of pixels."""
        rank = self.dataset.x.ndim
        ranged = ("outside", "contrast_gap") if rank > 2 else ()
        return ("diversity", "coverage", "movement", *ranged, *(("checkerboard",) if rank == 4 else ()), "leakage")

    def _measure_real(self) -> dict[str, Any]:
        order = np.random.default_rng(self.seed).permutation(len(self.dataset))[: self.n]
        x = self.dataset.x[order]
        features = self._space(x)[0]
        return {
            "x": x,
            "features": features,
            "apart": mean_distance(x),
            "mean": x.mean(),
            "std": x.std(),
            "checkerboard": checkerboard(x) if x.ndim == 4 else 0.0,
        }


def mean_distance(x: np.ndarray) -> float:
    """Mean Euclidean distance between neighbours in a list of samples ``(n, ...)``, which should be in random order.

    Raises:
        ValueError: fewer than two samples.
    """
    if len(x) < 2:
        raise ValueError(f"x: got {len(x)} samples, expected at least 2")
    return _apart(x, np.roll(x, 1, axis=0))


def checkerboard(images: np.ndarray) -> float:
    """How much the fine detail of images follows a fixed grid of 4x4 pixels, 0 for not at all.

    Transposed convolutions whose kernel is no multiple of their stride serve some pixels more often than others (Odena
    et al. 2016). So: the mean absolute difference of each pixel from the mean of its four neighbours, averaged over all
    images and over all pixels of the same place in the grid; then the standard deviation of these 16 numbers as a part
    of their mean. In photographs every place is alike.

    Args:
        images: ``(n, height, width, channels)``, at least 12 by 12 pixels; the outermost four are left out.

    Raises:
        ValueError: another shape.
    """
    if images.ndim != 4 or min(images.shape[1:3]) < 12:
        raise ValueError(f"images: got shape {images.shape}, expected (n, height, width, channels) from 12 x 12 on")
    x = images.astype(np.float32)
    around = (np.roll(x, 1, 1) + np.roll(x, -1, 1) + np.roll(x, 1, 2) + np.roll(x, -1, 2)) / 4
    height, width = ((side - 8) // 4 * 4 for side in x.shape[1:3])
    detail = np.abs(x - around).mean(axis=(0, 3))[4 : 4 + height, 4 : 4 + width]
    places = detail.reshape(height // 4, 4, width // 4, 4).mean(axis=(0, 2))
    return float(places.std() / max(places.mean(), 1e-6))


def leakage(discriminator: keras.Model, real: np.ndarray, fake: np.ndarray, labels: Any = None) -> float:
    """Does the logit of a fake sample depend on the other samples in its batch?

    The fakes pass through it as in training, once among fakes and once in a batch that is half real. The result is the
    mean change of their logits as a part of the logits' standard deviation over both kinds. Without a layer that mixes
    samples, such as batch normalisation, it is zero up to rounding.

    Args:
        discriminator: Keras model from samples to logits; class logits as a second output are left out.
        real: real samples ``(n, ...)``.
        fake: as many generated ones, n at least 4.
        labels: integers ``(n,)`` for both, if the discriminator takes them.
    """
    half = len(fake) // 2
    # The running statistics of the layers must not move: this is only a look.
    state = [variable.numpy() for variable in discriminator.non_trainable_variables]

    def logits_of(x: np.ndarray) -> np.ndarray:
        inputs = x if len(discriminator.inputs) == 1 else [x, np.asarray(labels)[: len(x)]]
        outputs = discriminator(inputs, training=True)
        logits = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
        logits = np.ravel(keras.ops.convert_to_numpy(logits)).astype(np.float64)
        for variable, value in zip(discriminator.non_trainable_variables, state, strict=True):
            variable.assign(value)
        return logits

    among_fakes = logits_of(fake[: 2 * half])
    mixed = logits_of(np.concatenate([fake[:half], real[half : 2 * half]]))
    spread = np.concatenate([among_fakes, logits_of(real[: 2 * half])]).std()
    return float(np.abs(mixed[:half] - among_fakes[:half]).mean() / max(spread, 1e-6))


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm((a - b).reshape(len(a), -1), axis=1).mean())
