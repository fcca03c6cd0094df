"""Files that are whole or not there, and the arrays in them."""

import os
import pickle
import stat

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from gan_tf.files import ArraysError, load_arrays, remove_parts, save_arrays, written_whole

ARRAYS = {
    "generator/dense/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "half": np.array([0.5, -2.0], np.float16),
    "steps": np.array(7),
    "on": np.array([True, False]),
    "none": np.zeros((0, 3)),
    "turned": np.arange(6, dtype=np.int16).reshape(2, 3).T,
}
META = {"epoch": 3, "history": {"loss": [0.1, 1e-300]}, "text": "µ"}


def test_what_is_saved_is_loaded(tmp_path):
    path = save_arrays(tmp_path / "new" / "folder" / "a.safetensors", ARRAYS, META)
    arrays, meta = load_arrays(path)
    assert meta == META and arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
    assert [one.name for one in path.parent.iterdir()] == ["a.safetensors"]


def test_other_programs_read_it(tmp_path):
    arrays = load_file(save_arrays(tmp_path / "a.safetensors", ARRAYS, META))
    assert arrays.keys() == ARRAYS.keys() and all((arrays[name] == ARRAYS[name]).all() for name in ARRAYS)


def test_the_same_content_gives_the_same_bytes(tmp_path):
    one, other = (
        save_arrays(tmp_path / name, dict(items), META).read_bytes()
        for name, items in (("a", ARRAYS.items()), ("b", reversed(ARRAYS.items())))
    )
    assert one == other


def test_the_description_may_be_left_out(tmp_path):
    assert load_arrays(save_arrays(tmp_path / "a.safetensors", {}))[1] == {}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.array([{}])}, "got dtype object, expected numbers or booleans"),
        ({"x": np.array(["text"])}, "got dtype <U4"),
        ({"x": [[1], [2, 3]]}, None),
        ({"x": np.zeros(1, ">f4")}, "got dtype >f4"),
        ({"x": np.zeros(1, complex)}, "got dtype complex128"),
        ({"__metadata__": np.zeros(1)}, "reserves"),
    ],
)
def test_only_plain_numbers_are_saved(tmp_path, arrays, message):
    with pytest.raises(ValueError, match=message):
        save_arrays(tmp_path / "a.safetensors", arrays)
    assert not list(tmp_path.iterdir())


def test_bfloat16_is_refused_since_numpy_would_not_bring_it_back(tmp_path):
    import tensorflow as tf

    with pytest.raises(ArraysError, match="bfloat16"):
        save_arrays(tmp_path / "a.safetensors", {"x": tf.ones(3, "bfloat16").numpy()})


def test_a_file_cut_short_is_damaged_wherever_it_is_cut(tmp_path):
    path = save_arrays(tmp_path / "a.safetensors", ARRAYS, META)
    content = path.read_bytes()
    for end in range(0, len(content), 13):
        path.write_bytes(content[:end])
        with pytest.raises(ArraysError, match=r"a\.safetensors: damaged"):
            load_arrays(path)


def test_a_flipped_bit_changes_nothing_or_is_noticed(tmp_path):
    path = save_arrays(tmp_path / "a.safetensors", {"x": np.arange(3.0), "y": np.ones(2, np.int8)}, {"epoch": 1})
    content, unnoticed = path.read_bytes(), 0
    for bit in range(0, 8 * len(content), 3):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            arrays, meta = load_arrays(path)
        except ArraysError:
            continue
        unnoticed += 1
        assert meta == {"epoch": 1} and arrays.keys() == {"x", "y"}
        assert arrays["x"].tolist() == [0, 1, 2] and arrays["y"].tolist() == [1, 1]
    assert unnoticed < 30  # In the spaces behind the header.


def pickled(path):
    path.write_bytes(pickle.dumps({"x": np.zeros(3)}))


def old(path):
    with open(path, "wb") as file:
        np.savez(file, x=np.zeros(3))


def foreign(path):
    save_file({"x": np.zeros(3)}, path, {"format": "pt"})


def half_precision_of_others(path):
    header = b'{"x":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]},"__metadata__":{"gan_tf":"{}"}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(2))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "no such file"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_text("<html>Not found</html>"), "damaged, or not a .safetensors file"),
        (foreign, "a .safetensors file, but not one that gan_tf wrote"),
        (half_precision_of_others, "damaged"),
        (old, "damaged, or not a .safetensors file"),
        (pickled, "damaged, or not a .safetensors file"),
    ],
)
def test_other_files_are_refused(tmp_path, write, message):
    write(tmp_path / "a.safetensors")
    with pytest.raises(ArraysError, match=rf"a\.safetensors: .*{message}"):
        load_arrays(tmp_path / "a.safetensors")


# Whole files ---------------------------------------------------------------------------------------------------------


def test_an_error_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("earlier")
    with pytest.raises(RuntimeError, match="in between"), written_whole(path) as part:
        part.write_text("half")
        assert path.read_text() == "earlier"
        raise RuntimeError("in between")
    assert path.read_text() == "earlier" and os.listdir(tmp_path) == ["a.txt"]


def test_the_new_file_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    for text in ("one", "two"):
        with written_whole(path) as part:
            part.write_text(text)
            assert part.parent == path.parent  # os.replace works within one file system only
        assert path.read_text() == text and os.listdir(path.parent) == ["a.txt"]


def test_writing_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "a.txt"):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(PermissionError):
        save_arrays(tmp_path / "a.safetensors", ARRAYS)


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    for name in ("a.txt", ".a.txt.17.part", ".hidden", "b.part"):
        (tmp_path / name).touch()
    remove_parts(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".hidden", "a.txt", "b.part"]
