"""cunbao answer: what a village says to a question, or why a finding may stand."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Home, Json, Month, StoreUrl


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="答复疑点 / answer a finding: an explanation or an exemption; figures stay as they are")
    def answer(
        month: Month,
        place: Annotated[str, typer.Argument(metavar="PLACE", help="村或乡镇代码 / code of the village or town")],
        rule: Annotated[
            str,
            typer.Argument(
                metavar="RULE",
                help="规则编号，见 cunbao review --json；走势卡片填 pattern / the rule's id, in cunbao review --json; pattern for a card",
            ),
        ],
        text: Annotated[
            str, typer.Option("--text", help="具体说明（“核实无误”不算）/ a specific explanation; 'checked, it is right' is none")
        ],
        by: Annotated[str, typer.Option("--by", help="答复单位或人 / who answers")],
        home: Home = None,
        store: StoreUrl = "",
        as_json: Json = False,
    ) -> None:
        from pipelines.cli.month_run import run_month
        from pipelines.cli.options import checked_month
        from pipelines.cli.screen import console, print_json, say
        from pipelines.settings import settings_from_environment

        wanted = checked_month(month)
        config = {"answer": {"config": {"place_code": place, "rule_id": rule, "text": text, "answered_by": by}}}
        done = run_month(settings_from_environment(home, None, store), wanted, job="answer_finding", ops=config, is_quiet=True)
        number = done.values["answer"]
        if as_json:
            print_json({"month": wanted, "answer": number})
        else:
            console().print(
                say(f"{wanted} {place} 的答复已记下（第 {number} 号）。", f"The answer of {place} for {wanted} is kept (no. {number}).")
            )
