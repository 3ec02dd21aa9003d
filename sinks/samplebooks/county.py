"""Writes a whole sample county: places.csv, lineage.csv, the inbox month by month, and the truth beside it."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from schemas.sample import SampleCounty, SampleSummary
from schemas.states import state_column
from sinks.grid import address, column_letters, xlsx_bytes
from sinks.samplebooks.departments import department_files
from sinks.samplebooks.offices import Letter, Office, clerks, figure_content
from sinks.samplebooks.townlist import SHEET, ListRow, TownList, list_grid
from sinks.samplebooks.truth import Forms, write_truth

if TYPE_CHECKING:
    import pandas as pd

    from schemas.dictionary import Dictionary

Progress = Callable[[int, int], None]


def write_sample_files(folder: Path, sample: SampleCounty, dictionary: Dictionary, *, progress: Progress | None = None) -> SampleSummary:
    """Write everything below `folder`; the same county gives the same bytes and the same file times.

    Layout: places.csv, lineage.csv, inbox/<YYYY-MM>/*, truth.json, truth/*.parquet (see `sinks.samplebooks.truth`).
    Files that are there already and belong to the county are written over; others are left alone.

    Args:
        folder: made if need be.
        sample: from `methods.simulate.county.simulate_county`.
        dictionary: the one that the county was simulated with.
        progress: called with (files written, files in all) now and then.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sample.places.to_csv(folder / "places.csv", index=False, lineterminator="\n")
    sample.lineage.to_csv(folder / "lineage.csv", index=False, lineterminator="\n")
    writer = _Writer(folder, sample, dictionary, progress)
    for month in sample.months:
        (folder / "inbox" / month).mkdir(parents=True, exist_ok=True)
        writer.write_month(month)
        writer.write_departments(month)
    write_truth(folder, sample, dictionary, writer.forms, writer.rows)
    villages = sample.figures.loc[sample.figures["month"] == sample.months[-1], "village_code"]
    return SampleSummary(
        months=sample.months,
        towns=int((sample.places["level"] == "town").sum()),
        villages=len(villages),
        files=writer.files,
        size_bytes=writer.size_bytes,
        mistakes=dict(Counter(mistake.kind for mistake in sample.mistakes)),
    )


class _Writer:
    """Keeps what has been written: `forms` (where figures stand), `rows` (row of each submission in a town list)."""

    def __init__(self, folder: Path, sample: SampleCounty, dictionary: Dictionary, progress: Progress | None) -> None:
        self._folder, self._sample, self._dictionary, self._progress = folder, sample, dictionary, progress
        self._codes = dictionary.codes
        self._values = sample.shown[list(self._codes)].to_numpy(np.float64)
        self._states = sample.shown[[state_column(code) for code in self._codes]].to_numpy(np.uint8)
        self._total = sample.submissions["file"].nunique()
        self.forms: Forms = {}
        self.rows = np.zeros(len(sample.submissions), dtype=np.int64)
        self.files = self.size_bytes = 0

    def write_month(self, month: str) -> None:
        """All files of a month; copies come after what they are copies of."""
        post = self._sample.submissions[self._sample.submissions["month"] == month]
        for (_, _), rows in post[post["dialect"] == "list"].groupby(["town_code", "file"], sort=True):
            self._write_list(month, rows)
        forms = post[(post["dialect"] != "list")].sort_values("copy_of", kind="stable")
        absent = _absent(self._dictionary, self._sample)
        offices = {d: Office(self._dictionary, d, month, absent) for d in dict.fromkeys(forms["dialect"])}
        for dialect, office in offices.items():
            self.forms[f"{dialect}@{month}"] = {
                "sheet": office.grid.name,
                "figures": {code: address(at) for code, at in office.grid.figures.items()},
                "head": {code: address(at) for code, at in office.grid.head.items()},
            }
        for row in forms.itertuples():
            number = int(str(row.Index))
            if row.copy_of:
                content = (self._folder / str(row.copy_of)).read_bytes()
            else:
                letter = Letter(
                    village_code=str(row.village_code),
                    village_name=str(row.village_name),
                    town_name=str(row.town_name),
                    county_name=str(row.county_name),
                    head_month=str(row.head_month),
                    sent=str(row.arrival)[:10],
                    codes=self._codes,
                    values=self._values[number],
                    states=self._states[number],
                )
                is_plain = row.dialect not in ("messy", "form2023", "xls2023")
                rng = None if is_plain else np.random.default_rng([self._sample.seed, number])
                content = offices[row.dialect].write(letter, rng)
            self._save(str(row.file), content, str(row.arrival))

    def write_departments(self, month: str) -> None:
        """The files of line departments."""
        for made in department_files(self._sample, month):
            (self._folder / made.file).parent.mkdir(exist_ok=True)
            self._save(made.file, made.content, made.arrival)

    def _write_list(self, month: str, rows: pd.DataFrame) -> None:
        first, numbers = rows.iloc[0], rows.index.to_numpy()
        stated = self._sample.stated
        here = stated[(stated["month"] == month) & (stated["town_code"] == first["town_code"])]
        filled_by, checked_by = clerks(str(first["town_code"]))
        made: TownList = list_grid(
            self._dictionary,
            month=month,
            town_name=str(first["town_name"]),
            villages=[
                ListRow(
                    str(code),
                    str(name),
                    {c: figure_content(v, s, "list") for c, v, s in zip(self._codes, values, states, strict=True)},
                )
                for code, name, values, states in zip(
                    rows["village_code"],
                    rows["village_name"],
                    self._values[numbers].tolist(),
                    self._states[numbers].tolist(),
                    strict=True,
                )
            ],
            stated=dict(zip(here["indicator"], here["shown"], strict=True)),
            filled_by=filled_by,
            checked_by=checked_by,
        )
        for number, code in zip(numbers, rows["village_code"], strict=True):
            self.rows[number] = made.rows[code]
        self.forms[f"list@{month}@{first['town_code']}"] = {
            "sheet": SHEET,
            "columns": {code: column_letters(at[1]) for code, at in made.grid.figures.items()},
            "total_row": made.total_row,
            "file": str(first["file"]),
        }
        self._save(str(first["file"]), xlsx_bytes(made.grid, title="汇总表"), str(first["arrival"]))

    def _save(self, file: str, content: bytes, arrival: str) -> None:
        path = self._folder / file
        path.write_bytes(content)
        moment = dt.datetime.fromisoformat(arrival).timestamp()
        os.utime(path, (moment, moment))
        self.files += 1
        self.size_bytes += len(content)
        if self._progress is not None and (self.files % 50 == 0 or self.files == self._total):
            self._progress(self.files, self._total)


def _absent(dictionary: Dictionary, sample: SampleCounty) -> frozenset[str]:
    """Concepts that no village with last year's form shows: that form does not have them."""
    old = sample.submissions["dialect"].isin(["form2023", "xls2023"]).to_numpy()
    shown = sample.shown[old]
    return frozenset(
        indicator.concept.code
        for code, indicator in dictionary.indicators.items()
        if len(shown) and (shown[state_column(code)] == ord("C")).all()
    )
