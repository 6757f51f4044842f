"""The stream `training_instance_prices`: list prices of training instances per hour.

On-demand prices from the Price List Query API, without discounts or taxes.
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

    from singer_sdk.helpers.types import Context

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.pricing import Products
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.values import Record

_MOST_ASKED = 5
"""The most accounts to try per region; prices are the same for every account."""

_OUTAGE = 2
"""Accounts with transient failures before the tap stops asking a price list."""

_INSTANCE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9]+")
_USAGE = re.compile(r"(?:.*-)?Train(?:ing)?:(?P<instance>[^:]+)")  # fact 74
"""The usage type of on-demand training, such as USE1-Train:ml.m5.xlarge."""


class TrainingInstancePrices(TapStream):
    """The prices of all training instance types in the regions of the settings."""

    name = "training_instance_prices"
    primary_keys = ("region", "instance_type", "currency")
    operations = (GET_PRODUCTS,)

    @classmethod
    @override
    def check_state(cls, entry: Entry, filters: Filters) -> None:
        """Accept any state: this stream keeps none."""

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Yield the prices of each region; they are the same for every account."""
        by_region: dict[str, list[Client]] = {}
        for scope in self.host.run.scopes:
            by_region.setdefault(scope.scope.region, []).append(scope.client)
        refused: set[str] = set()
        outages: dict[str, Exception] = {}
        unreadable: list[UnreadableError] = []
        for region, clients in by_region.items():
            partition = clients[0].partition
            if not clients[0].prices.is_available:
                self.logger.warning(
                    "%s: no price list for partition %s; skipping", region, partition
                )
                continue
            if partition in outages:
                self._fail(region, outages[partition])
                continue
            # Try accounts that failed in another region last.
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
                "%s: skipped %d products that cannot be read; the first: %s",
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
        """Get a region's products, trying one account after the other.

        Args:
            region: The region.
            clients: One client per account, in the order to try them.
            refused: Gets the IDs of accounts that fail.
            outages: Gets, by partition, the error of a price list that fails for
                several accounts.

        Returns:
            The first answer; None if all accounts fail, which is noted as a failure
            of the stream.
        """
        errors = []
        for client in clients:
            try:
                training = partial(client.prices.training, region)
                return interruptible(training, self.host.check_signal)
            except Exception as error:  # noqa: BLE001 - must not stop other streams
                self.logger.debug("%s: %s", client.scope, explain(error))
                errors.append(error)
                refused.add(client.scope.account_id)
                # Retries are exhausted, and other accounts use the same price list.
                if sum(map(is_transient, errors)) == _OUTAGE:
                    outages[client.partition] = error
                    break
        where = region
        if len(errors) > 1:
            where += f", {len(errors)} accounts failed, the first"
        self._fail(where, errors[0])
        return None

    def _fail(self, where: str, error: Exception) -> None:
        """Note that a region's prices were not read, without stopping the sync."""
        failure = TapError(f"{self.name}, {where}: {explain(error)}")
        failure.__cause__ = error
        self.host.run.fail(failure)
        self.has_failed = True


def records_of(products: Products) -> tuple[list[Record], list[UnreadableError]]:
    """Make the records of prices.

    Args:
        products: Products from GetProducts, of any SageMaker component.

    Returns:
        Records of the stream `training_instance_prices`, one per region, instance
        type and currency, sorted by these; and an error for each product that cannot
        be read. If a key has several prices, the one that took effect last wins. If
        none is in effect yet, the one that takes effect first wins.
    """
    prices: list[Record] = []
    unreadable: list[UnreadableError] = []
    for text in products.items:
        try:
            with readable("a product of the price list"):
                prices += list(_prices(_parsed(text)))
        except UnreadableError as error:
            unreadable.append(error)
    prices.sort(key=_date)
    future = [price for price in prices if _date(price) > products.seen]
    in_effect = prices[: len(prices) - len(future)]
    by_key = {
        (price["region"], price["instance_type"], price["currency"]): price
        for price in (*reversed(future), *in_effect)
    }
    return [by_key[key] for key in sorted(by_key)], unreadable


def _date(price: Record) -> str:
    return price["effective_date"] or ""


def _parsed(text: Any) -> Any:
    """Parse a product: the answer holds each as a string of JSON."""
    try:
        return json.loads(text)  # fact 76
    except (RecursionError, TypeError, ValueError) as error:
        raise OddError(str(error)) from error


def _prices(listed: Any) -> Iterator[Record]:
    """Yield a product's hourly prices if it is on-demand training."""
    product = _inner(listed, "product")
    attributes = _inner(product, "attributes")
    instance_type = _trained_on(attributes)
    machine = {
        "vcpu": _count(attributes.get("vCpu")),  # fact 86
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
            for currency, price in _inner(dimension, "pricePerUnit").items():  # fact 75
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
    """Parse a number, which the price list has as text; None if it is not one."""
    try:
        count = float(attribute)
    except (TypeError, ValueError):
        return None
    return count if math.isfinite(count) else None


def _said(attribute: Any) -> str | None:
    """Read a text; None for the `NA` or `N/A` of the price list."""
    text = text_or_none(attribute or None)
    return None if text in ("NA", "N/A") else text


def _inner(value: Any, name: str) -> dict[str, Any]:
    """Get a structure that is a required member of another."""
    return members(required(members(value), name))


def _trained_on(attributes: dict[str, Any]) -> str | None:
    """The instance type of an on-demand training product; None for any other."""
    if attributes.get("component") != "Training":
        return None
    # Fact 73.
    name = str(attributes.get("instanceName") or attributes.get("instanceType"))
    name = name.removesuffix("-Training")  # instanceType can have this suffix
    usage = _USAGE.fullmatch(as_text(attributes.get("usagetype", f"Train:{name}")))
    if not (_INSTANCE.fullmatch(name) and usage and usage["instance"] == name):
        return None
    return name
