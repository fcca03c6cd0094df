"""Sampler and the generators that we ship."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression

import gan_tf
from gan_course import audio, data, evaluation, paths, pretrained
from gan_course.dialogue import grammar as grammar
from gan_tf import metrics, models
from gan_tf.sampling import Sampler


def conditional_generator() -> keras.Model:
    latents, labels = keras.Input((3,)), keras.Input((), dtype="int32")
    x = keras.layers.Concatenate()([latents, keras.layers.Embedding(4, 3)(labels)])
    return keras.Model([latents, labels], keras.layers.Dense(2, activation="tanh", dtype="float32")(x))


def test_chunks_do_not_change_the_samples():
    sampler = Sampler(models.dense_generator((4, 4, 1), latent_dim=3, widths=(8,)))
    latents = sampler.latents(11, seed=5)
    whole = sampler.decode(latents)
    assert whole.shape == (11, 4, 4, 1) and whole.dtype == np.float32
    np.testing.assert_allclose(sampler.decode(latents, batch_size=4), whole, atol=1e-5)
    np.testing.assert_array_equal(sampler.sample(11, seed=5), whole)
    assert not np.array_equal(sampler.sample(11, seed=6), whole)


def test_latents_are_standard_normal_and_fixed():
    sampler = Sampler(models.dense_generator((4, 4, 1), latent_dim=50, widths=(8,)))
    latents = sampler.latents(2_000, seed=0)
    assert abs(latents.mean()) < 0.02 and abs(latents.std() - 1) < 0.02
    np.testing.assert_array_equal(latents, sampler.latents(2_000, seed=0))


def test_labels_reach_the_generator_and_default_to_all_classes():
    sampler = Sampler(conditional_generator(), classes=4)
    same = np.repeat(sampler.latents(1), 4, axis=0)
    assert len(np.unique(sampler.decode(same, labels=np.arange(4)).round(6), axis=0)) == 4
    np.testing.assert_array_equal(sampler.sample(8), sampler.sample(8, labels=np.arange(8) % 4))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], "expected integers of shape"),
        ([0.0, 1.0, 2.0], "float64"),
        ([0, 1, 4], "0 to 4, expected 0 to 3"),
        ([-1, 0, 1], "-1 to 1"),
    ],
)
def test_wrong_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        Sampler(conditional_generator(), classes=4).sample(3, labels=labels)


def test_missing_and_unwanted_labels_are_refused():
    with pytest.raises(ValueError, match="labels: got NoneType, expected 3 integers; with classes= of GAN or Sampler"):
        Sampler(conditional_generator()).sample(3)
    with pytest.raises(ValueError, match="takes no labels"):
        Sampler(models.dense_generator((4, 4, 1), 3, (8,))).sample(3, labels=[0, 1, 2])


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "3"])
def test_a_wrong_count_is_refused(n):
    with pytest.raises(ValueError, match="n: got"):
        Sampler(models.dense_generator((4, 4, 1), 3, (8,))).sample(n)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (0, 3)])
def test_wrong_latents_are_refused(shape):
    with pytest.raises(ValueError, match=r"latents: got shape"):
        Sampler(models.dense_generator((4, 4, 1), 3, (8,))).decode(np.zeros(shape))


# data set, the largest distance that its card may state, what fewer samples may add to it, bytes
SHIPPED = {
    "moving_digits": ("moving_digits", 2, 2, 8e6),
    "human_actions": ("human_actions", 5, 3, 8e6),
    "mnist_dense": ("mnist", 4, 1, 5e6),
    "mnist_dcgan": ("mnist", 4, 1, 5e6),
    "mnist_conditional": ("mnist", 4, 1, 5e6),
    "cifar_dcgan": ("cifar10", 17, 4.6, 8e6),
    "spoken_digits_mel": ("spoken_digits", 4, 1, 8e6),
}


def test_shipped_landscapes_are_those_that_were_asked_for():
    network = evaluation.feature_network("cifar10")
    sampler, real = pretrained.load("scenes_100"), data.load("cifar10", source="embedded", n=300)
    images = sampler.sample(200, seed=2)
    assert images.shape == (200, 100, 100, 3) and np.abs(images).max() <= 1
    assert sampler.card["frechet"] < 5 and sampler.card["data"] == "cifar10, embedded"
    assert (paths.assets() / "pretrained" / "scenes_100.npz").stat().st_size < 2e6
    small = np.clip(tf.image.resize(images, (32, 32), "area"), -1, 1)
    judge = LogisticRegression(C=0.1, max_iter=500).fit(network.features(real.x), real.labels)
    assert judge.score(network.features(small), np.arange(200) % 10) > 0.7


def pictures(dataset, split):
    found = data.load(dataset, split)
    return audio.spectrograms(found) if isinstance(found, data.Sounds) else found


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_generators_draw_all_classes_close_to_the_data(name):
    dataset, worst, more, size = SHIPPED[name]
    sampler, judge = pretrained.load(name), evaluation.feature_network(dataset)
    count = 1_000 if len(judge.shape) == 3 else 340  # Clips are large.
    images = pretrained.sample(name, count, seed=1)
    assert images.shape == (count, *judge.shape) and images.dtype == np.float32 and np.abs(images).max() <= 1
    seen = judge.predict_logits(images).argmax(axis=1)
    assert np.bincount(seen, minlength=len(judge.class_names)).min() > 0.03 * count
    assert sampler.card["frechet"] < worst and sampler.card["data"] == f"{dataset}, local"
    assert (paths.assets() / "pretrained" / f"{name}.npz").stat().st_size < size
    # The actions are compared with the people who were learned; the others look different.
    splits = ("train", "test") if name == "human_actions" else ("test", "train")
    unseen = pictures(dataset, splits[0])
    if unseen.source != "embedded":
        n = min(count, len(unseen))
        other = pictures(dataset, splits[1]) if len(unseen) < 2 * n else None
        n = n if other is None else min(n, len(other))
        # So few samples make any distance larger than the card's 10,000 do.
        assert evaluation.evaluate(images[:n], unseen, n, other=other).frechet < sampler.card["frechet"] + more


def test_every_shipped_generator_is_tested():
    assert set(pretrained.names()) == {*SHIPPED, "dialogue", "scenes_100"}


def test_shipped_dialogue_is_right_new_and_answers():
    book, labels = data.load("dialogue"), np.arange(400) % 4
    pairs = book.pairs(pretrained.sample("dialogue", 400, labels, seed=3))
    right = [grammar.accepts(reply, grammar.MOODS[k]) for (_, reply), k in zip(pairs, labels, strict=True)]
    assert np.mean(right) >= 0.9
    assert evaluation.text_share([line for line, _ in pairs], grammar.accepts) >= 0.9
    assert np.mean([ok and grammar.answers(*pair) for ok, pair in zip(right, pairs, strict=True)]) >= 0.8
    good = [reply for ok, (_, reply) in zip(right, pairs, strict=True) if ok]
    assert evaluation.novelty(good, book.lines()) >= 0.5 and len(set(good)) > 0.8 * len(good)
    card = pretrained.load("dialogue").card
    assert card["right"] >= 0.9 and card["new"] >= 0.5
    assert (paths.assets() / "pretrained" / "dialogue.npz").stat().st_size < 8e6


def test_the_shipped_colour_generator_draws_the_class_it_is_asked_for():
    seen = evaluation.feature_network("cifar10").predict_logits(pretrained.sample("cifar_dcgan", 1_000, seed=2))
    assert np.mean(seen.argmax(axis=1) == np.arange(1_000) % 10) > 0.65


def test_the_shipped_digits_are_those_that_were_asked_for():
    labels = np.arange(1_000) % 10
    assert (
        evaluation.label_accuracy(pretrained.sample("mnist_conditional", 1_000, labels, seed=2), labels, "mnist") > 0.95
    )


def test_the_shipped_people_do_what_they_are_asked_for():
    labels = np.arange(400) % 4
    clips = pretrained.sample("human_actions", 400, labels, seed=2)
    judge = evaluation.feature_network("human_actions")
    assert evaluation.label_accuracy(clips, labels, judge) >= 0.95
    # The judge sees the motion: the same frames in another order are far away.
    whole, mixed = judge.features(clips), judge.features(evaluation.shuffled(clips))
    assert metrics.frechet_distance(mixed, whole) > 20


def test_shipped_digits_stay_themselves_and_move_as_digits_do():
    clips = pretrained.sample("moving_digits", 500, np.arange(500) % 10, seed=2)
    real = data.load("moving_digits", "test", n=500)
    ours, theirs = evaluation.speeds(clips), evaluation.speeds(real.x)
    assert evaluation.constancy(clips).mean() >= 0.8
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.15)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.15)
    judge = evaluation.feature_network("moving_digits")
    found = judge.features(clips), judge.features(evaluation.shuffled(clips))
    if real.source != "embedded":
        whole, mixed = (metrics.frechet_distance(features, judge.features(real.x)) for features in found)
        assert mixed > 2 * whole


def test_a_generator_is_read_once_for_each_precision(monkeypatch):
    read, load = [], pretrained.load
    monkeypatch.setattr(pretrained, "load", lambda name: read.append(name) or load(name))
    pretrained._loaded.cache_clear()
    before = keras.config.dtype_policy()
    try:
        for policy in ("float32", "float32", "mixed_bfloat16"):
            keras.config.set_dtype_policy(policy)
            pretrained.sample("mnist_dcgan", 2)
    finally:
        keras.config.set_dtype_policy(before)
    assert read == ["mnist_dcgan"] * 2
    with pytest.raises(ValueError, match="expected one of"):
        pretrained.sample("mnist", 2)


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'mnist_dcgan'"):
        pretrained.load("mnist_dcgna")


def test_saved_weights_come_back_in_half_precision(tmp_path):
    generator = models.conv_generator((8, 8, 1), latent_dim=3, widths=(4, 2))
    options = {"shape": (8, 8, 1), "latent_dim": 3, "widths": (4, 2)}
    path = pretrained.save(tmp_path / "g.npz", generator, "conv_generator", options, {"note": "x"})
    back = pretrained.load_file(path)
    assert back.card == {"note": "x"}
    np.testing.assert_allclose(back.sample(5), Sampler(generator).sample(5), atol=2e-2)


def test_a_file_that_names_foreign_code_is_refused(tmp_path):
    meta = {"network": "os.system", "options": {}, "card": {}}
    path = files.save_arrays(tmp_path / "bad.npz", {"000": np.zeros(3)}, meta)
    with pytest.raises(files.ArraysError, match=r"os\.system"):
        pretrained.load_file(path)


def test_weights_of_another_network_are_refused(tmp_path):
    generator = models.dense_generator((4, 4, 1), 3, (8,))
    with pytest.raises(ValueError, match="its weights have shapes"):
        pretrained.save(tmp_path / "g.npz", generator, "dense_generator", {"latent_dim": 3}, {})
    path = pretrained.save(
        tmp_path / "g.npz", generator, "dense_generator", {"shape": (4, 4, 1), "latent_dim": 3, "widths": (8,)}, {}
    )
    weights, meta = files.load_arrays(path)
    weights.popitem()
    files.save_arrays(path, weights, meta)
    with pytest.raises(files.ArraysError, match="do not fit"):
        pretrained.load_file(path)


def test_a_walk_passes_all_corners_and_keeps_the_length():
    corners = np.random.default_rng(0).normal(size=(4, 50))
    corners /= np.linalg.norm(corners, axis=1, keepdims=True) / 7
    closed, opened = gan_tf.walk(corners, 5), gan_tf.walk(corners, 5, closed=False)
    assert closed.shape == (20, 50) and opened.shape == (16, 50) and closed.dtype == np.float32
    np.testing.assert_allclose(closed[::5], corners, atol=1e-6)
    np.testing.assert_allclose(opened[::5], corners, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(closed, axis=1), 7, atol=1e-5)
    steps = np.linalg.norm(np.diff(opened[:6], axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-5)  # even steps
    np.testing.assert_allclose(gan_tf.walk(corners[[0, 0]], 2), corners[[0, 0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize(("corners", "steps"), [(np.zeros((2, 3)), 4), (np.ones((1, 3)), 4), (np.ones((2, 3)), 0)])
def test_a_walk_that_cannot_be(corners, steps):
    with pytest.raises(ValueError, match=r"corners|steps"):
        gan_tf.walk(corners, steps)
