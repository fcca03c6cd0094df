"""The feature network, the report and the monitor."""

import dataclasses
import importlib.util
import os
from pathlib import Path

import keras
import numpy as np
import PIL.Image
import pytest

import gan_tf
from gan_course import data, evaluation, paths
from gan_course.evaluation import features as networks
from gan_course.evaluation import spaces
from gan_tf import files, metrics, models

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
    expected = evaluation.feature_network("mnist").features(digits.x[:8])
    keras.config.set_dtype_policy(policy)
    fresh = evaluation.feature_network.__wrapped__("mnist")
    np.testing.assert_allclose(fresh.features(digits.x[:8]), expected, rtol=1e-5, atol=1e-6)


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
    two_channels = np.zeros((50, 8, 8, 2), np.float32)
    with pytest.raises(ValueError, match="no feature network is known for 'an array'"):
        evaluation.evaluate(two_channels, two_channels)
    with pytest.raises(ValueError, match="dataset: got list, expected a Dataset, or finite floats"):
        evaluation.evaluate(digits.x[:50], [])
    with pytest.raises(ValueError, match="other: got dtype uint8"):
        evaluation.evaluate(digits.x[:50], digits.x, other=np.zeros((50, 28, 28, 1), np.uint8))
    with pytest.raises(ValueError, match=r"dataset: .*\[-1, 1\]"):
        evaluation.evaluate(digits.x[:50], 2 * digits.x)
    with pytest.raises(ValueError, match=r"samples: .*\[-1, 1\]"):
        evaluation.evaluate(2 * digits.x[:50], digits.x)
    with pytest.raises(ValueError, match="features: got int"):
        evaluation.evaluate(digits.x[:50], digits, features=3)
    with pytest.raises(ValueError, match="reports: got none"):
        evaluation.compare({})
    reports = {str(n): evaluation.evaluate(ring.x[:n], ring) for n in (50, 60)}
    with pytest.raises(ValueError, match="n differs"):
        evaluation.compare(reports)
    with pytest.raises(AttributeError, match="no attribute 'fid'"):
        _ = reports["50"].fid


def test_arrays_are_taken_as_samples_and_as_reference(digits, ring):
    report = evaluation.evaluate(ring.x[:400], ring.x, other=ring.x[::-1].copy())
    assert report.measures == evaluation.evaluate(ring.x[:400], ring, other=ring.take(len(ring.x))).measures
    assert "an array" in report.against and report.features == "the points themselves"
    network = evaluation.evaluate(digits.x[:150], digits.x, features="mnist")
    assert network.frechet == evaluation.evaluate(digits.x[:150], digits).frechet
    model = fake(digits.x, conditional=True)
    assert np.isfinite(evaluation.evaluate(model, digits.x.astype(np.float64), 40).frechet)
    monitor = evaluation.QualityMonitor(digits.x, n=40)
    assert 0 < run(monitor, fake(digits.x), 1)[0] < run(monitor, fake(np.ones_like(digits.x)), 1)[0]


def test_a_conditional_model_makes_all_its_classes_where_the_reference_has_none():
    z, label = keras.Input((2,)), keras.Input((), dtype="int32")
    generator = keras.Model([z, label], keras.layers.Embedding(3, 2, embeddings_initializer="orthogonal")(label))
    made = spaces.draw(gan_tf.Sampler(generator, classes=3), 9, 0, 0)
    assert np.unique(made, axis=0, return_counts=True)[1].tolist() == [3, 3, 3]


# Folders


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Sixty pictures of a folder: dark ones below, bright ones above, of three sizes, at 40 x 48 pixels."""
    folder, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for i in range(60):
        height = (50, 64, 90)[i % 3]
        ramp = np.linspace(200, random.integers(0, 100), height)[:, None, None] + random.normal(0, 9, (height, 60, 3))
        PIL.Image.fromarray(ramp.clip(0, 255).astype(np.uint8)).save(folder / f"{i}.png")
    return {channels: data.from_folder(folder, size=(40, 48), channels=channels) for channels in (1, 3)}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_folder_of_sixty_pictures_is_measured_without_more(pictures, channels, capsys):
    images = pictures[channels]
    report = evaluation.evaluate(images.x[:30], images)
    assert report.n == 30 and report.score is None and "the cifar10 classifier, pictures resized" in report.features
    assert "32x32x3" in str(report)
    worse = evaluation.evaluate(-images.x[:30], images)
    assert worse.frechet > 3 * report.frechet and worse.kernel.mean > report.kernel.mean

    generator = models.dense_generator((40, 48, channels), 3, (8,))
    gan = gan_tf.GAN(generator, models.dense_discriminator((40, 48, channels), (8,)))
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    capsys.readouterr()
    callbacks = [evaluation.Symptoms(images), evaluation.QualityMonitor(images)]
    assert capsys.readouterr().out == "Symptoms: n is 60 instead of 300, as the data set has no more samples\n"
    history = gan.fit(images.batches(20), epochs=2, verbose=0, callbacks=callbacks)
    assert np.isfinite([history.history[name] for name in ("diversity", "coverage", "distance")]).all()
    assert evaluation.diagnose(history).unseen == ()


def test_clips_and_sounds_of_ones_own_are_measured_in_borrowed_features():
    random = np.random.default_rng(0)
    clips = random.uniform(-1, 1, (60, 5, 24, 20, 1)).astype(np.float32)
    report = evaluation.evaluate(clips[:30], clips)
    assert "human_actions classifier, clips resized to 16x32x32x3" in report.features and np.isfinite(report.frechet)
    card = data.Card("mine", "mine", "60 sounds", "mine", "none")
    sounds = data.Sounds(random.uniform(-1, 1, (60, 3000)).astype(np.float32), None, (), "local", card, "mine")
    report = evaluation.evaluate(sounds.x[:30], sounds)
    assert "spoken_digits classifier, sounds resized to 64x64x1" in report.features
    quiet = evaluation.evaluate(0.001 * sounds.x[:30], sounds)
    assert quiet.frechet > report.frechet


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


def test_each_fit_is_measured_anew(ring):
    monitor = evaluation.QualityMonitor(ring, n=100, every=5)
    near = run(monitor, fake(ring.x), 2)[-1]
    far = run(monitor, fake(ring.x + 10), 4)
    assert far == [pytest.approx(200, rel=0.1)] * 4 and near < 1
    assert [epoch for epoch, _ in monitor.measured] == [1, 4]


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_resumed_history_is_that_of_an_uninterrupted_training(ring, tmp_path, stop):
    def train(epochs, *callbacks):
        keras.utils.set_random_seed(0)
        gan = gan_tf.GAN(*(keras.Sequential([keras.Input((2,)), keras.layers.Dense(n)]) for n in (2, 1)))
        gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2))
        monitor, symptoms = evaluation.QualityMonitor(ring, n=100, every=2), evaluation.Symptoms(ring, n=50)
        history = gan.fit(
            ring.batches(500, seed=0), epochs=epochs, verbose=0, callbacks=[monitor, symptoms, *callbacks]
        )
        return history.history, monitor.measured

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == stop:
                raise KeyboardInterrupt

    whole, measured = train(5)
    assert [epoch for epoch, _ in measured] == [1, 2, 4, 5] and whole["movement"][0] == 0 < min(whole["movement"][1:])
    with pytest.raises(KeyboardInterrupt):
        train(5, Interrupt(), gan_tf.Resume(tmp_path))
    resumed, again = train(5, gan_tf.Resume(tmp_path))
    assert resumed == whole and again == measured


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
