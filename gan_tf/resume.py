"""Go on after a crash: the whole state of a training, in a folder."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan_tf.checks import whole
from gan_tf.files import ArraysError, load_arrays, remove_parts, save_arrays

_PROGRESS = "progress/"  # Arrays that only a save inside an epoch has.


class ResumeError(ValueError):
    """A save that does not belong to this model; the message says what differs."""


def state(gan: keras.Model) -> dict[str, np.ndarray]:
    """All that a GAN's next step depends on, by name: both nets, the average, both optimizers, the random state."""
    return {name: np.array(variable.numpy()) for name, variable in _variables(gan).items()}


def restore(gan: keras.Model, arrays: dict[str, np.ndarray]) -> None:
    """Put a :func:`state` back. Nothing is changed unless all of it fits.

    Raises:
        ResumeError: other variables or other shapes than this GAN has.
    """
    variables = _variables(gan)
    missing, unknown = sorted(variables.keys() - arrays.keys()), sorted(arrays.keys() - variables.keys())
    if missing or unknown:
        raise ResumeError(
            f"the save is from another model: it lacks {len(missing)} variables ({', '.join(missing[:3])}) and has "
            f"{len(unknown)} that this model has not ({', '.join(unknown[:3])})"
        )
    for name, variable in variables.items():
        if tuple(variable.shape) != arrays[name].shape:
            raise ResumeError(
                f"the save is from another model: {name} is {arrays[name].shape}, here {tuple(variable.shape)}"
            )
    for name, variable in variables.items():
        variable.assign(arrays[name])


def _variables(gan: keras.Model) -> dict[str, keras.Variable]:
    # Keras numbers the layers of a process, and optimizers name variables after layers, "dense_3_kernel_velocity":
    # position and the name without such numbers make a stable key.
    return {
        f"{part}/{position:03d}.{re.sub(r'_[0-9]+(?=_)', '', variable.name)}": variable
        for part, variables in gan.parts.items()
        for position, variable in enumerate(variables)
    }


def _layers(gan: keras.Model) -> dict[str, list[str]]:
    """The kinds of the layers: what the shapes of the variables do not tell."""
    return {name: [type(layer).__name__ for layer in net.layers] for name, net in gan.nets.items()}


def _check_layers(gan: keras.Model, saved: dict[str, list[str]]) -> None:
    for name, kinds in _layers(gan).items():
        for place, (here, there) in enumerate(zip(kinds, saved.get(name, kinds), strict=False)):
            if here != there:
                raise ResumeError(
                    f"the save is from another model: layer {place} of the {name} is {there}, here {here}"
                )


class Resume(keras.callbacks.Callback):
    """Save the whole state as training goes, and go on from the newest save when training starts again.

    A resumed training ends exactly as an uninterrupted one would on a CPU: the saves hold weights, average,
    optimizers, random state, history, the epoch and the step in it, and a ``tf.data.Dataset`` made anew is brought to
    the same place in its order. An optimizer that comes with another learning rate than the saved training began with
    keeps its own. A state with NaN is not saved; a save that cannot be written is reported, and training goes on.

    Args:
        folder: where the saves are; made if needed. One folder belongs to one training.
        every: save after every so many epochs, and after the last one.
        every_steps: save after every so many steps too, for epochs that last long; ``None``: after epochs only. To go
            on inside an epoch, its first batches are drawn again, but not trained on again.
        keep: how many of the newest saves stay.
        clear_when_done: delete the saves once all epochs are trained, so that the same ``fit`` trains anew next time.
            Lessons do this: *Restart and run all* then always shows a whole training.

    Raises:
        ValueError: a number is out of its range.
        ResumeError: at the start of ``fit``, when the folder holds saves of another model.
        OSError: at the start of ``fit``, when the folder cannot be made.
    """

    runs_last = True  # So that the saved history holds what other callbacks measured.

    def __init__(
        self,
        folder: str | os.PathLike,
        every: int = 1,
        keep: int = 2,
        clear_when_done: bool = False,
        every_steps: int | None = None,
    ):
        super().__init__()
        self.folder = Path(folder)
        self.every = whole("every", every, 1)
        self.every_steps = math.inf if every_steps is None else whole("every_steps", every_steps, 1)
        self.keep = whole("keep", keep, 1)
        self.clear_when_done = clear_when_done
        self.resumed_at: int | None = None

    def saves(self) -> list[Path]:
        """The saves in the folder, oldest first."""
        return sorted(self.folder.glob("epoch-*.npz"))

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._history: dict[str, list[float]] = {}
        self._rates = {name: float(rate.numpy()) for name, rate in self._learning_rates().items()}
        self._broken: list[str] = []
        self._unsaved = 0  # Steps since the last save.
        self._again = 0  # Batches that are drawn before the first step, and not trained on.
        self._passed = _Passed()
        self.resumed_at = None
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_parts(self.folder)
        for path in reversed(self.saves()):
            try:
                arrays, meta = load_arrays(path)
            except ArraysError as error:
                print(f"Resume: skipping a save that cannot be read: {error}")
                continue
            progress = {name: arrays.pop(name) for name in list(arrays) if name.startswith(_PROGRESS)}
            try:
                kinds = {"epoch": int, "history": dict, "learning_rates": dict}
                if any(not isinstance(meta.get(name), kind) for name, kind in kinds.items()):
                    raise ResumeError("no save of Resume: it does not say which epoch it is from")
                if meta.get("step", 0) % self.model.steps_per_execution:
                    raise ResumeError(f"saved after {meta['step']} steps, no multiple of steps_per_execution")
                _check_layers(self.model, meta.get("layers", {}))
                restore(self.model, arrays)
            except ResumeError as error:
                raise ResumeError(f"{path}: {error}. Use another folder, or delete this one to start anew.") from None
            self._keep_new_learning_rates(meta["learning_rates"])
            self._passed = _Passed(meta.get("step", 0), meta.get("logs", {}), progress)
            self._continue_from(meta["epoch"], meta["history"])
            if not self._complete():
                steps = f", step {self._passed.steps}" if self._passed.steps else ""
                print(f"Resume: going on after epoch {self.resumed_at}{steps} ({path.name})")
            return

    def _learning_rates(self) -> dict[str, tf.Variable]:
        """The learning rates that are plain numbers; a schedule has no variable of its own."""
        return {name: variable for name, variable in _variables(self.model).items() if name.endswith(".learning_rate")}

    def _keep_new_learning_rates(self, saved: dict[str, float]) -> None:
        for name, variable in self._learning_rates().items():
            if self._rates[name] != saved.get(name):
                variable.assign(self._rates[name])
                print(f"Resume: {name.split('/')[0]} has a new learning rate, {self._rates[name]:g}")

    def _complete(self) -> bool:
        return self.resumed_at is not None and self.resumed_at >= self.params.get("epochs", math.inf)

    def _continue_from(self, epoch: int, history: dict[str, list[float]]) -> None:
        self.resumed_at = epoch
        self._history = history
        # Keras' own BackupAndRestore tells fit where to start in this way.
        self.model._initial_epoch = epoch
        data = getattr(self.model, "training_data", None)
        if not isinstance(data, tf.data.Dataset):
            return
        passes = epoch
        if steps := getattr(self.model, "training_steps", None):  # Then one iterator serves many epochs.
            length = int(data.cardinality())
            passes, self._again = divmod(epoch * steps, length) if length > 0 else (0, epoch * steps)
        for _ in range(passes):
            next(iter(data))  # Each iterator takes the next order of the shuffle, as each epoch did.

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch
        if epoch == self.resumed_at:  # Keras has emptied its own history, and the means of the losses, by now.
            self._show_history()
            for name, value in self._passed.progress.items():
                self._progress()[name].assign(value)

    def _progress(self) -> dict[str, tf.Variable]:
        """The means of the losses over the epoch so far."""
        variables = [variable for tracker in self.model.metrics for variable in tracker.variables]
        return {f"{_PROGRESS}{place:03d}": variable for place, variable in enumerate(variables)}

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Let the next call of the train function draw the batches that were trained on before the save."""
        passed = self._epoch == self.resumed_at and batch < self._passed.steps
        again = self._again + passed * self.model.steps_per_execution
        if not again:
            return
        self._again = 0
        train = self.model.train_function

        def draw(iterator):
            self.model.train_function = train
            for _ in range(again):
                next(iterator, None)
            return self._passed.logs if passed else train(iterator)

        self.model.train_function = draw

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        done = batch + 1
        if self._epoch == self.resumed_at and done <= self._passed.steps:
            return
        self._unsaved += self.model.steps_per_execution
        # At the end of an epoch on_epoch_end saves, with the history of that epoch.
        if self._unsaved >= self.every_steps and done < (self.params.get("steps") or math.inf):
            values = {name: float(value) for name, value in (logs or {}).items()}
            if _finite(values):
                self._save(self._epoch, done, values)

    def _show_history(self) -> None:
        self.model.history.history.update({name: list(values) for name, values in self._history.items()})
        self.model.history.epoch = list(range(self.resumed_at or 0))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        values = {name: float(value) for name, value in (logs or {}).items()}
        for name, value in values.items():
            self._history.setdefault(name, []).append(value)
        last = epoch + 1 == self.params.get("epochs")
        if (last or (epoch + 1) % self.every == 0 or self._unsaved >= self.every_steps) and _finite(values):
            self._save(epoch + 1)

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._complete():
            print(f"Resume: all {self.resumed_at} epochs were already trained; delete {self.folder} to train anew")
            self._show_history()
        if self.clear_when_done and not self._broken and _finite(logs or {}):
            for path in self.saves():
                path.unlink(missing_ok=True)

    def _save(self, epoch: int, step: int = 0, logs: dict[str, float] | None = None) -> None:
        """Save the state after so many epochs, and so many steps of the next one."""
        arrays = state(self.model)
        name = f"epoch {epoch}" + (f", step {step}" if step else "")
        # The losses of a step are from before its update, so they can still be finite when the weights are not.
        self._broken = [name for name, array in arrays.items() if not np.isfinite(array).all()]
        if self._broken:
            print(f"Resume: {name} is not saved, since {self._broken[0]} holds NaN or infinity")
            return
        meta = {"epoch": epoch, "history": self._history, "learning_rates": self._rates, "layers": _layers(self.model)}
        if step:
            arrays |= {name: variable.numpy() for name, variable in self._progress().items()}
            meta |= {"step": step, "logs": logs}
        file = f"epoch-{epoch:06d}" + (f"_step-{step:08d}" if step else "")  # An underscore sorts behind ".npz".
        self._unsaved = 0
        try:
            save_arrays(self.folder / f"{file}.npz", arrays, meta)
        except OSError as error:
            print(f"Resume: {name} could not be saved, earlier saves are as they were: {error}")
            return
        for old in self.saves()[: -self.keep]:
            old.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Passed:
    """The part of an epoch that was trained before a save: its steps, their last losses, and the means so far."""

    steps: int = 0
    logs: dict[str, float] = field(default_factory=dict)
    progress: dict[str, np.ndarray] = field(default_factory=dict)


def _finite(logs: dict[str, float]) -> bool:
    return all(math.isfinite(value) for value in logs.values())
