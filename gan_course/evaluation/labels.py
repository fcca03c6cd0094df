"""Does a generator make samples of the class on which it was conditioned?"""

from __future__ import annotations

from typing import Any

from gan_course.evaluation.features import FeatureNetwork, feature_network
from gan_tf.checks import checked_labels


def label_accuracy(samples: Any, labels: Any, network: FeatureNetwork | str) -> float:
    """Share of the samples that a classifier assigns to the class on which the generator was conditioned.

    Compare it with the classifier's own accuracy on real samples, ``network.accuracy``. A generator that is as good as
    the data gets about as far, unless the classifier was tested on something else than what the generator learned from:
    that of the human actions is tested on people whom no generator of ours has seen.

    Args:
        samples: (n, ...) in the units of the data; waveforms (n, samples) where the network listens.
        labels: integers (n,), on which the generator was conditioned.
        network: the classifier, or the name of its data set.

    Returns:
        0 to 1.

    Raises:
        ValueError: samples that the network does not take, or labels of a wrong shape, type or range.

    Example:
        >>> labels = np.arange(100) % 10
        >>> label_accuracy(gan.sample(100, labels=labels), labels, "cifar10")
    """
    network = feature_network(network) if isinstance(network, str) else network
    labels = checked_labels(labels, len(samples), len(network.class_names))
    return float((network.predict_logits(samples).argmax(axis=1) == labels).mean())
