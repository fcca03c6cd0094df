"""What ``fit`` of our models needs of callbacks and optimizers beside Keras' own."""

import math
import warnings
from collections.abc import Sequence

import keras
import tensorflow as tf
from keras.callbacks import Callback
from keras.optimizers import Optimizer


def ready(callbacks: Callback | Sequence[Callback] | None, model: keras.Model) -> list[Callback]:
    """The callbacks in the order in which they run, and one that stops at NaN; ValueError for what cannot work."""
    for callback in (callbacks := keras.tree.flatten(callbacks or [])):
        monitored = getattr(callback, "monitor", None) if getattr(callback, "save_best_only", True) else None
        if monitored in ("loss", "val_loss"):
            names = ", ".join(tracker.name for tracker in model.metrics)
            wanted = f"{names}, each also after val_, or what another callback writes, such as 'distance'"
            raise ValueError(f"monitor: got {monitored!r} in {type(callback).__name__}, expected one of {wanted}")
        if monitored and getattr(callback, "mode", None) == "auto":
            raise ValueError(f"mode: got 'auto' in {type(callback).__name__}, expected 'min' or 'max' of {monitored!r}")
        if isinstance(callback, keras.callbacks.ModelCheckpoint) and not callback.save_weights_only:
            model.get_config()  # Better now than after an epoch.
    # What saves must run last, to see what the others measured.
    return sorted([*callbacks, _StopWhenNotFinite()], key=lambda one: getattr(one, "runs_last", False))


class Optimizers:
    """Both optimizers where Keras' callbacks look for one, as in ``keras.optimizers.MultiOptimizer``."""

    __slots__ = ("iterations", "optimizers")  # To set a learning rate here is an error: each optimizer has its own.
    built = True

    def __init__(self, *optimizers: Optimizer):
        self.optimizers, self.iterations = optimizers, optimizers[0].iterations

    @property
    def variables(self) -> list[keras.Variable]:
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]

    def get_config(self) -> None:  # Keras asks when it saves as HDF5.
        raise ValueError("filepath: got a format for one optimizer, expected x.keras, or save_weights(x.weights.h5)")


class IdleOptimizer:
    """An optimizer that changes nothing, nor asks for a lazy penalty."""

    def __init__(self):
        self.iterations, self.scale_loss, self.apply = tf.constant(1), tf.identity, lambda gradients: None


class _StopWhenNotFinite(Callback):
    """Stop as soon as a loss is NaN or infinite, and say what to try."""

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        bad = [name for name, value in (logs or {}).items() if name.endswith("_loss") and not math.isfinite(value)]
        if bad:
            self.model.stop_training = True
            text = (
                f"Training stopped: {' and '.join(bad)} is not a finite number. The weights are not usable. Try a "
                "smaller learning rate, global_clipnorm=1.0 in the optimizers, penalty='r1', precision='float32'. With "
                "gan_tf.Resume the last good state is in its folder, and the next fit goes on from there."
            )
            # warnings.warn would be silent when somebody runs the same cell again.
            warnings.warn_explicit(text, RuntimeWarning, __file__, 0)
