# Everything that a person does with this folder. Needs Python 3.11 or later with venv, make and git.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test setup check bench look lock clean

demo: setup
	$(BIN)/storywatch demo

test: setup
	$(BIN)/pytest

setup: $(VENV)/ready

# The wheel of the project itself needs no index: its build backend is in the lock file.
$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PYTHON=$(BIN)/python tests/wheel.sh

bench: setup
	$(BIN)/python -m bench

look: setup
	$(BIN)/python bench/look.py

# Renews the pins; needs uv.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-header --group dev pyproject.toml --upgrade --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
