"""`diagnose` on made-up histories, and on those of lesson 05's gallery and of healthy trainings."""

from __future__ import annotations

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

import gan_tf
import lesson_code
from gan_course import data, evaluation
from gan_course.evaluation import diagnosis
from gan_tf import losses

NOTEBOOK = "05_losses_and_stability.ipynb"
MEASURED = json.loads((lesson_code.NOTEBOOKS.parent / "benchmarks" / "results" / "gallery.json").read_text())
TRAININGS = MEASURED["trainings"]
WELL = {
    "real_score": [0.6, 0.55, 0.55],
    "fake_score": [0.4, 0.45, 0.45],
    "diversity": [0.8, 0.95, 1.0],
    "coverage": [0.1, 0.3, 0.5],
    "movement": [0.0, 0.4, 0.3],
    "outside": [0.0] * 3,
    "checkerboard": [0.05] * 3,
    "leakage": [0.0] * 3,
}
ILL = {
    "values outside the range": {"outside": 0.2},
    "batch statistics leak": {"leakage": 0.5},
    "dead generator": {"fake_score": 0.0, "real_score": 1.0, "movement": 0.01},
    "discriminator too strong": {"fake_score": 0.02, "real_score": 0.99, "diversity": 0.6},
    "discriminator too weak": {"fake_score": 0.65, "real_score": 0.55, "coverage": 0.0},
    "oscillation": {"movement": 1.2, "diversity": 0.1},
    "mode collapse": {"diversity": 0.4},
    "checkerboard": {"checkerboard": 0.3},
}


def test_there_is_a_made_up_case_for_each_failure():
    assert set(ILL) == set(diagnosis.FAILURES)


@pytest.mark.parametrize("name", ILL)
def test_each_failure_is_known_by_its_symptoms(name):
    found = evaluation.diagnose({**WELL, **{symptom: [value] * 3 for symptom, value in ILL[name].items()}})
    assert found.name == name and not found.healthy and found.unseen == ()
    assert found.advice in str(found) and found.evidence in str(found)


def test_a_healthy_history_and_one_that_fit_returned():
    assert evaluation.diagnose(WELL).healthy
    assert evaluation.diagnose(SimpleNamespace(history=WELL)).name == "healthy"


def test_the_end_counts_not_the_beginning():
    recovered = {**WELL, "diversity": [0.1, 0.1, 0.1, 0.1, 1.0, 1.0]}
    recovered = {name: (list(values) * 2)[:6] if len(values) == 3 else values for name, values in recovered.items()}
    assert evaluation.diagnose(recovered).healthy
    assert evaluation.diagnose({**recovered, "diversity": recovered["diversity"][::-1]}).name == "mode collapse"


def test_without_symptoms_it_says_what_it_could_not_see():
    scores = {"real_score": [0.5, 0.5], "fake_score": [0.5, 0.5]}
    found = evaluation.diagnose(scores)
    assert found.healthy and found.unseen == diagnosis.SYMPTOMS
    assert "not looked at" in str(found)
    strong = evaluation.diagnose({"real_score": [0.99, 0.99], "fake_score": [0.01, 0.01]})
    assert strong.name == "discriminator too strong"


def test_movement_means_nothing_in_the_first_epoch():
    dead = {"real_score": [1.0], "fake_score": [0.0], "movement": [0.0]}
    assert evaluation.diagnose(dead).name == "discriminator too strong"


# For each loss the scores of a discriminator that is nearly perfect, and of one that is fooled.
SURE_AND_FOOLED = {
    "minimax": ((0.97, 0.04), (0.55, 0.45)),
    "non_saturating": ((0.97, 0.04), (0.55, 0.45)),
    "least_squares": ((0.96, 0.03), (0.73, 0.5)),
    "hinge": ((1.1, -0.95), (0.97, 0.04)),
    "wasserstein": ((2_500.0, -40.0), (0.97, 0.04)),
    "relativistic": ((0.97, 0.03), (0.6, 0.4)),
    "label_smoothing(0.9)": ((0.85, 0.04), (0.55, 0.45)),
}
ALL_LOSSES = {**losses.LOSSES, "label_smoothing(0.9)": losses.label_smoothing(0.9)}


def test_there_are_scores_for_every_loss():
    assert set(SURE_AND_FOOLED) == set(ALL_LOSSES)


@pytest.mark.parametrize("name", SURE_AND_FOOLED)
def test_scores_are_read_as_the_loss_means_them(name):
    sure, fooled = (dict(zip(diagnosis.SCORES, ([one] * 3 for one in pair))) for pair in SURE_AND_FOOLED[name])
    assert evaluation.diagnose({**WELL, **sure}, ALL_LOSSES[name]).name == "discriminator too strong"
    assert evaluation.diagnose({**WELL, **fooled}, ALL_LOSSES[name]).healthy
    # What fit returns knows its loss.
    assert not evaluation.diagnose(SimpleNamespace(history=sure, model=gan(ALL_LOSSES[name]))).healthy
    assert evaluation.diagnose(SimpleNamespace(history=fooled, model=gan(ALL_LOSSES[name]))).healthy


@pytest.mark.parametrize(("name", "real", "fake"), [("hinge", -0.3, 0.1), ("wasserstein", -7.0, -6.0)])
def test_a_discriminator_that_prefers_fakes_is_too_weak(name, real, fake):
    scores = {"real_score": [real] * 3, "fake_score": [fake] * 3}
    assert evaluation.diagnose({**WELL, **scores, "coverage": [0.0] * 3}, name).name == "discriminator too weak"
    assert evaluation.diagnose({**WELL, **scores}, name).healthy


def test_a_critic_that_is_far_below_zero_is_no_dead_generator():
    scores = {"real_score": [-20.0] * 3, "fake_score": [-22.0] * 3, "movement": [0.02] * 3}
    assert evaluation.diagnose({**WELL, **scores}, "wasserstein").healthy
    assert evaluation.diagnose({**WELL, **scores}, "hinge").name == "dead generator"


def test_the_scores_of_a_loss_of_ones_own_are_probabilities_unless_it_says_more():
    own = losses.Loss(lambda r, f: r, lambda r, f: f, "own")
    scores = {"real_score": [0.97], "fake_score": [0.04]}
    assert evaluation.diagnose(scores, own).name == "discriminator too strong"
    assert evaluation.diagnose(scores, own._replace(targets=(10.0, -10.0))).healthy
    with pytest.raises(ValueError, match=r"loss: got 'hing'.*did you mean 'hinge'"):
        evaluation.diagnose(scores, "hing")


def gan(loss, penalty=None, rates=(1e-3, 1e-3)):
    def net(outputs):
        x = inputs = keras.Input((2,))
        for _ in range(2):
            x = layers.Dense(64, activation="relu")(x)
        return keras.Model(inputs, layers.Dense(outputs)(x))

    keras.utils.set_random_seed(0)
    made = gan_tf.GAN(net(2), net(1), loss=loss, penalty=penalty)
    made.compile(*[keras.optimizers.Adam(rate, 0.0, 0.99) for rate in rates], steps_per_execution=25)
    return made


@pytest.mark.parametrize("name", ALL_LOSSES)
def test_a_healthy_and_a_sick_training_of_each_loss(name):
    ring = data.load("ring", n=12_800)

    def diagnosed(steps, **recipe):
        made, watch = gan(ALL_LOSSES[name], **recipe), [evaluation.Symptoms(ring, n=100)]
        batches = ring.batches(128, seed=0).repeat()
        return evaluation.diagnose(made.fit(batches, epochs=3, steps_per_epoch=steps, verbose=0, callbacks=watch))

    penalty = {"wasserstein": "gradient_penalty", "relativistic": "r1_r2"}.get(name, "r1")
    rates = (1e-3, 5e-3) if name == "wasserstein" else (5e-3, 1e-3)
    assert diagnosed(100, penalty=penalty, rates=rates).healthy
    sick = diagnosed(50, rates=(1e-5, 1e-2))  # So slow a generator may also be called dead.
    assert "discriminator too strong" in (sick.name, *sick.also), sick


def test_losses_that_are_no_numbers_come_first():
    found = evaluation.diagnose({**WELL, "generator_loss": [1.0, 1.0, float("nan")], "diversity": [0.1] * 3})
    assert found.name == "not a number" and "generator_loss in epoch 3" in found.evidence


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({}, "got no epochs"),
        ({"real_score": [], "fake_score": []}, "got no epochs"),
        ({"real_score": [0.5], "fake_score": [0.5, 0.5]}, "unlike length"),
        ({"real_score": [0.5]}, "no fake_score"),
        ({"loss": [0.5]}, "no real_score and no fake_score"),
        ({"real_score": ["a"], "fake_score": [0.5]}, "no number"),
        ([0.5], "got list"),
        (None, "got NoneType"),
    ],
)
def test_what_is_no_history_is_refused(history, message):
    with pytest.raises(ValueError, match=message):
        evaluation.diagnose(history)


# What the lesson's own code did, on the real data: python benchmarks/stability.py gallery


def test_the_measured_gallery_is_that_of_the_lesson():
    assert MEASURED["code"] == lesson_code.digest(NOTEBOOK, "gallery"), "run benchmarks/stability.py gallery"
    assert {training["truth"] for training in TRAININGS} == {"healthy", *diagnosis.FAILURES}


@pytest.mark.parametrize("seed", sorted({training["seed"] for training in TRAININGS if training["truth"] != "healthy"}))
def test_at_least_seven_of_the_eight_patients_are_recognised(seed):
    right = [
        evaluation.diagnose(training["history"]).name == training["truth"]
        for training in TRAININGS
        if training["seed"] == seed and training["truth"] != "healthy"
    ]
    assert len(right) == 8 and sum(right) >= 7


def test_at_least_nine_of_ten_healthy_trainings_are_called_healthy():
    called = [evaluation.diagnose(one["history"]).healthy for one in TRAININGS if one["truth"] == "healthy"]
    assert len(called) >= 10 and np.mean(called) >= 0.9
