"""Imported rules as a YAML file that `load_dictionary` takes: each with the cell it came from, and what was not taken, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from schemas.expressions import ExpressionError, ago
from schemas.plain import in_words
from sources.auditformula import FormulaFault, FormulaReader, TakenRule
from sources.yamltext import one_line, quoted

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from sources.rulesheet import RuleRow

_SIGNS = {"eq": "=", "le": "≤", "ge": "≥", "lt": "<", "gt": ">"}
_NOT_OF_IDS = re.compile(r"[^a-z0-9]+")


class DraftRule(NamedTuple):
    """A rule taken: its id in the new book, where it stands in the sheet, and what it asks."""

    id: str
    row: RuleRow
    rule: TakenRule
    level: int
    severity: str
    zh: str
    en: str


class NotTaken(NamedTuple):
    """A row that was not taken, and why, in both languages."""

    row: RuleRow
    zh: str
    en: str


def draft_rules(
    rows: Sequence[RuleRow], reader: FormulaReader, dictionary: Dictionary, prefix: str, severity: str
) -> tuple[list[DraftRule], list[NotTaken]]:
    """Every row as rules, or as not taken.

    Args:
        rows: as `sources.rulesheet.rule_rows` gives them.
        reader: of their formulas.
        dictionary: whose indicators they are about.
        prefix: of the new rules' ids.
        severity: of rows whose severity the sheet does not say.
    """
    taken: list[DraftRule] = []
    left: list[NotTaken] = []
    used: set[str] = set(dictionary.rules)
    for n, row in enumerate(rows, 1):
        try:
            found = reader.read(row.formula, row.condition)
            drafts = [_draft(row, rule, dictionary, severity) for rule in found]
        except (FormulaFault, ExpressionError) as fault:
            left.append(NotTaken(row, fault.zh, fault.en))
            continue
        for k, draft in enumerate(drafts, 1):
            name = _free(f"{prefix}_{_plain_id(row.number) or n}" + (f"_{k}" if len(drafts) > 1 else ""), used)
            taken.append(draft._replace(id=name))
    return taken, left


def rules_yaml(taken: Sequence[DraftRule], left: Sequence[NotTaken], file_name: str) -> str:
    """The text of the YAML file."""
    return "\n".join([*_lines(taken, left, file_name), ""])


def _draft(row: RuleRow, rule: TakenRule, dictionary: Dictionary, severity: str) -> DraftRule:
    observed, expected = dictionary.expression(rule.observed), dictionary.expression(rule.expected)
    when = dictionary.expression(rule.when) if rule.when else None
    names = [name for side in (observed, expected, when) if side is not None for name in side.names]
    if not names:
        raise FormulaFault("no indicator stands in it", "公式里没有指标")
    level = 2 if any(ago(name.namespace) != 0 for name in names) else 1
    words = {}
    for language in ("zh", "en"):
        told = " ".join(
            (in_words(observed.tree, dictionary, language), _SIGNS[rule.relation], in_words(expected.tree, dictionary, language))
        )
        if when is not None:
            condition = in_words(when.tree, dictionary, language)
            told = f"当 {condition} 时，{told}" if language == "zh" else f"Where {condition}: {told}"
        words[language] = told
    return DraftRule("", row, rule, level, row.severity or severity, words["zh"], words["en"])


def _lines(taken: Sequence[DraftRule], left: Sequence[NotTaken], file_name: str) -> Iterator[str]:
    yield f"# 由 {one_line(file_name)} 的审核公式导入；请逐条核对，然后运行 cunbao rules check。"
    yield f"# Imported from the rules in {one_line(file_name)}: please check each, then run cunbao rules check."
    yield "rules:" if taken else "rules: []"
    for draft in taken:
        row, rule = draft.row, draft.rule
        yield f"  # {one_line(row.sheet)}!{row.cell} {one_line(row.number)} {one_line(row.formula)}"
        yield f"  - id: {draft.id}"
        yield f"    level: {draft.level}"
        said = "" if row.severity else "  # 表中没有写明类型，请核对 the sheet does not say: please check"
        yield f"    severity: {draft.severity}{said}"
        if rule.when:
            yield f"    when: {quoted(rule.when)}"
        yield f"    observed: {quoted(rule.observed)}"
        yield f"    relation: {rule.relation}"
        yield f"    expected: {quoted(rule.expected)}"
        label = f"审核公式 {row.number or draft.id}"
        yield f"    label: {{zh: {quoted(_braced(label))}, en: {quoted(f'Imported rule {draft.id}')}}}"
        words = f"{_braced(row.wording)}（{_braced(draft.zh)}）" if row.wording else _braced(draft.zh)
        zh, en = f"{words}：实际 {{observed}}，对照 {{expected}}。", f"{_braced(draft.en)}: {{observed}} against {{expected}}."
        yield f"    say: {{zh: {quoted(zh)}, en: {quoted(en)}}}"
        yield "    do: {zh: 请核对公式两边的数字，有误请改正后重报。, en: Please check both sides and correct what is wrong.}"
    if left:
        yield ""
        yield f"# 没有导入的 {len(left)} 条 not taken:"
        for row, zh, en in left:
            yield f"#   {one_line(row.sheet)}!{row.cell} {one_line(row.number)} {one_line(row.formula)}"
            yield f"#     {one_line(zh)} / {one_line(en)}"


def _free(name: str, used: set[str]) -> str:
    """The name, or with a number behind it where it is taken."""
    free, n = name, 1
    while free in used:
        n += 1
        free = f"{name}_{n}"
    used.add(free)
    return free


def _plain_id(number: str) -> str:
    return _NOT_OF_IDS.sub("_", number.lower()).strip("_")


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
