"""Sheets, texts and workbooks as no program that we know writes them, one change at a time: what plain reading must leave to others."""

from __future__ import annotations

import io
import random
import re
import zipfile

Changes = list[tuple[bytes, list[bytes]]]
"""What is looked for in a part, and what is put in its place; \\1 is the first group."""

SHEET: Changes = [
    (
        b"<v>[^<]*</v>",
        [
            b"<v>1_0</v>",
            b"<v> 12</v>",
            b"<v>12 </v>",
            b"<v>1e3</v>",
            b"<v>+5</v>",
            b"<v>.5</v>",
            b"<v>5.</v>",
            b"<v>-</v>",
            b"<v></v>",
            b"<v/>",
            b"<v>nan</v>",
            b"<v>inf</v>",
            b"<v>0x1F</v>",
            b"<v>1e400</v>",
            b"<v>-0</v>",
            b"<v>00012</v>",
            b"<v>12345678901234567890</v>",
            b"<v>0.1000000000000000055511151231257827</v>",
            b"<v>1,5</v>",
            b"<v>1&amp;2</v>",
            b"<v>a</v>",
            b"<v>\xe4\xb8\x80</v>",
            b"<v>999999</v>",
            b"<v>-1</v>",
            b"<v>1\n</v>",
            b"<v>1.2.3</v>",
            b"<v>E</v>",
            b"<v>1e</v>",
            b"<v><!--x-->7</v>",
            b"<v><![CDATA[7]]></v>",
            b"<v>7</v><v>8</v>",
            b'<v xml:space="preserve">7</v>',
            b"<f>A1</f><v>3</v>",
            b"<f>A1</f>",
            b'<f t="shared" si="0"/><v>3</v>',
            b"<v>\xff</v>",
        ],
    ),
    (b' t="s"', [b' t="str"', b' t="n"', b' t="b"', b' t="e"', b' t="d"', b"", b' t="inlineStr"', b" t='s'", b' t="s" cm="1"', b' t="x"']),
    (
        b'<c r="([A-Z]+)(\\d+)"',
        [
            b'<c r="\\1\\2" ',
            b'<c  r="\\1\\2"',
            b"<c r='\\1\\2'",
            b'<c r="A1"',
            b'<c r="ZZ99"',
            b'<c r="$A$1"',
            b'<c r="a1"',
            b'<c r="\\g<1>0\\2"',
            b"<c",
            b'<x:c r="\\1\\2"',
            b'<c r="\\1\\2" r="B1"',
            b'<!-- --><c r="\\1\\2"',
            b'x<c r="\\1\\2"',
            b'<c foo="1" r="\\1\\2"',
        ],
    ),
    (b' s="\\d+"', [b"", b' s="0"', b' s="99"', b' s="1"', b' s="x"', b' s="3"']),
    (
        b'<row r="\\d+"[^>]*>',
        [b"<row>", b'<row r="7">', b'<row r="1" r="2">', b'<row r="x">', b'</row><row r="9">', b'<row r="9"/>', b"<!--<row>-->", b""],
    ),
    (b"</row>", [b"", b"</row></row>", b'</row ><row r="99">', b'</row><row r="99"></row>', b"</row>\n"]),
    (
        b"<sheetData>",
        [
            b"<sheetData><sheetData>",
            b"<sheetData/>",
            b"<!--<sheetData>-->",
            b"<x:sheetData>",
            b"<sheetData >",
            b"<foo><sheetData>",
            b'<dimension ref="A1"/><sheetData>',
            b'<dimension ref="bad"/><sheetData>',
        ],
    ),
    (b"</sheetData>", [b"", b"</sheetData><sheetData></sheetData>", b"</sheetData>text", b"</sheetData><!--x-->"]),
    (
        b'<mergeCell ref="[^"]*"/>',
        [
            b'<mergeCell ref="A1"/>',
            b'<mergeCell ref="B2:A1"/>',
            b"",
            b'<mergeCell ref="A1:B2" x="1"/>',
            b"<mergeCell ref='A1:B2'/>",
            b'<!--<mergeCell ref="A1:B2"/>-->',
        ],
    ),
    (
        b"<is><t>([^<]*)</t></is>",
        [
            b"<is><t>&lt;a&gt;</t></is>",
            b"<is><t> a</t></is>",
            b"<is><t>a\r\nb</t></is>",
            b'<is><t xml:space="preserve"> a </t></is>',
            b"<is><t/></is>",
            b"<is><t></t></is>",
            b"<is><r><t>a</t></r><r><t>b</t></r></is>",
            b"<is><t>_x0041_</t></is>",
            b"<is><t>\xe3\x80\x80a</t></is>",
            b"<is><t>\xc2\xa0a</t></is>",
            b"<v>\\1</v>",
            b"<is><t>a</t></is><v>3</v>",
            b"<is><t>a</v></c>",
            b"<is></is>",
            b"<is><t>12</t></is>",
            b"<is><t>\x01</t></is>",
            b"<is><t>a\tb\n</t></is>",
        ],
    ),
    (b'standalone="yes"\\?>', [b"?><!DOCTYPE x>", b'standalone="yes"?>\n<!-- c -->', b'encoding="gb2312"?>']),
    (b"/><", [b" /><", b"/>\n<", b"/> <"]),
    (b"</c>", [b"</c >", b"</c>\n", b"", b"<extLst/></c>"]),
]
TEXTS: Changes = [
    (b"</si>", [b"</si></sst>", b"</si></sst><sst>", b"</si>\n", b"</si><x/>", b"</sst>", b"</si></t>"]),
    (b"</sst>", [b"", b"</sst> ", b"</sst>x", b"</sst></sst>", b"<si></si></sst>"]),
    (
        b'<t xml:space="preserve">([^<]*)</t>',
        [
            b"<t>\\1</t>",
            b"<t> \\1</t>",
            b'<t xml:space="preserve">&#10;</t>',
            b'<t xml:space="preserve">&#13;</t>',
            b'<t xml:space="preserve">&#0;</t>',
            b'<t xml:space="preserve">&#x4e00;</t>',
            b'<t xml:space="preserve">&bad;</t>',
            b'<t xml:space="preserve">&</t>',
            b'<t xml:space="preserve">&#xD800;</t>',
            b'<t xml:space="preserve">&amp;amp;</t>',
            b'<t xml:space="preserve">&#xFFFF;</t>',
            b'<t xml:space="preserve">&#1114112;</t>',
            b'<t xml:space="default">x</t>',
            b"<t>&#32;x</t>",
            b'<t xml:space="preserve"/>',
            b'<t xml:space="preserve">&#95;x0041_</t>',
        ],
    ),
    (b"<rPr>.*?</rPr>", [b"", b"<rPr/>", b"<rPr>x</rPr>", b"<rPr><!-- --></rPr>"]),
    (
        b"<si><t>([^<]*)</t></si>",
        [
            b"<si><t> \\1</t></si>",
            b'<si><t xml:space="preserve"> \\1 </t></si>',
            b"<si><t/></si>",
            b"<si><t></t></si>",
            b"<si><r><rPr><b/></rPr><t>\\1</t></r><r><t>x</t></r></si>",
            b'<si><t>\\1</t><phoneticPr fontId="1"/></si>',
            b'<si><t>\\1</t><rPh sb="0" eb="1"><t>x</t></rPh></si>',
            b"<si><t>a&amp;b</t></si>",
            b"<si><t>_x000D_</t></si>",
            b"<si><t>a\r\nb</t></si>",
            b"<si/>",
            b"",
            b"<si><t>\\1</t></si><si><t>extra</t></si>",
            b"<si ><t>\\1</t></si>",
            b"<si><t>\\1</t></si>\n",
            b"<!--<si><t>x</t></si>-->",
            b"<si><t><![CDATA[x]]></t></si>",
            b"<si><t>\xff</t></si>",
            b"<si><t>\xe3\x80\x80x</t></si>",
            b"<si><t>x\n</t></si>",
            b"<si><t>\xc2\xa0x</t></si>",
            b"<si><t>\xe2\x80\x8bx</t></si>",
        ],
    ),
]
BOOK: Changes = [
    (b"<sheet [^>]*>", [b"", b'<sheet name="x" sheetId="9" r:id="rId1"/>', b"<!-- -->"]),
    (b"<workbookPr", [b'<workbookPr date1904="1"', b'<workbookPr date1904="true"']),
    (b'state="[^"]*"', [b'state="hidden"', b""]),
]
STYLES: Changes = [
    (b'numFmtId="\\d+"', [b'numFmtId="14"', b'numFmtId="22"', b'numFmtId="1"', b'numFmtId="9"']),
]


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    """A workbook of some parts, as a sound package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def odd(parts: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """One to three changes; seldom a part is missing, or there twice under another spelling."""
    parts = dict(parts)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        name, changes = _where(parts, chance)
        pattern, others = chance.choice(changes)
        places = list(re.finditer(pattern, parts.get(name, b"")))
        if places:
            place = chance.choice(places)
            parts[name] = parts[name][: place.start()] + place.expand(chance.choice(others)) + parts[name][place.end() :]
    if chance.random() < 0.03:
        del parts[chance.choice(sorted(parts))]
    if chance.random() < 0.02:
        parts["XL/WORKBOOK.XML"] = parts.get("xl/workbook.xml", b"")
    return parts


def _where(parts: dict[str, bytes], chance: random.Random) -> tuple[str, Changes]:
    drawn = chance.random()
    if drawn < 0.7:
        return chance.choice([name for name in sorted(parts) if "/sheet" in name] or ["xl/workbook.xml"]), SHEET
    if drawn < 0.88:
        return "xl/sharedStrings.xml", TEXTS
    return ("xl/workbook.xml", BOOK) if drawn < 0.94 else ("xl/styles.xml", STYLES)
