"""Parts of a whole that keep a ratio, or stop at a round share, more exactly than chance; and single figures that keep to one value.

Null hypothesis: given all earlier months and the whole, the part is binomial or more variable, with any share; so it equals a value v
named beforehand, 0 < v < whole, with a chance of at most the binomial probability of v at share v / whole. A service that truly reaches
everybody (part = whole) is never asked. Where the whole is a stock, the same persons stand in it, and those not served last month may not
be this month: the chance of the value that 'nobody's case changed' says is at least that of m persons each of whom stays unserved with
probability s, where new ones come as others leave; s is how often one such person stays alone from month to month in the county.
Minimum: six reported months, six events. Source: methods.md C6, C7; figures more alike than sampling allows, as a test:
Simonsohn, Psychological Science 24, 2013, 1875–1888.
"""

from __future__ import annotations

import numpy as np

from methods.evidence.county import Block, County, Flags
from methods.evidence.evenness import blank
from methods.evidence.weight import Outcome, log_binomial_mode, log_mode, of_matches

_MEMORY, _MEMORIES = 12, (12, 3)
_STAYING = (0.2, 0.95)
_TARGETS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.96, 0.97, 0.98, 0.99)


def _parts(county: County) -> tuple[Block, Block, Flags]:
    """Parts and wholes, T × n × P, and where both are known and in order."""
    part = np.stack([county.panel.of(p.part) for p in county.roles.pairs], axis=2)
    whole = np.stack([county.sum_of(p.sum_of or (p.whole,)) for p in county.roles.pairs], axis=2)
    with np.errstate(invalid="ignore"):
        return part, whole, (part <= whole) & (whole > 0)


def _unchanged(part: Block, whole: Block) -> Block:
    """What the part would be if every person not in it last month still were not, T × n × P; NaN in the first month."""
    out = np.full(part.shape, np.nan)
    out[1:] = part[:-1] + whole[1:] - whole[:-1]
    return out


def _log_chance_unchanged(county: County, part: Block, whole: Block, usable: Flags) -> Block:
    """T × n × P: log chance that as many are left out as last month; −inf where the whole is no stock or last month is not known."""
    missed = np.where(usable, whole - part, np.nan)
    before = np.full(missed.shape, np.nan)
    before[1:] = missed[:-1]
    alone = (before == 1) & ~np.isnan(missed)
    stays = ((missed == 1) & alone).sum(axis=(0, 1)) + 1.0
    s = np.clip(stays / (alone.sum(axis=(0, 1)) + 2.0), *_STAYING)
    variance = np.nan_to_num(before) * (1 - s) * (1 + s)
    log_chance = np.minimum(0.0, -0.5 * np.log(2 * np.pi * (variance + 1 / 12)))
    is_stock = np.array([p.is_stock for p in county.roles.pairs])
    return np.where(is_stock & ~np.isnan(before), log_chance, -np.inf)


def _weigh(county: County, named: list[Block], part: Block, whole: Block, usable: Flags) -> Outcome:
    same_persons, unchanged = _unchanged(part, whole), _log_chance_unchanged(county, part, whole, usable)
    variants = []
    for value in named:
        with np.errstate(invalid="ignore"):
            asked = usable & (value > 0) & (value < whole)
        chance = np.zeros(part.shape)
        chance[asked] = log_binomial_mode(value[asked], whole[asked])
        chance = np.where(asked & (value == same_persons), np.maximum(chance, unchanged), chance)
        variants.append((part == value, chance, asked))
    fields = tuple((p.part, *(p.sum_of or (p.whole,))) for p in county.roles.pairs)
    return of_matches(county, variants, whole, fields=fields, spare_field=False)


def constant_ratio(county: County) -> Outcome:
    """The part is the whole × the share of the village's earlier twelve (or three) months, rounded, month after month."""
    if not county.roles.pairs:
        return blank(county)
    part, whole, usable = _parts(county)
    named = [_by_ratio(part, whole, usable, memory) for memory in _MEMORIES]
    return _weigh(county, named, part, whole, usable)


def _by_ratio(part: Block, whole: Block, usable: Flags, memory: int) -> Block:
    named = np.full(part.shape, np.nan)
    for t in range(min(memory, 3), len(part)):
        past = slice(max(0, t - memory), t)
        done = np.where(usable[past], part[past], 0.0).sum(axis=0)
        due = np.where(usable[past], whole[past], 0.0).sum(axis=0)
        named[t] = np.rint(done / np.maximum(due, 1.0) * np.nan_to_num(whole[t]))
    return named


def target_bunching(county: County) -> Outcome:
    """The part just reaches a round share of the whole (ceil(share × whole)), month after month; evidence averaged over the shares."""
    if not county.roles.pairs:
        return blank(county)
    part, whole, usable = _parts(county)
    return _weigh(county, [np.ceil(target * whole - 1e-9) for target in _TARGETS], part, whole, usable)


def value_bunching(county: County) -> Outcome:
    """Counts of events keep to the value that was most frequent in the village's earlier twelve months: two counts at least, since one
    may have a limit."""
    x = county.totals
    named = np.full(x.shape, np.nan)
    for t in range(3, len(x)):
        past = x[max(0, t - _MEMORY) : t]
        agree = (past[:, None] == past[None, :]).sum(axis=1) + np.arange(len(past))[:, None, None] * 1e-3
        agree = np.where(np.isnan(past), -1.0, agree)
        named[t] = np.take_along_axis(past, agree.argmax(axis=0)[None], axis=0)[0]
    with np.errstate(invalid="ignore"):
        asked = ~np.isnan(x) & (named > 0)
    chance = log_mode(np.where(asked, named, 0.0))
    return of_matches(county, [(x == named, chance, asked)], x, fields=county.concepts, spare_field=True)
