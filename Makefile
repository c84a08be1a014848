PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= auto

.PHONY: install demo test test-long test-ray test-studio lint bench docs notebook format mutants mutants-sample audit

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt src/ganmend/kernels/passes.c src/ganmend/kernels/attention.c
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

demo: install
	$(BIN)/ganmend demo

# One thread a worker: several workers with several threads each slow each other down.
test: install
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --maxprocesses 8 --dist loadgroup

# Whole commands in processes of their own, killed, without a disk or a network; and every block of the documents.
test-long: install
	OMP_NUM_THREADS=1 $(BIN)/pytest -m long -n $(WORKERS) --maxprocesses 8 --dist loadgroup

# On real processes of Ray; ray is installed for it, which nothing else needs. A file at a time: Ray remembers in a process
# the password of the first cluster that it was connected to, and another cluster has another.
test-ray: .venv/ray-installed
	grep -l mark.ray tests/runs/cluster/test_*.py | OMP_NUM_THREADS=1 xargs -n 1 $(BIN)/pytest -m ray

.venv/ray-installed: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ray]'
	touch $@

# The studio in a real browser, Debian's chromium, on a server that mends; some minutes.
test-studio: .venv/studio-installed
	OMP_NUM_THREADS=1 $(BIN)/pytest -m studio tests/studio

.venv/studio-installed: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[studio,browser]'
	touch $@

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pydoclint --quiet src
	$(BIN)/deptry .

# Deliberate faults, one at a time, each of which a test should notice; some 45 minutes on two cores. docs/testing.md.
mutants: install
	$(BIN)/python tests/mutation.py --least 0.85

# A fixed 20 of them; so few tell the share to 16 points.
mutants-sample: install
	$(BIN)/python tests/mutation.py --sample 20 --least 0.7

bench: install
	$(BIN)/python benchmarks/steps.py

# The documentation's site, in site/; `python -m http.server -d site` shows it. Nothing in it is loaded from elsewhere.
docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo 'open site/index.html; to search in it too: $(BIN)/python -m http.server -d site, then http://localhost:8000'

# The notebook from top to bottom; some three minutes on two cores.
notebook: .venv/docs
	GOMP_SPINCOUNT=1000 $(BIN)/pytest --nbmake --nbmake-timeout=600 -p no:cacheprovider examples/mend_a_class.ipynb

.venv/docs: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Known faults of the pinned packages, by PyPI's list; needs the network. docs/reliability.md.
audit:
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	.venv/audit/bin/pip-audit --strict --no-deps --disable-pip -r constraints.txt
