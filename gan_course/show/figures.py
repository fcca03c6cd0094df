"""Figures of samples and trainings. Matplotlib loads when first used."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_course.show.pictures import as_bytes, film_strips, mosaic
from gan_tf.checks import whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REAL, FAKE = "tab:blue", "tab:orange"


def grid(
    images: np.ndarray,
    columns: int | None = None,
    title: str | None = None,
    size: float = 5.0,
    axes: Any = None,
    rows: Sequence[str] = (),
) -> Figure:
    """A figure of images ``(n, H, W, C)`` in [-1, 1].

    Args:
        columns: images in a row.
        title: text above.
        size: width of the figure in inches.
        axes: draw into these matplotlib axes instead of a new figure.
        rows: names of the rows, to the left of them; as many as there are rows.
    """
    sheet = mosaic(images, columns)
    figure = show_sheet(sheet, "gray", title, size, axes)
    for i, name in enumerate(rows):
        place = {"x": -0.01 * sheet.shape[1], "y": (i + 0.5) * sheet.shape[0] / len(rows)}
        (axes or figure.axes[0]).text(**place, s=name, ha="right", va="center", fontsize=9)
    return figure


def clips(
    frames: np.ndarray,
    columns: int | None = None,
    title: str | None = None,
    size: float = 8.0,
    axes: Any = None,
) -> Figure:
    """A figure of clips ``(n, frames, H, W, C)`` in [-1, 1]: one clip a row, its frames from left to right.

    Args:
        columns: how many frames are shown of each clip, evenly spread; ``None`` shows all.
        title: text above.
        size: width of the figure in inches.
        axes: draw into these matplotlib axes instead of a new figure.
    """
    return show_sheet(film_strips(frames, columns), "gray", title, size, axes)


def show_sheet(sheet: np.ndarray, cmap: str, title: str | None, size: float, axes: Any) -> Figure:
    """A figure of one picture of bytes, such as a mosaic; arguments as in :func:`grid`."""
    if axes is None:
        height = size * sheet.shape[0] / sheet.shape[1] + (0.35 if title else 0.0)
        _, axes = new_figure((size, height))
    axes.imshow(sheet.squeeze(), cmap=cmap, vmin=0, vmax=255, interpolation="nearest")
    axes.axis("off")
    if title:
        axes.set_title(title, fontsize=10)
    return axes.figure


def curves(history: Any, size: tuple[float, float] = (9.0, 2.8)) -> Figure:
    """Losses, scores and, where it was measured, the distance, by epoch.

    Args:
        history: what ``fit`` returns, or its ``history`` dictionary.
    """
    values: Mapping[str, Sequence[float]] = getattr(history, "history", history)
    if not values:
        raise ValueError("history: got no epochs, expected what GAN.fit returned after at least one")
    panels = {
        "loss": [name for name in values if name.endswith("_loss")],
        "mean score": [name for name in values if name.endswith("_score")],
        "distance to the data": [name for name in values if name.endswith("distance")],
    }
    panels = {title: names for title, names in panels.items() if names}
    figure, all_axes = new_figure(size, columns=len(panels))
    for axes, (title, names) in zip(np.atleast_1d(all_axes), panels.items(), strict=True):
        for name in names:
            colour = {"real_score": REAL, "fake_score": FAKE}.get(name)
            epochs = range(1, len(values[name]) + 1)
            axes.plot(epochs, values[name], label=name.replace("_", " "), marker=".", color=colour)
        axes.set(title=title, xlabel="epoch")
        axes.grid(alpha=0.3)
        if "distance" in title:
            axes.set_yscale("log")
        if len(names) > 1:
            axes.legend(fontsize=8)
    return figure


def points(
    real: np.ndarray | None,
    fake: np.ndarray | None,
    title: str | None = None,
    extent: float | None = None,
    score: Any = None,
    axes: Any = None,
) -> Figure:
    """Real and generated points of the plane, each ``(n, 2)``.

    Args:
        extent: half the side of the square shown; by default what holds the real points.
        score: function from points ``(n, 2)`` to the discriminator's probability ``(n,)`` or ``(n, 1)``, drawn as a
            surface: blue where it says real, orange where it says fake.
    """
    if axes is None:
        _, axes = new_figure((4.0, 4.0))
    if extent is None:
        extent = 1.25 * float(np.abs(real if real is not None else fake).max())
    if score is not None:
        line = np.linspace(-extent, extent, 60, dtype=np.float32)
        mesh = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
        surface = np.asarray(score(mesh)).reshape(60, 60)
        box = (-extent, extent, -extent, extent)
        axes.imshow(surface, extent=box, origin="lower", cmap="PuOr", vmin=0, vmax=1, alpha=0.6, aspect="auto")
    for cloud, colour, label in ((real, REAL, "real"), (fake, FAKE, "generated")):
        if cloud is not None:
            axes.scatter(*np.asarray(cloud).T, s=4, color=colour, alpha=0.6, label=label, linewidths=0)
    axes.set(xlim=(-extent, extent), ylim=(-extent, extent), aspect="equal", xticks=[], yticks=[])
    if title:
        axes.set_title(title, fontsize=10)
    return axes.figure


def figure_to_array(figure: Figure) -> np.ndarray:
    """A figure as bytes ``(H, W, 3)``: one frame of an animation. The figure is closed."""
    import matplotlib.pyplot as plt

    figure.canvas.draw()
    frame = np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()
    plt.close(figure)
    return frame


def png_of(figure: Figure) -> bytes:
    """A figure as the bytes of a PNG. The figure is closed, so that a notebook does not show it once more."""
    import matplotlib.pyplot as plt

    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    plt.close(figure)
    return stream.getvalue()


def small_png(figures: Sequence[Figure], limit: int = 140_000) -> bytes:
    """Figures, one below the other, as the bytes of one PNG. They are closed.

    Args:
        limit: bytes above which the picture gets a palette of 256, 64 or at last 16 colours.
    """
    from PIL import Image

    pictures = [figure_to_array(figure) for figure in figures]
    width = max(picture.shape[1] for picture in pictures)
    margins = [((0, 0), (0, width - picture.shape[1]), (0, 0)) for picture in pictures]
    padded = [np.pad(picture, margin, constant_values=255) for picture, margin in zip(pictures, margins)]
    page = Image.fromarray(np.concatenate(padded))
    for colours in (None, 256, 64, 16):
        stream = io.BytesIO()
        (page.quantize(colours) if colours else page).save(stream, "PNG", optimize=True)
        if stream.tell() <= limit:
            break
    return stream.getvalue()


def jpeg(picture: Any, quality: int = 85) -> Any:
    """A figure, or a colour picture ``(H, W, 3)``, floats in [-1, 1] or bytes, as a JPEG under a notebook's cell.

    For colour pictures with much detail, which PNG keeps to the last bit: it takes a fifth of the room. A figure is
    closed, so that it is not shown twice.

    Args:
        quality: 1 to 95.

    Raises:
        ValueError: a number out of range, or a picture of another shape or type.
    """
    from IPython.display import Image
    from PIL import Image as Pillow

    whole("quality", quality, 1, 95)
    picture = figure_to_array(picture) if hasattr(picture, "canvas") else as_bytes("picture", picture)
    if picture.ndim != 3 or picture.shape[-1] != 3:
        raise ValueError(f"picture: got shape {picture.shape}, expected (H, W, 3) or a figure")
    stream = io.BytesIO()
    Pillow.fromarray(picture).save(stream, "JPEG", quality=quality, optimize=True)
    return Image(data=stream.getvalue(), format="jpeg")


def new_figure(size: tuple[float, float], columns: int = 1, rows: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure that makes room for its titles, and its axes."""
    import matplotlib.pyplot as plt

    return plt.subplots(rows, columns, figsize=size, dpi=90, layout="constrained", **options)
