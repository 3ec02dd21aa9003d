"""What the library finds in every cell of the corpus, kept as digests: an upgrade of calamine cannot change values silently."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable

from sources.reading import FileReader
from sources.workbook import read_sheets
from tests.dialects.compare import KIT
from tests.dialects.kinds import KINDS, DialectFile, files_of


def test_cells_and_figures_of_the_corpus_are_what_they_were(golden: Callable[[str, str], None]) -> None:
    found = {file.name: digest(file) for kind in KINDS.values() for file in files_of(kind)}
    golden("corpus.json", json.dumps(found, ensure_ascii=False, indent=0) + "\n")


def digest(file: DialectFile) -> str:
    """Of every cell of every sheet (its place, type and value), then of all that was read from them."""
    kind, sheets = read_sheets(file.data)
    lines = [kind]
    for sheet in sheets:
        lines.append(f"{sheet.name} {sheet.is_visible} {sorted(map(repr, sheet.merged))}")
        lines += [f"{r},{c} {_said(cell)}" for r, row in enumerate(sheet.rows) for c, cell in enumerate(row) if cell != ""]
    reading = FileReader(KIT).read(file.data, file.name)
    for record in reading.records:
        about = (record.role, record.level, record.place_code, record.place_name, record.parent_name, record.month, record.row_no)
        figures = [
            (code, value, chr(state))
            for code, value, state in zip(KIT.codes, memoryview(record.values).cast("d"), record.states, strict=True)
        ]
        lines.append(f"{about} {[f for f in figures if f[2] != 'C']} {json.loads(reading.plans[record.plan_id])['cells']}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _said(cell: object) -> str:
    text = cell.isoformat() if isinstance(cell, dt.date | dt.time) else repr(cell)
    return f"{type(cell).__name__} {text}"


def test_a_digest_depends_on_every_cell() -> None:
    file = next(files_of(KINDS["text-numbers"]))
    figure = next(cell for cell, figure in file.book.figures() if figure.state == "R")
    before, figure.content = digest(file), 4711.0
    from tests.dialects.files import by_xlsxwriter

    assert digest(DialectFile(file.name, file.writer, file.book, by_xlsxwriter(file.book))) != before
