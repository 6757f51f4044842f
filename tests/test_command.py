"""The command line reports a user's mistakes in one line, before any call.

Most runs are in this process; the last ones use a process, as users do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.exceptions import SettingsError
from tap_sagemaker_tuning.streams import STREAMS
from tap_sagemaker_tuning.streams.visiting import VisitingStream
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.configurations import ROLE, SECRET
from tests.expected import KEYS

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import TapHere, TapProcess

CONTEXT = {"account_id": "123456789012", "region": "us-east-1"}
NAMES = [str(vars(stream)["name"]) for stream in STREAMS]
PREFIX = "TAP_SAGEMAKER_TUNING_"
VISITING = [str(vars(s)["name"]) for s in STREAMS if issubclass(s, VisitingStream)]

BAD: list[tuple[dict[str, Any], str]] = [
    ({"region": "us-east-1"}, "region"),
    ({"batch_config": {}}, "batch_config"),
    ({"page_size": 1.5}, "page_size: 1.5"),
    ({"page_size": 1e30}, "page_size: 1e+30"),
    ({"start_date": None}, "start_date"),
    ({"regions": []}, "regions"),
    ({"aws_secret_access_key": [SECRET]}, "aws_secret_access_key"),
    ({"aws_endpoint_url": f"http://u:{SECRET}@localhost"}, "aws_endpoint_url"),
    ({"assume_roles": [{"external_id": SECRET}]}, "role_arn"),
    ({"tuning_job_names": ["a"], "name_contains": "a"}, "conflicts with"),
    ({"sort_by": "Name"}, "FULL_TABLE"),
    ({"status_equals": "InProgress"}, "InProgress"),
    ({"page_size": 0, "start_date": 5}, "; "),
]
IDS = [json.dumps(config) for config, _ in BAD]


class TestSettings:
    """A dozen of the invalid settings in test_checks.py."""

    @pytest.mark.parametrize("options", [(), ("--test",)], ids=["sync", "test"])
    @pytest.mark.parametrize(("config", "words"), BAD, ids=IDS)
    def test_refused(
        self,
        here: TapHere,
        options: tuple[str, ...],
        config: dict[str, Any],
        words: str,
    ) -> None:
        """An invalid configuration is refused in one line, without any call."""
        run = here(*options, config=config)
        run.assert_refused(words)
        assert SECRET not in run.stderr
        assert run.stdout == ""
        assert here.emulator.calls == []

    @pytest.mark.parametrize("options", [(), ("--test",)], ids=["sync", "test"])
    @pytest.mark.parametrize(
        ("name", "text", "words"),
        [
            ("page_size", "ten", "page_size: 'ten' is not a whole number"),
            ("max_attempts", "", "max_attempts"),
            ("concurrency", "2.5", "concurrency: 2.5 is not a whole number"),
            ("assume_roles", '[{"role_arn": ', "assume_roles"),
            ("assume_roles", "[" * 100_000, "assume_roles"),
            ("stream_maps", '{"x": ' * 100_000, "stream_maps"),
            ("assume_roles", ROLE, "assume_roles"),
            ("stream_maps", "{", "stream_maps"),
            ("regions", "{}", "regions"),
            ("regions", "us-east-1, eu-west-1", "regions"),
            ("tuning_job_names", "[]", "tuning_job_names"),
            ("aws_secret_access_key", SECRET, "aws_access_key_id"),
        ],
    )
    def test_refused_in_the_environment(
        self,
        here: TapHere,
        options: tuple[str, ...],
        name: str,
        text: str,
        words: str,
    ) -> None:
        """An invalid value in the environment is refused like one in a file."""
        here.variables[f"TAP_SAGEMAKER_TUNING_{name.upper()}"] = text
        run = here("--config=ENV", *options)
        run.assert_refused(words)
        assert SECRET not in run.stderr
        assert here.emulator.calls == []

    @pytest.mark.parametrize("options", [(), ("--test",)], ids=["sync", "test"])
    def test_a_misspelt_variable(self, here: TapHere, options: tuple[str, ...]) -> None:
        """A misspelled variable is refused like a misspelled setting in a file."""
        here.variables |= {f"{PREFIX}REGION": SECRET, f"{PREFIX}AWS_SECRET_KEY": SECRET}
        run = here("--config=ENV", *options)
        assert run.error == (
            f"Error: {PREFIX}AWS_SECRET_KEY: no such setting. Did you mean "
            f"{PREFIX}AWS_SECRET_ACCESS_KEY?; "
            f"{PREFIX}REGION: no such setting. Did you mean {PREFIX}REGIONS?"
        )
        assert run.returncode == 1
        assert SECRET not in run.stderr
        assert here.emulator.calls == []
        assert here("--config=ENV", "--discover").returncode == 0
        assert here(*options).returncode == 0  # these read no variables

    def test_variables_of_others(self, here: TapHere) -> None:
        """Variables of Meltano and the SDK are ignored; one that resembles no setting
        causes a warning with its name and without its value."""
        here.variables |= {
            f"{PREFIX}_LOAD_SCHEMA": "raw",
            f"{PREFIX}_SELECT": "[]",
            f"{PREFIX}LOGLEVEL": "INFO",
            f"{PREFIX}CONFIG": SECRET,
        }
        run = here("--config=ENV")
        assert run.returncode == 0
        warned = [line for line in run.stderr.splitlines() if "no such setting" in line]
        (line,) = warned
        assert line.startswith("WARNING | tap-sagemaker-tuning | ")
        assert line.endswith(
            f"{PREFIX}CONFIG: no such setting: the variable is ignored"
        )
        assert SECRET not in run.stderr

    def test_an_odd_name(self, here: TapHere) -> None:
        """Control characters in a setting's name do not reach the terminal."""
        run = here(config={"\x1b[31mred\n": 1})
        assert run.error == "Error: \ufffd[31mred : no such setting"
        assert run.returncode == 1

    def test_regions_with_commas(self, here: TapHere) -> None:
        """All of several regions separated by commas in the environment are read."""
        here.variables["TAP_SAGEMAKER_TUNING_REGIONS"] = "us-west-2,eu-west-1"
        assert here("--config=ENV").returncode == 0
        regions = {call.region for call in here.emulator.calls}
        assert regions == {"us-west-2", "eu-west-1"}

    @pytest.mark.parametrize(("text", "number"), [("2.0", 2), ("2e1", 20)])
    def test_a_whole_number_from_every_side(
        self, here: TapHere, text: str, number: int
    ) -> None:
        """2.0 is the whole number 2 in a file, in the environment and in Python."""
        here.emulator.scope().plan("churn", created="2026-03-01T09:00:00Z")
        for option in number_given(here, text):
            assert here("--config", option).returncode == 0
        sizes = {call.params.get("MaxResults") for call in here.emulator.calls}
        assert sizes == {number}
        tap = TapSageMakerTuning(config={"page_size": json.loads(text)})
        assert tap.config["page_size"] == number

    @pytest.mark.parametrize("text", ["2.5", "1e400"])
    def test_no_whole_number_from_every_side(self, here: TapHere, text: str) -> None:
        """A number other than a whole one is refused in a file, in the environment and
        in Python."""
        for option in number_given(here, text):
            here("--config", option).assert_refused("page_size: ")
        assert here.emulator.calls == []
        with pytest.raises(SettingsError, match="page_size"):
            TapSageMakerTuning(config={"page_size": json.loads(text)})

    def test_whole_numbers_of_a_state(self, here: TapHere) -> None:
        """Whole numbers in a state may be written as floats, if a program on the way
        does that."""
        here.emulator.scope().plan("churn", trials=30, created="2026-03-02T08:50:00Z")
        first = here(config={})
        state = json.loads(json.dumps(first.state), parse_int=float)
        assert '"version": 1.0' in json.dumps(state)
        run = here(config={}, state=state)
        assert run.returncode == 0
        assert run.state == first.state

    def test_discovery_needs_no_good_settings(self, here: TapHere) -> None:
        """--discover returns the catalog with any settings, without a call."""
        run = here("--discover", config={"regions": ["nowhere"], "unknown": 1})
        assert run.returncode == 0
        assert {*NAMES} == {
            s["tap_stream_id"] for s in json.loads(run.stdout)["streams"]
        }
        assert run.stdout == here("--discover").stdout
        assert here.emulator.calls == []

    def test_method_in_metadata(self, here: TapHere) -> None:
        """FULL_TABLE in the catalog's metadata has the same effect as in the entry
        itself."""
        catalog = here.catalog()
        for stream in catalog["streams"]:
            stream.pop("replication_method", None)
            (root,) = [each for each in stream["metadata"] if not each["breadcrumb"]]
            root["metadata"]["forced-replication-method"] = "FULL_TABLE"
        here.emulator.scope().plan("churn", trials=8, parallel=8)
        here.emulator.clock.move(seconds=86_400)
        run = here(config={"max_items": 5}, catalog=catalog)
        assert run.returncode == 0
        assert len(run.records("training_job_summaries")) == 5


def number_given(here: TapHere, text: str) -> list[str]:
    """Set a page size in a file and in the environment, and return both values of
    --config."""
    path = here.folder / "config.json"
    path.write_text(f'{{"page_size": {text}}}', encoding="utf-8")
    here.variables["TAP_SAGEMAKER_TUNING_PAGE_SIZE"] = text
    return [str(path), "ENV"]


Write = Callable[[Path], object]


def content(text: str) -> Write:
    """Writes a file with this content."""
    return lambda path: path.write_text(text, encoding="utf-8")


def nested(levels: int) -> str:
    """JSON with nested objects and lists."""
    return '{"x": [' * (levels // 2) + "{}" * (levels % 2) + "]}" * (levels // 2)


def nothing(_: Path) -> None:
    """Writes no file."""


# The test's name, the file, and the words about it in the error line.
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
    ("deep", content('{"x": ' * 100_000), "nested more than 100 levels deep"),
    ("closed, and deep", content(nested(101)), "nested more than 100 levels deep"),
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
]

# Damage to a scope's state in a stream that visits tuning jobs.
BAD_ENTRIES: list[tuple[str, dict[str, Any]]] = [
    ("a version to come", {"version": 2}),
    ("version is text", {"version": "1"}),
    ("high-water mark is a number", {"replication_key_value": 1767225600}),
    ("high-water mark is no time", {"replication_key_value": "yesterday"}),
    (
        "high-water mark in another form",
        {"replication_key_value": "2026-03-02T09:00:00Z"},
    ),
    ("open is a list", {"open": ["churn"]}),
    ("open without creation", {"open": {"churn": {}}}),
    ("rows is text", {"open": {"churn": {"created": "x", "rows": "many"}}}),
    ("settled is a list", {"settled": ["churn"]}),
    ("filters is text", {"filters": "none"}),
]

# The same for the stream `scopes`.
BAD_SCOPES: list[tuple[str, dict[str, Any]]] = [
    ("a version to come", {"version": 2}),
    ("complete_as_of is a number", {"complete_as_of": 1767225600}),
    ("complete_as_of is no time", {"complete_as_of": "yesterday"}),
    ("complete_streams is a list", {"complete_streams": ["tuning_jobs"]}),
    ("complete_streams holds a number", {"complete_streams": {"tuning_jobs": 5}}),
    ("filters is text", {"filters": "none"}),
]


class TestFiles:
    """Files that cannot be read, or hold something else."""

    @pytest.mark.parametrize("option", ["config", "state", "catalog"])
    @pytest.mark.parametrize(
        ("write", "says"),
        [pytest.param(write, says, id=name) for name, write, says in BAD_FILES],
    )
    def test_refused(
        self, here: TapHere, emulator: Emulator, option: str, write: Write, says: str
    ) -> None:
        """A file without a JSON object is refused, and the line names the file."""
        path = here.folder / "given.json"
        write(path)
        run = here(f"--{option}", str(path))
        run.assert_refused(f"--{option}", str(path))
        assert says in run.stderr
        assert emulator.calls == []

    def test_an_empty_state_says_what_to_do(self, here: TapHere) -> None:
        """If a failed target left an empty state, the line says which one to pass."""
        path = here.folder / "state.json"
        path.write_text("", encoding="utf-8")
        assert here("--state", str(path)).error == (
            f"Error: --state: {path} is empty. Pass the last state that the target "
            "printed, or leave out --state to read everything again"
        )

    @pytest.mark.parametrize("option", ["config", "state", "catalog"])
    def test_a_hundred_levels(self, here: TapHere, option: str) -> None:
        """A file nested a hundred levels deep is parsed, and refused for its
        contents."""
        path = here.folder / "given.json"
        path.write_text(nested(100), encoding="utf-8")
        run = here(f"--{option}", str(path))
        assert run.returncode == 1
        assert "Traceback" not in run.stderr
        assert "nested" not in run.error

    @pytest.mark.parametrize("option", ["--discover", "--test", "--about"])
    def test_bad_config_file_in_other_modes(self, here: TapHere, option: str) -> None:
        """A broken configuration file is named in every mode."""
        path = here.folder / "given.json"
        path.write_text("{", encoding="utf-8")
        run = here(option, "--config", str(path))
        run.assert_refused("--config", f"{path}")

    @pytest.mark.parametrize(
        "state", [pytest.param(state, id=name) for name, state in BAD_STATES]
    )
    def test_no_singer_state(
        self, here: TapHere, emulator: Emulator, state: dict[str, Any]
    ) -> None:
        """Anything but a Singer state is refused with what to do."""
        run = here(state=state)
        run.assert_refused("state clear")
        assert emulator.calls == []

    @pytest.mark.parametrize("stream", NAMES)
    @pytest.mark.parametrize("given", BAD_CONTEXTS, ids=json.dumps)
    def test_state_of_nowhere(
        self, here: TapHere, emulator: Emulator, stream: str, given: dict[str, Any]
    ) -> None:
        """A state without account and region is refused, for any stream."""
        entry = {"version": 1, **given}
        run = here(state={"bookmarks": {stream: {"partitions": [entry]}}})
        run.assert_refused(f"state: {stream}: ", "state clear")
        assert emulator.calls == []

    @pytest.mark.parametrize(
        ("stream", "entry"),
        [
            pytest.param(stream, entry, id=f"{stream}: {name}")
            for streams, entries in ((VISITING, BAD_ENTRIES), (["scopes"], BAD_SCOPES))
            for stream in streams
            for name, entry in entries
        ],
    )
    def test_damaged_state(
        self, here: TapHere, emulator: Emulator, stream: str, entry: dict[str, Any]
    ) -> None:
        """A damaged state of a scope is refused, and the line names the stream."""
        given = {"context": CONTEXT, "version": 1, **entry}
        run = here(state={"bookmarks": {stream: {"partitions": [given]}}})
        run.assert_refused(f"state: {stream}, 123456789012, us-east-1: ", "state clear")
        assert emulator.calls == []

    def test_every_stream_has_its_damage(self) -> None:
        """Only the prices have no state that could be damaged."""
        assert {*VISITING, "scopes", "training_instance_prices"} == set(NAMES)

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
        """A state without anything about this tap is valid, as for a first sync."""
        tap = TapSageMakerTuning(config={}, state=state)
        assert set(tap.streams) == set(NAMES)

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
        self, here: TapHere, emulator: Emulator, catalog: dict[str, Any]
    ) -> None:
        """Anything but a Singer catalog is refused with a line that says so."""
        run = here(catalog=catalog)
        run.assert_refused("catalog")
        assert emulator.calls == []


class TestSelection:
    """A catalog with unknown streams, or with none selected."""

    @pytest.mark.parametrize("options", [(), ("--test",)], ids=["sync", "test"])
    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            (["trials"], "trials: no such stream"),
            (
                ["tuning_job"],
                "tuning_job: no such stream. Did you mean tuning_jobs?",
            ),
            (
                ["scope", "tuning_job"],
                "scope, tuning_job: no such stream. Did you mean scopes, tuning_jobs?",
            ),
        ],
    )
    def test_unknown_streams(
        self, here: TapHere, options: tuple[str, ...], given: list[str], problem: str
    ) -> None:
        """An unknown stream is refused with a suggestion."""
        catalog = here.catalog()
        for stream, name in zip(catalog["streams"], given, strict=False):
            stream["tap_stream_id"] = stream["stream"] = name
        run = here(*options, config={}, catalog=catalog)
        run.assert_refused(f"Error: catalog: {problem}")
        assert run.error == f"Error: catalog: {problem}"
        assert run.stdout == ""
        assert here.emulator.calls == []

    @pytest.mark.parametrize("options", [(), ("--test",)], ids=["sync", "test"])
    def test_nothing_is_selected(self, here: TapHere, options: tuple[str, ...]) -> None:
        """A catalog that selects no stream is refused; otherwise the run would succeed
        without reading anything."""
        run = here(*options, config={}, catalog=here.catalog("none"))
        assert run.error == (
            f"Error: catalog: selects no stream: select some of {', '.join(KEYS)}"
        )
        assert run.returncode == 1
        assert run.stdout == ""
        assert here.emulator.calls == []

    def test_anothers_state(self, here: TapHere) -> None:
        """Bookmarks of unknown streams cause a warning and are kept, and all rows are
        read."""
        here.emulator.scope().plan("churn", trials=3, created="2026-03-01T09:00:00Z")
        foreign = {name: {"replication_key_value": "x"} for name in ("users", "orders")}
        state = {"bookmarks": foreign}
        run = here(config={}, state=state)
        assert run.returncode == 0
        warned = [line for line in run.stderr.splitlines() if "WARNING" in line]
        assert warned == [
            f"WARNING | tap-sagemaker-tuning | state: {name}: unknown stream. Its "
            "bookmark is kept but not used. Is this the state of another tap?"
            for name in ("orders", "users")
        ]
        assert run.records("tuning_jobs") == here(config={}).records("tuning_jobs")
        assert len(run.records("training_job_summaries")) == 3
        assert foreign.items() <= run.state["bookmarks"].items()


class TestProcess:
    """The same for users of the process: exit code and last line, without a
    traceback."""

    def test_help(self, tap: TapProcess) -> None:
        """The help says that --test syncs no records."""
        text = " ".join(tap("--help").stdout.split())
        assert "Check credentials, accounts, regions and permissions" in text
        assert "single record" not in text

    def test_a_wrong_command_line(self, tap: TapProcess) -> None:
        """An unknown option ends with the exit code 2, as documented."""
        assert tap("--stat", "x").returncode == 2

    def test_bad_setting(self, tap: TapProcess) -> None:
        """An invalid configuration ends the process with one line and no output."""
        run = tap("--test", config={"aws_secret_access_key": [SECRET]})
        run.assert_refused("aws_secret_access_key")
        assert SECRET not in run.stderr
        assert run.stdout == ""
        assert tap.emulator.calls == []

    def test_bad_file_and_environment(self, tap: TapProcess) -> None:
        """An invalid file or variable does, too."""
        tap.variables["TAP_SAGEMAKER_TUNING_ASSUME_ROLES"] = "[{"
        run = tap("--config=ENV")
        run.assert_refused("assume_roles")
        assert run.stdout == ""
        path = tap.folder / "given.json"
        path.write_text("{", encoding="utf-8")
        run = tap("--state", str(path))
        run.assert_refused("--state")
        assert run.stdout == ""
