"""Text from others becomes printable: one line, short, and without secrets."""

from __future__ import annotations

import pytest

from tap_sagemaker_tuning.printable import (
    MOST_OF_A_LINE,
    MOST_OF_A_SERVICE,
    printable,
)

LEFT_ALONE = [
    "",
    "Rate exceeded",
    "größer als 5 €, 日本語, 👍",
    "The security token included in the request is invalid",
    "aws_secret_access_key: missing, while aws_access_key_id is set: both or neither",
    "aws_session_token: needs aws_access_key_id and aws_secret_access_key",
    "User: arn:aws:sts::111122223333:assumed-role/Admin/jane@example.com is denied",
    '"arn:aws:iam::123456789012:role/a@b"',
    "mail jane@example.com at 09:00",
    "x-amz-date;x-amz-security-token;x-amz-target",
    "http://localhost:5000/path",
]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_plain_text_stays(text: str) -> None:
    """Printable text without secrets is unchanged."""
    assert printable(text) == text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (" a \t b\r\nc ", "a b c"),
        ("a\x85b\u2028c\xa0d", "a b c d"),
        ("\0\x1b[2J\x7f\x9b", "\ufffd\ufffd[2J\ufffd\ufffd"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("\ud83d", "\ufffd"),
    ],
)
def test_odd_characters(given: str, shown: str) -> None:
    """Whitespace becomes one space; terminal escapes and lone surrogates become
    U+FFFD."""
    assert printable(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://me:pw@host", "http://***@host"),
        ("https://token@host/a", "https://***@host/a"),
        ("http://me:p@w@host:1", "http://***@host:1"),
        ("http://me:p/w@host", "http://***@host"),
        ('"http://socks5://me:pw@host"', '"http://***@host"'),
        ("proxy=me:pw@host", "***@host"),
        ("at me:p@w@host now", "at ***@host now"),
        ("as 'pw'. Check", "as 'pw'. Check"),
        ("integer value as 'p w'. Check", "integer value as ***. Check"),
        ("x-amz-security-token:IQoJ/+= x", "x-amz-security-token:*** x"),
        ("X-Amz-Security-Token=IQ%2F&b=1", "X-Amz-Security-Token=***&b=1"),
        ("<SessionToken>IQ</SessionToken>", "<SessionToken>***</SessionToken>"),
        ('{"SecretAccessKey": "pw", "a": 1}', '{"SecretAccessKey": *** "a": 1}'),
        ("aws_session_token = IQ x", "aws_session_token = *** x"),
        ("aws_secret_access_key =IQ x", "aws_secret_access_key =*** x"),
        ("at https://host/a?token=pw, but", "at https://host/a?*** but"),
        ('"https://host#pw"', '"https://host#***"'),
        ("{'aws_secret_access_key': 'pw'}", "{'aws_secret_access_key': ***"),
    ],
)
def test_secrets(given: str, shown: str) -> None:
    """Logins in URLs, session tokens and secret keys are not shown."""
    assert printable(given) == shown


@pytest.mark.parametrize("most", [MOST_OF_A_SERVICE, MOST_OF_A_LINE])
def test_no_more_than(most: int) -> None:
    """A line that is too long is cut, and ends with an ellipsis."""
    assert printable("x" * most, most) == "x" * most
    assert printable("x" * (most + 1), most) == "x" * (most - 1) + "…"


def test_a_secret_is_hidden_before_the_line_is_cut() -> None:
    """Secrets are hidden before a line is cut, because the cut may remove what
    identifies them."""
    shown = printable(f"http://me:pw{'x' * 5000}@host")
    assert shown == "http://***@host"
