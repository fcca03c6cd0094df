# One command to see a GAN learn to write digits: make run. All targets: make help.
# Works with GNU make 3.81 (macOS) and newer.

PYTHON ?= python3
BUDGET ?= cpu
LESSON ?=

BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup run lab test notebooks bench constraints clean distclean

help:
	@echo "make run         train a GAN on handwritten digits, leave the results in outputs/"
	@echo "make lab         mark the lessons as trusted and open them in JupyterLab"
	@echo "make test        check the code, the package and every notebook"
	@echo "make notebooks   execute the notebooks in place on the real data; LESSON=01 selects one"
	@echo "make bench       measure speed and quality on the real data, write benchmarks/README.md; takes about four hours"
	@echo "make setup       only install; every target above does it when needed"
	@echo "make constraints renew the pinned versions in constraints.txt"
	@echo "make clean       remove what runs and tests left; keeps downloads and the installation"
	@echo "make distclean   remove these too"
	@echo "Options: PYTHON=python3.12 (3.11 to 3.13), BUDGET=smoke|cpu|gpu"

setup: $(READY)

# The stamp is newer than the lists of packages as long as nothing needs to be installed.
$(READY): requirements.txt constraints.txt pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) tools/check_python.py
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || \
	  { echo "No virtual environment could be made. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Installing into .venv; the first time this downloads about 700 MB."
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install -r requirements.txt -c constraints.txt
	@touch $@

run: $(READY)
	@$(BIN)/python tools/notebooks.py run notebooks/01_mnist_dense_gan.ipynb --output outputs --budget $(BUDGET)

# The whole folder is served, so that links to the README and the files under outputs/ open too. JupyterLab strips the
# players from notebooks that were executed elsewhere until somebody trusts them; who runs the course trusts it.
lab: $(READY)
	@$(BIN)/jupyter trust notebooks/*.ipynb notebooks/solutions/*.ipynb >/dev/null
	$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 2 --dist loadfile

notebooks: $(READY)
	$(BIN)/python tools/notebooks.py refresh --budget $(BUDGET) --lesson "$(LESSON)"

bench: $(READY)
	$(BIN)/python benchmarks/cifar.py speed
	$(BIN)/python benchmarks/cifar.py race
	$(BIN)/python benchmarks/cifar.py trials
	$(BIN)/python benchmarks/sound.py inversion
	$(BIN)/python benchmarks/sound.py trials
	$(BIN)/python benchmarks/video.py actions
	$(BIN)/python benchmarks/video.py digits
	$(BIN)/python benchmarks/stability.py gallery
	$(BIN)/python benchmarks/stability.py losses
	$(BIN)/python benchmarks/conditional.py ways
	$(BIN)/python benchmarks/conditional.py extra
	$(BIN)/python benchmarks/translators.py
	$(BIN)/python benchmarks/steps.py lessons
	$(BIN)/python benchmarks/steps.py growth
	$(BIN)/python benchmarks/steps.py start
	$(BIN)/python benchmarks/digits.py
	$(BIN)/python benchmarks/shortcuts.py
	$(BIN)/python benchmarks/library.py
	$(BIN)/python benchmarks/dialogue.py trials
	$(BIN)/python benchmarks/onednn.py
	$(BIN)/python benchmarks/report.py

# uv resolves for all supported Pythons and systems at once, which pip cannot.
constraints: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra notebooks --extra dev --extra gpu --universal --upgrade \
	  --python-version 3.11 --no-annotate --no-emit-package pip --custom-compile-command "make constraints" \
	  --quiet --output-file constraints.txt

clean:
	rm -rf outputs runs build dist .pytest_cache .ruff_cache .hypothesis
	find . -name .venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv data/cache
