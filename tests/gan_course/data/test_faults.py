"""Faults made on purpose, and the matrix that says which measure notices which."""

import dataclasses

import numpy as np
import pytest
from tests.helpers import tiny

from gan_course import data, evaluation
from gan_course.evaluation.fault_matrix import scored

CARD = data.Card("own", "Own", "some", "free", "none")


@pytest.fixture(scope="module")
def digits():
    return data.load("mnist", "test", source="embedded", n=800)


@pytest.fixture(scope="module")
def sounds():
    return data.load("spoken_digits", source="embedded", n=240)


def rows_of(x, bank):
    """For each sample its place in the bank; -1 where it is not there."""
    places = {row.tobytes(): i for i, row in enumerate(np.asarray(bank))}
    return np.array([places.get(row.tobytes(), -1) for row in np.asarray(x)])


# Changed samples -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 8, 8, 1), (3, 8, 8, 3), (2, 4, 8, 8, 1), (3, 64)])
def test_a_blur_keeps_the_mean_and_loses_the_detail(shape):
    x = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    before = x.copy()
    found = data.blurred(x, 1.0)
    assert found.shape == x.shape and found.dtype == np.float32 and np.array_equal(x, before)
    assert found.std() < 0.6 * x.std() and found.mean() == pytest.approx(x.mean(), abs=0.03)
    # Neither samples, nor frames, nor channels run into each other.
    one = np.zeros(shape, np.float32)
    one[0, ..., 0] = 1.0
    if len(shape) == 4:
        np.testing.assert_allclose(data.blurred(one, 1.0), one, atol=1e-6)


def test_a_blur_of_clips_does_not_cross_frames():
    x = np.zeros((1, 3, 5, 5, 1), np.float32)
    x[0, 1, 2, 2] = 1.0
    found = data.blurred(x)
    assert found[0, 1].sum() == pytest.approx(1, abs=0.05) and not found[0, [0, 2]].any()


def test_noise_has_its_strength_and_its_seed():
    x = np.zeros((20, 28, 28, 1), np.float32)
    found = data.noisy(x, 0.1, seed=3)
    assert found.std() == pytest.approx(0.1, rel=0.02) and found.mean() == pytest.approx(0, abs=0.005)
    assert np.array_equal(found, data.noisy(x, 0.1, seed=3)) and not np.array_equal(found, data.noisy(x, 0.1, 4))
    assert np.abs(data.noisy(x + 1, 0.5)).max() == 1


def test_tints_by_hand():
    x = np.array([-1, 0, 0.9], np.float32).reshape(1, 1, 1, 3)
    np.testing.assert_allclose(data.tinted(x, (0.2, 0, 0.2)).ravel(), [-0.8, 0, 1.0])
    np.testing.assert_allclose(data.tinted(x, -0.5).ravel(), [-1, -0.5, 0.4], atol=1e-6)


def test_jumbled_sounds_keep_their_parts():
    x = np.repeat(np.linspace(-0.8, 0.8, 8, dtype=np.float32), 5)[None].repeat(6, 0)
    x = np.concatenate([x, np.full((6, 3), 0.95, np.float32)], axis=1)
    found = data.jumbled(x, 8, seed=1)
    assert found.shape == x.shape and np.array_equal(found[:, 40:], x[:, 40:])
    parts = found[:, :40].reshape(6, 8, 5)
    assert np.ptp(parts, axis=2).max() == 0 and np.array_equal(np.sort(parts[..., 0]), np.sort(x[:, :40:5]))
    assert len(np.unique(parts[..., 0], axis=0)) > 1 and not np.array_equal(found, x)


# Other samples -------------------------------------------------------------------------------------------------------


def test_drawn_gives_what_is_asked_for_and_repeats_late():
    toy = tiny.toy(30, classes=3)
    labels = np.array([0] * 10 + [1] * 20 + [2])
    places = rows_of(data.drawn(toy, labels, seed=1), toy.x)
    assert np.array_equal(toy.labels[places], labels)
    assert len(set(places[:10])) == 10 and sorted(np.bincount(places[10:30])[np.unique(places[10:30])]) == [2] * 10
    assert not np.array_equal(places, rows_of(data.drawn(toy, labels, seed=2), toy.x))
    with pytest.raises(ValueError, match="'toy' has no sample of class 'class 1' to take"):
        data.drawn(toy, labels, among=toy.labels != 1)


def test_collapsed_leaves_so_many_classes(digits):
    labels = np.arange(100) % 10
    places = rows_of(data.collapsed(digits, labels, 3, seed=2), digits.x)
    left = np.unique(digits.labels[places])
    assert len(left) == 3
    kept = np.isin(labels, left)
    assert np.array_equal(digits.labels[places][kept], labels[kept]) and kept.sum() == 30


def test_narrowed_keeps_the_classes_and_what_lies_close(digits):
    labels = np.arange(50) % 10
    places = rows_of(data.narrowed(digits, labels, 0.1, seed=0), digits.x)
    assert np.array_equal(digits.labels[places], labels)
    for label in range(10):
        own, all_of_it = digits.x[places[labels == label]], digits.x[digits.labels == label]
        assert (
            np.linalg.norm(own - own.mean(0)) / 5**0.5
            < np.linalg.norm(all_of_it - all_of_it.mean(0)) / len(all_of_it) ** 0.5
        )
        assert len(np.unique(places[labels == label])) <= max(1, round(0.1 * len(all_of_it)))


def test_repeated_and_copied(digits):
    labels = np.arange(100) % 10
    places = rows_of(data.repeated(digits, labels, each=2, seed=0), digits.x)
    assert len(np.unique(places)) == 20 and np.array_equal(digits.labels[places], labels)
    copies = data.copied(digits, labels, seed=0)
    assert (rows_of(copies, digits.x) >= 0).all()
    moved = data.copied(digits, labels, shift=2, seed=0)
    np.testing.assert_array_equal(moved[:, :, 2:], copies[:, :, :-2])


def test_one_voice_is_one(sounds):
    labels = np.arange(40) % 10
    places = rows_of(data.one_voice(sounds, labels, seed=1), sounds.x)
    assert len(np.unique(sounds.speakers[places])) == 1
    assert np.mean(sounds.labels[places] == labels) >= 0.5
    # A speaker who says all of it is preferred, and then nothing is replaced.
    said = dataclasses.replace(sounds, speakers=np.where(sounds.speakers > 1, 0, sounds.speakers).astype(np.int32))
    places = rows_of(data.one_voice(said, labels, seed=1), said.x)
    assert np.array_equal(said.labels[places], labels) and set(said.speakers[places]) == {0}


IMAGES = np.zeros((4, 8, 8, 3), np.float32)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: data.blurred(IMAGES, 0), "sigma: got 0"),
        (lambda: data.blurred(np.zeros((4, 8, 8), np.float32)), r"x: got float32 of shape \(4, 8, 8\)"),
        (lambda: data.blurred(IMAGES.astype(np.uint8)), "x: got uint8"),
        (lambda: data.blurred(IMAGES + np.nan), "x: got NaN"),
        (lambda: data.noisy(IMAGES + 2), "x: got values from 2 to 2"),
        (lambda: data.noisy(IMAGES, -0.1), "std: got -0.1"),
        (lambda: data.tinted(IMAGES, (0.1, 0.2)), r"shift: got shape \(2,\)"),
        (lambda: data.tinted(np.zeros((4, 9), np.float32)), "shift: got shape"),
        (lambda: data.jumbled(IMAGES), "expected sounds"),
        (
            lambda: data.jumbled(np.zeros((4, 9), np.float32), 10),
            "parts: got 10, expected a whole number from 2 to 9",
        ),
        (lambda: data.drawn(tiny.toy(), [0, 3]), "labels: got 0 to 3, expected 0 to 2"),
        (lambda: data.drawn(tiny.toy(), [0.5]), "labels: got float64"),
        (lambda: data.drawn(dataclasses.replace(tiny.toy(), labels=None), [0]), "'toy' has no labels"),
        (lambda: data.collapsed(tiny.toy(), [0, 1], 3), "classes: got 3, expected a whole number from 1 to 2"),
        (lambda: data.narrowed(tiny.toy(), [0, 1], 0), "share: got 0"),
        (lambda: data.repeated(tiny.toy(), [0, 1], 0), "each: got 0"),
        (lambda: data.copied(tiny.toy(), [0, 1], 0.5), "shift: got 0.5"),
        (lambda: data.one_voice(tiny.toy(), [0]), "'toy' does not say who speaks"),
        (lambda: data.usual_faults(data.load("ring", n=100)), r"got samples of shape \(2,\)"),
    ],
)
def test_bad_input_is_named(call, text):
    with pytest.raises(ValueError, match=text):
        call()


# Scores --------------------------------------------------------------------------------------------------------------


def test_scores_by_hand():
    real = np.array([[1.0, 0.9, 10], [2.0, 0.9, 10], [3.0, 0.9, 10]])  # deviation 1, 0, 0
    values = np.array(
        [[[2.5, 0.9, 7], [7.0, 0.5, 10], [-1.0, 0.95, 10]], [[0.0, 0.9, 3], [9.0, 0.6, 9], [8.0, 0.97, 10]]]
    )
    found = scored(values, real, np.array([False, True, True]), np.array([0.0, 0.01, 1.0]))
    np.testing.assert_allclose(found, [[0, 0, 3], [4, 30, 0], [0, -5, 0]])
    endless = scored(values, real, np.array([False, True, True]), np.zeros(3))
    assert endless[1, 1] == np.inf and endless[2, 1] == -np.inf and endless[0, 1] == 0


# The matrix ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(digits):
    faults = {name: f for name, f in data.usual_faults(digits).items() if name not in ("noisy", "tinted", "repeated")}
    own = {"ink": evaluation.Measure(lambda x, draw: float(x.mean()), higher_is_better=True)}
    return evaluation.fault_matrix(digits, faults, 150, measures=own, real_draws=4, draws=1, margin=3)


def test_each_fault_is_noticed_by_the_measures_that_ask_for_it(found):
    assert "copies" in found.noticed_by("copied") and found.score("copied", "recall") == 0
    assert {"Fréchet", "kernel", "label accuracy"} <= set(found.noticed_by("blurred"))
    assert {"Fréchet", "recall", "coverage", "classes seen", "label accuracy"} <= set(found.noticed_by("3 classes"))
    assert found.score("3 classes", "precision") < found.margin and "classes seen" not in found.noticed_by("narrowed")
    assert "recall" in found.noticed_by("narrowed")


def test_whole_samples_are_noticed_by_few(found):
    # With four draws a range is narrow, but nothing is far outside.
    assert np.abs(found.scores[found.faults.index("nothing")]).max() < 8
    assert len(found.noticed_by("nothing")) <= 1


def test_the_matrix_is_what_it_says(found, digits):
    assert found.scores.shape == found.values.shape == (len(found.faults), len(found.measures))
    assert found.real.shape == (4, len(found.measures)) and found.measures[-1] == "ink" and found.n == 150
    assert found.values[found.faults.index("copied"), found.measures.index("copies")] == 1
    text = str(found)
    assert "150 samples a draw, 4 real draws" in text and text.splitlines()[2].startswith("nothing")
    assert found._repr_markdown_().startswith("| fault | classifier score |")
    with pytest.raises(ValueError, match="fault: got 'mirrored', expected one of nothing, "):
        found.noticed_by("mirrored")
    with pytest.raises(ValueError, match="measure: got 'FID'"):
        found.score("copied", "FID")


def flat(x):
    return x.reshape(len(x), -1)


@pytest.fixture(scope="module")
def toy():
    return tiny.toy(400)


def test_the_matrix_repeats_from_its_seed(toy):
    rows = {"nothing": data.unbroken}
    same = [evaluation.fault_matrix(toy, rows, 80, features=flat, real_draws=3, draws=1, seed=s) for s in (0, 0, 1)]
    np.testing.assert_array_equal(same[0].real, same[1].real)
    np.testing.assert_array_equal(same[0].values, same[1].values)
    assert not np.array_equal(same[0].real, same[2].real)


def test_parts_of_a_draw_share_nothing(toy):
    seen = []

    def look(draw):
        seen.append(draw)
        return data.unbroken(draw)

    evaluation.fault_matrix(toy, {"look": look}, 80, features=flat, real_draws=3, draws=2)
    assert len(seen) == 2 and seen[0].seed != seen[1].seed
    for draw in seen:
        places = [set(rows_of(part.x, toy.x)) for part in (draw.training, draw.reference, draw.fresh)]
        assert [len(p) for p in places] == [200, 80, 120] and len(set.union(*places)) == 400
        assert sorted(np.bincount(draw.labels)) == [26, 27, 27]
    # The training set is the same in all draws, and no sample of it is ever held out.
    np.testing.assert_array_equal(seen[0].training.x, seen[1].training.x)
    assert not np.array_equal(seen[0].reference.x, seen[1].reference.x)


def test_held_out_samples_are_the_reference_and_the_whole_training_set_is_the_bank(toy):
    training, held_out, seen = toy.take(240), toy.select(np.arange(240, 400)), []

    def last(draw):  # copies of samples that a bank of n would not hold
        seen.append(draw)
        return draw.training.x[-80:]

    found = evaluation.fault_matrix(
        training, {"copies": last}, 80, held_out=held_out, features=flat, real_draws=3, draws=1
    )
    assert found.values[0, found.measures.index("copies")] == 1 and "copies" in found.noticed_by("copies")
    assert len(seen[0].training) == 240
    for part in (seen[0].reference, seen[0].fresh):
        assert set(rows_of(part.x, toy.x)) <= set(range(240, 400)) and len(part) == 80


def test_what_is_not_measured_has_no_score_and_no_colour(toy):
    rows = {"nothing": data.unbroken, "copied": lambda draw: data.copied(draw.training, draw.labels)}
    options = {"features": flat, "real_draws": 3, "draws": 1}
    found = evaluation.fault_matrix(toy, rows, 80, **options, unmeasured={"copied": ["copies"]})
    assert np.isnan(found.score("copied", "copies")) and "copies" not in found.noticed_by("copied")
    assert not np.isnan(found.scores).sum() > 1 and str(found).splitlines()[3].endswith(" -")
    cell = len(found.measures) + found.measures.index("copies")
    assert found.heat_map().axes[0].texts[cell].get_text() == "–"
    with pytest.raises(ValueError, match="measure: got 'copying', expected one of Fréchet"):
        evaluation.fault_matrix(toy, rows, 80, **options, unmeasured={"copied": ["copying"]})


def test_counts_by_hand():
    scores = np.array([[9.0, 0, -9], [4, 3.5, 2], [1, np.nan, 6]])
    found = evaluation.FaultMatrix(
        ("nothing", "a", "b"), ("x", "y", "z"), scores, scores, scores, 50, 3.0, "toy, points"
    )
    header, rows = found.counts(margins=(5,)).header, found.counts(margins=(5,)).rows
    assert header[1:3] == ("noticed of 2, margin 3", "noticed of 2, margin 5")
    assert rows == (("x", "1", "0", "0", "b"), ("y", "1", "0", "0", "-"), ("z", "1", "1", "0", "a"))
    assert found.counts(["nothing", "a"]).rows[2] == ("z", "0", "1", "nothing, a")
    with pytest.raises(ValueError, match="fault: got 'c'"):
        found.counts(["c"])


def test_a_fault_counts_by_its_weakest_draw(toy):
    calls = []

    def now_and_then(draw):
        calls.append(draw)
        return data.unbroken(draw) if len(calls) == 1 else data.copied(draw.training, draw.labels)

    rows = {"now and then": now_and_then, "always": lambda draw: data.copied(draw.training, draw.labels)}
    found = evaluation.fault_matrix(toy, rows, 80, features=flat, real_draws=6, draws=2)
    assert found.score("always", "copies") > 3 > found.score("now and then", "copies")


def test_sounds_have_the_same_interface(sounds):
    rows = {name: data.usual_faults(sounds)[name] for name in ("noisy", "one voice")}
    with pytest.warns(UserWarning, match="unreliable"):
        found = evaluation.fault_matrix(sounds, rows, 60, real_draws=3, draws=1)
    assert {"Fréchet", "classifier score"} <= set(found.noticed_by("noisy"))
    assert list(data.usual_faults(sounds)) == [
        "nothing", "noisy", "dull", "jumbled", "3 classes", "one voice", "repeated", "copied",
    ]  # fmt: skip


def test_clips_are_judged_by_their_motion():
    clips = data.load("moving_digits", n=200, source="embedded")
    rows = {name: data.usual_faults(clips)[name] for name in ("shuffled", "stilled")}
    with pytest.warns(UserWarning, match="unreliable"):
        found = evaluation.fault_matrix(clips, rows, 50, real_draws=3, draws=1, motion_clips=3)
    assert found.measures[-3:] == ("frames", "changes", "flow")
    for name in rows:
        assert "Fréchet" in found.noticed_by(name) and found.score(name, "Fréchet") > 5 * found.score(name, "frames")
    assert "flow" in found.noticed_by("shuffled")


def test_data_without_labels_and_with_features_of_ones_own(toy):
    plain = data.Dataset(toy.x, None, (), "local", CARD, "own")
    found = evaluation.fault_matrix(plain, n=80, features=flat, real_draws=3, draws=1)
    assert "copies" in found.noticed_by("copied") and "recall" in found.noticed_by("repeated")
    assert (
        "label accuracy" not in found.measures and "diversity" not in found.measures and "3 classes" not in found.faults
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"n": 20}, "n: got 20"),
        ({"n": 101}, "n: got 101, but 400 samples give at most 100"),
        ({"held_out": tiny.toy(100)}, "n: got 60, but 100 held-out samples give at most 50"),
        ({"held_out": data.load("ring", n=200)}, r"held_out: got Dataset\('ring'"),
        ({"unmeasured": {"none": ["copies"]}}, "fault: got 'none'"),
        ({"real_draws": 2}, "real_draws: got 2"),
        ({"draws": 0}, "draws: got 0"),
        ({"margin": -1}, "margin: got -1"),
        ({"faults": {}}, "faults: got none"),
        ({"measures": {"own": evaluation.Measure(lambda x, draw: np.nan)}}, r"measures\['own'\]: gave nan for 'real'"),
        (
            {"faults": {"cut": lambda draw: draw.fresh.x[:3]}},
            r"faults\['cut'\]: got samples of shape \(3, 4, 4, 1\)",
        ),
        ({"faults": {"nan": lambda draw: data.unbroken(draw) * np.nan}}, "NaN"),
    ],
)
def test_bad_matrices_are_refused(toy, options, text):
    with pytest.raises(ValueError, match=text):
        evaluation.fault_matrix(toy, **{"n": 60, "features": flat, "real_draws": 3, "draws": 1, **options})
