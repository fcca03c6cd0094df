"""What must be equal across machines is computed without TF32, which then is as it was."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from gan_course import evaluation, library
from gan_course.exact import full_float32

SETTINGS = tf.config.experimental


@pytest.fixture(params=[True, False], autouse=True)
def tf32(request):
    was = SETTINGS.tensor_float_32_execution_enabled()
    SETTINGS.enable_tensor_float_32_execution(request.param)
    yield
    assert SETTINGS.tensor_float_32_execution_enabled() is request.param
    SETTINGS.enable_tensor_float_32_execution(was)


def noted(function, seen):
    def call(*given, **options):
        seen.append(SETTINGS.tensor_float_32_execution_enabled())
        return function(*given, **options)

    return call


def test_it_is_as_it_was_after_an_error():
    with pytest.raises(RuntimeError, match="in between"), full_float32():
        assert not SETTINGS.tensor_float_32_execution_enabled()
        raise RuntimeError("in between")


def test_features_and_distances(monkeypatch):
    network, seen = evaluation.feature_network("mnist"), []
    x = np.random.default_rng(0).uniform(-1, 1, (3, 28, 28, 1)).astype(np.float32)
    monkeypatch.setattr(network, "_run", noted(network._run, seen))
    network.features(x)
    evaluation.perceptual_distance(x, -x, network=noted(lambda samples: [samples + 2.0], seen))
    assert len(seen) >= 2 and not any(seen)


def test_items_of_a_library():
    maker, seen = library.shipped("mnist_dense"), []
    maker = dataclasses.replace(maker, decode=noted(maker.decode, seen))
    assert len(maker.make(maker.latents(2, seed=0))) == 2 and seen == [False, False]
