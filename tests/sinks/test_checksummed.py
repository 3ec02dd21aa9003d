"""What is kept to be used again is used as it was kept, or made anew: no flipped bit and no cut of a memo or a frame is believed."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from sinks.checksummed import add_checksum, verified
from sinks.datadocs_kept import OUTCOME_COLUMNS, keep_outcomes, kept_outcomes
from sinks.memo import Memo
from tests.conftest import SOAK
from tests.sources.damage import damaged

FLIPS, CUTS = (10_000, 2_000) if SOAK else (300, 100)
FRAME = pd.DataFrame(
    {"id": np.arange(300), "births_m": np.arange(300.0) % 7, "path": [f"2024-03/{n}村.xlsx" for n in range(300)], "text": ["完"] * 300}
)


def test_no_damaged_memo_is_believed_and_no_process_dies(tmp_path: Path) -> None:
    Memo(tmp_path).put("reading-2024-03", "key", FRAME, new=len(FRAME))
    path = tmp_path / "reading-2024-03" / "key.arrow"
    sound = path.read_bytes()
    for spoilt in damaged(sound, random.Random(12), FLIPS, CUTS):
        path.write_bytes(spoilt)
        assert Memo(tmp_path).get("reading-2024-03", "key") is None
    path.write_bytes(sound)
    kept = Memo(tmp_path).get("reading-2024-03", "key")
    assert kept is not None
    assert_frame_equal(kept, FRAME)


def test_a_memo_with_forty_flipped_bits_or_eight_changed_bytes_is_made_anew(tmp_path: Path) -> None:
    chance = random.Random(3)
    Memo(tmp_path).put("x", "key", FRAME, new=len(FRAME))
    path = tmp_path / "x" / "key.arrow"
    sound = path.read_bytes()
    for _ in range(100):
        made = bytearray(sound)
        for _ in range(40):
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
        path.write_bytes(made)
        assert Memo(tmp_path).get("x", "key") is None
    at = sound.index(np.float64(6.0).tobytes())
    path.write_bytes(sound[:at] + np.float64(1006.0).tobytes() + sound[at + 8 :])
    assert Memo(tmp_path).get("x", "key") is None
    Memo(tmp_path).put("x", "key", FRAME, new=len(FRAME))
    assert path.read_bytes() == sound


def test_a_memo_of_an_older_program_is_no_memo(tmp_path: Path) -> None:
    import pyarrow as pa

    path = tmp_path / "x" / "key.arrow"
    path.parent.mkdir()
    table = pa.Table.from_pandas(FRAME)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert Memo(tmp_path).get("x", "key") is None


@pytest.mark.parametrize("content", [b"", b"{}", bytes(100)])
def test_what_was_sealed_comes_back(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert verified(path) is None
    add_checksum(path)
    assert bytes(verified(path) or b"") == content


def test_kept_outcomes_of_data_docs_that_were_changed_are_not_believed(tmp_path: Path) -> None:
    outcomes = pd.DataFrame([("village", "a", 12, 0, 0, "")], columns=list(OUTCOME_COLUMNS))
    (tmp_path / "index.html").write_text("page")
    keep_outcomes(tmp_path, "digest", outcomes)
    kept = kept_outcomes(tmp_path, "digest")
    assert kept is not None
    assert kept.to_numpy().tolist() == outcomes.to_numpy().tolist()
    path = tmp_path / "outcomes.json"
    changed = json.loads(path.read_text("utf-8"))
    changed["outcomes"][0][3] = 8
    path.write_text(json.dumps(changed), "utf-8")
    assert kept_outcomes(tmp_path, "digest") is None
    path.write_text("[]", "utf-8")
    assert kept_outcomes(tmp_path, "digest") is None
