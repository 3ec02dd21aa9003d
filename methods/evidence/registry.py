"""Which tests there are. The words of each are in the dictionary (`evidence/`), under the same id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from methods.evidence import balances, copies, digits, emptiness, evenness, forensics, generic, neighbours, sexes, shares, sources
from methods.evidence.county import County
from methods.evidence.weight import Outcome


@dataclass(frozen=True)
class Detector:
    """One test. family: tests of one kind of pattern, shown as one line. is_generic: made for no kind in particular.

    may_tighten: the empirical null of the county may make its p-values smaller (by at most 0.6 standard deviations).
    level: 'village', or 'town' for a test whose p is the town's.
    """

    id: str
    family: str
    run: Callable[[County], Outcome]
    is_generic: bool = False
    may_tighten: bool = False
    level: str = "village"


DETECTORS: tuple[Detector, ...] = (
    Detector("copy_forward", "copy", copies.copy_forward),
    Detector("lag_copy", "copy", copies.lag_copy),
    Detector("duplicate_rows", "copy", copies.duplicate_rows),
    Detector("neighbour_copy", "neighbour", neighbours.neighbour_copy),
    Detector("under_dispersion", "even", evenness.under_dispersion),
    Detector("value_bunching", "even", shares.value_bunching),
    Detector("missing_season", "season", evenness.missing_season),
    Detector("constant_ratio", "share", shares.constant_ratio),
    Detector("target_bunching", "share", shares.target_bunching),
    Detector("empty_reporting", "empty", emptiness.empty_reporting),
    Detector("constant_growth", "growth", evenness.constant_growth),
    Detector("plugged_balance", "growth", balances.plugged_balance),
    Detector("equal_moves", "growth", balances.equal_moves),
    Detector("perfect_balance", "growth", balances.perfect_balance),
    Detector("even_split", "sex", sexes.even_split),
    Detector("order_by_sex", "sex", sexes.order_by_sex, level="town"),
    Detector("heaping", "digit", digits.heaping),
    Detector("digit_preference", "digit", digits.digit_preference),
    Detector("below_second_source", "source", sources.below_second_source),
    Detector("mirror_moves", "source", sources.mirror_moves),
    Detector("below_forerunners", "source", sources.below_forerunners),
    Detector("repeated_values", "regular", generic.repeated_values, is_generic=True),
    Detector("dependent_villages", "dependent", generic.dependent_villages, is_generic=True),
    Detector("alternating", "regular", generic.alternating, is_generic=True),
    Detector("unlike_town", "unlike", generic.unlike_town, is_generic=True),
    Detector("same_file", "file", forensics.same_file),
    Detector("same_moment", "file", forensics.same_moment),
    Detector("before_deadline", "file", forensics.before_deadline),
)
