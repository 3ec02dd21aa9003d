"""The truth: every figure of the return for every invented village and month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from methods.simulate.demography import begin_month, live_month, merge, settle
from methods.simulate.places import Places
from methods.simulate.services import enrol, merge_benefits, pay_month, serve_month
from schemas.states import NOT_APPLICABLE, REPORTED

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

Cube = NDArray[np.float64]
_DASH_WHEN_NOBODY = frozenset({"special_support"})  # offices put a dash where no family of the village is concerned


def simulate_figures(
    rng: np.random.Generator, dictionary: Dictionary, places: Places, months: Sequence[str]
) -> tuple[Cube, NDArray[np.uint8]]:
    """True figures and how an honest office would show them.

    An indicator that this simulation does not know (a county's own) gets small counts.

    Returns:
        figures (months, units, indicators), in the order of `dictionary.codes`, and states of the same shape
        (reported, or not applicable where a scheme does not concern a village or nobody in it).
    """
    is_urban = np.array([u.is_urban for u in places.units])
    people = settle(rng, is_urban)
    benefits = enrol(rng, people, is_urban)
    rates = {c.code: c.monthly_rate for c in dictionary.concepts.values() if c.monthly_rate is not None}
    cube = np.zeros((len(months), len(places.units), len(dictionary.codes)))
    known: set[str] = set()
    for t, month in enumerate(months):
        calendar_month = int(month[5:])
        begin_month(people)
        joined = {}
        for absorbed in np.flatnonzero(places.merges_at == t):
            into = int(places.merged_into[absorbed])
            merge(people, int(absorbed), into)
            joined[into] = merge_benefits(benefits, int(absorbed))
        live_month(rng, people, calendar_month)
        pay_month(rng, people, benefits, rates, joined)
        by_concept: dict[str, NDArray[np.generic]] = {**people.figures, **serve_month(rng, people, calendar_month)}
        for code, column in _columns(dictionary, by_concept, benefits.figures).items():
            cube[t, :, dictionary.codes.index(code)] = column
            known.add(code)
    _invent(rng, dictionary, cube, known)
    states = np.full(cube.shape, REPORTED, dtype=np.uint8)
    for n, indicator in enumerate(dictionary.indicators.values()):
        applies = benefits.applies.get(indicator.concept.code)
        if applies is not None:
            states[:, ~applies, n] = NOT_APPLICABLE
        if indicator.concept.code in _DASH_WHEN_NOBODY:
            members = [dictionary.codes.index(i.code) for i in dictionary.indicators_of(indicator.concept.code)]
            states[(cube[:, :, members] == 0).all(axis=2), n] = NOT_APPLICABLE
    return cube, states


def _columns(
    dictionary: Dictionary, by_concept: dict[str, NDArray[np.generic]], schemes: dict[str, dict[str, Cube]]
) -> dict[str, NDArray[np.generic]]:
    """Indicator → one figure a village."""
    columns: dict[str, NDArray[np.generic]] = {}
    for code, indicator in dictionary.indicators.items():
        concept, member = indicator.concept.code, indicator.member
        if concept in schemes and member is not None and member.code in schemes[concept]:
            columns[code] = schemes[concept][member.code]
        elif concept in by_concept and member is None:
            columns[code] = by_concept[concept]
        elif concept in by_concept and indicator.breakdown is not None:
            position = [m.code for m in indicator.breakdown.members].index(member.code if member else "")
            if position < by_concept[concept].shape[1]:
                columns[code] = by_concept[concept][:, position]
    return columns


def _invent(rng: np.random.Generator, dictionary: Dictionary, cube: Cube, known: set[str]) -> None:
    for n, (code, indicator) in enumerate(dictionary.indicators.items()):
        if code not in known:
            shape = cube.shape[:2] if indicator.kind == "flow" else (1, cube.shape[1])
            cube[:, :, n] = rng.poisson(3 if indicator.kind == "flow" else 40, shape)
