"""The store's tables, made from the dictionary: fixed tables, and wide ones with a column for every indicator."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from schemas.accounts import LEVEL_COLUMNS
from schemas.dictionary import Dictionary

Text, Integer, Double = sa.Text, sa.Integer, sa.Double[float]()


@dataclass(frozen=True)
class StoreTables:
    """Every table of the store. Money and persons alike are double precision: whole numbers are exact to 2**53."""

    metadata: sa.MetaData
    dictionary_edition: sa.Table
    store_shape: sa.Table
    place: sa.Table
    place_edition: sa.Table
    place_event: sa.Table
    inbox_file: sa.Table
    submission: sa.Table
    reading: sa.Table
    reading_plan: sa.Table
    month_record: sa.Table
    village_report: sa.Table
    finding: sa.Table
    rule_outcome: sa.Table
    village_outcome: sa.Table
    hint: sa.Table
    query: sa.Table
    pattern_evidence: sa.Table
    pattern_flag: sa.Table
    place_figure: sa.Table
    stated_total: sa.Table
    department_count: sa.Table
    reconciliation: sa.Table
    release: sa.Table
    answer: sa.Table
    sealed_decision: sa.Table

    @property
    def shape(self) -> str:
        """Changes when a table or column is added, by the dictionary or by the program, or when others are unique or indexed."""
        tables = self.metadata.sorted_tables
        columns = [
            f"{table.name}.{column.name} {type(column.type).__name__} {column.index}" for table in tables for column in table.columns
        ]
        unique = [
            f"{table.name} {sorted(tuple(c.columns.keys()) for c in table.constraints if isinstance(c, sa.UniqueConstraint))}"
            for table in tables
        ]
        return hashlib.sha256("\n".join((*columns, *unique)).encode()).hexdigest()[:16]

    @property
    def of_month(self) -> dict[str, sa.Table]:
        """Tables that hold one month's results and are written together, in one transaction."""
        of_rules = ("finding", "rule_outcome", "village_outcome", "hint", "query")
        of_others = ("stated_total", "department_count", "reconciliation", "pattern_evidence", "pattern_flag")
        names = ("village_report", *of_rules, "place_figure", *of_others)
        return {name: getattr(self, name) for name in names}


def store_tables(dictionary: Dictionary) -> StoreTables:
    """Describe the tables for this dictionary; creates nothing."""
    metadata = sa.MetaData()

    def text(name: str, **options: object) -> sa.Column[str]:
        return sa.Column(name, Text, nullable=False, server_default="", **options)  # type: ignore[arg-type]

    def number(name: str) -> sa.Column[int]:
        return sa.Column(name, Integer, nullable=False, server_default="0")

    def figures() -> list[sa.Column[float]]:
        return [sa.Column(code, Double) for code in dictionary.codes]

    def of_month(name: str, *columns: sa.Column[Any]) -> sa.Table:
        keys = (sa.Column("month", Text, primary_key=True), sa.Column("row_no", Integer, primary_key=True, autoincrement=False))
        return sa.Table(name, metadata, *keys, *columns)

    derived = [
        sa.Column(column, Double)
        for code, entry in dictionary.derived.items()
        for column in ((code, f"{code}__low", f"{code}__high") if entry.interval else (code,))
    ]
    return StoreTables(
        metadata=metadata,
        dictionary_edition=sa.Table(
            "dictionary_edition",
            metadata,
            sa.Column("version", Text, primary_key=True),
            text("reading_version"),
            text("content"),
            text("recorded_at"),
        ),
        store_shape=sa.Table("store_shape", metadata, sa.Column("digest", Text, primary_key=True)),
        place=sa.Table(
            "place",
            metadata,
            sa.Column("code", Text, primary_key=True),
            sa.Column("valid_from", Text, primary_key=True),
            text("valid_to"),
            text("level"),
            text("name"),
            text("name_en"),
            text("parent_code"),
            text("urban_rural"),
        ),
        place_edition=sa.Table("place_edition", metadata, sa.Column("digest", Text, primary_key=True)),
        place_event=sa.Table(
            "place_event",
            metadata,
            sa.Column("date", Text, primary_key=True),
            sa.Column("kind", Text, primary_key=True),
            sa.Column("from_code", Text, primary_key=True),
            sa.Column("to_code", Text, primary_key=True),
            sa.Column("share", Double),
        ),
        inbox_file=sa.Table(
            "inbox_file",
            metadata,
            sa.Column("path", Text, primary_key=True),
            sa.Column("sent_for", Text, primary_key=True),
            sa.Column("size", sa.BigInteger, nullable=False),
            sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        ),
        submission=sa.Table(
            "submission",
            metadata,
            sa.Column("id", Integer, primary_key=True, autoincrement=False),
            text("sha256", index=True),
            text("path", index=True),
            sa.Column("size", sa.BigInteger, nullable=False),
            text("arrived_at"),
            text("sent_for", index=True),
            text("recorded_at"),
            text("status"),
            text("kind"),
            text("layout"),
            text("return"),
            sa.Column("score", Double),
            text("runner_up"),
            number("n_records"),
            number("n_cells"),
            text("problems"),
            text("style"),
        ),
        reading=sa.Table(
            "reading",
            metadata,
            sa.Column("sha256", Text, primary_key=True),
            sa.Column("reading_version", Text, primary_key=True),
            sa.Column("ordinal", Integer, primary_key=True, autoincrement=False),
            *[text(n) for n in ("role", "level", "return", "place_code", "place_name", "parent_name", "month")],
            *[text(n) for n in ("form_version", "filled_by", "checked_by", "date_sent", "plan_id", "wrong_sums", "totals", "row_note")],
            *[text(n) for n in ("period", "title_month", "reasons")],
            number("row_no"),
            text("states"),
            *figures(),
        ),
        reading_plan=sa.Table("reading_plan", metadata, sa.Column("id", Text, primary_key=True), text("content")),
        month_record=sa.Table(
            "month_record",
            metadata,
            sa.Column("month", Text, primary_key=True),
            text("dictionary_version"),
            text("digest"),
            text("recorded_at"),
        ),
        village_report=of_month(
            "village_report",
            *[
                text(n)
                for n in ("village_code", "village_name", "town_code", "town_name", "county_code", "county_name", "status", "reading_ids")
            ],
            number("is_on_time"),
            *[sa.Column(code, Double) for code in dictionary.attributes],
            *figures(),  # again beside `reading`: the history of 36 months is one look at one table, whatever the readings' edition
        ),
        finding=of_month(
            "finding",
            *[
                text(n)
                for n in ("rule_id", "rule", "severity", "track", "place_level", "place_code", "village_code", "town_code", "county_code")
            ],
            *[text(n) for n in ("place_name", "indicators", "cells", "label_zh", "label_en", "say_zh", "say_en", "do_zh", "do_en")],
            number("level"),
            *[sa.Column(n, Double) for n in ("observed", "expected", "gap")],
        ),
        rule_outcome=of_month(
            "rule_outcome",
            *[text(n) for n in ("rule_id", "place_level", "town_code")],
            *[number(n) for n in ("position", "level", "n_pass", "n_fail", "n_cannot_tell", "n_not_applicable", "n_broken")],
        ),
        village_outcome=of_month(
            "village_outcome", *[text(n) for n in ("village_code", "town_code", "outcomes")], *[number(n) for n in LEVEL_COLUMNS]
        ),
        hint=of_month(
            "hint",
            *[text(n) for n in ("village_code", "place_name", "town_code", "rules", "indicators", "cells", "shown", "fits", "repair")],
            *[text(n) for n in ("say_zh", "say_en")],
            *[number(n) for n in ("group_no", "rank", "is_determined")],
        ),
        query=of_month(
            "query",
            *[text(n) for n in ("place_level", "place_code", "place_name", "town_code", "county_code", "severity", "rules", "indicator")],
            *[number(n) for n in ("rank", "n_findings", "is_above_line")],
            *[sa.Column(n, Double) for n in ("shown", "expected", "suspicion", "influence")],
        ),
        pattern_evidence=of_month(
            "pattern_evidence",
            *[text(n) for n in ("village_code", "town_code", "detector", "family", "months", "codes", "partner_code")],
            number("window_months"),
            *[sa.Column(n, Double) for n in ("p", "e", "observed", "expected")],
        ),
        pattern_flag=of_month(
            "pattern_flag",
            *[text(n) for n in ("village_code", "lines")],
            *[number(n) for n in ("is_check", "is_strong", "rank_order")],
            *[sa.Column(n, Double) for n in ("p", "e", "influence")],
        ),
        place_figure=of_month(
            "place_figure",
            *[text(n) for n in ("place_level", "place_code", "place_name", "parent_code")],
            *[number(n) for n in dictionary.completeness],
            *figures(),
            *[number(f"{code}__n") for code in dictionary.codes],
            *derived,
        ),
        stated_total=of_month(
            "stated_total",
            *[text(n) for n in ("place_level", "place_code", "indicator", "source_file", "cell")],
            sa.Column("stated", Double),
        ),
        department_count=of_month(
            "department_count",
            *[text(n) for n in ("source", "count_month", "place_level", "place_code", "indicator", "sent_for", "source_file", "cell")],
            sa.Column("count", Double),
            number("submission"),
        ),
        reconciliation=of_month(
            "reconciliation",
            *[text(n) for n in ("source", "indicator", "place_level", "place_code", "place_name", "parent_code")],
            *[text(n) for n in ("our_month", "their_month", "status")],
            *[number(n) for n in ("span", "places_compared", "places_expected")],
            *[sa.Column(n, Double) for n in ("ours", "theirs", "expected", "low", "high", "ratio", "p_value")],
        ),
        release=sa.Table(
            "release",
            metadata,
            sa.Column("month", Text, primary_key=True),
            sa.Column("vintage", Integer, primary_key=True, autoincrement=False),
            *[text(n) for n in ("released_at", "signed_by", "reason", "dictionary_version", "digest", "manifest")],
        ),
        answer=sa.Table(
            "answer",
            metadata,
            sa.Column("id", Integer, primary_key=True, autoincrement=False),
            text("month", index=True),
            *[text(n) for n in ("place_code", "rule_id", "kind", "text", "answered_by", "answered_at")],
            *[sa.Column(n, Double) for n in ("observed", "expected")],
        ),
        sealed_decision=sa.Table(
            "sealed_decision",
            metadata,
            sa.Column("number", Text, primary_key=True),  # of the receipt: one decision a file
            *[text(n) for n in ("decision", "decided_by", "reason", "decided_at", "path", "sent_for", "arrived_at")],
            text("sha256"),  # of what was let through; nothing of what was deleted
        ),
    )
