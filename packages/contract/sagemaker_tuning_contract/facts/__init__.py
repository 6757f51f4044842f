"""All facts, numbered: the tap's assumptions about AWS."""

from __future__ import annotations

from sagemaker_tuning_contract.fact import Fact
from sagemaker_tuning_contract.facts import (
    definitions,
    details,
    errors,
    filters,
    listings,
    metrics,
    prices,
    search,
    trials,
    tuning_jobs,
    wire,
)

AREAS = {
    "Listings": listings,
    "Filters": filters,
    "Answers": wire,
    "Errors": errors,
    "Tuning jobs": tuning_jobs,
    "Descriptions of tuning jobs": definitions,
    "Trials": trials,
    "Descriptions of trials": details,
    "Search": search,
    "The price list": prices,
    "CloudWatch": metrics,
}
"""The modules that state and check facts, by subject."""


def of(area: object) -> list[Fact]:
    """The facts of a module, sorted by number."""
    facts = [each for each in vars(area).values() if isinstance(each, Fact)]
    return sorted(facts, key=lambda each: each.number)


FACTS = tuple(
    sorted(
        (each for area in AREAS.values() for each in of(area)),
        key=lambda each: each.number,
    )
)
"""All facts, sorted by number. Numbers never change: a removed fact leaves a gap."""
