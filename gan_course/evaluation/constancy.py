"""Does a moving digit stay the same digit?"""

from __future__ import annotations

from typing import Any

import numpy as np

from gan_course.evaluation.features import FeatureNetwork, feature_network
from gan_course.evaluation.motion import check_clips, cut


def constancy(clips: Any, network: FeatureNetwork | str = "mnist") -> np.ndarray:
    """Share of the frames of each clip that a digit classifier names as it names most of them.

    Each frame is cut around the middle of its ink, as MNIST places a digit by its centre of mass. So a digit that moves
    and turns back scores about 1, one that melts into others scores less, and frames named by chance about a quarter. A
    blot that never changes scores 1 as well, so ask too which digit is seen.

    Args:
        clips: ``(n, frames, height, width, 1)`` in [-1, 1], one digit, bright on black.
        network: the classifier of single digits.

    Returns:
        float32 ``(n,)``, 1 / frames to 1.

    Raises:
        ValueError: another shape, more than one channel, NaN, or values outside [-1, 1].
    """
    clips = check_clips(clips)
    network = feature_network(network) if isinstance(network, str) else network
    side, channels = network.shape[0], network.shape[-1]
    if clips.shape[-1] != channels:
        raise ValueError(f"clips: got {clips.shape[-1]} channels, expected {channels}, as {network.name!r} has")
    seen = network.predict_logits(cut(clips, side)).argmax(axis=1).reshape(clips.shape[:2])
    counts = (seen[:, :, None] == np.arange(len(network.class_names))).sum(axis=1)
    return (counts.max(axis=1) / clips.shape[1]).astype(np.float32)
