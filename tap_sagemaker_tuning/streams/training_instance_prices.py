"""The stream `training_instance_prices`: what an hour of training costs, as listed.

On-demand list prices, out of the Price List Query API: no discounts, no taxes.
"""

from __future__ import annotations

import json
import math
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_sagemaker_tuning.aws.errors import explain, is_transient
from tap_sagemaker_tuning.aws.operations import GET_PRODUCTS
from tap_sagemaker_tuning.aws.pricing import ENDPOINTS, PriceList
from tap_sagemaker_tuning.exceptions import TapError, UnreadableError, readable
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.sync.interruptible import interruptible
from tap_sagemaker_tuning.values import (
    OddError,
    as_text,
    finite,
    members,
    required,
    required_text,
    storable,
    text_or_none,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.pricing import Products
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.values import Record

_MOST_ASKED = 5
"""Accounts that are asked for the prices of a region: each has the same ones."""

_OUTAGE = 2
"""Accounts for which a price list may fail transiently before it is abandoned."""

_INSTANCE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9]+")
_USAGE = re.compile(r"(?:.*-)?Train(?:ing)?:(?P<instance>[^:]+)")
"""Of on-demand training: USE1-Train:ml.m5.xlarge."""


class TrainingInstancePrices(TapStream):
    """Every price of a training instance type in the regions of the settings."""

    name = "training_instance_prices"
    primary_keys = ("region", "instance_type", "currency")
    selected_by_default = False
    operations = (GET_PRODUCTS,)

    @classmethod
    @override
    def check_state(cls, entry: Entry, filters: Filters) -> None:
        """It keeps none."""

    @override
    def read(self) -> Iterator[Record]:
        """Give the prices of each region, which are the same for every account."""
        by_region: dict[str, list[Client]] = {}
        for scope in self.host.run.scopes:
            by_region.setdefault(scope.scope.region, []).append(scope.client)
        refused: set[str] = set()
        outages: dict[str, Exception] = {}
        unreadable: list[UnreadableError] = []
        for region, clients in by_region.items():
            partition = clients[0].partition
            if partition not in ENDPOINTS:
                self.logger.warning(
                    "%s: no price list for partition %s; skipping", region, partition
                )
                continue
            if partition in outages:
                self._fail(region, outages[partition])
                continue
            # An account that failed in one region is asked last in the others.
            clients.sort(key=lambda client: client.scope.account_id in refused)
            products = self._products(region, clients[:_MOST_ASKED], refused, outages)
            if products is None:
                continue
            prices, odd = records_of(products)
            unreadable += odd
            if odd and not prices:
                self._fail(region, odd[0])
            yield from prices
        if unreadable:
            self.logger.warning(
                "%s: left out %d products that cannot be read; the first: %s",
                self.name,
                len(unreadable),
                explain(unreadable[0]),
            )

    def _products(
        self,
        region: str,
        clients: Sequence[Client],
        refused: set[str],
        outages: dict[str, Exception],
    ) -> Products | None:
        """Ask one account after the other for a region's products.

        Args:
            region: The region.
            clients: One per account, in the order in which they are asked.
            refused: Where to add the accounts that failed.
            outages: Where to add a failure of the price list itself, by partition.

        Returns:
            The first answer; None if there is none, which is noted as a failure.
        """
        errors = []
        for client in clients:
            try:
                training = partial(PriceList(client).training, region)
                return interruptible(training, self.host.check_signal)
            except Exception as error:  # noqa: BLE001 - it must stop no other stream
                self.logger.debug("%s: %s", client.scope, explain(error))
                errors.append(error)
                refused.add(client.scope.account_id)
                # All retries are spent, and the other accounts ask the same one.
                if sum(map(is_transient, errors)) == _OUTAGE:
                    outages[client.partition] = error
                    break
        where = region
        if len(errors) > 1:
            where += f", {len(errors)} accounts failed, the first"
        self._fail(where, errors[0])
        return None

    def _fail(self, where: str, error: Exception) -> None:
        """Note that a region's prices were not read, and go on."""
        failure = TapError(f"{self.name}, {where}: {explain(error)}")
        failure.__cause__ = error
        self.host.run.fail(failure)
        self.has_failed = True


def records_of(products: Products) -> tuple[list[Record], list[UnreadableError]]:
    """Make the records of prices.

    Args:
        products: The products of GetProducts, of any component of SageMaker's.

    Returns:
        Records of the stream `training_instance_prices`, one per region, instance
        type and currency, in that order; and why products are left out that cannot be
        read. Of several prices the one that took effect last wins; one that is not in
        effect yet wins only over those that take effect even later.
    """
    found: list[Record] = []
    unreadable: list[UnreadableError] = []
    for text in products.items:
        try:
            with readable("a product of the price list"):
                found += list(_prices(_parsed(text)))
        except UnreadableError as error:
            unreadable.append(error)
    found.sort(key=_date)
    future = [price for price in found if _date(price) > products.seen]
    in_effect = found[: len(found) - len(future)]
    by_key = {
        (price["region"], price["instance_type"], price["currency"]): price
        for price in (*reversed(future), *in_effect)
    }
    return [by_key[key] for key in sorted(by_key)], unreadable


def _date(price: Record) -> str:
    return price["effective_date"] or ""


def _parsed(text: Any) -> Any:
    """Read a product, which is JSON as text within the answer."""
    try:
        return json.loads(text)
    except (RecursionError, TypeError, ValueError) as error:
        raise OddError(str(error)) from error


def _prices(listed: Any) -> Iterator[Record]:
    """Give the hourly prices of a product, if it is on-demand training."""
    product = _inner(listed, "product")
    attributes = _inner(product, "attributes")
    instance_type = _trained_on(attributes)
    machine = {
        "vcpu": _count(attributes.get("vCpu")),
        "gpu": _count(attributes.get("gpu")),
        "memory": _said(attributes.get("memory")),
    }
    terms = members(members(listed.get("terms", {})).get("OnDemand", {}))
    if instance_type is None:
        return
    for term in terms.values():
        dimensions = _inner(term, "priceDimensions")
        date = term.get("effectiveDate")
        for dimension in map(members, dimensions.values()):
            unit = required_text(dimension, "unit").lower()
            if not unit.startswith(("hr", "hour")):
                continue
            for currency, price in _inner(dimension, "pricePerUnit").items():
                yield {
                    "region": storable(required_text(attributes, "regionCode")),
                    "instance_type": instance_type,
                    "currency": as_text(currency),
                    "price_per_hour": _price(price),
                    **machine,
                    "effective_date": None if date is None else timestamp(date),
                    "sku": storable(required_text(product, "sku")),
                    "description": text_or_none(dimension.get("description") or None),
                }


def _price(price: Any) -> float:
    value, instead = finite(price)
    if value is None:
        msg = f"{instead} is not a price"
        raise OddError(msg)
    return value


def _count(attribute: Any) -> float | None:
    """Read a number of the list's, which are text; None: it says something else."""
    try:
        count = float(attribute)
    except (TypeError, ValueError):
        return None
    return count if math.isfinite(count) else None


def _said(attribute: Any) -> str | None:
    """Read a text of the list's, which says `N/A` where it has none."""
    text = text_or_none(attribute or None)
    return None if text in ("NA", "N/A") else text


def _inner(value: Any, name: str) -> dict[str, Any]:
    """Get a structure out of another."""
    return members(required(members(value), name))


def _trained_on(attributes: dict[str, Any]) -> str | None:
    """Give the instance type of a product, if it is one that trains on demand."""
    if attributes.get("component") != "Training":
        return None
    name = str(attributes.get("instanceName") or attributes.get("instanceType"))
    name = name.removesuffix("-Training")  # as instanceType has it
    usage = _USAGE.fullmatch(as_text(attributes.get("usagetype", f"Train:{name}")))
    if not (_INSTANCE.fullmatch(name) and usage and usage["instance"] == name):
        return None
    return name
