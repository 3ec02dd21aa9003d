"""Lists of persons among a month's files are set aside, and nothing of them is anywhere in the home; office files are not set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cases.office import Offices


def test_every_given_list_is_set_aside_and_every_innocent_file_is_not(offices: Offices, shared_cases: Path) -> None:
    lists = {p.name: p for p in sorted((shared_cases / "persons" / "to_be_set_aside").iterdir())}
    lists["orphan_shared_strings.xlsx"] = shared_cases / "files" / "orphan_shared_strings.xlsx"
    innocent = {p.name: p for p in sorted((shared_cases / "persons" / "innocent").iterdir())}
    march = offices.march({**lists, **innocent}, instead_of=())
    told: dict[str, Any] = {name: march.submission(name)["status"] for name in (*lists, *innocent)}
    assert {name: told[name] for name in lists if told[name] not in ("quarantined", "sealed")} == {}
    assert {name: told[name] for name in innocent if told[name] not in ("read", "refused")} == {}
    assert "[CB-2110]" in march.receipt_words("couples.xlsx")
    assert (
        march.holds(
            "欧阳甯赟", "440106199102036191", "440106.19910203.6191", "诸葛旻甯", "510104197601048601", "张翀璟", "33010219900307567X"
        )
        == []
    )
