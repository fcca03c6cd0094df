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
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image
from tests.helpers import tiny

from gan_course import show, video


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


class Painter(keras.Model):
    """Stands in for a GAN: it samples its epoch's tone."""

    tone = -1.0

    def sample(self, n, seed, labels=None):
        self.asked = (n, seed, labels)
        return np.full((n, 2, 2, 1), self.tone, np.float32)


def run(live, epochs=2, steps=4, jump=1, model=None):
    model = model or Painter()
    callbacks = keras.callbacks.CallbackList([live], model=model, epochs=epochs, steps=steps)
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        for batch in range(jump - 1, steps or 4, jump):
            callbacks.on_train_batch_end(batch, {"generator_loss": 0.5})
        model.tone = epoch * 0.5
        callbacks.on_epoch_end(epoch, {"generator_loss": 0.51234, "distance": 12.0})
    callbacks.on_train_end()
    return live


def test_text_mode_prints_one_line_an_epoch(capsys):
    live = run(show.LiveSamples(6, columns=3, seed=4))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("epoch 1/2  0 s  ") and "generator loss 0.512" in lines[0] and "distance 12" in lines[0]
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
def test_every_takes_pictures_between(capsys, every, jump, count):
    """Two epochs of four steps; with `jump` steps a call, only some step numbers are seen."""
    live = run(show.LiveSamples(4, every=every), jump=jump)
    assert len(live.frames) == count and len(capsys.readouterr().out.splitlines()) == 2


def test_an_unknown_number_of_steps(capsys):
    assert len(run(show.LiveSamples(4, every=2), steps=None).frames) == 6


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

    def display(bundle, raw, display_id):
        screen.shown.append(bundle)
        return handle

    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.delenv("GAN_TF_BUDGET", raising=False)
    return screen


def test_in_jupyter_one_picture_is_updated_in_place(jupyter, capsys):
    live = run(show.LiveSamples(4, every=2))
    assert capsys.readouterr().out == "" and len(live.frames) == 6
    assert len(jupyter.shown) == 1 and len(jupyter.updates) == 5
    bundle = jupyter.updates[-1]
    assert bundle["text/plain"].startswith("epoch 2/2") and iio.imread(bundle["image/png"]).ndim == 3
    assert jupyter.shown[0]["text/plain"].startswith("epoch 0.5/2")
    assert not plt.get_fignums()  # or the notebook would show each figure a second time


def test_the_picture_is_drawn_by_the_function_given(jupyter):
    drawn = []

    def draw(samples, columns, title, size):
        drawn.append((samples.shape, columns, title.split()[0]))
        return show.grid(samples, columns, title, size)

    run(show.LiveSamples(4, columns=2, draw=draw), epochs=1)
    assert drawn == [((4, 2, 2, 1), 2, "epoch")]


def test_a_second_fit_shows_its_own_picture(jupyter):
    live = show.LiveSamples(4)
    run(live), run(live)
    assert len(jupyter.shown) == 2


def test_at_the_smoke_budget_a_notebook_gets_text(jupyter, monkeypatch, capsys):
    monkeypatch.setenv("GAN_TF_BUDGET", "smoke")
    run(show.LiveSamples(4))
    assert not jupyter.shown and len(capsys.readouterr().out.splitlines()) == 2


def test_without_ipython_it_prints(monkeypatch, capsys):
    monkeypatch.delenv("GAN_TF_BUDGET", raising=False)
    monkeypatch.setitem(sys.modules, "IPython", None)
    run(show.LiveSamples(4))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_live_samples_watch_a_training(capsys):
    gan, live = tiny.gan(), show.LiveSamples(6, columns=3)
    gan.fit(tiny.toy().batches(16, seed=0), epochs=2, callbacks=[live])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2  # and no progress bar
    assert all(name in lines[0] for name in ("generator loss", "discriminator loss", "real score", "fake score"))
    np.testing.assert_array_equal(live.frames[-1], show.mosaic(gan.sample(6, seed=0), 3))
    assert (live.frames[0] != live.frames[1]).any()


# Sounds --------------------------------------------------------------------------------------------------------------


def test_spectrograms_have_low_bands_at_the_bottom():
    low = np.full((1, 8, 8, 1), -1.0)
    low[0, 0] = 1.0
    sheet = show.spectrograms(low, title="low").axes[0].images[0].get_array()
    assert (sheet[-1] == 255).all() and (sheet[:-1] == 0).all()


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
