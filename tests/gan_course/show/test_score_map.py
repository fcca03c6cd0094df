"""Score maps over pictures."""

import numpy as np
import pytest

from gan_course import show


def pictures(n=2, height=8, width=12, channels=3):
    return np.random.default_rng(0).uniform(-1, 1, (n, height, width, channels)).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 3])
def test_blue_where_real_orange_where_generated_grey_between(channels):
    x, logits = pictures(channels=channels), np.zeros((2, 2, 3, 1), np.float32)
    logits[0, 0, 0], logits[1, 1, 2] = 4, -2
    found = show.score_maps(x, logits)
    assert found.shape == (2, 8, 12, 3) and found.dtype == np.float32 and np.abs(found).max() <= 1
    coloured = np.ptp(found, axis=-1) > 1e-6
    wanted = np.zeros_like(coloured)
    wanted[0, :4, :4] = wanted[1, 4:, 8:] = True
    np.testing.assert_array_equal(coloured, wanted)
    real, fake = found[0, :4, :4].mean(axis=(0, 1)), found[1, 4:, 8:].mean(axis=(0, 1))
    assert real[2] > real[1] > real[0] and fake[0] > fake[1] > fake[2]
    np.testing.assert_allclose(found[~wanted], np.repeat(x.mean(-1)[~wanted][:, None], 3, 1), atol=1e-6)


def test_middle_and_span():
    x, logits = pictures(1), np.full((1, 2, 3, 1), 0.5, np.float32)
    assert np.ptp(show.score_maps(x, logits, middle=0.5), axis=-1).max() < 1e-6
    weak, full = (np.ptp(show.score_maps(x, logits, span=span), axis=-1).mean() for span in (5.0, 0.5))
    assert weak < full


@pytest.mark.parametrize(
    ("x", "logits", "span", "message"),
    [
        (pictures()[0], np.zeros((2, 2, 3, 1)), None, r"images: got shape \(8, 12, 3\)"),
        (pictures(), np.zeros((2, 1)), None, r"logits: got shape \(2, 1\), expected \(2, h, w, 1\)"),
        (pictures(), np.zeros((2, 3, 3, 1)), None, "divide 8 and 12"),
        (pictures(), np.full((2, 2, 3, 1), np.nan), None, "NaN"),
        (pictures(), np.zeros((2, 2, 3, 1)), 0.0, "span: got 0.0"),
    ],
)
def test_maps_that_do_not_fit(x, logits, span, message):
    with pytest.raises(ValueError, match=message):
        show.score_maps(x, logits, span=span)
