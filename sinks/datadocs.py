"""The month's data-quality suite as Great Expectations sees it: run over the batch, shown as a static site. Only this file imports GX.

The excess columns are those that pandera was given (methods.confront): nothing is computed again, the two only show the same outcomes.
Importing this module costs seconds: whoever needs it imports it where it is called.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read when GX is imported

import great_expectations as gx
import numpy as np
import pandas as pd
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from pandas.api.types import is_numeric_dtype

from schemas.expectations import ASKED, PLACE_COLUMNS, Batch, ExpectationRecord
from sinks.datadocs_kept import OUTCOME_COLUMNS, keep_outcomes
from sinks.datadocs_pages import MOST_CASES, BatchPages, RuleResult, index_page, result_page, rules_page

_FROM_RESULT, _FROM_RULES = "../../../../", "../"
_SOURCE = "cunbao"


class RuleExcessOutcome(TableMetricProvider):
    """Of one column of excess: how many places were asked, cannot be told and lie beyond the bounds, and the first of these by name.

    A metric of our own: GX's column maps with a row condition look at every column of the batch several times for every rule.
    """

    metric_name = "rule_excess.outcome"
    value_keys = ("column", "asked", "least", "most")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # GX makes a class method of it
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> dict[str, Any]:
        frame, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE)
        column, asked, least, most = (metric_value_kwargs[key] for key in RuleExcessOutcome.value_keys)
        excess = frame[column]
        if not is_numeric_dtype(excess):
            raise TypeError(str(excess.iloc[0]))  # why the rule's evaluation failed stands where its figures would
        is_asked = np.ones(len(frame), dtype=bool) if asked is None else frame[asked].to_numpy(dtype=bool)
        values = excess.to_numpy(dtype=np.float64)
        low, high = (-np.inf if least is None else least), (np.inf if most is None else most)
        with np.errstate(invalid="ignore"):
            fails = is_asked & ((values < low) | (values > high))
        first = np.flatnonzero(fails)[:MOST_CASES]
        return {
            "element_count": int(is_asked.sum()),
            "missing_count": int((is_asked & np.isnan(values)).sum()),
            "unexpected_count": int(fails.sum()),
            "partial_unexpected_index_list": frame.iloc[first][list(PLACE_COLUMNS[1:])].assign(excess=values[first]).to_dict("records"),
        }


class ExpectRuleToHold(BatchExpectation):
    """A rule of the county's rule book holds in every place of which it was asked. `asked`: the column that tells of whom."""

    column: str
    asked: str | None = None
    least: float | None = None
    most: float | None = None

    metric_dependencies = (RuleExcessOutcome.metric_name,)
    success_keys = RuleExcessOutcome.value_keys
    args_keys = RuleExcessOutcome.value_keys

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        del runtime_configuration, execution_engine
        found = metrics[RuleExcessOutcome.metric_name]
        return {"success": found["unexpected_count"] == 0, "result": found}


class ExpectBalanceToHold(ExpectRuleToHold):
    """Two sides that are to be equal are: their difference beyond what is tolerated is nought."""


class ExpectLimitToHold(ExpectRuleToHold):
    """A figure keeps within its limit: nothing lies beyond it."""


class DataDocsError(RuntimeError):
    """A page was not made. GX logs what goes wrong while it renders and goes on; a site with a page missing is not shown."""


def write_datadocs(folder: Path, batches: Sequence[Batch], *, month: str, made_at: str, digest: str) -> pd.DataFrame:
    """Validate the excess columns and write the site to `folder`, which is replaced when all of it is there.

    Args:
        folder: where the site goes.
        batches: what to validate; one without places or rules is left out.
        month: 'YYYY-MM'.
        made_at: ISO time, for the names of the pages.
        digest: of what is shown (`sinks.datadocs_kept`).

    Returns:
        What GX found: batch, rule_id, n_asked, n_fail, n_cannot_tell, error ('' unless the check broke).

    Raises:
        DataDocsError: a page is missing.
        OSError: the site cannot be written.
    """
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    staging = folder.with_name(f".{folder.name}-{os.getpid()}")
    shutil.rmtree(staging, ignore_errors=True)
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)
    context.add_data_docs_site("month", _site(staging.resolve()))
    source = context.data_sources.add_pandas(_SOURCE)
    run = RunIdentifier(run_name=month, run_time=dt.datetime.fromisoformat(made_at))
    asked = [batch for batch in batches if len(batch.excess) and batch.records]
    try:
        outcomes = [_validate(context, source, batch, month, run) for batch in asked]
        context.build_data_docs(site_names=["month"])
        shutil.rmtree(staging / "static", ignore_errors=True)  # GX's own pictures and fonts: our pages use none
        pages = list(staging.rglob("*.html"))
        if len(pages) != 1 + 2 * len(asked) or not all(page.stat().st_size for page in pages):
            raise DataDocsError(f"of {1 + 2 * len(asked)} pages GX made {[str(p.relative_to(staging)) for p in pages]}")
        found = pd.concat(outcomes, ignore_index=True) if outcomes else _outcomes("", [])
        keep_outcomes(staging, digest, found)
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return found


def _validate(context: Any, source: Any, batch: Batch, month: str, run: RunIdentifier) -> pd.DataFrame:
    partly = {c.removesuffix(ASKED) for c in batch.excess.columns if c.endswith(ASKED)}
    expectations = [_expectation(record, is_partly_asked=record.rule_id in partly) for record in batch.records]
    meta = {"month": month, "title_zh": batch.title.zh, "title_en": batch.title.en, "n_places": len(batch.excess)}
    suite = context.suites.add(gx.ExpectationSuite(name=batch.name, expectations=expectations, meta=meta))
    whole = source.add_dataframe_asset(batch.name).add_batch_definition_whole_dataframe("all")
    definition = gx.ValidationDefinition(name=batch.name, data=whole, suite=suite)
    result = context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": batch.excess},
        run_id=run,
    )
    return _outcomes(batch.name, _rules(result, len(batch.excess)))


def _expectation(record: ExpectationRecord, *, is_partly_asked: bool) -> Any:
    kind = ExpectBalanceToHold if record.is_balance else ExpectLimitToHold
    said = {"rule_id": record.rule_id, "level": record.level, "severity": record.severity}
    for name, text in (("label", record.label), ("formula", record.formula), ("do", record.todo)):
        said |= {f"{name}_zh": text.zh, f"{name}_en": text.en}
    return kind(
        column=record.rule_id,
        asked=record.rule_id + ASKED if is_partly_asked else None,
        least=record.least,
        most=record.most,
        severity=FailureSeverity(record.importance),
        description=f"{record.sentence.zh} {record.sentence.en}",
        meta=said,
    )


def _rules(result: Any, n_places: int) -> list[RuleResult]:
    """What GX found. An expectation that could not be evaluated comes as success=False: its exception_info tells."""
    rules = []
    for one in result.results:
        told, error, config = one.result or {}, _error(one.exception_info), one.expectation_config
        column = config.kwargs["column"]
        n_asked = int(told.get("element_count") or 0)
        cases = told.get("partial_unexpected_index_list") or []
        counts = (n_asked, int(told.get("unexpected_count") or 0), int(told.get("missing_count") or 0), n_places - n_asked)
        rules.append(RuleResult(column, config.meta, *counts, error, cases))
    order = {rule.rule_id: n for n, rule in enumerate(sorted(rules, key=lambda r: r.said["level"]))}
    return sorted(rules, key=lambda rule: order[rule.rule_id])


def _outcomes(name: str, rules: Sequence[RuleResult]) -> pd.DataFrame:
    rows = [(name, r.rule_id, r.n_asked, r.n_fail, r.n_cannot_tell, r.error) for r in rules]
    return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS))


def _error(info: Any) -> str:
    """The message of an exception, however deep GX has wrapped it."""
    if not isinstance(info, Mapping):
        return ""
    if "raised_exception" in info:
        return str(info.get("exception_message") or "exception") if info["raised_exception"] else ""
    return next((text for inner in info.values() if (text := _error(inner))), "")


def _site(folder: Path) -> dict[str, Any]:
    def made_by(renderer: str) -> dict[str, Any]:
        here = {"module_name": __name__}
        return {"renderer": {**here, "class_name": renderer}, "view": {**here, "class_name": "PageView"}}

    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", **made_by("IndexRenderer")},
        "site_section_builders": {
            "expectations": made_by("RulesRenderer"),
            "validations": made_by("ResultRenderer"),
            "profiling": "None",  # as GX writes that there is none
        },
    }


class PageView:
    """GX's last step from a rendered document to text; our renderers give text already."""

    def __init__(self, custom_styles_directory: str | None = None, custom_views_directory: str | None = None) -> None:
        del custom_styles_directory, custom_views_directory

    def render(self, document: str, **_options: Any) -> str:
        """The page."""
        return document


class _Renderer:
    def __init__(self, data_context: Any) -> None:
        self.context = data_context

    def _batch(self, result: Any, page: str) -> BatchPages:
        meta = self.context.suites.get(result.suite_name).meta
        rules = _rules(result, meta["n_places"])
        at = f"expectations/{result.suite_name}.html"
        return BatchPages(meta["month"], meta["title_zh"], meta["title_en"], meta["n_places"], rules, page, at)


class ResultRenderer(_Renderer):
    """A validation result as a page."""

    def render(self, result: Any) -> str:
        """The page of one batch's results."""
        return result_page(self._batch(result, ""), _FROM_RESULT)


class RulesRenderer(_Renderer):
    """An expectation suite as a page."""

    def render(self, suite: Any) -> str:
        """The page of one batch's rules, in words."""
        said = sorted((one.meta for one in suite.expectations), key=lambda meta: meta["level"])
        return rules_page(f"{suite.meta['title_zh']} {suite.meta['title_en']}", said, _FROM_RULES)


class IndexRenderer(_Renderer):
    """The site's first page."""

    def render(self, links: Mapping[str, Any]) -> str:
        """The page, with the results that the links lead to."""
        batches = []
        for link in links.get("validations_links", []):
            key = {name: link[name] for name in ("batch_identifier", "expectation_suite_name", "run_id")}
            batches.append(self._batch(self.context.get_validation_result(**key), link["filepath"]))
        return index_page(sorted(batches, key=lambda batch: batch.rules_page, reverse=True))
