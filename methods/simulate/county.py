"""The whole invented county: places, figures, post and planted mistakes, as one `SampleCounty`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.simulate.departments import simulate_departments
from methods.simulate.figures import simulate_figures
from methods.simulate.mail import Mail, town_dialects, write_mail
from methods.simulate.mistakes import Planter
from methods.simulate.patterns.kinds import says
from methods.simulate.patterns.plant import plant
from methods.simulate.places import Places, simulate_places
from schemas.sample import PlantedMistake, PlantedPattern, SampleCounty
from schemas.states import REPORTED, state_column

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

_MAX_MONTHS = 36
_MIN_MONTHS_FOR_PATTERNS = 6
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def simulate_county(
    rng: np.random.Generator,
    dictionary: Dictionary,
    *,
    months: Sequence[str],
    towns: int = 12,
    villages: int = 300,
    counties: int | None = None,
    plant_mistakes: bool = True,
    dialects: str = "all",
    departments: bool = False,
    wide_mistakes: bool = False,
    patterns: int = 0,
) -> SampleCounty:
    """Invent a county (or several) and what its villages send.

    Args:
        rng: the only source of chance; the same state gives the same county.
        dictionary: what is collected.
        months: 1 to 36 following months, 'YYYY-MM'.
        towns: in all counties together.
        villages: in all towns together, 2 to 250 a town.
        counties: how many counties; by default one for every hundred towns begun.
        plant_mistakes: whether offices make mistakes.
        wide_mistakes: more kinds of mistakes, for measuring.
        dialects: 'all', or 'template' for the current form only.
        departments: whether line departments send their counts as well; nothing else of the county changes by it.
        patterns: in about how many villages figures are made rather than counted.

    Raises:
        ValueError: the months do not follow each other, the numbers do not fit the code scheme, or there are too few months for a pattern.
    """
    _check_months(months)
    town_dialect = town_dialects(towns, dialects)
    plain = [n for n, dialect in enumerate(town_dialect) if dialect == "template"]
    places = simulate_places(rng, months, towns, villages, counties or -(-towns // 100), plain[1:3] if len(plain) > 2 else plain[:2])
    cube, states = simulate_figures(rng, dictionary, places, months)
    planted = _plant_patterns(rng, dictionary, places, months, cube, patterns) if patterns else ()
    mails: list[Mail] = []
    truths: list[pd.DataFrame] = []
    mistakes: list[PlantedMistake] = []
    for t, month in enumerate(months):
        mail = write_mail(rng, dictionary, places, town_dialect, t, month, cube[t], states[t])
        truths.append(_truth_frame(dictionary, mail, cube[t][mail.units]))
        if plant_mistakes:
            following = months[t + 1] if t + 1 < len(months) else ""
            mistakes += Planter(rng, dictionary, places, mail, mails[-1] if mails else None, following).plant_all(wide=wide_mistakes)
        mails.append(mail)
    of_departments = (
        simulate_departments(rng.spawn(1)[0], dictionary, places, months, cube, plant_mismatches=plant_mistakes) if departments else None
    )
    posted = [_posted(dictionary, places, mail) for mail in mails]
    return SampleCounty(
        seed=int(rng.integers(2**31)),
        months=tuple(months),
        places=places.registry,
        lineage=places.lineage,
        figures=pd.concat(truths, ignore_index=True),
        submissions=pd.concat([frame for frame, _ in posted], ignore_index=True),
        shown=pd.concat([shown for _, shown in posted], ignore_index=True),
        stated=pd.DataFrame([(m.month, *row) for m in mails for row in m.stated], columns=["month", "town_code", "indicator", "shown"]),
        mistakes=tuple(mistakes),
        departments=of_departments,
        patterns=planted,
    )


def _check_months(months: Sequence[str]) -> None:
    numbers = [int(m[:4]) * 12 + int(m[5:]) if _MONTH.fullmatch(m) else -1 for m in months]
    if -1 in numbers or not 1 <= len(months) <= _MAX_MONTHS or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise ValueError(f"Give 1 to {_MAX_MONTHS} months that follow each other, such as 2024-01 2024-02.")


def _plant_patterns(
    rng: np.random.Generator, dictionary: Dictionary, places: Places, months: Sequence[str], cube: NDArray[np.float64], count: int
) -> tuple[PlantedPattern, ...]:
    """Plant into villages that keep their code, town and area; changes `cube` (months × units × indicators)."""
    if len(months) < _MIN_MONTHS_FOR_PATTERNS:
        raise ValueError(f"A pattern needs at least {_MIN_MONTHS_FOR_PATTERNS} months, and there are {len(months)}.")
    codes, town = places.code_of, places.town_of
    is_changed = (places.merges_at >= 0) | (codes != codes[:, :1]).any(axis=1)
    is_changed[places.merged_into[places.merges_at >= 0]] = True
    made = plant(rng, dictionary, dictionary.codes, cube, town[:, 0], ~is_changed, count)
    return tuple(
        PlantedPattern(
            kind=p.kind,
            what=says(p.kind),
            village_code=str(codes[p.village, -1]),
            month=months[p.start],
            strength=round(p.strength, 2),
            other_code=str(codes[p.other, -1]) if p.other >= 0 else "",
        )
        for p in made
    )


def _wide(dictionary: Dictionary, values: NDArray[np.float64], states: NDArray[np.uint8]) -> dict[str, NDArray[np.generic]]:
    columns: dict[str, NDArray[np.generic]] = {}
    for n, code in enumerate(dictionary.codes):
        columns[code], columns[state_column(code)] = values[:, n], states[:, n]
    return columns


def _truth_frame(dictionary: Dictionary, mail: Mail, figures: NDArray[np.float64]) -> pd.DataFrame:
    keys = {"month": mail.month, "village_code": mail.codes, "village_name": list(mail.names)}
    keys |= {"town_code": [code[:9] for code in mail.codes], "dialect": list(mail.dialects)}
    return pd.DataFrame({**keys, **_wide(dictionary, figures, mail.states.copy())})


def _posted(dictionary: Dictionary, places: Places, mail: Mail) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Submissions of a month, those that arrived first coming first within a village, and what they show."""
    rows: list[dict[str, object]] = []
    order: list[int] = []
    values: list[NDArray[np.float64]] = []
    by_row: dict[int, list[tuple[str, str, str, NDArray[np.float64]]]] = {}
    for extra in mail.extras:
        shown = mail.values[extra.row] if extra.values is None else extra.values
        by_row.setdefault(extra.row, []).append((extra.file, extra.arrival.isoformat(), extra.copy_of, shown))
    for n in np.flatnonzero(mail.is_sent).tolist():
        own: tuple[str, str, str, NDArray[np.float64]] = (mail.files[n], mail.arrivals[n].isoformat(), "", mail.values[n])
        town = places.towns[mail.towns[n]]
        for file, arrival, copy_of, shown in sorted([own, *by_row.get(n, [])], key=lambda item: item[1]):
            rows.append(
                {
                    "month": mail.month,
                    "village_code": mail.codes[n],
                    "village_name": mail.names[n],
                    "town_code": town.code,
                    "town_name": town.name,
                    "county_name": town.county_name,
                    "dialect": mail.dialects[n],
                    "file": file,
                    "arrival": arrival,
                    "head_month": mail.head_months[n],
                    "copy_of": copy_of,
                }
            )
            order.append(n)
            values.append(shown)
    states = mail.states[order]
    shown_values = np.where(states == REPORTED, np.array(values).reshape(len(rows), -1), np.nan)
    return pd.DataFrame(rows), pd.DataFrame(_wide(dictionary, shown_values, states))
