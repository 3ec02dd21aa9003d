"""A file that is no workbook may still be about persons: it is refused, and its bytes are kept nowhere."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from schemas.dictionary import load_dictionary
from sources.crew import Task, read_files
from sources.layout import reading_kit


def test_bytes_that_cannot_be_looked_through_are_not_kept(tmp_path: Path) -> None:
    letter = io.BytesIO()
    with zipfile.ZipFile(letter, "w") as archive:
        archive.writestr("word/document.xml", "<w:t>张某 11010119900307002X</w:t>")
    files = {"名单.docx": letter.getvalue(), "名单.txt": "张某11010119900307002X".encode(), "名单.pdf": b"%PDF-1.7 \x00\x01\x02" * 9}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    tasks = [Task(str(tmp_path / name), name) for name in files]
    vault = tmp_path / "vault"
    readings = [reading for _, reading in read_files(tasks, reading_kit(load_dictionary([])), str(vault))]
    # Numbers that can be seen without opening a file are seen: it is set aside for certain, not only refused.
    assert [reading.status for reading in readings] == ["quarantined", "quarantined", "refused"]
    assert [path for path in vault.rglob("*") if path.is_file()] == []
