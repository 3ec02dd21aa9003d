"""The rule book examines itself: rules that contradict, repeat, never fail, never hold or are never asked; cells that no rule reads.

What can be read off a rule is in `rulefaults`, what follows from all of them together in `rulespace`. What is not examined is named:
silence would look like approval.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from methods.rulefaults import RuleFault, dates_out_of_order, written_faults
from methods.ruleproofs import Proofs
from methods.rulespace import linear_edits, plane_faults, tried

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary


def check_rules(dictionary: Dictionary, month: str, proofs: Proofs | None = None) -> list[RuleFault]:
    """Examine the rules in force in `month`, and the force dates of all.

    Contradiction and redundancy are looked for among the rules over villages. Raises nothing: what cannot be read at all (grammar,
    unknown names) is refused when the dictionary is loaded. `proofs`: what is known from examining other months.
    """
    proofs = proofs if proofs is not None else Proofs()
    every = {i.id: i for level in ("village", "town", "county") for i in dictionary.instances_in_force(month, level)}
    plain = [i for i in every.values() if not i.parts and i.rule.relation != "whole"]
    edits, others = linear_edits([i for i in plain if "village" in i.rule.over], dictionary)
    above, more = linear_edits([i for i in plain if "village" not in i.rule.over], dictionary)
    faults = [*dates_out_of_order(dictionary), *written_faults(plain, dictionary)]
    faults += plane_faults(edits, dictionary, proofs)
    faults += [fault for fault in plane_faults(above, dictionary, proofs) if fault.kind != "fixed_cell"]
    faults += [fault for i in (*others, *more) for fault in tried(i, dictionary)]
    faults += _not_read(dictionary, month)
    unexamined = [i.id for i in every.values() if i not in plain] + [i.id for i in (*others, *more)]
    if unexamined:
        faults.append(
            RuleFault(
                "not_examined",
                tuple(unexamined),
                f"{len(unexamined)} 条规则不是线性的，或逐项计数，未参与矛盾与冗余检查。",
                f"{len(unexamined)} rules are not linear, or count figures: not examined for contradiction and redundancy.",
                note=True,
            )
        )
    return faults


def check_all(dictionary: Dictionary, month: str) -> list[RuleFault]:
    """What is wrong with the rules in force in `month`, and then in every other month in which another set of rules is in force.

    A fault is told once; notes are those of `month`.
    """
    proofs = Proofs()
    others = [other for other in months_of_change(dictionary) if other != month]
    # Months of many rules first: what may happen under them may happen under fewer.
    by_size = sorted((month, *others), key=lambda m: -len(dictionary.instances_in_force(m)))
    of_month = {m: check_rules(dictionary, m, proofs) for m in by_size}
    found = of_month[month]
    told = {(fault.kind, fault.subjects) for fault in found}
    for other in others:
        for fault in of_month[other]:
            if not fault.note and (fault.kind, fault.subjects) not in told:
                told.add((fault.kind, fault.subjects))
                found.append(fault._replace(zh=f"{other}：{fault.zh}", en=f"{other}: {fault.en}"))
    return found


def months_of_change(dictionary: Dictionary) -> list[str]:
    """The months in which a rule or an indicator comes into force, or is no longer: between two of them the rule book is the same."""
    entries = (*dictionary.rules.values(), *dictionary.concepts.values())
    begins = {entry.valid_from for entry in entries if entry.valid_from}
    return sorted(begins | {_after(entry.valid_to) for entry in entries if entry.valid_to})


def _after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def coverage(dictionary: Dictionary, month: str) -> dict[str, list[str]]:
    """Indicator → the rules over villages that read it, in this month or an earlier one, in the order of the form.

    Rules on whole numbers, sign and range, which read every figure, are left out.
    """
    found: dict[str, list[str]] = {i.code: [] for i in dictionary.in_force(month)}
    for instance in dictionary.instances_in_force(month):
        for code in dict.fromkeys(n.code for n in instance.names if not instance.parts):
            if code in found and instance.rule.id not in found[code]:
                found[code].append(instance.rule.id)
    return found


def _not_read(dictionary: Dictionary, month: str) -> Iterator[RuleFault]:
    missing = [code for code, rules in coverage(dictionary, month).items() if not rules]
    if missing:
        yield RuleFault(
            "not_read",
            tuple(missing),
            f"{len(missing)} 个指标没有任何规则读取：{'、'.join(missing)}。",
            f"{len(missing)} indicators are read by no rule: {', '.join(missing)}.",
            note=True,
        )
