"""GANs for images, sound and video: the helper package of the course.

Import this package before ``keras`` or ``tensorflow``: it keeps their start-up lines out of your notebook.
"""

from gan_tf import _quiet

_quiet.import_tensorflow()

from gan_tf import (  # noqa: E402
    audio,
    augment,
    data,
    export,
    library,
    losses,
    metrics,
    models,
    paths,
    plot,
    pretrained,
    video,
)
from gan_tf.checkpoint import Resume  # noqa: E402
from gan_tf.cycle_gan import CycleGAN  # noqa: E402
from gan_tf.diagnosis import Diagnosis, diagnose  # noqa: E402
from gan_tf.perception import Perception  # noqa: E402
from gan_tf.pix2pix import Pix2Pix  # noqa: E402
from gan_tf.runtime import Run, setup  # noqa: E402
from gan_tf.sampling import walk  # noqa: E402
from gan_tf.star_gan import StarGAN  # noqa: E402
from gan_tf.training import GAN  # noqa: E402

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
