"""A drafted layout as YAML: every line with how sure it is, for a person to confirm, mend and file among the county's layouts."""

from __future__ import annotations

from collections.abc import Iterator

from sources.guesses import IGNORE, MEMBER, Guess
from sources.suggest import Draft
from sources.values import plain_number
from sources.yamltext import one_line, quoted

_SURE = {"high": "把握高 high", "medium": "请核对 medium, please check", "low": "没有把握 low, decide"}


def layout_yaml(draft: Draft, layout_id: str, file_name: str) -> str:
    """The draft as the text of a YAML file that `load_dictionary` takes."""
    return "\n".join([*_lines(draft, layout_id, file_name), ""])


def _lines(draft: Draft, layout_id: str, file_name: str) -> Iterator[str]:
    titles = draft.titles if draft.kind == "form" else []
    heads = [g for g in draft.guesses if g.target.startswith("head:")]
    figures = [g for g in draft.guesses if g.target not in (IGNORE, MEMBER) and not g.target.startswith("head:")]
    open_ones = [g for g in draft.guesses if g.target == IGNORE]
    yield f"# 草稿：由 {one_line(file_name)} 的标题推测，每行请核对后再使用。"
    yield f"# A draft, guessed from the headings of {one_line(file_name)}: check it (cunbao layout test FILE --layout THIS)."
    yield "layouts:"
    yield f"  - id: {layout_id}"
    yield f"    kind: {draft.kind}"
    yield f"    return: {layout_id}"
    yield f"    label: {{zh: {quoted((draft.titles or [layout_id])[0].strip())}, en: {layout_id}}}"
    if draft.place_level != "village":
        yield "    role: stated  # 各村以外的数字只作核对 figures of other places than villages are evidence to compare"
        yield f"    level: {draft.place_level}"
    yield "    use_dictionary: false"
    if draft.kind == "list":
        yield f"    header_rows: {draft.header_rows}"
        if draft.header_above:
            yield f"    header_above: {draft.header_above}"
    if draft.tables > 1:
        yield f"    table: {draft.table}  # 本工作表有 {draft.tables} 张表 one of {draft.tables} tables: suggest --table 1, 2"
    yield "    recognise:"
    if titles:
        yield f"      title: [{quoted(titles[0].strip())}]"
    sure = draft.marks or [part for g in (*heads, *figures) for part in g.path.split("/") if g.level == "high"]
    yield f"      columns: [{', '.join(map(quoted, list(dict.fromkeys(sure))[:4]))}]"
    if draft.mark_rows > 12:
        yield f"      rows: {draft.mark_rows}"
    yield "    head:" if heads or draft.county_from_sheet_name else "    head: {}"
    for guess in heads:
        where = "column" if draft.kind == "list" else "label"
        remove = ', remove: "-"' if guess.target.endswith("_code") else ""
        headings = dict.fromkeys(filter(None, (guess.named_by, guess.parts[-1]))) if draft.kind == "list" else [guess.path]
        written = ", ".join(map(quoted, headings))
        yield f"      {guess.target.removeprefix('head:')}: {{{where}: [{written}]{remove}}}{_note(guess)}"
    if draft.county_from_sheet_name:
        yield '      county_name: {sheet_name: "(.+)"}  # 工作表名 the sheets are named after counties'
    yield (
        "    columns:"
        if figures
        else "    columns: {}  # 请从 ignore 移来并写明指标 move headings here from ignore and name their indicators"
    )
    for guess in figures:
        yield f"      {quoted(guess.path)}: {guess.target}{_note(guess)}"
    if open_ones:
        yield "    ignore:  # 没有对应指标，或请改填到 columns no indicator found; move to columns what has one"
        for guess in {guess.path: guess for guess in open_ones}.values():
            yield f"      {quoted(guess.path)}: {{zh: 本字典无对应指标, en: no indicator of the dictionary}}{_note(guess)}"
    for name, patterns in (("total_rows", draft.total_rows), ("stop_rows", draft.stop_rows)):
        if patterns:
            yield f"    {name}: [{', '.join(map(quoted, patterns))}]"


def _note(guess: Guess) -> str:
    rival = f"；另可能 or {guess.runner_up.target} {guess.runner_up.score:.2f}" if guess.runner_up and guess.level != "high" else ""
    why = f" {guess.why}" if guess.why else ""
    return f"  # {_SURE[guess.level]} {guess.confidence:.2f}{why}{rival}{_figures(guess)}"


def _figures(guess: Guess) -> str:
    """What stands below a heading, and what its figures prove."""
    shown = f"；数字 figures: {', '.join(map(plain_number, guess.figures))} …" if guess.figures else ""
    if not guess.sum_of:
        return shown
    return f"{shown}；每行都等于 in every row the sum of: {' + '.join(one_line(part) for part in guess.sum_of)}"
