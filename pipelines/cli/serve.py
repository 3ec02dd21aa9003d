"""cunbao serve: the Dagster UI, with the schedule and the inbox sensor, and the outbox's pages that the UI links to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from pipelines.cli.options import Home, InboxFolder, StoreUrl
from pipelines.cli.screen import CommandError
from pipelines.settings import Settings, overlap

_PORT = 3001
_FEWEST_WORDS = 4
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


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
        pages_port: Annotated[int, typer.Option(help="网页端口，缺省取 CUNBAO_PAGES_URL / port of the pages, by default that URL's")] = 0,
        guarded_by: Annotated[
            str, typer.Option("--guarded-by", help="对外开放时写明由什么把关 / what keeps strangers out, where it opens to other machines")
        ] = "",
        pages: Annotated[bool, typer.Option(help="同时提供输出文件夹的网页 / serve the outbox's pages at CUNBAO_PAGES_URL too")] = True,
    ) -> None:
        from pipelines.cli.month_run import prepare_dagster
        from pipelines.instance import office_instance
        from pipelines.settings import settings_from_environment

        demo = Path("demo/home")
        chosen = home or (demo if demo.is_dir() and not os.environ.get("CUNBAO_HOME") else None)
        box = inbox or (Path("demo/inbox") if chosen == demo else None)
        settings = settings_from_environment(chosen, box, store)
        if host not in _LOOPBACK and len(guarded_by.strip()) < _FEWEST_WORDS:
            raise CommandError("open_to_all", host=host)
        if (folder := overlap(settings)) is not None:
            raise CommandError("inbox_in_office", inbox=settings.inbox, folder=str(folder))
        prepare_dagster(settings)
        with office_instance(settings.dagster_home):
            pass  # made here, before several processes open it; runs that died are ended
        if pages and settings.pages_url:
            serve_pages(settings, host, pages_port)
        where = ["-m", "pipelines.definitions", "-h", host, "-p", str(port)]
        module = ["dagster", "dev"] if daemon else ["dagster_webserver"]
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", *module, *where])  # so that stopping this stops the server


def serve_pages(settings: Settings, host: str, port: int = 0) -> None:
    """Start the server of the outbox's pages; it ends with this process.

    It listens on this machine alone unless the UI itself is opened to others (`host`), at `port` or that of `pages_url`.
    """
    address = urlsplit(settings.pages_url)
    names = [*_LOOPBACK, host, address.hostname or ""]
    where = [str(settings.outbox), host, str(port or address.port or _PORT), *dict.fromkeys(filter(None, names))]
    subprocess.Popen([sys.executable, "-m", "pipelines.pages", *where])
