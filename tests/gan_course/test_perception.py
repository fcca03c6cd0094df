"""Content and style: against numpy, what each sees and does not see, what is refused, and a training with both."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tests.gan_tf.test_image_to_image import SHAPE, A, B, cycle_gan, pix2pix

from gan_course import evaluation, perception
from gan_course.evaluation import vgg19

RANDOM = np.random.default_rng(1)


@pytest.fixture(scope="module")
def maps():
    return evaluation.feature_network("cifar10").maps


def pictures(n=2, side=32):
    return RANDOM.uniform(-1, 1, (n, side, side, 3)).astype(np.float32)


def test_gram_matrices_against_numpy():
    x = RANDOM.normal(size=(2, 3, 5, 4)).astype(np.float32)
    np.testing.assert_allclose(perception.gram(x), np.einsum("nhwi,nhwj->nij", x, x) / 15, rtol=1e-5)


def test_the_losses_against_numpy(maps):
    given, made, wanted = pictures(), pictures(), pictures()
    of_given, of_made, of_wanted = ([one.numpy() for one in maps(x)] for x in (given, made, wanted))

    def grams(x):
        return (
            np.mean([one.reshape(-1, x.shape[-1]).T @ one.reshape(-1, x.shape[-1]) for one in x], 0) / x[0, ..., 0].size
        )

    def apart(ones, others):
        return np.mean([np.abs(a - b).mean() / np.abs(b).mean() for a, b in zip(ones, others, strict=True)])

    style = apart([grams(x) for x in of_made], [grams(x) for x in of_wanted])
    for like, content in (("wanted", apart(of_made, of_wanted)), ("given", apart(of_made, of_given))):
        seen = perception.Perception(maps, content=2.0, style=3.0, like=like)
        np.testing.assert_allclose(seen(given, made, wanted), 2 * content + 3 * style, rtol=1e-4)


def test_content_has_places_and_style_has_none(maps):
    x = pictures(1, 64)
    moved = np.roll(x, 16, axis=2)
    content, style = (perception.Perception(maps, *weights) for weights in ((1.0, 0.0), (0.0, 1.0)))
    assert float(content(x, x, x)) == 0 and float(style(x, x, x)) == 0
    # Noise that is moved has other pixels in each place, and the same texture.
    assert float(content(x, moved, x)) > 10 * float(style(x, moved, x))


def test_maps_are_those_of_the_classifier_and_take_any_size(maps):
    network = evaluation.feature_network("cifar10")
    x = pictures()
    inner = keras.Model(network.model.input, [layer.output for layer in network.model.layers if "relu" in layer.name])
    for one, other in zip(maps(x), inner(x), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [tuple(one.shape[:3]) for one in maps(pictures(1, 64))] == [(1, s, s) for s in (64, 32, 32, 16, 16, 8)]


def test_vgg19_is_fed_as_keras_prepares_it():
    keras.utils.set_random_seed(0)
    base = keras.applications.VGG19(weights=None, include_top=False)
    x = pictures(1)
    inner = keras.Model(base.input, base.get_layer("block2_conv1").output)
    wanted = inner(keras.applications.vgg19.preprocess_input((x + 1) * 127.5))
    made = vgg19.from_unit_range(base)(x)
    assert [one.shape[-1] for one in made] == [64, 128, 256, 512, 512]
    np.testing.assert_allclose(made[1], wanted, rtol=1e-3, atol=1e-3 * float(np.abs(wanted).max()))


def test_vgg19_is_the_file_that_keras_names():
    source = keras.applications.vgg19.VGG19.__code__.co_consts
    assert vgg19.OFFICIAL.checksum.split(":")[1] in source


def test_without_weights_the_error_says_what_to_do(tmp_path):
    with pytest.raises(evaluation.WeightsError, match=r"VGG19"):
        evaluation.vgg19_maps(tmp_path / "none.h5")


@pytest.mark.parametrize("make", [pix2pix, cycle_gan])
def test_a_training_adds_the_extra_loss(make):
    seen = []

    def extra(given, made, wanted):
        seen.append([tuple(x.shape) for x in (given, made, wanted)])
        return 100.0 + 0.0 * tf.reduce_mean(made)

    pair = tf.constant(A[:4]), tf.constant(B[:4])
    plain, more = (float(make(extra_loss=loss).train_step(pair)["generator_loss"]) for loss in (None, extra))
    assert more - plain == pytest.approx(100 * len(seen), abs=1e-3)
    assert len(seen) == (1 if make is pix2pix else 2) and set(map(tuple, seen)) == {((4, *SHAPE),) * 3}


def test_content_is_learned_and_the_network_is_not_trained(maps):
    before = [w.numpy() for w in maps.weights]
    model = pix2pix(l1_weight=0.0, adversarial_weight=0.0, extra_loss=perception.Perception(maps, 1.0, 1.0))
    pairs = tf.data.Dataset.from_tensor_slices((A, B)).batch(4).repeat()
    losses = model.fit(pairs, epochs=2, steps_per_epoch=8, verbose=0).history["generator_loss"]
    assert losses[1] < losses[0]
    for one, other in zip(before, maps.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not any(w is v for w in model.trainable_variables for v in maps.weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"maps": lambda x: [x]}, "maps: got <function"),
        ({"content": -1.0}, "content: got -1.0"),
        ({"content": 0.0}, "content, style: got 0 and 0"),
        ({"like": "both"}, "like: got 'both'"),
    ],
    ids=["maps", "below zero", "nothing", "like"],
)
def test_bad_input(maps, options, message):
    with pytest.raises(ValueError, match=message):
        perception.Perception(**{"maps": maps, **options})


def test_a_dense_net_has_no_maps():
    x = keras.Input((4,))
    with pytest.raises(ValueError, match="expected a Keras model whose outputs are maps"):
        perception.Perception(keras.Model(x, keras.layers.Dense(2)(x)))


@pytest.mark.parametrize("make", [pix2pix, cycle_gan])
def test_an_extra_loss_is_a_function(make):
    with pytest.raises(ValueError, match="extra_loss: got 3, expected a function or None"):
        make(extra_loss=3)
