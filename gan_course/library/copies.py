"""Is a sample one of the training samples, perhaps moved by a pixel or two, mirrored, brighter or noisy?

Nearest neighbours among 60,000 pictures at all shifts would be millions of comparisons a sample. So a descriptor that
hardly changes under shifts and mirroring finds a few suspects, and only these are compared at each shift.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gan_course import audio

SHIFT = 2  # pixels, in each direction
SUSPECTS = 8  # training samples compared closely
_FREQUENCIES = 8
_FRAMES = 4  # of a clip, evenly spread
_SOME = 2_000  # training samples that say how near two different ones are


class CopyTest:
    """Compares samples with training samples, whatever the shift (up to two pixels), mirroring, brightness or contrast.

    Args:
        real: the training samples, at least two: ``(n, H, W, C)``, clips ``(n, frames, H, W, C)``, or waveforms
            ``(n, samples)``, which are compared as spectrograms.
        false_alarms: the share of training samples that may be called copies of another one: it sets ``limit``.

    Attributes:
        limit: samples with a smaller difference are copies.
    """

    def __init__(self, real: np.ndarray, false_alarms: float = 0.01):
        from sklearn.neighbors import NearestNeighbors

        self._real = _pictures(real)
        self._margin = min(SHIFT, min(self._real.shape[1:3]) // 8)
        self._index = NearestNeighbors(algorithm="brute").fit(_descriptor(self._real))
        some = np.random.default_rng(0).permutation(len(real))[:_SOME]
        self.limit = float(np.quantile(self._compare(self._real[some], some)[0], false_alarms))

    def __call__(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The difference of each sample to the training sample most like it, and the number of that one, both ``(n,)``.

        The difference is the distance between the two pictures at the best shift, without their margins, both brought
        to mean 0 and length 1: 0 for the same picture, 1.4 for unrelated ones, up to 2.
        """
        return self._compare(_pictures(samples))

    def _compare(self, x: np.ndarray, themselves: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        most = min(SUSPECTS + (themselves is not None), len(self._real))
        suspects = self._index.kneighbors(_descriptor(x), most, return_distance=False)
        difference = np.stack([self._aligned(x, column) for column in suspects.T], axis=1)
        if themselves is not None:
            difference[suspects == themselves[:, None]] = np.inf
        best = difference.argmin(axis=1)[:, None]
        return np.take_along_axis(difference, best, 1)[:, 0], np.take_along_axis(suspects, best, 1)[:, 0]

    def _aligned(self, x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """The smallest difference between each of ``x`` and its own training sample, over shifts and mirroring."""
        found, m = np.empty(len(x)), self._margin
        height, width = (side - 2 * m for side in x.shape[1:3])
        for start in range(0, len(x), 100):
            part = slice(start, start + 100)
            mine = _normalised(x[part, m : m + height, m : m + width])
            theirs = self._real[numbers[part]]
            likeness = [
                (mine * _normalised(way[:, top : top + height, left : left + width])).sum(axis=1)
                for way in (theirs, theirs[:, :, ::-1]) for top in range(2 * m + 1) for left in range(2 * m + 1)
            ]  # fmt: skip
            found[part] = np.sqrt(np.maximum(2 - 2 * np.max(likeness, axis=0), 0))
        return found


def _pictures(samples: Any) -> np.ndarray:
    """Samples as ``(n, H, W, C)``: waveforms as spectrograms, some frames of a clip as its channels."""
    x = np.asarray(samples, np.float32)
    if x.ndim == 2:
        x = np.asarray(audio.log_mel(x))
    if x.ndim == 4:
        return x
    x = x[:, np.linspace(0, x.shape[1] - 1, min(x.shape[1], _FRAMES)).round().astype(int)]
    return np.moveaxis(x, 1, 3).reshape(len(x), *x.shape[2:4], -1)


def _normalised(x: np.ndarray) -> np.ndarray:
    flat = x.reshape(len(x), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-3)


def _descriptor(x: np.ndarray) -> np.ndarray:
    """Low frequencies of grey pictures, float32 ``(n, d)``: a shift changes their phases, not these magnitudes.

    Mirroring exchanges the frequencies of falling and rising diagonals, so of each such pair the larger comes first.
    """
    parts = []
    for start in range(0, len(x), 1_000):
        grey = x[start : start + 1_000].mean(axis=3)
        grey = grey - grey.mean(axis=(1, 2), keepdims=True)
        # The window fades the edges out: what a shift brings in there matters less.
        window = np.hanning(grey.shape[1] + 2)[1:-1, None] * np.hanning(grey.shape[2] + 2)[1:-1]
        most = min(_FREQUENCIES, grey.shape[1], (grey.shape[2] + 1) // 2)
        size = np.abs(np.fft.fft2(grey * window))[:, :most]
        rising, falling = size[:, :, 1:most], size[:, :, :-most:-1]
        pairs = (size[:, :, :1], np.maximum(rising, falling), np.minimum(rising, falling))
        parts.append(_normalised(np.log1p(np.concatenate(pairs, axis=2))).astype(np.float32))
    return np.concatenate(parts)
