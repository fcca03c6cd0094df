"""Nets for use elsewhere: what comes back is what was written, and no file makes us run its code."""

import io
import json
import pickle
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from tests.helpers import tiny

from gan_course import export, pretrained
from gan_tf.files import load_arrays, save_arrays

LATENTS = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
LABELS = np.array([0, 1, 2, 0, 1], np.int32)


@pytest.fixture(scope="module")
def net():
    keras.utils.set_random_seed(0)
    return tiny.generator(classes=3)


@pytest.fixture(scope="module")
def files(net, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    for name in ("net.keras", "net.tflite", "saved"):
        export.save(folder / name, net)
    export.save(folder / "small.tflite", net, eight_bit=True)
    return folder


@pytest.mark.parametrize("name", ["net.keras", "net.tflite", "small.tflite"])
def test_what_comes_back_makes_the_same_samples(net, files, name):
    made = np.asarray(export.load(files / name)([LATENTS, LABELS]))
    np.testing.assert_allclose(made, net([LATENTS, LABELS]), atol=0.05 if name == "small.tflite" else 1e-6)


@pytest.mark.parametrize("name", pretrained.names())
def test_shipped_generators_are_no_hostile_files(tmp_path, name):
    shipped = pretrained.load(name).generator
    loaded = export.load(export.save(tmp_path / "net.keras", shipped))
    assert all(np.array_equal(a, b) for a, b in zip(loaded.get_weights(), shipped.get_weights(), strict=True))


@pytest.fixture
def in_bfloat16():
    keras.config.set_dtype_policy("mixed_bfloat16")


@pytest.mark.parametrize("name", [name for name in pretrained.names() if name != "dialogue"])
def test_shipped_generators_go_into_lite_files_after_plain_setup(in_bfloat16, tmp_path, capfd, name):
    sampler = pretrained.load(name)
    assert "bfloat16" in {layer.compute_dtype for layer in sampler.generator.layers}
    lite = export.load(export.save(tmp_path / "net.tflite", sampler.generator))
    assert capfd.readouterr() == ("", "")
    keras.config.set_dtype_policy("float32")
    exact = pretrained.load(name).generator
    inputs = [np.random.default_rng(0).standard_normal((2, sampler.latent_dim)).astype(np.float32)]
    inputs += [np.array([1, 0], np.int32)] * sampler.conditional
    difference = np.abs(lite(inputs) - exact(inputs if sampler.conditional else inputs[0]))
    assert difference.mean() < 2e-3 and difference.max() < 0.1  # recurrent nets add up what is rounded


def test_what_lite_files_lack_is_refused_in_one_line_without_the_converter_s(in_bfloat16, tmp_path, capfd, monkeypatch):
    inputs = keras.Input((3,))
    with pytest.raises(
        export.ExportError, match=r"\.tflite lacks what it computes \(Erfinv\); write a \.keras file"
    ) as found:
        export.save(tmp_path / "net.tflite", keras.Model(inputs, keras.ops.erfinv(inputs)))
    assert "\n" not in str(found.value)
    monkeypatch.setattr(tf.lite.TFLiteConverter, "convert", lambda self: pytest.fail("the converter was asked"))
    with pytest.raises(export.ExportError, match=r"\(BitwiseAnd, Erf\)"):
        export.save(tmp_path / "net.tflite", pretrained.load("dialogue").generator)
    assert capfd.readouterr() == ("", "") and not list(tmp_path.iterdir())


def test_repeated_pixels_in_a_sequential_net_too(tmp_path):
    net = keras.Sequential([keras.Input((4, 5, 2)), keras.layers.UpSampling2D(), keras.layers.Conv2D(3, 3)])
    x = np.random.default_rng(0).standard_normal((2, 4, 5, 2)).astype(np.float32)
    lite = export.load(export.save(tmp_path / "net.tflite", net))
    np.testing.assert_allclose(lite(x), net(x), atol=1e-5)


@pytest.mark.parametrize("name", ["net.keras", "net.tflite", "net"])
def test_a_whole_gan_is_refused_and_its_generator_named(tmp_path, name):
    for whole in (tiny.gan(), pretrained.load("mnist_dense")):
        with pytest.raises(ValueError, match=r"model: got \w+, expected one net .* gan\.averaged"):
            export.save(tmp_path / name, whole)
    assert not list(tmp_path.iterdir())


def test_a_saved_model_is_written_and_not_loaded(net, files):
    made = keras.layers.TFSMLayer(files / "saved", call_endpoint="serve")([LATENTS, LABELS])
    np.testing.assert_allclose(made, net([LATENTS, LABELS]), atol=1e-6)
    with pytest.raises(export.ExportError, match="a SavedModel is a program"):
        export.load(files / "saved")


def test_nothing_is_left_beside_the_files_and_an_earlier_one_is_replaced(net, tmp_path):
    for _ in range(2):
        for name in ("net.keras", "saved"):
            export.save(tmp_path / "new" / name, net)
    assert sorted(one.name for one in (tmp_path / "new").iterdir()) == ["net.keras", "saved"]
    assert export.bytes_of(tmp_path / "new" / "saved") > export.bytes_of(tmp_path / "new" / "net.keras") > 1000


def test_a_failed_save_keeps_the_earlier_file(net, tmp_path, monkeypatch):
    path = export.save(tmp_path / "net.keras", net)
    before = path.read_bytes()

    def full(self, part):
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", full)
    with pytest.raises(OSError, match="No space"):
        export.save(path, net)
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == ["net.keras"]


@pytest.mark.parametrize(("name", "options"), [("net.h5", {}), ("net.pkl", {}), ("net.keras", {"eight_bit": True})])
def test_bad_arguments_are_named(net, tmp_path, name, options):
    with pytest.raises(ValueError, match=r"path: got|eight_bit: only"):
        export.save(tmp_path / name, net, **options)
    assert not list(tmp_path.iterdir())


# Hostile files -------------------------------------------------------------------------------------------------------


def rewritten(path, **changes):
    """The bytes of a .keras file with some of its parts replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stream, "w") as new:
        for name in {**dict.fromkeys(old.namelist()), **changes}:
            new.writestr(name, changes[name] if name in changes else old.read(name))
    return stream.getvalue()


def config_with(path, layer):
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][2]["config"]["planted"] = layer
    return json.dumps(config)


def code(module, name, **config):
    return {"module": module, "class_name": name, "config": config, "registered_name": name}


@pytest.mark.parametrize(
    "planted",
    [
        code("keras.layers", "Lambda", function={"class_name": "__lambda__", "config": {"code": "4wAAAA=="}}),
        code(None, "__lambda__", code="4wAAAA=="),
        code("os", "system", command="echo"),
        code("builtins", "eval"),
        code("builtins", "function"),
        {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "function"},
        code("keras.utils", "get_file", fname="a", origin="http://127.0.0.1/"),
        code("keras.src.utils.file_utils", "get_file"),
        code("keras.layers", "TFSMLayer", filepath="elsewhere"),
        code("keras.saving", "load_model"),
        # Under the name of a layer of ours.
        {**code("os", "system", command="echo"), "registered_name": "gan_course>GumbelChoice"},
        {**code("gan_course.export", "GumbelChoice"), "registered_name": "gan_course>GumbelChoice"},
        {**code("gan_course.dialogue.nets", "GumbelChoice"), "registered_name": ["gan_course>GumbelChoice"]},
    ],
)
def test_code_in_a_file_is_refused(files, tmp_path, monkeypatch, planted):
    monkeypatch.setattr(keras.saving, "load_model", lambda *_, **__: pytest.fail("Keras was asked"))
    path = tmp_path / "net.keras"
    path.write_bytes(rewritten(files / "net.keras", **{"config.json": config_with(files / "net.keras", planted)}))
    with pytest.raises(export.ExportError, match=r"net\.keras: holds code: it names"):
        export.load(path)


def test_a_net_with_a_lambda_is_refused(tmp_path):
    inputs = keras.Input((3,))
    path = export.save(tmp_path / "net.keras", keras.Model(inputs, keras.layers.Lambda(lambda x: x * 2)(inputs)))
    with pytest.raises(export.ExportError, match="holds code"):
        export.load(path)


class Code:
    def __reduce__(self):
        return pytest.fail, ("code in a file was run",)


@pytest.mark.parametrize("suffix", [".keras", ".tflite"])
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", pickle.dumps(Code()), bytes(5000)])
def test_other_files_are_refused(tmp_path, suffix, content):
    path = tmp_path / f"net{suffix}"
    with pytest.raises(export.ExportError, match="no such file"):
        export.load(path)
    path.write_bytes(content)
    with pytest.raises(export.ExportError, match="damaged, or no net"):
        export.load(path)


def test_a_keras_file_made_with_care(files, tmp_path, monkeypatch):
    path, good = tmp_path / "net.keras", files / "net.keras"
    for changes, message in (
        ({"../escaped.txt": "x"}, "holds ../escaped.txt"),
        ({"assets/run.py": "x"}, "holds assets/run.py"),
        ({"config.json": "{"}, "damaged"),
        ({"model.weights.h5": pickle.dumps(Code())}, "damaged"),
    ):
        path.write_bytes(rewritten(good, **changes))
        with pytest.raises(export.ExportError, match=message):
            export.load(path)
    monkeypatch.setattr(export, "MAX_BYTES", 1000)
    with pytest.raises(export.ExportError, match="unpacks to"):
        export.load(good)
    assert [one.name for one in tmp_path.iterdir()] == ["net.keras"]


def test_a_flipped_bit_in_a_keras_file_is_noticed_or_changes_nothing(net, files, tmp_path):
    """ZIP has a checksum for each part."""
    path, content, noticed = tmp_path / "net.keras", (files / "net.keras").read_bytes(), 0
    wanted = net.get_weights()
    for place in np.random.default_rng(0).integers(0, len(content), 60):
        changed = bytearray(content)
        changed[place] ^= 1 << int(place) % 8
        path.write_bytes(changed)
        try:
            loaded = export.load(path)
        except export.ExportError:
            noticed += 1
        else:
            assert all(np.array_equal(a, b) for a, b in zip(loaded.get_weights(), wanted, strict=True))
    assert noticed > 40


def test_mutated_lite_files_are_refused_or_run(files, tmp_path):
    path, content = tmp_path / "net.tflite", (files / "net.tflite").read_bytes()
    random, refused = np.random.default_rng(1), 0
    for i in range(80):
        changed = bytearray(content)
        for place in random.integers(0, len(content), 2):
            changed[place] = random.integers(256)
        path.write_bytes(changed[: random.integers(len(content))] if i % 5 == 0 else changed)
        try:
            assert export.load(path)([LATENTS, LABELS]).shape == (5, *tiny.SHAPE)
        except (export.ExportError, ValueError):
            refused += 1
    assert 20 < refused < 80


# Fewer bits, fewer weights -------------------------------------------------------------------------------------------


def test_eight_bits_are_within_half_a_step(net, tmp_path):
    path = save_arrays(tmp_path / "net.safetensors", export.quantized(net))
    packed, _ = load_arrays(path)
    copy = export.with_quantized(net, packed)
    for weight, rounded in zip(net.get_weights(), copy.get_weights(), strict=True):
        step = np.abs(weight).max(axis=tuple(range(weight.ndim - 1))) / 127 if weight.ndim > 1 else 0
        assert (np.abs(weight - rounded) <= step / 2 + 1e-7).all()
    assert {array.dtype for array in packed.values()} == {np.dtype(np.int8), np.dtype(np.float32)}
    with pytest.raises(export.ExportError, match="of another net"):
        export.with_quantized(tiny.generator(width=9, classes=3), packed)


def test_a_channel_of_zeros_stays_zero():
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
    net.set_weights([np.array([[0, 1], [0, -2], [0, 0.5]], np.float32)])
    (rounded,) = export.with_quantized(net, export.quantized(net)).get_weights()
    assert (rounded[:, 0] == 0).all() and rounded[1, 1] == -2


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_the_smallest_weights_go(net, share):
    copy = export.pruned(net, share)
    for weight, left in zip(net.get_weights(), copy.get_weights(), strict=True):
        if weight.ndim == 1:
            np.testing.assert_array_equal(weight, left)
            continue
        assert np.mean(left == 0) == pytest.approx(share, abs=1.5 / weight.size + 0.02)
        assert (left[left != 0] == weight[left != 0]).all()
        assert not share or np.abs(weight[left == 0]).max() <= np.abs(left[left != 0]).min()


@pytest.mark.parametrize("share", [-0.1, 1, float("nan")])
def test_a_wrong_share_is_refused(net, share):
    with pytest.raises(ValueError, match="share: got"):
        export.pruned(net, share)
