"""Write benchmarks/README.md and the pictures from what the benchmarks measured: python benchmarks/report.py"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean, stdev
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"

INTRODUCTION = """# Benchmarks

What is fast and what is good, measured. `python benchmarks/report.py` writes this page from the files in `results/`.
Run the measurements on a machine that does nothing else, with the real data (`GAN_TF_DATA`):

```
make bench        # all of it, about four hours on two cores
```

"""


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; columns after the first are numbers."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def race(result: dict[str, Any]) -> str:
    """Both curves as one table: mean and standard deviation over the seeds."""
    runs = list(result["curves"].values())
    rows = [
        [f"{points[0]['the recipe']['seconds']:.0f} s"]
        + [spread([point[name][measure] for point in points], digits)
           for measure, digits in (("frechet", 1), ("recall", 2)) for name in ("the recipe", "text book")]
        for points in ([{name: run[name][i] for name in run} for run in runs] for i in range(len(runs[0]["text book"])))
    ]  # fmt: skip
    return table(["processor time", "distance, ours", "DCGAN of the paper", "recall, ours", "DCGAN of the paper"], rows)


def cifar_trials(result: dict[str, Any]) -> str:
    """One change at a time: mean and standard deviation over the seeds, and what a step costs."""
    found = {name: list(runs.values()) for name, runs in result["trials"].items()}
    usual = mean(run["cpu_seconds"] for run in found["the recipe"])
    measures = (("frechet", 1), ("precision", 2), ("recall", 2))
    rows = [
        [name, *(spread([run[key] for run in runs], digits) for key, digits in measures),
         f"{mean(run['cpu_seconds'] for run in runs) / usual:.1f}"]
        for name, runs in found.items()
    ]  # fmt: skip
    return table(["recipe", "distance", "precision", "recall", "cost of a step"], rows)


def speed(result: dict[str, Any]) -> str:
    """Milliseconds a step, and how many times faster than the first row."""
    times = result["milliseconds"]
    first = next(iter(times.values()))
    return table(
        ["step, batches of 64", "ms", "times as fast"],
        [[name, f"{value:.0f}", f"{first / value:.2f}"] for name, value in times.items()],
    )


def inversion(result: dict[str, Any]) -> str:
    """Ways back to sound: time, errors, and what is still heard."""
    ways = result["ways"]
    first = next(iter(ways.values()))["seconds"]
    rows = [
        [name, f"{way['seconds']:.2f}", f"{first / way['seconds']:.1f}", f"{way['log_mel_error']:.3f}",
         f"{way['log_spectral_distance']:.2f}", f"{way['heard']:.1%}", f"{way['heard_generated']:.1%}"]
        for name, way in ways.items()
    ]  # fmt: skip
    return table(["way", "seconds", "times as fast", "error", "spectrum, dB", "accuracy", "accuracy, generated"], rows)


def sound_trials(result: dict[str, Any]) -> str:
    """Trials of the sound recipe, with what is heard."""
    rows = [
        [name, str(trial["steps"]), f"{trial['heard']:.1%}", f"{trial['frechet']:.1f}", f"{trial['precision']:.2f}",
         f"{trial['recall']:.2f}", f"{trial['rarest_speaker']:.1%}"]
        for name, trial in sorted(result["trials"].items(), key=lambda item: not item[0].startswith("the recipe"))
    ]  # fmt: skip
    return table(["recipe", "steps", "accuracy", "distance", "precision", "recall", "rarest speaker"], rows)


def video_trials(result: dict[str, Any]) -> str:
    """Trials of the video recipe: is the action done, and are frames, clips and motion right?"""
    rows = [
        [name, str(trial["steps"]), f"{trial['recognised']:.0%}", f"{trial['frames']:.1f}", f"{trial['frechet']:.1f}",
         f"{trial['recall']:.2f}", f"{trial['differences']:.2f}", f"{trial['flow']:.2f}"]
        for name, trial in result["trials"].items()
    ]  # fmt: skip
    return table(["recipe", "steps", "as asked", "frames", "clips", "recall", "differences", "flow"], rows)


def digit_trials(result: dict[str, Any]) -> str:
    """Trials of the video recipe on moving digits: does a digit stay itself, and move as it should?"""
    rows = [
        [name, str(trial["steps"]), f"{trial['identity']:.2f}", f"{trial['speed']:.2f}", f"{trial['spread']:.2f}",
         f"{trial['frechet']:.1f}", f"{trial['recall']:.2f}"]
        for name, trial in result["trials"].items()
    ]  # fmt: skip
    return table(["recipe", "steps", "identity", "speed", "its spread", "distance", "recall"], rows)


def loss_trials(result: dict[str, Any], room: str) -> str:
    """Losses and penalties at equal time: mean and standard deviation over the seeds."""
    seconds = result["seconds"][room]
    shown = {"frechet": 4 if room == "ring" else 1, "coverage": 2, **({"good": 2} if room == "ring" else {})}
    rows = []
    for name, runs in result["trials"][room].items():
        values = {measure: [run[measure] for run in runs] for measure in shown}
        cells = [spread(v, shown[measure]) for measure, v in values.items()]
        modes = [", ".join(str(run["modes"]) for run in runs)] if room == "ring" else []
        rows.append([name, *cells, *modes, f"{1e3 * seconds / mean(run['steps'] for run in runs):.1f}"])
    more = ["good points", "modes"] if room == "ring" else []
    return table(["loss and penalty", "distance", "coverage", *more, "ms a step"], rows)


def onednn(result: dict[str, Any]) -> str:
    """Milliseconds a step with and without oneDNN."""
    rows = [
        [name, f"{ms['without']:,.0f}", f"{ms['with']:,.0f}", f"{ms['without'] / ms['with']:.1f}"]
        for name, ms in result["milliseconds"].items()
    ]
    return table(["train step", "without, ms", "with oneDNN, ms", "times as fast"], rows)


def told_ways(result: dict[str, Any]) -> str:
    """Ways to tell the label: mean and standard deviation over the seeds."""
    rows = []
    for name, runs in result["trials"].items():
        cells = [spread([run[key] for run in runs], digits) for key, digits in (("frechet", 1), ("recall", 2))]
        if "asked" in runs[0]:  # Not so of nets that are told nothing.
            cells += [spread([100 * run["asked"] for run in runs], 1), spread([run["variety"] for run in runs], 2)]
        rows.append([name, *cells, *[""] * (4 - len(cells))])
    return table(["what the discriminator does with the label", "distance", "recall", "as asked, %", "variety"], rows)


def winters(result: dict[str, Any]) -> str:
    """What was tried for the translators of lesson 07."""
    rows = [("the summers themselves", result["untouched"]), *result["trials"].items()]
    body = [[name, f"{x['winter']:.2f}", f"{x['error']:.2f}", f"{x['again']:.2f}"] for name, x in rows]
    return table(["translator", "SSIM with the true winter", "error", "SSIM there and back"], body)


def extra_data(result: dict[str, Any]) -> str:
    """Classifiers taught from real digits and from samples: accuracies in percent over the seeds."""
    trials = result["trials"]
    rows = [
        [name, *(spread([100 * run[name] for run in runs], 1) for runs in trials.values())]
        for name in next(iter(trials.values()))[0]
    ]
    return table(["taught from", *(f"{int(size):,} real digits" for size in trials)], rows)


def dialogue_ways(result: dict[str, Any]) -> str:
    """Three ways to train a generator of text: mean and standard deviation over the seeds."""
    rows = []
    for name, seeds in result["trials"]["ways"].items():
        runs = list(seeds.values())
        shares = [spread([100 * run[key] for run in runs], 1) for key in ("right", "answers", "questions", "new")]
        others = [spread([run[key] for run in runs], 3) for key in ("self_bleu", "divergence")]
        rows.append([name, *shares, *others, f"{mean([run['cpu_seconds'] for run in runs]):.0f} s"])
    header = [
        "training",
        "right, %",
        "answers, %",
        "questions, %",
        "new, %",
        "self-BLEU",
        "divergence",
        "processor time",
    ]
    return table(header, rows)


def dialogue_trials(result: dict[str, Any], kind: str) -> str:
    """Variants of adversarial training of text: ``"after"`` likelihood, or from ``"nothing"``."""
    header = ["training", "right", "answers", "questions", "new", "self-BLEU", "divergence"]
    rows = [
        [name, *(f"{100 * found[key]:.1f} %" for key in ("right", "answers", "questions", "new"))]
        + [f"{found[key]:.2f}" for key in ("self_bleu", "divergence")]
        for name, found in result["trials"][kind].items()
    ]
    return table(header, rows)


def spread(values: list[float], digits: int) -> str:
    """Mean and standard deviation."""
    return f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}"


def ring_games(result: dict[str, Any]) -> str:
    """Games that ended with all eight modes, and the share of good points, by learning rates and momentum."""
    rows: dict[str, list[str]] = {}
    for played in result["games"]:
        runs = [run["trained"] for run in played["runs"]]
        whole = sum(run["modes"] == 8 for run in runs)
        cell = f"{whole} of {len(runs)}; {spread([100 * run['good'] for run in runs], 0)} %"
        rows.setdefault(" and ".join(map(str, played["rates"])), []).append(cell)
    names = [f"momentum {momentum:g}" for momentum in dict.fromkeys(played["momentum"] for played in result["games"])]
    return table(["learning rates", *names], [[name, *cells] for name, cells in rows.items()])


def ring_widths(result: dict[str, Any]) -> str:
    """The last and the averaged weights of the games with momentum 0 and the lesson's learning rates."""
    games, longer, steps = result["games"][2]["runs"], result["longer"], result["steps"]
    assert (result["games"][2]["rates"], result["games"][2]["momentum"]) == ([0.005, 0.001], 0.0)
    rows = []
    for name, runs in (
        (f"last, {steps:,} steps", [run["trained"] for run in games]),
        (f"averaged, {steps:,} steps", [run["averaged"] for run in games]),
        (f"last, {3 * steps:,} steps", [run["trained"] for run in longer]),
        (f"averaged, {3 * steps:,} steps", [run["averaged"] for run in longer]),
    ):
        good, width = spread([100 * run["good"] for run in runs], 1), spread([run["width"] for run in runs], 3)
        rows.append([name, str(len(runs)), f"{good} %", width])
    return table(["weights", "seeds", "good points", "width of a mode"], rows)


def ring_sixteen(result: dict[str, Any]) -> str:
    """What was tried on the ring of sixteen modes; one number a seed."""
    rows = []
    for name, runs in result["sixteen"].items():
        modes = ", ".join(str(run["averaged"]["modes"]) for run in runs)
        rows.append([name, modes, ", ".join(f"{run['averaged']['good']:.0%}" for run in runs)])
    return table(["change", "modes", "good points"], rows)


def ring(result: dict[str, Any]) -> str:
    """The section about the ring."""
    seeds = len(result["games"][0]["runs"])
    return (
        f"\n## The ring: momentum and learning rates\n\nLesson 00's networks, {result['steps']:,} steps, {seeds} seeds "
        f"a setting, {result['points']:,} points measured. {machine(result)}. Each cell: the games that ended with all "
        "eight modes, and the share of good points, mean ± standard deviation. Rates: generator's and "
        "discriminator's.\n\n"
        + ring_games(result)
        + "\nThe lesson's rates, momentum 0; a real mode is 0.048 wide by this measure:\n\n"
        + ring_widths(result)
        + "\nSixteen modes of standard deviation 0.03, averaged weights, seeds 0 to 2:\n\n"
        + ring_sixteen(result)
    )


def searches(result: dict[str, Any]) -> str:
    """Searching a library: milliseconds beside those of the baseline."""
    times = result["milliseconds"]
    pairs = {
        "by class": ("class", "class, a JSON file"),
        "by score": ("score", "score, a JSON file"),
        "by text": ("text", "text, a JSON file"),
        "more like this": ("more like this", "more like this, NumPy over all"),
        "the same, library just opened": ("more like this, the first time", "more like this, NumPy over all"),
    }
    rows = [
        [title, f"{times[ours]:.1f}", f"{times[plain]:.1f}", f"{times[plain] / times[ours]:.1f}"]
        for title, (ours, plain) in pairs.items()
    ]
    return table(["search", "library, ms", "baseline, ms", "times as fast"], rows)


def material(result: dict[str, Any]) -> str:
    """The section about the library."""
    return (
        f"\n## A library of {result['items']:,} items\n\nMedians of interleaved rounds; an answer has up to 50 items. "
        f"{machine(result)}. The baselines: a JSON file with all items, read and gone through in Python; and, for "
        f"*more like this*, distances in NumPy over the {result['features']} features of all items, read from the "
        f"catalogue. Storing took {result['added_ms_an_item']:.1f} ms an item, written and flushed to the disk; the "
        f"gallery of all items {result['gallery_seconds']:.1f} s, the check of all files "
        f"{result['check_seconds']:.1f} s; the catalogue has {result['catalogue_megabytes']:.0f} MB.\n\n"
        + searches(result)
    )


STEPS = ("tutorial", "train_step", "core", "ours", "lesson")


def step_times(result: dict[str, Any]) -> str:
    """Milliseconds a train step, and how many times faster than what one would write otherwise."""
    rows = []
    for name, found in result["lessons"].items():
        ms, per_second = found["milliseconds"], found["operations"] / 1e-3
        kind = "bfloat16" if "bfloat16" in result["precision"] else "float32"
        shares = [per_second / ms[key] / result["peaks"][of] for key, of in (("tutorial", "float32"), ("ours", kind))]
        rows.append(
            [f"{name}, batch {found['batch_size']}"]
            + [f"{ms[key]:.1f}" if key in ms else "not measured" for key in STEPS]
            + [f"{ms['tutorial'] / ms['core']:.2f}" if "core" in ms else "not measured"]
            + [f"{ms[one] / ms['ours']:.2f}" for one in ("tutorial", "train_step", "float32")]
            + [f"{share:.0%}" for share in shares]
            + [f"{found['data']:.2f} ({found['data'] / ms['lesson']:.1%})"]
            + [f"{ms['torch']:.1f}" if "torch" in ms else "not measured"]
        )
    header = ["nets", "tutorial, ms", "train_step, ms", "gan_tf, ms", "accelerated, ms", "with penalty and average, ms"]
    header += ["gan_tf: times the tutorial"]
    header += [f"accelerated: times {other}" for other in ("the tutorial", "train_step", "its float32")]
    header += ["tutorial's share of peak", "share of peak", "data, ms", "PyTorch, ms"]
    return table(header, rows)


def digits(result: dict[str, Any]) -> str:
    """How soon ours are where public tutorials are in the end."""
    curves = result["curves"]
    ours = {name: points for name, points in curves.items() if name.startswith("lesson")}
    rows = []
    for name, points in curves.items():
        if name in ours:
            continue
        for at in (points[len(points) // 2 - 1], points[-1]):
            row = [f"{name}, after {at['seconds']:.0f} s", f"{at['frechet']:.0f}"]
            for theirs in ours.values():
                there = next((point for point in theirs if point["frechet"] <= at["frechet"]), None)
                row.append(
                    f"{there['seconds']:.1f} s, {there['frechet']:.0f} ({at['seconds'] / there['seconds']:.1f})"
                    if there
                    else "not reached"
                )
            rows.append(row)
    return table(["public tutorial", "distance", *ours], rows)


def shortcuts(result: dict[str, Any]) -> str:
    """Distance and seconds of each way to train the same nets."""
    rows = [
        [way, spread(x["frechet"], 2), ", ".join(f"{one:.2f}" for one in x["frechet"]), f"{min(x['seconds']):.0f}"]
        for way, x in result["ways"].items()
    ]
    return table(["way", "distance", "seed by seed", "seconds, the fastest"], rows)


def growth(result: dict[str, Any]) -> str:
    """Milliseconds a sample, one line a table: what grows, and how much."""
    lines = []
    for title, found in result["milliseconds_a_sample"].items():
        first = next(iter(found.values()))
        cells = ", ".join(f"{key}: {ms:.2f} ({ms / first:.2f})" for key, ms in found.items())
        lines.append(f"- **By {title}**: {cells}.")
    return "\n".join(lines) + "\n"


def cold_start(result: dict[str, Any]) -> str:
    """Seconds and memory of a process, beside those of TensorFlow alone."""
    cold = result["cold"]
    first = next(iter(cold.values()))["seconds"]
    rows = [
        [name, f"{x['seconds']:.1f}", f"{x['seconds'] / first:.2f}", f"{x['megabytes']:,.0f}"]
        for name, x in cold.items()
    ]
    return table(["a process of its own", "seconds", "times TensorFlow alone", "memory, MB"], rows)


def train_steps(result: dict[str, Any]) -> str:
    """The section about the speed of a step."""
    peaks = result["peaks"]
    parts = [
        "\n## Train steps: each lesson's nets, written in four ways\n\nMedians of rounds in turns, on one batch in "
        f"memory. {machine(result)}. *Tutorial*: the loop of TensorFlow's DCGAN tutorial, two tapes over one pass, "
        "float32, a `tf.function`. *train_step*: in a Keras model without options, fresh fake samples for each net, "
        f"float32. *gan_tf*: the same work, without penalty and augmentation, in {result['precision']}, deterministic, "
        "four steps a call; it passes the fake samples once more than the tutorial, through the updated discriminator. "
        "These three in a process of their own, with TensorFlow's own choice of threads. *Accelerated*: the same by "
        "`gan_course.cpu.accelerate`; then with all that the lesson adds. "
        "*Share of peak*: operations of the layers, by count, as a part of what a matrix product of 2,048 reaches here "
        f"({peaks['float32'] / 1e9:,.0f} GFLOP/s in float32, {peaks['bfloat16'] / 1e9:,.0f} in bfloat16). *Data*: what "
        "a batch takes to draw when nothing else runs, and its share of the lesson's step; in training it is ready "
        "before it is asked for. *PyTorch*: the work of *gan_tf* with the same nets and weights, channels-last, "
        "bfloat16 by autocast, fused Adam, not compiled; for nets that are chains of layers.\n\n"
        "![How many times as fast](results/steps.png)\n\n"
        + step_times(result)
        + "\nSome of these steps on a GPU: [docs/gpu.md](../docs/gpu.md).\n"
    ]
    if measured("steps_before"):
        before = load("steps_before")
        peaks = before["peaks"]
        parts.append(
            "\n### On a processor with AMX, before `gan_tf` was made thin\n\nThen `compile` replaced layers and Adam "
            f"by itself, and each core took half of a batch. {machine(before)}; a matrix product of 2,048 reached "
            f"{peaks['float32'] / 1e9:,.0f} GFLOP/s in float32, {peaks['bfloat16'] / 1e9:,.0f} in bfloat16. The thin "
            "core has not been measured on such a processor.\n\n" + step_times(before)
        )
    if measured("digits_race"):
        raced = load("digits_race")
        parts.append(
            "\n## Digits: seconds to the same distance\n\nNetworks and settings of two public tutorials: TensorFlow's "
            "DCGAN tutorial, and the dense net of Keras-GAN, both trained by the tutorial's loop; against lesson 01's. "
            "Seconds of training in turns, one seed; distance to unseen digits in the features of the shipped "
            f"classifier, {raced['samples']:,} samples. {machine(raced)}. Ours: the first of the points measured that "
            "is as near, its distance, and in brackets how many times sooner.\n\n" + digits(raced)
        )
    if measured("shortcuts"):
        tried = load("shortcuts")
        parts.append(
            "\n## What the shortcuts of a step cost\n\nLesson 01's convolutions, "
            f"{tried['steps']:,} steps each, as the package trains them and with one shortcut taken back "
            "at a time. Distance to unseen digits: mean and standard deviation over the seeds, then each of them. "
            f"{machine(tried)}.\n\n" + shortcuts(tried)
        )
    if measured("steps_growth"):
        parts.append(
            "\n## Train steps: how they grow\n\nMilliseconds a sample with the recipes of lessons 02 and 04; in "
            f"brackets as a part of the first. {machine(load('steps_growth'))}.\n\n" + growth(load("steps_growth"))
        )
    if measured("steps_start"):
        parts.append(f"\n## Cold start\n\n{machine(load('steps_start'))}.\n\n" + cold_start(load("steps_start")))
    return "".join(parts)


VNNI = {True: "with AVX-512 VNNI", False: "without AVX-512 VNNI", None: "AVX-512 VNNI unknown"}


def machine(result: dict[str, Any]) -> str:
    found = result["machine"]
    return "{processor}, {cores} cores, no GPU; TensorFlow {tensorflow}, Keras {keras}".format(**found)


def draw_race(result: dict[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.0, 2.8), dpi=90, layout="constrained")
    for name, label, colour in (
        ("text book", "DCGAN of the paper", "tab:orange"),
        ("the recipe", "the lesson's recipe", "tab:blue"),
    ):
        for i, run in enumerate(result["curves"].values()):
            points = run[name]
            line = {"label": None if i else label, "color": colour}
            ax.plot([p["seconds"] for p in points], [p["frechet"] for p in points], ".-", **line)
    ax.axhline(result["floor"], color="grey", lw=0.8, ls="--", label="real pictures")
    ax.set(title="Fréchet distance, both without classes", xlabel="seconds of processor time", ylim=(0, None))
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    figure.savefig(path)
    plt.close(figure)


def draw_steps(result: dict[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    figure, ax = plt.subplots(figsize=(8.0, 3.2), dpi=90, layout="constrained")
    found = result["lessons"]
    places = np.arange(len(found))
    bars = (
        ("against the tutorial's loop", "tutorial", "tab:orange"),
        ("against a plain train_step", "train_step", "tab:green"),
    )
    for i, (label, way, colour) in enumerate(bars):
        gains = [one["milliseconds"][way] / one["milliseconds"]["ours"] for one in found.values()]
        bar = ax.bar(places + 0.4 * (i - 0.5), gains, 0.38, color=colour, label=label)
        ax.bar_label(bar, fmt="%.1f", fontsize=8)
    ax.axhline(1.0, color="grey", lw=0.8, ls="--")
    ax.set_xticks(places, [name.replace(", ", "\n") for name in found], fontsize=8)
    ax.set(ylabel="times as fast", title="one train step, the same nets, the same work")
    ax.margins(y=0.3)
    ax.legend(fontsize=8, ncols=2, loc="upper center")
    figure.savefig(path)
    plt.close(figure)


def load(name: str) -> dict[str, Any]:
    """What was measured under this name."""
    return json.loads((RESULTS / f"{name}.json").read_text())


def measured(*names: str) -> bool:
    """Whether there are results under all of these names."""
    return all((RESULTS / f"{name}.json").exists() for name in names)


def quoted() -> dict[str, list[str]]:
    """The tables that lessons show in their prose, by lesson."""
    tables = {
        "02_cifar_dcgan.ipynb": [
            race(load("cifar_race")),
            cifar_trials(load("cifar_trials")),
        ],
        "03_mel_audio_gan.ipynb": [inversion(load("sound_inversion")), sound_trials(load("sound_trials"))],
    }
    if measured("ring"):
        tables["00_the_game_in_2d.ipynb"] = [ring_games(load("ring")), ring_widths(load("ring"))]
        tables["solutions/00_the_game_in_2d.ipynb"] = [ring_sixteen(load("ring"))]
    if measured("video_actions", "video_digits"):
        tables["04_video_gan.ipynb"] = [video_trials(load("video_actions")), digit_trials(load("video_digits"))]
    if measured("losses"):
        tables["05_losses_and_stability.ipynb"] = [loss_trials(load("losses"), room) for room in ("ring", "digits")]
    if measured("conditional_ways", "conditional_extra"):
        tables["06_conditional_gan.ipynb"] = [
            told_ways(load("conditional_ways")),
            extra_data(load("conditional_extra")),
        ]
    if measured("translators"):
        tables["07_image_to_image.ipynb"] = [winters(load("translators"))]
    if measured("library"):
        tables["09_material_library.ipynb"] = [searches(load("library"))]
    if measured("dialogue_trials"):
        found = load("dialogue_trials")
        tables["10_dialogue_gan.ipynb"] = [
            dialogue_ways(found),
            *(dialogue_trials(found, kind) for kind in ("after", "nothing") if found["trials"][kind]),
        ]
    return tables


def dialogue(result: dict[str, Any]) -> str:
    """The section about text."""
    alone = f"\nAdversarial training alone, {result['scratch_steps']} steps, seed 0:\n\n"
    return (
        "\n## Dialogue: likelihood and adversarial training\n\n"
        f"Lesson 10's nets, {result['measured']:,} generated pairs. {machine(result)}. "
        "*Right*: lines that the grammar accepts, replies in the mood that was asked for. *Answers*: replies that are "
        "right and pass the test of replies. *Questions*: the same after a question. *New*: of the right lines, those "
        f"not in the training set. Seeds {', '.join(map(str, result['seeds']))}: mean ± standard deviation. Likelihood "
        f"takes {result['likelihood_steps']:,} steps, the adversarial part {result['adversarial_steps']}, and "
        "*likelihood, longer* twice as many more of likelihood. Time is that of the processor, the sum over its cores, "
        "without measuring:\n\n"
        + dialogue_ways(result)
        + "\nVariants of the adversarial part, seed 0:\n\n"
        + dialogue_trials(result, "after")
        + (alone + dialogue_trials(result, "nothing") if result["trials"]["nothing"] else "")
    )


def conditional(told: dict[str, Any], taught: dict[str, Any]) -> str:
    """The section about labels."""
    return (
        f"\n## Labels: how the discriminator is told\n\n{told['WAY_STEPS']} steps of 64 digits each, lesson 06's "
        f"nets, seeds {', '.join(map(str, told['seeds']))}: mean ± standard deviation. {machine(told)}. *As asked*: "
        f"the share of {told['MEASURED']:,} samples that the shipped classifier names as asked. *Variety*: how far "
        "samples of a class are apart, as a part of the same for real digits.\n\n"
        + told_ways(told)
        + "\n## Labels: samples as training data\n\nAccuracy in percent on the 10,000 digits of the test split, of a "
        f"small classifier taught for {taught['LESSONS']} steps. The generator learns from the same few real digits, "
        f"for {taught['FEW_STEPS']} steps, and gives 5,000 samples; *both* is half real, half fake. *Shifted*: by up "
        "to two pixels.\n\n" + extra_data(taught)
    )


def translators(result: dict[str, Any]) -> str:
    """The section about translators."""
    return (
        f"\n## From summer to winter: what was tried\n\n{result['steps']} steps of CycleGAN, lesson 07's settings but "
        f"for what the row says, one seed; {result['pictures']:,} landscapes drawn, two classes of ten used. "
        f"{machine(result)}. The true winter of an unseen summer is known, and no net sees such a pair. *Error*: mean "
        "absolute difference from it, of a range of 2.\n\n" + winters(result)
    )


def stability(result: dict[str, Any]) -> str:
    """The section about losses and penalties."""
    ring, digits = (f"{result['seconds'][room]:g}" for room in ("ring", "digits"))
    return (
        f"\n## Losses and penalties at equal time\n\n{ring} seconds of training on the ring and {digits} on digits, "
        f"seeds {', '.join(map(str, result['seeds']))}: mean ± standard deviation; lesson 05's nets and learning "
        f"rates, float32. {machine(result)}. R1, R2 and both are computed in one step of eight unless the row says "
        f"otherwise. *Distance* and *coverage* with {result['samples']:,} samples, for digits in the features of the "
        "shipped classifier. *Modes*: of eight, one number a seed. *Spectral norm*: Keras' layer, a projection that "
        "treats the singular value as a constant; Miyato et al. differentiate through it.\n\nThe ring:\n\n"
        + loss_trials(result, "ring")
        + "\nDigits:\n\n"
        + loss_trials(result, "digits")
    )


def references(result: dict[str, Any]) -> str:
    """The section about other packages."""
    rows = []
    for row in result["rows"]:
        package, (ours, theirs) = row["package"], (row[key] for key in ("ours", "theirs"))
        version = result["versions"][package].partition("+")[0]
        difference = f"{abs(theirs / ours - 1):.0e}"
        rows.append([row["measure"], f"{ours:.6g}", f"{package} {version}", f"{theirs:.6g}", difference])
    missing = f" Not installed there: {', '.join(result['missing'])}." if result["missing"] else ""
    return (
        f"\n## Measures: the same numbers as other packages\n\n{result['samples']:,} random samples of "
        f"{result['features']} features on each side; random pictures, sounds and texts. `python "
        "benchmarks/references.py` says how to repeat it. *Difference*: of the two numbers, as a part of ours. "
        "torchmetrics computes variances and covariances of SSIM with n, scikit-image, which we use, with n - 1."
        f"{missing}\n\n" + table(["measure", "ours", "package", "theirs", "difference"], rows)
    )


def clips(acted: dict[str, Any], bounced: dict[str, Any]) -> str:
    """The section about video."""
    seconds = {trial["seconds"] for found in (acted, bounced) for trial in found["trials"].values()}
    return (
        f"\n## Video: what was tried\n\n{min(seconds):.0f} to {max(seconds):.0f} seconds of training each, one change "
        f"to lesson 04's recipe at a time, one seed. {machine(acted)}. The two rows of a recipe itself show how large "
        "the noise is.\n\nHuman actions, against the clips that were learned. *As asked*: the share of 400 clips in "
        "which the shipped classifier names the action that was asked for. *Frames*: distance of single frames in the "
        f"features of the CIFAR-10 classifier. *Clips*: distance of {acted['samples']} clips in those of the "
        "classifier of actions. *Differences* and *flow*: `motion_distance`, 1 for clips that stand still.\n\n"
        + video_trials(acted)
        + "\nMoving digits. *Identity*: the share of the frames of a clip in which a classifier sees the same digit, "
        "over 500 clips. *Speed* and *its spread*: mean and standard deviation of the digit's steps, as parts of those "
        f"of real clips. Distances with {bounced['samples']:,} clips.\n\n" + digit_trials(bounced)
    )


def readme() -> str:
    """The whole page."""
    found, raced, timed = map(load, ("cifar_trials", "cifar_race", "cifar_speed"))
    seeds = f"{len(raced['curves'])} seeds"
    parts = [
        INTRODUCTION,
        "## CIFAR-10: the lesson's recipe against the DCGAN of the paper\n\n"
        "Both for the same seconds of processor time (summed over both cores), and without classes. The DCGAN has "
        "256-128-64 channels, batch normalisation in both nets, Adam 2e-4 without decay, batches of 64, float32; the "
        "recipe runs in bfloat16, and its learning rate falls to zero at the end. Distances to unseen "
        f"test pictures in the features of the shipped classifier, {raced['samples']:,} samples, mean ± standard "
        f"deviation over {seeds}; real pictures score {raced['floor']:.2f}. {machine(raced)}.\n\n"
        "![All curves](results/cifar_race.png)\n\n" + race(raced) + "\n",
        "## CIFAR-10: milliseconds a step\n\nMedians of interleaved rounds; a step of the last two rows has 32 "
        f"pictures. {machine(timed)}.\n\n" + speed(timed),
        f"\n## CIFAR-10: what was tried\n\n{found['steps']:,} steps each, one change to the lesson's recipe at a time, "
        "mean ± standard deviation over the seeds. *Cost of a step* is processor time, as a multiple of "
        "the recipe's; differences of 0.1 lie within its spread. "
        f"{found['samples']:,} samples.\n\n" + cifar_trials(found),
    ]
    inverted = load("sound_inversion")
    parts.append(
        "\n## Sound: from spectrograms back to waveforms\n\n"
        f"{inverted['clips']} clips of one second at a time, the best of {inverted['rounds']} rounds; the "
        "errors over all 300 recordings of the test split. *Error* is the mean difference of log-mel spectrograms, "
        "of a range of 2; *spectrum* the log-spectral distance of the waveforms. The shipped classifier predicts "
        f"{inverted['heard_original']:.1%} of the recordings correctly, and assigns "
        f"{inverted['heard_generated_spectrogram']:.1%} of the generated spectrograms to the requested digit. "
        f"From noise to {inverted['clips']} generated sounds: {inverted['noise_to_sound']:.1f} s. "
        f"{machine(inverted)}.\n\n" + inversion(inverted)
    )
    spoken = load("sound_trials")
    parts.append(
        "\n## Sound: what was tried\n\n60 seconds of training each, one change to lesson 03's recipe at a time, one "
        f"seed. *Accuracy* and *rarest speaker* are shares of 1,000 sounds; distances with {spoken['samples']} samples "
        "to as many unseen recordings. The two rows of the recipe itself show how large the noise is.\n\n"
        + sound_trials(spoken)
    )
    if measured("video_actions", "video_digits"):
        parts.append(clips(load("video_actions"), load("video_digits")))
    if measured("ring"):
        parts.append(ring(load("ring")))
    if measured("losses"):
        parts.append(stability(load("losses")))
    if measured("conditional_ways", "conditional_extra"):
        parts.append(conditional(load("conditional_ways"), load("conditional_extra")))
    if measured("translators"):
        parts.append(translators(load("translators")))
    if measured("library"):
        parts.append(material(load("library")))
    if measured("steps"):
        parts.append(train_steps(load("steps")))
    if measured("dialogue_trials"):
        parts.append(dialogue(load("dialogue_trials")))
    if measured("onednn"):
        parts.append(
            "\n## oneDNN on every processor\n\nTensorFlow switches oneDNN on by itself only where there is AVX-512 "
            "VNNI or newer; `gan_tf` always does. Medians, float32, deterministic operations, one step a call, each in "
            f"its own process. {machine(load('onednn'))}, {VNNI[load('onednn')['vnni']]}.\n\n" + onednn(load("onednn"))
        )
    if measured("references"):
        parts.append(references(load("references")))
    return "".join(parts)


if __name__ == "__main__":
    draw_race(load("cifar_race"), RESULTS / "cifar_race.png")
    if measured("steps"):
        draw_steps(load("steps"), RESULTS / "steps.png")
    (HERE / "README.md").write_text(readme())
