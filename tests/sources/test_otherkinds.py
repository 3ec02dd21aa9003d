"""What comes in place of a workbook is told by its content, whatever its name, with a remedy that fits."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest

from schemas.dictionary import load_dictionary
from sources.layout import reading_kit
from sources.reading import FileReader
from sources.workbook import FileFault, read_sheets
from tests.sources.sheets import csv_text, form, xlsx

KIT = reading_kit(load_dictionary([]))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("月报.csv"), io.BytesIO())
    return buffer.getvalue()


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_x", ".xml"), content)
    return buffer.getvalue()


KINDS = {
    "rar 4": (b"Rar!\x1a\x07\x00" + bytes(60), "packed_otherwise"),
    "rar 5": (b"Rar!\x1a\x07\x01\x00" + bytes(60), "packed_otherwise"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(60), "packed_otherwise"),
    "gz": (gzip.compress(xlsx([["a"]])), "packed_otherwise"),
    "tar": (tar(), "packed_otherwise"),
    "xz": (b"\xfd7zXZ\x00" + bytes(60), "packed_otherwise"),
    "bz2": (b"BZh91AY&SY" + bytes(60), "packed_otherwise"),
    "pdf": (b"%PDF-1.7\n" + b"1 0 obj\n" * 50, "picture_of_a_form"),
    "pdf behind a line": (b"\xef\xbb\xbf\r\n%PDF-1.4\n" + b"1 0 obj\n" * 50, "picture_of_a_form"),
    "jpg": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(60), "picture_of_a_form"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(60), "picture_of_a_form"),
    "heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(60), "picture_of_a_form"),
    "heic of another brand": (b"\x00\x00\x00\x18ftypxxxx\x00\x00\x00\x00mif1heic" + bytes(60), "picture_of_a_form"),
    "tiff": (b"II*\x00" + bytes(60), "picture_of_a_form"),
    "bmp": (b"BM\x36\x00\x00\x00\x00\x00\x00\x00\x36" + bytes(60), "picture_of_a_form"),
    "gif": (b"GIF89a" + bytes(60), "picture_of_a_form"),
    "webp": (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(60), "picture_of_a_form"),
    "ofd": (zipped(**{"OFD_x": "<a/>", "Doc_0__Document_x": "<a/>"}), "picture_of_a_form"),
    "doc, wps": (OLE + "WordDocument".encode("utf-16-le") + bytes(600), "letter_not_a_form"),
    "ppt, dps": (OLE + "PowerPoint Document".encode("utf-16-le") + bytes(600), "letter_not_a_form"),
    "docx": (zipped(**{"[Content_Types]_x": "<a/>", "word__document_x": "<a/>"}), "letter_not_a_form"),
    "pptx": (zipped(**{"[Content_Types]_x": "<a/>", "ppt__presentation_x": "<a/>"}), "letter_not_a_form"),
    "rtf": (b"{\\rtf1\\ansi\\ansicpg936 a,b\n}" + b"\\par a,b\n" * 20, "letter_not_a_form"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_remedy_fits_the_kind(kind: str) -> None:
    data, name = KINDS[kind]
    with pytest.raises(FileFault) as told:
        read_sheets(data)
    assert told.value.name == name
    assert told.value.details["what"]
    assert FileReader(KIT).read(data, "月报.xlsx").kind == ""  # not looked through, so not kept


@pytest.mark.parametrize("first", ["BM", "BZh", "MM", "II", "RE"])
def test_texts_that_begin_like_a_picture_are_texts(first: str) -> None:
    assert read_sheets(f"{first}村,1\n乙村,2\n".encode())[0] == "text"
    assert read_sheets(csv_text(form([[first, "b", "c", 1]])).encode())[0] == "text"
