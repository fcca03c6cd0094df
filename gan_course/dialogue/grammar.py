"""The grammar of the film scenes: it writes lines, and it says of any line whether it could have written it.

A rule is a choice of texts; ``<name>`` in a text stands for another rule, ``[...]`` may be left out. No rule leads back
to itself, so the language is finite and each rule can be turned into a regular expression: what writes and what
accepts come from one table. A line belongs to a mood and to a scene, and speaks of exactly one *thing* of that scene.
A reply speaks of the same thing, and gives what the line asks for.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter

import numpy as np

from gan_course.dialogue.tokens import joined, split_words
from gan_tf.checks import one_of

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MOST_WORDS = 12  # of a line, full stops and commas counted

_COMMON = {
    "line": "<opening> , <said> <end>|<said> , <tag> <end>|<said> <end>|<asked> ?|<opening> , <asked> ?",
    "opening": "<opener>|yes|no",
    "said": "<the> is <state>|<the> is on <number>|<feeling> <the> [<place>]|<order> <the> to <number>|<order> <the> "
    "<place>",
    "asked": "where is <the>|which <unit> for <the>|who took <the>|is <the> <state>|did you see <the> [<place>]",
    "the": "the [<how>] <thing>",
    "number": "<unit> <digit>|<unit> <digit> <digit>",
    "digit": "|".join(DIGITS),
}  # fmt: skip

_MOODS = {
    "calm": {
        "opener": "well|of course|one moment|all right|my friend|as you wish",
        "how": "old|little|usual|good",
        "state": "ready|safe now|in order|still here|fine",
        "feeling": "i see|we have|i remember|you will find|i put",
        "order": "bring|take|please carry|kindly return",
        "tag": "thank you|no hurry|as always|if you like",
        "end": ".",
    },
    "angry": {
        "opener": "enough|damn it|for the last time|listen to me|shut up|not again",
        "how": "stupid|wretched|useless|bloody",
        "state": "broken|gone again|a disgrace|still missing|too late",
        "feeling": "i hate|i paid for|you ruined|you lost|nobody checked",
        "order": "fix|move|throw|drag",
        "tag": "you fool|right now|do you hear|or else",
        "end": "!",
    },
    "afraid": {
        "opener": "oh no|be quiet|did you hear that|god help us|wait|hold my hand",
        "how": "strange|dark|cold|silent",
        "state": "moving|not safe|whispering|empty|watching us",
        "feeling": "i fear|something touched|i cannot find|they followed|do not touch",
        "order": "hide|quickly push|lower|lock",
        "tag": "i beg you|they are coming|it is behind us|before it wakes",
        "end": "...",
    },
    "joyful": {
        "opener": "wonderful|hurray|at last|what a day|look at this|oh my",
        "how": "beautiful|lovely|golden|dear",
        "state": "perfect|finished|better than ever|a miracle|ours",
        "feeling": "i love|we found|we won|i dreamed of|everybody adores",
        "order": "show|share|lift|send",
        "tag": "my darling|let us dance|what luck|i am so happy",
        "end": "!",
    },
}

_SCENES = {
    "station": {
        "thing": "train|ticket|suitcase|clock|porter|whistle|map|letter",
        "unit": "platform",
        "place": "in the hall|under the bridge|behind the kiosk|by the gate|near the stairs",
    },
    "kitchen": {
        "thing": "soup|knife|oven|kettle|cake|recipe|apron|pan",
        "unit": "shelf",
        "place": "on the table|in the sink|by the window|behind the door|near the fire",
    },
    "ship": {
        "thing": "anchor|sail|compass|rope|lantern|wheel|captain|chart",
        "unit": "deck",
        "place": "at the bow|in the cabin|below the mast|by the rail|near the reef",
    },
    "control room": {
        "thing": "screen|signal|lever|console|alarm|cable|engine|button",
        "unit": "channel",
        "place": "in the tower|on the panel|behind the glass|by the airlock|near the core",
    },
}

MOODS, SCENES = tuple(_MOODS), tuple(_SCENES)
_YES_OR_NO = re.compile(r"(?:yes|no)\b", re.IGNORECASE)
_PLACES = {place for scene in _SCENES.values() for place in scene["place"].split("|")}
# A line with these words names a place, but the thing is not there.
_NOT_THERE = re.compile(rf"\b(?:{'|'.join(mood['order'] for mood in _MOODS.values())}|i cannot find|you lost) the ")
_OPPOSITES = (
    ({"is still here"}, {"is gone again", "is still missing"}),
    ({"is ready", "is in order", "is fine", "is perfect", "is better than ever"}, {"is broken"}),
    ({"is perfect", "is better than ever", "is a miracle"}, {"is a disgrace"}),
    ({"is safe now"}, {"is not safe"}),
)


def rules(mood: str, scene: str) -> dict[str, list[str]]:
    """The table of a mood and a scene: name to choices.

    Raises:
        ValueError: an unknown mood or scene; the nearest is suggested.
    """
    table = {**_COMMON, **_MOODS[one_of("mood", mood, MOODS)], **_SCENES[one_of("scene", scene, SCENES)]}
    return {name: text.split("|") for name, text in table.items()}


def vocabulary() -> tuple[str, ...]:
    """Every word that a line may hold, punctuation too, sorted."""
    tables = [_COMMON, *_MOODS.values(), *_SCENES.values()]
    text = " ".join(re.sub(r"<[^>]+>|[\[\]|]", " ", text) for table in tables for text in table.values())
    return tuple(sorted(set(text.split())))


def write(mood: str, scene: str, random: np.random.Generator, thing: str | None = None, to: str | None = None) -> str:
    """A line of a mood in a scene.

    Args:
        mood: one of ``MOODS``.
        scene: one of ``SCENES``.
        random: where the choices come from: each rule's texts are equally likely.
        thing: what it speaks of; ``None`` chooses.
        to: the line that it answers; then it speaks of the same thing.

    Raises:
        ValueError: an unknown mood or scene, a thing of another scene, or a line that the scene does not accept.
    """
    table = rules(mood, scene)
    if to is not None:
        if scene_of(to) != scene:
            raise ValueError(f"to: got {to!r}, expected a line of the scene {scene!r}")
        thing = thing_of(to)
    if thing is not None:
        table["thing"] = [one_of("thing", thing, table["thing"])]
    while True:
        line = joined(_drawn("line", table, random).split())
        # Only who is asked says yes or no, and lines are short.
        fits = bool(_YES_OR_NO.match(line)) == (to is not None and _asks(to) == "whether")
        if fits and accepts(line, mood, scene) and (to is None or answers(to, line, mood)):
            return line


def _drawn(name: str, table: dict[str, list[str]], random: np.random.Generator) -> str:
    text = table[name][random.integers(len(table[name]))]
    text = re.sub(r"\[([^\]]*)\]", lambda found: found[1] if random.random() < 0.5 else "", text)
    return re.sub(r"<([^>]+)>", lambda found: _drawn(found[1], table, random), text)


def count(mood: str, scene: str) -> int:
    """In how many ways a line can be written: nearly the number of lines, since few can be written in two ways."""
    table = rules(mood, scene)

    def ways(text: str) -> Counter[int]:
        """How many texts there are of each length in words."""
        total = Counter({0: 1})
        for part in re.findall(r"\[[^\]]*\]|<[^>]+>|[^\s\[\]<>]+", text):
            if part.startswith("<"):
                choices = sum((ways(choice) for choice in table[part[1:-1]]), Counter())
            else:
                choices = Counter({0: 1}) + ways(part[1:-1]) if part.startswith("[") else Counter({1: 1})
            product = Counter()
            for (a, m), (b, n) in itertools.product(total.items(), choices.items()):
                product[a + b] += m * n
            total = product
        return total

    return sum(n for length, n in ways("<line>").items() if length <= MOST_WORDS)


def accepts(line: str, mood: str | None = None, scene: str | None = None) -> bool:
    """Whether the grammar can write the line. Capitals and spaces do not count.

    Args:
        line: any text.
        mood: one of ``MOODS``; ``None`` for any.
        scene: one of ``SCENES``; ``None`` for any.

    Raises:
        ValueError: an unknown mood or scene.
    """
    moods = MOODS if mood is None else (one_of("mood", mood, MOODS),)
    scenes = SCENES if scene is None else (one_of("scene", scene, SCENES),)
    words = split_words(line)
    text = " ".join(words)
    return len(words) <= MOST_WORDS and any(
        _pattern(a, b).fullmatch(text) for b in scenes if _speaks_of(text, b) for a in moods
    )


def moods_of(line: str) -> tuple[str, ...]:
    """The moods in which a line can be said: one for most lines, all for a plain question, none if it is wrong."""
    return tuple(mood for mood in MOODS if accepts(line, mood))


@functools.cache
def _pattern(mood: str, scene: str) -> re.Pattern:
    table = rules(mood, scene)

    def of(name: str) -> str:
        return "(?:" + "|".join(_of(text) for text in table[name]) + ")"

    def _of(text: str) -> str:
        # Words keep their places; an optional part takes the space before it along.
        parts = re.split(r"( ?\[[^\]]*\]|<[^>]+>)", text)
        done = []
        for part in parts:
            if part.startswith("<"):
                done.append(of(part[1:-1]))
            elif part.lstrip().startswith("["):
                done.append(f"(?: {_of(part.strip()[1:-1])})?")
            else:
                done.append(re.escape(part))
        return "".join(done)

    return re.compile(of("line"))


@functools.cache
def _things(scene: str) -> frozenset[str]:
    return frozenset(_SCENES[scene]["thing"].split("|"))


def _speaks_of(text: str, scene: str) -> bool:
    return not _things(scene).isdisjoint(text.split())


def scene_of(line: str) -> str | None:
    """The scene whose thing a line speaks of, or ``None``."""
    text = " ".join(split_words(line))
    return next((scene for scene in SCENES if _speaks_of(text, scene)), None)


def thing_of(line: str) -> str | None:
    """The thing that a line speaks of, or ``None``."""
    words = split_words(line)
    return next((word for word in words if any(word in _things(scene) for scene in SCENES)), None)


def _asks(line: str) -> str | None:
    """What a line wants to know: ``"number"``, ``"place"``, ``"whether"``, or ``None``."""
    text = " ".join(split_words(line))
    if not text.endswith("?"):
        return None
    for what, words in (("number", "which"), ("place", "where is"), ("whether", "is|did you see")):
        if re.search(rf"(?:^|, )(?:{words}) (?:\w+ for )?the ", text):
            return what
    return None


def _said(line: str) -> str:
    """What a line of the grammar says of its thing, up to the next mark: ``"is still here"``, ``"by the gate"``."""
    return re.match(r"[\w ]*", " ".join(split_words(line)).partition(f" {thing_of(line)} ")[2])[0].strip()


def _tells(line: str) -> set[str]:
    """Which of the questions *which* (``"number"``) and *where* (``"place"``) a line answers."""
    text, said = " ".join(split_words(line)), _said(line)
    if text.endswith("?"):
        return set()
    where = said.startswith("is on ") or (said in _PLACES and not _NOT_THERE.search(text))
    numbered = not set(DIGITS).isdisjoint(said.split())
    return {what for what, told in (("number", numbered), ("place", where)) if told}


def _denies(told: str, said: str) -> bool:
    """Whether what is said of a thing cannot hold together with what was told of it."""
    if told.startswith("is on "):
        return said == "is still missing" or (said.startswith("is on ") and said != told)
    return any((told in a and said in b) or (said in a and told in b) for a, b in _OPPOSITES)


def answers(line: str, reply: str, mood: str | None = None) -> bool:
    """Whether ``reply`` is a reply to ``line``, in that mood if one is given.

    The grammar must accept both, and both must speak of the same thing. Then

    - *which* is answered with a number, *where* by saying where the thing is; an order to bring it somewhere does not;
    - a question that can be answered by yes or no is answered with one of these words first; *yes* does not go with
      the opposite of what was asked, nor *no* with the same;
    - none of these three is answered with a question;
    - after any other line, the reply does not ask for the number, the place or the state that the line has just told,
      and does not deny it: by another number for where the thing is, or by an opposite such as *broken* and *fine*.

    Only the line itself counts, not what was said before; and a reply that denies nothing need not make sense.

    Args:
        line: any text.
        reply: any text.
        mood: one of ``MOODS``, in which the reply must be given; ``None`` for any.

    Raises:
        ValueError: an unknown mood.
    """
    if not (accepts(reply, mood) and accepts(line)) or thing_of(line) != thing_of(reply):
        return False
    asks, told, said = _asks(line), _said(line), _said(reply)
    if asks is None:
        return _asks(reply) not in _tells(line) and told != f"is {said}" and not _denies(told, said)
    if split_words(reply)[-1] == "?":
        return False
    if asks != "whether":
        return asks in _tells(reply)
    yes_or_no = split_words(reply)[0]
    if yes_or_no == "yes":
        return not _denies(said, f"is {told}")
    return yes_or_no == "no" and said != f"is {told}"
