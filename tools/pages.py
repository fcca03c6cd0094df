"""Write what the pages say in numbers, from the committed notebooks and from benchmarks/results/: python tools/pages.py

All of docs/results.md, and in README.md and docs/teaching.md the part between `<!-- numbers: name -->` and
`<!-- end -->`.
"""

from __future__ import annotations

import functools
import json
import re
import statistics
from pathlib import Path
from typing import Any

import nbformat

from notebook_links import PLACEHOLDER, ROOT, notebooks, repository, title

RESULTS = ROOT / "benchmarks" / "results"
_BLOCK = re.compile(r"(<!-- numbers: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

# the lesson's number: what it teaches; the lessons it builds on
CONTENT = {
    "00": ("the losses by hand, the train step, mode collapse and a cure", ""),
    "01": ("a generator seen whole, a better one measured, convolutions, going on after a break", "00"),
    "02": ("DCGAN and its rules, checkerboards, classes, augmentation, copying, your own pictures", "01"),
    "03": ("sampling, spectrograms and the way back, Wasserstein loss and its penalty, your own recordings", "01, 02"),
    "04": ("3-D convolutions, content and motion apart, two discriminators, your own films", "01, 02"),
    "05": ("six losses and their slopes, penalties, unrolling; eight failures made on purpose and cured", "00, 01"),
    "06": ("labels concatenated, projected, classified; truncation; rare classes; samples as training data", "01, 02"),
    "07": (
        "CycleGAN, StarGAN, pix2pix against L1, logits of a patch discriminator, your own folders",
        "02, 06",
    ),
    "08": (
        "measures by hand, bias, copies, people; which measure sees which fault, by counting; papers of 2022 to 2024",
        "01; 03 and 04 for sounds and clips",
    ),
    "09": (
        "choose, find copies, state diversity, a catalogue, search, a gallery that works offline, licences",
        "01, 08",
    ),
    "10": ("why text is hard, Gumbel-softmax, likelihood and adversarial training compared, your own CSV", "01, 03"),
    "11": ("measure first; precision, XLA, input pipelines, several devices, export, pruning", "01"),
    "12": ("loudness and instantaneous frequency, pitch and instrument as conditions, a melody, your own notes", "03"),
}
# the lesson's number: pictures of its committed run in docs/
PICTURES = {
    "00": [("lesson_00.gif", "A generator finds eight clusters in the plane.")],
    "01": [
        ("lesson_01_dense.png", "A hundred digits by the dense generator."),
        ("lesson_01_conv.png", "A hundred digits by the convolutional generator."),
        ("lesson_01_training.gif", "Thirty digits while the dense generator learns."),
    ],
    "02": [
        (
            "lesson_02_samples.png",
            "Forty pictures by the lesson's generator; the *DCGAN paper* of the table had 600 steps and no class, so "
            "its column and the column of ours are no fair comparison.",
        ),
        ("lesson_02_classes.png", "Forty by the shipped `cifar_dcgan`, a class a column."),
    ],
    "03": [("lesson_03_samples.png", "Spectrograms of forty digits; [one row as sound](lesson_03_digits.wav).")],
    "04": [
        ("lesson_04_actions.gif", "Twelve clips by the lesson's generator."),
        ("lesson_04_shipped.gif", "Twelve clips by the shipped `human_actions`."),
        ("lesson_04_digits.gif", "Bouncing digits: after 700 training steps, and by `moving_digits`."),
    ],
    "07": [
        (
            "lesson_07_emoji.jpg",
            "Unseen outlines, painted by the shipped `outline_to_emoji`, and the true pictures.",
        ),
        ("lesson_07_neon.png", "Unseen digits, as neon signs, back again, and the true signs."),
        ("lesson_07_shipped.jpg", "Unseen meadows, and what three shipped translators make of them."),
    ],
    "09": [("lesson_09_gallery.png", "The gallery page of the library.")],
    "12": [
        (
            "lesson_12_notes.png",
            "Notes that the generator was not trained on: after one epoch, at the end, and real; "
            "by the shipped `notes`, [a melody on an instrument between clarinet and guitar](lesson_12_melody.wav).",
        )
    ],
}
# the lesson's number: the names that benchmarks/results/steps_start.json gives its nets
_NETS = {"01": ("dense", "convolutions"), "02": ("colour pictures",), "03": ("spectrograms",), "04": ("clips",)}


def load(name: str) -> dict[str, Any]:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


@functools.cache
def lessons() -> dict[Path, nbformat.NotebookNode]:
    """The committed lessons, read once."""
    return {path: nbformat.read(path, as_version=4) for path in notebooks() if path.parent.name == "notebooks"}


def tables(nb: nbformat.NotebookNode) -> list[str]:
    """The tables of distances among a lesson's outputs, in Markdown, without their remarks."""
    shown = [output.get("data", {}).get("text/markdown", "") for cell in nb.cells for output in cell.get("outputs", [])]
    return ["\n".join(re.findall(r"^\|.*\|$", text, re.MULTILINE)) for text in shown if "| Fréchet distance |" in text]


def value(table: str, measure: str, column: str) -> float:
    """One number of such a table.

    Raises:
        ValueError: the table has no such row or column.
    """
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    found = next((row for row in rows if row[0] == measure), None)
    if found is None or column not in rows[0]:
        raise ValueError(f"measure, column: got {measure!r}, {column!r}, expected one of a table with {rows[0]}")
    return float(found[rows[0].index(column)].split()[0])


def minutes(nb: nbformat.NotebookNode) -> str:
    """How long *Run all* took."""
    return f"{max(1, round(nb.metadata['gan_tf']['seconds'] / 60))}\u00a0min"


def ratios(of: str) -> str:
    """How many times as fast as the tutorial's loop a step is, over the lessons' nets: "core", or "ours"."""
    found = [net["milliseconds"]["tutorial"] / net["milliseconds"][of] for net in load("steps")["lessons"].values()]
    return f"{min(found):.1f} to {max(found):.1f}"


def index() -> str:
    """The list of lessons in the README."""
    rows = [f"| [{title(path)}](notebooks/{path.name}) | {minutes(nb)} |" for path, nb in lessons().items()]
    return "| lesson | *Run all* |\n|---|---:|\n" + "\n".join(rows) + "\n"


def highlights() -> str:
    """The README's few results."""
    nb = next(nb for path, nb in lessons().items() if path.name.startswith("01"))
    table = next(table for table in tables(nb) if "convolutional" in table)
    untrained = next(table for table in tables(nb) if "untrained" in table)
    measure = "Fréchet distance"
    return (
        f"- After lesson 01 the convolutional generator's Fréchet distance to unseen digits is "
        f"{value(table, measure, 'convolutional'):.1f}. An untrained generator scores "
        f"{value(untrained, measure, 'untrained'):.0f}, real digits {value(table, measure, 'real'):.1f}.\n"
        f"- {_pace('one run, ')}\n"
    )


def _pace(runs: str = "") -> str:
    return (
        f"In mixed_bfloat16 a train step of `gan_tf` is {ratios('core')} times as fast as the float32 loop of "
        f"TensorFlow's DCGAN tutorial on the same nets; with `cpu.accelerate` {ratios('ours')} times ({runs}"
        f"{_machine(load('steps'))}). In float32 even the accelerated step is {ratios('float32')} times as fast."
    )


def playground() -> str:
    """Where the README says that the playground is: on GitHub Pages, once the course has an address."""
    owner, name = repository().split("/")
    where = "open `site/play/index.html`"
    if owner != PLACEHOLDER:
        where += f", or [look at it here](https://{owner.lower()}.github.io/{name}/play/)"
    return (
        "**Playground.** `make site` writes the course as pages for a browser. There the networks run without Python: "
        f"{where}.\n"
    )


def plan() -> str:
    """The table of docs/teaching.md."""
    cold = load("steps_start")["cold"]
    rows = ["| lesson | teaches | needs | *Run all* | memory |", "|---|---|---|---:|---:|"]
    for path, nb in lessons().items():
        teaches, needs = CONTENT[number := path.name[:2]]
        used = [cold[f"20 train steps of lesson {number}, {net}"]["megabytes"] for net in _NETS.get(number, ())]
        memory = f"{max(used) / 1000:.1f} GB" if used else ""
        link = f"[{title(path)}](../notebooks/{path.name})"
        rows.append(f"| {link} | {teaches} | {needs or 'nothing'} | {minutes(nb)} | {memory} |")
    return "\n".join(rows) + "\n"


def _machine(result: dict[str, Any]) -> str:
    machine = result["machine"]
    return f"{_plain(machine['processor'])}, {machine['cores']} cores, no GPU"


def _plain(machine: str) -> str:
    return machine.replace("(R)", "").replace(" Processor", "")


def results() -> str:
    """The page docs/results.md."""
    parts = [
        "# Results\n\n`python tools/pages.py` writes this page from the outputs of the committed lessons and from "
        "[benchmarks/results](../benchmarks/results). A table stands here as the lesson printed it.\n\n"
        "The **Fréchet distance** compares generated with real samples in the features of a classifier: with unseen "
        "ones, but in lesson 04 with the clips learned from, where *real* are clips of two other people and no floor. "
        "[The glossary](glossary.md) explains the other measures. Lower is better. In the other lessons the column "
        "*real* is the floor: what other real samples score; a generator gets below it only by chance. Distances in "
        "the features of different classifiers, such as the usual FID, cannot be compared. Each table is one run with "
        "one seed. No sample was picked. Some runs shared their machine with other work, so an idle one can be "
        "faster.\n"
    ]
    for path, nb in lessons().items():
        found, pictures = tables(nb), PICTURES.get(path.name[:2], [])
        if not found and not pictures:
            continue
        machine = _plain(nb.metadata["gan_tf"]["machine"])
        parts.append(f"## [{title(path)}](../notebooks/{path.name})\n\n*Run all* took {minutes(nb)} ({machine}).\n")
        for name, text in pictures:
            parts.append(f'<img src="{name}" width="60%" alt="{text.split(";")[0].rstrip(".")}">\n\n*{text}*\n')
        parts += [f"{table}\n" for table in found]
    parts.append(speed())
    return "\n".join(parts)


def speed() -> str:
    """The last sections: time, memory, public tutorials, and where more is."""
    race, dialogue = load("digits_race"), load("dialogue_trials")
    cold = load("steps_start")
    lines = [f"| {name} | {x['seconds']:.1f} s | {x['megabytes']:,.0f} MB |" for name, x in cold["cold"].items()]
    soon = [f"| {name} | {_at(points, 1.5)} | {_at(points, 12)} | {_at(points, 120)} |"
            for name, points in race["curves"].items()]  # fmt: skip
    shares = ([100 * run["answers"] for run in runs.values()] for runs in dialogue["trials"]["ways"].values())
    after, adversarial, longer = (f"{statistics.mean(x):.1f} ± {statistics.stdev(x):.1f}" for x in shares)
    return (
        f"## Speed\n\n{_pace()} "
        "[The benchmarks](../benchmarks/README.md) have the milliseconds, what each number means, and every trial.\n\n"
        f"A process of its own, from its start to its end ({_machine(cold)}); memory is the most that it held:\n\n"
        "| a process | time | memory |\n|---|---:|---:|\n" + "\n".join(lines) + "\n\n"
        "## Digits: how soon?\n\nFréchet distance after so many seconds of training, each with its own nets and "
        f"settings; MNIST, {race['samples']:,} samples, one seed ({_machine(race)}). Where nothing stands, nothing "
        "was measured.\n\n"
        "| training | 1.5 s | 12 s | 120 s |\n|---|---:|---:|---:|\n" + "\n".join(soon) + "\n\n"
        f"## Lines of a film\n\nOf the generated replies, {after} % answer the line before after "
        f"{dialogue['likelihood_steps']:,} steps by likelihood, {adversarial} % after "
        f"{dialogue['adversarial_steps']} further steps against a discriminator, and {longer} % after twice as many "
        f"further steps by likelihood ({dialogue['measured']} pairs, {len(dialogue['seeds'])} seeds). Lesson 10 says "
        "what the test asks.\n"
    )


def _at(points: list[dict[str, float]], seconds: float) -> str:
    """The distance measured at that time, if it was measured then."""
    return next((f"{point['frechet']:.0f}" for point in points if abs(point["seconds"] - seconds) < 0.26), "")


def filled(text: str) -> str:
    """A page whose parts in numbers are made anew."""
    parts = {"lessons": index, "highlights": highlights, "plan": plan, "playground": playground}
    return _BLOCK.sub(lambda block: block[1] + parts[block[2]]() + block[3], text)


def pages() -> dict[Path, str]:
    """Each page and what it must say."""
    kept = [ROOT / "README.md", ROOT / "docs" / "teaching.md"]
    return {ROOT / "docs" / "results.md": results()} | {p: filled(p.read_text(encoding="utf-8")) for p in kept}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
