"""What the classifiers of clips are taught with: clips whose frames are shuffled or repeated, and other people."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

import train_classifier
from gan_course.evaluation import features

N, FRAMES = 400, 6


def test_half_of_the_clips_stay_whole_and_the_label_says_which():
    clips = np.arange(N * FRAMES, dtype=np.float32).reshape(N, FRAMES, 1, 1, 1)
    labels = np.arange(N)
    mixed, targets = train_classifier.broken(tf.constant(clips), tf.constant(labels), keras.random.SeedGenerator(0))
    mixed, order = mixed.numpy()[..., 0, 0, 0], targets[2].numpy()
    for target in targets[:2]:
        np.testing.assert_array_equal(target, labels)
    for clip, found, kind in zip(clips[..., 0, 0, 0], mixed, order, strict=True):
        assert set(found) <= set(clip), "frames stay in their clip"
        assert (kind == 2) == (len(set(found)) == 1)
        if kind != 2:
            assert sorted(found) == list(clip)
        if kind == 0:
            assert list(found) == list(clip)
    shuffled = mixed[order == 1]
    assert np.mean(np.all(np.diff(shuffled) > 0, axis=1)) < 0.05
    share = np.bincount(order, minlength=train_classifier.ORDERS) / N
    np.testing.assert_allclose(share, [0.5, 0.25, 0.25], atol=0.07)


def test_the_order_is_one_more_output_of_the_same_layers():
    architecture = features.ARCHITECTURES["human_actions"]
    model = features.build(architecture, training=True)
    taught = train_classifier.with_order(model)
    known, logits, order = taught({"samples": np.zeros((2, *architecture.shape), np.float32)})
    assert (known.shape, logits.shape, order.shape) == ((2, 128), (2, 4), (2, train_classifier.ORDERS))
    assert {id(w) for w in model.weights} < {id(w) for w in taught.weights}


def test_changed_clips_stay_in_range_and_change_all_frames_alike():
    random = np.random.default_rng(0)
    frame = random.uniform(-0.5, 0.5, (8, 1, 16, 16, 3)).astype(np.float32)
    still = tf.constant(np.repeat(frame, 4, axis=1))
    for change in (train_classifier.noisy, train_classifier.recast):
        found = change(still, keras.random.SeedGenerator(1)).numpy()
        assert found.shape == still.shape and np.abs(found).max() <= 1
        assert not np.allclose(found, still)
        # Only the noise differs from frame to frame, and it has no more than a fifth of the range as its spread.
        assert np.diff(found, axis=1).std() < 0.2 * np.sqrt(2)
