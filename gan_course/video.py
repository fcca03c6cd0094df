"""Clips on disk and in a notebook: MP4, GIF, contact sheets.

A GIF shows everywhere, also on GitHub, but has 256 colours and grows large. An MP4 plays in JupyterLab and in every
browser, is much smaller, and can be stopped and wound; GitHub does not play one that stands in a notebook.

Everywhere, clips are floats ``(n, frames, height, width, C)`` in [-1, 1], grey (C = 1) or colour (C = 3); one clip may
come without its first axis.
"""

from __future__ import annotations

import base64
import html
import os
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from gan_course.data.frames import check_fps
from gan_course.show import pictures
from gan_tf.checks import check_unit_range, whole
from gan_tf.files import written_whole

FPS = 12.5  # the 80 ms a frame that GIF, which counts in 10 ms, holds exactly
PLAYER_BYTES = 110_000  # of the MP4 in a notebook; as text it is a third larger


def frames_of(clips: Any, columns: int | None = None, gap: int = 1, scale: int = 1) -> np.ndarray:
    """Many clips as one film: bytes ``(frames, height, width, C)``, each frame a mosaic of the clips' frames.

    Args:
        clips: the clips, as said above.
        columns: clips in a row; by default about as many as rows.
        gap: white pixels between clips, before they are enlarged.
        scale: each pixel becomes a square of so many, without smoothing.

    Raises:
        ValueError: no clips, another shape or type, NaN, values outside [-1, 1], or another argument out of range.
    """
    clips = _checked(clips)
    whole("columns", 1 if columns is None else columns, 1)
    whole("gap", gap, 0)
    whole("scale", scale, 1, 64)
    film = np.stack([pictures.mosaic(clips[:, i], columns, gap) for i in range(clips.shape[1])])
    return film.repeat(scale, axis=1).repeat(scale, axis=2)


def contact_sheet(clips: Any, columns: int | None = None, gap: int = 1) -> np.ndarray:
    """Clips as one picture, bytes ``(height, width, C)``: one clip a row, its frames from left to right.

    Args:
        clips: the clips, as said above.
        columns: how many frames are shown of each clip, evenly spread; ``None`` shows all.
        gap: white pixels between frames.

    Raises:
        ValueError: as for :func:`frames_of`.
    """
    whole("gap", gap, 0)
    return pictures.film_strips(_checked(clips), columns, gap)


def save_mp4(
    path: str | os.PathLike, clips: Any, fps: float = FPS, scale: int = 1,
    columns: int | None = None, gap: int = 1, crf: int = 18, comment: str | None = None,
) -> Path:  # fmt: skip
    """Write clips as one MP4 that plays in every browser (H.264, yuv420p), whole or not at all.

    This format keeps one colour for every 2x2 pixels: with an even ``scale`` small clips keep their colours. A film of
    odd height or width gets its last row or column twice.

    Args:
        path: a name that ends in ``.mp4``.
        clips: the clips, as said above, or a finished film of bytes, as :func:`frames_of` gives.
        fps: frames a second, up to 240.
        scale, columns, gap: as in :func:`frames_of`; a finished film stays as it is.
        crf: how much is lost, from 1 to 51; 6 more halve the file. (0 is a format that browsers do not play.)
        comment: text that the file carries.

    Raises:
        ValueError: as for :func:`frames_of`; or another suffix, or fps or crf out of range.
        RuntimeError: the encoder refuses the size of the film.
    """
    _check_suffix(path, ".mp4")
    film = _film(clips, columns, gap, scale)
    fps = check_fps(fps)
    whole("crf", crf, 1, 51)
    with written_whole(path) as part:
        _encode(part, film, fps, crf, comment)
    return Path(path)


def save_gif(
    path: str | os.PathLike, clips: Any, columns: int | None = None, fps: float = FPS, scale: int = 1, gap: int = 1,
    colours: int = 64, comment: str | None = None,
) -> Path:  # fmt: skip
    """Write clips side by side as one endless GIF; arguments and errors as in :func:`save_mp4`, fps up to 50.

    ``colours`` (2 to 256) are those of the palette, one for all frames; fewer make a smaller file.
    """
    _check_suffix(path, ".gif")
    film = _film(clips, columns, gap, scale)
    fps = check_fps(fps)
    return pictures.save_gif(path, list(film), fps, hold=1 / fps, colours=colours, comment=comment)


def player(
    clips: Any, columns: int | None = None, fps: float = FPS, scale: int = 2,
    width: int | None = None, title: str | None = None,
) -> Any:  # fmt: skip
    """Clips side by side in a player, as the output of a notebook cell; they stand in the notebook as an MP4.

    It plays in JupyterLab and in the pages that ``nbconvert`` makes; for GitHub, show a GIF instead. To keep notebooks
    small, a film above 110 kB is packed harder, and one line says if that is not enough.

    Args:
        clips, columns, scale: as in :func:`frames_of`.
        fps: frames a second, up to 240.
        width: of the player on the page, in pixels; by default that of the film.
        title: shown under the mouse, and read out in place of the film.

    Raises:
        ValueError, RuntimeError: as for :func:`save_mp4`.
    """
    from IPython.display import HTML

    film = _film(clips, columns, 1, scale)
    fps = check_fps(fps)
    width = film.shape[2] if width is None else whole("width", width, 1)
    for crf in (18, 24, 30, 36):
        content = _mp4(film, fps, crf)
        if len(content) <= PLAYER_BYTES:
            break
    else:
        print(f"gan_tf: this player holds {len(content) / 1000:,.0f} kB; fewer clips or a smaller scale need less")
    text = html.escape(title or f"{len(film)} frames at {fps:g} a second, {film.shape[2]}x{film.shape[1]} pixels")
    return HTML(
        f'<video controls loop autoplay muted playsinline width="{width}" title="{text}" aria-label="{text}" '
        f'style="max-width:100%;image-rendering:pixelated" '
        f'src="data:video/mp4;base64,{base64.b64encode(content).decode()}">{text}</video>'
    )


def _checked(clips: Any) -> np.ndarray:
    clips = np.asarray(clips)
    many = clips[None] if clips.ndim == 4 else clips
    if many.ndim != 5 or many.shape[-1] not in (1, 3) or not many.size or not np.issubdtype(many.dtype, np.floating):
        raise ValueError(
            f"clips: got {clips.dtype} of shape {clips.shape}, expected floats (n, frames, height, width, 1 or 3), or "
            "one clip without n"
        )
    check_unit_range("clips", many)
    return many


def _film(clips: Any, columns: int | None, gap: int, scale: int) -> np.ndarray:
    """Clips as :func:`frames_of` gives them; bytes are such a film already."""
    film = np.asarray(clips)
    done = film.dtype == np.uint8 and film.ndim == 4 and film.shape[-1] in (1, 3) and film.size
    return film if done else frames_of(film, columns, gap, scale)


def _check_suffix(path: str | os.PathLike, suffix: str) -> None:
    if Path(path).suffix.lower() != suffix:
        raise ValueError(f"path: got {str(path)!r}, expected a name that ends in {suffix}")


def _mp4(film: np.ndarray, fps: float, crf: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:  # The index can be moved to the front only in a file.
        path = Path(folder, "film.mp4")
        _encode(path, film, fps, crf)
        return path.read_bytes()


def _encode(path: Path, film: np.ndarray, fps: float, crf: int, comment: str | None = None) -> None:
    """Write bytes ``(frames, height, width, C)`` as H.264; the same film gives the same file."""
    import av

    film = np.pad(film, ((0, 0), (0, film.shape[1] % 2), (0, film.shape[2] % 2), (0, 0)), mode="edge")
    film = film.repeat(3 // film.shape[-1], axis=-1)
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    try:
        # The absolute path, or "a:b.mp4" would name a protocol.
        with av.open(str(path.absolute()), "w", format="mp4", options=options) as container:
            container.metadata.update({"comment": comment} if comment else {})
            rate = Fraction(fps).limit_denominator(100_000)  # "25/2", "30000/1001"
            stream = container.add_stream("libx264", rate=rate, options={"crf": str(crf)})
            stream.height, stream.width, stream.pix_fmt = *film.shape[1:3], "yuv420p"
            stream.thread_count = 1
            stream.colorspace = stream.color_primaries = stream.color_trc = 1  # BT.709
            stream.color_range = 1  # that of television
            for i, picture in enumerate(film):
                frame = av.VideoFrame.from_ndarray(picture)
                how = {"dst_colorspace": "ITU709", "dst_color_range": "MPEG", "interpolation": "AREA"}
                frame = frame.reformat(format="yuv420p", **how)  # one colour a square is its mean, nothing smoother
                frame.pts, frame.time_base = i, 1 / rate
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    except OSError:  # no room, or no right to write
        raise
    except av.FFmpegError as error:
        raise RuntimeError(f"PyAV cannot write a film of {film.shape[2]}x{film.shape[1]} pixels: {error}") from error
