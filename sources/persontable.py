"""A table as somebody sees it who looks for persons: filled cells, what heads them, who is named in them, and whose list it is.

Names of those who sign a form, or are asked for an office, are left out: whatever stands under or beside 填表人, 审核人, 村主任.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sources.personwords import PersonWords, heading

_FEW = 3
_GAP = 2
"""So many blank rows below its last cell, and a heading heads no more."""
_SIGNERS_BESIDE = 4
_PLACE = re.compile(
    r"[\u3400-\u9fff](?:村|社区|社區|居委会|居委|村委会|村委|屯|寨|庄|里|镇|鎮|乡|鄉|街道|街道办|办事处)(?:[（(].{1,8}[）)])?$"
)
_INSTITUTION = re.compile(
    r"[\u3400-\u9fff](?:卫生[室院所]|医院|诊所|小学|中学|学校|幼儿园|教学点|敬老院|养老院|福利院|服务中心|服务站|工作站|[站所院校馆]|中心|公司|合作社|协会|厂|店|超市|农场|办公室|党政办|局|科室)$"
)
_HAN = re.compile("[\u3400-\u9fff]{2}")
_PLACE_CODE = re.compile(r"\d{9}(?:\d{3})?")
_TITLE_ROWS, _LONGEST_TITLE = 3, 40
_FIELD_ROWS = 6
_BOX = frozenset("□☐＿_")
"""What is to be ticked or filled in names nobody."""
_PAIR = re.compile(r"([^:：\d]{1,12})[:：]\s*([^:：]{2,24})")
_SAID = re.compile(r"[:：]|\d{7}")
"""A title names nobody and has no number."""


class Cell(NamedTuple):
    """A filled cell. `head`: the heading above it, `left`: the text before it in its row; both folded, '' where there is none."""

    row: int
    column: int
    value: Any
    folded: str
    head: str
    left: str


class Table:
    """Rows of text and number cells. `named`: cells with somebody's name who is no official."""

    def __init__(self, rows: Sequence[Sequence[Any]], words: PersonWords) -> None:
        self.words = words
        self.cells: list[Cell] = []
        self.by_row: dict[int, list[Cell]] = defaultdict(list)
        self._place_rows: dict[int, str] = {}
        self._fill(rows)

    def _fill(self, rows: Sequence[Sequence[Any]]) -> None:
        heads: dict[int, str] = {}
        last: dict[int, int] = {}
        for r, row in enumerate(rows):
            left = ""
            for c, value in enumerate(row):
                if not value or not isinstance(value, (str, float, int, dt.date)) or isinstance(value, bool):
                    continue
                text = heading(value)
                if r - last.get(c, r) > _GAP:
                    heads[c] = ""
                last[c] = r
                cell = Cell(r, c, value, text, heads.get(c, ""), left)
                self.cells.append(cell)
                self.by_row[r].append(cell)
                is_value = text in self.words.relations and left != "" and self.words.strength(left) > 0  # 张三 | 户主
                if text and not is_value and self.is_heading(value, text) and not self._signs(text, row[c + 1 : c + 3]):
                    heads[c] = text
                left = text or (left if type(value) is not str else "")
                if type(value) is str and (pair := _PAIR.fullmatch(value.strip())) is not None:
                    self._fill_pair(r, c, heading(pair[1]), pair[2])

    def _fill_pair(self, row: int, column: int, label: str, said: str) -> None:
        """户主姓名：张三 in one cell: a heading with what it heads."""
        if label and self.is_heading(label, label):
            cell = Cell(row, column, said, heading(said), label, label)
            self.cells.append(cell)
            self.by_row[row].append(cell)

    def _signs(self, folded: str, beside: Sequence[Any]) -> bool:
        """Whether a text like 填表人 has its name beside it: then it heads nothing below."""
        name = next((value for value in beside if value != ""), None)
        return type(name) is str and self.words.officials.search(folded) is not None and self.words.strength(name) > 0

    def is_heading(self, value: Any, folded: str) -> bool:
        """Whether a text is a heading that says what stands below it, and no name itself."""
        words = self.words
        if words.strength(value) == 2:
            return False
        if words.heads_names(folded) or words.heads_persons(folded):
            return True
        patterns = (words.officials, words.things, words.places, words.identities, words.births, words.phones, words.amounts, words.about)
        return _PLACE.search(folded) is None and any(pattern.search(folded) for pattern in patterns)

    @cached_property
    def is_of_fields(self) -> bool:
        """Whether it is a data dictionary: a row heads names of fields and their types. Whoever is named in it is an example."""
        fields, types = self.words.fields, self.words.field_types
        for row in sorted(self.by_row)[:_FIELD_ROWS]:
            heads = {cell.folded for cell in self.by_row[row] if cell.folded}
            named = {head for head in heads if fields.search(head)}
            if named and any(types.search(head) for head in heads - named) and len(heads) >= _FEW:
                return True
        return False

    @cached_property
    def example_rows(self) -> frozenset[int]:
        """Rows that show how a form is filled in: they say so, and who stands in them is nobody in particular."""
        examples, placeholders = self.words.examples, self.words.placeholders
        return frozenset(
            row
            for row, cells in self.by_row.items()
            if any(type(cell.value) is str and examples.search(cell.value.strip()) for cell in cells[:2])
            and any(type(cell.value) is str and cell.value.strip() in placeholders for cell in cells)
        )

    @cached_property
    def named(self) -> list[Cell]:
        """Cells with the name of somebody who signs nothing."""
        if self.is_of_fields:
            strong = [c for c in self.cells if type(c.value) is str and self.words.strength(c.value) == 2]
            strong = [c for c in strong if c.value.strip() not in self.words.placeholders]
            return strong if len({c.value for c in strong}) >= _FEW else []
        found: list[Cell] = []
        for cells in self.by_row.values():
            is_signed, since = False, 0
            for cell in cells:
                if type(cell.value) is not str:
                    continue
                if not self._names_somebody(cell):
                    is_signed, since = self.words.officials.search(cell.folded or cell.value) is not None, 0
                    continue
                since += 1
                if not (is_signed and since <= _SIGNERS_BESIDE) and not self._is_official(cell) and cell.row not in self.example_rows:
                    found.append(cell)
        return found

    def _names_somebody(self, cell: Cell) -> bool:
        if not _BOX.isdisjoint(cell.value):
            return False
        if self.words.strength(cell.value):
            return not self.words.heads_names(cell.folded) and not (cell.folded and self.words.heads_persons(cell.folded))
        if cell.folded in self.words.relations:
            return False
        if not self.words.heads_names(cell.head) or cell.folded.isascii() or self.is_heading(cell.value, cell.folded):
            return False
        return self.words.may_be_name(cell.value)

    def _is_official(self, cell: Cell) -> bool:
        head = cell.head
        if not head:
            return self.is_of_things
        if self.words.officials.search(head) is not None or self.words.things.search(head) is not None:
            return True
        if self.is_of_things and not self.words.heads_names(head) and not self.words.heads_persons(head):
            return True
        return self.words.places.search(head) is not None and not self.words.heads_names(head) and not self.words.heads_persons(head)

    @cached_property
    def office_rows(self) -> frozenset[int]:
        """Rows that name officials and nobody else: numbers in them are an office's."""
        named = {cell.row for cell in self.named}
        signing = {c.row for c in self.cells if type(c.value) is str and self._names_somebody(c)}
        return frozenset(signing - named)

    @cached_property
    def strong(self) -> list[Cell]:
        """Those whose names are certainly names, by themselves or by their heading."""
        heads_names = self.words.heads_names
        return [cell for cell in self.named if heads_names(cell.head) or self.words.strength(cell.value) == 2]

    def place_of(self, row: int) -> str:
        """The place that a row is about, '' when it names none."""
        if row not in self._place_rows:
            self._place_rows[row] = next((str(cell.value) for cell in self.by_row[row] if self._is_place(cell)), "")
        return self._place_rows[row]

    def _is_place(self, cell: Cell) -> bool:
        if type(cell.value) is not str:
            return type(cell.value) in (float, int) and _PLACE_CODE.fullmatch(str(int(cell.value))) is not None
        text = cell.value.strip()
        if _PLACE_CODE.fullmatch(text) or _PLACE.search(text) or (_INSTITUTION.search(text) and self.words.strength(text) < 2):
            return len(cell.value) <= 20
        head = cell.head
        is_headed = (
            head != ""
            and (self.words.places.search(head) or self.words.things.search(head)) is not None
            and _HAN.search(cell.value) is not None
        )
        return is_headed and cell.value[:1] not in "0123456789" and not self.words.heads_names(head) and self.words.strength(cell.value) < 2

    def is_of_places(self, rows: Sequence[int]) -> bool:
        """Whether each of the rows, but for a few, is about a place of its own: then who is named there is its clerk."""
        places = [place for row in rows if (place := self.place_of(row))]
        return len(rows) >= 2 and len(places) >= 0.8 * len(rows) and len(set(places)) >= 0.9 * len(places)

    def is_of_offices(self, rows: Sequence[int]) -> bool:
        """Whether each of the rows, but for a few, is about an office or institution, and nobody is named in any."""
        named = {cell.row for cell in self.named}
        return named.isdisjoint(rows) and sum(self.place_of(row) != "" for row in rows) >= 0.8 * len(rows) > 0

    @cached_property
    def sentences(self) -> list[str]:
        """Texts that stand neither below nor beside a word for who signs or may be asked."""
        if self.is_of_staff:
            return []
        officials, inquiries = self.words.officials, self.words.inquiries
        return [
            cell.value
            for cell in self.cells
            if type(cell.value) is str
            and not any(said and (officials.search(said) or inquiries.search(said)) for said in (cell.head, cell.left))
        ]

    @cached_property
    def titles(self) -> str:
        """What stands above the table."""
        return "\n".join(
            cell.value
            for row in sorted(self.by_row)[:_TITLE_ROWS]
            for cell in self.by_row[row]
            if type(cell.value) is str
            and len(self.by_row[row]) == 1
            and 4 <= len(cell.value) <= _LONGEST_TITLE
            and not _SAID.search(cell.value)
        )

    @cached_property
    def inner_titles(self) -> list[int]:
        """Rows, below the first few, in which nothing stands but the title of a list of persons."""
        words = self.words
        return [
            row
            for row in sorted(self.by_row)[_TITLE_ROWS:]
            for cell in self.by_row[row]
            if len(self.by_row[row]) == 1
            and type(cell.value) is str
            and 4 <= len(cell.value) <= _LONGEST_TITLE
            and words.roster_titles.search(cell.value)
            and not (words.thing_titles.search(cell.value) or words.staff_titles.search(cell.value) or words.officials.search(cell.value))
        ]

    @cached_property
    def is_of_staff(self) -> bool:
        """Whether it lists an office's own people: most rows with a name have a position, or the title says so."""
        rows = {cell.row for cell in self.named}
        at_work = sum(any(c.folded and self.words.positions.search(c.folded) for c in self.by_row[row]) for row in rows)
        if at_work >= 0.6 * len(rows) and at_work > 0:
            return True
        members = sum(any(c.folded and self.words.members.search(c.folded) for c in self.by_row[row]) for row in rows)
        if 2 * members > len(rows):
            return False
        return self.words.staff_titles.search(self.titles) is not None and "村民" not in self.titles and "居民" not in self.titles

    @cached_property
    def counts_by_sex(self) -> bool:
        """Whether it counts by sex what its rows are called, without surnames: names given to children. Householders have surnames."""
        if 2 * sum(self.words.strength(cell.value) == 2 for cell in self.named) > len(self.named):
            return False
        heads = {cell.value.strip(): cell for cell in self.cells if type(cell.value) is str and cell.value.strip() in ("男", "女")}
        if len(heads) < 2 or heads["男"].row != heads["女"].row:
            return False
        for head in heads.values():
            below = [c.value for c in self.cells if c.column == head.column and c.row > head.row]
            if len(below) < _FEW or not all(type(value) in (float, int) for value in below) or max(below) <= 1:
                return False
        return True

    @cached_property
    def is_of_things(self) -> bool:
        """Whether its title says that it lists things, streets or institutions, and not persons."""
        return self.words.thing_titles.search(self.titles) is not None and not self.words.roster_of_persons.search(self.titles)

    @cached_property
    def is_roster(self) -> bool:
        """Whether its title says that it lists persons."""
        return self.words.roster_titles.search(self.titles) is not None and not self.is_of_things
