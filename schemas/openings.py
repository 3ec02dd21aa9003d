"""Which figures of a month are last month's: a form is issued with them already in place (opening stocks).

Which cell opens with which is the rule book's matter: a rule of level 2 that says, without tolerance, x = previous(y).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.expressions import Name

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from schemas.expressions import Expression


def openings(dictionary: Dictionary, month: str) -> dict[str, str]:
    """Indicator of this month → the indicator of the month before whose figure it opens with."""
    found: dict[str, str] = {}
    for instance in dictionary.instances_in_force(month):
        rule = instance.rule
        if rule.level != 2 or rule.relation != "eq" or rule.tolerance or rule.tolerance_share or rule.when or instance.parts:
            continue
        here, before = alone(instance.observed), alone(instance.expected)
        if here is not None and before is not None and (here.namespace, before.namespace) == ("", "previous"):
            found.setdefault(here.code, before.code)
    return {code: last for code, last in found.items() if code in dictionary.indicators and last in dictionary.indicators}


def alone(expression: Expression) -> Name | None:
    """The one figure that an expression is, or None."""
    form = expression.linear()
    if form is None or form.constant or list(form.coefficients.values()) != [1.0]:
        return None
    return next(iter(form.coefficients))
