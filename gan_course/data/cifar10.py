"""CIFAR-10 from its binary version: records of one label byte and 3,072 pixel bytes. Nothing is unpickled."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan_course.data import archives, sources
from gan_course.data.dataset import Card, DataError, Dataset
from gan_course.data.download import RemoteFile
from gan_course.data.pixels import to_float
from gan_tf.checks import whole

SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE  # the label, then the red, the green and the blue plane, row by row
RECORDS = 10_000  # in each file of the official set
FOLDER = "cifar-10-batches-bin"  # its name inside the archive, and under $GAN_TF_DATA
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_BATCHES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}

# https://www.cs.toronto.edu/~kriz/cifar.html gives the MD5 sum, https://github.com/tensorflow/datasets
# (url_checksums/cifar10.txt) the SHA-256 sum of the same 170,052,171 bytes.
_ARCHIVE = RemoteFile(
    "cifar-10-binary.tar.gz",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
    "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)

CARD = Card(
    name="cifar10",
    title="CIFAR-10",
    size="50,000 training and 10,000 test images, 32x32x3, float32 in [-1, 1], ten classes of animals and vehicles; "
    "170 MB to download",
    licence="none stated; cite the report",
    citation="Krizhevsky 2009, Learning multiple layers of features from tiny images, technical report, "
    "University of Toronto",
    url=_ARCHIVE.urls[0],
    layout=f"$GAN_TF_DATA/{FOLDER}/ (data_batch_1.bin to data_batch_5.bin and test_batch.bin)",
    stand_in="landscapes in ten classes drawn on this machine, 32x32 or any other size",
    note="the stand-in has other classes than the photographs and is simpler: compare results on the real set only",
    checksums={_ARCHIVE.name: _ARCHIVE.checksum},
)


def read_batch(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads the records of one binary file.

    Args:
        content: The whole file.
        where: What error messages call it.

    Returns:
        uint8 [n, 32, 32, 3] and int32 [n].

    Raises:
        DataError: The length is no whole number of records, there are none, or a label is out of range.
    """
    if not content or len(content) % RECORD:
        raise DataError(
            f"{where} is truncated or no CIFAR-10 batch: {len(content):,} bytes are no whole number of records of "
            f"{RECORD:,} bytes; delete it and fetch it again"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    labels = records[:, 0].astype(np.int32)
    if labels.max() >= len(NAMES):
        at = int(labels.argmax())
        raise DataError(f"{where}: got label {labels[at]} in record {at}, expected 0 to {len(NAMES) - 1}")
    return records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1), labels


def load(
    split: str = "train", source: str | None = None, *, n: int | None = None, size: int = SIDE, seed: int = 0
) -> Dataset:
    """Loads CIFAR-10, or its stand-in.

    Args:
        split: "train" or "test".
        source: As in `gan_course.data.load`.
        n: Number of samples: the first `n` of the real set; the stand-in draws as many as asked for.
            None means all: 50,000 and 10,000 of the real set, 20,000 and 4,000 of the stand-in.
        size: Side in pixels; other than 32 with the stand-in only.
        seed: Fixes the stand-in.

    Raises:
        ValueError: `n` or `size` is out of range, or another size than 32 is wanted of the real set.
        DataError: The files cannot be used.
    """
    if n is not None:
        whole("n", n, 1)
    whole("size", size, 8, 1024)
    found, paths = sources.find(CARD, (_ARCHIVE,), source, FOLDER, _BATCHES[split])
    if found == "embedded":
        from gan_course.data import scenes, stand_ins

        pixels, labels = stand_ins.draw("cifar10", n or {"train": 20_000, "test": 4_000}[split], split, seed, size=size)
        return Dataset(to_float(pixels), labels, scenes.NAMES, found, CARD, "cifar10")
    if size != SIDE:
        raise ValueError(f"size: got {size}, but the pictures of the real set are {SIDE}; use source='embedded'")
    batches = _unpacked(paths) if found == "local" else _packed(paths[0], _BATCHES[split])
    pixels, labels = [], []
    for content, where in batches:
        more, marks = read_batch(content, where)
        pixels.append(more)
        labels.append(marks)
        if n is not None and sum(map(len, labels)) >= n:
            break
    dataset = Dataset(to_float(np.concatenate(pixels)), np.concatenate(labels), NAMES, found, CARD, "cifar10")
    return dataset if n is None else dataset.take(n)


def _unpacked(paths: list[Path]) -> Iterator[tuple[bytes, str]]:
    for path in paths:
        size = path.stat().st_size
        if size > RECORD * RECORDS:
            raise DataError(f"{path} is too large: {size:,} bytes; an official batch has {RECORD * RECORDS:,}")
        yield path.read_bytes(), str(path)


def _packed(archive: Path, names: tuple[str, ...]) -> Iterator[tuple[bytes, str]]:
    """The batches in the order of `names`; the archive has an order of its own."""
    inside = [f"{FOLDER}/{name}" for name in names]
    whole_file = RECORD * RECORDS
    found = archives.members(archive, inside, lambda size: size == whole_file, f"{whole_file:,} bytes")
    for name in inside:
        yield found[name], f"{archive}: {name}"
