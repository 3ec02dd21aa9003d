"""A workbook of an office's own rules → its rows: number, formula, condition, wording, severity; and the legend of its symbols."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sources.auditformula import FormulaReader
from sources.labels import vocabulary
from sources.text import address, fold

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from sources.workbook import Row, Sheet

_HEADING_ROWS = 30


class RuleRow(NamedTuple):
    """One rule as the sheet has it. `severity`: the dictionary's, '' where the sheet has no word for it or one that is not known."""

    sheet: str
    cell: str
    number: str
    formula: str
    condition: str
    wording: str
    severity: str
    severity_word: str


def rule_rows(sheets: Iterable[Sheet], dictionary: Dictionary) -> list[RuleRow]:
    """Every row with a formula below a heading that names the column of formulas, in the order of the sheets.

    A row of one text that names a severity (强制性审核公式) is that of the rows below it, where no column says it.
    """
    return [row for sheet in sheets for row in _rows_of(sheet, dictionary)]


def legend(sheets: Iterable[Sheet], dictionary: Dictionary) -> tuple[dict[str, str], list[str]]:
    """Symbols (栏次 3, 代号 A) of the sheets that explain them → names in expressions; and labels of indicators that are not known."""
    names = formula_names(dictionary)
    words = dictionary.rule_sheet_words.headings
    found: dict[str, str] = {}
    unknown: list[str] = []
    for sheet in sheets:
        for top, row in enumerate(sheet.rows[:_HEADING_ROWS]):
            at = _columns(row, {role: words[role] for role in ("symbol", "indicator", "formula") if role in words})
            if "symbol" not in at or "indicator" not in at or "formula" in at:
                continue
            for line in sheet.rows[top + 1 :]:
                symbol, label = _text(line, at["symbol"]), _text(line, at["indicator"])
                if symbol and label and (name := names.get(fold(label))) is not None:
                    found.setdefault(symbol.strip("()（）[]第栏列行"), name)
                elif symbol and label:
                    unknown.append(label)
            break
    return found, unknown


def formula_reader(dictionary: Dictionary, symbols: Mapping[str, str]) -> FormulaReader:
    """The reader of formulas for this dictionary and legend."""
    words = [(word, sign) for sign, group in dictionary.rule_sheet_words.words.items() for word in group]
    return FormulaReader(
        formula_names(dictionary),
        symbols,
        sorted(words, key=lambda w: -len(w[0])),
        sorted(dictionary.rule_sheet_words.endings, key=len)[::-1],
    )


def formula_names(dictionary: Dictionary) -> dict[str, str]:
    """Folded label, alias or code → the name that expressions use: an indicator, or a concept that is the sum of its members."""
    found: dict[str, str] = {code: code for code in dictionary.sums if code not in dictionary.attributes}
    for label, meanings in vocabulary(dictionary).meanings.items():
        codes = [m.code for kind in ("indicator", "total", "concept") for m in meanings if m.kind == kind]
        known = next((name for code in codes if (name := code if code in dictionary.sums else _whole(dictionary, code))), "")
        if known:
            found.setdefault(label, known)
    for concept in dictionary.concepts.values():  # 一孩 is a figure where one concept alone is divided so
        if concept.breakdown and sum(c.breakdown == concept.breakdown for c in dictionary.concepts.values()) == 1:
            for indicator in dictionary.indicators_of(concept.code):
                for label in (indicator.member.label.zh, *indicator.member.aliases) if indicator.member else ():
                    found.setdefault(fold(label), indicator.code)
    return found


def _whole(dictionary: Dictionary, concept: str) -> str:
    """Of a concept that is not the sum of its members (流入人口: 总数, 县外, 省外), the member that is the whole; '' where none is."""
    endings = set(dictionary.rule_sheet_words.endings)
    return next((i.code for i in dictionary.indicators_of(concept) if i.member and {i.member.label.zh, *i.member.aliases} & endings), "")


def _rows_of(sheet: Sheet, dictionary: Dictionary) -> Iterator[RuleRow]:
    words = dictionary.rule_sheet_words
    of_word = {fold(word): severity for severity, group in words.severities.items() for word in group}
    top, at = next(
        ((n, found) for n, row in enumerate(sheet.rows[:_HEADING_ROWS]) if "formula" in (found := _columns(row, words.headings))), (0, {})
    )
    if not at:
        return
    section = ""
    for number, row in enumerate(sheet.rows[top + 1 :], top + 1):
        formula = _text(row, at["formula"])
        filled = [str(cell) for cell in row if cell != ""]
        if len(filled) == 1 and (named := _severity_in(filled[0], of_word)):
            section = named
            continue
        if not formula or fold(formula) in map(fold, words.headings["formula"]):
            continue
        word = _text(row, at["severity"]) if "severity" in at else ""
        yield RuleRow(
            sheet.name,
            address(number, at["formula"]),
            _text(row, at["number"]) if "number" in at else "",
            formula,
            _text(row, at["condition"]) if "condition" in at else "",
            _text(row, at["wording"]) if "wording" in at else "",
            _severity_in(word, of_word) if word else section,
            word,
        )


def _severity_in(text: str, of_word: Mapping[str, str]) -> str:
    """The severity that a text names: 准强制性 before 强制性, which it contains."""
    folded = fold(text)
    named = [word for word in of_word if word in folded] if len(folded) > 1 else []
    return of_word.get(folded) or (of_word[max(named, key=len)] if named else "")


def _columns(row: Row, headings: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Role → its column, where a heading names it."""
    found: dict[str, int] = {}
    for column, cell in enumerate(row):
        text = fold(cell) if isinstance(cell, str) else ""
        role = next((role for role, names in headings.items() if role not in found and text and text in map(fold, names)), None)
        if role is not None:
            found[role] = column
    return found


def _text(row: Row, column: int) -> str:
    cell = row[column] if column < len(row) else ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
