"""The page: one HTML file that makes no requests.

Its content security policy allows only its own two scripts, and no requests: except in
a page that reloads itself, whose script may load another one (see `reload.js`). The
data is JSON without any character that could end its element.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from string import Template
from typing import Any

import vl_convert

from sagemaker_tuning_report.charts import charts

PARTS = Path(__file__).with_name("web")
SCRIPTS = (
    "text.js",
    "state.js",
    "query.js",
    "save.js",
    "table.js",
    "pictures.js",
    "fleet.js",
    "days.js",
    "job.js",
    "pins.js",
    "parameters.js",
    "curves.js",
    "page.js",
    "reload.js",
)


def page(content: dict[str, Any]) -> str:
    """Build the HTML page from its content (see `content.content`)."""
    library = _script(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
    script = _script("\n".join(_part(name) for name in SCRIPTS))
    loaded = ["'strict-dynamic'"] if "latest" in content else []
    return Template(_part("page.html")).substitute(
        scripts=" ".join([*map(_hash, (library, script)), *loaded]),
        style=_part("page.css"),
        data=_json(content),
        charts=_json(charts()),
        library=library,
        script=script,
    )


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _script(text: str) -> str:
    """Return a script that is safe to put into HTML.

    Raises:
        ValueError: The script could end its own element.
    """
    if "</script" in text.lower() or "<!--" in text:
        message = "a script of the page contains text that would end its element"
        raise ValueError(message)
    return text.replace("\r\n", "\n")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _json(value: Any) -> str:
    """Encode JSON for a script element: without any < that could end it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028")
