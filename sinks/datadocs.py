"""The month's data-quality suite as Great Expectations sees it: run over the batch, shown as a static site. Only this file imports GX.

The gaps are those that pandera was given (methods.confront): nothing is computed again, the two only show the same outcomes.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from schemas.expectations import ExpectationRecord

_KEY = "村代码 village_code"
_OUTSIDE = re.compile(r"<(?:link|script)\b[^>]*(?:https?:)?//[^>]*>(?:\s*</script>)?", re.IGNORECASE)
_NEWSLETTER = re.compile(r"<footer\b.*?</footer>", re.IGNORECASE | re.DOTALL)
_PICTURE = re.compile(r"url\(['\"]?https?://[^)]*\)", re.IGNORECASE)
_LOGO = re.compile(r"<img\b[^>]*https?://[^>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class DataDocs:
    """`index`: the site's first page. `outcomes`: rule_id, n_fail, n_cannot_tell, error ('' unless the check itself broke)."""

    index: Path
    outcomes: pd.DataFrame


def write_datadocs(folder: Path, records: Sequence[ExpectationRecord], excess: pd.DataFrame, villages: pd.Series, *, name: str) -> DataDocs:
    """Validate the excess columns and write the site to `folder`, which is replaced.

    Args:
        folder: where the site goes.
        records: one a column of `excess`, by `rule_id`.
        excess: villages × rule ids, float64: gap beyond tolerance, NaN where it cannot be told.
        villages: their codes, same order.
        name: of the suite, such as '2024-03'.

    Raises:
        OSError: the site cannot be written.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    staging = folder.with_name(f".{folder.name}-{os.getpid()}")
    shutil.rmtree(staging, ignore_errors=True)
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)
    context.add_data_docs_site("month", _site(staging.resolve()))
    columns = {record.rule_id: record.column for record in records}
    batch = excess.rename(columns=columns).assign(**{_KEY: villages.to_numpy()})
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=[_expectation(record) for record in records]))
    asset = context.data_sources.add_pandas("village_report").add_dataframe_asset("month")
    definition = gx.ValidationDefinition(name=name, data=asset.add_batch_definition_whole_dataframe("all"), suite=suite)
    result = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": batch},
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": [_KEY], "include_unexpected_rows": False},
    )
    context.build_data_docs(site_names=["month"])
    for page in staging.rglob("*.html"):
        page.write_text(_at_home(page.read_text("utf-8")), "utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    staging.rename(folder)
    return DataDocs(folder / "index.html", _outcomes(result, records))


@cache
def _rule_expectation() -> Any:
    """The custom expectation, made once: GX registers a class when it is defined."""
    import great_expectations.expectations as gxe

    class ExpectRuleToHold(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[name-defined, misc]
        """A balance or comparison holds in every village: its gap beyond tolerance is nought. Shown in words."""

    return ExpectRuleToHold


def _expectation(record: ExpectationRecord) -> Any:
    return _rule_expectation()(
        column=record.column,
        min_value=record.least,
        max_value=record.most,
        severity=record.importance,
        description=f"{record.sentence_zh}<br>{record.sentence_en}",
        meta={"rule_id": record.rule_id, "level": record.level},
    )


def _outcomes(result: Any, records: Sequence[ExpectationRecord]) -> pd.DataFrame:
    """What GX found. An expectation that could not be evaluated comes as success=False: its exception_info tells."""
    ids = {record.column: record.rule_id for record in records}
    rows = []
    for one in result.results:
        told = one.result or {}
        error = _error(one.exception_info)
        found = (int(told.get("unexpected_count", 0)), int(told.get("missing_count", 0)))
        rows.append((ids[one.expectation_config.kwargs["column"]], *found, error))
    frame = pd.DataFrame(rows, columns=["rule_id", "n_fail", "n_cannot_tell", "error"])
    return frame.sort_values("rule_id", ignore_index=True)


def _error(info: Any) -> str:
    """The message of an exception, however deep GX has wrapped it."""
    if not isinstance(info, dict):
        return ""
    if "raised_exception" in info:
        return str(info.get("exception_message") or "exception") if info["raised_exception"] else ""
    return next((text for inner in info.values() if (text := _error(inner))), "")


def _site(folder: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }


def _at_home(page: str) -> str:
    """The page without anything fetched from elsewhere: an office may have no way out, and nobody need know that it is read."""
    for outside in (_LOGO, _OUTSIDE, _NEWSLETTER, _PICTURE):
        page = outside.sub("", page)
    return page.replace("</head>", f"<style>{_STYLE}</style></head>", 1)


_STYLE = """
body{font:14px/1.5 "Noto Sans CJK SC","Microsoft YaHei","WenQuanYi Zen Hei",sans-serif;color:#222;margin:1.5em}
table{border-collapse:collapse;margin:.5em 0}td,th{border:1px solid #ddd;padding:4px 8px;vertical-align:top;text-align:left}
.row{display:flex;flex-wrap:wrap;gap:1em}.col-md-2,.col-lg-2{flex:0 0 18em}.col-md-10,.col-lg-10,.col-md-8,.col-lg-8{flex:1 1 40em}
ul{padding-left:1.2em}a{color:#0b5394;text-decoration:none}a:hover{text-decoration:underline}
.navbar{margin-bottom:1em}.breadcrumb{display:flex;gap:.5em;list-style:none;padding:0}.hide,.modal,.d-none{display:none}
.fa-check-circle::before{content:"✔";color:#2e7d32}.fa-times::before{content:"✘";color:#c62828}
.fa-exclamation-triangle::before{content:"⚠";color:#e69500}i{font-style:normal}
.badge{padding:0 .4em;border-radius:3px;background:#eee}.table-responsive{overflow:auto}
"""
