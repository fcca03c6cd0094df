"""The site: its pages and links; in headless Chromium the pages and the playground, from files and from a server."""

from __future__ import annotations

import functools
import http.server
import json
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from tests.helpers import firefox

import course_site
import handouts
import screenshot
import site_check
import site_node
from gan_course import pretrained

ROOT = Path(__file__).resolve().parents[2]
WATCH = (ROOT / "tests" / "site" / "watch.js").read_text(encoding="utf-8")
BROWSER = screenshot.browser()
NO_NPM = "no packages of npm in tools/site (python tools/site_node.py)"
needs_node = pytest.mark.skipif(not site_node.ready(), reason=NO_NPM)
missing = NO_NPM if BROWSER else "no Chromium on this machine (apt install chromium)"
FIREFOX, PADS = screenshot.browser(firefox.BROWSERS), ("#neon", "#emoji")
needs_firefox = pytest.mark.skipif(
    FIREFOX is None or not site_node.ready(), reason=NO_NPM if FIREFOX else "no Firefox (apt install firefox-esr)"
)
needs_browser = pytest.mark.skipif(BROWSER is None or not site_node.ready(), reason=missing)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a folder") / "the site 100%"
    course_site.build(folder)
    return folder


def visited(*visits: dict) -> dict:
    """What tests/site/browser.mjs says about each visit."""
    given = json.dumps({"browser": BROWSER, "visits": visits})
    command = ["node", str(ROOT / "tests" / "site" / "browser.mjs")]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def found_on(page: Path, **visit: object) -> dict:
    """What a script finds on a page, which has no errors."""
    answer = visited({"name": "page", "url": page.as_uri(), **visit})["page"]
    assert answer["errors"] == []
    return answer["result"]


@pytest.fixture(scope="session")
def served(site: Path):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_each_lesson_and_answer_is_a_page_with_its_text_and_outputs(site: Path) -> None:
    for source in course_site.notebooks():
        page = (site / source.relative_to(ROOT).with_suffix(".html")).read_text(encoding="utf-8")
        nb = nbformat.read(source, as_version=4)
        shown = [output.get("data", {}) for cell in nb.cells for output in cell.get("outputs", [])]
        for kind in ("png", "jpeg", "gif"):
            assert page.count(f"data:image/{kind}") >= sum(f"image/{kind}" in data for data in shown), kind
        assert page.count("<audio") == sum(data.get("text/html", "").count("<audio") for data in shown)
        assert page.count("<video") == sum(data.get("text/html", "").count("<video") for data in shown)
        assert "google.colab" not in page and "In [" not in page


def test_the_licences_of_what_is_shipped_are_in_the_site(site: Path) -> None:
    text = (site / "assets" / "licences.txt").read_text(encoding="utf-8")
    assert "Apache License" in text and "LiteRT" in text
    assert "KaTeX:" in text or not site_node.ready()


def test_lessons_are_linked_to_their_neighbours_and_answers(site: Path) -> None:
    page = (site / "notebooks" / "01_mnist_dense_gan.html").read_text(encoding="utf-8")
    end = page.rpartition('<nav class="neighbours"')[2]
    names = ("00_the_game_in_2d", "solutions/01_mnist_dense_gan", "02_cifar_dcgan")
    assert [name for name in names if name not in end] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<a href="no.html">a</a>', "no file no.html"),
        ('<a href="#nowhere">a</a>', "no place #nowhere"),
        ('<img src="https://example.org/a.png">', "loads https://example.org/a.png"),
        ('<a href="../out.html">a</a>', "no file ../out.html"),
    ],
)
def test_a_bad_link_is_a_problem(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "out.html").touch()
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "page.html").write_text(f'<p id="here">{text}<a href="#here">here</a></p>', encoding="utf-8")
    with pytest.raises(course_site.Problem, match=said):
        course_site.check(folder)


def test_too_large_a_site_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "picture").write_bytes(bytes(11))
    monkeypatch.setattr(site_check, "LIMIT", 10)
    with pytest.raises(course_site.Problem, match="11 bytes, expected at most 10"):
        course_site.check(tmp_path)


@needs_node
def test_an_equation_that_does_not_parse_is_a_problem() -> None:
    page = course_site.Page(ROOT / "docs" / "results.md", course_site.markdown(r"wrong: $\frac{1$"))
    with pytest.raises(course_site.Problem, match="ParseError"):
        list(course_site.finished([page]))


def test_without_node_equations_stay_in_tex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_node, "ready", lambda: False)
    page = course_site.Page(ROOT / "docs" / "results.md", course_site.markdown("small: $a < b$"))
    text = next(course_site.finished([page]))
    assert text.strip() == '<p>small: <span class="tex">a &lt; b</span></p>'


def test_missing_npm_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(site_node, "ready", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no playground" in site_node.install() and "https://nodejs.org" in site_node.install()


def test_the_lock_file_pins_and_names_no_registry() -> None:
    text = (site_node.FOLDER / "package-lock.json").read_text(encoding="utf-8")
    asked = json.loads((site_node.FOLDER / "package.json").read_text(encoding="utf-8"))
    assert "resolved" not in text and "registry" not in text
    versions = [*asked["dependencies"].values(), *asked["devDependencies"].values()]
    assert all(version[0].isdigit() for version in versions), "exact versions"


@needs_browser
def test_pages_from_files_and_from_a_server(site: Path, served: str) -> None:
    pages = ["index.html", "docs/glossary.html", "docs/teaching.html", "play/index.html", *(
        f"notebooks/{name}.html" for name in ("02_cifar_dcgan", "04_video_gan", "solutions/08_evaluation")
    )]  # fmt: skip
    visits = [{"name": name, "url": (site / name).as_uri(), "width": 390} for name in pages]
    visits += [{"name": f"served {name}", "url": f"{served}/{name}"} for name in pages]
    for name, answer in visited(*visits).items():
        assert answer["errors"] == [], name
        assert answer["result"]["wide"] <= 0, f"{name} is wider than the window"


@needs_browser
def test_search_theme_and_copy_by_keyboard(site: Path) -> None:
    result = found_on(site / "notebooks" / "03_mel_audio_gan.html", script="lesson")
    assert result["found"].startswith("../") and result["focused"] and result["search"] == "mode collapse"
    assert {result["before"], result["after"]} == {"light", "dark"} and result["copied"] == "Copied"
    assert result["equations"] > 0 and result["players"] > 0 and result["broken"] == 0


def asked() -> list[dict]:
    """An input for each net of the playground."""
    import playground

    rng = np.random.default_rng(0)
    found = []
    for name in playground.nets():
        if name in playground.TRANSLATORS:
            shape = pretrained.translator(name).generator.input_shape[1:]
            values = np.where(rng.random(shape) < 0.2, 1.0, -1.0)
        else:
            values = rng.standard_normal(64)
        found.append({"net": name, "values": values.ravel().tolist(), "label": 3})
    return found


def in_chromium(site: Path, inputs: list[dict]) -> dict:
    return found_on(site / "play" / "index.html", script="outputs", asked=inputs)


def in_firefox(site: Path, inputs: list[dict]) -> dict:
    with firefox.Firefox(FIREFOX) as browser:
        browser.go((site / "play" / "index.html").as_uri())
        made = {}
        for one in inputs:
            given = ", ".join(json.dumps(one[name]) for name in ("net", "values", "label"))
            made[one["net"]] = browser.run(f"return {{ data: [...(await playground.run({given})).data] }};")
        assert browser.errors == []
    return made


@pytest.mark.parametrize(
    "outputs", [pytest.param(in_chromium, marks=needs_browser), pytest.param(in_firefox, marks=needs_firefox)]
)
def test_nets_make_the_same_as_in_python(site: Path, outputs: Callable[[Path, list[dict]], dict]) -> None:
    import playground

    result = outputs(site, inputs := asked())
    for one in inputs:
        values = np.array(one["values"], np.float32)[None]
        if one["net"] in playground.TRANSLATORS:
            net = pretrained.translator(one["net"])
            expected = net(values.reshape(1, *net.generator.input_shape[1:]))
        else:
            net = pretrained.load(one["net"])
            expected = net.decode(values, [one["label"]] if net.conditional else None)
        made = result[one["net"]]
        assert np.abs(np.array(made["data"]) - expected.ravel()).max() < 0.02, one["net"]  # a hundredth of the range
        assert expected.std() > 0.1


@needs_firefox
def test_firefox_shows_pages_from_files(site: Path) -> None:
    with firefox.Firefox(FIREFOX, width=390) as browser:
        for name in ("index.html", "notebooks/03_mel_audio_gan.html", "notebooks/12_notes_gan.html", "play/index.html"):
            browser.go((site / name).as_uri())
            assert browser.run("return document.documentElement.scrollWidth - innerWidth;") <= 0, name
            assert browser.errors == [], name
        browser.run(f"{WATCH} document.getElementById('query').focus();")
        browser.press(*"mode collapse")
        assert browser.run("return await until(() => document.querySelector('#found a'));")


@needs_firefox
def test_firefox_drags_draws_and_plays_from_a_file(site: Path) -> None:
    with firefox.Firefox(FIREFOX) as browser:
        browser.go((site / "play" / "index.html").as_uri())
        browser.run(WATCH)
        assert browser.run("return await until(() => document.querySelector('.map').dataset.ready);")
        for touched, result in (("#plane .map", "#plane .big"), *((f"{p} .pad", f"{p} .result") for p in PADS)):
            x, y, size = browser.run(f"return await seen('{touched}', '{result}');")
            browser.stroke(
                *((x + size * right, y + size * down) for right, down in ((0.7, 0.6), (0.3, 0.3), (0.4, 0.8)))
            )
            assert browser.run(f"return await until(() => changed('{result}'));"), touched
        browser.run("await seen('#notes .piano', '#notes .wave');")
        browser.run("await until(() => document.querySelector('#notes').dataset.ready);")
        browser.run("document.querySelector('[data-pitch=\"60\"]').focus();")
        browser.press("a")
        assert browser.run("return await until(() => changed('#notes .wave'));")
        assert browser.errors == []


@needs_browser
def test_the_playground_by_pointer_and_by_keyboard(site: Path) -> None:
    result = found_on(site / "play" / "index.html", script="play")
    changed = (
        "drag",
        "slider",
        "label",
        "morph",
        "whileDrawing",
        "written",
        "outline",
        "truncation",
        "note",
        "clarinet",
    )
    for name in changed:
        assert result[name] > 1, f"{name} changed nothing"
    assert result["cleared"] < 0.5 and result["unlabelled"] == 0 and result["wide"] <= 0


@needs_browser
def test_the_piano_by_keyboard_alone_on_a_phone(site: Path) -> None:
    result = found_on(site / "play" / "index.html", script="play", width=390)
    assert result["heard"] == "The waveform of C 4, clarinet" and result["stops"] == 1
    assert result["moved"] == "C sharp 4" and result["quote"] == ["'", True]
    assert result["narrow"] >= 24 and result["wide"] <= 0  # pixels: the least that WCAG 2.2 asks of a target


def frames_in_chromium(page: Path) -> dict[str, float]:
    return found_on(page, script="frames")


def frames_in_firefox(page: Path) -> dict[str, float]:
    with firefox.Firefox(FIREFOX) as browser:
        browser.go(page.as_uri())
        browser.run(WATCH)
        return browser.run("return { neon: await frame('neon'), emoji: await frame('emoji') };")


@pytest.mark.parametrize(
    "frames",
    [pytest.param(frames_in_chromium, marks=needs_browser), pytest.param(frames_in_firefox, marks=needs_firefox)],
)
def test_the_picture_follows_the_pen_within_a_tenth_of_a_second(site: Path, frames: Callable) -> None:
    found = frames(site / "play" / "index.html")
    assert 0 < found["neon"] < 100 and 0 < found["emoji"] < 100  # milliseconds


@needs_browser
@pytest.mark.parametrize("without", ["WebAssembly", "DecompressionStream"])
def test_what_a_browser_lacks_is_said_in_words(site: Path, without: str) -> None:
    url = (site / "play" / "index.html").as_uri()
    answer = visited({"name": "play", "url": url, "script": "message", "without": without})["play"]
    assert "This browser" in answer["result"]["text"] and answer["result"]["usable"] == 0


def test_the_place_of_a_translator_appears_when_it_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    import playground

    without = [name for name in pretrained.TRANSLATORS if name != "outline_to_emoji"]
    monkeypatch.setattr(pretrained, "TRANSLATORS", tuple(without))
    assert 'id="emoji"' not in playground.page()
    monkeypatch.setattr(pretrained, "TRANSLATORS", (*without, "outline_to_emoji"))
    assert 'id="emoji"' in playground.page() and "outline_to_emoji" in playground.nets()


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lesson = next(path for path in course_site.notebooks() if path.name.startswith("09"))
    return handouts.pack(lesson, tmp_path_factory.mktemp("handouts"))


@pytest.fixture(scope="session")
def handout(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the unpacked ZIP."""
    folder = tmp_path_factory.mktemp("a student's")
    with zipfile.ZipFile(packed) as file:
        file.extractall(folder)
    return folder / packed.stem


def test_a_handout_has_no_outputs_and_no_answers_and_what_it_needs(handout: Path) -> None:
    nb = nbformat.read(handout / f"{handout.name}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in nb.cells) and "solutions/" not in str(nb)
    names = {path.relative_to(handout).as_posix() for path in handout.rglob("*")}
    licences = {"LICENSE", "data/embedded/emoji/OFL.txt", "data/embedded/notes/COPYING"}
    assert {"gan_tf/steps.py", "data/pretrained/mnist_dcgan.safetensors", "READ ME.txt"} | licences <= names
    assert not any("solutions" in name or "__pycache__" in name for name in names)
    shown = [part.split(")")[0] for cell in nb.cells for part in cell.source.split("](pictures/")[1:]]
    assert shown and all(f"pictures/{name}" in names for name in shown)


def test_a_handout_can_be_installed_as_its_text_says(handout: Path, tmp_path: Path) -> None:
    text = (handout / "READ ME.txt").read_text(encoding="utf-8")
    assert "pip install -r requirements.txt -c constraints.txt" in text
    assert "\n-e .\n" in (handout / "requirements.txt").read_text(encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-build-isolation", "--no-deps"]
    done = subprocess.run([*command, "--target", str(tmp_path), "-e", "."], cwd=handout, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_text_of_a_handout_says_how_to_start_on_each_system(handout: Path) -> None:
    text = (handout / "READ ME.txt").read_text(encoding="utf-8")
    for line in (f".venv/bin/jupyter lab {handout.name}.ipynb", f".venv\\Scripts\\jupyter lab {handout.name}.ipynb"):
        assert f"    {line}\n" in text
    assert "benchmarks/, docs/ and tools/" in text, "a lesson names them, and they are not here"
    assert "Python 3.11 to 3.13" in text and "GAN_TF_DATA_SOURCE=embedded" in text and "LICENSE" in text


def test_the_size_of_a_handout_is_the_published_one(packed: Path, site: Path) -> None:
    def told(words: str) -> float:
        return float(re.search(words, (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8"))[1])

    assert packed.stat().st_size / 1e6 == pytest.approx(told(r"one ZIP a lesson.*?about (\d+) MB"), abs=1.5)
    whole = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    assert whole / 1e6 == pytest.approx(told(r"as pages into `site/`, about (\d+) MB"), abs=1.5)
