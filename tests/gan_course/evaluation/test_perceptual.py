"""Perceptual distance and diversity: with random weights of VGG16, and with the small classifier that is shipped."""

import sys

import keras
import numpy as np
import pytest

from gan_course import data, evaluation
from gan_course.data import download

module = sys.modules["gan_course.evaluation.perceptual"]
random = np.random.default_rng(0)
A, B = random.uniform(-1, 1, (2, 5, 32, 32, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def base():
    keras.utils.set_random_seed(0)
    return module._build()


@pytest.fixture(scope="module")
def file(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "vgg.weights.h5"
    base.save_weights(path)
    return path


@pytest.fixture(scope="module")
def digits():
    return data.load("mnist", "test", source="embedded").take(200)


@pytest.fixture
def small():
    return evaluation.feature_network("mnist")


def test_distance_equals_the_formula(base, file):
    found = evaluation.perceptual_distance(A, B, weights=file)
    names = ["block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"]
    model = keras.Model(base.input, [base.get_layer(name).output for name in names])
    expected = np.zeros(5)
    pixels = [((x + 1) * 127.5)[..., ::-1] - [103.939, 116.779, 123.68] for x in (A, B)]
    for a, b in zip(*(model(p.astype(np.float32)) for p in pixels)):
        a, b = np.float64(a), np.float64(b)
        cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
        expected += (2 - 2 * cosine).mean(axis=(1, 2))
    assert found.shape == (5,) and found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_distance_is_symmetric_and_zero_for_equal_images(file):
    forth = evaluation.perceptual_distance(A, B, weights=file)
    np.testing.assert_allclose(evaluation.perceptual_distance(B, A, weights=file), forth, rtol=1e-5)
    np.testing.assert_allclose(evaluation.perceptual_distance(A, A, weights=file), 0, atol=1e-6)
    np.testing.assert_allclose(evaluation.perceptual_distance(A, B, weights=file, batch_size=2), forth, rtol=1e-4)
    assert forth.min() > 0.01


def test_grey_and_small_images(file):
    grey = A[:2, :28, :28, :1], B[:2, :28, :28, :1]
    found = evaluation.perceptual_distance(*grey, weights=file)
    np.testing.assert_allclose(
        found, evaluation.perceptual_distance(*(x.repeat(3, -1) for x in grey), weights=file), rtol=1e-5
    )
    enlarged = [np.clip(keras.ops.image.resize(x, (32, 32)), -1, 1) for x in grey]
    np.testing.assert_allclose(found, evaluation.perceptual_distance(*enlarged, weights=file), rtol=1e-4)
    wide = evaluation.perceptual_distance(A[:1, :10], B[:1, :10], weights=file)
    assert np.isfinite(wide).all() and wide > 0


def test_vgg_is_float32_under_any_policy(file):
    expected = evaluation.perceptual_distance(A, B, weights=file)
    module._vgg.cache_clear()
    keras.config.set_dtype_policy("mixed_bfloat16")
    found = evaluation.perceptual_distance(A, B, weights=file)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_noise_is_farther_than_a_small_shift(digits, small):
    shifted = np.roll(digits.x, 1, axis=2)
    noise = np.random.default_rng(0).uniform(-1, 1, digits.x.shape).astype(np.float32)
    near, far = (evaluation.perceptual_distance(digits.x, x, network=small).mean() for x in (shifted, noise))
    other = evaluation.perceptual_distance(digits.x, digits.x[::-1], network=small).mean()
    assert 0 < near < other / 2 and 2 * near < far


def test_another_network_is_a_model_or_a_function(digits, small):
    a, b = digits.x[:6], digits.x[6:12]
    convolutions = [layer for layer in small.model.layers if layer.name.startswith("relu")]
    model = keras.Model(small.model.input, [layer.output for layer in convolutions])
    expected = evaluation.perceptual_distance(a, b, network=small)
    np.testing.assert_allclose(evaluation.perceptual_distance(a, b, network=model), expected, rtol=1e-5)
    np.testing.assert_allclose(
        evaluation.perceptual_distance(a, b, network=lambda x: model(x, training=False)), expected, rtol=1e-5
    )
    one = keras.Model(small.model.input, convolutions[0].output)
    assert (evaluation.perceptual_distance(a, b, network=one) < expected).all()
    # By hand: unit vectors (1, 0) and (0.6, 0.8) at one of two places, the same at the other.
    x, y = np.float32([[[1, 0], [0, 1]]]), np.float32([[[0.3, 0.4], [0, 0.5]]])
    assert evaluation.perceptual_distance(x, y, network=lambda z: [z]) == pytest.approx(
        ((0.4**2 + 0.8**2) / 2), rel=1e-5
    )


def test_diversity_is_low_for_samples_that_look_alike(digits, small):
    real = evaluation.diversity(digits.x, 300, network=small)
    ones = evaluation.diversity(digits.of_class(1).x, 300, network=small)
    assert 0 < ones.mean < 0.8 * real.mean and real.std > 0
    same = evaluation.diversity(digits.x[:1].repeat(5, 0), network=small)
    assert same == pytest.approx((0, 0), abs=1e-6)
    assert (
        evaluation.diversity(digits.x, 300, network=small)
        == real
        != evaluation.diversity(digits.x, 300, network=small, seed=1)
    )


def test_diversity_takes_all_pairs_of_a_small_set(digits, small):
    x = digits.x[:5]
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    expected = [evaluation.perceptual_distance(x[i : i + 1], x[j : j + 1], network=small)[0] for i, j in pairs]
    found = evaluation.diversity(x, network=small)
    assert found == pytest.approx((np.mean(expected), np.std(expected)), rel=1e-3)


def test_pairs_are_different_ones():
    for n in (2, 3, 10, 10_000):
        first, second = module._pairs(n, 45, seed=0)
        assert (0 <= first).all() and (first < second).all() and second.max() < n
        assert len(set(zip(first.tolist(), second.tolist()))) == len(first) == min(45, n * (n - 1) // 2)


def test_without_a_network_the_error_says_what_to_do(monkeypatch, tmp_path):
    def head(url):
        raise OSError("no network")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(download, "_head", head)
    monkeypatch.setattr(download, "_unreachable", {})
    with pytest.raises(evaluation.WeightsError) as caught:
        evaluation.perceptual_distance(A, B)
    for text in (
        "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 (59 MB) is not here",
        "no connection to storage.googleapis.com",
        "network=evaluation.feature_network(...)",
        "evaluation.evaluate(gan, dataset)",
        str(tmp_path / "models"),
    ):
        assert text in str(caught.value)
    with pytest.raises(evaluation.WeightsError, match="no connection"):
        evaluation.diversity(A)


def test_the_file_is_the_one_that_keras_names():
    source = sys.modules[keras.applications.VGG16.__module__]
    assert module.OFFICIAL.file.urls == (source.WEIGHTS_PATH_NO_TOP,)


def test_a_file_that_does_not_fit_is_refused(tmp_path):
    broken = tmp_path / "broken.h5"
    broken.write_bytes(b"\x89HDF\r\n\x1a\n and no more")
    with pytest.raises(evaluation.WeightsError, match=r"broken.h5 does not hold the weights of VGG16, or is damaged"):
        evaluation.perceptual_distance(A, B, weights=broken)


def test_errors_name_the_argument(small, digits, file):
    with pytest.raises(ValueError, match=r"b: got shape \(4, 32, 32, 3\), expected \(5, 32, 32, 3\), as a has"):
        evaluation.perceptual_distance(A, B[:4])
    with pytest.raises(ValueError, match=r"b: got values from -1 to 300"):
        evaluation.perceptual_distance(-np.ones_like(A), np.where(A == A.max(), 300, -1.0))
    with pytest.raises(ValueError, match=r"a: got shape \(5, 32, 32, 2\)"):
        evaluation.perceptual_distance(A[..., :2], B[..., :2])
    with pytest.raises(ValueError, match="batch_size: got 0"):
        evaluation.perceptual_distance(A, B, batch_size=0)
    with pytest.raises(ValueError, match="either network or weights"):
        evaluation.perceptual_distance(digits.x[:2], digits.x[2:4], network=small, weights=file)
    with pytest.raises(ValueError, match="network: got int"):
        evaluation.perceptual_distance(A, B, network=3)
    with pytest.raises(ValueError, match=r"network: got a map of shape \(1,\), expected \(5, \.\.\., channels\)"):
        evaluation.perceptual_distance(A, B, network=lambda x: [np.zeros(1)])
    with pytest.raises(ValueError, match=r"samples: got shape \(1, 32, 32, 3\), expected .* at least 2"):
        evaluation.diversity(A[:1])
    with pytest.raises(ValueError, match="samples: got NaN"):
        evaluation.diversity(np.full_like(A, np.nan))
    with pytest.raises(ValueError, match="pairs: got 0"):
        evaluation.diversity(A, 0)
