"""The corpus of dialect files with known truth: every value, state, cell address, month and place of each must be exact."""

from __future__ import annotations

import io
import zipfile

import pytest

from sources.bundle import read_file
from sources.reading import FileReader
from tests.dialects.compare import KIT, compared, differences
from tests.dialects.kinds import KINDS, Kind, files_of


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_dialect_is_read_exactly(kind: Kind) -> None:
    found = [line for file in files_of(kind) for line in differences(file.book, file.data, file.name, kind=file.writer)]
    assert not found, "\n".join(["", *found[:40]])


def test_the_corpus_has_more_than_two_hundred_files_of_many_kinds() -> None:
    assert sum(kind.seeds for kind in KINDS.values()) >= 300


def test_a_bundle_of_dialects_says_what_its_files_say() -> None:
    files = [file for name in ("as-html-excel", "as-ods", "as-csv-gb18030", "formulas") for file in files_of(KINDS[name])]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, file in enumerate(files):
            archive.writestr(f"青溪镇/{n}-{file.name}", file.data)
    members = dict(read_file(FileReader(KIT), buffer.getvalue(), "青溪镇.zip", lambda *_: None).members)
    assert sorted(members) == sorted(f"青溪镇/{n}-{file.name}" for n, file in enumerate(files))
    found = [
        line
        for n, file in enumerate(files)
        for line in compared(
            file.book, members[f"青溪镇/{n}-{file.name}"], file.name, has_sheet_names=not file.writer.startswith(("csv", "html"))
        )
    ]
    assert not found, "\n".join(["", *found[:40]])
