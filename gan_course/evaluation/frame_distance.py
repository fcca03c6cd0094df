"""Do the frames of clips look real, whatever they do from one to the next?"""

from __future__ import annotations

from typing import Any

from gan_course.data.faults import shuffled
from gan_course.evaluation.features import FeatureNetwork, feature_network
from gan_course.evaluation.motion import check_clips, cut
from gan_tf.checks import whole
from gan_tf.metrics import frechet_distance


def frame_distance(
    clips: Any, real: Any, network: FeatureNetwork | str = "cifar10", frames: int = 4, seed: int = 0
) -> float:
    """Frechet distance between single frames, in the features of a network for pictures: blind to motion.

    The network need not have learned what the clips show, as FID's was never taught faces. What it must not be is a
    classifier that was taught to look through noise. Frames of clips that stand still, or come in a random order, are
    as good as ever.

    Args:
        clips: generated, ``(n, T, height, width, channels)`` in [-1, 1].
        real: real ones, of the same frame size.
        network: what sees the frames. Frames larger than it knows are cut around the middle of their ink, which suits
            moving digits and the network ``"mnist"``.
        frames: how many are drawn of each clip, at random; with few clips take more.
        seed: fixes which.

    Raises:
        ValueError: as :func:`gan_course.evaluation.motion.check_clips`; or frames that the network cannot see.
    """
    network = feature_network(network) if isinstance(network, str) else network
    found = []
    for name, x in (("clips", clips), ("real", real)):
        x = check_clips(x, name)
        (height, width), channels = x.shape[2:4], x.shape[-1]
        if channels != network.shape[-1] or min(height, width) < network.shape[0]:
            raise ValueError(
                f"{name}: got frames of shape {x.shape[2:]}, expected {network.shape} or larger ones with "
                f"{network.shape[-1]} channels, as {network.name!r} sees"
            )
        count = min(whole("frames", frames, 1), x.shape[1])
        x = shuffled(x, seed)[:, :count]
        same = (height, width) == network.shape[:2]
        found.append(network.features(x.reshape(-1, *x.shape[2:]) if same else cut(x, network.shape[0])))
    return frechet_distance(*found)
