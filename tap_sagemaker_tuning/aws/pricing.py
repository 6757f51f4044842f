"""Lists the prices of training in a region, from the Price List Query API.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_sagemaker_tuning.aws.operations import GET_PRODUCTS
from tap_sagemaker_tuning.aws.pages import checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_sagemaker_tuning.aws.scope import Scope

ENDPOINTS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1"}
"""The region of each partition's price list; other partitions have none."""


class Products(NamedTuple):
    """Products of a price list, each as JSON text, and the service's time."""

    items: list[Any]
    seen: str


class PriceList:
    """The price list of a partition."""

    def __init__(
        self, scope: Scope, partition: str, connect: Callable[[str, str], Any]
    ) -> None:
        """Prepare to call it.

        Args:
            scope: The account whose credentials are used, and a region.
            partition: The partition of that region.
            connect: Returns a boto3 client for a service in a region.
        """
        self._scope = scope
        self._partition = partition
        self._connect = connect

    @property
    def is_available(self) -> bool:
        """Whether the partition has a price list."""
        return self._partition in ENDPOINTS

    def training(self, region: str, at_most: int | None = None) -> Products:
        """List the products of a region whose component is training.

        Args:
            region: The region, such as `eu-west-1`.
            at_most: The most products to list; None: all.

        Returns:
            The products. A region has some two hundred, which takes two calls.
        """
        api = self._connect("pricing", ENDPOINTS[self._partition])
        matches = {"regionCode": region, "component": "Training"}  # fact 72
        pages = api.get_paginator(GET_PRODUCTS.method).paginate(
            ServiceCode="AmazonSageMaker",
            Filters=[
                {"Type": "TERM_MATCH", "Field": field, "Value": value}
                for field, value in matches.items()
            ],
            PaginationConfig={
                "PageSize": at_most or GET_PRODUCTS.page_limit,
                "MaxItems": at_most,
            },
        )
        products = Products([], "")
        for page in checked(GET_PRODUCTS, pages, self._scope):
            products = Products(products.items + page.items, page.seen)
        return products
