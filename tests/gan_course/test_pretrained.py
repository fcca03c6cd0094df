"""The generators and classifiers that we ship: what they draw, and the files that hold them."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression

from gan_course import audio, data, evaluation, pretrained
from gan_course.dialogue import grammar
from gan_course.evaluation import features as networks
from gan_tf import files, metrics, models
from gan_tf.sampling import Sampler

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
    assert pretrained.shipped_file("scenes_100").stat().st_size < 2e6
    small = np.clip(tf.image.resize(images, (32, 32), "area"), -1, 1)
    judge = LogisticRegression(C=0.1, max_iter=500).fit(network.features(real.x), real.labels)
    assert judge.score(network.features(small), np.arange(200) % 10) > 0.7


def pictures(dataset, split):
    found = data.load(dataset, split)
    return audio.spectrograms(found) if isinstance(found, data.Sounds) else found


@pytest.mark.data
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
    assert pretrained.shipped_file(name).stat().st_size < size
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
    assert set(pretrained.names()) == {*SHIPPED, "dialogue", "scenes_100", "notes"}  # notes: test_notes.py
    assert {path.stem for path in pretrained.shipped_file("dialogue").parent.iterdir()} == {
        *pretrained.NAMES,
        *pretrained.TRANSLATORS,
        *(Path(architecture.file).stem for architecture in networks.ARCHITECTURES.values()),
    }


def test_shipped_dialogue_is_right_new_and_answers():
    book, labels = data.load("dialogue"), np.arange(400) % 4
    pairs = book.pairs(pretrained.sample("dialogue", 400, labels, seed=3))
    moods = [grammar.MOODS[k] for k in labels]
    right = [grammar.accepts(reply, mood) for (_, reply), mood in zip(pairs, moods, strict=True)]
    assert np.mean(right) >= 0.9
    assert evaluation.text_share([line for line, _ in pairs], grammar.accepts) >= 0.9
    assert np.mean([grammar.answers(*pair, mood) for pair, mood in zip(pairs, moods, strict=True)]) >= 0.8
    good = [reply for ok, (_, reply) in zip(right, pairs, strict=True) if ok]
    assert evaluation.novelty(good, book.lines()) >= 0.5 and len(set(good)) > 0.8 * len(good)
    card = pretrained.load("dialogue").card
    assert card["right"] >= 0.9 and card["new"] >= 0.5
    assert pretrained.shipped_file("dialogue").stat().st_size < 8e6


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
    whole, mixed = judge.features(clips), judge.features(data.shuffled(clips))
    assert metrics.frechet_distance(mixed, whole) > 20


@pytest.mark.data
def test_shipped_digits_stay_themselves_and_move_as_digits_do():
    clips = pretrained.sample("moving_digits", 500, np.arange(500) % 10, seed=2)
    real = data.load("moving_digits", "test", n=500)
    ours, theirs = evaluation.speeds(clips), evaluation.speeds(real.x)
    assert evaluation.constancy(clips).mean() >= 0.8
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.15)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.15)
    judge = evaluation.feature_network("moving_digits")
    found = judge.features(clips), judge.features(data.shuffled(clips))
    if real.source != "embedded":
        whole, mixed = (metrics.frechet_distance(features, judge.features(real.x)) for features in found)
        assert mixed > 2 * whole


def test_a_generator_is_read_once_for_each_precision(monkeypatch):
    read, load = [], pretrained.load
    monkeypatch.setattr(pretrained, "load", lambda name: read.append(name) or load(name))
    pretrained._loaded.cache_clear()
    for policy in ("float32", "float32", "mixed_bfloat16"):
        keras.config.set_dtype_policy(policy)
        pretrained.sample("mnist_dcgan", 2)
    assert read == ["mnist_dcgan"] * 2
    with pytest.raises(ValueError, match="expected one of"):
        pretrained.sample("mnist", 2)


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'mnist_dcgan'"):
        pretrained.load("mnist_dcgna")


# The samples --------------------------------------------------------------------------------------------------------

# Of each shipped net, computed in float32 when its weights were stored by position, in .npz files: shape, mean and
# deviation, and the values at five places. The .safetensors files gave the very same samples, bit by bit.
SAMPLES = json.loads(Path(__file__).with_name("shipped_samples.json").read_text(encoding="utf-8"))


def given(shape):
    return np.random.default_rng(0).uniform(-1, 1, (2, *shape)).astype(np.float32)


def made(name):
    """What a net makes of latents or pictures that are the same everywhere."""
    if name in pretrained.NAMES:
        samples = pretrained.sample(name, 2, seed=0)
        return samples.argmax(axis=-1) if name == "dialogue" else samples
    if name in pretrained.TRANSLATORS:
        net = pretrained.translator(name)
        return net(given(net.generator.inputs[0].shape[1:]), [0, 1] if net.labels else None)
    classifier = evaluation.feature_network(name.removeprefix("classifier of "))
    return np.concatenate(classifier.features_and_logits(given(classifier.shape)), axis=1)


def test_every_shipped_net_has_samples_to_compare_with():
    classifiers = (f"classifier of {name}" for name in networks.ARCHITECTURES)
    assert SAMPLES.keys() == {*pretrained.NAMES, *pretrained.TRANSLATORS, *classifiers}


@pytest.mark.parametrize("name", SAMPLES)
def test_shipped_nets_make_the_samples_that_they_made(name):
    samples, wanted = made(name), SAMPLES[name]
    assert list(samples.shape) == wanted["shape"]
    found = [samples.mean(dtype=np.float64), samples.std(dtype=np.float64), *samples.ravel()[wanted["at"]]]
    # Processors round differently; on the one that computed them the largest difference was 0.
    np.testing.assert_allclose(found, [wanted["mean"], wanted["std"], *wanted["values"]], rtol=1e-4, atol=1e-4)


# Files --------------------------------------------------------------------------------------------------------------


def test_saved_weights_come_back_in_half_precision(tmp_path):
    generator = models.conv_generator((8, 8, 1), latent_dim=3, widths=(4, 2))
    options = {"shape": (8, 8, 1), "latent_dim": 3, "widths": (4, 2)}
    path = pretrained.save(tmp_path / "g.safetensors", generator, "conv_generator", options, {"note": "x"})
    back = pretrained.load_file(path)
    assert back.card == {"note": "x"}
    np.testing.assert_allclose(back.sample(5), Sampler(generator).sample(5), atol=2e-2)


def test_a_file_that_names_foreign_code_is_refused(tmp_path):
    meta = {"network": "os.system", "options": {}, "card": {}}
    path = files.save_arrays(tmp_path / "bad.safetensors", {"dense/kernel": np.zeros(3)}, meta)
    with pytest.raises(files.ArraysError, match=r"os\.system"):
        pretrained.load_file(path)


def test_weights_of_another_network_are_refused(tmp_path):
    path, generator = tmp_path / "g.safetensors", models.dense_generator((4, 4, 1), 3, (8,))
    with pytest.raises(ValueError, match=r"generator: not what dense_generator builds: layer 4: got activation \(Acti"):
        pretrained.save(path, generator, "dense_generator", {"latent_dim": 3}, {})
    options = {"shape": (4, 4, 1), "latent_dim": 3, "widths": (9,)}
    with pytest.raises(ValueError, match=r"builds: dense/kernel: got shape \(3, 8\), expected \(3, 9\)"):
        pretrained.save(path, generator, "dense_generator", options, {})
    assert not path.exists()
    pretrained.save(path, generator, "dense_generator", {**options, "widths": (8,)}, {})
    weights, meta = files.load_arrays(path)
    assert "dense/kernel" in weights and "batch_normalization/moving_mean" in weights
    files.save_arrays(path, {**weights, "dense/kernel": weights["dense/kernel"].T}, meta)
    with pytest.raises(files.ArraysError, match=r"do not fit .*dense/kernel: got shape"):
        pretrained.load_file(path)
    del weights["dense/kernel"]
    files.save_arrays(path, weights, meta)
    with pytest.raises(files.ArraysError, match=r"do not fit .*1 missing \(dense/kernel\)"):
        pretrained.load_file(path)


def test_layers_in_another_order_are_refused_though_all_shapes_fit(tmp_path, monkeypatch):
    """As when the function in gan_tf.models changes after the weights were stored."""

    def network(order):
        kinds = {"dense": keras.layers.Dense(4, use_bias=False), "norm": keras.layers.LayerNormalization()}
        return keras.Sequential([keras.Input((4,)), *(kinds[kind] for kind in order)])

    monkeypatch.setitem(pretrained.GENERATOR_NETWORKS, "changing", lambda: network(("dense", "norm")))
    path = pretrained.save(tmp_path / "g.safetensors", network(("dense", "norm")), "changing", {}, {})
    monkeypatch.setitem(pretrained.GENERATOR_NETWORKS, "changing", lambda: network(("norm", "dense")))
    with pytest.raises(files.ArraysError, match=r"layer 0: got dense \(Dense\), expected layer_normalization"):
        pretrained.load_file(path)
