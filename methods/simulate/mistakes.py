"""Mistakes that offices make, planted into one month's post. A village has at most one a month.

Each planter takes the post, picks what it may spoil, changes what is shown and says what it did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from methods.simulate.mail import Extra, Mail, early_and_late, late_arrival
from methods.simulate.names import TYPOS
from methods.simulate.places import Places
from schemas.sample import PlantedMistake
from schemas.states import REPORTED

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

_PER_300_VILLAGES = {
    "stale_copy": 3,
    "wrong_month": 3,
    "conflicting_duplicate": 2,
    "duplicate": 3,
    "late": 6,
    "missing_village": 5,
    "name_typo": 3,
    "balance_slip": 4,
    "swapped_sexes": 3,
    "transposed_digits": 4,
    "times_ten": 3,
}
_WIDE_PER_300_VILLAGES = {
    **_PER_300_VILLAGES,
    **dict.fromkeys(("balance_slip", "swapped_sexes", "transposed_digits", "times_ten", "stale_copy"), 2),
    **dict.fromkeys(("decimal_slip", "in_ten_thousands", "neighbouring_cell", "wrong_sign", "last_month_left", "row_shifted"), 1),
}
"""More kinds of mistakes, as many in all: for measuring what is found, not for the sample that a newcomer sees."""
STATED_TOTAL = "stated_total_mismatch"
KINDS = (*_PER_300_VILLAGES, STATED_TOTAL)
WIDE_KINDS = (*_WIDE_PER_300_VILLAGES, STATED_TOTAL)
_NOT_FOR_LISTS = {"wrong_month", "conflicting_duplicate", "duplicate", "late"}
_SLIPS = ("deaths", "moved_in", "moved_out", "population_end", "population_start")
_COPY_NAMES = ("{stem}(1){dot}{kind}", "{stem} - 副本{dot}{kind}", "副本{stem}{dot}{kind}")
_MAX_TRIES = 20
_SEVERAL_DIGITS = 10


class Planter:
    """Plants one month's mistakes. `before`: the post of the month before, for stale copies."""

    def __init__(
        self, rng: np.random.Generator, dictionary: Dictionary, places: Places, mail: Mail, before: Mail | None, next_month: str
    ) -> None:
        self._rng = rng
        self._dictionary = dictionary
        self._places = places
        self._mail = mail
        self._before = before
        self._next_month = next_month
        self._column = {code: n for n, code in enumerate(dictionary.codes)}
        self._due = dictionary.calendar.village_due_day

    def plant_all(self, *, wide: bool = False) -> list[PlantedMistake]:
        """Plant every kind at its rate, at least one of each where it can be planted; `wide`: further kinds as well."""
        planted: list[PlantedMistake] = []
        planters: dict[str, Callable[[int], PlantedMistake | None]] = {
            "balance_slip": self._slip,
            "swapped_sexes": self._swap,
            "transposed_digits": self._transpose,
            "times_ten": self._times_ten,
            "wrong_month": self._wrong_month,
            "stale_copy": self._stale,
            "missing_village": self._miss,
            "duplicate": self._duplicate,
            "conflicting_duplicate": self._conflict,
            "late": self._late,
            "name_typo": self._typo,
            "decimal_slip": self._decimal,
            "in_ten_thousands": self._ten_thousands,
            "neighbouring_cell": self._neighbour,
            "wrong_sign": self._sign,
            "last_month_left": self._left,
            "row_shifted": self._shift,
        }
        for kind, rate in (_WIDE_PER_300_VILLAGES if wide else _PER_300_VILLAGES).items():
            wanted = max(1, round(rate * len(self._mail.units) / 300))
            for row in self._candidates(kind):
                if wanted == 0:
                    break
                mistake = planters[kind](row)
                if mistake is not None:
                    planted.append(mistake)
                    self._mail.taken.add(row)
                    wanted -= 1
        return planted + self._state_wrongly()

    def _candidates(self, kind: str) -> list[int]:
        rows = self._rng.permutation(len(self._mail.units)).tolist()
        return [r for r in rows if r not in self._mail.taken and (kind not in _NOT_FOR_LISTS or self._mail.dialects[r] != "list")]

    def _made(
        self,
        kind: str,
        row: int,
        shown: dict[str, float] | None = None,
        *,
        files: Sequence[str] = (),
        detail: dict[str, str] | None = None,
    ) -> PlantedMistake:
        """Note the mistake, and put `shown` into the form."""
        mail, shown = self._mail, shown or {}
        true = {code: float(mail.values[row, self._column[code]]) for code in shown}
        for code, value in shown.items():
            mail.values[row, self._column[code]] = value
        is_stock = any(self._dictionary.indicators[code].kind == "stock" and not code.startswith("population_start") for code in shown)
        return PlantedMistake(
            kind=kind,
            month=mail.month,
            village_codes=(mail.codes[row],),
            town_code=mail.codes[row][:9],
            files=tuple(files) or (mail.files[row],),
            indicators=tuple(shown),
            true=true,
            shown={code: float(value) for code, value in shown.items()},
            detail=detail or {},
            echo_month=self._next_month if is_stock else "",
        )

    def _value(self, row: int, code: str) -> float:
        """What the form shows; NaN where it shows no number."""
        return float(self._mail.values[row, self._column[code]]) if code in self._column else np.nan

    def _slip(self, row: int) -> PlantedMistake | None:
        code = f"{self._rng.choice(_SLIPS)}_{self._rng.choice(['m', 'f'])}"
        value, by = self._value(row, code), int(self._rng.integers(1, 6))
        wrong = value - by if self._rng.random() < 0.4 and value >= by else value + by
        return None if np.isnan(value) else self._made("balance_slip", row, {code: wrong})

    def _swap(self, row: int) -> PlantedMistake | None:
        pairs = [
            (codes[0], codes[1])
            for c in self._dictionary.concepts.values()
            if c.breakdown == "sex"
            and len(codes := [i.code for i in self._dictionary.indicators_of(c.code)]) == 2
            and self._value(row, codes[0]) != self._value(row, codes[1])
            and not np.isnan(self._value(row, codes[0]) + self._value(row, codes[1]))
        ]
        if not pairs:
            return None
        m, f = pairs[int(self._rng.integers(len(pairs)))]
        return self._made("swapped_sexes", row, {m: self._value(row, f), f: self._value(row, m)})

    def _transpose(self, row: int) -> PlantedMistake | None:
        for code in self._some_reported(row):
            digits = str(int(self._value(row, code)))
            places = [n for n in range(len(digits) - 1) if digits[n] != digits[n + 1] and (n or digits[1] != "0")]
            if places:
                n = places[int(self._rng.integers(len(places)))]
                wrong = int(digits[:n] + digits[n + 1] + digits[n] + digits[n + 2 :])
                return self._made("transposed_digits", row, {code: wrong + self._value(row, code) % 1})
        return None

    def _times_ten(self, row: int) -> PlantedMistake | None:
        for code in self._some_reported(row):
            return self._made("times_ten", row, {code: round(self._value(row, code) * 10, 2)})
        return None

    def _decimal(self, row: int) -> PlantedMistake | None:
        """The decimal point one or two places off, to the left where that leaves no more decimals than the figure has."""
        for code in self._some_reported(row):
            value, decimals = self._value(row, code), self._dictionary.indicators[code].unit.decimals
            factors = [f for f in (0.1, 0.01, 100.0) if abs(round(value * f, decimals) - value * f) < 1e-9]
            wrong = round(value * factors[int(self._rng.integers(len(factors)))], decimals)
            if value >= _SEVERAL_DIGITS:
                return self._made("decimal_slip", row, {code: wrong})
        return None

    def _ten_thousands(self, row: int) -> PlantedMistake | None:
        """An amount of money written in 万 (ten thousands)."""
        for code in self._some_reported(row):
            if self._dictionary.indicators[code].unit.decimals and (value := self._value(row, code)) >= _SEVERAL_DIGITS**2:
                return self._made("in_ten_thousands", row, {code: round(value / 10_000, 2)})
        return None

    def _neighbour(self, row: int) -> PlantedMistake | None:
        """Two figures that stand one after the other, each in the other's cell."""
        for code in self._some_reported(row):
            at = self._column[code] + 1
            if at < len(self._dictionary.codes):
                one, two = self._value(row, code), self._value(row, self._dictionary.codes[at])
                if one != two and not np.isnan(two):
                    return self._made("neighbouring_cell", row, {code: two, self._dictionary.codes[at]: one})
        return None

    def _sign(self, row: int) -> PlantedMistake | None:
        for code in self._some_reported(row):
            return self._made("wrong_sign", row, {code: -self._value(row, code)})
        return None

    def _last(self, row: int) -> NDArray[np.float64] | None:
        """What the village's form of the month before shows; None where it had none of the kind, or a mistake in it."""
        mail, before = self._mail, self._before
        if before is None:
            return None
        old = np.flatnonzero(before.units == mail.units[row])
        if len(old) == 0 or int(old[0]) in before.taken or before.dialects[int(old[0])] != mail.dialects[row]:
            return None
        last: NDArray[np.float64] = before.values[old[0]]
        return last

    def _left(self, row: int) -> PlantedMistake | None:
        """One figure of last month left in."""
        was = self._last(row)
        if was is None:
            return None
        for code in self._some_reported(row):
            old = float(was[self._column[code]])
            if not np.isnan(old) and old != self._value(row, code):
                return self._made("last_month_left", row, {code: old})
        return None

    def _shift(self, row: int) -> PlantedMistake | None:
        """Three to six figures that follow each other, each one cell too low, the last one lost; the first cell shows nought."""
        length = int(self._rng.integers(3, 7))
        for code in self._some_reported(row):
            codes = self._dictionary.codes[self._column[code] : self._column[code] + length]
            values = [self._value(row, c) for c in codes]
            moved = [0.0, *values[:-1]]
            if len(codes) == length and not np.isnan(values).any() and sum(a != b for a, b in zip(values, moved, strict=True)) > 1:
                shown = {c: new for c, old, new in zip(codes, values, moved, strict=True) if old != new}
                return self._made("row_shifted", row, shown)
        return None

    def _some_reported(self, row: int) -> list[str]:
        """Some figures that are positive, in random order."""
        cells = np.flatnonzero((self._mail.states[row] == REPORTED) & (self._mail.values[row] > 0))
        return [self._dictionary.codes[n] for n in self._rng.permutation(cells)[:_MAX_TRIES]]

    def _wrong_month(self, row: int) -> PlantedMistake | None:
        back = int(self._rng.choice([1, 1, 1, 12, -1]))
        number = int(self._mail.month[:4]) * 12 + int(self._mail.month[5:]) - 1 - back
        wrong = f"{number // 12:04d}-{number % 12 + 1:02d}"
        self._mail.head_months[row] = wrong
        return self._made("wrong_month", row, detail={"head_month": wrong})

    def _stale(self, row: int) -> PlantedMistake | None:
        mail, before, was = self._mail, self._before, self._last(row)
        if before is None or was is None:
            return None
        old, is_now = np.flatnonzero(before.units == mail.units[row]), mail.values[row]
        differing = np.flatnonzero(~((was == is_now) | (np.isnan(was) & np.isnan(is_now))))
        shared = [n for n in differing if not np.isnan(was[n]) and not np.isnan(is_now[n])]
        mistake = self._made("stale_copy", row, {self._dictionary.codes[n]: float(was[n]) for n in shared}, detail={"of": before.month})
        mail.values[row], mail.states[row] = was, before.states[old[0]]
        return mistake

    def _miss(self, row: int) -> PlantedMistake | None:
        siblings = [r for r in np.flatnonzero(self._mail.is_sent) if self._mail.towns[r] == self._mail.towns[row]]
        if len(siblings) < 2:
            return None  # the town's list would be empty
        self._mail.is_sent[row] = False
        return self._made("missing_village", row, files=("",))

    def _duplicate(self, row: int) -> PlantedMistake | None:
        mail = self._mail
        folder, _, name = mail.files[row].rpartition("/")
        stem, dot, kind = name.rpartition(".")
        copy = f"{folder}/" + str(self._rng.choice(_COPY_NAMES)).format(stem=stem, dot=dot, kind=kind)
        mail.arrivals[row], again = early_and_late(self._rng, mail.month, self._due)
        mail.extras.append(Extra(row, copy, again, copy_of=mail.files[row]))
        return self._made("duplicate", row, files=(copy, mail.files[row]))

    def _conflict(self, row: int) -> PlantedMistake | None:
        """A first version with one death too many (and all that follows from it), then the right one."""
        sex = str(self._rng.choice(["m", "f"]))
        steps = {f"deaths_{sex}": 1.0, f"population_end_{sex}": -1.0, "age_65plus": -1.0}
        if any(np.isnan(self._value(row, code)) or self._value(row, code) < 1 for code in list(steps)[1:]):
            return None
        mail = self._mail
        first = mail.files[row]
        stem, dot, kind = first.rpartition(".")
        mail.files[row] = f"{stem}（更正）{dot}{kind}"
        early, mail.arrivals[row] = early_and_late(self._rng, mail.month, self._due)
        wrong = mail.values[row].copy()
        for code, step in steps.items():
            wrong[self._column[code]] += step
        mail.extras.append(Extra(row, first, early, values=wrong))
        shown = {code: float(wrong[self._column[code]]) for code in steps}
        return PlantedMistake(
            kind="conflicting_duplicate",
            month=mail.month,
            village_codes=(mail.codes[row],),
            town_code=mail.codes[row][:9],
            files=(first, mail.files[row]),
            indicators=tuple(steps),
            true={code: self._value(row, code) for code in steps},
            shown=shown,
        )

    def _late(self, row: int) -> PlantedMistake | None:
        self._mail.arrivals[row] = moment = late_arrival(self._rng, self._mail.month, self._due)
        return self._made("late", row, detail={"days_late": str(moment.day - self._due)})

    def _typo(self, row: int) -> PlantedMistake | None:
        name = self._mail.names[row]
        wrong = TYPOS.get(name[0], "") + name[1:]
        if wrong == name or wrong in self._mail.names:
            return None
        self._mail.names[row] = wrong
        return self._made("name_typo", row, detail={"true_name": name, "shown_name": wrong})

    def _state_wrongly(self) -> list[PlantedMistake]:
        """One stated total of up to two town lists is off; all its villages are right or as they show."""
        mail = self._mail
        lists = sorted({int(mail.towns[r]) for r, d in enumerate(mail.dialects) if d == "list" and mail.is_sent[r]})
        made = []
        for town in self._rng.permutation(lists)[: max(2, len(lists) // 6)]:
            rows = np.flatnonzero((mail.towns == town) & mail.is_sent).tolist()
            sums = np.nansum(mail.values[rows], axis=0)
            column = int(self._rng.choice(np.flatnonzero(sums > 0)))
            code, true = self._dictionary.codes[column], round(float(sums[column]), 2)
            off = float(self._rng.choice([1, -1, 2, 10, 100, 9]))
            mail.stated.append((self._places.towns[town].code, code, round(true + off, 2)))
            made.append(
                PlantedMistake(
                    kind=STATED_TOTAL,
                    month=mail.month,
                    village_codes=(),
                    town_code=self._places.towns[town].code,
                    files=(mail.files[rows[0]],),
                    indicators=(code,),
                    true={code: true},
                    shown={code: round(true + off, 2)},
                )
            )
        return made
