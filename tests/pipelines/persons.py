"""Files that hold rows about persons, of every kind we know, and files that only look like it.

Nobody in them exists. Numbers are made by the arithmetic of the standard, in places (119999, 339999) that do not exist, so that the
detector finds them valid and no resident can have them; names are of characters that go together in no register.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

_SURNAMES = ["欧阳", "慕容", "司徒", "上官", "公孙", "诸葛", "端木", "皇甫"]
_GIVEN = "静姝 长风 望舒 云起 暮雪 听澜 疏影 砚秋 栖梧 怀瑾 若谷 知微 折枝 煮酒 观棋 采薇".split()  # noqa: SIM905


def identity_number(place: str, born: str, serial: int) -> str:
    """A made-up resident identity number; the check digit by the recurrence of ISO 7064, not by the table the detector uses."""
    body, p = f"{place}{born}{serial:03d}", 0
    for digit in body:
        p = (p + int(digit)) * 2 % 11
    check = (12 - p) % 11
    return body + ("X" if check == 10 else str(check))


def bank_card(body: str) -> str:
    """The digits with Luhn's check digit."""
    total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(reversed(body)))
    return body + str(-total % 10)


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    name: str
    number: str
    phone: str
    born: str
    card: str

    @property
    def old_number(self) -> str:
        """The number as it was before 1999: without century and check digit."""
        return self.number[:6] + self.number[8:17]

    @property
    def secrets(self) -> list[str]:
        """Everything of the person that may be found nowhere."""
        return [self.name, self.number, self.phone, self.old_number, self.card, self.number[6:17]]


_serial = count(1)


def people(n: int = 4) -> list[Person]:
    """Persons that no other call gives. None whose number ends like a month: alone and without a word that is no number of a person."""
    made: list[Person] = []
    while len(made) < n:
        k = next(_serial)
        name = _SURNAMES[k % 8] + _GIVEN[k // 8 % 16] + ("" if k < 128 else _GIVEN[k // 128 % 16][0])
        born = f"{1950 + k * 7 % 49}{1 + k % 12:02d}{1 + k * 5 % 28:02d}"
        number = identity_number("119999" if k % 2 else "339999", born, 100 + k * 13 % 800)
        if re.search(r"20[1-3]\d(0[1-9]|1[0-2])$", number):
            continue
        made.append(
            Person(
                name, number, f"1{3 + k % 6}{7 + k % 3}{20481357 + k * 7919:08d}", born, bank_card(f"621799{7351902468 + k * 611953:012d}")
            )
        )
    return made


@dataclass(frozen=True)
class Kind:
    """A file about persons: its name in the inbox, its bytes, what must be found nowhere, and where it is told to be."""

    name: str
    file_name: str
    data: bytes
    persons: Sequence[Person]
    place: str
    is_masked: bool = False

    @property
    def secrets(self) -> list[str]:
        """Every string of its persons."""
        return [secret for person in self.persons for secret in person.secrets]


# -- building ---------------------------------------------------------------------------------------------------


def _edit(form: bytes, change: Callable[[Any], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(form))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _with_rows(form: bytes, rows: Iterable[Sequence[Any]], *, state: str = "visible", title: str = "附表") -> bytes:
    def change(book: Any) -> None:
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(list(row))

    return _edit(form, change)


def _with_parts(form: bytes, parts: dict[str, str | bytes]) -> bytes:
    """The workbook with further parts in its zip, known to its content types."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(form)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename == "[Content_Types].xml":
                added = b'<Default Extension="bin" ContentType="application/octet-stream"/>' if b'"bin"' not in content else b""
                content = content.replace(b"</Types>", added + b"</Types>")
            new.writestr(item.filename, content)
        for name, part in parts.items():
            new.writestr(name, part)
    return out.getvalue()


def book_of(rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _letter(persons: Sequence[Person]) -> bytes:
    """A .docx whose numbers are cut into differently formatted runs."""
    lines = "".join(
        f"<w:p><w:r><w:t>{p.name}</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>：{p.number[:9]}</w:t></w:r><w:r><w:t>{p.number[9:]}</w:t></w:r></w:p>"
        for p in persons
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{lines}</w:document>'
        )
    return out.getvalue()


def _pivot(persons: Sequence[Person]) -> dict[str, str | bytes]:
    """The cache of a pivot table whose sheet is gone: names and birth dates, no number."""
    names = "".join(f'<s v="{p.name}"/>' for p in persons)
    births = "".join(f'<s v="{p.born}"/>' for p in persons)
    rows = "".join(f'<r><x v="{n}"/><x v="{n}"/><n v="{n + 20}"/></r>' for n in range(len(persons)))
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return {
        "xl/pivotCache/pivotCacheDefinition1.xml": f'<pivotCacheDefinition {space} recordCount="{len(persons)}"><cacheFields count="3">'
        f'<cacheField name="姓名" numFmtId="0"><sharedItems count="{len(persons)}">{names}</sharedItems></cacheField>'
        f'<cacheField name="出生日期" numFmtId="0"><sharedItems>{births}</sharedItems></cacheField>'
        '<cacheField name="年龄" numFmtId="0"><sharedItems containsNumber="1"/></cacheField></cacheFields></pivotCacheDefinition>',
        "xl/pivotCache/pivotCacheRecords1.xml": f'<pivotCacheRecords {space} count="{len(persons)}">{rows}</pivotCacheRecords>',
    }


def _link_cache(persons: Sequence[Person]) -> dict[str, str | bytes]:
    rows = "".join(
        f'<row r="{n}"><cell r="A{n}" t="str"><v>{p.name}</v></cell><cell r="B{n}" t="str"><v>{p.phone}</v></cell></row>'
        for n, p in enumerate(persons, start=2)
    )
    return {
        "xl/externalLinks/externalLink1.xml": '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><externalBook>'
        f'<sheetDataSet><sheetData sheetId="0">{rows}</sheetData></sheetDataSet></externalBook></externalLink>'
    }


def _threaded(persons: Sequence[Person]) -> dict[str, str | bytes]:
    said = "".join(
        f'<threadedComment ref="B{n}"><text>{p.name} {p.number}</text></threadedComment>' for n, p in enumerate(persons, start=2)
    )
    return {"xl/threadedComments/threadedComment1.xml": f"<ThreadedComments>{said}</ThreadedComments>"}


def _text_box(persons: Sequence[Person]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("月报")
    sheet.write(0, 0, "村级人口与家庭服务月报")
    sheet.insert_textbox("D2", "\n".join(f"{p.name}，{p.number}" for p in persons))
    book.close()
    return out.getvalue()


def _chart(persons: Sequence[Person]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("月报")
    sheet.write(0, 0, "村级人口与家庭服务月报")
    chart = book.add_chart({"type": "column"})
    cached = [f"{p.name}{p.phone}" for p in persons]
    chart.add_series(  # what a chart remembers of cells that were cleared since
        {"categories": "=月报!$A$5:$A$8", "values": "=月报!$B$5:$B$8", "categories_data": cached, "values_data": [1] * len(cached)}
    )
    sheet.insert_chart("D2", chart)
    book.close()
    return out.getvalue()


def _ods(persons: Sequence[Person]) -> bytes:
    from odf.office import Annotation
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    table = Table(name="月报")
    for person in persons:
        row, cell = TableRow(), TableCell(valuetype="string")
        cell.addElement(P(text="人口"))
        note = Annotation()
        note.addElement(P(text=f"{person.name} {person.number}"))
        cell.addElement(note)
        row.addElement(cell)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def _xls_hidden(persons: Sequence[Person]) -> bytes:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    book.add_sheet("月报").write(0, 0, "村级人口与家庭服务月报")
    sheet = book.add_sheet("附")
    sheet.visibility = 2
    for row, p in enumerate(persons):
        sheet.write(row, 0, p.name)
        sheet.write(row, 1, p.number)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xls_footer(persons: Sequence[Person]) -> bytes:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("月报")
    sheet.write(0, 0, "村级人口与家庭服务月报")
    sheet._Worksheet__footer_str = "；".join(f"{p.name}{p.number}" for p in persons)  # its setter takes Python 2 text
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xls_comment(persons: Sequence[Person]) -> bytes:
    """A BIFF8 workbook with a text object's records (TXO and its CONTINUE, as a comment has them) after those of its sheet."""
    import struct

    import olefile
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    book.add_sheet("月报").write(0, 0, "村级人口与家庭服务月报" + " " * 4000)  # the stream must not be a short one
    out = io.BytesIO()
    book.save(out)
    said = "\n".join(f"{p.name} {p.number}" for p in persons)
    text = b"\x01" + said.encode("utf-16-le")
    txo = struct.pack("<HHHHHHHI", 0x0212, 0, 0, 0, 0, len(said), 0, 0)
    records = struct.pack("<HH", 0x01B6, len(txo)) + txo + struct.pack("<HH", 0x003C, len(text)) + text
    with olefile.OleFileIO(io.BytesIO(out.getvalue())) as ole:
        stream = ole.openstream("Workbook").read()
    end = stream.rindex(b"\x0a\x00\x00\x00") + 4  # EOF of the last sheet; xlwt pads the stream after it
    patched = stream[:end] + records
    assert len(patched) <= len(stream)
    spoilt = io.BytesIO(out.getvalue())
    with olefile.OleFileIO(spoilt, write_mode=True) as ole:
        ole.write_stream("Workbook", patched.ljust(len(stream), b"\0"))
    return spoilt.getvalue()


def _html(persons: Sequence[Person]) -> bytes:
    rows = "".join(f"<tr><td>{p.name}</td><td>{p.number}</td></tr>" for p in persons)
    return f"<html><head><meta charset='gb2312'></head><body><table><tr><th>村民</th><th>号</th></tr>{rows}</table></body></html>".encode(
        "gb18030"
    )


def _bundle(form: bytes, persons: Sequence[Person]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("一村.xlsx", form)
        archive.writestr("二村.xlsx", book_of([["姓名", "身份证号码"], *([p.name, p.number] for p in persons)]))
    return out.getvalue()


_WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def _spaced(number: str, n: int) -> str:
    parted = f"{number[:6]} {number[6:14]} {number[14:]}"
    return (parted, parted.replace(" ", "-"), parted.translate(_WIDE), number.lower())[n % 4]


def _wrong(number: str) -> str:
    return number[:17] + ("1" if number[17] != "1" else "2")


def kinds_of_persons(form: bytes) -> list[Kind]:
    """One file of each kind, most of them on a good form that would be read without it.

    Args:
        form: a village's workbook (.xlsx) that says nothing about persons.
    """
    made: list[Kind] = []
    n_sheets = len(openpyxl.load_workbook(io.BytesIO(form)).sheetnames)

    def add(name: str, place: str, build: Callable[[list[Person]], bytes], ending: str = ".xlsx", file_name: str = "", n: int = 4) -> None:
        persons = people(n)
        made.append(Kind(name, (file_name or name).format(p=persons[0]) + ending, build(persons), persons, place, "{" in file_name))

    def rows(name: str, build: Callable[[list[Person]], list[Sequence[Any]]], state: str = "visible") -> None:
        add(name, str(n_sheets + 1), lambda ps: _with_rows(form, build(ps), state=state))  # a sheet behind the form's own

    def edited(name: str, place: str, change: Callable[[Any, list[Person]], None]) -> None:
        add(name, place, lambda ps: _edit(form, lambda book: change(book, ps)))

    def parts(name: str, place: str, build: Callable[[list[Person]], dict[str, str | bytes]]) -> None:
        add(name, place, lambda ps: _with_parts(form, build(ps)))

    # in cells
    add(
        "名单",
        "1",
        lambda ps: book_of([["序号", "姓名", "身份证号", "联系电话"], *([n, p.name, p.number, p.phone] for n, p in enumerate(ps, 1))]),
    )
    rows("隐藏的工作表", lambda ps: [[p.name, p.number] for p in ps], "hidden")
    rows("深度隐藏的工作表", lambda ps: [[p.name, p.number] for p in ps], "veryHidden")
    rows("全角和空格", lambda ps: [["人员", _spaced(p.number, n)] for n, p in enumerate(ps)])
    rows("数字格式", lambda ps: [["人员", float(p.number[:15] + "000")] for p in ps])
    rows("十五位", lambda ps: [[p.name, p.old_number] for p in ps])
    rows(
        "电话",
        lambda ps: [
            [n, (p.phone, f"+86 {p.phone}", int(p.phone), f"{p.phone[:3]}-{p.phone[3:7]}-{p.phone[7:]}")[n % 4]] for n, p in enumerate(ps)
        ],
    )
    rows("姓名和证件号", lambda ps: [["姓名", "证件号码"], *([p.name, _wrong(p.number)] for p in ps)])
    rows(
        "两行表头",
        lambda ps: [["人員", ""], ["姓　名", "國民身分證 統一編號"], ["", "", "備註"], *([p.name, _wrong(p.number)] for p in ps)],
    )
    rows(
        "没有号码的花名册",
        lambda ps: [["姓名", "性别", "出生日期", "与户主关系", "现居住地址"], *([p.name, "女", p.born, "户主", "三组"] for p in ps)],
    )
    relations = ["户主", "妻", "长子", "次女"]
    rows("户口册", lambda ps: [[1, p.name, relation, 30] for p, relation in zip(ps, relations, strict=True)])
    rows("遮住的号码", lambda ps: [["姓名", "编号"], *([p.name, p.number[:6] + "********" + p.number[14:]] for p in ps)])
    rows("银行卡", lambda ps: [["户主姓名", "一卡通", "备注"], *([p.name, p.card, ""] for p in ps)])
    add("文本_GB18030", "1", lambda ps: "\r\n".join(["村民,号码", *(f"{p.name},{p.number}" for p in ps)]).encode("gb18030"), ".csv")
    add("文本_UTF16", "1", lambda ps: "\r\n".join(["村民\t号码", *(f"{p.name}\t{p.phone}" for p in ps)]).encode("utf-16"), ".txt")
    add("网页", "1", _html, ".xls")
    add("旧版隐藏", "2", _xls_hidden, ".xls")
    # outside the cells
    edited(
        "批注",
        "批注",
        lambda book, ps: [
            setattr(book.worksheets[0][f"Z{n}"], "comment", Comment(f"{p.name} {p.number}", "会计")) for n, p in enumerate(ps, 6)
        ],
    )  # type: ignore[func-returns-value]
    parts("会话批注", "批注", _threaded)
    edited("文档属性", "文档属性", lambda book, ps: setattr(book.properties, "description", "；".join(f"{p.name}{p.number}" for p in ps)))
    edited(
        "自定义属性",
        "文档属性",
        lambda book, ps: book.custom_doc_props.append(StringProperty(name="名单", value=" ".join(p.phone for p in ps))),
    )
    edited(
        "页眉", "页眉", lambda book, ps: setattr(book.worksheets[0].oddHeader.center, "text", "；".join(f"{p.name}{p.number}" for p in ps))
    )
    edited(
        "定义的名称",
        "定义的名称",
        lambda book, ps: book.defined_names.add(DefinedName("名单", attr_text='"' + ",".join(p.number for p in ps) + '"')),
    )
    edited(
        "输入列表",
        "页眉页脚、输入列表",
        lambda book, ps: book.worksheets[0].add_data_validation(
            DataValidation("list", formula1='"' + ",".join(p.name + p.phone for p in ps) + '"', sqref="H9")
        ),
    )
    add("文本框", "文本框", _text_box)
    add("图表缓存", "图表", _chart)
    parts("透视表缓存", "数据透视表缓存", _pivot)
    parts("外部链接缓存", "外部链接缓存", _link_cache)
    parts("嵌入的工作簿", "嵌入的文件", lambda ps: {"xl/embeddings/Microsoft_Excel_Sheet1.xlsx": book_of([p.name, p.number] for p in ps)})
    parts("嵌入的文档", "嵌入的文件", lambda ps: {"xl/embeddings/Microsoft_Word_Document1.docx": _letter(ps)})
    parts(
        "自定义数据",
        "自定义数据",
        lambda ps: {"customXml/item1.xml": "<list>" + "".join(f"<p>{escape(p.number)}</p>" for p in ps) + "</list>"},
    )
    add("开放格式批注", "批注", _ods, ".ods")
    add("旧版批注", "批注", _xls_comment, ".xls")
    add("旧版页脚", "页眉页脚", _xls_footer, ".xls")
    add("工作表名称", "工作表名称", lambda ps: _with_rows(form, [["见"]], title=ps[0].number), n=1)
    add("文件名称", "文件名", lambda ps: form, file_name="居民{p.number}", n=1)
    add("压缩包", "压缩包里的文件 a file in the bundle", lambda ps: _bundle(form, ps), ".zip")
    return made


def look_alikes(form: bytes) -> dict[str, bytes]:
    """Good forms with a further sheet of numbers and words that only look like persons: file name → bytes."""
    digits = re.compile(r"\d")
    codes = [identity_number("339999", f"2024{m:02d}{d:02d}", 1 + m * d) for m in range(1, 13) for d in (3, 14, 25)]
    vouchers = [code[:17] + str((int(digits.findall(code[:17])[-1]) + n) % 10) for n, code in enumerate(codes)]
    sheets: dict[str, list[list[Any]]] = {
        "统一社会信用代码": [
            ["单位名称", "统一社会信用代码"],
            ["某某村民委员会", "54330102ME1234567A"],
            ["合作社", "93330102MA2H0ABCD0"],
            ["村", "123301024700000007"],
        ],
        "区划代码": [
            ["村名", "代码"],
            *([f"第{n}村", f"{330102100200 + n}"] for n in range(1, 20)),
            *([f"村{n}", 330102200200.0 + n] for n in range(9)),
        ],
        "凭证编号": [["凭证编号", "金额"], *([code, 12.5] for code in vouchers)],
        "代码和月份": [["上报批次", "份数"], *([f"{330102200200 + n}202403", 1] for n in range(1, 30))],
        "金额": [
            ["项目", "金额（元）"],
            ["一", 13_500_000_000.0],
            ["二", 15_200_000_000.0],
            ["三", 18_000_000_000.0],
            ["四", 13_912_340_000.0],
        ],
        "流水号": [["流水", "数"], *([str(15012340000 + n), 1] for n in range(1, 30))],
        "填表人": [
            ["填表人 张三 13800000000", "", "审核人：李四 13900000001"],
            ["单位负责人 王五", "", "电话 13700000002"],
            ["联系电话：0571-88123456"],
        ],
        "负责人": [["填表人姓名", "张三", "联系电话", "13800000000"], ["负责人姓名", "李四", "联系电话", 13900000001]],
        "空白名册": [["姓名", "身份证号", "出生日期"], ["", "", ""], ["填表人", "张三", ""]],
        "证件业务": [["办理居民身份证人数", 12], ["身份证换领", 3], ["户主变更（户）", 4], ["妻子为外省户籍的户数", 2]],
        "人数按关系": [["户主", 320], ["配偶", 280], ["子女", 400]],
        "小数": [["比率", "0.33010219900101123"], ["比率", 0.33010219900101123]],
    }
    return {f"像_{name}.xlsx": _with_rows(form, rows) for name, rows in sheets.items()}
