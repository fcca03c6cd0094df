"""The shape of the project: a thin gan_tf that knows nothing of gan_course, no circles, notebooks on public names."""

from __future__ import annotations

import ast
import graphlib
import importlib
import json
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import lesson_code
import notebook_links

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("gan_tf", "gan_course")
HEAVY = {"matplotlib", "librosa", "sklearn", "skimage", "imageio", "av", "soundfile", "IPython", "sqlite3"}


def named(path: Path) -> str:
    """The name under which a file of ours is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {named(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules of ours that some code imports, at its top or inside functions."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in inner]
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


GRAPH = {name: set(imported(ast.parse(path.read_text(encoding="utf-8")))) for name, path in MODULES.items()}


def test_gan_tf_is_thin():
    lines = {
        name: len(path.read_text(encoding="utf-8").splitlines())
        for name, path in MODULES.items()
        if name.split(".")[0] == "gan_tf"
    }
    assert {name: n for name, n in lines.items() if n > 250} == {}
    assert sum(lines.values()) <= 2_800


def test_gan_tf_knows_nothing_of_the_course():
    wrong = {
        name: [other for other in others if other.startswith("gan_course")]
        for name, others in GRAPH.items()
        if name.split(".")[0] == "gan_tf"
    }
    assert {name: others for name, others in wrong.items() if others} == {}


def test_every_import_names_a_module_of_ours():
    missing = {name: others - MODULES.keys() for name, others in GRAPH.items()}
    assert {name: others for name, others in missing.items() if others} == {}


def test_no_module_imports_itself_through_others():
    try:
        graphlib.TopologicalSorter(GRAPH).prepare()
    except graphlib.CycleError as error:
        pytest.fail("a circle: " + " <- ".join(error.args[1]))


ALONE = """
import sys
sys.modules["gan_course"] = None  # From here on its import fails.

import gan_tf
import keras, numpy as np
from gan_tf import models, steps

gan_tf.setup(seed=0, budget="smoke")
digits = np.random.default_rng(0).uniform(-1, 1, (32, 28, 28, 1)).astype("float32")
adam = lambda: keras.optimizers.Adam(1e-3, 0.5)

gan = gan_tf.GAN(models.dense_generator(), models.dense_discriminator())
gan.compile(adam(), adam())
history = gan.fit(digits, batch_size=16, epochs=1, verbose=0).history
assert all(np.isfinite(history[name][0]) for name in ("generator_loss", "discriminator_loss")), history
assert gan.sample(3, seed=1).shape == (3, 28, 28, 1)

generator, discriminator = models.dense_generator(), models.dense_discriminator()
averaged, optimizers = keras.models.clone_model(generator), (adam(), adam())
for net, optimizer in zip((generator, discriminator), optimizers):
    optimizer.build(net.trainable_variables)
before = [net.get_weights() for net in (generator, discriminator, averaged)]
for real in np.split(digits, 2):
    logs = steps.train_step(generator, discriminator, averaged, *optimizers, real, seed=keras.random.SeedGenerator(0))
    assert np.isfinite(float(logs["generator_loss"])), logs
for net, old in zip((generator, discriminator, averaged), before):
    assert any((new != was).any() for new, was in zip(net.get_weights(), old)), net.name
"""


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_gan_tf_trains_alone():
    python(ALONE)


def test_the_course_loads_its_libraries_when_they_are_used():
    code = (
        "import json, sys, gan_tf; before = set(sys.modules)\n"
        "from gan_course import data, evaluation, show\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    assert HEAVY.isdisjoint(name.split(".")[0] for name in json.loads(python(code)))


def public(module: types.ModuleType) -> set[str]:
    """What a reader may use of a module: ``__all__``, or what it defines; of gan_course also public modules inside."""
    name = module.__name__
    modules = {inner.rpartition(".")[2] for inner in MODULES if inner.rpartition(".")[0] == name}
    if hasattr(module, "__all__"):
        return {*module.__all__, *(modules if name.startswith("gan_course") else ()), "__version__"}
    theirs = {
        key
        for key, value in vars(module).items()
        if getattr(value, "__module__", name) == name and not isinstance(value, types.ModuleType)
    }
    return {key for key in {*theirs, *modules} if not key.startswith("_")}


def test_public_names_exist():
    for name in MODULES:
        module = importlib.import_module(name)
        for one in getattr(module, "__all__", ()):
            assert hasattr(module, one) and not one.startswith("_"), (name, one)


def corners(source: str, known: dict[str, types.ModuleType]) -> Iterator[str]:
    """The names in a cell that are no public names of ours; ``known`` gathers the modules that the notebook imports."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in PACKAGES:
                    top = alias.name if alias.asname else alias.name.split(".")[0]
                    known[alias.asname or top] = importlib.import_module(top)
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in PACKAGES:
            package, *inner = node.module.split(".")
            for i, name in enumerate(inner):
                if name not in public(importlib.import_module(".".join((package, *inner[:i])))):
                    yield node.module
            module = importlib.import_module(node.module)
            for alias in node.names:
                if alias.name not in public(module):
                    yield f"{node.module}.{alias.name}"
                elif isinstance(found := getattr(module, alias.name, None), types.ModuleType):
                    known[alias.asname or alias.name] = found
                elif f"{node.module}.{alias.name}" in MODULES:
                    known[alias.asname or alias.name] = importlib.import_module(f"{node.module}.{alias.name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if node.attr.startswith("_") and not node.attr.startswith("__"):
                yield node.attr
            elif isinstance(node.value, ast.Name) and node.value.id in known:
                if node.attr not in public(known[node.value.id]):
                    yield f"{node.value.id}.{node.attr}"


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("import gan_tf\ngan_tf.GAN, gan_tf.models.conv_generator", []),
        ("from gan_tf import losses\nlosses.LOSSES", []),
        ("from gan_tf import losses as pairs\npairs.tf", ["pairs.tf"]),
        ("import gan_tf\ngan_tf.startup", ["gan_tf.startup"]),
        ("from gan_tf.startup import silence", ["gan_tf.startup"]),
        ("from gan_tf.runtime import _hidden", ["gan_tf.runtime", "gan_tf.runtime._hidden"]),
        ("from gan_course import data\ndata.load, data.no_such_thing", ["data.no_such_thing"]),
        ("gan._private, gan.__class__", ["_private"]),
    ],
)
def test_corners_are_found(source, wrong):
    assert list(corners(source, {})) == wrong


@pytest.mark.parametrize(
    "path", notebook_links.notebooks(), ids=lambda path: path.relative_to(ROOT / "notebooks").as_posix()
)
def test_notebooks_use_public_names(path):
    known: dict[str, types.ModuleType] = {}
    where = path.relative_to(lesson_code.NOTEBOOKS).as_posix()
    found = [name for source in lesson_code.sources(where) for name in corners(source, known)]
    assert found == []
