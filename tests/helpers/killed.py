"""A training that is killed again and again: ``python -m tests.helpers.killed FOLDER SEED KILLS``, for test_resume.

TensorFlow takes seconds to import. So this process imports it, computes nothing, and forks one process a life.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import keras
from tests import conftest  # noqa: F401
from tests.helpers import tiny

import gan_tf
from gan_tf.files import save_arrays
from gan_tf.weights import state

EPOCHS, STEPS = 24, 8
# A life ends up to so many seconds after one of its first so many steps. A step takes at least so long: no machine
# is done before the last kill.
SECONDS, AFTER, STEP = 0.05, 8, 0.008


class Report(keras.callbacks.Callback):
    """After each step, but not for those passed over, write the name of the newest save into a pipe."""

    runs_last = True  # After Resume.

    def __init__(self, resume, pipe):
        super().__init__()
        self.resume, self.pipe = resume, pipe

    def on_train_begin(self, logs=None):
        self.start = int(self.model.generator_optimizer.iterations)

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.generator_optimizer.iterations) == self.start:
            return
        os.write(self.pipe, f"{([path.name for path in self.resume.saves()] or [''])[-1]}\n".encode())
        time.sleep(STEP)


def gan():
    return tiny.gan(penalty="r1", penalty_every=2)


def train(made, callbacks=()):
    return made.fit(tiny.toy().batches(64 // STEPS, seed=0), epochs=EPOCHS, verbose=0, callbacks=callbacks).history


def live(folder, pipe):
    resume = gan_tf.Resume(folder / "saves", every=2, every_steps=3)
    made = gan()
    history = train(made, [resume, Report(resume, pipe)])
    save_arrays(folder / "end.safetensors", state(made), {"history": history})


def life(folder, after, seconds):
    """Fork a life that is killed so long after so many steps; 0 steps let it live. Returns what is known of it."""
    read, write = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        os.close(read)
        with open(folder / "said.txt", "w") as said:
            os.dup2(said.fileno(), 1)
            live(folder, write)
            sys.stdout.flush()
        os._exit(0)
    os.close(write)
    with open(read) as pipe:
        reported = [pipe.readline() for _ in range(after)]
        if after:
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
        reported = [*reported, *pipe][-1].strip()
    _, status = os.waitpid(pid, 0)
    saves = sorted(path.name for path in (folder / "saves").glob("epoch-*.safetensors"))
    return {
        "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        "code": status,
        "reported": reported,
        "saves": saves,
        "said": (folder / "said.txt").read_text(),
    }


if __name__ == "__main__":
    chance = random.Random(int(sys.argv[2]))
    ends = [(chance.randint(1, AFTER), chance.uniform(0, SECONDS)) for _ in range(int(sys.argv[3]))]
    print(json.dumps([life(Path(sys.argv[1]), *end) for end in [*ends, (0, 0.0)]]))
