# cunbao: everything a developer or a county office types. `make help` lists it.
# Needed beforehand: GNU make and Python 3.11 (or 3.12). Everything else is installed into .venv/ from requirements.lock.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# Its time says when .venv was last filled; make compares it with the lock file and pyproject.toml.
STAMP := $(VENV)/.installed

PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

# The interpreter that makes .venv; `make setup PYTHON=/some/python3.11` overrides the search.
PYTHON ?=
# Test processes, and extra words for pytest: `make test JOBS=4 PYTEST_ARGS='-k places'`.
JOBS ?= 2
PYTEST_ARGS ?=
# Extra words for `make bench-evidence`, such as BENCH_ARGS='--fraction 0.2'.
BENCH_ARGS ?=

# Nothing reports usage to anyone.
export DAGSTER_DISABLE_TELEMETRY := yes
export GX_ANALYTICS_ENABLED := false

.PHONY: help setup demo serve test soak lint bench bench-evidence bench-findings docs lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## fill .venv from requirements.lock (the other targets do it by themselves)

# A candidate counts only if it runs: a version manager may put a name on PATH with nothing behind it.
$(STAMP): requirements.lock pyproject.toml
	@runs() { "$$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1; }; \
	python=''; \
	for candidate in $(if $(PYTHON),'$(PYTHON)',python3.11 python3.12 python3 python); do \
		if runs "$$candidate"; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo 'cunbao needs Python 3.11 or 3.12, and none was found$(if $(PYTHON), at $(PYTHON), on PATH).' >&2; \
		echo 'Install it (Debian 12: apt-get install python3.11 python3.11-venv) or name it: make setup PYTHON=/path/to/python3.11' >&2; \
		exit 1; \
	fi; \
	if ! runs $(BIN)/python || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "Making $(VENV) with $$("$$python" --version)"; \
		if ! "$$python" -m venv --clear $(VENV); then \
			echo "$$python cannot make a virtual environment; on Debian install its -venv package." >&2; exit 1; \
		fi; \
	fi
# --no-deps: the lock names everything, and pip's resolver would call dagster-graphql's `gql[requests]` unpinned and stop.
	@echo 'Installing from requirements.lock: two minutes the first time'
	@$(PIP_INSTALL) --no-deps --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
# As pip does with whatever is not editable: a reading worker would compile our modules each time it starts, where Python may not keep them.
	@$(BIN)/python -m compileall -q schemas sources methods sinks assets pipelines
	@touch $@

demo: $(STAMP) ## a fictional county's month, from workbooks to checked town and county tables
	@$(BIN)/cunbao demo

serve: $(STAMP) ## the Dagster user interface
	@$(BIN)/cunbao serve

# A whole file goes to one process, so that what its tests share is built once; files in the order of tests/conftest.py.
test: $(STAMP) ## all tests, quick ones first
	@$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# What `make test` samples: 5,000 damaged files, 60,000 odd ones, 50 killed intakes, every dialect that LibreOffice saves,
# 10,000 flipped bits and 2,000 cuts over each of packages and memos.
soak: $(STAMP) ## the tests that repeat themselves, as often as promised (some minutes)
	@CUNBAO_SOAK=1 $(BIN)/pytest -rP tests/sources/test_library_files.py tests/pipelines/test_killed_intake.py tests/pipelines/test_instance.py tests/assets/test_memo.py \
		tests/dialects/test_libreoffice.py tests/sources/test_plain.py tests/sources/test_damage.py tests/sinks/test_checksummed.py $(PYTEST_ARGS)

# All four run even if the first one complains: one look shows everything.
lint: $(STAMP) ## ruff (rules and format), mypy, import directions
	@status=0; \
	for check in 'ruff check .' 'ruff format --check .' mypy lint-imports; do \
		echo "== $$check"; $(BIN)/$$check || status=1; \
	done; \
	exit $$status

bench: $(STAMP) ## a month of 300 villages beside the usual pandas loop: time, CPU, memory
	@$(BIN)/python tests/bench/bench_month.py

# One thread a process: two processes share the two cores.
bench-evidence: $(STAMP) ## pattern tests on invented counties and real villages; writes docs/evidence-benchmark.md
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 CUNBAO_SHARED_DATA="$${CUNBAO_SHARED_DATA:-$(wildcard ../shared/data)}" \
		$(BIN)/python -m tests.bench.evidence.run --write $(BENCH_ARGS)

bench-findings: $(STAMP) ## what the review finds of planted mistakes, beside what others flag by
	@$(BIN)/python -W ignore tests/bench/bench_findings.py --write

docs: $(STAMP) ## write the pages that are generated from the dictionary
	@$(BIN)/cunbao docs

# uv only resolves, in an environment that is thrown away. Pins stay as they are unless UPGRADE=1.
lock: ## renew requirements.lock after a change in pyproject.toml (UPGRADE=1: newest versions)
	@test -x $(BIN)/python || $(MAKE) setup
	@room=$$(mktemp -d); trap 'rm -rf "$$room"' EXIT; \
	$(BIN)/python -m venv "$$room" && "$$room/bin/pip" install --quiet --disable-pip-version-check uv && \
	"$$room/bin/uv" pip compile pyproject.toml --extra dev --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header $(if $(UPGRADE),--upgrade) --quiet -o requirements.lock
	@echo 'requirements.lock is renewed; `make setup` installs it.'

clean: ## remove caches, build output and what demo and tests wrote (.venv stays; for a fresh one: rm -rf .venv)
	@rm -rf demo out artefacts build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
