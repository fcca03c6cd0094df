# One command to see a GAN learn to write digits: make run. All targets: make help.
# Works with GNU make 3.81 (macOS) and newer. Without make, as on Windows: python run.py, which does all the work here.

PYTHON ?= python3
BUDGET ?= cpu
LESSON ?=
# Not from the environment: other programs use such names there. $GAN_TF_VENV is read.
VENV =
WHEELS =
TINY =

RUN = $(PYTHON) run.py $(if $(VENV),--venv "$(VENV)") $(if $(WHEELS),--wheels "$(WHEELS)")

.PHONY: help setup run lab renew test check notebooks wheelhouse site handouts gpu-check bench constraints clean distclean

help:
	@echo "make run         train a GAN on handwritten digits, leave the results in outputs/"
	@echo "make lab         open the lessons in JupyterLab, as copies of your own in my/"
	@echo "make renew       take a lesson anew into my/, LESSON=01; what you wrote stays beside it"
	@echo "make test        check the packages and the lessons on this machine"
	@echo "make site        write the course as pages for a browser, with a playground, into site/"
	@echo "make handouts    write a ZIP for each lesson, without outputs and answers, into handouts/"
	@echo "make setup       only install; every target above does it when needed"
	@echo "make wheelhouse  collect the packages in wheelhouse/, to install elsewhere with WHEELS=FOLDER"
	@echo "Options: PYTHON=python3.12 (3.11 to 3.13), BUDGET=smoke|cpu|gpu, VENV=FOLDER (one environment for many)"
	@echo
	@echo "For who changes the course:"
	@echo "make check       the rules for code and for committed notebooks"
	@echo "make notebooks   execute the notebooks in place on the real data; LESSON=01 selects one"
	@echo "make bench       measure speed and quality on the real data, write benchmarks/README.md; takes about four hours"
	@echo "make gpu-check   on a machine with an NVIDIA card: what it does with the course, in about eight minutes; TINY=1 tries it anywhere"
	@echo "make constraints renew the pinned versions in constraints.txt"
	@echo "make clean       remove what runs and tests left; keeps downloads, copies and the installation"
	@echo "make distclean   remove downloads and the installation too; keeps the copies in my/"

setup lab test check site handouts wheelhouse constraints:
	@$(RUN) $@

run:
	@$(RUN) run --budget $(BUDGET)

renew:
	@$(RUN) renew --lesson "$(LESSON)"

notebooks:
	@$(RUN) notebooks --budget $(BUDGET) --lesson "$(LESSON)"

gpu-check:
	@$(RUN) python tools/gpu_check.py $(if $(TINY),--tiny)

bench:
	$(RUN) python benchmarks/ring.py
	$(RUN) python benchmarks/cifar.py speed
	$(RUN) python benchmarks/cifar.py race
	$(RUN) python benchmarks/cifar.py trials
	$(RUN) python benchmarks/sound.py inversion
	$(RUN) python benchmarks/sound.py trials
	$(RUN) python benchmarks/video.py actions
	$(RUN) python benchmarks/video.py digits
	$(RUN) python benchmarks/stability.py gallery
	$(RUN) python benchmarks/stability.py losses
	$(RUN) python benchmarks/conditional.py ways
	$(RUN) python benchmarks/conditional.py extra
	$(RUN) python benchmarks/translators.py
	$(RUN) python benchmarks/steps.py lessons
	$(RUN) python benchmarks/steps.py growth
	$(RUN) python benchmarks/steps.py start
	$(RUN) python benchmarks/digits.py
	$(RUN) python benchmarks/shortcuts.py
	$(RUN) python benchmarks/library.py
	$(RUN) python benchmarks/dialogue.py
	$(RUN) python benchmarks/onednn.py
	$(RUN) python benchmarks/report.py

clean:
	rm -rf outputs runs build dist site handouts .pytest_cache .ruff_cache .hypothesis
	find . -name .venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv wheelhouse data/cache
