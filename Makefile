# The one front door. `make help` lists what there is.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:
SHELL := /bin/sh

PYTHON ?= python3
CONFIG ?= analysis.yaml
REFERENCE ?= ../shared/reference
# make limits UNBLIND=1 looks at the data of a blind configuration
STAGE_OPTIONS = --config $(CONFIG) $(if $(UNBLIND),--unblind)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CLIENTS := $(VENV)/.clients
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

# other people's tools, which tests and studies run on what we publish
$(CLIENTS): requirements-clients.lock $(INSTALLED)
	@echo "installing other tools that tests use (spey, redistpy, pyhs3, hepdata-validator, ...; once)"
	@$(BIN)/python -m pip install --quiet --requirement requirements-clients.lock
	@touch $@

.PHONY: help
help: ## list the targets
	@grep -E '^[a-zA-Z0-9_-]+:.*## ' Makefile | sort -u -t: -k1,1 | awk -F ':.*## ' '{printf "  %-22s %s\n", $$1, $$2}'
	@echo "  CONFIG=small.yaml on any of them takes another configuration"
	@echo "  UNBLIND=1 on those that run stages looks at the data of a blind one"

.PHONY: install
install: $(INSTALLED) ## make .venv with the locked versions

.PHONY: workspaces
workspaces: $(INSTALLED) ## events -> networks -> templates -> one pyhf workspace per window and model
	@$(BIN)/fourmu workspaces $(STAGE_OPTIONS)

.PHONY: limits
limits: $(INSTALLED) ## limits in every window, couplings, figures, and the printed table
	@$(BIN)/fourmu figures $(STAGE_OPTIONS)

.PHONY: toys
toys: limits ## limits by toys and bands by pseudo-experiments beside the others (minutes)
	@$(BIN)/fourmu toys $(STAGE_OPTIONS)
	@$(BIN)/fourmu figures $(STAGE_OPTIONS)

.PHONY: report
report: $(INSTALLED) ## the scoreboard: every number of the paper beside ours, and the figures
	@$(BIN)/fourmu report $(STAGE_OPTIONS)

.PHONY: archive
archive: limits ## the archive of likelihoods: a folder and fourmu-likelihoods.tar.gz
	@$(BIN)/fourmu archive build $(STAGE_OPTIONS)

.PHONY: hepdata
hepdata: archive $(CLIENTS) ## a HEPData submission of the archive, validated
	@$(BIN)/fourmu hepdata $(STAGE_OPTIONS) --validate

# DEST=s3://bucket/prefix NAME=v1.0; without them a folder, and the digest of the archive
.PHONY: publish
publish: archive ## a release of the archive in output/published (DEST=s3://bucket/prefix, NAME=v1.0)
	@$(BIN)/fourmu publish $(DEST) $(if $(NAME),--name $(NAME)) --config $(CONFIG)

.PHONY: serve
serve: archive ## the page and the interface of the archive on http://127.0.0.1:8000 (PORT=8000)
	@$(BIN)/fourmu serve --config $(CONFIG) $(if $(PORT),--port $(PORT))

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
test: $(CLIENTS) ## the default test suite (minutes)
	@$(BIN)/python -m pytest -m "not (slow or browser or s3)" --numprocesses auto --dist loadfile --benchmark-disable

.PHONY: bench
bench: limits ## measured rates, with the peer in the same run
	@$(BIN)/python benchmarks/bench.py --config $(CONFIG)

STUDIES := isr processes lhe pseudo-data-sets data-over-simulation pyhf coverage look-elsewhere nuisances \
    linearity goodness-of-fit higher-orders rho window-width spurious-signal systematics \
    reinterpretation clients
.PHONY: studies $(STUDIES:%=study-%)
study-isr: $(INSTALLED) ## initial-state radiation at truth level
	@$(BIN)/python docs/studies/isr.py --config $(CONFIG)
study-processes: $(INSTALLED) ## backgrounds, radiation off muons, lost photons, resonances
	@$(BIN)/python docs/studies/processes.py --config $(CONFIG)
study-lhe: limits ## independent LHE events through the chain (REFERENCE=folder)
	@$(BIN)/python docs/studies/lhe_comparison.py --config $(CONFIG) --reference $(REFERENCE)
study-pseudo-data-sets: limits ## 100 sets of pseudo-data, with and without signals (minutes)
	@$(BIN)/python docs/studies/pseudo_data_sets.py --config $(CONFIG)
study-data-over-simulation: limits ## candidates in pseudo-data over simulation, effect by effect
	@$(BIN)/python docs/studies/data_over_simulation.py --config $(CONFIG)
study-pyhf: limits ## 30 windows beside tightly converged pyhf (minutes)
	@$(BIN)/python docs/studies/pyhf_comparison.py --config $(CONFIG)
study-coverage: $(INSTALLED) ## coverage of limits by toys and by formulas (minutes)
	@$(BIN)/python docs/studies/coverage.py
study-look-elsewhere: limits ## pseudo-scans beside resampled simulation
	@$(BIN)/python docs/studies/look_elsewhere.py --config $(CONFIG)
study-nuisances: limits ## pulls, and impacts of systematics on all limits
	@$(BIN)/python docs/studies/nuisances.py --config $(CONFIG)
study-linearity: limits ## fitted against injected signals in pseudo-data of the model
	@$(BIN)/python docs/studies/linearity.py --config $(CONFIG)
study-goodness-of-fit: limits ## p-values of the fits over the scan, by toys
	@$(BIN)/python docs/studies/goodness_of_fit.py --config $(CONFIG)
study-higher-orders: limits ## background coefficients of one order more
	@$(BIN)/python docs/studies/higher_orders.py --config $(CONFIG)
study-rho: limits ## a broad rho under straight and quadratic backgrounds
	@$(BIN)/python docs/studies/rho.py --config $(CONFIG)
study-window-width: limits ## sensitivity and bias against the width of windows
	@$(BIN)/python docs/studies/window_width.py --config $(CONFIG)
study-spurious-signal: limits ## signal that the background model invents, and MLP borders
	@$(BIN)/python docs/studies/spurious_signal.py --config $(CONFIG)
study-systematics: $(INSTALLED) ## systematic uncertainties measured from control samples, beside Table I
	@$(BIN)/fourmu systematics --config $(CONFIG)
	@$(BIN)/python docs/studies/systematics.py --config $(CONFIG)
study-reinterpretation: archive ## closure of reinterpretation, and the wrong efficiency for a spin
	@$(BIN)/python docs/studies/reinterpretation.py --config $(CONFIG) --reference $(REFERENCE)
study-clients: archive $(CLIENTS) ## limits of pyhf and spey from the archive beside ours
	@$(BIN)/python docs/studies/clients.py --config $(CONFIG)
studies: $(STUDIES:%=study-%) ## all of them; tables go to docs/tables, figures to docs/figures

.PHONY: test-slow
test-slow: $(INSTALLED) ## longer comparisons: 30 generated windows beside pyhf, 200 clients of the service, ...
	@$(BIN)/python -m pytest -m slow

.PHONY: test-s3
test-s3: $(INSTALLED) ## publishing on a real S3 server, Ceph's gateway of Debian (root; installs it)
	@$(BIN)/python -m pytest -m s3 tests/publish/ceph

.PHONY: test-browser
test-browser: $(CLIENTS) chromium ## the page in Debian's chromium (installs it, as root)
	@$(BIN)/python -m pytest -m browser tests/browser

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || { echo "installing chromium" && apt-get update -qq \
	    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

.PHONY: screenshots
screenshots: archive $(CLIENTS) chromium ## figures of the page for docs/page.md
	@FOURMU_SCREENSHOTS=1 FOURMU_ARCHIVE=$$($(BIN)/fourmu archive build --config $(CONFIG) 2>/dev/null | head -1) \
	    $(BIN)/python -m pytest -m browser -k Screenshots tests/browser

.PHONY: notebooks
notebooks: archive $(CLIENTS) ## execute the worked examples of docs/examples
	@$(BIN)/python docs/examples/execute.py --config $(CONFIG)

.PHONY: docs
docs: toys ## put the tables, figures and scoreboard of this run, toys too, into docs/
	@$(BIN)/fourmu report $(STAGE_OPTIONS)
	@$(BIN)/python docs/fill.py --config $(CONFIG)

.PHONY: clean
clean: $(INSTALLED) ## delete the products of CONFIG (events, workspaces, results), not the installation
	@$(BIN)/fourmu clean --config $(CONFIG)
