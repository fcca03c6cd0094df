"""The feature network, the report and the monitor."""

import dataclasses
import importlib.util
import os
from pathlib import Path

import keras
import numpy as np
import pytest

import gan_tf
from gan_course import data, evaluation, paths
from gan_course.evaluation import features as networks
from gan_course.evaluation import spaces
from gan_tf import files, metrics

REAL = Path(os.environ.get("GAN_TF_DATA") or "nowhere", "mnist")


@pytest.fixture(scope="module")
def digits():
    return data.load("mnist", "test", source="embedded").take(1200)


@pytest.fixture(scope="module")
def ring():
    return data.load("ring", n=2000)


def fake(samples, **attributes):
    """A model that draws from an array, by seed."""

    class Model:
        def sample(self, n, seed=0, labels=None):
            self.labels = labels
            return samples[np.random.default_rng(seed).permutation(len(samples))[:n]]

    model = Model()
    model.__dict__.update(attributes)
    return model


# The network


def test_network_names_the_embedded_digits(digits):
    network = evaluation.feature_network("mnist")
    right = np.mean(network.predict_logits(digits.x).argmax(1) == digits.labels)
    assert right > 0.9
    assert network.class_names == digits.class_names
    assert network is evaluation.feature_network("mnist")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real MNIST is not here")
def test_network_names_the_real_digits_as_its_file_says():
    test = data.load("mnist", "test", source="real")
    network = evaluation.feature_network("mnist")
    right = np.mean(network.predict_logits(test.x).argmax(1) == test.labels)
    assert right == pytest.approx(network.accuracy, abs=2e-4)
    assert network.accuracy >= 0.994
    train = data.load("mnist", "train", source="real").x[np.random.default_rng(0).permutation(60_000)[:10_000]]
    floor = metrics.frechet_distance(network.features(train), network.features(test.x))
    assert floor == pytest.approx(network.meta["floor"], rel=0.02)


@pytest.mark.skipif(not (REAL.parent / "cifar-10-batches-bin").is_dir(), reason="the real CIFAR-10 is not here")
def test_network_names_the_real_photographs_as_its_file_says():
    test, network = data.load("cifar10", "test", source="real"), evaluation.feature_network("cifar10")
    features, logits = network.features_and_logits(test.x)
    assert np.mean(logits.argmax(1) == test.labels) == pytest.approx(network.accuracy, abs=5e-4)
    assert network.class_names == test.class_names
    assert np.mean(np.square(features)) == pytest.approx(1.0, rel=0.05)  # the unit that the tool chose


def test_features_do_not_depend_on_the_batch_and_fit_the_logits(digits):
    network = evaluation.feature_network("mnist")
    x = digits.x[:23]
    features = network.features(x, batch_size=7)
    assert features.shape == (23, 128) and features.dtype == np.float32 and features.min() >= 0
    np.testing.assert_allclose(features, network.features(x), rtol=1e-4, atol=1e-5)
    kernel, bias = network.model.get_layer("logits").get_weights()
    np.testing.assert_allclose(network.predict_logits(x), features @ kernel + bias, rtol=1e-3, atol=1e-3)
    probabilities = network.probabilities(x)
    assert probabilities.shape == (23, 10)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_network_is_float32_under_any_policy(policy, digits):
    before = keras.config.dtype_policy()
    expected = evaluation.feature_network("mnist").features(digits.x[:8])
    try:
        keras.config.set_dtype_policy(policy)
        fresh = evaluation.feature_network.__wrapped__("mnist")
        np.testing.assert_allclose(fresh.features(digits.x[:8]), expected, rtol=1e-5, atol=1e-6)
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (np.zeros((2, 28, 28)), r"got shape \(2, 28, 28\), expected \(n, 28, 28, 1\)"),
        (np.zeros((0, 28, 28, 1)), "n at least 1"),
        (np.zeros((2, 28, 28, 1), np.uint8), "x / 127.5 - 1"),
        (np.full((2, 28, 28, 1), 255.0), "from 255 to 255"),
        (np.full((2, 28, 28, 1), np.nan), "NaN"),
        (np.full((2, 28, 28, 1), "a"), "dtype"),
    ],
)
def test_network_refuses_other_samples(x, text):
    with pytest.raises(ValueError, match=text):
        evaluation.feature_network("mnist").features(x)


def test_network_errors_name_what_is_wrong(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="did you mean 'mnist'"):
        evaluation.feature_network("mnits")
    with pytest.raises(ValueError, match="batch_size: got 0"):
        evaluation.feature_network("mnist").features(np.zeros((1, 28, 28, 1)), batch_size=0)
    good, meta = files.load_arrays(paths.assets() / "pretrained" / "mnist_classifier.safetensors")
    monkeypatch.setattr(paths, "assets", lambda: tmp_path)
    with pytest.raises(files.ArraysError, match="no such file"):
        evaluation.feature_network.__wrapped__("mnist")
    good["logits/bias"] = np.zeros(3, np.float16)
    files.save_arrays(tmp_path / "pretrained" / "mnist_classifier.safetensors", good, meta)
    with pytest.raises(files.ArraysError, match=r"logits/bias: got shape \(3,\), expected \(10,\)"):
        evaluation.feature_network.__wrapped__("mnist")


@pytest.mark.parametrize(
    ("name", "most", "accuracy", "unit"),
    [("mnist", 1_000_000, 0.994, {"floor"}), ("cifar10", 4_000_000, 0.80, set())],
)
def test_the_file_says_how_it_was_made(name, most, accuracy, unit):
    path = paths.assets() / "pretrained" / networks.ARCHITECTURES[name].file
    assert path.stat().st_size < most
    _, meta = files.load_arrays(path)
    assert {"accuracy", "class_names", "command", "data", "seed", "versions"} | unit <= set(meta)
    assert meta["accuracy"] >= accuracy


def test_tool_folds_and_rescales_without_changing_the_verdict():
    spec = importlib.util.spec_from_file_location(
        "train_classifier", Path(__file__).resolve().parents[3] / "tools" / "train_classifier.py"
    )
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    small = networks.Architecture((28, 28, 1), ((5, 4, 2), (3, 6, 2)), 8, 3, "none.safetensors", "none")
    keras.utils.set_random_seed(0)
    trained, bare = networks.build(small, training=True), networks.build(small)
    random = np.random.default_rng(0)
    for layer in trained.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    tool.fold(trained, bare)
    x = random.uniform(-1, 1, (60, 28, 28, 1)).astype(np.float32)
    expected = [keras.ops.convert_to_numpy(part) for part in trained(x, training=False)]
    for found, wanted in zip(bare(x), expected):
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)
    tool.rescale(bare, x[:30], x[30:], 0.084)
    features, logits = bare(x)
    np.testing.assert_allclose(logits, expected[1], rtol=1e-3, atol=1e-4)
    assert metrics.frechet_distance(features[:30], features[30:]) == pytest.approx(0.084, rel=1e-3)
    tool.rescale(bare, x[:30], x[30:], None)
    assert np.mean(np.square(bare(x[:30])[0])) == pytest.approx(1.0, rel=1e-3)
    warped = keras.ops.convert_to_numpy(tool.warp(x[:6], 3))
    assert warped.shape == (6, 28, 28, 1) and np.abs(warped - x[:6]).mean() > 0.1
    # Each image is moved in its own way; the same seed moves it the same way again.
    same = keras.ops.convert_to_numpy(tool.warp(np.repeat(x[:1], 6, 0), 3))
    assert np.abs(same[0] - same[1]).mean() > 0.1
    np.testing.assert_array_equal(warped, tool.warp(x[:6], 3))


# The report


def test_report_equals_the_single_measures(digits):
    made = digits.x[:300]
    rest = dataclasses.replace(digits, x=digits.x[900:], labels=digits.labels[900:])
    report = evaluation.evaluate(made, digits, n=250, other=rest, seed=1)
    network = evaluation.feature_network("mnist")
    chosen = made[np.random.default_rng(1).permutation(300)[:250]]
    real = digits.x[np.random.default_rng(1).permutation(len(digits))[:250]]
    a, b = network.features(chosen), network.features(real)
    assert report.frechet == pytest.approx(metrics.frechet_distance(a, b), rel=1e-4)
    assert report.kernel.mean == pytest.approx(metrics.kernel_distance(a, b, 20, 125).mean, rel=1e-3)
    assert (report.precision, report.recall) == pytest.approx(metrics.precision_recall(b, a), abs=0.01)
    assert (report.density, report.coverage) == pytest.approx(metrics.density_coverage(b, a), abs=0.01)
    assert report.score == pytest.approx(metrics.classifier_score(network.probabilities(chosen)), rel=1e-3)
    assert report.classes == report.total_classes == 10


def test_report_knows_noise_from_digits_and_prints(digits):
    noise = np.random.default_rng(0).uniform(-1, 1, (300, 28, 28, 1)).astype(np.float32)
    real = evaluation.evaluate(digits.x[:300], digits)
    bad = evaluation.evaluate(noise, digits)
    assert bad.frechet > 20 * real.frechet and bad.precision < 0.1 and bad.coverage < 0.1 and bad.classes < 10
    assert real.floor == bad.floor and real.floor.frechet < bad.frechet / 20
    table = evaluation.compare({"noise": bad, "digits": real})
    lines = str(table).splitlines()
    assert lines[0].split() == ["measure", "noise", "digits", "real", "better"]
    assert len({len(line) for line in lines[:2]}) == 1
    assert "classes seen (of 10)" in str(real) and "embedded" in lines[-1] and "300 samples" in lines[-1]
    markdown = table._repr_markdown_().splitlines()
    assert markdown[1] == "|---|---:|---:|---:|---:|"
    assert all(line.count("|") == 6 for line in markdown[:11])
    assert bad._repr_markdown_().startswith("| measure | samples | real |")


def test_report_of_points_uses_the_points(ring):
    report = evaluation.evaluate(ring.x[:900] + 0.5, ring)
    assert report.n == 900 and report.features == "the points themselves"
    assert report.frechet == pytest.approx(0.5, rel=0.15)
    assert report.score is None and "classifier score" not in str(report)
    collapsed = evaluation.evaluate(fake(ring.of_class(0).x), ring, n=200)
    assert collapsed.recall < 0.2 < report.floor.recall


def test_report_reads_the_reference_once(ring, monkeypatch):
    calls = []

    def double(x):
        calls.append(len(x))
        return 2 * x

    first = evaluation.evaluate(ring.x[:500], ring, features=double)
    again = evaluation.evaluate(ring.x[:500], ring, features=double)
    assert calls == [500, 500, 500, 500] and first == again
    assert first.features == "features by double"


def test_statistics_are_kept_per_data_set_and_few():
    first, second = data.load("ring", n=100), data.load("ring", n=100, seed=1)
    made = [spaces.kept(one, "key", lambda one=one: one.x.sum()) for one in (first, second)]
    assert made[0] != made[1]
    assert spaces.kept(first, "key", lambda: None) == made[0]
    for i in range(4):
        spaces.kept(first, i, lambda: 0)
    assert spaces.kept(first, "key", lambda: "anew") == "anew"
    count = len(spaces._kept)
    del first
    assert len(spaces._kept) == count - 1


def test_another_set_is_measured_by_the_features_given(digits):
    clothes = dataclasses.replace(digits, name="fashion_mnist")
    report = evaluation.evaluate(digits.x[:150], clothes)
    assert report.features == "features of the mnist classifier" and report.classes is None
    own = dataclasses.replace(digits, name="mine", labels=None, class_names=())
    flat = evaluation.evaluate(digits.x[:150], own, features=lambda x: x[:, ::7, ::7, 0].reshape(len(x), -1))
    assert np.isfinite(flat.frechet) and flat.score is None
    assert evaluation.evaluate(digits.x[:150], own, features="mnist").frechet == report.frechet


def test_report_errors(digits, ring):
    with pytest.raises(ValueError, match=r"samples: got shape \(50, 2\), expected \(n, 28, 28, 1\)"):
        evaluation.evaluate(ring.x[:50], digits)
    with pytest.raises(ValueError, match=r"n: got 700.*at most 600.*other="):
        evaluation.evaluate(digits.x, digits, n=700)
    with pytest.raises(ValueError, match="n: got 60, but there are only 50"):
        evaluation.evaluate(digits.x[:50], digits, n=60)
    with pytest.raises(ValueError, match="n, the number of samples"):
        evaluation.evaluate(digits.x[:5], digits)
    with pytest.raises(ValueError, match="NaN"):
        evaluation.evaluate(np.full((50, 28, 28, 1), np.nan), digits)
    with pytest.raises(TypeError, match="sample"):
        evaluation.evaluate(object(), digits)
    with pytest.raises(ValueError, match="other: got the data set itself"):
        evaluation.evaluate(digits.x[:50], digits, other=digits)
    unknown = dataclasses.replace(digits, name="mine")
    with pytest.raises(ValueError, match="no feature network is known for 'mine'"):
        evaluation.evaluate(digits.x[:50], unknown)
    with pytest.raises(ValueError, match="features: got int"):
        evaluation.evaluate(digits.x[:50], digits, features=3)
    with pytest.raises(ValueError, match="reports: got none"):
        evaluation.compare({})
    reports = {str(n): evaluation.evaluate(ring.x[:n], ring) for n in (50, 60)}
    with pytest.raises(ValueError, match="n differs"):
        evaluation.compare(reports)
    with pytest.raises(AttributeError, match="no attribute 'fid'"):
        _ = reports["50"].fid


# The monitor


def run(monitor, model, epochs):
    """What Keras does with a callback, as far as the monitor sees it."""
    monitor.set_params({"epochs": epochs})
    monitor.set_model(model)
    monitor.on_train_begin()
    history = []
    for epoch in range(epochs):
        logs = {"loss": 1.0}
        monitor.on_epoch_end(epoch, logs)
        history.append(logs["distance"])
    return history


def test_monitor_writes_the_distance(ring):
    monitor = evaluation.QualityMonitor(ring, n=500, seed=3)
    model = fake(ring.x + np.float32([1, 0]))
    history = run(monitor, model, 2)
    expected = metrics.frechet_distance(model.sample(500, seed=3), ring.x)
    assert history == [pytest.approx(expected)] * 2
    assert monitor.measured == [(1, history[0]), (2, history[1])]
    assert 0 < monitor.seconds_spent < 5
    assert expected == pytest.approx(1, rel=0.1)


def test_monitor_measures_seldom_if_asked(ring):
    monitor = evaluation.QualityMonitor(ring, n=100, every=3)
    assert len(run(monitor, fake(ring.x), 8)) == 8
    assert [epoch for epoch, _ in monitor.measured] == [1, 3, 6, 8]


def test_monitor_uses_the_feature_network_and_labels(digits):
    monitor = evaluation.QualityMonitor(digits, n=300)
    model = fake(digits.x, conditional=True)
    assert 0 < run(monitor, model, 1)[0] < 20
    assert np.bincount(model.labels).tolist() == [30] * 10
    assert run(evaluation.QualityMonitor(digits, n=300), fake(np.ones_like(digits.x)), 1)[0] > 20


def test_monitor_reports_broken_samples_as_infinite(ring):
    monitor = evaluation.QualityMonitor(ring, n=100)
    with pytest.warns(UserWarning, match="NaN or infinity"):
        assert run(monitor, fake(np.full_like(ring.x, np.nan)), 1) == [np.inf]


def test_monitor_errors_come_before_training(ring, digits):
    with pytest.raises(TypeError, match=r"sample\(n, seed"):
        run(evaluation.QualityMonitor(ring), object(), 1)
    with pytest.raises(ValueError, match=r"samples of shape \(28, 28, 1\), expected \(2,\)"):
        run(evaluation.QualityMonitor(ring), fake(digits.x), 1)
    with pytest.raises(ValueError, match="every: got 0"):
        evaluation.QualityMonitor(ring, every=0)
    with pytest.raises(ValueError, match="n: got 1"):
        evaluation.QualityMonitor(ring, n=1)


def test_monitor_in_a_real_training(ring):
    def net(inputs, outputs):
        return keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(outputs)])

    keras.utils.set_random_seed(0)
    gan = gan_tf.GAN(net(4, 2), net(2, 1))
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    monitor = evaluation.QualityMonitor(ring, n=200)
    # A callback behind the monitor sees the distance: this one stops, as no epoch improves it by 100.
    stop = keras.callbacks.EarlyStopping("distance", mode="min", min_delta=100, patience=0)
    history = gan.fit(ring.batches(500, seed=0), epochs=5, verbose=0, callbacks=[monitor, stop])
    first, second = history.history["distance"]
    assert [(1, first), (2, second)] == monitor.measured
    assert first != second == pytest.approx(monitor.measure())
