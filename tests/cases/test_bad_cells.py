"""One broken number in a form, through the month's run: its cell is asked about; the rest of the form and everybody else count."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest

from schemas.states import REPORTED, UNREADABLE
from tests.cases.office import MONTH, VILLAGES, March, Offices
from tests.pipelines.office import Office

BROKEN = {VILLAGES[0]: "NaN", VILLAGES[1]: "INF", VILLAGES[2]: "1e400"}
CODE = "marriages"


def cell_of(data: bytes, label: str) -> tuple[str, float]:
    """Address and value of the first figure beside a label, on the first sheet."""
    for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows():
        for cell in row:
            if cell.value == label:
                found = next(c for c in row[cell.column :] if isinstance(c.value, int | float))
                return found.coordinate, float(found.value)
    raise AssertionError(f"no {label}")


def broken(data: bytes, address: str, number: str) -> bytes:
    """The form with another number in a cell, as some programs write it: the part's XML is changed and nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        first = min(name for name in package.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
        for name in package.namelist():
            content = package.read(name)
            if name == first:
                text = content.decode()
                changed = re.sub(rf'(<c r="{address}"[^>]*>)<v>[^<]*</v>', rf"\g<1><v>{number}</v>", text, count=1)
                assert changed != text
                content = changed.encode()
            made.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def run(offices: Offices) -> tuple[March, dict[str, tuple[str, str]]]:
    """The month with three broken forms; village → name of its file and the broken cell."""
    office: Office = offices.office()
    of = {path: path.read_bytes() for path in (office.inbox / MONTH).glob("*.xlsx")}
    made, at = {}, {}
    for village, number in BROKEN.items():
        path = next(p for p in of if village in p.name)
        address, _ = cell_of(of[path], "结婚对数")
        made[path.name], at[village] = broken(of[path], address, number), (path.name, address)
    return offices.march(made), at


def test_the_cell_is_named_and_the_rest_of_the_form_is_read(run: tuple[March, dict[str, tuple[str, str]]]) -> None:
    march, at = run
    for village, (file, address) in at.items():
        assert march.report.loc[village, "status"] == "accepted"
        assert march.figure(village, CODE)[1] == UNREADABLE
        assert march.figure(village, "households_end")[1] == REPORTED
        assert address in {problem["cell"] for problem in march.problems(file)}
        assert "结婚对数" in march.receipt_words(file)
        asked = march.findings(village)
        assert any(address in cells for cells in asked["cells"])


def test_everybody_else_is_untouched(run: tuple[March, dict[str, tuple[str, str]]]) -> None:
    march, _ = run
    others = march.report.drop(list(BROKEN))
    assert (others["status"] == "accepted").all()
    assert others[CODE].notna().all()
    county = march.run.values["county_figure"].iloc[0]
    assert county[CODE] == others[CODE].sum()
    assert county[f"{CODE}__n"] == len(others)
