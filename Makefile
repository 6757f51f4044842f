PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.ready

.PHONY: setup test check lint types format wheel demo bench constraints clean

setup: $(SETUP)  ## A virtual environment with everything, at the pinned versions.

$(SETUP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group dev --editable .
	touch $@

test: setup  ## All tests, and then those that can again on the built wheel.
	$(BIN)/python -m pytest --quiet --numprocesses 2 --dist loadfile
	$(MAKE) --no-print-directory wheel

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy tap_sagemaker_tuning emulator demo benchmarks tests

check: lint types test  ## What CI runs.

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Those left out need the checkout: the examples, the benchmarks and the demo's packages.
wheel: setup  ## The tests on the installed wheel, without the package beside them.
	rm -rf dist build/wheel
	mkdir -p build/wheel
	$(BIN)/uv build --quiet --python $(BIN)/python
	tar -xzf dist/*.tar.gz -C build/wheel --strip-components=1
	rm -r build/wheel/tap_sagemaker_tuning build/wheel/schemas
	cd build/wheel && $(CURDIR)/$(BIN)/uv venv --quiet --python $(CURDIR)/$(BIN)/python && \
	  $(CURDIR)/$(BIN)/uv pip install --quiet --constraint $(CURDIR)/constraints.txt --group test $(CURDIR)/dist/*.whl && \
	  RECORDED_CASES=$(CURDIR)/../shared/cases .venv/bin/python -m pytest --quiet --numprocesses 2 --dist loadfile -m "not slow" \
	    $(addprefix --ignore tests/test_,airflow.py benchmarks.py dagster.py shell.py)

demo: setup  ## Two syncs of an emulated account into a real Postgres.
	$(BIN)/python -m demo

bench: setup  ## The tap beside a plain boto3 loop.
	$(BIN)/python -m benchmarks

constraints: setup  ## Pin anew what pyproject.toml asks for.
	$(BIN)/uv pip compile --quiet --universal --no-header --no-annotate --upgrade --python-version 3.11 \
	  --group dev --output-file constraints.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --no-header --no-annotate --upgrade --python-version 3.11 \
	  --output-file demo/constraints.txt demo/requirements.in pyproject.toml

clean:
	rm -rf .venv .meltano .demo build dist output .hypothesis .mypy_cache .pytest_cache .ruff_cache
