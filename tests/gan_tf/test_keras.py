"""What a Keras model can do, our four can: docs/keras.md lists it. Nothing that cannot work begins to train."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import callbacks, layers
from tests.helpers import four, tiny

import gan_tf
from gan_tf import augment, losses, weights

kinds = pytest.mark.parametrize("kind", four.KINDS)


def train(model, x, y, epochs=2, **options):
    return model.fit(x, y, batch_size=4, epochs=epochs, verbose=0, shuffle=False, **options)


def same(one, other):
    one, other = weights.state(one), weights.state(other)
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


# Data ----------------------------------------------------------------------------------------------------------------


class Pages(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return 4

    def __getitem__(self, i):
        part = slice(4 * i, 4 * i + 4)
        return (self.x[part],) if self.y is None else (self.x[part], self.y[part])


def generated(x, y):
    pages = Pages(x, y)
    return (pages[i % 4] for i in range(100))


WAYS = {
    "arrays": lambda x, y: (x, y),
    "tensors": lambda x, y: (tf.constant(x), None if y is None else tf.constant(y)),
    "tf.data": lambda x, y: (tf.data.Dataset.from_tensor_slices(x if y is None else (x, y)).batch(4), None),
    "PyDataset": lambda x, y: (Pages(x, y), None),
    "generator": lambda x, y: (generated(x, y), None),
}


@kinds
@pytest.mark.parametrize("way", WAYS)
def test_all_ways_to_give_data_train_alike(kind, way):
    expected, x, y = four.compiled(kind)
    train(expected, x, y, 1)
    model, *_ = four.compiled(kind)
    given, labels = WAYS[way](x, y)
    batch = {} if isinstance(given, (tf.data.Dataset, Pages)) or way == "generator" else {"batch_size": 4}
    model.fit(given, labels, epochs=1, steps_per_epoch=4, verbose=0, shuffle=False, **batch)
    assert same(expected, model)


@kinds
def test_train_on_batch_is_a_step(kind):
    one, x, y = four.compiled(kind)
    other, *_ = four.compiled(kind)
    logs = one.train_on_batch(x, y, return_dict=True)
    other.fit(x, y, batch_size=16, verbose=0, shuffle=False)
    assert same(one, other) and logs.keys() >= {"generator_loss", "discriminator_loss", "real_score", "fake_score"}


def test_positional_arguments_are_those_of_keras():
    model, x, y = four.compiled("conditional")
    history = model.fit(x, y, 8, 3, 0)
    assert len(history.epoch) == 3 and int(model.generator_optimizer.iterations) == 6


@kinds
def test_weights_of_samples_are_refused(kind):
    model, x, y = four.compiled(kind)
    for name, value in (("sample_weight", np.ones(16)), ("class_weight", {0: 1.0, 1: 2.0, 2: 1.0})):
        with pytest.raises(ValueError, match=f"{name}: got weights, expected None"):
            model.fit(x, y, verbose=0, **{name: value})
    with pytest.raises(ValueError, match="sample_weight: "):
        model.train_on_batch(x, y, sample_weight=np.ones(16))


def fits(kind, *given, **options):
    model, *_ = four.compiled(kind)
    return lambda: model.fit(*given, verbose=0, **options)


def batches(*parts):
    return tf.data.Dataset.from_tensor_slices(parts[0] if len(parts) == 1 else parts).batch(4)


A, B, LABELS = four.A, four.B, four.LABELS
ONES = np.ones(16, "float32")
ONE_HOT = np.eye(four.CLASSES, dtype="float32")[LABELS]
RAGGED = tf.ragged.constant([[1.0, 2.0], [3.0]])
OTHER_DATA = {
    "dict": (lambda: fits("pix2pix", {"wanted": B, "given": A}), "data: got a dict of wanted, given, .*in their order"),
    "dict in batches": (
        lambda: fits("conditional", batches(A, LABELS).map(lambda x, y: {"samples": x, "labels": y})),
        "data: got a dict of labels, samples|data: got a dict of samples, labels",
    ),
    "weights": (lambda: fits("cycle_gan", batches(A, B, ONES)), r"data: got 3 part\(s\) .* \(samples, samples\)"),
    "no samples": (lambda: fits("gan", A[:0]), "data: got no samples"),
    "no batch": (lambda: fits("gan", batches(A).take(0)), "data: got no batch; .*drop_remainder"),
    "empty generator": (lambda: fits("gan", iter([])), "data: got no samples"),
    "nothing": (lambda: fits("gan"), "data: got no samples"),
    "endless": (lambda: fits("gan", batches(A).repeat()), "steps_per_epoch: got None, expected a number, because"),
    "endless, unseen": (lambda: fits("gan", A, validation_data=batches(A).repeat()), "steps_per_epoch: got None"),
    "ragged": (lambda: fits("gan", RAGGED), "data: got RaggedTensor, expected arrays.*; pad the rows"),
    "ragged batches": (lambda: fits("gan", batches(RAGGED)), "data: got RaggedTensorSpec, .*; pad the rows"),
    "function": (lambda: fits("gan", lambda: iter([A])), "data: got function, .*; call the function"),
    "Dataset": (lambda: fits("gan", tiny.toy()), r"data: got Dataset, .*; x\.batches\(64\)"),
    "one-hot labels": (lambda: fits("conditional", A, ONE_HOT), r"labels: got float32 .*; np\.argmax\(labels, -1\)"),
}


@pytest.mark.parametrize("name", OTHER_DATA)
def test_data_of_other_kinds_are_refused(name):
    make, message = OTHER_DATA[name]
    fit = make()
    with pytest.raises(ValueError, match=message):
        fit()


def test_labels_that_no_net_takes_are_refused_where_classes_were_asked_for():
    nets = tiny.generator(), tiny.discriminator()
    gan = gan_tf.GAN(*nets, classes=four.CLASSES)
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    gan.fit(A, verbose=0)
    with pytest.raises(ValueError, match=r"^classes: got 3 and labels, but nets that take none; .*second input"):
        gan.fit(A, LABELS, verbose=0)


@pytest.mark.parametrize("kind", ["cycle_gan", "pix2pix", "star_gan"])
def test_float64_trains_as_float32(kind):
    expected, x, y = four.compiled(kind)
    model, *_ = four.compiled(kind)
    for one, dtype in ((expected, "float32"), (model, "float64")):
        one.fit(batches(x.astype(dtype), y if kind == "star_gan" else y.astype(dtype)), verbose=0)
    assert same(expected, model)


# Evaluate, predict ---------------------------------------------------------------------------------------------------


@kinds
def test_evaluate_gives_losses_and_moves_nothing(kind):
    model, x, y = four.compiled(kind)
    train(model, x, y, 1)
    before = {name: array.copy() for name, array in weights.state(model).items()}
    first = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
    assert first == model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
    assert first.keys() == {metric.name for metric in model.metrics} and np.isfinite(list(first.values())).all()
    after = weights.state(model)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_evaluate_computes_the_loss_of_the_data_that_it_is_given():
    """A discriminator without random layers, whose loss on real samples can be worked out."""
    z, x = keras.Input((1,)), keras.Input((1,))
    g = keras.Model(z, layers.Dense(1, kernel_initializer="zeros")(z))  # Makes 0, whatever the latent.
    d = keras.Model(x, layers.Dense(1, kernel_initializer=keras.initializers.Constant(2.0))(x))
    gan = gan_tf.GAN(g, d, loss="wasserstein", penalty="r1", penalty_weight=100.0)
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    found = gan.evaluate(np.array([[1.0], [2.0]], "float32"), verbose=0, return_dict=True)
    assert found["discriminator_loss"] == pytest.approx(-2 * 1.5) and found["generator_loss"] == pytest.approx(0)


@kinds
@pytest.mark.parametrize("split", [False, True])
def test_validation_data(kind, split):
    model, x, y = four.compiled(kind)
    other, *_ = four.compiled(kind)
    unseen = {"validation_split": 0.25} if split else {"validation_data": x[12:] if y is None else (x[12:], y[12:])}
    keep = slice(None) if split else slice(0, 12)
    history = train(model, x[keep], None if y is None else y[keep], **unseen)
    names = [metric.name for metric in model.metrics]
    assert history.history.keys() == {*names, *(f"val_{name}" for name in names)}
    train(other, x[:12], None if y is None else y[:12])
    assert same(model, other)  # To look at unseen data does not change the training.


@pytest.mark.parametrize("way", ["tf.data", "generator"])
def test_unseen_data_of_other_kinds(way):
    """A generator is drawn from in each epoch, and no batch of it is lost."""
    model, x, _ = four.compiled("gan")
    unseen = (
        tf.data.Dataset.from_tensor_slices(x).batch(4)
        if way == "tf.data"
        else ((x[4 * i : 4 * i + 4],) for i in range(4))
    )
    history = train(model, x, None, validation_data=unseen, validation_steps=2)
    assert len(history.history["val_generator_loss"]) == 2


def test_wrong_unseen_data_are_refused_before_training():
    model, x, _ = four.compiled("gan")
    before = tiny.weights(model.generator)
    with pytest.raises(ValueError, match="data: got values from"):
        train(model, x, None, validation_data=100 * x)
    with pytest.raises(ValueError, match="sample_weight: got weights"):
        train(model, x, None, validation_data=(x, None, np.ones(16)))
    assert not tiny.moved(before, model.generator)
    with pytest.raises(tf.errors.InvalidArgumentError, match="data: got values from"):
        train(model, x, None, validation_data=tf.data.Dataset.from_tensor_slices(100 * x).batch(4))


def test_a_learning_rate_set_on_the_pair_is_an_error():
    model, *_ = four.compiled("gan")
    with pytest.raises(AttributeError, match="learning_rate"):
        model.optimizer.learning_rate = 1e-9


@kinds
def test_predict_makes_samples(kind):
    model, x, y = four.compiled(kind)
    if kind in ("gan", "conditional"):
        x, y = model.latents(16, seed=2), y
        expected = model.decode(x, y)
    elif kind == "star_gan":
        expected = model.translate(x, y)
    else:
        expected = model.to_b(x) if kind == "cycle_gan" else model.translate(x)
    given = [x, y] if kind in ("conditional", "star_gan") else x
    np.testing.assert_allclose(model.predict(given, batch_size=5, verbose=0), expected, atol=1e-6)


# Arguments -----------------------------------------------------------------------------------------------------------


def by_sample(*pictures):
    return tf.reduce_mean(tf.square(pictures[-1] - pictures[-2]), axis=(1, 2, 3))


OWN_LOSS = losses.Loss(lambda real, fake: tf.nn.softplus(fake - real), lambda real, fake: tf.reduce_mean(fake), "own")
NO_SCALARS = {
    "loss": (lambda: tiny.gan(loss=OWN_LOSS), "discriminator_loss"),
    "penalty": (lambda: tiny.gan(penalty=lambda judge, real, fake, seed: judge(real)), "penalty"),
    "pix2pix": (lambda: four.compiled("pix2pix", extra_loss=by_sample)[0], "generator_loss"),
    "cycle_gan": (lambda: four.compiled("cycle_gan", extra_loss=by_sample)[0], "generator_loss"),
}


@pytest.mark.parametrize("name", NO_SCALARS)
def test_a_loss_that_is_no_scalar_is_refused(name):
    make, where = NO_SCALARS[name]
    model = make()
    with pytest.raises(ValueError, match=rf"{where}: got shape \(.*\), expected a scalar; take the mean"):
        model.fit(A, None if name in ("loss", "penalty") else B, verbose=0)
    assert int(model.generator_optimizer.iterations) == 0


def with_a_common_layer():
    code, x, common = keras.Input((16,)), keras.Input(four.SHAPE), layers.Dense(16)
    generator = keras.Model(code, layers.Reshape(four.SHAPE)(common(code)))
    return gan_tf.GAN(generator, keras.Model(x, layers.Dense(1)(common(layers.Flatten()(x)))))


class Halved(keras.Model):
    """A generator whose own ``call`` halves what its layers make."""

    def __init__(self):
        z = keras.Input((3,))
        super().__init__(z, layers.Reshape(four.SHAPE)(layers.Dense(16)(z)))

    def call(self, inputs, training=False):
        return 0.5 * super().call(inputs, training=training)


def stateless(samples, seed):
    return tf.image.stateless_random_flip_left_right(samples, seed=(seed, 0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (with_a_common_layer, "generator, discriminator: got one net or layer twice, expected nets without common"),
        (lambda: gan_tf.GAN(Halved(), tiny.discriminator()), "halved.*: got a class with a call of its own.*ema=0"),
        (lambda: tiny.gan(augment=stateless), r"augment: got .*whose seed is a keras\.random\.SeedGenerator"),
        (lambda: gan_tf.GAN(tiny.generator(), tiny.discriminator(), seed=None), "seed: got None, expected a whole"),
        (lambda: tiny.gan(ema="0.9"), "ema: got '0.9', expected a .*number from 0 to below 1"),
        (lambda: tiny.gan(penalty_weight="1"), "penalty_weight: got '1', expected a finite number from 0"),
    ],
)
def test_other_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        make()


def test_float16_of_single_layers_is_scaled_too():
    x = keras.Input(four.SHAPE)
    hidden = layers.Dense(4, dtype="mixed_float16")(layers.Flatten()(x))
    gan = gan_tf.GAN(tiny.generator(), keras.Model(x, layers.Dense(1, dtype="float32")(hidden)))
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    assert isinstance(gan.discriminator_optimizer, keras.optimizers.LossScaleOptimizer)


# Save, copy, show ----------------------------------------------------------------------------------------------------


def test_a_file_for_one_optimizer_is_refused(tmp_path):
    model, *_ = four.compiled("gan")
    with pytest.raises(ValueError, match=r"filepath: got a format for one optimizer, expected x\.keras, or"):
        model.save(tmp_path / "x.h5")


@kinds
@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_a_loaded_model_trains_on_exactly_where_it_was(kind, precision, tmp_path):
    keras.config.set_dtype_policy(precision)
    model, x, y = four.compiled(kind, compile_options={"steps_per_execution": 2})
    train(model, x, y)
    model.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is type(model) and loaded.steps_per_execution == 2 and same(model, loaded)
    for one in (model, loaded):
        train(one, x, y)
    assert same(model, loaded)


@kinds
def test_weights_files_hold_everything_too(kind, tmp_path):
    model, x, y = four.compiled(kind)
    train(model, x, y)
    model.save_weights(tmp_path / "x.weights.h5")
    other, *_ = four.compiled(kind, seed=8)
    other.load_weights(tmp_path / "x.weights.h5")
    for one in (model, other):
        train(one, x, y)
    assert same(model, other)


@kinds
def test_config_and_clone(kind):
    model, *_ = four.compiled(kind, ema=0.5)
    config = json.loads(json.dumps(model.get_config()))
    again = type(model).from_config(config)
    clone = keras.models.clone_model(model)
    for other in (again, clone):
        found = other.get_config()
        assert found.keys() == config.keys() and found["ema"] == 0.5
        for name in config.keys() - model.nets.keys():
            assert found[name] == config[name], name
        for name, net in model.nets.items():
            assert weights.described(net) == weights.described(other.nets[name])
    assert clone.name == model.name


def test_all_arguments_of_a_gan_are_saved(tmp_path):
    gan = four.gan(loss="hinge", ema=0, augment=augment.compose("mirror", augment.noise), seed=5, auxiliary_weight=2.0)
    gan.compile(keras.optimizers.Adam(), keras.optimizers.SGD(0.5))
    gan.save(tmp_path / "x.keras")
    found = keras.models.load_model(tmp_path / "x.keras")
    assert found.loss_pair == losses.LOSSES["hinge"] and found.penalty is losses.r1 and found.penalty_every == 2
    assert (found.ema, found.seed, found.auxiliary_weight) == (0, 5, 2.0) and found.averaged is found.generator
    assert float(found.discriminator_optimizer.learning_rate) == 0.5
    x = tf.constant(four.A)
    np.testing.assert_array_equal(found.augment(x, seed=1), gan.augment(x, seed=1))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("augment", {"augment": lambda samples, seed: samples}),
        ("loss", {"loss": losses.label_smoothing(0.9)}),
    ],
)
def test_what_no_file_can_hold_is_refused_before_training(name, options, tmp_path):
    gan = tiny.gan(**options)
    cure = f"{name}: got .*no file can hold.*register_keras_serializable.*gan.averaged.*gan_tf.Resume"
    with pytest.raises(ValueError, match=cure):
        gan.fit(four.A, verbose=0, callbacks=callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras"))
    assert int(gan.generator_optimizer.iterations) == 0 and not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match=cure):
        gan.save(tmp_path / "x.keras")
    gan.fit(four.A, verbose=0, callbacks=callbacks.ModelCheckpoint(tmp_path / "x.weights.h5", save_weights_only=True))


def test_summary_counts_trained_weights_once(capsys):
    gan = tiny.gan()
    trained = sum(int(np.prod(v.shape)) for net in gan.nets.values() for v in net.trainable_variables)
    assert sum(int(np.prod(v.shape)) for v in gan.trainable_variables) == trained
    lines = []
    gan.summary(print_fn=lambda line, **_: lines.append(line))
    text = "\n".join(lines)
    assert "averaged" in text and f"Trainable params: {trained:,}" in text


# Callbacks -----------------------------------------------------------------------------------------------------------


@kinds
@pytest.mark.parametrize("ending", ["keras", "weights.h5"])
def test_model_checkpoint(kind, ending, tmp_path):
    model, x, y = four.compiled(kind)
    path = tmp_path / f"best.{ending}"
    kept = callbacks.ModelCheckpoint(path, monitor="generator_loss", mode="min", save_weights_only=ending != "keras")
    train(model, x, y, callbacks=[kept])
    loaded = keras.models.load_model(path) if ending == "keras" else four.compiled(kind, seed=4)[0]
    if ending != "keras":
        loaded.load_weights(path)
    assert same(model, loaded)


class Stop(callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


@kinds
def test_backup_and_restore_goes_on_where_it_was(kind, tmp_path):
    expected, x, y = four.compiled(kind)
    train(expected, x, y, 4)
    broken, *_ = four.compiled(kind)
    with pytest.raises(KeyboardInterrupt):
        train(broken, x, y, 4, callbacks=[callbacks.BackupAndRestore(tmp_path), Stop()])
    again, *_ = four.compiled(kind, seed=9)
    history = train(again, x, y, 4, callbacks=[callbacks.BackupAndRestore(tmp_path)])
    assert history.epoch == [2, 3] and same(expected, again)


class Score(callbacks.Callback):
    """A number that is best after the first epoch."""

    def on_epoch_end(self, epoch, logs=None):
        logs["distance"] = float(epoch)


@kinds
def test_early_stopping_restores_the_best_weights(kind):
    model, x, y = four.compiled(kind)
    stop = callbacks.EarlyStopping("distance", mode="min", patience=2, restore_best_weights=True)
    history = train(model, x, y, 9, callbacks=[Score(), stop])
    first, *_ = four.compiled(kind)
    train(first, x, y, 1)
    assert len(history.epoch) == 3
    for one, other in zip(model.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@kinds
def test_learning_rates_follow_callbacks(kind):
    model, x, y = four.compiled(kind)
    halve = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    plateau = callbacks.ReduceLROnPlateau("distance", mode="min", factor=0.1, patience=1)
    history = train(model, x, y, 2, callbacks=[Score(), halve, plateau])
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert float(optimizer.learning_rate) == pytest.approx(1e-2 / 4 * 0.1)
    rates = [values for name, values in history.history.items() if name.startswith("learning_rate_")]
    assert len(rates) == 2 and rates[0] == pytest.approx([5e-3, 2.5e-3])


@kinds
def test_tensorboard_with_every_option(kind, tmp_path):
    model, x, y = four.compiled(kind)
    board = callbacks.TensorBoard(
        tmp_path, histogram_freq=1, write_graph=True, write_images=True, write_steps_per_second=True, update_freq=1,
        profile_batch=(1, 2), embeddings_freq=1,
    )  # fmt: skip
    train(model, x, y, callbacks=[board], validation_data=x if y is None else (x, y))
    found = set()
    for path in tmp_path.rglob("events*"):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            found |= {value.tag for value in event.summary.value}
    assert {"epoch_generator_loss", "epoch_steps_per_second", "batch_generator_loss"} <= found
    assert any(name.startswith("epoch_learning_rate_") for name in found) and any("histogram" in n for n in found)


@kinds
def test_logs_lambda_and_nan(kind, tmp_path):
    model, x, y = four.compiled(kind)
    epochs = []
    seen = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(logs["generator_loss"]))
    train(model, x, y, callbacks=[callbacks.CSVLogger(tmp_path / "x.csv"), seen, callbacks.TerminateOnNaN()])
    header, *rows = (tmp_path / "x.csv").read_text().splitlines()
    assert len(rows) == len(epochs) == 2 and "generator_loss" in header


def test_swap_ema_weights():
    def trained(*extra):
        model, x, _ = four.compiled("gan")
        optimizers = [keras.optimizers.Adam(1e-2, use_ema=True, ema_momentum=0.9) for _ in range(2)]
        model.compile(*optimizers)
        train(model, x, None, callbacks=list(extra))
        return model

    seen = []
    swap = callbacks.SwapEMAWeights(swap_on_epoch=True)
    look = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(model_weights()))
    model, x, _ = four.compiled("gan")
    model.compile(*[keras.optimizers.Adam(1e-2, use_ema=True, ema_momentum=0.9) for _ in range(2)])

    def model_weights():
        return model.generator.trainable_variables[0].numpy()

    train(model, x, None, callbacks=[swap, look])
    # Without the callback Keras puts the averages in place at the end of fit; so do we.
    np.testing.assert_allclose(trained().generator.trainable_variables[0], seen[-1], atol=1e-7)


@kinds
@pytest.mark.parametrize("make", [callbacks.EarlyStopping, lambda: callbacks.ReduceLROnPlateau(monitor="loss")])
def test_a_callback_that_waits_for_a_single_loss_is_refused(kind, make):
    model, x, y = four.compiled(kind)
    with pytest.raises(ValueError, match=r"monitor: got '(val_)?loss' in .*one of generator_loss, .*'distance'"):
        model.fit(x, y, verbose=0, callbacks=make())
    assert int(model.generator_optimizer.iterations) == 0


@pytest.mark.parametrize("make", [callbacks.EarlyStopping, callbacks.ReduceLROnPlateau])
def test_a_callback_must_know_what_is_better(make):
    model, x, _ = four.compiled("gan")
    with pytest.raises(ValueError, match=r"mode: got 'auto' in .*, expected 'min' or 'max' of 'val_generator_loss'"):
        model.fit(x, validation_data=x, verbose=0, callbacks=make(monitor="val_generator_loss"))
    assert int(model.generator_optimizer.iterations) == 0
