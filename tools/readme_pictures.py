"""Copy the pictures and sounds of docs/ out of the committed notebooks' outputs, and draw the README's strip.

python tools/readme_pictures.py
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import gan_tf  # noqa: F401  before keras: it silences TensorFlow's start-up lines

# isort: split
import matplotlib
import nbformat
import numpy as np
import soundfile
from PIL import Image

from gan_course import data, pretrained, show

ROOT = Path(__file__).resolve().parent.parent

# file in docs/, the notebook, words that only the code of one of its cells holds
PICTURES = [
    ("lesson_00.gif", "00_the_game_in_2d.ipynb", "show_gif("),
    ("lesson_01_dense.png", "01_mnist_dense_gan.ipynb", 'title="dense generator"'),
    ("lesson_01_conv.png", "01_mnist_dense_gan.ipynb", 'title="convolutional generator"'),
    ("lesson_01_training.gif", "01_mnist_dense_gan.ipynb", "show_gif("),
    ("lesson_02_classes.png", "02_cifar_dcgan.ipynb", 'pretrained.sample("cifar_dcgan"'),
    ("lesson_02_samples.png", "02_cifar_dcgan.ipynb", "show.grid(samples, columns=10"),
    ("lesson_03_samples.png", "03_mel_audio_gan.ipynb", 'title="requested: zero to nine"'),
    ("lesson_03_digits.wav", "03_mel_audio_gan.ipynb", "Audio(ten_digits"),
    ("lesson_04_shipped.gif", "04_video_gan.ipynb", 'show_film("promised"'),
    ("lesson_04_actions.gif", "04_video_gan.ipynb", 'show_film("actions"'),
    ("lesson_04_digits.gif", "04_video_gan.ipynb", 'show_film("bouncing"'),
    ("lesson_07_emoji.jpg", "07_image_to_image.ipynb", "outlines and emoji that nobody trained on"),
    ("lesson_07_shipped.jpg", "07_image_to_image.ipynb", '"at sunset", "in winter", "at night"'),
    ("lesson_07_neon.png", "07_image_to_image.ipynb", '"plain", "neon", "back again", "true signs"'),
    ("lesson_12_notes.png", "12_notes_gan.ipynb", "after one epoch; at the end; real"),
    ("lesson_12_melody.wav", "12_notes_gan.ipynb", '"generated, half-way"'),
]


def copied(notebook: Path, words: str, kind: str) -> bytes:
    """The last picture of that kind, or the sound of the last player, under the first cell whose code holds the words.

    Raises:
        ValueError: there is no such cell or no such output.
    """
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code" and words in cell.source:
            shown = [output.get("data", {}) for output in cell.outputs]
            if kind == "wav":
                players = "".join(data.get("text/html", "") for data in shown)
                sounds = re.findall(r"data:audio/(wav|flac);base64,([A-Za-z0-9+/=]+)", players)
                found = [text if form == "wav" else _as_wav(text) for form, text in sounds]
            else:
                mime = "image/jpeg" if kind == "jpg" else f"image/{kind}"
                found = [data[mime] for data in shown if mime in data]
            if found:
                return base64.b64decode(found[-1])
    raise ValueError(f"{notebook.name}: no {kind} under a cell with {words!r}")


def _as_wav(flac: str) -> bytes:
    """A FLAC file as a WAV file, both base64."""
    sound, rate = soundfile.read(io.BytesIO(base64.b64decode(flac)), dtype="int16")
    stream = io.BytesIO()
    soundfile.write(stream, sound, rate, format="WAV")
    return base64.b64encode(stream.getvalue())


TILE, GAP, COLUMNS = 80, 20, 4


def strip() -> Image.Image:
    """What shipped nets make, in five blocks of twelve tiles, each from seed 0: nothing is picked.

    Digits; landscapes; three clips, four of their frames; four unseen digits, the same as neon signs, and back again;
    spectrograms of spoken digits, zero to nine and on.
    """
    clips = pretrained.sample("human_actions", 3)
    frames = clips[:, np.linspace(0, clips.shape[1] - 1, COLUMNS).round().astype(int)].reshape(-1, *clips.shape[2:])
    digits = np.repeat(data.load("mnist", split="test", source="embedded").x[:COLUMNS], 3, axis=-1)
    neon = pretrained.translator("digit_to_neon")(digits)
    signs = np.concatenate([digits, neon, pretrained.translator("neon_to_digit")(neon)])
    sounds = show.to_uint8(pretrained.sample("spoken_digits_mel", 12))[:, ::-1, :, 0]
    blocks = [
        show.to_uint8(pretrained.sample("mnist_dcgan", 12)),
        show.to_uint8(pretrained.sample("scenes_100", 12)),
        *(show.to_uint8(block) for block in (frames, signs)),
        np.uint8(matplotlib.colormaps["magma"](sounds)[..., :3] * 255),
    ]
    rows, width = len(blocks[0]) // COLUMNS, COLUMNS * TILE
    page = Image.new("RGB", (len(blocks) * (width + GAP) - GAP, rows * TILE), "white")
    for b, block in enumerate(blocks):
        for i, tile in enumerate(block):
            picture = Image.fromarray(tile.squeeze()).convert("RGB").resize((TILE - 2, TILE - 2), Image.LANCZOS)
            page.paste(picture, (b * (width + GAP) + i % COLUMNS * TILE, i // COLUMNS * TILE))
    return page


if __name__ == "__main__":
    (ROOT / "docs").mkdir(exist_ok=True)
    for name, notebook, words in PICTURES:
        content = copied(ROOT / "notebooks" / notebook, words, name[-3:])
        (ROOT / "docs" / name).write_bytes(content)
        print(f"docs/{name}: {len(content) / 1000:.0f} kB")
    strip().save(ROOT / "docs" / "strip.jpg", quality=85, optimize=True)
    print(f"docs/strip.jpg: {(ROOT / 'docs' / 'strip.jpg').stat().st_size / 1000:.0f} kB")
