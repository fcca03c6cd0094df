"""What the lessons stand on: data, evaluation, figures, sounds, films, shipped weights."""

import gan_tf  # noqa: F401  before keras and tensorflow: it silences their start-up lines
