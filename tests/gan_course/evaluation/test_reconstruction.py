"""Damages, what repairs them without learning, and the two measures of it."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from skimage.metrics import structural_similarity

from gan_course import data, evaluation


def pictures(n=3, height=16, width=24, channels=3, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, height, width, channels)).astype(np.float32)


def smooth(n=3, side=32):
    y, x = np.mgrid[:side, :side] / side * 2 * np.pi
    waves = [[np.sin(x + i) * np.cos(y * (1 + channel % 2)) for channel in range(3)] for i in range(n)]
    return np.array(waves, np.float32).transpose(0, 2, 3, 1)


# Measures ------------------------------------------------------------------------------------------------------------


def test_psnr_against_its_formula():
    a, b = pictures(), pictures(seed=1)
    wanted = 10 * np.log10(4 / ((a.astype(float) - b) ** 2).mean(axis=(1, 2, 3)))
    found = evaluation.psnr(a, b)
    assert found.dtype == np.float32 and found.shape == (3,)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert np.isinf(evaluation.psnr(a, a)).all()


def test_ssim_against_its_formula():
    """Means, variances and covariance in all windows that lie within the picture, by their definition."""
    a, b = pictures(2, seed=2), np.clip(pictures(2, seed=2) + 0.3 * pictures(2, seed=3), -1, 1)
    c1, c2 = 0.01**2, 0.03**2
    values = []
    for one, other in zip(a.astype(float), b.astype(float), strict=True):
        maps = []
        for i in range(3):
            x, y = (one[..., i] + 1) / 2, (other[..., i] + 1) / 2
            mean = lambda z: uniform_filter(z, 7)[3:-3, 3:-3]  # noqa: E731
            ux, uy, unbiased = mean(x), mean(y), 49 / 48
            vx, vy, vxy = (unbiased * (mean(p * q) - mean(p) * mean(q)) for p, q in ((x, x), (y, y), (x, y)))
            maps.append((2 * ux * uy + c1) * (2 * vxy + c2) / ((ux**2 + uy**2 + c1) * (vx + vy + c2)))
        values.append(np.mean(maps))
    np.testing.assert_allclose(evaluation.ssim(a, b), values, rtol=1e-5)
    np.testing.assert_allclose(evaluation.ssim(a, a), 1, rtol=1e-6)
    bytes_of = lambda x: np.round((x.astype(float) + 1) * 127.5).astype(np.uint8)  # noqa: E731
    by_skimage = [structural_similarity(*pair, channel_axis=-1) for pair in zip(bytes_of(a), bytes_of(b), strict=True)]
    np.testing.assert_allclose(evaluation.ssim(a, b), by_skimage, atol=2e-3)  # bytes are rounded


def test_ssim_of_brightness_alone():
    """Flat pictures differ in their means only, which Wang's term compares as intensities from 0 on."""
    flat = np.full((1, 16, 16, 1), 0.1, np.float32)
    bright, dark = 0.55, 0.45
    wanted = (2 * bright * dark + 0.01**2) / (bright**2 + dark**2 + 0.01**2)
    assert evaluation.ssim(flat, -flat)[0] == pytest.approx(wanted, rel=1e-6) == pytest.approx(0.980, abs=5e-4)
    x = np.clip(smooth(1), -0.8, 1)
    assert 0.85 < evaluation.ssim(x, x - 0.2)[0] < 1  # a little darker, with all its structure


@pytest.mark.parametrize("measure", [evaluation.psnr, evaluation.ssim])
def test_more_noise_is_worse_and_bad_pictures_are_refused(measure):
    x = smooth()
    values = [measure(x, data.noisy(x, std)).mean() for std in (0.05, 0.2, 0.6)]
    assert values[0] > values[1] > values[2]
    for a, b, message in (
        (x, x[:2], r"b: got shape \(2, 32, 32, 3\), expected \(3, 32, 32, 3\)"),
        (x[0], x[0], r"a: got shape \(32, 32, 3\)"),
        (x, x * np.nan, "b: got NaN"),
        (x, 2 * x + 1, "b: got values from"),
        (x, (x > 0).astype(np.uint8), "b: got uint8, expected floats"),
    ):
        with pytest.raises(ValueError, match=message):
            measure(a, b)


def test_ssim_needs_a_patch():
    with pytest.raises(ValueError, match="a: got pictures of 6x24 pixels, expected 7x7 or more"):
        evaluation.ssim(pictures(height=6), pictures(height=6))


# Damages -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", data.DAMAGES)
def test_each_damage_keeps_shape_and_range_repeats_and_leaves_its_input_alone(name):
    x = pictures()
    before, damage = x.copy(), data.DAMAGES[name]
    found = damage(x, 5)
    assert found.shape == x.shape and found.dtype == np.float32 and np.abs(found).max() <= 1
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(found, damage(x, 5))
    assert (found != x).reshape(3, -1).any(axis=1).all()


def test_a_mask_loses_one_rectangle_a_picture():
    x = pictures(40, 10, 20)
    found = data.masked(x, 0.4, seed=1)
    lost = (found == 0).all(axis=-1)
    np.testing.assert_array_equal(found[~lost], x[~lost])
    corners = set()
    for one in lost:
        rows, columns = np.flatnonzero(one.any(axis=1)), np.flatnonzero(one.any(axis=0))
        assert len(rows) == 4 and len(columns) == 8 and one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        corners.add((rows[0], columns[0]))
    assert len(corners) > 10 and {row for row, _ in corners} == set(range(7))


def test_grey_keeps_the_brightness():
    x = np.array([[[[1, 1, 1], [1, -1, -1], [-1, 1, -1]]]], np.float32)
    wanted = [1, 2 * 0.299 - 1, 2 * 0.587 - 1]
    np.testing.assert_allclose(data.grey(x)[0, 0], np.repeat(wanted, 3).reshape(3, 3), atol=1e-6)


def test_small_pictures_and_their_bicubic_repair():
    x = smooth()
    found = data.small(x, 4)
    np.testing.assert_allclose(found[0, 4, 8], x[0, 4:8, 8:12].mean(axis=(0, 1)), atol=1e-6)
    np.testing.assert_array_equal(found[:, ::4, ::4].repeat(4, 1).repeat(4, 2), found)
    repaired = data.bicubic(found, 4)
    assert repaired.shape == x.shape and repaired.dtype == np.float32
    assert evaluation.psnr(x, repaired).min() > evaluation.psnr(x, found).max() + 3
    # Cubic curves go through a plane exactly, away from the edges.
    slope = np.broadcast_to(np.linspace(-0.8, 0.8, 32, dtype=np.float32)[:, None, None], (1, 32, 32, 3))
    np.testing.assert_allclose(data.bicubic(slope)[:, 8:-8], slope[:, 8:-8], atol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: data.masked(x, 1.0), "share: got 1.0"),
        (lambda x: data.masked(x[0]), "x: got float32 of shape"),
        (lambda x: data.grey(x[..., :1]), "x: got 1 channels, expected 3"),
        (lambda x: data.small(x, 5), "16x24 pixels, expected multiples of 5"),
        (lambda x: data.small(x, 1), "times: got 1"),
        (lambda x: data.bicubic(3 * x), "x: got values from"),
        (lambda x: data.grey(x.astype(int)), "x: got int64"),
    ],
)
def test_damages_that_do_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call(pictures())
