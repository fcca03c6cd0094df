"""A table as a picture: one coloured cell for each number. Matplotlib loads when first used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_course.show.figures import new_figure
from gan_course.show.numbers import short

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def heat_map(
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    margin: float = 3.0,
    title: str | None = None,
    size: float = 8.0,
    axes: Any = None,
) -> Figure:
    """Numbers as cells: grey up to ``margin``, from there on red above zero and blue below, by the logarithm.

    Made for the ``scores`` of ``evaluation.fault_matrix``: red cells notice a fault, blue ones praise it.

    Args:
        values: (rows, columns); infinite values have the colour of a hundred times the margin.
        rows: one name a row.
        columns: one name a column.
        margin: above zero.
        title: text above.
        size: width of the figure in inches.
        axes: draw into these matplotlib axes instead of a new figure.

    Raises:
        ValueError: NaN, or another number of names, or a margin that is not above zero.
    """
    from matplotlib.colors import LinearSegmentedColormap

    values = np.asarray(values, np.float64)
    if values.shape != (len(rows), len(columns)) or np.isnan(values).any():
        raise ValueError(f"values: got shape {values.shape}, expected {len(rows), len(columns)} without NaN")
    if not 0 < margin < np.inf:
        raise ValueError(f"margin: got {margin!r}, expected a number above 0")
    if axes is None:
        _, axes = new_figure((size, 0.9 + 0.34 * len(rows)))
    # From the margin on 0.3 to 1, as the value grows to a hundred times the margin.
    beyond = np.log10(np.clip(np.abs(values), margin, 100 * margin) / margin)
    colours = np.where(np.abs(values) > margin, np.sign(values) * (0.3 + 0.35 * beyond), 0.0)
    shades = LinearSegmentedColormap.from_list("faults", ["#2166ac", "#f0f0f0", "#b2182b"])
    axes.imshow(colours, cmap=shades, vmin=-1, vmax=1, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        colour = "white" if abs(colours[i, j]) > 0.6 else "black" if colours[i, j] else "0.6"
        axes.text(j, i, short(value), ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="left", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(len(columns) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", lw=1.5)
    axes.tick_params(which="minor", length=0)
    if title:
        axes.set_title(title, fontsize=10)
    return axes.figure
