"""How each office fills its form in: words for 'does not apply', the head, sums; one filled file from one row of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from schemas.states import NOT_APPLICABLE, NOT_COLLECTED, REPORTED
from sinks.grid import Address, Cell, Grid, Value, xlsx_bytes
from sinks.samplebooks import form2023, messy
from sinks.samplebooks.oldformats import ods_bytes, xls_bytes
from sinks.samplebooks.stamp import Stamp, grid_slots, ods_stamp, xlsx_stamp
from sinks.template import FORM_VERSION, TITLE, identity_grid, month_label, template_grid

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from schemas.sample import Dialect

_CLERKS = ("王秀兰", "李建国", "张桂英", "刘志强", "陈玉梅", "杨海燕", "赵永福", "周春花", "吴国华", "孙丽萍")
_DASH: dict[str, str] = {"template": "—", "form2023": "/", "xls": "—", "xls2023": "/", "ods": "—", "list": "—", "messy": "—"}
_OLD_MEANS = {"births_outside_plan": 0.2, "social_maintenance_fee": 3000.0}  # numbers in rows that are no longer collected


@dataclass(frozen=True)
class Letter:
    """One form to fill in. `values`, `states`: (indicators,), in the order of `codes`."""

    village_code: str
    village_name: str
    town_name: str
    county_name: str
    head_month: str
    sent: str
    codes: Sequence[str]
    values: NDArray[np.float64]
    states: NDArray[np.uint8]


class Office:
    """Writes one dialect for one month. `grid` is the empty form."""

    def __init__(self, dictionary: Dictionary, dialect: Dialect, month: str, absent: frozenset[str]) -> None:
        self._dictionary, self._dialect = dictionary, dialect
        if dialect == "messy":
            self.grid = messy.messy_grid(dictionary, month)
        elif dialect in ("form2023", "xls2023"):
            self.grid = form2023.form2023_grid(dictionary, month, absent)
        else:
            self.grid = template_grid(dictionary, month=month)
        self._identity = identity_grid(dictionary, month=month, village_code="") if dialect == "template" else None
        self._stamp = self._make_stamp()
        indicators = dictionary.indicators
        self._typing = {code: (i.unit.decimals, (i.unit.suffixes or ("",))[0]) for code, i in indicators.items()}
        self._sums = [(at, cell.parts) for at, cell in self.grid.cells.items() if cell.parts]
        self._totals = {
            at: [self.grid.figures[i.code] for i in dictionary.indicators_of(name.removeprefix("total:"))]
            for name, at in self.grid.others.items()
            if name.startswith("total:")
        }

    def _make_stamp(self) -> Stamp | None:
        if self._dialect in ("xls", "xls2023"):
            return None
        if self._dialect == "ods":
            return ods_stamp(ods_bytes(self.grid))
        slots: list[list[Address]] = [grid_slots(self.grid)]
        if self._identity is not None:
            slots.append(list(self._identity.head.values()))
        return xlsx_stamp(xlsx_bytes(self.grid, title=TITLE, hidden=self._identity), slots)

    def write(self, letter: Letter, rng: np.random.Generator | None) -> bytes:
        """The filled file. `rng` varies how a clerk types; only the messy and the old form use it."""
        contents = self._contents(letter, rng)
        if self._stamp is None:
            return xls_bytes(_filled(self.grid, contents))
        if self._identity is None:
            return self._stamp.fill(contents)
        known = {"village_code": letter.village_code, "report_month": letter.head_month}
        facts = {at: known.get(key, self._identity.cells[at].value) for key, at in self._identity.head.items()}
        return self._stamp.fill(contents, facts)

    def _contents(self, letter: Letter, rng: np.random.Generator | None) -> dict[Address, Value]:
        contents: dict[Address, Value] = {}
        figures = self.grid.figures
        numbers: dict[Address, float] = {}
        for code, value, state in zip(letter.codes, letter.values.tolist(), letter.states.tolist(), strict=True):
            if code not in figures:
                continue
            if state == REPORTED:
                numbers[figures[code]] = value
            if self._dialect == "messy" and rng is not None:
                contents[figures[code]] = messy.as_typed(rng, value, state, *self._typing[code])
            else:
                contents[figures[code]] = figure_content(value, state, self._dialect)
        for at, parts in self._sums:
            present = [numbers[part] for part in parts if part in numbers]
            contents[at] = sum(present) if present else ""
        for at, parts_of in self._totals.items():
            present = [numbers[part] for part in parts_of if part in numbers]
            contents[at] = sum(present) if present else None
        if rng is not None:
            old = {code: at for code, at in self.grid.others.items() if code in _OLD_MEANS}
            contents |= {at: float(rng.poisson(_OLD_MEANS[code])) for code, at in old.items()}
        return contents | self._head(letter)

    def _head(self, letter: Letter) -> dict[Address, Value]:
        number = int(letter.village_code[-6:])
        months = {"messy": messy.wide_month(letter.head_month), "form2023": letter.head_month, "xls2023": letter.head_month}
        known: dict[str, str] = {
            "village_code": letter.village_code,
            "village_name": letter.village_name,
            "town_name": letter.town_name,
            "county_name": letter.county_name,
            "report_month": months.get(self._dialect, month_label(letter.head_month)),
            "form_version": FORM_VERSION,
            "filled_by": _CLERKS[number % len(_CLERKS)],
            "checked_by": _CLERKS[(number // 7 + 3) % len(_CLERKS)],
            "date_sent": letter.sent,
        }
        return {at: known.get(code) for code, at in self.grid.head.items()}


def figure_content(value: float, state: int, dialect: str) -> Value:
    """What stands in the cell of a figure: the number, a dash where it does not apply, nothing where it was left blank."""
    if state == REPORTED:
        return value
    return _DASH[dialect] if state in (NOT_APPLICABLE, NOT_COLLECTED) else None


def clerks(town_code: str) -> tuple[str, str]:
    """Who fills in and who checks a town's list."""
    number = int(town_code[-3:])
    return _CLERKS[number % len(_CLERKS)], _CLERKS[(number + 4) % len(_CLERKS)]


def _filled(grid: Grid, contents: Mapping[Address, Value]) -> Grid:
    """The same grid with other contents; for writers that cannot be stamped."""
    cells = {at: Cell(contents.get(at, cell.value), cell.style) for at, cell in grid.cells.items()}
    return replace(grid, cells=cells)
