"""Pictures of samples and trainings. Matplotlib and imageio load when first used."""

from __future__ import annotations

import io
import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from gan_tf.files import written_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REAL, FAKE = "tab:blue", "tab:orange"


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Images in [-1, 1], any shape, to bytes 0 to 255; values outside are clipped.

    Raises:
        ValueError: NaN or infinite values.
    """
    images = np.asarray(images, np.float32)
    if not np.isfinite(images).all():
        raise ValueError("images: got NaN or infinite values, expected numbers in [-1, 1]")
    return np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype(np.uint8)


def mosaic(images: np.ndarray, columns: int | None = None, gap: int = 1) -> np.ndarray:
    """Many images as one: ``(n, H, W, C)`` in [-1, 1] to bytes ``(rows, width, C)``, row by row.

    Args:
        images: grey (C = 1) or colour (C = 3).
        columns: images in a row; by default about as many as rows.
        gap: white pixels between images.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images):
        raise ValueError(f"images: got shape {images.shape}, expected (n, H, W, 1) or (n, H, W, 3) with n from 1")
    if (columns is not None and columns < 1) or gap < 0:
        raise ValueError(f"columns, gap: got {columns!r}, {gap!r}, expected at least one column and a gap from 0")
    n, height, width, channels = images.shape
    columns = min(n, columns or math.ceil(math.sqrt(n)))
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 255, np.uint8)
    for i, image in enumerate(to_uint8(images)):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def grid(
    images: np.ndarray,
    columns: int | None = None,
    title: str | None = None,
    size: float = 5.0,
    axes: Any = None,
) -> Figure:
    """A figure of images ``(n, H, W, C)`` in [-1, 1].

    Args:
        columns: images in a row.
        title: text above.
        size: width of the figure in inches.
        axes: draw into these matplotlib axes instead of a new figure.
    """
    sheet = mosaic(images, columns)
    if axes is None:
        height = size * sheet.shape[0] / sheet.shape[1] + (0.35 if title else 0.0)
        _, axes = _new_figure((size, height))
    axes.imshow(sheet.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
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
        "mean score, sigmoid(logit)": [name for name in values if name.endswith("_score")],
        "distance to the data": [name for name in values if name.endswith("distance")],
    }
    panels = {title: names for title, names in panels.items() if names}
    figure, all_axes = _new_figure(size, columns=len(panels))
    for axes, (title, names) in zip(np.atleast_1d(all_axes), panels.items(), strict=True):
        for name in names:
            axes.plot(range(1, len(values[name]) + 1), values[name], label=name.replace("_", " "), marker=".")
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
        _, axes = _new_figure((4.0, 4.0))
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


def save_png(path: str | os.PathLike, image: np.ndarray) -> Path:
    """Write one picture, bytes ``(H, W)`` or ``(H, W, C)``, whole or not at all.

    Raises:
        ValueError: other numbers than bytes, or another shape; :func:`to_uint8` makes bytes of images in [-1, 1].
    """
    import imageio.v3 as iio

    return _write(path, iio.imwrite("<bytes>", _picture("image", image), extension=".png"))


def save_gif(path: str | os.PathLike, frames: Sequence[np.ndarray], fps: float = 8.0, hold: float = 1.5) -> Path:
    """Write an endless GIF, whole or not at all.

    Args:
        frames: bytes ``(H, W)`` or ``(H, W, C)``, all of one shape.
        fps: frames a second.
        hold: seconds that the last frame stays.

    Raises:
        ValueError: no frames, frames of unlike shapes, or other numbers than bytes.
    """
    import imageio.v3 as iio

    frames = [_picture("frames", frame) for frame in frames]
    if not 0 < fps < math.inf or not 0 <= hold < math.inf:
        raise ValueError(f"fps, hold: got {fps!r}, {hold!r}, expected frames a second above 0 and seconds from 0")
    if not frames or len({frame.shape for frame in frames}) != 1:
        raise ValueError(
            f"frames: got {len(frames)} frames of shapes {sorted({f.shape for f in frames})}, expected one"
        )
    times = [1000 / fps] * (len(frames) - 1) + [1000 * hold]
    duration = times if len(times) > 1 else times[0]  # Pillow takes no list for a single frame.
    return _write(path, iio.imwrite("<bytes>", frames, extension=".gif", duration=duration, loop=0))


def show_gif(path: str | os.PathLike, width: int | None = None) -> Any:
    """The GIF at ``path`` as the output of a notebook cell; it is copied into the notebook."""
    from IPython.display import Image

    return Image(data=Path(path).read_bytes(), format="gif", width=width, alt=Path(path).stem)


class LiveSamples(keras.callbacks.Callback):
    """Show what the averaged generator makes, always from the same latents, while it learns.

    In Jupyter one picture is updated in place; elsewhere, and at the ``smoke`` budget, it prints one line an epoch.
    The pictures are kept in ``frames`` and can be written with :func:`save_gif`.

    Args:
        n: samples in the picture.
        labels: integers ``(n,)``, for a conditional generator.
        every: also take a picture after every so many steps; ``None`` takes one at each epoch's end only.
        seed: seed of the latents.
    """

    shows_progress = True

    def __init__(self, n: int = 40, *, labels: Any = None, every: int | None = None, columns: int = 10, seed: int = 0):
        super().__init__()
        self.n, self.labels, self.every, self.columns, self.seed = n, labels, every, columns, seed
        self.frames: list[np.ndarray] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._handle, self._start, self._steps, self._epoch = None, time.perf_counter(), 0, 0
        self._pictures = os.environ.get("GAN_TF_BUDGET") != "smoke" and _in_jupyter()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        # With several steps a call, `batch` jumps; what counts is whether a multiple of `every` was passed.
        if self.every and (batch + 1) // self.every > self._steps:
            self._steps = (batch + 1) // self.every
            steps = self.params.get("steps")  # Unknown in the first pass over some data sets.
            self._show(logs or {}, self._epoch + (batch + 1) / steps if steps else self._epoch)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._steps = 0
        self._show(logs or {}, epoch + 1, ends_epoch=True)

    def _show(self, logs: dict, done: float, ends_epoch: bool = False) -> None:
        images = self.model.sample(self.n, seed=self.seed, labels=self.labels)
        self.frames.append(mosaic(images, self.columns))
        values = "  ".join(f"{name.replace('_', ' ')} {float(value):.3g}" for name, value in logs.items())
        elapsed = time.perf_counter() - self._start
        text = f"epoch {round(done, 2):g}/{self.params.get('epochs', '?')}  {elapsed:.0f} s  {values}"
        if self._pictures:
            self._update(grid(images, self.columns, title=_wrapped(text), size=6.0), text)
        elif ends_epoch:
            print(text)

    def _update(self, figure: Figure, text: str) -> None:
        from IPython.display import display

        bundle = {"image/png": _png_of(figure), "text/plain": text}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def _new_figure(size: tuple[float, float], columns: int = 1) -> tuple[Figure, Any]:
    import matplotlib.pyplot as plt

    return plt.subplots(1, columns, figsize=size, dpi=90, layout="constrained")


def _png_of(figure: Figure) -> bytes:
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 90))


def _in_jupyter() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")


def _picture(argument: str, image: np.ndarray) -> np.ndarray:
    """Bytes ``(H, W)`` or ``(H, W, 3)``, as image files hold them."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[-1] not in (1, 3, 4)):
        raise ValueError(
            f"{argument}: got {image.dtype} of shape {image.shape}, expected uint8 of shape (H, W) or (H, W, C)"
        )
    return image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image


def _write(path: str | os.PathLike, content: bytes) -> Path:
    with written_whole(path) as part:
        part.write_bytes(content)
    return Path(path)
