"""Float32 with all its bits, for results that must be equal across machines: distances, and items of a library.

From compute capability 8.0 on TensorFlow rounds the factors of float32 products to the ten bits of TF32, which is fast
and good enough for training. What is measured with it would differ from a CPU's in the third digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf


@contextmanager
def full_float32() -> Iterator[None]:
    """No TF32 inside of the block, or of the function that this decorates; afterwards all is as it was."""
    settings = tf.config.experimental
    was = settings.tensor_float_32_execution_enabled()
    settings.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        settings.enable_tensor_float_32_execution(was)
