"""What the dictionary says of a panel's codes, as the tests of patterns need it. No indicator is named here."""

from __future__ import annotations

from collections.abc import Sequence

from methods.evidence.records import Lead, Pair, Roles
from schemas.dictionary import Dictionary, Indicator

_BY_SEX = "sex"
_BY_ORDER = "birth_order"
_UNKNOWN = "unknown"


def roles_of(dictionary: Dictionary, codes: Sequence[str]) -> Roles:
    """Roles of the codes that the dictionary knows; other codes have none.

    Events are unsigned flows in whole units. The population is the registered stock by sex that opens the month, or else the one that
    closes it: the concept of the dictionary's own rates. A part whose whole is not in the panel has no pair.
    """
    here = [dictionary.indicators[code] for code in codes if code in dictionary.indicators]
    present = {i.code for i in here}
    events = [i for i in here if _is_event(i)]
    registered = [i for i in here if i.kind == "stock" and i.concept.basis == "registered"]
    by_concept = _by_concept(events)
    own = {name: group for name, group in by_concept.items() if _stands_alone(group[0])}
    return Roles(
        events=tuple(i.code for i in events),
        stocks=tuple(i.code for i in _closing(registered)),
        by_sex=tuple(
            (group[0].code, group[1].code) for group in by_concept.values() if group[0].concept.breakdown == _BY_SEX and len(group) == 2
        ),
        orders=tuple(i.code for i in events if i.concept.breakdown == _BY_ORDER and i.member is not None and i.member.code != _UNKNOWN),
        population=tuple(i.code for i in _opening(registered)),
        pairs=tuple(pair for i in here if (pair := _pair(dictionary, i, present)) is not None),
        concepts=tuple(tuple(i.code for i in group) for group in own.values()),
        late=tuple(
            (tuple(i.code for i in group), tuple(i.code for i in by_concept[group[0].concept.late_of]))
            for group in by_concept.values()
            if group[0].concept.late_of in by_concept
        ),
        leads=tuple(
            Lead(tuple(i.code for i in group), tuple(i.code for i in by_concept[ahead.concept]), ahead.months)
            for group in by_concept.values()
            if (ahead := group[0].concept.foretells) is not None and ahead.concept in by_concept
        ),
    )


def _is_event(indicator: Indicator) -> bool:
    return indicator.kind == "flow" and indicator.unit.decimals == 0 and not indicator.concept.signed


def _stands_alone(indicator: Indicator) -> bool:
    concept = indicator.concept
    return not (concept.scheduled or concept.follows or concept.late_of or indicator.part_of or concept.breakdown == _BY_ORDER)


def _by_concept(indicators: Sequence[Indicator]) -> dict[str, list[Indicator]]:
    """Members of an additive breakdown together under their concept; any other indicator by itself, parts left out of no group."""
    groups: dict[str, list[Indicator]] = {}
    for i in indicators:
        name = i.concept.code if i.breakdown is None or i.breakdown.additive else i.code
        groups.setdefault(name, []).append(i)
    return groups


def _opening(registered: Sequence[Indicator]) -> list[Indicator]:
    """The first registered stock of the form: what the events of the month happen to."""
    first = registered[0].concept.code if registered else ""
    return [i for i in registered if i.concept.code == first]


def _closing(registered: Sequence[Indicator]) -> list[Indicator]:
    """The last registered stock of the form."""
    last = registered[-1].concept.code if registered else ""
    return [i for i in registered if i.concept.code == last]


def _pair(dictionary: Dictionary, part: Indicator, present: set[str]) -> Pair | None:
    """Flows that are part of something. Stocks among stocks are the same persons from month to month: their shares are no evidence."""
    if part.part_of is None or part.kind != "flow":
        return None
    codes = dictionary.sums.get(part.part_of, ())
    if not codes or any(code not in present for code in codes):
        return None
    return Pair(part.code, part.part_of, codes, all(dictionary.indicators[code].kind == "stock" for code in codes))
