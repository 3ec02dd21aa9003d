"""cunbao patterns: villages to look at because their figures of many months have an unusual pattern."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Home, Json, Month, StoreUrl


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="多月走势核对 / villages to look at: figures over many months that have an unusual pattern; questions, with explanations"
    )
    def patterns(
        month: Month,
        village: Annotated[str, typer.Option(help="只看代码以此开头的村 / only villages whose code starts with this")] = "",
        home: Home = None,
        store: StoreUrl = "",
        as_json: Json = False,
    ) -> None:
        from rich.table import Table

        from assets.identity import names_in_store
        from pipelines.cli.options import checked_month, recorded_store
        from pipelines.cli.screen import console, print_json, say
        from pipelines.settings import settings_from_environment
        from schemas.dictionary import load_dictionary
        from sinks.month import load_month

        wanted, settings, dictionary = checked_month(month), settings_from_environment(home, None, store), load_dictionary()
        opened = recorded_store(settings.store_url, wanted)
        flags, evidence = load_month(opened, wanted, "pattern_flag"), load_month(opened, wanted, "pattern_evidence")
        flags = flags[flags["village_code"].str.startswith(village)].sort_values("rank_order")
        if as_json:
            rows = {code: here.drop(columns=["month", "row_no"]) for code, here in evidence.groupby("village_code")}
            print_json(
                [
                    {
                        "village_code": f["village_code"],
                        "is_strong": bool(f["is_strong"]),
                        "families": f["lines"].split(","),
                        "evidence": rows[f["village_code"]].to_dict("records") if f["village_code"] in rows else [],
                    }
                    for f in flags.to_dict("records")
                ]
            )
            return
        names, families = names_in_store(opened), dictionary.pattern_families
        shown = Table(title=say(f"{wanted}：请核对 {len(flags)} 个村的多月走势", f"{wanted}: {len(flags)} villages to look at"))
        for head in (say("村", "Village"), say("程度", "How clear"), say("哪些方面少见", "What is unusual")):
            shown.add_column(head, overflow="fold")
        for code, is_strong, lines in flags[["village_code", "is_strong", "lines"]].itertuples(index=False):
            words = [say(families[f].label.zh, families[f].label.en) for f in lines.split(",") if f in families]
            clear = say("较明显", "clear") if is_strong else say("请核对", "please check")
            shown.add_row(f"{code} {names.get(code, '')}", clear, say("、", "; ").join(words))
        console().print(shown)
        console().print(
            say("每个村的图和说明：", "Pictures and explanations: ") + str(settings.outbox / wanted / "patterns" / "index.html")
        )
