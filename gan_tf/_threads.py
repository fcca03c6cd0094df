"""Who works on what, where a processor has two cores.

TensorFlow runs independent operations side by side, and splits each operation as well. With two cores a train step has
enough independent operations: real and fake samples, gradients of weights and of inputs. To split these once more
only makes threads wait for each other: without it a step takes a tenth to a quarter less time (benchmarks/README.md).
A single pass through a net is a chain, though, so batches of it are worked on side by side here, and a batch of a train
step in halves (:mod:`gan_tf.side_by_side`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
SPLIT = "TF_NUM_INTRAOP_THREADS"


def cores() -> int:
    """Processor cores that this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose() -> None:
    """Before TensorFlow starts: on two cores, do not split operations, unless the environment says otherwise.

    With more cores there is more than the graph of a step can keep busy; that was not measured.
    """
    if cores() == 2:
        os.environ.setdefault(SPLIT, "1")


def operations_are_whole() -> bool:
    """Whether there are cores for work side by side because operations are not split."""
    return cores() > 1 and os.environ.get(SPLIT) == "1"


def in_parts(function: Callable[[slice], T], n: int, size: int) -> list[T]:
    """``function`` of one slice after the other of ``n`` rows, or of several at once where operations are not split.

    Args:
        function: what is done with a part; it must not depend on the parts before.
        n: rows in all.
        size: rows of a part; the last one may have fewer.
    """
    parts = [slice(start, start + size) for start in range(0, n, size)]
    workers = min(len(parts), cores()) if operations_are_whole() else 1
    if workers < 2:
        return [function(part) for part in parts]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, parts))
