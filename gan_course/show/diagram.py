"""The diagram of the game: who receives what, and where the gradients flow. Matplotlib loads when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_course.show.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DATA, _TO_DISCRIMINATOR, _TO_GENERATOR = "#333333", "#8e24aa", "#00875a"
_REAL, _FAKE = 2.95, 1.15  # the rows
# text: left and right edge, bottom and top edge, colour
_BOXES = {
    "latent\nvectors z": (0.1, 1.15, _FAKE - 0.4, _FAKE + 0.4, "#f2f2f2"),
    "generator\nG": (1.8, 3.1, _FAKE - 0.55, _FAKE + 0.55, "#bfe3d2"),
    "fake\nsamples G(z)": (3.7, 5.05, _FAKE - 0.4, _FAKE + 0.4, "#fde2c4"),
    "real\nsamples x": (3.7, 5.05, _REAL - 0.4, _REAL + 0.4, "#cfe2f3"),
    "discriminator\nD": (5.65, 7.05, _FAKE - 0.55, _REAL + 0.55, "#e6cdf0"),
    "real\nlogits": (7.7, 8.5, _REAL - 0.4, _REAL + 0.4, "#cfe2f3"),
    "fake\nlogits": (7.7, 8.5, _FAKE - 0.4, _FAKE + 0.4, "#fde2c4"),
    "discriminator\nloss": (9.25, 10.7, _REAL - 0.4, _REAL + 0.4, "#ffffff"),
    "generator\nloss": (9.25, 10.7, _FAKE - 0.4, _FAKE + 0.4, "#ffffff"),
}
# Each arrow: from x, y to x, y. The gradients run back beside the data.
_DATA_ARROWS = [
    (1.15, _FAKE, 1.8, _FAKE), (3.1, _FAKE, 3.7, _FAKE), (5.05, _FAKE, 5.65, _FAKE), (5.05, _REAL, 5.65, _REAL),
    (7.05, _REAL, 7.7, _REAL), (7.05, _FAKE, 7.7, _FAKE), (8.5, _REAL, 9.25, _REAL), (8.5, _FAKE, 9.25, _FAKE),
    (8.3, _FAKE + 0.4, 9.45, _REAL - 0.4),
]  # fmt: skip
_DISCRIMINATOR_ARROWS = [
    (9.25, _REAL + 0.2, 8.5, _REAL + 0.2), (7.7, _REAL + 0.2, 7.05, _REAL + 0.2),
    (9.2, _REAL - 0.4, 8.05, _FAKE + 0.4), (7.7, _FAKE + 0.2, 7.05, _FAKE + 0.2),
]  # fmt: skip
_GENERATOR_ARROWS = [
    (9.25, _FAKE - 0.2, 8.5, _FAKE - 0.2),
    (7.7, _FAKE - 0.2, 5.05, _FAKE - 0.2),  # through the discriminator
    (3.7, _FAKE - 0.2, 3.1, _FAKE - 0.2),
]


def game_diagram(size: tuple[float, float] = (7.8, 2.6)) -> Figure:
    """A figure of the game: data from left to right in black, gradients from right to left in two colours.

    Args:
        size: width and height in inches.
    """
    from matplotlib.patches import FancyBboxPatch

    figure, axes = new_figure(size)
    axes.set(xlim=(0, 10.8), ylim=(0.5, 3.6))
    axes.axis("off")
    for text, (left, right, bottom, top, colour) in _BOXES.items():
        box, style = ((left, bottom), right - left, top - bottom), "round,pad=0,rounding_size=0.12"
        axes.add_patch(FancyBboxPatch(*box, boxstyle=style, facecolor=colour, edgecolor="#777777"))
        axes.text((left + right) / 2, (bottom + top) / 2, text, ha="center", va="center", fontsize=8.5)
    keys = [(0.1, y, 0.7, y) for y in (3.3, 2.95, 2.6)]
    for text, colour, dashes, arrows in (
        ("data", _DATA, "-", _DATA_ARROWS),
        ("gradient for the discriminator", _TO_DISCRIMINATOR, (0, (4, 2)), _DISCRIMINATOR_ARROWS),
        ("gradient for the generator", _TO_GENERATOR, (0, (4, 2)), _GENERATOR_ARROWS),
    ):
        key = keys.pop(0)
        axes.text(0.8, key[1], text, fontsize=8.5, va="center", color=colour)
        look = {"arrowstyle": "-|>", "color": colour, "linestyle": dashes, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
        for *start, x, y in (*arrows, key):
            axes.annotate("", (x, y), start, arrowprops=look)
    return figure
