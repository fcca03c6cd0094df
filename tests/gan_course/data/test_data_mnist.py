"""The IDX reader: what it reads, and what it refuses."""

import gzip
import struct

import numpy as np
import pytest

from gan_course import data
from gan_course.data import DataError, download, mnist


def idx(array, magic=None, shape=None):
    """The bytes of an IDX file, with a header that may lie."""
    shape = array.shape if shape is None else shape
    magic = bytes([0, 0, 8, len(shape)]) if magic is None else magic
    return magic + struct.pack(f">{len(shape)}I", *shape) + array.tobytes()


def random_bytes(*shape, high=256):
    return np.random.default_rng(0).integers(high, size=shape).astype(np.uint8)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A local MNIST of 20 training images (packed) and 10 test images (unpacked)."""
    home = tmp_path / "mnist"
    home.mkdir()
    (home / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(random_bytes(20, 28, 28))))
    (home / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(random_bytes(20, high=10))))
    (home / "t10k-images-idx3-ubyte").write_bytes(idx(random_bytes(10, 28, 28)))
    (home / "t10k-labels-idx1-ubyte").write_bytes(idx(random_bytes(10, high=10)))
    monkeypatch.setenv("GAN_TF_DATA", str(tmp_path))
    monkeypatch.delenv("GAN_TF_DATA_SOURCE", raising=False)
    return home


def test_reads_packed_and_unpacked_alike(tmp_path):
    array = random_bytes(3, 4, 5)
    for name, content in (("a", idx(array)), ("b", gzip.compress(idx(array)))):
        (tmp_path / name).write_bytes(content)
        assert (mnist.read_idx(tmp_path / name) == array).all()


def test_loads_local_files(folder):
    train, test = data.load("mnist"), data.load("mnist", "test")
    assert train.source == test.source == "local" and (len(train), len(test)) == (20, 10)
    assert train.x.shape == (20, 28, 28, 1) and train.x.dtype == np.float32
    pixels = random_bytes(20, 28, 28)
    assert train.x[..., 0] == pytest.approx(pixels / 255 * 2 - 1, abs=1e-6)
    assert train.x.min() == -1 and train.x.max() == 1
    assert (train.labels == random_bytes(20, high=10)).all()
    assert len(data.load("mnist", n=7)) == 7
    with pytest.raises(ValueError, match="from 1 to 20"):
        data.load("mnist", n=21)
    with pytest.raises(ValueError, match="n: got 0, expected a whole number from 1"):
        data.load("mnist", n=0)


GOOD = idx(random_bytes(20, 28, 28))
PACKED = gzip.compress(GOOD)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated: 0 bytes"),
        (GOOD[:3], "truncated: 3 bytes"),
        (GOOD[:10], "truncated inside its header"),
        (GOOD[:-1], "truncated: its header"),
        (b"\x89PNG" + GOOD[4:], "no IDX file of bytes: its magic number is 0x89504e47"),
        (b"\0\0\x0d\3" + GOOD[4:], "no IDX file of bytes"),  # floats
        (b"\0\0\x08\4" + GOOD[4:], "no IDX file of bytes"),  # four dimensions
        (GOOD + b"\0", "bytes left over"),
        (idx(random_bytes(0, 28, 28)), "is empty"),
        (idx(random_bytes(20, 27, 28)), "expected images of 28x28"),
        (idx(random_bytes(20)), "expected images of 28x28"),
        (idx(random_bytes(19, 28, 28)), "19 images, but .* 20 labels"),
        (idx(random_bytes(1), shape=(60_000, 65_535, 65_535)), "too large"),
        (PACKED[:-20], "truncated gzip"),
        (PACKED[:500] + b"\xff" * 200 + PACKED[700:], "corrupt gzip"),
        (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "corrupt gzip"),  # its own checksum is wrong
        (gzip.compress(GOOD + bytes(100)), "bytes left over"),
    ],
)
def test_refuses_damaged_images(folder, content, message):
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        data.load("mnist")
    assert path.name in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "message"),
    [(np.arange(20, dtype=np.uint8), "got label 19, expected 0 to 9"), (random_bytes(20, 1), "one label an image")],
)
def test_refuses_wrong_labels(folder, labels, message):
    path = folder / "train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(idx(labels)))
    with pytest.raises(DataError, match=message) as caught:
        data.load("mnist")
    assert path.name in str(caught.value)


def test_a_small_file_that_unpacks_to_much_is_not_unpacked(tmp_path, monkeypatch):
    bomb = tmp_path / "bomb.gz"
    with gzip.open(bomb, "wb") as file:
        file.write(b"\0\0\x08\1" + struct.pack(">I", 100))
        for _ in range(64):
            file.write(bytes(1 << 20))
    read = 0
    original = gzip.GzipFile.read

    def counting(self, size=-1):
        nonlocal read
        content = original(self, size)
        read += len(content)
        return content

    monkeypatch.setattr(gzip.GzipFile, "read", counting)
    with pytest.raises(DataError, match="bytes left over"):
        mnist.read_idx(bomb)
    assert read < 1000


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(DataError, match=r"nothing-here.*cannot be read"):
        mnist.read_idx(tmp_path / "nothing-here")
    with pytest.raises(DataError, match="cannot be read"):
        mnist.read_idx(tmp_path)


def test_real_mnist_when_it_is_here(monkeypatch):
    monkeypatch.setattr(download, "_head", lambda url: 1 / 0)  # local or from the cache, never from the network
    try:
        train = data.load("mnist", source="real")
    except DataError:
        pytest.skip("MNIST is not on this machine")
    assert len(train) == 60_000 and len(data.load("mnist", "test", source="real")) == 10_000
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
