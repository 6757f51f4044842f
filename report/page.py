"""The page: one file of HTML that asks nothing of anybody.

Its policy lets its own two scripts run and nothing else, and no request leave. Data is
JSON in which no character can end the element that holds it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from string import Template
from typing import Any

import vl_convert

from report.charts import charts

PARTS = Path(__file__).with_name("web")
SCRIPTS = (
    "text.js",
    "table.js",
    "pictures.js",
    "fleet.js",
    "days.js",
    "job.js",
    "parameters.js",
    "curves.js",
    "page.js",
)


def page(content: dict[str, Any]) -> str:
    """The page with this content (see `content.content`)."""
    library = _script(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
    script = _script("\n".join(_part(name) for name in SCRIPTS))
    return Template(_part("page.html")).substitute(
        hashes=" ".join(map(_hash, (library, script))),
        style=_part("page.css"),
        data=_json(content),
        charts=_json(charts()),
        library=library,
        script=script,
    )


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _script(text: str) -> str:
    """A script as it may stand in HTML.

    Raises:
        ValueError: It could end its own element.
    """
    if "</script" in text.lower() or "<!--" in text:
        message = "a script of the page holds what ends a script"
        raise ValueError(message)
    return text.replace("\r\n", "\n")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _json(value: Any) -> str:
    """JSON as it may stand in a script element: no < that could end it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028")
