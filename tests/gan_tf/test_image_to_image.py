"""The train steps of CycleGAN and pix2pix: against numpy, who moves, what repeats, what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tests.helpers import tiny

import gan_tf
from gan_tf import losses, models, resume, weights
from gan_tf.image_to_image import ImagePool

SHAPE = (20, 20, 3)
RANDOM = np.random.default_rng(5)
A, B = (RANDOM.uniform(-1, 1, (12, *SHAPE)).astype(np.float32) for _ in range(2))


def batches(size=4, labels=None):
    parts = (A, B) if labels is None else (A, B, labels)
    return tf.data.Dataset.from_tensor_slices(parts).batch(size)


def cycle_gan(seed=0, compiled=None, **options):
    keras.utils.set_random_seed(seed)
    nets = [models.translator(SHAPE, width=4, blocks=1) for _ in range(2)]
    nets += [models.patch_discriminator(SHAPE, (4, 4)) for _ in range(2)]
    return ready(gan_tf.CycleGAN(*nets, seed=seed, **options), **(compiled or {}))


def pix2pix(seed=0, classes=None, compiled=None, **options):
    keras.utils.set_random_seed(seed)
    nets = models.unet(SHAPE, (4, 8), classes=classes), models.patch_discriminator(SHAPE, (4, 4), condition=3)
    return ready(gan_tf.Pix2Pix(*nets, classes=classes, **options), **(compiled or {}))


def ready(model, rates=(1e-3, 1e-3), **options):
    model.compile(*(keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates), **options)
    return model


makers = pytest.mark.parametrize("make", [cycle_gan, pix2pix])


def assert_same(one, other):
    one, other = weights.state(one), weights.state(other)
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


# Against numpy -------------------------------------------------------------------------------------------------------


def point(inputs=1, slope=0.5, bias=0.1):
    """A net so small that its step can be worked out in numpy: each pixel times a slope, plus a bias."""
    pictures = [keras.Input((2, 2, 1)) for _ in range(inputs)]
    kernel, start = (keras.initializers.Constant(value) for value in (slope, bias))
    x = layers.Concatenate()(pictures) if inputs > 1 else pictures[0]
    made = layers.Conv2D(1, 1, kernel_initializer=kernel, bias_initializer=start)(x)
    return keras.Model(pictures if inputs > 1 else pictures[0], made)


def line(p, x):
    return p[0] * x + p[1]


def downhill(loss, parameters, rate):
    """One step of gradient descent, the gradient from differences."""
    moved = {}
    for name, values in parameters.items():
        slopes = []
        for i in range(len(values)):
            ends = []
            for way in (1e-5, -1e-5):
                changed = values.copy()
                changed[i] += way
                ends.append(loss({**parameters, name: changed}))
            slopes.append((ends[0] - ends[1]) / 2e-5)
        moved[name] = values - rate * np.array(slopes)
    return moved


def numbers(net):
    return np.concatenate([weight.ravel() for weight in net.get_weights()])


def test_one_step_of_cycle_gan_against_numpy():
    start = {"ab": (0.8, 0.1), "ba": (1.2, -0.2), "a": (0.7, 0.2), "b": (-0.4, 0.3)}
    model = gan_tf.CycleGAN(*(point(1, *values) for values in start.values()), cycle_weight=3.0, identity_weight=2.0)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2))
    a, b = (np.random.default_rng(i).uniform(-1, 1, (3, 2, 2, 1)) for i in (1, 2))
    logs = model.train_step((tf.constant(a, tf.float32), tf.constant(b, tf.float32)))
    nets = {name: np.array(values) for name, values in start.items()}
    fake_a, fake_b = line(nets["ba"], b), line(nets["ab"], a)

    def judges(p):  # Least squares: real patches to 1, fake ones to 0, a half before both.
        parts = [(line(p["a"], a) - 1) ** 2, line(p["a"], fake_a) ** 2]
        parts += [(line(p["b"], b) - 1) ** 2, line(p["b"], fake_b) ** 2]
        return sum(0.5 * np.mean(part) for part in parts)

    judged = downhill(judges, {name: nets[name] for name in "ab"}, 0.2)

    def cycle(p):
        back_a, back_b = line(p["ba"], line(p["ab"], a)), line(p["ab"], line(p["ba"], b))
        return np.mean(np.abs(back_a - a)) + np.mean(np.abs(back_b - b))

    def identity(p):
        return np.mean(np.abs(line(p["ab"], b) - b)) + np.mean(np.abs(line(p["ba"], a) - a))

    def translators(p):
        fooled = (line(judged["b"], line(p["ab"], a)) - 1) ** 2, (line(judged["a"], line(p["ba"], b)) - 1) ** 2
        return 0.5 * np.mean(fooled[0]) + 0.5 * np.mean(fooled[1]) + 3 * cycle(p) + 2 * identity(p)

    own = {name: nets[name] for name in ("ab", "ba")}
    wanted = {**judged, **downhill(translators, own, 0.1)}
    values = {"discriminator_loss": judges(nets), "cycle_loss": cycle(nets), "identity_loss": identity(nets),
              "generator_loss": translators(own)}  # fmt: skip
    for name, value in values.items():
        assert float(logs[name]) == pytest.approx(value, rel=1e-5), name
    for name, net in zip(("ab", "ba", "a", "b"), model.nets.values(), strict=True):
        np.testing.assert_allclose(numbers(net), wanted[name], rtol=1e-4, err_msg=name)
    rate = 1 - 1 / 11
    np.testing.assert_allclose(numbers(model.averaged_ab), nets["ab"] + rate * (wanted["ab"] - nets["ab"]), rtol=1e-4)


def test_one_step_of_pix2pix_against_numpy():
    generator, discriminator = point(1, 0.8, 0.1), point(2, 0.5, 0.2)
    model = gan_tf.Pix2Pix(generator, discriminator, l1_weight=7.0, adversarial_weight=2.0)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2))
    given, wanted = (np.random.default_rng(i).uniform(-1, 1, (3, 2, 2, 1)) for i in (1, 2))
    logs = model.train_step((tf.constant(given, tf.float32), tf.constant(wanted, tf.float32)))

    def judge(p, image):  # The image first, then what it was made from.
        return p[0] * image + p[1] * given + p[2]

    def judges(p):
        real, fake = judge(p["d"], wanted), judge(p["d"], 0.8 * given + 0.1)
        return np.mean(np.log1p(np.exp(-real))) + np.mean(np.log1p(np.exp(fake)))

    first = {"d": np.array([0.5, 0.5, 0.2])}
    judged = downhill(judges, first, 0.2)

    def error(p):
        return np.mean(np.abs(line(p["g"], given) - wanted))

    def translators(p):
        return 2 * np.mean(np.log1p(np.exp(-judge(judged["d"], line(p["g"], given))))) + 7 * error(p)

    own = {"g": np.array([0.8, 0.1])}
    values = {"discriminator_loss": judges(first), "l1_loss": error(own), "generator_loss": translators(own)}
    for name, value in values.items():
        assert float(logs[name]) == pytest.approx(value, rel=1e-5), name
    np.testing.assert_allclose(numbers(discriminator), judged["d"], rtol=1e-4)
    np.testing.assert_allclose(numbers(generator), downhill(translators, own, 0.1)["g"], rtol=1e-4)


def named_point():
    """Logits of slope 0.5 for the pixels, and two class logits, 0 and the mean of the picture."""
    pictures = keras.Input((2, 2, 1))
    logits = layers.Conv2D(1, 1, kernel_initializer=keras.initializers.Constant(0.5))(pictures)
    start = keras.initializers.Constant(np.array([[0.0, 1.0]]))
    return keras.Model(
        pictures, [logits, layers.Dense(2, kernel_initializer=start)(layers.GlobalAveragePooling2D()(pictures))]
    )


def styled_point():
    """Each pixel times 0.8, plus a number for each style."""
    pictures, styles = keras.Input((2, 2, 1)), keras.Input((), dtype="int32")
    scaled = layers.Conv2D(1, 1, use_bias=False, kernel_initializer=keras.initializers.Constant(0.8))(pictures)
    start = keras.initializers.Constant(np.array([[0.1], [-0.3]]))
    code = layers.Reshape((1, 1, 1))(layers.Embedding(2, 1, embeddings_initializer=start)(styles))
    return keras.Model([pictures, styles], layers.Add()([scaled, code]))


def test_one_step_of_star_gan_against_numpy():
    generator, discriminator = styled_point(), named_point()
    model = gan_tf.StarGAN(generator, discriminator, cycle_weight=3.0, class_weight=2.0, seed=4)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2))
    x, source = np.random.default_rng(1).uniform(-1, 1, (6, 2, 2, 1)), np.array([0, 1, 0, 1, 1, 0], np.int32)
    target = np.array(keras.random.randint((6,), 0, 2, dtype="int32", seed=keras.random.SeedGenerator(4)))
    assert len(set(target)) == 2
    logs = model.train_step((tf.constant(x, tf.float32), source))

    def translate(p, x, styles):
        return p["slope"][0] * x + p["codes"][styles].reshape(-1, 1, 1, 1)

    def named(p, x, styles):
        scores = np.stack([x.mean(axis=(1, 2, 3)) * p["named"][i] + p["named"][2 + i] for i in range(2)], axis=1)
        return np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(6), styles])

    own = {"slope": np.array([0.8]), "codes": np.array([0.1, -0.3])}
    fake = translate(own, x, target)

    def judges(p):
        real, made = (line(p["d"], pictures) for pictures in (x, fake))
        return 0.5 * np.mean((real - 1) ** 2) + 0.5 * np.mean(made**2) + 2 * named(p, x, source)

    first = {"d": np.array([0.5, 0.0]), "named": np.array([0.0, 1.0, 0.0, 0.0])}
    judged = downhill(judges, first, 0.2)

    def cycle(p):
        return np.mean(np.abs(translate(p, translate(p, x, target), source) - x))

    def translators(p):
        made = translate(p, x, target)
        return 0.5 * np.mean((line(judged["d"], made) - 1) ** 2) + 2 * named(judged, made, target) + 3 * cycle(p)

    values = {"discriminator_loss": judges(first), "cycle_loss": cycle(own), "generator_loss": translators(own),
              "class_loss": named(judged, fake, target)}  # fmt: skip
    for name, value in values.items():
        assert float(logs[name]) == pytest.approx(value, rel=1e-5), name
    moved = downhill(translators, own, 0.1)
    np.testing.assert_allclose(numbers(generator), np.concatenate([moved["codes"], moved["slope"]]), rtol=1e-4)
    wanted = np.concatenate([judged["d"], judged["named"]])
    np.testing.assert_allclose(numbers(discriminator), wanted, rtol=1e-4, atol=1e-6)


def test_star_gan_refuses_what_does_not_fit():
    for call, message in (
        (
            lambda: gan_tf.StarGAN(point(), named_point()),
            "generator: got 1 inputs.*expected pictures and wanted classes",
        ),
        (lambda: gan_tf.StarGAN(styled_point(), point()), "and 1 outputs, expected .* and 2 outputs, of logits"),
        (lambda: gan_tf.StarGAN(styled_point(), named_point(), class_weight=-1), "class_weight: got -1"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    model = ready(gan_tf.StarGAN(styled_point(), named_point()))
    x = A[:4, :2, :2, :1]
    with pytest.raises(ValueError, match=r"expected \(samples, labels\)"):
        model.train_step(x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not among the 2 classes"):
        model.train_step((x, np.full(4, 2, np.int32)))
    with pytest.raises(ValueError, match="labels: got 2 to 2, expected 0 to 1"):
        model.translate(x, 2)
    assert model.translate(x, 1).shape == x.shape


# Who moves -----------------------------------------------------------------------------------------------------------


@makers
@pytest.mark.parametrize("still", [None, "generator", "discriminator"])
def test_each_side_is_moved_by_its_own_optimizer_only(make, still):
    rates = (0.0 if still == "generator" else 1e-2, 0.0 if still == "discriminator" else 1e-2)
    model = make(compiled={"rates": rates})
    before = {name: tiny.weights(net) for name, net in model.nets.items()}
    model.train_step((A[:4], B[:4]))
    for name, net in model.nets.items():
        assert tiny.moved(before[name], net) == (0 if still and name.startswith(still) else len(before[name])), name
    for side, optimizer in (("gen", model.generator_optimizer), ("dis", model.discriminator_optimizer)):
        variables = [v for name, net in model.nets.items() if name.startswith(side) for v in net.trainable_variables]
        assert len(optimizer.variables) == 2 * len(variables) + 2  # Two moments each, the steps, the rate.


@pytest.mark.parametrize("loss", losses.LOSSES)
def test_all_losses_fit(loss):
    for model in (gan_tf.CycleGAN(*nets(), loss=loss), gan_tf.Pix2Pix(point(), point(2), loss=loss)):
        logs = ready(model).train_step((A[:4, :2, :2, :1], B[:4, :2, :2, :1]))
        assert all(np.isfinite(float(value)) for value in logs.values())


def test_half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    for model in (cycle_gan(), pix2pix()):
        assert all(np.isfinite(float(value)) for value in model.train_step((A[:4], B[:4])).values())


def test_pix2pix_learns_what_the_pairs_show():
    """A negative: the slope goes from 0.5 to -1, the bias from 0.1 to 0."""
    keras.utils.set_random_seed(0)
    model = ready(gan_tf.Pix2Pix(point(), point(2)), rates=(0.05, 0.01))
    x = A[:, :2, :2, :1]
    model.fit(tf.data.Dataset.from_tensor_slices((x, -x)).batch(4).repeat(40), verbose=0)
    np.testing.assert_allclose(numbers(model.averaged), [-1, 0], atol=0.1)


# Repeats, and goes on ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cycle_gan", "pix2pix"])
def test_a_resumed_training_is_the_uninterrupted_one_bit_for_bit(kind, tmp_path):
    """The pools too: without them the second half would see other pictures."""

    def make(seed):
        keras.utils.set_random_seed(seed)
        slopes = np.random.default_rng(seed).uniform(-1, 1, 4)
        if kind == "pix2pix":
            return ready(gan_tf.Pix2Pix(point(1, slopes[0]), point(2, slopes[1])))
        return ready(gan_tf.CycleGAN(*(point(1, slope) for slope in slopes), pool=6, seed=seed))

    def fit(model, epochs, *callbacks):
        pairs = tf.data.Dataset.from_tensor_slices((A[:, :2, :2, :1], B[:, :2, :2, :1])).batch(4)
        return model, model.fit(pairs, epochs=epochs, verbose=0, callbacks=callbacks).history

    whole, _ = fit(make(0), 2)
    fit(make(0), 1, gan_tf.Resume(tmp_path))
    second, history = fit(make(1), 2, gan_tf.Resume(tmp_path))
    assert len(history["generator_loss"]) == 2
    assert_same(whole, second)


def test_several_steps_a_call_change_nothing():
    one, many = pix2pix(), pix2pix(compiled={"steps_per_execution": 3})
    for model in (one, many):
        model.fit(batches(), epochs=1, verbose=0)
    assert_same(one, many)


def test_a_save_of_the_other_kind_is_refused(tmp_path):
    pix2pix().fit(batches(), epochs=1, verbose=0, callbacks=[gan_tf.Resume(tmp_path)])
    with pytest.raises(resume.ResumeError, match="not a save of this model"):
        cycle_gan().fit(batches(), epochs=1, verbose=0, callbacks=[gan_tf.Resume(tmp_path)])


# The pool ------------------------------------------------------------------------------------------------------------


def numbered(first, n):
    return tf.reshape(tf.range(first, first + n, dtype="float32"), (n, 1, 1, 1))


def test_the_pool_keeps_all_until_it_is_full_and_then_half():
    pool, seed = ImagePool(10, (1, 1, 1)), keras.random.SeedGenerator(0)
    exchange = tf.function(lambda fresh: pool.exchange(fresh, seed))
    for first in (0, 4):  # Room for all: they go in, and come out as they are.
        np.testing.assert_array_equal(exchange(numbered(first, 4)), numbered(first, 4))
    assert int(pool.filled) == 8
    seen = []
    for step in range(2, 500):
        given, before = numbered(4 * step, 4).numpy().ravel(), pool.images.numpy().ravel()
        out = exchange(numbered(4 * step, 4)).numpy().ravel()
        old = out != given
        # Who comes out of the pool has been in it, once, and who came in his place was shown to it now.
        assert set(out[old]) <= set(before) and len(set(out)) == 4
        after = pool.images.numpy().ravel()
        assert len(set(after)) == 10 and set(after) <= set(before) | set(given) and not set(after) & set(out[old])
        seen.append(old.mean())
    assert int(pool.filled) == 10
    assert np.mean(seen[1:]) == pytest.approx(0.5, abs=0.04)


def test_an_uninitialised_place_is_never_given_out():
    pool, seed = ImagePool(5, (1, 1, 1)), keras.random.SeedGenerator(1)
    for step in range(4):
        assert (pool.exchange(numbered(1 + 3 * step, 3), seed).numpy() > 0).all()


def test_small_pools():
    seed = keras.random.SeedGenerator(0)
    none, two = ImagePool(0, (1, 1, 1)), ImagePool(2, (1, 1, 1))
    for first in (0, 5):
        np.testing.assert_array_equal(none.exchange(numbered(first, 5), seed), numbered(first, 5))
        out = two.exchange(numbered(first, 5), seed)
        np.testing.assert_array_equal(out[2:], numbered(first, 5)[2:])  # What it cannot hold passes by.


# Translating ---------------------------------------------------------------------------------------------------------


def test_translations_come_from_the_averaged_nets():
    model = cycle_gan()
    model.train_step((A[:4], B[:4]))
    np.testing.assert_allclose(model.to_b(A), model.averaged_ab(A, training=False), atol=1e-6)
    np.testing.assert_allclose(model.to_a(B), model.averaged_ba(B, training=False), atol=1e-6)
    assert np.abs(model.to_b(A) - model.generator_ab(A)).max() > 1e-6


def test_pix2pix_is_told_labels():
    labels = np.arange(12, dtype=np.int32) % 4
    model = pix2pix(classes=4)
    model.fit(batches(labels=labels), epochs=1, verbose=0)
    made = model.translate(A, labels)
    assert made.shape == A.shape and made.dtype == np.float32
    np.testing.assert_array_equal(model.translate(A[:2], 1), model.translate(A[:2], [1, 1]))
    with pytest.raises(ValueError, match="labels: got None, expected integers"):
        model.translate(A)
    with pytest.raises(ValueError, match="labels: got 4 to 4, expected 0 to 3"):
        model.translate(A, 4)
    with pytest.raises(ValueError, match=r"got samples alone, expected .samples, samples, labels."):
        model.train_step((A[:4], B[:4]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not among the 4 classes"):
        model.train_step((A[:4], B[:4], np.full(4, 4, np.int32)))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (A[0], r"x: got shape \(20, 20, 3\), expected \(n, 20, 20, 3\)"),
        (A[:0], "with n from 1"),
        (A[..., :1], r"x: got shape \(12, 20, 20, 1\)"),
        (3 * A, "x: got values from -3"),
        (np.full_like(A, np.nan), "x: got NaN"),
    ],
)
def test_pictures_that_cannot_be_translated(x, message):
    with pytest.raises(ValueError, match=message):
        pix2pix().translate(x)


@makers
@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (A[:4], "got 1 part"),
        ((A[:4], B[:4, :16]), r"of shape \(4, 16, 20, 3\), expected .*\(None, 20, 20, 3\)"),
        ((A[:4], (255 * B[:4]).astype(np.uint8)), "samples of uint8 of shape .*, expected float32"),
        ((A[:1].tolist(), B[:4]), r"part\(s\) \((EagerTensor|float, ndarray)"),
    ],
)
def test_batches_that_do_not_fit(make, batch, message):
    with pytest.raises(ValueError, match=message):
        make().train_step(batch)


def nets(**changed):
    """The four nets of a CycleGAN over pictures of 2x2x1, some of them changed."""
    found = {name: point() for name in ("generator_ab", "generator_ba", "discriminator_a", "discriminator_b")}
    return list({**found, **changed}.values())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gan_tf.CycleGAN(*nets(generator_ab="x")), "generator_ab: got 'x', expected a Keras model"),
        (
            lambda: gan_tf.CycleGAN(*nets(generator_ab=models.unet((4, 4, 1), (2, 2)))),
            "generator_ab: got pictures of",
        ),
        (
            lambda: gan_tf.CycleGAN(*nets(generator_ba=tiny.generator())),
            r"got inputs of shape \(None, 3\), expected pictures",
        ),
        (lambda: gan_tf.CycleGAN(*nets(discriminator_b=point(2))), "discriminator_b: got inputs of shape"),
        (lambda: gan_tf.CycleGAN(*nets(), cycle_weight=-1), "cycle_weight: got -1"),
        (lambda: gan_tf.CycleGAN(*nets(), identity_weight=float("nan")), "identity_weight: got nan"),
        (lambda: gan_tf.CycleGAN(*nets(), pool=-1), "pool: got -1"),
        (lambda: gan_tf.CycleGAN(*[point()] * 4), "discriminator_b: got one net or layer twice, expected nets without"),
        (lambda: gan_tf.CycleGAN(*nets(), ema=1.0), "ema: got 1.0"),
        (lambda: gan_tf.CycleGAN(*nets(), loss="least_square"), "did you mean 'least_squares'"),
        (
            lambda: gan_tf.Pix2Pix(point(), point()),
            r"discriminator: .*expected inputs of shape .\(2, 2, 1\), \(2, 2, 1\)",
        ),
        (lambda: gan_tf.Pix2Pix(point(2), point(2)), "second input of shape .*expected labels"),
        (lambda: gan_tf.Pix2Pix(point(), point(2), l1_weight=float("inf")), "l1_weight: got inf"),
        (lambda: gan_tf.Pix2Pix(point(), point(2), classes=0), "classes: got 0"),
    ],
)
def test_nets_and_numbers_that_do_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_domains_of_unlike_shapes_have_no_identity():
    keras.utils.set_random_seed(0)
    grey, colour = (20, 20, 1), (20, 20, 3)
    make = [
        models.translator(grey, 4, 1, channels=3),
        models.translator(colour, 4, 1, channels=1),
        models.patch_discriminator(grey, (4, 4)),
        models.patch_discriminator(colour, (4, 4)),
    ]
    with pytest.raises(ValueError, match=r"identity_weight: got 5\.0, expected 0"):
        gan_tf.CycleGAN(*make)
    model = ready(gan_tf.CycleGAN(*make, identity_weight=0))
    logs = model.train_step((A[:4, ..., :1], B[:4]))
    assert float(logs["identity_loss"]) == 0 and model.to_b(A[..., :1]).shape == A.shape
