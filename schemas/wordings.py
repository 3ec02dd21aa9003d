"""What the wording of an entry may ask for in braces."""

from __future__ import annotations

from string import Formatter

QUOTED = ("written", "sources", "months", "suggestion", "other_village", "versions", "filled_from")
"""What files say of themselves (`methods.quotes`), for the wording of rules of level 0."""

WORDING = ("observed", "expected", "gap", "village", "village_code", "place", "month", "cells", "which", "indicator", *QUOTED)
"""What a rule's wording may ask for in braces. cells: addresses alone; which: each figure by its label, value and cell."""

SAME_UNIT = "same"
"""The unit of a tolerance that is counted in whatever its figure is counted in."""
TRACK_B_WORDING = ("indicator", "observed", "expected", "low", "high", "last", "exposure", "of", "village", "slip", "mended")
"""What the wording of a question about a single figure may ask for in braces."""

REPAIR_WORDING = ("shown", "fits", "indicator", "other")
"""What the wording of a hint may ask for in braces: the figure shown and the one that fits, its indicator, the other one of a swap."""


def asked_for(*wordings: str) -> frozenset[str]:
    """Names in braces in any of the wordings; ValueError where the braces of one do not close."""
    return frozenset(name for wording in wordings for _, name, _, _ in Formatter().parse(wording) if name is not None)
