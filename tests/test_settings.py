"""Settings: which there are, what is refused before the first call, and in what words.

Most cases run the command in this process; a dozen run it as users do. What each bad
configuration has to name is written by hand.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from singer_sdk import Tap

from tap_sagemaker_tuning.settings import SETTINGS, schema
from tap_sagemaker_tuning.tap import TapSageMakerTuning

if TYPE_CHECKING:
    from emulator import Emulator
    from tests.conftest import TapProcess

ROLE = "arn:aws:iam::123456789012:role/tuning-reader"
OTHER_ROLE = "arn:aws:iam::210987654321:role/tuning-reader"
SECRET = "hunter2-never-shown"  # noqa: S105 - what must not show up anywhere
KEY = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": SECRET}

TEXTS = (
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_profile",
    "aws_endpoint_url",
    "name_contains",
    "status_equals",
    "start_date",
    "sort_by",
    "sort_order",
    "starting_token",
)
NUMBERS = ("page_size", "max_items", "concurrency", "max_attempts")
LISTS = ("regions", "assume_roles", "tuning_job_names")
SECRETS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
PAGINATOR = {
    "sort_by": "Name",
    "sort_order": "Descending",
    "max_items": 5,
    "starting_token": "token",
}


def role(**more: Any) -> dict[str, Any]:
    """An entry of assume_roles."""
    return {"role_arn": ROLE, **more}


# A name for the test, the configuration, and what the line has to name.
BAD: list[tuple[str, dict[str, Any], str]] = [
    # unknown
    ("unknown", {"region": "us-east-1"}, "region"),
    ("unknown: case", {"Regions": ["us-east-1"]}, "Regions"),
    ("unknown: two", {"lookback": 1, "aws_region": "x"}, "lookback aws_region"),
    ("unknown: BATCH is not offered", {"batch_config": {}}, "batch_config"),
    ("unknown in a role", {"assume_roles": [role(RoleArn=ROLE)]}, "RoleArn"),
    # wrong type
    *[(f"type: {name} is a number", {name: 20260131}, name) for name in TEXTS],
    *[(f"type: {name} is a list", {name: ["x"]}, name) for name in TEXTS],
    *[(f"type: {name} is text", {name: "7"}, name) for name in NUMBERS],
    *[(f"type: {name} is true", {name: True}, name) for name in NUMBERS],
    *[(f"type: {name} is a fraction", {name: 1.5}, name) for name in NUMBERS],
    *[(f"type: {name} is 2.0", {name: 2.0}, name) for name in NUMBERS],
    *[(f"type: {name} is text", {name: "us-east-1"}, name) for name in LISTS],
    *[(f"type: {name} holds a number", {name: [5]}, name) for name in LISTS],
    ("type: assume_roles is an object", {"assume_roles": role()}, "assume_roles"),
    ("type: assume_roles holds text", {"assume_roles": [ROLE]}, "assume_roles"),
    ("type: role_arn", {"assume_roles": [{"role_arn": 5}]}, "role_arn"),
    ("type: external_id", {"assume_roles": [role(external_id=5)]}, "external_id"),
    (
        "type: regions of a role",
        {"assume_roles": [role(regions="us-east-1")]},
        "assume_roles regions",
    ),
    ("type: stream_maps", {"stream_maps": []}, "stream_maps"),
    ("type: flattening_enabled", {"flattening_enabled": "y"}, "flattening_enabled"),
    (
        "type: flattening_max_depth",
        {"flattening_enabled": True, "flattening_max_depth": "1"},
        "flattening_max_depth",
    ),
    ("missing role_arn", {"assume_roles": [{"external_id": "ab"}]}, "role_arn"),
    # null, and nothing
    *[(f"null: {n}", {n: None}, n) for n in (*TEXTS, *NUMBERS, *LISTS)],
    ("null: external_id", {"assume_roles": [role(external_id=None)]}, "external_id"),
    ("null: in regions", {"regions": [None]}, "regions"),
    *[(f"empty: {name}", {name: ""}, name) for name in TEXTS],
    *[(f"empty: {name}", {name: []}, name) for name in LISTS],
    ("empty: in regions", {"regions": [""]}, "regions"),
    ("empty: in tuning_job_names", {"tuning_job_names": [""]}, "tuning_job_names"),
    ("empty: regions of a role", {"assume_roles": [role(regions=[])]}, "regions"),
    # out of range
    *[(f"zero: {name}", {name: 0}, name) for name in NUMBERS],
    *[(f"negative: {name}", {name: -3}, name) for name in NUMBERS],
    ("range: page_size", {"page_size": 101}, "page_size"),
    ("range: concurrency", {"concurrency": 65}, "concurrency"),
    ("range: max_attempts", {"max_attempts": 101}, "max_attempts"),
    ("range: status_equals", {"status_equals": "Succeeded"}, "status_equals"),
    ("range: case of status_equals", {"status_equals": "completed"}, "status_equals"),
    ("range: sort_by", {"sort_by": "creation_time"}, "sort_by"),
    ("range: sort_order", {"sort_order": "desc"}, "sort_order"),
    # dates
    *[
        (f"date: {text!r}", {"start_date": text}, "start_date")
        for text in (
            "yesterday",
            "31/01/2026",
            "2026-02-30",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T25:00:00Z",
            "2026-01-01T00:00:00+99:00",
            "2026-01-01T00:00:00Zulu",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "1767225600",
            "1767225600.5",
            "1.7672256E9",
            "1_767_225_600",
            "-86400",
            " 1767225600 ",
            "nan",
            "Infinity",
        )
    ],
    # credentials
    ("half a key: id", {"aws_access_key_id": "AKIA"}, "aws_secret_access_key"),
    ("half a key: secret", {"aws_secret_access_key": SECRET}, "aws_access_key_id"),
    ("token alone", {"aws_session_token": SECRET}, "aws_session_token"),
    (
        "token with half a key",
        {"aws_session_token": SECRET, "aws_access_key_id": "AKIA"},
        "aws_session_token aws_secret_access_key",
    ),
    ("profile with a key", {"aws_profile": "dev", **KEY}, "aws_profile"),
    (
        "profile with a token",
        {"aws_profile": "dev", "aws_session_token": SECRET},
        "aws_session_token",
    ),
    # endpoint
    *[
        (f"endpoint: {url!r}", {"aws_endpoint_url": url}, "aws_endpoint_url")
        for url in (
            "localhost:5000",
            "localhost",
            "//localhost:5000",
            "ftp://localhost:5000",
            "http://",
            "http://:5000",
            "http://localhost:port",
            "http://localhost:99999",
            "http://localhost:0",
            "http://[::1:5000",
            "http://local host:5000",
            " http://localhost:5000",
            "http://localhost:5000\n",
            f"http://user:{SECRET}@localhost:5000",
        )
    ],
    # regions
    *[
        (f"region: {text!r}", {"regions": [text]}, "regions")
        for text in (
            "us-east",
            "useast1",
            "US-EAST-1",
            "us_east_1",
            "us-east-1a",
            " us-east-1",
            "us-east-1\n",
            "us-east-1,us-west-2",
            "us-east-１",  # noqa: RUF001 - a digit, but not an ASCII one
            "https://api.sagemaker.us-east-1.amazonaws.com",
        )
    ],
    (
        "region: of a role",
        {"assume_roles": [role(regions=["us-east"])]},
        "assume_roles regions",
    ),
    # roles
    *[
        (f"role: {arn!r}", {"assume_roles": [{"role_arn": arn}]}, "role_arn")
        for arn in (
            "tuning-reader",
            "arn:aws:iam::123456789012:user/tuning-reader",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::12345678901:role/tuning-reader",
            "arn:aws:iam::1234567890123:role/tuning-reader",
            "arn:aws:iam::１２３４５６７８９０１２:role/tuning-reader",  # noqa: RUF001
            "arn:aws:sts::123456789012:assumed-role/tuning-reader/me",
            "arn:aws:iam:us-east-1:123456789012:role/tuning-reader",
            "arn:gcp:iam::123456789012:role/tuning-reader",
            "arn:aws:iam::123456789012:role/tuning reader",
            "arn:aws:iam::123456789012:role/tuning-reader\n",
        )
    ],
    *[
        (
            f"external id: {len(text)} characters, {text[:9]!r}",
            {"assume_roles": [role(external_id=text)]},
            "external_id",
        )
        for text in ("a", "a" * 1225, "with space", "a;b", "ab\n")
    ],
    # names
    *[
        (f"name: {text!r}", {"tuning_job_names": [text]}, "tuning_job_names")
        for text in (
            "under_score",
            "-churn",
            "churn-",
            "two words",
            "a" * 33,
            "a" + "-" * 31 + "b",
            "churn\n",
            "arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/a",
        )
    ],
    *[
        (f"part: {text!r}", {"name_contains": text}, "name_contains")
        for text in ("under_score", "two words", "a" * 64, "churn*", "churn\n")
    ],
    # duplicates
    ("twice: a region", {"regions": ["us-east-1", "us-east-1"]}, "regions"),
    ("twice: a name", {"tuning_job_names": ["a", "b", "a"]}, "tuning_job_names"),
    ("twice: a name's case", {"tuning_job_names": ["Ab", "aB"]}, "tuning_job_names"),
    (
        "twice: a region of a role",
        {"assume_roles": [role(regions=["us-east-1", "us-east-1"])]},
        "regions",
    ),
    ("twice: a role", {"assume_roles": [role(), role()]}, "assume_roles"),
    (
        "twice: an account, through two roles",
        {"assume_roles": [role(), {"role_arn": f"{ROLE}-2"}]},
        "assume_roles 123456789012",
    ),
    (
        "twice: an account and region, one by default",
        {
            "regions": ["us-east-1", "us-west-2"],
            "assume_roles": [
                role(),
                {"role_arn": f"{ROLE}-2", "regions": ["us-west-2", "eu-west-1"]},
            ],
        },
        "assume_roles 123456789012 us-west-2",
    ),
    # contradictions
    (
        "names and a part of a name",
        {"tuning_job_names": ["churn"], "name_contains": "ch"},
        "name_contains tuning_job_names",
    ),
    ("token: no name", {"starting_token": "t"}, "starting_token tuning_job_names"),
    (
        "token: two names",
        {"starting_token": "t", "tuning_job_names": ["a", "b"]},
        "starting_token tuning_job_names",
    ),
    (
        "token: two regions",
        {
            "starting_token": "t",
            "tuning_job_names": ["a"],
            "regions": ["us-east-1", "us-west-2"],
        },
        "starting_token",
    ),
    (
        "token: two roles",
        {
            "starting_token": "t",
            "tuning_job_names": ["a"],
            "assume_roles": [role(), {"role_arn": OTHER_ROLE}],
        },
        "starting_token",
    ),
    (
        "token: a role in two regions",
        {
            "starting_token": "t",
            "tuning_job_names": ["a"],
            "assume_roles": [role(regions=["us-east-1", "us-west-2"])],
        },
        "starting_token",
    ),
    # several at once
    (
        "two at once",
        {"regions": ["nowhere"], "start_date": "soon"},
        "regions start_date",
    ),
    ("two at once, by type", {"page_size": 0, "regions": 5}, "page_size regions"),
]

GOOD: list[tuple[str, dict[str, Any]]] = [
    ("nothing", {}),
    ("a key", KEY),
    ("a temporary key", {**KEY, "aws_session_token": SECRET}),
    ("a profile", {"aws_profile": "dev"}),
    *[
        (f"endpoint: {url}", {"aws_endpoint_url": url})
        for url in (
            "http://localhost:5000",
            "https://emulator.example/sagemaker",
            "http://[::1]:5000",
            "http://127.0.0.1",
        )
    ],
    (
        "regions of any partition",
        {
            "regions": [
                "us-east-1",
                "ap-southeast-2",
                "cn-north-1",
                "us-gov-west-1",
                "us-iso-east-1",
                "us-isob-east-1",
                "eu-isoe-west-1",
                "eusc-de-east-1",
            ]
        },
    ),
    *[
        (f"role: {arn}", {"assume_roles": [{"role_arn": arn}]})
        for arn in (
            ROLE,
            "arn:aws-cn:iam::123456789012:role/tuning-reader",
            "arn:aws-us-gov:iam::123456789012:role/tuning-reader",
            "arn:aws-iso-b:iam::123456789012:role/tuning-reader",
            "arn:aws:iam::123456789012:role/team/ml/tuning+reader=a,b.c@d_e-f",
        )
    ],
    ("shortest external id", {"assume_roles": [role(external_id="ab")]}),
    ("longest external id", {"assume_roles": [role(external_id="a" * 1224)]}),
    ("external id", {"assume_roles": [role(external_id="Az09_+=,.@:/-")]}),
    (
        "two roles of an account, each its own region",
        {
            "assume_roles": [
                role(regions=["us-east-1"]),
                {"role_arn": f"{ROLE}-2", "regions": ["us-west-2"]},
            ]
        },
    ),
    (
        "two accounts in one region",
        {"regions": ["us-east-1"], "assume_roles": [role(), {"role_arn": OTHER_ROLE}]},
    ),
    ("names", {"tuning_job_names": ["a", "Churn-XGB-230204", "a--b", "a" * 32]}),
    *[(f"part: {text}", {"name_contains": text}) for text in ("-", "A1", "a" * 63)],
    *[
        (f"date: {text}", {"start_date": text})
        for text in (
            "2026-01-31",
            "2026-01-31T00:00:00Z",
            "2026-01-31T00:00:00",
            "2026-01-31 00:00:00",
            "2026-01-31T00:00:00.123456Z",
            "2026-01-31T02:00:00+02:00",
            "2024-02-29T00:00:00Z",
            "2099-01-01T00:00:00Z",
        )
    ],
    ("smallest numbers", {"page_size": 1, "concurrency": 1, "max_attempts": 1}),
    ("largest numbers", {"page_size": 100, "concurrency": 64, "max_attempts": 100}),
    *[
        (f"status: {status}", {"status_equals": status})
        for status in ("Completed", "Failed", "Stopped")
    ],
    ("flattening", {"flattening_enabled": True, "flattening_max_depth": 2}),
    ("stream maps", {"stream_maps": {"tuning_jobs": {"region": "region"}}}),
]

SYNC: tuple[str, ...] = ()
TEST = ("--test",)


@dataclass
class Here:
    """The tap's command in this process, against the emulator."""

    tap: TapProcess
    environment: dict[str, str | None]

    def __call__(self, *options: str, **files: dict[str, Any] | None) -> Result:
        """Run it to its end."""
        arguments = self.tap.command(*options, **files)[1:]
        command = TapSageMakerTuning.get_singer_command()
        return CliRunner().invoke(command, arguments, env=self.environment)


@pytest.fixture
def here(tap: TapProcess, monkeypatch: pytest.MonkeyPatch) -> Here:
    """The tap's command in this process, against the emulator."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    emulated = tap.emulator.environment("123456789012", "us-east-1")
    return Here(tap, {**emulated})


@pytest.fixture
def incremental() -> dict[str, Any]:
    """The catalog as it is discovered: both streams incremental."""
    return TapSageMakerTuning(setup_mapper=False, validate_config=False).catalog_dict


@pytest.fixture
def full_table(incremental: dict[str, Any]) -> dict[str, Any]:
    """The catalog with FULL_TABLE of training_job_summaries."""
    catalog: dict[str, Any] = json.loads(json.dumps(incremental))
    for stream in catalog["streams"]:
        stream["replication_method"] = {"training_job_summaries": "FULL_TABLE"}.get(
            stream["tap_stream_id"], "INCREMENTAL"
        )
    return catalog


def assert_refused(code: int, stderr: str, names: str) -> None:
    """Assert that a run ended with one line of words that names these."""
    lines = stderr.rstrip("\n").split("\n")
    assert code != 0
    assert "Traceback" not in stderr
    assert lines[-1].startswith("Error: ")
    assert sum(line.startswith("Error") for line in lines) == 1
    assert [name for name in names.split() if name not in lines[-1]] == []
    assert SECRET not in stderr


class TestDeclarations:
    """What is declared of each setting."""

    def test_all_settings(self) -> None:
        """The settings are those of the design, and no others."""
        declared = SETTINGS.to_dict()
        assert set(declared["properties"]) == {*TEXTS, *NUMBERS, *LISTS}
        assert declared["additionalProperties"] is False
        assert "required" not in declared

    @pytest.mark.parametrize("name", [*TEXTS, *NUMBERS, *LISTS])
    def test_title_and_description(self, name: str) -> None:
        """Each setting has a title and a description of its own, in sentences."""
        declared = SETTINGS.to_dict()["properties"]
        assert declared[name]["title"][0].isupper()
        assert declared[name]["description"].endswith(".")
        others = [declared[other]["title"] for other in declared if other != name]
        assert declared[name]["title"] not in others

    @pytest.mark.parametrize("name", ["role_arn", "external_id", "regions"])
    def test_title_and_description_in_a_role(self, name: str) -> None:
        """What an entry of assume_roles holds is described too, and nothing else is."""
        entry = SETTINGS.to_dict()["properties"]["assume_roles"]["items"]
        assert set(entry["properties"]) == {"role_arn", "external_id", "regions"}
        assert entry["properties"][name]["title"][0].isupper()
        assert entry["properties"][name]["description"].endswith(".")
        assert entry["additionalProperties"] is False

    def test_secrets(self) -> None:
        """The three parts of a key are secret, and nothing else is."""
        declared = SETTINGS.to_dict()["properties"]
        assert {n for n in declared if declared[n].get("secret")} == set(SECRETS)
        assert {n for n in declared if declared[n].get("writeOnly")} == set(SECRETS)

    def test_defaults(self) -> None:
        """Three settings have a default, and a tap without settings takes them."""
        declared = SETTINGS.to_dict()["properties"]
        defaults = {
            name: declared[name]["default"]
            for name in declared
            if "default" in declared[name]
        }
        assert defaults == {"page_size": 100, "concurrency": 4, "max_attempts": 10}
        config = dict(TapSageMakerTuning(config={}).config)
        assert {name: config.get(name) for name in defaults} == defaults

    def test_no_setting_is_nullable(self) -> None:
        """No setting may be null: leaving it out is how to say nothing."""
        declared = schema()["properties"]
        assert [n for n in declared if "null" in declared[n]["type"]] == []


class TestBadConfiguration:
    """What is refused: before the first call, in one line that names it."""

    def test_the_table_is_long_and_its_names_are_unique(self) -> None:
        """No two cases of the table have one name."""
        names = [name for name, _, _ in BAD]
        assert len(names) > 60
        assert len(set(names)) == len(names)

    @pytest.mark.parametrize(
        ("config", "names"),
        [pytest.param(config, names, id=name) for name, config, names in BAD],
    )
    def test_refused(
        self, here: Here, emulator: Emulator, config: dict[str, Any], names: str
    ) -> None:
        """A bad configuration is refused in one line, and nothing was asked."""
        run = here(config=config)
        assert_refused(run.exit_code, run.stderr, names)
        assert run.exit_code == 1
        assert run.stdout == ""
        assert emulator.calls == []

    @pytest.mark.parametrize("options", [SYNC, TEST], ids=["sync", "test"])
    @pytest.mark.parametrize("name", SECRETS)
    @pytest.mark.parametrize(
        "value", [[SECRET], {"x": SECRET}, {SECRET: 1}], ids=["list", "in", "key"]
    )
    def test_secrets_are_not_shown(
        self, here: Here, options: tuple[str, ...], name: str, value: Any
    ) -> None:
        """A secret of the wrong type is refused without its value."""
        run = here(*options, config={**KEY, name: value})
        assert_refused(run.exit_code, run.stderr, name)

    @pytest.mark.parametrize("name", SECRETS)
    def test_numbers_for_secrets_are_not_shown(self, here: Here, name: str) -> None:
        """A number in the place of a secret is refused without showing it."""
        run = here(config={**KEY, name: 987654321})
        assert_refused(run.exit_code, run.stderr, name)
        assert "987654321" not in run.stderr

    def test_a_misspelt_secret_is_not_shown(self, here: Here) -> None:
        """An unknown setting is named without its value: it may be a secret's."""
        run = here(config={"aws_secret_key": SECRET})
        assert_refused(run.exit_code, run.stderr, "aws_secret_key")

    def test_discovery_needs_no_good_settings(
        self, here: Here, incremental: dict[str, Any], emulator: Emulator
    ) -> None:
        """--discover gives the catalog whatever the settings are, without a call."""
        run = here("--discover", config={"regions": ["nowhere"], "unknown": 1})
        assert run.exit_code == 0
        assert json.loads(run.stdout) == json.loads(json.dumps(incremental))
        assert emulator.calls == []


class TestGoodConfiguration:
    """What is accepted."""

    @pytest.mark.parametrize(
        "config", [pytest.param(config, id=name) for name, config in GOOD]
    )
    def test_accepted(self, config: dict[str, Any]) -> None:
        """A good configuration is accepted as it is."""
        given = json.loads(json.dumps(config))
        tap = TapSageMakerTuning(config=config)
        assert {name: tap.config[name] for name in given} == given

    @pytest.mark.parametrize(
        "config",
        [
            {"tuning_job_names": ["a"]},
            {"tuning_job_names": ["a"], "regions": ["us-east-1"]},
            {"tuning_job_names": ["a"], "assume_roles": [role()]},
            {
                "tuning_job_names": ["a"],
                "regions": ["us-east-1", "us-west-2"],
                "assume_roles": [role(regions=["eu-west-1"])],
            },
        ],
        ids=["chain's region", "one region", "one role", "a role's own region"],
    )
    def test_token_with_one_tuning_job(
        self, full_table: dict[str, Any], config: dict[str, Any]
    ) -> None:
        """A starting token goes with one name in one account and region."""
        config = {**config, "starting_token": "a token"}
        tap = TapSageMakerTuning(config=config.copy(), catalog=full_table)
        assert {name: tap.config[name] for name in config} == config


class TestCatalog:
    """Settings that depend on how training_job_summaries replicates."""

    @pytest.mark.parametrize("options", [SYNC, TEST], ids=["sync", "test"])
    @pytest.mark.parametrize("name", PAGINATOR)
    def test_paginator_settings_are_of_full_table(
        self, here: Here, emulator: Emulator, options: tuple[str, ...], name: str
    ) -> None:
        """The paginator's settings are refused in incremental replication."""
        config = {name: PAGINATOR[name], "tuning_job_names": ["a"]}
        run = here(*options, config=config)
        assert_refused(run.exit_code, run.stderr, f"{name} FULL_TABLE")
        assert emulator.calls == []

    def test_all_are_named(self, here: Here, incremental: dict[str, Any]) -> None:
        """Each of them is named, also with a catalog that is incremental."""
        config = {**PAGINATOR, "tuning_job_names": ["a"]}
        run = here(config=config, catalog=incremental)
        assert_refused(run.exit_code, run.stderr, " ".join(PAGINATOR))

    @pytest.mark.parametrize("name", PAGINATOR)
    def test_discovery_does_not_mind(self, here: Here, name: str) -> None:
        """--discover knows no catalog yet: they are not refused there."""
        config = {name: PAGINATOR[name], "tuning_job_names": ["a"]}
        run = here("--discover", config=config)
        assert run.exit_code == 0
        assert len(json.loads(run.stdout)["streams"]) == 2

    @pytest.mark.parametrize("status", ["InProgress", "Stopping", "Deleting"])
    @pytest.mark.parametrize("options", [SYNC, TEST], ids=["sync", "test"])
    def test_status_that_is_not_final(
        self, here: Here, emulator: Emulator, options: tuple[str, ...], status: str
    ) -> None:
        """Incremental replication refuses a status that trials do not stay in."""
        run = here(*options, config={"status_equals": status})
        assert_refused(run.exit_code, run.stderr, f"status_equals {status}")
        assert emulator.calls == []

    @pytest.mark.parametrize(
        "config",
        [
            {**PAGINATOR, "tuning_job_names": ["a"]},
            *[
                {"status_equals": status}
                for status in ("InProgress", "Stopping", "Deleting", "Completed")
            ],
        ],
        ids=lambda config: config.get("status_equals", "paginator"),
    )
    def test_full_table_accepts_them(
        self, full_table: dict[str, Any], config: dict[str, Any]
    ) -> None:
        """FULL_TABLE accepts the paginator's settings and every status."""
        tap = TapSageMakerTuning(config=config.copy(), catalog=full_table)
        assert {name: tap.config[name] for name in config} == config

    def test_method_in_metadata(self, incremental: dict[str, Any]) -> None:
        """FULL_TABLE in the catalog's metadata counts as in the entry itself."""
        catalog = json.loads(json.dumps(incremental))
        for stream in catalog["streams"]:
            stream.pop("replication_method", None)
            root = next(m for m in stream["metadata"] if not m["breadcrumb"])
            root["metadata"]["forced-replication-method"] = "FULL_TABLE"
        tap = TapSageMakerTuning(config={"max_items": 5}, catalog=catalog)
        assert tap.config["max_items"] == 5


Write = Callable[[Path], object]


def content(text: str) -> Write:
    """Writes a file with this content."""
    return lambda path: path.write_text(text, encoding="utf-8")


def nothing(_: Path) -> None:
    """Writes no file."""


# A name for the test, the file, and what the line says of it.
BAD_FILES: list[tuple[str, Write, str]] = [
    ("missing", nothing, "No such file"),
    ("a directory", Path.mkdir, "directory"),
    ("empty", content(""), "empty"),
    ("blank", content(" \n"), "empty"),
    ("cut", content('{"regions": ['), "JSON"),
    ("single quotes", content("{'regions': []}"), "JSON"),
    ("a list", content("[]"), "JSON object"),
    ("null", content("null"), "JSON object"),
    ("text", content('"text"'), "JSON object"),
    ("not UTF-8", lambda path: path.write_bytes(b'{"x": "\xff"}'), ""),
]

BAD_CONTEXTS: tuple[dict[str, Any], ...] = (
    {},
    {"context": None},
    {"context": "x"},
    {"context": {}},
)

BAD_STATES: list[tuple[str, Any]] = [
    ("bookmarks is a list", {"bookmarks": []}),
    ("bookmarks is null", {"bookmarks": None}),
    ("a stream is a list", {"bookmarks": {"tuning_jobs": []}}),
    ("a stream is null", {"bookmarks": {"tuning_jobs": None}}),
    ("another tap's stream is text", {"bookmarks": {"users": "x"}}),
    ("partitions is text", {"bookmarks": {"tuning_jobs": {"partitions": "x"}}}),
    ("partitions is null", {"bookmarks": {"tuning_jobs": {"partitions": None}}}),
    ("a partition is text", {"bookmarks": {"tuning_jobs": {"partitions": ["x"]}}}),
    *[
        (
            f"context of {stream} is {json.dumps(given)}",
            {"bookmarks": {stream: {"partitions": [{"version": 1, **given}]}}},
        )
        for stream in ("tuning_jobs", "training_job_summaries")
        for given in BAD_CONTEXTS
    ],
]

BAD_ENTRIES: list[tuple[str, dict[str, Any]]] = [
    ("a version to come", {"version": 2}),
    ("version is text", {"version": "1"}),
    ("frontier is a number", {"replication_key_value": 1767225600}),
    ("frontier is no time", {"replication_key_value": "yesterday"}),
    ("frontier in another form", {"replication_key_value": "2026-03-02T09:00:00Z"}),
    ("open is a list", {"open": ["churn"]}),
    ("open without creation", {"open": {"churn": {}}}),
    ("rows is text", {"open": {"churn": {"created": "x", "rows": "many"}}}),
    ("settled is a list", {"settled": ["churn"]}),
    ("filters is text", {"filters": "none"}),
]

CONTEXT = {"account_id": "123456789012", "region": "us-east-1"}
STREAM_NAMES = ("tuning_jobs", "training_job_summaries")


class TestFiles:
    """Files that can not be read, or hold something else."""

    @pytest.mark.parametrize("option", ["config", "state", "catalog"])
    @pytest.mark.parametrize(
        ("write", "says"),
        [pytest.param(write, says, id=name) for name, write, says in BAD_FILES],
    )
    def test_refused(
        self, here: Here, emulator: Emulator, option: str, write: Write, says: str
    ) -> None:
        """A file that holds no JSON object is refused, and the line names it."""
        path = here.tap.folder / "given.json"
        write(path)
        run = here(f"--{option}", str(path))
        assert_refused(run.exit_code, run.stderr, f"--{option} {path}")
        assert says in run.stderr
        assert emulator.calls == []

    @pytest.mark.parametrize("option", ["--discover", "--test", "--about"])
    def test_bad_config_file_in_other_modes(self, here: Here, option: str) -> None:
        """A broken configuration file is named in every mode."""
        path = here.tap.folder / "given.json"
        path.write_text("{", encoding="utf-8")
        run = here(option, "--config", str(path))
        assert_refused(run.exit_code, run.stderr, f"--config {path}")

    @pytest.mark.parametrize(
        "state", [pytest.param(state, id=name) for name, state in BAD_STATES]
    )
    def test_no_singer_state(
        self, here: Here, emulator: Emulator, state: dict[str, Any]
    ) -> None:
        """What is not a Singer state is refused, with what to do."""
        run = here(state=state)
        assert_refused(run.exit_code, run.stderr, "state clear")
        assert emulator.calls == []

    @pytest.mark.parametrize("stream", STREAM_NAMES)
    @pytest.mark.parametrize(
        "entry", [pytest.param(entry, id=name) for name, entry in BAD_ENTRIES]
    )
    def test_damaged_state(
        self, here: Here, emulator: Emulator, stream: str, entry: dict[str, Any]
    ) -> None:
        """A damaged state of a scope is refused, and the line names its stream."""
        given = {"context": CONTEXT, "version": 1, **entry}
        run = here(state={"bookmarks": {stream: {"partitions": [given]}}})
        assert_refused(run.exit_code, run.stderr, f"{stream} state clear")
        assert emulator.calls == []

    @pytest.mark.parametrize(
        "state",
        [
            {},
            {"bookmarks": {}},
            {"bookmarks": {"tuning_jobs": {}}},
            {"bookmarks": {"tuning_jobs": {"partitions": []}}},
            {"bookmarks": {"users": {"replication_key_value": "x"}}},
            {"bookmarks": {}, "currently_syncing": None},
        ],
        ids=json.dumps,
    )
    def test_states_that_say_nothing(self, state: dict[str, Any]) -> None:
        """A state that knows nothing of this tap is where everyone starts."""
        tap = TapSageMakerTuning(config={}, state=state)
        assert set(tap.streams) == set(STREAM_NAMES)

    @pytest.mark.parametrize(
        "catalog",
        [
            {},
            {"streams": None},
            {"streams": {"tuning_jobs": {}}},
            {"streams": ["tuning_jobs"]},
            {"streams": [{}]},
            {"streams": [{"tap_stream_id": "tuning_jobs"}]},
            {"streams": [{"tap_stream_id": "tuning_jobs", "schema": 5}]},
        ],
        ids=json.dumps,
    )
    def test_broken_catalog(
        self, here: Here, emulator: Emulator, catalog: dict[str, Any]
    ) -> None:
        """What is not a Singer catalog is refused, and the line says so."""
        run = here(catalog=catalog)
        assert_refused(run.exit_code, run.stderr, "catalog")
        assert emulator.calls == []


def process(
    tap: TapProcess, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the tap as users do, with more in its environment."""
    return subprocess.run(  # noqa: S603 - the command is ours
        tap.command(*options),
        env=tap.environment(**environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tap.folder,
    )


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"TAP_SAGEMAKER_TUNING_{name.upper()}"


# A name for the test, the variables, and what the line has to name.
BAD_ENVIRONMENTS: list[tuple[str, dict[str, str], str]] = [
    ("no number", {"page_size": "ten"}, "page_size"),
    ("no number at all", {"max_attempts": ""}, "max_attempts"),
    ("a fraction", {"concurrency": "2.5"}, "concurrency"),
    ("broken JSON", {"assume_roles": '[{"role_arn": '}, "assume_roles"),
    ("no JSON", {"assume_roles": ROLE}, "assume_roles"),
    ("broken JSON of the SDK's", {"stream_maps": "{"}, "stream_maps"),
    ("an object for a list", {"regions": "{}"}, "regions"),
    ("a blank in a list", {"regions": "us-east-1, eu-west-1"}, "regions"),
    ("an empty list", {"tuning_job_names": "[]"}, "tuning_job_names"),
    ("out of range", {"page_size": "101"}, "page_size"),
    ("half a key", {"aws_secret_access_key": SECRET}, "aws_access_key_id"),
]


class TestEnvironment:
    """Settings from the environment, with --config=ENV."""

    @pytest.mark.parametrize("options", [SYNC, TEST], ids=["sync", "test"])
    @pytest.mark.parametrize(
        ("variables", "names"),
        [
            pytest.param(given, names, id=name)
            for name, given, names in BAD_ENVIRONMENTS
        ],
    )
    def test_refused(
        self,
        here: Here,
        emulator: Emulator,
        options: tuple[str, ...],
        variables: dict[str, str],
        names: str,
    ) -> None:
        """A bad value in the environment is refused as one in a file is."""
        here.environment |= {variable(name): variables[name] for name in variables}
        run = here("--config=ENV", *options)
        assert_refused(run.exit_code, run.stderr, names)
        assert emulator.calls == []

    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("regions", "us-east-1,eu-west-1", ["us-east-1", "eu-west-1"]),
            ("regions", '["us-east-1", "eu-west-1"]', ["us-east-1", "eu-west-1"]),
            ("tuning_job_names", "churn", ["churn"]),
            ("page_size", "25", 25),
            ("assume_roles", f'[{{"role_arn": "{ROLE}"}}]', [{"role_arn": ROLE}]),
            ("start_date", "2026-01-31", "2026-01-31"),
            ("name_contains", "2026", "2026"),
        ],
    )
    def test_accepted(
        self, monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any
    ) -> None:
        """A value of the environment has its setting's type; lists may have commas."""
        monkeypatch.setenv(variable(name), text)
        tap = TapSageMakerTuning(config={}, parse_env_config=True)
        assert tap.config[name] == value

    def test_is_ignored_without_env(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without --config=ENV the environment says nothing."""
        monkeypatch.setenv(variable("page_size"), "ten")
        assert TapSageMakerTuning(config={}).config["page_size"] == 100

    def test_prefix_is_the_sdk_s(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The SDK still reads the environment under the prefix that is relied upon."""
        prefix = TapSageMakerTuning._env_var_prefix  # noqa: SLF001 - as the tap does
        assert prefix == "TAP_SAGEMAKER_TUNING_"
        monkeypatch.setattr(TapSageMakerTuning, "_env_var_prefix", "OTHER_")
        monkeypatch.setenv("OTHER_PAGE_SIZE", "7")
        config = TapSageMakerTuning(config={}, parse_env_config=True).config
        assert config["page_size"] == 7


class TestHook:
    """A private hook of the SDK's that the tap relies on."""

    @pytest.mark.parametrize("raise_errors", [True, False])
    def test_validate_config_is_called(
        self, monkeypatch: pytest.MonkeyPatch, *, raise_errors: bool
    ) -> None:
        """The SDK has `_validate_config` of its own, and calls it for each tap made."""
        asked: list[bool] = []

        def spy(_: Tap, *, raise_errors: bool = True) -> list[str]:
            asked.append(raise_errors)
            return []

        assert hasattr(Tap, "_validate_config")
        monkeypatch.setattr(TapSageMakerTuning, "_validate_config", spy)
        TapSageMakerTuning(config={}, validate_config=raise_errors, setup_mapper=False)
        assert asked == [raise_errors]


class TestProcess:
    """The same as users meet it: exit code, last line, no traceback."""

    @pytest.mark.parametrize(
        ("options", "config", "names"),
        [
            (SYNC, {"region": "us-east-1"}, "region"),
            (TEST, {"aws_secret_access_key": [SECRET]}, "aws_secret_access_key"),
            (TEST, {"sort_by": "Name"}, "sort_by FULL_TABLE"),
            (("--test=schema",), {"page_size": 0}, "page_size"),
        ],
        ids=["unknown", "secret", "catalog", "schema"],
    )
    def test_refused(
        self,
        tap: TapProcess,
        emulator: Emulator,
        options: tuple[str, ...],
        config: dict[str, Any],
        names: str,
    ) -> None:
        """A bad configuration ends the process with one line, and without output."""
        run = tap(*options, config=config)
        assert_refused(run.returncode, run.stderr, names)
        assert (run.returncode, run.messages) == (1, [])
        assert emulator.calls == []

    @pytest.mark.parametrize(
        ("option", "text"),
        [("--state", ""), ("--state", "{"), ("--catalog", "{}"), ("--config", "[]")],
        ids=["empty state", "damaged state", "catalog", "config"],
    )
    def test_bad_file(self, tap: TapProcess, option: str, text: str) -> None:
        """A bad file ends the process with one line."""
        path = tap.folder / "given.json"
        path.write_text(text, encoding="utf-8")
        run = tap(option, str(path))
        assert_refused(run.returncode, run.stderr, option.strip("-"))
        assert run.messages == []

    @pytest.mark.parametrize(
        ("variables", "names"),
        [
            ({"page_size": "ten"}, "page_size"),
            ({"assume_roles": "[{"}, "assume_roles"),
        ],
        ids=["number", "JSON"],
    )
    def test_bad_environment(
        self, tap: TapProcess, variables: dict[str, str], names: str
    ) -> None:
        """A bad variable ends the process with one line."""
        given = {variable(name): variables[name] for name in variables}
        run = process(tap, "--config=ENV", **given)
        assert_refused(run.returncode, run.stderr, names)
        assert run.stdout == ""

    def test_regions_with_commas(self, tap: TapProcess, emulator: Emulator) -> None:
        """Regions separated by commas in the environment are all read."""
        run = process(
            tap, "--config=ENV", **{variable("regions"): "us-west-2,eu-west-1"}
        )
        assert run.returncode == 0
        assert {call.region for call in emulator.calls} == {"us-west-2", "eu-west-1"}
