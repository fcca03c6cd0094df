"""The networks that a lesson shows in full are the reference networks of gan_tf.models."""

from __future__ import annotations

import importlib.util

import keras
import nbformat
import numpy as np
import pytest
from keras import layers

import lesson_code
import train_pretrained
import train_translators
from gan_course import audio, clip_networks, dialogue, note_networks, pretrained, textbook
from gan_tf import models
from gan_tf.files import load_arrays

NOTEBOOKS = lesson_code.NOTEBOOKS

PAIRS = [
    ("01_mnist_dense_gan.ipynb", "make_generator", (64,), models.dense_generator, {"latent_dim": 64}),
    ("01_mnist_dense_gan.ipynb", "make_discriminator", (), models.dense_discriminator, {}),
    ("01_mnist_dense_gan.ipynb", "make_conv_generator", (64,), models.conv_generator, {"latent_dim": 64}),
    ("01_mnist_dense_gan.ipynb", "make_conv_discriminator", (), models.conv_discriminator, {}),
]
LESSON_02 = "02_cifar_dcgan.ipynb"
for shape in [(28, 28, 1), (32, 32, 3), (64, 64, 3), (100, 100, 3)]:
    generator, discriminator = {"shape": shape, "last": 16}, {"shape": shape}
    discriminator["widths"] = models.image_widths(shape)[::-1]
    PAIRS += [
        (LESSON_02, "make_generator", (shape, 64), models.conv_generator,
         generator | {"resize": True, "batch_norm": False, "modulate": True, "classes": 10}),
        (LESSON_02, "make_generator", (shape, 64, None, 5, True, False), models.conv_generator,
         generator | {"kernel": 5, "modulate": True}),
        (LESSON_02, "make_discriminator", (shape,), models.conv_discriminator, discriminator | {"classes": 10}),
        (LESSON_02, "make_discriminator", (shape, None, 5), models.conv_discriminator, discriminator | {"kernel": 5}),
    ]  # fmt: skip
LESSON_03 = "03_mel_audio_gan.ipynb"
SOUND = {"shape": (64, 64, 1), "classes": 10}
PAIRS += [
    (LESSON_03, "make_generator", (64,), models.conv_generator,
     SOUND | {"widths": (128, 64, 32, 16), "batch_norm": False}),
    (LESSON_03, "make_discriminator", (), models.conv_discriminator, SOUND | {"widths": (16, 32, 64, 128)}),
    (LESSON_02, "make_textbook_generator", (), textbook.textbook_generator, {}),
    (LESSON_02, "make_textbook_discriminator", (), textbook.textbook_discriminator, {}),
]  # fmt: skip
LESSON_04 = "04_video_gan.ipynb"
DIGITS = {"shape": (16, 32, 32, 1), "classes": 10}
PAIRS += [
    (LESSON_04, "make_stream_generator", (64,), clip_networks.video_generator, {"classes": 4}),
    (LESSON_04, "make_motion_generator", (), clip_networks.motion_generator, {"classes": 4}),
    (LESSON_04, "make_motion_generator", ((48, 32, 32, 3),), clip_networks.motion_generator,
     {"shape": (48, 32, 32, 3), "classes": 4}),
    (LESSON_04, "make_motion_generator", (*DIGITS.values(), False), clip_networks.motion_generator,
     DIGITS | {"background": False}),
    (LESSON_04, "make_discriminator", (), clip_networks.clip_discriminator,
     {"frame_widths": (16, 32, 64), "classes": 4}),
    (LESSON_04, "make_discriminator", (*DIGITS.values(), 0), clip_networks.clip_discriminator, DIGITS),
]  # fmt: skip
LESSON_06 = "06_conditional_gan.ipynb"
PAIRS += [(LESSON_06, "make_generator", (), models.conv_generator, {"classes": 10})]
PAIRS += [
    (LESSON_06, "make_discriminator", (way,), models.conv_discriminator, {"classes": 10, "conditioning": way})
    for way in models.CONDITIONINGS
]
LESSON_07 = "07_image_to_image.ipynb"
PAIRS += [
    (LESSON_07, "make_translator", (), models.translator, {"shape": (28, 28, 3), "width": 16, "blocks": 2}),
    (LESSON_07, "make_discriminator", (), models.patch_discriminator, {"shape": (28, 28, 3), "widths": (32, 64)}),
    (LESSON_07, "make_unet", (), models.unet, {"shape": (64, 64, 3), "widths": (16, 32, 64), "residual": True}),
]
LESSON_10 = "10_dialogue_gan.ipynb"
PAIRS += [
    (LESSON_10, "make_generator", (), dialogue.text_generator, {"classes": 4}),
    (LESSON_10, "make_discriminator", (), dialogue.text_discriminator, {"classes": 4}),
]
LESSON_12 = "12_notes_gan.ipynb"
PAIRS += [
    (LESSON_12, "make_generator", (), note_networks.note_generator, {}),
    (LESSON_12, "make_generator", ((512, 64, 2), False), note_networks.note_generator, {"harmonics": False}),
    (LESSON_12, "make_discriminator", (), note_networks.note_discriminator, {}),
]
# Helpers of a lesson that its networks call, and the numbers that it sets above them.
HELPERS = {
    LESSON_02: ("hidden", "double", "widths_for"),
    LESSON_04: ("modulate", "double", "draw", "pixels", "verdict"),
    LESSON_07: ("hidden", "stage"),
    LESSON_12: ("folded", "unfolded", "hidden"),
}
NUMBERS = {
    LESSON_04: {"FRAMES": 16, "SIDE": 32, "CONTENT": 48, "MOTION": 16},
    LESSON_10: {"GumbelChoice": dialogue.GumbelChoice},  # its own class is compared below
    LESSON_12: {
        "Harmonics": note_networks.Harmonics,  # the same
        "LATENT_DIM": 32, "WIDTHS": (128, 64, 32, 16), "LAST": 24,
        "FOLD": 4, "PITCHES": 49, "INSTRUMENTS": 14, "LOWEST": 36,
    },
}  # fmt: skip


def function_of(notebook: str, name: str):
    """The function of that name, from the one cell of the lesson that defines it, with the helpers that it calls."""
    namespace = {"keras": keras, "layers": layers, "ops": keras.ops, "np": np, **NUMBERS.get(notebook, {})}
    return lesson_code.functions(notebook, (*HELPERS.get(notebook, ()), name), namespace)[name]


def description(model: keras.Model) -> list:
    """Layer by layer, all that makes the network, without the names that Keras numbers."""
    found = []
    for layer in model.layers:
        config = {key: value for key, value in layer.get_config().items() if key != "name"}
        found.append((type(layer).__name__, config, [tuple(w.shape) for w in layer.weights]))
    return found


@pytest.mark.parametrize(("notebook", "name", "arguments", "reference", "options"), PAIRS)
def test_the_lesson_and_the_package_build_the_same_network(notebook, name, arguments, reference, options):
    lesson = function_of(notebook, name)(*arguments)
    assert description(lesson) == description(reference(**options))


@pytest.mark.parametrize(
    ("shipped", "notebook", "function", "arguments"),
    [
        ("mnist_dense", "01_mnist_dense_gan.ipynb", "make_generator", (64,)),
        ("cifar_dcgan", LESSON_02, "make_generator", ((32, 32, 3), 64)),
        ("spoken_digits_mel", LESSON_03, "make_generator", (64,)),
        ("human_actions", LESSON_04, "make_motion_generator", ()),
        ("dialogue", LESSON_10, "make_generator", ()),
        ("notes", LESSON_12, "make_generator", ()),
        ("moving_digits", LESSON_04, "make_motion_generator", (*DIGITS.values(), False)),
    ],
)
def test_the_shipped_generator_is_the_lessons_network(shipped, notebook, function, arguments):
    lesson = function_of(notebook, function)(*arguments)
    assert description(lesson) == description(pretrained.load(shipped).generator)


def test_the_lessons_choice_of_a_word_is_that_of_the_package():
    source = next(source for source in lesson_code.sources(LESSON_10) if "class GumbelChoice" in source)
    found = {"keras": keras, "layers": layers, "ops": keras.ops, "np": np}
    exec(source, found)
    random = np.random.default_rng(0)
    scores, latents = random.normal(size=(50, 9)).astype("float32"), random.normal(size=(50, 9)).astype("float32")
    theirs, ours = found["GumbelChoice"](0.5), dialogue.GumbelChoice(0.5)
    assert np.array_equal(theirs(scores, latents), ours(scores, latents))
    assert theirs.start == ours.start and [w.path for w in theirs.weights] and len(theirs.weights) == len(ours.weights)


def test_the_lessons_map_of_harmonics_is_that_of_the_package():
    source = next(source for source in lesson_code.sources(LESSON_12) if "class Harmonics" in source)
    found = {"keras": keras, "layers": layers, "ops": keras.ops, "np": np, "audio": audio, "RATE": 16_000}
    exec(source, found)
    pitches = np.array([36, 61, 84])
    theirs, ours = found["Harmonics"](512, 64), note_networks.Harmonics(512, 64)
    np.testing.assert_array_equal(theirs(pitches), ours(pitches))
    config = {key: value for key, value in theirs.get_config().items() if key != "name"}
    assert config == {key: value for key, value in ours.get_config().items() if key != "name"}


@pytest.mark.parametrize("shipped", pretrained.names())
def test_the_shipped_weights_were_made_by_the_recipe(shipped):
    """tools/recipes.py is what the benchmarks change and what train_pretrained.py trains: it must not drift away."""
    plan = train_pretrained.SHIPPED[shipped]
    meta = load_arrays(pretrained.shipped_file(shipped))[1]
    options = {key: tuple(v) if isinstance(v, list) else v for key, v in meta["options"].items() if key != "shape"}
    assert (meta["network"], options) == (plan.recipe.generator.__name__, plan.recipe.generator_options)
    source = {"real": "local"}.get(plan.options["source"], "embedded")
    card = meta["card"]
    assert (card.get("epochs"), card.get("minutes")) == (plan.epochs, plan.minutes)
    assert card["data"] == f"{plan.data}, {source}"


@pytest.mark.parametrize("shipped", pretrained.TRANSLATORS)
def test_the_shipped_translators_were_made_by_the_plan(shipped):
    name, plan = next(pair for pair in train_translators.PLANS.items() if shipped in pair[1].files)
    meta = load_arrays(pretrained.shipped_file(shipped))[1]
    options = {key: tuple(v) if isinstance(v, list) else v for key, v in meta["options"].items()}
    assert (meta["network"], options, meta["card"]["steps"]) == (plan.network, plan.options, plan.steps)
    assert meta["card"]["command"] == f"python tools/train_translators.py {name} --steps {plan.steps} --seed 0"


@pytest.mark.parametrize(
    ("shipped", "function"), [("digit_to_neon", "make_translator"), ("day_to_sunset", "make_unet")]
)
def test_the_shipped_translator_is_the_lessons_network(shipped, function):
    net = pretrained.translator(shipped).generator
    assert description(function_of(LESSON_07, function)()) == description(net)


def test_the_benchmark_page_is_what_the_report_writes():
    """benchmarks/README.md and the tables that lessons quote come from benchmarks/results/."""
    spec = importlib.util.spec_from_file_location("report", NOTEBOOKS.parent / "benchmarks" / "report.py")
    report = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(report)
    assert (NOTEBOOKS.parent / "benchmarks" / "README.md").read_text() == report.readme()
    for lesson, tables in report.quoted().items():
        prose = "\n".join(cell.source for cell in nbformat.read(NOTEBOOKS / lesson, as_version=4).cells)
        for table in tables:
            assert table.strip() in prose, lesson


def test_the_recipe_of_older_tutorials_trains_no_discriminator():
    """Lesson 00 says so, and quotes the warning of Keras."""
    warning = "The model does not have any trainable weights."
    assert warning in "\n".join(cell.source for cell in nbformat.read(NOTEBOOKS / "00_the_game_in_2d.ipynb", 4).cells)
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    discriminator = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile("adam", loss)
    discriminator.trainable = False
    both = keras.Sequential([generator, discriminator])
    both.compile("adam", loss)
    before = [net.get_weights() for net in (generator, discriminator)]
    with pytest.warns(UserWarning, match=warning):
        discriminator.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
    both.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
    moved = [
        any((old != new).any() for old, new in zip(weights, net.get_weights()))
        for weights, net in zip(before, (generator, discriminator))
    ]
    assert moved == [True, False]
