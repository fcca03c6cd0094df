"""A searchable library of generated images, clips and sounds.

makers     where candidates come from
scoring    their scores
copies     training samples among them, also moved or mirrored ones
candidates many made, few chosen
catalogue  the SQLite file, and who may write
store      what is in a folder: add, tag, review, find, like, variations
library    all of it: a store that is filled, shown, exported, checked, repaired
gallery    one page of HTML that works offline
provenance what a file says about where it comes from
"""

from gan_course.library.bundle import read_manifest
from gan_course.library.candidates import FATES, Candidates, Choice, candidates, choose, scored
from gan_course.library.catalogue import LibraryError
from gan_course.library.copies import CopyTest
from gan_course.library.filling import Filled
from gan_course.library.health import Check
from gan_course.library.items import Item
from gan_course.library.library import Library
from gan_course.library.makers import Maker, cut_out, enlarged, of_gan, shipped
from gan_course.library.scoring import Scorer, Scores
from gan_course.library.sheet import show
from gan_course.library.store import Remade

__all__ = [
    "FATES",
    "Candidates",
    "Check",
    "Choice",
    "CopyTest",
    "Filled",
    "Item",
    "Library",
    "LibraryError",
    "Maker",
    "Remade",
    "Scorer",
    "Scores",
    "candidates",
    "choose",
    "cut_out",
    "enlarged",
    "of_gan",
    "read_manifest",
    "scored",
    "shipped",
    "show",
]
