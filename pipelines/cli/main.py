"""The `cunbao` command: puts the commands together. Imports nothing heavy (reading workers import it when they start)."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from pipelines.cli import (
    answer,
    demo,
    departments,
    dictionary,
    docs,
    layout,
    patterns,
    places,
    receive,
    release,
    review,
    rules,
    run,
    sample,
    sealed,
    serve,
    status,
    template,
    vault,
)
from pipelines.cli.screen import choose_language, fail, stop, stopped
from schemas.processes import collect_seldom

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="村报 cunbao: 把一个月的村级报表变成核对过的乡镇表和县表。A month of village workbooks becomes checked town and county tables.",
)


@app.callback()
def common(lang: Annotated[str, typer.Option("--lang", help="zh | en；缺省按系统语言 / by locale")] = "") -> None:
    """Options for every command."""
    choose_language(lang)


COMMANDS = (
    demo,
    sample,
    template,
    places,
    receive,
    run,
    status,
    review,
    answer,
    sealed,
    departments,
    patterns,
    rules,
    release,
    serve,
    dictionary,
    layout,
    vault,
    docs,
)
"""In the order of the work, as `cunbao --help` lists them."""

for module in COMMANDS:
    module.register(app)


def main() -> None:
    """Entry point: any error becomes a coded, bilingual message and an exit status."""
    collect_seldom()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        app()
    except Exception as error:
        sys.exit(fail(error))
    except BaseException as error:
        status = stopped(error)
        if status is None:
            raise
        sys.exit(status)
