"""Folders and files that bear a person's number: masked, told apart, and under the same names when other files come, go or change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sources.inbox import InboxFile
from sources.masks import MASK, masked, with_masked_paths
from tests.pipelines.persons import people

IDS = [p.number for p in people(6)]
PHONES = ["13812345678", "13912345678"]
Known = dict[str, tuple[int, int]]


def box(*paths: str, size: int = 1) -> list[InboxFile]:
    return [InboxFile(path, f"/in/{path}", "2024-03", size, n) for n, path in enumerate(paths)]


def shown(files: list[InboxFile], known: Known | None = None) -> dict[str, str]:
    told = [file.path for file in with_masked_paths(files, known or {})]
    return dict(zip([file.path for file in files], told, strict=True))


def as_known(files: list[InboxFile], known: Known | None = None) -> Known:
    return {file.path: (file.size, file.mtime_ns) for file in with_masked_paths(files, known or {})}


def test_folders_that_the_mask_makes_equal_stay_apart() -> None:
    paths = [f"2024-03/{name}/月报.xlsx" for name in (*IDS[:2], *PHONES)] + ["2024-03/月报.xlsx"]
    told = shown(box(*paths))
    assert [told[path] for path in paths] == [
        f"2024-03/{MASK}/月报.xlsx",
        f"2024-03/{MASK} (2)/月报.xlsx",
        f"2024-03/{MASK} (3)/月报.xlsx",
        f"2024-03/{MASK} (4)/月报.xlsx",
        "2024-03/月报.xlsx",
    ]


def test_files_of_one_folder_stay_together_with_numbers_at_any_depth() -> None:
    told = shown(box(f"2024-03/张三{IDS[0]}/a.xlsx", f"2024-03/张三{IDS[0]}/{IDS[1]}.xlsx", f"2024-03/张三{IDS[2]}/{PHONES[0]}/a.xlsx"))
    assert list(told.values()) == [f"2024-03/张三{MASK}/a.xlsx", f"2024-03/张三{MASK}/{MASK}.xlsx", f"2024-03/张三{MASK} (2)/{MASK}/a.xlsx"]


@given(st.permutations(IDS), st.integers(1, 5))
def test_known_folders_keep_their_names_whatever_the_order_and_whoever_is_gone(order: list[str], left: int) -> None:
    files = [file for number in IDS for file in box(f"2024-03/{number}/a.xlsx", f"2024-03/{number}/b.xlsx")]
    files = [file._replace(mtime_ns=n) for n, file in enumerate(files)]
    before, known = shown(files), as_known(files)
    rest = [file for number in order[:left] for file in files if number in file.path]
    assert shown(rest, known) == {file.path: before[file.path] for file in rest}


def test_a_corrected_file_keeps_its_name_and_a_new_folder_has_one_of_its_own() -> None:
    files = box(f"2024-03/{IDS[0]}/a.xlsx", f"2024-03/{IDS[1]}/a.xlsx")
    before, known = shown(files), as_known(files)
    corrected = [files[0], files[1]._replace(size=2, mtime_ns=99)]
    assert shown(corrected, known) == before
    newer = [*files, *box(f"2024-03/{IDS[2]}/a.xlsx", size=7)]
    assert list(shown(newer, known).values()) == [*before.values(), f"2024-03/{MASK} (3)/a.xlsx"]


def test_what_is_known_by_its_own_name_and_what_has_no_number_stays() -> None:
    files = box(f"2024-03/{IDS[0]}/a.xlsx", "2024-03/松渡乡/990101200200_202403.xlsx")
    assert shown(files, {files[0].path: (0, 0)}) == {file.path: file.path for file in files}
    assert masked(files[1].path) is files[1].path


def test_a_number_that_is_parted_by_folders_is_masked_too() -> None:
    number = IDS[0]
    (file,) = with_masked_paths(box(f"{number[:6]}/{number[6:14]}/{number[14:]}.xlsx"))
    assert file.path == f"{MASK}.xlsx"
