"""Answers: what villages say to a question and what reviewers decide. A person starts it; the month's job never does."""

import dagster as dg
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset
from methods.answers import is_specific, kind_of_answer
from schemas.clock import Clock
from schemas.frames import REVIEWED
from sinks.answers import record_answer
from sinks.month import load_month
from sinks.store import Store

PATTERN = "pattern"
"""In place of a rule's id: the answer is to an unusual pattern of many months."""


class AnswerConfig(dg.Config):
    """One answer. `rule_id`: the finding's rule, or 'pattern' for an unusual pattern that was looked at."""

    place_code: str
    rule_id: str
    text: str
    answered_by: str


class AnswerRefused(Exception):
    """The answer cannot be taken; `name` is an entry of the message catalogue."""

    def __init__(self, name: str, details: dict[str, str]) -> None:
        super().__init__(f"{name}: {details}")
        self.name, self.details = name, details


@monthly_asset("review", {"sqlalchemy"})
def answer(context: AssetExecutionContext, config: AnswerConfig, store: ResourceParam[Store], clock: ResourceParam[Clock]) -> int:
    """答复 · What a village says to a question, or why a finding may stand. Kept beside the figures, which it never changes."""
    month = context.partition_key
    if config.rule_id == PATTERN:
        return _look(context, config, store, clock)
    told = {"place": config.place_code, "rule": config.rule_id, "month": month}
    findings = load_month(store, month, "finding")
    asked = findings[(findings["place_code"] == config.place_code) & (findings["rule_id"] == config.rule_id)]
    if asked.empty:
        raise AnswerRefused("no_such_finding", told)
    kind = kind_of_answer(str(asked["severity"].iloc[0]))
    if not kind:
        raise AnswerRefused("only_a_correction", told)
    if not is_specific(config.text):
        raise AnswerRefused("answer_says_nothing", told)
    fixed = {"month": month, "answered_at": clock.now(), "kind": kind, **config.model_dump()}
    number = 0
    for observed, expected in asked[["observed", "expected"]].itertuples(index=False, name=None):
        number = record_answer(store, {**fixed, "observed": _or_none(observed), "expected": _or_none(expected)})
    context.add_output_metadata({"答复 answer": number, "种类 kind": kind})
    return number


def _look(context: AssetExecutionContext, config: AnswerConfig, store: Store, clock: Clock) -> int:
    """A person has looked at a village's pattern: it is not asked about again before there are six new months."""
    month = context.partition_key
    if config.place_code not in set(load_month(store, month, "pattern_flag")["village_code"]):
        raise AnswerRefused("no_such_finding", {"place": config.place_code, "rule": PATTERN, "month": month})
    if not is_specific(config.text):
        raise AnswerRefused("answer_says_nothing", {})
    number = record_answer(store, {"month": month, "answered_at": clock.now(), "kind": REVIEWED, **config.model_dump()})
    context.add_output_metadata({"答复 answer": number, "种类 kind": REVIEWED})
    return number


def _or_none(figure: float) -> float | None:
    return None if figure != figure else figure
