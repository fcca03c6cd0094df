"""Train the classifier in whose features gan_course.evaluation measures, and write it to data/pretrained.

GAN_TF_DATA=/path/to/data python tools/train_classifier.py mnist

Real data only: a classifier of the embedded stand-ins would measure nothing. Five minutes on two cores for MNIST,
a quarter of an hour for CIFAR-10; two minutes with --epochs 60 for the spoken digits, and for their speakers.
"""

from __future__ import annotations

import argparse
import dataclasses
import platform
import time

import gan_tf  # before keras and tensorflow: it silences their start-up lines

# isort: split
import keras
import numpy as np
import tensorflow as tf

from gan_course import audio, data, paths
from gan_course.evaluation import features
from gan_tf import augment
from gan_tf import metrics as distances
from gan_tf.files import save_arrays
from gan_tf.weights import assign, described, named_weights

# Distance between 10,000 training and 10,000 test samples that the features are scaled to, where there is one to keep.
FLOORS = {"mnist": 0.084}


def warp(x: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
    """Turn by up to 10 degrees, scale and shear by up to a tenth, shift by up to two pixels: an image each its own."""
    n, middle = tf.shape(x)[0], (x.shape[1] - 1) / 2
    u = keras.random.uniform((5, n), -1.0, 1.0, seed=seed)
    angle, scale, shear = u[0] * np.deg2rad(10), tf.exp(u[1] * 0.1), u[2] * 0.1
    a, b = scale * tf.cos(angle), -scale * tf.sin(angle) + shear
    c, d = scale * tf.sin(angle), scale * tf.cos(angle)
    rows = [a, b, middle * (1 - a - b) + 2 * u[3], c, d, middle * (1 - c - d) + 2 * u[4], tf.zeros(n), tf.zeros(n)]
    return keras.ops.image.affine_transform(x, tf.stack(rows, 1), fill_mode="constant", fill_value=-1.0)


def disturb(x: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
    """Move a spectrogram in time and pitch, make it louder or quieter, add noise, hide a band and a moment."""
    x = augment.translation(x, seed, ratio=(3 / 64, 8 / 64), fill=-1.0)
    n = tf.shape(x)[0]
    x += 0.3 * keras.random.uniform((n, 1, 1, 1), -1.0, 1.0, seed=seed)
    noise = keras.random.uniform((n, 1, 1, 1), 0.0, 0.25, seed=seed) * keras.random.normal(tf.shape(x), seed=seed)
    hidden = augment.cutout(x + noise + 1.0, seed, ratio=0.25) - 1.0  # Silence is -1 here, not 0.
    return tf.clip_by_value(hidden, -1.0, 1.0)


def noisy(x: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
    """Noise on all pixels, more or less of it."""
    strength = keras.random.uniform((tf.shape(x)[0], 1, 1, 1, 1), 0.0, 0.2, seed=seed)
    return tf.clip_by_value(x + strength * keras.random.normal(tf.shape(x), seed=seed), -1.0, 1.0)


def recast(x: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
    """Clips of other people at other places: mirrored, shifted, in other colours, some of them grey."""
    x = augment.compose("mirror", "translation", "colour")(x, seed)
    grey = keras.random.uniform((tf.shape(x)[0], 1, 1, 1, 1), seed=seed) < 0.3
    return noisy(tf.where(grey, tf.reduce_mean(x, -1, keepdims=True), x), seed)


CHANGES = {
    "mnist": warp,
    "cifar10": augment.compose("mirror", "translation"),
    "spoken_digits": disturb,
    "notes": disturb,
    "moving_digits": noisy,
    "human_actions": recast,
}
# Small sets: how often an epoch goes through them.
PASSES = {"moving_digits": 10, "human_actions": 4, "notes": 2}
ORDERS = 3  # of the frames of a clip: as they were, shuffled, one of them repeated


def load(architecture: features.Architecture, split: str) -> data.Dataset:
    """The real samples, with what is to be named as their labels."""
    real = data.load(architecture.data, split, source="real")
    if not isinstance(real, data.Sounds):
        return real
    if isinstance(real, data.Notes):
        pictures = audio.spectrograms(real, audio.NOTES)
        return dataclasses.replace(pictures, labels=real.instruments, class_names=data.INSTRUMENTS)
    pictures = audio.spectrograms(real)
    if architecture.target == "labels":
        return pictures
    return dataclasses.replace(pictures, labels=real.speakers, class_names=real.speaker_names)


def fit(architecture: features.Architecture, train: data.Dataset, epochs: int, seed: int) -> keras.Model:
    """Train with augmentation, dropout and a step that falls along a cosine."""
    model = features.build(architecture, training=True)
    passes, size = PASSES.get(architecture.data, 1), min(128, len(train) // 8)
    steps = passes * (len(train) // size)
    change, random = CHANGES[architecture.data], keras.random.SeedGenerator(seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    batches = train.batches(size, seed, labels=True, passes=passes).repeat()
    batches = batches.map(lambda x, y: (change(x, seed=random), y))
    if len(architecture.shape) == 4:
        # What is seen in a clip can often be told from one frame. So that the features also know how it moves, they
        # must tell broken clips from whole ones; that output is thrown away.
        taught = with_order(model)
        batches = batches.map(lambda x, y: broken(x, y, random))
    else:
        taught = model
        batches = batches.map(lambda x, y: (x, (y, y)))
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps * epochs - steps // 2, warmup_target=2e-3, warmup_steps=steps // 2
    )
    # The features have no loss, but Keras wants a target for each output.
    outputs = len(taught.outputs)
    taught.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-3),
        loss=[None, loss, loss][:outputs],
        metrics=[None, "accuracy", "accuracy"][:outputs],
    )
    taught.fit(batches.prefetch(2), epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=2)
    return model


def with_order(model: keras.Model) -> keras.Model:
    """The classifier with one more output: in which order the frames are."""
    known, logits = model.outputs
    return keras.Model(model.inputs, (known, logits, keras.layers.Dense(ORDERS, name="order", dtype="float32")(known)))


def broken(x: tf.Tensor, y: tf.Tensor, seed: keras.random.SeedGenerator) -> tuple:
    """Half of the clips as they are, a quarter shuffled, a quarter one frame repeated; and which is which."""
    n, frames = tf.shape(x)[0], x.shape[1]
    places = tf.argsort(keras.random.uniform((n, frames), seed=seed), axis=1)
    order = tf.maximum(0, tf.cast(keras.random.uniform((n,), 0.0, 4.0, seed=seed), tf.int32) - 1)
    choice = tf.stack([tf.broadcast_to(tf.range(frames), (n, frames)), places, tf.repeat(places[:, :1], frames, 1)])
    mixed = tf.gather(x, tf.gather(tf.transpose(choice, (1, 0, 2)), order, batch_dims=1), batch_dims=1)
    return mixed, (y, y, order)


def fold(trained: keras.Model, bare: keras.Model) -> None:
    """Copy the weights, each batch normalisation multiplied into the convolution before it."""
    for layer in bare.layers:
        if not layer.weights:
            continue
        values = trained.get_layer(layer.name).get_weights()
        if layer.name.startswith("convolution"):
            norm = trained.get_layer(layer.name.replace("convolution", "normalisation"))
            gamma, beta, mean, variance = norm.get_weights()
            scale = gamma / np.sqrt(variance + norm.epsilon)
            values = [values[0] * scale, beta - mean * scale]
        layer.set_weights(values)


def rescale(model: keras.Model, a: np.ndarray, b: np.ndarray, floor: float | None) -> None:
    """Fix the unit of the features, which changes nothing but the scale of the distances.

    Either the Frechet distance between the real samples ``a`` and ``b`` becomes ``floor``; or, with None, the mean
    square of a feature becomes one, so that no term of the cubic kernel ``(x.y / d + 1)^3`` drowns the others.
    """
    found = [model.predict(x, batch_size=500, verbose=0)[0] for x in (a, b)]
    if floor is None:
        factor = 1 / np.sqrt(np.mean(np.square(found[0])))
    else:
        factor = np.sqrt(floor / distances.frechet_distance(*found))
    hidden, logits = model.get_layer("features"), model.get_layer("logits")
    # ReLU commutes with a positive factor, so the logits stay what they were.
    hidden.set_weights([w * factor for w in hidden.get_weights()])
    kernel, bias = logits.get_weights()
    logits.set_weights([kernel / factor, bias])


def main(name: str, epochs: int, seed: int) -> None:
    began = time.perf_counter()
    gan_tf.setup(seed=seed)
    architecture = features.ARCHITECTURES[name]
    train, test = load(architecture, "train"), load(architecture, "test")
    model = features.build(architecture)
    fold(fit(architecture, train, epochs, seed), model)
    some = np.random.default_rng(0).permutation(len(train))[:10_000]
    rescale(model, train.x[some], test.x[:10_000], FLOORS.get(name))

    # Half the bytes, and the accuracy is measured with what is stored.
    stored = {name: weight.numpy().astype(np.float16) for name, weight in named_weights(model).items()}
    assign(named_weights(model), stored)
    logits = model.predict(test.x, batch_size=500, verbose=0)[1]
    accuracy = float(np.mean(logits.argmax(1) == test.labels))
    seconds = round(time.perf_counter() - began)
    meta = {
        "accuracy": accuracy,
        "class_names": list(train.class_names),
        "data": f"{architecture.data}, real; trained on the training split, accuracy on the {len(test):,} samples of "
        "the test split",
        "epochs": epochs,
        "floor": FLOORS.get(name),
        "layers": described(model),
        "seed": seed,
        "seconds": seconds,
        "command": f"python tools/train_classifier.py {name} --epochs {epochs} --seed {seed}",
        "versions": {
            "gan_tf": gan_tf.__version__,
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }
    path = paths.assets() / "pretrained" / architecture.file
    save_arrays(path, stored, meta)
    print(f"{path.name}: test accuracy {accuracy:.4f}, {path.stat().st_size / 1e6:.2f} MB, {seconds} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=features.ARCHITECTURES)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    main(args.name, args.epochs, args.seed)
