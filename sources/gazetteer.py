"""The registry asked by name: which place is meant, which may be meant, and what became of one that is gone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from sources.names import MIN_SUGGESTED, fold_place, similarity, split_kind
from sources.places import in_force
from sources.text import fold_name

MOST_SUGGESTED = 3
_CLOSE = 0.05
_HIGHER = re.compile(r"[^省市州盟区]{1,8}(?:省|市|州|盟|自治区)")
_MANY = 400
"""Above so many candidates the exact similarity is worked out only for the names that share a third of their characters."""


class Suggestion(NamedTuple):
    """A place that may be meant. `why`: near (the name is like it), same (it has that name), merge, split, transfer or rename."""

    why: str
    code: str
    name: str
    score: float
    date: str = ""


class Gazetteer:
    """Names and lineage of the places in force in one month.

    Args:
        places: the registry.
        month: 'YYYY-MM'.
        events: the lineage (`sources.places.EVENT_COLUMNS`), where it is known.
    """

    def __init__(self, places: pd.DataFrame, month: str, events: pd.DataFrame | None = None) -> None:
        now = in_force(places, month)
        self.month = month
        codes, names, levels, parents = (now[c].tolist() for c in ("code", "name", "level", "parent_code"))
        self.name: dict[str, str] = dict(zip(codes, names, strict=True))
        self.level: dict[str, str] = dict(zip(codes, levels, strict=True))
        self.parent: dict[str, str] = dict(zip(codes, parents, strict=True))
        self._places, self._events = places, events

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """Folded name → codes in force."""
        return _index(self.name.items(), fold_name)

    @cached_property
    def by_fold(self) -> dict[str, list[str]]:
        """Name without variants and traditional characters → codes in force."""
        return _index(self.name.items(), fold_place)

    @cached_property
    def by_stem(self) -> dict[str, list[str]]:
        """Name without its kind of unit (罗阳 for 罗阳村) → codes in force; stems of one character are left out."""
        stems = _index(self.name.items(), lambda name: split_kind(fold_name(name))[0])
        return {stem: codes for stem, codes in stems.items() if len(stem) > 1}

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """Parent → codes in force."""
        found: dict[str, list[str]] = {}
        for code, parent in self.parent.items():
            found.setdefault(parent, []).append(code)
        return found

    @cached_property
    def _past(self) -> dict[str, list[str]]:
        """Names of places (and former names) that are not in force → codes."""
        old = self._places[~(self._places["code"].map(self.name) == self._places["name"])]
        return _index(zip(old["code"].tolist(), old["name"].tolist(), strict=True), fold_place)

    @cached_property
    def _moves(self) -> dict[str, list[tuple[str, str, str]]]:
        moves: dict[str, list[tuple[str, str, str]]] = {}
        if self._events is not None:
            for date, kind, old, new in self._events[["date", "kind", "from_code", "to_code"]].itertuples(index=False):
                if date[:7] <= self.month:
                    moves.setdefault(old, []).append((date, kind, new))
        return moves

    @cached_property
    def by_line(self) -> dict[str, list[str]]:
        """Name of a town or county behind those of what it lies in, all or some (新北市板橋區, 湖南省岳麓区) → codes in force."""
        found: dict[str, list[str]] = {}
        for code, level in self.level.items():
            if level != "village":
                names = [fold_place(self.name[c]) for c in self.ancestors(code)]
                lines = {""}
                for above in names[1:]:
                    lines |= {above + line for line in lines}
                for line in lines - {""}:
                    found.setdefault(line + names[0], []).append(code)
        return found

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The place itself, its town, its county, as far as the registry has them."""
        line = [code]
        while len(line) < 6 and (above := self.parent.get(line[-1], "")) in self.name:
            line.append(above)
        return tuple(line)

    def named(self, name: str, level: str, parents: Collection[str] = ()) -> list[str]:
        """Codes of that level whose name is the same after folding, within `parents` where any is given."""
        if not name:
            return []
        folded = fold_place(name)
        for codes in (self.by_name.get(fold_name(name), ()), self.by_fold.get(folded, ()), self._behind_others(folded, level)):
            found = [c for c in codes if self.level[c] == level and (not parents or self.parent[c] in parents)]
            if found:
                return found
        return []

    def _behind_others(self, folded: str, level: str) -> list[str]:
        """Places of this level named behind the names of higher levels, the highest of which the registry may lack (湖南省…)."""
        if level == "village":
            return []
        while folded:
            if folded in self.by_line:
                return self.by_line[folded]
            above = _HIGHER.match(folded)
            folded = folded[above.end() :] if above is not None else ""
        return []

    def successors(self, code: str) -> list[Suggestion]:
        """What a place that is gone became, followed to places in force."""
        found, seen, ahead = [], {code}, [(code, "", "")]
        while ahead:
            at, why, when = ahead.pop(0)
            if at in self.name and why:
                found.append(Suggestion(why, at, self.name[at], 1.0, when))
                continue
            for date, kind, new in self._moves.get(at, ()):
                if new not in seen or new == code:
                    seen.add(new)
                    if new == at:  # renamed under its own code
                        if at in self.name:
                            found.append(Suggestion(kind, at, self.name[at], 1.0, date))
                    else:
                        ahead.append((new, kind, date))
        return found

    def suggest(self, name: str, level: str, parents: Collection[str] = ()) -> list[Suggestion]:
        """At most three places that a name in no registry may mean, the likeliest first; never a decision.

        Former names and places that are gone come by their lineage, then same names elsewhere, then names that are alike from
        `MIN_SUGGESTED` on; others are told only when they are nearly as alike as the first.
        """
        if not name:
            return []
        within = [c for p in parents for c in self.children.get(p, ()) if self.level[c] == level]
        folded = fold_place(name)
        gone = [s for c in self._past.get(folded, ()) if not parents or self._was_in(c, parents) for s in self._became(c)]
        same = [Suggestion("same", c, self.name[c], 1.0) for c in self.named(name, level, parents)]
        near = [] if same else self._alike(name, within or [c for c, at in self.level.items() if at == level])
        first: dict[str, Suggestion] = {}
        for suggestion in (*gone, *same, *near):
            first.setdefault(suggestion.code, suggestion)
        return list(first.values())[:MOST_SUGGESTED]

    def _became(self, code: str) -> list[Suggestion]:
        found = self.successors(code)
        return found or ([Suggestion("rename", code, self.name[code], 1.0)] if code in self.name else [])

    def _was_in(self, code: str, parents: Collection[str]) -> bool:
        return any(code.startswith(parent) for parent in parents) or self.parent.get(code) in parents

    def _alike(self, name: str, candidates: list[str]) -> list[Suggestion]:
        if len(candidates) > _MANY:
            from rapidfuzz import process
            from rapidfuzz.distance import OSA

            folded = fold_place(name)
            rough = process.extract(
                folded, [fold_place(self.name[c]) for c in candidates], scorer=OSA.normalized_similarity, score_cutoff=0.33, limit=_MANY
            )
            candidates = [candidates[at] for _, _, at in rough]
        scored = sorted(((similarity(name, self.name[c]), c) for c in candidates), key=lambda pair: (-pair[0], pair[1]))
        best = scored[0][0] if scored else 0.0
        return [
            Suggestion("near", c, self.name[c], score) for score, c in scored[:MOST_SUGGESTED] if score >= max(MIN_SUGGESTED, best - _CLOSE)
        ]


def _index(pairs: Iterable[tuple[str, str]], fold: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, name in pairs:
        key = fold(name)  # type: ignore[operator]
        if key not in found:
            found[key] = [code]
        elif code not in found[key]:
            found[key].append(code)
    return found
