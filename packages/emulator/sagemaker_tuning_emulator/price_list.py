"""The price list: hourly prices of instance types, and decoys.

There is no public recording of the real one. Shape and names are those that public code
reads: an `instanceName`, an `instanceType` with its component as a suffix, and one
on-demand term with one price dimension.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator.machines import machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SERVICE = "AmazonSageMaker"
CHINA = "cn-"
YUAN = Decimal("6.6")
REGIONS: Mapping[str, tuple[str, str]] = {
    "us-east-1": ("US East (N. Virginia)", "1"),
    "us-east-2": ("US East (Ohio)", "1"),
    "us-west-2": ("US West (Oregon)", "1"),
    "eu-west-1": ("EU (Ireland)", "1.07"),
    "eu-central-1": ("EU (Frankfurt)", "1.2"),
    "ap-southeast-2": ("Asia Pacific (Sydney)", "1.25"),
    "cn-north-1": ("China (Beijing)", "1.3"),
    "cn-northwest-1": ("China (Ningxia)", "1.1"),
}
"""Each region's name in the price list, and its price factor."""

TYPES: Mapping[str, str] = {
    "ml.m4.xlarge": "0.24",
    "ml.m5.large": "0.115",
    "ml.m5.xlarge": "0.23",
    "ml.m5.4xlarge": "0.922",
    "ml.c5.xlarge": "0.204",
    "ml.g4dn.xlarge": "0.7364",
    "ml.p3.2xlarge": "3.825",
}
"""Each instance type's price per hour of training, in US dollars."""

OLD_FORM = "ml.m4.xlarge"
"""Listed like older products: no `instanceName`, and `instanceType` without suffix."""

UNKNOWN = "N/A"
"""The list's value for what is unknown, or what a machine does not have."""

WITHOUT_GPU = frozenset({"ml.c5.xlarge", "ml.m5.large"})
"""Machines without GPUs for which the list omits `gpu`."""

DECOYS: Mapping[str, str] = {
    "Hosting": "1.1",
    "Notebook": "1.05",
    "Processing": "1.02",
    "Spot Training": "0.3",
    "Training Warm Pool": "0.9",
}
"""Components other than training, and their price factors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A product of the price list with its on-demand price.

    Attributes:
        region: `regionCode`.
        instance_type: Such as `ml.m5.xlarge`; None for a volume.
        per_unit: The price, as text; None for a product without on-demand term.
        component: `Training`, or another component.
        currency: Currency of the price.
        unit: `Hrs`, or `GB-Mo` for a volume.
        effective: `effectiveDate` of the price.
        old_form: Whether `instanceName` is missing and `instanceType` has no suffix.
        vcpu: `vCpu`, as text; None to omit it.
        memory: `memory`, as text; None to omit it.
        gpu: `gpu`, as text; None to omit it.
    """

    region: str
    instance_type: str | None
    per_unit: str | None
    component: str = "Training"
    currency: str = "USD"
    unit: str = "Hrs"
    effective: str = "2026-01-01T00:00:00Z"
    old_form: bool = False
    vcpu: str | None = None
    memory: str | None = None
    gpu: str | None = None

    @property
    def sku(self) -> str:
        """Its `sku`, which is different for each product."""
        text = f"{self.region}/{self.instance_type}/{self.component}/{self.unit}"
        digest = hashlib.sha256(f"{text}/{self.old_form}".encode()).hexdigest()
        return digest[:16].upper()

    @property
    def description(self) -> str:
        """The description of its price dimension."""
        where = REGIONS.get(self.region, (self.region, ""))[0]
        what = f"{self.component} {self.instance_type} hour"
        if self.instance_type is None:
            what = f"GB-Mo of {self.component} Job ML storage"
        sign = "CNY " if self.currency == "CNY" else "$"
        return f"{sign}{self.per_unit} per {what} in {where}"

    def attributes(self) -> dict[str, str]:
        """Return its `product.attributes`."""
        suffix = self.component.replace(" ", "")
        shown = {
            "servicecode": SERVICE,
            "servicename": "Amazon SageMaker",
            "regionCode": self.region,
            "location": REGIONS.get(self.region, (self.region, ""))[0],
            "locationType": "AWS Region",
            "component": self.component,
            "operation": "RunInstance" if self.instance_type else "CreateVolume-Gp2",
            "usagetype": f"{self.region}-{suffix}:{self.instance_type or 'Volume'}",
        }
        if self.instance_type is None:
            return {**shown, "volumeType": "General Purpose-Hosting"}
        shown |= {
            "currentGeneration": "Yes",
            "computeType": "Standard Instances",
            "platoinstancename": self.instance_type.split(".")[1],
        }
        machine = {"vCpu": self.vcpu, "memory": self.memory, "gpu": self.gpu}
        shown |= {name: text for name, text in machine.items() if text is not None}
        if self.old_form:
            return {**shown, "instanceType": self.instance_type}
        return {
            **shown,
            "instanceName": self.instance_type,
            "instanceType": f"{self.instance_type}-{suffix}",
        }

    def item(self) -> str:
        """Return the product as an item of `PriceList`, which is a JSON string."""
        family = "ML Instance" if self.instance_type else "ML Storage"
        terms: dict[str, Any] = {}
        if self.per_unit is not None:
            offer, rate = f"{self.sku}.JRTCKXETXF", f"{self.sku}.JRTCKXETXF.6YS6EN2CT7"
            dimension = {
                "unit": self.unit,
                "beginRange": "0",
                "endRange": "Inf",
                "description": self.description,
                "appliesTo": [],
                "rateCode": rate,
                "pricePerUnit": {self.currency: self.per_unit},
            }
            term = {
                "sku": self.sku,
                "offerTermCode": "JRTCKXETXF",
                "effectiveDate": self.effective,
                "priceDimensions": {rate: dimension},
                "termAttributes": {},
            }
            terms = {"OnDemand": {offer: term}}
        shown = {
            "product": {
                "productFamily": family,
                "attributes": self.attributes(),
                "sku": self.sku,
            },
            "serviceCode": SERVICE,
            "terms": terms,
            "version": "20260101000000",
            "publicationDate": self.effective,
        }
        return json.dumps(shown)


def usual() -> list[Price]:
    """Return the default price list: some regions and instance types, and decoys."""
    return [price for region in REGIONS for price in _of(region)]


def truth(prices: list[Price], region: str) -> list[dict[str, str | None]]:
    """Return the hourly prices of training that a full read of a region should find."""
    return [
        {
            "region": price.region,
            "instance_type": price.instance_type,
            "currency": price.currency,
            "price_per_hour": price.per_unit,
            "vcpu": price.vcpu,
            "gpu": None if price.gpu == UNKNOWN else price.gpu,
            "memory": None if price.memory == UNKNOWN else price.memory,
            "effective_date": price.effective,
            "sku": price.sku,
            "description": price.description,
        }
        for price in prices
        if price.region == region
        and price.component == "Training"
        and price.instance_type is not None
        and price.per_unit is not None
    ]


def _of(region: str) -> Iterator[Price]:
    china = region.startswith(CHINA)
    currency = "CNY" if china else "USD"
    factor = Decimal(REGIONS[region][1]) * (YUAN if china else 1)

    def text(*factors: str) -> str:
        price = factor
        for each in factors:
            price *= Decimal(each)
        return f"{price:.10f}"

    for kind, dollars in TYPES.items():
        for component, decoy in DECOYS.items():
            yield Price(
                region=region,
                instance_type=kind,
                per_unit=text(dollars, decoy),
                component=component,
                currency=currency,
                **_size(kind),
            )
        yield Price(
            region=region,
            instance_type=kind,
            per_unit=text(dollars),
            currency=currency,
            old_form=kind == OLD_FORM,
            **_size(kind),
        )
    yield Price(
        region=region,
        instance_type=None,
        per_unit=text("0.14"),
        currency=currency,
        unit="GB-Mo",
    )
    yield Price(region=region, instance_type="ml.t3.quartermicro", per_unit=None)


def _size(kind: str) -> dict[str, Any]:
    """Return the fields of a `Price` about the machine."""
    if kind == OLD_FORM:
        return {"memory": UNKNOWN}
    size = machine(kind)
    told = {"vcpu": str(size.vcpu), "memory": f"{size.memory_gib} GiB"}
    if size.gpu or kind not in WITHOUT_GPU:
        told["gpu"] = str(size.gpu or UNKNOWN)
    return told
