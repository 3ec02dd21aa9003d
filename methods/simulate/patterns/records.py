"""One county for judging pattern tests: records as they arrive, and the truth about what was planted and who only looks alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from methods.evidence.records import Records, Roles
from methods.panel import Panel
from methods.simulate.patterns.kinds import ONE_DESK
from methods.simulate.patterns.nuisance import Nuisance, Regime, draw_nuisance
from methods.simulate.patterns.plant import plant
from methods.simulate.patterns.post import post
from methods.simulate.patterns.sheet import Columns
from methods.simulate.patterns.slips import leave_gaps, make_slips
from methods.simulate.patterns.truth import Truth, simulate_truth
from methods.simulate.patterns.villages import LOOKALIKES

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary


@dataclass(frozen=True)
class Judged:
    """records, and the truth about them.

    planted: village_code, kind, strength, start (month number), other_code ('' if none): villages with a planted pattern.
    lookalikes: village_code, kind: honest villages that may look like one.
    """

    records: Records
    planted: pd.DataFrame
    lookalikes: pd.DataFrame
    nuisance: Nuisance


def simulate_judged(
    rng: np.random.Generator,
    dictionary: Dictionary,
    roles: Roles,
    *,
    regime: Regime = "ordinary",
    villages: int | None = None,
    months: int = 36,
    share: float = 0.05,
    kinds: Sequence[str] | None = None,
    each_lookalike: int = 2,
) -> Judged:
    """A county with patterns planted in `share` of its villages, and honest look-alikes.

    Args:
        rng: source of chance.
        dictionary: what is collected.
        roles: of the dictionary's codes.
        regime: which nuisance ranges.
        villages: how many; by default drawn between 300 and 600.
        months: of reports.
        share: villages with a planted pattern; 0 for none.
        kinds: which patterns; by default all.
        each_lookalike: villages of each look-alike.
    """
    nuisance = draw_nuisance(rng, regime)
    n = villages or int(rng.integers(300, 601))
    truth = simulate_truth(rng, dictionary, nuisance, villages=n, months=months, each_lookalike=each_lookalike)
    columns, values, v = Columns(dictionary, truth.codes), truth.values, truth.villages
    taken = np.isin(np.arange(n), np.concatenate([*v.honest.values(), [c.giver for c in v.changes], [c.taker for c in v.changes]]))
    made = plant(rng, dictionary, truth.codes, values, v.town, ~taken & v.is_there.all(axis=0), round(share * n), kinds) if share else []
    make_slips(rng, columns, values, nuisance)
    leave_gaps(rng, dictionary, columns, values, nuisance, v)
    names = [*v.codes, ""]
    planted = pd.DataFrame(
        [(names[p.village], p.kind, p.strength, p.start, names[p.other]) for p in made],
        columns=["village_code", "kind", "strength", "start", "other_code"],
    )
    alike = [(v.codes[k], name) for name in LOOKALIKES if name != "victim" for k in v.honest.get(name, ())]
    alike += [(code, "victim") for code in planted["other_code"] if code]
    posted = post(rng, v, truth.months, np.asarray(~np.isnan(values).all(axis=2)), [p for p in made if p.kind == ONE_DESK])
    return Judged(_records(truth, roles, posted), planted, pd.DataFrame(alike, columns=["village_code", "kind"]), nuisance)


def _records(truth: Truth, roles: Roles, posted: pd.DataFrame) -> Records:
    panel = Panel(truth.months, truth.villages.codes, truth.codes, truth.values)
    towns = tuple(code[:9] for code in truth.villages.codes)
    return Records(panel, towns, roles, truth.seconds, truth.is_changed, submissions=posted)
