"""Stop with a clear message where the course cannot be installed. Runs, and so must parse, under any Python 3."""

import platform
import shutil
import sys

LOWEST, HIGHEST = (3, 11), (3, 13)


def problem(version, system, machine, which=shutil.which):
    """What stands in the way on such a machine, or an empty text.

    Args:
        version: the major and the minor number of Python.
        system: as from ``platform.system()``.
        machine: as from ``platform.machine()``.
        which: finds a program by its name.
    """
    if not LOWEST <= tuple(version) <= HIGHEST:
        names = ["python3.%d" % minor for minor in range(HIGHEST[1], LOWEST[1] - 1, -1)]  # noqa: UP031
        found = [name for name in names if which(name)]
        return "This is Python %d.%d; the course needs 3.11 to 3.13. " % tuple(version) + (  # noqa: UP031
            "You have one: make run PYTHON=" + found[0] if found else "Install one, then: make run PYTHON=python3.12"
        )
    if system == "Darwin" and machine != "arm64":
        return (
            "TensorFlow 2.21 has no package for Macs with an Intel processor, nor for an Intel build of Python "
            "on Apple silicon. Use an arm64 Python, or open the lessons in Google Colab."
        )
    return ""


if __name__ == "__main__":
    sys.exit(problem(sys.version_info[:2], platform.system(), platform.machine()) or 0)
