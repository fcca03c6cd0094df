"""Pictures: the numbers in them, the files, and the live view."""

import base64
import io
import os
import sys
import types

import imageio.v3 as iio
import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image
from tests.helpers import tiny

import gan_tf
from gan_course import show, video
from gan_course.show import live as live_module


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


def numbered(n=5, height=2, width=3, channels=1):
    """Image i is one even tone; 255 - 40 i as a byte."""
    tones = (255 - 40 * np.arange(n)) / 127.5 - 1
    return np.broadcast_to(tones[:, None, None, None], (n, height, width, channels)).astype(np.float32)


# Bytes ---------------------------------------------------------------------------------------------------------------


def test_to_uint8_rounds():
    found = show.to_uint8(np.array([-1.0, 1.0, 0.0, -1.0009, 1.0009, -1 + 0.49 / 127.5, -1 + 0.51 / 127.5]))
    assert found.dtype == np.uint8 and found.tolist() == [0, 255, 128, 0, 255, 0, 1]


def test_to_uint8_brings_every_byte_back():
    tones = np.arange(256)
    np.testing.assert_array_equal(show.to_uint8((tones / 127.5 - 1).astype(np.float32)), tones)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_to_uint8_refuses_what_is_no_number(value):
    with pytest.raises(ValueError, match="images: got NaN or infinity"):
        show.to_uint8(np.array([0.0, value]))


WRONG = [
    (np.full((2, 4, 4, 3), 1.5), r"images: got values from 1.5 to 1.5, expected \[-1, 1\]; np.clip\(x, -1, 1\)"),
    (np.full((2, 4, 4, 3), 200.0), r"images: got values from 200 to 200, expected \[-1, 1\]; x / 127.5 - 1 for bytes"),
    (np.full((2, 4, 4, 3), 200, np.uint8), r"images: got uint8, expected floats in \[-1, 1\]; x / 127.5 - 1 for"),
    (np.ones((2, 4, 4, 3), int), "images: got int64, expected floats"),
]


@pytest.mark.parametrize(("images", "message"), WRONG)
def test_nothing_is_cut_off_in_silence(images, message, tmp_path):
    for draw in (show.to_uint8, show.mosaic, show.grid, lambda x: show.film_strips(x[None])):
        with pytest.raises(ValueError, match=message):
            draw(images)
    with pytest.raises(ValueError, match=message):
        show.spectrogram_picture(images[0])


@pytest.mark.parametrize("value", [1.5, 200.0])
def test_files_take_floats_in_range_and_nothing_is_cut_off(value, tmp_path):
    image = np.full((4, 4, 3), value)
    for name, write in (
        ("image", lambda: show.save_png(tmp_path / "a.png", image)),
        ("frames", lambda: show.save_gif(tmp_path / "a.gif", [image])),
        ("picture", lambda: show.jpeg(image)),
        ("clips", lambda: video.save_mp4(tmp_path / "a.mp4", image[None, None])),
        ("images", lambda: show.score_maps(image[None], np.zeros((1, 2, 2, 1)))),
    ):
        with pytest.raises(ValueError, match=rf"{name}: got values from .*, expected \[-1, 1\]; (x /|np.clip)"):
            write()
    assert not list(tmp_path.iterdir())


# Mosaic --------------------------------------------------------------------------------------------------------------


def test_mosaic_by_hand():
    sheet = show.mosaic(numbered(5), columns=3)
    a, b, c, d, e = 255, 215, 175, 135, 95
    white, gap = 255, [255] * 11
    upper = [a, a, a, white, b, b, b, white, c, c, c]
    lower = [d, d, d, white, e, e, e, white, 255, 255, 255]
    np.testing.assert_array_equal(sheet[..., 0], [upper, upper, gap, lower, lower])
    assert sheet.dtype == np.uint8 and sheet.shape == (5, 11, 1)


@pytest.mark.parametrize(
    ("n", "columns", "gap", "shape"),
    [(1, None, 1, (2, 3)), (9, None, 1, (8, 11)), (10, None, 0, (6, 12)), (3, 10, 2, (2, 13)), (4, 1, 1, (11, 3))],
)
def test_mosaic_shapes(n, columns, gap, shape):
    for channels in (1, 3):
        assert show.mosaic(np.zeros((n, 2, 3, channels)), columns, gap).shape == (*shape, channels)


def test_mosaic_keeps_an_image_as_it_is():
    image = np.random.default_rng(0).uniform(-1, 1, (1, 4, 5, 3))
    np.testing.assert_array_equal(show.mosaic(image), show.to_uint8(image[0]))


@pytest.mark.parametrize("shape", [(4, 4, 1), (2, 4, 4), (0, 4, 4, 1), (2, 4, 4, 2), (2, 4, 4, 4)])
def test_mosaic_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match=r"images: got shape .*expected \(n, H, W, 1\) or \(n, H, W, 3\)"):
        show.mosaic(np.zeros(shape))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.full((1, 4, 4, 1), 1.5), r"images: got values from 1.5 to 1.5, expected \[-1, 1\]; np.clip"),
        (np.full((1, 4, 4, 1), 200.0), r"expected \[-1, 1\]; x / 127.5 - 1 for bytes"),
        (np.full((1, 4, 4, 1), np.nan), "images: got NaN or infinity"),
    ],
)
def test_mosaic_cuts_nothing_off_in_silence(images, message):
    for draw in (show.mosaic, show.grid, lambda x: show.film_strips(x[None])):
        with pytest.raises(ValueError, match=message):
            draw(images)


@pytest.mark.parametrize("options", [{"columns": 0}, {"columns": -2}, {"gap": -1}])
def test_mosaic_refuses_other_layouts(options):
    with pytest.raises(ValueError, match="columns, gap: got"):
        show.mosaic(numbered(), **options)


# Figures -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
def test_grid_shows_the_mosaic(channels):
    images = numbered(4, channels=channels)
    figure = show.grid(images, columns=2, title="four")
    (axes,) = figure.axes
    assert isinstance(figure, Figure) and axes.get_title() == "four"
    np.testing.assert_array_equal(axes.images[0].get_array(), show.mosaic(images, 2).squeeze())
    assert axes.images[0].get_clim() == (0, 255)


def test_grid_names_its_rows_beside_their_middles():
    (axes,) = show.grid(numbered(6), columns=2, rows=("given", "made", "true")).axes
    assert [text.get_text() for text in axes.texts] == ["given", "made", "true"]
    heights = [text.get_position()[1] for text in axes.texts]
    side = axes.images[0].get_array().shape[0] / 3
    assert [int(height // side) for height in heights] == [0, 1, 2]
    assert all(text.get_position()[0] < 0 and text.get_ha() == "right" for text in axes.texts)


def test_figures_can_go_into_given_axes():
    figure, axes = plt.subplots(1, 2)
    assert show.grid(numbered(), axes=axes[0]) is figure
    assert show.points(np.eye(2), None, axes=axes[1]) is figure


HISTORY = {
    "generator_loss": [0.9, 0.8],
    "discriminator_loss": [1.3, 1.2],
    "real_score": [0.6, 0.7],
    "fake_score": [0.4, 0.3],
    "distance": [80.0, 20.0],
}


def test_curves_have_a_panel_for_each_kind():
    figure = show.curves(HISTORY)
    assert [len(axes.lines) for axes in figure.axes] == [2, 2, 1]
    loss, _, distance = figure.axes
    assert loss.lines[0].get_label() == "generator loss" and distance.get_yscale() == "log"
    assert distance.lines[0].get_xdata().tolist() == [1, 2] and list(distance.lines[0].get_ydata()) == [80, 20]


def test_curves_take_what_fit_returns():
    history = keras.callbacks.History()
    history.history = {name: HISTORY[name] for name in ("generator_loss", "discriminator_loss")}
    assert len(show.curves(history).axes) == 1


def test_curves_of_nothing():
    with pytest.raises(ValueError, match="history: got no epochs"):
        show.curves({})


def test_points_with_a_surface():
    asked = []

    def score(mesh):
        asked.append(mesh)
        return (mesh[:, 0] > 0).astype(float)[:, None]

    real = np.array([[0.0, 2.0], [1.0, -4.0]])
    figure = show.points(real, real + 1, title="ring", score=score)
    (axes,) = figure.axes
    assert axes.get_xlim() == axes.get_ylim() == (-5, 5) and axes.get_title() == "ring"
    assert asked[0].shape == (3600, 2) and asked[0].dtype == np.float32
    surface = axes.images[0].get_array()
    assert (surface[:, :30] == 0).all() and (surface[:, 30:] == 1).all()  # left and right as in the plane
    assert [len(cloud.get_offsets()) for cloud in axes.collections] == [2, 2]


def test_the_diagram_names_all_parts_and_fits():
    figure = show.game_diagram()
    (axes,) = figure.axes
    figure.canvas.draw()
    texts = {text.get_text().replace("\n", " "): text.get_window_extent() for text in axes.texts if text.get_text()}
    parts = {"latent vectors z", "generator G", "fake samples G(z)", "real samples x", "discriminator D", "real logits"}
    parts |= {"fake logits", "discriminator loss", "generator loss", "data"}
    assert texts.keys() == parts | {"gradient for the discriminator", "gradient for the generator"}
    width, height = figure.canvas.get_width_height()
    assert all(0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height for box in texts.values())
    boxes = list(texts.values())
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_a_figure_becomes_a_frame_and_is_closed():
    figure = show.points(np.eye(2), None, extent=1.0)
    frame = show.figure_to_array(figure)
    assert frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[-1] == 3 and len(np.unique(frame)) > 1
    assert not plt.get_fignums()


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 1)])
def test_png_round_trip(tmp_path, shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    path = show.save_png(tmp_path / "new" / "a.png", image)
    np.testing.assert_array_equal(iio.imread(path), image.reshape(shape[:2]) if shape[-1] == 1 else image)
    assert os.listdir(tmp_path / "new") == ["a.png"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_pictures_are_saved_as_they_are_shown(tmp_path, dtype):
    x = np.random.default_rng(0).uniform(-1, 1, (2, 6, 5, 3)).astype(dtype)
    np.testing.assert_array_equal(iio.imread(show.save_png(tmp_path / "a.png", x[0])), show.to_uint8(x[0]))
    assert len(iio.imread(show.save_gif(tmp_path / "a.gif", x), index=None)) == 2
    with pytest.raises(ValueError, match=r"image: got values from .*expected \[-1, 1\]"):
        show.save_png(tmp_path / "b.png", 2 * x[0])
    assert not (tmp_path / "b.png").exists()


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 1), (6, 5, 3)])
def test_gif_round_trip(tmp_path, shape, n):
    """Frames of few colours: a GIF holds 256."""
    frames = [np.full(shape, 40 * i, np.uint8) for i in range(n)]
    for i, frame in enumerate(frames):
        frame[i, :2] = 255
    path = show.save_gif(tmp_path / "a.gif", frames, fps=20, hold=0.5)
    found = iio.imread(path, index=None)
    wanted = np.stack([np.broadcast_to(frame.reshape(6, 5, -1), (6, 5, 3)) for frame in frames])
    np.testing.assert_array_equal(found, wanted)
    assert os.listdir(tmp_path) == ["a.gif"]
    times = [iio.immeta(path, index=i)["duration"] for i in range(n)]
    assert times == [50] * (n - 1) + [500]
    if n > 1:
        assert iio.immeta(path)["loop"] == 0  # endless


def test_what_stands_still_in_a_gif_keeps_its_colour(tmp_path):
    """Each frame has many colours; with a palette of its own each would be rounded in its own way."""
    random = np.random.default_rng(0)
    still = random.integers(0, 256, (24, 24, 3), np.uint8)
    moving = [random.integers(0, 256, (24, 8, 3), np.uint8) for _ in range(4)]
    path = show.save_gif(tmp_path / "a.gif", [np.concatenate([still, part], axis=1) for part in moving], colours=64)
    found = iio.imread(path, index=None)
    assert len(found) == 4 and np.ptp(found[:, :, :24], axis=0).max() == 0
    assert np.abs(found[0, :, :24].astype(int) - still).mean() < 30


def frames(*shapes, dtype=np.uint8):
    return [np.zeros(shape, dtype) for shape in shapes]


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ([], {}, "frames: got 0 frames"),
        (frames((4, 4), (4, 5)), {}, r"frames: got 2 frames of shapes \[\(4, 4\), \(4, 5\)\]"),
        (frames((4, 4), dtype=np.int32), {}, "frames: got int32 of shape .*expected floats"),
        (frames((4, 4)), {"fps": 0}, "fps, hold: got 0"),
        (frames((4, 4)), {"hold": -1}, "fps, hold: got"),
        (frames((4, 4)), {"fps": 60}, "fps, hold: got 60"),
        (frames((4, 4)), {"colours": 1}, "colours: got 1"),
    ],
)
def test_wrong_gifs(tmp_path, given, options, message):
    with pytest.raises(ValueError, match=message):
        show.save_gif(tmp_path / "a.gif", given, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("image", [np.zeros((4, 4), int), np.zeros(4, np.uint8), np.zeros((4, 4, 2)), np.zeros((0, 4))])
def test_wrong_pngs(tmp_path, image):
    with pytest.raises(ValueError, match=r"image: got .*expected floats in \[-1, 1\] or uint8 of shape"):
        show.save_png(tmp_path / "a.png", image)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("save", [show.save_png, lambda path, image: show.save_gif(path, [image])])
def test_a_full_disk_leaves_the_earlier_picture(tmp_path, monkeypatch, save):
    path = tmp_path / "a.picture"
    save(path, np.zeros((4, 4), np.uint8))
    earlier = path.read_bytes()

    def full(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        save(path, np.ones((4, 4), np.uint8))
    assert path.read_bytes() == earlier and os.listdir(tmp_path) == ["a.picture"]


def test_show_gif_copies_it_into_the_notebook(tmp_path):
    path = show.save_gif(tmp_path / "dance.gif", frames((4, 4)))
    image = show.show_gif(path, width=100)
    assert image.data == path.read_bytes() and image.width == 100 and image.alt == "dance"


# Live ----------------------------------------------------------------------------------------------------------------


class Clock:
    """Time that passes only when a test says so; it stands in for the module `time` of live.py."""

    now = 100.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(live_module, "time", made)
    return made


class Painter(keras.Model):
    """Stands in for a GAN: it samples its epoch's tone."""

    tone = -1.0

    def sample(self, n, seed, labels=None):
        self.asked = (n, seed, labels)
        return np.full((n, 2, 2, 1), self.tone, np.float32)


def run(live, epochs=2, steps=4, jump=1, model=None, clock=None, seconds=0.0):
    """A training of which each call of the train function takes so many seconds of the clock."""
    model = model or Painter()
    callbacks = keras.callbacks.CallbackList([live], model=model, epochs=epochs, steps=steps)
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        for batch in range(jump - 1, steps or 4, jump):
            if clock:
                clock.now += seconds
            callbacks.on_train_batch_end(batch, {"generator_loss": 0.5})
        model.tone = epoch * 0.5
        callbacks.on_epoch_end(epoch, {"generator_loss": 0.51234, "distance": 12.0})
    callbacks.on_train_end()
    return live


@pytest.fixture
def smoke(monkeypatch):
    monkeypatch.setenv("GAN_TF_BUDGET", "smoke")


def test_at_the_smoke_budget_it_prints_one_line_an_epoch(smoke, clock, capsys):
    live = run(show.LiveSamples(6, columns=3, seed=4), clock=clock, seconds=30)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert (
        lines[0].startswith("epoch 1/2  120 s  ") and "generator loss 0.512" in lines[0] and "distance 12" in lines[0]
    )
    assert lines[1].startswith("epoch 2/2")
    assert live.model.asked == (6, 4, None)
    assert [frame.shape for frame in live.frames] == [(5, 8, 1)] * 2
    assert [int(frame[0, 0, 0]) for frame in live.frames] == [128, 191]


def test_what_is_shown_can_be_made_by_a_function_of_the_model():
    live = run(show.LiveSamples(make=lambda model: np.full((3, 4, 4, 3), model.tone, np.float32), columns=3))
    assert [frame.shape for frame in live.frames] == [(4, 14, 3)] * 2
    assert [int(frame[0, 0, 0]) for frame in live.frames] == [128, 191]
    assert not hasattr(live.model, "asked")


@pytest.mark.parametrize(
    ("every", "jump", "count"),
    [(2, 1, 6), (3, 1, 4), (3, 2, 4), (100, 1, 2), (2, 4, 4), (1, 1, 10)],
)
def test_every_takes_pictures_between(smoke, capsys, every, jump, count):
    """Two epochs of four steps; with `jump` steps a call, only some step numbers are seen."""
    live = run(show.LiveSamples(4, every=every), jump=jump)
    assert len(live.frames) == count and len(capsys.readouterr().out.splitlines()) == 2


def test_an_unknown_number_of_steps(clock, monkeypatch, capsys):
    monkeypatch.delenv("GAN_TF_BUDGET", raising=False)
    live = run(show.LiveSamples(4, every=2), steps=None, clock=clock, seconds=11)
    assert len(live.frames) == 6
    assert capsys.readouterr().out.splitlines()[1].startswith("epoch 0/2  step 1  11 s")


def test_labels_are_passed_on():
    assert run(show.LiveSamples(3, labels=[2, 1, 0])).model.asked == (3, 0, [2, 1, 0])


@pytest.fixture
def jupyter(monkeypatch):
    """A notebook's front end, as far as it is used: `shown` holds what was displayed, `updates` what replaced it."""
    import IPython
    import IPython.display

    screen = types.SimpleNamespace(shown=[], updates=[])
    handle = types.SimpleNamespace(update=lambda bundle, raw: screen.updates.append(bundle))
    shell = types.SimpleNamespace(kernel=True)
    plt.close(plt.figure())  # Matplotlib looks for a front end with its first figure.

    def display(bundle, raw, display_id):
        screen.shown.append(bundle)
        return handle

    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.delenv("GAN_TF_BUDGET", raising=False)
    return screen


def first_lines(screen):
    return [bundle["text/plain"].split("  ")[:3] for bundle in [*screen.shown, *screen.updates]]


def test_in_jupyter_one_picture_is_updated_in_place(jupyter, clock, capsys):
    live = run(show.LiveSamples(4, every=2), clock=clock, seconds=0.1)
    assert capsys.readouterr().out == "" and len(live.frames) == 6
    assert first_lines(jupyter) == [
        ["epoch 0/2", "before the first step", "0 s"],
        ["epoch 0.5/2", "step 2", "0 s"],
        ["epoch 1/2", "step 4", "0 s"],
        ["epoch 1/2", "0 s", "distance 12"],
        ["epoch 1.5/2", "step 2", "1 s"],
        ["epoch 2/2", "step 4", "1 s"],
        ["epoch 2/2", "1 s", "distance 12"],
        ["epoch 2/2", "1 s", "distance 12"],
    ]
    assert len(jupyter.shown) == 1 and iio.imread(jupyter.updates[-1]["image/png"]).ndim == 3
    assert not plt.get_fignums()  # or the notebook would show each figure a second time


@pytest.mark.parametrize("jump", [1, 4])
def test_it_shows_what_happens_inside_an_epoch(jupyter, clock, jump):
    """An epoch of 400 steps, 0.1 seconds each, one or four a call: first before the first step, then by time."""
    live = run(show.LiveSamples(4), epochs=1, steps=400, jump=jump, clock=clock, seconds=0.1 * jump)
    seconds = [float(line[2].split()[0]) for line in first_lines(jupyter)[:-2]]
    assert seconds[:4] == [0, 2, 4, 6] and len(seconds) >= 19  # every two seconds of forty
    assert len(live.frames) == 1  # what is kept for a GIF does not depend on the machine's speed


def test_late_in_a_training_states_are_shown_more_seldom(jupyter, clock):
    run(show.LiveSamples(4), epochs=1, steps=3_600, clock=clock, seconds=1)
    assert 100 < len(jupyter.updates) < 130  # not 1,800: at the end one in three minutes


@pytest.mark.parametrize(("steps", "epochs"), [(1000, 1), (2, 500)])
def test_drawing_takes_a_few_percent_of_the_time(jupyter, clock, steps, epochs):
    """Each picture takes half a second; a step takes 0.3. The epochs' ends keep their frames, drawn or not."""

    def slow(samples, columns, title=None, size=6.0):
        clock.now += 0.5
        return show.grid(samples, columns, title, size)

    live = run(show.LiveSamples(4, draw=slow), epochs=epochs, steps=steps, clock=clock, seconds=0.3)
    trained = 300
    assert clock.now - 100 - trained == pytest.approx(live.seconds_spent)
    # 5 % and, for a training of any length, a grace of 1.5 seconds and four pictures: the first and the last two.
    assert 4 < live.seconds_spent < 0.05 * (clock.now - 100) + 1.5 + 4 * 0.5
    assert len(live.frames) == epochs


def test_the_last_picture_shows_the_first_minute_too(jupyter, clock):
    live = run(show.LiveSamples(4), epochs=2, steps=50, clock=clock, seconds=1)
    times = [t for t, _ in live.early]
    assert times[:3] == [0, 2, 4] and 50 < times[-1] <= 60
    before, last = (iio.imread(jupyter.updates[i]["image/png"]) for i in (-2, -1))
    assert last.shape[1] == before.shape[1] and last.shape[0] > before.shape[0] + 50
    figure = live.first_minute(moments=4)
    assert figure.axes[0].get_title().startswith("the start of the training: after 0, 6,")
    # Three rows of four moments; the tone of the last one, in its right column, is that of the second epoch.
    sheet = figure.axes[0].images[0].get_array()
    assert sheet.shape == (3 * 3 - 1, 4 * 3 - 1) and sheet[0, 0] == 0 and sheet[-1, -1] == 128
    plt.close(figure)


def test_the_first_minute_of_clips_and_of_points(jupyter, clock):
    class Director(Painter):
        def sample(self, n, seed, labels=None):
            return np.zeros((n, 6, 4, 4, 1), np.float32)

    class Marksman(Painter):
        def sample(self, n, seed, labels=None):
            return np.full((n, 2), 3.0 + self.tone, np.float32)  # points may lie outside [-1, 1]

    live = run(show.LiveSamples(3, columns=2), model=Director(), steps=9, clock=clock, seconds=1)
    figure = live.first_minute(moments=3)
    assert figure.axes[0].images[0].get_array().shape == (3 * 4 + 2, 2 * 4 + 1)
    live = run(show.LiveSamples(5), model=Marksman(), steps=9, clock=clock, seconds=1)
    panels = live.first_minute(moments=3).axes
    assert len(panels) == 3 and panels[0].get_title() == "0 s"
    assert panels[0].collections[0].get_offsets().tolist() == [[2.0, 2.0]] * 5
    assert live.frames[0].ndim == 3
    plt.close("all")


def test_a_training_too_short_for_a_strip(jupyter, clock):
    live = run(show.LiveSamples(4), clock=clock, seconds=0.01)
    assert live.first_minute() is None and len(live.early) == 1


def test_the_last_picture_is_small(jupyter, clock):
    class Noise(Painter):
        def sample(self, n, seed, labels=None):
            return np.random.default_rng(seed).uniform(-1, 1, (n, 32, 32, 3)).astype(np.float32)

    run(show.LiveSamples(40), model=Noise(), steps=30, clock=clock, seconds=1)
    assert len(jupyter.updates[-1]["image/png"]) < 150_000 < len(jupyter.updates[-2]["image/png"])


def test_the_picture_is_drawn_by_the_function_given(jupyter):
    drawn = []

    def draw(samples, columns, title, size):
        drawn.append((samples.shape, columns, title.split()[0]))
        return show.grid(samples, columns, title, size)

    run(show.LiveSamples(4, columns=2, draw=draw), epochs=1)
    assert drawn == [((4, 2, 2, 1), 2, "epoch")] * 3  # before, after the epoch, at the end


def test_a_second_fit_shows_its_own_picture(jupyter):
    live = show.LiveSamples(4)
    run(live), run(live)
    assert len(jupyter.shown) == 2


def test_at_the_smoke_budget_a_notebook_gets_text(jupyter, smoke, capsys):
    run(show.LiveSamples(4))
    assert not jupyter.shown and len(capsys.readouterr().out.splitlines()) == 2


def test_a_file_gets_lines(clock, monkeypatch, capsys):
    monkeypatch.delenv("GAN_TF_BUDGET", raising=False)
    monkeypatch.setitem(sys.modules, "IPython", None)
    run(show.LiveSamples(4), epochs=1, clock=clock, seconds=4)
    assert [line.split("  ")[:3] for line in capsys.readouterr().out.splitlines()] == [
        ["epoch 0/1", "before the first step", "0 s"],
        ["epoch 0.75/1", "step 3", "12 s"],
        ["epoch 1/1", "16 s", "distance 12"],
    ]


def test_a_terminal_gets_one_line_that_moves(clock, monkeypatch, capsys):
    monkeypatch.delenv("GAN_TF_BUDGET", raising=False)
    monkeypatch.setitem(sys.modules, "IPython", None)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    run(show.LiveSamples(4), epochs=1, steps=3, clock=clock, seconds=2)
    states = capsys.readouterr().out.split("\r")
    assert [state[:16].rstrip() for state in states[1:]] == [
        *("epoch 0/1  befor", "epoch 0.33/1  st", "epoch 0.67/1  st", "epoch 1/1  step", "epoch 1/1  6 s"),
    ]
    assert all(len(state) == 59 and "\n" not in state for state in states[1:-1]) and states[-1].endswith("\n")


def test_live_samples_watch_a_training(smoke, capsys):
    gan, live = tiny.gan(), show.LiveSamples(6, columns=3)
    gan.fit(tiny.toy().batches(16, seed=0), epochs=2, callbacks=[live])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2  # and no progress bar
    assert all(name in lines[0] for name in ("generator loss", "discriminator loss", "real score", "fake score"))
    np.testing.assert_array_equal(live.frames[-1], show.mosaic(gan.sample(6, seed=0), 3))
    assert (live.frames[0] != live.frames[1]).any()


def test_something_is_shown_before_other_callbacks_begin(jupyter):
    """A callback in front of it may measure for ten seconds before the first step."""
    seen = []
    before = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: seen.append(len(jupyter.shown)))
    tiny.gan().fit(tiny.toy().batches(16), epochs=1, callbacks=[before, show.LiveSamples(4)])
    assert seen == [1]


def test_looking_does_not_change_a_training(jupyter, clock):
    def weights(callbacks):
        gan = tiny.gan()
        gan.fit(tiny.toy().batches(16, seed=0), epochs=2, callbacks=callbacks, verbose=0)
        return tiny.weights(gan)

    tick = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: setattr(clock, "now", clock.now + 3))
    watched = weights([tick, show.LiveSamples(4)])
    assert len(jupyter.updates) > 8
    for one, other in zip(weights([]), watched, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_training_that_goes_on_has_no_first_minute(jupyter, clock):
    """The state before is that of the untrained nets, since Resume reads its save later."""
    live = show.LiveSamples(4)
    callbacks = keras.callbacks.CallbackList([live], model=Painter(), epochs=9, steps=4)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(7)
    assert live.early == []


@pytest.mark.parametrize("options", [{}, {"labels": [0, 1]}])
def test_a_conditional_gan_without_its_classes_is_refused_before_training(options):
    gan = gan_tf.GAN(tiny.generator(classes=3), tiny.discriminator(classes=3))
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    before = tiny.weights(gan.generator)
    with pytest.raises(ValueError, match=r"LiveSamples\(n=4, labels=...\): labels: got .*expected .*integers"):
        gan.fit(tiny.toy().batches(16, labels=True), epochs=1, callbacks=[show.LiveSamples(4, **options)], verbose=0)
    assert not tiny.moved(before, gan.generator)
    gan.fit(tiny.toy().batches(16, labels=True), callbacks=[show.LiveSamples(4, labels=[0, 1, 2, 0])], verbose=0)


def test_translators_say_what_to_show(jupyter):
    net = lambda: keras.Sequential([keras.Input(tiny.SHAPE), keras.layers.Conv2D(1, 3, padding="same")])  # noqa: E731
    model = gan_tf.CycleGAN(net(), net(), tiny.discriminator(), tiny.discriminator())
    model.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    x = tiny.toy().x[:16]
    pairs = tf.data.Dataset.from_tensor_slices((x, x)).batch(8)
    with pytest.raises(TypeError, match=r"CycleGAN has no sample\(\), expected make=.*to_b"):
        model.fit(pairs, callbacks=[show.LiveSamples()], verbose=0)
    live = show.LiveSamples(make=lambda model: np.tanh(model.to_b(x[:4])))
    model.fit(pairs, callbacks=[live], verbose=0)
    assert len(live.frames) == 1 and len(jupyter.shown) == 1


def test_live_samples_refuse_numbers_out_of_range():
    for options in ({"n": 0}, {"every": 0}, {"columns": 1.5}):
        with pytest.raises(ValueError, match=f"{next(iter(options))}: got"):
            show.LiveSamples(**options)


# Sounds --------------------------------------------------------------------------------------------------------------


def test_spectrograms_have_low_bands_at_the_bottom():
    low = np.full((1, 8, 8, 1), -1.0)
    low[0, 0] = 1.0
    sheet = show.spectrograms(low, title="low").axes[0].images[0].get_array()
    assert (sheet[-1] == 255).all() and (sheet[:-1] == 0).all()


def test_spectrograms_have_sixteen_steps_of_loudness():
    ramp = np.linspace(-1, 1, 4096).reshape(1, 64, 64, 1)
    sheet = show.spectrograms(ramp).axes[0].images[0].get_array()
    assert np.array_equal(np.unique(sheet), np.arange(16) * 17) and np.all(
        np.diff(sheet[::-1].ravel().astype(int)) >= 0
    )


def test_a_sound_is_drawn_with_its_time_and_pitch():
    figure = show.sound(np.sin(np.arange(4096) / 3).astype(np.float32) * 0.5, title="a tone")
    above, below = figure.axes[:2]
    assert above.get_title() == "a tone" and below.get_xlim() == pytest.approx((0, 0.512), abs=1e-6)
    assert below.images[0].get_array().shape == (64, 32)
    assert 60 <= float(below.get_yticklabels()[0].get_text()) < 200


def test_players_carry_the_sounds_into_the_notebook():
    sounds = np.float32(0.5 * np.sin(np.outer([1, 2], np.arange(8192) / 5)))
    page = show.players(sounds, titles=["<one>", "two"]).data
    assert page.count("<audio controls") == 2 and "&lt;one&gt;" in page
    assert page.count("data:image/png;base64,") == 2
    packed = page.split("data:audio/flac;base64,")[1].split('"')[0]
    read, rate = soundfile.read(io.BytesIO(base64.b64decode(packed)), dtype="float32")
    assert rate == 8000 and np.abs(read - sounds[0]).max() < 1e-3
    assert np.array_equal(read * 2048, np.round(read * 2048))  # twelve bits
    with pytest.raises(ValueError, match="titles: got 1, expected one for each of the 2"):
        show.players(sounds, titles=["one"])
    with pytest.raises(ValueError, match="waveforms"):
        show.players(sounds * 4)


# Clips ---------------------------------------------------------------------------------------------------------------


def test_clips_are_drawn_one_a_row():
    x = numbered(12).reshape(2, 6, 2, 3, 1) / 3
    figure = show.clips(x, columns=3, title="two")
    shown = figure.axes[0].get_images()[0].get_array()
    np.testing.assert_array_equal(shown, show.film_strips(x, 3)[..., 0])
    # Frames 0, 2 (2.5 is rounded to the even one) and 5 of each clip, side by side.
    np.testing.assert_array_equal(shown[0, ::4], show.to_uint8(x[0, [0, 2, 5], 0, 0, 0]))
    assert shown.shape == (2 * 2 + 1, 3 * 3 + 2) and figure.axes[0].get_title() == "two"
    assert show.film_strips(x).shape == (5, 6 * 3 + 5, 1)
    for bad, columns in ((x[0], 3), (x[:0], 3), (x, 0)):
        with pytest.raises(ValueError, match=r"clips: got|columns: got"):
            show.film_strips(bad, columns)


def test_live_samples_of_clips(capsys):
    class Director(Painter):
        def sample(self, n, seed, labels=None):
            return np.zeros((n, 6, 4, 4, 1), np.float32)

    live = run(show.LiveSamples(3, columns=2, draw=show.clips), epochs=1, model=Director())
    assert live.frames[0].shape == (3 * 4 + 2, 2 * 4 + 1, 1)


def test_live_samples_out_of_range_warn_and_do_not_end_the_training(capsys):
    class Loud(Painter):
        def sample(self, n, seed, labels=None):
            return np.full((n, 4, 4, 1), 7.0, np.float32)

    with pytest.warns(UserWarning, match=r"outside \[-1, 1\].*tanh"):
        live = run(show.LiveSamples(1), epochs=1, model=Loud())
    assert (live.frames[0] == 255).all()


def test_live_samples_that_are_nan_warn_once_and_leave_the_word_to_the_training(capsys):
    class Broken(Painter):
        def sample(self, n, seed, labels=None):
            return np.full((n, 4, 4, 1), np.nan, np.float32)

    with pytest.warns(UserWarning, match="NaN") as caught:
        live = run(show.LiveSamples(1), epochs=3, model=Broken())
    assert len(caught) == 1 and (live.frames[2] == 128).all()


# Heat maps -----------------------------------------------------------------------------------------------------------


def test_a_heat_map_has_a_colour_and_a_number_for_each_cell():
    values = np.array([[0.0, 3.0, -2.9], [3.1, 300.0, np.inf], [-3.1, -300.0, -np.inf]])
    figure = show.heat_map(values, ["a", "b", "c"], ["x", "y", "z"], margin=3, title="scores")
    axes = figure.axes[0]
    shown = axes.images[0].get_array()
    assert not shown[0].any() and (shown[1] > 0).all() and (shown[2] < 0).all()
    assert shown[1, 0] == pytest.approx(0.3, abs=0.01) and shown[1, 1] == shown[1, 2] == pytest.approx(1)
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["0", "3.0", "-2.9", "3.1", "300", "∞", "-3.1", "-300", "-∞"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["x", "y", "z"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"] and axes.get_title() == "scores"
    own = plt.figure().gca()
    assert show.heat_map(values, ["a", "b", "c"], ["x", "y", "z"], axes=own) is own.figure


@pytest.mark.parametrize(
    ("values", "margin", "text"),
    [
        (np.zeros((2, 2)), 3, r"values: got shape \(2, 2\), expected \(1, 2\)"),
        (np.full((1, 2), np.nan), 3, "without NaN"),
        (np.zeros((1, 2)), 0, "margin: got 0"),
    ],
)
def test_a_bad_heat_map_is_refused(values, margin, text):
    with pytest.raises(ValueError, match=text):
        show.heat_map(values, ["a"], ["x", "y"], margin)


def test_a_jpeg_is_the_picture_and_closes_the_figure():
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    picture = noise.repeat(8, axis=0).repeat(8, axis=1)
    shown = show.jpeg(picture, quality=95)
    back = np.asarray(Image.open(io.BytesIO(shown.data)))
    assert back.shape == (64, 64, 3) and np.abs(back.astype(float) - picture).mean() < 12
    before = len(plt.get_fignums())
    figure = show.jpeg(show.grid(np.zeros((4, 6, 6, 3), np.float32)))
    assert figure.data[:2] == b"\xff\xd8" and len(plt.get_fignums()) == before
    assert show.jpeg(picture / 127.5 - 1, quality=95).data == shown.data
    for wrong in (picture[..., 0], picture.astype(int)):
        with pytest.raises(ValueError, match="picture: got"):
            show.jpeg(wrong)
    with pytest.raises(ValueError, match="quality"):
        show.jpeg(picture, quality=100)


@pytest.mark.parametrize("name", ["x.png", "x.gif"])
def test_files_carry_a_comment(tmp_path, name):
    image = np.zeros((4, 4, 3), np.uint8)
    path = tmp_path / name
    if path.suffix == ".png":
        show.save_png(path, image, comment="made ü")
    else:
        show.save_gif(path, [image, image + 9], comment="made")
    opened = Image.open(path)
    text = opened.info.get("Comment") or opened.info["comment"].decode()
    assert text.startswith("made")
