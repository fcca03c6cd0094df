"""The library: what goes in comes out again, the same pixels can be made again, and nothing is lost."""

import dataclasses
import json
import shutil
import sqlite3
import subprocess

import imageio.v3 as iio
import numpy as np
import pytest
import soundfile
from PIL import Image
from tests.helpers import tiny
from tests.helpers import tiny_library as toys

from gan_course import library as lib
from gan_course import pretrained, show
from gan_course.library import catalogue, storage
from gan_course.library.provenance import SOURCE_TYPE


@pytest.fixture
def library(tmp_path):
    with lib.Library(tmp_path / "material", wait=0.2) as opened:
        yield opened


def some(n=9, kind="image", seed=0, **options):
    return lib.candidates(toys.maker(kind, **options), toys.scorer(), n, seed, progress=False)


def test_an_image_is_stored_as_it_was_made(library):
    found = some()
    items = library.add(found, [4, 7])
    assert [item.place for item in items] == [4, 7] and len(library) == 2
    np.testing.assert_array_equal(
        iio.imread(items[0].path), show.to_uint8(toys.decode(found.latents[4:5], found.labels[4:5]))[0]
    )
    item = library[items[1].id]
    assert item == items[1] and item.class_name == toys.CLASSES[1] and item.size == "6x6x3" and item.seed == 0
    assert item.confidence == pytest.approx(found.scores.confidence[7])
    assert item.nearest == pytest.approx(found.scores.nearest[7])
    np.testing.assert_array_equal(library.latent(item), found.latents[7])
    assert storage.checksum(item.path) == item.files["file"][2:]


def test_clips_and_sounds_have_a_preview(library):
    (clip,) = library.add(some(kind="clip"), [0])
    (sound,) = library.add(some(kind="sound"), [1])
    assert clip.path.suffix == ".mp4" and clip.preview.suffix == ".gif" and clip.size == "3x6x6x3"
    assert Image.open(clip.preview).n_frames == 3
    waveform, rate = soundfile.read(sound.path)
    assert rate == 8000 and len(waveform) == 4320 and sound.size == "0.54 s"
    assert iio.imread(sound.preview).shape[2] == 3
    assert str(library) == "Library('material': 1 clips, 1 sounds)"


def test_every_file_says_that_it_was_generated(library):
    (image,) = library.add(some(), [0])
    (clip,) = library.add(some(kind="clip"), [0])
    (sound,) = library.add(some(kind="sound"), [0])
    texts = [
        Image.open(image.path).info["Comment"],
        Image.open(clip.preview).info["comment"].decode(),
        clip.path.read_bytes().decode("latin1"),
        soundfile.SoundFile(sound.path).comment,
        Image.open(sound.preview).info["Comment"],
    ]
    assert all("trainedAlgorithmicMedia" in text and "toys <&>" in text for text in texts)
    assert f"DigitalSourceType>{SOURCE_TYPE}<" in Image.open(image.path).info["XML:com.adobe.xmp"]
    assert len(iio.imread(clip.path, plugin="pyav")) == 3 and soundfile.info(sound.path).frames == 4320


@pytest.mark.skipif(not shutil.which("exiftool"), reason="no exiftool (apt install libimage-exiftool-perl)")
@pytest.mark.parametrize("kind", ["image", "clip", "sound"])
def test_another_program_reads_where_it_comes_from(library, kind):
    (item,) = library.add(some(kind=kind), [0])
    command = ["exiftool", "-j", "-G1", "-validate", "-warning", "-XMP:all", item.path]
    (said,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert said["XMP-iptcExt:DigitalSourceType"] == SOURCE_TYPE and said["XMP-xmp:CreatorTool"] == "tiny, gan_tf"
    assert said["XMP-dc:Description"] == storage.mark(toys.maker(kind)) and "toys <&>" in said["XMP-dc:Description"]
    assert said["ExifTool:Validate"] == "OK" and "ExifTool:Warning" not in said


def test_a_picture_on_white_ground_is_cut_out(library):
    picture = np.ones((1, 12, 12, 3), np.float32)
    picture[:, 2:10, 2:10] = [0.2, -0.4, -1.0]
    picture[:, 2, 2:10] = [0.6, 0.3, 0.0]  # its border, half white
    picture[:, 5:7, 5:7] = 1.0  # the white of an eye
    picture[:, 0, 0] = 0.95  # a stain of the ground
    cut = lib.cut_out(picture)[0]
    alpha = (cut[..., 3] + 1) / 2
    assert alpha[0, 0] == 0 and alpha[1, 5] == 0 and alpha[5, 5] == 1 and alpha[4, 4] == 1
    assert alpha[2, 5] == pytest.approx(0.5)
    np.testing.assert_allclose(cut[2, 5, :3], [0.2, -0.4, -1.0], atol=1e-6)  # the white is taken out of the border
    laid = alpha[..., None] * cut[..., :3] + 1 - alpha[..., None]
    assert np.abs(laid - picture[0]).max() == pytest.approx(0.05)  # the stain
    (item,) = library.add(some(finish=lambda x: lib.cut_out(np.abs(x)), settings={"ground": "transparent"}), [0])
    assert Image.open(item.path).mode == "RGBA" and item.size == "6x6x4" and library.remake(item).identical
    assert lib.show([item])


def test_names_of_files_are_safe(library):
    items = library.add(some(), range(3))
    names = [file.name for item in items for file in item.files.values()]
    assert all(name.isascii() and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-/.") for name in names)
    assert all(item.path.parent == library.folder / "images" and item.path.is_file() for item in items)


def test_the_same_recipe_is_stored_once(library):
    first = library.add(some(), [1, 2])
    again = library.add(some(), [2, 3])
    assert len(library) == 3 and again[0] == first[1]
    twice = library.add(some(), [4, 4])
    assert len(library) == 4 and twice[0] == twice[1]
    library.add(some(weights="other"), [2])
    assert len(library) == 5


def test_an_item_of_a_shipped_generator_can_be_made_again_to_the_pixel(library):
    maker = lib.shipped("mnist_conditional")
    found = lib.candidates(maker, lib.Scorer("mnist"), 20, seed=3, batch_size=7, progress=False)
    item = library.add(found, [12])[0]
    with lib.Library(library.folder) as other:  # knows nothing of the maker above
        sample, identical = other.remake(item)
    assert identical and item.class_name == "2"
    np.testing.assert_array_equal(show.to_uint8(sample)[..., 0], iio.imread(item.path))
    usual = pretrained.load("mnist_conditional").sample(20, seed=3)[12]
    assert np.abs(sample - usual).max() < 0.05  # the same sample; in a batch the last bits may differ


def test_an_enlarged_picture_says_so_and_can_be_made_again(library):
    maker = lib.shipped("cifar_dcgan", size=100)
    found = lib.scored(maker, lib.Scorer("cifar10"), maker.latents(1, 0), np.array([8], np.int32))
    (item,) = library.add(found)
    assert item.size == "100x100x3" and item.settings == {
        "enlarged_from": "32x32", "resampler": "lanczos", "size": 100,
    }  # fmt: skip
    assert iio.imread(item.path).shape == (100, 100, 3) and item.class_name == "ship"
    assert library.remake(item).identical and library.find("lanczos") == [item]
    small = maker.decode(found.latents, found.labels)
    back = lib.enlarged(lib.enlarged(small, 320), 32)  # ten times as large, and back
    assert np.abs(back - small).mean() < 0.05


def test_other_weights_are_noticed(library):
    (item,) = library.add(some(), [0])
    with lib.Library(library.folder) as other, pytest.raises(lib.LibraryError, match="no generator of that name"):
        other.remake(item)
    library.add(some(weights="new"), [0])
    with pytest.raises(lib.LibraryError, match="weights of 'tiny' have changed"):
        library.remake(item)


def test_a_gan_of_ones_own(library):
    gan = tiny.gan(classes=3)
    maker = lib.of_gan(gan, "mine", "image", ("a", "b", "c"), "my pictures", "mine")
    found = lib.Candidates(maker, maker.latents(2, 0), maker.labels(2), None, seed=0)
    item = library.add(found)[1]
    np.testing.assert_array_equal(library.remake(item).sample, gan.decode(found.latents[1:], found.labels[1:])[0])
    assert item.class_name == "b" and item.confidence is None
    with pytest.raises(ValueError, match="no scorer"):
        library.like(item)
    before = maker.weights
    gan.averaged.set_weights([w + 1 for w in gan.averaged.get_weights()])
    assert lib.of_gan(gan, "mine", "image", ("a", "b", "c"), "my pictures", "mine").weights != before


def test_a_generator_that_cannot_be_asked_gets_its_classes_from_the_scorer(library):
    found = some(12, conditional=False)
    assert found.labels is None
    items = library.add(found)
    assert [item.class_name for item in items] == [toys.CLASSES[i] for i in found.scores.named]
    assert all(item.label is None for item in items) and library.remake(items[5]).identical
    assert library.variations(items[5], 2).labels is None


# Finding -------------------------------------------------------------------------------------------------------------


def test_find_by_class_score_and_text(library):
    found = some(30)
    library.add(found, note="for the FILM")
    library.add(some(6, kind="clip"))
    assert len(library.find(limit=None)) == 36 and len(library.find(limit=5)) == 5
    assert {item.class_name for item in library.find(class_name="dot")} == {"dot"}
    assert len(library.find(kind="clip")) == 6
    sure = np.median(found.scores.confidence)
    assert [item.confidence for item in library.find(confidence=sure, kind="image")] == sorted(
        found.scores.confidence[found.scores.confidence >= sure], reverse=True
    )
    assert len(library.find("film DOT")) == 10 and not library.find("film dot clip") and not library.find("%")
    assert len(library.find('"<b>quoted</b>" &', kind="clip")) == 2 and len(library.find("ÜNÏ", limit=None)) == 12
    pages = [library.find(sort="oldest", limit=10, offset=start) for start in (0, 10, 20, 30)]
    assert [item.id for page in pages for item in page] == list(range(1, 37))
    assert library.find(sort="unlike", limit=1)[0].nearest == found.scores.nearest.max()


def test_more_like_this_agrees_with_a_plain_search(library):
    found = some(40)
    items = library.add(found)
    item = items[11]
    near = library.like(item, 5)
    distances = np.linalg.norm(found.scores.features - found.scores.features[11], axis=1)
    order = [i for i in np.argsort(distances) if i != 11][:5]
    assert [other.id for other in near] == [items[i].id for i in order]
    np.testing.assert_allclose([other.distance for other in near], distances[order], rtol=1e-4)
    assert library.neighbours(5)[item.id] == [other.id for other in near]
    library.remove(near[0])
    assert [other.id for other in library.like(item, 4)] == [other.id for other in near[1:]]
    with lib.Library(library.folder) as other:
        other.remove(near[1])
    assert library.like(item, 1)[0].id == near[2].id  # what another connection changed is seen
    assert not near[0].path.exists() and not near[1].path.exists()


def test_tags_and_states_are_kept_and_found(library):
    items = library.add(some())
    library.tag(items[:4], "clock", "a film")
    assert library.untag(items[:1], "clock")[0].tags == ("a film",)
    assert [item.id for item in library.find(tag="clock", sort="oldest")] == [2, 3, 4] and not library.find(tag="clo")
    assert library.tags() == {"a film": 4, "clock": 3} and library[2].tags == ("a film", "clock")
    assert library.review(items[1:3], "approved")[0].review == "approved" and items[1].review == "open"
    library.review(items[3:5], "rejected")
    assert [item.id for item in library.find(tag="clock", review="approved", sort="oldest")] == [2, 3]
    library.review([library[2]], "open")
    assert len(library.find(review="open")) == 6 and len(library.find(review="rejected")) == 2
    with lib.Library(library.folder) as other:
        assert other[4].facts()["review"] == "rejected" and other[4].facts()["tags"] == ("a film", "clock")
    library.remove(library[4])
    assert library.tags() == {"a film": 3, "clock": 2}
    for call, message in [
        (lambda: library.tag(items, " clock"), "tags: got ' clock'"),
        (lambda: library.tag(items, "new", ""), "tags: got ''"),
        (lambda: library.review(items, "approve"), "did you mean 'approved'"),
        (lambda: library.find(review="bad"), "review: got 'bad'"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    assert "new" not in library.tags()


def test_what_is_stored_is_not_stored_again_by_another_call(library):
    arguments = {"n": 40, "per_class": 4, "confidence": 0.2, "duplicates": 0.5, "progress": False}
    first = library.fill(toys.maker(), toys.scorer(), seed=1, **arguments)
    # Another generator, which makes the same pictures.
    second = library.fill(toys.maker(name="twin"), toys.scorer(), seed=1, **arguments)
    assert second.counts["duplicate"] >= len(first.items) == 12
    rows = library.catalogue.rows("SELECT features FROM vectors JOIN items ON item = id WHERE class = 'dot'")
    x = np.stack([np.frombuffer(row["features"], "<f4") for row in rows]) / toys.scorer().unit
    apart = np.linalg.norm(x[:, None] - x[None], axis=2)
    assert len(x) == 8 and apart[~np.eye(8, dtype=bool)].min() >= 0.5
    again = library.fill(toys.maker(name="twin"), toys.scorer(), seed=1, **arguments)
    assert again == second and len(library) == 24


def test_variations_stay_near_and_know_their_parent(library):
    item = library.add(some(), [4])[0]
    latent = library.latent(item)
    clouds = [library.variations(item, 50, radius).latents for radius in (0.1, 0.5, 1)]
    far = [np.linalg.norm(cloud - latent, axis=1).mean() for cloud in clouds]
    assert 0 < far[0] < far[1] < far[2]
    np.testing.assert_allclose(library.variations(item, 3, 0.0).latents, np.tile(latent, (3, 1)), rtol=1e-6)
    lengths = (library.variations(item, 4_000, 0.7).latents ** 2).sum(axis=1).mean()
    assert lengths == pytest.approx(0.51 * (latent**2).sum() + 0.49 * 4, rel=0.05)
    kept = library.add(library.variations(item, 3, 0.2, scorer=toys.scorer()), parent=item)
    assert library.find(parent=item.id, sort="oldest") == kept and kept[0].class_name == item.class_name
    library.remove(item)
    assert library[kept[0].id].parent is None
    with pytest.raises(lib.LibraryError, match="has been removed"):
        library.add(library.variations(kept[0], 1, 0.2), parent=item)


# Whole? --------------------------------------------------------------------------------------------------------------


def test_check_finds_and_repair_mends(library):
    items = library.add(some())
    stray = library.folder / "images" / "dot-0123456789abcdef.png"
    mine = library.folder / "images" / "my own.png"
    for path in (stray, mine):
        path.write_bytes(b"x")
    items[0].path.unlink()
    items[1].path.write_bytes(items[1].path.read_bytes()[:-4])
    found = library.check()
    assert found.missing == [items[0]] and found.damaged == [items[1]] and found.strays == [f"images/{stray.name}"]
    assert "1 with a file missing, 1 with a changed file; 1 files" in str(found)
    after = library.repair()
    assert not after.missing and not after.damaged and not after.strays and mine.exists() and after.items == 9


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c: c.execute(f"PRAGMA user_version = {catalogue.FORMAT + 1}"), "update gan_tf to open it"),
        (lambda c: c.execute("PRAGMA user_version = 0"), "cannot read it"),
        (lambda c: c.execute("PRAGMA application_id = 7"), "not the catalogue of a library"),
    ],
)
def test_another_version_is_refused_and_left_alone(library, spoil, message):
    library.add(some(), [0])
    library.close()
    path = library.folder / catalogue.NAME
    with sqlite3.connect(path) as connection:
        spoil(connection)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(lib.LibraryError, match=message):
        lib.Library(library.folder)
    assert path.read_bytes() == before and len(list(library.folder.glob("images/*"))) == 1


def test_a_library_of_the_first_format_is_brought_up_to_date(library):
    item = library.add(some(), [5])[0]
    library.close()
    path = library.folder / catalogue.NAME
    back = """DROP TABLE tags; DROP TABLE candidates; ALTER TABLE items DROP COLUMN review;
        ALTER TABLE items DROP COLUMN difference; ALTER TABLE items RENAME COLUMN original TO nearest_index;
        ALTER TABLE jobs DROP COLUMN after;
        CREATE TABLE candidates (job INTEGER, place INTEGER, nearest_index INTEGER); PRAGMA user_version = 1"""
    with sqlite3.connect(path) as connection:
        connection.executescript(back)
    connection.close()
    with lib.Library(library.folder) as new:
        assert new[1] == dataclasses.replace(item, difference=None)
        assert new.tag(new.review([new[1]], "approved"), "old")[0].tags == ("old",)
        new.fill(toys.maker(), toys.scorer(), n=9, per_class=1, confidence=0.0, progress=False)
        assert len(new) > 1 and not any(new.check()[1:])


def test_a_damaged_catalogue_is_named(tmp_path):
    (tmp_path / catalogue.NAME).write_bytes(b"no database at all " * 100)
    with pytest.raises(lib.LibraryError, match="damaged, or not the catalogue"):
        lib.Library(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(lib.LibraryError, match="expected a folder"):
        lib.Library(tmp_path / "file")


@pytest.mark.parametrize("name", ["../outside.png", "/etc/outside.png", "images/../../dot-0123456789abcdef.png"])
def test_a_catalogue_that_points_out_of_its_folder_is_refused(library, name):
    item = library.add(some(), [0])[0]
    with library.catalogue.writing() as write:
        write.execute("UPDATE files SET name = ?", (name,))
        write.execute("INSERT INTO pending VALUES (?)", (name.replace("outside", "other"),))
    for call in (library.check, library.repair, lambda: library[item.id]):
        with pytest.raises(lib.LibraryError, match="none of a library"):
            call()
    outside = library.folder.parent / "other.png"
    outside.write_text("x")
    with lib.Library(library.folder):
        assert outside.exists()


def test_bad_input_is_refused(library):
    item = library.add(some(), [0])[0]
    for call, message in [
        (lambda: library.find(kind="imgae"), "did you mean 'image'"),
        (lambda: library.find(sort="best"), "sort: got 'best'"),
        (lambda: library.find(confidence=2), "confidence: got 2, expected 0 to 1"),
        (lambda: library.find(7), "text: got 7"),
        (lambda: library.like(item, 0), "k: got 0"),
        (lambda: library.variations(item, radius=2), "radius: got 2"),
        (lambda: lib.shipped("mnist"), "name: got 'mnist'"),
        (lambda: lib.shipped("human_actions", size=100), "makes clips"),
        (lambda: lib.shipped("cifar_dcgan", size=4), "size: got 4"),
        (lambda: toys.maker(kind="image").make(np.zeros((2, 3))), r"latents: got shape \(2, 3\)"),
        (lambda: toys.maker().make(np.zeros((2, 4)), [0, 3]), "labels: got 0 to 3"),
        (lambda: toys.maker("sound", rate=None), "rate: got None"),
        (lambda: lib.Scorer(toys.look), "space: got None"),
        (lambda: lib.Scorer(toys.look, toys.real().take(2), space="toys"), "at least 3"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(KeyError, match="no item has the number 99"):
        library[99]


def test_facts_are_json(library):
    (item,) = library.add(some(), [0])
    facts = json.loads(json.dumps(item.facts()))
    assert facts["files"][0]["sha256"] == item.files["file"].sha256 and facts["class_name"] == "dot"
