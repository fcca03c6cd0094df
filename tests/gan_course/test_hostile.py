"""Hostile input: thousands of mutated files, and some made with care. No reader crashes or hangs on them, and none
gives data that are silently wrong: what comes through the door is well-formed, and where a format carries a checksum it
is what was written."""

import contextlib
import functools
import gzip
import io
import json
import pickle
import signal
import tarfile
import tempfile
import warnings

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_course import data, pretrained, video
from gan_course.data import DataError, archives, cifar10, human_actions, mnist, sounds
from gan_tf import files
from gan_tf.weights import named_weights

HANGS = 100  # seconds; a valid one takes milliseconds


def mutated(*originals):
    """The place of one of the originals, and what a few edits make of its bytes."""
    edit = st.tuples(st.sampled_from(EDITS), st.floats(0, 1, exclude_max=True), st.integers(0, 2**32 - 1))

    def apply(which, edits):
        content = originals[which]
        for change, place, value in edits:
            content = change(content, int(place * max(1, len(content))), value, originals)
        return which, content

    return st.builds(apply, st.integers(0, len(originals) - 1), st.lists(edit, min_size=1, max_size=4))


def put_byte(content, at, value, originals):
    return content[:at] + bytes([value % 256]) + content[at + 1 :]


def put_number(content, at, value, originals):
    return content[:at] + value.to_bytes(4, "big" if value % 2 else "little") + content[at + 4 :]


def put_limit(content, at, value, originals):
    """The numbers that sizes in headers go wrong at."""
    return (
        content[:at]
        + [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\x80"][value % 4]
        + content[at + 4 :]
    )


def flip_bit(content, at, value, originals):
    return content[:at] + bytes(byte ^ 1 << value % 8 for byte in content[at : at + 1]) + content[at + 1 :]


def cut(content, at, value, originals):
    return content[:at]


def drop(content, at, value, originals):
    return content[:at] + content[at + 1 + value % 64 :]


def repeat(content, at, value, originals):
    return content[:at] + content[max(0, at - value % 64) :]


def extend(content, at, value, originals):
    return content + value.to_bytes(4, "little") * (1 + value % 8)


def splice(content, at, value, originals):
    other = originals[value % len(originals)]
    return content[:at] + other[value % max(1, len(other)) :]


EDITS = [put_byte, put_number, put_limit, flip_bit, cut, drop, repeat, extend, splice]


def inputs(count, *originals):
    """Run a test of ``(which, content)`` on so many mutated inputs, always the same ones."""

    def decorate(test):
        quiet = settings(
            max_examples=count,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )

        @functools.wraps(test)
        def watched(*args, **kwargs):
            with warnings.catch_warnings(), no_hang():
                warnings.simplefilter("ignore")
                test(*args, **kwargs)

        return quiet(given(case=mutated(*originals))(watched))

    return decorate


@contextlib.contextmanager
def no_hang():
    if not hasattr(signal, "alarm"):
        yield
        return

    def stop(*_):
        raise AssertionError("a reader hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read(reader, error=DataError):
    """What a reader gives, or None where it raises the error that its documentation names."""
    try:
        return reader()
    except error as refused:
        assert str(refused)
        return None


# Arrays of bytes -----------------------------------------------------------------------------------------------------

random = np.random.default_rng(0)
PIXELS = random.integers(0, 256, (3, 28, 28), np.uint8)
DIGITS = np.array([3, 1, 4], np.uint8)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape)
    return header + array.tobytes()


@inputs(1500, idx(PIXELS), idx(DIGITS), idx(PIXELS[0]))
def test_idx(tmp_path, case):
    _, content = case
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(content)
    if (found := read(lambda: mnist.read_idx(path))) is not None:
        assert found.dtype == np.uint8 and 1 <= found.ndim <= 3 and found.size
        assert content == idx(found)


@inputs(1500, gzip.compress(idx(PIXELS), 1, mtime=0), gzip.compress(idx(DIGITS), mtime=0))
def test_packed_idx(tmp_path, case):
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(case[1])
    if (found := read(lambda: mnist.read_idx(path))) is not None:  # gzip has a checksum
        assert any(np.array_equal(found, original) for original in (PIXELS, DIGITS))


@inputs(500, idx(PIXELS), idx(DIGITS))
def test_images_and_their_labels(tmp_path, case):
    which, content = case
    paths = [tmp_path / "images", tmp_path / "labels"]
    for path, good in zip(paths, (idx(PIXELS), idx(DIGITS)), strict=True):
        path.write_bytes(good)
    paths[which].write_bytes(content)
    if (found := read(lambda: mnist.read_pair(*paths))) is not None:
        assert found[0].shape[1:] == (28, 28) and found[1].shape == found[0].shape[:1] and found[1].max() < 10


RECORDS = b"".join(bytes([label]) + random.bytes(3072) for label in (0, 9))


@inputs(1000, RECORDS, RECORDS[:3073])
def test_cifar_records(case):
    _, content = case
    if (found := read(lambda: cifar10.read_batch(content, "a batch"))) is not None:
        pixels, labels = found
        assert 3073 * len(labels) == len(content) and pixels.shape == (len(labels), 32, 32, 3)
        assert 0 <= labels.min() and labels.max() < 10


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


SEQUENCE = random.integers(0, 256, (4, 6, 6, 3), np.uint8)


@inputs(500, npy(SEQUENCE), npy(SEQUENCE.astype(np.float32)), npy(PIXELS))
def test_sequences_of_frames(tmp_path, case):
    path = tmp_path / "0_00.npy"
    path.write_bytes(case[1])
    if (found := read(lambda: human_actions.read_array(path))) is not None:
        assert found.dtype == np.uint8 and found.shape[1] == found.shape[2] and found.shape[3] == 3


# Our own files of arrays ---------------------------------------------------------------------------------------------

NAMED = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([True]), "c": np.array(7)}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return files.save_arrays(tmp_path_factory.mktemp("saved") / "a.safetensors", NAMED, {"epoch": 1}).read_bytes()


def packed(header, content):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content


def entry(kind, shape, start, end):
    return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}


CONTENT = NAMED["c"].tobytes() + NAMED["a"].tobytes() + NAMED["b"].tobytes()
ENTRIES = {"c": entry("I64", [], 0, 8), "a": entry("F32", [2, 3], 8, 32), "b": entry("BOOL", [1], 32, 33)}


def described(arrays=NAMED, meta=None):
    """With the checksum that the arrays and the description have: who makes a file with care computes it too."""
    meta = {"epoch": 1} if meta is None else meta
    return {"__metadata__": {"gan_tf": json.dumps({"meta": meta, "sha256": files._checksum(arrays, meta)})}}


WHOLE = packed({**described(), **ENTRIES}, CONTENT)


def check_named(found):
    assert found[1] == {"epoch": 1} and found[0].keys() == NAMED.keys()
    for name, array in NAMED.items():
        np.testing.assert_array_equal(found[0][name], array)


@inputs(1400, WHOLE, packed({**ENTRIES, **described()}, CONTENT))
def test_files_of_arrays(tmp_path, case):
    path = tmp_path / "a.safetensors"
    path.write_bytes(case[1])
    if (found := read(lambda: files.load_arrays(path), files.ArraysError)) is not None:
        check_named(found)


class Code:
    def __reduce__(self):
        return pytest.fail, ("code in a file was run",)


FLOATS = np.zeros(2, np.float32)


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(Code()),
        packed(pickle.dumps(Code()), b""),
        (2**63 - 1).to_bytes(8, "little") + b"{}",
        (10**8).to_bytes(8, "little") + b"{" + b" " * 10**6,
        packed(b"[" * 50_000, b""),
        packed(b'{"a":' * 5_000, b""),
        packed({**described(), **ENTRIES, "d": entry("U8", [1], 33, 34)}, CONTENT),  # behind the end
        packed({**described(), **ENTRIES, "d": entry("U8", [33], 0, 33)}, CONTENT),  # the bytes of others
        packed({**described(), **ENTRIES, "a": entry("F32", [10**12], 8, 32)}, CONTENT),
        packed({**described(), **ENTRIES, "a": entry("F32", [2**62, 2**62], 8, 32)}, CONTENT),
        packed({**described(), **ENTRIES, "a": entry("F32", [-1, 3], 8, 32)}, CONTENT),
        packed({**described(), **ENTRIES, "a": entry("|O", [2, 3], 8, 32)}, CONTENT),
        packed({**described(), **ENTRIES, "a": entry("BF16", [12], 8, 32)}, CONTENT),
        packed({**described({"a": FLOATS}), "a": entry("C64", [1], 0, 8)}, FLOATS.tobytes()),
        packed({**described(), **ENTRIES}, CONTENT + b"more"),
        packed({**described({}), **ENTRIES}, CONTENT),
        packed({**described({}, [1])}, b""),
        packed({"__metadata__": {"gan_tf": "[" * 5_000}}, b""),
        packed({"__metadata__": {"gan_tf": "[1]"}}, b""),
        packed({"__metadata__": {"gan_tf": '{"meta": {}}'}}, b""),
        packed({"__metadata__": {"gan_tf": {"meta": {}}}}, b""),
        packed({"__metadata__": ["gan_tf"]}, b""),
    ],
)
def test_arrays_made_with_care(tmp_path, content):
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with no_hang(), pytest.raises(files.ArraysError, match=r"a\.safetensors: damaged, or not a \.safetensors file"):
        files.load_arrays(path)


def test_what_is_written_is_what_the_mutations_start_from(saved, tmp_path):
    """Or the test of mutated files would be about another format than ours."""
    for content in (WHOLE, saved):
        path = tmp_path / "a.safetensors"
        path.write_bytes(content)
        check_named(files.load_arrays(path))
    size = int.from_bytes(saved[:8], "little")
    assert json.loads(saved[8 : 8 + size]) == {**described(), **ENTRIES} and saved[8 + size :] == CONTENT


# Shipped generators --------------------------------------------------------------------------------------------------

OPTIONS = {"latent_dim": 2, "shape": [4, 4, 1], "widths": [8]}


@pytest.fixture(scope="module")
def weights():
    generator = pretrained.GENERATOR_NETWORKS["dense_generator"](latent_dim=2, shape=(4, 4, 1), widths=(8,))
    return {name: np.asarray(w, np.float16) for name, w in named_weights(generator).items()}


def generator_file(path, weights, **changes):
    layers = ["dense (Dense)", "batch_normalization (BatchNormalization)", "leaky_re_lu (LeakyReLU)"]
    layers += ["dense_1 (Dense)", "activation (Activation)", "reshape (Reshape)"]
    meta = {"network": "dense_generator", "options": OPTIONS, "layers": layers, "card": {}}
    return files.save_arrays(path, weights, {**meta, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "os.system"},
        {"network": ["dense_generator"]},
        {"network": None},
        {"options": None},
        {"options": []},
        {"options": {**OPTIONS, "latent_dim": 3}},
        {"options": {**OPTIONS, "latent_dim": 10**9}},
        {"options": {**OPTIONS, "latent_dim": -1}},
        {"options": {**OPTIONS, "latent_dim": "2"}},
        {"options": {**OPTIONS, "widths": [8] * 1000}},
        {"options": {**OPTIONS, "widths": [10**6, 10**6]}},
        {"options": {**OPTIONS, "shape": [4, 10**7, 1]}},
        {"options": {**OPTIONS, "widths": [[8]]}},
        {"options": {**OPTIONS, "code": "print()"}},
        {"options": {**OPTIONS, "classes": 10**8}},
        {"layers": []},
        {"layers": None},
        {"layers": 7},
        {"layers": [7, [], {}]},
    ],
)
def test_recipes_made_with_care(tmp_path, weights, changes):
    path = generator_file(tmp_path / "g.safetensors", weights)
    assert pretrained.load_file(path).sample(2).shape == (2, 4, 4, 1)
    generator_file(path, weights, **changes)
    with no_hang(), pytest.raises(files.ArraysError, match="the weights do not fit the network it names"):
        pretrained.load_file(path)


def broken(weights, name, value):
    array = weights[name].copy()
    array.flat[0] = value
    return {**weights, name: array}


def test_weights_made_with_care(tmp_path, weights):
    for changed in (
        broken(weights, "dense/kernel", np.nan),
        broken(weights, "batch_normalization/gamma", np.inf),
        {**weights, "dense_2/bias": np.zeros(1)},
        {name: array for name, array in weights.items() if name != "dense_1/bias"},
        {**weights, "dense/kernel": weights["dense/kernel"].T},
    ):
        path = generator_file(tmp_path / "g.safetensors", changed)
        with pytest.raises(files.ArraysError, match="the weights do not fit the network it names"):
            pretrained.load_file(path)
    path.unlink()
    generator_file(path, weights)
    arrays_only, meta = files.load_arrays(path)
    del meta["card"]
    files.save_arrays(path, arrays_only, meta)
    with pytest.raises(files.ArraysError, match="card"):
        pretrained.load_file(path)


# Archives ------------------------------------------------------------------------------------------------------------

FILES = {"data/a.bin": b"a" * 40, "data/b.bin": bytes(range(40))}


def tar(files=FILES, change=None):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:", format=tarfile.USTAR_FORMAT) as packed:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if change:
                change(info)
            packed.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return stream.getvalue()[:4096]  # without the padding to 10 kB


def wanted(path):
    return archives.members(path, FILES, lambda size: size == 40, "40 bytes")


@inputs(700, gzip.compress(tar(), mtime=0), gzip.compress(tar(), 0, mtime=0))
def test_packed_archives(tmp_path, case):
    path = tmp_path / "files.tar.gz"
    path.write_bytes(case[1])
    if (found := read(lambda: wanted(path))) is not None:  # gzip has a checksum
        assert found == FILES
    assert [one.name for one in tmp_path.iterdir()] == ["files.tar.gz"]


@inputs(600, tar())
def test_archives_whose_checksum_is_right(tmp_path, case):
    path = tmp_path / "files.tar.gz"
    path.write_bytes(gzip.compress(case[1], 1))
    if (found := read(lambda: wanted(path))) is not None:
        assert found.keys() == FILES.keys() and all(len(content) == 40 for content in found.values())
    assert [one.name for one in tmp_path.iterdir()] == ["files.tar.gz"]


def renamed(name):
    return lambda info: setattr(info, "name", name if info.name.endswith("a.bin") else info.name)


def linked(kind, target):
    def change(info):
        if info.name.endswith("a.bin"):
            info.type, info.linkname, info.size = kind, target, 0

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (renamed("../data/a.bin"), "lacks data/a.bin"),
        (renamed("data/../data/a.bin"), "lacks data/a.bin"),
        (renamed("/data/a.bin"), "lacks data/a.bin"),
        (renamed("data/b.bin"), "is there twice"),
        (linked(tarfile.SYMTYPE, "/etc/hostname"), "is no file of 40 bytes"),
        (linked(tarfile.SYMTYPE, "../../secret"), "is no file of 40 bytes"),
        (linked(tarfile.LNKTYPE, "data/b.bin"), "is no file of 40 bytes"),
        (linked(tarfile.FIFOTYPE, ""), "is no file of 40 bytes"),
        (linked(tarfile.CHRTYPE, ""), "is no file of 40 bytes"),
        (linked(tarfile.DIRTYPE, ""), "is no file of 40 bytes"),
    ],
)
def test_archives_made_with_care(tmp_path, change, message):
    path = tmp_path / "in" / "files.tar.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(tar(change=change)))
    with no_hang(), pytest.raises(DataError, match=message):
        wanted(path)
    assert [one.name for one in tmp_path.iterdir()] == ["in"] and len(list(path.parent.iterdir())) == 1


@pytest.mark.parametrize("name", ["data/a.bin", "data/other.bin"])
def test_an_archive_that_unpacks_to_much(tmp_path, monkeypatch, name):
    monkeypatch.setattr(archives, "MAX_UNPACKED", 100_000)
    path = tmp_path / "files.tar.gz"
    path.write_bytes(gzip.compress(tar()[:-1024] + bytes(90_000)))
    assert wanted(path) == FILES
    path.write_bytes(gzip.compress(tar()[:-1024] + bytes(200_000)))  # behind its end
    with pytest.raises(DataError, match="unpacks to more than 100,000 bytes"):
        wanted(path)
    path.write_bytes(gzip.compress(tar({name: bytes(200_000), **FILES})[:700] + bytes(200_000)))
    with pytest.raises(DataError, match=r"unpacks to more than 100,000 bytes|is no file of 40 bytes"):
        wanted(path)


# Pictures ------------------------------------------------------------------------------------------------------------

PICTURE = Image.fromarray(random.integers(0, 256, (9, 7, 3), np.uint8))


def encoded(kind, picture=PICTURE, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def from_folder(folder, name, content):
    (folder / name).write_bytes(content)
    return read(lambda: data.from_folder(folder, size=8))


@pytest.fixture(scope="module")
def good_png(tmp_path_factory):
    folder = tmp_path_factory.mktemp("png")
    return [from_folder(folder, "a.png", content).x for content in PNGS]


PNGS = [encoded("PNG"), encoded("PNG", PICTURE.convert("P")), encoded("PNG", PICTURE.convert("LA"))]


@inputs(300, *PNGS)
def test_png(tmp_path, good_png, case):
    if (found := from_folder(tmp_path, "a.png", case[1])) is not None:  # each part has a checksum
        assert any(np.array_equal(found.x, good) for good in good_png)


PICTURES = [encoded(kind) for kind in ("JPEG", "GIF", "BMP", "TIFF", "PPM", "WEBP", "AVIF")]


@inputs(200, *PICTURES, encoded("TIFF", Image.fromarray(random.random((5, 6), np.float32))))
def test_other_pictures(tmp_path, case):
    if (found := from_folder(tmp_path, "a.jpg", case[1])) is not None:
        assert found.x.shape == (1, 8, 8, 3) and np.isfinite(found.x).all() and np.abs(found.x).max() <= 1


@inputs(150, encoded("JPEG", PICTURE.resize((40, 10))), encoded("PNG", PICTURE.resize((40, 10))))
def test_strips_of_frames(case):
    if (found := read(lambda: human_actions.read_strip(io.BytesIO(case[1])))) is not None:
        assert found.dtype == np.uint8 and found.shape[1] == found.shape[2] and found.shape[3] == 3


def test_pictures_made_with_care(tmp_path, capsys):
    header = bytearray(encoded("BMP"))
    header[18:26] = (60_000).to_bytes(4, "little") * 2  # 3.6 thousand million pixels
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(a program) show\n"
    for name, content in {
        "bomb.bmp": bytes(header),
        "wide.ppm": b"P6 100000 100000 255\n",
        "program.png": postscript,
        "icon.png": encoded("ICO"),
    }.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="none of the 4 images"):
        data.from_folder(tmp_path, size=8)
    nothing = np.full((4, 4), np.nan, np.float32)
    nothing[0] = 0.5
    found = from_folder(tmp_path, "nan.tiff", encoded("TIFF", Image.fromarray(nothing)))
    assert np.isfinite(found.x).all() and "skipped 4 of 5 images" in capsys.readouterr().out


# Sounds --------------------------------------------------------------------------------------------------------------

TONE = np.sin(np.arange(700) / 5).astype(np.float32) * 0.8


def recorded(kind, sound=TONE, **options):
    stream = io.BytesIO()
    soundfile.write(stream, sound, 8000, format=kind, **options)
    return stream.getvalue()


def check_sound(sound):
    assert sound.dtype == np.float32 and sound.ndim == 1 and len(sound) and np.isfinite(sound).all()
    if (fitted := read(lambda: sounds.fit(sound, 256))) is not None:
        assert fitted.shape == (256,) and np.isfinite(fitted).all() and np.abs(fitted).max() <= 1


WAVES = [recorded("WAV"), recorded("WAV", subtype="FLOAT"), recorded("AIFF"), recorded("AU")]


@inputs(250, *WAVES, recorded("MP3"), recorded("OGG"))
def test_sounds_without_a_checksum(case):
    if (sound := read(lambda: sounds.read(io.BytesIO(case[1]), 8000))) is not None:
        check_sound(sound)


NOISE = (random.standard_normal(12_000) / 9).astype(np.float32)
FLAC = [recorded("FLAC", sound) for sound in (NOISE, TONE)]


@pytest.fixture(scope="module")
def good_sounds():
    return [sounds.read(io.BytesIO(content), 8000) for content in FLAC]


@inputs(250, *FLAC)
def test_sounds_with_checksums(good_sounds, case):
    if (sound := read(lambda: sounds.read(io.BytesIO(case[1]), 8000))) is not None:
        assert any(np.array_equal(sound, good) for good in good_sounds)


def test_sounds_made_with_care():
    wave = bytearray(recorded("WAV"))
    wave[24:28] = (2_000_000_000).to_bytes(4, "little")
    with pytest.raises(DataError, match="samples a second, more than the"):
        sounds.read(io.BytesIO(wave), 8000)
    late = np.zeros(2000, np.float32)
    late[90:] = TONE[:1910:1].repeat(3)[:1910]
    assert np.isfinite(sounds.fit(late, 128)).all()
    with pytest.raises(DataError, match="only silence"):
        sounds.fit(np.concatenate([np.zeros(100, np.float32), TONE]), 8)


# Clips ---------------------------------------------------------------------------------------------------------------


def animation():
    frames = [Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)) for _ in range(4)]
    return encoded("GIF", frames[0], save_all=True, append_images=frames[1:], duration=80)


@inputs(60, animation())
def test_animations(tmp_path, case):
    (tmp_path / "a.gif").write_bytes(case[1])
    if (found := read(lambda: data.clips_from_folder(tmp_path, frames=2, size=8))) is not None:
        assert found.x.shape[1:] == (2, 8, 8, 3) and np.abs(found.x).max() <= 1


def film():
    """The bytes of an MP4."""
    with tempfile.TemporaryDirectory() as folder:
        clips = random.uniform(-1, 1, (1, 6, 16, 16, 3)).astype(np.float32)
        return video.save_mp4(f"{folder}/film.mp4", clips).read_bytes()


@inputs(100, film())
def test_films(tmp_path, case):
    (tmp_path / "a.mp4").write_bytes(case[1])
    if (found := read(lambda: data.clips_from_folder(tmp_path, frames=2, size=8))) is not None:
        assert found.x.shape[1:] == (2, 8, 8, 3) and np.abs(found.x).max() <= 1


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{film}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{film}'\n",
    ],
)
def test_a_playlist_opens_no_other_file(tmp_path, playlist):
    video.save_mp4(tmp_path / "private" / "film.mp4", random.uniform(-1, 1, (1, 6, 16, 16, 3)).astype(np.float32))
    (tmp_path / "open").mkdir()
    (tmp_path / "private" / "film.mp4").rename(tmp_path / "open" / "film.ts")
    (tmp_path / "open" / "list.mp4").write_text(playlist.format(film="film.ts"))
    with pytest.raises(DataError, match="none of the 1 videos"):
        data.clips_from_folder(tmp_path / "open", frames=2, size=8)
