"""Stop with a clear message where the course cannot be installed. Runs, and so must parse, under any Python 3."""

import os
import platform
import shutil
import subprocess
import sys

LOWEST, HIGHEST = (3, 11), (3, 13)


def problem(version, system, machine, works=None):
    """What stands in the way on such a machine, or an empty text.

    Args:
        version: the major and the minor number of Python.
        system: as from ``platform.system()``.
        machine: as from ``platform.machine()``.
        works: whether a program of this name starts; the default tries.
    """
    if not LOWEST <= tuple(version) <= HIGHEST:
        names = ["python3.%d" % minor for minor in range(HIGHEST[1], LOWEST[1] - 1, -1)]  # noqa: UP031
        found = [name for name in names if (works or _works)(name)]
        call = "py -3.12 run.py" if system == "Windows" else "make run PYTHON=" + (found[0] if found else "python3.12")
        return "This is Python %d.%d; the course needs 3.11 to 3.13. " % tuple(version) + (  # noqa: UP031
            "You have one: " + call if found else "Install one, or select one (pyenv, conda), then: " + call
        )
    if system == "Darwin" and machine != "arm64":
        return (
            "TensorFlow 2.21 has no package for Macs with an Intel processor, nor for an Intel build of Python "
            "on Apple silicon. Use an arm64 Python, or open the lessons in Google Colab."
        )
    return ""


def here():
    """``problem`` of the Python that runs this."""
    return problem(sys.version_info[:2], platform.system(), platform.machine())


def _works(name):
    """Whether the program starts: pyenv has a file for each version on the path, which fails unless it is selected."""
    if not shutil.which(name):
        return False
    with open(os.devnull, "w") as nothing:
        return subprocess.call([name, "--version"], stdout=nothing, stderr=nothing) == 0


if __name__ == "__main__":
    sys.exit(here() or 0)
