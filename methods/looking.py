"""Where rules look: a batch of places with their own figures, and any number of other sources aligned to them by code.

A namespace of an expression is '' (this month's own figures), a month before it, a sum over the villages of a town or county, or a
source of the dictionary whose wide frame is handed in. None is special: what is not handed in has no figure anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.repeats import repeats_last_month
from schemas.dictionary import Dictionary, RuleInstance
from schemas.entries import Source
from schemas.expressions import Expression, ago
from schemas.states import UNREADABLE, state_column

Column = NDArray[np.float64]
Flags = NDArray[np.bool_]
_KEYS = ("place_code", "village_code")


class Aligned:
    """A wide frame seen from a batch: figures of its places in its order, NaN where the frame has none. Columns are made when asked for."""

    def __init__(self, frame: pd.DataFrame, rows: NDArray[np.int64]) -> None:
        self._frame, self._rows, self._made = frame, rows, dict[str, Column]()
        self._has_all = bool((rows >= 0).all())
        self._is_same = len(rows) == len(frame) and bool((rows == np.arange(len(rows))).all())

    def __contains__(self, code: str) -> bool:
        return len(self._frame) > 0 and code in self._frame

    def __getitem__(self, code: str) -> Column:
        if code not in self._made:
            self._made[code] = self._column(code)
        return self._made[code]

    def _column(self, code: str) -> Column:
        values = self._frame[code].to_numpy(dtype=np.float64)
        if self._is_same:
            return values
        return values.take(self._rows) if self._has_all else np.where(self._rows >= 0, values.take(self._rows), np.nan)


def _align(sources: Mapping[str, pd.DataFrame], places: pd.Index[str]) -> dict[str, Aligned]:
    """Frames seen from the places. Months of one panel share an index, which is looked through once."""
    rows: dict[int, NDArray[np.int64]] = {}
    found = {}
    for name, frame in sources.items():
        key = next((k for k in _KEYS if k in frame), None)
        index = pd.Index(frame[key]) if key is not None else frame.index
        at = rows.get(id(index)) if key is None else None
        if at is None:
            at = rows[id(index)] = _positions(index, places)
        found[name] = Aligned(frame, at)
    return found


def _positions(index: pd.Index[str], places: pd.Index[str]) -> NDArray[np.int64]:
    """Where each place stands in an index, the first time where it stands there twice; −1 where it does not."""
    if index.is_unique:
        return np.asarray(index.get_indexer(places), dtype=np.int64)
    first = np.flatnonzero(~index.duplicated())
    at = index[first].get_indexer(places)
    return np.asarray(np.where(at >= 0, first[at], -1), dtype=np.int64)


@dataclass
class Figures:
    """A batch of n places. `own`: this month's figures and attributes. `sums`: source → what adds up a column over town or county.

    blanks: indicator → where a figure is missing and an assumption may fill it: the report came and the cell is no unreadable one.
    """

    n: int
    levels: frozenset[str]
    dictionary: Dictionary
    own: Callable[[str], Column]
    blanks: Callable[[str], Flags]
    sources: Mapping[str, Aligned]
    sums: Mapping[str, Callable[[Column], Column]]
    _summed: dict[tuple[str, str], Column] = field(default_factory=dict)

    @cached_property
    def nowhere(self) -> Column:
        """The column of what is known of no place."""
        return np.full(self.n, np.nan)

    def evaluate(self, expression: Expression, instance: RuleInstance | None = None) -> Column:
        """Value of an expression for every place; blanks that the rule assumes to be 0 are 0."""
        assumed = instance.assume_zero if instance is not None else frozenset[str]()
        return expression.evaluate(lambda namespace, code: self.look(namespace, code, assumed))

    def look(self, namespace: str, code: str, assumed: frozenset[str] = frozenset()) -> Column:
        """One figure of every place.

        Raises:
            LookupError: places of this level have no such source, or that source does not have what is no figure of the return.
        """
        if namespace == "":
            column = self.own(code)
            return np.where(self.blanks(code), 0.0, column) if code in assumed else column
        if code in self.dictionary.attributes:
            raise LookupError(f"{namespace}({code}): only this month's own report has attributes")
        if ago(namespace) is None and not self._is_source(namespace):
            raise LookupError(f"{namespace}({code}): there is no such source for a {' or '.join(sorted(self.levels))}")
        if namespace in self.sums:
            if (namespace, code) not in self._summed:
                self._summed[namespace, code] = self.sums[namespace](self._whole(code))
            return self._summed[namespace, code]
        return self.sources[namespace][code] if namespace in self.sources and code in self.sources[namespace] else self.nowhere

    def is_asked(self, instance: RuleInstance) -> Flags:
        """Whether the sources that a rule looks at make it a question for each place (`ask` of the dictionary's sources)."""
        asked = ~self._lacks_parts(instance)
        for name in instance.names:
            if ago(name.namespace) is not None or not self._is_source(name.namespace):
                continue
            match self._source(name.namespace).ask:
                case "where_given":
                    asked &= self._given(name.namespace, name.code)
                case "where_sent":
                    asked &= bool(self._given(name.namespace, name.code).any())
        return asked

    def is_blank(self, instance: RuleInstance) -> Flags:
        """Where one of this month's figures that a rule reads is blank."""
        read = [code for code in instance.reads if code in self.dictionary.indicators and code not in instance.assume_zero]
        blank = [self.blanks(code) & ~self._is_in_total(code) for code in read]
        return reduce(np.logical_or, blank, np.zeros(self.n, dtype=bool))

    def _whole(self, code: str) -> Column:
        """A figure of every place, a total also where its parts were given: what is added up over places."""
        parts = next((parts for total, parts in self.dictionary.totals.values() if total == code), ())
        own = self.own(code)
        return np.where(np.isnan(own), reduce(np.add, [self.own(part) for part in parts]), own) if parts and self.sums else own

    def _is_in_total(self, code: str, namespace: str = "") -> Flags | bool:
        """Where only the total was given that the figure is a part of."""
        total = self._total_of.get(code)
        return ~np.isnan(self.look(namespace, total)) if total is not None else False

    @cached_property
    def _total_of(self) -> Mapping[str, str]:
        return {part: total for total, parts in self.dictionary.totals.values() for part in parts} if self.levels == {"village"} else {}

    def _lacks_parts(self, instance: RuleInstance) -> Flags:
        """Where a rule asks for parts of which the place gave the total alone: it does not apply."""
        lacks = np.zeros(self.n, dtype=bool)
        if self._total_of:
            alone = instance.alone
            for name in instance.names:
                if name.code in alone and ago(name.namespace) is not None:
                    lacks |= self._is_in_total(name.code, name.namespace)
        return lacks

    def _given(self, namespace: str, code: str) -> Flags:
        """Where a source has the figure, or the total that it is part of."""
        given = ~np.isnan(self.look(namespace, code))
        if self._source(namespace).totals and code in self.dictionary.indicators:
            given |= ~np.isnan(self.look(namespace, self.dictionary.indicators[code].concept.code))
        return given

    def _source(self, namespace: str) -> Source:
        return self.dictionary.sources[namespace]

    def _is_source(self, namespace: str) -> bool:
        return bool(self.levels & set(self._source(namespace).over))


def own_figures(report: pd.DataFrame, sources: Mapping[str, pd.DataFrame], dictionary: Dictionary) -> Figures:
    """What rules over villages look at.

    Args:
        report: VillageReport frame.
        sources: namespace → wide frame, as for `confront`.
        dictionary: says what a source is.
    """
    villages = pd.Index(report["village_code"])
    aligned = _align(sources, villages)
    accepted = (report["status"] == "accepted").to_numpy()
    made: dict[str, Column] = {}
    blank: dict[str, Flags] = {}

    def own(code: str) -> Column:
        if code not in made:
            repeats = code == "repeated_last_month"
            made[code] = _repeats(report, aligned.get("previous"), dictionary) if repeats else report[code].to_numpy(dtype=np.float64)
        return made[code]

    def blanks(code: str) -> Flags:
        if code not in blank:
            readable = report[state_column(code)].to_numpy() != UNREADABLE
            blank[code] = np.asarray(np.isnan(own(code)) & readable & accepted)
        return blank[code]

    expected = ((report["is_place_unknown"] != 1) & (report["is_place_expired"] != 1)).to_numpy()
    sums = {
        source.code: _summing(report[f"{source.sum_of}_code"], expected, source.complete)
        for source in dictionary.sources.values()
        if source.sum_of is not None
    }
    return Figures(len(report), frozenset({"village"}), dictionary, own, blanks, aligned, sums)


def place_figures(figures: pd.DataFrame, sources: Mapping[str, pd.DataFrame], dictionary: Dictionary) -> Figures:
    """What rules over towns and counties look at; a total that no village reported is no blank that could be assumed to be 0."""
    places = pd.Index(figures["place_code"])
    nowhere = np.zeros(len(figures), dtype=bool)
    return Figures(
        len(figures),
        frozenset({"town", "county"}),
        dictionary,
        lambda code: figures[code].to_numpy(dtype=np.float64),
        lambda _: nowhere,
        _align(sources, places),
        {},
    )


def _repeats(report: pd.DataFrame, last: Aligned | None, dictionary: Dictionary) -> Column:
    flows = [i.code for i in dictionary.indicators.values() if i.kind == "flow" and i.unit.decimals == 0]
    if last is None:
        return np.full(len(report), np.nan)
    seen = pd.DataFrame({code: last[code] for code in flows if code in last}, index=range(len(report)), copy=False)
    return repeats_last_month(report, seen, dictionary)


def _summing(groups: pd.Series, expected: Flags, complete: float) -> Callable[[Column], Column]:
    """Gives each village the sum over its group; NaN where fewer than `complete` of the group's villages have the figure."""
    codes, names = pd.factorize(groups)
    codes = np.where(expected, codes, len(names))
    due = np.bincount(codes, minlength=len(names) + 1)

    def total(column: Column) -> Column:
        known = ~np.isnan(column)
        there = np.bincount(codes, known, minlength=len(names) + 1)
        sums = np.bincount(codes, np.where(known, column, 0.0), minlength=len(names) + 1)
        sums[there < complete * due] = np.nan
        sums[there == 0] = np.nan
        sums[-1] = np.nan  # places that the registry does not have
        return np.asarray(sums[codes])

    return total


def aligned(previous: pd.DataFrame | None, villages: pd.Series, dictionary: Dictionary) -> pd.DataFrame:
    """Last month's values, one row a village of this month; NaN where there is none."""
    codes = list(dictionary.codes)
    if previous is None:
        return pd.DataFrame(np.nan, index=range(len(villages)), columns=codes)
    values = previous.drop_duplicates("village_code").set_index("village_code")[codes]
    return values.reindex(villages).reset_index(drop=True)
