"""Files that are whole or not there, and the arrays in them."""

import os
import stat

import numpy as np
import pytest

from gan_course import paths
from gan_tf.files import ArraysError, load_arrays, remove_parts, save_arrays, written_whole

ARRAYS = {
    "generator/000.kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "half": np.array([0.5, -2.0], np.float16),
    "steps": np.array(7),
    "on": np.array([True, False]),
    "none": np.zeros((0, 3)),
}
META = {"epoch": 3, "history": {"loss": [0.1, 1e-300]}, "text": "µ"}


def test_what_is_saved_is_loaded(tmp_path):
    path = save_arrays(tmp_path / "new" / "folder" / "a.npz", ARRAYS, META)
    arrays, meta = load_arrays(path)
    assert meta == META and arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
    assert [one.name for one in path.parent.iterdir()] == ["a.npz"]


def test_the_description_may_be_left_out(tmp_path):
    assert load_arrays(save_arrays(tmp_path / "a.npz", {}))[1] == {}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.array([{}])}, "got dtype object, expected numbers or booleans"),
        ({"x": np.array(["text"])}, "got dtype <U4"),
        ({"x": [[1], [2, 3]]}, None),
        ({"__meta__": np.zeros(1)}, "reserved"),
        ({"file": np.zeros(1)}, "reserved"),
    ],
)
def test_only_plain_numbers_are_saved(tmp_path, arrays, message):
    with pytest.raises(ValueError, match=message):
        save_arrays(tmp_path / "a.npz", arrays)
    assert not list(tmp_path.iterdir())


def test_bfloat16_is_refused_since_numpy_would_not_bring_it_back(tmp_path):
    import tensorflow as tf

    with pytest.raises(ArraysError, match="bfloat16"):
        save_arrays(tmp_path / "a.npz", {"x": tf.ones(3, "bfloat16").numpy()})


def test_a_file_cut_short_is_damaged_wherever_it_is_cut(tmp_path):
    path = save_arrays(tmp_path / "a.npz", ARRAYS, META)
    content = path.read_bytes()
    for end in range(0, len(content), 13):
        path.write_bytes(content[:end])
        with pytest.raises(ArraysError, match=r"a\.npz: damaged"):
            load_arrays(path)


def test_a_flipped_bit_changes_nothing_or_is_noticed(tmp_path):
    path = save_arrays(tmp_path / "a.npz", {"x": np.arange(3.0), "y": np.ones(2, np.int8)}, {"epoch": 1})
    content, noticed = path.read_bytes(), 0
    for place in range(0, len(content), 3):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            arrays, meta = load_arrays(path)
        except ArraysError:
            noticed += 1
        else:
            assert meta == {"epoch": 1} and arrays.keys() == {"x", "y"}
            assert arrays["x"].tolist() == [0, 1, 2] and arrays["y"].tolist() == [1, 1]
    assert noticed > len(content) // 9


def pickled(path):
    with open(path, "wb") as file:
        np.savez(file, x=np.array([{"code": print}], object), allow_pickle=True)


def foreign(path):
    with open(path, "wb") as file:
        np.savez(file, x=np.zeros(3))


def single(path):
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "no such file"),
        (lambda path: path.write_bytes(b""), "damaged"),
        (lambda path: path.write_text("<html>Not found</html>"), "damaged, or not a file of arrays"),
        (foreign, "not one that gan_tf wrote"),
        (single, "damaged, or not a file of arrays"),
        (pickled, "damaged"),
    ],
)
def test_other_files_are_refused(tmp_path, write, message):
    write(tmp_path / "a.npz")
    with pytest.raises(ArraysError, match=rf"a\.npz: .*{message}"):
        load_arrays(tmp_path / "a.npz")


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
        save_arrays(tmp_path / "a.npz", ARRAYS)


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    for name in ("a.txt", ".a.txt.17.part", ".hidden", "b.part"):
        (tmp_path / name).touch()
    remove_parts(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".hidden", "a.txt", "b.part"]


# Folders -------------------------------------------------------------------------------------------------------------


def test_assets_are_here():
    assert (paths.assets() / "embedded").is_dir() and (paths.assets() / "pretrained").is_dir()


@pytest.mark.parametrize(
    ("variable", "folder", "made"),
    [
        ("GAN_TF_CACHE", paths.cache, False),
        ("GAN_TF_OUTPUTS", paths.outputs, True),
        ("GAN_TF_RUNS", paths.runs, True),
    ],
)
def test_folders_can_be_chosen(tmp_path, monkeypatch, variable, folder, made):
    monkeypatch.setenv(variable, str(tmp_path / "there" / "below"))
    assert folder() == tmp_path / "there" / "below" and folder().is_dir() == made


def test_an_installed_package_keeps_its_files_elsewhere(tmp_path, monkeypatch):
    for variable in ("GAN_TF_CACHE", "GAN_TF_RUNS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(paths, "_ROOT", tmp_path / "site-packages")
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path / "site-packages" / "gan_tf")
    monkeypatch.chdir(tmp_path)
    assert paths.assets() == tmp_path / "site-packages" / "gan_tf" / "_assets"
    assert paths.runs() == tmp_path / "runs"
    assert "site-packages" not in str(paths.cache()) and paths.cache().name == "gan_tf"
