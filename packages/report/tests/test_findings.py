"""What the page says first, as sentences with their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_report.findings import findings

from .story import EAST, IRELAND, OURS, THEIRS, Row

if TYPE_CHECKING:
    from collections.abc import Sequence


def job(name: str, **changes: Any) -> Row:
    """A tuning job of 20 trials, about which there is nothing to say."""
    return {
        "key": f"arn:{name}",
        "name": name,
        "account": OURS,
        "region": EAST,
        "status": "Completed",
        "created": 1,
        "complete": True,
        "deleted": False,
        "trials": 20,
        "outcomes": {"completed": {"trials": 20, "cost": 2.0, "with_cost": 20}},
        "currency": "USD",
        "family": None,
        "after": None,
        "edges": [],
        "failing": None,
        "definitions": [{"metric": "auc", "direction": "Maximize", "best": 0.9}],
        **changes,
    }


def scope(status: str = "complete", account: str = OURS, region: str = EAST) -> Row:
    """A scope."""
    return {"account": account, "region": region, "status": status}


def machine(idle: float | None, **changes: Any) -> Row:
    """An instance type of the tuning job `a`, which cost a dollar."""
    same = {"job": "arn:a", "trials": 20, "measured": 18, "cost": 1.0}
    return {**same, "currency": "USD", "idle": idle, **changes}


def said(
    scopes: list[Row] | None = None,
    jobs: list[Row] | None = None,
    machines: Sequence[Row] = (),
    failures: Sequence[Row] = (),
) -> dict[str, str]:
    """The sentences about everything, as plain text by their kind."""
    scopes = [scope()] if scopes is None else scopes
    jobs = [job("a")] if jobs is None else jobs
    rows = findings(scopes, jobs, machines, failures)[" "]
    return {row["kind"]: "".join(map(plain, row["text"])) for row in rows}


def plain(part: Any) -> str:
    """A part of a sentence as text: the name of a tuning job, or the number."""
    return part if isinstance(part, str) else str(part[2 if part[0] == "job" else 1])


def failing(name: str, failed: int, **changes: Any) -> Row:
    """A tuning job with failed trials."""
    groups = {"failed": {"trials": failed, "cost": None, "with_cost": 0}}
    return job(name, outcomes=groups, **changes)


def reason(trials: int, text: str = "boom") -> Row:
    """A reason for failures."""
    return {"account": OURS, "region": EAST, "failure": text, "trials": trials}


def test_nothing_is_said_without_need() -> None:
    """If all is well, or there is nothing, nothing is said."""
    assert said() == {}
    assert said([], []) == {}


def test_incomplete_scopes_come_first() -> None:
    """Scopes that are not complete are counted, and the first one is named."""
    scopes = [scope("failed"), scope("incomplete", THEIRS), scope()]
    assert said(scopes, [failing("a", 2)]) == {
        "incomplete": "2 of 3 scopes are not complete: "
        f"{OURS} · {EAST} (failed) and 1 more.",
        "failed": "2 of 20 trials failed (0.1). a had 2 of its 20.",
    }
    assert said([scope("failed"), scope()])["incomplete"] == (
        f"1 of 2 scopes is not complete: {OURS} · {EAST} (failed)."
    )


def test_a_partly_loaded_tuning_job_is_named() -> None:
    """If all scopes are complete, tuning jobs that are not loaded whole are named."""
    jobs = [job("a", complete=False), job("b", complete=False, deleted=True)]
    assert said(jobs=jobs) == {"incomplete": "Not all trials are loaded of a."}


def test_failures_say_why_and_where() -> None:
    """Failed trials are said with their share, their most frequent reason, and the
    tuning job that had most of them."""
    jobs = [failing("a", 3), failing("b", 5), job("c")]
    failures = [reason(3, "ash"), reason(4), reason(1, "ash")]
    # The same text in two scopes is one reason; of two as frequent, the last by text.
    assert said(jobs=jobs, failures=failures)["failed"] == (
        "8 of 60 trials failed (0.13333333333333333), most often “boom” (4)."
        " b had 5 of its 20."
    )


def test_failures_say_in_which_part_of_a_range() -> None:
    """If failures lie in a part of a range, the part is named."""
    values = ["from ", ["figure", 9], " to ", ["figure", 12]]
    region = {"name": "depth", "values": values}
    numbers = {"trials": 5, "failed": 4, "elsewhere": 0.05}
    assert said(jobs=[failing("a", 4, failing={**region, **numbers})])["failed"] == (
        "4 of 20 trials failed (0.2). In a, 4 of 5 trials with depth from 9 to 12"
        " failed, and 0.05 of the others."
    )


def test_idle_machines_say_what_they_cover() -> None:
    """Idle money comes with its total, the measured trials, and the place of most."""
    machines = [machine(0.5), machine(0.25), machine(None, measured=0)]
    assert said(machines=machines)["idle"] == (
        "0.75 of 2.0 went to idle machines (0.375), measured on 36 of 60 trials."
        " Most of it in a: 0.75."
    )


@pytest.mark.parametrize(
    "machines",
    [
        [machine(0.1)],
        [machine(None)],
        [machine(0.9), machine(0.9, currency="CNY")],
    ],
    ids=["little", "unknown", "two currencies"],
)
def test_little_or_unknown_idle_money_is_not_said(machines: list[Row]) -> None:
    """Idle money is not said if it is little, unknown, or in several currencies."""
    assert said(machines=machines) == {}


def after(share: float, trials: int, cost: float | None) -> Row:
    """How soon a tuning job had its best."""
    return {
        "share": share,
        "trials": trials,
        "trials_after": 20 - trials,
        "cost_after": cost,
    }


def test_a_tuning_job_that_could_have_stopped_is_named() -> None:
    """The tuning job is named that cost most after it had nearly all of its
    improvement."""
    jobs = [job("a", after=after(0.99, 5, 1.0)), job("b", after=after(0.99, 4, 2.0))]
    assert said(jobs=jobs)["stop"] == (
        "b had 0.99 of its improvement after 4 trials. The 16 after that cost 2.0."
    )
    assert said(jobs=[job("a", after=after(1, 5, None))])["stop"] == (
        "a had its best after 5 trials. The 15 after that hardly improved it."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"after": after(0.99, 12, 1.0)},
        {"after": after(1, 2, 1), "status": "InProgress"},
    ],
    ids=["late", "running"],
)
def test_a_late_best_is_not_said(changes: Row) -> None:
    """Nothing is said if the best came late, or while the tuning job runs."""
    assert said(jobs=[job("a", **changes)]) == {}


def test_a_best_at_an_edge_is_said() -> None:
    """The newest tuning job whose best trials lie at the end of a range is named."""
    jobs = [job("a", edges=[["eta", "high"], ["depth", "low"]]), job("b")]
    assert said(jobs=jobs)["edge"] == (
        "The best trials of a lie at the upper end of eta and of 1 more range."
    )


def run(name: str, created: int, best: float, direction: str = "Maximize") -> Row:
    """A run of a family."""
    aim = {"metric": "auc", "direction": direction, "best": best}
    return job(name, created=created, family="f", definitions=[aim])


def test_a_family_that_improved_is_said() -> None:
    """The family whose newest run beats all earlier ones is said, in any direction."""
    runs = [run("c", 3, 0.9), run("a", 1, 0.8), run("b", 2, 0.7)]
    assert said(jobs=runs)["improved"] == "f improved from 0.8 to 0.9 (auc) with c."
    losses = [run("a", 1, 0.8, "Minimize"), run("b", 2, 0.7, "Minimize")]
    assert said(jobs=losses)["improved"] == "f improved from 0.8 to 0.7 (auc) with b."
    assert said(jobs=[run("a", 1, 0.9), run("b", 2, 0.8)]) == {}
    assert said(jobs=[run("a", 1, 0.8, "Minimize"), run("b", 2, 0.9)]) == {}


def test_there_are_at_most_five() -> None:
    """Of six findings, the last one is left out."""
    jobs = [
        failing("a", 4, edges=[["eta", "low"]], after=after(0.99, 5, 1.0)),
        run("b", 1, 0.8),
        run("c", 2, 0.9),
    ]
    kinds = said([scope("failed")], jobs, [machine(0.5)])
    assert [*kinds] == ["incomplete", "failed", "idle", "stop", "edge"]


def test_each_account_and_region_has_its_own() -> None:
    """Findings follow the selected account and region."""
    jobs = [failing("a", 2), failing("b", 3, account=THEIRS, region=IRELAND)]
    by_place = findings([scope(), scope("failed", THEIRS)], jobs, [machine(0.5)], [])
    kinds = {place: [row["kind"] for row in rows] for place, rows in by_place.items()}
    assert kinds == {
        " ": ["incomplete", "failed", "idle"],
        f" {EAST}": ["incomplete", "failed", "idle"],
        f" {IRELAND}": ["failed"],
        f"{OURS} ": ["failed", "idle"],
        f"{OURS} {EAST}": ["failed", "idle"],
        f"{THEIRS} ": ["incomplete", "failed"],
        f"{THEIRS} {EAST}": ["incomplete"],
        f"{THEIRS} {IRELAND}": ["failed"],
    }
