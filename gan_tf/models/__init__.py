"""Reference networks in pure Keras. Each lesson writes its own in full; a test proves that both are the same.

Every generator maps latents ``(n, latent_dim)`` to samples in [-1, 1], float32; that of texts to one-hot vectors. Every
discriminator maps samples to logits ``(n, 1)``, float32, and treats each sample alone: batch normalisation stands in
generators only. The text-book pair is the exception.
"""

from gan_tf.models.clipping import Clip, clip_weights
from gan_tf.models.clips import clip_discriminator, motion_generator, video_generator
from gan_tf.models.images import (
    CONDITIONINGS,
    conv_discriminator,
    conv_generator,
    dense_discriminator,
    dense_generator,
    image_widths,
    textbook_discriminator,
    textbook_generator,
)
from gan_tf.models.text import GumbelChoice, forced, text_discriminator, text_generator, text_likelihood
from gan_tf.models.translators import patch_discriminator, receptive_field, translator, unet

__all__ = [
    "CONDITIONINGS",
    "GENERATORS",
    "TRANSLATORS",
    "Clip",
    "GumbelChoice",
    "clip_discriminator",
    "clip_weights",
    "conv_discriminator",
    "conv_generator",
    "dense_discriminator",
    "dense_generator",
    "forced",
    "image_widths",
    "motion_generator",
    "patch_discriminator",
    "receptive_field",
    "text_discriminator",
    "text_generator",
    "text_likelihood",
    "textbook_discriminator",
    "textbook_generator",
    "translator",
    "unet",
    "video_generator",
]

# What a file of weights may name.
GENERATORS = {
    "dense_generator": dense_generator,
    "conv_generator": conv_generator,
    "textbook_generator": textbook_generator,
    "motion_generator": motion_generator,
    "video_generator": video_generator,
    "text_generator": text_generator,
}
TRANSLATORS = {"translator": translator, "unet": unet}
