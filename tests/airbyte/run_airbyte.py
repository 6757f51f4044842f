"""Runs Airbyte's own models, standard tests and PyAirbyte in a separate environment.

It serves requests of tests/examples/runner.py. `check` takes a file of messages and
returns what is wrong with them; `read` returns what PyAirbyte read into its DuckDB
cache, or why it failed; and `run` returns the result of a program.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# Only that environment has all of them.
ab: Any = importlib.import_module("airbyte")
caches: Any = importlib.import_module("airbyte.caches")
cdk: Any = importlib.import_module("airbyte_cdk.models")
connectors: Any = importlib.import_module("airbyte_cdk.models.connector_metadata")
exceptions: Any = importlib.import_module("airbyte.exceptions")
protocol: Any = importlib.import_module("airbyte_protocol.models")
STANDARD_TESTS = "airbyte_cdk.test.standard_tests"
catalog_checks: Any = importlib.import_module(f"{STANDARD_TESTS}._catalog_checks")
read_assertions: Any = importlib.import_module(f"{STANDARD_TESTS}._read_assertions")
spec_lint: Any = importlib.import_module(f"{STANDARD_TESTS}._spec_lint")


def problems_of(line: str) -> Iterator[str]:
    """What in a message Airbyte's protocol does not know or its tests reject."""
    yield from unknown(protocol.AirbyteMessage.model_validate_json(line), "")
    message = cdk.AirbyteMessageSerializer.load(json.loads(line))
    if message.spec:
        settings = message.spec.connectionSpecification
        yield from spec_lint.find_secret_marking_errors(settings)
    if message.catalog:
        by_stream = catalog_checks.find_catalog_problems(message.catalog)
        yield from (problem for problems in by_stream.values() for problem in problems)


def unknown(value: Any, path: str) -> Iterator[str]:
    """The fields that the protocol's models lack; the source may choose a state's
    fields."""
    if isinstance(value, protocol.AirbyteStateBlob):
        return
    if isinstance(value, list):
        for item in value:
            yield from unknown(item, path)
    elif hasattr(value, "model_fields_set"):
        for name in value.model_extra or ():
            yield f"{path}.{name}: no such field"
        for name in value.model_fields_set:
            yield from unknown(getattr(value, name), f"{path}.{name}")


def checked(output: str, catalog: dict[str, Any] | None) -> list[str]:
    """What is wrong with the messages in a file and with their records.

    Args:
        output: The file.
        catalog: The ConfiguredAirbyteCatalog that was read, or None if nothing was.
    """
    lines = Path(output).read_text(encoding="utf-8").splitlines()
    problems = [problem for line in lines for problem in problems_of(line)]
    if catalog is not None:
        messages = [cdk.AirbyteMessageSerializer.load(json.loads(x)) for x in lines]
        try:
            read_assertions.assert_read_records(
                records=messages,
                configured_catalog=cdk.ConfiguredAirbyteCatalogSerializer.load(catalog),
                require_records_per_stream=True,
                validate_schema=True,
            )
        except AssertionError as error:
            problems.append(str(error))
    return problems


def read(
    executable: str, config: dict[str, Any], streams: list[str], cache: dict[str, Any]
) -> dict[str, Any]:
    """Read these streams into a cache, and return its contents."""
    source = ab.get_source(
        "source-sagemaker-tuning",
        config=config,
        streams=streams,
        local_executable=Path(executable),
        install_if_missing=False,
    )
    kept = caches.DuckDBCache(**cache)
    try:
        result = source.read(cache=kept)
    except exceptions.PyAirbyteError as error:
        listed = kept.run_sql_query(
            "SELECT table_schema, table_name FROM information_schema.tables"
        )
        tables = [
            table["table_name"]
            for table in listed
            if table["table_schema"] == kept.schema_name
            and not table["table_name"].startswith("_airbyte")
        ]
        states = kept.get_state_provider("source-sagemaker-tuning").known_stream_names
        return {"error": str(error), "kept": [*tables, *states]}
    return {"rows": {name: [*map(plain, result[name])] for name in streams}}


def run(program: str) -> dict[str, Any]:
    """Run a program from the documentation in the folder of the caches."""
    os.chdir(os.environ["AIRBYTE_PROJECT_DIR"])
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 - it is ours
    result = names.get("result")
    return {
        "rows": {name: len(list(result[name])) for name in result} if result else {},
        "failed": names.get("failed"),
    }


def plain(row: Any) -> dict[str, Any]:
    """A row without PyAirbyte's own columns, with times as text."""
    return {
        name: value.isoformat(timespec="milliseconds") + "Z"
        if hasattr(value, "isoformat")
        else value
        for name, value in dict(row).items()
        if not name.startswith("_airbyte")
    }


for request in map(json.loads, sys.stdin):
    match request:
        case {"check": output, "catalog": catalog}:
            answer = {"problems": checked(output, catalog)}
        case {"metadata": path}:
            data = connectors.MetadataFile.from_file(Path(path)).data
            answer = {"language": data.language.value}
        case {"read": arguments}:
            answer = read(**arguments)
        case {"run": program}:
            answer = run(program)
        case _:
            answer = {}
    sys.stdout.write(f"\nANSWER {json.dumps(answer)}\n")
    sys.stdout.flush()
