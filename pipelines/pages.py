"""The outbox for browsers, read-only: pages of the web, such as Dagster's, may not link to files, so the pages are served.

`python -m pipelines.pages OUTBOX HOST PORT [HOST NAME]…`: started by `cunbao serve`, ends when whoever started it has ended.
"""

from __future__ import annotations

import html
import os
import re
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_MONTH = re.compile(r"\d{4}-\d{2}")
_NAMES = {
    "data_docs": "数据质量页 Data Docs",
    "receipts": "回执 receipts",
    "villages": "各村页 village pages",
}
_HEADERS = {
    # Nothing is fetched from elsewhere and no script runs, whatever stands in a page.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline' 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_LOOK_EVERY = 1.0


class Outbox(StaticFiles):
    """Files of the outbox. Symbolic links out of it, what lies outside, and hidden files (half-written ones) are not there."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404."""
        if any(part.startswith(".") and part != "." for part in path.split(os.sep)):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response


def pages_app(outbox: Path, hosts: Sequence[str]) -> Starlette:
    """The pages of an outbox, which need not exist yet.

    Args:
        outbox: its folder.
        hosts: names under which the server may be asked for; another name is refused, so that no foreign page can read through one.
    """

    async def contents(request: Request) -> HTMLResponse:
        del request
        return HTMLResponse(_contents(outbox), headers=_HEADERS)

    outbox.mkdir(parents=True, exist_ok=True)
    routes = [Route("/", contents), Mount("/", Outbox(directory=outbox, html=True))]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)])


def _contents(outbox: Path) -> str:
    """The first page: a line for every month with the folders that have pages, newest first."""
    months = sorted((f.name for f in outbox.iterdir() if f.is_dir() and _MONTH.fullmatch(f.name)), reverse=True)
    lines = []
    for month in months:
        pages = sorted(index.parent.name for index in (outbox / month).glob("*/index.html") if not index.parent.name.startswith("."))
        links = " · ".join(f'<a href="{month}/{quote(name)}/index.html">{html.escape(_NAMES.get(name, name))}</a>' for name in pages)
        lines.append(f"<tr><th>{month}</th><td>{links or '—'}</td></tr>")
    return _PAGE.replace("{lines}", "".join(lines) or "<tr><td>还没有月份 no month yet</td></tr>")


def _end_with(parent: int) -> None:
    """End this process once its parent has ended: whoever stops the UI stops its pages too."""
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os._exit(0)


def main() -> None:
    """Serve until the parent ends."""
    import uvicorn

    outbox, host, port, *names = sys.argv[1:]
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    uvicorn.run(pages_app(Path(outbox), names), host=host, port=int(port), log_level="warning", server_header=False)


_PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>村报 cunbao</title><style>
body{font:15px/1.6 "Noto Sans CJK SC","Microsoft YaHei","WenQuanYi Zen Hei",sans-serif;margin:32px auto;max-width:760px;color:#1f2328}
a{color:#0b5cad;text-decoration:none}th,td{padding:6px 16px 6px 0;text-align:left}
</style></head><body><h1>村报 cunbao</h1><table>{lines}</table></body></html>
"""

if __name__ == "__main__":
    main()
