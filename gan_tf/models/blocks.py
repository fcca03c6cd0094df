"""What the networks for images and for clips are built of."""

from __future__ import annotations

from typing import Any

from keras import layers


def told(code: Any, x: Any) -> Any:
    """Tell a code ``(n, d)`` to the channels of ``x``, ``(n, H, W, C)``: it becomes one factor a channel."""
    factors = layers.Dense(x.shape[-1], bias_initializer="ones")(code)
    return layers.Multiply()([x, layers.Reshape((1, 1, -1))(factors)])


def resized(x: Any, channels: int, **options: Any) -> Any:
    """Repeat each pixel, then convolve with 3x3: twice the height and width (Odena et al. 2016)."""
    return layers.Conv2D(channels, 3, padding="same", **options)(layers.UpSampling2D()(x))


def pixels(x: Any) -> Any:
    """What the last layer of a generator says, as pixels: float32 in [-1, 1].

    The layer itself computes in the precision of the others. If that is bfloat16, a pixel is off by less than 0.002, a
    quarter of a step of 8 bits, and the step takes about a tenth less time (benchmarks/README.md).
    """
    return layers.Activation("tanh", dtype="float32")(x)


def verdict(x: Any, labels: Any, classes: int | None) -> Any:
    """A logit from features ``(n, d)``; with classes plus a projection of the label (Miyato and Koyama 2018)."""
    logits = layers.Dense(1, dtype="float32")(x)
    if not classes:
        return logits
    match = layers.Dot(1, dtype="float32")([layers.Dense(64)(x), layers.Embedding(classes, 64)(labels)])
    return layers.Add(dtype="float32")([logits, match])
