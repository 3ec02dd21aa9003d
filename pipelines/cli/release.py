"""cunbao release: sign a month. cunbao feed: send the newest release on."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import Home, Json, Month, StoreUrl


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command(help="发布一个月 / sign and release a month: gate, vintage, revisions")
    def release(
        month: Month,
        signed_by: Annotated[str, typer.Option("--signed-by", help="签发人 / who signs")],
        reason: Annotated[str, typer.Option(help="准强制性疑点可以保留的理由 / why near-mandatory findings may stand")] = "",
        home: Home = None,
        store: StoreUrl = "",
        as_json: Json = False,
    ) -> None:
        from pipelines.cli.month_run import run_month
        from pipelines.cli.options import checked_month, recorded_store
        from pipelines.cli.screen import console, print_json, say
        from pipelines.settings import settings_from_environment

        wanted, settings = checked_month(month), settings_from_environment(home, None, store)
        recorded_store(settings.store_url, wanted)
        config = {"release": {"config": {"signed_by": signed_by, "reason": reason}}}
        done = run_month(settings, wanted, job="release_month", ops=config, is_quiet=True)
        vintage, folder = done.values["release"], settings.outbox / "releases" / wanted / f"v{done.values['release']}"
        if as_json:
            print_json({"month": wanted, "vintage": vintage, "folder": str(folder)})
        else:
            console().print(say(f"{wanted} 第 {vintage} 版：{folder}", f"{wanted} vintage {vintage}: {folder}"))

    @app.command(help="上报最新发布 / send the newest release on: exchange package, upstream database")
    def feed(
        month: Month,
        to: Annotated[str, typer.Option("--to", help="上级数据库 URL / SQLAlchemy URL of the upstream database")] = "",
        home: Home = None,
        store: StoreUrl = "",
        as_json: Json = False,
    ) -> None:
        from pipelines.cli.month_run import run_month
        from pipelines.cli.options import checked_month
        from pipelines.cli.screen import CommandError, console, print_json, say
        from pipelines.secrets import FEED_URL, in_config
        from pipelines.settings import settings_from_environment

        wanted, settings = checked_month(month), settings_from_environment(home, None, store)
        if not (settings.outbox / "releases" / wanted).is_dir():
            raise CommandError("not_released", month=wanted)
        done = run_month(settings, wanted, job="feed_month", ops={"feed": {"config": {"url": in_config(FEED_URL, to)}}}, is_quiet=True)
        made = done.values["feed"]
        if as_json:
            print_json({"month": wanted, **made})
        else:
            text = say(
                "{month} 第 {vintage} 版已上报：{rows} 行，数据包在 {folder}",
                "{month} vintage {vintage} sent: {rows} rows; package in {folder}",
            )
            console().print(text.format(month=wanted, folder=settings.outbox / "feeds", **made))
