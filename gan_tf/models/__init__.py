"""Reference networks in pure Keras. Each lesson writes its own in full; a test proves that both are the same.

Generators map latents ``(n, latent_dim)`` to samples in [-1, 1], float32. Discriminators map samples to logits,
float32, and treat each alone: they have no batch normalisation. What these arguments mean is the same everywhere:

- ``shape``: of one sample, channels last; ``latent_dim``: length of a latent.
- ``widths``: channels of a generator's grids from the smallest on, each twice the height and width of the one before;
  channels after each convolution of a discriminator, each of which halves them. Of dense networks: units.
- ``classes``: number of classes, for a second input of integer labels ``(n,)``; without it a network has none.
"""

from gan_tf.models.images import (
    CONDITIONINGS,
    conv_discriminator,
    conv_generator,
    dense_discriminator,
    dense_generator,
    image_widths,
)
from gan_tf.models.translators import patch_discriminator, receptive_field, translator, unet

__all__ = [
    "CONDITIONINGS", "conv_discriminator", "conv_generator", "dense_discriminator", "dense_generator", "image_widths",
    "patch_discriminator", "receptive_field", "translator", "unet",
]  # fmt: skip
