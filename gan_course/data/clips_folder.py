"""Your own videos, animations and folders of frames: read into one array of clips, one frame at a time."""

import contextlib
import math
from collections import deque
from pathlib import Path

import numpy as np

from gan_course.data import folder as images
from gan_course.data.clips import MAX_BYTES, Clips
from gan_course.data.dataset import DataError
from gan_course.data.frames import IMAGE_SUFFIXES, check_fps, pictures_of
from gan_course.data.pixels import to_float
from gan_tf.checks import whole

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".webm", ".mkv", ".gif")


class _NoRoomError(DataError):
    """The clips would need more than `MAX_BYTES`."""


def clips_from_folder(
    path: str | Path,
    frames: int = 16,
    size: int | tuple[int, int] = 64,
    fps: float = 12.5,
    channels: int = 3,
    hop: int | None = None,
    name: str | None = None,
) -> Clips:
    """Reads a folder of videos (MP4, MOV, AVI, WEBM, MKV), animated GIFs and folders of frames.

    A folder that holds images, and neither videos nor folders, is one clip: its images are the frames, in the order of
    their names with numbers by value (2 before 10), and stand 1 / `fps` seconds apart. Other subfolders that hold
    clips are the classes, named after them, in alphabetical order; clips beside them are then an error. Images beside
    videos, hidden files and files with other suffixes are left alone.

    Videos and animations are sampled: of each 1 / `fps` seconds the frame on show in their middle is taken, so a slow
    one repeats frames. Each frame is scaled so that it covers the size, and cropped around its middle. The frames of
    each file are cut into clips; what is left at its end is dropped. Files that cannot be used (damaged, shorter than
    a clip, no video) are skipped as a whole, and one line says how many. Videos are streamed: a long one needs time,
    and memory only for its clips.

    Args:
        path: The folder.
        frames: Frames of a clip, two or more.
        size: Side in pixels, or (height, width).
        fps: Frames a second, above 0 and up to 240.
        channels: 3 for colour, 1 for grey.
        hop: Frames from the start of one clip to that of the next; None: `frames`, so that none are shared.
        name: Name of the data set; None takes the folder's.

    Returns:
        `Clips` with x float32 [n, frames, height, width, channels] in [-1, 1] and source "local".

    Raises:
        ValueError: An argument is out of range.
        DataError: The folder is missing, holds no clip that can be used, mixes clips and class folders, or would
            need too much memory.
    """
    height, width = images.checked_size(size, channels)
    frames = whole("frames", frames, 2)
    hop = frames if hop is None else whole("hop", hop, 1)
    fps = check_fps(fps)
    folder, sources, class_names = images.labelled_files(path, SUFFIXES, "clips", _sources)
    shape = (frames, height, width, channels)
    room = MAX_BYTES // (4 * math.prod(shape))
    clips, labels, unusable = [], [], []
    for source, label in sources:
        try:
            found = _clips(source, shape, hop, fps, room - len(clips))
        except _NoRoomError:
            raise DataError(
                f"{folder} needs more than {MAX_BYTES / 2**30:.3g} GB: over {room:,} clips of {frames} frames of "
                f"{height}x{width}x{channels} (at {source.name}); choose a smaller size, a lower fps or a larger hop"
            ) from None
        except Exception as error:
            unusable.append(f"{source.name}: {error or type(error).__name__}")
            continue
        clips += found
        labels += [label] * len(found)
    if not clips:
        raise DataError(f"none of the {len(sources)} videos in {folder} can be used; the first: {unusable[0]}")
    if unusable:
        print(f"gan_tf: skipped {len(unusable)} of {len(sources)} videos in {folder} (first: {unusable[0]})")
    x = np.empty((len(clips), *shape), np.float32)
    for i, clip in enumerate(clips):
        x[i] = to_float(clip)
    name = name or folder.resolve().name
    size = f"{len(x):,} clips of {frames} frames, {height}x{width}x{channels}, at {fps:g} fps, float32 in [-1, 1]"
    card = images.own_card("clips_from_folder", name, size)
    marks = np.array(labels, np.int32) if class_names else None
    return Clips(x, marks, class_names, "local", card, name, fps)


def _sources(folder: Path) -> list[Path]:
    """The videos and the folders of frames in a folder, which may be one of the latter itself."""
    if _holds_frames(folder):
        return [folder]
    inside = [sub for sub in images.folders_in(folder) if _holds_frames(sub)]
    return sorted(images.files_in(folder, SUFFIXES) + inside)


def _holds_frames(folder: Path) -> bool:
    """Images, and neither videos nor folders."""
    if images.files_in(folder, SUFFIXES) or images.folders_in(folder):
        return False
    return bool(images.files_in(folder, IMAGE_SUFFIXES))


def _clips(source: Path, shape: tuple[int, ...], hop: int, fps: float, room: int) -> list[np.ndarray]:
    """The clips of one source, uint8 of this shape; frames that belong to none are not scaled."""
    frames, found, seen = shape[0], [], 0
    window, previous, pixels = deque(maxlen=frames), None, None
    with images.bombs_refused(), contextlib.closing(pictures_of(source, fps)) as pictures:
        for seen, picture in enumerate(pictures, 1):
            if (seen - 1) % hop < frames:
                pixels = pixels if picture is previous else images.fitted(picture, *shape[1:])
                previous = picture
                window.append(pixels)
            if seen >= frames and (seen - frames) % hop == 0:
                if len(found) >= room:
                    raise _NoRoomError
                found.append(np.stack(window))
    if not found:
        lasts = f"is too short: {seen} frames at {fps:g} a second, and a clip has {frames}"
        raise DataError(lasts if seen else "holds no frames")
    return found
