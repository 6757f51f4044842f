"""Records of `training_instance_prices`, from cases, a price list and odd products."""

from __future__ import annotations

import copy
import itertools
import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_tuning_emulator.price_list import truth
from tap_sagemaker_tuning.aws.pricing import Products
from tap_sagemaker_tuning.streams.training_instance_prices import records_of
from tap_sagemaker_tuning.values import timestamp
from tests.case_files import assert_same, cases
from tests.schema_checks import assert_fits
from tests.strategies import odd

if TYPE_CHECKING:
    from tests.streams.conftest import Answers

STREAM = "training_instance_prices"
PRODUCT = next(
    json.loads(case.values[0]["given"][0])
    for case in cases(STREAM)
    if case.id == "training"
)


SEEN = "2026-03-02T09:00:00.000Z"


def read(*products: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The records of products, and the reasons for which others are left out."""
    prices, unreadable = records_of(Products([*map(json.dumps, products)], SEEN))
    for price in prices:
        assert_fits(STREAM, price)
    return prices, [str(error) for error in unreadable]


def priced(price: Any, date: str | None = None, **product: Any) -> dict[str, Any]:
    """The product with another price in US dollars, another date or other members."""
    made: dict[str, Any] = copy.deepcopy(PRODUCT)
    made["product"] |= product
    (term,) = made["terms"]["OnDemand"].values()
    term["effectiveDate"] = date
    (dimension,) = term["priceDimensions"].values()
    dimension["pricePerUnit"] = {"USD": price}
    return made


@pytest.mark.parametrize("case", cases(STREAM))
def test_cases(case: dict[str, Any]) -> None:
    """Products become prices of on-demand training that fit the schema."""
    prices, unreadable = records_of(Products(case["given"], SEEN))
    assert_same(prices, case["expect"])
    assert unreadable == []
    for price in prices:
        assert_fits(STREAM, price)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_whole_price_list(answers: Answers, region: str) -> None:
    """Over HTTP, a price list with everything the service sells gives the prices of
    training and nothing else."""
    prices, unreadable = records_of(answers.client.prices.training(region))
    assert unreadable == []
    listed = sorted(truth(answers.emulator.prices, region), key=itemgetter("sku"))
    assert len(prices) > 5
    assert sorted(prices, key=itemgetter("sku")) == [
        {
            **price,
            "price_per_hour": float(price["price_per_hour"] or 0),
            "vcpu": price["vcpu"] and float(price["vcpu"]),
            "gpu": price["gpu"] and float(price["gpu"]),
            "effective_date": timestamp(price["effective_date"] or ""),
        }
        for price in listed
    ]
    for price in prices:
        assert_fits(STREAM, price)


@given(st.just(PRODUCT).flatmap(odd))
def test_an_odd_product_costs_only_itself(product: Any) -> None:
    """A product with a member missing or of another type is left out or gives a record
    that fits, and the products beside it are read."""
    other = json.loads(json.dumps(PRODUCT).replace("ml.m5.large", "ml.c5.large"))
    prices, unreadable = read(product, other, product)
    types = [price["instance_type"] for price in prices]
    assert types.count("ml.c5.large") == 1
    assert len(unreadable) in {0, 2}


@pytest.mark.parametrize("price", ["NaN", "Infinity", "N/A", None], ids=repr)
def test_a_price_has_to_be_a_number(price: Any) -> None:
    """A price that is not a number is an odd product, not a price of 0."""
    prices, (why,) = read(priced(price))
    assert prices == []
    assert why.startswith("a product of the price list is malformed")
    assert why.endswith("is not a price")


def test_a_product_is_read_whole_or_not_at_all() -> None:
    """A product with one bad price has no prices at all."""
    product = priced("0.1")
    (term,) = product["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    dimension["pricePerUnit"]["CNY"] = "N/A"
    prices, unreadable = read(product)
    assert (prices, len(unreadable)) == ([], 1)


@pytest.mark.parametrize(
    "text", ["{", "null", "[]", '"text"', "[" * 100_000], ids=lambda text: text[:6]
)
def test_an_item_has_to_be_a_product(text: str) -> None:
    """An item that is not a product is left out with a reason."""
    prices, unreadable = records_of(Products([text, json.dumps(PRODUCT)], SEEN))
    assert len(prices) == len(unreadable) == 1


@pytest.mark.parametrize(
    "dates",
    [
        ["2026-03-01", "2026-02-01", None],
        ["2026-03-01", "2026-03-03", None],
        ["2026-03-01", "2026-04-01", "2026-02-01"],
        ["2026-03-02T09:00:00Z", "2026-03-02T09:00:01Z", "2026-03-01"],
        ["2026-03-03", "2026-03-04"],
        [None, "2026-04-01"],
    ],
)
def test_the_last_price_in_effect_wins(dates: list[str | None]) -> None:
    """The latest price in effect wins in any order, or else the first future one."""
    products = [priced(number, date) for number, date in enumerate(dates)]
    for order in itertools.permutations(products):
        (price,), unreadable = read(*order)
        assert (price["price_per_hour"], unreadable) == (0, [])
