# `make demo` runs the main job, `make test` every test. Each sets itself up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test crash conformance fuzz bench check format clean

demo: $(VENV)/ready
	$(BIN)/python examples/demo.py

test: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 $(ARGS)

# `make test` kills 50 times and tries a sample of all crash points; this kills 200 times, or
# ROUNDS=n, and tries every point.
crash: $(VENV)/ready
	REPERTORY_CRASH_ROUNDS=$(or $(ROUNDS),200) REPERTORY_EVERY_WRITE=1 \
		$(BIN)/python -m pytest -n 2 tests/crash tests/faults

# The suites of the libraries that we stand in for, run on our engine and our actors.
conformance: $(VENV)/ready
	$(BIN)/python tests/conformance/statemachine_suite.py
	$(BIN)/pip install -q pytest-mock
	$(BIN)/python tests/runtime/conformance.py

# Feeds the loader what a coverage-guided fuzzer comes up with, for an hour or SECONDS=n. What it
# finds is in build/fuzz.
fuzz: $(VENV)/ready
	$(BIN)/pip install -q -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz.run --seconds $(or $(SECONDS),3600)

# Each figure is a ratio to a peer or a limit, measured in the same run.
bench: $(VENV)/ready
	$(BIN)/pip install -q -e '.[bench]'
	-command -v npm >/dev/null && npm install --silent --prefix benchmarks/xstate
	$(BIN)/python benchmarks/charts.py --json build/charts.json
	$(BIN)/python -m benchmarks.savina
	$(BIN)/python -m benchmarks.durable

# Types are checked on what a user installs: type checkers cannot see mapped folders.
check: $(VENV)/ready-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	rm -rf build/typed && $(BIN)/pip install -q --no-deps --target build/typed .
	cd build/typed && MYPYPATH=. ../../$(BIN)/mypy --config-file ../../pyproject.toml -p repertory.actors -p repertory.persistence

format: $(VENV)/ready-check
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade pip

$(VENV)/ready: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install -q -e '.[test]'
	touch $@

$(VENV)/ready-check: pyproject.toml $(VENV)/ready
	$(BIN)/pip install -q -e '.[check]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info
