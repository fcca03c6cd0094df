"""The frames of one video, animation or folder of images, one at a time. Pillow and ffmpeg load when first used."""

import math
import numbers
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from gan_course.data import folder as images
from gan_course.data.dataset import DataError

IMAGE_SUFFIXES = tuple(suffix for suffix in images.SUFFIXES if suffix != ".gif")
MAX_PIXELS = 40_000_000  # of one frame, a little more than 8K: larger ones are refused before they are decoded
MAX_FPS = 240.0
# ffmpeg's names of what it may take a file for: not of playlists, which make it open other files.
FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,flv,asf,ogg,gif,wav,mp3,aac"
PATIENCE = 60.0  # seconds that ffmpeg may take for one frame, or for one second of film, before it is stopped
NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows would show a console for each video.

_PICTURES = ("GIF", "PNG", "WEBP", "JPEG", "BMP", "TIFF")
_MP4_STARTS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
# What ffmpeg says, and what it means. The first that fits counts.
_MEANINGS = (
    ("exceeds specified max pixel count", "has frames of more pixels than the {pixels:,} allowed"),
    ("no decoder found|Decoder .*not found|Unknown decoder", "needs a codec that this ffmpeg lacks ({said})"),
    ("matches no streams", "holds no frames: perhaps only sound"),
    ("Error opening input|Invalid data found when processing input$", "is no video, or damaged ({said})"),
)


def check_fps(fps: float) -> float:
    """Returns frames a second as a float.

    Raises:
        ValueError: It is no number above 0 and up to 240.
    """
    if not isinstance(fps, numbers.Real) or isinstance(fps, bool) or not 0 < fps <= MAX_FPS:
        raise ValueError(f"fps: got {fps!r}, expected frames a second above 0 and up to {MAX_FPS:g}")
    return float(fps)


def rate(fps: float) -> str:
    """Frames a second as ffmpeg takes them without rounding: "25/2"."""
    return str(Fraction(fps).limit_denominator(100_000))


def ffmpeg() -> str:
    """Returns the path of the ffmpeg program, which comes with the package imageio-ffmpeg.

    Raises:
        RuntimeError: It is missing, or cannot be run.
    """
    try:
        import imageio_ffmpeg

        program = imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise RuntimeError("ffmpeg is missing, without it there are no videos: pip install imageio-ffmpeg") from error
    if not shutil.which(program):
        raise RuntimeError(
            f"ffmpeg cannot be run, {program!r} is no program (see $IMAGEIO_FFMPEG_EXE): pip install imageio-ffmpeg"
        )
    return program


def pictures_of(source: Path, fps: float) -> Iterator:
    """Yields the frames of a file or of a folder of images, one at a time, as Pillow's pictures.

    What a file holds is seen from its bytes, not from its name. Close the generator if you leave it early: it may keep
    a file open and ffmpeg running.

    Args:
        source: A video, an animation, or a folder whose images are the frames, in the order of their names with
            numbers by value.
        fps: Frames a second wanted: of each 1 / `fps` seconds the frame on show in their middle. The images of a
            folder are all given.

    Raises:
        DataError: While it runs, also after the last good frame: the file is damaged (as far as the decoder sees
            that), no video, or has huge frames; the images of the folder differ in size.
        RuntimeError: ffmpeg is missing.
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
    given, shown = 0, 0.0
    for frame in ImageSequence.Iterator(image):
        picture = images.flat(frame)
        duration = frame.info.get("duration", 0)
        shown += duration if duration > 10 else 100  # as browsers take a duration too short to mean anything
        # As ffmpeg's filter: the middle, since times rounded to 10 ms would make the start hit a neighbour.
        while (given + 0.5) * 1000 <= shown * fps + 1e-6:
            yield picture
            given += 1


def _video(file: Path, fps: float) -> Iterator:
    """The frames of a video at this rate, decoded by a child process that ends with this generator.

    Not through imageio's own reader: it hides the exit code, by which a damaged file is known, and may wait for ever.
    """
    # PPM says the size of each frame, also of one that the video turns by 90 degrees. Pixels may be no squares.
    filters = f"setpts=PTS-STARTPTS,fps={rate(fps)},scale=iw*clip(sar\\,0.25\\,4):ih"
    reading = ["-max_pixels", str(MAX_PIXELS), "-protocol_whitelist", "file", "-format_whitelist", FORMATS]
    reading += ["-i", str(file.absolute())]
    writing = ["-map", "0:V:0", "-vf", filters, "-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "-"]
    command = [ffmpeg(), "-nostdin", "-v", "error", "-xerror", *reading, *writing]
    with tempfile.TemporaryFile() as log:  # A pipe that nobody empties would block ffmpeg.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, creationflags=NO_WINDOW
        )
        try:
            patience = PATIENCE * max(1, 1 / fps)  # Between slow frames lie many that are decoded and dropped.
            while (picture := _next(process, patience)) is not None:
                yield picture
            process.wait(PATIENCE)
        finally:
            process.kill()
            process.stdout.close()
            process.wait()
        if process.returncode:
            log.seek(0)
            raise DataError(_meaning(file, log.read(50_000).decode(errors="replace")))


def _next(process: subprocess.Popen, patience: float):
    """The next picture of a stream of PPM files, or None at its end; a process that stands still is killed."""
    from PIL import Image

    watch = threading.Timer(patience, process.kill)
    watch.start()
    try:
        header = [process.stdout.readline() for _ in range(3)]  # "P6", "width height", "255"
        if not header[2]:
            return None
        width, height = map(int, header[1].split())
        pixels = process.stdout.read(width * height * 3)
    finally:
        watch.cancel()
    return Image.frombytes("RGB", (width, height), pixels) if len(pixels) == width * height * 3 else None


def _meaning(file: Path, log: str) -> str:
    """Why ffmpeg failed, in words."""
    said = re.sub(r"^(\[[^]]*\] *)+", "", log.strip().split("\n")[0])
    if not said:
        return f"made ffmpeg stand still: no frame for {PATIENCE:g} s or more"
    if "moov atom not found" in log:
        with file.open("rb") as stream:
            started = stream.read(8)[4:] in _MP4_STARTS
        missing = "is damaged: its index (moov atom) is missing, as when a recording or a copy was cut off"
        return missing if started else "is no video"
    for pattern, meaning in _MEANINGS:
        if re.search(pattern, log):
            return meaning.format(pixels=MAX_PIXELS, said=said)
    return f"is damaged ({said})"
