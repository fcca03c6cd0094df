"""Clips in memory: windows of a fixed number of frames, cut from sequences of any length."""

import dataclasses
import math
from typing import ClassVar

import numpy as np

from gan_course.data.dataset import DataError, Dataset
from gan_tf.checks import whole

MAX_BYTES = 2 << 30  # of a float32 array of clips


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Clips(Dataset):
    """Clips of one length: a `Dataset` whose x is float32 [n, frames, height, width, channels] in [-1, 1].

    Attributes:
        fps: Frames a second.
        people: int32 [n], who is seen, or None.
        people_names: One name a person, in the order of `people`.

    Raises:
        DataError: As for `Dataset`; or x is no clips in [-1, 1], or fps no positive number.
    """

    fps: float = 12.5
    people: np.ndarray | None = None
    people_names: tuple[str, ...] = ()

    _PER_SAMPLE: ClassVar[tuple[str, ...]] = ("x", "labels", "people")

    def __post_init__(self):
        super().__post_init__()
        low, high = self.x.min(), self.x.max()
        if self.x.ndim != 5 or self.x.shape[1] < 2 or self.x.shape[-1] not in (1, 3) or low < -1 or high > 1:
            raise DataError(
                f"x of {self.name!r}: got shape {self.x.shape}, values from {low:.4g} to {high:.4g}, expected clips "
                "[n, frames, height, width, 1 or 3] in [-1, 1] with two frames or more"
            )
        if not isinstance(self.fps, float | int) or not 0 < self.fps < math.inf:
            raise DataError(f"fps of {self.name!r}: got {self.fps!r}, expected frames a second above 0")
        if self.people is not None:
            object.__setattr__(self, "people", self._checked("people", self.people, self.people_names))

    def _contents(self) -> str:
        frames, height, width, channels = self.x.shape[1:]
        return f"clips of {frames} frames of {height}x{width}x{channels} at {self.fps:g} fps"


def starts(length: int, frames: int, step: int = 1, hop: int = 1) -> range:
    """Returns the first frames of the windows that fit into a sequence; none if it is too short.

    Args:
        length: Frames of the sequence.
        frames: Frames of a window.
        step: Take every so many frames.
        hop: Frames of the sequence from the start of one window to that of the next.

    Raises:
        ValueError: A number is no whole number from 1 (`frames`: from 2).
    """
    whole("frames", frames, 2)
    whole("step", step, 1)
    whole("hop", hop, 1)
    return range(0, length - (frames - 1) * step, hop)


def windows(sequence: np.ndarray, frames: int, step: int = 1, hop: int = 1) -> np.ndarray:
    """Cuts all windows out of a sequence: [length, ...] to [n, frames, ...]; arguments as in `starts`."""
    first = np.array(starts(len(sequence), frames, step, hop), np.int64)
    return sequence[first[:, None] + step * np.arange(frames)]


def check_memory(n: int, frames: int, size: int, channels: int) -> None:
    """Refuses square clips that would need more than `MAX_BYTES`.

    Raises:
        DataError: As said.
    """
    needed = 4 * n * frames * size**2 * channels
    if needed > MAX_BYTES:
        raise DataError(
            f"{n:,} clips of {frames} frames of {size}x{size}x{channels} need {needed / 2**30:.1f} GB, more than "
            f"{MAX_BYTES / 2**30:.3g}; choose a smaller size, fewer frames or fewer clips"
        )
