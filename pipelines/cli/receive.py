"""cunbao receive: take in what lies in the inbox and write receipts; no tables."""

from __future__ import annotations

import typer

from pipelines.cli.options import FullHash, Home, InboxFolder, Json, Month, Places, Quiet, StoreUrl, checked_month, checked_settings
from pipelines.cli.run import EXIT_SOME_REFUSED


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="只收件、出回执 / receive files and write receipts only")
    def receive(
        month: Month,
        inbox: InboxFolder = None,
        home: Home = None,
        store: StoreUrl = "",
        places: Places = None,
        full_hash: FullHash = False,
        as_json: Json = False,
        quiet: Quiet = False,
    ) -> None:
        from pipelines.cli.month_run import run_month
        from pipelines.cli.screen import print_json
        from pipelines.cli.summary import files_of, print_files

        settings = checked_settings(home, inbox, store, places, is_full_hash=full_hash)
        done = run_month(settings, checked_month(month), job="intake", is_quiet=quiet or as_json)
        files = files_of(done)
        if as_json:
            print_json(files)
        else:
            print_files(files, done)
        if files["not_read"]:
            raise typer.Exit(EXIT_SOME_REFUSED)
