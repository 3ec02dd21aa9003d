"""Figures of villages: small counts, stocks of some hundreds, amounts with two decimals; some missing, some not applicable."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tests.dialects.grid import Cell, Figure
from tests.dialects.words import DICTIONARY

MONTHS = ("2024-03", "2023-12", "2024-10", "2024-01", "2025-11")
TOWNS = ("青溪镇", "石桥乡", "城关镇", "东门街道", "大河乡")
_FIRST, _SECOND = "龙青石白柳东新上南红", "泉溪桥沟林山塘坪河湾"


def village_names(rng: Random, count: int) -> list[str]:
    """Different names, most of them 村, some 社区."""
    found = rng.sample([a + b for a in _FIRST for b in _SECOND], count)
    return [name + ("村" if rng.random() < 0.8 else "社区") for name in found]


def village_code(town: int, number: int) -> str:
    return f"99010110{town:01d}{200 + number:03d}"


def drawn(rng: Random, owner: int, codes: Sequence[str]) -> dict[str, Figure]:
    """One village's figures."""
    return {code: _figure(rng, owner, code) for code in codes}


def _figure(rng: Random, owner: int, code: str) -> Figure:
    chance = rng.random()
    if chance < 0.10:
        return Figure(owner, code, 0.0, "M" if chance < 0.06 else "N")
    return Figure(owner, code, float(_value(rng, code)), "R")


def _value(rng: Random, code: str) -> float:
    indicator = DICTIONARY.indicators[code]
    if indicator.unit.decimals:
        return rng.choice([0.0, 300.0, 960.0, round(rng.uniform(20, 90_000), 2), round(rng.uniform(20, 9_000), 2)])
    if indicator.concept.signed:
        return rng.choice((0, 0, 0, rng.randint(-40, 40)))
    if code.startswith(("population", "resident", "age_15")):
        return rng.choice([rng.randint(150, 2200), rng.randint(150, 2200), rng.randint(10, 100) * 10])
    if code in ("households_end", "women_15_49") or code.startswith(("age", "inflow", "outflow")):
        return rng.randint(10, 1200)
    if code.endswith(("eligible", "paid")) or code in ("materials_issued", "outreach_participants", "satisfaction_forms"):
        return rng.choice([rng.randint(0, 20), rng.randint(0, 305)])
    return rng.choice([0, 0, 1, 1, 2, 3, 4, 5, rng.randint(0, 12)])


def figure_cell(figure: Figure) -> Cell:
    """The figure as most write it: a number, nothing, a dash."""
    contents: dict[str, float | str] = {"R": figure.value, "M": "", "N": "—"}
    return Cell(contents[figure.state], "figure", figure.code, figure)


def total_cell(figures: Sequence[Figure], concept: str) -> Cell:
    """The sum of the figures that are there; nothing where one is not, so that no total is wrong."""
    is_whole = all(figure.state == "R" for figure in figures)
    return Cell(float(round(sum(f.value for f in figures), 2)) if is_whole else "", "total", concept)


def total_figure(figures: Sequence[Figure], owner: int) -> Figure:
    """A town's stated total of its villages."""
    there = [figure.value for figure in figures if figure.state == "R"]
    return Figure(owner, figures[0].code, round(sum(there), 2), "R") if there else Figure(owner, figures[0].code, 0.0, "M")
