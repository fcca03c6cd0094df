"""A worker that takes four steps of a GAN, alone or as ``$TF_CONFIG`` says: ``python -m tests.helpers.worker``.

Keras 3's ``fit`` raises under this strategy (keras#20585); ``train_step`` inside ``strategy.run`` does not. The logs
are printed as JSON.
"""

import json
import os

import keras
import tensorflow as tf
from tests.helpers import tiny, two_devices

import gan_tf

if __name__ == "__main__":
    strategy = tf.distribute.get_strategy()
    if "TF_CONFIG" in os.environ:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    with strategy.scope():
        keras.utils.set_random_seed(0)
        gan = gan_tf.GAN(*two_devices.nets(False), penalty="r1", penalty_every=2)
        gan.compile(two_devices.optimizer("plain", 0.1), two_devices.optimizer("plain", 0.1))

    @tf.function
    def global_step(real):
        logs = strategy.run(gan.train_step, args=(real,))
        return {name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()}

    batches = tf.data.Dataset.from_tensor_slices(tiny.toy().x).batch(16, drop_remainder=True)
    logs = [global_step(real) for real in strategy.experimental_distribute_dataset(batches)]
    print(json.dumps([{name: float(value) for name, value in log.items()} for log in logs]))
