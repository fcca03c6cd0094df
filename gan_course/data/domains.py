"""Two sets of pictures side by side: pairs that belong together, and domains whose pictures do not."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np

from gan_course.data.dataset import DataError, Dataset, listed
from gan_course.data.folder import (
    SUFFIXES,
    checked_size,
    covering,
    files_in,
    flat,
    own_card,
    pixels_of,
    tell_passed_over,
)
from gan_course.data.pixels import to_float
from gan_tf.checks import one_of, whole


@dataclasses.dataclass(frozen=True)
class Domains:
    """Two sets of pictures without partners, such as day and sunset, for :class:`gan_tf.CycleGAN`.

    Attributes:
        a: Pictures of one domain; any `Dataset`, such as `from_folder` gives.
        b: Pictures of the other. The two may differ in number and shape.

    Raises:
        DataError: The two are the same pictures.
    """

    a: Dataset
    b: Dataset

    def __post_init__(self):
        a, b = self.a.x, self.b.x
        # The first pictures decide nearly always; a whole set has gigabytes.
        if a.shape == b.shape and np.array_equal(a[0], b[0]) and np.array_equal(a, b):
            raise DataError(
                f"b: got the same pictures as a ({self.a.name!r}), expected others; was a folder read twice?"
            )

    def batches(self, batch_size: int, seed: int | None = None):
        """Returns a `tf.data.Dataset` of `(a, b)`, each float32 [batch_size, ...], each shuffled for itself.

        An epoch goes through the larger set once; the smaller one begins anew, in another order, when it is used up.

        Args:
            batch_size: Pictures of each domain in a batch.
            seed: Fixes the orders; see `Dataset.batches`.

        Raises:
            ValueError: `batch_size` is no whole number from 1 to the size of the smaller set.
        """
        import tensorflow as tf

        sets = self.a, self.b
        whole("batch_size", batch_size, 1, min(map(len, sets)))
        if seed is None:
            seed = int(np.random.randint(2**31))
        steps = [len(one) // batch_size for one in sets]
        most = max(steps)
        # Two seeds, or sets of one size would go through the same order, and pictures meet the same ones each time.
        parts = [
            one.batches(batch_size, seed=2 * seed + i, passes=math.ceil(most / steps[i])) for i, one in enumerate(sets)
        ]
        return tf.data.Dataset.zip(tuple(parts)).take(most)


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Pictures with partners, for :class:`gan_tf.Pix2Pix`: `given.x[i]` is to become `wanted.x[i]`.

    Attributes:
        given: What the translator gets.
        wanted: What it is to make of it; as many pictures, of any shape.

    Raises:
        DataError: The two differ in number.
    """

    given: Dataset
    wanted: Dataset

    def __post_init__(self):
        if len(self.given) != len(self.wanted):
            raise DataError(
                f"wanted: got {len(self.wanted):,} pictures ({self.wanted.name!r}), expected {len(self.given):,}, as "
                f"given has ({self.given.name!r})"
            )

    def __len__(self) -> int:
        return len(self.given)

    def batches(self, batch_size: int, seed: int | None = None, labels: bool = False):
        """Returns a `tf.data.Dataset` of `(given, wanted)`, shuffled together; see `Dataset.batches`.

        Args:
            batch_size: Pairs a batch.
            seed: Fixes the orders.
            labels: Yield `(given, wanted, labels)`, with the labels of `given`.

        Raises:
            ValueError: As `Dataset.batches`.
        """
        import tensorflow as tf

        if seed is None:
            seed = int(np.random.randint(2**31))
        # With the same seed and number, both go through the same order.
        given = self.given.batches(batch_size, seed=seed, labels=labels)
        pairs = tf.data.Dataset.zip((given, self.wanted.batches(batch_size, seed=seed)))
        return pairs.map(lambda told, wanted: (told[0], wanted, told[1])) if labels else pairs


def pairs_from_folder(
    given: str | Path, wanted: str | Path, size: int | tuple[int, int] = 64, channels: int = 3
) -> Pairs:
    """Reads two folders of images that belong together: `rain/7.jpg` is the partner of `dry/7.png`.

    Partners have the same file name; the ending does not count. Images are fitted to the size as `from_folder` does,
    so partners of the same size stay in place. No image is left out: what has no partner or cannot be read is an error.
    Other files are passed over, and one line for each folder counts them. For partners in one file see
    `pairs_from_halves`.

    Args:
        given: The folder of what the translator gets.
        wanted: The folder of what it is to make of it.
        size: Side in pixels, or (height, width).
        channels: 3 for colour, 1 for grey.

    Raises:
        ValueError: An argument is out of range.
        DataError: A folder is missing or holds no images, both are the same, names lack a partner or come twice, or an
            image cannot be read or would need too much memory.
    """
    height, width = checked_size(size, channels)
    folders = [_folder(name, path) for name, path in (("given", given), ("wanted", wanted))]
    if folders[0].resolve() == folders[1].resolve():
        raise DataError(
            f"wanted: got the folder that is given, {folders[1]}, expected another one; pairs_from_halves reads a "
            "folder of images that hold both partners side by side"
        )
    named = [_by_name(folder) for folder in folders]
    lonely = [[files[name].name for name in files if name not in others] for files, others in (named, named[::-1])]
    if any(lonely):
        counts = f"{len(named[0]):,} images in {folders[0]}, {len(named[1]):,} in {folders[1]}"
        lacks = [
            f"without a partner in {other}: {listed(names)}"
            for names, other in zip(lonely, folders[::-1], strict=True)
            if names
        ]
        raise DataError(f"pairs need the same file names in both folders; {counts}; {'; '.join(lacks)}")
    sets = []
    for folder, files in zip(folders, named, strict=True):
        pixels, _, unreadable = pixels_of([files[name] for name in sorted(files)], height, width, channels)
        if unreadable:
            raise DataError(f"{len(unreadable)} of {len(files)} images in {folder} cannot be read: {unreadable[0]}")
        sets.append(_own("pairs_from_folder", pixels, folder.resolve().name))
    return Pairs(*sets)


def pairs_from_halves(
    path: str | Path, size: int | tuple[int, int] = 64, channels: int = 3, given: str = "left"
) -> Pairs:
    """Reads a folder of images that hold two partners side by side, as the data sets of pix2pix do.

    Each half is fitted to the size for itself, as `from_folder` does. Images that cannot be read, or whose width is
    odd, are skipped, and one line says how many. Other files, and what is in subfolders, are passed over, and one line
    counts them.

    Args:
        path: The folder.
        size: Side of a half in pixels, or (height, width).
        channels: 3 for colour, 1 for grey.
        given: "left" or "right": the half that the translator gets; it is to become the other one.

    Raises:
        ValueError: An argument is out of range.
        DataError: The folder is missing, holds no image that can be used, or would need too much memory.
    """
    height, width = checked_size(size, channels)
    one_of("given", given, ("left", "right"))
    folder = _folder("path", path)
    files = files_in(folder, SUFFIXES)
    tell_passed_over(folder, files, SUFFIXES, "images")
    pixels, read, unusable = pixels_of(files, height, 2 * width, channels, _halves)
    if not read:
        raise DataError(f"none of the {len(files)} images in {folder} can be used; the first: {unusable[0]}")
    if unusable:
        print(f"gan_tf: skipped {len(unusable)} of {len(files)} images in {folder} (first: {unusable[0]})")
    left, right = (_own("pairs_from_halves", half, folder.resolve().name) for half in np.split(pixels, 2, axis=2))
    return Pairs(left, right) if given == "left" else Pairs(right, left)


def _halves(image, height: int, width: int, channels: int) -> np.ndarray:
    """The halves of a picture of Pillow's, each fitted for itself: uint8 [height, width, channels], side by side."""
    from PIL import ImageOps

    picture = flat(ImageOps.exif_transpose(image))
    if picture.width % 2:
        raise DataError(f"is {picture.width} pixels wide: an odd number has no two halves")
    middle = picture.width // 2
    halves = picture.crop((0, 0, middle, picture.height)), picture.crop((middle, 0, picture.width, picture.height))
    return np.concatenate([covering(half, height, width // 2, channels) for half in halves], axis=1)


def _own(function: str, pixels: np.ndarray, name: str) -> Dataset:
    text = f"{len(pixels):,} images, {'x'.join(map(str, pixels.shape[1:]))}, float32 in [-1, 1]"
    return Dataset(to_float(pixels), None, (), "local", own_card(function, name, text), name)


def _folder(argument: str, path: str | Path) -> Path:
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise DataError(f"{argument}: got {str(path)!r}, expected a folder of images")
    return folder


def _by_name(folder: Path) -> dict[str, Path]:
    """The images of a folder by their names without ending; one line counts the other files."""
    files = files_in(folder, SUFFIXES)
    found: dict[str, Path] = {}
    for file in files:
        if file.stem in found:
            raise DataError(f"{folder} holds two images of one name, {found[file.stem].name} and {file.name}")
        found[file.stem] = file
    tell_passed_over(folder, files, SUFFIXES, "images")
    return found
