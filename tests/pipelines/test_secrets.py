"""Which addresses hold a secret. That a password stands nowhere is seen by `test_release` (on PostgreSQL)."""

from __future__ import annotations

import pytest

from pipelines.secrets import has_password

SECRET = "geheim-7Q-xyz"


@pytest.mark.parametrize(
    ("address", "is_secret"),
    [
        ("sqlite:////home/office/store.sqlite", False),
        ("postgresql+psycopg://postgres@127.0.0.1/test", False),
        (f"postgresql+psycopg://u:{SECRET}@h/db", True),
        (f"postgresql+psycopg://u@h/db?password={SECRET}", True),
        (f"s3://key:{SECRET}@bucket/in", True),
        ("s3://bucket/in", False),
        ("/home/office/inbox", False),
        ("http://[::1", True),
    ],
)
def test_addresses_with_secrets_are_known(address: str, is_secret: bool) -> None:
    assert has_password(address) == is_secret
