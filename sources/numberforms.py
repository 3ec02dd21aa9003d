"""Number formats of cells: whether a cell shows the number that it holds, or a share, a date, another number, nothing at all.

The codes are those of Excel (ECMA-376 part 1, 18.8.31); the older formats and Excel's XML of 2003 use the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sources.doubts import SHARE, Doubt, quoted
from sources.text import chinese_number

DATE = Doubt("date_cell", only_numbers=True)
SHARE_FORMATS, DATE_FORMATS = frozenset((9, 10)), frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Numbers of formats that need no code."""
NAMED = {"percent": "0%", "general date": "m/d/yyyy h:mm", "currency": "#,##0.00", "euro currency": "#,##0.00"} | {
    f"{size} {what}": code for size in ("short", "medium", "long") for what, code in (("date", "m/d/yyyy"), ("time", "h:mm"))
}
"""Names that Excel's XML of 2003 has for some codes."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|[_*].|(?P<general>General|G/通用格式|@)'
    r"|(?P<digits>[0#?](?:[0#?,]*[0#?])?(?:\.[0#?]*)?|\.[0#?]+)(?P<scale>,*)|(?P<power>[eE][-+][0#?]+)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_DATE_LETTERS = frozenset("ymdhsaegb")
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
_MULTIPLES = frozenset("十百千万亿")
_NUMBER = re.compile(r"\d[\d,，'’ \u00a0\u202f]*(?:[.．]\d*)?")
_TEST = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "=": lambda a, b: a == b, "<>": lambda a, b: a != b,
}  # fmt: skip


class _Section(NamedTuple):
    """One of a code's parts. `condition`: what it is for, if it says so."""

    tokens: tuple[tuple[str, str], ...]
    condition: tuple[str, float] | None

    def count(self, kind: str) -> int:
        return sum(k == kind for k, _ in self.tokens)

    @property
    def words(self) -> str:
        return "".join(text for kind, text in self.tokens if kind == "word")


@lru_cache(maxsize=512)
def is_faithful(code: str) -> bool:
    """Whether each number under a format shows as itself, perhaps rounded, with a unit or in a colour."""
    if "%" in code or "‰" in code:
        return False
    sections = _sections(code)
    return all(_shows_itself(section, n) for n, section in enumerate(sections[:3])) and not is_date(code)


@lru_cache(maxsize=512)
def is_date(code: str) -> bool:
    """Whether a format shows numbers as dates or times of day."""
    first = _sections(code)[0]
    return not first.count("digits") and not first.count("general") and first.count("date") > 0


def is_seen_as_date(code: str) -> bool:
    """Whether the native reader gives dates for a format; it does not know weekdays, eras and the formats that only have numbers."""
    return any(kind == "date" and text[0] in "ymdhsYMDHS[" for kind, text in _sections(code)[0].tokens)


def doubt_of_form(code: str, value: float) -> Doubt | None:
    """What is doubtful about a number, given the code of its cell's format."""
    if is_faithful(code):
        return None
    if "%" in code or "‰" in code:
        return SHARE
    if is_date(code):
        return DATE
    shown = shown_by(code, value)
    return None if says(shown, value) else shown_otherwise(shown, value)


def shown_otherwise(shown: str, value: float) -> Doubt:
    """A number that shows as something else."""
    return Doubt("shown_otherwise", {"shown": quoted(shown) or "—", "held": quoted(value)}, only_numbers=True)


def says(shown: str, value: float) -> bool:
    """Whether a text that is shown for a number says that number, perhaps rounded or with a unit; nought may show as nothing or a dash."""
    text = unicodedata.normalize("NFKC", shown).strip()
    found = _NUMBER.findall(text)
    if not found:
        numeral = "".join(c for c in text if c.isnumeric() or c in _MULTIPLES)
        return (value == 0 and len(text) <= 1) or (numeral != "" and chinese_number(numeral) == value)
    if len(found) > 1 or _MULTIPLES.intersection(text) or "E" in text.upper():
        return len(found) == 2 and "E" in text.upper()  # a power of ten is rounding
    sign = text[: text.index(found[0])]
    if value > 0 and sign.strip().endswith(("-", "−", "负", "(")):
        return False
    number = re.sub(r"[,，'’ \u00a0\u202f]", "", found[0])
    return any(_agree(one, value) for one in {number, re.sub(r"\.(?=\d{3}$)", "", number)})


def _agree(number: str, value: float) -> bool:
    decimals = len(number.partition(".")[2])
    return abs(abs(value) - float(number)) <= 0.5001 * 0.1**decimals


def shown_by(code: str, value: float) -> str:
    """A number as a format shows it."""
    sections = _sections(code)
    number, section = abs(value), sections[0]
    if any(s.condition for s in sections):
        section = next((s for s in sections if s.condition is None or _TEST[s.condition[0]](value, s.condition[1])), sections[-1])
    elif value < 0 and len(sections) > 1:
        section = sections[1]
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    elif value < 0:
        return "-" + "".join(_written(section, number))
    return "".join(_written(section, number))


def _written(section: _Section, number: float) -> Iterator[str]:
    is_first = True
    for kind, text in section.tokens:
        if kind == "word":
            yield text
        elif kind == "general" and is_first:
            yield f"{number:.11g}"
        elif kind == "digits" and is_first:
            bare = text.rstrip(",")
            scaled, form = number / 1000 ** (len(text) - len(bare)), bare.partition(".")
            least = form[0].count("0")
            whole = f"{scaled:.{len(form[2])}f}"
            if least == 0 and float(whole) == 0:
                whole = whole.replace("0", "", 1)
            head, point, rest = whole.partition(".")
            yield head.rjust(least, "0") + point + rest
        if kind in ("general", "digits"):
            is_first = False


def _shows_itself(section: _Section, n: int) -> bool:
    """Whether the part for numbers above (0), below (1) or at nought (2) is faithful."""
    is_nought = n == 2
    if any(c.isnumeric() and c not in ("0" if is_nought else "") for c in section.words) or section.condition is not None:
        return False
    if is_nought:  # what stands for nought: a dash, nothing, a nought
        return section.count("digits") + section.count("general") > 0 or len(section.words.strip()) <= 1
    if section.count("power") or section.count("fraction"):
        return section.count("digits") > 0
    if section.count("digits") + section.count("general") != 1 or any(
        kind == "digits" and text.endswith(",") for kind, text in section.tokens
    ):
        return False
    return not _MULTIPLES.intersection(section.words) and (n == 1 or not section.words.lstrip().startswith(("-", "−")))


def _sections(code: str) -> list[_Section]:
    found: list[list[tuple[str, str]]] = [[]]
    conditions: list[tuple[str, float] | None] = [None]
    for token in _TOKEN.finditer(code):
        kind, text = str(token.lastgroup or ""), token[0]
        if kind in ("quoted", "escaped"):
            found[-1].append(("word", token[kind]))
        elif kind == "bracket":
            if (asked := _CONDITION.fullmatch(token["bracket"].strip())) is not None:
                conditions[-1] = asked[1], float(asked[2])
            elif token["bracket"].startswith("$"):  # [$¥-804]: a sign of money and a language
                found[-1].append(("word", token["bracket"][1:].partition("-")[0]))
            elif token["bracket"].lower().strip("hms") == "" and token["bracket"]:
                found[-1].append(("date", text))
        elif kind == "general":
            found[-1].append((kind, text))
        elif kind in ("digits", "scale"):
            found[-1].append(("digits", text))
        elif kind == "power":
            found[-1].append((kind, text))
        elif text == ";":
            found.append([])
            conditions.append(None)
        elif text == "/" and found[-1] and found[-1][-1][0] == "digits":
            found[-1].append(("fraction", text))
        elif text.lower() in _DATE_LETTERS:
            found[-1].append(("date", text))
        elif kind == "other":
            found[-1].append(("word", text))
    return [_Section(tuple(tokens), condition) for tokens, condition in zip(found, conditions, strict=True)]
