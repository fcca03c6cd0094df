"""Items of a library as a figure. Matplotlib loads when first used."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gan_course.library.items import Item
from gan_tf.checks import whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def show(
    items: Sequence[Item],
    columns: int = 8,
    size: float = 8.0,
    caption: Callable[[Item], str] | None = lambda item: item.class_name,
) -> Figure:
    """A figure of the items' pictures as they lie on the disk: a clip's first frame, a sound's spectrogram.

    Args:
        items: at least one.
        columns: items in a row.
        size: width of the figure in inches.
        caption: from an item to the text above it; None leaves it out.

    Raises:
        ValueError: no items, or no columns.
        FileNotFoundError: a file is gone; ``Library.repair`` makes it again.
    """
    import matplotlib.pyplot as plt
    from PIL import Image

    if not items:
        raise ValueError("items: got none, expected at least one")
    columns = min(whole("columns", columns, 1), len(items))
    rows = math.ceil(len(items) / columns)
    height = size / columns * rows * (1.16 if caption else 1.0)
    figure, axes = plt.subplots(rows, columns, figsize=(size, height), dpi=90, layout="constrained", squeeze=False)
    for place in axes.flat:
        place.axis("off")
    for place, item in zip(axes.flat, items):
        with Image.open(item.preview) as picture:
            grey = picture.mode == "L"  # A transparent picture is shown on the white of the page.
            place.imshow(picture if grey else picture.convert("RGBA"), cmap="gray" if grey else None, vmin=0, vmax=255)
        if caption:
            place.set_title(caption(item), fontsize=7, pad=2)
    return figure
