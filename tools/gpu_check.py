"""What the course does on this machine's GPU, in about eight minutes: speed, agreement with the CPU, first results.

    python tools/gpu_check.py [--minutes 8] [--output FILE]
    python tools/gpu_check.py --tiny      tiny nets for seconds, on a CPU as well: does the check itself work?

Each part is a process of its own with a time limit, and each row is written to the file as soon as it is there, so what
hangs or crashes loses its own rows only. The file is benchmarks/results/gpu_check.json, the table is printed.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
MARK = "ROW "
TINY_NETS = {"generator_options": {"widths": (8, 4)}, "discriminator_options": {"widths": (4, 8)}, "batch_size": 4}
GAMES = {  # What is trained for half a minute, by the lesson that it belongs to.
    "lesson 01": "mnist_dcgan",
    "lesson 02": "cifar_dcgan",
    "lesson 03": "spoken_digits_mel",
    "lesson 04": "human_actions",
}
Row = dict[str, Any]


# The parts; each yields its rows. TensorFlow starts in them only: the process that starts them leaves the card free.


def about(tiny: bool) -> Iterator[Row]:
    """Versions, the card, and what setup chose for it."""
    import gan_tf  # before keras: it silences the start-up lines

    # isort: split
    import keras
    import tensorflow as tf

    run = gan_tf.setup(seed=0)
    built, gpus = tf.sysconfig.get_build_info(), tf.config.list_physical_devices("GPU")
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    yield {
        "device": run.device,
        "gpus": run.gpus,
        "cores": run.cores,
        "compute capability": ".".join(map(str, details.get("compute_capability", ()))),
        "precision": run.precision,
        "python": sys.version.split()[0],
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "gan_tf": gan_tf.__version__,
        "built for cuda": built.get("cuda_version", ""),
        "memory grows": [tf.config.experimental.get_memory_growth(gpu) for gpu in gpus],
    }


def _lessons(tiny: bool) -> dict[str, tuple[Any, tuple[int, ...]]]:
    from training import LESSONS

    if not tiny:
        return LESSONS
    dense = {"generator_options": {"widths": (8,)}, "discriminator_options": {"widths": (8,)}}
    smaller = {
        "lesson 01, dense": (dense, (8, 8, 1)),
        "lesson 02, colour pictures": ({**TINY_NETS, "generator_options": {"widths": (8, 4), "last": 4}}, (8, 8, 3)),
    }
    return {name: (LESSONS[name][0].changed(**change), shape) for name, (change, shape) in smaller.items()}


def speed(lesson: str, tiny: bool) -> Iterator[Row]:
    """Milliseconds a step of one lesson's nets, as one would write it otherwise and as gan_tf takes it."""
    import steps  # before keras: it imports gan_tf, which silences the start-up lines

    # isort: split
    import tensorflow as tf

    from gan_tf import runtime
    from training import step_of

    # Without setup, which makes operations deterministic on a CPU: Keras then leaves XLA out.
    gpus = tf.config.list_physical_devices("GPU")
    recipe, shape = _lessons(tiny)[lesson]
    same, half = recipe.changed(gan=steps.SAME_WORK), "mixed_bfloat16" if tiny else runtime.native_precision()

    def ours(what: Any, precision: str, xla: bool, per_call: int) -> Callable[[], Any]:
        return step_of(what, shape, precision, per_call, accelerated=False, jit_compile=xla)

    def row(way: str, precision: str, xla: bool, per_call: int, make: Callable[[], Callable[[], Any]]) -> Row:
        if gpus:
            tf.config.experimental.reset_memory_stats("GPU:0")
        start = time.perf_counter()
        step = make()
        step()
        first, calls, seconds = time.perf_counter() - start, 0, 0.3 if tiny else 3.0
        step()
        start = time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds:
            step()
            calls += 1
        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"] / 1e6 if gpus else None
        return {
            "way": way,
            "precision": precision,
            "xla": xla,
            "steps a call": per_call,
            "milliseconds": 1e3 * spent / calls / per_call,
            "first call, seconds": first,
            "peak, megabytes": peak,
        }

    yield row("tutorial's loop", "float32", False, 1, lambda: steps.Tutorial(recipe, shape))
    if tiny:  # XLA takes long to compile for a CPU.
        ways = [(half, False, 4), *([(half, True, 4)] if lesson.endswith("dense") else [])]
        plain = ways[1:] and [half]
    else:
        ways = [(half, xla, per_call) for xla, per_call in ((False, 4), (True, 1), (True, 4), (True, 16))]
        ways += [("float32", False, 4), ("float32", True, 16)]
        plain = list(dict.fromkeys(("float32", half)))
    for precision in plain:
        make = functools.partial(steps.plain_train_step, same, shape, None, precision, True)
        yield row("keras.Model", precision, True, 1, make)
    for way in dict.fromkeys(ways):
        yield row("gan_tf", *way, functools.partial(ours, same, *way))
    best = (half, not tiny, 16)
    yield row("gan_tf, penalty and average", *best, functools.partial(ours, recipe, *best))


def agreement(tiny: bool) -> Iterator[Row]:
    """How far the weights are from a CPU's after four float32 steps of the same numbers, without TF32."""
    import gan_tf  # before keras: it silences the start-up lines

    # isort: split
    import keras
    import numpy as np
    import tensorflow as tf

    from gan_tf import losses, steps

    run = gan_tf.setup(seed=0, precision="float32")
    tf.config.experimental.enable_tensor_float_32_execution(False)

    def trained(recipe: Any, shape: tuple[int, ...], device: str, xla: bool) -> np.ndarray:
        keras.utils.set_random_seed(0)
        with tf.device(device):
            nets, optimizers = list(recipe.build(shape).nets.values()), recipe.optimizers()
            for net, optimizer in zip(nets, optimizers):
                optimizer.build(net.trainable_variables)
            step = tf.function(steps.gan_step, autograph=False, jit_compile=xla)
            for k in range(4):
                random = np.random.default_rng(k)
                real = np.tanh(random.standard_normal((recipe.batch_size, *shape))).astype(np.float32)
                latents = random.standard_normal((recipe.batch_size, nets[0].inputs[0].shape[1])).astype(np.float32)
                labels = random.integers(0, 4, recipe.batch_size) if len(nets[0].inputs) == 2 else None
                labels = None if labels is None else tf.constant(labels, tf.int32)
                options = {"penalty": losses.r1, "penalty_every": 2, "seed": 0}
                step(*nets, None, *optimizers, tf.constant(real), labels, latents=tf.constant(latents), **options)
        return np.concatenate([weight.numpy().ravel() for net in nets for weight in net.weights])

    for lesson, (recipe, shape) in _lessons(tiny).items():
        wanted = trained(recipe, shape, "CPU:0", False)
        for xla in (False, True) if run.gpus else (False,):
            found = trained(recipe, shape, "GPU:0" if run.gpus else "CPU:0", xla)
            distance = float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
            yield {"lesson": lesson, "xla": xla, "distance": distance}


def game(lesson: str, tiny: bool) -> Iterator[Row]:
    """The lesson's GPU recipe by the clock, and the distance that it reaches."""
    import gan_tf
    import train_pretrained
    from gan_course import evaluation

    gan_tf.setup(seed=0)
    name, seconds, n = GAMES[lesson], 2 if tiny else 30, 60 if tiny else 1_000
    shipped = train_pretrained.GPU[name]
    options = {key: value for key, value in shipped.options.items() if key != "source"}
    shipped = dataclasses.replace(shipped, options={**options, "n": 400} if tiny else options)
    if tiny:
        shipped = dataclasses.replace(shipped, recipe=shipped.recipe.changed(**TINY_NETS))
    training, unseen = (train_pretrained.load(shipped, split) for split in ("train", "test"))
    against, other = (unseen, training) if shipped.against == "test" else (training, unseen)
    gan = shipped.recipe.build(training.x.shape[1:])
    steps = _by_the_clock(gan, shipped.recipe.optimizers(), shipped.recipe, training.batches(
        shipped.recipe.batch_size, seed=0, labels=gan.conditional), seconds)  # fmt: skip
    report = evaluation.evaluate(gan, against, min(n, len(against), len(other)), other=other, features=shipped.features)
    yield {
        "recipe": name,
        "data": training.source,
        "seconds": seconds,
        "steps": steps,
        "weights of the generator": gan.generator.count_params(),
        "distance": report.frechet,
        "floor": report.floor.frechet,
        "measured": report.n,
    }


def winter(tiny: bool) -> Iterator[Row]:
    """Lesson 07: the wider translator from summer to winter by the clock; SSIM with the true winter."""
    import gan_tf
    import train_translators as translators
    from gan_course import data, evaluation

    gan_tf.setup(seed=0)
    seconds, plan = (2 if tiny else 30), translators.GPU["winter"]
    if tiny:
        plan = dataclasses.replace(plan, options={**plan.options, "widths": (4, 4, 8)}, widths=(4, 4, 8), batch_size=2)
    summer, green = translators.halves(translators.scenes("train", *translators.SUMMER, n=200 if tiny else 4_000))
    unseen = translators.scenes("test", *translators.SUMMER, n=20 if tiny else 500)
    model, pair = translators.cycle_gan(plan, 0), data.Domains(summer, translators.changed(green, data.winter))
    steps = _by_the_clock(model, plan.optimizers(), plan, pair.batches(plan.batch_size, seed=0), seconds)
    similar = evaluation.ssim(data.winter(unseen.x), model.to_b(unseen.x)).mean()
    row = {"recipe": "winter", "data": "embedded", "seconds": seconds, "steps": steps}
    yield {**row, "weights of the generator": model.generator_ab.count_params(), "ssim": float(similar)}


def _by_the_clock(gan: Any, optimizers: list, recipe: Any, batches: Any, seconds: float) -> int:
    """Train for so many seconds, the compilation not counted; the steps that it took."""
    import train_pretrained

    gan.compile(*optimizers, steps_per_execution=16)
    gan.fit(batches.take(16), verbose=0)
    clock = train_pretrained.ByTheClock(seconds / 60, recipe.learning_rate)
    gan.fit(batches.repeat(), steps_per_epoch=16 * 10**6, verbose=0, callbacks=[clock])
    return int(gan.generator_optimizer.iterations) - 16


# Name, function, arguments, seconds. What matters most comes first.


def parts(tiny: bool) -> dict[str, tuple[Callable[..., Iterator[Row]], tuple, float]]:
    known = ("dense", "convolutions", "colour pictures", "spectrograms", "clips")
    lessons = [f"lesson {min(i, 4) or 1:02}, {kind}" for i, kind in zip((1, 1, 2, 3, 4), known)]
    lessons = [lessons[0], lessons[2]] if tiny else lessons
    long = 600 if tiny else 90  # A test may run beside others.
    return {
        "about": (about, (), long),
        **{f"steps, {lesson}": (speed, (lesson,), long) for lesson in lessons},
        "agreement": (agreement, (), long),
        **{f"half a minute, {lesson}": (game, (lesson,), 1.2 * long) for lesson in list(GAMES)[: 1 if tiny else None]},
        "half a minute, lesson 07": (winter, (), 1.2 * long),
    }


def run_part(name: str, tiny: bool, limit: float, found: Callable[[Row], None]) -> str:
    """Run a part in a process of its own; returns "done", or why it ended early."""
    command = [sys.executable, __file__, "--part", name, *(["--tiny"] if tiny else [])]
    # A tiny part runs a few steps, so the quickest compilation is the best.
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"} if tiny else {}
    search = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, **quick, "PYTHONPATH": search}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        late = threading.Timer(limit, process.kill)
        late.start()
        for line in process.stdout:
            if line.startswith(MARK):
                found(json.loads(line[len(MARK) :]))
        code = process.wait()
        in_time = late.is_alive()
        late.cancel()
        errors.seek(0)
        said = errors.read().strip().splitlines()[-3:]
    if code == 0:
        return "done"
    return f"code {code}: {' | '.join(said)}" if in_time else f"stopped after {limit:.0f} s"


def check(tiny: bool, minutes: float, output: Path) -> dict[str, Any]:
    """Run all parts that the time allows; what each found, also in the file."""
    from gan_tf.files import written_whole

    start, results = time.monotonic(), {"tiny": tiny, "parts": {}}

    def save() -> None:
        with written_whole(output) as part:
            part.write_text(json.dumps(results, indent=1) + "\n")

    for name, (_, _, limit) in parts(tiny).items():
        left = 60 * minutes - (time.monotonic() - start)
        one = results["parts"][name] = {"rows": [], "end": "no time left"}

        def found(row: Row, rows: list[Row] = one["rows"]) -> None:
            rows.append(row)
            save()

        if left > 20:
            print(f"{name} ...", flush=True)
            one["end"] = run_part(name, tiny, min(limit, left), found)
        print("\n".join(table(name, one)), flush=True)
        save()
    if not tiny:
        print("\n".join(goals(results["parts"])))
    return results


def table(name: str, part: dict[str, Any]) -> list[str]:
    """Its rows as lines of text, in columns."""
    lines = [f"{name}: {part['end']}"] if part["end"] != "done" or not part["rows"] else [name]
    if rows := part["rows"]:
        cells = [list(rows[0])] + [[_shown(value) for value in row.values()] for row in rows]
        if len(rows) == 1:
            return lines + [f"  {key}: {value}" for key, value in zip(*cells)]
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines += ["  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in cells]
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "-"}[value]
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def goals(found: dict[str, Any]) -> list[str]:
    """What the steps should reach: gan_tf in at most 0.9 of a plain Keras model's time, both in half precision."""
    lines = []
    for name, part in found.items():
        rows = [row for row in part["rows"] if row.get("precision", "float32") != "float32"]
        plain = [row["milliseconds"] for row in rows if row.get("way") == "keras.Model"]
        ours = [row["milliseconds"] for row in rows if row.get("way") == "gan_tf" and row["xla"]]
        if plain and ours:
            lines.append(f"{name}: {min(ours):.2f} ms, {min(ours) / min(plain):.2f} of keras.Model (goal 0.9)")
    return lines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--minutes", type=float, help="8, or 30 with --tiny, where it stands for no limit")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.part:
        function, given, _ = parts(asked.tiny)[asked.part]
        for row in function(*given, asked.tiny):
            print(MARK + json.dumps(row), flush=True)
        return 0
    name = "gpu_check_tiny.json" if asked.tiny else "gpu_check.json"
    folder = ROOT / "outputs" if asked.tiny else ROOT / "benchmarks" / "results"
    results = check(asked.tiny, asked.minutes or (30 if asked.tiny else 8), asked.output or folder / name)
    return int(any(part["end"] != "done" for part in results["parts"].values()))


if __name__ == "__main__":
    sys.exit(main())
