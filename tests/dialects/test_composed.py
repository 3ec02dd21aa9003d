"""Dialects that nobody thought of: bases, changes and figures drawn at random are read as exactly as those of the corpus."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dialects.compare import differences
from tests.dialects.compositions import ORDER, changes_for, compatible
from tests.dialects.files import WRITERS
from tests.dialects.kinds import ALL, KINDS, Change, made

_MOST = 5
_DRAWN = ("xlsx", "xls", "ods", "csv-utf8", "xlsx-openpyxl")
_BOOKS = tuple(writer for writer in _DRAWN if writer != "csv-utf8")


@st.composite
def dialects(draw: st.DrawFn, bases: tuple[str, ...] = (*ALL, "sheets")) -> tuple[str, str, list[Change], int]:
    """A base, a kind of file, changes that go together, and the seed of the figures."""
    base = draw(st.sampled_from(bases))
    writer = draw(st.sampled_from(_BOOKS if base == "sheets" else _DRAWN))
    wanted = draw(st.lists(st.sampled_from(changes_for(base, writer)), max_size=_MOST, unique=True))
    return base, writer, compatible(wanted), draw(st.integers(0, 10_000))


@settings(max_examples=150)
@given(dialects())
def test_changing_how_a_file_looks_never_changes_what_it_says(dialect: tuple[str, str, list[Change], int]) -> None:
    base, writer, changes, seed = dialect
    book = made(base, changes, Random(seed))
    write, suffix = WRITERS[writer]
    name = f"{base} {'+'.join(change.__name__ for change in changes)} {seed}{suffix}"
    found = differences(book, write(book), name, kind=writer)
    assert not found, "\n".join(["", *found])


def test_every_change_of_the_corpus_has_its_place_in_the_order() -> None:
    assert {change for kind in KINDS.values() for change in kind.changes} == set(ORDER)
