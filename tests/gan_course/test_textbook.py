"""The text-book pair: shapes, range, logits."""

import numpy as np
import pytest

from gan_course.textbook import textbook_discriminator, textbook_generator


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 48, 3)])
def test_shapes_and_range(shape):
    images = textbook_generator(shape, 5, widths=(8, 4))(100 * np.ones((2, 5), np.float32))
    assert images.shape == (2, *shape) and images.dtype == "float32" and np.abs(images).max() <= 1
    assert textbook_discriminator(shape, widths=(4, 8))(images).shape == (2, 1)


def test_a_size_that_doublings_cannot_reach():
    with pytest.raises(ValueError, match=r"height 20, expected a multiple of 8, such as \[16, 24\]"):
        textbook_generator((20, 16, 3))
