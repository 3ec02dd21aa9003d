"""cunbao docs: write the reference pages that are made from the dictionary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="由字典生成说明 / write docs/dictionary.md and docs/rules.md from the dictionary")
    def docs(folder: Annotated[Path, typer.Argument()] = Path("docs")) -> None:
        from pipelines.cli.screen import console
        from schemas.dictionary import load_dictionary
        from sinks.reference import write_reference
        from sinks.rulepage import write_rule_page

        dictionary = load_dictionary([])
        write_reference(folder / "dictionary.md", dictionary)
        write_rule_page(folder / "rules.md", dictionary)
        console().print(f"{folder / 'dictionary.md'}\n{folder / 'rules.md'}")
