"""The rule book as plain records that the Great Expectations pages are built from. GX itself is not imported here: it costs seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary, RuleInstance

Critical = Literal["critical", "warning", "info"]
_IMPORTANCE: dict[str, Critical] = {"mandatory": "critical", "near_mandatory": "warning", "verify": "info"}


class ExpectationRecord(NamedTuple):
    """One rule instance as an expectation on its gap column: no excess over the tolerance in the direction that breaks it.

    least, most: bounds on the excess (None: open). sentence_zh / _en say the rule in words, with its formula.
    """

    rule_id: str
    column: str
    level: int
    importance: Critical
    least: float | None
    most: float | None
    sentence_zh: str
    sentence_en: str


def expectation_records(instances: Sequence[RuleInstance], dictionary: Dictionary) -> list[ExpectationRecord]:
    """One record a rule instance, in the order of the rule book; columns are named as a statistician would look for them."""
    return [_record(instance, dictionary) for instance in instances]


def _record(instance: RuleInstance, dictionary: Dictionary) -> ExpectationRecord:
    rule = instance.rule
    zh, en = _subject(instance, dictionary)
    sign = {"eq": "=", "le": "≤", "ge": "≥", "whole": "∈ ℤ"}[rule.relation]
    right = "" if rule.relation == "whole" else f" {instance.expected.text}"
    formula = "" if instance.parts else f": {instance.observed.text} {sign}{right}"
    allowed = _tolerance(rule.tolerance, rule.tolerance_share)
    return ExpectationRecord(
        rule_id=instance.id,
        column=f"{rule.level} {rule.label.zh}{zh} [{instance.id}]",
        level=rule.level,
        importance=_IMPORTANCE[rule.severity],
        least=0.0 if rule.relation in ("eq", "ge", "whole") and not instance.parts else None,
        most=0.0 if rule.relation in ("eq", "le", "whole") or instance.parts else None,
        sentence_zh=f"{rule.label.zh}{zh}{formula}{allowed}",
        sentence_en=f"{rule.label.en}{en}{formula}{allowed}",
    )


def _subject(instance: RuleInstance, dictionary: Dictionary) -> tuple[str, str]:
    if not instance.subject:
        return "", ""
    labels = {c.code: c.label for c in dictionary.concepts.values()} | {i.code: i.label for i in dictionary.indicators.values()}
    labels |= {m.code: m.label for b in dictionary.breakdowns.values() for m in b.members}
    label = labels.get(instance.subject)
    return (f"（{label.zh}）", f" ({label.en})") if label else (f"（{instance.subject}）", f" ({instance.subject})")


def _tolerance(absolute: float, share: float) -> str:
    parts = [f"±{absolute:g}"] if absolute >= 0.01 else []
    parts += [f"±{100 * share:g} %"] if share else []
    return f" ({' '.join(parts)})" if parts else ""
