"""cunbao places: the registry of places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Home, StoreUrl
from pipelines.cli.screen import CommandError

if TYPE_CHECKING:
    import pandas as pd


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="行政区划名录 / the registry of places")
    app.add_typer(group, name="places")

    @group.command(help="载入名录 CSV / load the registry from CSV (code, level, name, …)")
    def load(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
        lineage: Annotated[Path | None, typer.Option("--lineage", exists=True, help="沿革 CSV / lineage")] = None,
        home: Home = None,
        store: StoreUrl = "",
    ) -> None:
        from pipelines.cli.screen import console, say
        from pipelines.settings import settings_from_environment
        from schemas.dictionary import load_dictionary
        from sinks.places import save_places
        from sinks.store import open_store
        from sources.places import read_events, read_places

        dictionary = load_dictionary()
        places = read_places(file, dictionary)
        opened = open_store(settings_from_environment(home, None, store).store_url, dictionary)
        save_places(opened, places, read_events(lineage, places) if lineage else None)
        console().print(say(f"已载入 {len(places)} 条", f"{len(places)} places loaded"))

    @group.command(help="由报表草拟名录 / draft a registry from list files, for a person to check")
    def draft(
        files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="报表 / village files with codes and names")],
        out: Annotated[Path, typer.Option("--out", help="写到 / CSV to write")] = Path("places.csv"),
    ) -> None:
        from pipelines.cli.screen import console, say
        from schemas.dictionary import load_dictionary
        from sources.draft import draft_registry
        from sources.layout import reading_kit
        from sources.reading import FileReader

        dictionary = load_dictionary()
        reader = FileReader(reading_kit(dictionary))
        records = [record for file in files for record in reader.read(file.read_bytes(), file.name).records]
        places = draft_registry(records, dictionary)
        places.to_csv(out, index=False, encoding="utf-8-sig")
        console().print(say(f"已写入 {out}：{len(places)} 条，请人工核对", f"{len(places)} places written to {out}; please check them"))


def registry(home: Path | None, store: str, places: Path | None) -> pd.DataFrame:
    """The registry from a CSV, or from the store.

    Raises:
        CommandError: there is none.
    """
    from pipelines.settings import settings_from_environment
    from schemas.dictionary import load_dictionary
    from sinks.places import load_places
    from sinks.store import open_store
    from sources.places import read_places

    dictionary, settings = load_dictionary(), settings_from_environment(home, None, store, places)
    if settings.places is not None:
        return read_places(settings.places, dictionary)
    found = load_places(open_store(settings.store_url, dictionary))
    if found.empty:
        raise CommandError("no_registry", path=settings.store_url)
    return found
