"""Accounts and regions listed by AWS: they come and go, and some are denied."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import Run, TapHere

MANAGEMENT = "123456789012"
ONE, TWO, THREE = "111111111111", "222222222222", "333333333333"
REGION = "us-east-1"
CONFIG: dict[str, Any] = {
    "organization": {"role_name": "tuning-reader"},
    "regions": [REGION],
}
ENABLED = {**CONFIG, "regions": ["enabled"]}


@pytest.fixture
def company(emulator: Emulator) -> Emulator:
    """An organization of three accounts, each with a tuning job of four trials."""
    for account in (MANAGEMENT, ONE, TWO):
        join(emulator, account)
    emulator.clock.move(seconds=86_400)
    return emulator


def join(emulator: Emulator, account: str, **where: str) -> None:
    """Let an account with an ended tuning job join."""
    emulator.organization.join(account, **where)
    emulator.scope(account, REGION).plan(f"job-{account}", trials=4)


def rows(run: Run) -> dict[str, str]:
    """The status of each scope's row."""
    return {
        f"{row['account_id']} {row['region']}": row["status"]
        for row in run.records("scopes")
    }


def accounts_of(run: Run) -> Counter[str]:
    """How many trials were read from each account."""
    return Counter(row["account_id"] for row in run.records("training_job_summaries"))


def complete(accounts: Iterable[str], region: str = REGION) -> dict[str, str]:
    """Complete rows for these accounts."""
    return {f"{account} {region}": "complete" for account in accounts}


def removed(accounts: Iterable[str], region: str = REGION) -> dict[str, str]:
    """Removed rows for these accounts."""
    return {f"{account} {region}": "removed" for account in accounts}


def calls(emulator: Emulator, operation: str) -> int:
    """How many calls of an operation were made."""
    return sum(call.operation == operation for call in emulator.calls)


def test_every_active_account(company: Emulator, here: TapHere) -> None:
    """Each active account is read through its role; a suspended or closed one is not,
    whether the API has its status in the new member or in the old one."""
    for account, state in ((THREE, "SUSPENDED"), ("4" * 12, "CLOSED")):
        join(company, account)
        company.organization.accounts[account] = state
    for with_state in (True, False):
        company.organization.with_state = with_state
        run = here(config=CONFIG)
        assert run.returncode == 0, run.stderr
        assert rows(run) == complete([MANAGEMENT, ONE, TWO])
        assert accounts_of(run) == {MANAGEMENT: 4, ONE: 4, TWO: 4}
    roles = {c.params["RoleArn"] for c in company.calls if c.operation == "AssumeRole"}
    assert f"arn:aws:iam::{ONE}:role/tuning-reader" in roles


def test_accounts_come_and_go(company: Emulator, here: TapHere) -> None:
    """An account that joins is read completely in the next sync; one that leaves is
    removed but keeps its state; and when it returns, reading resumes there."""
    first = here(config=CONFIG)
    company.organization.leave(TWO)
    join(company, THREE)
    company.clock.move(seconds=86_400)
    second = here(config=CONFIG, state=first.state)
    assert second.returncode == 0, second.stderr
    assert rows(second) == complete([MANAGEMENT, ONE, THREE]) | removed([TWO])
    assert accounts_of(second) == {THREE: 4}
    assert [line for line in second.stderr.splitlines() if "WARNING" in line] == []
    assert f"account {TWO}, {REGION}: Nothing was read: the account has left" in (
        second.stderr
    )
    kept = [states_of(run)[TWO, REGION] for run in (first, second)]
    assert kept[0] == kept[1]
    company.organization.join(TWO)
    third = here(config=CONFIG, state=second.state)
    assert rows(third) == complete([MANAGEMENT, ONE, TWO, THREE])
    assert accounts_of(third) == {}


def states_of(run: Run) -> dict[tuple[str, str], Any]:
    """The state of the trials in each scope."""
    entries = run.state["bookmarks"]["training_job_summaries"]["partitions"]
    return {
        (of["context"]["account_id"], of["context"]["region"]): of for of in entries
    }


@pytest.mark.parametrize("regions", [[REGION], ["enabled"]])
def test_an_account_without_the_role(
    company: Emulator, here: TapHere, regions: list[str]
) -> None:
    """An account without the role fails alone, in a line that says what is missing. If
    its regions are unknown, it has a row only if it has ever been read."""
    config = {**CONFIG, "regions": regions}
    company.organization.regions[ONE] = {"eu-west-1": "DISABLED"}
    first = here(config=config)
    company.faults.add(Fault("deny", operation="AssumeRole", account=ONE))
    second = here(config=config, state=first.state)
    assert second.returncode == 1
    assert f"account {ONE}" in second.error
    assert "AssumeRole: AccessDenied" in second.error
    assert "sts:AssumeRole on the role" in second.error
    failed = {where for where, status in rows(second).items() if status == "failed"}
    assert failed == {where for where in rows(first) if where.startswith(ONE)}
    assert rows(second).keys() == rows(first).keys()
    denied = [
        c for c in company.calls if c.operation == "AssumeRole" and c.status == 403
    ]
    assert len(denied) == 1


def test_a_denied_listing(company: Emulator, here: TapHere) -> None:
    """Without ListAccounts, no account of the organization is read, the error names the
    permission, entries of assume_roles are still read, and accounts that were read
    before have failed rows."""
    entry = {"role_arn": f"arn:aws:iam::{THREE}:role/reader"}
    company.scope(THREE, REGION).plan("own", trials=4)
    company.clock.move(seconds=86_400)
    config = {**CONFIG, "assume_roles": [entry]}
    first = here(config=config)
    company.faults.add(Fault("deny", operation="ListAccounts"))
    run = here(config=config, state=first.state)
    assert run.returncode == 1
    assert "Allow organizations:ListAccounts" in run.error
    assert rows(run) == {
        **dict.fromkeys(complete([MANAGEMENT, ONE, TWO]), "failed"),
        **complete([THREE]),
    }


def test_pages_of_accounts(company: Emulator, here: TapHere) -> None:
    """Accounts are listed in pages of twenty; an empty page with a token is not the
    end."""
    more = [f"{number:012}" for number in range(1, 42)]
    for account in more:
        company.organization.join(account)
    company.faults.add(Fault("empty_pages", operation="ListAccounts"))
    run = here(config=CONFIG)
    assert run.returncode == 0, run.stderr
    assert rows(run) == complete([*more, MANAGEMENT, ONE, TWO])
    assert calls(company, "ListAccounts") == 6


def test_one_that_left_stays_as_it_was(company: Emulator, here: TapHere) -> None:
    """If the listing fails, accounts and regions that had left before are still
    removed."""
    first = here(config=ENABLED)
    company.organization.leave(TWO)
    company.organization.regions[ONE] = {"eu-west-1": "DISABLED"}
    second = here(config=ENABLED, state=first.state)
    for operation in ("ListAccounts", "ListRegions"):
        company.faults.clear()
        company.faults.add(Fault("deny", operation=operation))
        third = here(config=ENABLED, state=second.state)
        assert third.returncode == 1
        gone = {f"{ONE} eu-west-1", *(at for at in rows(first) if TWO in at)}
        assert rows(third) == dict.fromkeys(rows(first), "failed") | dict.fromkeys(
            gone, "removed"
        )
    company.faults.clear()
    company.organization.join(TWO)
    company.organization.regions.clear()
    assert rows(here(config=ENABLED, state=third.state)) == rows(first)


def test_everyone_has_left(company: Emulator, here: TapHere) -> None:
    """If no account in the state is in the organization any more, a warning says so
    once: the credentials probably belong to another one."""
    run = here(config=CONFIG)
    for account in (MANAGEMENT, ONE, TWO):
        company.organization.leave(account)
    join(company, THREE)
    company.clock.move(seconds=86_400)
    warned = []
    for _ in range(2):
        run = here(config=CONFIG, state=run.state)
        assert run.returncode == 0
        gone = removed([MANAGEMENT, ONE, TWO])
        assert rows(run) == complete([THREE]) | gone
        warned += [line for line in run.stderr.splitlines() if "WARNING" in line]
    (line,) = warned
    assert "organization: none of the accounts in the state" in line


def test_nothing_to_read(company: Emulator, here: TapHere) -> None:
    """An organization without an active account to read is an error."""
    company.organization.parents["ou-emul-aaaaaaaa"] = "r-emul"
    empty = {
        "role_name": "tuning-reader",
        "organizational_units": ["ou-emul-aaaaaaaa"],
    }
    for options in ((), ("--test",), ("--scopes",)):
        run = here(*options, config={**CONFIG, "organization": empty})
        assert run.returncode == 1
        assert "there is no active account to read" in run.stderr


def test_names_in_an_account_that_failed(company: Emulator, here: TapHere) -> None:
    """If an account was not read, no name is reported as unknown."""
    company.faults.add(Fault("deny", operation="AssumeRole", account=ONE))
    run = here(config={**ENABLED, "tuning_job_names": [f"job-{ONE}"]})
    assert run.returncode == 1
    assert "was not found" not in run.stderr
    assert "not found" not in run.stderr


def test_a_scope_that_is_reached_twice(here: TapHere) -> None:
    """A scope reached by two entries is read once, and that is an error; an entry
    without regions means the region of boto3's chain."""
    role = {"role_arn": f"arn:aws:iam::{ONE}:role/reader"}
    run = here(config={"assume_roles": [role, {**role, "regions": [REGION]}]})
    assert run.returncode == 1
    assert f"2 entries reach account {ONE}, {REGION}" in run.error
    assert len(run.records("scopes")) == 1


def test_an_organization_of_one(emulator: Emulator, here: TapHere) -> None:
    """A management account on its own is read through its role."""
    join(emulator, MANAGEMENT)
    run = here(config=CONFIG)
    assert run.returncode == 0, run.stderr
    assert rows(run) == complete([MANAGEMENT])


def test_no_organization(emulator: Emulator, here: TapHere) -> None:
    """An account without an organization gets the service's error."""
    run = here(config=CONFIG)
    assert run.returncode == 1
    assert emulator.organization.accounts == {}
    assert "AWSOrganizationsNotInUseException" in run.error
    assert "organization.list_role_arn" in run.error
    assert "set assume_roles instead" in run.error


def test_units(company: Emulator, here: TapHere) -> None:
    """Only accounts in the chosen units are read, at any depth."""
    outer, inner, other = "ou-emul-aaaaaaaa", "ou-emul-bbbbbbbb", "ou-emul-cccccccc"
    parents = {outer: "r-emul", inner: outer, other: "r-emul"}
    company.organization.parents.update(parents)
    join(company, THREE, unit=inner)
    join(company, "4" * 12, unit=other)
    company.organization.unit_of[ONE] = outer
    company.faults.add(Fault("empty_pages", operation="ListAccountsForParent"))
    of = {"role_name": "tuning-reader", "organizational_units": [outer, inner]}
    run = here(config={**CONFIG, "organization": of})
    assert run.returncode == 0, run.stderr
    assert rows(run) == complete([ONE, THREE])
    assert calls(company, "ListAccounts") == 0


@pytest.mark.usefixtures("company")
def test_excluded_accounts_and_entries(here: TapHere) -> None:
    """An excluded account is not read, and one with its own entry is read with that."""
    entry = {"role_arn": f"arn:aws:iam::{ONE}:role/own", "regions": ["eu-west-1"]}
    of = {"role_name": "tuning-reader", "exclude_accounts": [TWO]}
    run = here(config={**CONFIG, "organization": of, "assume_roles": [entry]})
    assert run.returncode == 0, run.stderr
    assert rows(run) == complete([MANAGEMENT]) | complete([ONE], "eu-west-1")


@pytest.mark.parametrize(
    "wrong",
    [{"Arn": "o-emulated01"}, {"Arn": None}, {"Arn": "arn:x"}, {"Status": None}],
    ids=json.dumps,
)
@pytest.mark.parametrize("options", [(), ("--test",)], ids=str)
def test_a_malformed_account(
    company: Emulator, here: TapHere, wrong: dict[str, Any], options: tuple[str, ...]
) -> None:
    """An account that cannot be parsed fails alone, by its ID; the others are read."""
    company.organization.with_state = False

    def spoil(answer: dict[str, Any]) -> None:
        """Change one account."""
        (account,) = (of for of in answer["Accounts"] if of["Id"] == ONE)
        account.update(wrong)

    first = here(config=CONFIG)
    company.alter("ListAccounts", spoil)
    run = here(*options, config=CONFIG, state=first.state)
    assert run.returncode == 1
    assert f"account {ONE}: an account of the organization is malformed" in run.stderr
    assert f"account {TWO}: " not in run.stderr
    again = here(config=CONFIG, state=first.state)
    assert rows(again) == complete([MANAGEMENT, TWO]) | {f"{ONE} {REGION}": "failed"}


def test_an_account_without_an_id(company: Emulator, here: TapHere) -> None:
    """An account without a valid ID fails alone, too."""
    company.organization.join("7")
    run = here(config=CONFIG)
    assert run.returncode == 1
    run.assert_refused("an account of the organization is malformed")
    assert rows(run) == complete([MANAGEMENT, ONE, TWO])


def test_a_role_that_lists(company: Emulator, here: TapHere) -> None:
    """A caller in another account lists through a role in the management account;
    without it, the denial is reported."""
    company.organization.leave(MANAGEMENT)
    here.variables.update(company.environment(THREE, REGION))
    refused = here(config=CONFIG).error
    assert "AccessDeniedException" in refused
    assert "an identity in the management account" in refused
    assert "list_role_arn" in refused
    of = {
        "role_name": "tuning-reader",
        "list_role_arn": f"arn:aws:iam::{MANAGEMENT}:role/lister",
    }
    run = here(config={**CONFIG, "organization": of})
    assert run.returncode == 0, run.stderr
    assert rows(run) == complete([ONE, TWO])


def without_empty_statuses(answer: dict[str, Any]) -> None:
    """Leave out of ListRegions the regions without a status."""
    answer["Regions"] = [of for of in answer["Regions"] if of["RegionOptStatus"]]


class TestEnabledRegions:
    """Each account's enabled regions."""

    def test_each_account_has_its_own(self, company: Emulator, here: TapHere) -> None:
        """The regions that are enabled, by default or not, and have SageMaker are
        read."""
        company.organization.regions = {
            ONE: dict.fromkeys(["eu-west-1", "eu-central-1"], "DISABLED")
            | {"af-south-1": "ENABLED", "xx-moon-1": "ENABLED"},
            TWO: {"us-west-2": "DISABLING"},
        }
        run = here(config=ENABLED)
        assert run.returncode == 0, run.stderr
        regions: dict[str, list[str]] = {}
        for where in rows(run):
            account, region = where.split()
            regions.setdefault(account, []).append(region)
        assert regions[ONE] == [
            "af-south-1",
            "ap-southeast-2",
            "us-east-1",
            "us-west-2",
        ]
        assert "us-west-2" not in regions[TWO]
        assert len(regions[MANAGEMENT]) == 5

    def test_one_that_botocore_does_not_know(
        self, company: Emulator, here: TapHere
    ) -> None:
        """An enabled region that the installed botocore does not know is named in one
        warning for all accounts; one that is not enabled is not."""
        moon = {"xx-moon-1": "ENABLED", "xx-mars-1": "DISABLED"}
        company.organization.regions = {ONE: moon, TWO: moon}
        run = here(config=ENABLED)
        assert run.returncode == 0, run.stderr
        assert len(rows(run)) == 15
        (line,) = [line for line in run.stderr.splitlines() if "WARNING" in line]
        assert f"xx-moon-1 of account {ONE}, {TWO} is not read: botocore" in line
        assert "update boto3" in line
        assert "mars" not in run.stderr

    def test_a_status_that_is_unknown(self, company: Emulator, here: TapHere) -> None:
        """A region with an unknown status fails its account, and has a failed row,
        whether it was read before or not: nobody knows whether to read it. The other
        regions are read."""
        first = here(config=ENABLED)
        company.organization.regions = {ONE: {"eu-west-1": "ON_HOLD"}}
        failed = rows(first) | {f"{ONE} eu-west-1": "failed"}
        for state in (first.state, {}):
            run = here(config=ENABLED, state=state)
            line = (
                f"account {ONE}: eu-west-1 is not read: its status ON_HOLD is unknown"
            )
            run.assert_refused(line)
            assert rows(run) == failed
        assert here("--test", config=ENABLED).returncode == 1
        company.organization.regions = {}
        assert rows(here(config=ENABLED, state=run.state)) == rows(first)

    @pytest.mark.parametrize("options", [(), ("--test",), ("--scopes",)], ids=str)
    @pytest.mark.parametrize("status", ["DISABLED", "ON_HOLD", ""], ids=str)
    def test_no_region(
        self,
        company: Emulator,
        here: TapHere,
        status: str,
        options: tuple[str, ...],
    ) -> None:
        """An account without a region to read has failed, whether none is enabled, no
        status is known, or the answer is empty; the other accounts are read."""
        every = company.organization.opt_status(ONE)
        company.organization.regions = {ONE: dict.fromkeys(every, status)}
        company.alter("ListRegions", without_empty_statuses)
        run = here(*options, config=ENABLED)
        assert run.returncode == 1
        assert f"account {ONE}: ListRegions: there is no region to read" in run.stderr
        assert f"account {TWO}: " not in run.stderr

    def test_no_region_any_more(self, company: Emulator, here: TapHere) -> None:
        """If no region of an account is to be read any more, its rows are failed."""
        first = here(config=ENABLED)
        every = company.organization.opt_status(ONE)
        company.organization.regions = {ONE: dict.fromkeys(every, "DISABLED")}
        run = here(config=ENABLED, state=first.state)
        failed = {where for where, status in rows(run).items() if status == "failed"}
        assert failed == {where for where in rows(first) if ONE in where}

    def test_a_region_is_disabled(self, company: Emulator, here: TapHere) -> None:
        """A disabled region is removed, and is not a failure."""
        first = here(config=ENABLED)
        company.organization.regions[ONE] = {"eu-west-1": "DISABLED"}
        second = here(config=ENABLED, state=first.state)
        assert second.returncode == 0, second.stderr
        gone = removed([ONE], "eu-west-1")
        assert rows(second) == rows(first) | gone

    def test_of_the_callers_own_account(self, company: Emulator, here: TapHere) -> None:
        """The caller's own regions need neither an organization, a role nor the chain's
        region."""
        here.variables = {"AWS_DEFAULT_REGION": None}
        run = here(config={"regions": ["enabled"]})
        assert run.returncode == 0, run.stderr
        assert len(rows(run)) == 5
        assert calls(company, "AssumeRole") == 0

    def test_a_role_is_assumed_once(self, company: Emulator, here: TapHere) -> None:
        """A role is assumed once, both for listing its regions and for reading them."""
        assert here(config=ENABLED).returncode == 0
        assert calls(company, "AssumeRole") == 3
        assert calls(company, "ListRegions") == 3

    def test_a_denied_listing(self, company: Emulator, here: TapHere) -> None:
        """The missing action is reported, and only once if it is missing everywhere."""
        company.faults.add(Fault("deny", operation="ListRegions"))
        run = here(config=ENABLED)
        assert run.returncode == 1
        assert run.error.startswith("Error: all 3 accounts: ListRegions: Access")
        assert "Allow account:ListRegions" in run.error

    def test_an_outage_is_survived(self, company: Emulator, here: TapHere) -> None:
        """Calls that list accounts and regions are retried like all others."""
        for operation in ("ListAccounts", "ListRegions"):
            company.faults.add(Fault("error", operation=operation, times=2))
            company.faults.add(Fault("html", operation=operation, times=1))
        run = here(config=ENABLED)
        assert run.returncode == 0, run.stderr
        assert len(rows(run)) == 15


class TestQuestions:
    """The output of --test and --scopes."""

    def test_of_a_test(self, company: Emulator, here: TapHere) -> None:
        """--test reports what was listed and then each scope, or what was denied."""
        company.organization.accounts[TWO] = "SUSPENDED"
        run = here("--test", config=ENABLED)
        lines = run.stderr.splitlines()
        assert run.returncode == 0, run.stderr
        assert "organization: 2 accounts to read, 1 not active, 0 excluded: OK" in lines
        assert "regions: 10 enabled in 2 accounts: OK" in lines
        assert f"account {ONE}, eu-west-1: OK, no tuning job" in lines
        newest = f"OK, newest tuning job job-{ONE} of 2026-03-02"
        assert f"account {ONE}, {REGION}: {newest}" in lines
        company.faults.add(Fault("deny", operation="ListRegions", account=ONE))
        run = here("--test", config=ENABLED)
        assert run.returncode == 1
        (line,) = [
            line for line in run.stderr.splitlines() if "account:ListRegions" in line
        ]
        assert line.startswith(f"account {ONE}: ListRegions: AccessDeniedException")
        assert run.stdout == ""

    def test_scopes(self, company: Emulator, here: TapHere) -> None:
        """--scopes prints what there is to read, one JSON object per line, without
        reading it; a denied account is reported on standard error."""
        of = {"role_name": "tuning-reader", "external_id": "warehouse"}
        config = {**ENABLED, "organization": of}
        company.organization.regions[ONE] = {"eu-west-1": "DISABLED"}
        run = here("--scopes", config=config)
        assert run.returncode == 0, run.stderr
        scopes = [json.loads(line) for line in run.stdout.splitlines()]
        assert len(scopes) == 14
        assert scopes[0] == {
            "account_id": ONE,
            "region": "ap-southeast-2",
            "role_arn": f"arn:aws:iam::{ONE}:role/tuning-reader",
            "external_id": "warehouse",
        }
        assert calls(company, "ListHyperParameterTuningJobs") == 0
        company.faults.add(Fault("deny", operation="AssumeRole", account=ONE))
        run = here("--scopes", config=config)
        assert run.returncode == 1
        assert len(run.stdout.splitlines()) == 10
        assert f"Error: account {ONE}: AssumeRole: AccessDenied" in run.stderr

    def test_scopes_beside_a_catalog(self, here: TapHere) -> None:
        """A setting that is only valid with a certain catalog is accepted with it here,
        too."""
        stream = "training_job_summaries"
        catalog = here.catalog(stream, **{stream: "FULL_TABLE"})
        assert here("--scopes", config={"max_items": 5}, catalog=catalog).stdout
        here("--scopes", config={"max_items": 5}).assert_refused("max_items")

    def test_scopes_of_two_entries(self, here: TapHere) -> None:
        """Two entries for one account, in different regions, can be told apart."""
        role = f"arn:aws:iam::{ONE}:role/reader"
        entries = [
            {"role_arn": role, "regions": ["eu-west-1"]},
            {"role_arn": role, "regions": [REGION], "external_id": "warehouse"},
        ]
        run = here("--scopes", config={"assume_roles": entries})
        scopes = [json.loads(line) for line in run.stdout.splitlines()]
        known = {"account_id": ONE, "role_arn": role}
        assert scopes == [
            {**known, "region": "eu-west-1"},
            {**known, "region": REGION, "external_id": "warehouse"},
        ]

    def test_scopes_of_the_callers_own_account(self, here: TapHere) -> None:
        """Scopes of the caller's own account have no role."""
        run = here("--scopes", config={})
        assert json.loads(run.stdout) == {"account_id": MANAGEMENT, "region": REGION}


class TestStreams:
    """The setting `streams`."""

    def test_without_a_catalog(self, here: TapHere) -> None:
        """Without a catalog, it selects the streams."""
        run = here(config={"streams": ["tuning_job_details", "scopes"]})
        assert run.returncode == 0, run.stderr
        assert schemas(run) == {"tuning_job_details", "scopes"}

    def test_beside_a_catalog(self, here: TapHere) -> None:
        """A catalog takes precedence over it."""
        run = here(config={"streams": ["scopes"]}, catalog=here.catalog("tuning_jobs"))
        assert schemas(run) == {"tuning_jobs"}

    @pytest.mark.parametrize(
        ("streams", "problem"),
        [
            (["tuning_job"], "no such stream. Did you mean tuning_jobs?"),
            ([], "streams: is empty"),
            (["scopes", "scopes"], "streams: 'scopes' is listed 2 times"),
        ],
    )
    def test_what_is_refused(
        self, here: TapHere, streams: list[str], problem: str
    ) -> None:
        """An unknown stream, an empty list, and a duplicate are refused."""
        run = here(config={"streams": streams})
        assert run.returncode == 1
        assert problem in run.error


def schemas(run: Run) -> set[str]:
    """The streams that were read."""
    return {line["stream"] for line in run.messages if line["type"] == "SCHEMA"}
