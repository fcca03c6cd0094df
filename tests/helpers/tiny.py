"""The smallest GANs that have everything: batch norm, dropout, labels. Shared by several test modules."""

import keras
import numpy as np
from keras import layers

import gan_tf
from gan_course import data

SHAPE = (4, 4, 1)
CARD = data.Card("toy", "Toy", "64 samples of 4x4x1", "free", "none")


def toy(n=64, classes=3):
    random = np.random.default_rng(11)
    x = np.tanh(random.standard_normal((n, *SHAPE))).astype(np.float32)
    return data.Dataset(x, np.arange(n) % classes, [f"class {i}" for i in range(classes)], "local", CARD, "toy")


def generator(width=8, latent_dim=3, classes=None, shape=SHAPE):
    inputs = [keras.Input((latent_dim,))]
    if classes:
        inputs.append(keras.Input((), dtype="int32"))
    x = inputs[0] if not classes else layers.Concatenate()([inputs[0], layers.Embedding(classes, 4)(inputs[1])])
    x = layers.LeakyReLU()(layers.BatchNormalization()(layers.Dense(width)(x)))
    x = layers.Dense(int(np.prod(shape)), activation="tanh", dtype="float32")(layers.Dropout(0.1)(x))
    return keras.Model(inputs if classes else inputs[0], layers.Reshape(shape, dtype="float32")(x))


def discriminator(width=8, classes=None, head="float32", shape=SHAPE):
    inputs = [keras.Input(shape)]
    if classes:
        inputs.append(keras.Input((), dtype="int32"))
    x = layers.Flatten()(inputs[0])
    if classes:
        x = layers.Concatenate()([x, layers.Embedding(classes, 4)(inputs[1])])
    x = layers.Dropout(0.3)(layers.LeakyReLU()(layers.Dense(width)(x)))
    return keras.Model(inputs if classes else inputs[0], layers.Dense(1, dtype=head)(x))


def gan(seed=0, classes=None, rates=(1e-2, 1e-2), width=8, steps_per_execution=1, jit_compile="auto", **options):
    keras.utils.set_random_seed(seed)
    made = gan_tf.GAN(
        generator(width, classes=classes), discriminator(width, classes=classes), classes=classes, **options
    )
    made.compile(
        keras.optimizers.Adam(rates[0], beta_1=0.5),
        keras.optimizers.Adam(rates[1], beta_1=0.5),
        steps_per_execution=steps_per_execution,
        jit_compile=jit_compile,
    )
    return made


def weights(model):
    """What is trained or, in an average, follows what is trained: no statistics of batch norm."""
    return [w.numpy() for w in model.weights if "moving_" not in w.path]


def moved(before, model):
    """How many of the trainable weights changed."""
    return sum(bool((a != b).any()) for a, b in zip(before, weights(model), strict=True))
