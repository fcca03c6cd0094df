"""The grammar writes what it accepts; dialogues are read whole, or refused with a reason."""

import csv
import itertools

import numpy as np
import pytest

from gan_course import data, paths
from gan_course.dialogue import grammar as grammar
from gan_course.dialogue.tokens import PAD, Vocabulary, joined, split_words

ROWS = [("Ann", "Where is the train?", "On platform four."), ("Ben", "Stop!", "Never, never...")]


def table(path, rows=ROWS, header=("speaker", "line", "reply"), encoding="utf-8"):
    with open(path, "w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows([header, *rows])
    return path


# The grammar


@pytest.mark.parametrize(("mood", "scene"), list(itertools.product(grammar.MOODS, grammar.SCENES)))
def test_what_the_grammar_writes_it_accepts(mood, scene):
    random = np.random.default_rng(1)
    known = set(grammar.vocabulary())
    for _ in range(20):
        line = grammar.write(mood, scene, random)
        reply = grammar.write(mood, scene, random, to=line)
        assert grammar.accepts(line, mood, scene) and grammar.accepts(reply, mood, scene)
        assert grammar.answers(line, reply, mood), (line, reply)
        assert grammar.scene_of(line) == scene and grammar.thing_of(line) == grammar.thing_of(reply)
        assert set(split_words(line)) <= known and 3 <= len(split_words(line)) <= grammar.MOST_WORDS


def test_every_change_of_a_word_is_noticed_or_is_another_line_of_the_grammar():
    """Of a small part of the language, written out by other means, one word is changed."""
    table = grammar.rules("angry", "ship")
    things, states = table["thing"], table["state"]
    small = {f"the {how}{thing} is {state} !" for thing in things for state in states for how in ("", "stupid ")}
    words = sorted({word for line in small for word in line.split()})
    random = np.random.default_rng(0)
    for line in sorted(small):
        assert grammar.accepts(line, "angry", "ship")
        changed = line.split()
        changed[random.integers(len(changed))] = words[random.integers(len(words))]
        text = " ".join(changed)
        assert grammar.accepts(text, "angry", "ship") == (text in small), text


def test_how_many_lines_there_are():
    assert sum(grammar.count(mood, scene) for mood in grammar.MOODS for scene in grammar.SCENES) > 3_000_000
    # By hand: the questions "where is the [how] thing ?" of one mood and scene, alone or after one of eight openings.
    table = grammar.rules("calm", "ship")
    assert len(table["opener"]) == 6 and len(table["thing"]) == 8 and len(table["how"]) == 4
    assert grammar.count("calm", "ship") > (1 + 8) * 8 * (1 + 4)


@pytest.mark.parametrize(
    ("line", "mood", "right"),
    [
        ("The train is still here.", "calm", True),
        ("the  TRAIN is still here .", "calm", True),
        ("The train is still here!", "calm", False),
        ("The train is still here.", "angry", False),
        ("Enough, the train is broken!", "angry", True),
        ("Where is the train?", "joyful", True),
        ("The train is on shelf four.", "calm", False),
        ("The soup is on shelf four two.", "calm", True),
        ("The soup is on shelf four two one.", "calm", False),
        ("The train the train is still here.", None, False),
        ("", None, False),
        ("The train is still here.\nThe train is still here.", None, False),
        ("The train is still here. " * 400, None, False),
    ],
)
def test_lines_that_are_right_and_wrong(line, mood, right):
    assert grammar.accepts(line, mood) == right


@pytest.mark.parametrize(
    ("line", "reply", "right"),
    [
        # The same thing, and a line of the grammar.
        ("The train is fine.", "The train is in order.", True),
        ("The train is fine.", "The map is fine.", False),
        ("The train is fine.", "The soup is fine.", False),
        ("The train is fine.", "Banana.", False),
        ("Who took the train?", "Where is the train?", True),
        # Which, where, and questions for yes or no.
        ("Where is the train?", "The train is on platform four.", True),
        ("Where is the train?", "The train is fine.", False),
        ("Where is the train?", "I see the train by the gate.", True),
        ("Where is the train?", "Where is the train?", False),
        ("Where is the train?", "Take the train to platform two.", False),
        ("Where is the train?", "Throw the train under the bridge, you fool!", False),
        ("Where is the train?", "I cannot find the train by the gate...", False),
        ("Where is the train?", "You lost the train by the gate!", False),
        ("Where is the train?", "You ruined the train by the gate!", True),
        ("Which platform for the train?", "I see the train by the gate.", False),
        ("Which platform for the train?", "Take the train to platform two.", True),
        ("Which platform for the train?", "Which platform for the train?", False),
        ("Is the train fine?", "The train is fine.", False),
        ("Is the train fine?", "No, the train is broken!", True),
        ("Is the train fine?", "The train is on platform four.", False),
        ("Did you see the train?", "Yes, I see the train.", True),
        ("Did you see the train?", "No, which platform for the train?", False),
        # Yes and no go with what follows them.
        ("Is the train fine?", "Yes, the train is fine.", True),
        ("Is the train fine?", "Yes, the train is broken!", False),
        ("Is the train fine?", "No, the old train is fine.", False),
        ("Is the train still missing?", "Yes, the train is on platform four.", False),
        ("Is the train still missing?", "No, the train is on platform four.", True),
        # What was just told is not asked for.
        ("The soup is on shelf five!", "Where is the soup?", False),
        ("The soup is on shelf five!", "Well, which shelf for the soup?", False),
        ("Bring the soup to shelf five.", "Which shelf for the soup?", False),
        ("Bring the soup to shelf five.", "Where is the soup?", True),
        ("I see the soup by the window.", "Where is the old soup?", False),
        ("I see the soup by the window.", "Which shelf for the soup?", True),
        ("You lost the soup by the window!", "Where is the old soup?", True),
        ("Bring the soup by the window.", "Where is the old soup?", True),
        ("The train is still here.", "Is the train still here?", False),
        ("The train is still here.", "Is the train ready?", True),
        # Nor denied.
        ("The train is still here.", "The train is gone again!", False),
        ("The train is gone again!", "The train is still here.", False),
        ("The train is still here.", "The train is a disgrace!", True),
        ("The train is perfect!", "The bloody train is a disgrace, you fool!", False),
        ("The train is safe now.", "The dark train is not safe...", False),
        ("The train is ready.", "Enough, the train is broken!", False),
        ("The train is too late!", "The train is broken!", True),
        ("The train is on platform two.", "The train is on platform seven five!", False),
        ("The train is on platform two.", "The train is on platform two!", True),
        ("The train is on platform two.", "The train is still missing!", False),
        ("The train is on platform two.", "Move the train to platform seven!", True),
        ("The train is still missing!", "The train is on platform two.", True),
    ],
)
def test_replies_that_are_right_and_wrong(line, reply, right):
    assert grammar.answers(line, reply) == right


def test_a_reply_in_another_mood_is_none():
    line, reply = "Is the train fine?", "No, the train is broken!"
    assert [mood for mood in grammar.MOODS if grammar.answers(line, reply, mood)] == ["angry"]
    assert grammar.answers(reply, "The train is fine.") is grammar.answers("The train is fine.", reply) is False
    with pytest.raises(ValueError, match="did you mean 'angry'"):
        grammar.answers(line, reply, "angri")


def test_moods_of_a_line():
    assert grammar.moods_of("Where is the train?") == grammar.MOODS
    assert grammar.moods_of("Enough, the train is broken!") == ("angry",)
    assert grammar.moods_of("Enough, the train is fine!") == ()


def test_wrong_questions_to_the_grammar():
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="did you mean 'angry'"):
        grammar.accepts("Hello.", "angri")
    with pytest.raises(ValueError, match="did you mean 'kitchen'"):
        grammar.write("calm", "kitchn", random)
    with pytest.raises(ValueError, match="expected a line of the scene 'ship'"):
        grammar.write("calm", "ship", random, to="Where is the train?")


# Words and numbers


def test_words_and_back():
    text = "Oh no, don't move... I'm here!"
    assert split_words(text) == ["oh", "no", ",", "don't", "move", "...", "i'm", "here", "!"]
    assert joined(split_words(text)) == "Oh no, don't move... i'm here!"
    words = Vocabulary.of([text, "Well, well."])
    assert words.decode(words.encode([text, "Well."], 10)) == ["Oh no, don't move... i'm here!", "Well."]
    letters = Vocabulary.of([text], "characters")
    assert letters.decode(letters.encode([text], 40)) == [text]
    assert words.decode(np.eye(len(words))[words.encode(["Well."], 3)]) == ["Well."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 words"),
        ("yes " * 5, "5 words, expected 1 to 4"),
        ("yes or noo", "'noo', which is not among the 3 words of the training set; did you mean 'no'"),
        (PAD, "not among"),
        ("yes " * 10_000, "10000 words"),
    ],
)
def test_texts_that_cannot_be_encoded(text, message):
    with pytest.raises(ValueError, match=message) as error:
        Vocabulary(("no", "or", "yes")).encode(["no", text], 4)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("tokens", [(), ("a", "a"), ("a", PAD), ("a", "")])
def test_vocabularies_that_cannot_be(tokens):
    with pytest.raises(ValueError, match="tokens: expected"):
        Vocabulary(tokens)


@pytest.mark.parametrize("x", [np.full((1, 3), 9), np.zeros((1, 3)), np.zeros((2, 3, 5)), np.array([[-1]])])
def test_tokens_that_stand_for_nothing(x):
    with pytest.raises(ValueError, match="x: got"):
        Vocabulary(("no", "or", "yes")).decode(x)


# The shipped set


def test_the_shipped_scenes_are_the_grammars():
    train, test = data.load("dialogue"), data.load("dialogue", "test")
    assert (len(train), len(test)) == (7_000, 1_000) and train.x.dtype == np.int32 and train.sample_shape == (24, 238)
    assert train.class_names == grammar.MOODS and np.bincount(train.labels).min() > 1_000
    for (line, reply), label in zip(test.pairs(), test.labels, strict=True):
        assert grammar.answers(line, reply, grammar.MOODS[label])
    assert len({grammar.scene_of(line) for line in test.lines()}) == 4
    assert (paths.assets() / "embedded" / "dialogue.csv").stat().st_size < 1_000_000
    assert len(data.load("dialogue", n=10)) == 10 and "pairs of lines" in repr(train)


def test_real_replies_to_other_lines_seldom_answer():
    """What the test of replies is worth: with the right mood alone a reply seldom passes, about the same thing more."""
    test = data.load("dialogue", "test")
    random, pairs = np.random.default_rng(0), test.pairs()
    moods = [grammar.MOODS[k] for k in test.labels]
    others = {(mood, thing): [] for mood in grammar.MOODS for thing in (None, *map(grammar.thing_of, test.lines()))}
    for (_, reply), mood in zip(pairs, moods, strict=True):
        others[mood, None].append(reply)
        others[mood, grammar.thing_of(reply)].append(reply)
    shares = [
        np.mean(
            [
                grammar.answers(line, random.choice(others[mood, thing(line)]), mood)
                for (line, _), mood in zip(pairs, moods, strict=True)
            ]
        )
        for thing in (lambda line: None, grammar.thing_of)
    ]
    assert shares[0] < 0.1 and 0.6 < shares[1] < 0.9


def test_batches_are_one_hot():
    train = data.load("dialogue", n=20)
    x, labels = next(iter(train.batches(8, seed=0, labels=True)))
    assert x.shape == (8, 24, 238) and x.dtype == "float32" and labels.shape == (8,)
    assert np.array_equal(np.asarray(x).sum(axis=2), np.ones((8, 24)))
    assert set(train.pairs(np.asarray(x))) <= set(train.pairs())
    assert np.array_equal(train.one_hot().argmax(axis=2), train.x)
    assert len(train.of_class("calm")) + len(train.of_class("angry", "afraid", "joyful")) == 20


def test_a_scene_goes_on():
    """The reply of a row is the line of the next one, until the scene ends."""
    pairs = data.load("dialogue", n=200).pairs()
    follows = [a[1] == b[0] for a, b in itertools.pairwise(pairs)]
    assert 0.7 < np.mean(follows) < 0.9


# The user's own


def test_a_table_of_ones_own(tmp_path):
    mine = data.dialogue_from_csv(table(tmp_path / "mine.csv"))
    assert mine.pairs() == [("Where is the train?", "On platform four."), ("Stop!", "Never, never...")]
    assert mine.labels is None and mine.speaker_names == ("Ann", "Ben") and mine.source == "local"
    assert mine.line_length == 5 and mine.name == "mine"
    letters = data.dialogue_from_csv(table(tmp_path / "mine.csv"), unit="characters")
    assert letters.pairs() == [(line, reply) for _, line, reply in ROWS]
    with_mood = table(
        tmp_path / "m.csv",
        [(*row, mood) for row, mood in zip(ROWS, "ab", strict=True)],
        ("Speaker", "line ", "reply", "mood"),
    )
    assert data.dialogue_from_csv(with_mood).class_names == ("a", "b")
    assert mine.encode(["stop the train"]).shape == (1, 5)
    with pytest.raises(ValueError, match="did you mean 'train'"):
        mine.encode(["stop the trains"])


def test_the_shipped_play_is_read_whole(capsys):
    play = data.dialogue_from_csv(paths.assets() / "embedded" / "romeo_and_juliet.csv")
    assert (
        len(play) == len(set(play.pairs())) == 77 and play.labels is None and "skipped" not in capsys.readouterr().out
    )
    line, reply = "O romeo, romeo! wherefore art thou romeo?", "Shall i hear more, or shall i speak at this?"
    assert (line, reply) in play.pairs()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    rows = [("Zoë", "Où est le café ?", "Là-bas."), ("B", "Straße!", "Ça va…")]
    path = table(tmp_path / "e.csv", rows, encoding=encoding)
    if encoding == "cp1252":
        with pytest.raises(data.DataError, match=r"is not utf-8-sig.*encoding='cp1252'"):
            data.dialogue_from_csv(path)
    named = "cp1252" if encoding == "cp1252" else None
    mine = data.dialogue_from_csv(path, unit="characters", encoding=named)
    assert mine.pairs()[0] == ("Où est le café ?", "Là-bas.") and mine.speaker_names == ("B", "Zoë")
    with pytest.raises(ValueError, match="encoding: got 'klingon'"):
        data.dialogue_from_csv(path, encoding="klingon")


def test_rows_that_cannot_be_used_are_skipped_and_counted(tmp_path, capsys):
    rows = [*ROWS, ("A", "", "Yes."), ("A", "Yes.", "   "), ("A", "word " * 1_999, "No."), ("A", f"x {PAD}", "No.")]
    mine = data.dialogue_from_csv(table(tmp_path / "mine.csv", rows))
    assert len(mine) == 2
    assert (
        "skipped 4 of 6 rows of mine.csv (first: row 4: its line has 0 words, not 1 to 40)" in capsys.readouterr().out
    )
    letters = data.dialogue_from_csv(table(tmp_path / "mine.csv", rows), "characters", line_length=9_999)
    assert len(letters) == 3 and letters.line_length == 9_999  # asked for, so taken


def test_rows_with_too_many_or_too_few_cells_are_skipped_and_counted(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text(
        "speaker,line,reply,mood\n"
        "Ann,Where?,Well, over there.,a\n"  # no quotes: the reply would be cut, and the mood lost
        'Ann,Where?,"Well, over there.",a\n'
        "Ben,Stop!,Never.\n"
        "Ben,Stop!,Never., \n"
        "Ben,Stop!,Never.,b,,\n"  # empty cells, as a spreadsheet leaves them
    )
    mine = data.dialogue_from_csv(path)
    assert mine.pairs() == [("Where?", "Well, over there."), ("Stop!", "Never.")] and mine.class_names == ("a", "b")
    out = capsys.readouterr().out
    assert "skipped 3 of 5 rows of mine.csv (first: row 2: it has more cells" in out and out.count("\n") == 1
    for row, message in (("Ben,Stop!,Never.", "has no cell for the column mood"), ("B,S,N, ", "its mood is empty")):
        path.write_text(f"speaker,line,reply,mood\n{row}\n")
        with pytest.raises(data.DataError, match=f"holds 0 pairs .*row 2: it.*{message.split('its ')[-1]}"):
            data.dialogue_from_csv(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"speaker,line,reply,Line\nA,b,c,d\nA,b,c,d\n", "has the columns line twice"),
        (b"", "lacks the columns speaker, line, reply; its first line names none"),
        (b"speaker,line\nA,b\n", "lacks the columns reply"),
        (b"speaker;line;reply\nA;b;c\n", "a table with commas"),
        (b"speaker,line,reply\n", "holds 0 pairs that can be used"),
        (b"speaker,line,reply\nA,b,\nA,,c\n", "holds 0 pairs.*its reply has 0 words"),
        (b'speaker,line,reply\nA,"b,c\n', "no CSV that can be read"),
        (b"speaker,line,reply\nA,b\0,c\nA,b,c\n", "zero bytes"),
        ("speaker,line,reply\nA,b,c\nA,b,c\n".encode("utf-16-le"), "zero bytes"),
        (b"\xff\xfespeaker", "is not utf-16"),
        (b"speaker,line,reply\nA," + b"x" * 200_000 + b",c\n", "field larger"),
        (b"speaker,line,reply\nA\nB\n", "holds 0 pairs.*row 2: it has no cell for the column line"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, content, message):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(data.DataError, match=message) as error:
        data.dialogue_from_csv(path)
    assert "bad.csv" in str(error.value) and len(str(error.value)) < 400
    assert path.read_bytes() == content


def test_other_wrong_arguments(tmp_path):
    path = table(tmp_path / "mine.csv")
    with pytest.raises(data.DataError, match="is not a file"):
        data.dialogue_from_csv(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="did you mean 'words'"):
        data.dialogue_from_csv(path, unit="word")
    with pytest.raises(ValueError, match="line_length: got 0"):
        data.dialogue_from_csv(path, line_length=0)
    rows = [("A", f"w{i} v{i} u{i}", "Yes.") for i in range(2_000)]
    with pytest.raises(data.DataError, match="use unit='characters'"):
        data.dialogue_from_csv(table(path, rows))


@pytest.mark.parametrize(
    "x", [np.zeros((2, 4)), np.zeros((2, 3), np.int32), np.full((2, 4), 9, np.int32), np.zeros((0, 4), np.int32)]
)
def test_dialogues_that_cannot_be(x):
    with pytest.raises(data.DataError, match="x of 'd': got"):
        data.Dialogue(x, None, (), "local", data.card("dialogue"), "d", Vocabulary(("a", "b")))
