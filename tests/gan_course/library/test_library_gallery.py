"""The gallery in a real browser, without a network, and the ZIP that somebody without Python gets."""

import html.parser
import json
import re
import subprocess
import zipfile

import pytest
from tests.helpers import tiny_library as toys

import screenshot
from gan_course import library as lib

BROWSER = screenshot.browser()
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine (apt install chromium)")
EVIL = "</script><script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\"> & 'quoted'"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    with lib.Library(tmp_path_factory.mktemp("a folder & more") / "materi#l 100%") as made:
        for kind in ("image", "clip", "sound"):
            found = lib.candidates(toys.maker(kind), toys.judge(), 6, 0, progress=False)
            items = made.add(found, note=EVIL if kind == "image" else "")
        made.add(made.variations(items[0], 2, 0.2), parent=items[0])
        made.gallery("Toys <b>& more</b>")
        yield made


def dom(library, state="", width=1200):
    """The page as Chromium has it after its script ran."""
    address = (library.folder / "gallery.html").as_uri() + state
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},2400",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=5000", "--dump-dom", address,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = done.stdout
    assert 'data-ready="yes"' in found, done.stderr[-2000:]
    return found


def count(page, tag):
    return len(re.findall(f"<{tag}[ >]", page.split("<script")[0]))


@needs_browser
def test_all_items_are_shown_with_players_and_nothing_is_broken(library):
    page = dom(library)
    assert count(page, "article") == 20 and count(page, "audio") == 8 and count(page, "video") == 6
    assert "data-broken" not in page, "a picture, clip or sound could not be loaded"
    assert 'data-playable="14"' in page, "a clip or sound could not be decoded"
    assert "20 of 20 items" in page


@needs_browser
@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("#kind=sound&class=dot", 4),
        ("#q=TINY+dot", 8),
        ("#q=nothing+like+it", 0),
        ("#min=1.00", 0),
    ],
)
def test_filters(library, state, shown):
    page = dom(library, state)
    assert f'data-found="{shown}"' in page and count(page, "article") == shown


@needs_browser
def test_details_of_one_item(library):
    sound = library.find(kind="sound", sort="oldest")[0]
    page = dom(library, f"#item={sound.id}", width=400)
    inside = page.split("<dialog")[1].split("</dialog>")[0]
    assert "open" in page.split("<dialog")[1].split(">")[0]
    assert sound.files["file"].sha256 in inside and "toys &lt;&amp;&gt;" in inside and "<audio" in inside
    assert "More like this" in inside and "Variations" in inside


@needs_browser
def test_what_a_note_says_is_never_run(library):
    item = library.find("onerror")[0]
    page = dom(library, f"#item={item.id}")
    assert "<title>Toys &lt;b&gt;&amp; more&lt;/b&gt;</title>" in page and "&lt;/script&gt;" in page


def test_the_page_asks_for_nothing_from_elsewhere(library):
    page = (library.folder / "gallery.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href|url\(|import|fetch)\W{0,3}(?:https?:)?//", page)
    assert page.count("</script>") == 2 and "<b>& more" not in page

    class Data(html.parser.HTMLParser):
        inside, text = False, ""

        def handle_starttag(self, tag, attributes):
            self.inside = dict(attributes).get("id") == "data"

        def handle_data(self, data):
            self.text += data if self.inside else ""

    parser = Data()
    parser.feed(page)
    entries = json.loads(parser.text)
    assert len(entries) == 20 and {entry["note"] for entry in entries} == {"", EVIL}
    assert {entry["class"] for entry in entries} == set(toys.CLASSES)
    by_id = {entry["id"]: entry for entry in entries}
    judged = [entry for entry in entries if entry["confidence"] is not None]
    assert all(len(entry["like"]) == 5 and entry["id"] not in entry["like"] for entry in judged)
    assert all(by_id[other]["kind"] == entry["kind"] for entry in judged for other in entry["like"])


def test_an_export_is_whole_and_can_be_checked(library, tmp_path):
    path = library.export(tmp_path / "toys.zip")
    manifest = lib.read_manifest(path)
    assert len(manifest["items"]) == 20 and "neural network" in manifest["generated"]
    first = manifest["items"][0]
    item = library[first["id"]]
    assert first["latent"] == library.latent(item).tolist() and first["licence"] == "free"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        text = archive.read("README.txt").decode()
    assert {"manifest.json", "gallery.html", "README.txt"} < names and "toys <&>: free" in text
    assert {file["name"] for entry in manifest["items"] for file in entry["files"]} < names
    some = library.export(tmp_path / "clips.zip", library.find(kind="clip"))
    assert len(lib.read_manifest(some)["items"]) == 6


def test_a_damaged_export_is_noticed(library, tmp_path):
    path = library.export(tmp_path / "toys.zip", library.find(kind="image", limit=2))
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in content if name.endswith(".png"))
    with zipfile.ZipFile(tmp_path / "changed.zip", "w") as archive:
        for other, data in content.items():
            archive.writestr(other, data + b"x" if other == name else data)
    with pytest.raises(lib.LibraryError, match=f"{name} is not what the manifest says"):
        lib.read_manifest(tmp_path / "changed.zip")
    (tmp_path / "half.zip").write_bytes(path.read_bytes()[:-100])
    for bad in ("half.zip", "none.zip"):
        with pytest.raises(lib.LibraryError, match="missing, damaged"):
            lib.read_manifest(tmp_path / bad)


def test_an_export_that_fails_leaves_the_earlier_one(library, tmp_path):
    path = library.export(tmp_path / "toys.zip", library.find(kind="image", limit=2))
    before = path.read_bytes()
    item = library.find(kind="image", sort="oldest")[-1]
    content = item.path.read_bytes()
    item.path.write_bytes(content[:-1])
    with pytest.raises(lib.LibraryError, match="missing or has changed"):
        library.export(path)
    item.path.write_bytes(content)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["toys.zip"]
    with pytest.raises(ValueError, match=r"ends in \.zip"):
        library.export(tmp_path / "toys.tar")
    with pytest.raises(ValueError, match="got no items"):
        library.export(path, [])
