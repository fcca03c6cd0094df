"""The frames of one video, animation or folder of images, one at a time. Pillow and PyAV load when first used."""

import math
import numbers
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from gan_course.data import folder as images
from gan_course.data.dataset import DataError

IMAGE_SUFFIXES = tuple(suffix for suffix in images.SUFFIXES if suffix != ".gif")
MAX_PIXELS = 40_000_000  # of one frame, a little more than 8K: larger ones are refused before they are decoded
MAX_FPS = 240.0
# What FFmpeg, which is inside PyAV, may take a file for: not for a playlist, which makes it open other files.
FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,flv,asf,ogg,gif,wav,mp3,aac"

_PICTURES = ("GIF", "PNG", "WEBP", "JPEG", "BMP", "TIFF")
# The signs of the two by two numbers by which a film is turned, and Pillow's name for it.
_TURNS = {
    (0, -1, 1, 0): "ROTATE_90",
    (-1, 0, 0, -1): "ROTATE_180",
    (0, 1, -1, 0): "ROTATE_270",
    (-1, 0, 0, 1): "FLIP_LEFT_RIGHT",
    (1, 0, 0, -1): "FLIP_TOP_BOTTOM",
    (0, 1, 1, 0): "TRANSPOSE",
    (0, -1, -1, 0): "TRANSVERSE",
}


def check_fps(fps: float) -> float:
    """Returns frames a second as a float.

    Raises:
        ValueError: It is no number above 0 and up to 240.
    """
    if not isinstance(fps, numbers.Real) or isinstance(fps, bool) or not 0 < fps <= MAX_FPS:
        raise ValueError(f"fps: got {fps!r}, expected frames a second above 0 and up to {MAX_FPS:g}")
    return float(fps)


def pictures_of(source: Path, fps: float) -> Iterator:
    """Yields the frames of a file or of a folder of images, one at a time, as Pillow's pictures.

    What a file holds is seen from its bytes, not from its name. Close the generator if you leave it early: it keeps
    the file open.

    Args:
        source: A video, an animation, or a folder whose images are the frames, in the order of their names with
            numbers by value.
        fps: Frames a second wanted: of each 1 / `fps` seconds the frame on show in their middle. The images of a
            folder are all given.

    Raises:
        DataError: While it runs, also after the last good frame: the file is damaged (as far as the decoder sees
            that), no video, or has huge frames; the images of the folder differ in size.
    """
    from PIL import Image, UnidentifiedImageError

    if source.is_dir():
        yield from _numbered(source)
        return
    if not source.stat().st_size:
        raise DataError("is empty (0 bytes)")
    try:
        image = Image.open(source, formats=_PICTURES)
    except UnidentifiedImageError:
        image = None
    if image is None:
        yield from _video(source, fps)
        return
    with image:
        yield from _animation(image, fps)


def _numbered(folder: Path) -> Iterator:
    """The images of a folder; all must have one size."""

    first = None
    for file in sorted(images.files_in(folder, IMAGE_SUFFIXES), key=_natural):
        with images.opened(file) as image:
            first = first or (file.name, image.size)
            if image.size != first[1]:
                sizes = f"{first[0]} is {_by(first[1])}, {file.name} {_by(image.size)}"
                raise DataError(f"holds frames of different sizes: {sizes}")
            _check_pixels(image.size)
            yield image


def _natural(file: Path) -> list[int | str]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", file.name.lower())]


def _by(size: tuple[int, int]) -> str:
    return "x".join(map(str, size))


def _check_pixels(size: tuple[int, int]) -> None:
    if math.prod(size) > MAX_PIXELS:
        raise DataError(f"has frames of {_by(size)}, more than the {MAX_PIXELS:,} pixels allowed")


def _animation(image, fps: float) -> Iterator:
    """The frames of an animated GIF (PNG, WebP) at this rate, by the milliseconds that each of them stays."""
    from PIL import ImageSequence

    if not getattr(image, "is_animated", False):
        raise DataError(f"is one still picture ({image.format}), no video")
    _check_pixels(image.size)

    def shown() -> Iterator[tuple[Any, float]]:
        end = 0.0
        for frame in ImageSequence.Iterator(image):
            picture, duration = images.flat(frame), frame.info.get("duration", 0)
            end += (duration if duration > 10 else 100) / 1000  # as browsers take one too short to mean anything
            yield picture, end

    yield from _sampled(shown(), fps)


def _sampled(shown: Iterable[tuple[Any, float]], fps: float) -> Iterator:
    """Repeats or leaves out frames, each of which comes with the seconds from the start to its end."""
    given = 0
    for frame, end in shown:
        # The middle, since times rounded to 10 ms would make the start hit a neighbour.
        while given + 0.5 <= end * fps + 1e-6:
            yield frame
            given += 1


def _video(file: Path, fps: float) -> Iterator:
    """The frames of a video at this rate, by their time stamps."""
    import av

    limits = {"max_pixels": str(MAX_PIXELS)}
    allowed = {"format_whitelist": FORMATS, "protocol_whitelist": "file", **limits}
    try:
        name = str(file.absolute())  # "a:b.mp4" would name a protocol
        container = av.open(name, options=allowed, metadata_errors="replace")
    except av.FFmpegError as error:
        raise DataError(f"is no video, or damaged, as by a copy that was cut off ({error.strerror})") from error
    with container:
        covers = av.stream.Disposition.attached_pic
        stream = next((one for one in container.streams.video if not one.disposition & covers), None)
        if stream is None:
            raise DataError("holds no frames: perhaps only sound")
        if stream.codec_context is None:
            raise DataError("needs a codec that PyAV lacks")
        _check_pixels((stream.width, stream.height))
        stream.thread_type = "AUTO"
        stream.codec_context.options = {"err_detect": "explode", **limits}
        last = picture = None
        try:
            for frame in _sampled(_timed(container, stream), fps):
                last, picture = frame, picture if frame is last else _picture(frame, stream.sample_aspect_ratio)
                yield picture
        except av.FFmpegError as error:
            raise DataError(f"is damaged ({error.strerror})") from error


def _timed(container, stream) -> Iterator[tuple[Any, float]]:
    """The decoded frames of a stream, each with the seconds from the start of the first to its own end."""
    frame, start = None, 0.0
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise DataError("is damaged: a frame is cut off")
        for following in packet.decode():
            if following.is_corrupt:
                raise DataError("is damaged: a frame is incomplete")
            if frame is None:
                start = following.time or 0.0
            else:
                yield frame, (following.time or 0.0) - start
            frame = following
    if frame is not None:
        lasts = frame.duration * frame.time_base if frame.duration else 1 / (stream.average_rate or 25)
        yield frame, (frame.time or 0.0) - start + float(lasts)


def _picture(frame, aspect: Fraction | None):
    """A decoded frame as a picture, with square pixels and upright."""
    from PIL import Image

    picture = frame.to_image(width=max(1, round(frame.width * min(max(aspect or 1, 0.25), 4))))
    matrices = [side for side in frame.side_data if side.type.name == "DISPLAYMATRIX"]
    if not matrices:
        return picture
    signs = np.sign(np.frombuffer(bytes(matrices[0]), np.int32)[[0, 1, 3, 4]])
    turn = _TURNS.get(tuple(signs.tolist()))
    return picture.transpose(Image.Transpose[turn]) if turn else picture
