"""docs/dictionary.md: the reference page, made from the dictionary alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from schemas.dictionary import COMPLETENESS, Dictionary, Indicator
from schemas.entries import Rule
from schemas.states import STATES
from sinks.columns import COMPLETENESS_LABELS
from sinks.files import write_if_changed

_KINDS = {"stock": "时点 stock", "flow": "时期 flow"}
_SEVERITIES = {"mandatory": "强制性 mandatory", "near_mandatory": "准强制性 near-mandatory", "verify": "核实性 verify"}
_RELATIONS = {"eq": "=", "le": "≤", "ge": "≥", "lt": "<", "gt": ">", "whole": "整数 whole"}


def write_reference(path: Path, dictionary: Dictionary) -> bool:
    """Write the reference page; returns whether it changed."""
    return write_if_changed(path, reference(dictionary).encode("utf-8"))


def reference(dictionary: Dictionary) -> str:
    """The page as Markdown: indicators, columns not collected, rules, derived, layouts, departments, tables, messages, glossary."""
    parts = [
        "# 字典 Dictionary\n\n由 `make docs` 从 `schemas/dictionary/` 生成，请勿手改。Made by `make docs`; do not edit by hand.",
        *[_section(dictionary, code) for code in dictionary.sections],
        _not_collected(dictionary),
        _derived(dictionary),
        _attributes(dictionary),
        _rules(dictionary),
        _layouts(dictionary),
        _departments(dictionary),
        _tables(dictionary),
        _messages(dictionary),
        _glossary(),
    ]
    return "\n\n".join(parts) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *["| " + " | ".join(cell.replace("|", "\\|") or "—" for cell in row) + " |" for row in rows]])


def _section(d: Dictionary, code: str) -> str:
    section = d.sections[code]
    note = f"\n\n{section.note.zh} {section.note.en}." if section.note else ""
    rows = [_indicator(i) for i in d.indicators.values() if i.section == code]
    heads = ("代码 code", "中文", "English", "单位 unit", "性质 kind", "别名 aliases", "期限 in force", "敏感 sensitive", "必填 required")
    return f"## {section.label.zh} · {section.label.en}{note}\n\n{_table(heads, rows)}"


def _indicator(i: Indicator) -> tuple[str, ...]:
    aliases = "、".join((*i.concept.aliases, *(f"［{a}］" for a in (i.member.aliases if i.member else ()))))
    dates = f"{i.concept.valid_from or ''}–{i.concept.valid_to or ''}".strip("–")
    unit = f"{i.unit.label.zh} {i.unit.label.en}"
    return (
        f"`{i.code}`",
        i.label.zh,
        i.label.en,
        unit,
        _KINDS[i.kind],
        aliases,
        dates,
        *("是 yes" if flag else "" for flag in (i.concept.sensitive, i.concept.required)),
    )


def _not_collected(d: Dictionary) -> str:
    rows = [(n.label.zh, n.label.en, "、".join(n.aliases), f"{n.reason.zh}；{n.reason.en}") for n in d.not_collected.values()]
    return "## 不收集的栏目 · Not collected\n\n" + _table(("中文", "English", "别名 aliases", "理由 reason"), rows)


def _derived(d: Dictionary) -> str:
    rows = []
    for entry in d.derived.values():
        formula = entry.value or f"{entry.numerator} ÷ ({entry.denominator})" + (f" × {entry.scale:g}" if entry.scale != 1 else "")
        formula += " × 365.25 ÷ days" if entry.annualised else ""
        unit = d.units[entry.unit].label
        rows.append(
            (
                f"`{entry.code}`",
                entry.label.zh,
                entry.label.en,
                f"{unit.zh} {unit.en}",
                f"`{formula}`",
                entry.interval or "",
                entry.min_level,
            )
        )
    heads = ("代码 code", "中文", "English", "单位 unit", "公式 formula", "95 % 区间 interval", "最低级别 from level")
    return "## 派生指标 · Derived indicators\n\n由分子分母之和重新计算，不作平均。Recomputed from sums, never averaged.\n\n" + _table(
        heads, rows
    )


def _attributes(d: Dictionary) -> str:
    rows = [(f"`{a.code}`", a.label.zh, a.label.en) for a in d.attributes.values()]
    return "## 报表属性 · What is known of a report\n\n规则可以读取。Rules may read them.\n\n" + _table(
        ("代码 code", "中文", "English"), rows
    )


def _rules(d: Dictionary) -> str:
    parts = ["## 规则 · Rules"]
    for level in sorted({rule.level for rule in d.rules.values()}):
        rows = [_rule(d, rule) for rule in d.rules.values() if rule.level == level]
        heads = ("规则 rule", "程度 severity", "公式 formula", "含义 meaning", "请 what to do", "条数 instances")
        parts.append(f"### {level} 级 · Level {level}\n\n{_table(heads, rows)}")
    return "\n\n".join(parts)


def _rule(d: Dictionary, rule: Rule) -> tuple[str, ...]:
    formula = f"{rule.observed} {_RELATIONS[rule.relation]} {'' if rule.relation == 'whole' else rule.expected}".strip()
    if rule.tolerance or rule.tolerance_share:
        formula += f" ± ({rule.tolerance:g} + {100 * rule.tolerance_share:g} %)"
    n = sum(1 for i in d.instances.values() if i.rule.id == rule.id)
    meaning = f"{rule.label.zh} · {rule.label.en}"
    return (f"`{rule.id}`", _SEVERITIES[rule.severity], f"`{formula}`", meaning, f"{rule.do.zh} {rule.do.en}", str(n))


def _layouts(d: Dictionary) -> str:
    rows = [
        (
            f"`{x.id}`",
            x.label.zh,
            x.label.en,
            {"form": "一村一表 form", "list": "一行一地 list"}[x.kind],
            {"report": "报表 report", "stated": "合计 stated", "department": "部门 department"}[x.role],
        )
        for x in d.layouts.values()
    ]
    return "## 表式 · Layouts\n\n" + _table(("代码 code", "中文", "English", "形式 kind", "作用 role"), rows)


def _departments(d: Dictionary) -> str:
    rows = [
        (
            f"`{x.id}`",
            x.label.zh,
            x.label.en,
            f"{x.office.zh} {x.office.en}",
            "、".join(f"`{code}`" for code in x.speaks_of),
            f"{x.innocent.zh} {x.innocent.en}",
        )
        for x in d.departments.values()
    ]
    heads = ("代码 code", "中文", "English", "部门 office", "对应指标 speaks of", "可能的正常原因 innocent reasons")
    return "## 部门数据 · Line departments\n\n" + _table(heads, rows)


def _tables(d: Dictionary) -> str:
    rows = [(t.number, t.title.zh, t.title.en, "；".join(part.title.zh for part in t.parts)) for t in d.tables.values()]
    counts = "、".join(f"{COMPLETENESS_LABELS[c].zh} {COMPLETENESS_LABELS[c].en}" for c in COMPLETENESS)
    text = _table(("表号 number", "中文", "English", "分表 sheets"), rows)
    return f"## 正式表 · Official tables\n\n{text}\n\n到报情况 completeness: {counts}."


def _messages(d: Dictionary) -> str:
    rows = [(m.code, m.say.zh, m.say.en, f"{m.do.zh} {m.do.en}") for m in sorted(d.messages.values(), key=lambda m: m.code)]
    return "## 消息 · Messages\n\n" + _table(("编号 code", "中文", "English", "请 what to do"), rows)


def _glossary() -> str:
    words = [
        ("报表 / 报送件", "submission", "一次收到的文件，原样保存 a file as received, kept byte for byte"),
        ("读数", "reading", "从文件中读出的数字、状态和单元格 figures, states and cells read from a file"),
        ("村月报", "village report", "一村一月被采用的报表 the submission that counts for a village and month"),
        ("规则", "edit rule", "数字应当满足的条件 a condition that figures should satisfy"),
        ("疑点", "finding", "不满足规则之处，向村里提出的问题 a broken rule, as a question to the village"),
        ("上报合计", "stated total", "乡镇自己写的合计，只作核对 a total that a town wrote down: evidence, never published"),
        ("发布版", "vintage", "某月签发时的数字 a month's figures as they were signed"),
        *[(s.zh, s.en, f"状态 state `{chr(code)}`") for code, s in STATES.items()],
    ]
    return "## 词汇 · Glossary\n\n" + _table(("中文", "English", "含义 meaning"), words)
