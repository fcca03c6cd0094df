"""A searchable library of generated images, clips and sounds.

makers     where candidates come from
judge      who scores them
candidates many made, few chosen
catalogue  the SQLite file, and who may write
store      the library: add, find, like, variations, check, export
gallery    one page of HTML that works offline
"""

from gan_tf.library.candidates import FATES, Candidates, Choice, candidates, choose, judged
from gan_tf.library.catalogue import LibraryError
from gan_tf.library.export import read_manifest
from gan_tf.library.filling import Filled
from gan_tf.library.health import Check
from gan_tf.library.items import Item
from gan_tf.library.judge import Judge, Scores
from gan_tf.library.makers import Maker, enlarged, of_gan, shipped
from gan_tf.library.show import show
from gan_tf.library.store import Library, Remade

__all__ = [
    "FATES",
    "Candidates",
    "Check",
    "Choice",
    "Filled",
    "Item",
    "Judge",
    "Library",
    "LibraryError",
    "Maker",
    "Remade",
    "Scores",
    "candidates",
    "choose",
    "enlarged",
    "judged",
    "of_gan",
    "read_manifest",
    "shipped",
    "show",
]
