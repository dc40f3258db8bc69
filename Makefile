# The one front door. `make help` lists what there is.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:
SHELL := /bin/sh

PYTHON ?= python3
CONFIG ?= analysis.yaml
REFERENCE ?= ../shared/reference
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# one thread per library call: the chain spreads its work itself
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "fourmu needs Python >= 3.11; found `$(PYTHON) --version 2>&1`. Try make PYTHON=python3.11"; exit 1; }
	@echo "installing locked versions into $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

.PHONY: help
help: ## list the targets
	@grep -E '^[a-zA-Z0-9_-]+:.*## ' Makefile | sort -u -t: -k1,1 | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'
	@echo "  CONFIG=small.yaml on any of them takes another configuration"

.PHONY: install
install: $(INSTALLED) ## make .venv with the locked versions

.PHONY: workspaces
workspaces: $(INSTALLED) ## events -> networks -> templates -> one pyhf workspace per window and model
	@$(BIN)/fourmu workspaces --config $(CONFIG)

.PHONY: limits
limits: $(INSTALLED) ## limits in every window, couplings, figures, and the printed table
	@$(BIN)/fourmu figures --config $(CONFIG)

.PHONY: figures
figures: limits ## the same as limits: figures of what is up to date

.PHONY: check
check: $(INSTALLED) ## format, lint, types and import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: format
format: $(INSTALLED) ## format the code
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

.PHONY: test
test: $(INSTALLED) ## the default test suite (minutes)
	@$(BIN)/python -m pytest -m "not slow"

.PHONY: bench
bench: $(INSTALLED) ## measured rates, with the peer in the same run
	@$(BIN)/python benchmarks/bench.py

.PHONY: study-isr study-lhe study-injection study-pyhf studies
study-isr: $(INSTALLED) ## initial-state radiation at truth level
	@$(BIN)/python docs/studies/isr.py --config $(CONFIG)
study-lhe: limits ## independent LHE events through the chain (REFERENCE=folder)
	@$(BIN)/python docs/studies/lhe_comparison.py --config $(CONFIG) --reference $(REFERENCE)
study-injection: limits ## signals injected into 50 sets of pseudo-data
	@$(BIN)/python docs/studies/injection.py --config $(CONFIG)
study-pyhf: limits ## 30 windows beside tightly converged pyhf (minutes)
	@$(BIN)/python docs/studies/pyhf_comparison.py --config $(CONFIG)
studies: study-isr study-lhe study-injection study-pyhf ## all of them; tables go to docs/tables

.PHONY: test-slow
test-slow: $(INSTALLED) ## longer comparisons, among them 30 generated windows beside pyhf
	@$(BIN)/python -m pytest -m slow

.PHONY: docs
docs: limits ## put the tables and figures of this run into docs/
	@$(BIN)/python docs/fill.py --config $(CONFIG)

.PHONY: clean
clean: $(INSTALLED) ## delete the products of CONFIG (events, workspaces, results), not the installation
	@$(BIN)/fourmu clean --config $(CONFIG)
