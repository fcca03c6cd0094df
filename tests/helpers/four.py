"""The four kinds of models, as small as can be, with arrays to train them on."""

import keras
import numpy as np
from keras import layers
from tests.helpers import tiny

import gan_tf

SHAPE, CLASSES = (4, 4, 1), 3
RANDOM = np.random.default_rng(3)
A, B = (RANDOM.uniform(-1, 1, (16, *SHAPE)).astype("float32") for _ in range(2))
LABELS = np.arange(16) % CLASSES


def translator(labels=False):
    x, wanted = keras.Input(SHAPE), keras.Input((), dtype="int32")
    code = layers.Reshape((1, 1, 1))(layers.Embedding(CLASSES, 1)(wanted)) if labels else None
    hidden = layers.Conv2D(2, 3, padding="same")(layers.Multiply()([x, code]) if labels else x)
    made = layers.Conv2D(1, 3, padding="same", activation="tanh", dtype="float32")(hidden)
    return keras.Model([x, wanted] if labels else x, made)


def patches(inputs=1, classes=False):
    pictures = [keras.Input(SHAPE) for _ in range(inputs)]
    x = layers.Concatenate()(pictures) if inputs > 1 else pictures[0]
    x = layers.LeakyReLU()(layers.Conv2D(2, 3, 2)(x))
    logits = [layers.Conv2D(1, 1, dtype="float32")(x)]
    logits += [layers.Dense(CLASSES, dtype="float32")(layers.Flatten()(x))] if classes else []
    return keras.Model(pictures, logits if classes else logits[0])


def gan(**options):
    return gan_tf.GAN(tiny.generator(), tiny.discriminator(), penalty="r1", penalty_every=2, **options)


def conditional(**options):
    nets = tiny.generator(classes=CLASSES), tiny.discriminator(classes=CLASSES)
    return gan_tf.GAN(*nets, classes=CLASSES, **options)


def cycle_gan(**options):
    return gan_tf.CycleGAN(translator(), translator(), patches(), patches(), pool=4, **options)


def pix2pix(**options):
    return gan_tf.Pix2Pix(translator(), patches(2), **options)


def star_gan(**options):
    return gan_tf.StarGAN(translator(labels=True), patches(classes=True), **options)


# By name: how it is made, and x and y for `fit`.
KINDS = {
    "gan": (gan, A, None),
    "conditional": (conditional, A, LABELS),
    "cycle_gan": (cycle_gan, A, B),
    "pix2pix": (pix2pix, A, B),
    "star_gan": (star_gan, A, LABELS),
}


def compiled(kind, seed=0, compile_options=None, **options):
    """The model, ready to be trained, and its arrays x and y (or None)."""
    make, x, y = KINDS[kind]
    keras.utils.set_random_seed(seed)
    model = make(**options)
    model.compile(*(keras.optimizers.Adam(1e-2, beta_1=0.5) for _ in range(2)), **(compile_options or {}))
    return model, x, y
