"""Two accounts with everything that a model could get wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import Chances, Definition, Price, Trial, TuningJob

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sagemaker_tuning_emulator import Emulator, Scope

OURS, THEIRS = "111111111111", "222222222222"
REGIONS = {OURS: ("us-east-1", "eu-west-1"), THEIRS: ("us-east-1",)}
CONFIG: dict[str, Any] = {
    "assume_roles": [
        {"role_arn": f"arn:aws:iam::{account}:role/reader", "regions": list(regions)}
        for account, regions in REGIONS.items()
    ]
}
"""The tap's settings: both accounts, with one role in each."""

REUSED = "reused-name"
"""The tuning job that is deleted between the syncs, and whose name is reused."""

GONE = "gone-7"
"""The tuning job that is deleted between the syncs while it runs."""

NO_STOPPING = {"TrainingJobEarlyStoppingType": "Off"}

UNKNOWN_TYPE = "ml.p9.xlarge"
"""An instance type that the price list does not have."""

OBJECTIVES = (
    {"Type": "Maximize", "MetricName": "validation:f1"},
    {"Type": "Minimize", "MetricName": "validation:loss"},
)
ODD_VALUES = {
    "quoted": '"128"',
    "quotes-inside": '"a \\"quoted\\" one"',
    "one-quote": '"',
    "empty": "",
    "läring-räte": "日本語 🚀",
    "a.b:c d": "1e-5",
    "select": "+.5",
    "point": "5.",
    "null": "null",
    "true": "true",
    "huge": "1e999",
    "tiny": "1e-999",
    "hopeless": "1e99999999",
    "long": "1" + "0" * 400,
    "NaN": "NaN",
    "infinite": "Infinity",
    "hexadecimal": "0x10",
    "underscored": "1_000",
    "spaced": " 1",
    "lines": "1\n2",
    "negative": "-0.25",
}
FAILURES = {
    "said": (
        "AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n"
        "ErrorMessage \"NameError: name 'get_dmatrix' is not defined\"\n"
        'Command "/opt/conda/bin/python3.9 train.py --eta {eta}"'
    ),
    "first line": (
        "ClientError: Unable to read input data. (caused by MXNetError)\n\n"
        "Caused by: [18:29:59] channel.cpp:40: (Input Error) {eta}"
    ),
    "traceback": (
        "AlgorithmError: Framework Error: \nTraceback (most recent call last):\n"
        '  File "train.py", line 88, in train\n    fit({eta})\n'
        "ImportError: cannot import name 'x'\nand more"
    ),
    "one line": (
        "CapacityError: Unable to provision requested ML compute capacity. Please "
        "retry using a different ML instance type or after some time."
    ),
    "silent": 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage ""',
    "windows": (
        "AlgorithmError: ExecuteUserScriptError:\r\nExitCode 1\r\n"
        'ErrorMessage "ValueError: Größe „42“ ist ungültig, \\N, 日本語 🚀"\r\nx'
    ),
    "headings only": "AlgorithmError:\nTraceback (most recent call last):\n",
    "cut in the message": "AlgorithmError:\nErrorMessage \"KeyError: '" + "k" * 1100,
}


@dataclass(frozen=True, kw_only=True)
class Made:
    """The fields that matter of a hand-made trial.

    Attributes:
        value: The value of its metric, or None.
        start: Seconds from the tuning job's creation to the trial's creation and start.
        seconds: How many seconds it trains, or None if it never starts.
        status: Its final status.
        parameters: Its hyperparameters.
        definition: Its definition's name.
        more: Further fields of `Trial`.
    """

    value: float | str | None = None
    start: float = 0.0
    seconds: float | None = 600.0
    status: str = "Completed"
    parameters: Mapping[str, str] | None = None
    definition: str | None = None
    more: Mapping[str, Any] | None = None


def begin(emulator: Emulator) -> None:
    """Everything that exists before the first sync."""
    emulator.clock.move(timedelta(milliseconds=700))  # trials' times are cut to seconds
    emulator.prices.append(
        Price(
            region="us-east-1",
            instance_type="ml.m5.xlarge",
            per_unit="1.9000000000",
            currency="CNY",
            unit="Hrs",
        )
    )
    ours = emulator.scope(OURS, "us-east-1")
    theirs = emulator.scope(THEIRS, "us-east-1")
    european = emulator.scope(OURS, "eu-west-1")
    unlucky = Chances(failed=0.15, stopped_early=0.25, non_finite=0.1)
    ours.plan("churn-xgb", trials=16, parallel=4, chances=unlucky)
    theirs.plan("churn-xgb", trials=12, parallel=3, metric_type="Minimize")
    european.plan(
        "Churn-XGB",
        trials=12,
        parallel=2,
        trial_seconds=(600, 900),
        instance_type="ml.c5.xlarge",
    )
    ours.plan(
        "churn-forest",  # of the same family, on other instances
        trials=7,
        parallel=3,
        chances=unlucky,
        instance_type="ml.c5.xlarge",
    )
    ours.plan("Price-Linear", trials=15, parallel=2, metric_type="Minimize")
    ours.plan("one-trial", trials=1, chances=Chances(failed=0, stopped_early=0))
    ours.plan("all-nan", trials=4, chances=Chances(failed=0, non_finite=1))
    ours.plan("all-failed", trials=5, chances=Chances(failed=1))
    ours.plan("no-trial", trials=0)
    ours.plan(
        "spot-on-two",
        trials=8,
        parallel=4,
        instance_count=2,
        spot=True,
        lower_cased_arns=True,
    )
    ours.plan(
        "two-definitions",
        trials=12,
        parallel=4,
        definitions=(
            Definition(definition_name="trees", objective=OBJECTIVES[0]),
            Definition(
                definition_name="nets",
                objective=OBJECTIVES[1],
                instance_type="ml.g4dn.xlarge",
                instance_count=3,
                spot=True,
            ),
        ),
    )
    ours.plan("stopped-by-hand", trials=30, parallel=3, tags={"team": "growth"})
    ours.plan("never-early", trials=14, parallel=5, chances=unlucky, config=NO_STOPPING)
    ours.plan(
        "hyperband",
        trials=14,
        parallel=5,
        chances=unlucky,
        strategy="Hyperband",
        config=NO_STOPPING,
        tags={"team": "search"},
    )
    ours.plan(GONE, trials=40, parallel=4)
    ours.plan("loses-two-trials", trials=6, parallel=6)
    ours.plan(
        REUSED,
        trials=8,
        parallel=8,
        trial_seconds=(600, 5000),
        chances=Chances(failed=0.4),
    )
    for made in (_ties, _no_metric, _failures, _odd_values, _edges, _groups, _alike):
        ours.add(made(ours))
    for job in (*_of_two(ours), *_heirs(ours)):
        ours.add(job)
    emulator.clock.move(timedelta(minutes=1))
    job = ours.job("loses-two-trials")
    ours.delete_trial(job.name, job.trials[0].name)  # never loaded


def go_on(emulator: Emulator) -> None:
    """Let things happen between the syncs."""
    ours = emulator.scope(OURS, "us-east-1")
    theirs = emulator.scope(THEIRS, "us-east-1")
    emulator.clock.move(timedelta(minutes=30))
    ours.delete(REUSED)
    ours.delete(GONE)
    _raise_the_price(emulator)
    ours.stop("stopped-by-hand")
    job = ours.job("loses-two-trials")
    ours.delete_trial(job.name, job.trials[2].name)
    for scope in (ours, theirs):  # one parent is maximized, the other minimized
        scope.plan(
            "warm",
            trials=6,
            parallel=6,
            parents=("churn-xgb",),
            metric_type=scope.job("churn-xgb").metric_type,
        )
    ours.plan(
        "warm-from-many",
        trials=6,
        parallel=6,
        parents=(
            "CHURN-XGB",
            "Price-Linear",  # another direction
            "groups",  # another metric
            "two-definitions",  # several of both
            REUSED,  # gone, and its name has been reused since
            "never-loaded",
        ),
        warm_start_type="TransferLearning",
    )
    emulator.clock.move(timedelta(minutes=70))
    ours.plan(REUSED, trials=5, parallel=5, metric_type="Minimize")
    ours.plan("still-runs", trials=20, parallel=2)
    emulator.clock.move(timedelta(minutes=40))
    ours.plan("just-created", trials=4, parallel=4, start_seconds=(200, 300))
    for has_ended in (True, False):
        ours.add(_settling(ours, has_ended=has_ended))
    emulator.clock.move(timedelta(seconds=30))


def _raise_the_price(emulator: Emulator) -> None:
    """Raise the price of an instance type in one region from now on."""
    kind = ("eu-west-1", "ml.c5.xlarge", "Training")
    found = [
        number
        for number, price in enumerate(emulator.prices)
        if (price.region, price.instance_type, price.component) == kind
    ]
    now = f"{emulator.clock.now:%Y-%m-%dT%H:%M:%SZ}"
    for number in found:
        emulator.prices[number] = replace(
            emulator.prices[number], per_unit="0.5", effective=now
        )


def _made(scope: Scope, name: str, trials: list[Made], **more: Any) -> TuningJob:
    born = scope.clock.now
    made = [_trial(name, number, born, each) for number, each in enumerate(trials)]
    ends = [trial.ended for trial in made if trial.ended is not None]
    return TuningJob(
        name=name,
        created=born,
        trials=tuple(made),
        parallel=len(made),
        ended=max(ends) + timedelta(seconds=30),
        **more,
    )


def _trial(name: str, number: int, born: datetime, made: Made) -> Trial:
    created = born + timedelta(seconds=made.start)
    started = created if made.seconds is None else created + timedelta(seconds=30)
    failed = made.value is None
    return Trial(
        name=f"{name}-{number:03d}",
        created=created,
        started=None if made.seconds is None else started,
        ended=started + timedelta(seconds=made.seconds or 60),
        status=made.status,
        objective_status="Failed" if failed else "Succeeded",
        value=made.value,
        hyperparameters=made.parameters or {},
        definition_name=made.definition,
        **(made.more or {}),
    )


def _settling(scope: Scope, *, has_ended: bool) -> TuningJob:
    """Ended trials: with an objective, with a pending one, and without a status for
    it."""
    born = scope.clock.now - timedelta(minutes=20)
    end = born + timedelta(minutes=20, seconds=10)
    later = end + timedelta(hours=1)
    name = "ended-settling" if has_ended else "settling"
    fields: list[dict[str, Any]] = [
        {"objective_settled": end, "value": 0.5},
        {"objective_settled": later, "value": 0.9},
        {"objective_status": None},
    ]
    trials = tuple(
        Trial(name=f"{name}-{number}", created=born, started=born, ended=end, **more)
        for number, more in enumerate(fields)
    )
    return TuningJob(
        name=name, created=born, trials=trials, ended=end if has_ended else later
    )


def _ties(scope: Scope) -> TuningJob:
    """Two equal best values, ties with the second, and equal parameters.

    The names are not in order of creation.
    """
    values = [0.5, 0.9, 0.9, 0.7, 0.7, 0.7, 0.1, 0.9]
    trials = [
        Made(
            value=value,
            start=7 - number,
            seconds=593 + number,
            status="Stopped" if number == 3 else "Completed",
            parameters={"depth": str(number // 2), "same": "1"},
        )
        for number, value in enumerate(values)
    ]
    return _made(scope, "ties", trials)


def _no_metric(scope: Scope) -> TuningJob:
    """Completed, stopped and never started trials, none of them with a metric."""
    parameters = {"depth": "3"}
    trials = [
        Made(parameters=parameters),
        Made(status="Stopped", parameters=parameters),
        Made(status="Stopped", seconds=None, parameters=parameters),
    ]
    return _made(scope, "no-metric", trials)


def _failures(scope: Scope) -> TuningJob:
    """Every kind of failure reason twice, with differences that do not matter."""
    reasons = [
        reason.replace("{eta}", eta)
        for reason in FAILURES.values()
        for eta in ("0.1", "0.2")
    ]
    trials = [
        Made(
            status="Failed",
            seconds=None if number == 3 else 100.0 + number,
            start=number,
            more={} if reason is None else {"failure_reason": reason},
        )
        for number, reason in enumerate([*reasons, None])
    ]
    return _made(scope, "failures", trials)


def _odd_values(scope: Scope) -> TuningJob:
    """Hyperparameters of every kind, and metrics at both limits of a float."""
    metrics: list[float | str]
    metrics = [0.0, -1e-9, 1e-38, 3.4e38, 0.1, 1, "NaN", "-Infinity"]
    mixed = ["1", "2", "three", "4", "5", "6", "7", "8"]
    trials = [
        Made(
            value=metric,
            start=60 * number,
            parameters={**ODD_VALUES, "mixed": mixed[number], "rising": f'"{number}"'},
        )
        for number, metric in enumerate(metrics)
    ]
    return _made(scope, "odd-values", trials, metric_type="Minimize")


def _range(name: str, low: str, high: str, scale: str | None) -> dict[str, str]:
    given = {"Name": name, "MinValue": low, "MaxValue": high}
    return given if scale is None else {**given, "ScalingType": scale}


def _edges(scope: Scope) -> TuningJob:
    """Most of the best values near both edges, on each scale, and ranges without a
    scale."""
    ranges = {
        "ContinuousParameterRanges": [
            _range("log-low", "0.0001", "1.0", "Logarithmic"),
            _range("log-inside", "0.0001", "1.0", "Logarithmic"),
            _range("log-from-zero", "0", "1.0", "Logarithmic"),
            _range("log-at-zero", "0.0001", "1.0", "Logarithmic"),
            _range("log-to-zero", "-1.0", "0", "Logarithmic"),
            _range("log-alike", "1e15", "1000000000000001", "Logarithmic"),
            _range("reverse-high", "0.5", "0.9999", "ReverseLogarithmic"),
            _range("reverse-inside", "0.5", "0.9999", "ReverseLogarithmic"),
            _range("reverse-low", "0.5", "0.9999", "ReverseLogarithmic"),
            _range("reverse-to-one", "0.5", "1", "ReverseLogarithmic"),
            _range("reverse-at-one", "0.5", "0.9999", "ReverseLogarithmic"),
            _range("reverse-from-one", "1", "1.5", "ReverseLogarithmic"),
            _range("linear-high", "-1.0", "1.0", "Linear"),
            _range("unscaled", "0", "1e3", None),
            _range("point", "2", "2", "Linear"),
            _range("widest-low", "-1.7e308", "1.7e308", "Linear"),
            _range("widest-high", "-1.7e308", "1.7e308", "Linear"),
            _range("widest-inside", "-1.7e308", "1.7e308", "Linear"),
            _range("tiny-in-huge", "0", "1.7e308", "Linear"),
            _range("far-below", "-1e-9", "1e-9", "Linear"),
            _range("far-above", "-1e-9", "1e-9", "Linear"),
            _range("not-tried", "0", "1", "Auto"),
        ],
        "IntegerParameterRanges": [
            _range("just-low", "0", "20", "Auto"),
            _range("just-high", "0", "20", "Linear"),
            _range("just-inside", "0", "19", "Linear"),
            _range("just-below", "0", "200", "Linear"),
        ],
    }
    best = {
        "log-low": "0.00015",
        "log-inside": "0.01",
        "log-from-zero": "0.5",
        "log-at-zero": "0",
        "log-to-zero": "-0.5",
        "log-alike": "1000000000000001",
        "reverse-high": "0.99985",
        "reverse-inside": "0.97",
        "reverse-low": "0.6",
        "reverse-to-one": "0.99",
        "reverse-at-one": "1",
        "reverse-from-one": "1.2",
        "linear-high": '"0.95"',
        "unscaled": "20",
        "point": "2",
        "widest-low": "-1.7e308",
        "widest-high": "1.7e308",
        "widest-inside": "-1e308",
        "tiny-in-huge": "1e-307",
        "far-below": "-1.7e308",
        "far-above": "1.7e308",
        "just-low": "1",
        "just-high": "19",
        "just-inside": "1",
        "just-below": "189",
    }
    # Two of the best three are here, and nine trials did worse.
    other = dict.fromkeys(best, "0.7")
    good = [
        Made(value=0.9, start=60, parameters=best),
        Made(value=0.9, start=61, parameters=other),
        Made(value=0.9, start=62, parameters=best),
    ]
    worse = dict.fromkeys(best, "0.6")
    bad = [Made(value=n / 100, start=n, parameters=worse) for n in range(9)]
    trials = [*good, *bad]
    return _made(scope, "edges", trials, definitions=(Definition(ranges=ranges),))


def _groups(scope: Scope) -> TuningJob:
    """Clusters of two instance types, of one type twice, and of one without a price."""
    groups: dict[str, dict[str, Any]] = {
        "mixed": {"instance_groups": {"ml.m5.xlarge": 2, "ml.c5.xlarge": 3}},
        "alike": {"instance_groups": {"ml.m5.xlarge": 4}},
        "unpriced": {"instance_type": UNKNOWN_TYPE},
        "half-priced": {"instance_groups": {"ml.m5.xlarge": 1, UNKNOWN_TYPE: 1}},
    }
    definitions = tuple(
        Definition(definition_name=name, objective=OBJECTIVES[0], **options)
        for name, options in groups.items()
    )
    trials = [
        Made(
            value=0.9 - number / 10,
            start=number,
            definition=name,
            more={"metric_name": OBJECTIVES[0]["MetricName"]},
        )
        for number, name in enumerate([*groups, "mixed"])
    ]
    return _made(scope, "groups", trials, definitions=definitions)


def _alike(scope: Scope) -> TuningJob:
    """All stopped early, none completed, with the same objective for all parameters."""
    trials = [
        Made(value=0.5, status="Stopped", parameters={"depth": str(number)})
        for number in range(4)
    ]
    return _made(scope, "alike", trials)


def _of_two(scope: Scope) -> list[TuningJob]:
    """Tuning jobs with two definitions: with one objective, two metrics, or two
    directions."""
    most, least = OBJECTIVES
    other = {**most, "MetricName": "validation:recall"}
    opposite = {**least, "MetricName": most["MetricName"]}
    values = [0.4, 0.5, 0.3, 0.2, 0.6, 0.45, 0.9, 0.1]
    return [
        _made(
            scope,
            name,
            [
                Made(
                    value=value,
                    start=60 * number,
                    definition="ab"[number % 2],
                    parameters={"x": str(number**2 % 11)},
                    more={"metric_name": objectives[number % 2]["MetricName"]},
                )
                for number, value in enumerate(values)
            ],
            definitions=tuple(
                Definition(definition_name=letter, objective=objective)
                for letter, objective in zip("ab", objectives, strict=True)
            ),
        )
        for name, objectives in (
            ("one-objective", (least, least)),
            ("two-metrics", (most, other)),
            ("two-directions", (most, opposite)),
        )
    ]


def _heirs(scope: Scope) -> list[TuningJob]:
    """Warm-started from tuning jobs created at the same instant, none of them
    better."""
    most, least = OBJECTIVES
    twos = ("one-objective", "two-metrics", "two-directions")
    return [
        _made(
            scope,
            name,
            [Made(value=value, more={"metric_name": objective["MetricName"]})],
            metric_name=objective["MetricName"],
            metric_type=objective["Type"],
            parents=parents,
        )
        for name, value, objective, parents in (
            ("heir-of-least", 0.1, least, twos),
            ("heir-of-most", 0.9, most, ("groups", *twos)),
            ("heir-without-metric", None, most, ("groups",)),
        )
    ]
