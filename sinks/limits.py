"""What a cell takes, as the data validation that Excel, WPS and LibreOffice enforce while it is typed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Area = tuple[int, int, int, int]
"""First row, first column, last row, last column; zero-based."""
Rule = Literal["count", "money", "signed", "code", "choice", "behind"]


@dataclass(frozen=True)
class Input:
    """What cells take, which the program enforces.

    count, money, signed: a number of that kind up to `most`, or the dash. code: text of `length` characters.
    choice: one of `choices`, as a drop-down; `is_open` lets other texts pass after a question.
    behind: a text that begins with `choices[0]`. `prompt` shows when a cell is entered.
    """

    area: Area
    rule: Rule
    most: float | None = None
    length: int = 0
    choices: tuple[str, ...] = ()
    is_open: bool = False
    prompt: str = ""


def validation(entry: Input, cell: str) -> dict[str, Any]:
    """What xlsxwriter's `data_validation` is told; `cell` is the address of the area's first cell."""
    options: dict[str, Any] = {"error_title": "请核对 / Please check", "error_type": "stop"}
    if entry.prompt:
        options |= {"input_title": "填表提示 / Hint", "input_message": entry.prompt}
    if entry.rule == "choice":
        wanted = "请从列表中选择。  Please choose from the list."
        return options | {
            "validate": "list",
            "source": list(entry.choices),
            "error_type": "warning" if entry.is_open else "stop",
            "error_message": wanted,
        }
    if entry.rule == "code":
        message = f"请填写{entry.length}位代码。  A code of {entry.length} characters."
        return options | {"validate": "custom", "value": f"=LEN({cell})={entry.length}", "error_message": message}
    if entry.rule == "behind":
        label = entry.choices[0]
        message = f"请写在“{label}”之后。  Please write behind “{label}”."
        return options | {"validate": "custom", "value": f'=LEFT({cell},{len(label)})="{label}"', "error_message": message}
    within = f",{cell}<={entry.most:.15g}" if entry.most is not None else ""
    most = (f"，不大于{entry.most:.15g}", f" to {entry.most:.15g}") if entry.most is not None else ("", "")
    up = most[1] or " up"
    tests = {
        "count": f"AND(ISNUMBER({cell}),{cell}>=0,{cell}=INT({cell}){within})",
        "money": f"AND(ISNUMBER({cell}),{cell}>=0,ROUND({cell},2)={cell}{within})",
        "signed": f"AND(ISNUMBER({cell}),{cell}=INT({cell}){within})",
    }
    wanted_of = {
        "count": f"请填写不小于0的整数{most[0]}；不适用请填 —。  A whole number from 0{up}; — where it does not apply.",
        "money": f"请填写不小于0的金额（最多两位小数）{most[0]}；不适用请填 —。  An amount from 0{up}, two decimals at most.",
        "signed": f"请填写整数（减少填负数）{most[0]}；不适用请填 —。  A whole number{most[1]}; negative for a decrease.",
    }
    return options | {
        "validate": "custom",
        "value": f'=OR({tests[entry.rule]},{cell}="—")',
        "error_message": wanted_of[entry.rule],
    }
