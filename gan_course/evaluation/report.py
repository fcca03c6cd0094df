"""The numbers of an evaluation, and the tables that show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gan_tf.metrics import MeanStd


@dataclass(frozen=True)
class Measures:
    """All measures of one set of samples against one set of real samples.

    Attributes:
        frechet: Frechet distance, in squared units of the features; lower is better.
        kernel: kernel distance, mean and standard deviation over subsets; lower is better, about 0 for real samples.
        precision: share of samples that look real, 0 to 1.
        recall: share of real samples that look like some sample, 0 to 1.
        density: in how many real neighbourhoods a sample lies, about 1 for real samples; higher is better.
        coverage: share of real neighbourhoods that hold a sample, 0 to 1.
        nearest: median distance from a sample to the nearest real one, in units of the features. Far below that of
            other real samples means copies.
        score: classifier score, mean and standard deviation over parts; None without a classifier.
        classes: how many classes got at least a tenth of their even share; None without a classifier.
    """

    frechet: float
    kernel: MeanStd
    precision: float
    recall: float
    density: float
    coverage: float
    nearest: float
    score: MeanStd | None = None
    classes: int | None = None


# Attribute, name in a table, what is better, decimals.
_ROWS = (
    ("frechet", "Fréchet distance", "lower", 3),
    ("kernel", "kernel distance", "lower", 4),
    ("score", "classifier score", "higher", 2),
    ("precision", "precision", "higher", 3),
    ("recall", "recall", "higher", 3),
    ("density", "density", "higher", 3),
    ("coverage", "coverage", "higher", 3),
    ("classes", "classes seen", "higher", 0),
    ("nearest", "nearest real sample", "as real", 3),
)


@dataclass(frozen=True, repr=False)
class Report:
    """What :func:`gan_course.evaluation.evaluate` found. It prints as a table, in a notebook too.

    Attributes:
        measures: of the samples.
        floor: the same measures of other real samples: as good as it gets with this many samples.
        n: how many generated samples were compared, with as many real ones.
        against: the real samples, in words.
        features: the features, in words.
        total_classes: how many classes there are; None without a classifier.

    Every attribute of :class:`Measures` can be read from the report directly: ``report.frechet``.
    """

    measures: Measures
    floor: Measures
    n: int
    against: str
    features: str
    total_classes: int | None = None

    def __getattr__(self, name: str):
        if name in Measures.__dataclass_fields__:
            return getattr(self.measures, name)
        raise AttributeError(f"a Report has no attribute {name!r}")

    def __str__(self) -> str:
        return str(compare({"samples": self}))

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return compare({"samples": self})._repr_markdown_()


@dataclass(frozen=True, repr=False)
class Table:
    """A small table: first column left, the others right. Prints as aligned text and as Markdown.

    Attributes:
        header: one text a column.
        rows: as many texts each.
        caption: a line below the table.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    def __str__(self) -> str:
        widths = [max(len(row[i]) for row in (self.header, *self.rows)) for i in range(len(self.header))]

        def line(cells: tuple[str, ...]) -> str:
            first, *others = (
                cell.ljust(w) if not i else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths))
            )
            return "  ".join([first, *others]).rstrip()

        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        lines = [line(self.header), rule, *(line(row) for row in self.rows)]
        return "\n".join(lines + ([self.caption] if self.caption else []))

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        rule = "|".join(["---"] + ["---:"] * (len(self.header) - 1))
        lines = [f"| {' | '.join(self.header)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in self.rows)]
        return "\n".join(lines) + (f"\n\n*{self.caption}*" if self.caption else "")


def compare(reports: Mapping[str, Report]) -> Table:
    """One table of several reports, with the real-against-real floor as the last column.

    Args:
        reports: name to report. They must have been measured against the same real samples, in the same features and
            with the same number of samples: other numbers do not compare.

    Raises:
        ValueError: no report, or reports that do not compare.

    Example:
        >>> compare({"untrained": before, "trained": after})
    """
    if not reports:
        raise ValueError("reports: got none, expected at least one")
    for attribute in ("n", "against", "features"):
        found = {name: getattr(report, attribute) for name, report in reports.items()}
        if len(set(found.values())) > 1:
            raise ValueError(f"reports: {attribute} differs, so the numbers do not compare: {found}")
    first = next(iter(reports.values()))
    columns = [report.measures for report in reports.values()] + [first.floor]
    rows = []
    for attribute, name, better, decimals in _ROWS:
        values = [getattr(column, attribute) for column in columns]
        if any(value is not None for value in values):
            texts = [_text(value, decimals) for value in values]
            if attribute == "classes":
                name = f"{name} (of {first.total_classes})"
            rows.append((name, *texts, better))
    caption = f"{first.n:,} samples against {first.against}, in {first.features}."
    return Table(("measure", *reports, "real", "better"), tuple(rows), caption)


def _text(value: float | int | MeanStd | None, decimals: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, MeanStd):
        return f"{value.mean:.{decimals}f} ± {value.std:.{decimals}f}"
    return f"{value:.{decimals}f}"
