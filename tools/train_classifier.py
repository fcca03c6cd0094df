"""Train the classifier in whose features gan_tf.metrics measures, and write it to data/pretrained.

    GAN_TF_DATA=/path/to/data python tools/train_classifier.py mnist

Real data only: a classifier of the embedded stand-ins would measure nothing. About five minutes on two cores.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import time
from pathlib import Path

import gan_tf._quiet

gan_tf._quiet.import_tensorflow()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from gan_tf import arrays, paths  # noqa: E402
from gan_tf.metrics import features as networks  # noqa: E402


def load(split):
    folder = Path(os.environ["GAN_TF_DATA"]) / "mnist"
    prefix = "train" if split == "train" else "t10k"
    x = np.frombuffer(gzip.open(folder / f"{prefix}-images-idx3-ubyte.gz").read(), np.uint8, offset=16)
    y = np.frombuffer(gzip.open(folder / f"{prefix}-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    return x.reshape(-1, 28, 28, 1).astype(np.float32) / 127.5 - 1, y.astype(np.int32), [str(i) for i in range(10)]


def warp(x, number, seed):
    """Turn by up to 10 degrees, scale and shear by up to a tenth, shift by up to two pixels: an image each its own."""
    n, size = tf.shape(x)[0], x.shape[1]
    u = tf.random.stateless_uniform((6, n), (seed, tf.cast(number, tf.int32)), -1.0, 1.0)
    angle, shear = u[0] * np.deg2rad(10), u[1] * 0.1
    scale = tf.exp(u[2] * 0.1)
    a, b = scale * tf.cos(angle), -scale * tf.sin(angle) + shear
    c, d = scale * tf.sin(angle), scale * tf.cos(angle)
    middle = (size - 1) / 2
    rows = [a, b, middle - a * middle - b * middle + 2 * u[3], c, d, middle - c * middle - d * middle + 2 * u[4]]
    rows += [tf.zeros(n), tf.zeros(n)]
    return keras.ops.image.affine_transform(x, tf.stack(rows, 1), fill_mode="constant", fill_value=-1.0)


def fold(trained: keras.Model, bare: keras.Model) -> None:
    """Copy weights, the batch normalisation multiplied into the convolution before it."""
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


def train(name: str, epochs: int, seed: int, batch_size: int = 128) -> None:
    began = time.perf_counter()
    keras.utils.set_random_seed(seed)
    (x, y, class_names), (x_test, y_test, _) = load("train"), load("test")
    architecture = networks.ARCHITECTURES[name]
    model = networks.build(architecture, training=True)
    steps = len(x) // batch_size
    batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=seed).batch(batch_size, True)
    batches = tf.data.Dataset.zip(batches.repeat(), tf.data.Dataset.counter())
    batches = batches.map(lambda xy, i: (warp(xy[0], i, seed), (xy[1], xy[1])), num_parallel_calls=2).prefetch(2)
    model.compile(
        optimizer=keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(
            1e-4, steps * epochs - steps // 2, warmup_target=2e-3, warmup_steps=steps // 2), weight_decay=1e-3),
        loss=[None, keras.losses.SparseCategoricalCrossentropy(from_logits=True)],
        metrics=[None, "accuracy"],
    )
    model.fit(batches, epochs=epochs, steps_per_epoch=steps, verbose=2)

    bare = networks.build(architecture)
    fold(model, bare)
    stored = {w.path: w.numpy().astype(np.float16) for w in bare.weights}
    for weight in bare.weights:
        weight.assign(stored[weight.path].astype(np.float32))
    logits = bare.predict(x_test, batch_size=500, verbose=0)[1]
    accuracy = float(np.mean(logits.argmax(1) == y_test))
    seconds = time.perf_counter() - began
    meta = {
        "accuracy": accuracy, "class_names": class_names, "data": f"{name}, real, training split", "seed": seed,
        "epochs": epochs, "seconds": round(seconds), "command": f"python tools/train_classifier.py {name} --epochs {epochs} --seed {seed}",
        "versions": {"python": platform.python_version(), "tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__},
    }
    path = paths.assets() / "pretrained" / architecture.file
    arrays.save_arrays(path, stored, meta)
    print(f"{path.name}: test accuracy {accuracy:.4f}, {path.stat().st_size / 1e6:.2f} MB, {seconds:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=networks.ARCHITECTURES)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    train(args.name, args.epochs, args.seed)
