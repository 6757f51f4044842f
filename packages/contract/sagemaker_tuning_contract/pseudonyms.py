"""Pseudonyms, which replace confidential text in a recording."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets

from sagemaker_tuning_contract.vocabulary import LETTERS, TOKEN_LENGTH


class Pseudonyms:
    """Pseudonyms under a random key, which is never stored.

    A text has a different pseudonym in each domain, so that public text in one place
    reveals nothing in another.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def of(self, text: str, *domain: str) -> str:
        """The pseudonym of a text in a domain; empty text stays empty."""
        if not text:
            return ""
        return "".join(LETTERS[byte % 8] for byte in self._digest(text, *domain))

    def of_name(self, text: str, *domain: str) -> str:
        """The pseudonym of a name; names that differ only in case share its letters."""
        letters = self.of(text.lower(), *domain)
        if text == text.lower():
            return letters
        upper = [bool(byte % 2) for byte in self._digest(text, "case", *domain)]
        upper[0] |= not any(upper)
        pairs = zip(letters, upper, strict=True)
        return "".join(
            letter.upper() if is_upper else letter for letter, is_upper in pairs
        )

    def _digest(self, text: str, *domain: str) -> bytes:
        content = json.dumps([*domain, text]).encode()
        return hmac.new(self._key, content, hashlib.sha256).digest()[:TOKEN_LENGTH]
