"""Text networks: words are drawn as they should be, gradients flow, and the one train step serves them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tests.helpers import tiny

import gan_tf
from gan_course import data, dialogue, pretrained
from gan_tf import weights
from gan_tf.sampling import Sampler

SHAPE, MOODS = (4, 5), 3


def make(**options):
    keras.utils.set_random_seed(0)
    return dialogue.text_generator(SHAPE, units=6, word_dim=3, **options)


def texts(n, seed=0):
    return np.eye(SHAPE[1], dtype=np.float32)[np.random.default_rng(seed).integers(0, SHAPE[1], (n, SHAPE[0]))]


def test_words_are_drawn_from_the_softmax():
    scores = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    latents = np.random.default_rng(0).standard_normal((20_000, 4)).astype(np.float32)
    choose = dialogue.GumbelChoice()
    drawn = choose(np.tile(scores, (len(latents), 1)), latents).numpy()
    np.testing.assert_allclose(drawn.max(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(drawn.mean(axis=0), np.exp(scores), atol=0.012)
    choose.noise.assign(0.5)  # The distribution is then that of twice the scores.
    cold = choose(np.tile(scores, (len(latents), 1)), latents).numpy().mean(axis=0)
    np.testing.assert_allclose(cold, np.exp(2 * scores) / np.exp(2 * scores).sum(), atol=0.012)
    choose.noise.assign(0.0)
    assert choose(np.tile(scores, (9, 1)), latents[:9]).numpy().argmax(axis=1).tolist() == [0] * 9


def test_the_gradient_is_that_of_the_soft_choice():
    choose = dialogue.GumbelChoice(temperature=0.7)
    scores, latents = np.array([[0.2, -0.1, 0.4]], np.float32), np.array([[0.3, 0.1, -0.8]], np.float32)
    weights = np.array([[1.0, -2.0, 0.5]], np.float32)
    scores = tf.Variable(scores)
    with tf.GradientTape() as tape:
        out = tf.reduce_sum(weights * choose(scores, latents))
    from scipy.stats import norm

    noisy = scores.numpy() - np.log(-np.log(norm.cdf(latents)))
    soft = np.exp(noisy / 0.7) / np.exp(noisy / 0.7).sum()
    expected = soft * (weights - (soft * weights).sum()) / 0.7
    np.testing.assert_allclose(tape.gradient(out, scores).numpy(), expected, rtol=1e-4)
    assert float(out) == pytest.approx(float(weights[0, noisy.argmax()]), abs=1e-6)


@pytest.mark.parametrize("classes", [None, MOODS])
def test_a_generator_is_a_function_of_its_latents(classes):
    sampler = Sampler(make(classes=classes), classes)
    once, again = sampler.sample(6, seed=1), sampler.sample(6, seed=1)
    assert once.shape == (6, *SHAPE) and np.array_equal(once, again)
    np.testing.assert_allclose(once.sum(axis=2), 1, atol=1e-5)
    assert (once.argmax(axis=2) != sampler.sample(6, seed=2).argmax(axis=2)).any()


def test_the_likelihood_is_that_of_what_the_generator_draws():
    """The share of each first pair of words among many samples is the product of the two softmaxes."""
    generator = make(classes=MOODS)
    for weight in generator.trainable_weights:  # Away from the even start.
        weight.assign(2.0 * weight + 0.1)
    labels = np.full(20_000, 1)
    drawn = Sampler(generator, MOODS).sample(20_000, seed=3, labels=labels).argmax(axis=2)
    pairs = np.stack(np.meshgrid(np.arange(5), np.arange(5), indexing="ij"), axis=-1).reshape(-1, 2)
    given = np.zeros((25, *SHAPE), np.float32)
    np.put_along_axis(given[:, :2], pairs[..., None], 1, axis=2)
    scores = dialogue.text_likelihood(generator)([given, np.full(25, 1)]).numpy()
    odds = np.exp(scores[:, :2]) / np.exp(scores[:, :2]).sum(axis=2, keepdims=True)
    expected = np.take_along_axis(odds, pairs[..., None], 2)[..., 0].prod(axis=1)
    found = np.bincount(drawn[:, 0] * 5 + drawn[:, 1], minlength=25) / len(drawn)
    assert expected.max() > 0.08  # not all alike
    np.testing.assert_allclose(found, expected, atol=0.012)


def test_forced_latents_begin_with_the_given_words_and_go_on_as_before():
    sampler = Sampler(make(classes=MOODS), MOODS)
    latents = sampler.latents(5, seed=0)
    begin = np.array([[1, 2]] * 5)
    forced = dialogue.forced(latents, begin, SHAPE[1])
    assert np.array_equal(sampler.decode(forced, [0, 1, 2, 0, 1]).argmax(axis=2)[:, :2], begin)
    own = sampler.decode(latents, [0] * 5).argmax(axis=2)
    same = dialogue.forced(latents, own[:, :3], SHAPE[1])  # What it would have said anyway changes nothing.
    assert np.array_equal(sampler.decode(same, [0] * 5).argmax(axis=2), own)
    assert np.array_equal(latents, sampler.latents(5, seed=0))


@pytest.mark.parametrize(
    ("latents", "tokens"),
    [
        (np.zeros((2, 20)), np.zeros((3, 2), int)),
        (np.zeros((2, 21)), np.zeros((2, 2), int)),
        (np.zeros((2, 20)), np.zeros((2, 5), int)),
        (np.zeros((2, 20)), np.full((2, 2), 5)),
        (np.zeros((2, 20)), np.zeros((2, 2))),
    ],
)
def test_beginnings_that_do_not_fit(latents, tokens):
    with pytest.raises(ValueError, match=r"latents, tokens|tokens: got"):
        dialogue.forced(latents, tokens, 5)


@pytest.mark.parametrize("penalty", ["r1", "gradient_penalty"])
def test_the_one_train_step_serves_text(penalty):
    discriminator = dialogue.text_discriminator(SHAPE, (4, 4), 3, classes=MOODS)
    gan = gan_tf.GAN(make(classes=MOODS), discriminator, penalty=penalty, classes=MOODS)
    gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2))
    before = tiny.weights(gan.generator), tiny.weights(gan.discriminator)
    batches = tf.data.Dataset.from_tensor_slices((texts(16), np.arange(16) % MOODS)).batch(8)
    history = gan.fit(batches, epochs=2, verbose=0)
    assert np.isfinite(history.history["generator_loss"]).all()
    assert tiny.moved(before[0], gan.generator) == len(gan.generator.trainable_weights)
    assert tiny.moved(before[1], gan.discriminator) == len(before[1])
    choose = gan.generator.get_layer("choose")
    choose.temperature.assign(0.5)  # Not touched by the optimizer, and part of what is saved.
    gan.fit(batches, verbose=0)
    assert float(choose.temperature) == 0.5
    assert "choose/temperature" in weights.named_weights(gan.generator)


def test_maximum_likelihood_trains_the_generator_itself():
    generator = make(classes=MOODS)
    x, labels = texts(1), np.zeros(1, int)
    reader = dialogue.text_likelihood(generator)
    reader.compile(keras.optimizers.Adam(0.05), keras.losses.CategoricalCrossentropy(from_logits=True))
    reader.fit([x, labels], x, epochs=60, verbose=0)
    drawn = Sampler(generator, MOODS).sample(20, labels=np.zeros(20, int))
    assert (drawn.argmax(axis=2) == x.argmax(axis=2)).mean() > 0.9


def test_saved_text_weights_come_back(tmp_path):
    generator = make(classes=MOODS)
    options = {"shape": SHAPE, "units": 6, "word_dim": 3, "classes": MOODS}
    back = pretrained.load_file(pretrained.save(tmp_path / "t.safetensors", generator, "text_generator", options, {}))
    agree = back.sample(50).argmax(axis=2) == Sampler(generator, MOODS).sample(50).argmax(axis=2)
    assert agree.mean() > 0.98


def test_characters_too(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("speaker,line,reply\nA,Hi!,Oh.\nB,No.,Ah!\n", encoding="utf-8")
    mine = data.dialogue_from_csv(path, unit="characters")
    generator = dialogue.text_generator(mine.sample_shape, units=6, word_dim=3)
    said = mine.pairs(Sampler(generator).sample(4))
    assert len(said) == 4 and set("".join(a + b for a, b in said)) <= set(mine.vocabulary.tokens)


def test_half_precision_draws_the_same_words():
    """The chance itself must not be rounded: bfloat16 has eight bits."""
    generator = make(classes=MOODS)
    keras.config.set_dtype_policy("mixed_bfloat16")
    half = make(classes=MOODS)
    half.set_weights(generator.get_weights())
    ours, theirs = (Sampler(net, MOODS).sample(200, seed=4) for net in (half, generator))
    assert ours.dtype == np.float32 and half.outputs[0].dtype == "float32"
    assert (ours.argmax(axis=2) == theirs.argmax(axis=2)).mean() > 0.98
