"""Makes text from outside safe to show: one short line, without secrets.

Pure: no I/O.
"""

from __future__ import annotations

import re

MOST_OF_A_SERVICE = 1000
"""The most characters to show of a service's message; a proxy's page can have 300,000.
"""

MOST_OF_A_LINE = 2000
"""The most characters in a line of the log."""

# Secrets in a request that AWS quotes, in XML, in JSON or in a query string. The name
# of a setting followed by ": " does not match.
_LABELLED = re.compile(
    r"((?:security|session)[-_]?token|secret[-_]?(?:access[-_]?)?key)"
    r"""(>|:(?=\S)|\s*=\s*|["']\s*[:=]\s*)[^\s<&]+""",
    re.IGNORECASE,
)
# An endpoint's query or fragment can have a token.
_QUERY = re.compile(r"""(://[^\s?#"'<>]*[?#])[^\s"'<>]+""")
# Python's error about a URL whose password has a slash: it quotes half of it as a port.
_PORT = re.compile(r"""(?<=integer value as )(["']).*?\1""")


def printable(text: str, most: int = MOST_OF_A_SERVICE) -> str:
    """Turn text into one line that is safe in any terminal, log and warehouse.

    Args:
        text: Text from outside, such as a service's message.
        most: The most characters to keep.

    Returns:
        The text with single spaces. `***` replaces passwords and queries in URLs,
        session tokens and secret keys. U+FFFD replaces each unprintable character, such
        as the start of a terminal's escape sequence or half a surrogate pair.
    """
    line = " ".join(_without_login(word) for word in text.split())
    line = _QUERY.sub(r"\1***", line)
    line = _PORT.sub("***", _LABELLED.sub(r"\1\2***", line))
    if len(line) > most:
        line = line[: most - 1] + "…"
    return "".join(char if char.isprintable() else "\ufffd" for char in line)


def _without_login(word: str) -> str:
    """Hide the login before the host of a URL, with or without a scheme."""
    login, at, host = word.rpartition("@")
    scheme, slashes, _ = login.partition("//")
    if slashes:
        return f"{scheme}//***@{host}"
    # The session name in a role's ARN is often an email address, not a login.
    if at and ":" in login and "arn:" not in login:
        return f"***@{host}"
    return word
