"""Digits that bounce around in a frame: clips without end, made from MNIST, or its stand-in, while training runs."""

import dataclasses
import functools

import numpy as np

from gan_course.data import clips, mnist
from gan_course.data.clips import Clips
from gan_tf.checks import whole

SIDE = mnist.SIDE
SPEEDS = (1.0, 2.0)  # pixels a frame, in a frame of 32 pixels
FPS = 10.0

CARD = dataclasses.replace(
    mnist.CARDS["mnist"],
    name="moving_digits",
    title="Moving MNIST",
    size="clips of one digit in 32x32 or of several in larger frames, 16 frames, float32 in [-1, 1]; new ones in each "
    "pass; 11.6 MB to download",
    citation="Srivastava, Mansimov and Salakhutdinov 2015, Unsupervised learning of video representations using LSTMs, "
    "for the idea; LeCun et al. 1998 for the digits",
    note="training clips show digits of MNIST's training split, test clips those of its test split; a digit turns back "
    "where its ink meets the edge; speeds are drawn evenly, here not one for all",
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class MovingDigits(Clips):
    """Clips of bouncing digits. `x` holds some of them; `batches` makes new ones for each pass, without end.

    Attributes:
        images: uint8 [m, 28, 28], the digits that clips are made of.
        image_labels: int32 [m], what they are.
        digits: Digits in a clip.
    """

    images: np.ndarray | None = None
    image_labels: np.ndarray | None = None
    digits: int = 1

    def of_class(self, *classes: str | int) -> "MovingDigits":
        """Returns clips of the named digits, in `x` and in what `batches` will make; errors as for `Dataset`."""
        chosen = super().of_class(*classes)
        mine = np.isin(self.image_labels, [self._class_id(wanted) for wanted in classes])
        return dataclasses.replace(chosen, images=self.images[mine], image_labels=self.image_labels[mine])

    def _plan(self, random: np.random.Generator, count: int) -> np.ndarray:
        return plan(random, self._bounds, count, self.digits, self.x.shape[2])

    def _gather(self, plan):
        import tensorflow as tf

        images, labels = self._tensors
        x = render(plan, images, *self.x.shape[1:3])
        return x, None if self.labels is None else tf.gather(labels, tf.cast(plan[:, 0, 0], tf.int32))

    @functools.cached_property
    def _bounds(self) -> np.ndarray:
        return inked(self.images)

    @functools.cached_property
    def _tensors(self):
        return self._on_cpu(self.images, self.image_labels)


def plan(random: np.random.Generator, bounds: np.ndarray, count: int, digits: int, size: int) -> np.ndarray:
    """Draws which digits a clip shows, where they start and how they move.

    Args:
        random: Where chance comes from.
        bounds: What `inked` says of the images.
        count: Clips.
        digits: Digits in a clip.
        size: Side of a frame in pixels.

    Returns:
        float32 [count, digits, 9]: which image; and for y and x each the lowest and the highest place of the image's
        corner, the place in the first frame, and the speed in pixels a frame.
    """
    which = random.integers(len(bounds), size=(count, digits))
    speed = random.uniform(*SPEEDS, which.shape) * size / 32
    angle = random.uniform(0, 2 * np.pi, which.shape)
    columns = [which]
    for axis, velocity in enumerate((speed * np.sin(angle), speed * np.cos(angle))):
        low, high = -bounds[which, axis, 0], size - 1 - bounds[which, axis, 1]
        columns += [low, high, random.uniform(low, high), velocity]
    return np.stack(columns, axis=-1).astype(np.float32)


def inked(images: np.ndarray) -> np.ndarray:
    """The first and the last row, and column, that holds ink: uint8 [m, 28, 28] to integers [m, 2, 2]."""
    ends = []
    for axis in (1, 2):
        ink = images.max(axis=3 - axis) > 32
        ends.append([ink.argmax(axis=1), SIDE - 1 - ink[:, ::-1].argmax(axis=1)])
    return np.array(ends).transpose(2, 0, 1)


def places(plan, frames: int):
    """Where the images' corners are in each frame: [n, digits, 9] to [n, digits, frames, 2], y before x.

    A place runs to and fro between its bounds, so it is a triangle wave of time.
    """
    import tensorflow as tf

    time = tf.range(frames, dtype=tf.float32)
    found = []
    for start in (1, 5):
        low, high, first, speed = tf.unstack(plan[..., start : start + 4, None], axis=2)
        room = tf.maximum(high - low, 1e-3)
        turn = tf.math.floormod(first - low + speed * time, 2 * room)
        found.append(low + room - tf.abs(turn - room))
    return tf.stack(found, axis=-1)


def render(plan, images, frames: int, size: int):
    """Draws the clips of a plan, between pixels by linear interpolation: float32 [n, frames, size, size, 1]."""
    import tensorflow as tf

    plan = tf.convert_to_tensor(plan)
    ink = tf.cast(tf.gather(images, tf.cast(plan[..., 0], tf.int32)), tf.float32) / 255.0
    distance = tf.range(size, dtype=tf.float32)[:, None] - tf.range(SIDE, dtype=tf.float32)
    # A shifted image is a product with matrices that move its rows and its columns.
    moved = tf.maximum(0.0, 1.0 - tf.abs(distance - places(plan, frames)[..., None, None]))
    shown = tf.einsum("ndtyi,ndij,ndtxj->ndtyx", moved[..., 0, :, :], ink, moved[..., 1, :, :])
    # Clipped, since the weights of two neighbours may add up to a hair more than one.
    return 2.0 * tf.clip_by_value(tf.reduce_max(shown, axis=1), 0.0, 1.0)[..., None] - 1.0


def load(
    split: str = "train",
    source: str | None = None,
    *,
    n: int | None = None,
    frames: int = 16,
    size: int = 32,
    digits: int | None = None,
    seed: int = 0,
) -> MovingDigits:
    """Loads clips of bouncing digits.

    Args:
        split: "train" or "test": which digits of MNIST.
        source: As in `gan_course.data.load`, for the digits.
        n: Clips in `x`, and in one pass of `batches`; None means 2,000.
        frames: Frames of a clip.
        size: Side of a frame in pixels, 28 to 256.
        digits: Digits in a clip, 1 to 4; None means one below 48 pixels and two from there on.
        seed: Fixes the clips in `x`, and the stand-in.

    Returns:
        `MovingDigits`; its labels are the digits, if a clip shows one, else None.

    Raises:
        ValueError: An option is out of range.
        DataError: The files cannot be used.
    """
    import tensorflow as tf

    n = 2_000 if n is None else whole("n", n, 1, 20_000)
    whole("frames", frames, 2, 256)
    whole("size", size, SIDE, 256)
    digits = (1 if size < 48 else 2) if digits is None else whole("digits", digits, 1, 4)
    clips.check_memory(n, frames, size, 1)
    images, image_labels, found = mnist.load_bytes("mnist", split, source, seed=seed)
    # Three numbers: `batches` starts its passes from two, and must not repeat these clips.
    shown = plan(np.random.default_rng([seed, split == "test", 1]), inked(images), n, digits, size)
    x = np.empty((n, frames, size, size, 1), np.float32)
    with tf.device("/cpu:0"):  # the same bytes on every machine
        for start in range(0, n, 250):
            x[start : start + 250] = render(shown[start : start + 250], images, frames, size)
    labels = image_labels[shown[:, 0, 0].astype(int)] if digits == 1 else None
    names = mnist.NAMES["mnist"] if digits == 1 else ()
    return MovingDigits(
        x, labels, names, found, CARD, CARD.name, FPS, images=images, image_labels=image_labels, digits=digits
    )
