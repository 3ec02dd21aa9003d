"""cunbao status: which months are recorded and how complete they are."""

from __future__ import annotations

import typer

from pipelines.cli.options import Home, Json, StoreUrl


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="各月情况 / recorded months: reports, findings")
    def status(home: Home = None, store: StoreUrl = "", as_json: Json = False) -> None:
        from rich.table import Table

        from pipelines.cli.screen import console, print_json, say
        from pipelines.cli.summary import print_waiting
        from pipelines.settings import settings_from_environment
        from schemas.dictionary import load_dictionary
        from sinks.month import load_month, recorded_months
        from sinks.sealed import waiting
        from sinks.store import open_store

        dictionary = load_dictionary()
        opened = open_store(settings_from_environment(home, None, store).store_url, dictionary)
        rows, sealed = [], waiting(opened)["sent_for"].value_counts()
        for month in recorded_months(opened):
            figures, findings = load_month(opened, month, "place_figure"), load_month(opened, month, "finding")
            counties = figures[figures["place_level"] == "county"]
            counts = {name: int(counties[name].sum()) for name in dictionary.completeness}
            severities = {s: int((findings["severity"] == s).sum()) for s in ("mandatory", "near_mandatory", "verify")}
            rows.append({"month": month, **counts, **severities, "sealed": int(sealed.get(month, 0))})
        if as_json:
            print_json(rows)
            return
        table = Table(title=say("各月情况", "Months"))
        heads = {
            "month": say("报告期", "Month"),
            "villages_expected": say("应报", "Expected"),
            "villages_reported": say("已报", "Reported"),
            "villages_on_time": say("按时", "On time"),
            "villages_missing": say("缺报", "Missing"),
            "villages_held": say("待核", "Held"),
            **{of.counts["villages_reported"]: say(f"{of.label.zh}已报", of.label.en) for of in dictionary.other_returns},
            "mandatory": say("强制性", "Mandatory"),
            "near_mandatory": say("准强制性", "Near-mandatory"),
            "verify": say("核实性", "Verify"),
            "sealed": say("封存待定", "Sealed"),
        }
        for head in heads.values():
            table.add_column(head)
        for row in rows:
            table.add_row(*[str(row[key]) for key in heads])
        console().print(table)
        print_waiting(int(sealed.sum()))
