"""Image folders: classes, odd files, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from gan_course import data
from gan_course.data import DataError


def save(path, color=(255, 0, 0), size=(40, 40), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **options)


def pixel(dataset, i=0, row=4, column=4):
    return np.round((dataset.x[i, row, column] + 1) * 127.5).astype(int).tolist()


def test_subfolders_are_classes_in_a_fixed_order(tmp_path):
    for name, color in (("b/2.png", "red"), ("b/1.png", "lime"), ("a/9.png", "blue")):
        save(tmp_path / name, color)
    save(tmp_path / ".hidden" / "x.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("not an image")
    dataset = data.from_folder(tmp_path, size=8)
    assert dataset.class_names == ("a", "b") and dataset.labels.tolist() == [0, 1, 1]
    assert [pixel(dataset, i) for i in range(3)] == [[0, 0, 255], [0, 255, 0], [255, 0, 0]]
    assert dataset.x.shape == (3, 8, 8, 3) and dataset.source == "local" and "yours" in str(dataset.card)
    assert next(iter(dataset.batches(2, seed=0))).shape == (2, 8, 8, 3)


def test_a_plain_folder_has_no_labels(tmp_path):
    save(tmp_path / "one.png")
    dataset = data.from_folder(tmp_path, size=(8, 16), channels=1, name="mine")
    assert dataset.labels is None and dataset.class_names == () and dataset.x.shape == (1, 8, 16, 1)
    assert dataset.name == "mine"


def test_crops_around_the_middle_without_squeezing(tmp_path):
    image = np.zeros((20, 60, 3), np.uint8)
    image[:, 20:40] = 255  # the middle third of a wide image is all that a square crop keeps
    Image.fromarray(image).save(tmp_path / "wide.png")
    assert data.from_folder(tmp_path, size=10).x.min() > 0.5


def test_turns_upright_as_exif_says(tmp_path):
    image = Image.new("RGB", (40, 40), "red")
    image.paste("blue", (0, 0, 40, 20))  # blue above red, in the file
    exif = Image.Exif()
    exif[0x0112] = 3  # the camera was upside down
    image.save(tmp_path / "turned.png", exif=exif)
    dataset = data.from_folder(tmp_path, size=8)
    assert pixel(dataset, row=1) == pytest.approx([255, 0, 0], abs=2)
    assert pixel(dataset, row=6) == pytest.approx([0, 0, 255], abs=2)


@pytest.mark.parametrize(
    ("mode", "color", "name", "expected"),
    [
        ("L", 100, "grey.png", [100, 100, 100]),
        ("1", 1, "bits.png", [255, 255, 255]),
        ("LA", (100, 255), "grey_alpha.png", [100, 100, 100]),
        ("RGBA", (255, 0, 0, 0), "clear.png", [255, 255, 255]),
        ("RGBA", (255, 0, 0, 255), "solid.png", [255, 0, 0]),
        ("CMYK", (0, 255, 255, 0), "print.tif", [255, 0, 0]),
        ("I;16", 65535 // 2, "sixteen.png", [127, 127, 127]),
        ("P", 0, "palette.gif", [0, 0, 0]),
    ],
)
def test_modes_become_colour(tmp_path, mode, color, name, expected):
    save(tmp_path / name, color, mode=mode)
    assert pixel(data.from_folder(tmp_path, size=8)) == pytest.approx(expected, abs=1)


def test_a_transparent_palette_becomes_white(tmp_path):
    save(tmp_path / "p.png", 0, mode="P", transparency=0)
    assert pixel(data.from_folder(tmp_path, size=8)) == [255, 255, 255]


def test_an_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    dataset = data.from_folder(tmp_path, size=8)
    assert len(dataset) == 1 and pixel(dataset) == pytest.approx([255, 0, 0], abs=3)


def test_unreadable_images_are_skipped_with_a_count(tmp_path, capsys):
    for i in range(3):
        save(tmp_path / "a" / f"{i}.png", (i, i, i))
    whole = (tmp_path / "a" / "0.png").read_bytes()
    (tmp_path / "a" / "1.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "a" / "x.jpg").write_bytes(b"this is no image")
    dataset = data.from_folder(tmp_path, size=8)
    assert dataset.labels.tolist() == [0, 0] and [pixel(dataset, i)[0] for i in range(2)] == [0, 2]
    out = capsys.readouterr().out
    assert "skipped 2 of 4 images" in out and "1.png" in out and out.count("\n") == 1


def test_avif_is_read(tmp_path):
    save(tmp_path / "a.AVIF", (10, 200, 30), quality=90)
    assert pixel(data.from_folder(tmp_path, size=8)) == pytest.approx([10, 200, 30], abs=6)


def test_other_files_are_counted_in_one_line(tmp_path, capsys):
    save(tmp_path / "cats" / "1.png")
    save(tmp_path / "cats" / "more" / "2.png")
    for name in ("cats/a.heic", "cats/b.HEIC", "dogs/c.heic", "notes.txt", ".hidden", "cats/.hidden.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic")
    assert data.from_folder(tmp_path, size=8).class_names == ("cats",)
    out = capsys.readouterr().out
    assert out.startswith(f"gan_tf: passed over in {tmp_path}: 3 .heic, ") and out.count("\n") == 1
    assert "1 .txt" in out and "1 .png in folders not read" in out and "(read as images: .png, .jpg" in out
    with pytest.raises(DataError, match=r"dogs holds no images \(looked for .*; passed over: 1 .heic\)"):
        data.from_folder(tmp_path / "dogs")


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch, capsys):
    save(tmp_path / "bomb.png", size=(200, 100))
    save(tmp_path / "fine.png", size=(50, 50))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    assert len(data.from_folder(tmp_path, size=8)) == 1
    assert "bomb" in capsys.readouterr().out


@pytest.mark.filterwarnings("error")
def test_a_large_jpeg_and_a_small_image_both_fit(tmp_path):
    save(tmp_path / "large.jpg", size=(1000, 600))
    save(tmp_path / "small.png", size=(3, 2))
    dataset = data.from_folder(tmp_path, size=32)
    assert [pixel(dataset, i)[0] for i in range(2)] == pytest.approx([255, 255], abs=2)


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"path: got .*, expected a folder"):
        data.from_folder(tmp_path / "absent")
    with pytest.raises(DataError, match="holds no images"):
        data.from_folder(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"")
    with pytest.raises(DataError, match="none of the 1 images"):
        data.from_folder(tmp_path)


def test_images_beside_class_folders_are_an_error(tmp_path):
    save(tmp_path / "stray.png")
    save(tmp_path / "cats" / "1.png")
    with pytest.raises(DataError, match=r"stray\.png.*beside class folders.*cats"):
        data.from_folder(tmp_path)


def test_bad_arguments_are_named(tmp_path):
    save(tmp_path / "1.png")
    for size in (0, (8,), (8, 8, 8), 5000, 2.5, "8"):
        with pytest.raises(ValueError, match="size: got"):
            data.from_folder(tmp_path, size=size)
    with pytest.raises(ValueError, match="channels: got"):
        data.from_folder(tmp_path, channels=4)


def test_too_much_memory_is_refused_before_it_is_taken(tmp_path, monkeypatch):
    from gan_course.data import folder

    save(tmp_path / "1.png")
    monkeypatch.setattr(folder, "MAX_BYTES", 1000)
    with pytest.raises(DataError, match="choose a smaller size"):
        data.from_folder(tmp_path, size=64)


# Everything is the same blue-grey field with an orange square in its middle, in another size and another format.
BACK, SQUARE = (40, 60, 90), (230, 140, 30)


def picture(size, mode="RGB"):
    width, height = size
    image = Image.new("RGB", size, BACK)
    side = min(size) // 2
    left, top = (width - side) // 2, (height - side) // 2
    image.paste(SQUARE, (left, top, left + side, top + side))
    return image.quantize(8) if mode == "P" else image.convert(mode)


def mixed_folder(folder):
    """Six sizes and all the modes a class brings along; returns which of them are grey."""
    picture((37, 91)).save(folder / "a_tall.png")
    picture((300, 200), "CMYK").save(folder / "b_print.jpg", quality=95)
    picture((64, 64), "P").save(folder / "c_palette.png")
    picture((50, 40), "RGBA").save(folder / "d_alpha.webp", lossless=True)
    frames = [picture((80, 80)), Image.new("RGB", (80, 80), "white")]
    frames[0].save(folder / "e_animated.gif", save_all=True, append_images=frames[1:])
    frames[0].save(folder / "f_animated.webp", save_all=True, append_images=frames[1:], lossless=True)
    frames[0].save(folder / "g_animated.png", save_all=True, append_images=frames[1:])
    picture((33, 45), "LA").save(folder / "h_grey_alpha.png")
    picture((20, 20), "L").save(folder / "i_grey.JPG", quality=95)
    sixteen = np.asarray(picture((120, 100), "L")).astype(np.uint16) * 257
    Image.fromarray(sixteen).save(folder / "j_sixteen.png")
    Image.fromarray(sixteen).save(folder / "k_sixteen.tif")
    return np.array([False] * 7 + [True] * 4)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [100, 64, 28, (48, 80), (90, 30)])
def test_a_folder_of_mixed_sizes_and_modes(tmp_path, capsys, size, channels):
    grey = mixed_folder(tmp_path)
    dataset = data.from_folder(tmp_path, size=size, channels=channels)
    height, width = size if isinstance(size, tuple) else (size, size)
    assert dataset.x.shape == (11, height, width, channels) and dataset.x.dtype == np.float32
    assert "skipped" not in capsys.readouterr().out
    assert dataset.x.min() >= -1 and dataset.x.max() <= 1
    weights = np.array([0.299, 0.587, 0.114])  # ITU-R 601, as Pillow weighs them
    for place, colour in (((height // 2, width // 2), SQUARE), ((0, 0), BACK), ((height - 1, width - 1), BACK)):
        luma = float(weights @ colour)
        for i, is_grey in enumerate(grey):
            wanted = [luma] * channels if is_grey or channels == 1 else list(colour)
            assert pixel(dataset, i, *place) == pytest.approx(wanted, abs=8), (i, place)


def test_half_transparent_pixels_are_mixed_with_white(tmp_path):
    save(tmp_path / "half.png", (200, 0, 100, 128), mode="RGBA")
    assert pixel(data.from_folder(tmp_path, size=8)) == pytest.approx([227, 127, 177], abs=1)


def test_tiny_and_very_long_images_fill_the_size(tmp_path):
    save(tmp_path / "1.png", (10, 200, 30), size=(1, 1))
    save(tmp_path / "2.png", (10, 200, 30), size=(600, 1))
    save(tmp_path / "3.png", (10, 200, 30), size=(2, 500))
    dataset = data.from_folder(tmp_path, size=(28, 40))
    assert dataset.x.shape == (3, 28, 40, 3)
    assert np.abs((dataset.x + 1) * 127.5 - [10, 200, 30]).max() < 1


def test_sixteen_bits_that_hold_small_numbers_are_not_black(tmp_path):
    """Some scanners write 8-bit values into 16-bit files."""
    Image.fromarray(np.full((20, 20), 200, np.uint16)).save(tmp_path / "dark.png")
    assert pixel(data.from_folder(tmp_path, size=8)) == [200, 200, 200]
