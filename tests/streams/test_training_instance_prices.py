"""Records of `training_instance_prices`: cases, a price list, and odd products."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.price_list import truth
from tap_sagemaker_tuning.aws.pricing import PriceList
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.streams.training_instance_prices import records_of
from tap_sagemaker_tuning.values import timestamp
from tests.drawn import odd
from tests.fitting import assert_fits
from tests.given import assert_same, cases

if TYPE_CHECKING:
    from tests.streams.conftest import Answers

STREAM = "training_instance_prices"
PRODUCT = next(
    json.loads(case.values[0]["given"][0])
    for case in cases(STREAM)
    if case.id == "training"
)


@pytest.mark.parametrize("case", cases(STREAM))
def test_cases(case: dict[str, Any]) -> None:
    """Products become the prices of on-demand training, which fit their schema."""
    prices = records_of(case["given"])
    assert_same(prices, case["expect"])
    for price in prices:
        assert_fits(STREAM, price)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_whole_price_list(answers: Answers, region: str) -> None:
    """Over HTTP: of all that the service sells, what training costs, and no decoy."""
    prices = records_of(PriceList(answers.client).training(region))
    listed = sorted(truth(answers.emulator.prices, region), key=itemgetter("sku"))
    assert len(prices) > 5
    assert sorted(prices, key=itemgetter("sku")) == [
        {
            **price,
            "price_per_hour": float(price["price_per_hour"]),
            "effective_date": timestamp(price["effective_date"]),
        }
        for price in listed
    ]
    for price in prices:
        assert_fits(STREAM, price)


@given(st.just(PRODUCT).flatmap(odd))
def test_an_odd_product_fits_or_is_refused(product: Any) -> None:
    """Whatever is absent or of another kind: no record that does not fit."""
    try:
        with readable("the price list"):
            prices = records_of([json.dumps(product)])
    except UnreadableError:
        return
    for price in prices:
        assert_fits(STREAM, price)


@pytest.mark.parametrize("price", ["NaN", "Infinity", "a dollar", None], ids=repr)
def test_a_price_has_to_be_a_number(price: Any) -> None:
    """What is none is no price, and surely not nothing."""
    product = json.loads(json.dumps(PRODUCT))
    (term,) = product["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    dimension["pricePerUnit"] = {"USD": price}
    with pytest.raises(ValueError, match="is not a price"):
        records_of([json.dumps(product)])
