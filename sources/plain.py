"""Parts of an .xlsx written the plain way that Excel, WPS, LibreOffice and our template write them → cells, texts, merged ranges.

A village's form differs from the last village's in its values. So the XML of a sheet is cut into values and the frames between them,
and what a sheet with these frames means is remembered: which value stands in which cell, as what. Anything that is not written the
plain way (entities, comments, errors, truth values, other spellings of attributes, cells out of order) is not read here: the answer is
None, and the native reader has it. `sources.proven` says for which files this stands in for the native reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from sources.merges import upright
from sources.struck import PLAIN, Looks, is_odd_text

Merge = tuple[tuple[int, int], tuple[int, int]]
Frame = tuple[int, int, bytes, bytes, bool]
"""Row and column of the cell whose value follows a frame, its kind (t), its format (s), and whether it has a formula."""

_LONGEST, _MOST_VALUES = 500_000, 6000
"""A form has some hundreds of cells. Of a list with thousands the native reader is as quick."""
_MOST_CELLS = 100_000
_MOST_PLANS, _MOST_REMEMBERED = 500, 32 * 2**20
"""Sheets remembered, and bytes of what is remembered of sheets and of texts, about: a sender of large odd files fills no worker."""
_POINTER = 8

_ATTRIBUTES = rb"(?: [\w:.]+=\"[^\"<>]*\")*"
_FORMULA = rb"(?:<f%s(?:/>|>[^<]*</f>))?" % _ATTRIBUTES
_CELL = rb"<c r=\"([A-Z]{1,3})([1-9]\d{0,6})\"(?: s=\"(\d{1,5})\")?(?: t=\"(s|str|n|inlineStr)\")?"
_OPEN = _CELL + b">" + _FORMULA
_BLANK = rb"<c r=\"[A-Z]{1,3}[1-9]\d{0,6}\"(?: s=\"\d{1,5}\")?(?: t=\"(?:s|str|n)\")?(?:/>|>%s</c>)" % _FORMULA
_ROW = rb"<row(?: r=\"[1-9]\d{0,6}\")?(?: (?!r=)[\w:.]+=\"[^\"<>]*\")*"
_EMPTY_ROWS = rb"(?:%s/>)*" % _ROW
_NEXT_ROW = rb"</row>%s%s>" % (_EMPTY_ROWS, _ROW)
_BETWEEN = rb"(?:%s|%s)*" % (_BLANK, _NEXT_ROW)
_TAGS = rb"(?:<(?![!?]|/?(?:\w+:)?(?:dimension|sheetData))[^<>]*>|<dimension ref=\"[A-Z]{1,3}[1-9]\d{0,6}(?::[A-Z]{1,3}[1-9]\d{0,6})?\"/>)*"
_HEAD = rb"(?:\xef\xbb\xbf)?(?:<\?xml [^<>?]*\?>\s*)?<worksheet(?: [^<>]*)?>" + _TAGS
_END = rb"</sheetData>(?:<(?![!?])[^<>]*>[^<>]*)*</worksheet>\s*"
_FIRST = re.compile(rb"%s<sheetData>%s%s>%s%s" % (_HEAD, _EMPTY_ROWS, _ROW, _BETWEEN, _OPEN))
_CLOSE = rb"(?:</v>|</t></is>)</c>"
_MIDDLE = re.compile(_CLOSE + _BETWEEN + _OPEN)
_LAST = re.compile(rb"%s%s</row>%s%s" % (_CLOSE, _BETWEEN, _EMPTY_ROWS, _END))
_NO_VALUES = re.compile(
    rb"%s(?:<sheetData/>%s</worksheet>\s*|<sheetData>(?:%s(?:/>|>(?:%s)*</row>))*%s)" % (_HEAD, _TAGS, _ROW, _BLANK, _END)
)
_MERGES = re.compile(rb"<mergeCells%s>(?:<mergeCell ref=\"[A-Z]{1,3}[1-9]\d{0,6}:[A-Z]{1,3}[1-9]\d{0,6}\"/>)*</mergeCells>" % _ATTRIBUTES)
_MERGED = re.compile(rb"<mergeCell ref=\"([A-Z]{1,3})([1-9]\d{0,6}):([A-Z]{1,3})([1-9]\d{0,6})\"/>")
_OF_NUMBERS = b"0123456789.-+eE"
"""Of what is made of these, Python's float() and the native reader make the same; other texts only Python takes for numbers (1_000)."""
_RUN = rb"<t( xml:space=\"preserve\")?>([^<]*)</t>"
# What formats a run is said by tags other than these: else where one run ends and the next begins could be guessed in 2ⁿ ways.
_FORMATTED = rb"<r>(?:<rPr>(?:<(?![!?]|/?(?:rPr|r|t|si)[ />])[^<>]*>)*</rPr>)?<t(?: xml:space=\"preserve\")?>[^<]*</t></r>"
_TEXT = re.compile(rb"(?:%s|(?:%s)+)(?:<phoneticPr%s/>)?</si>(?:</sst>\s*)?" % (_RUN, _FORMATTED, _ATTRIBUTES))
_RUNS = re.compile(_RUN)
_REFERENCE = re.compile(r"&(?:#([0-9]{1,7});|#x([0-9A-Fa-f]{1,6});|(amp|lt|gt|quot|apos);)?")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_TEXTS_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml [^<>?]*\?>\s*)?<sst(?: [^<>]*)?>")
_TAG = re.compile(rb"<(/?)([A-Za-z_][\w:.-]*)[^<>]*?(/?)>")
_OPEN_IN_CELL = (b"worksheet", b"sheetData", b"row", b"c")
_VALUE = re.compile(rb"<v>([^<]*)|<is><t>([^<]*)")


class NotPlainError(Exception):
    """Not written the plain way."""


class PlainSheet(NamedTuple):
    """Cells of one sheet as the native reader gives them, row by row in `flat`.

    `texts`: those that are not empty, in order; `numbers`: all, 0 too; `merged`: its merged ranges.
    `formats`: of the cells with numbers, by their position in `flat`; where one is a format of dates, the native reader gives a date.
    `looks`: the same of all cells with a value. `with_formula`: positions of those with a formula. `part`: the XML that it was read from.
    `odd`: formats of the workbook that strike out or show shares. `shared`: all shared texts of its workbook.
    """

    flat: list[Any]
    texts: Sequence[str]
    numbers: Sequence[float]
    width: int
    merged: list[Merge]
    formats: Mapping[int, bytes]
    looks: Mapping[int, bytes] = {}
    with_formula: frozenset[int] = frozenset()
    part: bytes = b""
    odd: Looks = PLAIN
    shared: Sequence[str] = ()


class PlainReader:
    """Reads parts, remembering what their frames mean."""

    def __init__(self) -> None:
        self._frames: dict[re.Pattern[bytes], dict[bytes, tuple[bytes, Any]]] = {_FIRST: {}, _MIDDLE: {}, _LAST: {}}
        self._plans: dict[tuple[bytes, ...], _Plan] = {}
        self._texts: dict[bytes, str] = {}
        self._of_plans = self._of_texts = 0

    def sheet(self, part: bytes, shared: Sequence[str]) -> PlainSheet | None:
        """A sheet's part, with the workbook's shared texts. None: not written the plain way."""
        if len(part) > _LONGEST:
            return None
        cut = _VALUE.split(part)  # frame, value or None, text written into its cell or None, frame, …
        frames = tuple(cut[::3])
        try:
            plan = self._plans.get(frames) or self._plan(frames)
            return plan.filled_with(cut[1::3], cut[2::3], shared)._replace(part=part, shared=shared)
        except NotPlainError:
            return None

    def texts(self, part: bytes) -> list[str] | None:
        """The shared texts of a workbook. None: one of them is not written the plain way; the native reader may refuse the workbook."""
        if is_odd_text(part):
            return None  # a number struck out, or a footnote's mark: the parser looks at it
        head, *pieces = part.split(b"<si>")
        ends = part.count(b"</sst>") == 1 and part.rstrip().endswith(b"</sst>")
        if len(pieces) > _MOST_VALUES or not ends or _TEXTS_HEAD.fullmatch(head) is None:
            return None
        known = self._texts
        if not all(map(known.__contains__, pieces)):
            if self._of_texts > _MOST_REMEMBERED:
                known.clear()
                self._of_texts = 0
            self._of_texts += 3 * len(part)  # at most: bytes, and characters of up to four bytes
            try:
                for piece in pieces:
                    if piece not in known:
                        known[piece] = _shared_text(piece)
            except NotPlainError:
                return None
        return [known[piece] for piece in pieces]

    def _plan(self, frames: tuple[bytes, ...]) -> _Plan:
        """Understand a sheet with these frames, of which most were met before, and remember it."""
        if self._of_plans > _MOST_REMEMBERED or len(self._plans) >= _MOST_PLANS:
            self._plans.clear()
            for known in self._frames.values():
                known.clear()
            self._of_plans = 0
        if len(frames) == 1:
            if _NO_VALUES.fullmatch(frames[0]) is None or _left_open(frames[0], ()):
                raise NotPlainError
            return _Plan([], _merged(frames[0]))
        first, *middle, last = frames
        met = [self._met(_FIRST, first), *(self._met(_MIDDLE, frame) for frame in middle), self._met(_LAST, last)]
        cells, merged = [meaning for _, meaning in met[:-1]], met[-1][1]
        for (_, _, kind, _, _), after in zip(cells, frames[1:], strict=True):
            if after.startswith(b"</v>") == (kind == b"inlineStr"):  # a value ends as it began
                raise NotPlainError
        plan = self._plans[tuple(frame for frame, _ in met)] = _Plan(cells, merged)
        self._of_plans += _POINTER * (plan.width * plan.height + 2 * len(frames))
        return plan

    def _met(self, pattern: re.Pattern[bytes], frame: bytes) -> tuple[bytes, Any]:
        """The frame, kept once for all sheets that have it, and what it means."""
        known = self._frames[pattern]
        if (found := known.get(frame)) is None:
            found = known[frame] = frame, _frame(pattern, frame)
            self._of_plans += len(frame)
        return found


class _Plan:
    """Which value of a sheet stands in which cell, as what."""

    def __init__(self, cells: Sequence[Frame], merged: list[Merge]) -> None:
        self.merged = merged
        self.width = max((column for _, column, *_ in cells), default=-1) + 1
        self.height = cells[-1][0] + 1 if cells else 0
        if self.width * self.height > _MOST_CELLS:
            raise NotPlainError
        ats = [row * self.width + column for row, column, *_ in cells]
        if any(after <= before for before, after in pairwise(ats)):  # out of order, or twice
            raise NotPlainError
        numbers = [n for n, (_, _, kind, _, _) in enumerate(cells) if kind in (b"", b"n")]
        shared = [n for n, (_, _, kind, _, _) in enumerate(cells) if kind == b"s"]
        results = [n for n, (_, _, kind, _, _) in enumerate(cells) if kind == b"str"]
        written = [n for n, (_, _, kind, _, _) in enumerate(cells) if kind == b"inlineStr"]
        self._numbers, self._shared, self._results, self._written = map(_taker, (numbers, shared, results, written))
        self.formats = {ats[n]: cells[n][3] for n in numbers}
        self.looks = {at: cell[3] for at, cell in zip(ats, cells, strict=True)}
        self.with_formula = frozenset(at for at, cell in zip(ats, cells, strict=True) if cell[4])
        # Values are put together by kind: numbers, shared texts, results of formulas, texts written into cells, a blank.
        among = {ats[n]: place for place, n in enumerate((*numbers, *shared, *results, *written))}
        self._flat = _taker([among.get(at, len(cells)) for at in range(self.width * self.height)])
        self._texts = _taker([among[at] for at in sorted(ats[n] for n in (*shared, *results, *written))])
        self._last: tuple[Sequence[str], tuple[bytes, ...], list[str]] = [], (), []

    def filled_with(self, values: Sequence[bytes | None], written: Sequence[bytes | None], shared: Sequence[str]) -> PlainSheet:
        """The sheet with its values; `written`: those that stand in their cells as text."""
        numbers, places = self._numbers(values), self._shared(values)
        try:
            if b"".join(numbers).translate(None, _OF_NUMBERS):
                raise NotPlainError
            figures = list(map(float, numbers))
            texts = self._shared_texts(places, shared)
        except (ValueError, IndexError, TypeError):  # no number, no such text; a text where a value should be
            raise NotPlainError from None
        results = [_plain_text(value, is_kept=True) for value in self._results(values)]
        inline = [_plain_text(value, is_kept=False) for value in self._written(written)]
        cells = (*figures, *texts, *results, *inline, "")
        said = self._texts(cells)
        said = tuple(filter(None, said)) if "" in said else said
        return PlainSheet(list(self._flat(cells)), said, figures, self.width, self.merged, self.formats, self.looks, self.with_formula)

    def _shared_texts(self, places: tuple[bytes, ...], shared: Sequence[str]) -> list[str]:
        """The texts at some places; most workbooks of a kind have the same labels at the same places."""
        last_shared, last_places, texts = self._last
        if shared is last_shared and places == last_places:
            return texts
        if not b"".join((b"0", *places)).isdigit() or b"" in places:
            raise NotPlainError
        texts = list(map(shared.__getitem__, map(int, places)))
        self._last = shared, places, texts
        return texts


def _taker(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Takes the items at some places of a sequence."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda items: tuple(items[place] for place in places)


def _frame(pattern: re.Pattern[bytes], frame: bytes) -> Frame | list[Merge]:
    """The cell that a frame opens; of the last frame, which opens none, the merged ranges."""
    found = pattern.fullmatch(frame)
    if found is None:
        raise NotPlainError
    if pattern is _LAST:
        if _left_open(frame, (*_OPEN_IN_CELL, *((b"v",) if frame.startswith(b"</v>") else (b"is", b"t")))):
            raise NotPlainError
        return _merged(frame)
    if pattern is _FIRST and _left_open(frame, ()) != _OPEN_IN_CELL:
        raise NotPlainError
    letters, row, number_format, kind = found.groups(b"")
    return int(row) - 1, _column(letters), kind, number_format, b"<f" in frame[frame.rindex(b"<c ") :]


def _left_open(part: bytes, before: Sequence[bytes]) -> tuple[bytes, ...]:
    """The elements that are open after a part, those open before it given; every end must have its beginning."""
    still, tags = list(before), _TAG.findall(part)
    if part.count(b"<") != len(tags) + part.count(b"<?"):
        raise NotPlainError
    for is_end, name, is_empty in tags:
        if is_end:
            if not still or still.pop() != name:
                raise NotPlainError
        elif not is_empty:
            still.append(name)
    return tuple(still)


def _shared_text(piece: bytes) -> str:
    if _TEXT.fullmatch(piece) is None:
        raise NotPlainError
    return "".join(_plain_text(text, is_kept=is_kept != b"") for is_kept, text in _RUNS.findall(piece))


def _plain_text(written: bytes | None, *, is_kept: bool) -> str:
    """`is_kept`: spaces at its ends stay (xml:space; results of formulas)."""
    if written is None:
        raise NotPlainError
    try:
        text = written.decode()
    except UnicodeDecodeError:
        raise NotPlainError from None
    if "&" in text:
        text = _REFERENCE.sub(_referred, text)
    if "\r" in text or "_x" in text or (not is_kept and text != text.strip()):
        raise NotPlainError
    return text


def _referred(found: re.Match[str]) -> str:
    """The character that a reference stands for."""
    decimal, hexadecimal, name = found.groups()
    if name is not None:
        return _NAMED[name]
    number = int(decimal) if decimal else int(hexadecimal or "0", 16)
    if number == 10 or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number <= 0x10FFFF:
        return chr(number)
    raise NotPlainError


def _merged(part: bytes) -> list[Merge]:
    """The merged ranges that a sheet ends with."""
    if b"mergeCell" in _MERGES.sub(b"", part, count=1):
        raise NotPlainError
    return list(
        upright([((int(top) - 1, _column(left)), (int(bottom) - 1, _column(right))) for left, top, right, bottom in _MERGED.findall(part)])
    )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
