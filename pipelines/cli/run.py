"""cunbao run: a month from inbox to tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from pipelines.cli.options import (
    FullHash,
    Home,
    InboxFolder,
    Json,
    Month,
    Places,
    Quiet,
    StoreUrl,
    checked_month,
    checked_settings,
    months_through,
)

EXIT_SOME_REFUSED = 3


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="汇总一个月 / run one month from inbox to tables. 退出码 exit status: 0 好 fine, 3 有文件被退回 some files were refused."
    )
    def run(
        month: Month,
        inbox: InboxFolder = None,
        home: Home = None,
        store: StoreUrl = "",
        places: Places = None,
        through: Annotated[
            str, typer.Option(help="连同以后各月，直到此月（补录历史）/ and the months after it up to this one: history")
        ] = "",
        full_hash: FullHash = False,
        data_docs: Annotated[bool, typer.Option(help="生成数据质量页 / make the Data Docs, which takes seconds [CUNBAO_DATA_DOCS]")] = True,
        as_json: Json = False,
        quiet: Quiet = False,
    ) -> None:
        from pipelines.cli.month_run import run_month
        from pipelines.cli.screen import print_json
        from pipelines.cli.summary import print_summary, summary_of

        settings = checked_settings(home, inbox, store, places, is_full_hash=full_hash)
        settings = replace(settings, has_data_docs=settings.has_data_docs and data_docs)
        summaries = []
        for wanted in months_through(checked_month(month), checked_month(through or month)):
            summaries.append(summary_of(run_month(settings, wanted, is_quiet=quiet or as_json)))
            if not as_json:
                print_summary(summaries[-1])
        if as_json:
            print_json(summaries if through else summaries[0])
        if any(summary["files"]["not_read"] for summary in summaries):
            raise typer.Exit(EXIT_SOME_REFUSED)
