"""Resume: an interrupted training ends as an uninterrupted one, and no bad save is ever picked up."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from tests.helpers import killed, tiny

import gan_tf
from gan_tf import files
from gan_tf.resume import ResumeError
from gan_tf.weights import state

ROOT = Path(__file__).resolve().parents[2]
REAL = tiny.toy()
EPOCHS = 4


def train(folder=None, epochs=EPOCHS, gan=None, callbacks=(), batches=None, **options):
    """Train with everything made anew, as in a new process."""
    gan = gan or tiny.gan(penalty="gradient_penalty")
    resume = gan_tf.Resume(folder, **options) if folder else None
    history = gan.fit(
        REAL.batches(32, seed=0) if batches is None else batches,
        epochs=epochs,
        verbose=0,
        callbacks=[*callbacks, *([resume] if resume else [])],
    )
    return gan, history, resume


def assert_same(one, other):
    one, other = state(one), state(other)
    assert one.keys() == other.keys()
    # All of them at once: which ones differ tells where two trainings parted.
    differing = {name: np.abs(one[name] - other[name]).max() for name in one if (one[name] != other[name]).any()}
    assert not differing


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def saved(*epochs):
    return [f"epoch-{epoch:06d}.safetensors" for epoch in epochs]


class Interrupt(keras.callbacks.Callback):
    """As Ctrl-C, or the stop button of Jupyter, in the middle of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.at = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == self.at:
            raise KeyboardInterrupt


class InterruptAtStep(keras.callbacks.Callback):
    """After so many steps of this ``fit``, the passed-over ones of a resumed epoch included."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= self.model.steps_per_execution
        if self.left <= 0:
            raise KeyboardInterrupt


class Measure(keras.callbacks.Callback):
    """A number that a callback adds, as evaluation.QualityMonitor does."""

    def on_epoch_end(self, epoch, logs=None):
        logs["distance"] = 1.0 / (epoch + 1)


@pytest.fixture(scope="module")
def whole():
    gan, history, _ = train()
    return gan, history


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with the saves of a finished training; tests work on copies."""
    folder = tmp_path_factory.mktemp("finished")
    gan, _, _ = train(folder, epochs=2)
    return folder, gan


@pytest.fixture
def two_saves(finished, tmp_path):
    for path in finished[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


# The same end --------------------------------------------------------------------------------------------------------


def test_a_resumed_run_ends_as_an_uninterrupted_one(whole, tmp_path, capsys):
    train(tmp_path, epochs=1)
    assert names(tmp_path) == saved(1) and capsys.readouterr().out == ""
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, callbacks=[Interrupt(2)])
    assert capsys.readouterr().out == "Resume: going on after epoch 1 (epoch-000001.safetensors)\n"
    keras.layers.Dense(1)  # Layers made in between shift Keras' numbers in the names of optimizer variables.
    gan, history, resume = train(tmp_path)
    assert capsys.readouterr().out == "Resume: going on after epoch 2 (epoch-000002.safetensors)\n"
    assert resume.resumed_at == 2
    # The history first: its first difference names the epoch in which two trainings parted.
    assert history.history == whole[1].history and history.epoch == whole[1].epoch == [0, 1, 2, 3]
    assert_same(gan, whole[0])
    np.testing.assert_array_equal(gan.sample(4), whole[0].sample(4))


def test_a_process_killed_while_it_saves(whole, tmp_path):
    """Its third save is written but not yet in place: that file is no save, and the next start removes it."""
    code = (
        "import os, sys; from tests import conftest; from tests.gan_tf import test_resume as t\n"
        "replace = os.replace\n"
        "os.replace = lambda a, b: os.kill(os.getpid(), 9) if '000003' in str(a) else replace(a, b)\n"
        "t.train(sys.argv[1])\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, timeout=120)
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()
    part, *saves = names(tmp_path)
    assert part.startswith(".epoch-000003.safetensors.") and saves == [
        "epoch-000001.safetensors",
        "epoch-000002.safetensors",
    ]
    gan, history, resume = train(tmp_path)
    assert resume.resumed_at == 2 and names(tmp_path) == saved(3, 4)
    assert_same(gan, whole[0])
    assert history.history == whole[1].history


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, so that TensorFlow is imported once")
def test_killed_again_and_again_at_random(tmp_path):
    gan = killed.gan()
    history = killed.train(gan)
    code = [sys.executable, "-m", "tests.helpers.killed", str(tmp_path), "7", "4"]
    run = subprocess.run(code, cwd=ROOT, capture_output=True, timeout=300)
    assert run.returncode == 0, run.stderr.decode()
    *lives, last = json.loads(run.stdout)
    assert [life["killed"] for life in lives] == [True] * 4 and last["code"] == 0, run.stderr.decode()
    for life, following in zip(lives, [*lives[1:], last], strict=True):
        newest = (life["saves"] or [""])[-1]
        assert newest >= life["reported"]  # What was saved is there,
        goes_on = rf"Resume: going on after epoch \d+(, step \d+)? \({re.escape(newest)}\)\n"
        assert re.fullmatch(goes_on if newest else "", following["said"])  # and the next life starts from it.
    assert lives[-1]["saves"][-1] > (lives[0]["saves"] or [""])[-1] and len(last["saves"]) == 2
    end, meta = files.load_arrays(tmp_path / "end.safetensors")
    whole_end = state(gan)
    assert [name for name in whole_end if not np.array_equal(end[name], whole_end[name])] == []
    assert end.keys() == whole_end.keys() and meta["history"] == history


class Batches(keras.callbacks.Callback):
    """The losses that each step reports."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["generator_loss"])


# Batches of 8 from 64 samples: 8 steps an epoch. With more steps in a call, saves come after whole calls.
@pytest.mark.parametrize(("steps", "every_steps"), [(1, 3), (2, 3)])
def test_a_run_cut_inside_epochs_ends_as_an_uninterrupted_one(tmp_path, steps, every_steps, capsys):
    def run(folder=None, *callbacks):
        batches = Batches()
        gan, history, _ = train(
            folder,
            epochs=3,
            gan=tiny.gan(penalty="r1", penalty_every=3, steps_per_execution=steps),
            callbacks=[batches, *callbacks],
            batches=REAL.batches(8, seed=0),
            **({"every_steps": every_steps} if folder else {}),
        )
        return gan, history.history, batches.losses

    whole_run = run()
    assert len(whole_run[2]) == 24 // steps
    for cut in (6, 14, 14):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, InterruptAtStep(cut))
    said = capsys.readouterr().out
    assert "Resume: going on after epoch 0, step " in said and "Resume: going on after epoch 1, step " in said
    assert len(names(tmp_path)) == 2 and names(tmp_path)[-1].startswith("epoch-000002_step-")
    gan, history, losses = run(tmp_path)
    assert_same(gan, whole_run[0])
    assert history == whole_run[1]
    # The first call shows the loss of the last step before the save; then the very losses of the whole run.
    assert losses[-3:] == whole_run[2][-3:]
    assert names(tmp_path)[-1] == "epoch-000003.safetensors"


@pytest.mark.parametrize("generator", [False, True])
def test_one_stream_that_serves_many_epochs_goes_on_where_it_was(tmp_path, generator):
    def run(folder=None, *callbacks):
        gan, stream = tiny.gan(), REAL.batches(24, seed=0).repeat()
        callbacks = [*callbacks, *([gan_tf.Resume(folder, every_steps=2)] if folder else [])]
        stream = ((batch,) for batch in stream.as_numpy_iterator()) if generator else stream
        gan.fit(stream, steps_per_epoch=5, epochs=3, verbose=0, callbacks=callbacks)
        return gan

    whole_run = run()
    for cut in (4, 9):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, InterruptAtStep(cut))
    assert names(tmp_path)[-1].startswith("epoch-000001_step-")
    assert_same(run(tmp_path), whole_run)


def test_a_loss_scale_is_part_of_the_state(tmp_path):
    def run(folder=None, epochs=2):
        gan = tiny.gan()
        optimizers = [
            keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(1e-2), initial_scale=8.0, dynamic_growth_steps=2)
            for _ in range(2)
        ]
        gan.compile(*optimizers)
        return train(folder, epochs, gan)[0]

    run(tmp_path, epochs=1)
    resumed = run(tmp_path)
    assert_same(resumed, run())
    assert float(resumed.generator_optimizer.dynamic_scale.numpy()) > 8


def test_steps_that_do_not_fit_the_calls_are_refused(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, gan=tiny.gan(), callbacks=[InterruptAtStep(4)], batches=REAL.batches(8, seed=0), every_steps=3)
    with pytest.raises(ResumeError, match="saved after 3 steps, no multiple of steps_per_execution"):
        begin(tiny.gan(steps_per_execution=2), gan_tf.Resume(tmp_path))


def test_a_finished_run_says_so_and_shows_its_history(two_saves, finished, capsys):
    gan, history, _ = train(two_saves, epochs=2)
    out = capsys.readouterr().out
    assert "all 2 epochs were already trained" in out and out.count("\n") == 1
    assert history.epoch == [0, 1] and len(history.history["generator_loss"]) == 2
    assert_same(gan, finished[1])
    gan.fit(REAL.batches(32, seed=0), epochs=1, verbose=0, callbacks=[gan_tf.Resume(two_saves)])  # fewer than trained
    assert "all 2 epochs were already trained" in capsys.readouterr().out and len(gan.history.epoch) == 2


def test_the_saved_history_holds_what_other_callbacks_measure(tmp_path):
    # Resume stands before Measure in the list; it must run after it.
    for epochs in (1, 2):
        gan = tiny.gan()
        callbacks = [gan_tf.Resume(tmp_path), Measure()]
        history = gan.fit(REAL.batches(32, seed=0), epochs=epochs, verbose=0, callbacks=callbacks).history
    assert history["distance"] == [1.0, 0.5]
    assert {len(values) for values in history.values()} == {2}


def test_the_next_fit_without_resume_starts_at_the_first_epoch(two_saves):
    gan = tiny.gan(penalty="gradient_penalty")
    with pytest.raises(KeyboardInterrupt):
        train(two_saves, gan=gan, callbacks=[Interrupt(3)])
    assert gan.fit(REAL.x, epochs=1, verbose=0).epoch == [0]


def test_other_data_than_a_dataset_is_not_drawn_from(two_saves):
    drawn = []

    def batches():
        while True:
            drawn.append(1)
            yield (REAL.x[:32],)

    gan = tiny.gan(penalty="gradient_penalty")
    gan.fit(batches(), steps_per_epoch=1, epochs=3, verbose=0, callbacks=[gan_tf.Resume(two_saves)])
    assert int(gan.generator_optimizer.iterations) == 5 and len(drawn) <= 3


# Which saves ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, saved(3, 4)),
        ({"every": 3, "keep": 5}, saved(3, 4)),
        ({"keep": 1}, saved(4)),
        ({"clear_when_done": True}, []),
    ],
)
def test_every_and_keep(tmp_path, options, left):
    gan = tiny.gan()
    resume = gan_tf.Resume(tmp_path / "new" / "folder", **options)
    fake_training(gan, resume, epochs=4)
    assert names(tmp_path / "new" / "folder") == left


def fake_training(gan, *callbacks, epochs, losses=0.5):
    """Only the callbacks' part of a training: what is saved does not depend on the steps."""
    runner = keras.callbacks.CallbackList([*callbacks], add_history=True, model=gan, epochs=epochs)
    runner.on_train_begin()
    for epoch in range(gan._initial_epoch or 0, epochs):
        runner.on_epoch_begin(epoch)
        logs = {"generator_loss": losses, "discriminator_loss": 0.5}
        runner.on_epoch_end(epoch, logs)
    runner.on_train_end(logs)


@pytest.mark.parametrize("option", ["every", "keep", "every_steps"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2"])
def test_wrong_options(option, value):
    with pytest.raises(ValueError, match=f"{option}: got .*expected a whole number from 1"):
        gan_tf.Resume("runs", **{option: value})


def test_a_folder_that_cannot_be_made_is_refused_before_training(tmp_path):
    (tmp_path / "file").write_text("in the way")
    gan = tiny.gan()
    with pytest.raises(OSError, match="file"):
        train(tmp_path / "file", gan=gan)
    assert int(gan.generator_optimizer.iterations) == 0


# Bad saves -----------------------------------------------------------------------------------------------------------


def damage_truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def damage_flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


def damage_empty(path):
    path.write_bytes(b"")


def damage_text(path):
    path.write_text("not an archive")


def damage_foreign(path):
    save_file({"x": np.zeros(3)}, path)


@pytest.mark.parametrize("damage", [damage_truncate, damage_flip, damage_empty, damage_text, damage_foreign])
def test_a_damaged_save_gives_way_to_the_one_before(two_saves, damage, capsys):
    damage(two_saves / "epoch-000002.safetensors")
    gan = tiny.gan(penalty="gradient_penalty")
    resume = gan_tf.Resume(two_saves)
    begin(gan, resume)
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0].startswith("Resume: skipping a save that cannot be read: ") and "epoch-000002.safetensors" in lines[0]
    )
    assert lines[1] == "Resume: going on after epoch 1 (epoch-000001.safetensors)" and resume.resumed_at == 1
    before, _ = files.load_arrays(two_saves / "epoch-000001.safetensors")
    for name, value in state(gan).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)


def begin(gan, resume, epochs=EPOCHS):
    resume.set_params({"epochs": epochs})
    resume.set_model(gan)
    resume.on_train_begin()


def test_without_a_good_save_training_starts_anew(two_saves, capsys):
    for path in two_saves.iterdir():
        damage_truncate(path)
    gan, untouched = tiny.gan(), tiny.gan()
    resume = gan_tf.Resume(two_saves)
    begin(gan, resume)
    assert capsys.readouterr().out.count("skipping") == 2 and resume.resumed_at is None
    assert_same(gan, untouched)


def test_half_written_files_are_never_read_and_removed_at_the_start(two_saves, capsys):
    half = two_saves / ".epoch-000003.safetensors.4711.part"
    half.write_bytes((two_saves / "epoch-000002.safetensors").read_bytes())
    begin(tiny.gan(penalty="gradient_penalty"), gan_tf.Resume(two_saves))
    assert capsys.readouterr().out == "Resume: going on after epoch 2 (epoch-000002.safetensors)\n"
    assert names(two_saves) == saved(1, 2)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: tiny.gan(width=9), r"generator/dense/kernel: got shape \(3, 8\), expected \(3, 9\)"),
        (lambda: tiny.gan(classes=2), r"layer 0: got generator/dense \(Dense\), expected generator/embedding"),
        (
            lambda: with_optimizer(keras.optimizers.SGD(1e-2)),
            r"0 missing \(\), 2\d unknown \(.*discriminator_optimizer/discriminator/dense/bias/momentum",
        ),
    ],
)
def test_saves_of_another_model_are_refused_and_nothing_changes(two_saves, other, message):
    gan, untouched = other(), other()
    with pytest.raises(ResumeError, match=rf"epoch-000002.safetensors: .*{message}.*Use another folder, or delete"):
        begin(gan, gan_tf.Resume(two_saves))
    assert_same(gan, untouched)
    assert names(two_saves) == saved(1, 2)


def with_optimizer(optimizer):
    gan = tiny.gan()
    gan.compile(optimizer, keras.optimizers.SGD(1e-2))
    return gan


def made(*kinds):
    """A GAN whose discriminator has these layers, all of which keep the shape and can have equally shaped weights."""
    inputs = x = keras.Input((8,))
    for kind in kinds:
        x = kind()(x)
    gan = gan_tf.GAN(tiny.generator(shape=(8,)), keras.Model(inputs, keras.layers.Dense(1, name="logits")(x)))
    gan.compile(keras.optimizers.SGD(1e-2, momentum=0.5), keras.optimizers.SGD(1e-2, momentum=0.5))
    return gan


def dense(name):
    return lambda: keras.layers.Dense(8, name=name)


NORM, DENSE = keras.layers.LayerNormalization, dense("dense")


@pytest.mark.parametrize(
    ("saved", "other", "message"),
    [
        ([keras.layers.ReLU], [keras.layers.LeakyReLU], r"got discriminator/re_lu \(ReLU\), expected .*leaky_re_lu \("),
        ([DENSE, NORM], [NORM, DENSE], r"got discriminator/dense \(Dense\), expected discriminator/layer_norm"),
        (
            [dense("a"), dense("b")],
            [dense("b"), dense("a")],
            r"got discriminator/a \(Dense\), expected .*/b",
        ),
        ([dense("a")], [dense("b")], r"got discriminator/a \(Dense\), expected .*/b"),
        (
            [NORM],
            [keras.layers.BatchNormalization],
            r"got discriminator/layer_normalization \(.*expected .*batch",
        ),
        ([DENSE], [DENSE, keras.layers.ReLU], r"got discriminator/logits \(Dense\), expected discriminator/re_lu"),
    ],
)
def test_other_layers_are_refused_though_all_shapes_fit(tmp_path, saved, other, message):
    fake_training(made(*saved), gan_tf.Resume(tmp_path), epochs=1)
    gan = made(*other)
    before = state(gan)
    with pytest.raises(ResumeError, match=rf"not a save of this model: layer \d+: {message}"):
        begin(gan, gan_tf.Resume(tmp_path))
    assert all((before[name] == value).all() for name, value in state(gan).items())
    assert begin(made(*saved), gan_tf.Resume(tmp_path)) is None


def test_equal_names_in_two_nets_of_one_optimizer_stay_apart(tmp_path):
    def translators():
        inputs = [keras.Input((4, 4, 1)) for _ in range(4)]
        nets = [keras.Model(x, keras.layers.Dense(1, name="only")(x)) for x in inputs]
        model = gan_tf.CycleGAN(*nets, pool=0)
        model.compile(*(keras.optimizers.Adam(1e-2) for _ in range(2)))
        return model

    model = translators()
    slots = [v for v in model.generator_optimizer.variables if v.name == "only_kernel_momentum"]
    for value, slot in enumerate(slots, 1):
        slot.assign([[float(value)]])
    found = state(model)
    assert found["generator_optimizer/generator_ab/only/kernel/momentum"] == 1
    assert found["generator_optimizer/generator_ba/only/kernel/momentum"] == 2
    fake_training(model, gan_tf.Resume(tmp_path), epochs=1)
    again = translators()
    begin(again, gan_tf.Resume(tmp_path))
    assert_same(again, model)


@pytest.mark.parametrize("meta", [{}, {"epoch": "2", "history": {}}, {"epoch": 2, "history": []}])
def test_a_file_that_says_no_epoch_is_refused(tmp_path, meta):
    """Such as shipped weights under the name of a save."""
    gan, untouched = tiny.gan(), tiny.gan()
    moved = {name: np.zeros_like(array) for name, array in state(gan).items()}
    files.save_arrays(tmp_path / "epoch-000002.safetensors", moved, meta)
    with pytest.raises(ResumeError, match="does not say which epoch"):
        begin(gan, gan_tf.Resume(tmp_path))
    assert_same(gan, untouched)


# Not a number --------------------------------------------------------------------------------------------------------


def test_after_nan_the_last_good_save_is_the_newest(two_saves, capsys):
    good = {path.name: path.read_bytes() for path in two_saves.iterdir()}
    gan = tiny.gan(penalty="gradient_penalty")
    weight = gan.discriminator.trainable_weights[0]
    ruin = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: weight.assign(np.nan * weight))
    with pytest.warns(RuntimeWarning, match="Training stopped"):
        train(two_saves, gan=gan, callbacks=[ruin], clear_when_done=True)
    assert {path.name: path.read_bytes() for path in two_saves.iterdir()} == good


class Break(keras.callbacks.Callback):
    """A last update that destroys the weights: its loss is from before it, and still finite."""

    def on_epoch_end(self, epoch, logs=None):
        weight = self.model.discriminator.trainable_weights[0]
        weight.assign(np.full(weight.shape, np.nan, np.float32))


def test_a_state_with_nan_is_not_saved_though_the_losses_are_finite(tmp_path, capsys):
    gan = tiny.gan()
    fake_training(gan, gan_tf.Resume(tmp_path), epochs=1)
    fake_training(gan, Break(), gan_tf.Resume(tmp_path, clear_when_done=True), epochs=2)
    assert names(tmp_path) == saved(1)
    assert "epoch 2 is not saved, since discriminator/dense/kernel holds NaN" in capsys.readouterr().out


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_epoch_that_is_not_finite_is_not_saved(tmp_path, value):
    fake_training(tiny.gan(), gan_tf.Resume(tmp_path), epochs=2, losses=value)
    assert names(tmp_path) == []


def test_a_new_learning_rate_stays(two_saves, capsys):
    """Or the advice after NaN, to try a smaller one and go on from the last good save, would do nothing."""
    gan = tiny.gan(penalty="gradient_penalty", rates=(1e-3, 1e-2))
    begin(gan, gan_tf.Resume(two_saves))
    assert float(gan.generator_optimizer.learning_rate.numpy()) == pytest.approx(1e-3)
    assert float(gan.discriminator_optimizer.learning_rate.numpy()) == pytest.approx(1e-2)
    assert "generator_optimizer has a new learning rate, 0.001\n" in capsys.readouterr().out


def test_a_learning_rate_that_a_callback_lowered_comes_back(tmp_path):
    gan = tiny.gan(rates=(1e-2, 1e-2))
    schedule = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: gan.generator_optimizer.learning_rate.assign(5e-3)
    )
    fake_training(gan, schedule, gan_tf.Resume(tmp_path), epochs=1)
    again = tiny.gan(rates=(1e-2, 1e-2))
    begin(again, gan_tf.Resume(tmp_path))
    assert float(again.generator_optimizer.learning_rate.numpy()) == pytest.approx(5e-3)


def test_learning_rate_schedules_need_no_save(tmp_path):
    def make():
        gan = tiny.gan()
        rate = keras.optimizers.schedules.ExponentialDecay(1e-2, 10, 0.5)
        gan.compile(keras.optimizers.Adam(rate), keras.optimizers.Adam(rate))
        gan.train_step(tf.constant(REAL.x[:8]))
        return gan

    one = make()
    fake_training(one, gan_tf.Resume(tmp_path), epochs=1)
    other = make()
    other.train_step(tf.constant(REAL.x[:8]))
    begin(other, gan_tf.Resume(tmp_path))
    assert_same(one, other)


# No space ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "function"), [(Path, "write_bytes"), (os, "replace"), (os, "fsync")])
def test_a_full_disk_costs_a_save_and_nothing_else(two_saves, module, function, monkeypatch, capsys):
    good = {path.name: path.read_bytes() for path in two_saves.iterdir()}

    def full(*args, **kwargs):
        if function == "write_bytes":
            args[0].write_text("the first bytes")
        raise OSError(28, "No space left on device")

    resume = gan_tf.Resume(two_saves)
    begin(tiny.gan(penalty="gradient_penalty"), resume)
    with monkeypatch.context() as patch:
        patch.setattr(module, function, full)
        resume.on_epoch_end(2, {"generator_loss": 1.0})
    out = capsys.readouterr().out
    assert "epoch 3 could not be saved" in out and "No space left on device" in out
    assert {path.name: path.read_bytes() for path in two_saves.iterdir()} == good
    resume.on_epoch_end(3, {"generator_loss": 1.0})  # There is space again.
    assert names(two_saves) == saved(2, 4)
    assert files.load_arrays(two_saves / "epoch-000004.safetensors")[1]["history"]["generator_loss"][2:] == [1.0, 1.0]


def test_saves_are_safetensors_files_with_paths_as_keys(two_saves):
    """Any program that knows the format reads them."""
    arrays = load_file(two_saves / "epoch-000002.safetensors")
    assert {
        "generator/dense/kernel",
        "averaged/dense/kernel",
        "generator/batch_normalization/moving_mean",
        "discriminator/dropout/seed_generator/seed_generator_state",
        "generator_optimizer/iteration",
        "generator_optimizer/generator/dense/kernel/velocity",
        "discriminator_optimizer/discriminator/dense_1/bias/momentum",
    } <= arrays.keys()
    with safe_open(two_saves / "epoch-000002.safetensors", "np") as file:
        meta = json.loads(file.metadata()["gan_tf"])["meta"]
    assert meta["epoch"] == 2 and len(meta["history"]["generator_loss"]) == 2
