"""GetProducts has the hourly price of training, among much else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault, Price

from .calling import refused
from .conforming import flaws

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator

    from .calling import Client, Connect

SERVICE = {"ServiceCode": "AmazonSageMaker"}


def match(field: str, value: str, kind: str = "TERM_MATCH") -> dict[str, str]:
    """A filter."""
    return {"Type": kind, "Field": field, "Value": value}


TRAINING = [match("regionCode", "eu-west-1"), match("component", "Training")]


@pytest.fixture
def pricing(connect: Connect) -> Client:
    """A client of the price list."""
    return connect("pricing")


def products(
    client: Client, *filters: dict[str, str], **params: object
) -> list[dict[str, Any]]:
    """All products of all pages, decoded."""
    pages = client.get_paginator("get_products").paginate(
        **SERVICE, Filters=list(filters), **params
    )
    return [json.loads(item) for page in pages for item in page["PriceList"]]


def hourly(product: dict[str, Any]) -> dict[str, str]:
    """The hourly price of a product's only dimension."""
    (term,) = product["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    assert dimension["unit"] == "Hrs"
    prices: dict[str, str] = dimension["pricePerUnit"]
    return prices


def test_training_prices(emulator: Emulator, pricing: Client) -> None:
    """Each instance type for training has an hourly price; there are also products
    without one."""
    emulator.scope("123456789012", "eu-west-1")
    found = products(pricing, *TRAINING)
    instances = [
        product
        for product in found
        if product["product"]["productFamily"] == "ML Instance" and product["terms"]
    ]
    truth = emulator.details()["123456789012/eu-west-1"]["prices"]
    assert [hourly(each)["USD"] for each in instances] == [
        each["price_per_hour"] for each in truth
    ]
    assert [each["product"]["sku"] for each in instances] == [
        each["sku"] for each in truth
    ]
    dollars = {each["instance_type"]: each["price_per_hour"] for each in truth}
    assert dollars["ml.m5.xlarge"] == "0.2461000000"
    assert len(found) == len(instances) + 2


def test_names_of_instances(pricing: Client) -> None:
    """The instance type has its component as a suffix beside a name, or stands
    alone."""
    shown = {
        (attributes.get("instanceName"), attributes.get("instanceType"))
        for product in products(pricing, *TRAINING)
        for attributes in [product["product"]["attributes"]]
    }
    assert ("ml.m5.xlarge", "ml.m5.xlarge-Training") in shown
    assert (None, "ml.m4.xlarge") in shown


def test_decoys(pricing: Client) -> None:
    """The same instance has other prices for hosting, notebooks and spot."""
    found = products(
        pricing,
        match("regionCode", "us-east-1"),
        match("instanceName", "ml.m5.xlarge"),
    )
    prices = {
        each["product"]["attributes"]["component"]: hourly(each)["USD"]
        for each in found
    }
    assert prices["Training"] == "0.2300000000"
    assert {"Hosting", "Notebook", "Spot Training"} < prices.keys()
    assert len(set(prices.values())) == len(prices)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("TERM_MATCH", "training", {"Training"}),
        ("EQUALS", "training", set()),
        ("CONTAINS", "training", {"Training", "Spot Training", "Training Warm Pool"}),
        ("ANY_OF", "Hosting,Notebook", {"Hosting", "Notebook"}),
        (
            "NONE_OF",
            "Hosting,Notebook,Processing,Spot Training,Training",
            {"Training Warm Pool"},
        ),
    ],
)
def test_filters(pricing: Client, kind: str, value: str, expected: set[str]) -> None:
    """Each type of filter compares in its own way."""
    found = products(pricing, match("component", value, kind))
    assert {each["product"]["attributes"]["component"] for each in found} == expected


def test_pages(emulator: Emulator, pricing: Client) -> None:
    """Pages, including empty ones, add up to the list, and conform to the model."""
    whole = products(pricing)
    emulator.faults.add(Fault("empty_pages", operation="GetProducts"))
    assert products(pricing, MaxResults=50) == whole
    page = pricing.get_products(**SERVICE)
    del page["ResponseMetadata"]
    assert flaws("GetProducts", page, "pricing") == []


def test_china(connect: Connect) -> None:
    """China's list has only China's regions, in its own currency."""
    found = products(connect("pricing", region="cn-northwest-1"), *TRAINING[1:])
    regions = {each["product"]["attributes"]["regionCode"] for each in found}
    instances = [
        each["terms"]["OnDemand"].values()
        for each in found
        if each["product"]["attributes"].get("instanceName") == "ml.m5.xlarge"
    ]
    assert regions == {"cn-north-1", "cn-northwest-1"}
    assert len(instances) == 2
    assert "CNY" in json.dumps(found)
    assert "USD" not in json.dumps([each["terms"] for each in found])


def test_a_product_without_a_price(pricing: Client) -> None:
    """A product can exist without on-demand terms."""
    found = products(pricing, match("instanceName", "ml.t3.quartermicro"))
    assert [each["terms"] for each in found] == [{}] * len(found) != []


def test_own_prices(emulator: Emulator, pricing: Client) -> None:
    """A test can set its own price list."""
    emulator.prices = [
        Price(region="eu-west-1", instance_type="ml.p6.xlarge", per_unit="9.5")
    ]
    (only,) = products(pricing, *TRAINING)
    assert hourly(only) == {"USD": "9.5"}
    assert "$9.5 per Training ml.p6.xlarge hour in EU (Ireland)" in json.dumps(only)


def test_refusals(emulator: Emulator, pricing: Client, connect: Connect) -> None:
    """Another service, a region without a list, and a denial each have their error."""
    code, _, _ = refused(pricing.get_products, ServiceCode="AmazonEC2")
    assert code == "InvalidParameterException"
    elsewhere = connect("pricing", region="eu-west-1")
    code, _, _ = refused(elsewhere.get_products, **SERVICE)
    assert code == "UnrecognizedClientException"
    emulator.faults.add(Fault("deny", operation="GetProducts"))
    code, message, _ = refused(pricing.get_products, **SERVICE)
    assert code == "AccessDeniedException"
    assert "perform: pricing:GetProducts because" in message


def test_only_a_fault_that_names_it_strikes(
    emulator: Emulator, pricing: Client, client: Client
) -> None:
    """SageMaker's faults do not affect the price list; its calls are recorded."""
    emulator.faults.add(Fault("error"))
    pricing.get_products(**SERVICE)
    refused(client.list_hyper_parameter_tuning_jobs)
    assert [(call.operation, call.status) for call in emulator.calls] == [
        ("GetProducts", 200),
        ("ListHyperParameterTuningJobs", 500),
    ]


def test_machines(pricing: Client) -> None:
    """A product describes its instance as text; missing values are N/A or absent."""
    found = {
        attributes["instanceType"].removesuffix("-Training"): [
            attributes.get(name) for name in ("vCpu", "memory", "gpu")
        ]
        for product in products(pricing, *TRAINING)
        for attributes in [product["product"]["attributes"]]
        for _ in attributes.get("instanceType", "").splitlines()
    }
    assert found["ml.p3.2xlarge"] == ["8", "61 GiB", "1"]
    assert found["ml.m5.4xlarge"] == ["16", "64 GiB", "N/A"]
    assert found["ml.m5.large"] == ["2", "8 GiB", None]
    assert found["ml.m4.xlarge"] == [None, "N/A", None]
