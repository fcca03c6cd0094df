"""Generators and translators that we trained and ship."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from gan_course import audio, data, paths
from gan_course.clip_networks import motion_generator, video_generator
from gan_course.cpu import in_parts
from gan_course.dialogue import text_generator
from gan_course.note_networks import note_generator
from gan_tf import models
from gan_tf.checks import one_of
from gan_tf.files import ArraysError, load_arrays, save_arrays
from gan_tf.sampling import Sampler, translated
from gan_tf.weights import assign, described, named_weights

NAMES = (
    "mnist_dense",
    "mnist_dcgan",
    "mnist_conditional",
    "cifar_dcgan",
    "scenes_100",
    "spoken_digits_mel",
    "notes",
    "moving_digits",
    "human_actions",
    "dialogue",
)
# From picture to picture.
TRANSLATORS = (
    "digit_to_neon",
    "neon_to_digit",
    "day_to_sunset",
    "sunset_to_day",
    "summer_to_winter",
    "winter_to_summer",
    "landscapes",
    "repair",
    "outline_to_emoji",
)


# What a file of weights may name.
_images, _clips = (models.dense_generator, models.conv_generator), (motion_generator, video_generator)
GENERATOR_NETWORKS = {function.__name__: function for function in (*_images, *_clips, text_generator, note_generator)}
TRANSLATOR_NETWORKS = {"translator": models.translator, "unet": models.unet}


class Translator:
    """A trained translator, ready for use: pictures in, pictures out, as NumPy arrays.

    Attributes:
        generator: Keras model from pictures ``(n, H, W, C)``, or pictures and labels ``(n,)``, to pictures.
        labels: what its labels ask for, in order; empty if it takes none.
        card: how the weights were made and what they reach.
    """

    def __init__(self, generator: keras.Model, labels: Sequence[str] = (), card: Mapping[str, Any] | None = None):
        self.generator, self.labels, self.card = generator, tuple(labels), dict(card or {})

    def __call__(self, x: np.ndarray, labels: Any = None) -> np.ndarray:
        """What it makes of pictures ``(n, H, W, C)`` in [-1, 1]: float32.

        Args:
            x: the pictures.
            labels: for a translator that takes them: integers ``(n,)``, one integer for all, or one name of ``labels``.

        Raises:
            ValueError: as :func:`gan_tf.sampling.translated`, or a name that is not known.
        """
        if isinstance(labels, str):
            labels = self.labels.index(one_of("labels", labels, self.labels))
        return translated(self.generator, x, labels, len(self.labels) or None)


def names() -> list[str]:
    """The names that :func:`load` knows."""
    return list(NAMES)


def load(name: str) -> Sampler:
    """A trained generator, ready to be sampled from.

    Args:
        name: one of :func:`names`.

    Returns:
        A sampler; its ``generator`` is a Keras model, its ``card`` says how the weights were made and what they reach.

    Raises:
        ValueError: no generator has that name; the nearest name is suggested.
        gan_tf.files.ArraysError: the file of weights is missing or damaged.
    """
    return load_file(shipped_file(one_of("name", name, NAMES)))


def translator(name: str) -> Translator:
    """A trained translator, a function from pictures to pictures.

    Args:
        name: one of :data:`TRANSLATORS`: between plain digits and neon signs, 28x28x3; between landscapes, 64x64x3,
            by day and at sunset, in summer and in winter; ``landscapes``, which takes the wanted style as a label;
            ``repair``, for 32x32x3, which takes the kind of damage as one; and ``outline_to_emoji``, which paints
            black lines, -1, on white, 1, of shape 64x64x1, as ``data.outlines`` gives them: 64x64x3.

    Returns:
        The translator; its ``card`` says how the weights were made and what they reach.

    Raises:
        ValueError: no translator has that name; the nearest name is suggested.
        gan_tf.files.ArraysError: the file of weights is missing or damaged.

    Example:
        >>> evening = pretrained.translator("day_to_sunset")(pictures)
        >>> whole = pretrained.translator("repair")(noisy, "noisy")
    """
    net, meta = _stored(shipped_file(one_of("name", name, TRANSLATORS)), TRANSLATOR_NETWORKS)
    return Translator(net, meta["card"].get("labels", ()), meta["card"])


def shipped_file(name: str) -> Path:
    """Where the weights of that name are."""
    return paths.assets() / "pretrained" / f"{name}.safetensors"


@functools.cache
def _loaded(name: str, policy: str) -> Sampler:
    """A generator that is loaded once for each precision: layers keep the policy that they were built under."""
    return load(name)


def sample(name: str, n: int, labels: Any = None, seed: int = 0) -> np.ndarray:
    """Samples of a trained generator, float32 ``(n, ...)`` in the units of that data set's ``x``.

    Args:
        name: one of :func:`names`.
        n: how many.
        labels: integers ``(n,)`` for a conditional generator; ``None`` draws all classes evenly.
        seed: the same seed gives the same samples.
    """
    return _loaded(one_of("name", name, NAMES), keras.config.dtype_policy().name).sample(n, seed=seed, labels=labels)


def sample_audio(n: int, labels: Any = None, seed: int = 0) -> tuple[np.ndarray, int]:
    """Spoken digits of the generator ``spoken_digits_mel``, as sound.

    Args:
        n: how many.
        labels: the digits asked for, integers ``(n,)``; ``None`` takes all ten in turns.
        seed: the same seed gives the same sounds.

    Returns:
        Waveforms float32 ``(n, 8192)`` in [-1, 1], and the sample rate in Hz.

    Raises:
        ValueError: a number or labels out of range.

    Example:
        >>> waveforms, rate = sample_audio(7, labels=[5, 5, 5, 0, 1, 9, 9])
    """
    pictures = sample("spoken_digits_mel", n, labels, seed)
    return spoken(pictures, seed), audio.DIGITS.sample_rate


def spoken(log_mels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Spectrograms of spoken digits as sound: the bands sharpened, then inverted.

    Args:
        log_mels: ``(n, 64, 64, 1)`` in [-1, 1], as the generator ``spoken_digits_mel`` makes them.
        seed: fixes the phases that the inversion starts from.

    Returns:
        Waveforms float32 ``(n, 8192)`` in [-1, 1].

    Raises:
        ValueError: a wrong shape, NaN, or values outside [-1, 1].
    """
    return audio.to_waveform(audio.sharpen(log_mels), seed=seed)


def sample_notes(pitches: Any, instruments: Any = None, seed: int = 0) -> tuple[np.ndarray, int]:
    """Notes of the generator ``notes``, as sound.

    Args:
        pitches: MIDI numbers, integers ``(n,)`` from 36 to 84.
        instruments: names of ``data.INSTRUMENTS`` or places in it, ``(n,)`` or one; ``None`` takes all in turns.
        seed: the same seed gives the same sounds.

    Returns:
        Waveforms float32 ``(n, 16384)`` in [-1, 1], and the sample rate in Hz.

    Raises:
        ValueError: a pitch or an instrument that is not known.

    Example:
        >>> waveforms, rate = sample_notes([60, 64, 67], "flute")
    """
    pitches = np.atleast_1d(pitches)
    if instruments is None:
        instruments = np.arange(len(pitches)) % len(data.INSTRUMENTS)
    labels = data.note_labels(pitches, np.broadcast_to(instruments, pitches.shape))
    return audio.from_frequency_spectrograms(sample("notes", len(labels), labels, seed)), audio.NOTES.sample_rate


def sample_blend(pitches: Any, first: str, second: str, share: float = 0.5, seed: int = 0) -> tuple[np.ndarray, int]:
    """Notes of an instrument between two others: the network is entered behind the embedding of the instrument.

    Args:
        pitches: MIDI numbers, integers ``(n,)`` from 36 to 84.
        first, second: names of ``data.INSTRUMENTS``.
        share: of the second instrument's embedding, 0 to 1.
        seed: of the one latent vector that all notes share.

    Returns:
        Waveforms float32 ``(n, 16384)`` in [-1, 1], and the sample rate in Hz.

    Raises:
        ValueError: a pitch, an instrument or a share that is not known.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share: got {share!r}, expected a number from 0 to 1")
    labels = data.note_labels(np.atleast_1d(pitches), first)
    shipped = _loaded("notes", keras.config.dtype_policy().name)
    net = shipped.generator
    embedding = net.get_layer("instrument")
    behind = keras.Model([*net.inputs, embedding.output], net.output)
    numbers = keras.ops.convert_to_numpy(embedding.embeddings)[data.instrument_places([first, second])]
    code = np.tile((1 - share) * numbers[0] + share * numbers[1], (len(labels), 1))
    latents = np.repeat(shipped.latents(1, seed), len(labels), axis=0)
    made = in_parts(lambda part: behind([latents[part], labels[part], code[part]]).numpy(), len(labels), 32)
    return audio.from_frequency_spectrograms(np.concatenate(made)), audio.NOTES.sample_rate


def save(path: str | os.PathLike, generator: keras.Model, network: str, options: Mapping, card: Mapping) -> Path:
    """Write the weights of a generator or translator in half precision, with the recipe to build its network again.

    Args:
        path: the file, ``*.safetensors``.
        generator: what ``getattr(gan_tf.models, network)(**options)`` builds, trained.
        network: the name of a function of :mod:`gan_tf.models`.
        options: its keyword arguments.
        card: how the weights were made and what they reach: anything that JSON can hold.

    Raises:
        ValueError: that function builds another network, or a weight does not fit into half precision.
    """
    weights = {name: weight.numpy().astype(np.float16) for name, weight in named_weights(generator).items()}
    if not all(np.isfinite(weight).all() for weight in weights.values()):
        raise ValueError("generator: a weight is NaN or too large for half precision")
    layers = described(generator)
    try:
        net = _build(network, options, GENERATOR_NETWORKS | TRANSLATOR_NETWORKS)
        assign(named_weights(net), weights, described(net), layers)
    except ArraysError as error:
        raise ValueError(f"generator: not what {network} builds: {error}") from None
    meta = {"network": network, "options": dict(options), "layers": layers, "card": dict(card)}
    return save_arrays(path, weights, meta)


def load_file(path: str | os.PathLike) -> Sampler:
    """The generator in a file that :func:`save` wrote. The file names a function of ours and holds numbers, no code.

    Raises:
        gan_tf.files.ArraysError: a missing, damaged or foreign file.
    """
    generator, meta = _stored(path, GENERATOR_NETWORKS)
    return Sampler(generator, classes=meta["options"].get("classes"), card=meta["card"])


def _stored(path: str | os.PathLike, kinds: Mapping) -> tuple[keras.Model, dict]:
    """The network in a file, of one of these kinds, and what the file says about it."""
    weights, meta = load_arrays(path)
    try:
        _check_options(meta["options"])
        if not isinstance(meta["card"], Mapping):
            raise ValueError("it has no card")
        net = _build(meta["network"], meta["options"], kinds)
        if not all(np.isfinite(weight).all() for weight in weights.values()):
            raise ValueError("a weight is NaN or infinite")
        assign(named_weights(net), weights, described(net), meta["layers"])
        return net, meta
    except Exception as error:  # Whatever a network raises that is built with options it was not made for.
        raise ArraysError(f"{path}: the weights do not fit the network it names ({error})") from error


def _check_options(options: Mapping) -> None:
    """Refuse numbers that no generator of ours has, before a network of any size is built."""
    for name, value in options.items():
        numbers = value if isinstance(value, list) else [value]
        if len(numbers) > 8 or any(isinstance(number, int | float) and not 0 <= number <= 1024 for number in numbers):
            raise ValueError(f"its option {name} is {str(value)[:100]}")


def _build(network: str, options: Mapping, kinds: Mapping) -> keras.Model:
    if network not in kinds:
        raise ValueError(f"network: got {network!r}, expected one of {sorted(kinds)}")
    options = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    return kinds[network](**options)
