"""What deserves a look first: at most five sentences, each with its number.

Nothing is said without the trials that it covers, or about a hyperparameter whose
importance chance explains. A sentence is a list of parts: text, or a list of a kind and
its values, which the page's script formats or links: `count`, `share`, `figure`,
`duration`, `money` with its currency, and `job` with its key and name.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sagemaker_tuning_report.warehouse import Row

MOST = 5
IDLE = 0.2
"""The least share of the cost that idle machines are worth a sentence for."""
MANY_AFTER = 5
"""The least number of trials after the best that are worth a sentence."""


def findings(
    scopes: Sequence[Row],
    jobs: Sequence[Row],
    machines: Sequence[Row],
    failures: Sequence[Row],
) -> dict[str, list[Row]]:
    """Return what to say about each account and region, and about all of them.

    Args:
        scopes: From `fleet.scopes`.
        jobs: From `fleet.tuning_jobs`.
        machines: From `fleet.machines`.
        failures: From `failures.failures`.

    Returns:
        The findings by "ACCOUNT REGION", where either is empty if all are meant;
        each has its `kind`, its `text`, and the section of the page (`at`) or the
        tuning job (`job`) where it stands.
    """
    places = {(row["account"], row["region"]) for row in (*scopes, *jobs)}
    chosen = {("", "")} | {(account, "") for account, _ in places}
    chosen |= {("", region) for _, region in places} | places
    owners = {job["key"]: (job["account"], job["region"]) for job in jobs}
    return {
        f"{account} {region}": _findings(
            *(
                [row for row in rows if _is_in(_place(row, owners), account, region)]
                for rows in (scopes, jobs, machines, failures)
            )
        )
        for account, region in sorted(chosen)
    }


def _place(row: Row, owners: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """Return the account and region of a row; a machine has those of its job."""
    return owners[row["job"]] if "job" in row else (row["account"], row["region"])


def _is_in(place: tuple[str, str], account: str, region: str) -> bool:
    return account in {"", place[0]} and region in {"", place[1]}


def _findings(
    scopes: list[Row], jobs: list[Row], machines: list[Row], failures: list[Row]
) -> list[Row]:
    every = (
        _incomplete(scopes, jobs),
        _failed(jobs, failures),
        _idle(machines, jobs),
        _could_have_stopped(jobs),
        _at_an_edge(jobs),
        _improved(jobs),
    )
    return [finding for finding in every if finding][:MOST]


def _finding(kind: str, *text: Any, at: str = "", job: str = "") -> Row:
    return {"kind": kind, "text": [*text], "at": at, "job": job}


def _job(job: Row) -> list[Any]:
    return ["job", job["key"], job["name"]]


def _more(count: int, noun: str) -> list[Any]:
    return [["count", count], f" more {noun}{'' if count == 1 else 's'}"]


def _incomplete(scopes: list[Row], jobs: list[Row]) -> Row | None:
    wrong = [scope for scope in scopes if scope["status"] not in {None, "complete"}]
    if wrong:
        first = wrong[0]
        named = f"{first['account']} · {first['region']} ({first['status']})"
        return _finding(
            "incomplete",
            *(["count", len(wrong)], " of ", ["count", len(scopes)]),
            " scopes are not complete: "
            if len(wrong) > 1
            else " scopes is not complete: ",
            named,
            *([" and ", ["count", len(wrong) - 1], " more."] if wrong[1:] else ["."]),
            at="scopes",
        )
    partial = [job for job in jobs if job["complete"] is False and not job["deleted"]]
    if not partial:
        return None
    several = [" and ", *_more(len(partial) - 1, "tuning job")]
    return _finding(
        "incomplete",
        "Not all trials are loaded of ",
        _job(partial[0]),
        *(several if partial[1:] else []),
        ".",
        at="jobs",
    )


def _failed(jobs: list[Row], failures: list[Row]) -> Row | None:
    """Say what failed, why most often, and where."""
    worst = max(jobs, key=_failures_of, default=None)
    failed, trials = sum(map(_failures_of, jobs)), sum(job["trials"] for job in jobs)
    if not failed or worst is None:
        return None
    reasons: dict[str, int] = defaultdict(int)
    for row in failures:
        reasons[row["failure"]] += row["trials"]
    reason = max(reasons, key=lambda text: (reasons[text], text), default="")
    why = [f", most often “{_short(reason)}” (", ["count", reasons[reason]], ")"]
    region = worst["failing"]
    where = (
        [
            " In ",
            _job(worst),
            *(", ", ["count", region["failed"]], " of ", ["count", region["trials"]]),
            f" trials with {region['name']} ",
            *region["values"],
            *(" failed, and ", ["share", region["elsewhere"]], " of the others."),
        ]
        if region
        else [
            " ",
            _job(worst),
            *(" had ", ["count", _failures_of(worst)], " of its "),
            *(["count", worst["trials"]], "."),
        ]
    )
    return _finding(
        "failed",
        *(["count", failed], " of ", ["count", trials], " trials failed ("),
        *(["share", failed / trials], ")", *(why if reason else []), "."),
        *where,
        at="failures",
    )


def _failures_of(job: Row) -> int:
    return int(job["outcomes"].get("failed", {}).get("trials", 0))


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 80 else words[:79] + "…"  # noqa: PLR2004


def _idle(machines: list[Row], jobs: list[Row]) -> Row | None:
    """Say what idle machines cost, where most of it was, and what that covers."""
    known = [row for row in machines if row["idle"] is not None and row["cost"]]
    currencies = {row["currency"] for row in known}
    if len(currencies) != 1:
        return None
    (currency,) = currencies
    idle, cost = (sum(row[name] for row in known) for name in ("idle", "cost"))
    if idle < IDLE * cost:
        return None
    by_job: dict[str, float] = defaultdict(float)
    for row in known:
        by_job[row["job"]] += row["idle"]
    most = max(by_job, key=lambda key: (by_job[key], key))
    (job,) = (job for job in jobs if job["key"] == most)
    measured, trials = (
        sum(row[name] for row in machines) for name in ("measured", "trials")
    )
    return _finding(
        "idle",
        *(["money", idle, currency], " of ", ["money", cost, currency]),
        *(" went to idle machines (", ["share", idle / cost], "), measured on "),
        *(["count", measured], " of ", ["count", trials], " trials. Most of it in "),
        *(_job(job), ": ", ["money", by_job[most], currency], "."),
        at="idle",
    )


def _could_have_stopped(jobs: list[Row]) -> Row | None:
    """Say which tuning job had found its best long before its end."""
    ended = [
        job
        for job in jobs
        if job["after"]
        and job["status"] not in {None, "InProgress", "Stopping"}
        and job["after"]["trials_after"] >= MANY_AFTER
        and job["after"]["trials_after"] > job["after"]["trials"]
    ]
    if not ended:
        return None
    job = max(
        ended,
        key=lambda row: (
            row["after"]["cost_after"] or 0,
            row["after"]["trials_after"],
            row["name"],
        ),
    )
    after = job["after"]
    cost = [
        " cost ",
        ["money", after["cost_after"], job["currency"]],
    ]
    return _finding(
        "stop",
        _job(job),
        *(
            [" had ", ["share", after["share"]], " of its improvement"]
            if after["share"] < 1
            else [" had its best"]
        ),
        *(" after ", ["count", after["trials"]], " trials. The "),
        *(["count", after["trials_after"]], " after that"),
        *(cost if after["cost_after"] is not None else [" hardly improved it"]),
        ".",
        job=job["key"],
    )


def _at_an_edge(jobs: list[Row]) -> Row | None:
    """Name the newest tuning job with its best trials at the end of a range."""
    at_edges = [job for job in jobs if job["edges"]]
    if not at_edges:
        return None
    job = at_edges[0]
    name, edge = job["edges"][0]
    more = len(job["edges"]) - 1
    return _finding(
        "edge",
        "The best trials of ",
        _job(job),
        f" lie at the {'lower' if edge == 'low' else 'upper'} end of {name}",
        *([" and of ", *_more(more, "range")] if more else []),
        *(
            ["; so do those of ", *_more(len(at_edges) - 1, "tuning job")]
            if at_edges[1:]
            else []
        ),
        ".",
        job=job["key"],
    )


def _improved(jobs: list[Row]) -> Row | None:
    """Say which family's newest run beats all its earlier ones by most."""
    gains = [gain for runs in _families(jobs) if (gain := _gain(runs))]
    if not gains:
        return None
    _, before, job = max(gains, key=lambda gain: (gain[0], gain[2]["name"]))
    aim = job["definitions"][0]
    return _finding(
        "improved",
        f"{job['family']} improved from ",
        *(["figure", before], " to ", ["figure", aim["best"]]),
        f" ({aim['metric']}) with ",
        _job(job),
        ".",
        at="families",
    )


def _families(jobs: Iterable[Row]) -> Iterable[list[Row]]:
    """Return the runs of each family that have the newest one's objective."""
    families: dict[str, list[Row]] = defaultdict(list)
    for job in jobs:
        bests = [definition["best"] for definition in job["definitions"]]
        if job["family"] and job["created"] and len(bests) == 1 and None not in bests:
            families[job["family"]].append(job)
    for runs in families.values():
        runs.sort(key=lambda job: job["created"])
        yield [run for run in runs if _aim(run) == _aim(runs[-1])]


def _aim(job: Row) -> tuple[Any, Any]:
    return job["definitions"][0]["metric"], job["definitions"][0]["direction"]


def _gain(runs: list[Row]) -> tuple[float, float, Row] | None:
    """Return by which share the last run is better, and the best before it."""
    *earlier, last = runs
    if not earlier:
        return None
    sign = -1 if _aim(last)[1] == "Minimize" else 1
    before = max(sign * run["definitions"][0]["best"] for run in earlier)
    gain = sign * last["definitions"][0]["best"] - before
    if gain <= 0:
        return None
    return gain / (abs(before) or 1), sign * before, last
