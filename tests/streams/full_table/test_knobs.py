"""Each FULL_TABLE option does what it does in boto3's paginator."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_emulator import Fault
from tests.streams.full_table.beside_boto3 import (
    JSON,
    LIST_TRIALS,
    TRIALS,
    Reader,
    asked,
    before,
    names,
    saved,
    tuning_job,
)

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator, Scope

STATUSES = ("InProgress", "Completed", "Failed", "Stopping", "Stopped", "Deleting")


class TestKnobs:
    """Each option does what it does in boto3's paginator."""

    @pytest.mark.parametrize("order", ["Ascending", "Descending"])
    @pytest.mark.parametrize(
        ("sort_by", "count"),
        [
            ("Name", 24),
            ("CreationTime", 24),
            ("Status", 24),
            ("FinalObjectiveMetricValue", 16),
        ],
    )
    def test_order(
        self, reader: Reader, scope: Scope, sort_by: str, count: int, order: str
    ) -> None:
        """Each order matches boto3's; the order by objective leaves out trials without
        one."""
        run = reader.sync(sort_by=sort_by, sort_order=order)
        expected, _ = reader.boto3(SortBy=sort_by, SortOrder=order)
        assert names(run) == expected
        assert len(set(expected)) == len(expected) == count
        assert len(scope.job("churn").trials) == 24

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(
        ("config", "sent"),
        [
            ({}, ("CreationTime", "Ascending")),
            ({"sort_by": "Name"}, ("Name", "Ascending")),
            ({"sort_order": "Descending"}, ("CreationTime", "Descending")),
        ],
        ids=["neither", "sort_by", "sort_order"],
    )
    def test_default_order(
        self, reader: Reader, emulator: Emulator, config: JSON, sent: tuple[str, str]
    ) -> None:
        """The order is always sent, because the service's default is not the documented
        one."""
        run = reader.sync(**config)
        orders = {(call["SortBy"], call["SortOrder"]) for call in asked(emulator)}
        assert orders == {sent}
        sort_by, sort_order = sent
        assert names(run) == reader.boto3(SortBy=sort_by, SortOrder=sort_order)[0]

    @pytest.mark.parametrize(
        ("status", "filter_after_cut"), [*zip(STATUSES, cycle([True, False]))]
    )
    def test_status(
        self, reader: Reader, scope: Scope, status: str, *, filter_after_cut: bool
    ) -> None:
        """Each status is sent, and gives boto3's result, with or without empty
        pages."""
        scope.filter_after_cut = filter_after_cut
        run = reader.sync(status_equals=status)
        sent = [call.get("StatusEquals") for call in asked(reader.tap.emulator)]
        assert set(sent) == {status}
        assert names(run) == reader.boto3(StatusEquals=status)[0]
        statuses = {record["training_job_status"] for record in run.records(TRIALS)}
        assert statuses == {status}

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(("size", "calls"), [(1, 24), (10, 3), (24, 1)])
    def test_page_size(
        self, reader: Reader, emulator: Emulator, size: int, calls: int
    ) -> None:
        """The page size is sent in each call, and changes nothing else."""
        run = reader.sync(page_size=size)
        assert [call["MaxResults"] for call in asked(emulator)] == [size] * calls
        assert names(run) == reader.boto3()[0]

    @pytest.mark.parametrize("most", [7, 10, 25])
    def test_max_items_is_of_each_tuning_job(
        self, reader: Reader, scope: Scope, most: int
    ) -> None:
        """The cap applies to each tuning job separately, as in the paginator."""
        scope.add(tuning_job("later", created=before(3900)))
        run = reader.sync(max_items=most)
        expected, _ = reader.boto3(max_items=most)
        more, _ = reader.boto3(max_items=most, tuning_job="later")
        assert names(run) == expected + more
        assert len(expected) == len(more) == min(most, 24)

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("most", [7, 10])
    def test_starting_token(self, reader: Reader, most: int) -> None:
        """A token from boto3 leads to the rest, even in the middle of a page."""
        first, token = reader.boto3(max_items=most)
        run = reader.sync(tuning_job_names=["churn"], starting_token=token)
        rest, _ = reader.boto3(starting_token=token)
        assert names(run) == rest
        assert first + rest == reader.boto3()[0]

    @pytest.mark.usefixtures("scope")
    def test_all_at_once(self, reader: Reader) -> None:
        """All options together give boto3's result."""
        request = {"SortBy": "Name", "SortOrder": "Descending"}
        request["StatusEquals"] = "Completed"
        _, token = reader.boto3(max_items=2, **request)
        run = reader.sync(
            tuning_job_names=["churn"],
            sort_by="Name",
            sort_order="Descending",
            status_equals="Completed",
            max_items=5,
            starting_token=token,
        )
        expected, _ = reader.boto3(max_items=5, starting_token=token, **request)
        assert names(run) == expected
        assert len(expected) == 5

    def test_empty_pages(self, reader: Reader, scope: Scope) -> None:
        """Empty pages with a token do not end the read."""
        scope.empty_last_page = True
        reader.tap.emulator.faults.add(Fault("empty_pages", operation=LIST_TRIALS))
        assert names(reader.sync()) == reader.boto3()[0]


class TestBesideIncremental:
    """FULL_TABLE beside incremental state, with the filters that both methods have."""

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("most", [{}, {"max_items": 10}], ids=["all", "partial"])
    def test_state_is_left_untouched(self, reader: Reader, most: JSON) -> None:
        """FULL_TABLE reads everything and leaves the incremental state unchanged."""
        config: JSON = {"tuning_job_names": ["churn"]}
        first = reader.incremental(**config)
        assert len(names(first)) == 24
        kept = saved(first)
        assert kept["replication_key_value"] == "2026-03-02T07:53:20.000Z"
        full = reader.sync(state=first.state, **config, **most)
        assert names(full) == reader.boto3(**most)[0]
        entry = saved(full)
        entry.pop("resume", None)
        assert entry == kept
        both = first.state["bookmarks"]["tuning_jobs"]
        assert full.state["bookmarks"]["tuning_jobs"] == both

    @pytest.mark.usefixtures("scope")
    def test_incremental_goes_on(self, reader: Reader) -> None:
        """Incremental replication is unaffected by a partial FULL_TABLE read before it.

        The token stays in the state for the next FULL_TABLE read.
        """
        config: JSON = {"tuning_job_names": ["churn"]}
        first = reader.incremental(**config)
        expected = reader.incremental(state=first.state, **config)
        full = reader.sync(state=first.state, max_items=10, **config)
        then = reader.incremental(state=full.state, **config)
        assert names(then) == names(expected)
        assert {name: saved(then)[name] for name in saved(expected)} == saved(expected)

    @pytest.mark.usefixtures("scope")
    def test_full_table_first(self, reader: Reader) -> None:
        """Incremental replication after FULL_TABLE still reads everything."""
        config: JSON = {"tuning_job_names": ["churn"]}
        full = reader.sync(max_items=10, **config)
        run = reader.incremental(state=full.state, **config)
        assert sorted(names(run)) == sorted(reader.boto3()[0])

    @pytest.mark.parametrize(
        "start_date",
        ["2026-03-02T08:00:03Z", "2026-03-02T08:00:03.900Z", "2026-03-02 10:00:03+02"],
    )
    def test_start_date(self, reader: Reader, scope: Scope, start_date: str) -> None:
        """Trials created before the second of start_date are left out, and so are
        tuning jobs that ended before it."""
        scope.add(tuning_job("over", created=before(9000), ended=before(5000)))
        run = reader.sync(start_date=start_date)
        assert names(run) == reader.boto3()[0][9:]
        first = run.records(TRIALS)[0]
        assert first["creation_time"] == "2026-03-02T08:00:03.000Z"
        assert {
            call["HyperParameterTuningJobName"] for call in asked(reader.tap.emulator)
        } == {"churn"}

    def test_name_contains(self, reader: Reader, scope: Scope) -> None:
        """FULL_TABLE reads only the tuning jobs that match the settings."""
        scope.add(tuning_job("other"))
        run = reader.sync(name_contains="URN")
        assert names(run) == reader.boto3()[0]

    @pytest.mark.usefixtures("scope")
    def test_everything_each_time(self, reader: Reader) -> None:
        """Each FULL_TABLE read includes settled tuning jobs."""
        reader.tap.emulator.clock.move(seconds=30 * 86400)
        first = reader.sync()
        second = reader.sync(state=first.state)
        assert names(first) == names(second) == reader.boto3()[0]
