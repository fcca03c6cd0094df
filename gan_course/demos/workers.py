"""Two processes train one GAN, as two machines would; one is killed and comes back.

The processes speak over the network, with TensorFlow's own collective operations. For real machines, give each the
same ``TF_CONFIG`` with their addresses and its own index, a folder that all of them see, and a supervisor (SLURM,
Kubernetes) in the place of :func:`supervise`. Keras 3's ``fit`` does not run under this strategy (keras#20585); the
same ``train_step`` inside ``strategy.run`` does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import tensorflow as tf

WORKERS = 2
AGAIN = 75  # exit code of a worker that lost the others: "try again later" (sysexits.h)


def work(index: int, folder: Path, steps: int, every: int) -> None:
    """One worker: join the others, go on from the newest save, train, and print a line of JSON a step."""
    # First of all: it must be there before TensorFlow does anything.
    strategy = (
        tf.distribute.MultiWorkerMirroredStrategy() if "TF_CONFIG" in os.environ else tf.distribute.get_strategy()
    )
    from gan_course import demos
    from gan_tf import weights
    from gan_tf.files import load_arrays, save_arrays

    part = demos.BATCH // strategy.num_replicas_in_sync
    with strategy.scope():
        gan = demos.gan(penalty="r1", penalty_every=2)
    save, done = folder / "save.safetensors", 0
    if save.exists():
        saved, meta = load_arrays(save)
        weights.restore(gan, saved, meta["layers"])
        done = meta["step"]

    def my_part(context: tf.distribute.InputContext) -> tf.data.Dataset:
        mine = slice(context.input_pipeline_id * part, (context.input_pipeline_id + 1) * part)
        whole = tf.data.Dataset.from_tensor_slices(demos.digits()).repeat().batch(demos.BATCH)
        return whole.skip(done).map(lambda batch: batch[mine])

    @tf.function
    def step(batch: Any) -> dict[str, tf.Tensor]:
        logs = strategy.run(gan.train_step, args=(batch,))
        return {name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()}

    batches = iter(strategy.distribute_datasets_from_function(my_part))
    print(json.dumps({"worker": index, "from": done}), flush=True)
    try:
        for number in range(done + 1, steps + 1):
            gan.reset_metrics()
            logs = {name: float(value) for name, value in step(next(batches)).items()}
            if index == 0 and number % every == 0:
                save_arrays(save, weights.state(gan), {"step": number, "layers": weights.layers(gan)})
            print(json.dumps({"worker": index, "step": number, "loss": logs["discriminator_loss"]}), flush=True)
    except tf.errors.OpError as error:
        print(json.dumps({"worker": index, "lost": type(error).__name__}), flush=True)
        os._exit(AGAIN)  # A tidy exit would wait for the others.


def alone(steps: int = 30, folder: Path | None = None) -> list[float]:
    """The same training in one process with no others; returns the discriminator's loss of each step."""
    from gan_course import demos

    folder = Path(folder or demos.runs() / "alone")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with open(folder / "log.txt", "w") as log:
        arguments = ("--folder", folder, "--steps", steps, "--every", steps)
        said = demos.start("workers", *arguments, stderr=log).communicate()[0]
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return [line["loss"] for line in lines if "step" in line]


def supervise(
    steps: int = 30, every: int = 5, kill_at: int | None = 12, folder: Path | None = None
) -> dict[str, list[Any]]:
    """Run two workers to the end, and both again after one has died.

    Args:
        steps: steps to train.
        every: save after every so many steps.
        kill_at: kill worker 1 with no warning when worker 0 has done this step; ``None`` kills nobody.
        folder: where the save is; emptied before.

    Returns:
        "events", a line each, and "losses", the discriminator's loss of each step.

    Raises:
        RuntimeError: a worker failed for another reason than a lost one, or came back too often.
    """
    from gan_course import demos

    folder = Path(folder or demos.runs() / "workers")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    events: list[str] = []
    losses: dict[int, float] = {}
    for _ in range(3):
        codes, kill_at = _life(folder, steps, every, kill_at, events, losses)
        if codes == [0] * WORKERS:
            return {"events": events, "losses": [losses[step] for step in range(1, steps + 1)]}
        events.append(f"the workers ended with codes {', '.join(map(str, codes))}: both are started again")
    log = "\n".join((folder / f"worker_{i}.txt").read_text()[-1000:] for i in range(WORKERS))
    raise RuntimeError(f"the workers do not come back: {log}")


def _life(
    folder: Path, steps: int, every: int, kill_at: int | None, events: list[str], losses: dict[int, float]
) -> tuple[list[int], int | None]:
    """Both workers, until they end or one of them is killed."""
    from gan_course import demos

    addresses = [f"127.0.0.1:{port}" for port in _free_ports()]
    processes: list[subprocess.Popen] = []
    logs = [open(folder / f"worker_{i}.txt", "w") for i in range(WORKERS)]
    for i in range(WORKERS):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}}
        arguments = ("--index", i, "--folder", folder, "--steps", steps, "--every", every)
        environment = {"TF_CONFIG": json.dumps(config)}
        processes.append(demos.start("workers", *arguments, environment=environment, stderr=logs[i]))
    killed = threading.Event()

    def listen(process: subprocess.Popen) -> None:
        for line in process.stdout:
            if not line.startswith("{"):
                continue
            said = json.loads(line)
            if "from" in said:
                events.append(f"worker {said['worker']} starts after step {said['from']}")
            elif "lost" in said:
                events.append(f"worker {said['worker']} lost the other ({said['lost']})")
            elif said["worker"] == 0:
                losses[said["step"]] = said["loss"]
                if kill_at is not None and said["step"] >= kill_at and not killed.is_set():
                    killed.set()
                    processes[1].kill()
                    events.append(f"worker 1 is killed after step {said['step']}")

    listeners = [threading.Thread(target=listen, args=(process,)) for process in processes]
    for listener in listeners:
        listener.start()
    try:
        while any(process.poll() is None for process in processes):
            time.sleep(0.1)
            if any(process.poll() for process in processes):
                _wait(processes, 20)  # The others find out by themselves, or are stopped.
                break
    finally:
        for process in processes:
            process.kill()
        for listener in listeners:
            listener.join()
        for log in logs:
            log.close()
    return [process.wait() for process in processes], None if killed.is_set() else kill_at


def _wait(processes: list[subprocess.Popen], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(process.poll() is None for process in processes):
        time.sleep(0.1)


def _free_ports() -> list[int]:
    sockets = [socket.socket() for _ in range(WORKERS)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--index", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--every", type=int, default=5)
    given = parser.parse_args()
    work(given.index, given.folder, given.steps, given.every)
