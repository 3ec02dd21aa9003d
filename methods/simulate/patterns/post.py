"""How the reports arrived: when, in what style, as which bytes. Some towns send one list for all villages, some all files at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.simulate.patterns.plant import Planted
from methods.simulate.patterns.villages import Villages

_LIST_TOWNS, _FORWARDING_TOWNS = 0.15, 0.25
_STYLES_PER_TOWN = 3
_OFFICE_HOURS = (9 * 3600, 8 * 3600)  # begin, length
_SENT_AGAIN = 0.02


def post(
    rng: np.random.Generator,
    villages: Villages,
    months: Sequence[str],
    is_there: NDArray[np.bool_],
    together: Sequence[Planted],
) -> pd.DataFrame:
    """Submissions: month, village_code, sha256, size, arrived_at (ISO, UTC+8 turned into Z), style.

    Args:
        rng: source of chance.
        villages: with their towns.
        months: T months.
        is_there: T × n, a report came.
        together: villages whose files are made two by two at one desk: same second, same style.
    """
    town, (count, n) = villages.town, is_there.shape
    towns = int(town.max()) + 1
    kind = rng.random(towns)
    is_list, forwards = kind < _LIST_TOWNS, kind > 1 - _FORWARDING_TOWNS
    habit = rng.integers(1, 6, n)
    day = np.clip(habit + rng.integers(-1, 2, (count, n)), 1, 5)
    second = _OFFICE_HOURS[0] + rng.integers(0, _OFFICE_HOURS[1], (count, n))
    of_town = (rng.integers(3, 6, (count, towns)), _OFFICE_HOURS[0] + rng.integers(0, _OFFICE_HOURS[1], (count, towns)))
    at_once = (is_list | forwards)[town]
    day, second = np.where(at_once, of_town[0][:, town], day), np.where(at_once, of_town[1][:, town], second)
    style = 100 * town + rng.integers(0, _STYLES_PER_TOWN, n)
    style[is_list[town]] = 100 * town[is_list[town]]
    number = np.arange(count * n).reshape(count, n)
    number = np.where(is_list[town][None, :], n * count + np.arange(count)[:, None] * towns + town[None, :], number)
    for first, other in zip(together[::2], together[1::2], strict=True):
        style[other.village] = style[first.village]
        for block in (day, second):
            block[first.start :, other.village] = block[first.start :, first.village]
    t, v = np.nonzero(is_there)
    again = rng.random(len(t)) < _SENT_AGAIN
    t, v, later = np.append(t, t[again]), np.append(v, v[again]), np.append(np.zeros(len(t)), rng.integers(60, 6 * 3600, int(again.sum())))
    begins = pd.to_datetime(pd.Series(list(months)) + "-01") + pd.offsets.MonthBegin(1)
    arrived = begins.to_numpy()[t] + pd.to_timedelta(86400 * (day[t, v] - 1) + second[t, v] + later - 8 * 3600, unit="s").to_numpy()
    file = number[t, v] + (later > 0) * 10 * n * count
    return pd.DataFrame(
        {
            "month": np.array(months)[t],
            "village_code": np.array(villages.codes)[v],
            "sha256": pd.Series(file).map("{:064x}".format),
            "size": 20_000 + file % 997,
            "arrived_at": pd.Series(arrived).dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "style": pd.Series(style[v]).map("s{:05d}".format),
        }
    )
