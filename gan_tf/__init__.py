"""GANs in Keras 3 and TensorFlow: train steps, losses, networks, distances. What an engineer copies, and nothing else.

Import this package before ``keras`` or ``tensorflow``: it keeps their start-up lines out of your notebook.
"""

from gan_tf import startup

startup.import_tensorflow()

from gan_tf import augment, losses, metrics, models, replicas, steps  # noqa: E402
from gan_tf.gan import GAN  # noqa: E402
from gan_tf.image_to_image import CycleGAN, ImagePool, Pix2Pix, StarGAN  # noqa: E402
from gan_tf.resume import Resume  # noqa: E402
from gan_tf.runtime import Run, setup  # noqa: E402
from gan_tf.sampling import Sampler, walk  # noqa: E402

__version__ = "0.1.0"

__all__ = [
    "GAN", "CycleGAN", "ImagePool", "Pix2Pix", "Resume", "Run", "Sampler", "StarGAN", "augment", "losses", "metrics",
    "models", "replicas", "setup", "steps", "walk",
]  # fmt: skip
