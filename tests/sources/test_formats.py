"""Every format that offices send gives the same cells: decided by content, whatever the name says."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
import xlwt

from schemas.dictionary import load_dictionary
from schemas.states import REPORTED, UNREADABLE
from sinks.template import write_template
from sources.layout import reading_kit
from sources.markup import read_html
from sources.reading import FileReader
from sources.workbook import read_sheets
from tests.sources.sheets import CODE, NAME, TOWN, csv_text, figures_of, form, names_of, ods, states_of, xlsx

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
VALUES = {code: float(n % 9) for n, code in enumerate(DICTIONARY.codes)}
ROWS = form([[str(n), i.label.zh, i.unit.label.zh, VALUES[i.code]] for n, i in enumerate(DICTIONARY.indicators.values())])


def xls() -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("月报")
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, cell)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def html(charset: str = "gb2312") -> bytes:
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
    return f"<html><head><meta http-equiv=Content-Type content='text/html; charset={charset}'></head><table>{lines}</table></html>".encode(
        "gb18030"
    )


def mhtml() -> bytes:
    import base64

    page = base64.encodebytes(html()).decode()
    head = 'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"\r\n\r\n--x\r\n'
    return f"{head}Content-Type: text/html; charset=gb2312\r\nContent-Transfer-Encoding: base64\r\n\r\n{page}\r\n--x--\r\n".encode()


def excel_xml() -> bytes:
    cells = lambda row: "".join(  # noqa: E731
        f'<Cell><Data ss:Type="{"Number" if isinstance(c, float) else "String"}">{c}</Data></Cell>' if c != "" else "<Cell/>" for c in row
    )
    rows = "".join(f"<Row>{cells(row)}</Row>" for row in ROWS)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="月报"><Table>{rows}</Table></Worksheet></Workbook>'
    ).encode()


TEXT = csv_text(ROWS)
FORMATS = {
    "xlsx": xlsx(ROWS), "xls": xls(), "et": xls(), "ods": ods(ROWS), "csv utf-8": TEXT.encode(), "csv utf-8 mark": TEXT.encode("utf-8-sig"),
    "csv gb18030": TEXT.encode("gb18030"), "csv utf-16": TEXT.encode("utf-16"), "csv utf-16-le, no mark": TEXT.encode("utf-16-le"),
    "csv utf-16-be, no mark": TEXT.encode("utf-16-be"),
    "tsv": TEXT.replace(",", "\t").encode(), "txt ;": TEXT.replace(",", ";").encode("gb18030"),
    "html as xls": html(), "html that says utf-8 and is not": html("utf-8"), "mhtml": mhtml(), "xml 2003": excel_xml(),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_reads_to_the_same_figures(kind: str) -> None:
    for name in ("a.xlsx", "a.xls", "a.et", "a"):  # the name decides nothing
        reading = FileReader(KIT).read(FORMATS[kind], name)
        assert (reading.status, reading.layout) == ("read", "village_form_2024"), names_of(reading)
        (record,) = reading.records
        assert figures_of(record, DICTIONARY) == VALUES
        assert (record.place_code, record.place_name, record.parent_name, record.month) == (CODE, NAME, TOWN, "2024-03")


def test_what_office_programs_write(tmp_path: Path, soffice_path: str) -> None:
    """LibreOffice saves the issued form as .xls (BIFF8), .ods, .html and .xlsx. It no longer writes the .xls of 1995."""
    write_template(tmp_path / "a.xlsx", DICTIONARY, month="2024-03", village_code=CODE, village_name=NAME, town_name=TOWN, values=VALUES)
    wanted = figures_of(FileReader(KIT).read((tmp_path / "a.xlsx").read_bytes(), "a").records[0], DICTIONARY)
    filters = {"97": "xls:MS Excel 97", "ods": "ods", "xlsx": "xlsx:Calc MS Excel 2007 XML", "html": "html:HTML (StarCalc)"}
    for name, how in filters.items():
        (tmp_path / name).mkdir()
        command = [soffice_path, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", how]
        subprocess.run([*command, "--outdir", str(tmp_path / name), str(tmp_path / "a.xlsx")], check=True, capture_output=True, timeout=120)
        (made,) = (p for p in (tmp_path / name).iterdir() if p.suffix != ".png")
        reading = FileReader(KIT).read(made.read_bytes(), made.name)
        assert reading.status == "read", (name, names_of(reading))
        assert figures_of(reading.records[0], DICTIONARY) == wanted, name
    shutil.rmtree(tmp_path / "profile", ignore_errors=True)


def test_macros_are_data_that_nobody_runs(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(ROWS)), keep_vba=True)
    buffer = io.BytesIO()
    book.save(buffer)
    assert figures_of(FileReader(KIT).read(buffer.getvalue(), "a.xlsm").records[0], DICTIONARY) == VALUES


def test_spans_of_a_page_become_merged_cells() -> None:
    page = b"<table><tr><td rowspan=2>a<td colspan=2>b<tr><td>c<td>d<br>e</table><table><tr><td>x</table>"
    (_, rows, merged, *_), (_, other, *_) = read_html(page)
    assert rows == [["a", "b", ""], ["", "c", "d\ne"]]
    assert merged == [((0, 0), (1, 0)), ((0, 1), (0, 2))]
    assert other == [["x"]]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_an_error_value_is_unreadable_and_not_blank(kind: str, tmp_path: Path, soffice_path: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(ROWS)))
    sheet = book["月报"]
    at = next(cell.row for row in sheet.iter_rows() for cell in row if cell.value == DICTIONARY.indicators["marriages"].label.zh)
    sheet.cell(at, 4).value = "=1/0"
    book.save(tmp_path / "a.xlsx")
    command = [soffice_path, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", kind]
    (tmp_path / "out").mkdir()
    subprocess.run([*command, "--outdir", str(tmp_path / "out"), str(tmp_path / "a.xlsx")], check=True, capture_output=True, timeout=120)
    reading = FileReader(KIT).read((tmp_path / "out" / f"a.{kind}").read_bytes(), "a")
    assert states_of(reading.records[0], DICTIONARY)["marriages"] == UNREADABLE
    (told,) = [p for p in reading.problems if p.name == "error_cell"]
    assert (told.cell, told.details["error"]) == (f"D{at}", "#DIV/0!")


def test_a_formula_that_no_program_has_worked_out_is_told() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(ROWS)))
    sheet = book["月报"]
    at = next(cell.row for row in sheet.iter_rows() for cell in row if cell.value == DICTIONARY.indicators["marriages"].label.zh)
    sheet.cell(at, 4).value = "=1+2"
    buffer = io.BytesIO()
    book.save(buffer)
    reading = FileReader(KIT).read(buffer.getvalue(), "a.xlsx")
    states = states_of(reading.records[0], DICTIONARY)
    assert states["marriages"] == UNREADABLE
    assert states["divorces"] == REPORTED
    assert [p.cell for p in reading.problems if p.name == "stale_formula"] == [f"D{at}"]


def test_links_to_other_workbooks_are_no_sheets_of_ours() -> None:
    _, sheets = read_sheets(xlsx(ROWS, name="月报"))
    assert [s.name for s in sheets] == ["月报"]


def test_style_is_of_program_and_formats_and_not_of_cells() -> None:
    from sources.kinds import style_of

    one, other = (xlsx([["a", n]]) for n in (1, 2))
    book = openpyxl.load_workbook(io.BytesIO(other))
    written_again = io.BytesIO()
    book.save(written_again)
    assert style_of(one) == style_of(other) != ""
    assert style_of(one) != style_of(written_again.getvalue()) != ""
    assert style_of(ods([["a", 1]])) != ""
    assert style_of(b"a,1") == ""


def test_the_text_of_a_cell_of_a_page() -> None:
    """A reference to a control character is said by some pages of documentation; deep elements are no reason to fall over."""
    page = b"<table><tr><td>a&#1;<br>b<!-- c --><span>d<br>e</span>f<td>" + b"<span>" * 20_000 + b"g<tr><td>1</table>"
    assert read_sheets(page)[1][0].rows[0][0] == "a\nbd\nef"
