"""Facts about the price list."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.fact import ASSUMED, DOCS, Calls, fact
from sagemaker_tuning_contract.facts.values import is_number
from tap_sagemaker_tuning.aws.operations import GET_PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Item, Recording

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_USAGE = re.compile(r"(?:.*-)?Train(?:ing)?:([^:]+)")
_CURRENCIES = {"USD", "CNY"}
_SUFFIX = "-Training"


def _attributes(seen: Recording) -> Iterator[tuple[Item, Item]]:
    """The attributes of each product, and the filters of its request."""
    for page in seen.answers(GET_PRODUCTS):
        asked = {each["Field"]: each["Value"] for each in page.request["Filters"]}
        for item in page.items:
            yield _parsed(item)["product"]["attributes"], asked


def _parsed(item: Any) -> Any:
    """Parse a product, which is a string of JSON."""
    return json.loads(item) if isinstance(item, str) else item


@fact(
    72,
    "Filtered by regionCode and component, the price list returns only products that "
    "match.",
    source=ASSUMED,
    needs={Calls.PRICES},
    breaks="Nothing is lost: the tap checks both itself. But it would take more calls.",
)
def filters(seen: Recording) -> Iterator[bool]:
    """Each product."""
    for attributes, asked in _attributes(seen):
        yield all(attributes.get(name) == value for name, value in asked.items())


@fact(
    73,
    "A training product has its instance type in instanceName, or else in "
    "instanceType, which can end with -Training.",
    source=ASSUMED,
    needs={Calls.PRICES},
    breaks="Its price would be missing from training_instance_prices, and the cost of "
    "its trials would be null.",
)
def instance_types(seen: Recording) -> Iterator[bool]:
    """Each product, and whether any has an instance type."""
    has_any = None
    for attributes, _ in _attributes(seen):
        has_any = bool(has_any)
        kind = attributes.get("instanceType")
        name = str(attributes.get("instanceName", kind))
        if name.startswith("ml."):
            has_any = True
            yield kind is None or kind.removesuffix(_SUFFIX) == name.removesuffix(
                _SUFFIX
            )
        else:
            yield not kind
    if has_any is not None:
        yield has_any


@fact(
    74,
    "Exactly one priced product of each instance type is on-demand training: its "
    "usagetype ends with Train or Training, a colon and the instance type.",
    source=ASSUMED,
    needs={Calls.PRICES},
    breaks="Its price would be missing from training_instance_prices, or there would "
    "be several to choose from.",
)
def usage_types(seen: Recording) -> Iterator[bool]:
    """Each instance type; without such a product, only if all products were listed."""
    for listing in seen.listings(GET_PRODUCTS):
        kinds: Counter[str] = Counter()
        for item in listing.items:
            product = _parsed(item)
            shown = product["product"]["attributes"]
            name = str(shown.get("instanceName") or shown.get("instanceType"))
            kind = name.removesuffix(_SUFFIX)
            if kind.startswith("ml.") and product.get("terms", {}).get("OnDemand"):
                usage = _USAGE.fullmatch(str(shown.get("usagetype")))
                kinds[kind] += usage is not None and usage[1] == kind
        for count in kinds.values():
            if count or listing.has_ended:
                yield count == 1


@fact(
    75,
    "A product has at most one on-demand term, with one hourly price in USD or CNY and "
    "the date from which it is in effect.",
    source=DOCS,
    needs={Calls.PRICES},
    breaks="Prices, and the costs in the models, would be wrong or missing.",
)
def terms(seen: Recording) -> Iterator[bool]:
    """Each product of an instance type that has a price."""
    for page in seen.answers(GET_PRODUCTS):
        for item in page.items:
            product = _parsed(item)
            on_demand = product.get("terms", {}).get("OnDemand", {})
            kind = product["product"]["attributes"].get("instanceType")
            if on_demand and kind:
                yield len(on_demand) == 1 and all(map(_is_price, on_demand.values()))


def _is_price(term: Item) -> bool:
    (price,) = term["priceDimensions"].values()
    date = term["effectiveDate"]
    amounts = price["pricePerUnit"]
    return (
        price["unit"].lower().startswith(("hr", "hour"))
        and amounts.keys() <= _CURRENCIES
        and all(is_number(float(amount)) for amount in amounts.values())
        and _DATE.match(date) is not None
    )


@fact(
    76,
    "A product is a string of JSON with sku and attributes.",
    source=DOCS,
    needs={Calls.PRICES},
    breaks="No price could be read.",
)
def products(seen: Recording) -> Iterator[bool]:
    """Each product."""
    for page in seen.answers(GET_PRODUCTS):
        for item in page.items:
            product = _parsed(item)["product"]
            yield isinstance(item, str) and {"attributes", "sku"} <= product.keys()


@fact(
    86,
    "The price list has the vCPUs and the memory of instance types.",
    source=ASSUMED,
    needs={Calls.PRICES},
    breaks="vcpu and memory in training_instance_prices would be null, and so would "
    "the shares in hardware_utilisation.",
)
def machines(seen: Recording) -> Iterator[bool]:
    """All products with an instance type together, since some can lack them."""
    agreeing = [
        {"vCpu", "memory"} <= attributes.keys()
        for attributes, _ in _attributes(seen)
        if attributes.get("instanceName", "").startswith("ml.")
    ]
    if agreeing:
        yield any(agreeing)
