"""A distance to the data after every epoch: the number that says when to stop, as the losses of a GAN do not."""

from __future__ import annotations

import time
import warnings

import keras
import numpy as np

from gan_course.data import Dataset
from gan_course.evaluation.spaces import MOST, Features, as_dataset, draw, kept, share_outside, space_of
from gan_tf.checks import whole
from gan_tf.metrics import frechet_distance, moments


class QualityMonitor(keras.callbacks.Callback):
    """Write the Frechet distance to the data into ``logs["distance"]`` at the end of an epoch.

    History, the progress bar and callbacks that stand behind this one see it as a metric of the model, so for example
    ``keras.callbacks.EarlyStopping("distance", mode="min")`` works. The samples come from the same latents each time.

    Args:
        dataset: the real samples, a Dataset or an array as for :func:`evaluate`; up to 10,000 of them are used, the
            same in each call.
        n: how many samples the model draws. Few samples make the distance larger: compare at equal ``n`` only.
        every: measure at every so many epochs, and at the first and last one. In between the last value is repeated.
        seed: seed of the samples.
        features: as for :func:`evaluate`.

    Attributes:
        measured: pairs (epoch, distance), the epoch counted from 1, of the epochs that were measured in this ``fit``;
            after :class:`gan_tf.Resume` also of those before, as far as their distance changed.
        seconds_spent: wall time used by this callback, in seconds, since it was made.

    Raises:
        ValueError: a number out of range, or no features are known for this data set.
        TypeError: when training starts, if the model cannot sample.
    """

    def __init__(
        self,
        dataset: Dataset | np.ndarray,
        n: int = 2000,
        every: int = 1,
        seed: int = 0,
        features: Features | None = None,
    ):
        super().__init__()
        self.dataset = as_dataset(dataset)
        self.n = whole("n", n, 2)
        self.every = whole("every", every, 1)
        self.seed = seed
        self.measured: list[tuple[int, float]] = []
        self.seconds_spent = 0.0
        self._warned = False
        self._space = space_of(self.dataset, features)

    def on_train_begin(self, logs: dict | None = None) -> None:
        began, self.measured = time.perf_counter(), []
        # A sample that does not fit should stop the training here, not after the first epoch.
        made = draw(self.model, 2, len(self.dataset.class_names), self.seed)
        if made.shape[1:] != self.dataset.x.shape[1:]:
            raise ValueError(
                f"model: makes samples of shape {made.shape[1:]}, expected {self.dataset.x.shape[1:]}, as in dataset"
            )
        self._reference()
        self.seconds_spent += time.perf_counter() - began

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        number = epoch + 1
        if not self.measured:  # The history holds epochs before this ``fit`` only if Resume put them there.
            known = getattr(getattr(self.model, "history", None), "history", {}).get("distance", [])[:epoch]
            self.measured = [(i + 1, one) for i, one in enumerate(known) if not i or one != known[i - 1]]
        last = number == (self.params or {}).get("epochs")
        if not self.measured or number % self.every == 0 or last:
            began = time.perf_counter()
            self.measured.append((number, self.measure()))
            self.seconds_spent += time.perf_counter() - began
        if logs is not None:
            logs["distance"] = self.measured[-1][1]

    def measure(self) -> float:
        """The distance now; infinite if the model's samples are not finite."""
        samples = draw(self.model, self.n, len(self.dataset.class_names), self.seed)
        if not np.isfinite(samples).all():
            warnings.warn("The model's samples hold NaN or infinity; their distance is infinite.", stacklevel=2)
            return float("inf")
        if samples.ndim > 2 and (outside := share_outside(samples)):
            # A training must not end here, after an hour, because its generator lacks a tanh.
            if not self._warned:
                warnings.warn(
                    f"{outside:.1%} of the samples' values lie outside [-1, 1]; to measure them, they are cut there. "
                    "Does the generator end in tanh?",
                    stacklevel=2,
                )
            self._warned = True
            samples = samples.clip(-1, 1)
        return frechet_distance(moments(self._space(samples)[0], "samples"), self._reference())

    def _reference(self):
        def make():
            order = np.random.default_rng(0).permutation(len(self.dataset))[:MOST]
            return moments(self._space(self.dataset.x[np.sort(order)])[0], "dataset")

        return kept(self.dataset, ("moments", self._space.key), make)
