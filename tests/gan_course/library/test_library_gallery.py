"""The gallery in a real browser, without a network, and the ZIP that somebody without Python gets."""

import html
import html.parser
import json
import re
import subprocess
import zipfile

import numpy as np
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
            found = lib.candidates(toys.maker(kind), toys.scorer(), 6, 0, progress=False)
            items = made.add(found, note=EVIL if kind == "image" else "")
        made.add(made.variations(items[0], 2, 0.2), parent=items[0])
        made.tag(items[:3], "clock", EVIL)
        made.review(items[:1], "rejected")
        made.gallery("Toys <b>& more</b>")
        yield made


def dom(library, state="", width=1200, walk=""):
    """The page as Chromium has it after its script ran, and after a walk: JavaScript behind it."""
    page = library.folder / "gallery.html"
    if walk:
        text = page.read_text(encoding="utf-8").replace("</body>", f"<script>{WALK}{walk}</script></body>")
        page = library.folder / "walked.html"
        page.write_text(text, encoding="utf-8")
    address = page.as_uri() + state
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},2400",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=5000", "--dump-dom", address,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = done.stdout
    assert 'data-ready="yes"' in found, done.stderr[-2000:]
    return found


WALK = """
const key = (name, target = document.activeElement) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
const rest = () => new Promise(done => setTimeout(done, 50));
const said = [];
const say = () => said.push([current?.id, document.activeElement.closest("article")?.id, $("dialog").open]);
const done = () => { document.body.append(make("pre", { id: "said" }, JSON.stringify({ said, review: review() }))); };
"""


def walked(library, walk, state="#sort=newest"):
    page = dom(library, state, walk="(async () => {" + walk + "done(); })();")
    return json.loads(html.unescape(re.search('<pre id="said">(.*?)</pre>', page)[1])), page


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
        ("#tag=clock", 3),
        ("#review=rejected", 1),
        ("#review=open&tag=clock", 2),
        ("#review=selected", 0),
        ("#q=clock", 3),
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


@needs_browser
def test_the_keyboard_is_enough_to_review(library):
    """Newest first, so items 20, 19, 18 ...; a row of 1,200 pixels has 6 cards."""
    found, page = walked(
        library,
        """
        key("ArrowRight"); say(); key("ArrowRight"); say(); key(" "); key("a");
        key("ArrowDown"); say(); key("ArrowUp"); key("r"); key("r"); key("ArrowRight"); key("r"); key(" ");
        open(current); say(); key("ArrowLeft", document.body); key("ArrowLeft", document.body); say();
        key(" ", document.body); $("dialog").close(); await rest(); say();
        key("ArrowLeft"); key("ArrowLeft"); say();
        $("q").focus(); key("a"); key(" ");
        """,
    )
    names = {item.id: item.files["file"].name for item in library.find(limit=None)}
    assert found["said"] == [
        [20, "item-20", False], [19, "item-19", False], [13, "item-13", False], [18, None, True], [20, None, True],
        [20, "item-20", False], [20, "item-20", False],
    ]  # fmt: skip
    assert found["review"]["review"] == {names[18]: "rejected"}  # item 19 is open again, as it was
    assert set(found["review"]["selected"]) == {names[20], names[19], names[18]}
    assert page.count('aria-selected="true"') == 3 and "20 of 20 items, 3 selected" in page


@needs_browser
def test_several_items_are_selected_saved_and_taken_over(library, tmp_path):
    found, page = walked(
        library,
        """
        $("all").click(); $("reject").click(); $("none").click();
        document.querySelector("#item-3 .pick").click(); $("approve").click();
        $("review").value = "rejected"; remember();
        let saved; URL.createObjectURL = blob => { saved = blob; return "about:blank#"; };
        HTMLAnchorElement.prototype.click = function () { document.body.dataset.name = this.download; };
        $("save").click(); document.body.dataset.type = saved.type;
        """,
        "#kind=image",
    )
    assert 'data-name="review.json"' in page and 'data-type="application/json"' in page and 'data-found="5"' in page
    (tmp_path / "review.json").write_text(json.dumps(found["review"]))
    with lib.Library(tmp_path / "copy") as other:
        for item in library.find(limit=None, sort="oldest"):
            source = lib.Candidates(toys.maker(item.kind), library.latent(item)[None], np.array([item.label]), None)
            other.add(source)
        chosen = other.reviewed(tmp_path / "review.json")
        assert [item.id for item in chosen] == [3] and chosen[0].review == "approved"
        assert [item.id for item in other.find(review="rejected", sort="oldest")] == [1, 2, 4, 5, 6]
        assert len(lib.read_manifest(other.export(tmp_path / "a.zip"))["items"]) == 15  # without the rejected ones
        for spoil, error, message in [
            ({"selected": ["images/none.png"]}, ValueError, "names 'images/none.png', which is not in this library"),
            ({"review": {"x": "bad"}}, lib.LibraryError, "got another format or state"),
            ({"format": "x"}, lib.LibraryError, "got another format or state"),
            ({"selected": None}, lib.LibraryError, "not saved from a gallery"),
        ]:
            (tmp_path / "bad.json").write_text(json.dumps(found["review"] | spoil))
            with pytest.raises(error, match=message):
                other.reviewed(tmp_path / "bad.json")
        with pytest.raises(lib.LibraryError, match="missing"):
            other.reviewed(tmp_path / "none.json")


@needs_browser
def test_decisions_outlive_the_page(library, tmp_path):
    walk = 'decide([items[0]], "approved");'
    walk += "const kept = localStorage.getItem(KEPT); document.body.dataset.kept = kept;"
    _, page = walked(library, walk)
    kept = json.loads(html.unescape(re.search('data-kept="(.*?)"', page)[1]))
    assert kept == {"selected": [], "review": [[20, "approved"]]}


@needs_browser
def test_transparent_pictures_stand_on_a_pattern(tmp_path):
    with lib.Library(tmp_path) as made:
        made.add(lib.candidates(toys.maker(finish=lambda x: lib.cut_out(x)), toys.scorer(), 2, progress=False))
        made.gallery()
        assert len(re.findall('class="pixels alpha"', dom(made))) == 2


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
    scored = [entry for entry in entries if entry["confidence"] is not None]
    assert all(len(entry["like"]) == 5 and entry["id"] not in entry["like"] for entry in scored)
    assert all(by_id[other]["kind"] == entry["kind"] for entry in scored for other in entry["like"])


def test_an_export_is_whole_and_can_be_checked(library, tmp_path):
    path = library.export(tmp_path / "toys.zip")
    manifest = lib.read_manifest(path)
    assert len(manifest["items"]) == 19 and "neural network" in manifest["generated"]
    first = manifest["items"][0]
    item = library[first["id"]]
    assert manifest["digital_source_type"].endswith("/trainedAlgorithmicMedia") and first["review"] == "open"
    assert sorted(entry["id"] for entry in manifest["items"] if "clock" in entry["tags"]) == [14, 15]
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
