"""The shipped translators do on unseen pictures what they are for, and refuse what they cannot take."""

import types

import keras
import numpy as np
import pytest

import lesson_code
from gan_course import data, evaluation, pretrained
from gan_tf import files, models


@pytest.fixture(scope="module")
def landscapes():
    """Unseen landscapes by class name."""
    drawn = data.load("cifar10", "test", source="embedded", size=64, n=400)
    return {name: drawn.of_class(name).x for name in ("meadow", "forest", "sea", "sunset", "night sky")}


@pytest.fixture(scope="module")
def judge():
    """The lesson's own classifier of domains, for summer, winter, sunset and night."""
    drawn = data.load("cifar10", source="embedded", size=64, n=3_000)
    parts = [drawn.of_class("meadow", "forest", "sea").x, data.winter(drawn.of_class("meadow", "forest").x)]
    parts += [drawn.of_class(name).x for name in ("sunset", "night sky")]
    run = types.SimpleNamespace(pick=lambda smoke, cpu, gpu: cpu)
    namespace = {"keras": keras, "layers": keras.layers, "np": np, "run": run}
    return lesson_code.functions("07_image_to_image.ipynb", ("domain_judge",), namespace)["domain_judge"](*parts)


def test_the_judge_knows_unseen_landscapes(landscapes, judge):
    for name, k in (("meadow", 0), ("forest", 0), ("sea", 0), ("sunset", 2), ("night sky", 3)):
        assert np.mean(judge(landscapes[name]) == k) > 0.95, name


def test_every_shipped_translator_is_small_and_says_how_it_was_made():
    sizes = {name: pretrained.shipped_file(name).stat().st_size for name in pretrained.TRANSLATORS}
    assert sizes.pop("outline_to_emoji") < 8e6 and sum(sizes.values()) < 8e6
    for name in pretrained.TRANSLATORS:
        card = pretrained.translator(name).card
        assert card["command"].startswith("python tools/train_translators.py") and card["machine"]


@pytest.mark.data
def test_neon_digits_stay_the_digits_that_they_are():
    unseen, reader = data.load("mnist", "test").take(500), evaluation.feature_network("mnist")
    signs = pretrained.translator("digit_to_neon")(np.repeat(unseen.x, 3, axis=-1))
    back = pretrained.translator("neon_to_digit")(signs).mean(axis=-1, keepdims=True)
    assert evaluation.label_accuracy(data.unlit(signs), unseen.labels, reader) > 0.95
    assert evaluation.label_accuracy(back, unseen.labels, reader) > 0.95
    assert np.abs(signs - data.neon(unseen.x)).mean() < 0.1


def test_evening_and_day(landscapes, judge):
    by_day = np.concatenate([landscapes["meadow"], landscapes["sea"]])
    evening = pretrained.translator("day_to_sunset")(by_day)
    assert np.mean(judge(evening) == 2) > 0.9 and np.mean(judge(by_day) == 2) < 0.1
    assert evaluation.ssim(by_day, pretrained.translator("sunset_to_day")(evening)).mean() > 0.8
    seen = judge(pretrained.translator("sunset_to_day")(landscapes["sunset"]))
    assert np.mean(seen == 2) < 0.1 and np.mean(seen == 0) > 0.9


def test_winter_is_near_the_true_winter(landscapes):
    summer = np.concatenate([landscapes["meadow"], landscapes["forest"]])
    winter, truth = pretrained.translator("summer_to_winter")(summer), data.winter(summer)
    assert evaluation.ssim(truth, winter).mean() > evaluation.ssim(truth, summer).mean() + 0.15
    back = pretrained.translator("winter_to_summer")(truth)
    assert evaluation.ssim(summer, back).mean() > evaluation.ssim(summer, truth).mean() + 0.02
    assert np.abs(summer - back).mean() < 0.5 * np.abs(summer - truth).mean()


def test_one_net_for_four_styles(landscapes, judge):
    summer, net = np.concatenate([landscapes["meadow"], landscapes["forest"]]), pretrained.translator("landscapes")
    assert net.labels == ("summer", "winter", "sunset", "night")
    for k, name in enumerate(net.labels):
        assert np.mean(judge(net(summer, name)) == k) > 0.9, name


@pytest.fixture(scope="module")
def emoji():
    """Held-out emoji, their outlines, and what the shipped translator paints into these."""
    unseen = data.load("emoji", "test")
    lines = data.outlines(unseen.x)
    return unseen, lines, pretrained.translator("outline_to_emoji")(lines)


def lines_kept(given, made):
    """Share of the ink that has an edge of the picture within a pixel."""
    near = keras.ops.convert_to_numpy(keras.ops.max_pool(-data.outlines(made), 3, 1, "same"))
    return np.mean(near[given < 0] > 0)


def test_unseen_outlines_are_painted_in_colour_on_white(emoji):
    unseen, lines, made = emoji
    assert made.shape == (96, 64, 64, 3) and made.dtype == np.float32
    assert lines_kept(lines, made) > 0.8 > lines_kept(lines, np.roll(made, 1, axis=0))
    real = evaluation.colourfulness(unseen.x).mean()
    assert 0.5 * real < evaluation.colourfulness(made).mean() < 1.3 * real
    background = (unseen.x == 1).all(axis=-1)
    assert made[background].mean() > 0.8 and made[~background].mean() < 0.5
    blank = pretrained.translator("outline_to_emoji")(np.ones((1, 64, 64, 1), np.float32))
    assert blank.mean() > 0.8


def test_strokes_by_hand_are_painted_nearly_as_well(emoji):
    unseen, lines, made = emoji
    strokes = data.hand_drawn(lines)
    by_hand = pretrained.translator("outline_to_emoji")(strokes)
    error, error_by_hand = (np.abs(x - unseen.x).mean() for x in (made, by_hand))
    assert error_by_hand < 1.3 * error
    colours, colours_by_hand = (evaluation.colourfulness(x).mean() for x in (made, by_hand))
    assert abs(colours_by_hand - colours) < 0.3 * colours


def test_names_and_numbers_of_labels_are_the_same(landscapes):
    net, x = pretrained.translator("landscapes"), landscapes["meadow"][:2]
    np.testing.assert_array_equal(net(x, "night"), net(x, 3))
    np.testing.assert_array_equal(net(x, [3, 3]), net(x, 3))
    with pytest.raises(ValueError, match=r"labels: got 'nigt', expected one of .*did you mean 'night'"):
        net(x, "nigt")
    with pytest.raises(ValueError, match="labels: got None, expected integers"):
        net(x)
    with pytest.raises(ValueError, match="expected"):
        net(x, 4)


def test_a_translator_and_a_generator_are_two_kinds():
    with pytest.raises(ValueError, match="did you mean 'day_to_sunset'"):
        pretrained.translator("day_to_sunse")
    with pytest.raises(ValueError, match="expected one of"):
        pretrained.load("day_to_sunset")
    with pytest.raises(files.ArraysError, match="network: got 'unet', expected one of"):
        pretrained.load_file(pretrained.shipped_file("day_to_sunset"))


def test_pictures_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"x: got shape \(1, 32, 32, 3\), expected \(n, 64, 64, 3\)"):
        pretrained.translator("day_to_sunset")(np.zeros((1, 32, 32, 3)))


def test_what_is_saved_is_what_translates(tmp_path):
    keras.utils.set_random_seed(0)
    options = {"shape": (8, 8, 3), "widths": (4, 8), "residual": True, "classes": 2}
    net = models.unet(**options)
    path = pretrained.save(tmp_path / "t.safetensors", net, "unet", options, {"labels": ["a", "b"]})
    stored, meta = pretrained._stored(path, pretrained.TRANSLATOR_NETWORKS)
    x = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(pretrained.Translator(stored, meta["card"]["labels"])(x, "b"),
                               pretrained.Translator(net, ("a", "b"))(x, 1), atol=5e-3)  # fmt: skip
