"""Memorisation, modes and bins, against independent computations."""

import ast
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats

from gan_course import evaluation


def gaussian(n, d=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)) * np.linspace(0.5, 2, d)


def test_memorisation_sees_copies_and_only_copies():
    training, held_out, samples = gaussian(3000), gaussian(1000, seed=1), gaussian(500, seed=2)
    fair = evaluation.memorisation(samples, training, held_out)
    # Against three times as many training samples an unthinned test would say 0.75.
    assert fair.share == pytest.approx(0.5, abs=0.07) and fair.p_value > 0.01 and fair.bank == 1000
    copies = evaluation.memorisation(training[:500] + 1e-3, training[:1000], held_out)
    assert copies.share > 0.99 and copies.p_value < 1e-6 and copies.samples == 500
    assert evaluation.memorisation(samples, held_out, held_out).share == 0.5


def test_a_whole_bank_shows_copies_that_a_thinned_one_has_left_out():
    training, held_out, samples = gaussian(3000), gaussian(200, seed=1), gaussian(500, seed=2)
    fair = evaluation.memorisation(samples, training, held_out, whole_bank=True)
    assert fair.share == pytest.approx(0.5, abs=0.06) and fair.p_value > 0.01 and fair.bank == 3000
    copies = training[-500:] + 1e-3
    assert evaluation.memorisation(copies, training, held_out).share < 0.65  # 200 of 3,000 are in the bank
    whole = evaluation.memorisation(copies, training, held_out, whole_bank=True)
    assert whole.share > 0.99 and whole.p_value < 1e-6 and whole.samples == 500
    # Typical samples, near the middle of both, are no copies.
    typical = evaluation.memorisation(samples * 0.3, training, held_out, whole_bank=True)
    assert typical.share == pytest.approx(0.5, abs=0.1)


def test_the_share_of_a_whole_bank_by_hand():
    samples, training, held_out = (np.array(x)[:, None] for x in ([1.1, 7.0], [1.0, 4.0], [0.0, 2.0]))
    # t / (t + h): samples 0.1 / 1.0 and 3 / 8; held-out 1 / 3 and 1 / 3, each with the other one 2 away.
    found = evaluation.memorisation(samples, training, held_out, whole_bank=True)
    assert (found.share, found.samples, found.bank) == (0.5, 2, 2)
    assert evaluation.memorisation(held_out, training, held_out, whole_bank=True).share == 0


def test_mode_coverage_of_points():
    centres = np.array([[0.0, 0], [10, 0], [0, 10]])
    points = np.array([[0, 0.29], [0, -0.31], [10.1, 0], [10, 0], [5, 5]])
    found = evaluation.mode_coverage(points, centres=centres, std=0.1)
    assert (found.modes, found.total, found.quality) == (2, 3, 0.6)
    assert found.counts.tolist() == [1, 2, 0]
    shares = np.array([1 / 3, 2 / 3])
    assert found.divergence == pytest.approx(scipy.stats.entropy([*shares, 0], [1 / 3] * 3))
    assert found.variation == pytest.approx(1 / 3)
    assert "2 of 3 modes" in str(found)


def test_mode_coverage_of_labels_and_its_ends():
    even = evaluation.mode_coverage(np.arange(100) % 10, classes=10)
    assert (even.modes, even.divergence, even.variation) == (10, 0, 0)
    one = evaluation.mode_coverage(np.zeros(100, int), classes=10)
    assert one.modes == 1 and one.divergence == pytest.approx(np.log(10)) and one.variation == pytest.approx(0.9)
    nowhere = evaluation.mode_coverage(np.full((5, 2), 9.0), centres=np.zeros((1, 2)), std=1.0)
    assert nowhere.modes == 0 and nowhere.quality == 0
    slips = np.r_[np.zeros(999, int), 1]
    assert evaluation.mode_coverage(slips, classes=2).modes == 2
    assert evaluation.mode_coverage(slips, classes=2, least=0.1).modes == 1


def test_mode_coverage_equals_scipy_within_its_memory():
    points, centres = gaussian(20_000, 256), gaussian(60, 256, seed=1)
    tracemalloc.start()
    found = evaluation.mode_coverage(points, centres=centres, std=8.5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6  # an array (n, centres, d) would take 2.5 GB, three copies of the points 123 MB
    distances = scipy.spatial.distance.cdist(points, centres)
    near = distances.argmin(axis=1)[distances.min(axis=1) <= 3 * 8.5]
    np.testing.assert_array_equal(found.counts, np.bincount(near, minlength=60))
    assert 0.05 < found.quality == len(near) / len(points) < 0.95


def test_a_collapsed_generator_is_seen():
    real = gaussian(40, 3)
    collapsed = np.tile(real[7], (20, 1))
    assert evaluation.different_bins(real, collapsed, bins=4).different > 1
    assert evaluation.memorisation(collapsed, real, gaussian(40, 3, seed=1)).share == 1


@pytest.mark.parametrize("measure", [evaluation.different_bins, lambda x, y: evaluation.memorisation(x, x, y)])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named(measure, bad):
    broken = gaussian(50)
    broken[3, 2] = bad
    with pytest.raises(ValueError, match="got 1 values that are NaN or infinite"):
        measure(gaussian(50), broken)


@pytest.mark.parametrize(
    "call",
    [
        lambda same, x: evaluation.different_bins(same, x, bins=3),
        lambda same, x: evaluation.memorisation(x, same, same),
    ],
)
@pytest.mark.parametrize("value", [0.0, 0.1, 1e4 / 3])
def test_features_that_are_all_the_same_are_refused(call, value):
    with pytest.raises(ValueError, match="all samples have the same features, so no two can be told apart"):
        call(np.full((50, 6), value), gaussian(50))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: evaluation.mode_coverage(x), "exactly one"),
        (lambda x: evaluation.mode_coverage(x, centres=x[:, :2], std=1.0), "centres: got 2 features"),
        (lambda x: evaluation.mode_coverage(x, centres=x), "std: got None"),
        (lambda x: evaluation.mode_coverage(x, centres=x, std=-1.0), "std: got -1.0"),
        (lambda x: evaluation.mode_coverage(x[:, 0], classes=3), r"samples: got .*expected integers of shape \(n,\)"),
        (lambda x: evaluation.mode_coverage(np.array([0, 3]), classes=3), "samples: got 0 to 3, expected 0 to 2"),
        (lambda x: evaluation.mode_coverage(np.array([0]), classes=3, least=2), "least: got 2"),
    ],
)
def test_errors_name_the_argument(call, text):
    with pytest.raises(ValueError, match=text):
        call(gaussian(20))


def test_heavy_packages_are_imported_when_used():
    for path in Path(evaluation.__file__).parent.glob("*.py"):
        tops = [node for node in ast.parse(path.read_text()).body if isinstance(node, (ast.Import, ast.ImportFrom))]
        names = {alias.name for node in tops for alias in node.names} | {getattr(node, "module", "") for node in tops}
        assert not any(name.split(".")[0] in {"scipy", "sklearn"} for name in names if name), path.name
