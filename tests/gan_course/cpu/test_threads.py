"""Batches are worked on side by side where operations are not split, and come back in their order."""

import os
import threading

import pytest

from gan_course import cpu
from gan_tf import runtime


@pytest.fixture(params=["0", "1"], ids=["split", "whole"])
def split(request, monkeypatch):
    monkeypatch.setenv(cpu.SPLIT, request.param)
    monkeypatch.setattr(cpu, "cores", lambda: 2)
    return request.param == "0"


def test_parts_come_back_in_order(split):
    assert cpu.in_parts(lambda part: list(range(10))[part], 10, 4) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_two_parts_meet_only_where_operations_are_whole(split):
    both = threading.Barrier(2)
    if split:
        assert cpu.in_parts(lambda part: both.n_waiting, 2, 1) == [0, 0]
    else:  # Each waits until the other is there.
        assert sorted(cpu.in_parts(lambda part: both.wait(timeout=30), 2, 1)) == [0, 1]


def test_an_error_in_a_part_is_raised(split):
    with pytest.raises(ZeroDivisionError):
        cpu.in_parts(lambda part: 1 // part.start, 4, 2)


@pytest.mark.parametrize(("cores", "given", "chosen"), [(2, None, "1"), (2, "0", "0"), (4, None, None)])
def test_what_is_chosen(monkeypatch, cores, given, chosen):
    monkeypatch.setenv(cpu.SPLIT, given or "")  # So that it is restored.
    if given is None:
        monkeypatch.delenv(cpu.SPLIT)
    monkeypatch.setattr(cpu, "cores", lambda: cores)
    cpu.accelerate()
    assert os.environ.get(cpu.SPLIT) == chosen


def test_cores():
    assert 1 <= runtime.cores() <= os.cpu_count()


def test_threads_are_left_alone_where_there_is_a_gpu(monkeypatch):
    monkeypatch.setenv(cpu.SPLIT, "")  # So that it is restored.
    monkeypatch.delenv(cpu.SPLIT)
    monkeypatch.setattr(cpu, "cores", lambda: 2)
    monkeypatch.setattr(cpu.tf.config, "list_physical_devices", lambda kind=None: ["GPU:0"])
    cpu.accelerate()
    assert cpu.SPLIT not in os.environ
