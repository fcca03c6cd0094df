"""Networks for notes, as spectrograms with two channels, ``(n, 512, frames, 2)``; lesson 12 writes them out in full.

A label is a note: pitch and instrument together, as :func:`gan_course.data.note_labels` makes it.
"""

from typing import Any

import keras
from keras import layers, ops

from gan_course.audio import NOTES
from gan_course.data.notes import LOWEST, NOTE_NAMES, PITCHES
from gan_tf.checks import whole
from gan_tf.models.blocks import Widths, logit, modulated, pixels, resized, smallest_grid

Shape = tuple[int, int, int]
FOLD = 4  # neighbouring frequencies that the networks treat as channels of one place


@keras.saving.register_keras_serializable("gan_course")
class Harmonics(layers.Layer):
    """Where the harmonics of a pitch lie: MIDI pitches ``(n,)`` to ``(n, bins, frames, 3)``.

    Channel 0 is a bump on each multiple of the pitch's frequency, as wide as the window makes a pure tone; channel 1 is
    how far the nearest multiple is, -1 to 1 for two bins; channel 2 grows with the number of the multiple.

    Args:
        bins: frequencies, from 0 Hz on.
        frames: how often it is repeated.
        hertz: from one frequency to the next.
    """

    def __init__(self, bins: int, frames: int, hertz: float = NOTES.sample_rate / NOTES.n_fft, **options: Any):
        super().__init__(**options)
        self.bins, self.frames, self.hertz = bins, frames, hertz

    def call(self, pitches: Any) -> Any:
        """See the class."""
        spacing = 440 * 2 ** ((ops.cast(pitches, "float32") - 69) / 12) / self.hertz
        spacing, bins = spacing[:, None], ops.arange(self.bins, dtype="float32")[None]
        number = bins / spacing
        away = ops.maximum(ops.round(number), 1.0) * spacing - bins
        maps = [ops.exp(-ops.square(away) / 1.5), ops.clip(away / 2, -1, 1), ops.log(1 + number) / 4]
        maps = ops.cast(ops.stack(maps, axis=-1), self.compute_dtype)
        return ops.repeat(maps[:, :, None], self.frames, axis=2)

    def compute_output_shape(self, shape: tuple) -> tuple:
        """See the class."""
        return (*shape, self.bins, self.frames, 3)

    def get_config(self) -> dict[str, Any]:
        """What to build it from."""
        return super().get_config() | {"bins": self.bins, "frames": self.frames, "hertz": self.hertz}


def folded(x: Any) -> Any:
    """``(n, bins, frames, c)`` to ``(n, bins / 4, frames, 4 c)``: four neighbouring frequencies become channels."""
    _, bins, frames, channels = x.shape
    x = layers.Permute((1, 3, 2, 4))(layers.Reshape((bins // FOLD, FOLD, frames, channels))(x))
    return layers.Reshape((bins // FOLD, frames, FOLD * channels))(x)


def unfolded(x: Any, channels: int) -> Any:
    """The way back from :func:`folded`."""
    _, places, frames, _ = x.shape
    x = layers.Permute((1, 3, 2, 4))(layers.Reshape((places, frames, FOLD, channels))(x))
    return layers.Reshape((places * FOLD, frames, channels))(x)


def instruments_of(classes: int) -> int:
    """How many instruments there are among so many notes.

    Raises:
        ValueError: that is no whole number of instruments.
    """
    if whole("classes", classes, 1) % len(PITCHES):
        raise ValueError(f"classes: got {classes}, expected a multiple of {len(PITCHES)}, the number of pitches")
    return classes // len(PITCHES)


def note_generator(
    shape: Shape = (512, 64, 2), latent_dim: int = 32, widths: Widths = (128, 64, 32, 16), *, last: int = 24,
    harmonics: bool = True, classes: int = len(NOTE_NAMES),
) -> keras.Model:  # fmt: skip
    """Latents ``(n, latent_dim)`` and notes ``(n,)`` to spectrograms, by resized convolutions.

    Args:
        widths: channels of the grids, each twice the frequencies and frames of the one before; the last has an eighth
            of the frequencies of ``shape``.
        last: channels of the hidden layer that meets the harmonics.
        harmonics: tell that layer where the harmonics of the pitch lie; see :class:`Harmonics`.
        classes: number of notes: 49 pitches times the number of instruments.
    """
    grid = (*smallest_grid((shape[0] // 2 // FOLD, *shape[1:]), len(widths) - 1), widths[0])
    latents, notes = keras.Input((latent_dim,)), keras.Input((), dtype="int32")
    instruments = instruments_of(classes)
    pitch = notes // instruments
    instrument = layers.Embedding(instruments, 32, name="instrument")(notes % instruments)
    code = layers.Concatenate()([latents, instrument, layers.Embedding(len(PITCHES), 32, name="pitch")(pitch)])

    def hidden(x: Any) -> Any:
        return layers.LeakyReLU(0.2)(modulated(x, code))

    x = layers.Reshape(grid)(layers.Dense(grid[0] * grid[1] * grid[2])(code))
    for channels in widths[1:]:
        x = resized(hidden(x), channels)
    x = layers.UpSampling2D((2, 1))(hidden(x))
    if harmonics:
        x = layers.Concatenate()([x, folded(Harmonics(*shape[:2])(pitch + LOWEST))])
    x = hidden(layers.Conv2D(last, 3, padding="same")(x))
    x = layers.Conv2D(FOLD * shape[2], (3, 1), padding="same")(x)
    return keras.Model([latents, notes], pixels(unfolded(x, shape[2])), name="generator")


def note_discriminator(
    shape: Shape = (512, 64, 2), widths: Widths = (24, 48, 96, 128), *, harmonics: bool = True,
    classes: int = len(NOTE_NAMES),
) -> keras.Model:  # fmt: skip
    """Spectrograms and notes ``(n,)`` to one logit; a projection of pitch and instrument (Miyato and Koyama 2018)."""
    inputs, notes = keras.Input(shape), keras.Input((), dtype="int32")
    instruments = instruments_of(classes)
    pitch, instrument = notes // instruments, notes % instruments
    x = layers.Concatenate()([inputs, Harmonics(*shape[:2])(pitch + LOWEST)]) if harmonics else inputs
    for i, channels in enumerate(widths):
        kernel, stride = ((8, 4), (4, 2)) if i == 0 else ((6, 4), (4, 2)) if i == 1 else ((4, 4), 2)
        x = layers.LeakyReLU(0.2)(layers.Conv2D(channels, kernel, stride, padding="same")(x))
    x = layers.Flatten()(x)
    known = layers.Add()([
        layers.Embedding(instruments, 64)(instrument),
        layers.Embedding(len(PITCHES), 64)(pitch),
    ])  # fmt: skip
    match = layers.Dot(1, dtype="float32")([layers.Dense(64)(x), known])
    logits = layers.Add(dtype="float32")([logit(x, None, None), match])
    return keras.Model([inputs, notes], logits, name="discriminator")
