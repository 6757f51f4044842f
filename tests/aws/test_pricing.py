"""The price list, over real HTTP to the emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import PaginationError

from sagemaker_tuning_emulator import Fault
from tap_sagemaker_tuning.aws.operations import GET_PRODUCTS
from tap_sagemaker_tuning.exceptions import NoResultError

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.aws.client import Client
    from tests.aws.conftest import Open


@pytest.mark.parametrize(
    ("region", "asked"),
    [("eu-west-1", "us-east-1"), ("cn-north-1", "cn-northwest-1")],
)
def test_it_is_asked_where_its_partition_has_one(
    emulator: Emulator, connect: Open, region: str, asked: str
) -> None:
    """One region of a partition has the prices of all its regions."""
    (client,) = connect(regions=[region])
    client.prices.training(region)
    assert {call.region for call in emulator.calls} == {asked}


def test_only_training_is_asked_for(emulator: Emulator, client: Client) -> None:
    """The service itself leaves out hosting and the like, so a list takes one or two
    calls."""
    products = client.prices.training("us-east-1")
    components = {
        json.loads(text)["product"]["attributes"]["component"]
        for text in products.items
    }
    assert components == {"Training"}
    assert len(emulator.calls) in {1, 2}
    assert {call.operation for call in emulator.calls} == {GET_PRODUCTS.name}


def test_pages_are_followed(emulator: Emulator, client: Client) -> None:
    """Pages are followed, even empty ones."""
    whole = client.prices.training("us-east-1")
    assert len(whole.items) > 5
    emulator.faults.add(Fault("empty_pages", operation=GET_PRODUCTS.name))
    assert client.prices.training("us-east-1") == whole


def test_one_is_enough_to_test(emulator: Emulator, client: Client) -> None:
    """A connection test requests one product with one call."""
    assert len(client.prices.training("us-east-1", at_most=1).items) == 1
    (call,) = emulator.calls
    assert call.params["MaxResults"] == 1


@pytest.mark.usefixtures("waits")
def test_a_proxys_page_is_no_price_list(emulator: Emulator, client: Client) -> None:
    """A response with status 200 but without a price list is an error, not a region
    without prices."""
    emulator.faults.add(Fault("html", operation=GET_PRODUCTS.name))
    with pytest.raises(NoResultError, match="GetProducts"):
        client.prices.training("us-east-1")


@pytest.mark.parametrize("tokens", ["A", "AB", "ABC"])
def test_tokens_in_a_circle_end(
    emulator: Emulator, client: Client, tokens: str
) -> None:
    """A repeated token ends the listing with an error."""
    pages = [{"PriceList": [], "NextToken": token} for token in tokens * 50]
    emulator.serve(GET_PRODUCTS.name, [(200, {}, page) for page in pages])
    with pytest.raises(PaginationError, match="same"):
        client.prices.training("us-east-1")
    assert len(emulator.calls) == len(tokens) + 1


def test_the_time_is_the_services(client: Client) -> None:
    """The service's clock, not this machine's, decides which prices are in effect."""
    seen = client.prices.training("us-east-1").seen
    assert seen == "2026-03-02T09:00:00.000Z"
