"""Which settings are refused, and the messages for them, in the pure functions."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from tap_sagemaker_tuning.catalog_checks import method_problems
from tap_sagemaker_tuning.settings import Settings, checks
from tests.configurations import (
    BAD,
    GOOD,
    KEY,
    NUMBERS,
    PAGINATOR,
    SECRET,
    SECRETS,
    all_settings,
    role,
)


def problems(config: dict[str, Any]) -> str:
    """The problems of a configuration, as the line that a user sees."""
    schema = all_settings()
    return "; ".join(checks.problems(checks.normalized(config, schema), schema))


class TestProblems:
    """Problems in a configuration by itself."""

    def test_the_table_is_long_and_its_names_are_unique(self) -> None:
        """All cases in the table have different names."""
        names = [name for name, _, _ in BAD]
        assert len(names) > 190
        assert len(set(names)) == len(names)

    @pytest.mark.parametrize(
        ("config", "line"),
        [pytest.param(config, line, id=name) for name, config, line in BAD],
    )
    def test_refused(self, config: dict[str, Any], line: str) -> None:
        """An invalid configuration is refused with this message, without secrets."""
        assert problems(config) == line
        assert SECRET not in line

    @pytest.mark.parametrize(
        "config", [pytest.param(config, id=name) for name, config in GOOD]
    )
    def test_accepted(self, config: dict[str, Any]) -> None:
        """A valid configuration is accepted, and is not modified."""
        given = copy.deepcopy(config)
        assert problems(given) == ""
        assert given == config

    @pytest.mark.parametrize("name", SECRETS)
    @pytest.mark.parametrize(
        "value",
        [[SECRET], {"x": SECRET}, {SECRET: 1}, 987654321],
        ids=["list", "in", "key", "number"],
    )
    def test_secrets_are_not_shown(self, name: str, value: Any) -> None:
        """A secret of the wrong type is refused without its value."""
        said = problems({**KEY, name: value})
        assert name in said
        assert SECRET not in said
        assert "987654321" not in said

    def test_a_misspelt_secret_is_not_shown(self) -> None:
        """An unknown setting is named without its value, which may be a secret."""
        said = problems({"aws_secret_key": SECRET})
        assert said == (
            "aws_secret_key: no such setting. Did you mean aws_secret_access_key?"
        )

    @pytest.mark.parametrize(
        "more",
        [
            {},
            {"regions": ["us-east-1"]},
            {"assume_roles": [role()]},
            {
                "regions": ["us-east-1", "us-west-2"],
                "assume_roles": [role(regions=["eu-west-1"])],
            },
        ],
        ids=["chain's region", "one region", "one role", "a role's own region"],
    )
    def test_token_with_one_tuning_job(self, more: dict[str, Any]) -> None:
        """A starting token requires a single name in one account and region."""
        config = {"starting_token": "a token", "tuning_job_names": ["a"]}
        assert problems({**config, **more}) == ""


class TestWholeNumbers:
    """2.0 is a whole number, as in JSON Schema, because JSON makes no difference."""

    @pytest.mark.parametrize("name", [*NUMBERS, "flattening_max_depth"])
    @pytest.mark.parametrize("given", [3, 3.0, Decimal("3.0"), Decimal("0.3E1")])
    def test_become_integers(self, name: str, given: Any) -> None:
        """The setting becomes the integer 3, however it was parsed."""
        assert problems({name: given}) == ""
        config = checks.normalized({name: given}, all_settings())
        assert (config[name], type(config[name])) == (3, int)

    @pytest.mark.parametrize("name", NUMBERS)
    @pytest.mark.parametrize("given", [2.5, Decimal("2.5")])
    def test_a_fraction_is_shown_as_it_was_written(self, name: str, given: Any) -> None:
        """A fraction is refused with the same message, however it was parsed."""
        assert problems({name: given}) == f"{name}: 2.5 is not a whole number"

    @pytest.mark.parametrize("given", [float("nan"), float("inf"), 1e300])
    def test_what_is_no_whole_number(self, given: float) -> None:
        """NaN, infinity and numbers too large to be exact are not whole numbers."""
        assert problems({"page_size": given}).startswith("page_size: ")


TRIALS = "training_job_summaries"
ALLOWED = {
    "tuning_jobs": ("INCREMENTAL", "FULL_TABLE"),
    TRIALS: ("INCREMENTAL", "FULL_TABLE"),
    "scopes": ("FULL_TABLE",),
}
INCREMENTAL = {"tuning_jobs": "INCREMENTAL", TRIALS: "INCREMENTAL"}


class TestCatalogProblems:
    """Settings whose validity depends on how training_job_summaries replicates."""

    @pytest.mark.parametrize("name", PAGINATOR)
    def test_paginator_settings_are_of_full_table(self, name: str) -> None:
        """The paginator's settings are refused with incremental replication."""
        config: dict[str, Any] = {name: PAGINATOR[name]}
        (problem,) = method_problems(Settings(**config), INCREMENTAL, ALLOWED)
        assert problem.startswith(f"{name}: requires the replication method FULL_TABLE")

    def test_all_are_named(self) -> None:
        """Each such setting is named."""
        lines = method_problems(Settings(**PAGINATOR), INCREMENTAL, ALLOWED)
        assert [line.split(":")[0] for line in lines] == list(PAGINATOR)

    def test_full_table_accepts_them(self) -> None:
        """FULL_TABLE accepts the paginator's settings."""
        chosen = {**INCREMENTAL, TRIALS: "FULL_TABLE"}
        assert method_problems(Settings(**PAGINATOR), chosen, ALLOWED) == []

    @pytest.mark.parametrize("stream", INCREMENTAL)
    def test_other_methods(self, stream: str) -> None:
        """A replication method that a stream lacks is refused with a list of those it
        has."""
        chosen = {**INCREMENTAL, stream: "LOG_BASED"}
        (problem,) = method_problems(Settings(), chosen, ALLOWED)
        assert problem == (
            f"catalog: replication method 'LOG_BASED' of {stream} is not INCREMENTAL "
            "or FULL_TABLE"
        )

    def test_a_stream_with_one_method(self) -> None:
        """A stream that is always read in full cannot be incremental."""
        (problem,) = method_problems(Settings(), {"scopes": "INCREMENTAL"}, ALLOWED)
        assert problem == (
            "catalog: replication method 'INCREMENTAL' of scopes is not FULL_TABLE"
        )
