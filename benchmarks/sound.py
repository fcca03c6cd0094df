"""The measurements behind lesson 03, on the spoken digits.

    python benchmarks/sound.py inversion     the way back to sound: ours, librosa's, and a learned one
    python benchmarks/sound.py noise         how much the distance of real recordings varies from draw to draw
    python benchmarks/sound.py trials [--only NAME ...] [--seconds 60]    one change at a time, equal training time

Seconds are those of training; to measure is not counted. Do not run anything else meanwhile.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import timing  # before keras: it imports gan_tf, which silences the start-up lines

# isort: split
import keras
import librosa
import numpy as np
from keras import layers

import gan_tf
import recipes
from gan_course import audio, data, evaluation, pretrained
from gan_tf import metrics
from gan_tf.checks import whole
from training import Trial, trials

CONFIG = audio.DIGITS


OURS = Trial.of(recipes.SPOKEN_DIGITS)
TRIALS: dict[str, Trial] = {
    "the recipe": OURS,
    "the recipe, once more": OURS,
    "batch norm in the generator": OURS.changed(generator_options={"batch_norm": True}),
    "batches of 64": OURS.changed(batch_size=64),
    "resize and convolve": OURS.changed(generator_options={"resize": True}),
    "both nets 1.5 times as wide": OURS.changed(
        generator_options={"widths": (192, 96, 48, 24)}, discriminator_options={"widths": (24, 48, 96, 192)}
    ),
    "learning rate 1e-3": OURS.changed(learning_rate=1e-3),
    "R1 with gamma 1": OURS.changed(gan={"penalty_weight": 1.0}),
    "moved twice as far": OURS.changed(gan={"augment": recipes.moved(2, 8)}),
    "not moved": OURS.changed(gan={"augment": None}),
    "Wasserstein and gradient penalty, one critic step each": OURS.changed(
        gan={"loss": "wasserstein", "penalty": "gradient_penalty", "penalty_weight": 10.0, "penalty_every": 1}
    ),
}


def listened(gan: gan_tf.GAN) -> dict[str, float]:
    """Is the asked digit heard in 1,000 sounds, and how many does each speaker's timbre get?"""
    asked = np.arange(1_000) % 10
    sounds = audio.to_waveform(gan.sample(1_000, seed=1, labels=asked))
    speakers = evaluation.feature_network("spoken_digits_speakers").predict_logits(sounds).argmax(axis=1)
    return {
        "heard": round(evaluation.label_accuracy(sounds, asked, "spoken_digits"), 3),
        "rarest_speaker": round(float(np.bincount(speakers, minlength=6).min()) / 1_000, 3),
    }


def log_spectral_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Decibels between the spectra of sounds ``(n, samples)``: root mean square over frequencies, mean over time.

    Both are cut off 60 dB below the loudest magnitude of the pair.
    """
    spectra = [np.abs(librosa.stft(x, n_fft=CONFIG.n_fft, hop_length=CONFIG.hop_length)) for x in (a, b)]
    top = np.maximum(spectra[0].max((1, 2), keepdims=True), spectra[1].max((1, 2), keepdims=True)) + 1e-9
    decibels = [20 * np.log10(np.maximum(s, 1e-3 * top) / top) for s in spectra]
    return float(np.sqrt(((decibels[0] - decibels[1]) ** 2).mean(axis=1)).mean())


def by_librosa(log_mels: np.ndarray) -> np.ndarray:
    """One sound after the other, by the two halves of ``librosa.feature.inverse.mel_to_audio``; its momentum is 0.99.

    They are called one by one only to fix the seed of the phase. Silence and sounds that are too loud are treated as
    in :func:`gan_course.audio.to_waveform`.
    """
    sounds = []
    for picture in log_mels[..., 0]:
        padded = np.pad(picture, ((0, 0), (0, 1)), constant_values=-1.0)
        mel = CONFIG.reference * 10 ** ((padded - 1) * CONFIG.dynamic_range / 40)
        magnitudes = librosa.feature.inverse.mel_to_stft(
            np.where(padded > -0.999, mel, 0.0), sr=CONFIG.sample_rate, n_fft=CONFIG.n_fft, power=1.0,
            fmin=CONFIG.fmin, fmax=CONFIG.fmax,
        )  # fmt: skip
        sound = librosa.griffinlim(
            magnitudes, n_iter=32, hop_length=CONFIG.hop_length, n_fft=CONFIG.n_fft,
            length=picture.shape[1] * CONFIG.hop_length, random_state=0,
        )  # fmt: skip
        sounds.append(sound / max(1.0, np.abs(sound).max()))
    return np.stack(sounds)


def learned_inverter(sounds: data.Sounds, seconds: float, width: int = 256) -> Callable[[np.ndarray], np.ndarray]:
    """A network from mel bands to the magnitudes of all frequencies, trained for so long; the phase is found as before.

    It predicts logarithms, and knows what the speech in the training set sounds like; the matrix knows only the bands.
    """
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, CONFIG.n_mels))
    x = inputs
    for kernel in (5, 5, 3):
        x = layers.LeakyReLU(0.2)(layers.Conv1D(width, kernel, padding="same")(x))
    outputs = layers.Conv1D(CONFIG.n_fft // 2 + 1, 1, dtype="float32")(x)
    net = keras.Model(inputs, outputs)
    net.compile(keras.optimizers.Adam(2e-3), "mean_absolute_error")
    spectra = np.abs(librosa.stft(sounds.x, n_fft=CONFIG.n_fft, hop_length=CONFIG.hop_length))[..., :-1]
    targets = np.log(np.maximum(spectra, 1e-3)).transpose(0, 2, 1)
    pictures = audio.log_mel(sounds.x)[..., 0].transpose(0, 2, 1)
    net.train_on_batch(pictures[:64], targets[:64])  # The trace is made here, outside the clock.
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        part = (time.perf_counter() - began) / seconds
        net.optimizer.learning_rate.assign(2e-3 * (1 - part) + 1e-5)
        net.fit(pictures, targets, batch_size=64, epochs=1, verbose=0)

    def invert(log_mels: np.ndarray) -> np.ndarray:
        bands = log_mels[..., 0].transpose(0, 2, 1)
        found = np.exp(net.predict(bands, verbose=0))
        found[bands.max(axis=2) <= -0.999] = 0.0
        return audio.griffin_lim(np.pad(found, ((0, 0), (0, 1), (0, 0))), CONFIG)

    return invert


def inversion(clips: int, rounds: int, seconds: float) -> None:
    """Time and error of the ways back, for real recordings that the learned one has not seen."""
    gan_tf.setup(seed=0)
    keras.config.set_dtype_policy("float32")
    train, test = (data.load("spoken_digits", split, source="real") for split in ("train", "test"))
    judge = evaluation.feature_network("spoken_digits")
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "librosa, one after the other": by_librosa,
        "gan_course.audio, all at once": audio.to_waveform,
        "gan_course.audio, bands sharpened": lambda x: audio.to_waveform(audio.sharpen(x)),
        "gan_course.audio, no momentum": lambda x: audio.to_waveform(x, momentum=0.0),
        f"a network trained for {seconds:.0f} s, then gan_course.audio": learned_inverter(train, seconds),
    }
    pictures = audio.log_mel(test.x)
    generated = pretrained.load("spoken_digits_mel").sample(300, seed=0)
    asked = np.arange(300) % 10
    found = {}
    for name, way in ways.items():
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            way(pictures[:clips])
            times.append(time.perf_counter() - began)
        back = way(pictures)
        found[name] = {
            "seconds": round(min(times), 3),
            "log_mel_error": round(float(np.abs(audio.log_mel(back) - pictures).mean()), 4),
            "log_spectral_distance": round(log_spectral_distance(test.x, back), 2),
            "heard": round(evaluation.label_accuracy(back, test.labels, judge), 3),
            "heard_generated": round(evaluation.label_accuracy(way(generated), asked, judge), 3),
        }
        print(f"{name}: {found[name]}", flush=True)
    times = []
    for seed in range(rounds + 1):  # the first one traces
        began = time.perf_counter()
        pretrained.sample_audio(clips, seed=seed)
        times.append(time.perf_counter() - began)
    timing.write(
        "sound_inversion",
        {
            "clips": clips,
            "rounds": rounds,
            "noise_to_sound": round(min(times[1:]), 2),
            "heard_original": round(evaluation.label_accuracy(test.x, test.labels, judge), 3),
            "heard_generated_spectrogram": round(evaluation.label_accuracy(generated, asked, judge), 3),
            "ways": found,
        },
    )


def noise(draws: int = 20) -> None:
    """The distance of as many training recordings as there are unseen ones, for other draws."""
    gan_tf.setup(seed=0)
    network = evaluation.feature_network("spoken_digits")
    train, test = (
        network.features(audio.spectrograms(data.load("spoken_digits", split, source="real")).x)
        for split in ("train", "test")
    )
    random = np.random.default_rng(0)
    found = [metrics.frechet_distance(train[random.permutation(len(train))[: len(test)]], test) for _ in range(draws)]
    print(f"{draws} draws of {len(test)}: {np.mean(found):.2f} ± {np.std(found):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("inversion", "noise", "trials"))
    parser.add_argument("--only", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    parser.add_argument("--seconds", type=float, help="of training: each trial, or the learned inverter")
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for name, value in (("--clips", asked.clips), ("--rounds", asked.rounds)):
        whole(name, value, 1, 300)
    if asked.what == "trials":
        gan_tf.setup(seed=asked.seed)
        sounds = [data.load("spoken_digits", split, source="real") for split in ("train", "test")]
        chosen = {name: TRIALS[name] for name in asked.only}
        options = {"seconds": asked.seconds or 60, "n": 300, "seed": asked.seed}
        trials("sound_trials", chosen, *map(audio.spectrograms, sounds), more=listened, **options)
    elif asked.what == "noise":
        noise()
    else:
        inversion(asked.clips, asked.rounds, asked.seconds or 120)
