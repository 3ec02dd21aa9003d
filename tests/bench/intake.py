"""The intake assets as they are, in one process: intake.py HOME INBOX PLACES MONTH WORKERS [--receipts], prints JSON by stage.

Imports are over, the dictionary is loaded, the store, its registry and Dagster's instance are open before the clock starts.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path


def main() -> None:
    """Take the inbox in, and time it. Imported here: reading workers import this file anew, and need none of it."""
    import dagster as dg
    import pandera.backends.pandas.builtin_checks  # noqa: F401
    import pebble  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    from measure import Stopwatch

    from assets.intake import reading, receipt, submission
    from assets.ports import Inbox, NoProgress
    from schemas.clock import Clock
    from schemas.dictionary import load_dictionary
    from schemas.processes import collect_seldom
    from sinks.memo import Memo
    from sinks.places import load_places, save_places
    from sinks.store import open_store
    from sources.places import read_places

    collect_seldom()  # as the command does
    home, inbox, places, month, workers = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4], int(sys.argv[5])
    home.mkdir(parents=True, exist_ok=True)
    dictionary = load_dictionary()
    store = open_store(f"sqlite:///{home / 'store.sqlite'}", dictionary)
    if load_places(store).empty:
        save_places(store, read_places(places, dictionary), None)
    box, watch, clock = Inbox(inbox, str(home / "vault"), workers), Stopwatch(), Clock()
    place = load_places(store)
    given = {"store": store, "dictionary": dictionary}
    memo = Memo(home / "memo")
    context = partial(dg.build_asset_context, partition_key=month, instance=dg.DagsterInstance.ephemeral())
    with watch.stage("receive"):
        found = submission(context(), inbox=box, clock=clock, progress=NoProgress(), memo=memo, **given)
    with watch.stage("receipts"):
        receipts = receipt(context(), found, memo=memo, **given)
    with watch.stage("identify"):
        readings = reading(context(), place, found, inbox=box, memo=memo, **given)
    stages = {name: {"wall": watch.wall[name], "cpu": watch.cpu[name]} for name in watch.wall}
    total = {kind: sum(stage[kind] for stage in stages.values()) for kind in ("wall", "cpu")}
    print(json.dumps({**total, "stages": stages, "receipts": len(receipts), "readings": len(readings)}))


if __name__ == "__main__":
    main()
