"""Does a clip move as real ones do? Each frame of a clip may be perfect, and the clip still stand still or flicker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gan_tf.checks import check_unit_range, whole

_RADIUS = 4  # of the window in which the flow is taken for even, in pixels
_PLAIN = 0.02  # standard deviation in that window below which there is nothing to follow, of a range of 2


@dataclass(frozen=True)
class Motion:
    """What :func:`motion_distance` found. Both numbers are 0 for the same motion, and 1 for clips that stand still.

    Attributes:
        difference: of the changes from frame to frame.
        flow: of the lengths of the optical flow.
        clips: how many of each kind were compared.
    """

    difference: float
    flow: float
    clips: int

    def __str__(self) -> str:
        return f"frame differences {self.difference:.2f} apart, optical flow {self.flow:.2f} apart ({self.clips} clips)"


def check_clips(clips: Any, name: str = "clips") -> np.ndarray:
    """Return clips as float32 ``(n, frames, height, width, channels)`` in [-1, 1].

    Raises:
        ValueError: another shape, fewer than two frames, NaN, or values outside [-1, 1].
    """
    clips = np.asarray(clips, np.float32)
    if clips.ndim != 5 or not len(clips) or clips.shape[1] < 2:
        raise ValueError(
            f"{name}: got shape {clips.shape}, expected (n, frames, height, width, channels) with two frames or more"
        )
    check_unit_range(name, clips)
    return clips


def frame_differences(clips: Any) -> np.ndarray:
    """How much each frame differs from the one before: mean absolute difference, float32 ``(n, frames - 1)``.

    Args:
        clips: ``(n, frames, height, width, channels)`` in [-1, 1].

    Raises:
        ValueError: as :func:`check_clips`.
    """
    clips = check_clips(clips)
    return np.abs(np.diff(clips, axis=1)).mean(axis=(2, 3, 4))


def optical_flow(clips: Any) -> np.ndarray:
    """How far things move from each frame to the next, in pixels: float32 ``(n, frames - 1, height, width)``.

    The length of the flow by the iterative Lucas-Kanade method of scikit-image (Le Besnerais and Champagnat 2005), on
    grey frames. Where the ground is plain there is nothing to follow but noise, so the flow is set to 0 there.

    Args:
        clips: ``(n, frames, height, width, channels)`` in [-1, 1].

    Raises:
        ValueError: as :func:`check_clips`.
    """
    from scipy.ndimage import uniform_filter
    from skimage.registration import optical_flow_ilk

    grey = check_clips(clips).mean(axis=-1)
    found = np.empty((len(grey), grey.shape[1] - 1, *grey.shape[2:]), np.float32)
    for clip, lengths in zip(grey, found, strict=True):
        for i in range(len(lengths)):
            lengths[i] = np.hypot(*optical_flow_ilk(clip[i], clip[i + 1], radius=_RADIUS, num_warp=3))
    window = (0, 0, 2 * _RADIUS + 1, 2 * _RADIUS + 1)
    variance = uniform_filter(grey**2, window) - uniform_filter(grey, window) ** 2
    return np.where(variance[:, :-1] > _PLAIN**2, found, 0.0)


class Movement(NamedTuple):
    """How much each clip of a set moves from frame to frame: all that :func:`motion_distance` asks of the real ones.

    Attributes:
        differences: mean absolute changes, ``(n, frames - 1)``.
        flow: mean lengths of the optical flow in pixels, ``(n, frames - 1)``.
        shape: of a clip.
        films: which clips come from the same film, integers ``(n,)``; None if each clip stands for itself.
        labels: what the clips show, integers ``(n,)``, or None.
    """

    differences: np.ndarray
    flow: np.ndarray
    shape: tuple[int, ...]
    films: np.ndarray | None = None
    labels: np.ndarray | None = None


def movement(clips: Any, n: int = 128, seed: int = 0, *, films: Any = None, labels: Any = None) -> Movement:
    """Measure how a set of clips moves, to keep for a set that is compared with often.

    Args:
        clips: ``(n, frames, height, width, channels)`` in [-1, 1].
        n: how many are measured at most, drawn at random; the flow costs some 30 ms a clip of 16 frames.
        seed: fixes which.
        films, labels: which clips come from the same film, and what they show, integers ``(n,)``: for
            :func:`motion_interval`.

    Raises:
        ValueError: as :func:`check_clips`; or films or labels that are not one integer a clip.
    """
    whole("n", n, 2)
    clips = check_clips(clips)
    which = np.random.default_rng(seed).permutation(len(clips))[:n]
    marks = {name: _marks(name, x, len(clips), which) for name, x in (("films", films), ("labels", labels))}
    return _measured(clips[which])._replace(**marks)


def _marks(name: str, marks: Any, n: int, which: np.ndarray) -> np.ndarray | None:
    if marks is None:
        return None
    marks = np.asarray(marks)
    if marks.shape != (n,) or not np.issubdtype(marks.dtype, np.integer):
        raise ValueError(f"{name}: got {marks.dtype} of shape {marks.shape}, expected {n} integers, one a clip")
    return marks[which]


def _measured(clips: np.ndarray) -> Movement:
    return Movement(frame_differences(clips), optical_flow(clips).mean(axis=(2, 3)), clips.shape[1:])


def motion_distance(clips: Any, real: Any, n: int = 128, seed: int = 0) -> Motion:
    """Compare how much clips move with how much real ones do, whatever they show.

    Two Wasserstein distances between distributions, of the frame differences and of the mean lengths of the optical
    flow, one number a pair of frames, each as a part of the real clips' mean. So clips that stand still score 1; clips
    whose frames come in random order score by how much more they jump.

    Args:
        clips: generated, ``(n, frames, height, width, channels)`` in [-1, 1].
        real: real ones of the same shape, or their :func:`movement`, which saves half of the work.
        n: how many of each are compared at most, drawn at random; of a movement all that it holds.
        seed: fixes which.

    Raises:
        ValueError: as :func:`check_clips`; or clips of unlike shapes, or real clips that do not move.
    """
    whole("n", n, 2)
    clips, random = check_clips(clips), np.random.default_rng(seed)
    known = isinstance(real, Movement)
    real = real if known else check_clips(real, "real")
    shape = real.shape if known else real.shape[1:]
    check_shapes(clips.shape[1:], shape)
    count = min(n, len(clips), len(real.flow if known else real))
    clips = clips[random.permutation(len(clips))[:count]]
    theirs = real if known else _measured(real[random.permutation(len(real))[:count]])
    check_moving(theirs)
    ours = _measured(clips)
    return Motion(*(apart(*pair) for pair in zip(ours[:2], theirs[:2], strict=True)), clips=count)


def check_shapes(ours: tuple[int, ...], theirs: tuple[int, ...]) -> None:
    """Refuse to compare clips of unlike shapes, without n."""
    if ours != theirs:
        raise ValueError(f"clips: got clips of shape {ours}, expected {theirs}, as real has")


def check_moving(real: Movement) -> None:
    """Refuse real clips that stand still."""
    if not (real.differences.mean() > 0 and real.flow.mean() > 0):
        raise ValueError("real: got clips that do not move, so there is nothing to compare with")


def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The Wasserstein distance of two sets of numbers, as a part of the second one's mean."""
    from scipy.stats import wasserstein_distance

    return float(wasserstein_distance(ours.ravel(), theirs.ravel()) / theirs.mean())


def centroids(clips: Any) -> np.ndarray:
    """Where the ink of each frame has its middle, in pixels: float32 ``(n, frames, 2)``, y before x.

    Args:
        clips: ``(n, frames, height, width, channels)`` in [-1, 1], bright on black.

    Raises:
        ValueError: as :func:`check_clips`.
    """
    ink = check_clips(clips).mean(axis=-1) + 1.0
    ink = np.where(ink > 0.2, ink, 0.0)  # A generator's black is not quite black, and there is much of it.
    total = np.maximum(ink.sum(axis=(2, 3)), 1e-6)
    rows, columns = np.arange(ink.shape[2]), np.arange(ink.shape[3])
    middle = [(ink.sum(axis=3) * rows).sum(axis=2), (ink.sum(axis=2) * columns).sum(axis=2)]
    return (np.stack(middle, axis=-1) / total[..., None]).astype(np.float32)


def cut(clips: np.ndarray, side: int) -> np.ndarray:
    """Squares around the ink of each frame: ``(n * frames, side, side, channels)``, black beyond the edge."""
    half = side // 2
    # The middle of pixels 0 to side - 1 lies between two pixels.
    corner = np.rint(centroids(clips) - (side - 1) / 2).astype(int) + half
    padded = np.pad(clips, ((0, 0), (0, 0), (half, half), (half, half), (0, 0)), constant_values=-1.0)
    rows = corner[..., 0, None] + np.arange(side)
    columns = corner[..., 1, None] + np.arange(side)
    n, frames = clips.shape[:2]
    which = np.arange(n)[:, None, None, None], np.arange(frames)[None, :, None, None]
    return padded[(*which, rows[..., :, None], columns[..., None, :])].reshape(n * frames, side, side, -1)


def speeds(clips: Any) -> np.ndarray:
    """How far the middle of the ink moves from frame to frame, in pixels: float32 ``(n, frames - 1)``."""
    return np.linalg.norm(np.diff(centroids(clips), axis=1), axis=-1)
