"""For all tests: gan_tf before keras and tensorflow, since it silences their start-up lines; then the determinism under
which gan_tf.setup promises that a training repeats bit for bit. Some tests call setup, so without this line the others
would depend on the order of the tests. With a GPU in sight, as for tests/gpu, setup does not ask for it. The precision
that a test chooses, or setup for it, ends with the test."""

import gan_tf  # noqa: F401

# isort: split
import keras
import pytest
import tensorflow as tf

if not tf.config.list_physical_devices("GPU"):
    tf.config.experimental.enable_op_determinism()


@pytest.fixture(autouse=True)
def restored_policy():
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)
