"""The profiles connect to Postgres as strictly as their variables say."""

from __future__ import annotations

import jinja2
import pytest
import yaml

from tap_tools import ROOT


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ("prefer", "")),
        ({"DBT_POSTGRES_SSLMODE": ""}, ("prefer", "")),
        (
            {
                "DBT_POSTGRES_SSLMODE": "verify-full",
                "DBT_POSTGRES_SSLROOTCERT": "/etc/ca.crt",
            },
            ("verify-full", "/etc/ca.crt"),
        ),
    ],
)
def test_tls_to_postgres(variables: dict[str, str], expected: tuple[str, str]) -> None:
    """Variables make dbt verify the server; without them, TLS is optional, as in
    libpq."""
    text = (ROOT / "transform" / "profiles.yml").read_text(encoding="utf-8")
    output = yaml.safe_load(text)["sagemaker_tuning"]["outputs"]["postgres"]
    shown = tuple(
        jinja2.Template(output[name]).render(
            env_var=lambda name, default="": variables.get(name, default)
        )
        for name in ("sslmode", "sslrootcert")
    )
    assert shown == expected
