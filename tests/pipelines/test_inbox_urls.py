"""The inbox and the vault by URL, against a real S3 server (moto's) and memory://; bundles; what a moved, replaced or lost file does."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import fsspec
import pandas as pd
import pytest
from moto.server import ThreadedMotoServer

from pipelines.cli.month_run import run_month
from pipelines.cli.sample import make_sample
from sources.inbox import scan_inbox
from tests.pipelines.office import Office

MONTH = "2024-03"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty villages of two towns, one month, no mistakes."""
    folder = tmp_path_factory.mktemp("sample")
    make_sample(folder, seed=7, months=[MONTH], towns=2, villages=30, plant_mistakes=False)
    return folder


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """An S3 server of our own, and fsspec told of it as an office would: by its environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    mine = {
        "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
        "FSSPEC_S3_ENDPOINT_URL": endpoint, "FSSPEC_S3_KEY": "key", "FSSPEC_S3_SECRET": "secret",
    }  # fmt: skip
    before = dict(os.environ)
    os.environ.update(mine)
    fsspec.config.set_conf_env(fsspec.config.conf)
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="county")
    yield endpoint
    server.stop()
    os.environ.clear()
    os.environ.update(before)
    fsspec.config.conf.pop("s3", None)


def upload(folder: Path, url: str) -> None:
    system, root = fsspec.core.url_to_fs(url)
    for path in folder.rglob("*"):
        if path.is_file():
            system.pipe_file(f"{root}/{path.relative_to(folder).as_posix()}", path.read_bytes())


def office(home: Path, inbox: str, sample: Path, *, vault: str = "") -> Office:
    extra = {"CUNBAO_VAULT": vault} if vault else {}
    return Office(home=home, inbox=inbox, places=sample / "places.csv", extra=extra)  # type: ignore[arg-type]


def run(of: Office) -> pd.DataFrame:
    """The intake of the month; its receipts."""
    from dataclasses import replace

    settings = replace(of.settings, vault=of.extra.get("CUNBAO_VAULT", of.settings.vault))
    receipts: pd.DataFrame = run_month(settings, MONTH, job="intake", is_quiet=True).values["submission"]
    return receipts


def readings(of: Office) -> list[tuple[object, ...]]:
    return of.dump()["reading"]


def test_an_inbox_and_a_vault_on_s3_give_what_a_folder_gives(sample: Path, s3: str, tmp_path: Path) -> None:
    upload(sample / "inbox" / MONTH, f"s3://county/inbox/{MONTH}")
    here = office(tmp_path / "here", str(sample / "inbox"), sample)
    there = office(tmp_path / "there", "s3://county/inbox", sample, vault="s3://county/vault")
    one, two = run(here), run(there)
    assert set(one["path"]) == set(two["path"])
    assert set(one["sha256"]) == set(two["sha256"])
    assert readings(here) == readings(there)
    kept = {p.rsplit("/", 1)[-1] for p in fsspec.filesystem("s3").find("county/vault")}
    assert kept == set(two.loc[two["status"] == "read", "sha256"])
    again = run(there)
    assert len(again) == len(two)


def test_an_s3_server_that_is_away_is_told_and_loses_nothing(sample: Path, s3: str, tmp_path: Path) -> None:
    closed = office(tmp_path / "home", "s3://no-such-bucket-at-all/inbox", sample)
    assert len(run(closed)) == 0  # a bucket without the folder is an empty inbox
    environment = closed.environment | {"FSSPEC_S3_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    from tests.pipelines.office import cunbao

    told = cunbao("receive", MONTH, "--json", environment=environment)
    assert told.returncode == 2
    assert "CB-2402" in told.stderr + told.stdout
    assert s3 != ""


def test_memory_urls_are_read_too(sample: Path, tmp_path: Path) -> None:
    upload(sample / "inbox" / MONTH, f"memory://box/{MONTH}")
    try:
        receipts = run(office(tmp_path / "home", "memory://box", sample))
        assert set(receipts["status"]) == {"read"}
        assert len(receipts) == len(scan_inbox(sample / "inbox", MONTH))
    finally:
        fsspec.filesystem("memory").rm("/box", recursive=True)


@pytest.fixture
def own(sample: Path, tmp_path: Path) -> tuple[Office, Path]:
    """An office with an inbox of its own, that may be changed."""
    shutil.copytree(sample / "inbox" / MONTH, tmp_path / "inbox" / MONTH)
    return office(tmp_path / "home", str(tmp_path / "inbox"), sample), tmp_path / "inbox" / MONTH


def test_moved_lost_and_replaced_files_do_no_harm(own: tuple[Office, Path]) -> None:
    of, box = own
    first = run(of)
    before = readings(of)
    one, two, three, *_ = sorted(p for p in box.rglob("*.xlsx"))
    one.rename(one.with_name("改名.xlsx"))
    two.unlink()
    os.utime(three)
    receipts = run(of)
    assert readings(of) == before
    new = receipts[len(first) :]
    assert [path.rsplit("/", 1)[-1] for path in new["path"]] == ["改名.xlsx"]
    assert "already_received" in new["problems"].iloc[0]


def test_full_hash_finds_another_content_that_has_the_same_size_and_time(own: tuple[Office, Path]) -> None:
    from dataclasses import replace

    of, box = own
    first = run(of)
    one, two, *_ = sorted(p for p in box.rglob("*.xlsx") if p.stat().st_size > 0)
    stat, data = one.stat(), two.read_bytes()
    one.write_bytes(data[: stat.st_size].ljust(stat.st_size, b"\0"))
    os.utime(one, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert len(run(of)) == len(first)  # by size and time it is the same file
    full = replace(of.settings, is_full_hash=True)
    found = run_month(full, MONTH, job="intake", is_quiet=True).values["submission"]
    assert len(found) == len(first) + 1
    assert found["path"].iloc[-1] == one.relative_to(box.parent).as_posix()
    again = run_month(full, MONTH, job="intake", is_quiet=True).values["submission"]
    assert len(again) == len(found)


def test_a_bundle_is_as_good_as_its_files(sample: Path, own: tuple[Office, Path], tmp_path: Path) -> None:
    of, box = own
    bundled = tmp_path / "other" / MONTH
    bundled.mkdir(parents=True)
    with zipfile.ZipFile(bundled / "全镇.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(box.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(box).as_posix())
    other = office(tmp_path / "otherhome", str(bundled.parent), sample)
    loose, bundle = run(of), run(other)
    assert set(bundle.loc[bundle["kind"] != "zip", "sha256"]) == set(loose["sha256"])
    assert readings(of) == readings(other)
    assert bundle["kind"].iloc[0] == "zip"
    assert bundle["path"].iloc[1].startswith(f"{MONTH}/全镇.zip!/")
    assert len(run(other)) == len(bundle)


def test_a_file_that_has_not_come_to_rest_waits(own: tuple[Office, Path]) -> None:
    from dataclasses import replace

    of, box = own
    young = sorted(box.rglob("*.xlsx"))[0]
    for path in box.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))
    os.utime(young)
    settings = replace(of.settings, rest_seconds=600.0)
    receipts = run_month(settings, MONTH, job="intake", is_quiet=True).values["submission"]
    assert young.relative_to(box.parent).as_posix() not in set(receipts["path"])
    assert len(run(of)) == len(receipts) + 1
