"""Measures of sounds and of conditional generators."""

import numpy as np
import pytest

from gan_course import audio, data, evaluation, paths, pretrained
from gan_course.data import download
from gan_course.evaluation import features as networks
from gan_course.evaluation import spaces
from gan_tf import metrics

SOUNDS = ("spoken_digits", "spoken_digits_speakers")


# Bins ----------------------------------------------------------------------------------------------------------------


def clusters(counts, seed=0):
    """Points around well separated centres, so many at each."""
    random = np.random.default_rng(seed)
    return np.concatenate([random.normal(10 * i, 1, (count, 3)) for i, count in enumerate(counts)])


def test_equal_samples_differ_in_no_bin():
    found = evaluation.different_bins(clusters([100] * 5), clusters([100] * 5, seed=1), bins=5)
    assert (found.different, found.total, found.share) == (0, 5, 0.0) and found.divergence == pytest.approx(0, abs=1e-9)
    assert str(found).startswith("0 of 5 bins differ")


def test_a_lost_and_a_doubled_cluster_are_two_different_bins():
    found = evaluation.different_bins(clusters([100] * 5), clusters([100, 100, 100, 200, 0]), bins=5)
    assert found.different == 2 and sorted(found.fake.round(3)) == [0.0, 0.2, 0.2, 0.2, 0.4]
    # By hand: mixture m; half of sum a log2(a / m) and of sum b log2(b / m).
    a, b = np.full(5, 0.2), np.array([0.2, 0.2, 0.2, 0.4, 0.0])
    m = (a + b) / 2
    by_hand = 0.5 * (a * np.log2(a / m)).sum() + 0.5 * (b[:4] * np.log2(b[:4] / m[:4])).sum()
    assert found.divergence == pytest.approx(by_hand, abs=1e-6)


def test_two_halves_of_one_set_differ_in_about_one_bin_in_twenty():
    random = np.random.default_rng(0)
    shares = [
        evaluation.different_bins(random.normal(size=(1000, 4)), random.normal(size=(1000, 4)), bins=40, seed=i).share
        for i in range(5)
    ]
    assert np.mean(shares) < 0.12
    assert (
        evaluation.different_bins(random.normal(size=(1000, 4)), random.normal(0.8, 1, (1000, 4)), bins=40).share > 0.5
    )


@pytest.mark.parametrize(
    ("real", "samples", "options", "message"),
    [
        (np.zeros((10, 2)), np.zeros((10, 3)), {}, "expected 2"),
        (np.zeros((10, 2)), np.zeros((10, 2)), {}, "at least bins=50"),
        (np.zeros((10, 2)), np.zeros((10, 2)), {"bins": 1}, "bins: got 1"),
        (np.full((60, 2), np.nan), np.zeros((10, 2)), {}, "NaN"),
    ],
)
def test_bad_bins_are_refused(real, samples, options, message):
    with pytest.raises(ValueError, match=message):
        evaluation.different_bins(real, samples, **options)


# Asked and made ------------------------------------------------------------------------------------------------------


def test_label_accuracy_counts_what_is_named_as_asked():
    digits = data.load("mnist", "test", source="embedded", n=200)
    right = evaluation.label_accuracy(digits.x, digits.labels, "mnist")
    assert right > 0.9
    assert evaluation.label_accuracy(digits.x, (digits.labels + 1) % 10, "mnist") < 0.1
    half = np.where(np.arange(200) < 100, digits.labels, (digits.labels + 1) % 10)
    assert evaluation.label_accuracy(digits.x, half, evaluation.feature_network("mnist")) == pytest.approx(
        right / 2, abs=0.1
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(3, int), r"shape \(3,\)"),
        (np.zeros(4), "float64"),
        (np.full(4, 10), "10 to 10, expected 0 to 9"),
    ],
)
def test_bad_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        evaluation.label_accuracy(np.zeros((4, 28, 28, 1), np.float32), labels, "mnist")


# The listening classifiers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "least", "classes"), [(SOUNDS[0], 0.95, 10), (SOUNDS[1], 0.95, 6)])
def test_the_shipped_listeners(name, least, classes):
    network = evaluation.feature_network(name)
    assert network.accuracy >= least and len(network.class_names) == classes
    assert (paths.assets() / "pretrained" / networks.ARCHITECTURES[name].file).stat().st_size < 2e6


def test_listeners_take_waveforms_and_spectrograms():
    network = evaluation.feature_network("spoken_digits")
    sounds = data.load("spoken_digits", "test", source="embedded", n=20)
    pictures = audio.spectrograms(sounds)
    np.testing.assert_allclose(network.features(sounds.x), network.features(pictures.x), atol=1e-3)
    # Both data sets are measured with it, without being told.
    assert spaces.space_of(sounds).network is spaces.space_of(pictures).network is network
    with pytest.raises(ValueError, match="multiple of hop_length"):
        network.features(sounds.x[:, :1000])


def test_the_listener_hears_the_real_digits_also_after_the_way_back(monkeypatch):
    monkeypatch.setattr(download, "_head", lambda url: 1 / 0)  # never from the network
    try:
        test = data.load("spoken_digits", "test", source="real")
    except data.DataError:
        pytest.skip("the real set is not on this machine")
    network = evaluation.feature_network("spoken_digits")
    assert evaluation.label_accuracy(test.x, test.labels, network) == pytest.approx(network.accuracy, abs=0.01)
    back = audio.to_waveform(audio.log_mel(test.x[:100]))
    assert evaluation.label_accuracy(back, test.labels[:100], network) > 0.9


def test_the_listener_hears_the_synthetic_voices():
    sounds = data.load("spoken_digits", "test", source="embedded")
    assert evaluation.label_accuracy(sounds.x, sounds.labels, "spoken_digits") > 0.5


# The shipped voice ---------------------------------------------------------------------------------------------------


def test_sample_audio_speaks_the_digits_asked_for():
    number = [3, 1, 4, 1, 5, 9, 2, 6]
    waveforms, rate = pretrained.sample_audio(8, labels=number, seed=1)
    assert waveforms.shape == (8, 8192) and waveforms.dtype == np.float32 and rate == 8000
    assert np.abs(waveforms).max() <= 1
    assert evaluation.label_accuracy(waveforms, np.array(number), "spoken_digits") >= 0.75
    np.testing.assert_array_equal(waveforms, pretrained.sample_audio(8, labels=number, seed=1)[0])
    with pytest.raises(ValueError, match="labels: got 1 to 10, expected 0 to 9"):
        pretrained.sample_audio(2, labels=[1, 10])


def test_the_shipped_voice_is_heard_and_speaks_as_all_six_do():
    asked = np.arange(1_000) % 10
    waveforms, _ = pretrained.sample_audio(1_000, seed=0)
    assert evaluation.label_accuracy(waveforms, asked, "spoken_digits") >= 0.95
    speakers = evaluation.feature_network("spoken_digits_speakers").predict_logits(waveforms).argmax(axis=1)
    assert np.bincount(speakers, minlength=6).min() >= 50


def test_the_shipped_voice_repeats_neither_itself_nor_the_recordings(monkeypatch):
    monkeypatch.setattr(download, "_head", lambda url: 1 / 0)  # never from the network
    try:
        train, test = (data.load("spoken_digits", split, source="real") for split in ("train", "test"))
    except data.DataError:
        pytest.skip("the real set is not on this machine")
    recordings, unseen = audio.spectrograms(train).x, audio.spectrograms(test).x
    samples = pretrained.sample("spoken_digits_mel", 300, seed=3)
    copied = evaluation.memorisation(samples, recordings, unseen)
    assert copied.share < 0.58, copied
    of_unseen = np.median(metrics.nearest_neighbours(unseen, recordings, k=1)[1])
    among_themselves = metrics.nearest_neighbours(samples, samples, k=2)[1][:, 1]
    assert np.quantile(among_themselves, 0.05) > 0.5 * of_unseen
