"""The drawn actions: deterministic, smooth, alike at every size; actions and people are told apart."""

import numpy as np
import pytest

from gan_course.data import people as figures

WAVE, BOTH, JACK, BEND = range(4)
EVERYONE = range(figures.PEOPLE["test"].stop)


@pytest.fixture(scope="module")
def drawn():
    """One clip of 64x64 for each action and person."""
    return np.stack([[figures.clip(action, person) for person in EVERYONE] for action in range(4)])


@pytest.fixture
def outline(monkeypatch):
    """Draws before a green wall and gives the place of the figure, bool [frames, 64, 64]: nobody wears pure green."""

    def green(random, size, foot):
        return np.float32([0, 1, 0]).reshape(3, 1, 1, 1)

    monkeypatch.setattr(figures, "_wall", green)
    return lambda *arguments: figures.clip(*arguments)[..., ::2].max(axis=-1) > 14


def steps(clip):
    """Mean absolute difference of each frame to the next."""
    return np.abs(np.diff(clip.astype(np.int16), axis=-4)).mean(axis=(-3, -2, -1))


def test_names_and_people():
    assert figures.NAMES == ("wave", "two-hand wave", "jumping jack", "bend") and figures.FPS == 25
    train, test = figures.PEOPLE["train"], figures.PEOPLE["test"]
    assert not set(train) & set(test) and [*train, *test] == list(range(18))


def test_shape_and_range(drawn):
    assert drawn.shape == (4, 18, 64, 64, 64, 3) and drawn.dtype == np.uint8
    assert drawn.min() < 20 and drawn.max() > 220


def test_same_arguments_same_bytes():
    one = figures.clip(JACK, 3, seed=5, size=32, frames=20)
    assert one.tobytes() == figures.clip(JACK, 3, seed=5, size=32, frames=20).tobytes()
    assert one.tobytes() == figures.clip(np.int64(JACK), np.int32(3), np.int64(5), 32, 20).tobytes()
    for other in ((JACK, 3, 6), (JACK, 4, 5), (BEND, 3, 5)):
        assert np.abs(one.astype(int) - figures.clip(*other, 32, 20)).mean() > 2, other


def test_a_longer_clip_goes_on_where_the_shorter_one_ends():
    np.testing.assert_array_equal(figures.clip(WAVE, 1, frames=30)[:12], figures.clip(WAVE, 1, frames=12))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("size", "frames"), [(16, 8), (17, 2), (32, 8), (100, 5), (256, 3)])
def test_every_size_shows_the_same_clip(size, frames):
    from PIL import Image

    def reduced(clip):
        small = [Image.fromarray(frame).resize((8, 8), Image.Resampling.BOX) for frame in clip]
        return np.stack([np.asarray(frame, np.float32) for frame in small])

    for action in range(4):
        there = figures.clip(action, 2, size=size, frames=frames)
        assert there.shape == (frames, size, size, 3) and there.dtype == np.uint8
        apart = np.abs(reduced(there) - reduced(figures.clip(action, 2, size=64, frames=frames))).mean()
        assert apart < 7, figures.NAMES[action]


def test_the_movement_is_smooth_and_never_ends(drawn):
    mean, most = (step(steps(drawn), axis=-1) for step in (np.mean, np.max))
    # As in the films, once the noise of their camera (1.1 to 1.5) is taken off.
    for action, (low, high) in enumerate(((0.4, 1.6), (0.6, 2.8), (1.8, 5.5), (0.5, 2.2))):
        assert low < mean[action].min() and mean[action].max() < high, figures.NAMES[action]
    assert most.max() < 9 and (most < 3 * mean).all()  # no jump


def test_the_wall_stands_still_and_differs_by_clip(drawn):
    corners = drawn[:, :, :, :6][..., [*range(6), *range(58, 64)], :]  # no hand reaches them
    assert (corners == corners[:, :, :1]).all()
    first = corners[:, :, 0].reshape(72, -1)
    assert len(np.unique(first, axis=0)) == 72 and first.std(axis=1).min() > 2  # and it has stones


@pytest.mark.parametrize("person", [0, 7, 15])
def test_legs_move_in_the_jumping_jack_only(outline, person):
    def feet(action):
        """How far the foot on the left goes, and by how much the width of both feet changes, in pixels."""
        rows = outline(action, person)[:, 54:57]
        return np.ptp(rows.any(axis=1).argmax(axis=1)), np.ptp(rows.sum(axis=(1, 2)) / 3)

    assert feet(JACK)[0] > 4
    for action in (WAVE, BOTH):
        assert feet(action)[0] <= 1 and feet(action)[1] < 3


@pytest.mark.parametrize("person", range(0, 18, 4))
def test_the_head_falls_in_the_bend_only(outline, person):
    tops = [outline(action, person).any(axis=2).argmax(axis=1) for action in range(4)]
    upright = tops[BEND].min()
    assert np.ptp(tops[BEND]) > 15
    for action in (WAVE, BOTH, JACK):
        assert tops[action].max() < upright + 8 and tops[action].min() < upright - 2  # hands go above the head


@pytest.mark.parametrize("person", range(0, 18, 4))
def test_one_hand_waves_or_both(outline, person):
    def reach(action):
        columns = outline(action, person)[:, :40].any(axis=1)
        return np.sort([np.ptp(columns.argmax(axis=1)), np.ptp(columns[:, ::-1].argmax(axis=1))])

    still, moving = reach(WAVE)
    assert still <= 4 and moving > 7
    assert reach(BOTH)[0] > 5


def test_the_figure_fills_the_picture_as_in_the_films(outline):
    for person in EVERYONE:
        rows = np.flatnonzero(outline(JACK, person, 1).any(axis=(0, 2)))
        upright = outline(BEND, person, 1).any(axis=2).argmax(axis=1).min()
        assert 0.13 < upright / 64 < 0.38 and rows.min() > 0 and rows.max() >= 60


def test_people_differ(outline):
    """By the colours and the share of the picture that they fill, in a clip where all stand alike."""
    looks = []
    for person in EVERYONE:
        clip, there = figures.clip(WAVE, person, frames=8), outline(WAVE, person, 0, 64, 8)
        halves = [clip[:, rows][there[:, rows]].mean(axis=0) for rows in (slice(0, 40), slice(40, 64))]
        looks.append(np.concatenate([*halves, [100 * there.mean()]]))
    looks = np.stack(looks)
    apart = np.linalg.norm(looks[:, None] - looks, axis=-1) + 1e3 * np.eye(len(looks))
    assert apart.min() > 10


def test_actions_of_new_people_are_recognised(drawn):
    """By the people of the other split: where a clip moves, and how much, is enough."""
    change = np.abs(np.diff(drawn.astype(np.int16), axis=2)).mean(axis=(2, -1))
    change = change.reshape(4, 18, 16, 4, 16, 4).mean(axis=(3, 5))
    change /= np.linalg.norm(change, axis=(2, 3), keepdims=True)
    known, new = (change[:, list(figures.PEOPLE[split])] for split in ("train", "test"))
    # Some wave with the left hand, some with the right.
    alike = np.maximum(*(np.einsum("apyx,bqyx->apbq", new, turned) for turned in (known, known[..., ::-1])))
    guess = alike.max(axis=-1).argmax(axis=-1)
    assert (guess == np.arange(4)[:, None]).mean() > 0.9, guess


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        ("action", -1, "0 to 3"),
        ("action", 4, "0 to 3"),
        ("action", "wave", "0 to 3"),
        ("person", 18, "0 to 17"),
        ("person", True, "0 to 17"),
        ("seed", -1, "0"),
        ("size", 15, "16 to 256"),
        ("size", 257, "16 to 256"),
        ("size", 32.0, "16 to 256"),
        ("frames", 1, "2"),
    ],
)
def test_bad_arguments_are_refused(argument, value, expected):
    arguments = {"action": 0, "person": 0, argument: value}
    with pytest.raises(ValueError, match=rf"{argument}: got {value!r}, expected a whole number from {expected}"):
        figures.clip(**arguments)
