"""Weight clipping: weights stay within their limit, and what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from gan_course.clipping import Clip, clip_weights


def test_clipped_weights_stay_within_their_limit():
    critic = keras.Sequential([keras.Input((2,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
    assert clip_weights(critic, 0.02) is critic
    optimizer = keras.optimizers.Adam(1e-3)
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(critic(np.ones((4, 2), np.float32)))
        optimizer.apply(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables)
        weights = np.concatenate([w.ravel() for w in critic.get_weights()])
        assert np.abs(weights).max() <= 0.02 and np.abs(weights).max() > 0.019


def test_the_limit_is_kept_and_checked():
    assert Clip.from_config(Clip(0.5).get_config()).limit == 0.5
    with pytest.raises(ValueError, match="limit: got 0"):
        Clip(0)
    with pytest.raises(ValueError, match="without weights"):
        clip_weights(keras.Sequential([layers.Dense(1)]), 0.1)
