"""Text documents (.docx and letters as plain text): their tables are looked at as tables, their paragraphs as rows of what blanks part.

A roll in a chat (接龙), a list that was typed into a letter, a chat about somebody's birth. A list of an office's own people is no list of
persons, and nothing of a letter but valid numbers, and names with numbers, is certain.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from sources.namedrows import Verdict
from sources.personwords import PersonWords
from sources.rosters import persons_in, persons_in_texts

_BLOCK = re.compile(r"<w:tbl[ >].*?</w:tbl>|<w:p(?: [^>]*)?>.*?</w:p>", re.DOTALL)
_ROW = re.compile(r"<w:tr[ >].*?</w:tr>", re.DOTALL)
_CELL = re.compile(r"<w:tc[ >].*?</w:tc>", re.DOTALL)
_RUN = re.compile(r"<w:t(?: [^>]*)?>([^<]*)</w:t>|<w:(tab|br|cr)\b[^>]*/?>|</w:(p)>")
_NUMBER = re.compile(r"^\s*[（(]?\d{1,3}\s*(?:[.、．)）:：]|\s)\s*")
_COUNTER = re.compile(r"\s*(?:\+\s*\d*|[＋]\s*\d*|[（(]\s*\d+\s*人?\s*[）)]|已到|到|收到|报名|参加)\s*$")
_SENTENCE = re.compile(r"[，。；！？]")
_SPOKEN = re.compile(r"^\s*([\u3400-\u9fff·•]{2,12})\s*[:：]\s*(\S.*)$")
_STAMPED = re.compile(
    r"^\s*([\u3400-\u9fff·•]{2,12})\s+(?:(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}|\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}:\d{2}|昨天|今天|上午|下午)"
)
_TITLE_LINES = 2
_FEW_SPEAKERS, _MOST_CELLS = 2, 4
_MOST_STRANGE = 0.25
"""So many lines with a telephone may name no office in a list of an office's people."""


def is_text_document(text: str) -> bool:
    """Whether a part of a package is the text of a word processor."""
    return "<w:p" in text and "</w:p>" in text


def judged_document(text: str, words: PersonWords) -> Verdict | None:
    """What the WordprocessingML of a part says about persons; None: nothing. What is certain goes before what is not."""
    lines: list[str] = []
    found: Verdict | None = None
    for block in _BLOCK.findall(text):
        if block.startswith("<w:tbl"):
            rows = [[_text(cell) for cell in _CELL.findall(row)] for row in _ROW.findall(block)]
            titles = [[line] for line in lines[-_TITLE_LINES:]]
            verdict = persons_in([*titles, *rows], words)
            if verdict is not None and verdict[1]:
                return verdict
            found = found or verdict
        else:
            lines += [line for line in _text(block).splitlines() if line.strip()]
    of_lines = judged_lines(lines, words)
    return of_lines if of_lines is not None and (of_lines[1] or found is None) else found


def judged_lines(lines: Sequence[str], words: PersonWords) -> Verdict | None:
    """What the lines of a letter say: as rows of what blanks part, as sentences, as a chat."""
    in_rows = persons_in([_cells(line) for line in lines], words)
    if in_rows is not None and in_rows[1]:
        return in_rows[0], in_rows[0] in ("id_numbers", "names_with_numbers")
    whole = persons_in_texts(lines, words)
    if whole is not None and whole[1] and whole[0] == "id_numbers":
        return whole
    if in_rows is not None:
        return in_rows
    if whole is not None and not _are_of_offices(lines, words):
        return whole[0], False
    return _roll(lines, words) or _chat(lines, words)


def _roll(lines: Sequence[str], words: PersonWords) -> Verdict | None:
    """Names, one a line, under a line that calls them a list of persons (接龙, 签到)."""
    title = "\n".join(lines[:_TITLE_LINES])
    if words.roster_titles.search(title) is None or words.staff_titles.search(title) or words.thing_titles.search(title):
        return None
    names = {cells[0] for line in lines[1:] if words.strength((cells := _cells(line))[0]) == 2 and len(cells) <= _MOST_CELLS}
    return ("roster", False) if len(names) >= _FEW_SPEAKERS else None


def _text(block: str) -> str:
    return "".join(html.unescape(said) if said else "\t" if mark == "tab" else "\n" for said, mark, end in _RUN.findall(block)).strip("\n")


def _cells(line: str) -> list[str]:
    """What blanks part in a line that is no sentence, without its number in a list and without what is counted (张三+1)."""
    if _SENTENCE.search(line) is not None:
        return [line]
    bare = _COUNTER.sub("", _NUMBER.sub("", line))
    return [piece for piece in re.split(r"[\t\u3000]+|\s+", bare) if piece] or [line]


def _are_of_offices(lines: Sequence[str], words: PersonWords) -> bool:
    """Whether most lines with a telephone say who is asked for an office."""
    numbered = [line for line in lines if re.search(r"\d{7}", line)]
    return sum(words.officials.search(line) is None for line in numbered) < _MOST_STRANGE * len(numbered)


def _chat(lines: Sequence[str], words: PersonWords) -> Verdict | None:
    """Several who speak by their names, and something of a life in what one of them says."""
    speakers: set[str] = set()
    is_told = False
    for name, said in _turns(lines):
        if words.strength(name) == 2 and words.officials.search(name) is None:
            speakers.add(name)
            is_told = is_told or words.told.search(said) is not None
    return ("names_with_events", False) if is_told and len(speakers) >= _FEW_SPEAKERS else None


def _turns(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Who says what: 张三：…, or a line with a name and a time and then what is said."""
    for n, line in enumerate(lines):
        if (spoken := _SPOKEN.match(line)) is not None:
            yield spoken[1], spoken[2]
        elif (stamped := _STAMPED.match(line)) is not None:
            yield stamped[1], " ".join(lines[n + 1 : n + 2])
