"""Copy the README's pictures out of the committed notebooks' outputs into docs/.

python tools/readme_pictures.py
"""

from __future__ import annotations

import base64
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
    ("lesson_02_samples.png", "02_cifar_dcgan.ipynb", "plot.grid(samples, columns=10"),
]


def picture(notebook: Path, words: str, kind: str) -> bytes:
    """The last picture of that MIME kind under the first cell whose code holds the words.

    Raises:
        ValueError: there is no such cell or no such picture.
    """
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code" and words in cell.source:
            found = [output.data[kind] for output in cell.outputs if kind in output.get("data", {})]
            if found:
                return base64.b64decode(found[-1])
    raise ValueError(f"{notebook.name}: no {kind} under a cell with {words!r}")


if __name__ == "__main__":
    (ROOT / "docs").mkdir(exist_ok=True)
    for name, notebook, words in PICTURES:
        content = picture(ROOT / "notebooks" / notebook, words, f"image/{name[-3:]}")
        (ROOT / "docs" / name).write_bytes(content)
        print(f"docs/{name}: {len(content) / 1000:.0f} kB")
