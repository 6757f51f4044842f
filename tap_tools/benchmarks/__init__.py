"""How the tap compares with a plain boto3 loop: `make bench`."""

from __future__ import annotations
