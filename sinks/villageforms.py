"""The forms of many villages: the return is drawn once, then each village's names, opening figures and checks are stamped into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sinks.checksheet import CheckSheet
from sinks.grid import Address, Grid, Value, xlsx_bytes
from sinks.prefill import opening_figures, openings
from sinks.samplebooks.stamp import xlsx_stamp
from sinks.template import TITLE, checked_form, identity_grid, plain_text

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

_NAMES = ("village_code", "village_name", "town_name", "county_name")


class Village(NamedTuple):
    """A village of the registry, and what is known of its last month (indicator → figure)."""

    village_code: str
    village_name: str
    town_name: str
    county_name: str
    last: Mapping[str, float] = {}


def village_forms(dictionary: Dictionary, month: str, villages: Sequence[Village]) -> Iterator[bytes]:
    """The .xlsx of every village, in their order; the same as `sinks.template.template_bytes` makes of one, in other bytes.

    Args:
        dictionary: what is collected.
        month: 'YYYY-MM'.
        villages: whose forms.
    """
    form, checks = checked_form(dictionary, month, _NAMES)
    identity = identity_grid(dictionary, month=month, village_code="")
    own = [form.head[field] for field in _NAMES if field in form.head]
    opening = [form.figures[code] for code in openings(dictionary, month)]
    sums = [at for at, cell in form.cells.items() if any(part in opening for part in cell.parts)]
    slots = [
        [*own, *opening, *sums, form.others["state"]],
        list(checks.results([{}], [{}])[0]),
        [identity.head["village_code"]],
    ]
    stamp = xlsx_stamp(xlsx_bytes(form, title=TITLE, beside=[checks.grid], hidden=identity), slots)
    filled = [opening_figures(dictionary, month, village.last) for village in villages]
    results = checks.results(filled, [village.last for village in villages])
    for village, figures, result in zip(villages, filled, results, strict=True):
        contents = _contents(form, checks, village, figures, result, sums)
        yield stamp.fill(contents, result, {identity.head["village_code"]: village.village_code})


def _contents(
    form: Grid, checks: CheckSheet, village: Village, figures: Mapping[str, float], result: Mapping[Address, Value], sums: Sequence[Address]
) -> dict[Address, Value]:
    """What stands in the form's cells that differ between villages."""
    made: dict[Address, Value] = {form.head[f]: plain_text(getattr(village, f)) for f in _NAMES if f in form.head}
    numbers: dict[Address, float] = {form.figures[code]: value for code, value in figures.items()}
    for at in sums:
        present = [numbers[part] for part in form.cells[at].parts if part in numbers]
        made[at] = sum(present) if present else ""
    return made | numbers | {form.others["state"]: checks.state(result)}
