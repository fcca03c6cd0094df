"""The playground's page: shipped nets as .tflite, run in the browser by LiteRT.

LiteRT and not ONNX Runtime: TensorFlow itself writes its format, and its runtime has 9 MB, not 14 MB.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import tempfile
from collections.abc import Callable, Iterable
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
OUTLINES = {  # SVG paths in a field of 280 x 280, for who draws without a pointer
    "face": "M245 140a105 105 0 1 1-210 0a105 105 0 1 1 210 0M112 110a12 12 0 1 1-24 0a12 12 0 1 1 24 0"
    "M192 110a12 12 0 1 1-24 0a12 12 0 1 1 24 0M95 170q45 60 90 0",
    "cat": "M60 40l45 35q35-12 70 0l45-35l10 80q15 120-90 125q-105-5-90-125zM112 140a10 10 0 1 1-20 0a10 10 0 1 1 20 0"
    "M188 140a10 10 0 1 1-20 0a10 10 0 1 1 20 0M128 175h24l-12 14zM140 189v12M110 205q30 20 60 0",
    "heart": "M140 245C60 180 30 140 35 95c8-55 80-65 105-10c25-55 97-45 105 10c5 45-25 85-105 150z",
    "fish": "M40 140c40-70 120-70 170 0c-50 70-130 70-170 0zM200 128l50-40v104l-50-40"
    "M85 125a8 8 0 1 1-16 0a8 8 0 1 1 16 0",
    "mushroom": "M35 150c0-70 50-110 105-110s105 40 105 110zM105 150c5 40-5 70-15 95h100c-10-25-20-55-15-95",
}
KEPT = ROOT / "build" / "playground"  # conversions, which take half a minute
GENERATORS, TRANSLATORS = ("mnist_dcgan", "mnist_conditional", "cifar_dcgan"), ("digit_to_neon", "outline_to_emoji")


def nets() -> list[str]:
    """The names of the nets in the playground: a translator has its place once it is shipped."""
    return [*GENERATORS, *(name for name in TRANSLATORS if name in pretrained.TRANSLATORS)]


def page() -> str:
    """The inner HTML of the page."""
    look = jinja2.Environment(loader=jinja2.FileSystemLoader(SOURCE), autoescape=True)
    emoji = "outline_to_emoji" in nets()
    return look.get_template("play.html.j2").render(
        names=NAMES, keys=KEYS, instruments=SHARES, emoji=emoji, outlines=OUTLINES
    )


def converted(name: str) -> Path:
    """A shipped net as .tflite."""

    def make() -> bytes:
        net = pretrained.translator(name) if name in TRANSLATORS else pretrained.load(name)
        return _lite(net.generator)

    return kept(name, ".tflite", make)


def kept(name: str, suffix: str, make: Callable[[], bytes], also: Iterable[Path] = ()) -> Path:
    """A file of what ``make`` returns; made anew when the net's weights, our code (with the files of ``also``) or
    TensorFlow have changed."""
    code = [*(ROOT / "gan_tf" / "models").glob("*.py"), *also]
    made_by = [pretrained.shipped_file(name), Path(__file__), *sorted(code)]
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
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        # Shipped weights are float16 already, so this changes no number and halves the file.
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()


def sounds() -> Path:
    """The keyboard's sounds: 8 bits by the mu law, all keys, instrument by instrument."""

    def make() -> bytes:
        import librosa

        x = np.concatenate([pretrained.sample_blend(KEYS, "clarinet", "guitar", share)[0] for share in SHARES.values()])
        x = x[:, :LENGTH]
        x[:, -800:] *= np.linspace(1, 0, 800, dtype=np.float32)
        x *= 0.9 / np.maximum(np.abs(x).max(axis=1, keepdims=True), 1e-6)
        return librosa.mu_compress(x, quantize=True).astype(np.int8).tobytes()

    course = ROOT / "gan_course"
    return kept("notes", ".ulaw", make, [course / "note_networks.py", *(course / "audio").glob("*.py")])


def build(folder: Path) -> None:
    """Write what the page loads into ``folder``: its script, LiteRT's runtime, the nets and the keyboard's sounds."""
    folder.mkdir(parents=True, exist_ok=True)
    site_node.run("bundle.mjs", str(folder), f"notes={sounds()}", *(f"{name}={converted(name)}" for name in nets()))
