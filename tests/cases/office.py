"""An office in March whose other villages sent honest forms: a case's files are put beside them and the month is run.

Three towns, twelve villages, February run before (as the README of the shared cases says). Each home is made once a worker and copied.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.cli.sample import make_sample
from schemas.dictionary import load_dictionary
from schemas.messages import message
from schemas.states import state_column
from tests.pipelines.office import Office, cunbao

if TYPE_CHECKING:
    from pipelines.cli.month_run import MonthRun

MONTH, MONTH_BEFORE = "2024-03", "2024-02"
TOWN = "990101200"
VILLAGES = ("990101200001", "990101200200", "990101200201", "990101200202")
"""The villages of 松渡乡 (`TOWN`), of which the cases speak: 双田社区 银坝村 金塘村 泉塘村 in the registry of the sample."""

Files = Mapping[str, bytes | Path]


@dataclass
class March:
    """The outcome of March in one office."""

    office: Office
    run: MonthRun
    _kept: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def table(self, name: str) -> pd.DataFrame:
        """The month's rows of a table of the store."""
        if name not in self._kept:
            self._kept[name] = self.office.table(name, MONTH)
        return self._kept[name]

    @property
    def submissions(self) -> pd.DataFrame:
        """All submissions sent for March, a row each, with `problems` as lists of dicts (name, sheet, cell, details)."""
        import sqlalchemy as sa

        engine = sa.create_engine(self.office.url)
        try:
            found = pd.read_sql(sa.text("SELECT * FROM submission WHERE sent_for = :month ORDER BY id"), engine, params={"month": MONTH})
        finally:
            engine.dispose()
        return found.assign(problems=[json.loads(text or "[]") for text in found["problems"]])

    def submission(self, path: str) -> pd.Series:
        """The last submission of a file, by the end of its path."""
        found = self.submissions
        return found[found["path"].str.endswith(path)].iloc[-1]

    def problems(self, path: str) -> list[dict[str, Any]]:
        """What the receipt of a file tells its sender."""
        told: list[dict[str, Any]] = self.submission(path)["problems"]
        return told

    def told(self, path: str) -> set[str]:
        """Names of the messages on the receipt of a file."""
        return {problem["name"] for problem in self.problems(path)}

    @property
    def report(self) -> pd.DataFrame:
        """The VillageReport of the month, by village: values, states, status and attributes of how it came."""
        found: pd.DataFrame = self.run.values["village_report"]
        return found.set_index("village_code")

    def figure(self, village: str, indicator: str) -> tuple[float, int]:
        """Value and state (`schemas.states`) of one figure in the month's report."""
        row = self.report.loc[village]
        return float(row[indicator]), int(row[state_column(indicator)])

    def findings(self, village: str = "") -> pd.DataFrame:
        """Findings of the month, of one place where given."""
        found = self.table("finding")
        return found[found["place_code"] == village] if village else found

    def receipt_words(self, path: str) -> str:
        """The words of a file's receipt, Chinese and English, as the outbox has them."""
        dictionary = load_dictionary([])
        return "\n".join(message(dictionary, problem["name"], problem["details"]).both() for problem in self.problems(path))

    def cunbao(self, *arguments: str) -> Any:
        """The command line for this office."""
        return cunbao(*arguments, environment=self.office.environment)

    def holds(self, *needles: str | bytes) -> list[str]:
        """Files of the whole home (store, vault, outbox, memo, spool, Dagster's records) in which one of the texts stands."""
        wanted = [needle.encode() if isinstance(needle, str) else needle for needle in needles]
        return [str(p) for p in self.office.home.rglob("*") if p.is_file() and any(n in p.read_bytes() for n in wanted)]


class Offices:
    """Makes offices whose February has been run; one a registry is made and copied for each case."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._homes: dict[str, Office] = {}
        self._count = 0

    def march(self, files: Files, *, places: Path | None = None, instead_of: Collection[str] | None = None) -> March:
        """Put files into the March inbox, run the month, and give its outcome.

        Args:
            files: path below the month's folder → bytes, or a file to copy.
            places: the registry, where other than the sample's.
            instead_of: villages whose own honest form did not come; by default those that the files' names speak of: a village by its code
                or name, all of a town by its name.
        """
        office = self.office(places)
        names = _names(office.places)
        taken = set(instead_of) if instead_of is not None else {code for path in files for code in _spoken_of(Path(path).name, names)}
        inbox = office.inbox / MONTH
        for form in list(inbox.iterdir()):
            if taken & _spoken_of(form.name, names):
                form.unlink()
        came = max((path.stat().st_mtime for path in inbox.rglob("*") if path.is_file()), default=0.0)
        for n, (path, content) in enumerate(files.items(), 1):
            target = inbox / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
            os.utime(target, (came + 60 * n,) * 2)  # in time, one after the other
        return March(office, office.run(MONTH))

    def office(self, places: Path | None = None) -> Office:
        """A fresh copy of the office with all honest March forms in its inbox, March not run."""
        key = str(places or "")
        if key not in self._homes:
            self._homes[key] = self._make(places, self._folder / f"base-{len(self._homes)}")
        base = self._homes[key]
        self._count += 1
        folder = self._folder / f"case-{self._count}"
        shutil.copytree(base.inbox.parent, folder)
        return replace(base, home=folder / "home", inbox=folder / "inbox", places=folder / "places.csv", lineage=folder / "lineage.csv")

    def _make(self, places: Path | None, folder: Path) -> Office:
        make_sample(
            folder, seed=1, months=[MONTH_BEFORE, MONTH], towns=3, villages=12, plant_mistakes=False, departments=False, dialects="template"
        )
        if places is not None:
            shutil.copy(places, folder / "places.csv")
        office = Office(folder / "home", folder / "inbox", folder / "places.csv", lineage=folder / "lineage.csv")
        office.run(MONTH_BEFORE)
        return office


def _names(places: Path | None) -> dict[str, str]:
    registry = pd.read_csv(places, dtype=str, keep_default_na=False)
    return dict(zip(registry["code"], registry["name"], strict=True))


def _spoken_of(file_name: str, names: Mapping[str, str]) -> set[str]:
    """Villages of which a file's name speaks: by code, by name, or all of the town that it names."""
    by_code = {code for code in names if len(code) == 12 and code in file_name}
    named = by_code or {code for code, name in names.items() if len(code) == 12 and name in file_name}
    if named:
        return named
    towns = [code for code, name in names.items() if len(code) == 9 and name in file_name]
    return {code for code in names if len(code) == 12 and code[:9] in towns}
