"""Lines of a film and the replies to them: the scenes that our grammar wrote, or a table of the user's own."""

import csv
import dataclasses
import io
from pathlib import Path
from typing import ClassVar

import numpy as np

from gan_course.data.dataset import Card, DataError, Dataset, listed
from gan_course.data.folder import own_card
from gan_course.dialogue import grammar
from gan_course.dialogue.tokens import PAD, UNITS, Vocabulary, split
from gan_tf.checks import one_of, whole

COLUMNS = ("speaker", "line", "reply")  # those that must be there; "mood" may be
MAX_BYTES = 200 << 20  # of a file
MAX_LENGTH = {"words": 40, "characters": 200}  # of one line: a longer one is no line of a dialogue
MAX_VOCABULARY = 5_000
TEST = 1_000  # pairs at the end of the shipped table that are held back

CARD = Card(
    name="dialogue",
    title="Scenes of a film",
    size="7,000 training and 1,000 test pairs of a line and the reply to it, in four moods and four scenes; int32 "
    "tokens, at most 12 words a line, 237 different ones",
    licence="that of the course: written for it",
    citation="none: made by tools/make_dialogue.py",
    layout="shipped: data/embedded/dialogue.csv",
    note="gan_course.dialogue.grammar wrote the lines and says of any other line whether it could have written it; it "
    "knows about 3.7 million; the test pairs are other scenes",
)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Dialogue(Dataset):
    """Pairs of a line and a reply: a `Dataset` whose x is int32 [n, 2 * line_length], tokens of the vocabulary.

    The first half of a row is the line, the second one the reply, each padded at its end with token 0. The batches are
    one-hot: float32 [batch, 2 * line_length, len(vocabulary)]. The labels are the moods in which the replies are given.

    Attributes:
        vocabulary: What the tokens stand for.
        speakers: int32 [n], who says the line, or None.
        speaker_names: One name a speaker, in the order of `speakers`.

    Raises:
        DataError: As for `Dataset`; or x is no int32 [n, an even number] of tokens of the vocabulary.
    """

    vocabulary: Vocabulary = dataclasses.field(default_factory=lambda: Vocabulary(("yes", "no")))
    speakers: np.ndarray | None = None
    speaker_names: tuple[str, ...] = ()

    _PER_SAMPLE: ClassVar[tuple[str, ...]] = ("x", "labels", "speakers")

    def __post_init__(self):
        super().__post_init__()
        if self.speakers is not None:
            object.__setattr__(self, "speakers", self._checked("speakers", self.speakers, self.speaker_names))

    def _check_x(self):
        x = self.x
        if not isinstance(x, np.ndarray) or x.dtype != np.int32 or x.ndim != 2 or not x.size or x.shape[1] % 2:
            came = f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray) else type(x).__name__
            raise DataError(f"x of {self.name!r}: got {came}, expected an int32 array [n, 2 * line_length] with n > 0")
        if x.min() < 0 or x.max() >= len(self.vocabulary):
            raise DataError(
                f"x of {self.name!r}: got tokens from {x.min()} to {x.max()}, expected 0 to {len(self.vocabulary) - 1}"
            )

    def _contents(self) -> str:
        return f"pairs of lines, each at most {self.line_length} of {len(self.vocabulary) - 1} {self.vocabulary.unit}"

    @property
    def line_length(self) -> int:
        """Tokens a line has at most."""
        return self.x.shape[1] // 2

    @property
    def sample_shape(self) -> tuple[int, int]:
        """Shape of a sample as the nets see it: (2 * line_length, len(vocabulary))."""
        return self.x.shape[1], len(self.vocabulary)

    def pairs(self, x: np.ndarray | None = None) -> list[tuple[str, str]]:
        """The texts of samples, as (line, reply); of the whole set if `x` is None.

        Args:
            x: Tokens [n, 2 * line_length], or one-hot vectors [n, 2 * line_length, len(vocabulary)].

        Raises:
            ValueError: Another shape, or tokens out of range.
        """
        x = self.x if x is None else np.asarray(x)
        if x.ndim not in (2, 3) or x.shape[1] != self.x.shape[1]:
            raise ValueError(f"x: got shape {x.shape}, expected {self.x.shape[1]} tokens a row")
        half = self.line_length
        return list(zip(self.vocabulary.decode(x[:, :half]), self.vocabulary.decode(x[:, half:]), strict=True))

    def lines(self) -> set[str]:
        """Every different text of the set, lines and replies alike."""
        return {text for pair in self.pairs() for text in pair}

    def encode(self, lines: list[str]) -> np.ndarray:
        """Lines as int32 [n, line_length], to be answered.

        Raises:
            ValueError: A line is empty or too long, or holds a word that the set does not; the nearest is suggested.
        """
        return self.vocabulary.encode(lines, self.line_length)

    def one_hot(self, x: np.ndarray | None = None) -> np.ndarray:
        """Tokens [n, k] as float32 [n, k, len(vocabulary)]; the whole set if `x` is None."""
        return np.eye(len(self.vocabulary), dtype=np.float32)[self.x if x is None else x]

    def _gather(self, plan):
        import tensorflow as tf

        x, labels = super()._gather(plan)
        return tf.one_hot(x, len(self.vocabulary)), labels


def load(split: str = "train", source: str | None = None, *, n: int | None = None) -> Dialogue:
    """Loads the scenes that the course ships.

    Args:
        split: "train" or "test": other scenes.
        source: Ignored: the set is part of the course.
        n: Number of pairs, from the first on; None means all, 7,000 or 1,000.

    Raises:
        ValueError: `n` is out of range.
        DataError: The file is damaged.
    """
    from gan_course import paths

    rows = _rows(_text(paths.assets() / "embedded" / "dialogue.csv", None), "dialogue.csv")
    rows = rows[-TEST:] if split == "test" else rows[:-TEST]
    if n is not None:
        rows = rows[: whole("n", n, 1, len(rows))]
    vocabulary = Vocabulary(grammar.vocabulary())
    return _dialogue(rows, vocabulary, grammar.MOST_WORDS, "embedded", CARD, grammar.MOODS)


def dialogue_from_csv(
    path: str | Path,
    unit: str = "words",
    line_length: int | None = None,
    encoding: str | None = None,
    name: str | None = None,
) -> Dialogue:
    """Reads a dialogue of your own: a CSV file with the columns speaker, line and reply, and mood if you like.

    Further columns are left alone. Words are put into small letters and parted from punctuation; characters stay as
    they are. Rows that cannot be used are skipped, and one line says how many: a line is empty or too long, cells are
    missing, or there are more of them than columns, as by a comma in a text that has no quotes around it.

    Args:
        path: The file. UTF-8, with or without a mark at its start, and UTF-16 with one are recognised.
        unit: "words" or "characters": what a token is.
        line_length: Longest line, in tokens. None takes the longest of the file, up to 40 words or 200 characters.
        encoding: Name of another encoding, such as "cp1252".
        name: Name of the data set; None takes the file's.

    Returns:
        A `Dialogue` with source "local"; its labels are the moods, None if there is no such column.

    Raises:
        ValueError: An argument is out of range.
        DataError: The file is missing, no table in that encoding, lacks a column or has one twice, has fewer than two
            pairs that can be used, or holds too many different words.
    """
    one_of("unit", unit, UNITS)
    most = MAX_LENGTH[unit] if line_length is None else whole("line_length", line_length, 1, 10_000)
    path = Path(path)
    kept, bad = [], []
    rows = _rows(_text(path, encoding), path.name)
    for row in rows:
        if why := _fault(row, unit, most):
            bad.append(f"row {row['']}: {why}")
        else:
            kept.append(row)
    if len(kept) < 2:
        reason = f"; the first that cannot: {bad[0]}" if bad else ""
        raise DataError(f"{path.name} holds {len(kept)} pairs that can be used, expected at least two{reason}")
    if bad:
        print(f"gan_tf: skipped {len(bad)} of {len(rows)} rows of {path.name} (first: {bad[0]})")
    texts = [row[column].strip() for row in kept for column in ("line", "reply")]
    vocabulary = Vocabulary.of(texts, unit)
    if len(vocabulary) > MAX_VOCABULARY:
        raise DataError(
            f"{path.name} has {len(vocabulary) - 1:,} different {unit}, more than the {MAX_VOCABULARY:,} that a small "
            "net can learn; use unit='characters', or fewer rows"
        )
    length = most if line_length is not None else max(len(split(text, unit)) for text in texts)
    moods = tuple(sorted({row["mood"].strip() for row in kept})) if "mood" in kept[0] else ()
    name = name or path.stem
    card = own_card(
        "dialogue_from_csv", name, f"{len(kept):,} pairs of lines, int32 tokens, {length} {unit} a line at most"
    )
    return _dialogue(kept, vocabulary, length, "local", card, moods, name)


def _fault(row: dict, unit: str, most: int) -> str:
    """What is wrong with a row, if anything."""
    if any(cell.strip() for cell in row.get("...", ())):
        return "it has more cells than the first line has columns; a text with a comma needs quotes around it"
    for column in (*COLUMNS, "mood"):
        if row.get(column, "") is None:
            return f"it has no cell for the column {column}"
    for column in ("line", "reply"):
        length = len(split(row[column].strip(), unit))
        if not 1 <= length <= most:
            return f"its {column} has {length} {unit}, not 1 to {most}"
        if PAD in row[column]:
            return f"its {column} holds the padding {PAD!r}"
    return "" if row.get("mood", "some").strip() else "its mood is empty"


def _dialogue(rows, vocabulary, length, source, card, moods, name="dialogue") -> Dialogue:
    halves = [vocabulary.encode([row[column].strip() for row in rows], length) for column in ("line", "reply")]
    labels = np.array([moods.index(row["mood"].strip()) for row in rows], np.int32) if moods else None
    names = tuple(sorted({row["speaker"].strip() for row in rows}))
    who = np.array([names.index(row["speaker"].strip()) for row in rows], np.int32)
    return Dialogue(np.concatenate(halves, axis=1), labels, moods, source, card, name, vocabulary, who, names)


def _text(path: Path, encoding: str | None) -> str:
    if not path.is_file():
        raise DataError(f"{path} is not a file")
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path.name} has {path.stat().st_size / 2**20:,.0f} MB, more than {MAX_BYTES >> 20}")
    raw = path.read_bytes()
    guess = encoding or ("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    try:
        text = raw.decode(guess)
    except LookupError:
        raise ValueError(f"encoding: got {encoding!r}, expected the name of one, such as 'utf-8' or 'cp1252'") from None
    except UnicodeError as error:
        raise DataError(
            f"{path.name} is not {guess}: {error}. Save it as UTF-8, or name its encoding, such as encoding='cp1252'"
        ) from error
    if "\0" in text:
        raise DataError(f"{path.name} holds zero bytes: no text in {guess}; name its encoding, such as 'utf-16-le'")
    return text


def _rows(text: str, name: str) -> list[dict]:
    """The rows of a table with the columns that are needed; the key "" holds the number of the row's last line.

    A cell that is missing is None; the key "..." lists the cells without a column.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="...", strict=True)
    try:
        header = [column.strip().lower() for column in reader.fieldnames or ()]
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            raise DataError(
                f"{name} lacks the columns {listed(missing)}; its first line names {listed(header) or 'none'}. "
                f"Expected a table with commas whose first line is {','.join(COLUMNS)}"
            )
        twice = [column for column in (*COLUMNS, "mood") if header.count(column) > 1]
        if twice:
            raise DataError(f"{name} has the columns {listed(twice)} twice, expected each of them once")
        reader.fieldnames = header
        return [{**row, "": str(reader.line_num)} for row in reader]
    except csv.Error as error:
        raise DataError(f"{name}, line {reader.line_num}: no CSV that can be read ({error})") from error
