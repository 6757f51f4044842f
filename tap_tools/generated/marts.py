"""The marts of the dbt project, as its own YAML describes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from tap_tools import ROOT

MODELS = ROOT / "transform" / "models"

_DOC = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.DOTALL)
_REFERENCE = re.compile(r"{{ doc\('(\w+)'\) }}")


@dataclass(frozen=True)
class Mart:
    """A mart.

    Attributes:
        name: The table's.
        description: What one row is, and more.
        columns: What each column means, by its name.
    """

    name: str
    description: str
    columns: dict[str, str]

    @property
    def short_name(self) -> str:
        """The name without the prefix that all of them have."""
        return self.name.removeprefix("sagemaker_tuning__")

    @property
    def first_sentence(self) -> str:
        """The first sentence of the description."""
        return self.description.partition(". ")[0].removesuffix(".") + "."


def marts() -> list[Mart]:
    """All marts, in the order of the YAML."""
    blocks = dict(_DOC.findall((MODELS / "docs.md").read_text(encoding="utf-8")))

    def resolved(text: str) -> str:
        meant = _REFERENCE.sub(lambda reference: blocks[reference[1]], text)
        return " ".join(meant.split())

    text = (MODELS / "marts" / "_marts.yml").read_text(encoding="utf-8")
    return [
        Mart(
            model["name"],
            resolved(model["description"]),
            {each["name"]: resolved(each["description"]) for each in model["columns"]},
        )
        for model in yaml.load(text, yaml.CSafeLoader)["models"]
    ]
