"""Install the course and run it, on any system:  python run.py [command] [options]

run         train a GAN on handwritten digits and leave the results in outputs/ (the default)
lab         open the lessons in JupyterLab, as copies of your own in my/
renew       take a lesson anew into my/; what you wrote stays beside it: --lesson 01
test        check the packages and the lessons on this machine
site        write the course as pages for a browser, with a playground, into site/
handouts    write a ZIP for each lesson, without outputs and answers, into handouts/
setup       only install; every command does it when needed
wheelhouse  collect the packages in wheelhouse/, to install elsewhere without a network: --wheels
check       for who changes the course: the rules for code and for committed notebooks
notebooks   for who changes the course: execute the notebooks in place; --lesson 01 selects one
constraints for who changes the course: renew the pinned versions in constraints.txt
python      any program in the course's environment: python run.py python FILE ...
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tools"))

import check_python  # noqa: E402

if sys.version_info < (3, 7):  # noqa: UP036  what follows would not parse
    sys.exit(check_python.here())

import argparse  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import subprocess  # noqa: E402

import environment  # noqa: E402

CALL = environment.call()
# uv resolves for all supported Pythons and systems at once, which pip cannot.
UV = [
    *"-m uv pip compile pyproject.toml --extra notebooks --extra dev --extra gpu --universal --upgrade".split(),
    *"--python-version 3.11 --no-annotate --no-emit-package pip --quiet --output-file constraints.txt".split(),
    "--custom-compile-command=make constraints",
]
NEXT = f"""
Ready. How to go on:
   {CALL} run    trains a GAN on handwritten digits; 7 to 21 minutes on two cores
   {CALL} lab    opens the lessons in JupyterLab
   {CALL} test   checks that everything works on this machine"""


def commands(options, rest):
    """The command lines, without Python, that the command stands for; the last one gets the terminal.

    Args:
        options: as parsed.
        rest: what the parser did not know, for the program behind the command.
    """
    budget = ["--budget", options.budget]
    wheelhouse = str(options.wheels or ROOT / "wheelhouse")
    # The packages of requirements.txt (a test compares); of its line `-e .` pip would pack this whole folder.
    listed = [".[notebooks,dev]", "-c", "constraints.txt"]
    lab = ["-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}", "--LabApp.default_url=/lab/tree/my", *rest]
    copies, lesson = ["tools/notebook_copies.py"], ["--lesson", options.lesson]
    return {
        "setup": [],
        "site": [["tools/course_site.py", *rest]],
        "handouts": [["tools/handouts.py", *rest]],
        "run": [["tools/notebooks.py", "run", "notebooks/01_mnist_dense_gan.ipynb", *budget, *rest]],
        "lab": [copies, [*lab, *(["--allow-root"] if _root() else [])]],
        "renew": [[*copies, "--renew", *lesson, *rest]],
        "test": [
            ["-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", "not committed", "--ignore=tests/gpu", *rest],
            *([] if rest else [["-m", "pytest", "tests/gpu", "-q"]]),  # In a process of its own, which sees the card.
        ],
        "check": [
            ["-m", "ruff", "check", "."],
            ["-m", "ruff", "format", "--check", "."],
            ["-m", "pytest", "tests/course", "-m", "committed", *rest],
        ],
        "wheelhouse": [["-m", "pip", "download", *listed, "--dest", wheelhouse, *rest]],
        "notebooks": [["tools/notebooks.py", "refresh", *budget, *lesson, *rest]],
        "constraints": [
            ["-m", "pip", "install", "--quiet", "uv"],
            UV,
        ],
        "python": [rest],
    }[options.command]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", default="run", metavar="command")
    parser.add_argument("--venv", default=os.environ.get("GAN_TF_VENV") or ".venv", help="environment; $GAN_TF_VENV")
    parser.add_argument("--wheels", help="a folder of packages, to install without a network")
    parser.add_argument("--budget", default="cpu", choices=("smoke", "cpu", "gpu"))
    parser.add_argument("--lesson", default="", help="two digits")
    arguments = sys.argv[1:] if arguments is None else arguments
    here = arguments.index("python") + 1 if "python" in arguments else len(arguments)
    options, rest = parser.parse_known_args(arguments[:here])
    folder = Path(os.path.abspath(str(ROOT / Path(options.venv).expanduser())))
    options.wheels = Path(options.wheels).expanduser().resolve() if options.wheels else None
    if options.command != "python":
        os.chdir(str(ROOT))
    try:
        lines = commands(options, rest + arguments[here:])
    except KeyError:
        parser.error(f"no command {options.command!r}; python run.py --help lists them")
    try:
        environment.prepare(folder, None if options.command == "wheelhouse" else options.wheels)
    except environment.Trouble as trouble:
        return str(trouble)
    except KeyboardInterrupt:
        return f"\nStopped. To begin anew: {CALL} setup"
    if options.command == "lab" and _root():
        print("You are root: JupyterLab is started with --allow-root.", flush=True)
    variables = environment.variables(folder)
    if options.command == "setup":
        subprocess.call([str(environment.python_in(folder)), "tools/site_node.py"], env=variables)
        print(NEXT)
    for line in lines[:-1]:
        code = subprocess.call([str(environment.python_in(folder)), *line], env=variables)
        if code:
            return code
    return _become([str(environment.python_in(folder)), *lines[-1]], variables) if lines else 0


def _root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _become(command, variables):
    """End as another program, so that Ctrl-C reaches only that one: JupyterLab asks before it stops."""
    if os.name == "posix":
        sys.stdout.flush()
        os.execve(command[0], command, variables)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call(command, env=variables)


if __name__ == "__main__":
    sys.exit(main())
