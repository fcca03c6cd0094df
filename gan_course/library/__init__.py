"""A searchable library of generated images, clips and sounds.

makers     where candidates come from
scoring    who scores them
candidates many made, few chosen
catalogue  the SQLite file, and who may write
store      what is in a folder: add, find, like, variations
library    all of it: a store that is filled, shown, exported, checked, repaired
gallery    one page of HTML that works offline
"""

from gan_course.library.bundle import read_manifest
from gan_course.library.candidates import FATES, Candidates, Choice, candidates, choose, judged
from gan_course.library.catalogue import LibraryError
from gan_course.library.filling import Filled
from gan_course.library.health import Check
from gan_course.library.items import Item
from gan_course.library.library import Library
from gan_course.library.makers import Maker, enlarged, of_gan, shipped
from gan_course.library.scoring import Judge, Scores
from gan_course.library.sheet import show
from gan_course.library.store import Remade

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
