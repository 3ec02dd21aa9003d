"""What is known of a month's Data Docs without importing Great Expectations: whether they are still true, and what they say."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from schemas.expectations import Batch
from sinks import datadocs_pages

_KEPT = "outcomes.json"
OUTCOME_COLUMNS = ("batch", "rule_id", "n_asked", "n_fail", "n_cannot_tell", "error")


def site_digest(batches: Sequence[Batch], month: str) -> str:
    """Changes when a rule, its wording, an outcome, a place's name or the look of the pages changes."""
    digest = hashlib.sha256(Path(datadocs_pages.__file__).read_bytes())
    digest.update(month.encode())
    for batch in batches:
        digest.update(repr((batch.name, batch.title, batch.records, list(batch.excess.columns))).encode())
        digest.update(pd.util.hash_pandas_object(batch.excess, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def kept_outcomes(site: Path, digest: str) -> pd.DataFrame | None:
    """The outcomes that the site shows, or None when there is no site or it shows something else."""
    try:
        kept = json.loads((site / _KEPT).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(kept, dict) or kept.get("digest") != digest or not (site / "index.html").is_file():
        return None
    if kept.get("checksum") != _checksum(kept.get("outcomes")):  # changed since it was written: made anew
        return None
    return pd.DataFrame(kept["outcomes"], columns=list(OUTCOME_COLUMNS))


def _checksum(outcomes: object) -> str:
    return hashlib.sha256(json.dumps(outcomes, ensure_ascii=False).encode()).hexdigest()


def keep_outcomes(site: Path, digest: str, outcomes: pd.DataFrame) -> None:
    """Put the outcomes beside the pages: also for whoever would rather read JSON."""
    rows = outcomes[list(OUTCOME_COLUMNS)].values.tolist()
    text = json.dumps({"digest": digest, "checksum": _checksum(rows), "outcomes": rows}, ensure_ascii=False)
    (site / _KEPT).write_text(text + "\n", "utf-8")


def forget_site(site: Path) -> None:
    """Remove pages that are no longer true and are not made anew: no page is better than an old one."""
    shutil.rmtree(site, ignore_errors=True)
