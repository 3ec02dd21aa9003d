"""The only clock. A fixed one makes a run repeatable to the byte."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """`fixed`: ISO time to answer always, or '' for the real time."""

    fixed: str = ""

    def now(self) -> str:
        """UTC, ISO, to the second: '2024-04-10T01:00:00Z'."""
        if self.fixed:
            return self.fixed
        return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
