"""Your own images: a folder of them, read into one array."""

import contextlib
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gan_course.data.dataset import Card, DataError, Dataset
from gan_course.data.pixels import to_float

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm")
MAX_BYTES = 4 << 30  # of the float32 array: beyond this a laptop starts to swap
MODES = {1: "L", 3: "RGB"}
# What Pillow may take a file for, whatever its name says; it would start another program for PostScript.
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")


def from_folder(
    path: str | Path, size: int | tuple[int, int] = 64, channels: int = 3, name: str | None = None
) -> Dataset:
    """Reads a folder of images.

    Subfolders that hold images are the classes, named after them, in alphabetical order; images beside them are
    then an error. Without such subfolders there are no labels. The order is that of the sorted file names.

    Each image is turned upright as its EXIF data says, scaled so that it covers the size, and cropped around its
    middle. Transparent parts become white; of an animation the first frame is taken. Files that cannot be read are
    skipped, and one line says how many. Hidden files are left alone. Files without an image's suffix (such as HEIC,
    which Pillow cannot read) and images deeper down are passed over, and one line counts them by their endings.

    Args:
        path: The folder.
        size: Side in pixels, or (height, width).
        channels: 3 for colour, 1 for grey.
        name: Name of the data set; None takes the folder's.

    Returns:
        A `Dataset` with x float32 [n, height, width, channels] in [-1, 1] and source "local".

    Raises:
        ValueError: An argument is out of range.
        DataError: The folder is missing, holds no readable image, mixes images and class folders, or would
            need too much memory.
    """
    height, width = checked_size(size, channels)
    folder, files, class_names = labelled_files(path, SUFFIXES, "images")
    pixels, read, unreadable = pixels_of([file for file, _ in files], height, width, channels)
    labels = [files[place][1] for place in read]
    if not labels:
        raise DataError(f"none of the {len(files)} images in {folder} can be read; the first: {unreadable[0]}")
    if unreadable:
        print(f"gan_tf: skipped {len(unreadable)} of {len(files)} images in {folder} (first: {unreadable[0]})")
    x = to_float(pixels)
    name = name or folder.resolve().name
    card = own_card("from_folder", name, f"{len(x):,} images, {height}x{width}x{channels}, float32 in [-1, 1]")
    marks = np.array(labels, np.int32) if class_names else None
    return Dataset(x, marks, class_names, "local", card, name)


def checked_size(size: int | tuple[int, int], channels: int) -> tuple[int, int]:
    """Returns (height, width) of what images are read as.

    Raises:
        ValueError: The size or the number of channels is out of range.
    """
    height, width = sides(size)
    if channels not in MODES:
        raise ValueError(f"channels: got {channels!r}, expected 1 (grey) or 3 (colour)")
    return height, width


def pixels_of(
    files: list[Path], height: int, width: int, channels: int, fit: Callable | None = None
) -> tuple[np.ndarray, list[int], list[str]]:
    """Reads image files, each brought to the size by `fit`, with the arguments and the result of `fitted`, the default.

    Returns:
        uint8 [n, height, width, channels] of those that can be read; their places in the list; and a line for each of
        the others.

    Raises:
        DataError: All of them would need too much memory.
    """
    fit = fit or fitted
    needed = len(files) * height * width * channels * 4
    if needed > MAX_BYTES:
        raise DataError(
            f"{len(files):,} images of {height}x{width}x{channels} need {needed / 2**30:.1f} GB, more than "
            f"{MAX_BYTES / 2**30:.0f}; choose a smaller size"
        )
    pixels = np.empty((len(files), height, width, channels), np.uint8)
    read, unreadable = [], []
    for place, file in enumerate(files):
        try:
            with bombs_refused(), opened(file) as image:
                pixels[len(read)] = fit(image, height, width, channels)
        except Exception as error:
            unreadable.append(f"{file.name}: {error or type(error).__name__}")
            continue
        read.append(place)
    return pixels[: len(read)], read, unreadable


def own_card(function: str, name: str, size: str) -> Card:
    """The card of a reader's own files, read by this function of `gan_course.data`."""
    licence = "yours to know: these are your files"
    return Card(name=f"data.{function}({name!r})", title=name, size=size, licence=licence, citation="none")


def sides(size: int | tuple[int, int]) -> tuple[int, int]:
    """Returns (height, width) of a size that is one side or both.

    Raises:
        ValueError: It is neither, or a side is not from 1 to 4096.
    """
    pair = size if isinstance(size, tuple | list) else (size, size)
    if len(pair) != 2 or not all(isinstance(side, int | np.integer) and 1 <= side <= 4096 for side in pair):
        raise ValueError(f"size: got {size!r}, expected a side of 1 to 4096 pixels, or (height, width)")
    return tuple(pair)


def labelled_files(
    path: str | Path,
    suffixes: tuple[str, ...],
    what: str,
    find: Callable[[Path], list[Path]] | None = None,
) -> tuple[Path, list[tuple[Path, int]], tuple[str, ...]]:
    """Lists the files of a folder whose subfolders may be classes, and says in one line what is passed over.

    Args:
        path: The folder.
        suffixes: Endings of the names that count, in small letters.
        what: What messages call the files, in the plural.
        find: Lists what counts in one folder; None: the files with those endings.

    Returns:
        The folder; (file, label) in order; and the class names, which are () without class folders.

    Raises:
        DataError: The folder is missing, holds no such file, or mixes files and class folders.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise DataError(f"path: got {str(path)!r}, expected a folder of {what}")
    find = find or (lambda one: files_in(one, suffixes))
    plain = find(folder)
    subfolders = [sub for sub in folders_in(folder) if sub not in plain]
    classes = [(sub.name, files) for sub in subfolders if (files := find(sub))]
    if plain and classes:
        raise DataError(
            f"{folder} holds {what} ({plain[0].name}, ...) beside class folders ({classes[0][0]}, ...); "
            "move them into a class folder, or name one class folder as path"
        )
    sources = plain or [file for _, files in classes for file in files]
    # A folder of frames is one clip: its images are what is read.
    taken = [file for one in sources for file in (files_in(one, SUFFIXES) if one.is_dir() else [one])]
    tell_passed_over(folder, taken, suffixes, what)
    if plain:
        return folder, [(file, 0) for file in plain], ()
    labelled = [(file, label) for label, (_, files) in enumerate(classes) for file in files]
    return folder, labelled, tuple(name for name, _ in classes)


def tell_passed_over(folder: Path, taken: Iterable[Path], suffixes: tuple[str, ...], what: str) -> None:
    """Prints a line that counts by their endings the files in and below a folder that a reader does not take.

    Hidden files and folders do not count.

    Raises:
        DataError: It takes none.
    """
    taken, counts = set(taken), Counter()
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in (Path(root, name) for name in names if not name.startswith(".")):
            if file not in taken:
                ending = file.suffix.lower()
                counts[(ending or "without ending") + (" in folders not read" if ending in suffixes else "")] += 1
    passed = ", ".join(f"{number:,} {ending}" for ending, number in counts.most_common())
    if not taken:
        others = f"; passed over: {passed}" if passed else ""
        raise DataError(f"{folder} holds no {what} (looked for {', '.join(suffixes)}{others})")
    if passed:
        print(f"gan_tf: passed over in {folder}: {passed} (read as {what}: {', '.join(suffixes)})")


def files_in(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Lists the files with these endings, hidden ones left out, sorted by name."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_file()]
    return [folder / name for name in sorted(names) if name.lower().endswith(suffixes) and not name.startswith(".")]


def folders_in(folder: Path) -> list[Path]:
    """Lists the subfolders, hidden ones left out, sorted by name."""
    return [sub for sub in sorted(folder.iterdir()) if sub.is_dir() and not sub.name.startswith(".")]


def opened(file: str | Path | BinaryIO):
    """Returns a picture of Pillow's, of one of `FORMATS`.

    Raises:
        DataError: A PNG whose checksums are wrong.
        Exception: What Pillow raises.
    """
    from PIL import Image

    image = Image.open(file, formats=FORMATS)
    if image.format == "PNG":  # Pillow skips the checksums of the pixels when it decodes.
        try:
            image.verify()
        except Exception as error:
            raise DataError(f"is damaged: {error}") from error
        finally:
            image.close()
        if hasattr(file, "seek"):
            file.seek(0)
        image = Image.open(file, formats=FORMATS)
    return image


@contextlib.contextmanager
def bombs_refused() -> Iterator[None]:
    """Makes an error of Pillow's warning before huge pictures, and silences the others.

    Pillow warns from 89 million pixels on and refuses twice that: here both refuse. Its other warnings are about
    oddities in headers that do not change the picture.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def fitted(image, height: int, width: int, channels: int) -> np.ndarray:
    """Turns a picture upright, scales it to cover the size and crops it: uint8 [height, width, channels]."""
    from PIL import ImageOps

    image.draft(MODES[channels], (2 * max(height, width),) * 2)  # JPEG: decode no larger than of use
    return covering(flat(ImageOps.exif_transpose(image)), height, width, channels)


def covering(picture, height: int, width: int, channels: int) -> np.ndarray:
    """Scales an upright picture to cover the size and crops it: uint8 [height, width, channels]."""
    from PIL import Image, ImageOps

    fitting = ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
    return np.asarray(fitting.convert(MODES[channels])).reshape(height, width, channels)


def flat(image):
    """Returns a picture of Pillow's as "RGB": on white where it is transparent, and 16-bit grey scaled, not cut off."""
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        values = np.nan_to_num(np.asarray(image, np.float64))
        span = 65535 if values.max() > 255 else 255
        return Image.fromarray(np.clip(values / span * 255, 0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")
