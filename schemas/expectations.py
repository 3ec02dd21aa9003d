"""The rule book as plain records that the Great Expectations pages are built from. GX itself is not imported here: it costs seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from schemas.entries import Text
from schemas.plain import in_words

if TYPE_CHECKING:
    import pandas as pd

    from schemas.dictionary import Dictionary, RuleInstance

PLACE_COLUMNS = ("place_level", "place_code", "place_name", "town_name")
"""Who a row of a RuleExcess frame (`methods.excess`) is about."""

ASKED = "__asked"
"""What the name of the column ends in that tells of whom a rule was asked."""

Importance = Literal["critical", "warning", "info"]
_IMPORTANCE: dict[str, Importance] = {"mandatory": "critical", "near_mandatory": "warning", "verify": "info"}
_SIGN = {"eq": "=", "le": "≤", "ge": "≥", "lt": "<", "gt": ">"}


class ExpectationRecord(NamedTuple):
    """One rule instance as an expectation on its column of excess: nothing beyond the tolerance in the direction that breaks it.

    least, most: bounds on the excess (None: open). formula: the rule written with the indicators' labels, '' where the label says it
    all. is_balance: both sides are to be equal. todo: what the respondent is asked to do.
    """

    rule_id: str
    level: int
    severity: str
    importance: Importance
    is_balance: bool
    least: float | None
    most: float | None
    label: Text
    formula: Text
    todo: Text

    @property
    def sentence(self) -> Text:
        """Label and formula in one."""
        if not self.formula.zh:
            return self.label
        return Text(zh=f"{self.label.zh}：{self.formula.zh}", en=f"{self.label.en}: {self.formula.en}")


@dataclass(frozen=True)
class Batch:
    """Places of one kind and the rules asked of them.

    name: of the suite ([a-z]+). records: one a rule. excess: RuleExcess frame (`methods.excess`), a column for every record.
    """

    name: str
    title: Text
    records: Sequence[ExpectationRecord]
    excess: pd.DataFrame


def batch_of(name: str, title: Text, excess: pd.DataFrame, dictionary: Dictionary) -> Batch:
    """The batch of a RuleExcess frame: its columns tell which rules were asked."""
    asked = [dictionary.instances[column] for column in excess.columns if column in dictionary.instances]
    return Batch(name, title, expectation_records(asked, dictionary), excess)


def expectation_records(instances: Iterable[RuleInstance], dictionary: Dictionary) -> list[ExpectationRecord]:
    """One record a rule instance, in the order given."""
    return [_record(instance, dictionary, dictionary.labels) for instance in instances]


def _record(instance: RuleInstance, dictionary: Dictionary, labels: Mapping[str, Text]) -> ExpectationRecord:
    rule = instance.rule
    subject = labels.get(instance.subject, Text(zh=instance.subject, en=instance.subject))
    of_subject = Text(zh=f"（{subject.zh}）", en=f" ({subject.en})") if instance.subject else Text(zh="", en="")
    is_said = not instance.parts and set(dictionary.attributes).issuperset(
        instance.reads
    )  # a rule about the file: '迟报天数 ≤ 0' adds nothing to '迟报'
    return ExpectationRecord(
        rule_id=instance.id,
        level=rule.level,
        severity=rule.severity,
        importance=_IMPORTANCE[rule.severity],
        is_balance=rule.relation == "eq" and not instance.parts,
        least=0.0 if rule.side in ("eq", "ge") and not instance.parts else None,
        most=0.0 if rule.side in ("eq", "le") or instance.parts else None,
        label=Text(zh=rule.label.zh + of_subject.zh, en=rule.label.en + of_subject.en),
        formula=Text(zh="", en="") if is_said else Text(zh=_formula(instance, dictionary, "zh"), en=_formula(instance, dictionary, "en")),
        todo=rule.do,
    )


def _formula(instance: RuleInstance, dictionary: Dictionary, language: str) -> str:
    zh = language == "zh"
    rule = instance.rule
    if instance.parts:
        return f"逐项核对 {len(instance.parts)} 项指标" if zh else f"each of {len(instance.parts)} figures is looked at"
    observed = in_words(instance.observed.tree, dictionary, language)
    if rule.relation == "whole":
        return f"{observed} 是整数" if zh else f"{observed} is a whole number"
    told = f"{observed} {_SIGN[rule.relation]} {in_words(instance.expected.tree, dictionary, language)}"
    allowed = [f"{rule.tolerance:g}"] if rule.tolerance >= 0.01 else []
    allowed += [f"{100 * rule.tolerance_share:g} %"] if rule.tolerance_share else []
    allowed += [in_words(instance.allow.tree, dictionary, language)] if instance.allow is not None else []
    if allowed:
        told += ("，容许 ±" if zh else ", within ±") + " + ".join(allowed)
    if instance.when is not None:
        condition = in_words(instance.when.tree, dictionary, language)
        told += f"（仅当 {condition}）" if zh else f" (only when {condition})"
    return told
