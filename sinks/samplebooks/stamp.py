"""Thousands of workbooks of the same form: the form is written once, then each village's cells are stamped into it.

The form's cells that differ between villages are cut out of the XML; everything else is compressed once. A stamped file is
the workbook that the writer made, with other cell contents; it takes about a millisecond instead of twenty.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from sinks.grid import Address, Grid, Value, address

_DOS_DATE = (2024 - 1980) << 9 | 1 << 5 | 1  # 2024-01-01, in every entry
_UTF8_NAME = 0x800
_LEVEL = 4


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell to fill: where it stands, its attributes but for type and value, and its formula's XML ('' for none)."""

    at: Address
    attributes: str
    formula: str


@dataclass(frozen=True)
class Part:
    """One XML file of the workbook: `fixed[0] slot[0] fixed[1] slot[1] … fixed[n]`."""

    name: str
    fixed: tuple[str, ...]
    slots: tuple[Slot, ...]
    write: Callable[[Slot, Value], str]

    def fill(self, values: Mapping[Address, Value]) -> bytes:
        """The XML with `values` in its slots; a slot without value is an empty cell."""
        pieces = [self.fixed[0]]
        for slot, after in zip(self.slots, self.fixed[1:], strict=True):
            pieces += (self.write(slot, values.get(slot.at)), after)
        return "".join(pieces).encode()


@dataclass(frozen=True)
class Stamp:
    """A form, ready to be filled: `constant` entries of the archive are compressed already, `parts` are written each time."""

    constant: bytes
    directory: bytes
    entries: int
    parts: tuple[Part, ...]

    def fill(self, *values: Mapping[Address, Value]) -> bytes:
        """The workbook's bytes; one mapping address → content for each part, in their order."""
        out, directory = [self.constant], [self.directory]
        offset = len(self.constant)
        for part, content in zip(self.parts, values, strict=True):
            local, central = _entry(part.name, part.fill(content), offset)
            out.append(local)
            directory.append(central)
            offset += len(local)
        count, size = self.entries + len(self.parts), sum(map(len, directory))
        return b"".join([*out, *directory, struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, offset, 0)])


def xlsx_stamp(data: bytes, slots: Sequence[Iterable[Address]]) -> Stamp:
    """Make a stamp of an .xlsx workbook. `slots`: the cells to fill, for the first sheet, the second, …

    Raises:
        ValueError: a cell to fill is not in the sheet's XML.
    """
    parts: dict[str, Callable[[str], Part]] = {}
    for number, wanted in enumerate(slots, start=1):
        name = f"xl/worksheets/sheet{number}.xml"
        parts[name] = lambda xml, name=name, wanted=frozenset(wanted): _xlsx_part(name, xml, wanted)  # type: ignore[misc]
    return _stamp(data, parts)


def ods_stamp(data: bytes) -> Stamp:
    """Make a stamp of an .ods document in which every cell to fill holds the text `marker(address)`."""
    return _stamp(data, {"content.xml": _ods_part})


def marker(at: Address) -> str:
    """The text that marks a cell to fill in an .ods document."""
    return f"@@{at[0]},{at[1]}@@"


def grid_slots(grid: Grid) -> list[Address]:
    """Cells of a form that differ between villages: figures, head fields, others, and sums."""
    sums = [at for at, cell in grid.cells.items() if cell.parts]
    return [*grid.figures.values(), *grid.head.values(), *grid.others.values(), *sums]


def _stamp(data: bytes, parts: Mapping[str, Callable[[str], Part]]) -> Stamp:
    constant, directory, made = b"", b"", []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        for name in names:
            content = _without_unused_prefixes(archive.read(name)) if name.endswith(".xml") else archive.read(name)
            if name in parts:
                made.append((name, parts[name](content.decode())))
                continue
            local, central = _entry(name, content, len(constant), is_stored=name == "mimetype")
            constant += local
            directory += central
    order = list(parts)
    made.sort(key=lambda item: order.index(item[0]))
    return Stamp(constant, directory, len(names) - len(made), tuple(part for _, part in made))


_PREFIX = re.compile(rb' xmlns:(\w+)="[^"]*"')


def _without_unused_prefixes(xml: bytes) -> bytes:
    """XML without declarations of prefixes it does not use: odfpy declares all that any document before has met."""
    body = _PREFIX.sub(b"", xml)
    return _PREFIX.sub(lambda found: found[0] if found[1] + b":" in body else b"", xml)


def _entry(name: str, content: bytes, offset: int, *, is_stored: bool = False) -> tuple[bytes, bytes]:
    """One entry of a zip archive (PKWARE APPNOTE 4.3.7, 4.3.12): local header with data, and directory header."""
    if is_stored:
        packed = content
    else:
        deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        packed = deflate.compress(content) + deflate.flush()
    raw = name.encode()
    method = 0 if is_stored else 8
    common = struct.pack("<5H3L2H", 20, _UTF8_NAME, method, 0, _DOS_DATE, zlib.crc32(content), len(packed), len(content), len(raw), 0)
    local = b"PK\3\4" + common + raw + packed
    return local, b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<3H2L", 0, 0, 0, 0, offset) + raw


def _cut(name: str, xml: str, found: list[tuple[int, int, Slot]], write: Callable[[Slot, Value], str]) -> Part:
    fixed, end = [], 0
    for start, stop, _ in found:
        fixed.append(xml[end:start])
        end = stop
    fixed.append(xml[end:])
    return Part(name, tuple(fixed), tuple(slot for _, _, slot in found), write)


_XLSX_CELL = re.compile(r'<c r="([A-Z]+\d+)"((?: s="\d+")?)(?: t="\w+")?(?:/>|>(.*?)</c>)', re.DOTALL)
_XLSX_FORMULA = re.compile(r"<f>.*?</f>", re.DOTALL)


def _xlsx_part(name: str, xml: str, wanted: frozenset[Address]) -> Part:
    by_text = {address(at): at for at in wanted}
    found = []
    for match in _XLSX_CELL.finditer(xml):
        at = by_text.pop(match[1], None)
        if at is not None:
            formula = _XLSX_FORMULA.search(match[3] or "")
            found.append((match.start(), match.end(), Slot(at, f'r="{match[1]}"{match[2]}', formula[0] if formula else "")))
    if by_text:
        raise ValueError(f"{name} has no cells {', '.join(by_text)} to fill")
    return _cut(name, xml, found, _xlsx_cell)


def _xlsx_cell(slot: Slot, value: Value) -> str:
    if slot.formula:
        if isinstance(value, str) or value is None:
            return f'<c {slot.attributes} t="str">{slot.formula}<v>{escape(value or "")}</v></c>'
        return f"<c {slot.attributes}>{slot.formula}<v>{value:.16g}</v></c>"
    if value is None or value == "":
        return f"<c {slot.attributes}/>"
    if isinstance(value, str):
        return f'<c {slot.attributes} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c {slot.attributes}><v>{value:.16g}</v></c>"


_ODS_CELL = re.compile(r"<table:table-cell([^>]*)><text:p[^>]*>@@(\d+),(\d+)@@</text:p></table:table-cell>")
_ODS_FORMULA = re.compile(r' table:formula="[^"]*"')


def _ods_part(xml: str) -> Part:
    found = []
    for match in _ODS_CELL.finditer(xml):
        formula = _ODS_FORMULA.search(match[1])
        attributes = _ODS_FORMULA.sub("", match[1])
        slot = Slot((int(match[2]), int(match[3])), attributes, formula[0] if formula else "")
        found.append((match.start(), match.end(), slot))
    return _cut("content.xml", xml, found, _ods_cell)


def _ods_cell(slot: Slot, value: Value) -> str:
    head = f"<table:table-cell{slot.attributes}{slot.formula}"
    if value is None or value == "":
        return f'{head} office:value-type="string"><text:p></text:p></table:table-cell>' if slot.formula else f"{head}/>"
    if isinstance(value, str):
        return f'{head} office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
    number = f"{value:.16g}"
    return f'{head} office:value-type="float" office:value="{number}"><text:p>{number}</text:p></table:table-cell>'
