"""CIFAR-10's binary files: what is read, unpacked or from the archive, and what is refused."""

import hashlib
import io
import tarfile

import numpy as np
import pytest

from gan_course import data
from gan_course.data import DataError, cifar10, download

N = 20
TRAIN = [f"data_batch_{i}.bin" for i in range(1, 6)]


def batch(seed, n=N):
    """The bytes of a batch, its pictures uint8 [n, 32, 32, 3] and its labels: the format written out by hand."""
    random = np.random.default_rng(seed)
    pictures = random.integers(256, size=(n, 32, 32, 3)).astype(np.uint8)
    labels = random.permutation(n) % 10
    content = b"".join(
        bytes([label]) + picture[:, :, 0].tobytes() + picture[:, :, 1].tobytes() + picture[:, :, 2].tobytes()
        for label, picture in zip(labels, pictures, strict=True)
    )
    return content, pictures, labels


CONTENTS = {name: batch(seed)[0] for seed, name in enumerate([*TRAIN, "test_batch.bin"])}


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """Official batches of 20 records; neither real data nor a network."""
    monkeypatch.setattr(cifar10, "RECORDS", N)
    monkeypatch.setattr(download, "_head", lambda url: 1 / 0)
    monkeypatch.setattr(download, "_unreachable", {})
    monkeypatch.setenv("GAN_TF_CACHE", str(tmp_path / "cache"))
    for variable in ("GAN_TF_DATA", "GAN_TF_DATA_SOURCE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    home = tmp_path / "real" / "cifar-10-batches-bin"
    home.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (home / name).write_bytes(content)
    monkeypatch.setenv("GAN_TF_DATA", str(tmp_path / "real"))
    return home


def check_train(train):
    """Compares a training set with what was written: every pixel, each channel in its place, and the labels."""
    pictures, labels = zip(*(batch(seed)[1:] for seed in range(5)), strict=True)
    assert train.x.shape == (5 * N, 32, 32, 3) and train.x.dtype == np.float32 and train.labels.dtype == np.int32
    assert train.labels.tolist() == np.concatenate(labels).tolist()
    farthest = np.abs(train.x - (np.concatenate(pictures) / 127.5 - 1)).max()
    assert farthest < 1e-6


def test_loads_local_files(folder):
    train, test = data.load("cifar10"), data.load("cifar10", "test")
    check_train(train)
    assert train.source == test.source == "local" and len(test) == N
    assert np.abs(test.x - (batch(5)[1] / 127.5 - 1)).max() < 1e-6 and (test.labels == batch(5)[2]).all()
    assert len(train.class_names) == 10 and train.class_names[0] == "airplane" and train.class_names[9] == "truck"
    first = data.load("cifar10", n=7)
    assert (first.x == train.x[:7]).all() and (first.labels == train.labels[:7]).all()


def test_a_record_holds_its_label_then_red_green_and_blue():
    planes = np.zeros((3, 32, 32), np.uint8)
    planes[0, 0, 1], planes[1, 2, 0], planes[2, 31, 31] = 10, 20, 30
    pixels, labels = cifar10.read_batch(bytes([6]) + planes.tobytes(), "here")
    assert labels.tolist() == [6] and pixels.shape == (1, 32, 32, 3)
    assert pixels[0, 0, 1].tolist() == [10, 0, 0] and pixels[0, 2, 0].tolist() == [0, 20, 0]
    assert pixels[0, 31, 31].tolist() == [0, 0, 30] and pixels.sum() == 60


GOOD = CONTENTS["data_batch_2.bin"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated .* 0 bytes"),
        (GOOD[:-1], "truncated .* whole number of records"),
        (GOOD[:100], "truncated .* 100 bytes"),
        (GOOD[: 3073 * 5] + b"\0", "whole number of records"),
        (bytes(3072 * 5), "whole number of records"),  # without labels
        (bytes(3074 * 5), "whole number of records"),  # CIFAR-100 has two labels a record
        (GOOD[:3073] + b"\x0a" + GOOD[3074:], "got label 10 in record 1, expected 0 to 9"),
        (GOOD + GOOD[:3073], "too large"),
    ],
)
def test_refuses_damaged_batches(folder, content, message):
    (folder / "data_batch_2.bin").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        data.load("cifar10")
    assert "data_batch_2.bin" in str(caught.value)
    assert len(data.load("cifar10", "test")) == N  # the other split does not need it


def test_a_missing_batch_is_named(folder):
    (folder / "data_batch_4.bin").unlink()
    with pytest.raises(DataError, match=r"incomplete: data_batch_4\.bin missing"):
        data.load("cifar10")


def test_numbers_out_of_range_are_refused(folder):
    with pytest.raises(ValueError, match=f"from 1 to {5 * N}"):
        data.load("cifar10", n=5 * N + 1)
    for n in (0, -1, 2.5, "7"):
        with pytest.raises(ValueError, match=r"n: got .*, expected a whole number from 1"):
            data.load("cifar10", n=n)
    for size in (7, 1025, 32.0, 0):
        with pytest.raises(ValueError, match=r"size: got .*, expected a whole number from 8 to 1024"):
            data.load("cifar10", size=size)
    with pytest.raises(ValueError, match=r"size: got 64, .* real set are 32; use source='embedded'"):
        data.load("cifar10", size=64)
    with pytest.raises(ValueError, match="options of 'cifar10': got 'sise'"):
        data.load("cifar10", sise=64)


# Not in the order of their names: nor is the official archive.
ORDER = ["data_batch_3.bin", "test_batch.bin", "data_batch_5.bin", "data_batch_1.bin", "data_batch_4.bin", TRAIN[1]]


def packed(contents=CONTENTS, order=ORDER, damage=None):
    """The bytes of an archive like the official one; `damage` may change a member's header."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name in [*order, "readme.html"]:
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            content = contents.get(name, b"not of use here")
            info.size = len(content)
            if damage:
                damage(info)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def cached(monkeypatch, tmp_path):
    """Puts bytes into the cache as if they were the official archive."""

    def put(content):
        path = tmp_path / "cache" / "cifar10" / "cifar-10-binary.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        official = download.RemoteFile(
            path.name, cifar10._ARCHIVE.urls, "sha256:" + hashlib.sha256(content).hexdigest()
        )
        monkeypatch.setattr(cifar10, "_ARCHIVE", official)
        return path

    return put


def test_reads_the_archive_without_unpacking_it(cached):
    path = cached(packed())
    train, test = data.load("cifar10"), data.load("cifar10", "test")
    assert train.source == "download" and len(test) == N
    assert test.labels.tolist() == batch(5)[2].tolist()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert sorted(train.labels.tolist()) == sorted(np.concatenate([batch(seed)[2] for seed in range(5)]).tolist())


def test_the_archive_gives_the_same_order_as_local_files(cached):
    cached(packed())
    check_train(data.load("cifar10"))


def link(info):
    if info.name.endswith("data_batch_1.bin"):
        info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0


def hard_link(info):
    if info.name.endswith("data_batch_1.bin"):
        info.type, info.linkname, info.size = tarfile.LNKTYPE, "cifar-10-batches-bin/data_batch_3.bin", 0


def elsewhere(info):
    info.name = info.name.replace("cifar-10-batches-bin", "../cifar-10-batches-bin")


WRONG_LABEL = {**CONTENTS, "data_batch_5.bin": b"\xff" + GOOD[1:]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (packed()[:-3000], "cannot be read"),
        (packed()[:100], "cannot be read"),
        (b"", "cannot be read"),
        (b"<html>404 not found</html>", "cannot be read"),
        (GOOD, "cannot be read"),
        (packed(order=ORDER[:-1]), r"lacks cifar-10-batches-bin/data_batch_2\.bin"),
        (packed(damage=link), r"data_batch_1\.bin is no file of"),
        (packed(damage=hard_link), r"data_batch_1\.bin is no file of"),
        (packed(damage=elsewhere), "lacks"),
        (packed({**CONTENTS, "data_batch_5.bin": GOOD[:-3073]}), r"data_batch_5\.bin is no file of 61,460 bytes"),
        (packed({**CONTENTS, "data_batch_5.bin": GOOD + GOOD}), r"data_batch_5\.bin is no file of 61,460 bytes"),
        (packed(WRONG_LABEL), r"data_batch_5\.bin: got label 255 in record 0"),
    ],
    # Bytes as names would change from run to run: an archive holds the time.
    ids=lambda value: None if isinstance(value, str) else "content",
)
def test_refuses_damaged_archives(cached, content, message):
    path = cached(content)
    with pytest.raises(DataError, match=message) as caught:
        data.load("cifar10")
    assert path.name in str(caught.value)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_damaged_stream_is_refused(cached):
    content = bytearray(packed())
    content[5000:5200] = bytes(200)
    path = cached(bytes(content))
    with pytest.raises(DataError, match=path.name):
        data.load("cifar10")


def test_the_archive_has_its_official_checksum():
    assert list(cifar10.CARD.checksums) == ["cifar-10-binary.tar.gz"]
    assert cifar10.CARD.checksums["cifar-10-binary.tar.gz"].startswith("sha256:c4a38c50a1bc5f3a")


def test_real_cifar_when_it_is_here(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(download, "_head", lambda url: 1 / 0)  # local or from the cache, never from the network
    try:
        test = data.load("cifar10", "test", source="real")
    except DataError:
        pytest.skip("CIFAR-10 is not on this machine")
    assert len(test) == 10_000 and np.bincount(test.labels).tolist() == [1000] * 10
    assert (test.x.mean(axis=(0, 1, 2)) + 1) / 2 == pytest.approx([0.494, 0.485, 0.451], abs=0.001)
