"""Networks for text: one-hot vectors of words, ``(n, length, vocabulary)``."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from gan_tf.checks import whole
from gan_tf.models.blocks import verdict

Shape = tuple[int, int]
FORCED = 1_000.0  # A latent that no draw can reach: it forces its word.


@keras.saving.register_keras_serializable(package="gan_tf")
class GumbelChoice(layers.Layer):
    """A word drawn from scores, in a way that can be differentiated (Jang et al. 2017; Maddison et al. 2017).

    Input: scores ``(n, vocabulary)`` and as many standard normal numbers. These are made into Gumbel noise; the word
    with the largest sum of score and noise is a draw from the softmax of the scores (the Gumbel-max trick). Output:
    that word as a one-hot vector. Its gradient is that of ``softmax((scores + noise) / temperature)``
    (straight-through).

    Args:
        temperature: of the gradient; small is steep, large is smooth. The words that are drawn do not depend on it.

    Attributes:
        temperature: a variable, so that a callback can change it during a training.
        noise: a variable that the noise is multiplied by: 1 draws from the net's own distribution, less keeps to what
            is likely, 0 always takes the most likely word.
    """

    def __init__(self, temperature: float = 1.0, **options: Any):
        super().__init__(**options)
        self.start = float(temperature)

    def build(self, input_shape: Any = None) -> None:
        constant = keras.initializers.Constant
        self.temperature = self.add_weight(
            shape=(), initializer=constant(self.start), trainable=False, name="temperature"
        )
        self.noise = self.add_weight(shape=(), initializer="ones", trainable=False, name="noise")

    def call(self, scores: Any, latents: Any) -> Any:
        # A uniform number, then a Gumbel one. Beyond five standard deviations, which a draw passes once in two million
        # times, the noise grows as the latent does, so that a word can be forced.
        inside = ops.clip(latents, -5.0, 5.0)
        uniform = ops.clip(0.5 * (1.0 + ops.erf(inside / np.sqrt(2.0))), 1e-7, 1.0 - 1e-7)
        noisy = scores - self.noise * ops.log(-ops.log(uniform)) + (latents - inside)
        soft = ops.softmax(noisy / self.temperature)
        hard = ops.one_hot(ops.argmax(noisy, axis=-1), scores.shape[-1], dtype=soft.dtype)
        return soft + ops.stop_gradient(hard - soft)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "temperature": self.start}


def text_generator(
    shape: Shape = (24, 238), units: int = 192, word_dim: int = 64, *, classes: int | None = None
) -> keras.Model:
    """Word after word: a recurrent net that is told the place, the class and the word before.

    The latent is the chance itself, ``length * vocabulary`` normal numbers: one for each word at each place. So the net
    is a function, the same latents always give the same text, and :func:`forced` latents make it go on from a given
    beginning.

    Args:
        shape: length and size of the vocabulary.
        units: length of the recurrent state.
        word_dim: length of the vector that stands for a word.
        classes: number of classes, for a second input of integer labels ``(n,)``.
    """
    length, vocabulary = whole("length", shape[0], 1), whole("vocabulary", shape[1], 2)
    latents, labels = keras.Input((length * vocabulary,)), keras.Input((), dtype="int32")
    noise = layers.Reshape(shape, dtype="float32")(latents)
    told = _told(noise, layers.Embedding(classes, 16, name="class")(labels) if classes else None)
    embed, cell = layers.Dense(word_dim, use_bias=False, name="embed"), layers.GRUCell(units, name="cell")
    score, choose = (
        layers.Dense(vocabulary, name="score", dtype="float32"),
        GumbelChoice(name="choose", dtype="float32"),
    )
    word, words = ops.zeros_like(noise[:, 0]), []
    state = ops.repeat(ops.zeros_like(noise[:, 0, :1]), units, axis=1)
    for place in range(length):
        state, _ = cell(layers.Concatenate()([embed(word), told[:, place]]), state)
        word = choose(score(state), noise[:, place])
        words.append(word)
    text = ops.stack(words, axis=1)
    return keras.Model([latents, labels] if classes else latents, text, name="generator")


def text_likelihood(generator: keras.Model) -> keras.Model:
    """The scores that a :func:`text_generator` gives each word after the true words before it ("teacher forcing").

    The model shares the generator's layers: to train it by cross-entropy is to train the generator by maximum
    likelihood.

    Args:
        generator: what :func:`text_generator` built, or a copy of it.

    Returns:
        A model from one-hot texts ``(n, length, vocabulary)``, and labels ``(n,)`` if the generator takes them, to
        scores of the same shape.
    """
    texts = keras.Input(generator.output_shape[1:])
    before = ops.pad(texts, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    inputs, label = [texts], None
    if len(generator.inputs) == 2:
        inputs.append(keras.Input((), dtype="int32"))
        label = generator.get_layer("class")(inputs[1])
    told = _told(texts, label)
    x = layers.Concatenate()([generator.get_layer("embed")(before), told])
    x = layers.RNN(generator.get_layer("cell"), return_sequences=True, unroll=True)(x)
    return keras.Model(inputs if label is not None else texts, generator.get_layer("score")(x), name="likelihood")


def forced(latents: np.ndarray, tokens: np.ndarray, vocabulary: int) -> np.ndarray:
    """Latents that make a :func:`text_generator` begin with given words; behind them nothing changes.

    Args:
        latents: ``(n, length * vocabulary)``.
        tokens: the beginnings, int ``(n, k)`` with k up to the length.
        vocabulary: size of the vocabulary.

    Returns:
        float32 ``(n, length * vocabulary)``.

    Raises:
        ValueError: shapes that do not fit, or a token out of range.
    """
    latents, tokens = np.array(latents, np.float32), np.asarray(tokens)
    fits = latents.ndim == tokens.ndim == 2 and len(latents) == len(tokens)
    if not fits or latents.shape[1] % vocabulary or tokens.shape[1] * vocabulary > latents.shape[1]:
        raise ValueError(
            f"latents, tokens: got shapes {latents.shape} and {tokens.shape}, expected (n, length * {vocabulary}) and "
            "(n, k) with k up to the length"
        )
    if not np.issubdtype(tokens.dtype, np.integer) or (
        tokens.size and not 0 <= tokens.min() <= tokens.max() < vocabulary
    ):
        raise ValueError(f"tokens: got {tokens.dtype}, expected integers from 0 to {vocabulary - 1}")
    noise = latents.reshape(len(latents), -1, vocabulary)
    np.put_along_axis(noise[:, : tokens.shape[1]], tokens[..., None], FORCED, axis=2)
    return latents


def text_discriminator(
    shape: Shape = (24, 238),
    widths: tuple[int, ...] = (128, 128, 128),
    word_dim: int = 64,
    *,
    classes: int | None = None,
) -> keras.Model:
    """Convolutions over words, to a logit; to it is added how well the words of both halves go together.

    Convolutions see neighbours. Whether a reply takes up a word of the line, far away, is seen by the product of two
    sums of word vectors.

    Args:
        shape: length and size of the vocabulary.
        widths: channels after each convolution over three words; from the second on each halves the length.
        word_dim: length of the vector that stands for a word.
        classes: number of classes, for a second input of integer labels ``(n,)`` (projection, Miyato and Koyama 2018).
    """
    inputs, labels = keras.Input(shape), keras.Input((), dtype="int32")
    words = x = layers.Dense(word_dim, use_bias=False)(inputs)
    for i, channels in enumerate(widths):
        x = layers.LeakyReLU(0.2)(layers.Conv1D(channels, 3, 2 if i else 1, padding="same")(x))
    logits = verdict(layers.Flatten()(x), labels, classes)
    half = shape[0] // 2
    said, replied = (layers.Dense(64)(ops.sum(part, axis=1)) for part in (words[:, :half], words[:, half:]))
    logits = layers.Add(dtype="float32")([logits, layers.Dot(1, dtype="float32")([said, replied])])
    return keras.Model([inputs, labels] if classes else inputs, logits, name="discriminator")


def _told(x: Any, label: Any) -> Any:
    """What is told at each place of ``x``, (n, length, any): which place it is, and the class if there is one."""
    length = x.shape[1]
    place = ops.zeros_like(x[:, :, :1]) + np.eye(length, dtype=np.float32)
    return place if label is None else layers.Concatenate()([place, layers.RepeatVector(length)(label)])
