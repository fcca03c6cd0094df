"""A generator and a scorer of a few lines of NumPy, for tests of the library that need no network."""

import numpy as np

from gan_course import data
from gan_course.library import Maker, Scorer

CLASSES = ("dot", 'a "<b>quoted</b>" & one', "ünï/çode ..\\")
_RANDOM = np.random.default_rng(5)
_MIX = _RANDOM.standard_normal((4, 6 * 6 * 3))
_CENTRES = _RANDOM.standard_normal((3, 6 * 6 * 3))


def decode(latents, labels):
    flat = np.tanh(0.3 * latents @ _MIX + (0 if labels is None else _CENTRES[labels]))
    return flat.reshape(-1, 6, 6, 3).astype(np.float32)


def maker(kind="image", name="tiny", weights="w", **options):
    finish = {
        "image": lambda x: x,
        "clip": lambda x: np.stack([x, -x, x], axis=1),
        "sound": lambda x: np.repeat(x.reshape(len(x), -1), 40, axis=1),
    }[kind]
    rate = {"image": None, "clip": 8.0, "sound": 8000}[kind]
    options = {"data": "toys <&>", "licence": "free", "finish": finish, "rate": rate, **options}
    return Maker(name, kind, CLASSES, 4, decode, weights, **options)


def look(samples):
    flat = np.asarray(samples).reshape(len(samples), -1)
    distance = ((flat[:, None] - np.tanh(_CENTRES)) ** 2).mean(axis=2)
    powers = np.exp(-8 * distance)
    return flat @ _MIX.T, powers / powers.sum(axis=1, keepdims=True)


def real(n=60, seed=9):
    labels = np.arange(n) % 3
    latents = np.random.default_rng(seed).standard_normal((n, 4))
    card = data.Card("toys", "Toys", "small", "free", "none")
    return data.Dataset(decode(latents, labels), labels, CLASSES, "local", card, "toys")


def scorer(**options):
    return Scorer(look, real(), space="toys", **options)
