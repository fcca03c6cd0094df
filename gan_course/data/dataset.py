"""What a loader returns: the samples, their labels, and a card that says where they come from."""

import dataclasses
import functools
import itertools
from typing import ClassVar

import numpy as np

from gan_tf.checks import nearest, whole

SOURCES = ("local", "download", "embedded")


class DataError(ValueError):
    """Data that cannot be used: a damaged file, a wrong shape, a folder without images."""


def listed(names: list[str]) -> str:
    """Returns the first six names, and how many more there are: missing files may be thousands."""
    return ", ".join(names[:6]) + (f" and {len(names) - 6:,} more" if len(names) > 6 else "")


@dataclasses.dataclass(frozen=True)
class Card:
    """The facts about a data set that a reader needs before using it.

    Attributes:
        name: The name that `gan_course.data.load` takes.
        title: The name people know it by.
        size: Number, shape and units of the samples, and the bytes to download.
        licence: The licence of the real set.
        citation: The paper to cite.
        url: Where the real set comes from.
        layout: Where local files are looked for.
        stand_in: What is used when the real set cannot be had.
        note: How near the stand-in comes, or what else one should know.
        checksums: File name to checksum (`"sha256:..."` or `"md5:..."`) of the official files.
    """

    name: str
    title: str
    size: str
    licence: str
    citation: str
    url: str = ""
    layout: str = ""
    stand_in: str = ""
    note: str = ""
    checksums: dict[str, str] = dataclasses.field(default_factory=dict)

    def rows(self) -> list[tuple[str, str]]:
        """Returns the card's lines as (label, text), without the empty ones."""
        rows = [
            ("name", f'`data.load("{self.name}")`' if self.name.isidentifier() else self.name),
            ("size", self.size),
            ("licence", self.licence),
            ("citation", self.citation),
            ("from", self.url),
            ("local files", self.layout),
            ("stand-in", self.stand_in),
            ("note", self.note),
        ]
        return [row for row in rows if row[1]]

    def markdown(self, heading: str = "##") -> str:
        """Returns the whole card as Markdown, checksums included."""
        lines = [f"{heading} {self.title}", "", "| | |", "|---|---|"]
        lines += [f"| {label} | {text} |" for label, text in self.rows()]
        lines += [f"| checksum | `{file}` `{checksum}` |" for file, checksum in self.checksums.items()]
        return "\n".join(lines) + "\n"

    def _repr_markdown_(self) -> str:
        return self.markdown("###")

    def __str__(self) -> str:
        return "\n".join([self.title] + [f"  {label:<12}{text}" for label, text in self.rows()])


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Samples in memory, with labels and a card.

    Attributes:
        x: float32; images are [n, height, width, channels] in [-1, 1], points are [n, 2] in the plane. Sounds, clips
            and texts (int32 tokens) have classes of their own: `Sounds`, `Clips` and `Dialogue`.
        labels: int32 [n], or None.
        class_names: One name a class, in the order of the labels; may be empty.
        source: "local" (your files), "download" (the official files) or "embedded" (made on this machine).
        card: Size, licence, citation.
        name: The name it was loaded by.

    Raises:
        DataError: Shapes, types or ranges are not as above.
    """

    x: np.ndarray
    labels: np.ndarray | None
    class_names: tuple[str, ...]
    source: str
    card: Card
    name: str

    _PER_SAMPLE: ClassVar[tuple[str, ...]] = ("x", "labels")

    def __post_init__(self):
        self._check_x()
        object.__setattr__(self, "class_names", tuple(str(name) for name in self.class_names))
        if self.source not in SOURCES:
            raise DataError(f"source: got {self.source!r}, expected one of {', '.join(SOURCES)}")
        if self.labels is None:
            return
        object.__setattr__(self, "labels", self._checked("labels", self.labels, self.class_names))

    def _check_x(self):
        x = self.x
        if not isinstance(x, np.ndarray) or x.dtype != np.float32 or x.ndim < 2 or len(x) == 0:
            came = f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray) else type(x).__name__
            raise DataError(f"x of {self.name!r}: got {came}, expected a float32 array [n, ...] with n > 0")
        low, high = float(x.min()), float(x.max())
        if not np.isfinite([low, high]).all():
            raise DataError(f"x of {self.name!r}: got {low} to {high}, expected finite numbers")
        if x.ndim == 4 and (low < -1 or high > 1):
            raise DataError(f"x of {self.name!r}: got images from {low} to {high}, expected [-1, 1]")

    def _checked(self, argument: str, labels: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        """Integers, one a sample, each the place of one of the names."""
        labels = np.asarray(labels)
        if labels.shape != (len(self.x),) or not np.issubdtype(labels.dtype, np.integer):
            raise DataError(
                f"{argument} of {self.name!r}: got {labels.dtype} {labels.shape}, expected integers of shape "
                f"({len(self.x)},), one a sample"
            )
        if labels.min() < 0 or labels.max() >= max(len(names), 1):
            raise DataError(
                f"{argument} of {self.name!r}: got {labels.min()} to {labels.max()}, expected 0 to "
                f"{len(names) - 1}, as there are {len(names)} names"
            )
        return labels.astype(np.int32, copy=False)

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        classes = f", {len(self.class_names)} classes" if self.class_names else ""
        return f"Dataset({self.name!r}: {len(self):,} {self._contents()}{classes}, source={self.source!r})"

    def _contents(self) -> str:
        return "samples of " + "x".join(str(side) for side in self.x.shape[1:])

    def take(self, n: int) -> "Dataset":
        """Returns the first `n` samples.

        Raises:
            ValueError: `n` is below 1 or above the number of samples.
        """
        return self.select(slice(whole("n", n, 1, len(self))))

    def of_class(self, *classes: str | int) -> "Dataset":
        """Returns the samples of the named classes; labels and class names stay as they are.

        Args:
            *classes: Names from `class_names`, or integer labels.

        Raises:
            ValueError: There are no labels, no classes were asked for, a class is unknown or has no samples.
        """
        if self.labels is None:
            raise ValueError(f"{self.name!r} has no labels, so it cannot be filtered by class")
        if not classes:
            raise ValueError("of_class needs at least one class, by name or by integer label")
        mask = np.isin(self.labels, [self._class_id(wanted) for wanted in classes])
        if not mask.any():
            raise ValueError(f"{self.name!r} has no samples of {', '.join(map(repr, classes))}")
        return self.select(mask)

    def select(self, which: slice | np.ndarray) -> "Dataset":
        """Returns the samples that an index of NumPy picks: a slice, integers or a mask; labels and the rest go along.

        Raises:
            IndexError: A place that does not exist, or a mask of another length.
            DataError: No sample is picked.
        """
        columns = {name: getattr(self, name) for name in self._PER_SAMPLE}
        return dataclasses.replace(self, **{name: c if c is None else c[which] for name, c in columns.items()})

    def _class_id(self, wanted: str | int) -> int:
        if isinstance(wanted, str) and wanted in self.class_names:
            return self.class_names.index(wanted)
        if isinstance(wanted, int | np.integer) and 0 <= wanted < len(self.class_names):
            return int(wanted)
        hint = nearest(wanted, self.class_names) if isinstance(wanted, str) else "."
        raise ValueError(
            f"classes: got {wanted!r}, expected names or numbers of {', '.join(self.class_names)} "
            f"(0 to {len(self.class_names) - 1}){hint}"
        )

    def batches(self, batch_size: int, seed: int | None = None, labels: bool = False, passes: int = 1):
        """Returns an endless supply of epochs: a `tf.data.Dataset`, shuffled anew each time it is iterated.

        The k-th iteration of the result has the same order in every process that uses the same `seed`; it
        counts as soon as its first batch is drawn. Batches are gathered whole, in C++, ahead of the training
        step. The last, incomplete batch of a pass is left out.

        Args:
            batch_size: Samples a batch.
            seed: Fixes the orders. None draws one from NumPy's global state, which `gan_tf.setup` seeds.
            labels: Yield (x, labels) instead of x alone.
            passes: How often each iteration goes through all samples, each time in another order: longer epochs
                for a small set.

        Returns:
            A `tf.data.Dataset` of float32 [batch_size, ...], or of pairs with int32 [batch_size].

        Raises:
            ValueError: `batch_size` or `passes` does not fit, or labels are wanted and there are none.
        """
        import tensorflow as tf

        whole("batch_size", batch_size, 1, len(self))
        whole("passes", passes, 1)
        if labels and self.labels is None:
            raise ValueError(f"labels: got True, expected False, as {self.name!r} has no labels")
        if seed is None:
            seed = int(np.random.randint(2**31))
        steps = len(self) // batch_size
        _ = self._tensors  # made here, outside the functions that tf.data traces
        iterations = itertools.count()

        def order():
            # Numbered iterations, by NumPy, since a plan may hold more than places (moving digits): that rules out
            # tf.random.experimental.index_shuffle; and tf.data's own shuffle depends on TensorFlow's global seed too.
            random = np.random.default_rng([seed, next(iterations)])
            for _ in range(passes):
                plan = self._plan(random, steps * batch_size)
                yield plan.reshape(steps, batch_size, *plan.shape[1:])

        example = self._plan(np.random.default_rng(0), 1)
        spec = tf.TensorSpec((steps, batch_size, *example.shape[1:]), example.dtype)
        dataset = tf.data.Dataset.from_generator(order, output_signature=spec)
        dataset = dataset.flat_map(tf.data.Dataset.from_tensor_slices)
        dataset = dataset.map(lambda plan: self._gather(plan) if labels else self._gather(plan)[0])
        return dataset.apply(tf.data.experimental.assert_cardinality(steps * passes)).prefetch(4)

    def _plan(self, random: np.random.Generator, count: int) -> np.ndarray:
        """What `count` samples of one pass are made of, in their order: here their places in x."""
        return random.permutation(len(self))[:count].astype(np.int32)

    def _gather(self, plan):
        """Samples and labels (or None) of one batch of a plan, as tensors."""
        import tensorflow as tf

        x, labels = self._tensors
        return tf.gather(x, plan), None if labels is None else tf.gather(labels, plan)

    @functools.cached_property
    def _tensors(self):
        """What `_gather` takes batches from."""
        return self._on_cpu(self.x, self.labels)

    @staticmethod
    def _on_cpu(*arrays):
        import tensorflow as tf

        # In main memory, also on a machine with a GPU: the set may be larger than the card's memory. As eager
        # tensors, also inside a traced function: a constant of the graph would be copied for every batch.
        with tf.init_scope(), tf.device("/cpu:0"):
            return tuple(None if array is None else tf.constant(array) for array in arrays)
