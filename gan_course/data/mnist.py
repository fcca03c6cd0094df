"""MNIST and Fashion-MNIST: two sets in one file format, IDX."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from gan_course.data import sources
from gan_course.data.dataset import Card, DataError, Dataset
from gan_course.data.download import RemoteFile
from gan_course.data.pixels import to_float
from gan_tf.checks import whole

MAX_VALUES = 1 << 28  # 256 MB of bytes: five times MNIST, far below what would hurt
SIDE = 28
_PREFIX = {"train": "train", "test": "t10k"}
NAMES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
}  # fmt: skip

# The published sums of the files as the servers give them: https://github.com/tensorflow/datasets
# (url_checksums/mnist.txt) and https://github.com/zalandoresearch/fashion-mnist (README).
_FILES = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
    "fashion_mnist": {
        "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    },
}
_MIRRORS = {
    "mnist": (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    "fashion_mnist": (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
}

CARDS = {
    "mnist": Card(
        name="mnist",
        title="MNIST",
        size="60,000 training and 10,000 test images, 28x28x1, float32 in [-1, 1], ten digits; 11.6 MB to download",
        licence="CC BY-SA 3.0",
        citation="LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document "
        "recognition, Proceedings of the IEEE 86(11)",
        url=_MIRRORS["mnist"][0],
        layout="$GAN_TF_DATA/mnist/ (the four *-ubyte files, packed or unpacked)",
        stand_in="28x28 digits drawn on this machine with pen strokes and matplotlib's fonts, warped",
        note="a classifier trained on the real set names at least 97% of the stand-in right; a test checks it",
        checksums=_FILES["mnist"],
    ),
    "fashion_mnist": Card(
        name="fashion_mnist",
        title="Fashion-MNIST",
        size="60,000 training and 10,000 test images, 28x28x1, float32 in [-1, 1], ten garments; 30.9 MB to download",
        licence="MIT",
        citation="Xiao, Rasul and Vollgraf 2017, Fashion-MNIST: a novel image dataset for benchmarking "
        "machine learning algorithms, arXiv:1708.07747",
        url=_MIRRORS["fashion_mnist"][0],
        layout="$GAN_TF_DATA/fashion_mnist/ (the four *-ubyte files, packed or unpacked)",
        stand_in="28x28 outlines of ten garments drawn on this machine, filled and warped",
        note="the stand-in is far simpler than the photographs: use it to try the code, not to compare results",
        checksums=_FILES["fashion_mnist"],
    ),
}


def read_idx(path: str | Path, max_values: int = MAX_VALUES) -> np.ndarray:
    """Reads an IDX file of unsigned bytes, packed with gzip or not.

    The header says how much follows, and no more than that is unpacked: a small file that would unpack to
    gigabytes is refused.

    Args:
        path: The file. Whether it is packed is seen from its first bytes, not from its name.
        max_values: More values than this are refused.

    Returns:
        uint8 array of one to three dimensions, as the header says.

    Raises:
        DataError: The file is missing, is no IDX file of bytes, is truncated, has bytes left over, is
            corrupt, or is too large.
    """
    path = Path(path)
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with gzip.open(raw) if packed else raw as stream:
                return _read_idx(stream, path, max_values)
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is a corrupt gzip file ({error}); delete it and fetch it again") from error
    except EOFError as error:
        raise DataError(f"{path} is a truncated gzip file; delete it and fetch it again") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _read_idx(stream, path: Path, max_values: int) -> np.ndarray:
    head = stream.read(4)
    if len(head) < 4:
        raise DataError(f"{path} is truncated: {len(head)} bytes where the 4-byte magic number should be")
    dims = head[3]
    if head[:3] != b"\0\0\x08" or not 1 <= dims <= 3:
        raise DataError(
            f"{path} is no IDX file of bytes: its magic number is 0x{head.hex()}, expected 0x0000080N "
            "with N = 1, 2 or 3 dimensions"
        )
    sizes = stream.read(4 * dims)
    if len(sizes) < 4 * dims:
        raise DataError(f"{path} is truncated inside its header")
    shape = struct.unpack(f">{dims}I", sizes)
    count = math.prod(shape)
    if count == 0:
        raise DataError(f"{path} is empty: its header says {shape}")
    if count > max_values:
        raise DataError(f"{path} is too large: its header says {shape}, {count:,} values; at most {max_values:,}")
    body = stream.read(count)
    if len(body) < count:
        raise DataError(f"{path} is truncated: its header {shape} asks for {count:,} bytes, {len(body):,} came")
    if stream.read(1):
        raise DataError(f"{path} has bytes left over after the {count:,} that its header {shape} asks for")
    return np.frombuffer(body, np.uint8).reshape(shape)


def read_pair(images: str | Path, labels: str | Path, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Reads images and their labels, and checks that they belong together.

    Returns:
        uint8 [n, 28, 28], labels int32 [n].

    Raises:
        DataError: As in `read_idx`; or the shapes, the counts or the labels are wrong.
    """
    pixels, numbers = read_idx(images), read_idx(labels)
    if pixels.ndim != 3 or pixels.shape[1:] != (SIDE, SIDE):
        raise DataError(f"{images}: got shape {pixels.shape}, expected images of {SIDE}x{SIDE}")
    if numbers.ndim != 1:
        raise DataError(f"{labels}: got shape {numbers.shape}, expected one label an image")
    if len(pixels) != len(numbers):
        raise DataError(f"{images} holds {len(pixels):,} images, but {labels} holds {len(numbers):,} labels")
    if numbers.max() >= classes:
        raise DataError(f"{labels}: got label {numbers.max()}, expected 0 to {classes - 1}")
    return pixels, numbers.astype(np.int32)


def load(name: str, split: str = "train", source: str | None = None, *, n: int | None = None, seed: int = 0) -> Dataset:
    """Loads MNIST or Fashion-MNIST, or its stand-in.

    Args:
        name: "mnist" or "fashion_mnist".
        split: "train" or "test".
        source: As in `gan_course.data.load`.
        n: Number of samples: the first `n` of the real set; the stand-in draws as many as asked for.
            None means all: 60,000 and 10,000 of the real set, 20,000 and 4,000 of the stand-in.
        seed: Fixes the stand-in.

    Raises:
        ValueError: `n` is out of range.
        DataError: The files cannot be used.
    """
    pixels, labels, found = load_bytes(name, split, source, n=n, seed=seed)
    dataset = Dataset(to_float(pixels[..., None]), labels, NAMES[name], found, CARDS[name], name)
    return dataset if n is None else dataset.take(n)


def load_bytes(
    name: str, split: str, source: str | None, *, n: int | None = None, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, str]:
    """Loads the images as they are stored: uint8 [m, 28, 28], int32 [m] labels, and the source; otherwise as `load`.

    `n` is for the stand-in, which draws so many; of the real set all come.
    """
    if n is not None:
        whole("n", n, 1)
    files = tuple(
        RemoteFile(file, tuple(mirror + file for mirror in _MIRRORS[name]), checksum)
        for file, checksum in _FILES[name].items()
        if file.startswith(_PREFIX[split])
    )
    found, paths = sources.find(CARDS[name], files, source)
    if found == "embedded":
        from gan_course.data import stand_ins

        return *stand_ins.draw(name, n or {"train": 20_000, "test": 4_000}[split], split, seed), found
    return *read_pair(*paths), found
