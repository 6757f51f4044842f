"""The marks around the generated parts of a file.

A part stands between two comments, `NAME: generated` and `end`, in the file's syntax:
`<!-- NAME: generated -->` in Markdown, `# NAME: generated` in YAML and Terraform.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART = re.compile(
    r"(^ *(?:# |<!-- )([\w ]+): generated(?: -->)?\n)(.*?)(^ *(?:# end|<!-- end -->)$)",
    re.DOTALL | re.MULTILINE,
)


def filled(text: str, parts: Mapping[str, str]) -> str:
    """Replace each generated part of a text with the current one.

    Raises:
        KeyError: The text marks a part that is not among them.
    """
    return _PART.sub(lambda part: part[1] + parts[part[2]] + part[4], text)


def marked(text: str) -> list[str]:
    """Names of the generated parts in a text, in order."""
    return [part[2] for part in _PART.finditer(text)]
