"""Steps on one device and on two, in a process of their own: ``python -m tests.helpers.two_devices``."""

import contextlib
import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tests.helpers import tiny

import gan_tf
from gan_tf import models, weights

# Of optimizers: which kind, and how it clips.
CASES = (
    ("plain", {}),
    ("plain", {"clipnorm": 0.02}),
    ("plain", {"clipvalue": 0.005}),
    ("scaled", {"global_clipnorm": 0.05}),
)
TRANSLATORS = ("cycle_gan", "pix2pix", "star_gan")


def two_devices():
    """A strategy for two logical devices of this process's processor; TensorFlow must not have started yet."""
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    # Devices of one processor share its memory: adding up in one place is the plain way.
    return tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"], tf.distribute.ReductionToOneDevice())


def optimizer(kind, rate, **clip):
    made = keras.optimizers.SGD(rate, momentum=0.5, **clip)  # Adam would blow up differences of rounding.
    return keras.optimizers.LossScaleOptimizer(made, initial_scale=1024.0) if kind == "scaled" else made


def nets(labels):
    """As in tiny, but with neither batch norm nor dropout, which each replica has of its own."""
    layers = keras.layers

    def start(x):
        if not labels:
            return x, layers.Flatten()(x)
        label = keras.Input((), dtype="int32")
        return [x, label], layers.Concatenate()([layers.Flatten()(x), layers.Embedding(3, 4)(label)])

    def hidden(x):
        return layers.LeakyReLU()(layers.Dense(8)(x))

    inputs, x = start(keras.Input((3,)))
    generator = keras.Model(inputs, layers.Reshape(tiny.SHAPE)(layers.Dense(16, activation="tanh")(hidden(x))))
    inputs, x = start(keras.Input(tiny.SHAPE))
    return generator, keras.Model(inputs, layers.Dense(1)(hidden(x)))


def train(strategy, kind, clip, folder=None, epochs=2):
    with strategy.scope() if strategy else contextlib.nullcontext():
        keras.utils.set_random_seed(0)
        # Keras clips an embedding's gradient before it adds up what belongs to one row; over replicas that cannot be.
        gan = gan_tf.GAN(*nets(not clip), classes=None if clip else 3, penalty="r1", penalty_every=2)
        gan.compile(optimizer(kind, 0.1, **clip), optimizer(kind, 0.1, **clip))
    callbacks = [gan_tf.Resume(folder)] if folder else []
    batches = tiny.toy().batches(16, seed=0, labels=True)
    history = gan.fit(batches, epochs=epochs, verbose=0, callbacks=callbacks).history
    return gan, history


def translators(kind):
    """Untrained translators of pictures of 12x12 and the batches that they learn from."""
    shape, random = (12, 12, 3), np.random.default_rng(0)
    a, b = (random.uniform(-1, 1, (32, *shape)).astype(np.float32) for _ in range(2))
    labels = np.arange(32, dtype=np.int32) % 2
    if kind == "cycle_gan":  # Without pools: each replica has its own.
        judges = [models.patch_discriminator(shape, (4,)) for _ in range(2)]
        made = gan_tf.CycleGAN(*(models.translator(shape, 4, 1) for _ in range(2)), *judges, pool=0)
        return made, (a, b)
    if kind == "pix2pix":
        net, judge = models.unet(shape, (4, 8)), models.patch_discriminator(shape, (4,), condition=3)
        return gan_tf.Pix2Pix(net, judge), (a, b)
    net, judge = models.unet(shape, (4, 8), classes=2), models.patch_discriminator(shape, (4,), classes=2)
    return gan_tf.StarGAN(net, judge), (a, labels)


def translate(strategy, kind):
    with strategy.scope() if strategy else contextlib.nullcontext():
        keras.utils.set_random_seed(0)
        made, pictures = translators(kind)
        made.compile(optimizer("plain", 0.01), optimizer("plain", 0.01))
    batches = tf.data.Dataset.from_tensor_slices(pictures).batch(8).take(2)  # rounding grows with each step
    return made, made.fit(batches, epochs=1, verbose=0).history


def distance(one, other):
    one, other = weights.state(one), weights.state(other)
    return max(float(np.abs(one[name].astype(float) - other[name]).max(initial=0.0)) for name in one)


if __name__ == "__main__":
    strategy = two_devices()
    found = {}
    for kind, clip in CASES:
        (one, history), (two, other) = train(None, kind, clip), train(strategy, kind, clip)
        found[f"{kind} {clip}"] = {
            "replicas": strategy.num_replicas_in_sync,
            "weights": distance(one, two),
            "losses": max(abs(a - b) for name in history for a, b in zip(history[name], other[name], strict=True)),
        }
    for kind in TRANSLATORS:
        (one, history), (two, other) = translate(None, kind), translate(strategy, kind)
        losses = max(abs(history[name][0] - other[name][0]) for name in history)
        found[kind] = {"weights": distance(one, two), "losses": losses}
    with contextlib.redirect_stdout(sys.stderr):
        for epochs in (1, 2):  # Cut after an epoch, and gone on with.
            resumed, _ = train(strategy, "plain", {}, Path(sys.argv[1]), epochs)
    found["resumed"] = {"weights": distance(resumed, train(strategy, "plain", {})[0])}
    draw = tf.function(lambda: strategy.run(lambda: gan_tf.replicas.part_of(lambda n: tf.range(n), 3)))
    found["parts"] = [part.numpy().tolist() for part in strategy.experimental_local_results(draw())]
    print(json.dumps(found))
