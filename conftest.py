"""What unit tests and notebooks share under pytest: the smallest budget, no windows, nothing written in here."""

import functools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["GAN_TF_BUDGET"] = "smoke"
if not any("gpu" in Path(argument).parts for argument in sys.argv[1:]):
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # Unit tests state what a CPU computes; `pytest tests/gpu` sees the card.
os.environ.setdefault("MPLBACKEND", "Agg")
_SCRATCH = tempfile.TemporaryDirectory(prefix="gan_tf-tests-", ignore_cleanup_errors=True)


def _write_to(name: str) -> None:
    for variable, folder in (("GAN_TF_OUTPUTS", "outputs"), ("GAN_TF_RUNS", "runs")):
        os.environ[variable] = str(Path(_SCRATCH.name, name, folder))


_write_to("tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every notebook sees data; where TensorFlow sees no GPU, one skipped test stands for all that need it."""
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.data)
    on_gpus = [item for item in items if item.get_closest_marker("gpu")]
    if on_gpus and not _gpus():
        on_gpus[0].add_marker(pytest.mark.skip(reason=f"TensorFlow sees no GPU, which {len(on_gpus)} tests need"))
        items[:] = [item for item in items if item not in on_gpus[1:]]


@functools.cache
def _gpus() -> int:
    import gan_tf  # noqa: F401  before TensorFlow: it silences the start-up lines

    # isort: split
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Give each notebook its own folders before its kernel starts: no notebook continues another's training."""
    if item.path.suffix == ".ipynb":
        _write_to("-".join(item.path.relative_to(item.config.rootpath).with_suffix("").parts))
        # A kernel inherits this: deprecated calls in a notebook's own cells are errors.
        os.environ["PYTHONWARNINGS"] = "error::DeprecationWarning:__main__"
    return (yield)
