"""What others say, as it may be shown: one line, short, and without a secret.

Pure: no I/O.
"""

from __future__ import annotations

import re

MOST_OF_A_SERVICE = 1000
"""Most characters shown of what a service said: a proxy's page can have 300,000."""

MOST_OF_A_LINE = 2000
"""Most characters of a line of the log."""

# In a request that AWS quotes, in XML, in JSON, or in a query. A setting's name with
# ": " after it is left alone.
_LABELLED = re.compile(
    r"((?:security|session)[-_]?token|secret[-_]?(?:access[-_]?)?key)"
    r"""(>|[:=](?=\S)|["']\s*[:=]\s*)[^\s<&]+""",
    re.IGNORECASE,
)
# Python's words about a URL whose password has a slash: the "port" is half of it.
_PORT = re.compile(r"""(?<=integer value as )(["']).*?\1""")


def printable(text: str, most: int = MOST_OF_A_SERVICE) -> str:
    """Make one line that every terminal, log and warehouse can hold.

    Args:
        text: What someone else said.
        most: The most characters.

    Returns:
        The text with single spaces. Passwords in URLs, session tokens and secret keys
        are `***`. U+FFFD stands for each character that cannot be printed, such as
        those that begin a terminal's escape sequences, and for half a surrogate pair.
    """
    line = " ".join(_without_login(word) for word in text.split())
    line = _PORT.sub("***", _LABELLED.sub(r"\1\2***", line))
    if len(line) > most:
        line = line[: most - 1] + "…"
    return "".join(char if char.isprintable() else "\ufffd" for char in line)


def _without_login(word: str) -> str:
    """Hide what stands before the host of a URL, with or without a scheme."""
    login, at, host = word.rpartition("@")
    scheme, slashes, _ = login.partition("//")
    if slashes:
        return f"{scheme}//***@{host}"
    # The name of a role's session is often an email address.
    if at and ":" in login and "arn:" not in login:
        return f"***@{host}"
    return word
