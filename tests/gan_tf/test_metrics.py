"""The measures on plain arrays, against independent computations."""

import tracemalloc
import warnings

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.distance
import scipy.stats

from gan_tf import metrics
from gan_tf.metrics import neighbourhood, radii


def gaussian(n, d=6, shift=0.0, seed=0, mix=True):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, d)) * np.linspace(0.5, 2, d) + shift
    return x @ np.random.default_rng(99).normal(size=(d, d)) if mix else x


# Frechet distance


def frechet_by_sqrtm(a, b):
    """The text-book formula with the root of the product of the covariances."""
    s, t = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(s @ t).real
    return np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(s + t - 2 * root)


@pytest.mark.parametrize("shift", [0.0, 0.3, 5.0])
def test_frechet_equals_the_sqrtm_formula(shift):
    a, b = gaussian(400, shift=shift), gaussian(300, seed=1) * 1.5
    assert metrics.frechet_distance(a, b) == pytest.approx(frechet_by_sqrtm(a, b), rel=1e-8)


def test_frechet_closed_form_in_one_dimension():
    a, b = gaussian(500, 1, shift=2, mix=False), gaussian(200, 1, seed=1, mix=False)
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert metrics.frechet_distance(a, b) == pytest.approx(expected, rel=1e-10)


def test_frechet_of_gaussians_with_diagonal_covariance():
    mean, s, t = np.array([1.0, -2.0, 0.5]), np.array([1.0, 4.0, 0.25]), np.array([9.0, 1.0, 0.25])
    a = metrics.Moments(np.zeros(3), np.diag(s), 1000)
    b = metrics.Moments(mean, np.diag(t), 1000)
    expected = mean @ mean + np.sum((np.sqrt(s) - np.sqrt(t)) ** 2)
    assert metrics.frechet_distance(a, b) == pytest.approx(expected, rel=1e-12)


def test_frechet_invariances():
    a, b = gaussian(300), gaussian(300, shift=0.5, seed=1)
    value = metrics.frechet_distance(a, b)
    turn = scipy.stats.ortho_group.rvs(6, random_state=0)
    assert metrics.frechet_distance(b, a) == pytest.approx(value, rel=1e-9)
    assert metrics.frechet_distance(a[::-1], b) == pytest.approx(value, rel=1e-9)
    assert metrics.frechet_distance(a @ turn + 3, b @ turn + 3) == pytest.approx(value, rel=1e-8)
    assert metrics.frechet_distance(3 * a, 3 * b) == pytest.approx(9 * value, rel=1e-9)
    assert metrics.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert metrics.frechet_distance(a.astype(np.float32), b) == pytest.approx(value, rel=1e-5)


def test_frechet_takes_moments_of_a_reference():
    a, b = gaussian(50), gaussian(60, seed=1)
    assert metrics.frechet_distance(a, metrics.moments(b)) == metrics.frechet_distance(a, b)


def test_frechet_of_a_singular_covariance_is_finite():
    a = gaussian(200, mix=False)
    a[:, 0] = 1.0  # A feature that never fires.
    b = np.tile(a.mean(0), (100, 1))  # A collapsed generator.
    expected = np.trace(np.cov(a, rowvar=False))
    assert metrics.frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


def test_frechet_warns_of_too_few_samples_and_only_then():
    with pytest.warns(UserWarning, match="6 samples in 6 dimensions"):
        metrics.frechet_distance(gaussian(6), gaussian(100))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metrics.frechet_distance(gaussian(7), gaussian(100))


# Kernel distance


def kernel_by_loops(a, b):
    def k(x, y):
        return (x @ y / len(x) + 1) ** 3

    n, m = len(a), len(b)
    within_a = sum(k(a[i], a[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_b = sum(k(b[i], b[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    between = sum(k(x, y) for x in a for y in b) / (n * m)
    return within_a + within_b - 2 * between


def test_kernel_distance_equals_brute_force():
    a, b = gaussian(25, shift=1), gaussian(25, seed=1)
    found = metrics.kernel_distance(a, b, subsets=3, subset_size=25)
    assert found.mean == pytest.approx(kernel_by_loops(a, b), rel=1e-9)
    assert found.std == pytest.approx(0, abs=1e-9 * abs(found.mean))


def test_kernel_distance_is_unbiased_and_takes_small_subsets():
    values = [
        metrics.kernel_distance(gaussian(20, seed=i), gaussian(20, seed=i + 500), subsets=1).mean for i in range(400)
    ]
    # Zero for equal distributions, at any number of samples: a biased estimate would be far above.
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))
    many = metrics.kernel_distance(gaussian(500, shift=1), gaussian(300, seed=1), subsets=60, subset_size=40)
    whole = metrics.kernel_distance(gaussian(500, shift=1), gaussian(300, seed=1), subsets=60)
    assert many.std > whole.std > 0
    assert many.mean == pytest.approx(whole.mean, rel=0.2)


def test_kernel_distance_repeats_from_its_seed():
    a, b = gaussian(100), gaussian(100, seed=1)
    first, again, other = (metrics.kernel_distance(a, b, 5, 20, seed=s) for s in (3, 3, 4))
    assert first == again != other


# Classifier score


def test_classifier_score_equals_the_formula_and_its_bounds():
    p = scipy.special.softmax(gaussian(200, 5), axis=1)
    expected = np.exp(np.mean([scipy.stats.entropy(row, p.mean(0)) for row in p]))
    assert metrics.classifier_score(p, splits=1).mean == pytest.approx(expected, rel=1e-9)
    certain = np.eye(10)[np.arange(1000) % 10]
    assert metrics.classifier_score(certain, splits=1).mean == pytest.approx(10)
    assert metrics.classifier_score(np.full((100, 4), 0.25)) == pytest.approx((1, 0))
    assert metrics.classifier_score(certain[:1].repeat(50, 0)).mean == pytest.approx(1)


def test_classifier_score_does_not_depend_on_the_order():
    in_order = np.eye(10)[np.sort(np.arange(2000) % 10)]
    assert metrics.classifier_score(in_order).mean > 9.5


# Precision, recall, density, coverage


def by_loops(real, fake, k):
    def radius(x, i):
        return sorted(np.linalg.norm(x[i] - x[j]) for j in range(len(x)) if j != i)[k - 1]

    real_radius, fake_radius = ([radius(x, i) for i in range(len(x))] for x in (real, fake))
    distance = [[np.linalg.norm(f - r) for r in real] for f in fake]
    inside_real = np.array([[d <= r for d, r in zip(row, real_radius)] for row in distance])
    inside_fake = np.array([[d <= r for d in row] for row, r in zip(distance, fake_radius)])
    return {
        "precision": inside_real.any(1).mean(),
        "recall": inside_fake.any(0).mean(),
        "density": inside_real.sum(1).mean() / k,
        "coverage": inside_real.any(0).mean(),
        "nearest": np.median(np.min(distance, axis=1)),
    }


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("d", [2, 8])
def test_neighbour_measures_equal_naive_loops(k, d):
    real, fake = gaussian(40, d), gaussian(30, d, shift=0.7, seed=1)
    expected = by_loops(real, fake, k)
    assert metrics.precision_recall(real, fake, k) == pytest.approx((expected["precision"], expected["recall"]))
    assert metrics.density_coverage(real, fake, k) == pytest.approx((expected["density"], expected["coverage"]))


def test_one_pass_gives_the_same_as_the_single_measures():
    real, fake = gaussian(900), gaussian(1500, shift=0.5, seed=1)
    found = neighbourhood(real, fake, real_radii=radii(real, 5))
    assert found[0] == metrics.precision_recall(real, fake)
    assert found[1] == metrics.density_coverage(real, fake)
    assert found[2] == pytest.approx(np.median(metrics.nearest_neighbours(fake, real)[1]))
    assert neighbourhood(real, fake) == found


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e7])
@pytest.mark.parametrize("d", [2, 64, 700])
def test_exact_copies_lie_on_the_rim_of_their_neighbours(d, offset):
    """Each copy lies in its own ball and, one that `<=` counts in, on average in those of k others."""
    real = np.random.default_rng(d).standard_normal((300, d)) + offset
    assert metrics.density_coverage(real, real.copy()) == (pytest.approx(6 / 5, abs=1e-12), 1.0)
    assert metrics.density_coverage(real, real[::-1], k=2) == (pytest.approx(3 / 2, abs=1e-12), 1.0)
    assert neighbourhood(real, real.copy()) == ((1.0, 1.0), (pytest.approx(6 / 5, abs=1e-12), 1.0), 0.0)
    assert (metrics.nearest_neighbours(real, real)[1] == 0).all()


@pytest.mark.parametrize("far", [1e4, 1e8, 1e12])
def test_an_outlier_leaves_the_other_neighbourhoods_as_they_are(far):
    """Nothing is rounded as coarsely as the outlier is far: a ball holds the sample it reaches to, and no other."""
    real = np.random.default_rng(0).standard_normal((300, 64))
    real[7] += far
    assert metrics.density_coverage(real, real.copy()) == (pytest.approx(6 / 5, abs=1e-12), 1.0)
    inwards = real + 1e-3 * np.random.default_rng(1).standard_normal(real.shape)
    expected = by_loops(real[:60], inwards[:60], 3)
    found = neighbourhood(real[:60], inwards[:60], (3, 3))
    assert found[0] == pytest.approx((expected["precision"], expected["recall"]))
    assert found[1] == pytest.approx((expected["density"], expected["coverage"]))


def test_a_sample_beyond_a_radius_by_rounding_only_is_beyond_it():
    """Two heaps far apart: a product of rows rounds by more than what is between in and out."""
    real = np.array([[0.0], [1.0], [1e7], [1e7 + 1]]).repeat(4, axis=1)
    just_out, just_in = real + 2 + 1e-7, real + 2 - 1e-7
    far = metrics.density_coverage(real, just_out, k=1)
    near = metrics.density_coverage(real, just_in, k=1)
    assert (far.density, near.density) == (0, 0.5)
    assert by_loops(real, just_out, 1)["density"] == 0 and by_loops(real, just_in, 1)["density"] == 0.5


@pytest.mark.parametrize("offset", [0.0, 1e7])
def test_neighbour_measures_do_not_depend_on_the_origin(offset):
    real, fake = gaussian(400, 16), gaussian(300, 16, shift=0.3, seed=1)
    far = neighbourhood(real + offset, fake + offset)
    assert np.allclose([*far[0], *far[1], far[2]], [*(near := neighbourhood(real, fake))[0], *near[1], near[2]])


def test_neighbour_measures_stay_within_their_memory():
    real, fake = gaussian(6_000, 16), gaussian(6_000, 16, seed=1)
    tracemalloc.start()
    neighbourhood(real, fake)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # one matrix of all distances would take 288 MB


def test_neighbour_measures_tell_quality_from_diversity():
    real = gaussian(800, 3)
    narrow = gaussian(800, 3, seed=1) * 0.2
    precision, recall = metrics.precision_recall(real, narrow)
    density, coverage = metrics.density_coverage(real, narrow)
    assert precision > 0.99 and recall < 0.2 and density > 1 and coverage < 0.4
    assert metrics.precision_recall(narrow, real) == (recall, precision)
    other = gaussian(800, 3, seed=2)
    assert min(metrics.precision_recall(real, other)) > 0.9
    assert metrics.density_coverage(real, other) == pytest.approx((1, 1 - 2**-5), abs=0.05)


def test_a_collapsed_generator_has_finite_measures():
    real, collapsed = gaussian(40, 3), np.tile(gaussian(40, 3)[7], (20, 1))
    assert metrics.precision_recall(real, collapsed) == (1, 1 / 40)
    assert metrics.density_coverage(real, collapsed).coverage <= 5 * 3 / 40
    assert metrics.precision_recall(real, collapsed + 100) == (0, 0)
    assert metrics.density_coverage(real, collapsed + 100) == (0, 0)
    assert metrics.frechet_distance(real, collapsed) > 0 < metrics.kernel_distance(real, collapsed).mean


def test_nearest_neighbours_equal_scipy_and_flatten_images():
    queries, bank = gaussian(12, 8).reshape(12, 2, 4), gaussian(50, 8, seed=1).reshape(50, 2, 4)
    indices, distances = metrics.nearest_neighbours(queries, bank, k=4)
    matrix = scipy.spatial.distance.cdist(queries.reshape(12, 8), bank.reshape(50, 8))
    np.testing.assert_array_equal(indices, np.argsort(matrix, axis=1)[:, :4])
    np.testing.assert_allclose(distances, np.sort(matrix, axis=1)[:, :4], rtol=1e-9)
    assert metrics.nearest_neighbours(bank, bank)[0][:, 0].tolist() == list(range(50))


# Errors

TWO_SETS = [
    metrics.frechet_distance,
    metrics.kernel_distance,
    metrics.precision_recall,
    metrics.density_coverage,
    metrics.nearest_neighbours,
]


@pytest.mark.parametrize("measure", [*TWO_SETS, neighbourhood])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named(measure, bad):
    broken = gaussian(50)
    broken[3, 2] = bad
    with pytest.raises(ValueError, match="got 1 values that are NaN or infinite"):
        measure(gaussian(50), broken)


CONSTANT = {
    "frechet_distance": lambda same, x: metrics.frechet_distance(same, same + 1),
    "frechet_distance of moments": lambda same, x: metrics.frechet_distance(metrics.moments(same), same),
    "kernel_distance": lambda same, x: metrics.kernel_distance(same, same + 1),
    "precision_recall": lambda same, x: metrics.precision_recall(same, x),
    "density_coverage": lambda same, x: metrics.density_coverage(same, x),
    "one pass": lambda same, x: neighbourhood(same, x),
}


@pytest.mark.parametrize("call", CONSTANT.values(), ids=CONSTANT)
@pytest.mark.parametrize("value", [0.0, 0.1, 1e4 / 3])
def test_features_that_are_all_the_same_are_refused(call, value):
    with pytest.raises(ValueError, match="all samples have the same features, so no two can be told apart"):
        call(np.full((50, 6), value), gaussian(50))


def test_a_faint_difference_of_features_is_one():
    faint = 1 + 1e-6 * gaussian(50)
    assert metrics.frechet_distance(faint, faint + 1e-3) == pytest.approx(6e-6, rel=1e-3)
    assert metrics.precision_recall(faint, faint) == (1, 1)
    x, y = gaussian(50), 2 * gaussian(50, seed=1)
    expected = metrics.frechet_distance(x, y)
    for scale in (1e-14, 1e-60, 1e30):
        assert metrics.frechet_distance(scale * x, scale * y) / scale**2 == pytest.approx(expected, rel=1e-9)
    for scale, error in ((1e-12, 1e-3), (1e-13, 1e-2), (1e-14, 1e-1)):  # what 16 digits leave of it
        near_one = metrics.frechet_distance(1 + scale * x, 1 + scale * y) / scale**2
        assert near_one == pytest.approx(expected, rel=error)


@pytest.mark.parametrize("measure", [*TWO_SETS, neighbourhood])
def test_features_whose_powers_would_overflow_are_refused(measure):
    with pytest.raises(ValueError, match="got 300 values that are NaN or infinite, or larger than 1e40"):
        measure(1e60 * gaussian(50), 1e60 * gaussian(50, seed=1))


def test_large_features_have_a_kernel_distance():
    x, y = gaussian(50, mix=False), gaussian(50, shift=1, seed=1, mix=False)
    scale = 1e38  # so large that the kernel is (x.y / d)^3
    cubic = metrics.kernel_distance(1e6 * x, 1e6 * y).mean / 1e36
    assert metrics.kernel_distance(scale * x, scale * y).mean / scale**3 / scale**3 == pytest.approx(cubic, rel=1e-6)


@pytest.mark.parametrize("measure", TWO_SETS)
def test_wrong_shapes_are_refused(measure):
    with pytest.raises(ValueError, match=r"features|shape"):
        measure(gaussian(50), gaussian(50, 5))
    with pytest.raises(ValueError, match="shape"):
        measure(np.zeros(50), np.zeros(50))
    with pytest.raises(ValueError, match="n from"):
        measure(gaussian(50), np.zeros((0, 6)))
    with pytest.raises(ValueError, match="expected numbers"):
        measure(gaussian(9), np.array([["a"] * 6] * 9))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: metrics.frechet_distance(x[:1], x), r"a: got shape \(1, 6\), expected .* n from 2"),
        (lambda x: metrics.precision_recall(x, x[:3]), r"fake: got shape \(3, 6\), .* n from 4"),
        (lambda x: metrics.density_coverage(x[:5], x), r"real: got shape \(5, 6\), .* n from 6"),
        (lambda x: metrics.precision_recall(x, x, k=0), "k: got 0"),
        (lambda x: metrics.nearest_neighbours(x, x, k=21), "k: got 21, expected a whole number from 1 to 20"),
        (lambda x: metrics.kernel_distance(x, x, subsets=0), "subsets: got 0"),
        (lambda x: metrics.kernel_distance(x, x, subset_size=2.5), "subset_size: got 2.5"),
        (lambda x: metrics.classifier_score(x), "softmax"),
        (lambda x: metrics.classifier_score(np.full((3, 2), 0.5)), "splits: got 10, expected .* from 1 to 3"),
    ],
)
def test_errors_name_the_argument(call, text):
    with pytest.raises(ValueError, match=text):
        call(gaussian(20))
