"""Every step of gan_tf.steps on tiny nets without chance: the same numbers wherever and however it runs.

Run as a program it compiles each by XLA, and prints as JSON how often that happened and how far the weights are from
those without XLA. ``XLA_FLAGS`` must hold ``--xla_dump_to=FOLDER``, where XLA writes files for each compilation:

    python tests/helpers/every_step.py FOLDER
"""

import json
import sys
from pathlib import Path

import gan_tf  # before keras: it silences the start-up lines

# isort: split
import keras
import numpy as np
import tensorflow as tf
from keras import layers

from gan_tf import losses, steps

SHAPE, BATCH, CLASSES, STEPS = (4, 4, 1), 4, 3, 4
# The numbers of distinct labels differ from batch to batch.
LABELS = np.array([[0, 0, 0, 0], [0, 1, 2, 0], [1, 1, 1, 2], [2, 2, 2, 2]], np.int32)


def net(classes=None, pictures=1, logits=None, shape=SHAPE):
    """Samples or latents of that shape, with labels or without, to pictures or to one or two heads of logits."""
    inputs = [keras.Input(shape) for _ in range(pictures)]
    x = layers.Flatten()(layers.Concatenate()(inputs) if pictures > 1 else inputs[0])
    if classes:
        inputs.append(keras.Input((), dtype="int32"))
        x = layers.Concatenate()([x, layers.Embedding(classes, 2)(inputs[-1])])
    x = layers.Activation("silu")(layers.Dense(6)(x))
    if logits:
        made = [layers.Dense(units, dtype="float32")(x) for units in logits]
        return keras.Model(inputs, made if len(made) > 1 else made[0])
    return keras.Model(inputs, layers.Reshape(SHAPE)(layers.Dense(16, activation="tanh", dtype="float32")(x)))


def unconditional():
    return keras.Model((one := net(shape=(3,))).inputs[0], one.outputs[0]), net(logits=(1,))


LAZY = {"penalty": losses.r1, "penalty_every": 2, "seed": 0}
# A step, its nets with the generators in front, and its further arguments for a batch of pictures, others, labels.
CASES = {
    "gan_step": (steps.gan_step, unconditional, lambda x, y, labels, z: ((x,), {"latents": z, **LAZY})),
    "gan_step, conditional": (
        steps.gan_step,
        lambda: (net(CLASSES, shape=(3,)), net(CLASSES, logits=(1,))),
        lambda x, y, labels, z: ((x, labels), {"latents": z, **LAZY}),
    ),
    "auxiliary_step": (
        steps.auxiliary_step,
        lambda: (net(CLASSES, shape=(3,)), net(logits=(1, CLASSES))),
        lambda x, y, labels, z: ((x, labels), {"latents": z, **LAZY}),
    ),
    # Its latents cannot be given; of a generator that ignores them nothing else depends on chance.
    "critic_step": (
        steps.critic_step,
        lambda: (silent(unconditional()[0]), net(logits=(1,))),
        lambda x, y, labels, z: ((x,), {"critic_steps": 2, "penalty": losses.r1, "seed": 0}),
    ),
    "pix2pix_step": (
        steps.pix2pix_step,
        lambda: (net(CLASSES), net(pictures=2, logits=(1,))),
        lambda x, y, labels, z: ((x, y, labels), {}),
    ),
    "cycle_gan_step": (
        steps.cycle_gan_step,
        lambda: (net(), net(), net(logits=(1,)), net(logits=(1,))),
        lambda x, y, labels, z: ((x, y), {}),
    ),
    "star_gan_step": (
        steps.star_gan_step,
        lambda: (net(CLASSES), net(logits=(1, CLASSES))),
        lambda x, y, labels, z: ((x, labels), {"targets": (labels + 1) % CLASSES, "seed": 0}),
    ),
}


def silent(generator):
    """A generator that receives zeros, whatever its latents are."""
    latents = keras.Input(generator.input_shape[1:])
    return keras.Model(latents, generator(layers.Rescaling(0.0)(latents)))


def trained(case, xla=False):
    """The weights of all nets, averages included, after some steps of this case: one vector a net."""
    step, build, arguments = CASES[case]
    keras.utils.set_random_seed(0)
    nets = build()
    half = len(nets) // 2
    averages = [keras.models.clone_model(one) for one in nets[:half]]
    optimizers = [keras.optimizers.Adam(1e-2, beta_1=0.5) for _ in range(2)]
    for optimizer, side in zip(optimizers, (nets[:half], nets[half:]), strict=True):
        optimizer.build([variable for one in side for variable in one.trainable_variables])
    random = np.random.default_rng(0)

    @tf.function(autograph=False, jit_compile=xla)
    def one_step(x, y, labels, z):
        given, options = arguments(x, y, labels, z)
        return step(*nets, *averages, *optimizers, *given, **options)

    for labels in LABELS:
        x, y = (np.tanh(random.standard_normal((BATCH, *SHAPE))).astype(np.float32) for _ in range(2))
        logs = one_step(x, y, labels, random.standard_normal((BATCH, 3)).astype(np.float32))
        assert all(np.isfinite(float(value)) for value in logs.values()), logs
    return [np.concatenate([weight.numpy().ravel() for weight in one.weights]) for one in (*nets, *averages)]


def distance(ones, others):
    """The largest relative distance of two nets' weights."""
    return max(float(np.linalg.norm(a - b) / np.linalg.norm(a)) for a, b in zip(ones, others, strict=True))


def compiled(folder):
    """Compilations of steps until now; Keras and the cases call them alike."""
    return sum("one_step" in path.name for path in Path(folder).glob("*before_optimizations.txt"))


def fitted(folder):
    """How often ``fit`` compiles a conditional GAN with batch norm and dropout; whether its losses are finite."""
    keras.utils.set_random_seed(0)
    generator = net(CLASSES, shape=(3,))
    x = layers.Dropout(0.1)(layers.BatchNormalization()(layers.Flatten()(generator.outputs[0])))
    generator = keras.Model(generator.inputs, layers.Reshape(SHAPE)(layers.Dense(16, activation="tanh")(x)))
    gan = gan_tf.GAN(generator, net(CLASSES, logits=(1,)), penalty="r1", penalty_every=2, classes=CLASSES)
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3), jit_compile=True, steps_per_execution=2)
    x = np.tanh(np.random.default_rng(0).standard_normal((STEPS * BATCH, *SHAPE))).astype(np.float32)
    before = compiled(folder)
    found = gan.fit(x, LABELS.ravel(), batch_size=BATCH, epochs=2, shuffle=False, verbose=0).history
    return compiled(folder) - before, bool(np.isfinite(list(found.values())).all())


def main(folder):
    found = {}
    for case in CASES:
        before, plain = compiled(folder), trained(case)
        found[case] = distance(plain, trained(case, xla=True)), compiled(folder) - before
    return {"steps": found, "fits": [fitted(folder) for _ in range(2)]}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
