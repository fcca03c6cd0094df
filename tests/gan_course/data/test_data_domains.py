"""Pairs and domains: what comes together, folders of partners, and what is refused."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from gan_course import data
from gan_course.data import DataError


def save(path, colour=(255, 0, 0)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), colour).save(path)


def numbers(first, n, name="numbers"):
    """Pictures of 1x1x1 that tell their number."""
    x = (np.arange(first, first + n, dtype=np.float32) / 1000).reshape(n, 1, 1, 1)
    return data.Dataset(x, None, (), "local", data.Card(name, name, "", "free", "none"), name)


def drawn(batches):
    return [tuple(np.round(1000 * part.numpy().ravel()).astype(int) for part in batch) for batch in batches]


def test_partners_stay_together_in_every_epoch():
    pairs = data.Pairs(numbers(0, 20), numbers(100, 20))
    batches = pairs.batches(4, seed=3)
    epochs = [drawn(batches), drawn(batches)]
    for epoch in epochs:
        assert all((given + 100 == wanted).all() for given, wanted in epoch)
        assert sorted(np.concatenate([given for given, _ in epoch])) == list(range(20))
    assert epochs[0][0][0].tolist() != epochs[1][0][0].tolist()
    assert batches.cardinality() == 5 and len(pairs) == 20
    again = drawn(data.Pairs(numbers(0, 20), numbers(100, 20)).batches(4, seed=3))
    np.testing.assert_array_equal(again, epochs[0])


def test_labels_of_what_is_given_come_third():
    given = dataclasses.replace(numbers(0, 20), labels=np.arange(20) % 4, class_names=tuple("abcd"))
    pairs = data.Pairs(given, numbers(100, 20))
    batches = pairs.batches(4, seed=3, labels=True)
    assert batches.cardinality() == 5
    for x, wanted, labels in batches:
        number = np.round(1000 * x.numpy().ravel()).astype(int)
        np.testing.assert_array_equal(labels, number % 4)
        np.testing.assert_allclose(wanted, x + 0.1, atol=1e-6)
    with pytest.raises(ValueError, match="has no labels"):
        data.Pairs(numbers(0, 20), given).batches(4, labels=True)


def test_pairs_of_unequal_numbers_are_refused():
    with pytest.raises(DataError, match=r"wanted: got 4 pictures .*, expected 3"):
        data.Pairs(numbers(0, 3, "rain"), numbers(0, 4, "dry"))


@pytest.mark.parametrize(("first", "second"), [(20, 6), (6, 20), (20, 20)])
def test_an_epoch_of_domains_goes_through_the_larger_set_once(first, second):
    domains = data.Domains(numbers(0, first), numbers(100, second))
    batches = domains.batches(4, seed=1)
    epoch = drawn(batches)
    assert len(epoch) == 5 == batches.cardinality()
    larger = np.concatenate([batch[first < second] for batch in epoch])
    assert sorted(larger - 100 * (first < second)) == list(range(20))
    for side, size in enumerate((first, second)):
        assert set(np.concatenate([batch[side] for batch in epoch]) - 100 * side) <= set(range(size))
    assert any((a + 100 != b).any() for a, b in epoch)  # No partners.


def test_a_batch_larger_than_the_smaller_domain_is_refused():
    with pytest.raises(ValueError, match="batch_size: got 8, expected a whole number from 1 to 6"):
        data.Domains(numbers(0, 20), numbers(0, 6)).batches(8)


def test_folders_are_matched_by_name_not_by_order_or_ending(tmp_path):
    for name, grey in (("b", 20), ("a", 10), ("c", 30)):
        save(tmp_path / "given" / f"{name}.png", (grey,) * 3)
        save(tmp_path / "wanted" / f"{name}.bmp", (grey + 100,) * 3)
    (tmp_path / "wanted" / "notes.txt").write_text("no image")
    pairs = data.pairs_from_folder(tmp_path / "given", tmp_path / "wanted", size=(8, 12), channels=1)
    assert pairs.given.x.shape == pairs.wanted.x.shape == (3, 8, 12, 1)
    bytes_of = [np.round((one.x[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist() for one in (pairs.given, pairs.wanted)]
    assert bytes_of == [[10, 20, 30], [110, 120, 130]]
    assert pairs.given.source == "local" and "pairs_from_folder" in str(pairs.given.card)


def test_the_same_folder_twice_is_refused(tmp_path):
    save(tmp_path / "one" / "1.png")
    with pytest.raises(DataError, match=r"wanted: got the folder that is given, .*pairs_from_halves"):
        data.pairs_from_folder(tmp_path / "one", str(tmp_path / "one"))
    (tmp_path / "link").symlink_to(tmp_path / "one")
    with pytest.raises(DataError, match="wanted: got the folder that is given"):
        data.pairs_from_folder(tmp_path / "one", tmp_path / "link")
    read = [data.from_folder(tmp_path / "one", size=8) for _ in range(2)]
    with pytest.raises(DataError, match=r"b: got the same pictures as a \('one'\), expected others"):
        data.Domains(*read)


def halves(path, left, right, size=(40, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    image.save(path)


@pytest.mark.parametrize("given", ["left", "right"])
def test_partners_side_by_side_in_one_file(tmp_path, capsys, given):
    """Sharp halves: nothing of one colours the edge of the other."""
    for name, red in (("2.png", 20), ("1.bmp", 10)):
        halves(tmp_path / name, (red, 0, 0), (red + 100, 0, 200))
    halves(tmp_path / "odd.png", "red", "blue", (41, 20))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture")
    halves(tmp_path / "val" / "3.png", "red", "blue")
    pairs = data.pairs_from_halves(tmp_path, size=(8, 12), given=given)
    left, right = (pairs.given, pairs.wanted)[:: 1 if given == "left" else -1]
    assert left.x.shape == right.x.shape == (2, 8, 12, 3) and len(pairs) == 2
    for one, colours in ((left, [(10, 0, 0), (20, 0, 0)]), (right, [(110, 0, 200), (120, 0, 200)])):
        wanted = np.broadcast_to(np.array(colours)[:, None, None], one.x.shape)
        np.testing.assert_array_equal(np.round((one.x + 1) * 127.5), wanted)
    passed, skipped = capsys.readouterr().out.splitlines()
    assert "1 .txt" in passed and "1 .png in folders not read" in passed
    assert "skipped 2 of 4 images" in skipped and "broken.png" in skipped
    assert "pairs_from_halves" in str(pairs.given.card)


def test_halves_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"path: got .*, expected a folder of images"):
        data.pairs_from_halves(tmp_path / "missing")
    with pytest.raises(DataError, match="holds no images"):
        data.pairs_from_halves(tmp_path)
    halves(tmp_path / "odd.png", "red", "blue", (41, 20))
    with pytest.raises(DataError, match=r"none of the 1 images.*odd.png: is 41 pixels wide: an odd number"):
        data.pairs_from_halves(tmp_path)
    with pytest.raises(ValueError, match="given: got 'top', expected one of left, right"):
        data.pairs_from_halves(tmp_path, given="top")
    with pytest.raises(ValueError, match="size: got 0"):
        data.pairs_from_halves(tmp_path, size=0)


@pytest.mark.parametrize(
    ("given", "wanted", "message"),
    [
        (
            ("1.png", "2.png", "3.png"),
            ("1.png",),
            r"3 images in .*given, 1 in .*wanted; without.*wanted: 2.png, 3.png$",
        ),
        (("1.png", "x.png"), ("1.png", "y.png"), r"wanted: x.png; without a partner in .*given: y.png$"),
        (("1.png", "1.bmp"), ("1.png",), r"given holds two images of one name, 1.bmp and 1.png"),
        ((), ("1.png",), r"given holds no images \(looked for .png"),
    ],
)
def test_names_without_a_partner_are_named(given, wanted, message, tmp_path):
    for folder, names in (("given", given), ("wanted", wanted)):
        (tmp_path / folder).mkdir()
        for name in names:
            save(tmp_path / folder / name)
    with pytest.raises(DataError, match=message):
        data.pairs_from_folder(tmp_path / "given", tmp_path / "wanted", size=8)


def test_a_pair_that_cannot_be_read_is_an_error_not_a_shift(tmp_path):
    for folder in ("given", "wanted"):
        for name in ("1", "2"):
            save(tmp_path / folder / f"{name}.png")
    (tmp_path / "wanted" / "1.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"1 of 2 images in .*wanted cannot be read: 1\.png: "):
        data.pairs_from_folder(tmp_path / "given", tmp_path / "wanted", size=8)
    with pytest.raises(DataError, match=r"given: got .*, expected a folder of images"):
        data.pairs_from_folder(tmp_path / "missing", tmp_path / "wanted")
    with pytest.raises(ValueError, match="channels: got"):
        data.pairs_from_folder(tmp_path / "given", tmp_path / "wanted", channels=2)


# Signs ---------------------------------------------------------------------------------------------------------------


def strokes():
    x = np.full((2, 28, 28, 1), -1, np.float32)
    x[0, 6:22, 12:15] = 1
    x[1, 12:15, 6:22] = 1
    return x


@pytest.mark.parametrize("colour", data.NEON_COLOURS)
def test_a_sign_glows_in_its_colour_before_a_dark_wall(colour):
    x = strokes()
    signs = data.neon(x, colour)
    assert signs.shape == (2, 28, 28, 3) and signs.dtype == np.float32 and np.abs(signs).max() <= 1
    tube, wall = signs[x[..., 0] > 0], signs[0, :, 24:]
    assert tube.max(axis=-1).min() > 0.4 and wall.max() < -0.4
    glow = (signs[0, 14, 16] + 1) / 2  # Beside the tube.
    assert glow.argmax() == np.argmax(data.NEON_COLOURS[colour]) and glow.max() > 2 * (wall.max() + 1) / 2
    np.testing.assert_array_equal(data.neon(x[1:], colour), signs[1:])  # Each sign alone, the same each time.


@pytest.mark.parametrize("colour", data.NEON_COLOURS)
def test_without_its_light_a_sign_is_the_drawing_again(colour):
    x = strokes()
    found = data.unlit(data.neon(x, colour))
    assert found.shape == x.shape and ((found > 0) == (x > 0)).mean() > 0.99


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.neon(strokes(), "pink"), "colour: got 'pink', expected one of red, amber"),
        (lambda: data.neon(strokes()[0]), r"x: got float32 of shape \(28, 28, 1\), expected floats \(n, H, W, 1\)"),
        (lambda: data.neon(strokes().astype(int)), "x: got int64 of shape"),
        (lambda: data.neon(5 * strokes()), "x: got values from -5 to 5"),
        (lambda: data.unlit(strokes()), r"expected floats \(n, H, W, 3\)"),
        (lambda: data.unlit(np.full((1, 4, 4, 3), np.nan)), "x: got NaN"),
    ],
)
def test_drawings_and_colours_that_do_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# Seasons -------------------------------------------------------------------------------------------------------------


def test_in_winter_meadows_are_white_and_skies_pale():
    summer = data.load("cifar10", source="embedded", n=60, size=32).of_class("meadow").x
    snowed = data.winter(summer)
    assert snowed.shape == summer.shape and snowed.dtype == np.float32 and np.abs(snowed).max() <= 1
    before, after = (one[:, 26:].mean(axis=(0, 1, 2)) for one in (summer, snowed))  # The meadow before us.
    assert before.argmax() == 1 and after.min() > 0.4 and np.ptp(after) < 0.3 * np.ptp(before)
    colourful = [np.ptp(one[:, :6], axis=-1).mean() for one in (summer, snowed)]
    assert colourful[1] < 0.6 * colourful[0]
    np.testing.assert_array_equal(data.winter(summer[:1]), snowed[:1])


def test_winter_needs_colour_pictures():
    with pytest.raises(ValueError, match=r"expected floats \(n, H, W, 3\)"):
        data.winter(strokes())
