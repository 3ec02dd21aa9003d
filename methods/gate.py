"""The gate before a release: what must be settled, and what may pass with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from methods.answers import is_answered, is_specific
from schemas.dictionary import Dictionary


@dataclass(frozen=True)
class Gate:
    """Counts of open findings by what they ask for, and whether the month may be released.

    mandatory: must be corrected by the village. near_mandatory: must be corrected, or exempted with a reason.
    """

    mandatory: int
    near_mandatory: int
    verify: int
    is_reason_given: bool

    @property
    def is_open(self) -> bool:
        """No mandatory finding, and a reason where a near-mandatory one is left."""
        return self.mandatory == 0 and (self.near_mandatory == 0 or self.is_reason_given)


def gate(findings: pd.DataFrame, answers: pd.DataFrame, reason: str) -> Gate:
    """Whether a month with these findings may be released.

    Args:
        findings: Finding frame of the month.
        answers: the month's answers; a near-mandatory finding that was exempted and a verified one are settled.
        reason: why the near-mandatory findings that are left may stand; an empty one or a bare '核实无误' is none.
    """
    counts = findings.loc[~is_answered(findings, answers), "severity"].value_counts()
    mandatory, near_mandatory, verify = (int(counts.get(severity, 0)) for severity in ("mandatory", "near_mandatory", "verify"))
    return Gate(mandatory, near_mandatory, verify, is_specific(reason))


def required_in_part(figures: pd.DataFrame, dictionary: Dictionary, month: str) -> list[tuple[str, int, int]]:
    """Required totals of counties that lack villages: indicator, villages that entered, villages expected, of the one that lacks most."""
    counties = figures[figures["place_level"] == "county"]
    found = []
    for indicator in dictionary.in_force(month):
        if not indicator.concept.required or (indicator.concept.code in dictionary.totals and not indicator.is_total):
            continue  # of a concept whose total may be given without its parts, all villages have to have the total
        entered, expected = counties[f"{indicator.code}__n"], counties["villages_expected"]
        lacking = (expected - entered).to_numpy()
        # Where no village of a county has the figure, its return does not collect it: its total is shown as not available.
        if len(lacking) and ((lacking > 0) & (entered > 0).to_numpy()).any():
            at = int((lacking * (entered > 0).to_numpy()).argmax())
            found.append((indicator.code, int(entered.iloc[at]), int(expected.iloc[at])))
    return found
