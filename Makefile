PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.ready
PINNED := --constraint constraints.txt --override overrides.txt
# The report carries the dbt project, here by a link, which an sdist of the whole lacks.
CARRIED := packages/report/sagemaker_tuning_report/transform

# More than two cores need, because many tests wait.
PYTEST := python -m pytest --quiet --numprocesses 3
LONG := browser or demo or orchestrator or slow or warehouse
SHORT := not (distributed or $(LONG))
FAST := not process and $(SHORT)
# What another Python, or other versions of the dependencies, can change: the tap.
TAP_ONLY := tests $(addprefix --ignore=tests/,docs infrastructure laws registries release test_layers.py)
VALID := $(BIN)/check-jsonschema --quiet --builtin-schema
# The tests start the tap about fifty times. With compiled bytecode, a start takes a third
# of the time.
unexport PYTHONDONTWRITEBYTECODE
export RECORDED_CASES ?= $(CURDIR)/../shared/cases

.PHONY: help setup test coverage laws check static lint types docs long distributed built unpacked wheel lowest newest format demo bench \
  constraints generated changelog release-check audit screenshot clean

help:  ## This list.
	@sed -n 's/^\([a-z.%-]*\):.*  ## /\1\t/p' Makefile | expand --tabs=16

setup: $(SETUP)  ## Create .venv with everything, at the pinned versions.

$(SETUP): pyproject.toml $(wildcard packages/*/pyproject.toml) constraints.txt overrides.txt
	$(PYTHON) -m venv .venv
	sed -n '/^uv==/,/[^\\]$$/p' constraints.txt >.venv/uv.txt
	$(BIN)/python -m pip install --quiet --require-hashes --requirement .venv/uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes --requirement constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . \
	  --editable packages/contract --editable packages/emulator --editable packages/report
	test -e $(CARRIED) || ln -s ../../../transform $(CARRIED)
	touch $@

test: setup  ## Unit tests, laws, the command line, HTTP and docs: about two minutes.
	$(BIN)/$(PYTEST) --dist worksteal -m "$(FAST)"

coverage: setup  ## List the lines and branches that no short test runs.
	rm -rf build/coverage
	mkdir -p build/coverage
	$(BIN)/$(subst python,coverage run,$(PYTEST)) --dist worksteal -m "$(SHORT)"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

laws: setup  ## Hypothesis at random, with 20 times the examples of `make test`.
	$(BIN)/$(PYTEST) --dist worksteal --hypothesis-profile search -m hypothesis

check: setup  ## The gate: everything but `make distributed`, two jobs at a time.
	$(MAKE) --no-print-directory --jobs 2 --output-sync static wheel
	$(MAKE) --no-print-directory --jobs 2 --output-sync long lowest

static: setup  ## Lint, types and docs.
	$(MAKE) --no-print-directory --jobs 1 lint docs types

lint: setup  ## Style, wording, spelling, commit messages, workflows and templates.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python -m tap_tools.prose
	$(BIN)/python -m tap_tools.commits
	$(BIN)/zizmor --quiet --offline --persona pedantic .github
	$(VALID) vendor.github-workflows .github/workflows/*.yml
	$(VALID) vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/contract.yml .github/ISSUE_TEMPLATE/idea.yml
	$(VALID) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(VALID) vendor.dependabot .github/dependabot.yml
	$(VALID) vendor.meltano meltano.yml
	$(BIN)/cfn-lint infrastructure/cloudformation/*.yaml

types: setup  ## mypy, on everything.
	$(BIN)/mypy

docs: setup  ## Build the documentation as HTML in build/docs; warnings are errors.
	rm -rf build/docs
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky docs build/docs

long: setup  ## The tests that `make test` leaves out: warehouses, orchestrators, the demo.
	$(BIN)/$(PYTEST) --numprocesses 4 --dist loadscope --no-loadscope-reorder -m "process or $(LONG)"

distributed: setup  ## Airflow on Celery workers, and kill one of them: five minutes.
	$(BIN)/python -m pytest --quiet -m distributed

BESIDE = $(wildcard packages/*/pyproject.toml)
WHEELS = dist/*.whl
# The report needs Python 3.13 at most, because dbt-core 1.11 and duckdb 1.2 do.
python-3.14: BESIDE = $(addprefix packages/,contract/pyproject.toml emulator/pyproject.toml)
python-3.14: WHEELS = dist/tap_*.whl dist/*_contract-*.whl dist/*_emulator-*.whl

# Run tests of `make test` on the installed wheels, in the unpacked sdist without the
# packages' source. $(1) names the environment, $(2) is its Python, $(3) are uv's options
# that choose the versions, and $(4) chooses the tests.
define on_the_wheel
$(BIN)/uv venv --quiet --clear --python $(2) build/$(1) && \
$(BIN)/uv pip install --quiet --python build/$(1) --no-sources --group test $(3) \
  $(addprefix --requirement ,pyproject.toml $(BESIDE)) $(WHEELS) && \
cd build/wheel && ../$(1)/bin/$(PYTEST) --dist worksteal $(4)
endef

built: setup  ## Build all sdists and wheels. (CI has them: make --old-file=built …)
	rm -rf dist
	for package in . packages/*; do \
	  $(BIN)/uv build --quiet --python $(BIN)/python --build-constraints constraints.txt --require-hashes \
	    --out-dir dist $$package || exit; \
	done

unpacked: setup built
	rm -rf build/wheel
	mkdir -p build/wheel
	tar -xzf dist/tap_sagemaker_tuning-*.tar.gz -C build/wheel --strip-components=1
	rm -r build/wheel/tap_sagemaker_tuning build/wheel/schemas build/wheel/packages/*/sagemaker_*

# Also look for pyenv's versions: uv stops at a shim whose version is not selected.
find = $(BIN)/uv python find --no-python-downloads $(1) 2>/dev/null || \
  ls -d ~/.pyenv/versions/$(1).*/bin/python 2>/dev/null | tail -n 1

# What runs on 3.11 besides: the lowest versions, and all long tests.
wheel: unpacked  ## Run `make test` on the built wheels, on Python 3.13 if it is installed.
	@newest=$$($(call find,3.13)); \
	$(call on_the_wheel,pinned,$${newest:-$(BIN)/python},$(PINNED),-m "$(FAST)")

# The slowest modules use the SDK and botocore in no way that the others do not.
SLOWEST := $(addprefix --ignore=tests/streams/test_,details.py scopes.py training_job_metrics.py)
lowest: unpacked  ## Test the tap on the lowest versions that pyproject.toml allows.
	$(call on_the_wheel,lowest,$(BIN)/python,--resolution lowest-direct,-m "$(FAST)" $(TAP_ONLY) $(SLOWEST))

newest: unpacked  ## Test the tap on the newest versions, even an SDK beyond its bound.
	printf 'singer-sdk[msgspec,testing]\n' >build/newest.txt
	$(call on_the_wheel,newest,$(BIN)/python,--upgrade --override build/newest.txt,-m "$(FAST)" $(TAP_ONLY))

python-%: unpacked  ## Test the tap on another Python, if it is installed. (In CI it must be.)
	@found=$$($(call find,$*)) && test -n "$$found" || \
	{ echo "Python $* is not installed: skipping its tests."; test "$$CI" != true; exit; }; \
	$(call on_the_wheel,python-$*,$$found,$(PINNED),-m "$(SHORT)" $(TAP_ONLY))

format: setup  ## Fix what ruff can fix.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: setup  ## Sync an emulated account twice into a real Postgres.
	$(BIN)/python -m tap_tools.demo

changelog: setup  ## What the fragments in changes/ say of the next release.
	@$(BIN)/towncrier build --draft --version Unreleased

release-check: setup  ## List what a release still lacks.
	$(BIN)/python -m tap_tools.release

audit: setup  ## Look for known vulnerabilities in the pinned packages, and write build/sbom.json.
	mkdir -p build
	$(BIN)/pip-audit --disable-pip --require-hashes --requirement constraints.txt \
	  --format cyclonedx-json --output build/sbom.json

generated: setup  ## Write every file, and part of a file, that is generated from the code.
	$(BIN)/python -m tap_tools.generated

screenshot: demo  ## Take the docs' pictures of the report again, from the demo's page.
	$(BIN)/python -m packages.report.tests.screenshot

bench: setup  ## Compare the tap with a plain boto3 loop.
	$(BIN)/python -m tap_tools.benchmarks

OURS := --no-emit-package tap-sagemaker-tuning --no-emit-package sagemaker-tuning-emulator
# uv verifies the hashes wherever it installs with these files.
LOCK = $(BIN)/uv pip compile --quiet --universal --no-header --no-annotate --upgrade --generate-hashes --python-version 3.11
LOCKED = $(basename $(wildcard tests/airbyte/requirements/*.in tests/targets/requirements/*.in))

constraints: setup  ## Update the pins for what pyproject.toml requires, and for all other environments.
	$(LOCK) --group dev --override overrides.txt --output-file constraints.txt $(OURS) \
	  pyproject.toml packages/*/pyproject.toml
	$(LOCK) --output-file packages/report/constraints.txt $(OURS) packages/report/pyproject.toml
	$(LOCK) --output-file tap_tools/demo/constraints.txt tap_tools/demo/requirements.in pyproject.toml
	$(LOCK) --output-file transform/constraints.txt transform/requirements.txt
	$(LOCK) --output-file examples/airflow/constraints.txt examples/airflow/requirements.txt examples/airflow/celery.txt
	$(LOCK) --output-file examples/dagster/constraints.txt examples/dagster/requirements.txt
	$(LOCK) --output-file examples/spark/constraints.txt examples/spark/requirements.txt
	$(foreach name,$(LOCKED),$(LOCK) --output-file $(name).txt $(name).in &&) true

clean:  ## Remove what these targets have made.
	rm -rf .venv .meltano .demo build dist output .hypothesis .mypy_cache .pytest_cache .ruff_cache
