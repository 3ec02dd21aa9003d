"""Text with separators (.csv, .tsv, .txt) → rows. Encoding and separator are found, not asked for.

A copy that broke off ends in the middle of a line or of a quoted field: what may have lost its end is asked about, not read.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from itertools import chain, islice
from typing import Any, NamedTuple

from sources.doubts import NO_DOUBTS, Doubts, Remark, cut_short
from sources.faults import FileFault
from sources.kinds import wide_order
from sources.text import address

_SEPARATORS = (",", "\t", ";", "|", "，")
_LINES = 60
_LONGEST_FIELD = 1_000_000
_LONGEST_CHARACTER = 4
_END = "\ue000end"
"""Put behind the last line: where it comes back inside a field, a quotation mark was never closed. No text file has it."""


class Separated(NamedTuple):
    """Rows of text cells, which may be of different lengths; what may have been cut off, and what is told of that."""

    rows: list[list[Any]]
    marks: Doubts = NO_DOUBTS
    told: tuple[Remark, ...] = ()


def read_separated(data: bytes) -> Separated:
    """What a text says.

    Raises:
        FileFault: no encoding that offices use, or no separator; `quote_never_closed` with the row in which a quoted field begins.
    """
    text = decode(data)
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        separator = _separator(text)
        if not separator:
            raise FileFault("not_a_workbook")
        rows: list[list[Any]] = list(csv.reader(chain(io.StringIO(text, newline=""), (_END,)), delimiter=separator))
    except csv.Error:
        raise FileFault("damaged_file") from None
    if rows.pop() != [_END]:
        raise FileFault("quote_never_closed", row=str(len(rows) + 1))
    return _cut(rows) if not text.endswith(("\n", "\r")) else Separated(rows)


def _cut(rows: list[list[Any]]) -> Separated:
    """A last line without its end that has fewer fields than each of the two before it: its last field may be half of one.

    Many programs write the last line without its end, and whoever types a file leaves out blank fields: a line with all its fields is no
    question. That its last number, too, may have lost its last digit is told.
    """
    *before, last = [row for row in rows if any(row)] or [[]]
    at, begin = max((n for n, row in enumerate(rows) if any(row)), default=0), len(last) - 1
    if len(before) < 2 or not last or len(last) >= min(map(len, before[-2:])):
        is_number = bool(before) and last[-1:] != [] and last[-1].strip()[-1:].isdecimal()
        return Separated(rows, told=(Remark("last_line_open", address(at, begin), {"row": str(at + 1)}),) if is_number else ())
    told = cut_short(at, begin)
    marks = dict.fromkeys(((at, column) for column in range(begin, max(map(len, rows)))), told.asked())
    is_line = len(last) > 1 or last[0][-1:].isdecimal()  # 填表人：… alone is a foot
    return Separated(rows, marks, (told,) if is_line else ())


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
        except UnicodeDecodeError as error:
            if error.start >= len(data) - _LONGEST_CHARACTER and (text := data[: error.start].decode(encoding)) and not text.isascii():
                return text  # it breaks off in the middle of a character
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
