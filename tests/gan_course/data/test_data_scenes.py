"""The landscapes: deterministic, distinct, alike at every size, and told apart."""

import numpy as np
import pytest

from gan_course import data
from gan_course.data import scenes, stand_ins


def draw(label, n=24, seed=0, size=32):
    return scenes.scenes(label, n, np.random.default_rng(seed), size)


@pytest.fixture(scope="module")
def drawn():
    return stand_ins.draw("cifar10", 4000)


def test_shape_and_balance(drawn):
    pixels, labels = drawn
    assert pixels.shape == (4000, 32, 32, 3) and pixels.dtype == np.uint8
    assert labels.dtype == np.int32 and np.bincount(labels).tolist() == [400] * 10
    assert (labels[:100] != np.sort(labels[:100])).any()


def test_the_pixels_use_the_range_and_all_three_colours(drawn):
    pixels, _ = drawn
    assert pixels.min() < 8 and pixels.max() > 250
    contrast = pixels.reshape(len(pixels), -1).astype(np.float32).std(axis=1)
    assert contrast.min() > 6  # no picture is flat
    assert (np.ptp(pixels.reshape(len(pixels), -1, 3).mean(axis=1), axis=1) > 3).mean() > 0.9  # few are grey


@pytest.mark.parametrize("label", range(10))
def test_no_two_pictures_of_a_class_are_nearly_the_same(drawn, label):
    pixels, labels = drawn
    x = pixels[labels == label].reshape(-1, 3072).astype(np.float64) / 255
    squares = (x * x).sum(axis=1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0) / 3072)
    np.fill_diagonal(distance, 1)
    assert distance.min() > 0.03, scenes.NAMES[label]
    assert np.median(distance.min(axis=1)) > 0.06, scenes.NAMES[label]


def test_seeds_and_splits_draw_other_pictures():
    one, same = stand_ins.draw("cifar10", 40)[0], stand_ins.draw("cifar10", 40)[0]
    assert one.tobytes() == same.tobytes()
    everything = np.concatenate(
        [one, stand_ins.draw("cifar10", 40, "test")[0], stand_ins.draw("cifar10", 40, seed=1)[0]]
    )
    assert len(np.unique(everything.reshape(120, -1), axis=0)) == 120


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [8, 9, 28, 64, 100])
def test_every_size_shows_the_same_pictures(size):
    """Reduced to 8x8, the pictures of one seed are nearly the same whatever size they were drawn at."""
    from PIL import Image

    def reduced(pixels):
        small = [Image.fromarray(p).resize((8, 8), Image.Resampling.BOX) for p in pixels]
        return np.stack([np.asarray(p, np.float32) for p in small]) / 255

    for label in range(10):
        there = draw(label, 6, size=size)
        assert there.shape == (6, size, size, 3)
        apart = np.sqrt(((reduced(there) - reduced(draw(label, 6, size=48))) ** 2).mean())
        assert apart < 0.07, scenes.NAMES[label]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [512, 513, 1024])
def test_large_sizes(size):
    pixels = draw(6, 1, size=size)
    assert pixels.shape == (1, size, size, 3) and len(np.unique(pixels)) > 100


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [0, 1, 25])
def test_any_number_of_pictures(n):
    for label in range(10):
        assert draw(label, n, size=8).shape == (n, 8, 8, 3)


def test_light_comes_from_both_sides():
    """Half of the pictures are turned round: left and right halves are equally bright on average."""
    pixels = draw(0, 600, size=8).astype(float)
    left, right = pixels[:, :, :4].mean(axis=(1, 2, 3)), pixels[:, :, 4:].mean(axis=(1, 2, 3))
    assert 0.4 < (left > right).mean() < 0.6


def test_load_gives_the_api_of_the_real_set():
    dataset = data.load("cifar10", source="embedded", n=50)
    assert dataset.x.shape == (50, 32, 32, 3) and dataset.x.dtype == np.float32 and dataset.source == "embedded"
    assert -1 <= dataset.x.min() < -0.8 and 0.8 < dataset.x.max() <= 1
    assert dataset.class_names == scenes.NAMES and dataset.of_class(3).labels.tolist() == [3] * 5
    assert data.load("cifar10", "test", source="embedded", n=10, size=100).x.shape == (10, 100, 100, 3)
    other = data.load("cifar10", source="embedded", n=50, seed=1)
    assert not np.array_equal(dataset.x, other.x)
    for size in (7, 1025):
        with pytest.raises(ValueError, match=r"size: got .*, expected a whole number from 8 to 1024"):
            data.load("cifar10", source="embedded", n=10, size=size)


def test_only_landscapes_have_a_size():
    assert stand_ins.draw("cifar10", 10, size=8)[0].shape == (10, 8, 8, 3)
    for name in ("mnist", "fashion_mnist"):
        with pytest.raises(ValueError, match="size: got 32, expected 28"):
            stand_ins.draw(name, 10, size=32)


def test_a_small_classifier_tells_the_classes_apart(drawn):
    """Trees on 8x8 averages, trained on one split and tried on the other."""
    from sklearn.ensemble import RandomForestClassifier

    def features(pixels):
        return pixels.reshape(-1, 8, 4, 8, 4, 3).mean(axis=(2, 4)).reshape(len(pixels), -1)

    pixels, labels = drawn
    held_out, wanted = stand_ins.draw("cifar10", 1000, "test")
    forest = RandomForestClassifier(60, random_state=0, n_jobs=1).fit(features(pixels[:2000]), labels[:2000])
    right = forest.predict(features(held_out)) == wanted
    by_class = {scenes.NAMES[i]: right[wanted == i].mean() for i in range(10)}
    assert right.mean() > 0.9, by_class
    assert min(by_class.values()) > 0.75, by_class
