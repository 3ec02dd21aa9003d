"""cunbao review: a month's findings, as questions to the villages, in the order in which to ask; a village's page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Home, Json, Month, StoreUrl

if TYPE_CHECKING:
    import pandas as pd


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="本月疑点 / the month's findings, as questions to the villages, in the order in which to ask")
    def review(
        month: Month,
        place: Annotated[str, typer.Option(help="只看代码以此开头的地方 / only places whose code starts with this")] = "",
        severity: Annotated[str, typer.Option(help="mandatory | near_mandatory | verify")] = "",
        village: Annotated[str, typer.Option(help="这个村每条规则的结果 / what became of every rule at this village")] = "",
        above: Annotated[bool, typer.Option("--above-line", help="只看停止线以上 / only what stands above the stop line")] = False,
        page: Annotated[bool, typer.Option("--page", help="写出该村核对单 / write the village's page (with --village)")] = False,
        home: Home = None,
        store: StoreUrl = "",
        as_json: Json = False,
    ) -> None:
        from pipelines.cli.account import show_account
        from pipelines.cli.options import checked_month, recorded_store
        from pipelines.cli.screen import console, print_json, say
        from pipelines.cli.summary import print_waiting
        from pipelines.settings import settings_from_environment
        from schemas.dictionary import load_dictionary
        from sinks.month import load_month
        from sinks.sealed import waiting

        settings, wanted = settings_from_environment(home, None, store), checked_month(month)
        dictionary = load_dictionary()
        opened = recorded_store(settings.store_url, wanted)
        if page:
            from assets.pages import pages_from_store, write_pages

            folder = Path(settings.outbox) / wanted / "villages"
            write_pages(folder, pages_from_store(opened, dictionary, wanted), opened, dictionary, wanted, only=village or place)
            names = sorted(str(p) for p in folder.glob(f"{village or place}*.html"))
            if as_json:
                print_json(names)
            else:
                console().print("\n".join(names) or say("没有需要核对的问题", "nothing to ask"))
            return
        if village:
            show_account(opened, dictionary, wanted, village, as_json=as_json)
            return
        findings, queries, hints = (load_month(opened, wanted, name) for name in ("finding", "query", "hint"))
        findings = findings[findings["place_code"].str.startswith(place) & ((findings["severity"] == severity) | (severity == ""))]
        found = _in_order(findings, queries, hints)
        found = found[found["is_above_line"].eq(1)] if above else found
        if as_json:
            print_json(found.drop(columns=["row_no"]).to_dict("records"))
            return
        console().print(_table(found, wanted))
        print_waiting(len(waiting(opened, wanted)))


def _in_order(findings: pd.DataFrame, queries: pd.DataFrame, hints: pd.DataFrame) -> pd.DataFrame:
    """Findings in the order of the queue, with rank, influence, is_above_line and the likeliest hint in both languages."""
    first = hints[hints["rank"] == 1]
    said: dict[tuple[str, str], tuple[str, str]] = {}
    for village, rules, zh, en in zip(first["village_code"], first["rules"], first["say_zh"], first["say_en"], strict=True):
        for rule in rules.split(","):
            said.setdefault((village, rule), (zh, en))
    queue = queries[["place_code", "rank", "influence", "is_above_line"]]
    found = findings.merge(queue, on="place_code", how="left").sort_values(["rank", "level", "rule_id"], kind="stable", ignore_index=True)
    pairs = [said.get(key, ("", "")) for key in zip(found["place_code"], found["rule_id"], strict=True)]
    return found.assign(hint_zh=[zh for zh, _ in pairs], hint_en=[en for _, en in pairs])


def _table(found: pd.DataFrame, month: str) -> Any:
    from rich.markup import escape
    from rich.table import Table

    from pipelines.cli.screen import say

    title = say(f"{month} 疑点 {len(found)} 条", f"{month}: {len(found)} findings")
    above = int(found["is_above_line"].eq(1).sum())
    caption = say(
        f"停止线以上 {above} 条；其余对县合计影响不大", f"{above} above the stop line; the rest hardly changes the county's totals"
    )
    table = Table(title=title, caption=caption)
    heads = (say("程度", "Severity"), say("单位", "Place"), say("单元格", "Cells"), say("问题", "Question"), say("请", "Please"))
    for head in heads:
        table.add_column(head, overflow="fold")
    names = {
        "mandatory": say("强制性", "mandatory"),
        "near_mandatory": say("准强制性", "near-mandatory"),
        "verify": say("核实性", "verify"),
    }
    was_above = True
    for f in found.to_dict("records"):
        if was_above and f["is_above_line"] != 1:
            table.add_section()
            was_above = False
        hint = say(str(f["hint_zh"]), str(f["hint_en"]))
        question = escape(say(str(f["say_zh"]), str(f["say_en"]))) + (f"\n[dim]{escape(hint)}[/dim]" if hint else "")
        place = escape(f"{f['place_code']} {f['place_name']}")
        table.add_row(names[str(f["severity"])], place, escape(str(f["cells"])), question, escape(say(str(f["do_zh"]), str(f["do_en"]))))
    return table
