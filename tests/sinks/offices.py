"""What the tests of forms share: the office suite as a converter, and a form filled in as a clerk does it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl


def convert(soffice: str, files: list[Path], kind: str, folder: Path) -> list[Path]:
    """The files opened, calculated and saved as `kind` by LibreOffice."""
    folder.mkdir(parents=True, exist_ok=True)
    profile = f"-env:UserInstallation={(folder.parent / 'profile').as_uri()}"
    command = [soffice, "--headless", profile, "--convert-to", kind, "--outdir", str(folder), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return [folder / f"{file.stem}.{kind.partition(':')[0]}" for file in files]


def fill_in(path: Path, sheet: str, contents: Mapping[str, Any]) -> None:
    """Type into cells (address → content); a locked cell refuses, as it would refuse a clerk."""
    book = openpyxl.load_workbook(path)
    assert book[sheet].protection.sheet
    for cell, value in contents.items():
        assert not book[sheet][cell].protection.locked, cell
        book[sheet][cell].value = value
    book.save(path)
