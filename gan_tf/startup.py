"""Import TensorFlow without the half a dozen lines that it writes before its own log level is in force."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence() -> Iterator[None]:
    """Keep what C++ writes to file descriptor 2 off the screen, in a temporary file; after an error it is shown."""
    try:
        kept = os.dup(2)
    except OSError:  # Closed, as for a program without a console: nothing to silence.
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            log.seek(0)
            os.write(kept, log.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def import_tensorflow() -> None:
    """Import TensorFlow silently; ImportError: it is broken or missing, or Keras has another backend, or order."""
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        # By itself TensorFlow uses oneDNN only from AVX-512 VNNI on. Without it 3-D convolutions are dozens of times
        # slower, and 2-D ones of colour pictures nearly twice (benchmarks/onednn.py).
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
        with silence():
            import tensorflow as tf

            tf.config.list_physical_devices()  # To look for a GPU prints its own lines on a machine without one.
    # It warns of functions that are traced too often; but each Keras model traces one of its own, and must.
    logging.getLogger("tensorflow").addFilter(lambda news: "triggered tf.function retracing" not in news.getMessage())

    import keras

    if keras.backend.backend() != "tensorflow":
        found = f"gan_tf needs the TensorFlow backend of Keras, but Keras runs on {keras.backend.backend()!r}"
        raise ImportError(f"{found}; set the environment variable KERAS_BACKEND=tensorflow before Python starts")
    if keras.config.image_data_format() != "channels_last":
        cure = 'set "image_data_format": "channels_last" in keras.json'
        raise ImportError(f"gan_tf needs channels last, but Keras is set to channels_first; {cure}")
