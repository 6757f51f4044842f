"""Each error of the command is one line, and the exit code reports the result."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from . import stories
from .conftest import report

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.warehouse


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A DuckDB file with the models of a small story."""
    return stories.into_duckdb(stories.small(), tmp_path / "tuning.duckdb")


def test_one_tuning_job_can_be_asked_for(file: Path) -> None:
    """With a name, in any case, the page has only tuning jobs of that name."""
    named = report(str(file), "--tuning-job", "SMALL").stdout
    assert '"name":"small"' in named
    assert '"name":"other"' not in named


def test_a_warehouse_without_models_is_an_error(tmp_path: Path) -> None:
    """Without models, one line says what to do."""
    import duckdb as driver  # noqa: PLC0415 - only for the page

    file = tmp_path / "empty.duckdb"
    driver.connect(str(file)).close()
    done = report(str(file))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "Error: no model sagemaker_tuning__trials in the warehouse:"
        " build transform/ with dbt first\n"
    )


def test_models_in_two_schemas_need_a_choice(file: Path) -> None:
    """If two schemas have the models, the command asks for a choice."""
    import duckdb as driver  # noqa: PLC0415 - only for the page

    with driver.connect(str(file)) as connection:
        connection.execute("create schema dev")
        connection.execute(
            "create table dev.sagemaker_tuning__trials as"
            " select * from sagemaker_tuning.sagemaker_tuning__trials limit 0"
        )
    assert report(str(file)).stderr == (
        "Error: several schemas have the models:"
        " pass --schema dev or sagemaker_tuning\n"
    )
    chosen = report(str(file), "--schema", "sagemaker_tuning")
    assert '"name":"small"' in chosen.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no DATABASE_URL"),
        (("mysql://there",), "mysql:// is not supported"),
        (("/no/such/file.duckdb",), "cannot open the duckdb warehouse"),
        (
            ("postgresql://me:secret@127.0.0.1:1/x",),
            "cannot open the postgresql warehouse",
        ),
    ],
    ids=["nothing", "unknown", "no file", "no server"],
)
def test_what_does_not_open_is_one_line(arguments: tuple[str, ...], words: str) -> None:
    """An error is one line that says what is wrong, without any password."""
    done = report(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("other", ["password=secret", "--pass=secret"])
def test_more_arguments_are_not_repeated(other: str) -> None:
    """An unquoted URL, or a wrong option, can have a password."""
    done = report("host=127.0.0.1", other)
    assert done.returncode == 2
    assert "quote the URL" in done.stderr
    assert "secret" not in done.stderr


def test_an_unknown_tuning_job_is_an_error(file: Path) -> None:
    """An unknown tuning job is refused with a list of similar names."""
    done = report(str(file), "--tuning-job", "sma")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: the warehouse has no tuning job sma: did you mean small?\n"
    )
    assert report(str(file), "--tuning-job", "zzz").stderr == (
        "Error: the warehouse has no tuning job zzz: it has 2, none similar\n"
    )


@pytest.mark.parametrize("count", ["0", "-5", "1.5", "many"])
def test_a_count_below_one_is_refused(file: Path, count: str) -> None:
    """A page has at least one trial."""
    done = report(str(file), f"--most-trials={count}")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{count} is not a whole number of at least 1" in done.stderr


def test_a_missing_model_is_named(file: Path) -> None:
    """If a model is missing, the page is written and the exit code says that it is
    incomplete."""
    import duckdb as driver  # noqa: PLC0415 - only for the page

    with driver.connect(str(file)) as connection:
        connection.execute("drop table sagemaker_tuning.sagemaker_tuning__lineage")
    done = report(str(file))
    assert done.returncode == 3
    assert '"missing":["sagemaker_tuning__lineage"]' in done.stdout
    assert done.stderr == (
        "Warning: the page is incomplete, because these models are missing:"
        " sagemaker_tuning__lineage; build transform/ with dbt\n"
    )


def test_a_model_that_cannot_be_read_is_one_line(file: Path) -> None:
    """A view whose table is gone, as in a renamed DuckDB file, is one line, not a stack
    trace."""
    import duckdb as driver  # noqa: PLC0415 - only for the page

    with driver.connect(str(file)) as connection:
        connection.execute("use sagemaker_tuning")
        for statement in (
            "create table gone as from sagemaker_tuning__spend",
            "drop table sagemaker_tuning__spend",
            "create view sagemaker_tuning__spend as from gone",
            "drop table gone",
        ):
            connection.execute(statement)
    done = report(str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: the warehouse refused a query: ")
    assert "rebuild transform/" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("package", ["altair", "vl_convert", "duckdb"])
def test_a_package_that_is_not_installed_is_one_line(
    file: Path, tmp_path: Path, package: str
) -> None:
    """If a package is missing, one line says what to install."""
    (tmp_path / f"{package}.py").write_text(
        f"raise ModuleNotFoundError(\"No module named '{package}'\")", encoding="utf-8"
    )
    path = [str(tmp_path), *sys.path]
    done = report(str(file), PYTHONPATH=":".join(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"No module named '{package}'" in done.stderr
    assert "reinstall sagemaker-tuning-report" in done.stderr
    assert done.stderr.count("\n") == 1
