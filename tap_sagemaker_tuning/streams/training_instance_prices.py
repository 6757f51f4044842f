"""The stream `training_instance_prices`: what an hour of training costs, as listed.

On-demand list prices, out of the Price List Query API: no discounts, no taxes.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.errors import explain
from tap_sagemaker_tuning.aws.operations import GET_PRODUCTS
from tap_sagemaker_tuning.aws.pricing import ENDPOINTS, PriceList
from tap_sagemaker_tuning.exceptions import TapError, readable
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.sync.watched import watched
from tap_sagemaker_tuning.values import as_text, finite, text_or_none, timestamp

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.values import Record

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
        """Give the prices of each region, asked for once, whatever the account."""
        run = self.host.run
        by_region: dict[str, Client] = {}
        for client in run.clients:
            by_region.setdefault(client.scope.region, client)
        for region, client in by_region.items():
            if client.partition not in ENDPOINTS:
                self.logger.warning(
                    "%s: no price list tells of the partition %s",
                    region,
                    client.partition,
                )
                continue
            price_list = PriceList(client)
            try:
                products = watched(
                    partial(price_list.training, region), self.host.check_signal
                )
                with readable("the price list"):
                    prices = records_of(products)
            except Exception as error:  # noqa: BLE001 - it must stop no other stream
                msg = f"{self.name}, {region}: {explain(error)}"
                failure = TapError(msg)
                failure.__cause__ = error
                run.fail(None, None, failure)
                self.has_failed = True
                continue
            yield from prices


def records_of(products: Iterable[str]) -> list[Record]:
    """Make the records of prices.

    Args:
        products: The items of the PriceList of GetProducts, JSON as text, of any
            component of SageMaker's.

    Returns:
        Records of the stream `training_instance_prices`, one per region, instance
        type and currency, in that order: of several the one in effect last.
    """
    found = [price for text in products for price in _prices(json.loads(text))]
    found.sort(key=lambda price: price["effective_date"] or "")
    by_key = {
        (price["region"], price["instance_type"], price["currency"]): price
        for price in found
    }
    return [by_key[key] for key in sorted(by_key)]


def _prices(product: dict[str, Any]) -> Iterator[Record]:
    """Give the hourly prices of a product, if it is on-demand training."""
    attributes = product["product"]["attributes"]
    instance_type = _trained_on(attributes)
    terms = product.get("terms", {}).get("OnDemand", {})
    if instance_type is None:
        return
    for term in terms.values():
        date = term.get("effectiveDate")
        for dimension in term["priceDimensions"].values():
            if not dimension["unit"].lower().startswith(("hr", "hour")):
                continue
            for currency, price in dimension["pricePerUnit"].items():
                yield {
                    "region": as_text(attributes["regionCode"]),
                    "instance_type": instance_type,
                    "currency": as_text(currency),
                    "price_per_hour": _price(price),
                    "effective_date": None if date is None else timestamp(date),
                    "sku": as_text(product["product"]["sku"]),
                    "description": text_or_none(dimension.get("description") or None),
                }


def _price(price: Any) -> float:
    value, instead = finite(price)
    if value is None:
        msg = f"{instead} is not a price"
        raise ValueError(msg)
    return value


def _trained_on(attributes: dict[str, Any]) -> str | None:
    """Give the instance type of a product, if it is one that trains on demand."""
    if attributes.get("component") != "Training":
        return None
    name = str(attributes.get("instanceName") or attributes.get("instanceType"))
    name = name.removesuffix("-Training")  # as instanceType has it
    usage = _USAGE.fullmatch(attributes.get("usagetype", f"Train:{name}"))
    if not (_INSTANCE.fullmatch(name) and usage and usage["instance"] == name):
        return None
    return name
