"""How clerks write a figure: changes to the contents of cells. What is said stays; some cells are spoilt on purpose (state U)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from random import Random

from tests.dialects.grid import Book, Cell, Content, Fault, Figure, Formula, Sheet
from tests.dialects.words import DICTIONARY, formal, numeral, wide

Write = Callable[[Random, Figure], Content | None]
"""The content of a reported figure's cell, or None where it is not written in this way."""


def _plain(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.2f}"


def _is_money(figure: Figure) -> bool:
    return DICTIONARY.indicators[figure.code].unit.decimals > 0


def _suffix(rng: Random, figure: Figure) -> str:
    return rng.choice(DICTIONARY.indicators[figure.code].unit.suffixes)


def rewrite(book: Book, rng: Random, write: Write, share: float = 0.6) -> None:
    """Write a share of the reported figures, still numbers, in one way."""
    for cell, figure in book.figures():
        if figure.state == "R" and type(cell.content) is float and rng.random() < share:
            content = write(rng, figure)
            if content is not None:
                cell.content = content


def text_numbers(book: Book, rng: Random) -> None:
    """12 as text, with the apostrophe or the text format, some between spaces."""
    rewrite(book, rng, lambda r, f: r.choice(("{}", "{}", " {}", "{} ", "\u3000{}")).format(_plain(f.value)))
    for cell, _ in book.figures():
        if isinstance(cell.content, str) and cell.content[:1].isdigit():
            cell.form = rng.choice(("'", "@"))


def full_width(book: Book, rng: Random) -> None:
    """１２."""
    rewrite(book, rng, lambda r, f: wide(_plain(f.value)))


def thousands(book: Book, rng: Random) -> None:
    """1,234 and １，２３４ as text."""

    def write(r: Random, figure: Figure) -> Content | None:
        if abs(figure.value) < 1000:
            return None
        text = f"{figure.value:,.2f}" if figure.value % 1 or _is_money(figure) else f"{figure.value:,.0f}"
        return wide(text) if r.random() < 0.3 else text

    rewrite(book, rng, write, 1.0)


def chinese_numerals(book: Book, rng: Random) -> None:
    """十二, 三百零五, 壹拾贰."""

    def write(r: Random, figure: Figure) -> Content | None:
        if not 0 <= figure.value < 10_000 or figure.value % 1:
            return None
        return formal(int(figure.value)) if figure.value and r.random() < 0.2 else numeral(int(figure.value))

    rewrite(book, rng, write, 0.5)


def trailing_units(book: Book, rng: Random) -> None:
    """12人, １２ 户, 300.00元, 1,234人."""

    def write(r: Random, figure: Figure) -> Content | None:
        text = f"{figure.value:,.0f}" if figure.value >= 1000 and figure.value % 1 == 0 and r.random() < 0.4 else _plain(figure.value)
        text = wide(text) if r.random() < 0.3 else text
        return f"{text}{r.choice(('', '', ' '))}{_suffix(r, figure)}"

    rewrite(book, rng, write)


def numerals_with_units(book: Book, rng: Random) -> None:
    """十二人, 三户, 两对."""

    def write(r: Random, figure: Figure) -> Content | None:
        if not 0 < figure.value < 1000 or figure.value % 1:
            return None
        return ("两" if figure.value == 2 else numeral(int(figure.value))) + _suffix(r, figure)

    rewrite(book, rng, write, 0.5)


def noughts(book: Book, rng: Random) -> None:
    """Nought as 无, 没有, 零, 〇, ０, 0人."""
    rewrite(
        book, rng, lambda r, f: None if f.value else r.choice(("无", "没有", "零", "〇", "０", "0", f"0{_suffix(r, f)}", "无 ", "無")), 1.0
    )


def minus_signs(book: Book, rng: Random) -> None:
    """Negative figures: －3, −3, -3, ﹣3, 负3, and a plus before others of the same row (+3)."""

    def write(r: Random, figure: Figure) -> Content | None:
        if not DICTIONARY.indicators[figure.code].concept.signed or figure.value == 0:
            return None
        size = _plain(abs(figure.value))
        if figure.value > 0:
            return f"{r.choice('+＋')}{size}"
        return r.choice((f"-{size}", f"－{size}", f"−{size}", f"﹣{size}", f"负{size}", f"－{wide(size)}", f"－{size}人"))

    for cell, figure in book.figures():  # there are few: more of them here
        if figure.state == "R" and DICTIONARY.indicators[figure.code].concept.signed and rng.random() < 0.8:
            cell.figure = figure._replace(value=float(rng.choice((-1, 1)) * rng.randint(1, 400)))
            cell.content = cell.figure.value
    _sum_again(book)
    rewrite(book, rng, write, 1.0)


def _sum_again(book: Book) -> None:
    """Written totals of concepts whose figures have been changed are left out."""
    for cell in book.cells("total"):
        if cell.code in DICTIONARY.concepts and DICTIONARY.concepts[cell.code].signed:
            cell.content = ""


def currency(book: Book, rng: Random) -> None:
    """Amounts as ￥1,234.50, ¥300, 300.00元, 人民币300元."""

    def write(r: Random, figure: Figure) -> Content | None:
        if not _is_money(figure):
            return None
        amount, short = f"{figure.value:,.2f}", _plain(figure.value)
        return r.choice((f"￥{amount}", f"¥{short}", f"{amount}元", f"￥{short}元", f"人民币{short}元", f"{wide(short)}圆", f"￥ {amount}"))

    rewrite(book, rng, write, 0.9)


def needless_decimals(book: Book, rng: Random) -> None:
    """3.00, 3.0 for counts of persons."""
    rewrite(book, rng, lambda r, f: None if f.value % 1 else r.choice(("{:.1f}", "{:.2f}")).format(f.value))


FORMATS = (
    "#,##0",
    "0.00",
    "#,##0.00",
    '0"人"',
    '#,##0"户"',
    "@",
    "0;-0;;@",
    "#,##0_);[Red]\\(#,##0\\)",
    '_ * #,##0_ ;_ * \\-#,##0_ ;_ * "-"??_ ;_ @_ ',
    "[DBNum1]General",
    "[DBNum2]General",
    '[DBNum1][$-804]General"人"',
    'General"元"',
    "￥#,##0.00",
    '[=0]"无";General',
    '"本月"0"人"',
    '0"例(d)"',
    "0000",
    "0_ ",
    "[$¥-804]#,##0.00",
)
"""Number formats that show a number otherwise; none makes a date of it."""


def number_formats(book: Book, rng: Random) -> None:
    """Numbers that are shown as 1,234 or 12人 or 十二 by their format."""
    for cell, figure in book.figures():
        if figure.state == "R" and type(cell.content) is float and rng.random() < 0.8:
            cell.form = rng.choice(FORMATS)


def formulas(book: Book, rng: Random) -> None:
    """=3+4 with the value that Excel kept of it."""

    def write(r: Random, figure: Figure) -> Content | None:
        if figure.value % 1:
            return Formula(f"=ROUND({figure.value:.2f},2)", figure.value)
        part = r.randint(0, int(abs(figure.value)))
        return Formula(r.choice((f"={part}+{int(figure.value) - part}", f"=SUM({part},{int(figure.value) - part})")), figure.value)

    rewrite(book, rng, write, 0.4)
    for sheet in book.sheets:  # written totals as sums
        for row in sheet.rows:
            for cell in row.cells:
                if cell.role == "total" and type(cell.content) is float:
                    cell.content = Formula(
                        f"={cell.content:g}*1" if cell.content % 1 == 0 else f"=ROUND({cell.content:.2f},2)", cell.content
                    )


def blanks(book: Book, rng: Random) -> None:
    """What is missing as 空, 未填, 待补, …, or as spaces."""
    _restate(book, rng, "M", ("空", "未填", "待补", "暂缺", "…", "……", " ", "\u3000", "   ", ""), 0.25)


def not_applicable(book: Book, rng: Random) -> None:
    """What does not apply as —, －, /, --, 不适用, x, ×."""
    _restate(book, rng, "N", ("—", "－", "–", "-", "--", "——", "/", "／", "不适用", "x", "×", "N/A", " — ", "\\"), 0.25)


def not_counted(book: Book, rng: Random) -> None:
    """Cells that say 不统计, 取消: not collected there, which is neither missing nor nought."""
    _restate(book, rng, "C", ("不统计", "取消"), 0.1)


def unreadable(book: Book, rng: Random) -> None:
    """Cells that a reader must not guess at: 大约十, 3+4, 见附表, two numbers, a share."""
    _restate(book, rng, "U", ("大约十", "3+4", "见附表", "3、4", "12左右", "5或6", "10-12", "3?", "男2女1", "同上", "3%", "已报"), 0.08)


def dates_for_numbers(book: Book, rng: Random) -> None:
    """Dates that Excel made of 3-5, truth values: not numbers."""
    _restate(book, rng, "U", (dt.date(2024, 3, 5), dt.date(2024, 12, 1), True, "2024-03-05", "3月5日"), 0.06)


def faults(book: Book, rng: Random) -> None:
    """#REF!, #N/A, #DIV/0!: error values of formulas."""
    _restate(book, rng, "U", tuple(map(Fault, ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?"))), 0.06)


def fault_texts(book: Book, rng: Random) -> None:
    """Error values that were pasted as text, and ##### copied from a narrow column."""
    _restate(book, rng, "U", ("#REF!", "#N/A", "#DIV/0!", "######", "#VALUE!", "#NAME?"), 0.06)


def formulas_without_values(book: Book, rng: Random) -> None:
    """Formulas whose value the file does not keep: nobody knows what they showed."""
    _restate(book, rng, "U", (Formula("=1+2", None), Formula("=SUM(3,4)", None)), 0.06)


def _restate(book: Book, rng: Random, state: str, contents: tuple[Content, ...], share: float) -> None:
    """Give figures of the villages (not the town's totals) another state; those that have it already are rewritten."""
    for cell, figure in book.figures():
        if book.reports[figure.owner].role != "report":
            continue
        if figure.state == state or (figure.state == "R" and type(cell.content) is float and rng.random() < share):
            cell.figure = figure._replace(state=state)
            cell.content = rng.choice(contents)
            cell.form = ""


def scaled_money(book: Book, rng: Random) -> None:
    """Amounts in 万元 or 千元, as headings or unit cells say; figures in the hundredth of a cent exact."""
    unit, power = rng.choice((("万元", 4), ("千元", 3)))
    _scale(book, rng, "amount", power, unit, lambda code: code.endswith("_amount"))


def scaled_persons(book: Book, rng: Random) -> None:
    """Population in 万人, as headings or unit cells say."""
    _scale(book, rng, "population", 4, "万人", lambda code: code.startswith(("population_", "resident_population")))


def _scale(book: Book, rng: Random, what: str, power: int, unit: str, is_scaled: Callable[[str], bool]) -> None:
    def shrink(cell: Cell, value: float) -> Content:
        small = Decimal(repr(value)).scaleb(-power)
        return f"{small:f}" if rng.random() < 0.15 else float(small)

    concepts = {i.concept.code for c, i in DICTIONARY.indicators.items() if is_scaled(c)}
    for cell, figure in book.figures():
        if figure.state == "R" and is_scaled(figure.code):
            cell.content = shrink(cell, figure.value)
    for cell in book.cells("total"):
        total = cell.content.value if isinstance(cell.content, Formula) else cell.content
        if cell.code in concepts and type(total) is float:
            cell.content = float(Decimal(repr(total)).scaleb(-power))
    for sheet in book.sheets:
        _say_unit(sheet, what, unit, is_scaled, concepts)


def _say_unit(sheet: Sheet, what: str, unit: str, is_scaled: Callable[[str], bool], concepts: set[str]) -> None:
    """Where a form has a unit beside the label, that; else the heading."""
    for row in sheet.rows:
        figures = [c.figure.code for c in row.cells if c.figure is not None]
        units = [c for c in row.cells if c.role == "unit"]
        if sheet.is_form and any(map(is_scaled, figures)):
            if len(units) == 1:
                old = str(units[0].content)
                units[0].content = old.replace("元", unit) if what == "amount" else old.replace("人", unit)
            elif len(units) == 0:
                _label_unit(row.cells, unit, is_scaled, what)
            else:
                for cell in units:
                    if is_scaled(cell.code):
                        cell.content = unit
    if not sheet.is_form:
        for cell in sheet.cells("header"):
            is_amount = what == "amount" and (cell.code == "benefit:amount" or cell.code.endswith("_amount"))
            is_people = what == "population" and (
                cell.code.removeprefix("total:") in concepts or (cell.code in DICTIONARY.indicators and is_scaled(cell.code))
            )
            if is_amount or is_people:
                cell.content = f"{cell.content}（{unit}）"


def _label_unit(cells: list[Cell], unit: str, is_scaled: Callable[[str], bool], what: str) -> None:
    for cell in cells:
        if (what == "amount" and cell.code == "benefit:amount" and cell.role == "member") or (
            what == "population" and cell.role == "label"
        ):
            cell.content = f"{cell.content}（{unit}）"
