"""Takes in a month again and again, each time in a forked child that is killed at a random moment: incubator.py SETTINGS.json MONTH.

Each line on standard input is one try: seconds to wait before SIGKILL, or `-` for a try that nobody disturbs. Each answer is one line:
`killed`, `done SECONDS` when the child was quicker, or `failed`. Everything is imported once, so that a try costs what an intake costs.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path


def take_in(settings_file: str, month: str) -> None:
    """The asset `submission` as it is, given real resources."""
    import dagster as dg

    from assets.intake import submission
    from assets.ports import Inbox, NoProgress
    from schemas.clock import Clock
    from schemas.dictionary import load_dictionary
    from sinks.memo import Memo
    from sinks.store import open_store

    given = json.loads(Path(settings_file).read_text("utf-8"))
    dictionary = load_dictionary([])
    submission(
        dg.build_asset_context(partition_key=month),
        store=open_store(given["store"], dictionary),
        inbox=Inbox(given["inbox"], given["vault"], 1),
        dictionary=dictionary,
        clock=Clock(given["now"]),
        progress=NoProgress(),
        memo=Memo(Path(given["vault"]).with_name("memo")),
    )


def main() -> None:
    """Answer every line."""
    import assets.intake  # noqa: F401 (imported once, for all children)
    from schemas.dictionary import load_dictionary

    load_dictionary([])
    for line in sys.stdin:
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            os.setsid()
            with contextlib.suppress(BaseException):
                take_in(*sys.argv[1:3])
                os._exit(0)
            os._exit(1)
        _answer(child, line.strip(), began)


def _answer(child: int, wait: str, began: float) -> None:
    until = began + (float(wait) if wait != "-" else 120.0)
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            print(f"done {time.monotonic() - began:.3f}" if status == 0 else "failed", flush=True)
            return
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("killed", flush=True)


if __name__ == "__main__":
    main()
