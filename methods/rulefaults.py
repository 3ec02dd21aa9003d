"""What can be wrong with a rule as it is written: dates, levels, units, tolerances, blanks, sources, wording. No figures are needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from schemas.expressions import ago
from schemas.wordings import SAME_UNIT

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary, RuleInstance
    from schemas.entries import InForce

Kind = Literal[
    "unreadable",
    "contradiction",
    "never_holds",
    "never_fails",
    "redundant",
    "duplicate",
    "fixed_cell",
    "never_asked",
    "condition",
    "units",
    "level",
    "source",
    "missing",
    "idle_blank",
    "tolerance",
    "tolerance_unit",
    "wording",
    "not_read",
    "not_examined",
]

_HAN = re.compile(r"[一-鿿]")
_ACCUSING = re.compile(
    r"fraud|\bfak(e|ing)|\bliar|\blie[ds]?\b|\blying|\bcheat|falsif|fabricat|dishonest|deceiv|guilt"
    r"|造假|虚假|作假|弄虚|假报|假数|编造|捏造|伪造|篡改|欺骗|骗取|骗领|瞒报|谎报|虚报|撒谎|说谎|作弊",
    re.IGNORECASE,
)
_COMPARABLE = {"person_times": "persons"}
_MEANT = {"households", "persons"}
"""Units that a question may compare one to one: every household has a person."""


class RuleFault(NamedTuple):
    """What is wrong. `subjects`: rule instances (or indicators) it is about; `note` is true where it is worth knowing and no fault.

    `because`: of a redundant rule, the rules that it follows from.
    """

    kind: Kind
    subjects: tuple[str, ...]
    zh: str
    en: str
    note: bool = False
    because: tuple[str, ...] = ()


def written_faults(instances: Sequence[RuleInstance], dictionary: Dictionary) -> Iterator[RuleFault]:
    """Everything wrong with the rules that can be read off them, each fault once a rule."""
    yield from _of_nothing(dictionary)
    told: set[tuple[Kind, str]] = set()
    for instance in instances:
        for check in (_levels, _sources, _units, _tolerances, _tolerance_units, _missing, _blanks, _conditions):
            for fault in check(instance, dictionary):
                if (fault.kind, instance.rule.id) not in told:
                    told.add((fault.kind, instance.rule.id))
                    yield fault
    yield from _wordings(dictionary)


_IS_OF_RETURNS = {"returns": "others"}


def _of_nothing(dictionary: Dictionary) -> Iterator[RuleFault]:
    """Rules that are for no place, or for each of nothing, or read what is not collected in any month of theirs."""
    of: dict[str, list[RuleInstance]] = {}
    for instance in dictionary.instances.values():
        of.setdefault(instance.rule.id, []).append(instance)
    for name, rule in dictionary.rules.items():
        zh = en = ""
        if _IS_OF_RETURNS in rule.for_each.values() and not dictionary.other_returns:
            continue  # it waits for a return of another period
        if not rule.over or name not in of or any(not i.parts for i in of[name] if rule.combine):
            zh, en = "不对任何单位或指标提出（over 或 for_each 是空的）", "is for nothing: its `over` or `for_each` is empty"
        elif not any(_is_ever_collected(i, dictionary) for i in of[name]):
            zh, en = "有效期内它读取的指标都不收集", "reads what is not collected in any month in which it is in force"
        if zh:
            yield RuleFault("never_asked", (name,), f"规则 {name} {zh}。", f"Rule {name} {en}.")


def _is_ever_collected(i: RuleInstance, d: Dictionary) -> bool:
    """Whether a month exists in which the rule and all that it reads of that month are in force."""
    entries = [i.rule, *(d.indicators[code].concept for code in i.reads if code in d.indicators)]
    first = max((entry.valid_from for entry in entries if entry.valid_from), default="")
    last = min((entry.valid_to for entry in entries if entry.valid_to), default="9999-12")
    return first <= last or bool(i.rule.valid_from and i.rule.valid_to and i.rule.valid_from > i.rule.valid_to)  # told already


def dates_out_of_order(dictionary: Dictionary) -> Iterator[RuleFault]:
    """Entries that begin after they end."""
    kinds: tuple[tuple[str, str, Mapping[str, InForce]], ...] = (
        ("规则", "Rule", dictionary.rules),
        ("基准", "Benchmark", dictionary.benchmarks),
        ("指标", "Indicator", dictionary.concepts),
        ("派生指标", "Derived indicator", dictionary.derived),
        ("表式", "Layout", dictionary.layouts),
        ("表", "Table", dictionary.tables),
        ("部门", "Department", dictionary.departments),
    )
    for zh, en, entries in kinds:
        for name, entry in entries.items():
            if entry.valid_from and entry.valid_to and entry.valid_from > entry.valid_to:
                yield RuleFault(
                    "never_asked",
                    (name,),
                    f"{zh} {name} 的起用月 {entry.valid_from} 在停用月 {entry.valid_to} 之后，从不生效。",
                    f"{en} {name} begins ({entry.valid_from}) after it ends ({entry.valid_to}): it is never in force.",
                )


def _levels(i: RuleInstance, d: Dictionary) -> Iterator[RuleFault]:
    """A rule's level is at least that of what it looks at."""
    for name in i.names:
        months = ago(name.namespace)
        if months == 0:
            continue
        source = d.sources.get(name.namespace)
        least, zh, en = (2, "以前月份", "earlier months") if source is None else (source.level, source.label.zh, source.label.en)
        if i.rule.level < least:
            yield RuleFault(
                "level",
                (i.id,),
                f"规则 {i.id} 标为第 {i.rule.level} 级，但要看{zh}，应为第 {least} 级以上。",
                f"Rule {i.id} is given as level {i.rule.level} and looks at {en}: level {least} or higher.",
            )


def _sources(i: RuleInstance, d: Dictionary) -> Iterator[RuleFault]:
    """The places that a rule is for have the sources it looks at."""
    for name in i.names:
        source = d.sources.get(name.namespace)
        wrong = sorted(set(i.rule.over) - set(source.over)) if source is not None else []
        if wrong or (name.namespace and name.code in d.attributes):
            what = f"{name.namespace}({name.code})"
            where = "、".join(wrong) or "任何单位"
            yield RuleFault(
                "source",
                (i.id,),
                f"规则 {i.id} 要看 {what}，但{where}没有这一来源。",
                f"Rule {i.id} looks at {what}, which there is not for {', '.join(wrong) or 'any place'}.",
            )


def _units(i: RuleInstance, d: Dictionary) -> Iterator[RuleFault]:
    """Figures added or compared one to one must have one unit; a factor other than 1 converts."""
    observed, expected = i.observed.linear(), i.expected.linear()
    if observed is None or expected is None:
        return
    both = observed.plus(expected, -1.0)
    units = {d.indicators[n.code].unit.code for n, c in both.coefficients.items() if abs(c) == 1 and n.code in d.indicators}
    units = {_COMPARABLE.get(unit, unit) for unit in units}
    if len(units) > 1 and not (units == _MEANT and i.rule.severity == "verify"):
        yield RuleFault(
            "units",
            (i.id,),
            f"规则 {i.id} 把不同单位的数字（{'、'.join(sorted(units))}）直接相加或比较。",
            f"Rule {i.id} adds or compares figures of different units ({', '.join(sorted(units))}) one to one.",
        )


def _tolerances(i: RuleInstance, _: Dictionary) -> Iterator[RuleFault]:
    """A tolerance of a whole or more makes a mandatory equation of counts a mere band."""
    rule = i.rule
    if rule.severity == "mandatory" and rule.relation == "eq" and (rule.tolerance >= 1 or rule.tolerance_share > 0 or rule.allow):
        yield RuleFault(
            "tolerance",
            (i.id,),
            f"规则 {i.id} 是强制性等式，却允许有 1 个单位以上的差。",
            f"Rule {i.id} is a mandatory equation and allows a difference of a whole unit or more.",
        )


def _tolerance_units(i: RuleInstance, d: Dictionary) -> Iterator[RuleFault]:
    """A tolerance says in what it is counted, and that is what its figure is counted in."""
    unit = i.rule.tolerance_unit
    if not i.rule.tolerance:
        return
    units = {d.indicators[n.code].unit.code for n in i.observed.names if n.code in d.indicators}
    if unit is None or (unit == SAME_UNIT and len(units) > 1) or (unit != SAME_UNIT and units and unit not in units):
        said, wanted = unit or "—", sorted(units)
        yield RuleFault(
            "tolerance_unit",
            (i.id,),
            f"规则 {i.id} 的容许差 {i.rule.tolerance:g} 没有写明单位，或单位（{said}）与数字的单位（{'、'.join(wanted)}）不同。",
            f"The tolerance {i.rule.tolerance:g} of rule {i.id} has no unit, or one ({said}) not its figure's ({', '.join(wanted)}).",
        )


def _missing(i: RuleInstance, d: Dictionary) -> Iterator[RuleFault]:
    """What a blank does is said once, and never makes a nought of a stock or lets a mandatory rule be avoided by leaving a cell blank."""
    stocks = sorted(code for code in i.assume_zero if code in d.indicators and d.indicators[code].kind == "stock")
    zh = en = ""
    if stocks:
        zh, en = f"把存量 {'、'.join(stocks)} 的空白当作0", f"takes blanks of {', '.join(stocks)} for 0, which are stocks"
    elif i.rule.missing != "cannot_tell" and i.rule.assume_zero:
        zh, en = "同时写了 missing 和 assume_zero", "says both missing and assume_zero"
    elif i.rule.missing == "skip" and i.rule.severity == "mandatory":
        zh, en = "是强制性的，空白时却不问", "is mandatory and is not asked where a cell is blank"
    if zh:
        yield RuleFault("missing", (i.id,), f"规则 {i.id} {zh}。", f"Rule {i.id} {en}.")


def _conditions(i: RuleInstance, _: Dictionary) -> Iterator[RuleFault]:
    """A condition compares; a bare figure would be true wherever it is not nought."""
    if i.when is not None and not i.when.is_condition:
        zh, en = (
            f"规则 {i.id} 的 when 不是条件，请写成比较。",
            f"`when` of rule {i.id} is no condition: write a comparison.",
        )
        yield RuleFault("condition", (i.id,), zh, en)


def _blanks(i: RuleInstance, _: Dictionary) -> Iterator[RuleFault]:
    idle = sorted(i.assume_zero - {name.code for name in i.names if name.namespace == ""})
    if idle:
        yield RuleFault(
            "idle_blank",
            (i.id, *idle),
            f"规则 {i.id} 把 {'、'.join(idle)} 的空白当作0，却不读它。",
            f"Rule {i.id} takes blanks of {', '.join(idle)} for 0 and does not read it.",
        )


def _wordings(d: Dictionary) -> Iterator[RuleFault]:
    """Chinese is Chinese, English is English, and a finding is a question: no word accuses."""
    for rule in d.rules.values():
        zh, en = (rule.label.zh, rule.say.zh, rule.do.zh), (rule.label.en, rule.say.en, rule.do.en)
        if not all(_HAN.search(text) for text in zh) or not all(text.strip() and not _HAN.search(text) for text in en):
            yield RuleFault(
                "wording",
                (rule.id,),
                f"规则 {rule.id} 的中文或英文说明缺少，或写成了另一种语言。",
                f"A wording of rule {rule.id} is missing, or is in the other language.",
            )
        elif any(_ACCUSING.search(text) for text in (*zh, *en)):
            yield RuleFault(
                "wording",
                (rule.id,),
                f"规则 {rule.id} 的说明用了指责的词；疑点是提问，不是指责。",
                f"The wording of rule {rule.id} accuses; a finding is a question.",
            )
