"""How exact is a distance of motions? An interval that knows which clips come from the same film."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gan_course.evaluation.motion import Movement, apart, check_moving, check_shapes
from gan_tf.checks import whole


class Interval(NamedTuple):
    """A measured number, and the ends of its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


class MotionInterval(NamedTuple):
    """What :func:`motion_interval` found: the numbers of :class:`gan_course.evaluation.Motion` with their intervals."""

    difference: Interval
    flow: Interval


def motion_interval(
    clips: Movement, real: Movement, *, paired: bool = False, draws: int = 300, level: float = 0.95, seed: int = 0
) -> MotionInterval:
    """How exactly do these clips say how far their motion is from that of the real ones?

    The numbers of :func:`gan_course.evaluation.motion_distance`, each with an interval from a bootstrap that draws
    whole films with replacement, all clips of a film together (Field and Welsh 2007, "Bootstrapping clustered data").
    Windows of one film say nearly the same, so more of them make no interval narrower. Where the sets have labels,
    each draw keeps the number of films with each label.

    A distance is never below 0, and noise makes it larger. So the lower end is that of the basic bootstrap (Davison
    and Hinkley 1997), twice the value less the upper quantile, at least 0. The upper end is the upper quantile, which
    errs to the wide side. An interval that begins at 0 says that no difference was found. In simulations of two equal
    populations at a level of 0.95 it began at 0 in 85 % of the cases for 8 films, in 91 % for 14: with few films it
    is too narrow.

    Args:
        clips: :func:`gan_course.evaluation.movement` of generated clips, or of others.
        real: that of real clips of the same shape.
        paired: both hold clips of the same films, and each draw takes the same ones from both.
        draws: of the bootstrap, 20 or more.
        level: the confidence, above 0 and below 1.
        seed: fixes the draws.

    Raises:
        ValueError: clips of unlike shapes, real ones that do not move, one film only, pairs without the same films,
            or a number out of range.
    """
    whole("draws", draws, 20)
    if not 0 < level < 1:
        raise ValueError(f"level: got {level!r}, expected a number above 0 and below 1, such as 0.95")
    check_shapes(clips.shape, real.shape)
    check_moving(real)
    ours, theirs = _places(clips, "clips"), _places(real, "real")
    if paired and (clips.films is None or ours.keys() != theirs.keys()):
        raise ValueError("paired: got clips of other films than real, expected the same ones; pass films to movement")
    random, found = np.random.default_rng(seed), np.empty((draws, 2))
    for row in found:
        drawn = _draw(ours, random)
        one = np.concatenate([ours[film] for film in drawn])
        other = np.concatenate([theirs[film] for film in (drawn if paired else _draw(theirs, random))])
        row[:] = [apart(clips[k][one], real[k][other]) for k in range(2)]
    upper = np.quantile(found, 0.5 + level / 2, axis=0).tolist()
    values = [apart(clips[k], real[k]) for k in range(2)]
    ends = zip(values, upper, strict=True)
    return MotionInterval(*(Interval(value, max(0.0, 2 * value - high), high) for value, high in ends))


_Film = tuple[int, int]  # label and number


def _places(moves: Movement, name: str) -> dict[_Film, np.ndarray]:
    """The places of each film's clips."""
    films = np.arange(len(moves.flow)) if moves.films is None else moves.films
    labels = np.zeros(len(films), int) if moves.labels is None else moves.labels
    keys = np.stack([labels, films], axis=1)
    places = {tuple(key): np.flatnonzero((keys == key).all(axis=1)) for key in np.unique(keys, axis=0).tolist()}
    if len(places) < 2:
        raise ValueError(f"{name}: got clips of one film, expected two films or more; one says nothing of others")
    return places


def _draw(places: dict[_Film, np.ndarray], random: np.random.Generator) -> list[_Film]:
    """As many films of each label as there are, drawn with replacement."""
    films = np.array(list(places))
    drawn = []
    for label in np.unique(films[:, 0]):
        same = films[films[:, 0] == label]
        drawn += map(tuple, same[random.integers(len(same), size=len(same))].tolist())
    return drawn
