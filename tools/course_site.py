"""The course as a site that needs no server and no internet: python tools/course_site.py [--to site]

Every lesson, answer and page becomes an HTML page at its own path in the repository, with the shell in tools/site/.
nbconvert writes the pages because it comes with Jupyter, while Jupyter Book 2 downloads Node packages and a theme.
`npm ci` in tools/site installs what npm has (KaTeX for the equations, LiteRT for the playground); where npm is missing,
equations stay in TeX and the playground is left out.
"""

from __future__ import annotations

import argparse
import html
import itertools
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import bs4
import jinja2
import nbformat
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound

import site_node
from notebook_links import INSTALL, ROOT, notebooks
from site_check import Problem, check

SOURCE = ROOT / "tools" / "site"
PAGES = ("docs/results.md", "docs/glossary.md", "docs/your_data.md", "docs/keras.md", "docs/teaching.md")
MORE = ("data/README.md", "benchmarks/README.md", "README.zh.md", "CONTRIBUTING.md")
START = ("index.html", "play/index.html")
HIDDEN = ("colab", INSTALL, "navigation")  # cells that the site's own shell replaces


class Renderer(IPythonRenderer):
    """Markdown whose equations and code are only marked: :func:`finished` sets and colours them."""

    def inline_math(self, body: str) -> str:
        return f'<span class="tex">{html.escape(body)}</span>'

    def block_math(self, body: str) -> str:
        return f'<div class="tex">{html.escape(body)}</div>'

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def block_code(self, code: str, info: str | None = None) -> str:
        return code_block(code, (info or "text").split()[0])


def code_block(code: str, language: str) -> str:
    return f'<pre class="code" data-in="{html.escape(language)}">{html.escape(code)}</pre>'


def markdown(source: str, attachments: dict | None = None) -> str:
    renderer = Renderer(escape=False, exclude_anchor_links=True, attachments=attachments)
    return MarkdownWithMath(renderer=renderer).render(source)


class Exporter(HTMLExporter):
    """A notebook as the inner part of a page."""

    @jinja2.pass_context
    def markdown2html(self, context, source):
        return markdown(source, context.get("cell", {}).get("attachments"))

    def default_filters(self):
        yield from super().default_filters()
        yield "clean_html", lambda text: text  # The notebooks are ours.


class Page:
    """One page of the site.

    Attributes:
        source: the file in the repository.
        path: where the page is in the site, relative to its root, with slashes.
        body: its inner HTML, parsed.
    """

    def __init__(self, source: Path, inner: str, path: str = ""):
        self.source, self.path = source, path or target(source)
        self.body = bs4.BeautifulSoup(inner, "html.parser")
        heading = self.body.find("h1") or self.body.find("h2")
        self.title = _text(heading) if heading else source.name
        self._name_headings()

    def _name_headings(self) -> None:
        """Give each heading an id, the one that GitHub gives it, and a link to itself."""
        seen = set()
        for tag in self.body.find_all(["h1", "h2", "h3", "h4"]):
            plain = re.sub(r"[^\w\- ]", "", _text(tag).lower()).replace(" ", "-") or "part"
            numbered = (f"{plain}-{n}" for n in itertools.count(1))
            tag["id"] = next(name for name in itertools.chain([plain], numbered) if name not in seen)
            seen.add(tag["id"])
            link = self.body.new_tag(
                "a", attrs={"class": "here", "href": f"#{tag['id']}", "aria-label": "Link to here"}
            )
            link.string = "¶"
            tag.append(link)

    def headings(self) -> list[tuple[str, str]]:
        """The id and the text of each second-level heading."""
        return [(tag["id"], _text(tag)) for tag in self.body.find_all("h2") if tag.get("id")]

    def sections(self) -> Iterator[dict[str, str]]:
        """What the search looks through: address, heading and text of each section, without code and outputs."""
        place, words = {"u": self.path, "t": self.title, "h": ""}, []
        for tag in self.body.find_all(["h1", "h2", "h3", "p", "li", "td"]):
            if tag.find_parent(class_="output_wrapper"):
                continue
            if tag.name[0] == "h" and tag.get("id"):
                yield place | {"x": " ".join(words)}
                place, words = {"u": f"{self.path}#{tag['id']}", "t": self.title, "h": _text(tag)}, []
            elif tag.name[0] != "h":
                words.append(" ".join(tag.get_text(" ").split()))
        yield place | {"x": " ".join(words)}


def _text(tag: bs4.Tag) -> str:
    return " ".join(tag.get_text().replace("¶", "").split())


def target(source: Path) -> str:
    """Where the page of a file of the repository is in the site."""
    path = source.relative_to(ROOT)
    if path.as_posix() == "README.md":
        return "index.html"
    suffix = ".html" if path.suffix in (".md", ".ipynb") else f"{path.suffix}.html"
    return path.with_suffix(suffix).as_posix()


def read(source: Path) -> Page:
    """The page of a notebook, of a text in Markdown, or of a file of code."""
    if source.suffix == ".ipynb":
        nb = nbformat.read(source, as_version=4)
        nb.cells = [cell for cell in nb.cells if cell.get("id") not in HIDDEN]
        for data in (output.get("data", {}) for cell in nb.cells for output in cell.get("outputs", [])):
            if gif := data.get("image/gif"):  # which nbconvert has no template for
                data["text/html"] = f'<img src="data:image/gif;base64,{"".join(gif.split())}">'
        exporter = Exporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
        exporter.filters = {"highlight_code": lambda source, **options: code_block(source, "python")}
        exporter.log.setLevel("ERROR")  # It warns of pictures without a text; tidied gives them one.
        return Page(source, exporter.from_notebook_node(nb)[0])
    text = source.read_text(encoding="utf-8")
    if source.suffix == ".md":
        return Page(source, markdown(text))
    language = {".py": "python", ".toml": "toml", ".cff": "yaml"}.get(source.suffix, "text")
    return Page(source, f"<h1>{source.relative_to(ROOT).as_posix()}</h1>{code_block(text, language)}")


def links(page: Page) -> list[tuple[bs4.Tag, str]]:
    """Each element that names another file, and the attribute that does."""
    return [(tag, name) for name in ("href", "src") for tag in page.body.find_all(attrs={name: True})]


def tidied(page: Page) -> set[Path]:
    """Point each link of a page into the site, and make tables and pictures fit; returns the files linked to."""
    linked = set()
    for tag, name in links(page):
        parts = urlsplit(tag[name])
        if parts.scheme or not parts.path:
            continue
        found = Path(os.path.normpath(page.source.parent / unquote(parts.path)))
        if found.is_dir():
            found = next(iter(sorted(found.glob("*.ipynb"))), found)
        if not found.is_file() or ROOT not in found.parents:
            if name == "src" or not found.exists():
                raise Problem(f"{page.source.relative_to(ROOT)}: no file {tag[name]!r}")
            tag.unwrap()  # a folder, which a site has no page for
            continue
        linked.add(found)
        there = target(found) if is_page(found) else found.relative_to(ROOT).as_posix()
        tag[name] = os.path.relpath(there, Path(page.path).parent).replace(os.sep, "/")
        if parts.fragment:
            tag[name] += f"#{parts.fragment}"
    for table in page.body.find_all("table"):
        table.wrap(page.body.new_tag("div", attrs={"class": "wide", "tabindex": "0"}))
    for picture in page.body.find_all("img"):
        picture["loading"] = "lazy"
        if (picture.get("alt") or "No description").startswith("No description"):
            picture["alt"] = "What the code above shows"
    return linked


def is_page(path: Path) -> bool:
    """Whether a file becomes a page; others, such as pictures, are copied."""
    return path.suffix in (".md", ".ipynb", ".py", ".cff", ".toml", "")


_TEX = re.compile(r'<(span|div) class="tex">(.*?)</\1>', re.DOTALL)
_CODE = re.compile(r'<pre class="code" data-in="(.*?)">(.*?)</pre>', re.DOTALL)


def finished(pages: list[Page]) -> Iterator[str]:
    """The inner HTML of each page with its equations set, or in TeX where Node is missing, and its code coloured.

    Raises:
        Problem: an equation that does not parse.
    """
    texts = [str(page.body) for page in pages]
    known = sorted({(html.unescape(tex), tag == "div") for text in texts for tag, tex in _TEX.findall(text)})
    try:
        made = dict(zip(known, site_node.equations(known)))
    except RuntimeError as error:
        raise Problem(str(error)) from error
    for text in texts:
        text = _TEX.sub(lambda found: made.get((html.unescape(found[2]), found[1] == "div"), found[0]), text)
        yield _CODE.sub(lambda found: _coloured(html.unescape(found[2]), found[1]), text)


def _coloured(code: str, language: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        lexer = TextLexer()
    return highlight(code, lexer, HtmlFormatter())


def collect() -> list[Page]:
    """All pages in reading order: what is listed, and whatever that links to, but not the playground."""
    listed = [ROOT / "README.md", *notebooks(), *(ROOT / name for name in (*PAGES, *MORE))]
    listed, pages = [path for path in listed if path.is_file()], {}
    for source in listed:  # grows while it is read
        pages[source] = page = read(source)
        new = [path for path in sorted(tidied(page)) if is_page(path) and path not in listed]
        listed += new
    return list(pages.values())


def neighbours(pages: list[Page]) -> dict[str, list[Page | None]]:
    """Before and after each lesson, answer and page of docs/, and its counterpart: a lesson's answers, and back."""
    found, lessons = {}, {(page.path.count("/"), page.source.name): page for page in pages if "notebooks" in page.path}
    for folder in ("notebooks", "notebooks/solutions", "docs"):
        row = [page for page in pages if page.source.relative_to(ROOT).parent.as_posix() == folder]
        around = [None, *row, None]
        for i, page in enumerate(row):
            other = lessons.get((3 - page.path.count("/"), page.source.name))
            found[page.path] = [around[i], other, around[i + 2]]
    return found


def contents(pages: list[Page]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The table of contents: groups of titles and addresses."""
    by_folder = {name: [] for name in ("notebooks", "notebooks/solutions")}
    for page in pages:
        by_folder.get(page.source.relative_to(ROOT).parent.as_posix(), []).append((page.title, page.path))
    named = {page.source.relative_to(ROOT).as_posix(): (page.title, page.path) for page in pages}
    return [
        ("Start", [(page.title, page.path) for page in pages if page.path in START]),
        ("Lessons", by_folder["notebooks"]),
        ("Answers", by_folder["notebooks/solutions"]),
        ("Pages", [named[name] for name in (*PAGES, *MORE) if name in named]),
    ]


def write(pages: list[Page], folder: Path) -> None:
    """The pages, what they show and their shell."""
    look = jinja2.Environment(loader=jinja2.FileSystemLoader(SOURCE), autoescape=True, trim_blocks=True)
    shell, around, groups = look.get_template("page.html.j2"), neighbours(pages), contents(pages)
    for page, body in zip(pages, finished(pages)):
        up = "../" * page.path.count("/")
        before, other, after = around.get(page.path, (None, None, None))
        path = folder / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        row = {"before": before, "other": other, "after": after}
        text = shell.render(page=page, up=up, groups=groups, body=body, **row)
        path.write_text(text, encoding="utf-8")
        for tag, name in links(page):
            parts = urlsplit(tag[name])
            copied = Path(os.path.normpath(path.parent / unquote(parts.path)))
            if parts.scheme or not parts.path or copied.suffix == ".html" or copied.is_file():
                continue
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / copied.relative_to(folder), copied)
    assets = folder / "assets"
    assets.mkdir(exist_ok=True)
    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark"))
    style = (SOURCE / "style.css").read_text(encoding="utf-8")
    (assets / "style.css").write_text(f"{style}\n{light}\n{_dark(dark)}\n", encoding="utf-8")
    shutil.copyfile(SOURCE / "shell.js", assets / "shell.js")
    if site_node.ready():
        site_node.run("styles.mjs", str(assets / "katex.css"))
    (assets / "licences.txt").write_text(site_node.licences(), encoding="utf-8")
    index = [section for page in pages if page.source.suffix != ".py" for section in page.sections() if section["x"]]
    (assets / "index.js").write_text(f"window.searchIndex = {json.dumps(index, ensure_ascii=False)};\n", "utf-8")


def _dark(rules: str) -> str:
    """The colours of code for the dark theme only."""
    return "\n".join(f":root[data-theme=dark] {line}" for line in rules.splitlines() if line.startswith(".highlight"))


def build(folder: Path, play: bool = True) -> int:
    """Write the site into ``folder``, whole or not at all; return its bytes.

    Args:
        folder: emptied first if it holds an earlier site.
        play: with the playground, where Node is there.
    """
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    pages, play = collect(), play and site_node.ready()
    if play:
        import gan_tf  # noqa: F401  first: it keeps TensorFlow's start-up lines away
        import playground  # not above, because TensorFlow takes seconds

        playground.build(part / "play")
        pages.append(Page(SOURCE / "play" / "index.html", playground.page(), "play/index.html"))
    write(pages, part)
    size = check(part.resolve())
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)
    return size


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=ROOT / "site", help="the folder")
    parser.add_argument("--without-playground", action="store_true")
    options = parser.parse_args()
    missing = site_node.install()
    if missing:
        print(missing)
    try:
        size = build(options.to.resolve(), not options.without_playground)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{options.to / 'index.html'}: open it in a browser; {size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
