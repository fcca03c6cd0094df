"""The stand-ins: deterministic, distinct, quick, framed as MNIST is, and readable."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from gan_course import data, evaluation
from gan_course.data import stand_ins, strokes

NAMES = ("mnist", "fashion_mnist")


@pytest.fixture(scope="module")
def digits():
    return stand_ins.draw("mnist", 20_000)


def test_twenty_thousand_distinct_digits(digits):
    pixels, labels = digits
    assert pixels.shape == (20_000, 28, 28) and pixels.dtype == np.uint8
    assert len(np.unique(pixels.reshape(20_000, -1), axis=0)) == 20_000
    assert np.bincount(labels).tolist() == [2_000] * 10


def test_digits_are_framed_as_mnist_frames_them(digits):
    pixels, _ = digits
    ink = pixels.astype(float)
    middle = [np.average(np.arange(28), weights=ink.sum(axis=(0, axis))) for axis in (1, 2)]
    assert middle == pytest.approx([13.5, 13.5], abs=0.1)
    inside = (pixels > 127).any(axis=1), (pixels > 127).any(axis=2)
    extent = np.max([28 - np.argmax(side, axis=1) - np.argmax(side[:, ::-1], axis=1) for side in inside], axis=0)
    assert np.percentile(extent, [2, 50, 98]) == pytest.approx([20, 20, 20], abs=1)
    assert 28 < pixels.mean() < 40  # 33.8 in MNIST
    assert (pixels[:, [0, -1]] > 127).mean() < 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_classes_are_balanced_and_every_sample_has_ink(name):
    pixels, labels = stand_ins.draw(name, 105, seed=2)
    assert sorted(np.bincount(labels, minlength=10)) == [10] * 5 + [11] * 5
    assert (pixels.reshape(105, -1).max(axis=1) > 90).all() and (pixels[:, 0, 0] == 0).mean() > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_seeds_and_splits_draw_other_samples(name):
    one, same = stand_ins.draw(name, 40)[0], stand_ins.draw(name, 40)[0]
    assert one.tobytes() == same.tobytes()
    everything = np.concatenate([one, stand_ins.draw(name, 40, "test")[0], stand_ins.draw(name, 40, seed=1)[0]])
    assert len(np.unique(everything.reshape(120, -1), axis=0)) == 120


def test_the_same_bytes_in_another_process():
    names = ("mnist", "fashion_mnist", "cifar10")
    code = (
        "import hashlib; from gan_course.data import stand_ins;"
        f"[print(hashlib.sha256(stand_ins.draw(name, 300)[0].tobytes()).hexdigest()) for name in {names}]"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert there == [hashlib.sha256(stand_ins.draw(name, 300)[0].tobytes()).hexdigest() for name in names]


def test_load_gives_the_api_of_the_real_set():
    for name in NAMES:
        dataset = data.load(name, source="embedded", n=50)
        assert dataset.x.shape == (50, 28, 28, 1) and dataset.source == "embedded"
        assert dataset.x.min() == -1 and len(dataset.class_names) == 10
        assert dataset.of_class(3).labels.tolist() == [3] * 5
        with pytest.raises(ValueError, match="did you mean 'seed'"):
            data.load(name, source="embedded", sed=1)


@pytest.mark.parametrize("digit", range(10))
def test_strokes_pass_through_their_points_and_lift_the_pen(digit):
    for _, text in strokes.DIGITS[digit]:
        basis, control, pen, ends = strokes.spline(text)
        curve = basis @ control
        assert curve.shape == (160, 2) and basis.sum(axis=1) == pytest.approx(1)
        assert np.linalg.norm(curve[:, None] - control, axis=2).min(axis=0).max() < 0.03
        assert np.linalg.norm(np.diff(curve, axis=0), axis=1)[pen == 1].max() < 0.06  # no jump with the pen down
        wanted = [point for stroke in strokes.parse(text) for point in (stroke[0], stroke[-1])]
        found = curve[ends == 1]
        assert len(found) == len(wanted) and found == pytest.approx(np.array(wanted))


def test_a_classifier_of_real_mnist_reads_the_digits(digits):
    """Held against the shipped classifier, which has seen real MNIST only."""
    pixels, labels = digits
    x = pixels[:4000, ..., None].astype(np.float32) / 127.5 - 1
    read = evaluation.feature_network("mnist").predict_logits(x).argmax(axis=1) == labels[:4000]
    by_digit = [read[labels[:4000] == digit].mean() for digit in range(10)]
    assert read.mean() > 0.97, by_digit
    assert min(by_digit) > 0.9, by_digit
