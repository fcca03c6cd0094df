"""Networks for text: one-hot words ``(n, length, vocabulary)``; ``shape`` is length and vocabulary."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from gan_tf.checks import whole
from gan_tf.models.blocks import Widths, logit

Shape = tuple[int, int]
FORCED = 1_000.0  # A latent that no draw can reach: it forces its word.


@keras.saving.register_keras_serializable(package="gan_course")
class GumbelChoice(layers.Layer):
    """A word drawn from scores, in a way that can be differentiated (Jang et al. 2017; Maddison et al. 2017).

    Input: scores and standard normal numbers, both ``(n, vocabulary)``. The numbers become Gumbel noise; the word with
    the largest sum of score and noise is a draw from the softmax of the scores. Output: that word, one-hot. Its
    gradient is that of ``softmax((scores + noise) / temperature)`` (straight-through).

    Args:
        temperature: of the gradient; small is steep, large is smooth. The words that are drawn do not depend on it.

    Attributes:
        temperature: a variable, so that a callback can change it during a training.
        noise: a variable, the factor of the noise: 1 draws from the softmax, 0 always takes the most likely word.
    """

    def __init__(self, temperature: float = 1.0, **options: Any):
        super().__init__(**options)
        self.start = float(temperature)

    def build(self, input_shape: Any = None) -> None:
        for name, value in (("temperature", self.start), ("noise", 1.0)):
            start = keras.initializers.Constant(value)
            setattr(self, name, self.add_weight(shape=(), initializer=start, trainable=False, name=name))

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
    """A recurrent net that draws word after word; its inputs are the place, the class and the word before.

    A latent ``(length * vocabulary,)`` holds all the chance, one normal number for each word at each place. So the same
    latents always give the same text, and :func:`forced` latents make it continue a given beginning.

    Args:
        units: length of the recurrent state.
        word_dim: length of the vector that stands for a word.
    """
    length, vocabulary = whole("length", shape[0], 1), whole("vocabulary", shape[1], 2)
    latents, labels = keras.Input((length * vocabulary,)), keras.Input((), dtype="int32")
    noise = layers.Reshape(shape, dtype="float32")(latents)
    context = _context(noise, layers.Embedding(classes, 16, name="class")(labels) if classes else None)
    embed, cell = layers.Dense(word_dim, use_bias=False, name="embed"), layers.GRUCell(units, name="cell")
    score = layers.Dense(vocabulary, name="score", dtype="float32")
    choose = GumbelChoice(name="choose", dtype="float32")
    word, words = ops.zeros_like(noise[:, 0]), []
    state = ops.repeat(ops.zeros_like(noise[:, 0, :1]), units, axis=1)
    for place in range(length):
        state, _ = cell(layers.Concatenate()([embed(word), context[:, place]]), state)
        word = choose(score(state), noise[:, place])
        words.append(word)
    return keras.Model([latents, labels] if classes else latents, ops.stack(words, axis=1), name="generator")


def text_likelihood(generator: keras.Model) -> keras.Model:
    """The scores of a :func:`text_generator` for each word after the true words before it ("teacher forcing").

    Returns:
        A model from one-hot texts ``(n, length, vocabulary)``, and labels ``(n,)`` if the generator takes them, to
        scores of the same shape. It shares the generator's layers: trained by cross-entropy, it trains the generator
        by maximum likelihood.
    """
    texts = keras.Input(generator.output_shape[1:])
    before = ops.pad(texts, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    inputs, label = texts, None
    if len(generator.inputs) == 2:
        inputs = [texts, keras.Input((), dtype="int32")]
        label = generator.get_layer("class")(inputs[1])
    context = _context(texts, label)
    x = layers.Concatenate()([generator.get_layer("embed")(before), context])
    x = layers.RNN(generator.get_layer("cell"), return_sequences=True, unroll=True)(x)
    return keras.Model(inputs, generator.get_layer("score")(x), name="likelihood")


def forced(latents: np.ndarray, tokens: np.ndarray, vocabulary: int) -> np.ndarray:
    """Latents that make a :func:`text_generator` begin with given words; what follows them is drawn as before.

    Args:
        latents: ``(n, length * vocabulary)``, as the float32 result; they are not changed.
        tokens: the beginnings, int ``(n, k)`` with k up to the length.
        vocabulary: size of the vocabulary.
    """
    latents, tokens = np.array(latents, np.float32), np.asarray(tokens)
    fits = latents.ndim == tokens.ndim == 2 and len(latents) == len(tokens)
    if not fits or latents.shape[1] % vocabulary or tokens.shape[1] * vocabulary > latents.shape[1]:
        expected = f"(n, length * {vocabulary}) and (n, k) with k up to the length"
        raise ValueError(f"latents, tokens: got shapes {latents.shape} and {tokens.shape}, expected {expected}")
    outside = tokens.size and not 0 <= tokens.min() <= tokens.max() < vocabulary
    if not np.issubdtype(tokens.dtype, np.integer) or outside:
        got = f"{tokens.dtype} from {tokens.min()} to {tokens.max()}" if tokens.size else tokens.dtype
        raise ValueError(f"tokens: got {got}, expected integers from 0 to {vocabulary - 1}")
    noise = latents.reshape(len(latents), -1, vocabulary)
    np.put_along_axis(noise[:, : tokens.shape[1]], tokens[..., None], FORCED, axis=2)
    return latents


def text_discriminator(
    shape: Shape = (24, 238), widths: Widths = (128, 128, 128), word_dim: int = 64, *, classes: int | None = None
) -> keras.Model:
    """Convolutions over words, which see neighbours, to a logit; plus the product of two sums of word vectors, one for
    each half of the text: whether a reply takes up a word of the line before it, far away.

    Args:
        widths: channels after each convolution over three words; from the second on each halves the length.
        word_dim: length of the vector that stands for a word.
        classes: number of classes; conditioned by projection (Miyato and Koyama 2018).
    """
    inputs, labels = keras.Input(shape), keras.Input((), dtype="int32")
    words = x = layers.Dense(word_dim, use_bias=False)(inputs)
    for i, channels in enumerate(widths):
        x = layers.LeakyReLU(0.2)(layers.Conv1D(channels, 3, 2 if i else 1, padding="same")(x))
    logits = logit(layers.Flatten()(x), labels, classes)
    half = shape[0] // 2
    line, reply = (layers.Dense(64)(ops.sum(part, axis=1)) for part in (words[:, :half], words[:, half:]))
    logits = layers.Add(dtype="float32")([logits, layers.Dot(1, dtype="float32")([line, reply])])
    return keras.Model([inputs, labels] if classes else inputs, logits, name="discriminator")


def _context(x: Any, label: Any) -> Any:
    """For each place of ``x``, ``(n, length, ...)``: which place it is, and the class if there is one."""
    length = x.shape[1]
    place = ops.zeros_like(x[:, :, :1]) + np.eye(length, dtype=np.float32)
    return place if label is None else layers.Concatenate()([place, layers.RepeatVector(length)(label)])
