"""How good is a generator? Feature networks, distances, and a report with the real-against-real floor beside it."""

from gan_tf.metrics.features import FeatureNetwork, feature_network

__all__ = ["FeatureNetwork", "feature_network"]
