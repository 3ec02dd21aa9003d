"""cunbao demo: the shipped sample county, one month, start to finish."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Json

_SEED = 20240310
_MONTHS = ["2024-02", "2024-03"]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="演示：示例县的两个月 / demonstration on the sample county")
    def demo(folder: Annotated[Path, typer.Argument(help="文件夹 / folder")] = Path("demo"), as_json: Json = False) -> None:
        from pipelines.cli.month_run import run_month
        from pipelines.cli.sample import make_sample
        from pipelines.cli.screen import console, print_json, say
        from pipelines.cli.summary import print_summary, summary_of
        from pipelines.settings import settings_from_environment

        out = console()
        folder = folder.absolute()
        if not (folder / "truth.json").is_file():
            if not as_json:
                out.print(say(f"生成示例县：{folder}", f"Making the sample county in {folder}"))
            make_sample(folder, seed=_SEED, months=_MONTHS, towns=12, villages=300, departments=True)
        settings = settings_from_environment(folder / "home", folder / "inbox")
        summaries = [summary_of(run_month(settings, month, is_quiet=as_json)) for month in _MONTHS]
        if as_json:
            print_json(summaries)
            return
        for summary in summaries:
            print_summary(summary)
        out.print(say("其中的错误是示例特意放入的，见 truth.json。", "The mistakes in it were planted; truth.json lists them."))
        out.print(say("打开 Dagster 界面：make serve", "Open the Dagster UI: make serve"))
