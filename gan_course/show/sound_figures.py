"""Sounds to look at and to listen to. Matplotlib and soundfile load when first used."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_course import audio
from gan_course.show.figures import new_figure, show_sheet
from gan_course.show.pictures import mosaic, to_uint8

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = "magma"


def spectrograms(
    log_mels: np.ndarray,
    columns: int | None = None,
    title: str | None = None,
    size: float = 7.4,
    axes: Any = None,
) -> Figure:
    """A figure of log-mel spectrograms ``(n, n_mels, frames, 1)`` in [-1, 1], low bands at the bottom.

    Loudness has sixteen steps: they look the same and pack well. Ten columns of 64 have about their own size in pixels.

    Args:
        columns: spectrograms in a row.
        title: text above.
        size: width of the figure in inches.
        axes: draw into these matplotlib axes instead of a new figure.
    """
    sheet = mosaic(np.asarray(log_mels)[:, ::-1], columns, gap=2)
    return show_sheet(_sixteen(sheet), COLOURS, title, size, axes)


def sound(waveform: np.ndarray, config: audio.MelConfig = audio.DIGITS, title: str | None = None) -> Figure:
    """One sound ``(samples,)``: its waveform above, its log-mel spectrogram below, over one axis of time in seconds."""
    import librosa

    waveform = np.asarray(waveform, np.float32)
    seconds = len(waveform) / config.sample_rate
    figure, (above, below) = new_figure((7.0, 3.4), rows=2, sharex=True, height_ratios=(1, 2))
    above.plot(np.arange(len(waveform)) / config.sample_rate, waveform, lw=0.5)
    above.set(ylim=(-1, 1), ylabel="sample")
    picture = audio.log_mel(waveform[None], config)[0, ..., 0]
    edges = (0, seconds, -0.5, config.n_mels - 0.5)
    shown = below.imshow(picture, origin="lower", aspect="auto", extent=edges, cmap=COLOURS, vmin=-1, vmax=1)
    centres = librosa.mel_frequencies(config.n_mels + 2, fmin=config.fmin, fmax=config.fmax)[1:-1]
    ticks = np.linspace(0, config.n_mels - 1, 5).round().astype(int)
    below.set(yticks=ticks, yticklabels=[f"{centres[i]:.0f}" for i in ticks], ylabel="Hz", xlabel="seconds")
    bar = figure.colorbar(shown, ax=(above, below), ticks=(-1, 0, 1))
    bar.ax.set_yticklabels([f"{(v - 1) / 2 * config.dynamic_range:.0f} dB" for v in (-1, 0, 1)])
    if title:
        above.set_title(title, fontsize=10)
    return figure


def players(
    waveforms: np.ndarray,
    titles: Sequence[str] | None = None,
    config: audio.MelConfig = audio.DIGITS,
    width: int = 150,
) -> Any:
    """Sounds to click on, each under its spectrogram, as the output of a notebook cell.

    The sounds stand in the notebook as FLAC, so it plays them without the package.

    Args:
        waveforms: ``(n, samples)`` in [-1, 1].
        titles: one a sound.
        config: how the spectrograms are made.
        width: of each player, in pixels.

    Raises:
        ValueError: another shape, values outside [-1, 1], or another number of titles.
    """
    from IPython.display import HTML

    waveforms = audio.check_waveforms(waveforms, config)
    titles = [""] * len(waveforms) if titles is None else [str(title) for title in titles]
    if len(titles) != len(waveforms):
        raise ValueError(f"titles: got {len(titles)}, expected one for each of the {len(waveforms)} sounds")
    cells = []
    for waveform, picture, title in zip(waveforms, audio.log_mel(waveforms, config), titles, strict=True):
        cells.append(
            f'<figure style="display:inline-block;margin:4px;width:{width}px;text-align:center">'
            f"<figcaption>{html.escape(title)}</figcaption>"
            f'<img alt="spectrogram" style="width:100%;image-rendering:pixelated" src="{_png(picture)}">'
            f'<audio controls preload="metadata" style="width:100%;height:32px" src="{_flac(waveform, config)}">'
            "</audio></figure>"
        )
    return HTML("".join(cells))


def spectrogram_picture(log_mel: np.ndarray) -> np.ndarray:
    """One log-mel spectrogram ``(n_mels, frames, 1)`` in [-1, 1] as a coloured picture, low bands at the bottom.

    Returns:
        Bytes ``(n_mels, frames, 3)``, in sixteen steps of loudness.
    """
    import matplotlib

    levels = _sixteen(to_uint8(log_mel[::-1, :, 0]))
    return (matplotlib.colormaps[COLOURS](levels)[..., :3] * 255).astype(np.uint8)


def _sixteen(levels: np.ndarray) -> np.ndarray:
    """Bytes rounded down to sixteen steps from 0 to 255."""
    return levels // 16 * 17


def _png(picture: np.ndarray) -> str:
    import imageio.v3 as iio

    colours = spectrogram_picture(picture)
    return "data:image/png;base64," + base64.b64encode(iio.imwrite("<bytes>", colours, extension=".png")).decode()


def _flac(waveform: np.ndarray, config: audio.MelConfig) -> str:
    import soundfile

    # Twelve bits: what rounding adds lies 70 dB below the loudest sample, and the file is a third smaller.
    waveform = np.clip(np.round(waveform * 2048), -2048, 2047) / 2048
    stream = io.BytesIO()
    soundfile.write(stream, waveform, config.sample_rate, format="FLAC", subtype="PCM_16", compression_level=1.0)
    return "data:audio/flac;base64," + base64.b64encode(stream.getvalue()).decode()
