"""Dataset, Card, load by name, the ring, and the page made from the cards."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from gan_course import data
from gan_course.data import Card, DataError, Dataset
from gan_course.data.__main__ import page

CARD = Card("toy", "Toy", "10 samples", "free", "none")


def toy(n=10, classes=5, **changes):
    """Sample i holds the value i / n everywhere, so that an order can be read off a batch."""
    x = np.broadcast_to((np.arange(n) / n)[:, None, None, None], (n, 2, 2, 1)).astype(np.float32)
    values = dict(
        x=x, labels=np.arange(n) % classes, class_names="abcde"[:classes], source="local", card=CARD, name="toy"
    )
    return Dataset(**(values | changes))


def order(batches):
    return np.concatenate([batch[:, 0, 0, 0] for batch in batches.as_numpy_iterator()])


def test_attributes_and_repr():
    dataset = toy()
    assert len(dataset) == 10 and dataset.labels.dtype == np.int32 and dataset.class_names == tuple("abcde")
    assert repr(dataset) == "Dataset('toy': 10 samples of 2x2x1, 5 classes, source='local')"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": np.zeros((10, 2, 2, 1))}, "float32"),
        ({"x": np.zeros((0, 2, 2, 1), np.float32)}, "n > 0"),
        ({"x": np.full((10, 2, 2, 1), 1.5, np.float32)}, r"got images from 1.5 to 1.5, expected \[-1, 1\]"),
        ({"x": np.full((10, 2), np.nan, np.float32)}, "finite"),
        ({"labels": np.arange(9)}, r"shape \(10,\)"),
        ({"labels": np.zeros(10)}, "integers"),
        ({"labels": np.arange(10)}, "got 0 to 9, expected 0 to 4"),
        ({"labels": -np.arange(10)}, "got -9 to 0, expected 0 to 4"),
        ({"source": "elsewhere"}, "source: got 'elsewhere', expected one of"),
    ],
)
def test_refuses_what_is_no_dataset(changes, message):
    with pytest.raises(DataError, match=message):
        toy(**changes)


def test_take_and_of_class():
    dataset = toy()
    assert len(dataset.take(3)) == 3 and dataset.take(3).labels.tolist() == [0, 1, 2]
    assert dataset.of_class("b", 3).labels.tolist() == [1, 3, 1, 3]
    assert dataset.of_class("b").class_names == dataset.class_names
    for n in (0, 11):
        with pytest.raises(ValueError, match="from 1 to 10"):
            dataset.take(n)


@pytest.mark.parametrize("which", [np.array([7, 2]), np.isin(np.arange(10), [2, 7])])
def test_selected_samples_bring_their_labels(which):
    dataset = toy()
    found = dataset.select(which)
    assert found.labels.tolist() == dataset.labels[which].tolist() and found.class_names == dataset.class_names
    np.testing.assert_array_equal(found.x, dataset.x[which])
    with pytest.raises(DataError, match="n > 0"):
        dataset.select(np.zeros(10, bool))
    with pytest.raises(IndexError):
        dataset.select(np.array([10]))


def test_of_class_names_what_is_wrong():
    garments = toy(class_names=("Trouser", "Bag", "Coat", "Shirt", "Dress"))
    with pytest.raises(ValueError, match="did you mean 'Trouser'"):
        garments.of_class("Trousers")
    with pytest.raises(ValueError, match="classes: got 7"):
        garments.of_class(7)
    with pytest.raises(ValueError, match="at least one class"):
        garments.of_class()
    with pytest.raises(ValueError, match="no samples"):
        garments.take(1).of_class("Bag")
    with pytest.raises(ValueError, match="no labels"):
        toy(labels=None).of_class(1)


def test_batches_cover_each_pass_once_and_differ_between_passes():
    batches = toy(n=10).batches(5, seed=3)
    assert batches.cardinality() == 2 and batches.element_spec.shape == (5, 2, 2, 1)
    first, second = order(batches), order(batches)
    assert sorted(first) == sorted(second) == pytest.approx(np.arange(10) / 10)
    assert (first != second).any()


def test_batches_leave_out_the_remainder():
    batches = toy(n=10).batches(4, seed=0)
    assert batches.cardinality() == 2 and len(order(batches)) == 8


def test_labels_belong_to_their_samples():
    for x, labels in toy(n=10).batches(5, seed=1, labels=True).as_numpy_iterator():
        assert (np.round(x[:, 0, 0, 0] * 10).astype(int) % 5).tolist() == labels.tolist()
        assert labels.dtype == np.int32


def test_drawing_one_batch_counts_as_a_pass():
    """A resumed run skips k passes by drawing one batch from each of k iterators."""
    dataset = toy(n=40)
    run, resumed = dataset.batches(8, seed=5), dataset.batches(8, seed=5)
    passes = [order(run) for _ in range(4)]
    for _ in range(3):
        next(iter(resumed))
    assert order(resumed).tolist() == passes[3].tolist()


def test_the_order_depends_on_the_seed_alone():
    dataset = toy(n=40)
    tf.random.set_seed(1)
    one = order(dataset.batches(8, seed=5))
    tf.random.set_seed(2)
    assert order(dataset.batches(8, seed=5)).tolist() == one.tolist()
    assert order(dataset.batches(8, seed=6)).tolist() != one.tolist()
    # The numbers themselves, computed apart: what every other process must see as well.
    expected = np.random.default_rng([5, 0]).permutation(40).astype(np.float32) / 40
    assert one == pytest.approx(expected)


def test_without_a_seed_the_order_follows_numpys_state():
    dataset = toy(n=40)
    np.random.seed(0)
    one, other = order(dataset.batches(8)), order(dataset.batches(8))
    np.random.seed(0)
    assert order(dataset.batches(8)).tolist() == one.tolist() != other.tolist()


def test_batches_work_inside_a_traced_function():
    @tf.function
    def total():
        batches = toy().batches(5, seed=0)
        return batches.reduce(0.0, lambda so_far, batch: so_far + tf.reduce_sum(batch))

    assert total().numpy() == pytest.approx(4 * 4.5)


def test_batches_refuse_bad_arguments():
    for size in (0, 11, 2.5):
        with pytest.raises(ValueError, match=r"batch_size: got .*, expected a whole number from 1 to 10"):
            toy().batches(size)
    with pytest.raises(ValueError, match="has no labels"):
        toy(labels=None).batches(2, labels=True)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'mnist'"):
        data.load("minst")
    with pytest.raises(ValueError, match="did you mean 'fashion_mnist'"):
        data.load("Fashion-MNIST")
    with pytest.raises(ValueError, match="expected one of mnist"):
        data.load("zzz")
    with pytest.raises(ValueError, match="split: got"):
        data.load("mnist", "validation")
    with pytest.raises(ValueError, match="did you mean 'modes'"):
        data.load("ring", mode=8)


def test_ring_has_its_modes_where_it_says():
    ring = data.load("ring", modes=5, radius=2.0, std=0.01, n=1000, seed=1)
    centres = data.ring_centres(5, 2.0)
    assert ring.x.shape == (1000, 2) and ring.source == "embedded" and len(ring.class_names) == 5
    assert np.linalg.norm(centres, axis=1) == pytest.approx(2.0)
    for mode in range(5):
        points = ring.of_class(mode).x
        assert len(points) == 200
        assert points.mean(axis=0) == pytest.approx(centres[mode], abs=0.005)
        assert points.std(axis=0) == pytest.approx(0.01, rel=0.2)


def test_ring_repeats_from_its_seed_and_is_not_loud(capsys):
    one, same, other = (data.load("ring", n=50, seed=seed).x for seed in (0, 0, 1))
    assert (one == same).all() and (one != other).any()
    assert (data.load("ring", "test", n=50).x != one).any()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("options", [{"modes": 0}, {"radius": 0}, {"std": -1}, {"n": 0}, {"radius": np.nan}])
def test_ring_refuses_bad_numbers(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        data.load("ring", **options)


def test_cards_print_well():
    card = data.card("mnist")
    assert card.licence in str(card) and "LeCun" in str(card)
    assert card._repr_markdown_().startswith("### MNIST") and "sha256:" in card.markdown()


def test_the_readme_is_the_cards():
    readme = pathlib.Path(__file__).resolve().parents[3] / "data" / "README.md"
    assert readme.read_text() == page(), "run: python -m gan_course.data > data/README.md"


def test_the_order_is_the_same_in_another_process():
    code = (
        "import gan_tf, numpy as np; from gan_course import data;"
        "b = data.load('ring', n=64).batches(16, seed=7); next(iter(b));"
        "print(float(sum(x[0, 0] * (i + 1) for i, x in enumerate(b.as_numpy_iterator()))))"
    )
    here = data.load("ring", n=64).batches(16, seed=7)
    next(iter(here))
    expected = float(sum(x[0, 0] * (i + 1) for i, x in enumerate(here.as_numpy_iterator())))
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(there.stdout) == expected


def test_several_passes_an_iteration():
    numbers = Dataset(np.arange(10, dtype=np.float32)[:, None], None, (), "local", CARD, "numbers")
    batches = numbers.batches(4, seed=3, passes=3)
    assert int(batches.cardinality()) == 6
    found = [np.concatenate(list(batches.as_numpy_iterator()))[:, 0] for _ in range(2)]
    assert len(found[0]) == 24 and not np.array_equal(*found)
    for one in found[0].reshape(3, 8):
        assert len(set(one)) == 8
    once = next(iter(numbers.batches(4, seed=3).as_numpy_iterator()))
    np.testing.assert_array_equal(found[0][:4], once[:, 0])
    with pytest.raises(ValueError, match="passes: got 0"):
        numbers.batches(4, passes=0)
