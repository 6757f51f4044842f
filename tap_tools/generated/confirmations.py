"""What last confirmed each fact of the contract: asserted by the tests, told in docs.

Every test run asks the emulator and moto, and reads recorded responses if present. An
account is known by its recording in `packages/contract/tests/recordings/`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from sagemaker_tuning_contract import recordings
from sagemaker_tuning_contract.facts import AREAS, FACTS, of
from tap_tools import ROOT
from tap_tools.generated.markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECORDINGS = ROOT / "packages" / "contract" / "tests" / "recordings"
_OF_ACCOUNT = re.compile(r"(\d{4})-account.*")
"""Name of a folder with an account's recording: the year only, since a full date would
reveal the offset of the times in it."""

RECORDED = frozenset(
    {8, 12, 18, 19, 20, 23, 28, 29, 30, 31, 32, 33, 34, 35, 42, 45, 46, 47, 48, 49}
    | {51, 52, 53, 54, 61, 62, 63, 64, 69, 70, 85, 87}
)
"""Facts that published responses of the service confirm, of the years 2018 to 2026."""

NOT_IN_EMULATOR: Mapping[int, str] = {
    12: "the emulator gives empty pages only as a fault",
    30: "nothing is denied",
    31: "nothing is throttled",
}
"""Facts that do not show against the emulator as it is, and why. Each has a test of
its own, with the fault in which it shows."""

MOTO = frozenset(
    {1, 3, 6, 8, 9, 10, 15, 16, 18, 20, 21, 22, 24, 27, 28, 32, 33, 34, 35, 40}
    | {41, 42, 45, 85, 87, 88}
)
"""Facts that moto 5.2 confirms. It has no trials of tuning jobs, and no price list."""

MOTO_DIFFERS: Mapping[int, str] = {
    4: "it lists the oldest first by default",
    5: "its default page has 100 items",
    7: "it gives pages of any size",
    13: "it accepts a token with any request",
    23: "its BestTrainingJob is a placeholder",
    25: "it finds names in their own case only",
    29: "its message differs",
}
"""Facts that do not hold against moto, and how it differs."""


@cache
def accounts() -> dict[int, str]:
    """By fact, the year of the last recording of an account in which it holds."""
    years: dict[int, str] = {}
    for folder in sorted(RECORDINGS.iterdir()):
        if match := _OF_ACCOUNT.fullmatch(folder.name):
            recording = recordings.read(folder)
            for fact in FACTS:
                if fact.judge(recording).word == "holds":
                    years[fact.number] = match[1]
    return years


def summary() -> str:
    """A paragraph that counts what confirms the facts."""
    confirmed = accounts()
    unseen, differing = NOT_IN_EMULATOR, MOTO_DIFFERS
    account = (
        f"An account has confirmed {len(confirmed)} of them, last on "
        f"{max(confirmed.values())}."
        if confirmed
        else "No account has confirmed any of them yet."
    )
    return (
        f"\nThere are {len(FACTS)} facts. {account}\n"
        f"Published responses confirm {len(RECORDED)} of them, the tests' "
        f"emulated account {len(FACTS) - len(unseen)}, and moto {len(MOTO)}. The "
        f"emulator shows the other {len(unseen)} only as faults; moto differs in "
        f"{len(differing)}, and cannot show the rest.\n\n"
    )


def tables() -> str:
    """A table of facts per area, each with its source and what confirms it."""
    head = ("No.", "Fact", "Source", "If it is false", "Confirmed by", "An account")
    by_area = {
        area: [
            (
                str(fact.number),
                fact.statement,
                fact.source,
                fact.breaks,
                ", ".join(_confirmed(fact.number)) or "nothing",
                accounts().get(fact.number, "never"),
            )
            for fact in of(module)
        ]
        for area, module in AREAS.items()
    }
    return "".join(
        f"\n### {area}\n{table(head, rows)}" for area, rows in by_area.items()
    )


def _confirmed(number: int) -> Iterator[str]:
    if number in RECORDED:
        yield "recorded"
    why = NOT_IN_EMULATOR.get(number)
    yield "emulator, as a fault" if why else "emulator"
    if number in MOTO:
        yield "moto"
    if different := MOTO_DIFFERS.get(number):
        yield f"not moto: {different}"
