"""Who calls: which account an access key belongs to, and under which ARN."""

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
        account: The account that the key belongs to.
        arn: The caller's ARN, as it stands in AccessDeniedException.
        expires: The real time, in seconds since 1970, at which the key ends.
    """

    account: str
    arn: str
    expires: float | None = None

    @property
    def expired(self) -> bool:
        """Whether its key has expired, by the real clock as botocore sees it."""
        return self.expires is not None and time.time() >= self.expires


class Identities:
    """The access keys that one emulator has handed out.

    A key that it has not handed out belongs to the default account:
    signatures are not checked.
    """

    def __init__(self) -> None:
        self._known: dict[str, Identity] = {}
        self._lock = threading.Lock()

    def known(self, key: str) -> Identity:
        """The identity behind an access key."""
        with self._lock:
            return self._known.get(key) or _caller(DEFAULT_ACCOUNT)

    def learn(self, key: str, identity: Identity) -> None:
        """Remember whose an access key is."""
        with self._lock:
            self._known[key] = identity

    def credentials(self, account: str) -> dict[str, str]:
        """Environment variables with a fresh key of an account."""
        key = "ASIA" + secrets.token_hex(8).upper()
        self.learn(key, _caller(account))
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_SESSION_TOKEN": "emulated",
        }

    def environment(self, account: str, region: str, url: str) -> dict[str, str]:
        """All variables that lead an AWS SDK to an emulator and nowhere else."""
        return {
            **self.credentials(account),
            "AWS_ENDPOINT_URL": url,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


def signed_by(authorization: str) -> tuple[str, str, str] | None:
    """Access key, region and service of an Authorization header; None: unsigned."""
    found = _CREDENTIAL.search(authorization)
    return (found[1], found[2], found[3]) if found else None


def _caller(account: str) -> Identity:
    return Identity(account, f"arn:aws:sts::{account}:assumed-role/Emulator/caller")
