"""Copy the README's pictures and sounds out of the committed notebooks' outputs into docs/.

python tools/readme_pictures.py
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent

# file in docs/, the notebook, words that only the code of one of its cells holds
PICTURES = [
    ("lesson_00.gif", "00_the_game_in_2d.ipynb", "show_gif("),
    ("lesson_01_dense.png", "01_mnist_dense_gan.ipynb", 'title="dense generator"'),
    ("lesson_01_conv.png", "01_mnist_dense_gan.ipynb", 'title="convolutional generator"'),
    ("lesson_01_training.gif", "01_mnist_dense_gan.ipynb", "show_gif("),
    ("lesson_02_classes.png", "02_cifar_dcgan.ipynb", 'pretrained.sample("cifar_dcgan"'),
    ("lesson_02_samples.png", "02_cifar_dcgan.ipynb", "show.grid(samples, columns=10"),
    ("lesson_03_samples.png", "03_mel_audio_gan.ipynb", 'title="asked for: zero to nine"'),
    ("lesson_03_digits.wav", "03_mel_audio_gan.ipynb", "Audio(ten_digits"),
    ("lesson_04_shipped.gif", "04_video_gan.ipynb", 'show_film("promised"'),
    ("lesson_04_actions.gif", "04_video_gan.ipynb", 'show_film("actions"'),
    ("lesson_04_digits.gif", "04_video_gan.ipynb", 'show_film("bouncing"'),
    ("lesson_07_shipped.jpg", "07_image_to_image.ipynb", "as they are; at sunset; in winter; at night"),
    ("lesson_07_neon.png", "07_image_to_image.ipynb", "plain; neon; back again; the true signs"),
]


def copied(notebook: Path, words: str, kind: str) -> bytes:
    """The last picture of that kind, or ``wav`` of an inline player, under the first cell whose code holds the words.

    Raises:
        ValueError: there is no such cell or no such output.
    """
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code" and words in cell.source:
            shown = [output.get("data", {}) for output in cell.outputs]
            if kind == "wav":
                players = "".join(data.get("text/html", "") for data in shown)
                found = re.findall(r"data:audio/wav;base64,([A-Za-z0-9+/=]+)", players)
            else:
                mime = "image/jpeg" if kind == "jpg" else f"image/{kind}"
                found = [data[mime] for data in shown if mime in data]
            if found:
                return base64.b64decode(found[-1])
    raise ValueError(f"{notebook.name}: no {kind} under a cell with {words!r}")


if __name__ == "__main__":
    (ROOT / "docs").mkdir(exist_ok=True)
    for name, notebook, words in PICTURES:
        content = copied(ROOT / "notebooks" / notebook, words, name[-3:])
        (ROOT / "docs" / name).write_bytes(content)
        print(f"docs/{name}: {len(content) / 1000:.0f} kB")
