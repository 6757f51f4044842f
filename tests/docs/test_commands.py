"""Every command in the documents is run: here, in another test, or by hand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_emulator.__main__ import main as emulate
from tap_tools.generated import policies
from tests.docs.documents import (
    CONFIGS,
    DOCUMENTS,
    GUIDE,
    PAGES,
    README,
    ROOT,
    blocks,
    commands,
    read,
    recipe,
)

if TYPE_CHECKING:
    from tests.conftest import TapProcess

BY_HAND = "by hand: it installs for the user, or needs what that installed"
"""Why no test runs a command. All were run in November or December 2026 with uv 0.13
and Meltano 4.4."""

FIRST_ROWS = "tests/docs/test_first_rows.py"
WHEEL = "tap_sagemaker_tuning-0.2.0-py3-none-any.whl"
REPORT = "sagemaker_tuning_report-0.2.0-py3-none-any.whl"
GIT = (
    "git+https://git.example/ml-platform/tap-sagemaker-tuning"
    "#subdirectory=packages/report"
)
ELSEWHERE = {
    "make demo": "tests/test_demo.py",
    "make test": "Makefile",
    "make setup": ".ci/run",
    "make check": ".ci/run",
    "uv build --wheel": FIRST_ROWS,
    f"uv tool install dist/{WHEEL}": FIRST_ROWS,
    "uv tool install git+https://git.example/ml-platform/tap-sagemaker-tuning": BY_HAND,
    f"uvx --from '{GIT}' sagemaker-tuning": BY_HAND,
    f"uvx --find-links dist --from dist/{REPORT} sagemaker-tuning": BY_HAND,
    "uv tool install --find-links dist sagemaker-tuning-report "
    "--constraints packages/report/constraints.txt": BY_HAND,
    "sagemaker-tuning --demo": "packages/report/tests/pipeline/test_demo.py",
    "make built": "Makefile",
    "uv run --with duckdb==1.2.2 examples/spark/publish.py examples/spark/lake "
    "tuning.duckdb": "tests/transform/test_spark.py",
    "sagemaker-tuning-report tuning.duckdb > tuning.html": (
        "tests/transform/test_spark.py"
    ),
    "uv tool install .": BY_HAND,
    "uv venv --python 3.12 pyairbyte-venv": BY_HAND,
    "uv pip install --python pyairbyte-venv/bin/python airbyte==0.71.3": BY_HAND,
    "uv tool install meltanolabs-target-postgres==0.8.1": FIRST_ROWS,
    "uv tool install 'meltano>=4.4'": BY_HAND,
    "cp .env.example .env": BY_HAND,
    "meltano install extractor tap-sagemaker-tuning": "tap_tools/demo/project.py",
    "meltano install loader target-postgres": "tap_tools/demo/project.py",
    "meltano install loader target-snowflake": BY_HAND,
    "meltano config test tap-sagemaker-tuning": BY_HAND,
    "meltano run tap-sagemaker-tuning target-postgres": "tap_tools/demo/project.py",
    "meltano run tap-sagemaker-tuning target-postgres dbt-postgres:build": (
        "tap_tools/demo/project.py"
    ),
    "meltano install utility dbt-postgres": "tap_tools/demo/project.py",
    "export TUNING_TAP_CHECKOUT=$HOME/tap-sagemaker-tuning": BY_HAND,
    "meltano add --plugin-type utility dbt-postgres --from-ref "
    "$TUNING_TAP_CHECKOUT/registries/meltano/dbt-postgres.yml": BY_HAND,
    "meltano state get dev:tap-sagemaker-tuning-to-target-postgres > state.json": (
        BY_HAND
    ),
    "meltano state set dev:tap-sagemaker-tuning-to-target-postgres "
    "--input-file state.json": BY_HAND,
    "meltano run tap-sagemaker-tuning target-snowflake": BY_HAND,
    "meltano run --full-refresh tap-sagemaker-tuning target-postgres": BY_HAND,
    "python3 -m venv dbt-venv": "tests/transform/building.py",
    "dbt-venv/bin/pip install --require-hashes --requirement "
    "$CHECKOUT/transform/constraints.txt": "tests/transform/building.py",
    "export DBT_POSTGRES_HOST=warehouse.example DBT_POSTGRES_USER=loader "
    "DBT_POSTGRES_PASSWORD=change-me DBT_POSTGRES_DATABASE=analytics": (
        "tests/transform/building.py"
    ),
    "dbt-venv/bin/dbt build --project-dir $CHECKOUT/transform "
    "--profiles-dir $CHECKOUT/transform --target postgres": (
        "tests/transform/building.py"
    ),
    "dbt-venv/bin/dbt docs generate --static --project-dir $CHECKOUT/transform "
    "--profiles-dir $CHECKOUT/transform --target postgres": (
        "tests/docs/test_dbt_docs.py"
    ),
    "uv venv report-venv": BY_HAND,
    "uv pip install --python report-venv/bin/python ./packages/report "
    "-c packages/report/constraints.txt": BY_HAND,
    "read -rs DATABASE_URL && export DATABASE_URL": BY_HAND,
    "report-venv/bin/sagemaker-tuning-report > tuning.html": (
        "packages/report/tests/test_command.py"
    ),
    ".venv/bin/sagemaker-tuning-emulator --port 5005 &": "tests/docs/test_emulator.py",
    "export AWS_ENDPOINT_URL=http://127.0.0.1:5005 AWS_DEFAULT_REGION=us-east-1": (
        "tests/docs/test_emulator.py"
    ),
    "export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=key": (
        "tests/docs/test_emulator.py"
    ),
    ".venv/bin/tap-sagemaker-tuning > out.jsonl": "tests/docs/test_emulator.py",
    "kill %1": "tests/docs/test_emulator.py",
    "unset AWS_ENDPOINT_URL AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID "
    "AWS_SECRET_ACCESS_KEY": "tests/docs/test_emulator.py",
    "uv tool install ./packages/contract": BY_HAND,
    "tap-sagemaker-tuning-contract --config tap.json": (
        "packages/contract/tests/test_command.py"
    ),
    "tap-sagemaker-tuning-contract --config tap.json --record recording": (
        "packages/contract/tests/test_command.py"
    ),
    "tap-sagemaker-tuning-contract --check recording": (
        "packages/contract/tests/test_command.py"
    ),
}
"""The commands that `test_commands_work` does not run, and what runs each instead."""

HERE = re.compile(
    r"tap-sagemaker-tuning |test -s |set -o |export TAP_SAGEMAKER_TUNING_|openssl "
    r"|chmod "
)
"""The commands that `test_commands_work` runs."""

TYPED = {
    line
    for section in ("Rows in DuckDB", "In a project of your own")
    for block in blocks("console")
    if block.section == section
    for line in commands({"": f"```console\n{block.text}```"})
}
"""The commands that FIRST_ROWS types, starting in an empty folder."""

EVERY = [*commands(PAGES), *commands({"CONTRIBUTING.md": GUIDE})]

TARGET = """#!/bin/sh
# Replaces target-postgres: saves its input, and prints the states.
tee -a loaded.jsonl | sed -n 's/^{"type":"STATE","value":\\(.*\\)}$/\\1/p'
"""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_can_be_read(name: str) -> None:
    """A shell can parse the console blocks of every document."""
    script = "\n".join(commands({name: DOCUMENTS[name]}))
    done = subprocess.run(
        ["bash", "-n"],  # noqa: S607
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_every_command_is_known() -> None:
    """Each command is run by a test, here or elsewhere, or has a reason why not."""
    unknown = [
        c for c in EVERY if c not in TYPED and not HERE.match(c) and c not in ELSEWHERE
    ]
    assert unknown == []


def test_known_commands_are_used() -> None:
    """Each known command is in a document, and each file that runs one exists."""
    assert set(ELSEWHERE) <= set(EVERY)
    files = set(ELSEWHERE.values()) - {BY_HAND}
    assert [name for name in files if not (ROOT / name).is_file()] == []


@pytest.mark.slow
def test_commands_work(tap: TapProcess) -> None:
    """The tap's commands can be pasted one after the other, and each exits with 0."""
    tap.emulator.scope().plan("churn-xgb-260302", trials=8, parallel=8)
    tap.emulator.clock.move(seconds=600)
    (config, *_) = [config for where, config in CONFIGS if "getting-started" in where]
    (tap.folder / "tap.json").write_text(json.dumps(config), encoding="utf-8")
    (tap.folder / "target.json").write_text("{}", encoding="utf-8")
    target = tap.folder / "target-postgres"
    target.write_text(TARGET, encoding="utf-8")
    target.chmod(0o755)
    script = list(
        dict.fromkeys(c for c in EVERY if HERE.match(c) and "duckdb" not in c)
    )
    assert len(script) == 13
    path = [str(tap.folder), str(Path(sys.executable).parent), os.environ["PATH"]]
    done = subprocess.run(  # noqa: S603 - the documents' own commands
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],  # noqa: S607
        cwd=tap.folder,
        env=tap.environment(PATH=os.pathsep.join(path)),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    for name in ("loaded.jsonl", "out.jsonl"):
        made = (tap.folder / name).read_text(encoding="utf-8").splitlines()
        types = [json.loads(line)["type"] for line in made]
        assert {"SCHEMA", "RECORD", "STATE"} <= set(types)
    state = json.loads((tap.folder / "state.json").read_text(encoding="utf-8"))
    selected = {stream.name for stream in policies.summaries()}
    assert set(state["bookmarks"]) == selected
    assert "account 123456789012, us-east-1: OK" in done.stderr


def test_emulator_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The emulator's help says how to point the tap at it."""
    with pytest.raises(SystemExit) as ended:
        emulate(["--help"])
    assert ended.value.code == 0
    assert "AWS_ENDPOINT_URL" in capsys.readouterr().out


def test_first_screen_shows_and_tests() -> None:
    """The README starts with how to see the tap work, and how to test it."""
    first_screen = README.splitlines()[:60]
    assert {"$ make demo", "$ make test"} <= set(first_screen)


def test_make_targets_exist() -> None:
    """Each make target in a document exists in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    text = "\n".join([*PAGES.values(), GUIDE, read(".ci/run")])
    named = re.findall(r"(?:`|^\$ |^)make ([a-z-]+)", text, re.MULTILINE)
    assert set(named) <= targets
    assert {"setup", "test", "check", "demo", "docs"} <= set(named)


def test_workflows_and_hooks_call_make() -> None:
    """Workflows and pre-commit hooks call targets of the Makefile."""
    workflows = (ROOT / ".github" / "workflows").glob("*.yml")
    files = [*workflows, ROOT / ".pre-commit-config.yaml"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    runs = re.findall(r"^ *(?:run|entry): (.+)$", text, re.MULTILINE)
    words = [run.split() for run in runs]
    targets = {word for _, *rest in words for word in rest if word[0].isalpha()}
    assert {command for command, *_ in words} == {"make"}
    assert targets <= set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert {"lint", "types", "docs", "wheel", "lowest", "newest"} <= targets


def test_the_gate_runs_the_readmes_tests() -> None:
    """The gate calls `make check`, which includes the tests of `make test`, on the
    wheels."""
    assert read(".ci/run").splitlines()[-1] == "make check"
    called = set("".join(map(recipe, ("check", "static"))).split())
    assert {"static", "lint", "types", "docs", "long", "wheel", "lowest"} <= called
