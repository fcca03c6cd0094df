"""Pictures of samples and trainings. Matplotlib and imageio load when first used."""

from gan_course.show.diagram import game_diagram
from gan_course.show.figures import FAKE, REAL, clips, curves, figure_to_array, grid, jpeg, points
from gan_course.show.heat_map import heat_map
from gan_course.show.live import LiveSamples
from gan_course.show.pictures import film_strips, mosaic, save_gif, save_png, show_gif, to_uint8
from gan_course.show.score_map import score_maps
from gan_course.show.sound_figures import players, sound, spectrogram_picture, spectrograms

__all__ = [
    "FAKE",
    "REAL",
    "LiveSamples",
    "clips",
    "curves",
    "figure_to_array",
    "film_strips",
    "game_diagram",
    "grid",
    "heat_map",
    "jpeg",
    "mosaic",
    "players",
    "points",
    "save_gif",
    "save_png",
    "score_maps",
    "show_gif",
    "sound",
    "spectrogram_picture",
    "spectrograms",
    "to_uint8",
]
