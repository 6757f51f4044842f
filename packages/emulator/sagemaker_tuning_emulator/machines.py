"""Sizes of instance types, for the price list and for utilization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Machine:
    """The size of an instance.

    Attributes:
        vcpu: Number of vCPUs.
        memory_gib: Memory in GiB.
        gpu: Number of GPUs.
    """

    vcpu: int
    memory_gib: int
    gpu: int = 0


_MACHINES: Mapping[str, Machine] = {
    "ml.m4.xlarge": Machine(4, 16),
    "ml.m5.large": Machine(2, 8),
    "ml.m5.xlarge": Machine(4, 16),
    "ml.m5.4xlarge": Machine(16, 64),
    "ml.c5.xlarge": Machine(4, 8),
    "ml.g4dn.xlarge": Machine(4, 16, 1),
    "ml.p3.2xlarge": Machine(8, 61, 1),
    "ml.p3.8xlarge": Machine(32, 244, 4),
}
_WITH_GPU = ("ml.p", "ml.g")


def machine(instance_type: str) -> Machine:
    """Return the size of an instance type; unknown types have a default size."""
    usual = Machine(4, 16, int(instance_type.startswith(_WITH_GPU)))
    return _MACHINES.get(instance_type, usual)
