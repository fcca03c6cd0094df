"""How the lessons' networks are trained: what tools/train_pretrained.py ships and the benchmarks change on trial."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import gan_tf  # before keras: it silences the start-up lines
from gan_course import clip_networks, dialogue, note_networks
from gan_course.data.notes import NOTE_NAMES

# isort: split
import keras

from gan_tf import augment, models


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Two nets and all that decides how they are trained."""

    generator_options: dict[str, Any]
    discriminator_options: dict[str, Any]
    gan: dict[str, Any]
    generator: Callable[..., keras.Model] = models.conv_generator
    discriminator: Callable[..., keras.Model] = models.conv_discriminator
    batch_size: int = 32
    learning_rate: float = 2e-3
    beta_1: float = 0.5
    beta_2: float = 0.99
    global_clipnorm: float | None = None

    def changed(self, **changes: Any) -> Recipe:
        """This recipe with some values replaced; options of nets and GAN are merged, not replaced."""
        merged = {
            name: {**getattr(self, name), **value} if isinstance(value, dict) else value
            for name, value in changes.items()
        }
        return dataclasses.replace(self, **merged)

    def build(self, shape: tuple[int, ...], seed: int = 0) -> gan_tf.GAN:
        """The untrained GAN for samples of that shape, in the precision that is set."""
        generator = self.generator(shape, **self.generator_options)
        return gan_tf.GAN(generator, self.discriminator(shape, **self.discriminator_options), seed=seed, **self.gan)

    def optimizers(self, learning_rate: Any = None) -> list[keras.optimizers.Optimizer]:
        """One for each net, with the recipe's learning rate or with a schedule."""
        rate = self.learning_rate if learning_rate is None else learning_rate
        adam = functools.partial(keras.optimizers.Adam, rate, beta_1=self.beta_1, beta_2=self.beta_2)
        return [adam(global_clipnorm=self.global_clipnorm) for _ in range(2)]


def moved(by_bands: int, by_frames: int) -> Callable[..., Any]:
    """An augmentation: spectrograms of 64x64 a little deeper or higher, earlier or later; the gap is silent."""
    return functools.partial(augment.translation, ratio=(by_bands / 64, by_frames / 64), fill=-1.0)


# Clips a little to the side and up or down, in another light; all frames of a clip alike.
FILMED = augment.compose(
    functools.partial(augment.translation, ratio=1 / 16), functools.partial(augment.colour, strength=0.3)
)

TEN = {name: {"classes": 10} for name in ("generator_options", "discriminator_options", "gan")}

MNIST_DENSE = Recipe(
    generator=models.dense_generator,
    generator_options={"latent_dim": 64},
    discriminator=models.dense_discriminator,
    discriminator_options={},
    gan={"penalty": "r1", "penalty_every": 8, "ema": 0.999},
    batch_size=128,
    learning_rate=1e-3,
)
MNIST_DCGAN = MNIST_DENSE.changed(
    generator=models.conv_generator, discriminator=models.conv_discriminator, batch_size=64, learning_rate=4e-3
)
MNIST_CONDITIONAL = MNIST_DCGAN.changed(**TEN, beta_1=0.0)
CIFAR = Recipe(
    generator_options={
        "latent_dim": 64,
        "resize": True,
        "last": 16,
        "batch_norm": False,
        "modulate": True,
        "classes": 10,
    },
    discriminator_options={"widths": (32, 64, 128), "classes": 10},
    gan={"penalty": "r1", "penalty_weight": 0.3, "penalty_every": 8, "ema": 0.999, "classes": 10},
    beta_1=0.0,
)
# Drawn landscapes of 100x100: 112 are made, from a grid of 7, and the edges cut off.
SCENES_100 = CIFAR.changed(
    generator_options={"widths": (96, 64, 32, 24), "margin": 6},
    discriminator_options={"widths": (16, 32, 64, 128)},
)
SPOKEN_DIGITS = Recipe(
    generator_options={"latent_dim": 64, "widths": (128, 64, 32, 16), "batch_norm": False, "classes": 10},
    discriminator_options={"widths": (16, 32, 64, 128), "classes": 10},
    gan={**CIFAR.gan, "augment": moved(1, 3)},
)
HUMAN_ACTIONS = Recipe(
    generator=clip_networks.motion_generator,
    generator_options={"content_dim": 48, "motion_dim": 16, "units": 64, "classes": 4},
    discriminator=clip_networks.clip_discriminator,
    discriminator_options={"frame_widths": (16, 32, 64), "classes": 4},
    gan={**MNIST_DENSE.gan, "classes": 4, "augment": FILMED},
    batch_size=16,
    beta_1=0.0,
    # Without the mean of earlier gradients one steep gradient is one long step, and a recurrent path makes steep ones:
    # four of five short trainings jumped in their first 300 steps, and none with this limit.
    global_clipnorm=1.0,
)
# The ground is black: nothing to draw there.
MOVING_DIGITS = HUMAN_ACTIONS.changed(**TEN).changed(generator_options={"background": False}, gan={"augment": None})
NOTES = Recipe(
    generator=note_networks.note_generator,
    generator_options={"latent_dim": 32, "classes": len(NOTE_NAMES)},
    discriminator=note_networks.note_discriminator,
    discriminator_options={"classes": len(NOTE_NAMES)},
    # The penalty on 65,536 numbers is small for its slope, so it weighs more than on pictures.
    gan={**CIFAR.gan, "penalty_weight": 1.0, "classes": len(NOTE_NAMES)},
    batch_size=16,
    learning_rate=1e-3,
    beta_1=0.0,
)
# Likelihood comes first (train_dialogue.py); the game then takes small steps. One-hot words have many directions that
# lead to no word, and R1 counts the slope along all of them, so its weight is small.
DIALOGUE = Recipe(
    generator=dialogue.text_generator,
    generator_options={"units": 192, "word_dim": 64, "classes": 4},
    discriminator=dialogue.text_discriminator,
    discriminator_options={"classes": 4},
    gan={"penalty": "r1", "penalty_weight": 1e-3, "penalty_every": 8, "ema": 0.998, "classes": 4},
    batch_size=64,
    learning_rate=2e-3,
    global_clipnorm=1.0,
)

# Wider nets and larger batches, for one GPU of a data centre: `tools/train_pretrained.py NAME --recipe gpu`. They were
# not trained for long yet. Widths grow with a smaller step, as wide nets want it; the batch has work for the card.
_WIDE = {"generator_options": {"widths": (256, 128)}, "discriminator_options": {"widths": (64, 128, 256)}}
_WIDE |= {"batch_size": 128, "learning_rate": 2e-3}
GPU = {
    "mnist_dense": MNIST_DENSE.changed(
        generator_options={"widths": (512, 1024)}, discriminator_options={"widths": (1024, 512)}, batch_size=256
    ),
    "mnist_dcgan": MNIST_DCGAN.changed(**_WIDE),
    "mnist_conditional": MNIST_CONDITIONAL.changed(**_WIDE),
    # 3.0 million weights in the generator; the shipped one has 0.3.
    "cifar_dcgan": CIFAR.changed(
        generator_options={"latent_dim": 128, "widths": (512, 256, 128), "last": 64},
        discriminator_options={"widths": (64, 128, 256, 512)},
        batch_size=64,
        learning_rate=1e-3,
    ),
    # 128 bands and 64 windows.
    "spoken_digits_mel": SPOKEN_DIGITS.changed(
        generator_options={"widths": (256, 128, 64, 32)},
        discriminator_options={"widths": (32, 64, 128, 256)},
        gan={"augment": functools.partial(augment.translation, ratio=(2 / 128, 3 / 64), fill=-1.0)},
        batch_size=64,
        learning_rate=1e-3,
    ),
    "notes": NOTES.changed(
        generator_options={"widths": (256, 128, 64, 32), "last": 48},
        discriminator_options={"widths": (48, 96, 192, 256)},
        batch_size=64,
    ),
    # Frames of 64x64.
    "human_actions": HUMAN_ACTIONS.changed(
        generator_options={"widths": (128, 64, 32, 16), "units": 128},
        discriminator_options={"widths": (32, 64, 128, 128), "frame_widths": (32, 64, 128, 128)},
        batch_size=32,
        learning_rate=1e-3,
    ),
}
