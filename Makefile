PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test lint bench format

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt src/ganmend/kernels/passes.c src/ganmend/kernels/attention.c
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

demo: install
	$(BIN)/ganmend demo

test: install
	$(BIN)/pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python benchmarks/steps.py

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
