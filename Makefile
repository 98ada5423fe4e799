# make demo     set everything up and run the demo
# make test     set everything up and run the tests (NETS=DIR: count the networks of a folder, too)
# make lint     style, types and import directions (make types: types alone)
# make benchmark  speed, answers checked first, into benchmarks/results/table.md (NETS=DIR as above)

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
NETS_OPTION := $(if $(NETS),--nets $(NETS),)

.PHONY: demo test lint types benchmark clean

demo: $(VENV)/.core
	$(BIN)/polytope-engine demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 $(NETS_OPTION) $(PYTEST)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

benchmark: $(VENV)/.dev $(VENV)/.peers
	$(BIN)/python -m pytest benchmarks --peers $(VENV)/peers/bin/python $(NETS_OPTION) $(PYTEST)

clean:
	rm -rf $(VENV) .numba_cache build dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "polytope_engine needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

# torch first, and its CPU build where that can be had: the default one may bring gigabytes of CUDA.
$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python $(VENV)/.cddlib
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 0 --timeout 15 \
	  --index-url $(TORCH_CPU_INDEX) torch==2.13.0 2> /dev/null || true
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.core

# pycddlib, an independent reference in the tests, is compiled against cddlib and GMP.
$(VENV)/.cddlib: | $(VENV)/bin/python
	@if printf '#include <cddlib/setoper.h>\n#include <cddlib/cdd.h>\n#include <gmp.h>\n' | $${CC:-cc} -E - > /dev/null 2>&1; then :; \
	elif ! command -v apt-get > /dev/null; then \
	  echo "The tests need cddlib and GMP with headers; install them with your package manager."; exit 1; \
	elif [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq libcdd-dev libgmp-dev; \
	elif sudo -n true 2> /dev/null; then sudo apt-get update -qq && sudo apt-get install -y -qq libcdd-dev libgmp-dev; \
	else echo "The tests need two system libraries; please run: sudo apt-get install libcdd-dev libgmp-dev"; exit 1; fi
	@touch $@

$(VENV)/.peers: Makefile | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/peers
	$(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check affinitree==0.23.0 regioncam==0.5.2 numpy
	@$(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check --retries 0 --timeout 15 \
	  --index-url $(TORCH_CPU_INDEX) torch==2.13.0 2> /dev/null || true
	$(VENV)/peers/bin/python -m pip install --quiet --disable-pip-version-check relucent==1.0.0 torch==2.13.0
	@touch $@
