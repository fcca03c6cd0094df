"""The playground's page: shipped nets as .tflite, run in the browser by LiteRT.

LiteRT and not ONNX Runtime: TensorFlow itself writes its format, and its runtime has 9 MB, not 14 MB.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import tempfile
from collections.abc import Callable
from pathlib import Path

import jinja2
import keras
import numpy as np
import tensorflow as tf

import site_node
from gan_course import pretrained
from gan_course.data.cifar10 import NAMES
from gan_tf.startup import silence

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tools" / "site" / "play"
KEYS = tuple(range(60, 78))  # an octave and a half from the middle C
LENGTH = 12_288  # samples of a key
SHARES = {"clarinet": 0.0, "half-way": 0.5, "guitar": 1.0}  # of the guitar
KEPT = ROOT / "build" / "playground"  # conversions, which take half a minute
GENERATORS, TRANSLATORS = ("mnist_dcgan", "mnist_conditional", "cifar_dcgan"), ("digit_to_neon", "outline_to_emoji")


def nets() -> list[str]:
    """The names of the nets in the playground: a translator has its place once it is shipped."""
    return [*GENERATORS, *(name for name in TRANSLATORS if name in pretrained.TRANSLATORS)]


def page() -> str:
    """The inner HTML of the page."""
    look = jinja2.Environment(loader=jinja2.FileSystemLoader(SOURCE), autoescape=True)
    emoji = "outline_to_emoji" in nets()
    return look.get_template("play.html.j2").render(names=NAMES, keys=KEYS, instruments=SHARES, emoji=emoji)


def converted(name: str) -> Path:
    """A shipped net as .tflite."""

    def make() -> bytes:
        net = pretrained.translator(name) if name in TRANSLATORS else pretrained.load(name)
        return _lite(net.generator)

    return kept(name, ".tflite", make)


def kept(name: str, suffix: str, make: Callable[[], bytes]) -> Path:
    """A file of what ``make`` returns; made anew when the net's weights, our code or TensorFlow have changed."""
    code = [*(ROOT / "gan_tf" / "models").glob("*.py"), *(ROOT / "gan_course" / "audio").glob("*.py")]
    made_by = [pretrained.shipped_file(name), Path(__file__), ROOT / "gan_course" / "note_networks.py", *sorted(code)]
    version = importlib.metadata.version("tensorflow").encode()
    key = hashlib.sha256(b"".join([version, *(path.read_bytes() for path in made_by)])).hexdigest()[:16]
    path = KEPT / f"{name}-{key}{suffix}"
    if not path.is_file():
        for old in KEPT.glob(f"{name}-*"):
            old.unlink()
        KEPT.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make())
    return path


def _lite(net: keras.Model) -> bytes:
    """The net as .tflite for batches of one: LiteRT in the browser takes no open batch size, which export.save has."""
    shapes = [tf.TensorSpec((1, *one.shape[1:]), one.dtype) for one in net.inputs]
    archive = keras.export.ExportArchive()
    archive.track(net)
    archive.add_endpoint("serve", lambda *given: net(given if len(given) > 1 else given[0], training=False), shapes)
    with tempfile.TemporaryDirectory() as folder, silence():
        archive.write_out(folder, verbose=False)
        return tf.lite.TFLiteConverter.from_saved_model(folder).convert()


def sounds() -> Path:
    """The keyboard's sounds: 8 bits by the mu law, all keys, instrument by instrument."""
    import librosa

    def make() -> bytes:
        x = np.concatenate([pretrained.sample_blend(KEYS, "clarinet", "guitar", share)[0] for share in SHARES.values()])
        x = x[:, :LENGTH]
        x[:, -800:] *= np.linspace(1, 0, 800, dtype=np.float32)
        x *= 0.9 / np.maximum(np.abs(x).max(axis=1, keepdims=True), 1e-6)
        return librosa.mu_compress(x, quantize=True).astype(np.int8).tobytes()

    return kept("notes", ".ulaw", make)


def build(folder: Path) -> None:
    """Write what the page loads into ``folder``: its script, LiteRT's runtime, the nets and the keyboard's sounds."""
    folder.mkdir(parents=True, exist_ok=True)
    site_node.run("bundle.mjs", str(folder), f"notes={sounds()}", *(f"{name}={converted(name)}" for name in nets()))
