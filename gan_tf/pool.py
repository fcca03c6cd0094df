"""A memory of generated pictures, so that a discriminator does not forget what it has learned to refuse."""

import keras
import tensorflow as tf

from gan_tf.checks import whole


class ImagePool:
    """The pictures that a generator made in earlier steps (Shrivastava et al. 2017, section 2.3).

    Until ``size`` pictures of ``shape`` are in it, it keeps all that comes. From then on a new picture changes places
    with one of the pool at random, or passes by, each with a chance of a half; with a size of 0 all pass by. Its state
    is in variables, which :class:`gan_tf.Resume` saves.
    """

    def __init__(self, size: int, shape: tuple[int, ...]):
        self.size = whole("size", size, 0)
        self.images = keras.Variable(tf.zeros((size, *shape)), trainable=False, dtype="float32", name="images")
        self.filled = keras.Variable(0, trainable=False, dtype="int32", name="filled")
        self.variables = [self.images, self.filled]

    def exchange(self, fresh: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
        """Old and new pictures, float32, for as many new ones ``(n, ...)``; those beyond the pool's size pass by."""
        fresh = tf.cast(fresh, "float32")
        if not self.size:
            return fresh
        images, filled = tf.convert_to_tensor(self.images), tf.convert_to_tensor(self.filled)
        n = tf.minimum(tf.shape(fresh)[0], self.size)
        incoming, place = fresh[:n], tf.range(n)
        free = tf.minimum(self.size - filled, n)
        # Distinct places for all: the free ones first, then others in a random order, of which only filled ones are
        # reached, since they stand in front.
        order = keras.random.uniform((self.size,), seed=seed) + tf.cast(tf.range(self.size) >= filled, "float32")
        places = tf.where(place < free, filled + place, tf.gather(tf.argsort(order), tf.maximum(place - free, 0)))
        swapped = (place >= free) & (keras.random.uniform((self.size,), seed=seed)[:n] < 0.5)
        stored = tf.gather(images, places)

        def where(condition: tf.Tensor, one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
            return tf.where(tf.reshape(condition, [-1] + [1] * (len(fresh.shape) - 1)), one, other)

        kept = where(swapped | (place < free), incoming, stored)
        self.images.assign(tf.tensor_scatter_nd_update(images, places[:, None], kept))
        self.filled.assign(filled + free)
        return tf.concat([where(swapped, stored, incoming), fresh[n:]], axis=0)
