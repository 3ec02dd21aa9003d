"""The vault gives back what was put in, or says that it cannot; what is sent again mends it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sources.crew import Task, read_files
from sources.vault import KeptBytesError, Vault
from tests.dialects.compare import KIT

DATA = "村名,1\n甲村,2\n".encode()
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", "memory"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    return Vault(str(tmp_path) if request.param == "folder" else f"memory://vault-{tmp_path.name}")


def spoil(vault: Vault, data: bytes) -> None:
    (vault._url(SHA) if vault._remote else vault._local(SHA)).write_bytes(data)


def test_what_was_changed_is_not_given_and_what_comes_again_mends_it(vault: Vault) -> None:
    vault.put(SHA, DATA)
    assert (vault.get(SHA), vault.fault_of(SHA), vault.digests()) == (DATA, "", [SHA])
    for spoilt in (DATA[:-1], DATA.replace(b"2", b"3"), b""):
        spoil(vault, spoilt)
        assert vault.fault_of(SHA) == "kept_bytes_damaged"
        with pytest.raises(KeptBytesError):
            vault.get(SHA)
        vault.put(SHA, DATA)
        assert vault.get(SHA) == DATA


def test_what_is_not_there_is_said_to_be_missing(vault: Vault) -> None:
    assert vault.digests() == []
    assert vault.fault_of(SHA) == "kept_bytes_missing"


def test_the_crew_reads_nothing_that_is_damaged(tmp_path: Path) -> None:
    vault = Vault(str(tmp_path))
    vault.put(SHA, DATA)
    spoil(vault, DATA.replace(b"2", b"3"))
    tasks = [Task("", "a.csv", SHA), Task("", "b.csv", "0" * 64)]
    told = [reading.problems[0] for _, reading in read_files(tasks, KIT, str(tmp_path), workers=1)]
    assert [problem.name for problem in told] == ["kept_bytes_damaged", "kept_bytes_missing"]
    assert told[0].details == {"sha256": SHA[:16], "path": "a.csv"}
