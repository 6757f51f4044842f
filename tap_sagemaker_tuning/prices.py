"""On-demand list prices of training instances, out of the Price List Query API."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.records import storable, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_sagemaker_tuning.records import Record

_INSTANCE = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9]+")
_USAGE = re.compile(r"(?:.*-)?Train:(?P<instance>[^:]+)")
"""Of on-demand training: USE1-Train:ml.m5.xlarge."""


def training_instance_prices(products: Iterable[str]) -> list[Record]:
    """Make the records of prices.

    Args:
        products: The items of the PriceList of GetProducts, JSON as text, of any
            component of SageMaker's.

    Returns:
        Records of the stream `training_instance_prices`, one a region, instance type
        and currency, in that order: of several the one in effect last.
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
                    "region": attributes["regionCode"],
                    "instance_type": instance_type,
                    "currency": currency,
                    "price_per_hour": float(price),
                    "effective_date": None if date is None else timestamp(date),
                    "sku": product["product"]["sku"],
                    "description": storable(dimension.get("description", "")) or None,
                }


def _trained_on(attributes: dict[str, Any]) -> str | None:
    """Give the instance type of a product, if it is one that trains on demand."""
    if attributes.get("component") != "Training":
        return None
    usage = _USAGE.fullmatch(attributes["usagetype"])
    name = str(attributes.get("instanceName") or attributes.get("instanceType"))
    name = name.removesuffix("-Training")  # as instanceType has it
    if not (_INSTANCE.fullmatch(name) and usage and usage["instance"] == name):
        return None
    return name
