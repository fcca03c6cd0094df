"""People who wave, jump and bend: the Weizmann actions as MoCoGAN prepared them, and their stand-in."""

import io
from pathlib import Path

import numpy as np

from gan_course.data import clips, sources
from gan_course.data import people as drawn_people
from gan_course.data.dataset import Card, DataError
from gan_course.data.download import RemoteFile
from gan_course.data.folder import fitted, opened
from gan_course.data.pixels import to_float
from gan_tf.checks import whole

NAMES = drawn_people.NAMES
PEOPLE = {"train": range(7), "test": range(7, 9)}  # ours: nobody of the test split is seen in training
FPS = drawn_people.FPS
FOLDER = "human-actions"  # under $GAN_TF_DATA
MAX_FRAMES = 500  # of one sequence: three times the longest
MAX_SIDE = 512
_COMMIT = "c68950b5943d47cbb7a94c0031bd3d21d19fff33"
_FOLDERS = (0, 1, 3, 4)  # MoCoGAN's numbers of the four actions
_PLACES = (2, 0, 4, 6)  # each person has eight files there, two an action; the first of the two

CARD = Card(
    name="human_actions",
    title="Weizmann human actions",
    size="36 sequences of 51 to 146 frames, nine people and four actions, 64x64x3 at 25 frames a second, cut into "
    "windows, float32 in [-1, 1]; 5 MB to download",
    licence="research use",
    citation="Gorelick, Blank, Shechtman, Irani and Basri 2007, Actions as space-time shapes, IEEE TPAMI 29(12); "
    "prepared by Tulyakov, Liu, Yang and Kautz 2018, MoCoGAN",
    url="https://github.com/sergeytulyakov/mocogan, folder data/actions",
    layout=f"$GAN_TF_DATA/{FOLDER}/ (36 files such as 2_21.npy: the action, and a number; uint8 [frames, 64, 64, 3])",
    stand_in="jointed figures of eighteen people who do the same four actions, drawn on this machine",
    note="the files have no published checksum: that each is a strip of square frames is checked before it is used; "
    "the split by people is ours, as no other is published",
)


def _strip(person: int, action: int) -> RemoteFile:
    number = 8 * person + _PLACES[action]
    path = f"data/actions/{_FOLDERS[action]}/{number:08d}.jpg"
    url = f"https://raw.githubusercontent.com/sergeytulyakov/mocogan/{_COMMIT}/{path}"
    return RemoteFile(f"{action}_{person}.jpg", (url,), "", read_strip)


def read_strip(file: Path | io.BytesIO) -> np.ndarray:
    """Reads a picture whose square frames stand side by side: uint8 [frames, side, side, 3].

    Raises:
        DataError: It is no picture, its width is no multiple of its height, or it holds one frame or too many.
    """
    try:
        with opened(file) as image:
            width, side = image.size
            if width % side or not 2 <= width // side <= MAX_FRAMES or side > MAX_SIDE:
                raise DataError(f"{file}: {width}x{side} pixels are no strip of 2 to {MAX_FRAMES} square frames")
            pixels = np.asarray(image.convert("RGB"))
    except DataError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever a damaged file leads them to.
        raise DataError(f"{file} cannot be read: {error}") from error
    return pixels.reshape(side, -1, side, 3).swapaxes(0, 1)


def read_array(file: Path) -> np.ndarray:
    """Reads one sequence from an array file: uint8 [frames, side, side, 3]. Nothing is unpickled.

    Raises:
        DataError: It is no array file, or holds something else.
    """
    try:
        frames = np.load(file, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy reads the header with Python's parser, which raises errors of many kinds.
        raise DataError(f"{file} cannot be read: {error}") from error
    shape, kind = getattr(frames, "shape", ()), getattr(frames, "dtype", type(frames).__name__)
    square = len(shape) == 4 and 1 <= shape[1] == shape[2] <= MAX_SIDE and shape[3] == 3
    if not square or kind != np.uint8 or not 2 <= shape[0] <= MAX_FRAMES:
        raise DataError(f"{file}: got {kind} {shape}, expected uint8 [2 to {MAX_FRAMES} frames, side, side, 3]")
    return np.array(frames)


def _scaled(sequence: np.ndarray, size: int) -> np.ndarray:
    from PIL import Image

    return np.stack([fitted(Image.fromarray(frame), size, size, 3) for frame in sequence])


def load(
    split: str = "train",
    source: str | None = None,
    *,
    frames: int = 16,
    size: int = 32,
    step: int = 2,
    hop: int = 2,
    seed: int = 0,
) -> clips.Clips:
    """Loads windows of the action sequences, or of their stand-in.

    Args:
        split: "train" or "test". The test split shows other people.
        source: As in `gan_course.data.load`.
        frames: Frames of a window.
        size: Side of a frame in pixels, 16 to 256.
        step: Take every so many frames of a sequence, which has 25 a second.
        hop: Frames of the sequence from the start of one window to that of the next.
        seed: Fixes the stand-in.

    Returns:
        `Clips` with the action as label, and the person.

    Raises:
        ValueError: An option is out of range.
        DataError: The files cannot be used, or no sequence is long enough for a window.
    """
    whole("size", size, 16, 256)
    clips.starts(0, frames, step, hop)  # checks them
    everyone = [(person, action) for person in range(9) for action in range(4)]
    files = tuple(_strip(person, action) for person, action in everyone)
    local = tuple(f"{action}_{9 * action + person:02d}.npy" for person, action in everyone)
    found, paths = sources.find(CARD, files, source, FOLDER, local)
    if found == "embedded":
        people = drawn_people.PEOPLE
        sequences = [
            (person, action, drawn_people.clip(action, person, seed, size))
            for person in people[split]
            for action in range(4)
        ]
    else:
        people = PEOPLE
        read = read_array if found == "local" else read_strip
        sequences = [
            (person, action, _scaled(read(path), size))
            for (person, action), path in zip(everyone, paths, strict=True)
            if person in people[split]
        ]
    short = sum(len(sequence) <= (frames - 1) * step for *_, sequence in sequences)
    if 0 < short < len(sequences):
        print(f"gan_tf: {short} of {len(sequences)} sequences are too short for {frames} frames, one in {step}")
    wanted = sum(len(clips.starts(len(sequence), frames, step, hop)) for *_, sequence in sequences)
    clips.check_memory(wanted, frames, size, 3)
    parts, labels, who = [], [], []
    for person, action, sequence in sequences:
        cut = clips.windows(sequence, frames, step, hop)
        parts.append(cut)
        labels += [action] * len(cut)
        who += [person] * len(cut)
    if not labels:
        longest = max(len(sequence) for *_, sequence in sequences)
        raise DataError(f"frames, step: {frames} frames, one in {step}, do not fit into the {longest} of a sequence")
    x = to_float(np.concatenate(parts))
    names = tuple(f"person {i + 1}" for i in range(sum(len(group) for group in people.values())))
    marks, who = np.array(labels, np.int32), np.array(who, np.int32)
    return clips.Clips(x, marks, NAMES, found, CARD, CARD.name, FPS / step, who, names)
