"""Checks the settings about accounts and regions, with one sentence per problem.

Pure: no call to AWS.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.scope import ACCOUNT, Role
from tap_sagemaker_tuning.list_checks import list_problems
from tap_sagemaker_tuning.settings import ENABLED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_sagemaker_tuning.settings import Settings

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+", re.ASCII)
# IAM's and Organizations' own patterns: a role's name with its path, ExternalId,
# and the IDs of a root and of an organizational unit.
_ROLE_NAME = re.compile(r"(?!role/)[\w+=,.@-]+(/[\w+=,.@-]+)*", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_UNIT = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")


def scope_problems(settings: Settings) -> Iterator[str]:
    """Find what is wrong with the settings that choose accounts and regions.

    Args:
        settings: The settings.

    Yields:
        One sentence per problem.
    """
    yield from _region_problems("regions", settings.regions)
    yield from _organization_problems(settings)
    roles = settings.assume_roles
    if roles is None:
        return
    if not roles:
        yield "assume_roles: is empty: leave it out, or name a role"
    reached: Counter[tuple[str, str]] = Counter()
    for index, role in enumerate(roles):
        name = f"assume_roles[{index}]"
        wrong = list(_role_problems(f"{name}[role_arn]", role.role_arn))
        yield from wrong
        yield from _external_id_problems(name, role.external_id)
        yield from _region_problems(f"{name}[regions]", role.regions)
        if not wrong:
            account = Role.parse(role.role_arn).account_id
            for region in role.regions or settings.regions or [""]:
                reached[account, region] += 1
    for (account, region), times in reached.items():
        where = f" in {region}" if region not in {"", ENABLED} else ""
        if times > 1:
            yield f"assume_roles: {times} entries reach account {account}{where}"
        elif region == ENABLED and len([1 for of, _ in reached if of == account]) > 1:
            yield (
                f"assume_roles: account {account} has an entry for all enabled regions "
                "and another entry"
            )


def is_one_tuning_job(settings: Settings) -> bool:
    """Whether the settings name one tuning job, in one account and region."""
    roles = settings.assume_roles or (None,)
    regions = (roles[0] and roles[0].regions) or settings.regions or [""]
    if settings.organization or ENABLED in regions:
        return False
    return len(settings.tuning_job_names or ()) == len(roles) == len(regions) == 1


def _region_problems(name: str, regions: Sequence[str] | None) -> Iterator[str]:
    if regions and ENABLED in regions:
        if len(regions) > 1:
            yield f"{name}: {ENABLED!r} covers all enabled regions: name no others"
        return
    yield from list_problems(name, regions, _REGION, "us-east-1")


def _organization_problems(settings: Settings) -> Iterator[str]:
    of = settings.organization
    if of is None:
        return
    if not _ROLE_NAME.fullmatch(of.role_name):
        yield (
            f"organization[role_name]: {of.role_name!r} is not the name of a role "
            "such as tuning-reader"
        )
    yield from _external_id_problems("organization", of.external_id)
    yield from list_problems(
        "organization[organizational_units]",
        of.organizational_units,
        _UNIT,
        "ou-ab12-11223344 or r-ab12",
    )
    yield from list_problems(
        "organization[exclude_accounts]", of.exclude_accounts, ACCOUNT, "123456789012"
    )
    if of.list_role_arn is not None:
        yield from _role_problems("organization[list_role_arn]", of.list_role_arn)


def _role_problems(name: str, arn: str) -> Iterator[str]:
    try:
        Role.parse(arn)
    except ValueError as error:
        example = "arn:aws:iam::123456789012:role/tuning-reader"
        yield f"{name}: {error} such as {example}"


def _external_id_problems(name: str, external_id: str | None) -> Iterator[str]:
    if external_id and not _EXTERNAL_ID.fullmatch(external_id):
        allowed = "2 to 1,224 letters, digits and any of _+=,.@:/-"
        yield f"{name}[external_id]: not {allowed}"
