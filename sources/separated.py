"""Text with separators (.csv, .tsv, .txt) → rows. Encoding and separator are found, not asked for."""

from __future__ import annotations

import csv
import io
from collections import Counter
from itertools import islice
from typing import Any

from sources.faults import FileFault
from sources.kinds import wide_order

_SEPARATORS = (",", "\t", ";", "|", "，")
_LINES = 60
_LONGEST_FIELD = 1_000_000


def read_separated(data: bytes) -> list[list[Any]]:
    """Rows of text cells; rows may be of different lengths.

    Raises:
        FileFault: no encoding that offices use, or no separator.
    """
    text = decode(data)
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        separator = _separator(text)
        if not separator:
            raise FileFault("not_a_workbook")
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]
    except csv.Error:
        raise FileFault("damaged_file") from None


def decode(data: bytes) -> str:
    """Text of a file in UTF-8 (with or without mark), UTF-16 (likewise) or GB18030.

    Raises:
        FileFault: it is none of these.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        order = wide_order(data[:65536])
        encodings = (order,) if order else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileFault("not_a_workbook")


def _separator(text: str) -> str:
    """The separator that gives the most lines the same number of cells; '' when none stands in any."""
    best, most = "", 0.0
    for separator in _SEPARATORS:
        counts, lines = Counter[int](), 0
        for row in islice(csv.reader(io.StringIO(text[:65536], newline=""), delimiter=separator), _LINES):
            lines += any(row)
            counts[len(row) - 1] += len(row) > 1
        if not counts.total():
            continue
        usual, times = counts.most_common(1)[0]
        worth = times / max(lines, 1) * min(usual, 50) ** 0.5 + 0.001 * sum(n * times for n, times in counts.items())
        if worth > most:
            best, most = separator, worth
    return best
