"""Two sets of pictures side by side: pairs that belong together, and domains whose pictures do not."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np

from gan_course.data.dataset import DataError, Dataset, listed
from gan_course.data.folder import SUFFIXES, checked_size, files_in, own_card, pixels_of
from gan_course.data.pixels import to_float
from gan_tf.checks import whole


@dataclasses.dataclass(frozen=True)
class Domains:
    """Two sets of pictures without partners, such as day and sunset, for :class:`gan_tf.CycleGAN`.

    Attributes:
        a: Pictures of one domain; any `Dataset`, such as `from_folder` gives.
        b: Pictures of the other. The two may differ in number and shape.
    """

    a: Dataset
    b: Dataset

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
    so partners of the same size stay in place. Nothing is left out: what has no partner or cannot be read is an error.

    Args:
        given: The folder of what the translator gets.
        wanted: The folder of what it is to make of it.
        size: Side in pixels, or (height, width).
        channels: 3 for colour, 1 for grey.

    Raises:
        ValueError: An argument is out of range.
        DataError: A folder is missing or holds no images, names lack a partner or come twice, or an image cannot be
            read or would need too much memory.
    """
    height, width = checked_size(size, channels)
    folders = [_folder(name, path) for name, path in (("given", given), ("wanted", wanted))]
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
        pixels, read, unreadable = pixels_of([files[name] for name in sorted(files)], height, width, channels)
        if unreadable:
            raise DataError(f"{len(unreadable)} of {len(files)} images in {folder} cannot be read: {unreadable[0]}")
        name = folder.resolve().name
        text = f"{len(read):,} images, {height}x{width}x{channels}, float32 in [-1, 1]"
        sets.append(Dataset(to_float(pixels), None, (), "local", own_card("pairs_from_folder", name, text), name))
    return Pairs(*sets)


def _folder(argument: str, path: str | Path) -> Path:
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise DataError(f"{argument}: got {str(path)!r}, expected a folder of images")
    return folder


def _by_name(folder: Path) -> dict[str, Path]:
    """The images of a folder by their names without ending."""
    found: dict[str, Path] = {}
    for file in files_in(folder, SUFFIXES):
        if file.stem in found:
            raise DataError(f"{folder} holds two images of one name, {found[file.stem].name} and {file.name}")
        found[file.stem] = file
    if not found:
        raise DataError(f"{folder} holds no images (looked for {', '.join(SUFFIXES)})")
    return found
