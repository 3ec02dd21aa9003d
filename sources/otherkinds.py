"""What people send in place of a workbook, told apart so that the remedy fits: archives, pictures and PDFs, letters and slides."""

from __future__ import annotations

from collections.abc import Iterable

from sources.faults import FileFault

_ARCHIVES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"Rar!\x1a\x07", ".rar"),
    (0, b"RE~^", ".rar"),
    (0, b"7z\xbc\xaf\x27\x1c", ".7z"),
    (0, b"\x1f\x8b", ".gz"),
    (4, b"1AY&SY", ".bz2"),
    (0, b"\xfd7zXZ\x00", ".xz"),
    (0, b"\x28\xb5\x2f\xfd", ".zst"),
    (0, b"\x1f\x9d", ".Z"),
    (0, b"MSCF\x00\x00", ".cab"),
    (0, b"ISc(", ".cab"),
    (2, b"-lh", ".lzh"),
    (0, b"\x60\xea", ".arj"),
    (0, b"PK\x07\x08PK", ".zip, .z01"),
    (257, b"ustar", ".tar"),
    (7, b"**ACE**", ".ace"),
)
_PICTURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"AT&TFORM", "DjVu"),
    (8, b"WEBP", "WebP"),
    (0, b"\x00\x00\x01\x00", "ICO"),
    (0, b"8BPS", "PSD"),
)
_BRANDS = {b"heic": "HEIC", b"heix": "HEIC", b"hevc": "HEIC", b"heim": "HEIC", b"mif1": "HEIC", b"msf1": "HEIC", b"avif": "AVIF"}
_PDF_WITHIN = 1024
"""Readers of PDF look for its sign this far; printers and mail programs put lines before it."""
_LETTERS: tuple[tuple[int, bytes, str], ...] = ((0, b"{\\rtf", "RTF (.rtf, .doc)"),)
_DOCUMENTS_WITHIN = (("WordDocument", "Word (.doc, .wps)"), ("PowerPoint Document", "PowerPoint (.ppt, .dps)"))
_OF_OFFICE = ((b"word/", "Word (.docx)"), (b"ppt/", "PowerPoint (.pptx)"))


def other_kind(data: bytes) -> FileFault | None:
    """Why a file that is neither a zip nor a compound file is no workbook, by its first bytes; None for all others."""
    if (what := _signed(data, _ARCHIVES)) is not None:
        return FileFault("packed_otherwise", what=what)
    if b"%PDF-" in data[:_PDF_WITHIN] and b"\n%PDF-" in b"\n" + data[:_PDF_WITHIN].lstrip():
        return FileFault("picture_of_a_form", what="PDF")
    if (what := _signed(data, _PICTURES)) is not None or (what := _of_phone(data)) is not None:
        return FileFault("picture_of_a_form", what=what)
    if data.startswith(b"BM") and b"\x00\x00\x00\x00" in data[6:10]:
        return FileFault("picture_of_a_form", what="BMP")
    if (what := _signed(data, _LETTERS)) is not None:
        return FileFault("letter_not_a_form", what=what)
    return None


def document_inside(data: bytes) -> FileFault | None:
    """Why a compound file without a workbook is none: a letter, slides."""
    for name, what in _DOCUMENTS_WITHIN:
        if name.encode("utf-16-le") in data:
            return FileFault("letter_not_a_form", what=what)
    return None


def document_of(members: Iterable[bytes]) -> FileFault | None:
    """Why a zip with these members is neither a workbook nor a bundle: a letter, slides, a page as it was printed (OFD)."""
    names = set(members)
    if b"OFD.xml" in names:
        return FileFault("picture_of_a_form", what="OFD")
    if b"[Content_Types].xml" in names:
        found = (told for part, told in _OF_OFFICE if any(name.startswith(part) for name in names))
        return next((FileFault("letter_not_a_form", what=told) for told in found), None)
    return None


def _signed(data: bytes, signs: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((what for at, sign, what in signs if data.startswith(sign, at)), None)


def _of_phone(data: bytes) -> str | None:
    """A photo in the container of films, as telephones take them."""
    if data[4:8] != b"ftyp":
        return None
    return _BRANDS.get(data[8:12]) or next((_BRANDS[data[at : at + 4]] for at in range(16, 64, 4) if data[at : at + 4] in _BRANDS), None)
