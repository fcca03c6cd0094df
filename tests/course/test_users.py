"""What people who train GANs run into, kind by kind: each is right, or refused with what to do."""

import os
import re
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf
from keras import layers
from PIL import Image
from tests.helpers import four, tiny
from tests.helpers.recordings import RATE, packed_by_av, tone

import gan_tf
from gan_course import data, evaluation, export, show
from gan_course.data import DataError, sounds

REAL = four.A


def adams(*rates):
    return [keras.optimizers.Adam(rate) for rate in rates or (1e-3, 1e-3)]


def untrained(gan):
    return int(gan.generator_optimizer.iterations) == 0


def run(code, **environment):
    """A script in a process of its own, as import and devices can be set up only once."""
    code = textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, timeout=200
    )
    return done.returncode, done.stdout + done.stderr


def test_01_an_mp3_of_variable_rate_without_a_header_is_read_to_its_end(tmp_path):
    packed_by_av(tmp_path / "a.mp3", tone(31, 44_100), 44_100, variable=True, write_xing="0")
    assert len(sounds.read(tmp_path / "a.mp3", RATE)) == pytest.approx(31 * RATE, abs=0.1 * RATE)


@pytest.mark.parametrize("kind", ["l2", "activity", "add_loss"])
def test_02_regularisers_and_added_losses_count(kind):
    class Added(layers.Layer):
        def call(self, x):
            self.add_loss(0.5 * keras.ops.mean(x**2))
            return x

    def net(kind):
        x = keras.Input((2,))
        options = {"kernel_regularizer": "l2"} if kind == "l2" else {}
        options |= {"activity_regularizer": "l2"} if kind == "activity" else {}
        made = layers.Dense(1, kernel_initializer="ones", **options)(x)
        return keras.Model(x, Added()(made) if kind == "add_loss" else made)

    def moved(kind):
        keras.utils.set_random_seed(0)
        z = keras.Input((2,))
        gan = gan_tf.GAN(keras.Model(z, layers.Dense(2)(z)), net(kind), ema=0)
        gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.1))
        gan.train_on_batch(np.array([[0.5, -1.0], [1.0, 2.0]], "float32"))
        return gan.discriminator.layers[1].kernel.numpy()

    plain, found = moved(None), moved(kind)
    if kind == "l2":  # The gradient of 0.01 w^2 at w = 1, times the rate.
        np.testing.assert_allclose(plain - found, 0.1 * 0.02, atol=1e-6)
    assert np.abs(plain - found).max() > 1e-4


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_03_a_net_with_nothing_to_train_is_refused(name):
    gan = gan_tf.GAN(tiny.generator(), tiny.discriminator())
    getattr(gan, name).trainable = False
    with pytest.raises(ValueError, match=rf"^{name}: got a net without trainable weights; set {name}.trainable = True"):
        gan.compile(*adams())


def test_03_a_net_frozen_after_compile_is_refused_too():
    gan, x, _ = four.compiled("gan")
    gan.discriminator.trainable = False
    for train in (gan.fit, gan.train_on_batch):
        with pytest.raises(ValueError, match=r"^discriminator_optimizer: .*compile again after a change of trainable"):
            train(x)
    assert untrained(gan)


@pytest.mark.parametrize("how", ["argument", "layer", "ops", "sequential", "nested"])
def test_04_probabilities_instead_of_logits_are_refused(how):
    x = keras.Input(tiny.SHAPE)
    flat = layers.Flatten()(x)
    net = {
        "argument": lambda: keras.Model(x, layers.Dense(1, activation="sigmoid")(flat)),
        "layer": lambda: keras.Model(x, layers.Activation("sigmoid", dtype="float32")(layers.Dense(1)(flat))),
        "ops": lambda: keras.Model(x, keras.ops.sigmoid(layers.Dense(1)(flat))),
        "sequential": lambda: keras.Sequential([x, layers.Flatten(), layers.Dense(1, activation="sigmoid")]),
        "nested": lambda: keras.Model(
            x, keras.Sequential([keras.Input((16,)), layers.Dense(1, activation="sigmoid")])(flat)
        ),
    }[how]()
    with pytest.raises(ValueError, match=r"^discriminator: got sigmoid at its end, expected logits: leave the"):
        gan_tf.GAN(tiny.generator(), net)


ENDS = {
    "wrapper": lambda x, flat: layers.SpectralNormalization(layers.Dense(1, activation="sigmoid"))(flat),
    "each step": lambda x, flat: layers.Flatten()(
        layers.TimeDistributed(layers.Dense(1, activation="sigmoid"))(layers.Reshape((1, 16))(flat))
    ),
    "dropout": lambda x, flat: layers.Dropout(0.1)(layers.Dense(1, activation="sigmoid")(flat)),
    "pooling": lambda x, flat: layers.GlobalAveragePooling2D()(layers.Conv2D(1, 3, activation="sigmoid")(x)),
    "ops": lambda x, flat: keras.ops.reshape(layers.Dense(1, activation="sigmoid")(flat), (-1, 1)),
    "hard": lambda x, flat: layers.Dense(1, activation="hard_sigmoid")(flat),
    "relu": lambda x, flat: layers.ReLU()(layers.Dense(1)(flat)),
}


@pytest.mark.parametrize("end", ENDS)
def test_04_also_behind_layers_that_only_move_values(end):
    x = keras.Input(tiny.SHAPE)
    net = keras.Model(x, ENDS[end](x, layers.Flatten()(x)))
    with pytest.raises(ValueError, match=r"^discriminator: got \w+ at its end, expected logits"):
        gan_tf.GAN(tiny.generator(), net)


@pytest.mark.parametrize("first", [False, True])
def test_04_each_of_two_outputs_has_an_end_of_its_own(first):
    x = keras.Input(tiny.SHAPE)
    flat = layers.Flatten()(x)
    logits = layers.Reshape((1,))(layers.Dense(1, activation="sigmoid" if first else None)(flat))
    # Of the same depth, so that either branch may come last among the layers.
    named = layers.Reshape((3,))(layers.Dense(3, activation=None if first else "softmax")(flat))
    with pytest.raises(ValueError, match=f"got {'sigmoid' if first else 'softmax'} at its end"):
        gan_tf.GAN(tiny.generator(classes=3), keras.Model(x, [logits, named]))


def test_04_and_the_range_of_a_generator_is_known_behind_them_too():
    z = keras.Input((3,))
    made = keras.ops.reshape(layers.Dense(16, activation="tanh")(z), (-1, *tiny.SHAPE))
    gan = gan_tf.GAN(keras.Model(z, layers.ZeroPadding2D(0)(made)), tiny.discriminator())
    gan.compile(*adams())
    with pytest.raises(ValueError, match=r"data: got values .* expected -1 to 1"):
        gan.fit(255 * np.abs(REAL), verbose=0)


@pytest.mark.parametrize("make", [four.patches, lambda: four.patches(2), lambda: four.patches(classes=True)])
def test_04_also_for_translators(make):
    kind = {1: gan_tf.StarGAN, 2: gan_tf.Pix2Pix}
    net = make()
    outputs = [layers.Activation("sigmoid")(net.outputs[0]), *net.outputs[1:]]
    net = keras.Model(net.inputs, outputs if len(outputs) > 1 else outputs[0])
    with pytest.raises(ValueError, match="got sigmoid at its end, expected logits"):
        if len(net.outputs) == 1 and len(net.inputs) == 1:
            gan_tf.CycleGAN(four.translator(), four.translator(), net, four.patches())
        else:
            kind[len(net.inputs)](four.translator(labels=len(net.outputs) == 2), net)


RANGES = {
    "bytes": (255 * (REAL + 1) / 2, r"from 0\..* to 2\d\d.*, expected -1 to 1, .*; x / 127.5 - 1"),
    "0 to 1": ((REAL + 1) / 2, r"expected -1 to 1, .*; 2 \* x - 1"),
    "standardised": (3 * REAL, "expected -1 to 1, .*; scale the samples"),
    "NaN": (np.where(REAL > 0.5, np.nan, REAL).astype("float32"), "from nan to nan"),
}


class Pages(keras.utils.PyDataset):
    """Batches of eight samples."""

    def __init__(self, x):
        super().__init__()
        self.x = x

    def __len__(self):
        return len(self.x) // 8

    def __getitem__(self, i):
        return (self.x[8 * i : 8 * i + 8],)


def in_batches(way, x):
    """Samples in batches of eight, in one of Keras' ways, or as they are."""
    pages = Pages(x)
    return {
        "tf.data": lambda: tf.data.Dataset.from_tensor_slices(x).batch(8),
        "PyDataset": lambda: pages,
        "generator": lambda: (pages[i] for i in range(len(pages))),
    }.get(way, lambda: x)()


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("way", ["array", "tf.data", "PyDataset", "generator", "train_on_batch", "evaluate"])
def test_05_samples_in_another_range_are_refused_with_the_first_batch(name, way):
    x, message = RANGES[name]
    x = x.astype("float32")
    gan, *_ = four.compiled("gan")
    error = tf.errors.InvalidArgumentError if way == "tf.data" else ValueError
    before = tiny.weights(gan.generator)
    with pytest.raises(error, match=rf"data: got values .*{message}"):
        if way == "train_on_batch":
            gan.train_on_batch(x)
        elif way == "evaluate":
            gan.evaluate(x, verbose=0)
        else:
            gan.fit(in_batches(way, x), verbose=0)
    assert not tiny.moved(before, gan.generator)


@pytest.mark.parametrize("way", ["array", "tf.data", "PyDataset", "generator"])
@pytest.mark.parametrize("bad", [255.0, np.nan])
def test_05_also_behind_the_first_batch(way, bad):
    x = np.tile(REAL, (20, 1, 1, 1))
    x[-1, 0] = bad
    gan, *_ = four.compiled("gan")
    with pytest.raises(ValueError if way == "array" else tf.errors.InvalidArgumentError, match="data: got"):
        gan.fit(in_batches(way, x), verbose=0, shuffle=False)
    assert np.isfinite(gan.generator.get_weights()[0]).all() and untrained(gan) == (way == "array")


def test_05_nan_is_refused_where_the_range_is_not_known():
    z, x = keras.Input((3,)), keras.Input((2,))
    gan = gan_tf.GAN(keras.Model(z, layers.Dense(2)(z)), keras.Model(x, layers.Dense(1)(x)))
    gan.compile(*adams())
    with pytest.raises(tf.errors.InvalidArgumentError, match="data: got other values or NaN, expected finite ones"):
        gan.fit(np.full((8, 2), np.nan, "float32"), verbose=0)
    assert np.isfinite(gan.generator.get_weights()[0]).all()


BYTES = (127.5 * (REAL + 1)).astype("uint8")


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("way", ["fit", "train_on_batch", "test_on_batch", "evaluate", "predict"])
def test_05_bytes_as_the_source_of_a_translator(way, dtype):
    pix2pix, _, y = four.compiled("pix2pix")
    before = tiny.weights(pix2pix.generator)
    given = (BYTES.astype(dtype),) if way == "predict" else (BYTES.astype(dtype), y)
    options = {} if way.endswith("batch") else {"verbose": 0}
    message = r"data: got samples of uint8 .*in \[-1, 1\]" if dtype == "uint8" else "data: got other values or NaN"
    with pytest.raises(ValueError if dtype == "uint8" else tf.errors.InvalidArgumentError, match=message):
        getattr(pix2pix, way)(*given, **options)
    assert not tiny.moved(before, pix2pix.generator)


def test_05_points_may_all_be_positive():
    """A toy: two numbers a sample, from 0 to 1, which a tanh can make."""
    z, x = keras.Input((3,)), keras.Input((2,))
    gan = gan_tf.GAN(keras.Model(z, layers.Dense(2, activation="tanh")(z)), keras.Model(x, layers.Dense(1)(x)))
    gan.compile(*adams())
    gan.fit(np.random.default_rng(0).uniform(size=(64, 2)).astype("float32"), verbose=0)
    assert int(gan.generator_optimizer.iterations) == 2


def test_05_a_generator_without_a_known_range_takes_any_and_a_sigmoid_wants_0_to_1():
    def trained(activation, x):
        z = keras.Input((3,))
        made = layers.Reshape(tiny.SHAPE)(layers.Dense(16, activation=activation)(z))
        gan = gan_tf.GAN(keras.Model(z, made), tiny.discriminator())
        gan.compile(*adams())
        gan.fit(x, verbose=0)
        return gan

    trained("linear", 255 * np.abs(REAL))
    trained("sigmoid", np.abs(REAL))
    with pytest.raises(ValueError, match=r"data: got values from -.* expected 0 to 1"):
        trained("sigmoid", REAL)


def test_05_pictures_out_of_range_are_not_shown():
    for show_them in (show.mosaic, lambda x: show.save_png("x.png", x[0])):
        with pytest.raises(ValueError, match=r"expected \[-1, 1\]; x / 127.5 - 1 for bytes"):
            show_them(255 * np.abs(REAL))


@pytest.mark.parametrize("penalty", ["r1", "gradient_penalty"])
def test_06_batch_norm_in_a_discriminator_with_a_gradient_penalty_is_refused(penalty):
    x = keras.Input(tiny.SHAPE)
    net = keras.Model(x, layers.Dense(1)(layers.BatchNormalization(name="mixes")(layers.Flatten()(x))))
    with pytest.raises(ValueError, match=r"^penalty: got one with batch normalization \(mixes\) in the discriminator"):
        gan_tf.GAN(tiny.generator(), net, penalty=penalty)
    gan_tf.GAN(tiny.generator(), net)


def test_06_also_inside_another_net_but_not_a_frozen_one():
    x = keras.Input(tiny.SHAPE)
    inner = keras.Sequential([keras.Input((16,)), layers.BatchNormalization(name="mixes"), layers.Dense(1)])
    net = keras.Model(x, inner(layers.Flatten()(x)))
    with pytest.raises(ValueError, match=r"^penalty: got one with batch normalization \(mixes\)"):
        gan_tf.GAN(tiny.generator(), net, penalty="r1")
    inner.layers[0].trainable = False
    gan_tf.GAN(tiny.generator(), net, penalty="r1")


def test_05_one_bright_picture_is_no_reason_to_refuse():
    model, _, y = four.compiled("pix2pix")
    bright = np.abs(y[:4])
    model.fit(tf.data.Dataset.from_tensor_slices((y[:4], bright)).batch(1), verbose=0)


def test_07_files_that_cannot_be_read_are_counted_in_one_line(tmp_path, capsys):
    for i in range(2):
        Image.new("RGB", (8, 8), (9 * i, 0, 0)).save(tmp_path / f"{i}.png")
        (tmp_path / f"{i}.heic").write_bytes(b"not for Pillow")
    assert len(data.from_folder(tmp_path, size=8)) == 2
    assert re.search(r"passed over in .*: 2 \.heic", capsys.readouterr().out)


def test_07_m4a_is_read(tmp_path):
    for name in "ab":
        packed_by_av(tmp_path / f"{name}.m4a", tone(1, 44_100), 44_100, codec="aac")
    assert len(data.sounds_from_folder(tmp_path)) == 2


def test_08_a_csv_line_with_an_unquoted_comma_is_skipped_and_counted(tmp_path, capsys):
    rows = ["speaker,line,reply", "Ann,Good morning.,Good morning.", "Ann,Well, well.,Yes.", "Bob,Where to?,Home."]
    (tmp_path / "x.csv").write_text("\n".join(rows), encoding="utf-8")
    found = data.dialogue_from_csv(tmp_path / "x.csv")
    assert len(found) == 2
    assert re.search(r"skipped 1 of 3 rows of x\.csv", capsys.readouterr().out)


FIXED = "loss_pair", "penalty", "penalty_weight", "ema", "seed", "augment", "generator", "discriminator"


@pytest.mark.parametrize("name", [*FIXED, "generator_optimizer", "discriminator_optimizer"])
@pytest.mark.parametrize("trained", [False, True])
def test_09_what_is_in_use_cannot_be_changed_in_silence(name, trained):
    gan, x, _ = four.compiled("gan")
    if trained:
        gan.fit(x, verbose=0)
    cure = "make a new GAN" if name in FIXED else "compile again"
    with pytest.raises(AttributeError, match=f"^{name}: cannot be changed; {cure}"):
        setattr(gan, name, getattr(gan, name))
    gan.compile(*adams())


def test_10_tflite_from_a_bfloat16_net(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    net = tiny.generator()
    path = export.save(tmp_path / "x.tflite", net)
    z = np.zeros((1, 3), "float32")
    np.testing.assert_allclose(export.load(path)(z), net(z, training=False), atol=0.02)


def test_11_an_mp3_of_constant_rate_without_a_header_is_not_called_damaged(tmp_path, capsys):
    for name in "ab":
        packed_by_av(tmp_path / f"{name}.mp3", tone(1, 44_100), 44_100, write_xing="0")
    assert len(data.sounds_from_folder(tmp_path)) == 2 and "damaged" not in capsys.readouterr().out


# 12 to 16, and `PyDataset`, generators, `save` and callbacks, are in tests/gan_tf/test_keras.py; here in short.


def test_12_13_14_the_signatures_of_keras():
    gan, x, y = four.compiled("conditional")
    gan.fit(x, y, batch_size=8, epochs=2, validation_split=0.25, verbose=0)
    gan.train_on_batch(x, y)
    assert set(gan.evaluate(x, y, verbose=0, return_dict=True)) == {metric.name for metric in gan.metrics}
    assert gan.predict([gan.latents(16), y], verbose=0).shape == x.shape


def test_15_export_of_a_whole_gan_names_the_average(tmp_path):
    gan, *_ = four.compiled("gan")
    gan.save(tmp_path / "x.keras")
    with pytest.raises(ValueError, match=r"gan\.averaged"):
        export.save(tmp_path / "x.tflite", gan)


def test_16_callbacks_find_both_optimizers():
    gan, x, _ = four.compiled("gan")
    gan.fit(x, verbose=0, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.5)])
    assert [float(one.learning_rate) for one in gan.optimizer.optimizers] == [0.5, 0.5]


DEVICES = """
    import gan_tf, keras, numpy as np, tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    from tests.helpers import four, tiny
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        gan = four.compiled("gan")[0]
    for given in (four.A[:15], tf.data.Dataset.from_tensor_slices(four.A[:15]).batch(8)):
        try:
            gan.fit(given, batch_size=None if hasattr(given, "batch") else 8, verbose=0)
        except Exception as error:
            print("17:", " ".join(str(error).split()))
    generator, discriminator = tiny.generator(), tiny.discriminator()
    with strategy.scope():
        try:
            gan_tf.GAN(generator, discriminator)
        except ValueError as error:
            print("18:", error)
        try:
            four.cycle_gan()
        except ValueError as error:
            print("pool:", error)
"""


def test_17_18_several_devices():
    status, found = run(DEVICES)
    assert status == 0, found
    message = r"data: got a batch of 7 samples, expected a multiple of 2, the number of replicas; .*drop_remainder=True"
    assert len(re.findall(rf"17: .*{message}", found)) == 2, found
    assert "18: generator: got weights from outside of the strategy, expected nets built inside its scope()" in found
    assert "pool: got 4, expected a whole number from 0 to 0" in found


def test_19_channels_first_is_refused_at_import(tmp_path):
    code = "import keras; keras.config.set_image_data_format('channels_first'); import gan_tf"
    status, found = run(code)
    assert status and "channels_last" in found and "keras.json" in found


@pytest.mark.parametrize("kind", ["lambda", "no config"])
def test_20_a_layer_that_cannot_be_copied_is_named(kind):
    class Own(layers.Layer):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def call(self, x):
            return self.factor * x

    z = keras.Input((3,))
    made = layers.Lambda(lambda x: 2 * x)(z) if kind == "lambda" else Own(2.0)(z)
    net = keras.Model(z, layers.Reshape(tiny.SHAPE)(layers.Dense(16)(made)), name="my_net")
    with pytest.raises(ValueError, match=r"^my_net: got a layer .* copied .*register_keras_serializable.*ema=0"):
        gan_tf.GAN(net, tiny.discriminator())
    gan_tf.GAN(net, tiny.discriminator(), ema=0)


def test_21_arrays_are_evaluated():
    digits = data.load("mnist", "test", source="embedded")
    report = evaluation.evaluate(digits.x[:300], digits, n=300)
    assert 0 <= report.precision <= 1


def test_22_one_long_take_gives_windows(tmp_path):
    steps = [tone(1.024, RATE, frequency=200 + 50 * i) for i in range(20)]
    soundfile.write(tmp_path / "take.wav", np.concatenate(steps), RATE)
    found = data.sounds_from_folder(tmp_path, seconds=1.024, hop=0.512)
    assert len(found) == 38 and not np.array_equal(found.x[0], found.x[1])


def test_23_halves_of_one_file_and_the_same_folder_twice(tmp_path):
    for i in range(2):
        picture = np.zeros((8, 16, 3), np.uint8)
        picture[:, 8:] = 255 - i
        Image.fromarray(picture).save(tmp_path / f"{i}.png")
    pairs = data.pairs_from_halves(tmp_path, size=8)
    given, wanted = (part.numpy() for part in next(iter(pairs.batches(2))))
    assert (given == -1).all() and (wanted > 0.9).all()
    with pytest.raises((ValueError, DataError), match="got the folder that is given"):
        data.pairs_from_folder(tmp_path, tmp_path, size=8)


@pytest.mark.parametrize("side", [0, 1])
def test_24_an_optimizer_of_another_gan_is_refused_at_compile(side):
    first, *_ = four.compiled("gan")
    given = adams()
    given[side] = (first.generator_optimizer, first.discriminator_optimizer)[side]
    name = ("generator_optimizer", "discriminator_optimizer")[side]
    with pytest.raises(
        ValueError, match=f"^{name}: got one that trains other weights, expected a new optimizer for each GAN"
    ):
        four.gan().compile(*given)
    first.compile(first.generator_optimizer, first.discriminator_optimizer)  # Its own may be given again.


def test_25_a_callback_need_not_be_in_a_list(tmp_path):
    gan, x, _ = four.compiled("gan")
    gan.fit(x, verbose=0, callbacks=gan_tf.Resume(tmp_path))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "augment", [layers.RandomFlip(), lambda samples: samples, lambda samples, seed: samples[:, :2], "mirror"]
)
def test_25_an_augmentation_of_another_kind_is_refused(augment):
    with pytest.raises(ValueError, match=r"^augment: got .*expected a function"):
        tiny.gan(augment=augment)


def test_25_a_live_view_of_a_conditional_gan_needs_the_classes():
    nets = tiny.generator(classes=3), tiny.discriminator(classes=3)
    gan = gan_tf.GAN(*nets)
    gan.compile(*adams())
    with pytest.raises(ValueError, match="classes"):
        gan.fit(REAL, four.LABELS, verbose=0, callbacks=show.LiveSamples())
    assert untrained(gan)
