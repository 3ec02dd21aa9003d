"""What the columns of an unknown list probably are: by their headings, and by what the figures and texts below them say.

A column that is always the sum of others is their total; long codes are place codes; texts that end in 村 or 镇 are names of places; the
one month that all rows name is the report month.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.states import REPORTED
from sources.labels import fold_path, path_parts
from sources.months import parse_month
from sources.proofs import proven_sums
from sources.similar import HIGH, MEDIUM, Candidate, LabelIndex, plain
from sources.values import ValueReader

IGNORE, MEMBER = "ignore", "member"
_LEAST, _SHOWN = 0.5, 3
_CODE = re.compile(r"\d[\d-]{7,16}")
_LEVEL_ENDS = (
    ("village", re.compile("(?:村|里|社区|社區|居委会|村委会|嘎查)$")),
    ("town", re.compile("(?:镇|鎮|乡|鄉|街道|区|區|苏木)$")),
    ("county", re.compile("(?:县|縣|市|旗|州|盟)$")),
)


@dataclass
class Guess:
    """One heading: where it stands, what it probably means (`target`, see `similar.Candidate`), how sure that is and why.

    parts: its lines; named_by: the one in the row that names the places' column. figures: the first ones below it. sum_of: headings of the
    columns whose sum it is in every row.
    """

    path: str
    column: int
    target: str = IGNORE
    confidence: float = 0.0
    why: str = ""
    runner_up: Candidate | None = None
    row: int = -1
    parts: tuple[str, ...] = ()
    figures: tuple[float, ...] = ()
    sum_of: tuple[str, ...] = ()
    named_by: str = ""

    @property
    def level(self) -> str:
        """high, medium or low."""
        return "high" if self.confidence >= HIGH else "medium" if self.confidence >= MEDIUM else "low"


def is_figure(cell: object, values: ValueReader) -> bool:
    """Whether a cell holds a number, as a number or as text."""
    if type(cell) is float or type(cell) is int:
        return True
    return type(cell) is str and cell != "" and any(c.isdigit() for c in cell) and values.read(cell)[1] == REPORTED


def numbers(cells: Sequence[Any], values: ValueReader) -> list[float | None]:
    """The figures of a column, None where there is none."""
    return [number if state == REPORTED else None for number, state in map(values.read, cells)]


# -- what labels say -------------------------------------------------------------------------------------------


def guess_of(path: list[str], column: int, index: LabelIndex) -> Guess:
    """What a heading probably means by its words."""
    found = index.candidates(path)
    parts = tuple(path_parts(path) or [part for part in path if part][-1:])
    guess = Guess("/".join(parts), column, parts=parts)
    if found and found[0].score >= _LEAST:
        guess.target, guess.confidence, guess.why = found[0].target, found[0].score, "标题 heading"
        rivals = [c for c in found[1:] if _concept_of(c.target) != _concept_of(guess.target)]
        if rivals:
            guess.runner_up = rivals[0]
            if rivals[0].score >= guess.confidence - 0.05 and guess.confidence < 0.99:  # two meanings as near as each other
                guess.confidence = min(guess.confidence, MEDIUM - 0.05)
    elif found:
        guess.runner_up = found[0]
    return guess


def _concept_of(target: str) -> str:
    return re.sub(r"_(m|f)$", "", target.removeprefix("total:").removeprefix("head:"))


# -- what figures and texts say --------------------------------------------------------------------------------


def level_of(text: str) -> str:
    """The level of the place that a text names by its ending, or ''."""
    bare = re.sub(r"[\s\u3000※*＊()（）]", "", text)
    return next((level for level, pattern in _LEVEL_ENDS if pattern.search(bare)), "")


def name_places(guesses: list[Guess], columns: list[list[Any]], values: ValueReader) -> str:
    """Find the columns of codes and of names; the level is that of the smallest places named."""
    order = [level for level, _ in _LEVEL_ENDS]
    named: list[tuple[str, int, Guess]] = []
    for guess in guesses:
        texts = [c.strip() for c in columns[guess.column] if type(c) is str and c.strip()]
        levels = Counter(filter(None, map(level_of, texts)))
        if texts and levels.total() >= 0.6 * len(texts) and not any(is_figure(t, values) for t in texts):
            named.append((levels.most_common(1)[0][0], len(set(texts)), guess))
    if not named:
        return "village"
    level = min((n[0] for n in named), key=order.index)
    for own, _, guess in sorted(named, key=lambda n: -n[1]):
        field_name = f"head:{own}_name"
        if all(g.target != field_name for g in guesses if g is not guess and g.confidence >= HIGH and g.why.startswith("名")):
            guess.target, guess.confidence, guess.why, guess.runner_up = field_name, 0.95, "名称以村、镇、县等结尾 names of places", None
    for guess in guesses:
        codes = [re.sub(r"\s", "", str(int(c) if type(c) is float and c == int(c) else c)) for c in columns[guess.column] if c != ""]
        if codes and sum(bool(_CODE.fullmatch(c)) for c in codes) >= 0.9 * len(codes) and len({*codes}) > len(codes) / 2:
            guess.target, guess.confidence, guess.why, guess.runner_up = f"head:{level}_code", 0.95, "长代码 codes of places", None
    return level


def find_month(guesses: list[Guess], columns: list[list[Any]]) -> None:
    """Find the column in which every row names the same month."""
    for guess in guesses:
        if guess.target.startswith("head:") and guess.target != "head:report_month" and guess.confidence >= HIGH:
            continue
        cells = [c for c in columns[guess.column] if c != ""]
        months = {parse_month(c) for c in cells}
        words = plain(guess.path)
        if cells and len(months) == 1 and "" not in months and ("月" in words or "mm" in words or guess.target == "head:report_month"):
            guess.target, guess.confidence, guess.why, guess.runner_up = (
                "head:report_month",
                0.97,
                "各行同一月份 the same month in every row",
                None,
            )


def use_sums(guesses: list[Guess], figures: dict[int, list[float | None]], index: LabelIndex) -> None:
    """A column that is always the sum of others is their total: its meaning and theirs confirm or contradict each other."""
    of_column = {guess.column: guess for guess in guesses}
    for column, parts in proven_sums({c: v for c, v in figures.items() if not of_column[c].target.startswith("head:")}).items():
        of_column[column].sum_of = tuple(of_column[part].path for part in parts)
    for total, one, two in _sums(guesses, figures):
        concept = _concept_of(total.target)
        members = [t.target.removeprefix(f"{concept}_") for t in (one, two)]
        if not total.target.startswith("total:"):
            continue
        if {*members} == {"m", "f"} or all(t.target.startswith(f"{concept}_") for t in (one, two)):
            for guess in (total, one, two):
                guess.confidence = min(0.98, max(guess.confidence, HIGH - 0.02) + 0.05)
                guess.why += "；合计等于分项 total is the sum of its parts"
        else:
            for guess in (one, two):
                member = next((m for m in ("m", "f") if _says_member(guess.path, m, index)), "")
                if member and guess.confidence < MEDIUM:
                    guess.target, guess.confidence, guess.why = f"{concept}_{member}", MEDIUM, "合计的分项 a part of the total"


def name_other_places(guesses: list[Guess], columns: list[list[Any]], level: str, values: ValueReader) -> None:
    """Where no column is known to name the places: the first one of texts that differ from row to row."""
    for guess in guesses:
        cells = [c for c in columns[guess.column] if c != ""]
        if guess.target.endswith("_name") and 2 * sum(is_figure(c, values) for c in cells) > len(cells):  # a heading like 行政村数
            guess.target, guess.confidence, guess.why, guess.runner_up = IGNORE, 0.0, "", Candidate(guess.target, guess.confidence)
    if any(g.target in (f"head:{level}_name", f"head:{level}_code") for g in guesses):
        return
    for guess in guesses:
        cells = [c for c in columns[guess.column] if c != ""]
        texts = [c.strip() for c in cells if type(c) is str and c.strip() and not is_figure(c, values) and not parse_month(c)]
        if guess.confidence < MEDIUM and texts and 10 * len(texts) >= 9 * len(cells) and 10 * len({*texts}) >= 9 * len(texts):
            guess.target, guess.confidence, guess.runner_up = f"head:{level}_name", MEDIUM, None
            guess.why = "各行不同的文字 a different text in every row"
            return


def each_heading_once(guesses: list[Guess]) -> None:
    """Two columns under the very same heading cannot be told apart in a layout: both are left open."""
    counts = Counter(fold_path(guess.path) for guess in guesses)
    for guess in guesses:
        if counts[fold_path(guess.path)] > 1 and not guess.target.startswith("head:") and guess.target != MEMBER:
            guess.target, guess.confidence, guess.runner_up = IGNORE, 0.0, None
            guess.why = "几栏标题相同，请先改标题 several columns bear this heading: tell them apart first"


def show_figures(guesses: list[Guess], columns: list[list[Any]], figures: dict[int, list[float | None]]) -> None:
    """Note the first figures of columns that hold figures, so that a person sees what stands there whatever the heading's language."""
    for guess in guesses:
        if guess.target.startswith("head:") or guess.target == MEMBER:
            continue
        numbers = [v for v in figures.get(guess.column, ()) if v is not None]
        filled = sum(c != "" for c in columns[guess.column]) if guess.column < len(columns) else 0
        if numbers and 2 * len(numbers) >= filled:
            guess.figures = tuple(numbers[:_SHOWN])


def _says_member(path: str, member: str, index: LabelIndex) -> bool:
    return any(name in plain(path) for name in index.members["sex", member] if not name.isascii())


def _sums(guesses: list[Guess], figures: dict[int, list[float | None]]) -> Iterator[tuple[Guess, Guess, Guess]]:
    """(total, part, part): neighbouring columns of figures, true in every row and not all nought."""
    known = [g for g in guesses if sum(v is not None for v in figures.get(g.column, ())) >= 3]
    for n, total in enumerate(known):
        near = known[max(0, n - 3) : n] + known[n + 1 : n + 4]
        for at, one in enumerate(near):
            for two in near[at + 1 :]:
                rows = [
                    (a, b, c)
                    for a, b, c in zip(*(figures[g.column] for g in (total, one, two)), strict=True)
                    if a is not None and b is not None and c is not None
                ]
                if len(rows) >= 3 and all(abs(a - b - c) < 0.005 for a, b, c in rows) and sum(b > 0 and c > 0 for _, b, c in rows) >= 2:
                    yield total, one, two


def member_column(guesses: list[Guess], columns: list[list[Any]], index: LabelIndex) -> Guess | None:
    """The column in which 计, 男, 女 stand below each other: each place takes several rows."""
    names = index.members["sex", "m"] | index.members["sex", "f"] | index.totals["sex"]
    for guess in guesses:
        texts = [plain(c) for c in columns[guess.column] if type(c) is str and c.strip()]
        if len(texts) >= 4 and sum(t in names for t in texts) >= 0.9 * len(texts) and len({*texts}) >= 2:
            guess.target, guess.confidence, guess.why, guess.runner_up = MEMBER, 0.95, "各行为计、男、女 rows by sex", None
            return guess
    return None


def use_blocks(guesses: list[Guess], stacked: Guess) -> None:
    """Where the sexes stand below each other, a column holds a concept, all its members."""
    for guess in guesses:
        if guess is not stacked and guess.target.startswith("total:"):
            guess.target = guess.target.removeprefix("total:")


def once_each(guesses: list[Guess]) -> None:
    """Two columns cannot both be the same figure: the less sure one is left open, equally sure ones both."""
    by_target: dict[str, list[Guess]] = {}
    for guess in guesses:
        if guess.target not in (IGNORE, MEMBER):
            by_target.setdefault(guess.target, []).append(guess)
    for same in by_target.values():
        same.sort(key=lambda g: -g.confidence)
        for guess in same[1:]:
            if guess.confidence == same[0].confidence:
                same[0].confidence = min(same[0].confidence, MEDIUM - 0.05)
            guess.runner_up = Candidate(guess.target, guess.confidence)
            guess.target, guess.confidence, guess.why = IGNORE, 0.0, "另一栏更像 another column fits better"
