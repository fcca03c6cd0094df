"""InceptionV3 as a feature network, with random weights: there is no network here, and the real ones are 96 MB."""

import dataclasses
import hashlib
import sys
import threading

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from tests.helpers import tiny

from gan_course import evaluation
from gan_course.data import download
from gan_tf import metrics

module = sys.modules["gan_course.evaluation.inception"]  # the package's attribute of that name is the function
_random = np.random.default_rng(0)
BATCH = (_random.uniform(-0.7, 0.7, (24, 1, 1, 3)) + _random.uniform(-0.3, 0.3, (24, 8, 8, 3))).astype(np.float32)


def lively(model):
    """Random statistics for the normalisation: without them the features hardly differ between images."""
    random = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.15, 0.6, w.shape) for w in layer.get_weights()])
    return model


@pytest.fixture(scope="module")
def base():
    keras.utils.set_random_seed(0)
    return lively(module._build())


@pytest.fixture(scope="module")
def network(base):
    return evaluation.Inception(base, "random features")


@pytest.fixture(scope="module")
def official_file(base, tmp_path_factory):
    """Weights in the old layout of the official file: groups in the order of the layers."""
    path = tmp_path_factory.mktemp("weights") / "copy.h5"
    with h5py.File(path, "w") as file:
        layers = [layer for layer in base.layers if layer.weights]
        file.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group = file.create_group(layer.name)
            names = [weight.name for weight in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, value in zip(names, layer.get_weights()):
                group[name] = value
    return path


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """An empty cache of Keras, and no network; counts how often somebody tried it."""
    tries = []

    def head(url):
        tries.append(url)
        raise OSError("no network")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(download, "_head", head)
    monkeypatch.setattr(download, "_unreachable", {})
    module._inception.cache_clear()
    return tries


def test_outputs_are_those_of_keras_applications(base, network):
    features, logits = network.features_and_logits(BATCH[:3])
    assert features.shape == (3, 2048) and logits.shape == (3, 1000)
    assert features.dtype == logits.dtype == np.float32 and features.min() >= 0
    resized = tf.image.resize(BATCH[:3], (299, 299))
    maps = keras.Model(base.input, base.get_layer("mixed10").output)(resized, training=False)
    np.testing.assert_allclose(features, keras.ops.mean(maps, axis=(1, 2)), rtol=1e-3, atol=1e-4)
    kernel, bias = base.get_layer("predictions").get_weights()
    np.testing.assert_allclose(logits, features @ kernel + bias, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(network.probabilities(BATCH[:3]), keras.ops.softmax(logits), rtol=1e-3, atol=1e-6)
    assert features.std(axis=0).max() > 0.01  # the images differ
    assert len(network.class_names) == 1000 and network.shape == (299, 299, 3)


def test_features_do_not_depend_on_the_batch_and_grey_is_repeated(network):
    whole = network.features(BATCH[:3, ..., :1])
    np.testing.assert_allclose(network.features(BATCH[:3, ..., :1], batch_size=2), whole, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(network.features(BATCH[:3, ..., :1].repeat(3, -1)), whole, rtol=1e-3, atol=1e-5)


def test_pictures_of_full_size_go_in_as_they_are_and_larger_ones_are_smoothed():
    x = np.random.default_rng(0).uniform(-1, 1, (1, 299, 299, 3)).astype(np.float32)
    np.testing.assert_allclose(module._resized(x), x, atol=1e-6)
    # Every fourth pixel alone would be -1 everywhere; the mean is 0.
    stripes = np.tile(np.float32([1, -1, -1, 1]), 299).reshape(1, 1, 1196, 1).repeat(20, 1)
    assert np.abs(module._resized(stripes)[:, :, 5:-5]).max() < 0.05
    assert module._resized(stripes).shape == (1, 299, 299, 3)


def test_report_gives_fid_and_score():
    """With a narrow stand-in: the distance in 2048 dimensions takes many seconds."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((299, 299, 3))
    maps = keras.layers.Conv2D(8, 5, 16, activation="relu")(inputs)
    pooled = keras.layers.GlobalAveragePooling2D(name="avg_pool")(maps)
    network = evaluation.Inception(keras.Model(inputs, keras.layers.Dense(5)(pooled)), "narrow features")
    real = dataclasses.replace(tiny.toy(24), x=BATCH)
    noise = np.random.default_rng(1).uniform(-1, 1, (12, 8, 8, 3)).astype(np.float32)
    flat = np.full((12, 8, 8, 3), -0.5, np.float32)
    samples = {"noise": noise, "flat": flat}
    reports = {name: evaluation.evaluate(x, real, features=network) for name, x in samples.items()}
    expected = metrics.classifier_score(network.probabilities(noise), splits=2)
    assert reports["noise"].score == pytest.approx(expected, rel=1e-3)
    chosen = BATCH[np.random.default_rng(0).permutation(24)[:12]]
    distance = metrics.frechet_distance(network.features(noise), network.features(chosen))
    assert reports["noise"].frechet == pytest.approx(distance, rel=1e-3)
    assert np.isfinite(distance) and reports["flat"].frechet > reports["noise"].frechet > 0
    # A thousand classes of photographs are not those of the data: there is nothing to count.
    assert reports["noise"].classes is None and reports["noise"].total_classes is None
    table = str(evaluation.compare(reports))
    assert "narrow features" in table and "classifier score" in table and "classes seen" not in table
    monitor = evaluation.QualityMonitor(real, n=12, features=network)
    assert monitor._space.title == "narrow features"


def test_weights_of_a_file_are_float32_under_any_policy(official_file, network):
    expected = network.features(BATCH[:2])
    keras.config.set_dtype_policy("mixed_bfloat16")
    loaded = evaluation.inception(weights=str(official_file))
    found = loaded.features(BATCH[:2])
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    assert evaluation.inception(weights=official_file) is loaded
    assert "copy.h5" in loaded.title and "ImageNet" not in loaded.title
    assert loaded.title.endswith("not those of published FIDs")  # the report's caption ends so


def test_weights_are_found_in_the_cache_of_keras(official_file, network, home, monkeypatch, tmp_path):
    checksum = "md5:" + hashlib.md5(official_file.read_bytes()).hexdigest()
    monkeypatch.setattr(module, "OFFICIAL", module.OFFICIAL._replace(checksum=checksum))
    folder = tmp_path / "keras" / "models"
    folder.mkdir(parents=True)
    (folder / "inception_v3_weights_tf_dim_ordering_tf_kernels.h5").symlink_to(official_file)
    loaded = evaluation.inception()
    assert "ImageNet" in loaded.title and not home
    np.testing.assert_allclose(loaded.features(BATCH[:1]), network.features(BATCH[:1]), rtol=1e-3, atol=1e-5)


def test_the_file_is_the_one_that_keras_names():
    source = sys.modules[keras.applications.InceptionV3.__module__]
    assert module.OFFICIAL.file.urls == (source.WEIGHTS_PATH,)


def test_without_a_network_the_error_says_what_to_do(home, tmp_path, monkeypatch):
    with pytest.raises(evaluation.WeightsError) as caught:
        evaluation.inception()
    for text in (
        "ImageNet weights of InceptionV3",
        "inception_v3_weights_tf_dim_ordering_tf_kernels.h5 (96 MB) is not here",
        "no connection to storage.googleapis.com",
        "evaluation.evaluate(gan, dataset)",
        str(tmp_path / "keras" / "models"),
        "KERAS_HOME",
        "weights=",
    ):
        assert text in str(caught.value)
    # It is tried again each time, as the connection may be back.
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.2)
    silent, answered = threading.Event(), []
    monkeypatch.setattr(download, "_head", lambda url: silent.wait(30) or answered.append(url))
    with pytest.raises(evaluation.WeightsError, match="no connection"):
        evaluation.inception()
    silent.set()
    assert len(home) == 1 and answered == []  # A server that is silent is not waited for.


def test_a_damaged_file_in_the_cache_and_a_full_disk_are_told(monkeypatch, tmp_path):
    path = tmp_path / "keras" / "models" / module.OFFICIAL.file.name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half of it")
    with pytest.raises(evaluation.WeightsError, match="is damaged and could not be fetched: no connection"):
        evaluation.inception()

    def full(*arguments, **options):
        raise download.DiskFullError(28, "set GAN_TF_CACHE")

    monkeypatch.setattr(download, "fetch", full)
    with pytest.raises(evaluation.WeightsError, match="fetched: there is no space left"):
        evaluation.inception()


def test_a_local_file_that_does_not_fit_is_refused(tmp_path, official_file, monkeypatch):
    monkeypatch.setattr(module, "_build", lambda: keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    broken, other = tmp_path / "broken.h5", tmp_path / "other.weights.h5"
    broken.write_bytes(official_file.read_bytes()[:5000])
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)]).save_weights(other)
    for path in (broken, other, official_file):
        with pytest.raises(evaluation.WeightsError, match=f"{path.name} does not hold the weights of InceptionV3"):
            evaluation.inception(weights=path)
    with pytest.raises(evaluation.WeightsError, match=r"nowhere\.h5: no such file"):
        evaluation.inception(weights=tmp_path / "nowhere.h5")
    (tmp_path / "weights.pkl").write_bytes(b"")
    with pytest.raises(evaluation.WeightsError, match=r"another kind of file, expected an HDF5 file \(.h5\)"):
        evaluation.inception(weights=tmp_path / "weights.pkl")


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (np.zeros((2, 8, 8)), r"x: got shape \(2, 8, 8\), expected images \(n, H, W, C\)"),
        (np.zeros((2, 8, 8, 4)), "C 1 or 3"),
        (np.zeros((0, 8, 8, 3)), "n at least 1"),
        (np.zeros((2, 8, 8, 3), np.uint8), "x / 127.5 - 1"),
        (np.full((2, 8, 8, 3), 255.0), "from 255 to 255"),
        (np.full((2, 8, 8, 3), np.nan), "NaN"),
    ],
)
def test_other_samples_are_refused(network, x, text):
    with pytest.raises(ValueError, match=text):
        network.features(x)


def test_batch_size_is_checked(network):
    with pytest.raises(ValueError, match="batch_size: got 0"):
        network.features(BATCH, batch_size=0)
