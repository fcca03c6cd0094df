"""The live view of a training."""

from __future__ import annotations

import os
import textwrap
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from gan_course.show.figures import grid, png_of
from gan_course.show.pictures import film_strips, mosaic
from gan_tf.checks import BOUND

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class LiveSamples(keras.callbacks.Callback):
    """Show what the averaged generator makes, always from the same latents, while it learns.

    In Jupyter one picture is updated in place; elsewhere, and at the ``smoke`` budget, it prints one line an epoch.
    The pictures are kept in ``frames`` and can be written with :func:`save_gif`.

    Args:
        n: samples in the picture.
        labels: integers ``(n,)``, for a conditional generator.
        every: also take a picture after every so many steps; ``None`` takes one at each epoch's end only.
        columns: samples in a row; of clips, frames.
        seed: seed of the latents.
        draw: function ``(samples, columns, title=, size=)`` to a figure, such as :func:`spectrograms` or
            :func:`clips`.
        make: function from the model to the samples to show, for nets that do not start from latents, such as
            ``lambda model: model.to_b(photos)``; ``n``, ``labels`` and ``seed`` then play no part.
    """

    shows_progress = True

    def __init__(
        self,
        n: int = 40,
        *,
        labels: Any = None,
        every: int | None = None,
        columns: int = 10,
        seed: int = 0,
        draw: Callable[..., Figure] = grid,
        make: Callable[[keras.Model], np.ndarray] | None = None,
    ):
        super().__init__()
        self.draw, self.make = draw, make
        self.n, self.labels, self.every, self.columns, self.seed = n, labels, every, columns, seed
        self.frames: list[np.ndarray] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._handle, self._start, self._steps, self._epoch = None, time.perf_counter(), 0, 0
        self._pictures = os.environ.get("GAN_TF_BUDGET") != "smoke" and _in_jupyter()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        # With several steps a call, `batch` jumps; what counts is whether a multiple of `every` was passed.
        if self.every and (batch + 1) // self.every > self._steps:
            self._steps = (batch + 1) // self.every
            steps = self.params.get("steps")  # Unknown in the first pass over some data sets.
            self._show(logs or {}, self._epoch + (batch + 1) / steps if steps else self._epoch)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._steps = 0
        self._show(logs or {}, epoch + 1, ends_epoch=True)

    def _show(self, logs: dict, done: float, ends_epoch: bool = False) -> None:
        if self.make is None:
            images = self.model.sample(self.n, seed=self.seed, labels=self.labels)
        else:
            images = np.asarray(self.make(self.model))
        if np.abs(images).max() > BOUND:  # A training must not end here because its generator lacks a tanh.
            cure = "cut off in the picture. Does the generator end in tanh?"
            warnings.warn(f"The samples have values outside [-1, 1], {cure}", stacklevel=2)
            images = images.clip(-1, 1)
        self.frames.append((film_strips if images.ndim == 5 else mosaic)(images, self.columns))
        values = "  ".join(f"{name.replace('_', ' ')} {float(value):.3g}" for name, value in logs.items())
        elapsed = time.perf_counter() - self._start
        text = f"epoch {round(done, 2):g}/{self.params.get('epochs', '?')}  {elapsed:.0f} s  {values}"
        if self._pictures:
            self._update(self.draw(images, self.columns, title=textwrap.fill(text, 75), size=6.0), text)
        elif ends_epoch:
            print(text)

    def _update(self, figure: Figure, text: str) -> None:
        from IPython.display import display

        bundle = {"image/png": png_of(figure), "text/plain": text}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _in_jupyter() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")
