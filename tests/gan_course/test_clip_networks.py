"""Networks for clips: shapes, conditioning, what stays while motion changes, and clips longer than in training."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gan_tf
from gan_course import clip_networks as nets

SHAPE = (8, 16, 16, 3)
SMALL = {"shape": SHAPE, "widths": (8, 6, 4)}
GENERATORS = {
    "motion": lambda classes=None: nets.motion_generator(**SMALL, content_dim=5, motion_dim=2, classes=classes),
    "one stream": lambda classes=None: nets.video_generator(**SMALL, latent_dim=5, classes=classes),
}
DISCRIMINATORS = {
    "clips": lambda classes=None: nets.clip_discriminator(**SMALL, classes=classes),
    "clips and frames": lambda classes=None: nets.clip_discriminator(**SMALL, frame_widths=(4, 6), classes=classes),
}


# Two generators, two discriminators, labels or none, two precisions: every two choices meet in one of these.
PAIRS = (
    ("motion", "clips", None, "float32"),
    ("motion", "clips", 4, "mixed_bfloat16"),
    ("motion", "clips and frames", None, "mixed_bfloat16"),
    ("one stream", "clips", None, "mixed_bfloat16"),
    ("one stream", "clips and frames", 4, "float32"),
)


@pytest.fixture
def precision(request):
    keras.config.set_dtype_policy(request.param)
    return request.param


@pytest.mark.parametrize(("generator", "discriminator", "classes", "precision"), PAIRS, indirect=["precision"])
def test_pairs_train(generator, discriminator, classes, precision):
    make, make_discriminator = GENERATORS[generator], DISCRIMINATORS[discriminator]
    gan = gan_tf.GAN(make(classes), make_discriminator(classes), classes=classes, penalty="r1")
    gan.compile(*(keras.optimizers.Adam(1e-3) for _ in range(2)))
    pair = gan.generator, gan.discriminator
    before = [[w.numpy() for w in net.trainable_weights] for net in pair]
    real = np.random.default_rng(0).uniform(-1, 1, (4, *SHAPE)).astype(np.float32)
    batch = (real, np.arange(4)) if classes else real
    gan.fit(tf.data.Dataset.from_tensors(batch), verbose=0)
    for net, old in zip(pair, before, strict=True):
        assert [w.path for w, was in zip(net.trainable_weights, old, strict=True) if (w.numpy() == was).all()] == []
    samples = gan.sample(3)
    assert samples.shape == (3, *SHAPE) and samples.dtype == np.float32 and np.abs(samples).max() <= 1


@pytest.mark.parametrize("make_discriminator", DISCRIMINATORS.values(), ids=DISCRIMINATORS)
def test_each_clip_is_treated_alone(make_discriminator):
    discriminator = make_discriminator()
    x = np.random.default_rng(0).uniform(-1, 1, (4, *SHAPE)).astype(np.float32)
    alone = [discriminator(x[i : i + 1], training=True)[0] for i in range(4)]
    np.testing.assert_allclose(discriminator(x, training=True), alone, atol=1e-5)


def test_the_branch_for_frames_does_not_see_their_order():
    discriminator = nets.clip_discriminator(SHAPE, (4, 4, 4), frame_widths=(4, 6), frames=8)
    x = np.random.default_rng(0).uniform(-1, 1, (2, *SHAPE)).astype(np.float32)
    forth, back = discriminator(x).numpy(), discriminator(x[:, ::-1]).numpy()
    assert np.abs(forth - back).max() > 1e-4  # the 3-D branch does
    for layer in discriminator.layers:
        if isinstance(layer, keras.layers.Conv3D):
            layer.set_weights([0 * w for w in layer.get_weights()])
    np.testing.assert_allclose(discriminator(x).numpy(), discriminator(x[:, ::-1]).numpy(), atol=1e-5)
    assert np.ptp(discriminator(x).numpy()) > 1e-4


@pytest.mark.parametrize("frames", [1, 3, 5, 8])
def test_the_branch_for_frames_sees_so_many(frames):
    discriminator = nets.clip_discriminator(SHAPE, (4, 4, 4), frame_widths=(4,), frames=frames)
    clip = tf.Variable(np.random.default_rng(0).uniform(-1, 1, (1, *SHAPE)).astype(np.float32))
    for layer in discriminator.layers:
        if isinstance(layer, keras.layers.Conv3D):
            layer.set_weights([0 * w for w in layer.get_weights()])
    with tf.GradientTape() as tape:
        logit = discriminator(clip)
    assert (np.abs(tape.gradient(logit, clip).numpy()).sum(axis=(0, 2, 3, 4)) > 0).sum() == frames


def test_more_frames_than_the_clip_has_are_refused():
    with pytest.raises(ValueError, match="frames: got 9, expected a whole number from 1 to 8"):
        nets.clip_discriminator(SHAPE, (4,), frame_widths=(4,), frames=9)


def test_motion_leaves_the_frames_alike_where_it_is_still():
    generator = nets.motion_generator(SHAPE, content_dim=5, motion_dim=2, widths=(8, 6, 4))
    latents = np.random.default_rng(0).standard_normal((2, 5 + 8 * 2)).astype(np.float32)
    other = latents.copy()
    other[:, -2:] += 1  # the motion noise of the last frame
    a, b = generator(latents).numpy(), generator(other).numpy()
    np.testing.assert_array_equal(a[:, :-1], b[:, :-1])  # the past does not know the future
    assert np.abs(a[:, -1] - b[:, -1]).max() > 0


def test_the_same_weights_make_longer_clips():
    short = nets.motion_generator(SHAPE, content_dim=5, motion_dim=2, widths=(8, 6, 4))
    long = nets.motion_generator((20, *SHAPE[1:]), content_dim=5, motion_dim=2, widths=(8, 6, 4))
    long.set_weights(short.get_weights())
    latents = np.random.default_rng(0).standard_normal((2, 5 + 20 * 2)).astype(np.float32)
    clips = long(latents).numpy()
    assert clips.shape == (2, 20, 16, 16, 3)
    np.testing.assert_allclose(clips[:, :8], short(latents[:, : 5 + 8 * 2]).numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (nets.motion_generator, (8, 20, 16, 3), "height 20"),
        (nets.video_generator, (12, 16, 16, 3), "frames 12, .* multiple of 8"),
        (nets.video_generator, (8, 16, 4, 3), "width 4"),
    ],
)
def test_shapes_that_doubling_cannot_reach(make, shape, message):
    with pytest.raises(ValueError, match=message):
        make(shape)
