"""cunbao review: a month's findings, as questions to the villages."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Home, Json, Month, StoreUrl


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="本月疑点 / the month's findings, as questions to the villages")
    def review(
        month: Month,
        place: Annotated[str, typer.Option(help="只看代码以此开头的地方 / only places whose code starts with this")] = "",
        severity: Annotated[str, typer.Option(help="mandatory | near_mandatory | verify")] = "",
        village: Annotated[str, typer.Option(help="这个村每条规则的结果 / what became of every rule at this village")] = "",
        home: Home = None,
        store: StoreUrl = "",
        as_json: Json = False,
    ) -> None:
        from rich.table import Table

        from pipelines.cli.account import show_account
        from pipelines.cli.options import checked_month
        from pipelines.cli.screen import console, print_json, say
        from pipelines.settings import settings_from_environment
        from schemas.dictionary import load_dictionary
        from sinks.month import load_month
        from sinks.store import open_store

        opened = open_store(settings_from_environment(home, None, store).store_url, load_dictionary())
        if village:
            show_account(opened, load_dictionary(), checked_month(month), village, as_json=as_json)
            return
        findings = load_month(opened, checked_month(month), "finding")
        findings = findings[findings["place_code"].str.startswith(place) & ((findings["severity"] == severity) | (severity == ""))]
        if as_json:
            print_json(findings.drop(columns=["row_no"]).to_dict("records"))
            return
        table = Table(title=say(f"{month} 疑点 {len(findings)} 条", f"{month}: {len(findings)} findings"))
        for head in (say("程度", "Severity"), say("单位", "Place"), say("单元格", "Cells"), say("问题", "Question"), say("请", "Please")):
            table.add_column(head, overflow="fold")
        names = {
            "mandatory": say("强制性", "mandatory"),
            "near_mandatory": say("准强制性", "near-mandatory"),
            "verify": say("核实性", "verify"),
        }
        for f in findings.astype("str").to_dict("records"):
            table.add_row(
                names[f["severity"]],
                f"{f['place_code']} {f['place_name']}",
                f["cells"],
                say(f["say_zh"], f["say_en"]),
                say(f["do_zh"], f["do_en"]),
            )
        console().print(table)
