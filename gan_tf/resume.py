"""Go on after a crash: the whole state of a training, in a folder."""

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_tf.checks import whole
from gan_tf.files import ArraysError, load_arrays, remove_parts, save_arrays
from gan_tf.weights import layers, named_state, restore, state


class ResumeError(ValueError):
    """A save that does not belong to this model; the message says what differs."""


class Resume(keras.callbacks.Callback):
    """Save the whole state as training goes, and go on from the newest save when training starts again.

    A resumed training ends exactly as an uninterrupted one would on a CPU: the saves hold weights, averages,
    optimizers, random state, history, the epoch and the step in it, and a ``tf.data.Dataset`` or generator made anew is
    brought to the same place. An optimizer that comes with a new learning rate keeps it. A state with NaN is not saved;
    a save that cannot be written is reported, and training goes on.

    Args:
        folder: where the saves are; made if needed. One folder belongs to one training.
        every, every_steps: save after so many epochs, and the last one; for epochs that last long, after so many steps
            too. To go on inside an epoch, its first batches are drawn again, but not trained on again.
        keep: how many of the newest saves stay.
        clear_when_done: delete the saves once all epochs are trained, so that the same ``fit`` trains anew next time.
    """

    runs_last = True  # So that the saved history holds what other callbacks measured.

    def __init__(
        self, folder: str | os.PathLike, every: int = 1, keep: int = 2, clear_when_done: bool = False,
        every_steps: int | None = None,
    ):  # fmt: skip
        super().__init__()
        self.folder, self.clear_when_done = Path(folder), clear_when_done
        self.every, self.keep = whole("every", every, 1), whole("keep", keep, 1)
        self.every_steps = math.inf if every_steps is None else whole("every_steps", every_steps, 1)
        self.resumed_at: int | None = None

    def saves(self) -> list[Path]:
        """The saves in the folder, oldest first."""
        return sorted(self.folder.glob("epoch-*.safetensors"))

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._rates = {name: float(rate.numpy()) for name, rate in self._learning_rates().items()}
        self._history, self._broken, self.resumed_at = {}, [], None
        self._unsaved, self._again = 0, 0  # Steps since the last save; batches to be drawn, and not trained on.
        self._passed, self._logs, self._means = 0, {}, {}  # Of an epoch: steps before the save, and their losses.
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_parts(self.folder)
        for path in reversed(self.saves()):
            try:
                arrays, meta = load_arrays(path)
            except ArraysError as error:
                print(f"Resume: skipping a save that cannot be read: {error}")
                continue
            try:
                self._go_on(arrays, meta)
            except ArraysError as error:
                hint = "Use another folder, or delete this one to start anew."
                raise ResumeError(f"{path}: not a save of this model: {error}. {hint}") from None
            if not self._complete():
                step = f", step {self._passed}" if self._passed else ""
                print(f"Resume: going on after epoch {self.resumed_at}{step} ({path.name})")
            return

    def _learning_rates(self) -> dict[str, keras.Variable]:
        """The learning rates that are plain numbers; a schedule has no variable of its own."""
        found = named_state(self.model)
        return {name: found[name] for name in found if re.fullmatch(r"\w+_optimizer/learning_rate(_\d+)?", name)}

    def _trackers(self) -> dict[str, keras.Variable]:
        """The means of the losses over the epoch so far."""
        return {f"means/{i:03d}": variable for i, variable in enumerate(self.model.metrics_variables)}

    def _complete(self) -> bool:
        return self.resumed_at is not None and self.resumed_at >= self.params.get("epochs", math.inf)

    def _go_on(self, arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> None:
        if not meta.keys() >= {"epoch", "step", "logs", "history", "learning_rates", "layers"}:
            raise ArraysError("it does not say which epoch it is from")
        if meta["step"] % self.model.steps_per_execution:
            raise ArraysError(f"saved after {meta['step']} steps, no multiple of steps_per_execution")
        self._means = {name: arrays.pop(name) for name in list(arrays) if name.startswith("means/")}
        restore(self.model, arrays, meta["layers"])
        for name, variable in self._learning_rates().items():
            if self._rates[name] != meta["learning_rates"].get(name):
                variable.assign(self._rates[name])
                print(f"Resume: {name.split('/')[0]} has a new learning rate, {self._rates[name]:g}")
        self._passed, self._logs, self._history = meta["step"], meta["logs"], meta["history"]
        # Keras' own BackupAndRestore tells fit where to start in this way.
        self.resumed_at = passes = self.model._initial_epoch = meta["epoch"]
        data, steps = (getattr(self.model, name, None) for name in ("training_data", "training_steps"))
        if steps and isinstance(data, tf.data.Dataset | Iterator):  # Then one iterator serves many epochs.
            length = int(data.cardinality()) if isinstance(data, tf.data.Dataset) else 0
            passes, self._again = divmod(passes * steps, length) if length > 0 else (0, passes * steps)
        for _ in range(passes if isinstance(data, tf.data.Dataset) else 0):
            next(iter(data))  # Each iterator takes the next order of the shuffle, as each epoch did.

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch
        if epoch == self.resumed_at:  # Keras has emptied its own history, and the means of the losses, by now.
            self._show_history()
            for name, value in self._means.items():
                self._trackers()[name].assign(value)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Let the next call of the train function draw the batches that were trained on before the save."""
        passed = self._epoch == self.resumed_at and batch < self._passed
        again, self._again = self._again + passed * self.model.steps_per_execution, 0
        if not again:
            return
        train = self.model.train_function

        def draw(iterator):
            self.model.train_function = train
            for _ in range(again):
                next(iterator, None)
            return self._logs if passed else train(iterator)

        self.model.train_function = draw

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        done = batch + 1
        if self._epoch == self.resumed_at and done <= self._passed:
            return
        self._unsaved += self.model.steps_per_execution
        # At the end of an epoch on_epoch_end saves, with the history of that epoch.
        if self._unsaved >= self.every_steps and done < (self.params.get("steps") or math.inf):
            self._save(self._epoch, done, logs or {})

    def _show_history(self) -> None:
        self.model.history.history.update({name: list(values) for name, values in self._history.items()})
        self.model.history.epoch = list(range(self.resumed_at or 0))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        for name, value in (logs or {}).items():
            self._history.setdefault(name, []).append(float(value))
        last = epoch + 1 == self.params.get("epochs")
        if last or (epoch + 1) % self.every == 0 or self._unsaved >= self.every_steps:
            self._save(epoch + 1, 0, logs or {})

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._complete():
            print(f"Resume: all {self.resumed_at} epochs were already trained; delete {self.folder} to train anew")
            self._show_history()
        if self.clear_when_done and not self._broken and not _not_finite(logs or {}):
            for path in self.saves():
                path.unlink(missing_ok=True)

    def _save(self, epoch: int, step: int, logs: dict[str, float]) -> None:
        """Save the state after so many epochs, and so many steps of the next one."""
        arrays, where = state(self.model), f"epoch {epoch}" + (f", step {step}" if step else "")
        # The losses of a step are from before its update, so they can still be finite when the weights are not.
        self._broken = _not_finite(logs | arrays)
        if self._broken:
            print(f"Resume: {where} is not saved, since {self._broken[0]} holds NaN or infinity")
            return
        arrays |= {name: variable.numpy() for name, variable in self._trackers().items()} if step else {}
        meta = {"epoch": epoch, "step": step, "logs": {name: float(value) for name, value in logs.items()}}
        meta |= {"history": self._history, "learning_rates": self._rates, "layers": layers(self.model)}
        name = f"epoch-{epoch:06d}" + (f"_step-{step:08d}" if step else "")  # An underscore sorts behind a dot.
        self._unsaved = 0
        try:
            save_arrays(self.folder / f"{name}.safetensors", arrays, meta)
        except OSError as error:
            print(f"Resume: {where} could not be saved, earlier saves are as they were: {error}")
            return
        for old in self.saves()[: -self.keep]:
            old.unlink(missing_ok=True)


def _not_finite(values: dict[str, Any]) -> list[str]:
    return [name for name, value in values.items() if not np.isfinite(value).all()]
