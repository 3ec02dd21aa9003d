"""cunbao departments: what line departments count beside what villages report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Home, Json, Month, StoreUrl

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from schemas.dictionary import Dictionary


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="部门对账 / villages' figures beside the counts of line departments")
    def departments(
        month: Month,
        level: Annotated[
            str, typer.Option(help="county | town | village；缺省：县，以及相差较大的 / by default the county, and what is out of line")
        ] = "",
        source: Annotated[str, typer.Option(help="只看这个部门，如 hospital_births / only this department (its id)")] = "",
        home: Home = None,
        store: StoreUrl = "",
        as_json: Json = False,
    ) -> None:
        from pipelines.cli.options import checked_month, recorded_store
        from pipelines.cli.screen import console, print_json, say
        from pipelines.settings import settings_from_environment
        from schemas.dictionary import load_dictionary
        from sinks.month import load_month

        dictionary, wanted = load_dictionary(), checked_month(month)
        opened = recorded_store(settings_from_environment(home, None, store).store_url, wanted)
        found = load_month(opened, wanted, "reconciliation").drop(columns="row_no")
        found = found[(found["source"] == source) | (source == "")]
        shown = (
            found[found["place_level"] == level]
            if level
            else found[(found["place_level"] == "county") | (found["status"] == "out_of_line")]
        )
        if as_json:
            print_json(shown.astype(object).where(shown.notna(), None).to_dict("records"))
            return
        if found.empty:
            console().print(say("本月没有部门数据。", "No line department has sent counts for this month."))
            return
        console().print(_table(shown, dictionary, wanted))
        console().print(
            say(
                "两边并列，不预设哪一边正确；“相差较大”请双方核对。", "Neither side is presumed right; “out of line” is a question to both."
            )
        )


def _table(shown: pd.DataFrame, dictionary: Dictionary, month: str) -> Table:
    """The rows as a table for the screen."""
    from rich.table import Table

    from pipelines.cli.screen import say
    from sinks.reconciliation import STATUS, figure_label

    table = Table(title=say(f"{month} 部门对账", f"{month}: reconciliation with line departments"))
    heads = (
        "部门 Department",
        "指标 Figure",
        "单位 Place",
        "月数 Months",
        "村报 Villages",
        "部门 Theirs",
        "应有 Expected",
        "区间 Interval",
        "比对 Outcome",
    )
    for head in heads:
        table.add_column(say(*head.split(" ", 1)), overflow="fold")
    for row in shown.to_dict("records"):
        department, figure = dictionary.departments[row["source"]].label, figure_label(row["indicator"], dictionary)
        interval = "—" if row["low"] != row["low"] else f"{row['low']:,.0f}–{row['high']:,.0f}"
        numbers = ["—" if row[name] != row[name] else f"{row[name]:,.10g}" for name in ("ours", "theirs")]
        expected = "—" if row["expected"] != row["expected"] else f"{row['expected']:,.1f}"
        place = f"{row['place_code']} {row['place_name']}"
        status = STATUS[row["status"]]
        words = (say(department.zh, department.en), say(figure.zh, figure.en), place, str(row["span"]))
        table.add_row(*words, *numbers, expected, interval, say(status.zh, status.en))
    return table
