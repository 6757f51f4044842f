"""Pseudonyms, which replace confidential text in a recording."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sagemaker_tuning_contract.vocabulary import LETTERS, TOKEN_LENGTH


class Pseudonyms:
    """Pseudonyms under a random key, which is never stored."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: dict[str, str] = {}

    def of(self, text: str) -> str:
        """The pseudonym of a text; texts that differ only in case share its letters."""
        if text not in self._known:
            self._known[text] = self._made(text) if text else ""
        return self._known[text]

    def _made(self, text: str) -> str:
        letters = [LETTERS[byte % 8] for byte in self._digest(text.lower())]
        if text == text.lower():
            return "".join(letters)
        upper = [bool(byte % 2) for byte in self._digest(text)]
        upper[0] |= not any(upper)
        pairs = zip(letters, upper, strict=True)
        return "".join(one.upper() if is_upper else one for one, is_upper in pairs)

    def _digest(self, text: str) -> bytes:
        content = text.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, content, hashlib.sha256).digest()[:TOKEN_LENGTH]
