"""The train steps by themselves, without a class around them: who moves, by what, and that fit does the same."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from tests.helpers import tiny

import gan_tf
from gan_tf import losses, models, steps

REAL = tiny.toy()
PICTURES = (12, 12, 3)
SEED = keras.random.SeedGenerator(0)


def adam(*nets):
    optimizer = keras.optimizers.Adam(1e-2, beta_1=0.5)
    optimizer.build([variable for net in nets for variable in net.trainable_variables])
    return optimizer


def copy(net):
    made = keras.models.clone_model(net)
    made.set_weights(net.get_weights())
    return made


def players(classes=None, discriminator=None):
    keras.utils.set_random_seed(0)
    generator = tiny.generator(classes=classes)
    discriminator = discriminator or tiny.discriminator(classes=classes)
    return generator, discriminator, copy(generator), adam(generator), adam(discriminator)


def moved(nets, take_a_step):
    before = [tiny.weights(net) for net in nets]
    logs = take_a_step()
    assert all(np.isfinite(float(value)) for value in logs.values()), logs
    return [tiny.moved(was, net) for was, net in zip(before, nets, strict=True)], logs


def assert_all_move(nets, take_a_step):
    counts, logs = moved(nets, take_a_step)
    # A bias before a normalisation gets no gradient, as the normalisation takes it away again.
    for count, net in zip(counts, nets, strict=True):
        assert count >= 0.6 * len(net.trainable_weights), net.name
    return logs


def test_a_loop_of_ones_own_is_what_fit_does():
    """The class adds nothing to what is trained: the same batches, the same weights."""
    options = {"loss": losses.get("relativistic"), "penalty": losses.r1, "penalty_weight": 0.3, "penalty_every": 2}
    alone = players()
    seed = keras.random.SeedGenerator(7)
    for real in REAL.batches(16, seed=3):
        steps.train_step(*alone, tf.convert_to_tensor(real), ema=0.9, seed=seed, **options)

    keras.utils.set_random_seed(0)
    gan = gan_tf.GAN(tiny.generator(), tiny.discriminator(), ema=0.9, seed=7, **options)
    gan.compile(keras.optimizers.Adam(1e-2, beta_1=0.5), keras.optimizers.Adam(1e-2, beta_1=0.5))
    gan.fit(REAL.batches(16, seed=3), verbose=0)
    for one, other in zip(alone[:3], (gan.generator, gan.discriminator, gan.averaged), strict=True):
        for here, there in zip(one.weights, other.weights, strict=True):
            np.testing.assert_allclose(here, there, rtol=1e-5, atol=1e-6, err_msg=here.path)


@pytest.mark.parametrize("labelled", [False, True])
def test_gan_step(labelled):
    nets = players(3 if labelled else None)
    batch = (tf.constant(REAL.x[:16]), tf.constant(REAL.labels[:16])) if labelled else (tf.constant(REAL.x[:16]),)
    logs = assert_all_move(nets[:3], lambda: steps.gan_step(*nets, *batch, seed=SEED))
    assert set(logs) == {"generator_loss", "discriminator_loss", "real_score", "fake_score"}


@pytest.mark.parametrize("name", ["least_squares", "wasserstein", "relativistic"])
def test_the_logged_scores_are_means_of_what_the_loss_compares(name):
    generator, discriminator, average, *optimizers = players()
    seen = []

    def scores(real, fake):
        seen.append((np.asarray(real), np.asarray(fake)))
        return losses.get(name).scores(real, fake)

    loss = losses.get(name)._replace(scores=scores)
    logs = steps.gan_step(generator, discriminator, average, *optimizers, REAL.x[:16], loss=loss, seed=SEED)
    real, fake = seen[0]
    if name == "relativistic":
        real, fake = (1 / (1 + np.exp(-one)) for one in (real - fake, fake - real))
    assert float(logs["real_score"]) == pytest.approx(real.mean(), rel=1e-5)
    assert float(logs["fake_score"]) == pytest.approx(fake.mean(), rel=1e-5)


def test_without_an_average():
    generator, discriminator, _, *optimizers = players()
    assert_all_move(
        (generator, discriminator),
        lambda: steps.gan_step(generator, discriminator, None, *optimizers, REAL.x[:16], seed=SEED),
    )


def test_given_latents_are_used():
    """With all latents alike and no batch norm nor dropout, all fake scores are alike."""
    z, x = keras.Input((2,)), keras.Input((3,))
    generator, discriminator = keras.Model(z, layers.Dense(3)(z)), keras.Model(x, layers.Dense(1)(x))
    seen = []

    def augment(samples, seed=None):
        seen.append(np.asarray(samples))
        return samples

    latents = tf.constant([[1.0, -2.0]] * 4)
    wanted = np.asarray(generator(latents))
    both = adam(generator), adam(discriminator)
    options = {"latents": latents, "augment": augment, "penalty": None, "seed": SEED}
    steps.gan_step(generator, discriminator, None, *both, tf.zeros((4, 3)), **options)
    np.testing.assert_allclose(seen[1], wanted, rtol=1e-6)


def test_auxiliary_step():
    inputs = keras.Input(tiny.SHAPE)
    x = layers.LeakyReLU()(layers.Dense(8)(layers.Flatten()(inputs)))
    classifier = keras.Model(inputs, [layers.Dense(1)(x), layers.Dense(3)(x)])
    nets = players(3, classifier)
    batch = tf.constant(REAL.x[:16]), tf.constant(REAL.labels[:16])
    logs = assert_all_move(nets[:3], lambda: steps.auxiliary_step(*nets, *batch, penalty_every=1, seed=SEED))
    # With weight 0 the class head learns nothing.
    nets = players(3, copy(classifier))
    head = nets[1].layers[-1].kernel.numpy()
    logs = steps.auxiliary_step(*nets, *batch, auxiliary_weight=0.0, seed=SEED)
    assert np.isfinite(float(logs["generator_loss"])) and (nets[1].layers[-1].kernel.numpy() == head).all()


def test_critic_step_updates_the_critic_several_times_each_on_its_own_part():
    nets, seen = players(), []

    def augment(samples, seed=None):
        seen.append(np.asarray(samples))
        return samples

    real = tf.constant(REAL.x[:48])
    assert_all_move(nets[:3], lambda: steps.critic_step(*nets, real, critic_steps=3, augment=augment, seed=SEED))
    assert int(nets[3].iterations) == 1 and int(nets[4].iterations) == 3
    parts = [samples for samples in seen if any((samples == REAL.x[i : i + 16]).all() for i in (0, 16, 32))]
    np.testing.assert_array_equal(np.concatenate(parts), REAL.x[:48])


def test_a_critic_needs_batches_that_can_be_split():
    gan = tiny.gan(loss="wasserstein", penalty="gradient_penalty", penalty_weight=10.0, critic_steps=5)
    with pytest.raises(ValueError, match="data: got batches of 16, expected a multiple of 5"):
        gan.train_step(tf.constant(REAL.x[:16]))
    gan.fit(REAL.x[:60], batch_size=20, verbose=0)
    assert int(gan.generator_optimizer.iterations) == 3 and int(gan.discriminator_optimizer.iterations) == 15
    with pytest.raises(ValueError, match="critic_steps: got 2, expected 1 with labels"):
        tiny.gan(classes=3, critic_steps=2)
    with pytest.raises(ValueError, match="critic_steps: got 0"):
        tiny.gan(critic_steps=0)


def pictures(n=4):
    random = np.random.default_rng(0)
    return [tf.constant(random.uniform(-1, 1, (n, *PICTURES)), "float32") for _ in range(2)]


def test_pix2pix_step():
    keras.utils.set_random_seed(0)
    net, patches = models.unet(PICTURES, (4, 8)), models.patch_discriminator(PICTURES, (4,), condition=3)
    average = copy(net)
    given, wanted = pictures()
    before = float(ops.mean(ops.abs(net(given) - wanted)))
    logs = assert_all_move(
        (net, patches, average),
        lambda: steps.pix2pix_step(net, patches, average, adam(net), adam(patches), given, wanted),
    )
    assert float(logs["l1_loss"]) == pytest.approx(before, rel=1e-4)
    parts = float(logs["adversarial_loss"]) + 100 * float(logs["l1_loss"])
    assert float(logs["generator_loss"]) == pytest.approx(parts, rel=1e-5)
    logs = steps.pix2pix_step(
        net, patches, average, adam(net), adam(patches), given, wanted, adversarial_weight=0.5, l1_weight=0.0
    )
    assert float(logs["generator_loss"]) == pytest.approx(0.5 * float(logs["adversarial_loss"]), rel=1e-5)


def test_cycle_gan_step():
    keras.utils.set_random_seed(0)
    nets = [models.translator(PICTURES, 4, 1) for _ in range(2)]
    patches = [models.patch_discriminator(PICTURES, (4,)) for _ in range(2)]
    averages, seen = [copy(net) for net in nets], []

    def pool(fake):
        seen.append(fake)
        return fake

    a, b = pictures()
    logs = assert_all_move(
        [*nets, *patches, *averages],
        lambda: steps.cycle_gan_step(*nets, *patches, *averages, adam(*nets), adam(*patches), a, b, pools=(pool, pool)),
    )
    assert len(seen) == 2
    parts = logs["adversarial_loss"] + 10.0 * logs["cycle_loss"] + 5.0 * logs["identity_loss"]
    assert float(logs["generator_loss"]) == pytest.approx(float(parts), rel=1e-5)


def test_star_gan_step():
    keras.utils.set_random_seed(0)
    net = models.unet(PICTURES, (4, 8), classes=2)
    patches = models.patch_discriminator(PICTURES, (4,), classes=2)
    average, labels = copy(net), tf.constant([0, 1, 1, 0])
    logs = assert_all_move(
        (net, patches, average),
        lambda: steps.star_gan_step(net, patches, average, adam(net), adam(patches), pictures()[0], labels, seed=SEED),
    )
    parts = logs["adversarial_loss"] + 10.0 * logs["cycle_loss"] + logs["class_loss"]
    assert float(logs["generator_loss"]) == pytest.approx(float(parts), rel=1e-5)


@pytest.mark.parametrize("net", ["generator", "discriminator"])
def test_losses_of_a_net_count(net):
    """An L2 regulariser pulls exactly that net's kernel: loss gradients are switched off, SGD."""
    silent = losses.Loss(lambda r, f: 0.0 * tf.reduce_mean(r), lambda r, f: 0.0 * tf.reduce_mean(f), "silent")

    def dense(name, *shape):
        inputs = keras.Input((shape[0],))
        regularizer = keras.regularizers.L2(0.25) if name == net else None
        return keras.Model(inputs, layers.Dense(shape[1], kernel_regularizer=regularizer)(inputs))

    nets = {"generator": dense("generator", 2, 3), "discriminator": dense("discriminator", 3, 1)}
    before = {name: model.layers[-1].kernel.numpy() for name, model in nets.items()}
    both = [keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1)]
    for optimizer, model in zip(both, nets.values(), strict=True):
        optimizer.build(model.trainable_variables)
    logs = steps.train_step(*nets.values(), None, *both, tf.zeros((4, 3)), loss=silent, penalty=None, seed=SEED)
    for name, model in nets.items():
        factor = 1 - 0.1 * 2 * 0.25 if name == net else 1.0
        np.testing.assert_allclose(model.layers[-1].kernel, factor * before[name], rtol=1e-6)
    assert float(logs["generator_loss"]) == float(logs["discriminator_loss"]) == 0.0  # Reported without them.


def test_whole_numbers_are_copied_to_the_average():
    class Counting(layers.Layer):
        def build(self, shape):
            self.calls = self.add_weight(shape=(), initializer="zeros", dtype="int32", trainable=False)
            self.scale = self.add_weight(shape=(), initializer="ones")

        def call(self, x):
            self.calls.assign_add(1)
            return x * self.scale

    inputs = keras.Input((2,))
    net = keras.Model(inputs, Counting()(inputs))
    average = copy(net)
    net.layers[-1].calls.assign(5)
    net.layers[-1].scale.assign(3.0)
    steps.update_average(average, net, 0.75, tf.constant(100))
    assert int(average.layers[-1].calls) == 5 and float(average.layers[-1].scale) == pytest.approx(1.5)


def test_float16_scales_its_loss_until_the_scale_changes():
    """As Keras' own models do it: a step with infinite gradients is left out and halves the scale."""
    keras.config.set_dtype_policy("mixed_float16")
    keras.utils.set_random_seed(0)
    gan = gan_tf.GAN(tiny.generator(), tiny.discriminator(), penalty="r1", penalty_every=2)
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    scaling = gan.generator_optimizer, gan.discriminator_optimizer
    assert all(isinstance(optimizer, keras.optimizers.LossScaleOptimizer) for optimizer in scaling)
    start = [float(optimizer.dynamic_scale) for optimizer in scaling]
    scaling[1].dynamic_scale.assign(2.0**40)  # Overflows float16 at once.
    before = tiny.weights(gan.discriminator)
    gan.train_step(tf.constant(REAL.x[:16]))
    assert float(scaling[1].dynamic_scale) == 2.0**39 and tiny.moved(before, gan.discriminator) == 0
    scaling[1].dynamic_scale.assign(start[1])
    gan.fit(REAL.x, batch_size=16, epochs=3, verbose=0)
    assert tiny.moved(before, gan.discriminator) and all(np.isfinite(w).all() for w in tiny.weights(gan.generator))
