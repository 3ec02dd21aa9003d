"""Workbooks under Excel's default password are read as if they had none; under a person's password they are refused, and never guessed."""

from __future__ import annotations

import io
import logging

import msoffcrypto
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from schemas.dictionary import load_dictionary
from sources.layout import reading_kit
from sources.opened import opened
from sources.reading import FileReader
from tests.sources.sheets import form, xlsx

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
SOUND = xlsx(form([[str(n), i.label.zh, i.unit.label.zh, n % 7] for n, i in enumerate(DICTIONARY.indicators.values())]))
PERSONS = xlsx([["姓名", "身份证号"], ["诸葛翀", "33010219900307567X"], ["欧阳珺", "440106198510121235"]])


def protected(data: bytes, password: str) -> bytes:
    made = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, made)
    return made.getvalue()


def test_what_excel_opens_without_asking_is_read() -> None:
    reader = FileReader(KIT)
    found, plain = reader.read(protected(SOUND, "VelvetSweatshop"), "a.xlsx"), reader.read(SOUND, "a.xlsx")
    assert (found.status, found.records) == ("read", plain.records)
    assert found.sha256 != plain.sha256


def test_persons_behind_the_default_password_are_seen() -> None:
    assert FileReader(KIT).read(protected(PERSONS, "VelvetSweatshop"), "a.xlsx").status == "quarantined"


@pytest.mark.parametrize("password", ["123456", "velvetsweatshop"])
def test_a_password_of_a_person_is_told(password: str) -> None:
    assert FileReader(KIT).read(protected(SOUND, password), "a.xlsx").problems[0].name == "encrypted_file"


def test_a_file_that_asks_for_millions_of_rounds_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    data = protected(SOUND, "VelvetSweatshop")
    assert b'spinCount="100000"' in data
    assert opened(data) is not None
    asks = data.replace(b'spinCount="100000"', b'spinCount="999999999"'[: len(b'spinCount="100000"')])
    assert opened(asks) is None or asks == data
    monkeypatch.setattr("sources.opened._MOST_ROUNDS", 99_999)
    assert opened(data) is None


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), SOUND])
def test_what_is_not_encrypted_is_not_opened(data: bytes) -> None:
    assert opened(data) is None
    assert logging.getLogger("msoffcrypto").level == logging.CRITICAL
    assert msoffcrypto
