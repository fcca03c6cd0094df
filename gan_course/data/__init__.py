"""Data sets for the lessons: `load(name)` gives samples, labels and a card; and samples that are broken on purpose.

Order of sources: your folder ($GAN_TF_DATA), the cache, the official download, and, with one loud line, a
stand-in that is drawn on this machine.
"""

import importlib

from gan_course.data.clips import Clips
from gan_course.data.clips_folder import clips_from_folder
from gan_course.data.damage import DAMAGES, bicubic, grey, masked, small
from gan_course.data.dataset import Card, DataError, Dataset
from gan_course.data.dialogue import Dialogue, dialogue_from_csv
from gan_course.data.domains import Domains, Pairs, pairs_from_folder, pairs_from_halves
from gan_course.data.emoji import Emoji
from gan_course.data.faults import (
    Draw,
    blurred,
    collapsed,
    copied,
    drawn,
    jumbled,
    narrowed,
    noisy,
    one_voice,
    repeated,
    shuffled,
    stilled,
    tinted,
    unbroken,
    usual_faults,
)
from gan_course.data.folder import from_folder
from gan_course.data.notes import INSTRUMENTS, Notes, instrument_places, note_labels
from gan_course.data.outlines import hand_drawn, outlines
from gan_course.data.ring import ring_centres
from gan_course.data.seasons import winter
from gan_course.data.signs import NEON_COLOURS, neon, unlit
from gan_course.data.sounds import Sounds, sounds_from_folder
from gan_course.dialogue.tokens import Vocabulary, split_words
from gan_tf.checks import nearest, one_of

__all__ = [
    "DAMAGES",
    "INSTRUMENTS",
    "NEON_COLOURS",
    "Card",
    "Clips",
    "DataError",
    "Dataset",
    "Dialogue",
    "Domains",
    "Draw",
    "Emoji",
    "Notes",
    "Pairs",
    "Sounds",
    "Vocabulary",
    "bicubic",
    "blurred",
    "card",
    "clips_from_folder",
    "collapsed",
    "copied",
    "dialogue_from_csv",
    "drawn",
    "from_folder",
    "grey",
    "hand_drawn",
    "instrument_places",
    "jumbled",
    "load",
    "masked",
    "names",
    "narrowed",
    "neon",
    "noisy",
    "note_labels",
    "one_voice",
    "outlines",
    "pairs_from_folder",
    "pairs_from_halves",
    "repeated",
    "ring_centres",
    "shuffled",
    "small",
    "sounds_from_folder",
    "split_words",
    "stilled",
    "tinted",
    "unbroken",
    "unlit",
    "usual_faults",
    "winter",
]

# name -> the module that loads it; those that serve several sets take the name as their first argument.
_MODULES = {
    "mnist": "mnist",
    "fashion_mnist": "mnist",
    "cifar10": "cifar10",
    "spoken_digits": "spoken_digits",
    "moving_digits": "moving_digits",
    "human_actions": "human_actions",
    "emoji": "emoji",
    "notes": "notes",
    "ring": "ring",
    "dialogue": "dialogue",
}


def names() -> list[str]:
    """Returns the names that `load` knows."""
    return list(_MODULES)


def load(name: str, split: str = "train", source: str | None = None, **options) -> Dataset:
    """Loads a data set by name.

    Args:
        name: One of `names()`.
        split: "train" or "test".
        source: "auto" (your folder, the cache, the download, else the stand-in), "embedded" (the stand-in at
            once) or "real" (never the stand-in). None means $GAN_TF_DATA_SOURCE, or "auto".
        **options: What the set's own `load` takes, such as `n`, or `modes` for the ring.

    Raises:
        ValueError: The name, the split, the source or an option is unknown or out of range.
        DataError: The files cannot be used, or cannot be had and `source` is "real".
        DiskFullError: There is no room for the download.
    """
    module = _module(name)
    one_of("split", split, ("train", "test"))
    _check_options(name, module.load, options)
    return module.load(*_first(module, name), split, source, **options)


def card(name: str) -> Card:
    """Returns the card of a data set without loading it.

    Raises:
        ValueError: The name is unknown.
    """
    module = _module(name)
    return module.CARDS[name] if hasattr(module, "CARDS") else module.CARD


def _module(name: str):
    return importlib.import_module(f"gan_course.data.{_MODULES[one_of('name', name, _MODULES)]}")


def _first(module, name: str) -> tuple[str, ...]:
    return (name,) if hasattr(module, "CARDS") else ()


def _check_options(name: str, loader, options: dict) -> None:
    """Options are keyword-only in the loaders: what is not one of those is a slip of the pen."""
    known = list(loader.__kwdefaults__ or {})
    for option in options:
        if option not in known:
            raise ValueError(
                f"options of {name!r}: got {option!r}, expected {', '.join(known) or 'none'}{nearest(option, known)}"
            )
