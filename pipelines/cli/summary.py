"""The summary at the end of a run: what came, what is missing, what to ask, where everything is."""

from __future__ import annotations

from typing import Any

from pipelines.cli.month_run import MonthRun
from pipelines.cli.screen import console, say
from schemas.dictionary import load_dictionary
from schemas.periodnames import period_label

_SEVERITIES = (("mandatory", "强制性"), ("near_mandatory", "准强制性"), ("verify", "核实性"))


def files_of(done: MonthRun) -> dict[str, Any]:
    """Counts of files, and each file that was not read with its reason."""
    receipts = done.values["receipt"]
    not_read = receipts[~receipts["status"].isin(["read", "let_through"])]  # what was let through is a submission of its own
    return {
        "received": len(receipts),
        "read": int((receipts["status"] == "read").sum()),
        "refused": int((receipts["status"] == "refused").sum()),
        "quarantined": int((receipts["status"] == "quarantined").sum()),
        "sealed": int((receipts["status"] == "sealed").sum()),
        "not_read": [
            {
                "file": row.rel_path,
                "status": row.status,
                "code": row.problems[0]["code"],
                "say_zh": row.problems[0]["say_zh"],
                "say_en": row.problems[0]["say_en"],
            }
            for row in not_read.itertuples()
        ],
    }


def summary_of(done: MonthRun) -> dict[str, Any]:
    """Everything the summary says, as plain data."""
    report, findings, compared = (done.values[name] for name in ("village_report", "finding", "reconciliation"))
    expected = report[(report["is_place_unknown"] != 1) & (report["is_place_expired"] != 1)]
    folder = done.settings.outbox / done.month
    return {
        "month": done.month,
        "changed": done.has_changed,
        "files": files_of(done),
        "sealed": files_of(done)["sealed"],
        "villages": {
            "expected": len(expected),
            "reported": int((expected["status"] == "accepted").sum()),
            "on_time": int(expected["is_on_time"].sum()),
            "missing": int((expected["status"] == "missing").sum()),
            "held": int((report["status"] == "held").sum()),
        },
        "returns": _returns_of(done),
        "findings": {severity: int((findings["severity"] == severity).sum()) for severity, _ in _SEVERITIES},
        "departments": {status: int((compared["status"] == status).sum()) for status in ("in_line", "out_of_line", "cannot_tell")},
        "towns": len(done.values["town_figure"]),
        "counties": len(done.values["county_figure"]),
        "outbox": str(folder),
        "data_docs": str(index) if (index := folder / "data_docs" / "index.html").is_file() else "",
        "store": _without_password(done.settings.store_url),
        "home": str(done.settings.home),
        "files_changed": len(done.files_changed),
    }


def _returns_of(done: MonthRun) -> list[dict[str, Any]]:
    """Of every return of another period that is due for the month: its name, its period, and how many villages it has from."""
    counties, made = done.values["county_figure"], []
    for of in load_dictionary().other_returns:
        if of.is_due(done.month):
            zh, en = period_label(of, done.month)
            counts = {name.removeprefix("villages_"): int(counties[own].sum()) for name, own in of.counts.items()}
            expected = int(counties["villages_expected"].sum())
            label = {"label_zh": of.label.zh, "label_en": of.label.en, "period_zh": zh, "period_en": en}
            made.append({"return": of.id, **label, "expected": expected, **counts})
    return made


def print_summary(s: dict[str, Any]) -> None:
    """The summary as a person reads it."""
    from rich.table import Table

    out = console()
    table = Table(title=say(f"村报 {s['month']} 汇总", f"cunbao {s['month']}"), show_header=False, title_justify="left")
    villages, files, findings = s["villages"], s["files"], s["findings"]
    rows = [
        (
            say("文件", "Files"),
            say(
                "收到 {received}，已读 {read}，退回 {refused}，隔离 {quarantined}",
                "{received} received, {read} read, {refused} refused, {quarantined} set aside",
            ).format(**files),
        ),
        (
            say("村（居）", "Villages"),
            say(
                "应报 {expected}，已报 {reported}（按时 {on_time}），缺报 {missing}，待核 {held}",
                "{expected} expected, {reported} reported ({on_time} on time), {missing} missing, {held} held",
            ).format(**villages),
        ),
        *[(say(of["label_zh"], of["label_en"]), _counted(of)) for of in s["returns"]],
        (
            say("疑点", "Findings"),
            say(
                "强制性 {mandatory}，准强制性 {near_mandatory}，核实性 {verify}",
                "{mandatory} mandatory, {near_mandatory} near-mandatory, {verify} to verify",
            ).format(**findings),
        ),
        (say("汇总", "Tables"), say(f"{s['towns']} 个乡镇，{s['counties']} 个县", f"towns: {s['towns']}, counties: {s['counties']}")),
        (say("报表", "Tables in"), s["outbox"]),
        (say("数据质量页", "Data Docs"), s["data_docs"] or say("本次未生成（--no-data-docs）", "not made in this run (--no-data-docs)")),
        (say("数据库", "Store"), s["store"]),
        (say("查看", "Dagster UI"), f"cunbao serve --home {s['home']}"),
    ]
    if any(s["departments"].values()):
        told = say(
            "相符 {in_line}，相差较大 {out_of_line}，无法判断 {cannot_tell}",
            "{in_line} in line, {out_of_line} out of line, {cannot_tell} cannot tell",
        )
        rows.insert(3, (say("部门对账", "Departments"), told.format(**s["departments"])))
    for name, text in rows:
        table.add_row(name, text)
    out.print(table)
    for item in files["not_read"]:
        out.print(f"  {item['code']}  {item['file']}: {say(item['say_zh'], item['say_en'])}")
    print_waiting(s["sealed"])
    if not s["changed"]:
        out.print(
            say("没有变化：没有新的报表，结果与上次相同。", "Nothing changed: no new submissions, the results are those of the last run.")
        )


def _counted(of: dict[str, Any]) -> str:
    return say(
        "{period_zh}：应报 {expected}，已报 {reported}（按时 {on_time}），缺报 {missing}，待核 {held}",
        "{period_en}: {expected} expected, {reported} reported ({on_time} on time), {missing} missing, {held} held",
    ).format(**of)


def print_files(files: dict[str, Any], done: MonthRun) -> None:
    """Counts of files and where the receipts are."""
    out = console()
    out.print(
        say(
            "收到 {received}，已读 {read}，退回 {refused}，隔离 {quarantined}",
            "{received} received, {read} read, {refused} refused, {quarantined} set aside",
        ).format(**files)
    )
    for item in files["not_read"]:
        out.print(f"  {item['code']}  {item['file']}: {say(item['say_zh'], item['say_en'])}")
    print_waiting(files["sealed"])
    out.print(say("回执：", "Receipts: ") + str(done.settings.outbox / done.month / "receipts"))


def print_waiting(count: int) -> None:
    """How many sealed files wait for a person in charge; nothing where none does."""
    if count:
        text = f"封存待定 {count} 个文件（可能含个人信息）：cunbao sealed list"
        console().print(say(text, f"sealed, waiting for a decision: {count} (they may be about persons): cunbao sealed list"))


def _without_password(url: str) -> str:
    import sqlalchemy as sa

    return sa.make_url(url).render_as_string(hide_password=True)
