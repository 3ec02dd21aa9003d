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
from sources.text import EXPONENTS, chinese_number

DATE = Doubt("date_cell", only_numbers=True)
SHARE_FORMATS, DATE_FORMATS = frozenset((9, 10)), frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Numbers of formats that need no code."""
UNCODED = dict.fromkeys(SHARE_FORMATS, "0%") | dict.fromkeys(DATE_FORMATS - frozenset((*range(14, 23), *range(45, 48))), "aaaa")
"""Codes for formats that a workbook names by number alone, as far as they are looked at: the native reader knows the other dates."""
NAMED = {
    "percent": "0%", "general date": "m/d/yyyy h:mm", "currency": "#,##0.00", "euro currency": "#,##0.00", "general number": "General",
    "fixed": "0.00", "standard": "#,##0.00", "scientific": "0.00E+00", "yes/no": '"Yes";"Yes";"No"', "on/off": '"On";"On";"Off"',
    "true/false": '"TRUE";"TRUE";"FALSE"',
} | {
    f"{size} {what}": code for size in ("short", "medium", "long") for what, code in (("date", "m/d/yyyy"), ("time", "h:mm"))
}  # fmt: skip
"""Names that Excel's XML of 2003 has for some codes."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|[_*].|(?P<general>General|G/通用格式|@)'
    r"|(?P<digits>[0#?](?:[0#?,]*[0#?])?(?:\.[0#?]*)?|\.[0#?]+)(?P<scale>,*)|(?P<power>[eE][-+][0#?]+)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_DATE_LETTERS = frozenset("ymdhsaegb")
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
_MULTIPLES = frozenset(EXPONENTS)
_UNSURE = re.compile(r"[约近余多±≈~><≥≤$€£]|左右|不到|超过|以上|以下|美元|港[元币]")
"""What makes something else of a number that stands beside it: about, more than, dollars."""
_NUMBER = re.compile(r"(?:\d[\d,'’ \u00a0\u202f]*)?(?<!\.)\.\d+|\d[\d,'’ \u00a0\u202f]*\.?")
_POWER = re.compile(r"([\d.]+)\s*[eE]\s*([-+]?\d+)")
_SEPARATORS = str.maketrans(dict.fromkeys(",'’ \u00a0\u202f"))
_DASHES = str.maketrans(dict.fromkeys("−－﹣–‐‑—―", "-"))
_SIGNS = frozenset("-负負△▲")
_LOOKALIKES = frozenset("oOlI|○")
"""Letters that, right beside figures, look like one of them."""
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


def is_looked_at(code: str) -> bool:
    """Whether numbers under a format are to be looked at: not all show as themselves, and the native reader makes no dates of them."""
    return not is_faithful(code) and not (is_date(code) and is_seen_as_date(code))


def doubt_of_form(code: str, value: float) -> Doubt | None:
    """What is doubtful about a number, given the code of its cell's format."""
    if is_faithful(code):
        return None
    if "%" in code or "‰" in code:
        return SHARE
    if is_date(code):
        return DATE
    shown = shown_by(code, value)
    is_hidden = value == 0 and not shown_by(code, 1.0).strip()  # ;;; shows nothing, whatever the number
    is_red = value < 0 and _section_of(_sections(code), value).count("colour") > 0  # as bookkeepers write what is below nought
    return None if not is_hidden and (says(shown, value) or (is_red and says(shown, -value))) else shown_otherwise(shown, value)


def shown_otherwise(shown: str, value: float) -> Doubt:
    """A number that shows as something else."""
    return Doubt("shown_otherwise", {"shown": quoted(shown) or "—", "held": quoted(value)}, only_numbers=True)


def says(shown: str, value: float) -> bool:
    """Whether a text that is shown for a number says that number, perhaps rounded or with a unit; nought may show as nothing or a dash."""
    text = unicodedata.normalize("NFKC", shown).translate(_DASHES).strip()
    if (power := _POWER.search(text)) is not None:
        return _agree(power[1], value, 10.0 ** max(-300, min(300, int(power[2][:4])))) and _is_signed(text, power.span(), value)
    found = list(_NUMBER.finditer(text))
    if not found:
        numeral = "".join(c for c in text if c.isnumeric() or c in _MULTIPLES)
        if numeral:
            return chinese_number(numeral) == abs(value) and _is_signed(text, (0, len(text)), value)
        return value == 0 and len(text) <= 1
    begin, end = found[0].span()
    rest, beside, multiple = text[:begin] + text[end:], {text[begin - 1 : begin], text[end : end + 1]}, _multiple(text[end:])
    if len(found) > 1 or any(c.isnumeric() and c not in _MULTIPLES for c in rest) or _LOOKALIKES & beside:
        return False
    if not _is_signed(text, (begin, end), value) or _UNSURE.search(rest) is not None:
        return False
    number = found[0][0].translate(_SEPARATORS)
    return any(_agree(one, value, multiple) for one in {number, re.sub(r"\.(?=\d{3}$)", "", number)})


def _multiple(behind: str) -> float:
    """What a number is multiplied by, given what follows it: 万, 千元, 百万."""
    power = 0
    for c in behind.lstrip():
        if c not in EXPONENTS:
            break
        power += EXPONENTS[c]
    return 10.0**power


def _is_signed(text: str, span: tuple[int, int], value: float) -> bool:
    """Whether a number is shown as one below nought exactly where it is one."""
    before, after = text[: span[0]] if span[0] else text[:1], text[span[1] :].lstrip()
    is_below = bool(_SIGNS.intersection(before)) or ("(" in before and ")" in after) or after.startswith("-")
    return value == 0 or is_below == (value < 0)


def _agree(number: str, value: float, multiple: float = 1.0) -> bool:
    decimals = len(number.partition(".")[2])
    if multiple > 1 and float(number) == 0 != value:
        return False  # 0.0万 for 4: rounding leaves nothing of it
    return abs(abs(value) - float(number) * multiple) <= 0.5001 * multiple * 0.1**decimals


def shown_by(code: str, value: float) -> str:
    """A number as a format shows it."""
    sections = _sections(code)
    shown = "".join(_written(_section_of(sections, value), abs(value)))
    return "-" + shown if value < 0 and not _is_for_below(sections, value) else shown


def _is_for_below(sections: list[_Section], value: float) -> bool:
    """Whether the part that shows a number below nought is for such numbers alone: a sign is shown only where it has one itself."""
    if not any(s.condition for s in sections):
        return len(sections) > 1
    condition = _section_of(sections, value).condition
    if condition is not None:
        return condition[0] in ("<", "<=") and condition[1] <= 0
    return any(s.condition is not None and s.condition[0] in (">", ">=") and s.condition[1] == 0 for s in sections)


def _section_of(sections: list[_Section], value: float) -> _Section:
    """The part that a number is shown by."""
    if any(s.condition for s in sections):
        return next((s for s in sections if s.condition is None or _TEST[s.condition[0]](value, s.condition[1])), sections[-1])
    if value < 0 and len(sections) > 1:
        return sections[1]
    return sections[2] if value == 0 and len(sections) > 2 else sections[0]


def _written(section: _Section, number: float) -> Iterator[str]:
    groups = [text for kind, text in section.tokens if kind == "digits"]
    pieces = iter(_spread(groups, number))
    is_first = True
    for kind, text in section.tokens:
        if kind == "word":
            yield text
        elif kind == "general" and is_first:
            yield f"{number:.11g}"
        elif kind == "digits":
            yield next(pieces)
        is_first = is_first and kind != "general"


def _spread(groups: list[str], number: float) -> list[str]:
    """A number over the groups of places that a format has for it: 000"."00 shows 12345 as 123 and 45."""
    if not groups:
        return []
    bare = [group.rstrip(",") for group in groups]
    scaled = number / 1000 ** (len(groups[-1]) - len(bare[-1]))
    if len(groups) > 1 and not any("." in group for group in bare):
        places = [sum(c in "0#?" for c in group) for group in bare]
        digits = f"{scaled:.0f}".rjust(sum(places), "0")
        found = []
        for count in reversed(places[1:]):
            found.append(digits[len(digits) - count :])
            digits = digits[: len(digits) - count]
        return [digits, *reversed(found)]
    form = bare[0].partition(".")
    least = form[0].count("0")
    whole = f"{scaled:.{len(form[2])}f}"
    if least == 0 and float(whole) == 0:
        whole = whole.replace("0", "", 1)
    head, point, rest = whole.partition(".")
    return [head.rjust(least, "0") + point + rest, *bare[1:]]


def _shows_itself(section: _Section, n: int) -> bool:
    """Whether the part for numbers above (0), below (1) or at nought (2) is faithful."""
    is_nought, words = n == 2, section.words.translate(_DASHES)
    if any(c.isnumeric() and c not in ("0" if is_nought else "") for c in words) or section.condition is not None:
        return False
    if is_nought:  # what stands for nought: a dash, nothing, a nought
        return section.count("digits") + section.count("general") > 0 or len(words.strip()) <= 1
    if section.count("power") or section.count("fraction"):
        return section.count("digits") > 0
    if section.count("digits") + section.count("general") != 1 or any(
        kind == "digits" and text.endswith(",") for kind, text in section.tokens
    ):
        return False
    signs = _SIGNS.intersection(words) or {"(", "（"}.intersection(words)
    is_signed = bool(signs) == (n == 1) or (n == 1 and section.count("colour") > 0)
    return is_signed and not (_MULTIPLES | _LOOKALIKES).intersection(words) and _UNSURE.search(words) is None


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
            elif not token["bracket"].lower().startswith("dbnum"):
                found[-1].append(("colour", text))
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
