"""The partitions of the month's job: one a report month."""

from __future__ import annotations

from assets.common import MONTHS

__all__ = ["MONTHS"]
