"""Differentiable augmentation: the discriminator sees changed samples, real and fake alike, and gradients pass through.

So no sample is learned by heart; and the generator does not learn to paint the changes (Zhao et al. 2020). Each
function takes samples ``(n, height, width, channels)``, or clips ``(n, frames, height, width, channels)``, in [-1, 1]
and draws anew for each sample; all frames of a clip are changed alike, except by :func:`noise`. ``seed`` is an integer,
a ``keras.random.SeedGenerator`` or ``None``. A wrong rank and a number out of range raise ValueError.
"""

from collections.abc import Callable
from typing import Any, Self

import keras
from keras import ops

Augment = Callable[..., Any]


def colour(samples: Any, seed: Any = None, strength: float = 1.0) -> Any:
    """Change brightness (by up to a quarter of the range), saturation (0 to 2 times) and contrast (0.5 to 1.5 times).

    Values may leave [-1, 1]: to clip them would cut the gradient. Grey samples have no saturation to change.
    ``strength`` goes from 0, which changes nothing, to 1, as in the paper.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength: got {strength!r}, expected a number from 0 to 1")
    brightness, saturation, contrast = _draw(samples, seed, 3)
    x = samples + 0.5 * strength * brightness
    grey = ops.mean(x, axis=-1, keepdims=True)
    x = grey + (x - grey) * (1 + strength * saturation)
    middle = ops.mean(x, axis=tuple(range(1, len(x.shape))), keepdims=True)
    return middle + (x - middle) * (1 + 0.5 * strength * contrast)


def translation(samples: Any, seed: Any = None, ratio: float | tuple[float, float] = 0.125, fill: float = 0.0) -> Any:
    """Shift each sample by whole pixels, and fill the gap: 0 is grey, -1 is black and the silence of a spectrogram.

    ``ratio`` is the largest shift as a part of height and width, 0 to below 1; one number for both, or a pair. All
    shifts up to ``int(side * ratio + 0.5)`` pixels, 4 of 28 or 32, are equally likely, as in the paper's code.
    """
    ratios = ratio if isinstance(ratio, tuple) else (ratio, ratio)
    if len(ratios) != 2 or not all(0 <= part < 1 for part in ratios):
        raise ValueError(f"ratio: got {ratio!r}, expected a number from 0 to below 1, or a pair of them")
    n, (height, width, channels) = ops.shape(samples)[0], samples.shape[-3:]
    moves = [
        _shift_matrix(number, int(side * part + 0.5), side, samples.dtype)
        for number, side, part in zip(_draw(samples, seed, 2, "float32"), (height, width), ratios, strict=True)
    ]
    # A shift as a product with a shifted unit matrix, whose gradient is a product too.
    x = ops.matmul(moves[0], ops.reshape(samples - fill, (n, -1, height, width * channels)))
    x = ops.matmul(moves[1], ops.reshape(x, (n, -1, width, channels)))
    return ops.reshape(x, ops.shape(samples)) + fill


def cutout(samples: Any, seed: Any = None, ratio: float = 0.5) -> Any:
    """Set a rectangle of ``ratio`` (0 to 1) times height and width to zero (grey), anywhere, also partly outside."""
    if not 0 <= ratio <= 1:
        raise ValueError(f"ratio: got {ratio!r}, expected a number from 0 to 1")
    inside = []
    for axis, number in zip((-3, -2), _draw(samples, seed, 2), strict=True):
        side = samples.shape[axis]
        centre = (side - 1) / 2 * (1 + number)
        place = ops.reshape(ops.arange(side, dtype="float32"), (side,) + (1,) * (-axis - 1))
        inside.append(ops.abs(place - ops.cast(centre, "float32")) < ratio * side / 2)
    return samples * ops.cast(ops.logical_not(ops.logical_and(*inside)), samples.dtype)


def mirror(samples: Any, seed: Any = None) -> Any:
    """Swap left and right in half of the samples. Not for digits or letters."""
    (number,) = _draw(samples, seed)
    return ops.where(number < 0, ops.flip(samples, axis=-2), samples)


def noise(samples: Any, seed: Any = None, std: Any = 0.1) -> Any:
    """Add normal noise to every value of real and fake samples alike ("instance noise"); values may leave [-1, 1].

    It makes the thin sheets overlap on which real and generated samples lie (Sonderby et al. 2017, "Amortised MAP
    Inference for Image Super-resolution"; Arjovsky and Bottou 2017). Samples are floating-point, of any rank; ``std``
    is a number from 0, or a scalar variable, which a callback can lower while training.
    """
    if isinstance(std, int | float) and not 0 <= std < float("inf"):
        raise ValueError(f"std: got {std!r}, expected a finite number from 0, or a variable")
    drawn = keras.random.normal(ops.shape(samples), dtype="float32", seed=seed)
    return samples + ops.cast(drawn * ops.cast(std, "float32"), samples.dtype)


# What changes all frames of a clip alike.
NAMES: dict[str, Augment] = {"colour": colour, "translation": translation, "cutout": cutout, "mirror": mirror}
for function in (*NAMES.values(), noise):
    keras.saving.register_keras_serializable("gan_tf")(function)  # So that a GAN with it can be saved.


@keras.saving.register_keras_serializable("gan_tf")
class compose:
    """One function ``(samples, seed) -> samples``, for ``GAN(augment=...)``, from several, or their :data:`NAMES`."""

    def __init__(self, *steps: str | Augment):
        unknown = [step for step in steps if not callable(step) and step not in NAMES]
        if unknown or not steps:
            raise ValueError(f"steps: got {unknown or 'none'}, expected functions or names of {list(NAMES)}")
        self.steps = steps

    def __call__(self, samples: Any, seed: Any = None) -> Any:
        for place, step in enumerate(self.steps):
            function = step if callable(step) else NAMES[step]
            # The steps must not draw the same numbers, which they would with the same integer.
            samples = function(samples, seed=seed + 1_000_003 * place if isinstance(seed, int) else seed)
        return samples

    def get_config(self) -> dict[str, Any]:
        return {"steps": keras.saving.serialize_keras_object(self.steps)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(*keras.saving.deserialize_keras_object(config["steps"]))


def _draw(samples: Any, seed: Any, count: int = 1, dtype: str | None = None) -> list[Any]:
    """``count`` times one number from -1 to 1 a sample, shaped to multiply with the samples."""
    if (rank := len(samples.shape)) not in (4, 5):
        raise ValueError(f"samples: got shape {tuple(samples.shape)}, expected (n, (frames,) height, width, channels)")
    # All at once: an integer seed would give the same numbers at each call.
    numbers = keras.random.uniform((count, ops.shape(samples)[0]) + (1,) * (rank - 1), -1.0, 1.0, "float32", seed)
    return ops.unstack(ops.cast(numbers, dtype or samples.dtype), count)


def _shift_matrix(number: Any, most: int, side: int, dtype: str) -> Any:
    """Unit matrices ``(n, 1, side, side)`` with rows moved by up to ``most``, as numbers from -1 to below 1 say."""
    steps = ops.reshape(ops.cast(ops.floor((number + 1) * (most + 0.5)) - most, "int32"), (-1, 1, 1, 1))
    place = ops.arange(side, dtype="int32")
    return ops.cast(place[:, None] - place[None, :] == steps, dtype)
