"""GetMetricData over HTTP: which points come, when, in which order, and what is
refused."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sagemaker_tuning_emulator import Chances, Definition, Fault

from .calling import ACCOUNT, START, after, refused, trial, tuning_job
from .conforming import flaws

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator, Scope

    from .calling import Client, Connect

NAMESPACE = "/aws/sagemaker/TrainingJobs"
SPAN = {"StartTime": START, "EndTime": START + timedelta(days=2)}
OPERATION = "GetMetricData"
LONG = 86_400
DENIED = (
    f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Emulator/caller is not authorized to "
    "perform: cloudwatch:GetMetricData because no identity-based policy allows the "
    "cloudwatch:GetMetricData action"
)
ALL_WELL = Chances(
    failed=0.0, stopped_early=0.0, stopped_without=0.0, never_started=0.0
)


@pytest.fixture
def cloudwatch(connect: Connect) -> Client:
    """A client of CloudWatch."""
    return connect("cloudwatch")


def about(
    name: str, trial_name: str = "t-001", host: str = "", **stat: object
) -> dict[str, Any]:
    """A `MetricStat`, by default for the average per minute."""
    dimension = {"Name": "TrainingJobName", "Value": trial_name}
    if host:
        dimension = {"Name": "Host", "Value": f"{trial_name}/{host}"}
    metric = {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": [dimension]}
    return {"Metric": metric, "Period": 60, "Stat": "Average", **stat}


def queries(*stats: dict[str, Any]) -> list[dict[str, Any]]:
    """Queries with the IDs m0, m1 and so on."""
    return [{"Id": f"m{n}", "MetricStat": stat} for n, stat in enumerate(stats)]


def points(result: dict[str, Any]) -> list[tuple[Any, Any]]:
    """A result's points, in order."""
    return list(zip(result["Timestamps"], result["Values"], strict=True))


def ask(client: Client, *stats: dict[str, Any], **params: object) -> list[Any]:
    """The points from one call, ascending, in the order of the requested metrics."""
    asked = {**SPAN, "ScanBy": "TimestampAscending", **params}
    answer = client.get_metric_data(MetricDataQueries=queries(*stats), **asked)
    by_id = {one["Id"]: points(one) for one in answer["MetricDataResults"]}
    return [by_id[f"m{n}"] for n in range(len(stats))]


def long_trial(scope: Scope, minutes: int = 20, **fields: object) -> None:
    """Add `t-001`, which trains for some minutes, and wait for all its points."""
    ended = after(10 + 60 * minutes)
    fields = {"ended": ended, "objective_settled": ended, **fields}
    scope.add(tuning_job(trial(**fields), ended=ended))  # type: ignore[arg-type]
    scope.clock.move(seconds=60 * minutes + 300)


class TestTruth:
    """What is read late enough is complete and exact."""

    def test_every_series_of_every_trial(
        self, emulator: Emulator, scope: Scope, cloudwatch: Client
    ) -> None:
        """All series of a plan's ended trials are exact, at both periods."""
        scope.plan("churn", trials=12, parallel=4, metric_definitions=("a", "A"))
        emulator.clock.move(seconds=LONG)
        truth = emulator.metrics()[f"{ACCOUNT}/us-east-1"]["churn"]
        assert len(truth) == 12
        for period in (60, 300):
            for name, series in truth.items():
                wanted = [one["Averages"][period] for one in series]
                stats = [
                    about(one["MetricName"], name, one["Host"], Period=period)
                    for one in series
                ]
                assert ask(cloudwatch, *stats) == wanted

    def test_any_name(self, scope: Scope, cloudwatch: Client) -> None:
        """Names can have spaces, colons and any letters, and can differ only in
        case."""
        names = ("Test Loss", "test loss", "eval:f1 @ größter", "損失")
        long_trial(scope)
        job = tuning_job(
            trial("odd"),
            name="odd",
            definitions=(Definition(metric_definitions=names),),
        )
        scope.add(job)
        curves = ask(cloudwatch, *(about(name, "odd") for name in names))
        assert [len(curve) > 0 for curve in curves] == [True] * 4
        assert len({str(curve) for curve in curves}) == 4

    def test_own_curves(self, scope: Scope, cloudwatch: Client) -> None:
        """A test can set each value, even NaN and gaps; points are float32."""
        curve = (0.1, None, math.nan, 0.25, math.inf)
        long_trial(scope, curves={"validation:auc": curve})
        (found,) = ask(cloudwatch, about("validation:auc"))
        assert found == [
            (START, 0.10000000149011612),
            (after(120), "NaN"),
            (after(180), 0.25),
            (after(240), "Infinity"),
        ]

    @pytest.mark.parametrize(
        ("statistic", "expected"),
        [
            ("Average", [2.25, 8.0]),
            ("Sum", [9.0, 8.0]),
            ("Minimum", [0.5, 8.0]),
            ("Maximum", [4.5, 8.0]),
            ("SampleCount", [4.0, 1.0]),
        ],
    )
    def test_statistics(
        self, scope: Scope, cloudwatch: Client, statistic: str, expected: list[float]
    ) -> None:
        """Samples are aggregated in periods that begin at multiples of their length."""
        long_trial(scope, curves={"validation:auc": (0.5, 1.5, None, 2.5, 4.5, 8.0)})
        stat = about("validation:auc", Period=300, Stat=statistic)
        (found,) = ask(cloudwatch, stat)
        assert found == list(zip((START, after(300)), expected, strict=True))

    def test_a_deleted_trial_leaves_its_points(
        self, scope: Scope, cloudwatch: Client
    ) -> None:
        """CloudWatch keeps its points, even if the trial is deleted."""
        long_trial(scope)
        before = ask(cloudwatch, about("validation:auc"))
        scope.delete_trial("tune", "t-001")
        assert ask(cloudwatch, about("validation:auc")) == before != [[]]

    @pytest.mark.parametrize(
        "stat",
        [
            about("unknown"),
            about("Validation:AUC"),
            about("validation:auc", "T-001"),
            about("validation:auc", host="algo-1"),
            about("CPUUtilization"),
            about("CPUUtilization", host="algo-2"),
            about("CPUUtilization", host="algo-x"),
            about("GPUUtilization", host="algo-1"),
            about("validation:auc", Metric={"Namespace": "AWS/EC2", "MetricName": "m"}),
            about("m", Metric={"Namespace": NAMESPACE, "MetricName": "validation:auc"}),
        ],
    )
    def test_no_such_metric(
        self, scope: Scope, cloudwatch: Client, stat: dict[str, Any]
    ) -> None:
        """A metric that was never sent is Complete and empty."""
        long_trial(scope)
        answer = cloudwatch.get_metric_data(MetricDataQueries=queries(stat), **SPAN)
        (result,) = answer["MetricDataResults"]
        assert result["StatusCode"] == "Complete"
        assert points(result) == []

    def test_account_and_region(
        self, emulator: Emulator, scope: Scope, connect: Connect
    ) -> None:
        """A trial's metrics exist only in its account and region."""
        long_trial(scope)
        other = emulator.credentials("222222222222")
        here = ask(connect("cloudwatch"), about("validation:auc"))
        abroad = ask(connect("cloudwatch", region="eu-west-1"), about("validation:auc"))
        elsewhere = ask(connect("cloudwatch", keys=other), about("validation:auc"))
        assert len(here[0]) > 0
        assert (abroad, elsewhere) == ([[]], [[]])


class TestTime:
    """When points arrive, how long they are kept, and which time span includes them."""

    def test_points_come_late(
        self, emulator: Emulator, scope: Scope, cloudwatch: Client
    ) -> None:
        """Right after a trial's end, points are missing; four minutes later, none
        are."""
        scope.plan(
            "churn", trials=8, parallel=1, trial_seconds=(900, 901), chances=ALL_WELL
        )
        missing = 0
        for one in scope.job("churn").trials:
            assert one.ended is not None
            stats = [about("train:loss", one.name), about("validation:auc", one.name)]
            emulator.clock.move(one.ended - emulator.clock.now)
            early = ask(cloudwatch, *stats)
            emulator.clock.move(seconds=240)
            late = ask(cloudwatch, *stats)
            truth = scope.metrics()["churn"][one.name]
            by_name = {each["MetricName"]: each["Averages"][60] for each in truth}
            assert late == [by_name["train:loss"], by_name["validation:auc"]]
            missing += sum(map(len, late)) - sum(map(len, early))
        assert missing >= 16

    def test_lateness(
        self, emulator: Emulator, scope: Scope, cloudwatch: Client
    ) -> None:
        """The last point arrives exactly when the trial's lateness has passed."""
        scope.add(tuning_job(trial(metrics_late_seconds=90)))
        emulator.clock.move(seconds=189)
        (early,) = ask(cloudwatch, about("validation:auc"))
        emulator.clock.move(seconds=1)
        (late,) = ask(cloudwatch, about("validation:auc"))
        emulator.clock.move(seconds=LONG)
        (last,) = ask(cloudwatch, about("validation:auc"))
        assert len(early) < len(late)
        assert late == last

    @pytest.mark.parametrize(
        ("period", "days"), [(60, 15), (120, 15), (300, 63), (900, 63), (3600, 455)]
    )
    def test_ages(
        self,
        emulator: Emulator,
        scope: Scope,
        cloudwatch: Client,
        period: int,
        days: int,
    ) -> None:
        """Points of a period disappear one by one when they reach its maximum age."""
        long_trial(scope, 130, curves={"validation:auc": (0.5,) * 130})
        stat = about("validation:auc", Period=period)
        (whole,) = ask(cloudwatch, stat)
        emulator.clock.move(START + timedelta(days=days) - emulator.clock.now)
        (older,) = ask(cloudwatch, stat)
        emulator.clock.move(seconds=period)
        (still_older,) = ask(cloudwatch, stat)
        emulator.clock.move(seconds=7800)
        (gone,) = ask(cloudwatch, stat)
        assert (older, still_older, gone) == (whole[1:], whole[2:], [])

    def test_span(self, scope: Scope, cloudwatch: Client) -> None:
        """The span includes its start but not its end."""
        long_trial(scope, curves={"validation:auc": (0.5,) * 20})
        (found,) = ask(
            cloudwatch,
            about("validation:auc"),
            StartTime=after(120),
            EndTime=after(240),
        )
        assert [at for at, _ in found] == [after(120), after(180)]

    @pytest.mark.parametrize(
        ("days", "period", "first"), [(0, 60, 420), (15, 300, 300), (63, 3600, 0)]
    )
    def test_a_start_is_rounded_down(
        self,
        scope: Scope,
        cloudwatch: Client,
        days: int,
        period: int,
        first: int,
    ) -> None:
        """The start is rounded down to the minute, and if it is older, to five minutes
        or the hour."""
        long_trial(scope, curves={"validation:auc": (0.5,) * 20})
        scope.clock.move(timedelta(days=days))
        (found,) = ask(
            cloudwatch, about("validation:auc", Period=period), StartTime=after(437)
        )
        assert found[0][0] == after(first)


class TestPages:
    """Orders and pages."""

    def test_own_order(self, scope: Scope, cloudwatch: Client) -> None:
        """Results come in another order than the queries, and labels do not identify
        them."""
        long_trial(scope)
        for count in (2, 3, 20):
            stats = [about("validation:auc", f"t-{n:03d}") for n in range(count)]
            asked = queries(*stats)
            answer = cloudwatch.get_metric_data(MetricDataQueries=asked, **SPAN)
            results = answer["MetricDataResults"]
            ids = [one["Id"] for one in results]
            assert ids != [one["Id"] for one in asked]
            assert sorted(ids) == sorted(one["Id"] for one in asked)
            assert {one["Label"] for one in results} == {"validation:auc Average"}

    def test_scan_by(self, scope: Scope, cloudwatch: Client) -> None:
        """By default, the newest points come first."""
        long_trial(scope)
        (usual,) = ask(
            cloudwatch, about("validation:auc"), ScanBy="TimestampDescending"
        )
        (rising,) = ask(cloudwatch, about("validation:auc"))
        asked = queries(about("validation:auc"))
        answer = cloudwatch.get_metric_data(MetricDataQueries=asked, **SPAN)
        assert usual == points(answer["MetricDataResults"][0]) == rising[::-1]
        assert rising == sorted(rising)

    @pytest.mark.parametrize("size", [1, 3, 7, 50, 1000])
    @pytest.mark.parametrize("faults", [[], [Fault("empty_pages", OPERATION)]])
    def test_paginator(
        self,
        emulator: Emulator,
        scope: Scope,
        cloudwatch: Client,
        size: int,
        faults: list[Fault],
    ) -> None:
        """Pages add up; a metric that continues is PartialData until its last page."""
        long_trial(scope)
        stats = [
            *(about(name) for name in ("validation:auc", "unknown", "train:loss")),
            about("CPUUtilization", host="algo-1"),
            about("nothing"),
        ]
        whole = ask(cloudwatch, *stats)
        for fault in faults:
            emulator.faults.add(fault)
        pages = list(
            cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=queries(*stats),
                **SPAN,
                ScanBy="TimestampAscending",
                PaginationConfig={"PageSize": size},
            )
        )
        found: dict[str, list[Any]] = {}
        statuses: dict[str, list[str]] = {}
        for page in pages:
            assert sum(len(one["Values"]) for one in page["MetricDataResults"]) <= size
            for one in page["MetricDataResults"]:
                found.setdefault(one["Id"], []).extend(points(one))
                statuses.setdefault(one["Id"], []).append(one["StatusCode"])
        assert [found[f"m{n}"] for n in range(5)] == whole
        for told in statuses.values():
            assert told == ["PartialData"] * (len(told) - 1) + ["Complete"]

    def test_most_points_of_an_answer(
        self, emulator: Emulator, scope: Scope, cloudwatch: Client
    ) -> None:
        """A response has at most 100,800 points, and its token is valid only for its
        request."""
        minutes = 1440
        ended = after(60 * minutes)
        names = [f"t-{n:03d}" for n in range(71)]
        curves = {"validation:auc": (0.5,) * minutes}
        fields: dict[str, Any] = {
            "started": START,
            "ended": ended,
            "objective_settled": ended,
            "curves": curves,
        }
        trials = [trial(name, **fields) for name in names]
        scope.add(tuning_job(*trials, ended=ended))
        emulator.clock.move(seconds=LONG + 300)
        asked = queries(*(about("validation:auc", name) for name in names))
        first = cloudwatch.get_metric_data(MetricDataQueries=asked, **SPAN)
        token = first["NextToken"]
        last = cloudwatch.get_metric_data(
            MetricDataQueries=asked, **SPAN, NextToken=token
        )
        sizes = [
            sum(len(one["Values"]) for one in page["MetricDataResults"])
            for page in (first, last)
        ]
        assert sizes == [100_800, 71 * minutes - 100_800]
        assert "NextToken" not in last
        code, _, _ = refused(
            cloudwatch.get_metric_data,
            MetricDataQueries=asked[1:],
            **SPAN,
            NextToken=token,
        )
        assert code == "InvalidNextToken"

    def test_conforming(self, scope: Scope, cloudwatch: Client) -> None:
        """A response has the members of the service model, and the requested labels."""
        long_trial(scope)
        (query,) = queries(about("validation:auc"))
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[
                {**query, "Label": "mine"},
                {**query, "Id": "hidden", "ReturnData": False},
            ],
            **SPAN,
        )
        del answer["ResponseMetadata"]
        assert flaws(OPERATION, answer, "cloudwatch") == []
        assert [one["Label"] for one in answer["MetricDataResults"]] == ["mine"]


class TestRefusals:
    """Invalid requests and faults."""

    @pytest.mark.parametrize(
        ("asked", "params", "told"),
        [
            (
                queries(*[about("m")] * 501),
                {},
                "MetricDataQueries must not have a size greater than 500.",
            ),
            ([], {}, "MetricDataQueries"),
            (queries(about("m")) * 2, {}, "not unique"),
            ([{"Id": "M", "MetricStat": about("m")}], {}, "^[a-z]"),
            ([{"Id": "a-b", "MetricStat": about("m")}], {}, "^[a-z]"),
            ([{"Id": "a", "Expression": "1+1", "Period": 60}], {}, "expression"),
            (queries(about("m", Period=90)), {}, "multiple of 60"),
            (queries(about("m", Stat="p99")), {}, "p99"),
            (queries(about("m" * 256)), {}, "less than or equal to 255"),
            (queries(about("m")), {"MaxDatapoints": 100_801}, "MaxDatapoints"),
            (queries(about("m")), {"MaxDatapoints": 0}, "MaxDatapoints"),
            (
                queries(about("m")),
                {"EndTime": START},
                "less than the parameter EndTime",
            ),
        ],
    )
    def test_rules(
        self,
        cloudwatch: Client,
        asked: list[dict[str, Any]],
        params: dict[str, Any],
        told: str,
    ) -> None:
        """A request that breaks a rule is a ValidationError that names the rule."""
        code, message, status = refused(
            cloudwatch.get_metric_data, MetricDataQueries=asked, **{**SPAN, **params}
        )
        assert (code, status) == ("ValidationError", 400)
        assert told in message

    def test_five_hundred(self, emulator: Emulator, cloudwatch: Client) -> None:
        """A call can request 500 metrics, and each of them counts."""
        ask(cloudwatch, *(about("m", f"t-{n}") for n in range(500)))
        ask(cloudwatch, about("m"))
        assert [call.metrics for call in emulator.calls] == [500, 1]

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            (
                Fault("throttle", OPERATION, rate=0.0, burst=0.0),
                ("Throttling", "Rate exceeded", 400),
            ),
            (
                Fault("deny", OPERATION),
                (
                    "AccessDenied",
                    DENIED,
                    400,
                ),
            ),
            (Fault("error", OPERATION), ("InternalFailure", "", 500)),
            (
                Fault("expired", OPERATION),
                (
                    "ExpiredToken",
                    "The security token included in the request is expired",
                    400,
                ),
            ),
        ],
    )
    def test_faults(
        self, cloudwatch: Client, emulator: Emulator, fault: Fault, expected: object
    ) -> None:
        """Each fault has the code that clients know from the older protocol."""
        emulator.faults.add(fault)
        call = cloudwatch.get_metric_data
        asked = queries(about("m"))
        assert refused(call, MetricDataQueries=asked, **SPAN) == expected
        emulator.faults.clear()
        call(MetricDataQueries=asked, **SPAN)

    def test_faults_of_others(
        self, emulator: Emulator, cloudwatch: Client, client: Client
    ) -> None:
        """SageMaker's faults do not affect CloudWatch, and the reverse."""
        emulator.faults.add(Fault("error"))
        ask(cloudwatch, about("m"))
        emulator.faults.clear()
        emulator.faults.add(Fault("internal_error"))
        emulator.faults.add(Fault("deny", OPERATION))
        client.list_hyper_parameter_tuning_jobs()

    def test_internal_error_of_one_metric(
        self, emulator: Emulator, scope: Scope, cloudwatch: Client
    ) -> None:
        """One metric can fail this many times, with half of its points, without
        affecting others."""
        long_trial(scope)
        stats = [about("validation:auc"), about("CPUUtilization", host="algo-1")]
        whole = ask(cloudwatch, *stats)
        fault = Fault(
            "internal_error", metric="validation:auc", training_job="t-001", times=2
        )
        emulator.faults.add(fault)
        for _ in range(2):
            answer = cloudwatch.get_metric_data(
                MetricDataQueries=queries(*stats), **SPAN
            )
            results = {one["Id"]: one for one in answer["MetricDataResults"]}
            assert results["m0"]["StatusCode"] == "InternalError"
            assert results["m0"]["Messages"][0]["Code"] == "InternalError"
            assert points(results["m0"]) == whole[0][::-1][: len(whole[0]) // 2]
            assert results["m1"]["StatusCode"] == "Complete"
            assert points(results["m1"]) == whole[1][::-1]
            assert "NextToken" not in answer
        assert emulator.faults.struck(fault) == 2
        assert ask(cloudwatch, *stats) == whole

    def test_forbidden_metric(
        self, emulator: Emulator, scope: Scope, cloudwatch: Client
    ) -> None:
        """One metric can be Forbidden in a response that has the others."""
        long_trial(scope)
        emulator.faults.add(Fault("forbidden", metric="train:loss"))
        asked = queries(about("validation:auc"), about("train:loss"))
        answer = cloudwatch.get_metric_data(MetricDataQueries=asked, **SPAN)
        found = {one["Id"]: one["StatusCode"] for one in answer["MetricDataResults"]}
        assert found == {"m0": "Complete", "m1": "Forbidden"}

    def test_a_metric_is_left_out(
        self, emulator: Emulator, scope: Scope, cloudwatch: Client
    ) -> None:
        """A response can lack the result of one metric, and have a message."""
        long_trial(scope)
        emulator.faults.add(Fault("left_out", metric="train:loss"))
        asked = queries(about("validation:auc"), about("train:loss"))
        answer = cloudwatch.get_metric_data(MetricDataQueries=asked, **SPAN)
        assert [one["Id"] for one in answer["MetricDataResults"]] == ["m0"]
        assert answer["Messages"][0]["Code"] == "MaxMetricsExceeded"

    def test_a_refused_metric(
        self, emulator: Emulator, scope: Scope, cloudwatch: Client
    ) -> None:
        """One metric can have the whole call refused."""
        long_trial(scope)
        emulator.faults.add(Fault("refused", metric="train:loss"))
        asked = queries(about("validation:auc"), about("train:loss"))
        with pytest.raises(ClientError, match="ValidationError"):
            cloudwatch.get_metric_data(MetricDataQueries=asked, **SPAN)
        cloudwatch.get_metric_data(MetricDataQueries=asked[:1], **SPAN)

    def test_partial_data_without_end(
        self, emulator: Emulator, scope: Scope, cloudwatch: Client
    ) -> None:
        """One metric can stay partial forever, with a new token each time."""
        long_trial(scope)
        emulator.faults.add(Fault("partial_data", metric="train:loss"))
        asked = queries(about("validation:auc"), about("train:loss"))
        tokens: list[str] = []
        pages = []
        for _ in range(5):
            more = {"NextToken": tokens[-1]} if tokens else {}
            page = cloudwatch.get_metric_data(MetricDataQueries=asked, **SPAN, **more)
            tokens.append(page["NextToken"])
            pages.append(page["MetricDataResults"])
        assert len(set(tokens)) == 5
        first, *later = pages
        statuses = {one["Id"]: one["StatusCode"] for one in first}
        assert statuses == {"m0": "Complete", "m1": "PartialData"}
        for page in later:
            (only,) = page
            assert (only["Id"], only["StatusCode"]) == ("m1", "PartialData")
            assert points(only) == []
