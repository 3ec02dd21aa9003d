"""The outbox for browsers: only the outbox, read-only, under names that were given; it ends with whoever started it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.office import free_port

SECRET = "not for browsers"


def wait_for(port: int, *, listening: bool, seconds: float = 30) -> None:
    """Wait until somebody listens on the port, or nobody does any more."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if (probe.connect_ex(("127.0.0.1", port)) == 0) == listening:
                return
        time.sleep(0.1)
    pytest.fail(f"port {port} is {'not ' if listening else ''}in use after {seconds} s")


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An outbox with a page, a hidden file and a link out of it; beside it what nobody may read."""
    home = tmp_path_factory.mktemp("home")
    made = home / "outbox"
    (made / "2024-03" / "data_docs").mkdir(parents=True)
    (made / "2024-03" / "data_docs" / "index.html").write_text("<h1>数据质量</h1>", "utf-8")
    (made / "2024-03" / ".half.part").write_text(SECRET, "utf-8")
    (made / "2024-03" / ".data_docs-1").mkdir()
    (made / "2024-03" / ".data_docs-1" / "index.html").write_text(SECRET, "utf-8")
    (home / "store.sqlite").write_text(SECRET, "utf-8")
    (home / "outbox-of-others").mkdir()
    (home / "outbox-of-others" / "x.html").write_text(SECRET, "utf-8")
    (made / "out.html").symlink_to(home / "store.sqlite")
    return made


@pytest.fixture(scope="module")
def port(outbox: Path) -> Iterator[int]:
    """The server as `cunbao serve` starts it."""
    port = free_port()
    command = [sys.executable, "-m", "pipelines.pages", str(outbox), "127.0.0.1", str(port), "127.0.0.1", "localhost"]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    wait_for(port, listening=True)
    yield port
    process.terminate()
    process.wait(20)


def ask(port: int, path: str, method: str = "GET", host: str = "") -> tuple[int, str, dict[str, str]]:
    """Status, text and headers; the path is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=bool(host))
    if host:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read().decode("utf-8", "replace"), {k.lower(): v for k, v in answer.getheaders()}


def test_a_page_is_served_and_may_fetch_nothing_and_run_nothing(port: int) -> None:
    status, text, headers = ask(port, "/2024-03/data_docs/index.html")
    assert (status, text) == (200, "<h1>数据质量</h1>")
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_the_first_page_lists_months_and_their_pages(port: int) -> None:
    status, text, _ = ask(port, "/")
    assert status == 200
    assert '<a href="2024-03/data_docs/index.html">数据质量页 Data Docs</a>' in text
    assert ".data_docs" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/../store.sqlite",
        "/2024-03/../../store.sqlite",
        "/%2e%2e/store.sqlite",
        "/2024-03/%2e%2e/%2e%2e/store.sqlite",
        "/..%2fstore.sqlite",
        "/..%5cstore.sqlite",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/../outbox-of-others/x.html",
        "/out.html",
        "/2024-03/.half.part",
        "/2024-03/.data_docs-1/index.html",
        "/%00",
        "/2024-03",
        "/" + "a" * 5000,
    ],
)
def test_nothing_but_the_files_of_the_outbox_is_there(port: int, path: str) -> None:
    status, text, _ = ask(port, path)
    assert status == 404
    assert SECRET not in text
    assert "root:" not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(port: int, outbox: Path, method: str) -> None:
    before = sorted(outbox.rglob("*"))
    assert ask(port, "/2024-03/data_docs/index.html", method)[0] == 405
    assert ask(port, "/2024-03/new.html", method)[0] == 405
    assert sorted(outbox.rglob("*")) == before


def test_a_foreign_name_for_this_machine_is_refused(port: int) -> None:
    assert ask(port, "/2024-03/data_docs/index.html", host="evil.example")[0] == 400
    assert ask(port, "/2024-03/data_docs/index.html", host=f"localhost:{port}")[0] == 200


def test_it_ends_with_whoever_started_it(outbox: Path) -> None:
    port = free_port()
    arguments = ["-m", "pipelines.pages", str(outbox), "127.0.0.1", str(port), "127.0.0.1"]
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, *{arguments!r}]); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=Path(__file__).parents[2], env=dict(os.environ))
    wait_for(port, listening=True)
    process.kill()
    process.wait(20)
    wait_for(port, listening=False)
