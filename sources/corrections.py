"""Texts that correct a figure without changing it: 应为35 beside a cell, 更正：出生改为13 below a table, in a text box or a footer.

They are told with their cell or place and nothing of what else they say; the figure stays as it stands in its cell, since only the village
changes it. What is in a text box, a header or a footer is never read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator

from sources.faults import FileFault
from sources.kinds import ZIP, inflated, zip_members
from sources.layout import Plan
from sources.notes import figures_in
from sources.workbook import Sheet

_MOST = 2 * 2**20
_MOST_CELLS, _SHORTEST, _MOST_REMEMBERED = 12, 3, 1000
_NUMBER = r"\s*[:：]?\s*[“\"']?\s*(-?\d[\d,.]*)\s*(?![\d,.]*\s*[年月日号点时行列栏格项条页版份之])"
_DRAWING = re.compile(rb"xl/drawings/drawing\d*\.xml|xl/drawings/vmlDrawing\d*\.vml|xl/diagrams/data\d*\.xml")
_SHEET = re.compile(rb"xl/worksheets/sheet\d*\.xml")
_FOOT = re.compile(rb"<(?:\w+:)?headerFooter\b.*?</(?:\w+:)?headerFooter>", re.DOTALL)
_PIECE = re.compile(r"<(?:a:)?t(?: [^>]*)?>([^<]*)<|<(?:odd|even|first)(?:Header|Footer)>([^<]*)<|<font[^>]*>([^<]*)<|</(a:p)>")
_ODS_BOX = re.compile(r"<draw:(?:text-box|custom-shape)[ >].*?</draw:(?:text-box|custom-shape)>", re.DOTALL)
_ODS_FOOT = re.compile(r"<style:(?:header|footer)(?:-left|-first)?[ >].*?</style:(?:header|footer)(?:-left|-first)?>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
DRAWN, AT_EDGE = "drawn", "edge"


class Corrections:
    """Finds such texts; `words`: 应为, 改为, … before the figure that is meant."""

    def __init__(self, words: Collection[str]) -> None:
        said = "|".join(map(re.escape, sorted(filter(None, words), key=len, reverse=True))) or "(?!)"
        self._pattern = re.compile(f"(?:{said}){_NUMBER}", re.IGNORECASE)
        self._harmless: dict[int, object] = {}

    def says(self, text: str) -> bool:
        """Whether a text says which figure should stand somewhere; an instruction to write 0 does not."""
        return any(found[1].strip(",.") not in ("0", "") and figures_in(found[1]) for found in self._pattern.finditer(text))

    def in_cells(self, sheet: Sheet, plans: Collection[Plan]) -> list[tuple[int, int]]:
        """Cells of a sheet with such a text, that hold no figure and no field of the form."""
        own = {place for plan in plans for place in (*plan.cells.values(), *plan.heads.values())}
        cells = ((r, c, cell) for r, row in enumerate(sheet.rows) for c, cell in enumerate(row))
        texts = ((r, c, cell) for r, c, cell in cells if type(cell) is str and len(cell) >= _SHORTEST)
        return [(r, c) for r, c, text in texts if self.says(text) and (r, c) not in own][:_MOST_CELLS]

    def outside(self, data: bytes, frames: Collection[object] = ()) -> str:
        """`DRAWN` or `AT_EDGE` where a text box or a header or footer of a package has such a text, else ''.

        frames: of its sheets (`sources.workbook.Sheet`); what stands behind the values of a frame is looked at once.
        """
        if not data.startswith(ZIP):
            return ""
        is_plain = bool(frames) and None not in frames
        is_known = is_plain and all(id(frame) in self._harmless for frame in frames)
        try:
            found = next((where for where, text in _texts_outside(data, with_sheets=not is_known) if self.says(text)), "")
        except FileFault:
            return ""  # the reader refuses what is not whole
        if not found and is_plain and not is_known and len(self._harmless) < _MOST_REMEMBERED:
            self._harmless.update((id(frame), frame) for frame in frames)
        return found


def _texts_outside(data: bytes, *, with_sheets: bool) -> Iterator[tuple[str, str]]:
    for entry in zip_members(data):
        if (b"rawing" in entry.name or b"diagrams" in entry.name) and _DRAWING.fullmatch(entry.name):
            yield DRAWN, _joined(inflated(data, entry, _MOST).decode("utf-8", "replace"))
        elif entry.name == b"styles.xml":
            for found in _ODS_FOOT.findall(inflated(data, entry, _MOST).decode("utf-8", "replace")):
                yield AT_EDGE, html.unescape(_TAG.sub("", found))
        elif entry.name == b"content.xml":
            content = inflated(data, entry, _MOST)
            for found in _ODS_BOX.findall(content.decode("utf-8", "replace")) if b"<draw:" in content else ():
                yield DRAWN, html.unescape(_TAG.sub("", found))
        elif with_sheets and _SHEET.fullmatch(entry.name):
            content = inflated(data, entry, 16 * _MOST)
            foot = _FOOT.search(content, max(0, content.rfind(b"</sheetData>")))
            if foot is not None:
                yield AT_EDGE, _joined(foot[0].decode("utf-8", "replace"))


def _joined(text: str) -> str:
    return "".join("\n" if end else html.unescape(a or b or c) for a, b, c, end in _PIECE.findall(text))
