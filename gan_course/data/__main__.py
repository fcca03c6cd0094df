"""`python -m gan_course.data > data/README.md` writes the cards of all sets."""

from gan_course import data

INTRODUCTION = """# The data sets

A set is looked for in this order: the folder in `GAN_TF_DATA`, the cache (`data/cache/`, or `GAN_TF_CACHE`), the
official download, which is checked against the sums below. If none of them has it, a stand-in made for this course
takes its place, with the same shape, classes and API, and one line says so: the lessons run without internet.
`data.load(name, source="embedded")` or `GAN_TF_DATA_SOURCE=embedded` asks for the stand-in;
`source="real"` or `GAN_TF_DATA_SOURCE=real` refuses it.

`data.load("mnist").source` says what you got: `"local"`, `"download"` or `"embedded"`. Your own images come in through
`data.from_folder("folder", size=64)`, pairs of them through `data.pairs_from_folder` (two folders) or
`data.pairs_from_halves` (both in one file), your own recordings through `data.sounds_from_folder("folder")`, your own
videos through `data.clips_from_folder("folder")`: long ones are cut into windows. Each says in one line what it passed
over.

| folder here | what it holds |
|---|---|
| `embedded/` | small sets made for this course, and the pictures of Noto Color Emoji |
| `pretrained/` | weights trained for this course |
| `cache/` | downloads; not part of the repository, may be deleted |

This page is printed by `python -m gan_course.data`; a test keeps it equal to the cards in the code.
"""


def page() -> str:
    """Returns the text of data/README.md."""
    return "\n".join([INTRODUCTION, *(data.card(name).markdown() for name in data.names())])


if __name__ == "__main__":
    print(page(), end="")
