"""Translators and the patch discriminator: shapes, range, what each logit sees, and sizes that are refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_tf import models

MAKERS = {
    "translator": lambda shape, **more: models.translator(shape, width=4, blocks=1, **more),
    "unet": lambda shape, **more: models.unet(shape, widths=(4, 6, 8), **more),
    "residual": lambda shape, channels=None, **more: models.unet(
        shape, widths=(4, 6, 8), channels=channels, residual=channels is None, **more
    ),
}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def pictures(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@pytest.fixture(params=["float32", "mixed_bfloat16"])
def precision(request):
    keras.config.set_dtype_policy(request.param)
    return request.param


@makers
@pytest.mark.parametrize(("shape", "channels"), [((8, 12, 3), None), ((28, 28, 1), 3)])
def test_shapes_range_and_precision(make, shape, channels, precision):
    made = make(shape, channels=channels)(10 * pictures(2, *shape))
    assert made.shape == (2, *shape[:2], channels or shape[2]) and made.dtype == "float32"
    assert np.abs(made.numpy()).max() <= 1


@makers
def test_all_weights_get_a_gradient(make):
    net = make((8, 8, 3), classes=2)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(net([pictures(3, 8, 8, 3), np.array([0, 1, 1])]) - 0.5))
    for variable, gradient in zip(net.trainable_variables, tape.gradient(loss, net.trainable_variables), strict=True):
        assert gradient is not None and np.isfinite(tf.convert_to_tensor(gradient)).all(), variable.path


@makers
def test_the_class_changes_the_picture(make):
    net, x = make((8, 8, 3), classes=2), pictures(1, 8, 8, 3)
    made = net([np.repeat(x, 2, axis=0), np.array([0, 1])]).numpy()
    assert np.abs(made[0] - made[1]).max() > 1e-4


@makers
def test_the_pictures_of_a_batch_do_not_mix(make):
    net, x = make((8, 8, 3)), pictures(3, 8, 8, 3)
    alone = np.concatenate([net(x[i : i + 1], training=True) for i in range(3)])
    np.testing.assert_allclose(net(x, training=True), alone, atol=1e-5)


@makers
@pytest.mark.parametrize(("shape", "message"), [((30, 28, 1), r"height 30, .* multiple of 4, such as \[28, 32\]"),
                                                ((28, 2, 1), "width 2, expected a multiple of 4")])  # fmt: skip
def test_sizes_that_cannot_be_halved_twice(make, shape, message):
    with pytest.raises(ValueError, match=message):
        make(shape)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: models.translator(width=0), "width: got 0"),
        (lambda: models.translator(classes=0), "classes: got 0"),
        (lambda: models.unet(widths=(8,)), "widths: .*at least two"),
        (lambda: models.unet(dropout=1.0), "dropout: got 1.0"),
        (lambda: models.patch_discriminator((32, 28, 3)), "32x28 pixels, smaller than a patch of 38x38.*fewer than 3"),
        (lambda: models.patch_discriminator(condition=0), "condition: got 0"),
    ],
)
def test_bad_numbers(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_dropout_acts_while_training_only():
    net, x = models.unet((8, 8, 1), widths=(4, 8), dropout=0.5), pictures(1, 8, 8, 1)
    np.testing.assert_array_equal(net(x), net(x))
    assert np.abs(net(x, training=True) - net(x, training=True)).max() > 1e-6


def test_a_residual_unet_changes_nothing_before_it_has_learned_to():
    net, x = models.unet((8, 8, 3), widths=(4, 8), residual=True), pictures(2, 8, 8, 3)
    last = [layer for layer in net.layers if isinstance(layer, keras.layers.Conv2D)][-1]
    last.kernel.assign(0 * last.kernel)
    np.testing.assert_allclose(net(x), 0.98 * x, atol=1e-5)
    twin = keras.models.clone_model(net)  # As the averaged net is made.
    twin.set_weights(net.get_weights())
    np.testing.assert_array_equal(twin(x), net(x))
    with pytest.raises(ValueError, match="channels: got 1 with residual=True, expected 3"):
        models.unet((8, 8, 3), channels=1, residual=True)


@pytest.mark.parametrize(("widths", "side"), [((4, 4), 18), ((4, 4, 4), 38)])
def test_a_logit_sees_its_patch_and_nothing_else(widths, side):
    net = models.patch_discriminator((64, 64, 1), widths)
    assert models.receptive_field(net) == side
    x = tf.constant(pictures(1, 64, 64, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = net(x)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    rows = np.flatnonzero(np.abs(tape.gradient(middle, x)[0, :, :, 0]).sum(axis=1))
    assert rows[-1] - rows[0] + 1 == side
    assert logits.shape == (1, 64 // 2 ** len(widths), 64 // 2 ** len(widths), 1) and logits.dtype == "float32"


def test_the_condition_and_the_classes():
    x, condition = pictures(2, 20, 24, 3), pictures(2, 20, 24, 1, seed=1)
    net = models.patch_discriminator((20, 24, 3), (4, 4), condition=1)
    assert net([x, condition]).shape == (2, 5, 6, 1)
    assert np.abs(net([x, condition]) - net([x, -condition])).max() > 1e-5
    logits, class_logits = models.patch_discriminator((20, 24, 3), (4, 4), classes=5)(x)
    assert logits.shape == (2, 5, 6, 1) and class_logits.shape == (2, 5)
