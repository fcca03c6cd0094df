"""The live view of a training."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from gan_course.show.figures import clips, figure_to_array, grid, new_figure, png_of, points, small_png
from gan_course.show.pictures import film_strips, mosaic
from gan_tf.checks import BOUND, whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAUSE = 2.0  # seconds from one state to the next, at least; 10 where each one is a line of its own
GRACE = 1.5  # seconds that drawing may take at the start, beyond its share
SHARE = 0.025  # of the training's time that drawing may take inside epochs; with the epochs' ends twice that
MINUTE = 60.0


class LiveSamples(keras.callbacks.Callback):
    """Show what the averaged generator makes, always from the same latents, while it learns.

    The first state is shown before the first step, further ones about two seconds apart, later more seldom, so that
    drawing takes at most a few percent of the time. In Jupyter, VS Code and Colab one picture is updated in place; its
    last state also shows the first minute of training. In a terminal one line is updated. At the ``smoke`` budget there
    is one line an epoch and no more.

    Args:
        n: samples in the picture.
        labels: integers ``(n,)``, for a conditional generator.
        every: also keep a picture after every so many steps; ``None`` keeps one at each epoch's end only.
        columns: samples in a row; of clips, frames.
        seed: seed of the latents.
        draw: function ``(samples, columns, title=, size=)`` to a figure, such as :func:`spectrograms`. By default
            images are drawn by :func:`grid`, clips by :func:`clips`, points of the plane by :func:`points`.
        make: function from the model to the samples to show, for nets that do not start from latents, such as
            ``lambda model: model.to_b(photos)``; ``n``, ``labels`` and ``seed`` then play no part.

    Attributes:
        frames: a picture, in bytes, of each epoch's end and of each multiple of ``every``, for :func:`save_gif`.
        early: pairs (seconds of training, samples) of the first minute, at least a second apart.
        seconds_spent: wall time used by this callback, in seconds.

    Raises:
        ValueError: a number out of range; when ``fit`` begins, labels that are missing or do not fit.
        TypeError: when ``fit`` begins, a model that cannot ``sample``, and no ``make``.
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
        draw: Callable[..., Figure] | None = None,
        make: Callable[[keras.Model], np.ndarray] | None = None,
    ):
        super().__init__()
        self.n, self.columns = whole("n", n, 1), whole("columns", columns, 1)
        self.every = None if every is None else whole("every", every, 1)
        self.labels, self.seed, self.draw, self.make = labels, seed, draw or _drawn, make
        self.frames: list[np.ndarray] = []
        self.early: list[tuple[float, np.ndarray]] = []
        self.seconds_spent = 0.0

    def set_params(self, params: dict | None) -> None:
        """Keras calls this before any callback's ``on_train_begin``, some of which measure for seconds."""
        super().set_params(params)
        self._quiet = os.environ.get("GAN_TF_BUDGET") == "smoke"
        self._pictures = not self._quiet and _in_jupyter()
        self._rewrites = not self._quiet and not self._pictures and sys.stdout.isatty()
        self._pause = PAUSE if self._pictures or self._rewrites else 5 * PAUSE
        self._handle, self._last, self._warned = None, None, False
        self._start, self._steps, self._epoch = time.perf_counter(), 0, 0
        self.early, self.seconds_spent = [], 0.0
        samples = self._samples()  # What does not fit is refused here, also at the smoke budget.
        if not self._quiet:
            self._show(samples, {}, 0, note="before the first step")
        self.seconds_spent = time.perf_counter() - self._start
        self._allowed = self.seconds_spent + GRACE  # The first picture loads Matplotlib.

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch, self._steps = epoch, 0
        if epoch and len(self.early) == 1:
            self.early.clear()  # An earlier training goes on: this one's first minute is over.

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        began, done = time.perf_counter(), batch + 1
        # With several steps a call, `batch` jumps; what counts is whether a multiple of `every` was passed.
        wanted = self.every and done // self.every > self._steps
        due = not self._quiet and began - self._shown >= max(self._pause, (began - self._start) / 20)
        due = due and self._affordable(SHARE)
        if not wanted and not due:
            return
        steps = self.params.get("steps")  # Unknown in the first pass over some data sets.
        samples = self._samples()
        if wanted:
            self._steps = done // self.every
            self.frames.append(self._sheet(samples))
        if due or (self._pictures and self._affordable(2 * SHARE)):
            self._show(samples, logs or {}, self._epoch + (done / steps if steps else 0), note=f"step {done}")
        self.seconds_spent += time.perf_counter() - began

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        began, samples = time.perf_counter(), self._samples()
        self.frames.append(self._sheet(samples))
        if not self._pictures or self._affordable(2 * SHARE):
            self._show(samples, logs or {}, epoch + 1)
        self._last = samples, self._text(logs or {}, epoch + 1)
        self.seconds_spent += time.perf_counter() - began

    def on_train_end(self, logs: dict | None = None) -> None:
        """Replace the picture by the last epoch's, with the first minute below it."""
        if not self._pictures or self._last is None:
            return
        began, (samples, text) = time.perf_counter(), self._last
        figures = self.draw(samples, self.columns, title=textwrap.fill(text, 75), size=6.0), self.first_minute()
        self._display(small_png([figure for figure in figures if figure]), text)
        self.seconds_spent += time.perf_counter() - began

    def first_minute(self, moments: int = 10) -> Figure | None:
        """The samples of the first minute: the three that changed most, or one clip, or all points.

        Returns:
            A figure, or ``None`` if fewer than two states were kept.
        """
        if len(self.early) < 2:
            return None
        last = len(self.early) - 1  # Most happens early, so the moments stand closer together there.
        chosen = sorted({round(last * part**2) for part in np.linspace(0, 1, whole("moments", moments, 2))})
        times = [self.early[i][0] for i in chosen]
        states = np.stack([self.early[i][1] for i in chosen])
        title = f"the start of the training: after {', '.join(f'{t:.0f}' for t in times)} seconds"
        if states.ndim == 3:
            figure, axes = new_figure((6.0, 6.0 / len(chosen) + 0.3), columns=len(chosen))
            for panel, cloud, t in zip(axes, states, times, strict=True):
                points(None, cloud, title=f"{t:.0f} s", extent=float(np.abs(states).max()), axes=panel)
            return figure
        change = np.abs(states[-1] - states[0]).reshape(states.shape[1], -1).mean(1)
        rows = np.sort(np.argsort(-change)[: 1 if states.ndim == 6 else 3])
        # A clip has a row for each moment; of images each moment has a column.
        samples = np.concatenate(states[:, rows].swapaxes(0, 1))
        return self.draw(samples, self.columns if states.ndim == 6 else len(chosen), title=title, size=6.0)

    def _samples(self) -> np.ndarray:
        """The samples to show, fit to be drawn whatever the training has come to."""
        if self.make is not None:
            samples = np.asarray(self.make(self.model), np.float32)
        elif not hasattr(self.model, "sample"):
            raise TypeError(
                f"LiveSamples: {type(self.model).__name__} has no sample(), expected make=, a function from the model "
                "to the samples to show, such as make=lambda model: model.to_b(photos)"
            )
        else:
            try:
                samples = self.model.sample(self.n, seed=self.seed, labels=self.labels)
            except ValueError as error:
                raise ValueError(f"LiveSamples(n={self.n}, labels=...): {error}") from None
        wrong = not np.isfinite(samples).all()
        if wrong or (samples.ndim > 2 and np.abs(samples).max() > BOUND):
            if not self._warned:  # A training must not end here because its generator lacks a tanh.
                found = "NaN or infinity" if wrong else "values outside [-1, 1]"
                warnings.warn(
                    f"The samples have {found}, replaced in the picture. Does the generator end in tanh?", stacklevel=3
                )
            self._warned = True
            samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
            samples = samples.clip(-1, 1) if samples.ndim > 2 else samples
        return samples

    def _sheet(self, samples: np.ndarray) -> np.ndarray:
        if samples.ndim < 4 or samples.shape[-1] not in (1, 3):
            return figure_to_array(self.draw(samples, self.columns))
        return (film_strips if samples.ndim == 5 else mosaic)(samples, self.columns)

    def _affordable(self, share: float) -> bool:
        return self.seconds_spent <= self._allowed + share * (time.perf_counter() - self._start)

    def _text(self, logs: dict, done: float, note: str = "") -> str:
        values = [f"{name.replace('_', ' ')} {float(value):.3g}" for name, value in logs.items()]
        elapsed = f"{time.perf_counter() - self._start:.0f} s"
        parts = [f"epoch {round(done, 2):g}/{self.params.get('epochs', '?')}", note, elapsed, *values]
        return "  ".join(part for part in parts if part)

    def _show(self, samples: np.ndarray, logs: dict, done: float, note: str = "") -> None:
        """Show a state; ``note`` says where inside an epoch it is."""
        text, elapsed = self._text(logs, done, note), time.perf_counter() - self._start
        if elapsed <= MINUTE and (not self.early or elapsed - self.early[-1][0] >= 1):
            self.early.append((elapsed, samples))
        if self._pictures:
            figure = self.draw(samples, self.columns, title=textwrap.fill(text, 75), size=6.0)
            self._display(png_of(figure), text)
        elif self._rewrites:
            width = shutil.get_terminal_size().columns - 1
            line = text[:width].ljust(width) if note else text.ljust(width) + "\n"
            print("\r" + line, end="", flush=True)
        else:
            print(text, flush=True)
        self._shown = time.perf_counter()

    def _display(self, png: bytes, text: str) -> None:
        from IPython.display import display

        bundle = {"image/png": png, "text/plain": text}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _drawn(samples: np.ndarray, columns: int, title: str | None = None, size: float = 6.0) -> Figure:
    if samples.ndim == 2:
        return points(None, samples, title)
    return (clips if samples.ndim == 5 else grid)(samples, columns, title=title, size=size)


def _in_jupyter() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")
