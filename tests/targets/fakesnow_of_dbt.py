"""fakesnow, in which a temporary table is an ordinary one.

fakesnow 0.12.1 refuses temporary tables that are named with their database, as dbt
makes them for incremental models. dbt also drops them, so nothing else depends on it.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

# Only the target's environment has these.
cli = importlib.import_module("fakesnow.cli")
Cursor = importlib.import_module("fakesnow.cursor").FakeSnowflakeCursor
TemporaryProperty = importlib.import_module("sqlglot.expressions").TemporaryProperty

_transform = Cursor._transform  # noqa: SLF001


def transform(self: Any, expression: Any, parameters: Any) -> Any:
    """Do what fakesnow does, without `temporary`."""
    for temporary in list(expression.find_all(TemporaryProperty)):
        temporary.pop()
    return _transform(self, expression, parameters)


if __name__ == "__main__":
    Cursor._transform = transform  # noqa: SLF001
    sys.exit(cli.main(sys.argv[1:]))
