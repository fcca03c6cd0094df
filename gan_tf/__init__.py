"""GANs for images, sound and video: the helper package of the course.

Import this package before ``keras`` or ``tensorflow``: it keeps their start-up lines out of your notebook.
"""

from gan_tf import startup

startup.import_tensorflow()

from gan_course import audio, data, export, library, paths, pretrained, show, video
from gan_course.evaluation.diagnosis import Diagnosis, diagnose  # noqa: E402
from gan_course.perception import Perception  # noqa: E402
from gan_tf import augment, losses, models
from gan_tf.gan import GAN  # noqa: E402
from gan_tf.image_to_image import (
    CycleGAN,
    Pix2Pix,
    StarGAN,
)
from gan_tf.resume import Resume  # noqa: E402
from gan_tf.runtime import Run, setup  # noqa: E402
from gan_tf.sampling import walk  # noqa: E402

__version__ = "0.1.0"

__all__ = [
    "GAN",
    "CycleGAN",
    "Diagnosis",
    "Perception",
    "Pix2Pix",
    "Resume",
    "Run",
    "StarGAN",
    "audio",
    "augment",
    "data",
    "diagnose",
    "export",
    "library",
    "losses",
    "metrics",
    "models",
    "paths",
    "plot",
    "pretrained",
    "setup",
    "video",
    "walk",
]
