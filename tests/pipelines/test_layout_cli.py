"""`cunbao layout`: an unknown form is drafted, tried, confirmed and then read by the same commands that read every form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.dictionary import load_dictionary
from sinks.template import write_template
from tests.pipelines.office import clean_environment, cunbao
from tests.sources.sheets import xlsx

ROWS = [
    ["青溪镇各村本月情况", "", "", "", "", ""],
    ["村编码", "村名", "总户数", "本月生娃数男", "本月生娃数女", "猪存栏"],
    *[[f"99010110020{n}", f"{name}村", 300 + n, 2, n % 2, 40 * n] for n, name in enumerate("东西南北中", start=1)],
]


ID = "11010519491231002X"
"""The number that GB 11643 itself gives as an example."""


@pytest.fixture
def unknown(tmp_path: Path) -> Path:
    path = tmp_path / "各村情况.xlsx"
    path.write_bytes(xlsx(ROWS))
    return path


def run(*arguments: str) -> tuple[int, str, str]:
    done = cunbao("layout", *arguments, environment=clean_environment())
    return done.returncode, done.stdout, done.stderr


def test_from_unknown_to_read(unknown: Path, tmp_path: Path) -> None:
    status, _, _ = run("test", str(unknown))
    assert status == 3
    draft = tmp_path / "各村情况.yaml"
    status, told, _ = run("suggest", str(unknown), "--out", str(draft), "--id", "town_own", "--json")
    assert status == 0
    guesses = {g["heading"]: g for g in json.loads(told)["headings"]}
    assert (guesses["总户数"]["target"], guesses["总户数"]["level"]) == ("households_end", "high")
    assert guesses["猪存栏"]["target"] == "ignore"
    # A person mends what the draft could not know: two headings that say 生娃 for births.
    mended = draft.read_text("utf-8")
    for sex in ("男", "女"):
        mended = "\n".join(line for line in mended.splitlines() if f'"本月生娃数{sex}"' not in line or "recognise" in line)
    mended = mended.replace("    columns:\n", '    columns:\n      "本月生娃数男": births_m\n      "本月生娃数女": births_f\n')
    draft.write_text(mended + "\n", "utf-8")
    status, told, _ = run("test", str(unknown), "--layout", str(draft), "--json")
    found = json.loads(told)
    assert status == 0
    assert (found["layout"], found["places"]) == ("town_own", 5)
    assert found["first"][0]["figures"] | {"x": 0} == {"households_end": 301.0, "births_m": 2.0, "births_f": 1.0, "x": 0}
    assert found["first"][0]["code"] == "990101100201"
    assert found["plans"][0]["cells"]["births_m"].endswith("D")


def test_both_languages_are_shown(unknown: Path) -> None:
    for language, word in (("zh", "把握"), ("en", "confidence")):
        done = cunbao("--lang", language, "layout", "suggest", str(unknown), environment=clean_environment())
        assert done.returncode == 0
        assert word in done.stdout
        assert "layouts:" in done.stdout


def test_a_form_that_is_known_is_told_to_be(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_template(path, load_dictionary([]), month="2024-03", village_code="990101100201", values={"births_m": 3})
    status, told, _ = run("test", str(path), "--json")
    found = json.loads(told)
    assert (status, found["layout"], found["score"]) == (0, "village_form_2024", 1.0)
    assert found["first"][0]["figures"]["births_m"] == 3.0
    assert "already" in run("suggest", str(path))[2]


def test_of_a_list_of_persons_nothing_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "名单.xlsx"
    path.write_bytes(xlsx([["姓名", "身份证号", "金额"], ["某甲", ID, 300]]))
    for command in ("suggest", "test"):
        status, told, error = run(command, str(path))
        assert status == 3
        assert "CB-2101" in error
        assert ID not in told + error
        assert "某甲" not in told + error


def test_what_is_no_workbook_is_refused_with_its_message(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\x00\x01\x02" * 100)
    status, _, error = run("suggest", str(path))
    assert status == 3
    assert "CB-2002" in error


@pytest.mark.parametrize("table", [1, 2])
def test_a_foreign_list_of_two_tables_is_drafted_and_every_place_is_shown_in_full(table: int, tmp_path: Path) -> None:
    names = [
        ["Dong Ha", "Tay Son", "Nam Dinh", "Bac Kan", "Hoa Binh", "Yen Bai", "Ca Mau"],
        ["Alto", "Bajo", "Medio", "Sur", "Norte", "Este"],
    ]
    one = [["Thôn", "Tổng", "Nam", "Nữ"], *[[name, 1234567 + 9.0 * n, 1234000 + 4 * n, 567 + 5 * n] for n, name in enumerate(names[0])]]
    two = [["Vereda", "Pago", "", ""], *[[name, 6499.74 + n, "", ""] for n, name in enumerate(names[1])]]
    path, draft = tmp_path / "a.xlsx", tmp_path / "a.yaml"
    path.write_bytes(xlsx([["Tháng 3", "", "", ""], *one, ["", "", "", ""], *two]))
    status, told, _ = run("suggest", str(path), "--table", str(table), "--out", str(draft), "--json")
    assert (status, json.loads(told)["tables"]) == (0, 2)
    if table == 1:
        assert '"Tổng"' in draft.read_text("utf-8").split("sum of: Nam + Nữ")[0]
    status, told, _ = run("test", str(path), "--layout", str(draft), "--json")
    found = json.loads(told)
    assert (status, [place["name"] for place in found["rows"]]) == (0, names[table - 1])
    status, shown, _ = run("test", str(path), "--layout", str(draft))
    assert status == 0
    assert "no heading has a meaning yet" in " ".join(shown.split())
    # A person says what a heading means.
    heading, target, figure = [("Tổng", "households_end", "households_end=1234576"), ("Pago", "childcare_subsidy_amount", "=6500.74")][
        table - 1
    ]
    lines = [line for line in draft.read_text("utf-8").splitlines() if not line.startswith(f'      "{heading}"')]
    at = next(n for n, line in enumerate(lines) if line.startswith("    columns: {}"))
    draft.write_text(
        "\n".join([*lines[:at], "    columns:", f'      "{heading}": {target}', *lines[at + 1 :], ""]).replace(
            "    ignore:  #", "    ignore: #"
        ),
        "utf-8",
    )
    if table == 2:  # nothing is left to ignore
        draft.write_text(draft.read_text("utf-8").split("    ignore:")[0], "utf-8")
    status, shown, _ = run("test", str(path), "--layout", str(draft))
    assert status == 0
    assert all(name in shown for name in names[table - 1])
    assert figure in shown
    some = run("test", str(path), "--layout", str(draft), "--rows", "2")[1]
    assert (names[table - 1][1] in some, names[table - 1][2] in some, "more places" in some) == (True, False, True)
