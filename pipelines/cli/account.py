"""What `cunbao review MONTH --village CODE` prints: what became of every rule at one village, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from methods.accounts import RuleAccount
    from schemas.dictionary import Dictionary
    from sinks.store import Store


def show_account(store: Store, dictionary: Dictionary, month: str, village: str, *, as_json: bool) -> None:
    """Print the village's account of the month.

    Raises:
        CommandError: the month has no such village.
    """
    from methods.accounts import account_of, rules_in_order
    from pipelines.cli.screen import CommandError, print_json
    from schemas.accounts import OUTCOME_WORDS
    from sinks.month import load_month

    rows = load_month(store, month, "village_outcome")
    here = rows[rows["village_code"] == village]
    if here.empty:
        raise CommandError("no_account", month=month, code=village)
    accounts = account_of(str(here["outcomes"].iloc[0]), rules_in_order(load_month(store, month, "rule_outcome")), dictionary)
    if not as_json:
        _print(accounts, month, village)
        return
    told = [
        a._asdict()
        | {"label": {"zh": a.label.zh, "en": a.label.en}}
        | {"words": {"zh": OUTCOME_WORDS[a.outcome].zh, "en": OUTCOME_WORDS[a.outcome].en}}
        for a in accounts
    ]
    print_json({"month": month, "village_code": village, "rules": told})


def _print(accounts: list[RuleAccount], month: str, village: str) -> None:
    from rich.table import Table

    from pipelines.cli.screen import console, say
    from schemas.accounts import OUTCOME_WORDS

    counts = {outcome: sum(a.outcome == outcome for a in accounts) for outcome in OUTCOME_WORDS}
    table = Table(title=say(f"{village} {month}：{len(accounts)} 条规则", f"{village}, {month}: {len(accounts)} rules"))
    for head in (say("级", "Level"), say("规则", "Rule"), say("结果", "Outcome")):
        table.add_column(head, overflow="fold")
    style = {"fail": "bold red", "broken": "bold red", "cannot_tell": "yellow", "not_asked": "dim"}
    for account in sorted(accounts, key=lambda a: a.level):
        words = say(*OUTCOME_WORDS[account.outcome].pair)
        table.add_row(str(account.level), say(*account.label.pair), words, style=style.get(account.outcome, ""))
    console().print(table)
    joint = say("；", "; ")
    console().print(joint.join(f"{say(*OUTCOME_WORDS[outcome].pair)} {n}" for outcome, n in counts.items()))
