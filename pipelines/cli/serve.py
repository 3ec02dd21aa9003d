"""cunbao serve: the Dagster UI, with the schedule and the inbox sensor."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Home, InboxFolder, StoreUrl


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="打开 Dagster 界面 / serve the Dagster UI")
    def serve(
        home: Home = None,
        inbox: InboxFolder = None,
        store: StoreUrl = "",
        port: Annotated[int, typer.Option(help="端口 / port")] = 3000,
        host: Annotated[str, typer.Option(help="地址 / address")] = "127.0.0.1",
        daemon: Annotated[bool, typer.Option(help="同时运行定时和监听 / run the schedule and the sensor too")] = True,
    ) -> None:
        from pipelines.cli.month_run import prepare_dagster
        from pipelines.settings import settings_from_environment

        demo = Path("demo/home")
        chosen = home or (demo if demo.is_dir() and not os.environ.get("CUNBAO_HOME") else None)
        box = inbox or (Path("demo/inbox") if chosen == demo else None)
        prepare_dagster(settings_from_environment(chosen, box, store))
        where = ["-m", "pipelines.definitions", "-h", host, "-p", str(port)]
        module = ["dagster", "dev"] if daemon else ["dagster_webserver"]
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", *module, *where])  # so that stopping this stops the server
