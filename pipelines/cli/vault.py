"""cunbao vault: the originals that were received, kept under their SHA-256."""

from __future__ import annotations

import typer

from pipelines.cli.options import Home, Json, StoreUrl

EXIT_DAMAGED = 3
"""Something in the vault is damaged, or bytes of a submission are missing."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    vault = typer.Typer(no_args_is_help=True, help="原件库：收到的文件 / the originals that were received")
    app.add_typer(vault, name="vault")

    @vault.callback()
    def about() -> None:
        """With one command only, typer would take its name for an argument."""

    @vault.command("verify", help="核对全部原件的校验和 / check every original against its SHA-256")
    def verify(home: Home = None, store: StoreUrl = "", as_json: Json = False) -> None:
        from pipelines.cli.screen import console, print_json, say
        from pipelines.settings import settings_from_environment
        from schemas.dictionary import load_dictionary
        from schemas.messages import message
        from sinks.store import open_store
        from sinks.submissions import kept_submissions
        from sources.vault import MISSING, Vault

        settings = settings_from_environment(home, None, store)
        kept, wanted = Vault(settings.vault), kept_submissions(open_store(settings.store_url, load_dictionary()))
        there = kept.digests()
        faults = {sha256: fault for sha256 in there if (fault := kept.fault_of(sha256))}
        faults |= dict.fromkeys(sorted(wanted.keys() - set(there)), MISSING)
        catalogue = load_dictionary([])
        told = [
            {"sha256": sha256, "path": path, "sent_for": month, "name": fault, "code": catalogue.messages[fault].code}
            for sha256, fault in faults.items()
            for path, month in wanted.get(sha256, [("—", "")])
        ]
        if as_json:
            print_json({"vault": settings.vault, "kept": len(there), "submissions": sum(map(len, wanted.values())), "faults": told})
        else:
            for one in told:
                print(message(catalogue, one["name"], {"sha256": one["sha256"][:16], "path": one["path"]}).both())
            n = len(faults)
            console().print(
                say(
                    f"原件 {len(there)} 份，损坏或缺失 {n} 份：{settings.vault}",
                    f"{len(there)} originals, {n} damaged or missing: {settings.vault}",
                )
            )
        if told:
            raise typer.Exit(EXIT_DAMAGED)
