"""Import gan_tf before any test imports keras or tensorflow: it silences their start-up lines."""

import gan_tf  # noqa: F401
