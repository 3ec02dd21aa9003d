"""What any method says of a county's villages, in one form; and how our own examination is put into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from methods.evidence.examine import examine
from methods.evidence.records import Records
from schemas.dictionary import Dictionary


@dataclass(frozen=True)
class Verdict:
    """score: n, higher is more suspicious. listed, strong: n, on the list 'please check', on the strong list."""

    score: NDArray[np.float64]
    listed: NDArray[np.bool_]
    strong: NDArray[np.bool_]


def until(records: Records, months: int) -> Records:
    """The records as they were after the first `months` months."""
    return replace(
        records,
        panel=records.panel.until(records.panel.months[months - 1]),
        second_sources={name: block[:months] for name, block in records.second_sources.items()},
        is_changed=None if records.is_changed is None else records.is_changed[:months],
        submissions=records.submissions[records.submissions["month"].isin(records.panel.months[:months])],
    )


def verdicts_of(records: Records, dictionary: Dictionary, leaving: Sequence[frozenset[str]] = (frozenset(),)) -> list[Verdict]:
    """Our examination of the records, once with each set of detectors left out. The score is the e-value alone, without influence."""
    position = {code: n for n, code in enumerate(records.panel.villages)}
    made = []
    for left_out in leaving:
        flags = examine(records, dictionary, leave_out=sorted(left_out)).flags
        at = flags["village_code"].map(position).to_numpy(dtype=np.int64)
        score, listed, strong = np.zeros(len(at)), np.zeros(len(at), dtype=bool), np.zeros(len(at), dtype=bool)
        score[at], listed[at], strong[at] = flags["e"], flags["is_check"], flags["is_strong"]
        made.append(Verdict(score, listed, strong))
    return made
