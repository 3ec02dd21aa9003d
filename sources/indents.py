"""OpenDocument tables that a program wrote with line breaks and indents between their elements (KSpread, Calligra).

XML allows it, and the native reader takes such a file for a damaged one. Only where it fails is the content written again without them.
"""

from __future__ import annotations

import io
import re
import zipfile

from sources.kinds import inflated, zip_directory

_CONTENT = b"content.xml"
_BESIDE = (b"mimetype", b"META-INF/manifest.xml", b"styles.xml")
_MOST = 32 * 2**20
_INDENT = re.compile(rb"(<(?:table:|office:spreadsheet)[^>]*>|</(?:table:[a-z-]+|text:p|office:annotation|office:forms)>)\s+(?=<)")


def without_indents(data: bytes) -> bytes | None:
    """The same .ods without white space between the elements of its tables; texts of cells stay as they are. None where it has none."""
    entries = zip_directory(data)
    if _CONTENT not in entries:
        return None
    content = inflated(data, entries[_CONTENT], _MOST)
    dense = _INDENT.sub(rb"\1", content)
    if dense == content or len(content) == _MOST:
        return None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name in _BESIDE:
            if name in entries:
                package.writestr(name.decode(), inflated(data, entries[name], _MOST))
        package.writestr(_CONTENT.decode(), dense)
    return buffer.getvalue()
