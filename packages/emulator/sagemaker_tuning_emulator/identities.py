"""Callers: the account and ARN behind each access key."""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from dataclasses import dataclass

DEFAULT_ACCOUNT = "123456789012"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/[^/]*/([^/]+)/([^/]+)/")


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller.

    Attributes:
        account: The account that the access key belongs to.
        arn: The caller's ARN, as in AccessDeniedException.
        expires: When the key expires, in real seconds since 1970; None for never.
    """

    account: str
    arn: str
    expires: float | None = None

    @property
    def expired(self) -> bool:
        """Whether its key has expired, by the real clock that botocore uses."""
        return self.expires is not None and time.time() >= self.expires


class Identities:
    """The access keys that an emulator has issued.

    Any other key belongs to the default account. Signatures are not checked.
    """

    def __init__(self) -> None:
        self._known: dict[str, Identity] = {}
        self._lock = threading.Lock()

    def known(self, key: str) -> Identity:
        """Return the identity behind an access key."""
        with self._lock:
            return self._known.get(key) or _caller(DEFAULT_ACCOUNT)

    def learn(self, key: str, identity: Identity) -> None:
        """Store the identity behind an access key."""
        with self._lock:
            self._known[key] = identity

    def credentials(self, account: str) -> dict[str, str]:
        """Return environment variables with a new access key for an account."""
        key = "ASIA" + secrets.token_hex(8).upper()
        self.learn(key, _caller(account))
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_SESSION_TOKEN": "emulated",
        }

    def environment(self, account: str, region: str, url: str) -> dict[str, str]:
        """Return all variables that make an AWS SDK use only an emulator."""
        return {
            **self.credentials(account),
            "AWS_ENDPOINT_URL": url,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


def signed_by(authorization: str) -> tuple[str, str, str] | None:
    """Return access key, region and service of a signature; None if unsigned."""
    found = _CREDENTIAL.search(authorization)
    return (found[1], found[2], found[3]) if found else None


def _caller(account: str) -> Identity:
    return Identity(account, f"arn:aws:sts::{account}:assumed-role/Emulator/caller")
