"""What every reference network promises: shapes, range, precision, and no mixing of samples in a discriminator."""

import keras
import numpy as np
import pytest
from keras import ops

import gan_tf
from gan_course import clip_networks, dialogue, note_networks, pretrained
from gan_tf import models
from gan_tf.models import blocks

PAIRS = {
    "dense": (models.dense_generator, models.dense_discriminator),
    "conv": (models.conv_generator, models.conv_discriminator),
}
pairs = pytest.mark.parametrize(("make_generator", "make_discriminator"), PAIRS.values(), ids=PAIRS)


@pytest.fixture(params=["float32", "mixed_bfloat16"])
def precision(request):
    keras.config.set_dtype_policy(request.param)
    return request.param


@pairs
@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 12, 3)])
def test_shapes_and_range(make_generator, make_discriminator, shape, precision):
    generator, discriminator = make_generator(shape, latent_dim=5), make_discriminator(shape)
    samples = generator(100 * np.ones((2, 5), np.float32), training=True)
    logits = discriminator(samples)
    assert samples.shape == (2, *shape) and samples.dtype == "float32" and np.abs(samples.numpy()).max() <= 1
    assert logits.shape == (2, 1) and logits.dtype == "float32"
    assert discriminator.layers[-1].activation is keras.activations.linear  # logits, no sigmoid


@pairs
def test_the_pair_makes_a_gan(make_generator, make_discriminator):
    gan = gan_tf.GAN(make_generator((8, 8, 1), latent_dim=5), make_discriminator((8, 8, 1)))
    assert gan.latent_dim == 5 and not gan.conditional and gan.sample(3).shape == (3, 8, 8, 1)


@pairs
def test_a_discriminator_treats_each_sample_alone(make_generator, make_discriminator):
    """The penalties need it: they take the gradient of a sum for the gradients of its parts."""
    discriminator = make_discriminator((8, 8, 1))
    x = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 1)).astype(np.float32)
    together = discriminator(x, training=True)
    alone = [discriminator(x[i : i + 1], training=True)[0] for i in range(4)]
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pairs
def test_widths_are_taken(make_generator, make_discriminator):
    for make in (make_generator, make_discriminator):
        assert make((8, 8, 1), widths=(6, 4)).count_params() < make((8, 8, 1), widths=(12, 8)).count_params()


@pytest.mark.parametrize(("shape", "message"), [((30, 28, 1), r"height 30, .* multiple of 4, such as \[28, 32\]"),
                                                ((28, 2, 1), r"width 2, expected a multiple of 4")])  # fmt: skip
def test_sizes_that_doubling_cannot_reach(shape, message):
    with pytest.raises(ValueError, match=message):
        models.conv_generator(shape)


@pytest.mark.parametrize(
    ("shape", "widths"),
    [
        ((32, 32, 3), (128, 64, 32)),
        ((28, 28, 1), (64, 32)),
        ((64, 64, 3), (256, 128, 64, 32)),
        ((100, 100, 3), (64, 32)),
        ((32, 48, 3), (128, 64, 32)),
    ],
)
def test_widths_follow_the_size_of_the_image(shape, widths):
    assert models.image_widths(shape) == widths
    for options in (
        {},
        {"resize": True},
        {"last": 4, "widths": widths[1:]},
        {"batch_norm": False},
        {"kernel": 5},
        {"modulate": True},
    ):
        generator = models.conv_generator(shape, 8, **options)
        assert generator.output_shape == (None, *shape)


def test_labels_reach_both_nets():
    generator = models.conv_generator((8, 8, 3), 5, widths=(8, 4), classes=3)
    discriminator = models.conv_discriminator((8, 8, 3), (4, 8), classes=3)
    gan = gan_tf.GAN(generator, discriminator, classes=3)
    assert gan.conditional and gan.sample(4).shape == (4, 8, 8, 3)
    latents = np.ones((3, 5), np.float32)
    samples = gan.decode(latents, labels=np.arange(3))
    logits = discriminator([samples[:1].repeat(3, axis=0), np.arange(3)])
    assert np.ptp(samples, axis=0).max() > 1e-3 and np.ptp(logits) > 1e-4 and logits.shape == (3, 1)


@pytest.mark.parametrize("conditioning", models.CONDITIONINGS)
def test_three_ways_to_condition_a_discriminator(conditioning):
    generator = models.conv_generator((8, 8, 3), 5, widths=(8, 4), classes=3)
    discriminator = models.conv_discriminator((8, 8, 3), (4, 8), classes=3, conditioning=conditioning)
    assert gan_tf.GAN(generator, discriminator).sampler.conditional
    x = np.linspace(-1, 1, 3 * 192, dtype=np.float32).reshape(3, 8, 8, 3)
    if conditioning == "auxiliary":
        logits, class_logits = discriminator(x)
        assert logits.shape == (3, 1) and class_logits.shape == (3, 3)
    else:
        logits = [discriminator([x, np.full(3, label)]).numpy() for label in range(3)]
        assert logits[0].shape == (3, 1) and np.ptp(logits, axis=0).min() > 1e-5


def test_an_unknown_way_to_condition():
    with pytest.raises(ValueError, match=r"conditioning: got 'projecton', .* did you mean 'projection'"):
        models.conv_discriminator(classes=3, conditioning="projecton")


def test_a_size_without_two_doublings():
    with pytest.raises(ValueError, match=r"shape: got height 50, expected a multiple of 4, such as \[48, 52\]"):
        models.image_widths((50, 64, 3))


def test_the_table_of_generators_is_complete():
    rooms = [(models, models.__all__), (dialogue, dialogue.__all__)]
    rooms += [(room, dir(room)) for room in (clip_networks, note_networks)]
    found = {name: getattr(room, name) for room, names in rooms for name in names if name.endswith("_generator")}
    assert pretrained.GENERATOR_NETWORKS == found


def test_a_margin_reaches_sizes_that_doublings_cannot():
    options = {"widths": (8, 4), "last": 4, "resize": True, "batch_norm": False}
    wide, cut = (
        models.conv_generator((side, side, 3), 4, margin=margin, **options) for side, margin in ((16, 0), (10, 3))
    )
    cut.set_weights(wide.get_weights())
    latents = np.random.default_rng(0).standard_normal((2, 4), dtype=np.float32)
    np.testing.assert_array_equal(cut(latents), wide(latents)[:, 3:-3, 3:-3])
    with pytest.raises(ValueError, match="margin: got -1"):
        models.conv_generator((10, 10, 3), margin=-1)
    with pytest.raises(ValueError, match="height 14, expected a multiple of 4"):
        models.conv_generator((10, 10, 3), 4, margin=2, **options | {"last": 0})


def test_pixels_from_a_last_layer_in_bfloat16_are_off_by_less_than_a_quarter_of_a_step_of_8_bits():
    x = np.linspace(-8, 8, 100_001, dtype=np.float32)
    inputs = keras.Input((), dtype="float32")
    shown = keras.Model(inputs, blocks.pixels(inputs))
    exact, rounded = (np.asarray(shown(ops.cast(ops.cast(x, kind), "float32"))) for kind in ("float32", "bfloat16"))
    assert exact.dtype == np.float32 and np.abs(exact - np.tanh(x.astype(np.float64))).max() < 1e-6
    assert 1e-3 < np.abs(exact - rounded).max() < 2 / 255 / 4
