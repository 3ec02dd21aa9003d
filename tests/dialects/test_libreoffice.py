"""The same dialects saved by LibreOffice: what an office sends that opened a workbook and saved it as something else.

The suite has four files of each kind saved; `make soak` nine.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import SOAK
from tests.dialects.compare import differences
from tests.dialects.files import by_xlsxwriter
from tests.dialects.grid import Book
from tests.dialects.kinds import KINDS, files_of

_KINDS = (
    "text-numbers",
    "number-formats",
    "formulas",
    "month-as-date",
    "minus-signs",
    "upright-labels",
    "unmerged",
    "merged-figures",
    "other-sheets",
    "margin",
    "pages",
    "dates-for-numbers",
    "sheet-per-village",
)
_EACH = 9 if SOAK else 4
_FEWEST = 69 if SOAK else 32
"""Files of these kinds that the corpus has, up to so many of each, less those that LibreOffice would change."""
_TARGETS = ("xls", "ods", "xlsx")


@pytest.mark.slow
def test_what_libreoffice_saves_says_the_same(soffice_path: str, tmp_path: Path) -> None:
    """One call of LibreOffice a target; it keeps merged cells, formats, hidden sheets and the values of formulas in ways of its own."""
    books: dict[str, dict[str, Book]] = {target: {} for target in _TARGETS}
    files = [file for kind in _KINDS for file in list(files_of(KINDS[kind]))[:_EACH] if file.writer.startswith("xls")]
    for n, file in enumerate(file for file in files if not _has_truth_value(file.book)):
        target, name = _TARGETS[n % len(_TARGETS)], Path(file.name).stem
        books[target][name] = file.book
        (tmp_path / target).mkdir(exist_ok=True)
        (tmp_path / target / f"{name}.xlsx").write_bytes(by_xlsxwriter(file.book))
    found = []
    for target, chosen in books.items():
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [soffice_path, "--headless", profile, "--convert-to", target, "--outdir", str(tmp_path / f"as-{target}")]
        subprocess.run(
            [*command, *(str(tmp_path / target / f"{name}.xlsx") for name in chosen)], check=True, capture_output=True, timeout=120
        )
        for name, book in chosen.items():
            saved = tmp_path / f"as-{target}" / f"{name}.{target}"
            found += differences(book, saved.read_bytes(), saved.name)
    assert not found, "\n".join(["", *found[:40]])
    assert sum(map(len, books.values())) >= _FEWEST


def _has_truth_value(book: Book) -> bool:
    """LibreOffice saves TRUE as the number 1: what was typed is lost before a reader could see it."""
    return any(isinstance(cell.content, bool) for cell in book.cells())
