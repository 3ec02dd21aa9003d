"""What a row of a list seems to be by its name, noted while it is read and settled when the names of the registry are known.

A row that is called like a total, a note or a group is kept with its figures: a registered village of that name is a village.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sources.text import fold

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

ASIDE = "aside"
"""The role of a record whose row is left out unless its name is a registered village's."""
WHOLE, PART, GROUP, NOTE = "whole", "part", "group", "note"
OTHER, AGAIN, HIDDEN, ROUNDED = "other", "again", "hidden", "rounded"
BY_THEMSELVES = frozenset((OTHER, AGAIN, HIDDEN))
"""What is no village whatever it is called: a row of another table, or of a place that stands in another row."""
_CODE = re.compile(r"\d{12}")


class RowWords(NamedTuple):
    """Patterns of the names of rows; see `schemas.entries.ValueWords`."""

    whole: re.Pattern[str]
    part: re.Pattern[str]
    group: re.Pattern[str]
    village: re.Pattern[str]

    def seems(self, name: str) -> str:
        """WHOLE, PART, GROUP, or '' where the name may be a village's."""
        folded = fold(name)
        return next((seems for seems, words in ((WHOLE, self.whole), (PART, self.part), (GROUP, self.group)) if words.search(folded)), "")

    def is_like_a_village(self, code: str, name: str) -> bool:
        """Whether a row is a village's by its code, or its name looks like one and like nothing else."""
        if _CODE.fullmatch(code) is not None:
            return True
        return self.village.search(fold(name)) is not None and not self.seems(name)


def row_words(dictionary: Dictionary) -> RowWords:
    """The words of the dictionary."""
    words = dictionary.value_words
    groups = (words.whole_rows, words.part_rows, words.group_rows, words.village_names)
    return RowWords(*(re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)") for patterns in groups))


class RowNote(NamedTuple):
    """What is noted of a row, kept with its record as JSON.

    seems: WHOLE, PART, GROUP or NOTE (by its name or its figures), OTHER (below the foot, under headings of its own), AGAIN (below the
    foot, of a place that stands above it), HIDDEN (of a place that stands in a visible row), ROUNDED (its code lost its last digits).
    name, code: as written. row: its number in the sheet, from 1. rows: first and last of the rows whose sum it is, nothing where it is
    none. wrong: codes of the figures that are not that sum. of: the village of a group. is_told: whether its sender is told that it was
    left out.
    """

    seems: str
    name: str = ""
    code: str = ""
    row: int = 0
    rows: tuple[int, int] | tuple[()] = ()
    wrong: Sequence[str] = ()
    of: str = ""
    is_told: bool = False

    def text(self) -> str:
        """As JSON; what is not set is left out."""
        return json.dumps({k: v for k, v in self._asdict().items() if v}, ensure_ascii=False)


def row_note(text: str) -> RowNote:
    """What `RowNote.text` made."""
    kept = json.loads(text)
    return RowNote(**{**kept, "rows": tuple(kept.get("rows", ()))})
