"""Passwords in addresses: Dagster keeps the name of an environment variable, never the address, so that it can show no secret."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import dagster as dg

FEED_URL = "CUNBAO_FEED_URL"
"""Where the address of the upstream database stands while it is fed."""


def has_password(address: str) -> bool:
    """Whether an address (SQLAlchemy or fsspec URL) has a password or another secret in it."""
    if "://" not in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return True  # nobody can tell
    return parts.password is not None or any(word in parts.query.lower() for word in ("password", "secret", "token", "key="))


def kept_back(name: str, address: str) -> Any:
    """What a resource is given in place of an address: the address, or where it has a secret, the environment variable that holds it."""
    if not has_password(address):
        return address
    os.environ[name] = address
    return dg.EnvVar(name)


def in_config(name: str, address: str) -> Any:
    """The same for the configuration of a run, which Dagster keeps."""
    if not has_password(address):
        return address
    os.environ[name] = address
    return {"env": name}
