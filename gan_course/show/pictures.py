"""Samples as pictures and animations: arrays and files, no figures."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_tf.checks import check_unit_range, whole
from gan_tf.files import written_whole


def to_uint8(images: np.ndarray, argument: str = "images") -> np.ndarray:
    """Images of floats in [-1, 1], any shape, to bytes 0 to 255; ``argument`` is their name in an error.

    Raises:
        ValueError: whole numbers, NaN, or values outside [-1, 1].
    """
    images = np.asarray(images)
    if images.dtype.kind in "iub":
        raise ValueError(f"{argument}: got {images.dtype}, expected floats in [-1, 1]; x / 127.5 - 1 for bytes")
    images = images.astype(np.float32)
    if images.size:
        check_unit_range(argument, images)
    # What overshoots by rounding is cut off.
    return np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype(np.uint8)


def mosaic(images: np.ndarray, columns: int | None = None, gap: int = 1) -> np.ndarray:
    """Many images as one: ``(n, H, W, C)`` in [-1, 1] to bytes ``(rows, width, C)``, row by row.

    Args:
        images: grey (C = 1) or colour (C = 3).
        columns: images in a row; by default about as many as rows.
        gap: white pixels between images.

    Raises:
        ValueError: another shape, whole numbers, NaN, or values outside [-1, 1].
    """
    from skimage.util import montage

    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images):
        raise ValueError(f"images: got shape {images.shape}, expected (n, H, W, 1) or (n, H, W, 3) with n from 1")
    if (columns is not None and columns < 1) or gap < 0:
        raise ValueError(f"columns, gap: got {columns!r}, {gap!r}, expected at least one column and a gap from 0")
    pixels = to_uint8(images)
    n, channels = len(images), images.shape[-1]
    columns = min(n, columns or math.ceil(math.sqrt(n)))
    layout = {"grid_shape": (math.ceil(n / columns), columns), "padding_width": gap, "fill": [255] * channels}
    sheet = montage(pixels, channel_axis=-1, **layout)
    return sheet[gap : len(sheet) - gap, gap : sheet.shape[1] - gap]  # No frame around it.


def film_strips(clips: np.ndarray, columns: int | None = None, gap: int = 1) -> np.ndarray:
    """Clips as one picture: ``(n, frames, H, W, C)`` in [-1, 1] to bytes ``(height, width, C)``, one clip a row.

    Args:
        clips: grey (C = 1) or colour (C = 3).
        columns: how many frames are shown of each clip, evenly spread; ``None`` shows all.
        gap: white pixels between frames.

    Raises:
        ValueError: another shape, no frames to show, whole numbers, NaN, or values outside [-1, 1].
    """
    clips = np.asarray(clips)
    if clips.ndim != 5 or not clips.size:
        raise ValueError(f"clips: got shape {clips.shape}, expected (n, frames, H, W, C)")
    shown = clips.shape[1] if columns is None else min(clips.shape[1], whole("columns", columns, 1))
    chosen = clips[:, np.linspace(0, clips.shape[1] - 1, shown).round().astype(int)]
    return mosaic(chosen.reshape(-1, *clips.shape[2:]), shown, gap)


def save_png(path: str | os.PathLike, image: np.ndarray, comment: str | None = None, xmp: str | None = None) -> Path:
    """Write one picture ``(H, W)`` or ``(H, W, C)``, floats in [-1, 1] or bytes, whole or not at all.

    Args:
        comment: text that the file carries, under "Comment".
        xmp: metadata, as a packet of XMP.

    Raises:
        ValueError: another type or shape, NaN, or floats outside [-1, 1].
    """
    import imageio.v3 as iio
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    if comment:
        info.add_itxt("Comment", comment)
    if xmp:
        info.add_itxt("XML:com.adobe.xmp", xmp)
    return _write(path, iio.imwrite("<bytes>", as_bytes("image", image), extension=".png", pnginfo=info))


def save_gif(
    path: str | os.PathLike, frames: Sequence[np.ndarray], fps: float = 8.0, hold: float = 1.5, colours: int = 256,
    comment: str | None = None,
) -> Path:  # fmt: skip
    """Write an endless GIF, whole or not at all.

    All frames share one palette, so that what stands still does not flicker. A GIF counts time in hundredths of a
    second.

    Args:
        frames: pictures ``(H, W)`` or ``(H, W, C)``, floats in [-1, 1] or bytes, all of one shape.
        fps: frames a second, up to 50: browsers play faster ones slowly.
        hold: seconds that the last frame stays.
        colours: how many, 2 to 256; fewer make a smaller file.
        comment: text that the file carries.

    Raises:
        ValueError: no frames, frames of unlike shapes, another type, NaN, or a number out of range.
    """
    frames = [as_bytes("frames", frame) for frame in frames]
    if not 0 < fps <= 50 or not 0 <= hold < math.inf:
        raise ValueError(f"fps, hold: got {fps!r}, {hold!r}, expected frames a second up to 50 and seconds from 0")
    whole("colours", colours, 2, 256)
    if not frames or len({frame.shape for frame in frames}) != 1:
        raise ValueError(
            f"frames: got {len(frames)} frames of shapes {sorted({f.shape for f in frames})}, expected one"
        )
    times = [1000 / fps] * (len(frames) - 1) + [1000 * hold]
    duration = times if len(times) > 1 else times[0]  # Pillow takes no list for a single frame.
    first, *rest = _one_palette(frames, colours)
    stream = io.BytesIO()
    text = {"comment": comment} if comment else {}
    first.save(stream, "GIF", save_all=True, append_images=rest, duration=duration, loop=0, **text)
    return _write(path, stream.getvalue())


def _one_palette(frames: Sequence[np.ndarray], colours: int) -> list[Any]:
    """Pictures of Pillow's with a palette that fits all of the frames."""
    from PIL import Image

    pages = [Image.fromarray(frame).convert("RGB") for frame in frames]
    # Some of the frames, one below the other, stand for all.
    some = Image.fromarray(np.concatenate([np.asarray(page) for page in pages[:: max(1, len(pages) // 12)]]))
    palette = some.quantize(colours)
    return [page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages]


def show_gif(path: str | os.PathLike, width: int | None = None) -> Any:
    """The GIF at ``path`` as the output of a notebook cell; it is copied into the notebook."""
    from IPython.display import Image

    return Image(data=Path(path).read_bytes(), format="gif", width=width, alt=Path(path).stem)


def as_bytes(argument: str, image: Any) -> np.ndarray:
    """A picture as bytes ``(H, W)`` or ``(H, W, C)``, as image files hold them.

    Raises:
        ValueError: another type or shape, NaN, or floats outside [-1, 1].
    """
    image = np.asarray(image)
    fits = image.size and (image.ndim == 2 or (image.ndim == 3 and image.shape[-1] in (1, 3, 4)))
    if not fits or (image.dtype != np.uint8 and image.dtype.kind != "f"):
        wanted = "floats in [-1, 1] or uint8 of shape (H, W) or (H, W, C)"
        raise ValueError(f"{argument}: got {image.dtype} of shape {image.shape}, expected {wanted}")
    if image.dtype != np.uint8:
        image = to_uint8(image, argument)
    return image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image


def _write(path: str | os.PathLike, content: bytes) -> Path:
    with written_whole(path) as part:
        part.write_bytes(content)
    return Path(path)
