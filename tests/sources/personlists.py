"""Lists of made-up persons of many kinds, and office files that only look like such lists, in every format that people send.

Each kind is a function of a seeded chance; names and numbers are made up from the standards' arithmetic.
"""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

from tests.pipelines.persons import bank_card, identity_number
from tests.sources.sheets import ods, xlsx

Rows = list[list[Any]]
Chance = random.Random
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙朱马胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦方白邹孟熊秦邱江尹薛"
)
_DOUBLES = ("欧阳", "上官", "司徒", "诸葛", "慕容", "皇甫", "令狐", "东方", "夏侯", "尉迟")
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛超秀霞平刚桂英华玉兰红梅春燕国建志文明永海波宁欣雨子涵轩梓浩宇翀璟喆骞旻珺茜霂彧赟犇垚鑫淼"
_VILLAGES = (
    "双湖",
    "和峪",
    "杏溪",
    "鹿塘",
    "翠田",
    "高沟",
    "白台",
    "安山",
    "杨家湾",
    "李家庄",
    "金塘",
    "龙泉",
    "石桥",
    "马家坪",
    "东湾",
    "何家冲",
    "张集",
    "王圩",
    "永安",
    "太平",
    "黄岗",
    "江口",
    "方家店",
    "余家埠",
)
LATIN = (
    "Quentin Zubrowka",
    "Xanthe Vyborny",
    "Oswin Jankulovska",
    "Quill Ostrander",
    "Yara Pennyfeather",
    "Ivo Thistlewood",
    "Maren Quillfeather",
    "Tobin Ashgrove",
)


class Person(NamedTuple):
    """Somebody who does not exist."""

    name: str
    number: str
    phone: str
    sex: str

    @property
    def born(self) -> str:
        """The day of birth, with hyphens."""
        return f"{self.number[6:10]}-{self.number[10:12]}-{self.number[12:14]}"

    @property
    def age(self) -> int:
        """Years in 2024."""
        return 2024 - int(self.number[6:10])


def name(chance: Chance) -> str:
    """A name of two to four characters."""
    surname = chance.choice(_DOUBLES) if chance.random() < 0.1 else chance.choice(_SURNAMES)
    return surname + "".join(chance.sample(_GIVEN, chance.choice((1, 2, 2, 2))))


def people(chance: Chance, n: int) -> list[Person]:
    """Some persons of different names."""
    made: dict[str, Person] = {}
    while len(made) < n:
        born = f"{chance.randrange(1935, 2015)}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"
        number = identity_number(chance.choice(("330102", "440106", "510104", "350203")), born, chance.randrange(1000))
        phone = f"1{chance.choice('35789')}{chance.randrange(10**9):09d}"
        somebody = name(chance)
        made[somebody] = Person(somebody, number, phone, chance.choice("男女"))
    return list(made.values())


def villages(chance: Chance, n: int) -> list[str]:
    """Names of villages, with 村 or 社区 or without."""
    ending = chance.choice(("村", "社区", "", "村委会", "居委会"))
    return [v + ending for v in chance.sample(_VILLAGES, min(n, len(_VILLAGES)))]


# -- lists of persons ------------------------------------------------------------------------------------------------

PersonKind = Callable[[Chance, list[Person]], Rows]
_WITH_HEADS = [
    "患者",
    "孕妇",
    "产妇",
    "新生儿",
    "孩子",
    "父亲",
    "母亲",
    "男方",
    "领取人",
    "户主",
    "签到人",
    "责任人",
    "受益人",
    "学生姓名",
    "申请人",
    "死者姓名",
    "残疾人",
    "监护人",
    "村民",
    "持证人",
    "補貼對象",
    "孕產婦姓名",
    "戶長",
    "產婦",
    "家長",
    "簽到",
]


def _headed(head: str) -> PersonKind:
    def rows(chance: Chance, ps: list[Person]) -> Rows:
        more = chance.choice((["备注"], ["组别", "金额"], ["日期"], ["几组", "签字"]))
        return [["序号", head, *more], *([n, p.name, *(chance.choice(("一组", "已领", "3")) for _ in more)] for n, p in enumerate(ps, 1))]

    return rows


def _numbers(write: Callable[[str], Any], *, named: bool = True) -> PersonKind:
    return lambda chance, ps: [[n, *([p.name] if named else []), write(p.number)] for n, p in enumerate(ps, 1)]


def _in_form(rows: PersonKind) -> PersonKind:
    """Below a village's figures."""
    return lambda chance, ps: [
        ["村级人口与家庭服务月报"],
        ["村（居）名称", "龙泉村", "报告期", "2024年3月"],
        ["指标", "计量单位", "本月数"],
        ["出生", "人", 2],
        ["死亡", "人", 3],
        ["填表人", name(chance), "审核人", name(chance)],
        *([[]] * chance.randrange(4)),
        *rows(chance, ps),
    ]


def _permit(chance: Chance) -> str:
    return f"{chance.choice('HM')}{chance.randrange(10**8):08d}"


def _passport(chance: Chance) -> str:
    return f"{chance.choice('EGPK')}{chance.randrange(10**8):08d}"


PERSONS: dict[str, PersonKind] = {f"headed {head}": _headed(head) for head in _WITH_HEADS}
PERSONS |= {
    "id plain": _numbers(str),
    "id alone": _numbers(str, named=False),
    "id dots": _numbers(lambda n: f"{n[:6]}.{n[6:14]}.{n[14:]}"),
    "id slashes": _numbers(lambda n: f"{n[:6]}/{n[6:10]}/{n[10:12]}/{n[12:14]}/{n[14:]}"),
    "id underscores": _numbers(lambda n: f"_{n[:6]}_{n[6:14]}_{n[14:]}_"),
    "id middle dots": _numbers(lambda n: f"{n[:6]}·{n[6:14]}·{n[14:]}"),
    "id lines": _numbers(lambda n: f"{n[:6]}\n{n[6:14]}\n{n[14:]}"),
    "id brackets": _numbers(lambda n: f"【{n[:6]}】（{n[6:14]}）[{n[14:]}]"),
    "id fours": _numbers(lambda n: " ".join((n[:4], n[4:8], n[8:12], n[12:16], n[16:]))),
    "id latin": _numbers(lambda n: f"SFZ{n}A"),
    "id glued": lambda chance, ps: [[f"{p.name}{p.number}"] for p in ps],
    "id glued latin": _numbers(lambda n: f"Zhang{n}San"),
    "id wide": _numbers(lambda n: n.translate(str.maketrans("0123456789X", "０１２３４５６７８９Ｘ"))),
    "id with label": lambda chance, ps: [[f"{p.name}（身份证：{p.number}）"] for p in ps],
    "id masked stars": _numbers(lambda n: f"{n[:6]}********{n[14:]}"),
    "id masked dots": _numbers(lambda n: f"{n[:6]}●●●●●●●●{n[14:]}"),
    "id masked crosses": _numbers(lambda n: f"{n[:6]}XXXXXXXX{n[14:]}"),
    "id masked hashes": _numbers(lambda n: f"{n[:4]}##########{n[14:]}"),
    "id masked end": _numbers(lambda n: f"{n[:14]}****"),
    "id three cells": lambda chance, ps: [[p.name, p.number[:6], p.number[6:14], p.number[14:]] for p in ps],
    "id five cells": lambda chance, ps: [
        [p.name, p.number[:6], p.number[6:10], p.number[10:12], p.number[12:14], p.number[14:]] for p in ps
    ],
    "id boxes": lambda chance, ps: [[p.name, *p.number] for p in ps],
    "id scientific": lambda chance, ps: [[p.name, f"{float(p.number[:17] + '0'):.5E}".replace("E+", "E+")] for p in ps],
    "id float": lambda chance, ps: [[p.name, float(p.number[:15] + "000")] for p in ps],
    "old numbers": lambda chance, ps: [[p.name, p.number[:6] + p.number[8:17]] for p in ps],
    "names and phones": lambda chance, ps: [[p.name, p.phone] for p in ps],
    "phones dots": lambda chance, ps: [[p.name, f"{p.phone[:3]}.{p.phone[3:7]}.{p.phone[7:]}"] for p in ps],
    "phones brackets": lambda chance, ps: [[p.name, f"({p.phone[:3]}){p.phone[3:7]}-{p.phone[7:]}"] for p in ps],
    "phones masked": lambda chance, ps: [[p.name, f"{p.phone[:3]}****{p.phone[7:]}"] for p in ps],
    "landlines": lambda chance, ps: [["姓名", "電話"], *([p.name, f"03-{p.phone[:7]}"] for p in ps)],
    "hk permits": lambda chance, ps: [["姓名", "通行证号码", "国籍"], *([p.name, _permit(chance), "中国香港"] for p in ps)],
    "hk permits bare": lambda chance, ps: [[p.name, _permit(chance)] for p in ps],
    "taiwan permits": lambda chance, ps: [["姓名", "台胞证"], *([p.name, f"{chance.randrange(10**8):08d}"] for p in ps)],
    "passports": lambda chance, ps: [["Traveller", "Passport"], *([n, _passport(chance)] for n in LATIN[: len(ps)])],
    "passports zh": lambda chance, ps: [["旅客", "護照"], *([p.name, _passport(chance)] for p in ps)],
    "english births": lambda chance, ps: [["Patient", "DOB"], *([n, p.born] for n, p in zip(LATIN, ps, strict=False))],
    "english names": lambda chance, ps: [["Full name", "Address"], *([n, f"{p.age} Mill Lane"] for n, p in zip(LATIN, ps, strict=False))],
    "births bare": lambda chance, ps: [[p.name, p.born] for p in ps],
    "births points": lambda chance, ps: [[p.name, p.born.replace("-", ".")] for p in ps],
    "births zh": lambda chance, ps: [[p.name, f"{p.born[:4]}年{int(p.born[5:7])}月{int(p.born[8:])}日"] for p in ps],
    "births compact": lambda chance, ps: [[p.name, p.sex, p.number[6:14]] for p in ps],
    "births in notes": lambda chance, ps: [
        ["备注"],
        *([f"{p.name}，{p.sex}，{p.born[:4]}年{int(p.born[5:7])}月{int(p.born[8:])}日出生"] for p in ps),
    ],
    "births in one note": lambda chance, ps: [["出生", 3], ["；".join(f"{p.name}{p.born[:4]}年{int(p.born[5:7])}月生" for p in ps)]],
    "ages": lambda chance, ps: [[p.name, p.sex, p.age] for p in ps],
    "ages in words": lambda chance, ps: [[f"{p.name}，{p.sex}，{p.age}岁，因病去世"] for p in ps],
    "relations": lambda chance, ps: [
        [p.name, r] for p, r in zip(ps, ("户主", "妻", "长子", "次女", "父", "母", "儿媳", "孙子"), strict=False)
    ],
    "addresses": lambda chance, ps: [[p.name, f"竹山村{n}组{n * 3}号"] for n, p in enumerate(ps, 1)],
    "couples": lambda chance, ps: [
        ["男方", "女方", "登记日期"],
        *([a.name, b.name, "2024-03-05"] for a, b in zip(ps[::2], ps[1::2], strict=False)),
    ],
    "block of names": lambda chance, ps: [["竹山村育龄妇女名册"], *([name(chance) for _ in range(5)] for _ in range(8))],
    "column of names": lambda chance, ps: [[p.name] for p in people(chance, 12)],
    "names in one cell": lambda chance, ps: [["死亡人员", "、".join(p.name for p in ps)]],
    "town list with names": lambda chance, ps: [
        ["村名", "出生人数", "新生儿姓名"],
        *([v, 1, p.name] for v, p in zip(villages(chance, len(ps)), ps, strict=False)),
    ],
    "card": lambda chance, ps: [["居民登记卡"], ["姓名", ps[0].name], ["性别", ps[0].sex], ["出生日期", ps[0].born], ["住址", "3组12号"]],
    "card across": lambda chance, ps: [["登记表"], ["姓名", ps[0].name, "性别", ps[0].sex], ["住址", "3组12号", "民族", "汉族"]],
    "card inline": lambda chance, ps: [[f"姓名：{ps[0].name} 性别：{ps[0].sex} 出生日期：{ps[0].born}"]],
    "minority names": lambda chance, ps: [
        ["姓名", "住址"],
        *([n, "二组"] for n in ("买买提·艾力", "阿依古丽·吐尔逊", "扎西顿珠", "热娜·阿不都")),
    ],
    "traditional": lambda chance, ps: [
        ["鄰別", "戶長", "戶內人數"],
        *([str(n), m, "3"] for n, m in enumerate(("張翀璟", "陳珺茜", "劉喆赟", "黃霂旻"), 1)),
    ],
    "bank cards": lambda chance, ps: [
        ["姓名", "一卡通", "金额"],
        *([p.name, bank_card(f"621799{chance.randrange(10**12):012d}"), 480] for p in ps),
    ],
    "subsidies": lambda chance, ps: [["对象", "补贴标准", "发放金额", "银行"], *([p.name, 480, 480, "农商行"] for p in ps)],
    "sign-in": lambda chance, ps: [["村民会议签到表"], ["序号", "姓名", "签到"], *([n, p.name, "√"] for n, p in enumerate(ps))],
    "deaths in a form": _in_form(lambda chance, ps: [["死亡人员", "死亡日期", "死因"], *([p.name, "2024-03-07", "脑梗"] for p in ps)]),
    "births in a form": _in_form(lambda chance, ps: [[p.name, p.born, "竹山村2组"] for p in ps]),
    "numbers in a form": _in_form(lambda chance, ps: [["附", f"{p.name} {p.number}"] for p in ps]),
    "hidden names": lambda chance, ps: [["姓名", "身份证"], *([f"{p.name[0]}某某", f"{p.number[:6]}********{p.number[14:]}"] for p in ps)],
}

# -- office files ----------------------------------------------------------------------------------------------------

OfficeKind = Callable[[Chance], Rows]


def _phone(chance: Chance) -> str:
    return f"1{chance.choice('35789')}{chance.randrange(10**9):09d}"


def _town_list(*people_heads: str) -> OfficeKind:
    def rows(chance: Chance) -> Rows:
        def about(head: str) -> Any:
            return _phone(chance) if "电话" in head or "手机" in head or head in ("电 话", "联系方式") else name(chance)

        heads = ["户数", "人口"]
        listed = [[v, *map(about, people_heads), chance.randrange(200, 900), chance.randrange(500, 3000)] for v in villages(chance, 12)]
        return [["村名", *people_heads, *heads], *listed]

    return rows


def _signed(chance: Chance) -> Rows:
    return [
        ["各村人口统计表（2024年3月）"],
        ["村名", "出生", "死亡", "迁入", "备注"],
        *(
            [v, chance.randrange(4), chance.randrange(4), chance.randrange(9), chance.choice(("", "张三家迁出", "王某说明已核"))]
            for v in villages(chance, 9)
        ),
        ["填表人：" + name(chance), "", "审核人：" + name(chance), "", "联系电话：" + _phone(chance)],
        ["单位负责人", name(chance), "统计负责人", name(chance), "报出日期 2024年4月3日"],
    ]


OFFICES: dict[str, OfficeKind] = {
    "fillers": _town_list("填报人", "电话"),
    "heads": _town_list("村主任", "联系电话"),
    "secretaries": _town_list("村书记", "手机号码"),
    "clerks without phone": _town_list("统计员"),
    "contacts": _town_list("联系人", "联系方式"),
    "two officials": _town_list("书记", "书记电话", "主任", "主任电话"),
    "signed": _signed,
    "relations": lambda c: [
        ["村名", "与户主关系", "人数"],
        *([v, r, c.randrange(300)] for v in villages(c, 4) for r in ("户主", "配偶", "子", "女", "父", "母")),
    ],
    "relations alone": lambda c: [["户主", 320], ["配偶", 280], ["子女", 400], ["父母", 20]],
    "amounts": lambda c: [
        ["代码", "人口", "经费"],
        *([f"99010100{n:04d}", 1000 + n, 13_800_000_000 + n * 1_000_003] for n in range(1, 20)),
    ],
    "amounts text": lambda c: [["村名", "产值（元）"], *([v, str(13_000_000_000 + c.randrange(5 * 10**9))] for v in villages(c, 12))],
    "amounts in words": lambda c: [["项目", "金额"], *([f"项目{n}", float(13_000_000_000 + c.randrange(5 * 10**9))] for n in range(1, 12))],
    "codes of 18": lambda c: [
        ["凭证编号", "金额"],
        *(
            [f"330102{c.randrange(1990, 2020)}{c.randrange(1, 13):02d}{c.randrange(1, 29):02d}{c.randrange(10**4):04d}"[:17] + "Y", 12.5]
            for _ in range(12)
        ),
    ],
    "organisations": lambda c: [["单位名称", "统一社会信用代码"], *([v, f"54330102ME{c.randrange(10**7):07d}A"] for v in villages(c, 9))],
    "place codes": lambda c: [
        ["村名", "村代码", "户数"],
        *([v, f"990101{c.randrange(10**6):06d}", c.randrange(900)] for v in villages(c, 12)),
    ],
    "serials": lambda c: [["流水号", "数"], *([str(15_012_340_000 + n), 1] for n in range(1, 20))],
    "villages alone": lambda c: [[v] for v in villages(c, 20)],
    "villages and figures": lambda c: [[v, *(c.randrange(900) for _ in range(6))] for v in villages(c, 20)],
    "ages": lambda c: [["年龄", "男", "女"], *([f"{a}—{a + 4}岁", c.randrange(90), c.randrange(90)] for a in range(0, 80, 5))],
    "sexes": lambda c: [["村名", "性别", "人数"], *([v, s, c.randrange(900)] for v in villages(c, 8) for s in ("男", "女"))],
    "births by month": lambda c: [["出生日期", "人数"], *([f"2024-03-{d:02d}", c.randrange(4)] for d in range(1, 29))],
    "heads of counts": lambda c: [
        ["村名", "孕妇", "产妇", "新生儿", "残疾人", "低保户"],
        *([v, *(c.randrange(9) for _ in range(5))] for v in villages(c, 12)),
    ],
    "duty": lambda c: [["值班表"], ["日期", "值班人", "电话"], *([f"2024-03-{d:02d}", name(c), _phone(c)] for d in range(1, 9))],
    "staff": lambda c: [["姓名", "职务", "联系电话"], *([name(c), p, _phone(c)] for p in ("书记", "主任", "会计", "妇联主席", "统计员"))],
    "town directory": lambda c: [
        ["各村通讯录"],
        ["村名", "姓名", "职务", "手机"],
        *([v, name(c), "村主任", _phone(c)] for v in villages(c, 10)),
    ],
    "scores": lambda c: [["村名", "得分", "名次"], *([v, c.randrange(60, 100), n] for n, v in enumerate(villages(c, 12), 1))],
    "ratios": lambda c: [["村名", "比率"], *([v, c.random()] for v in villages(c, 12))],
    "services": lambda c: [
        ["服务项目", "人次"],
        *(
            [s, c.randrange(90)]
            for s in (
                "孕前优生检查",
                "婚前医学检查",
                "新生儿访视",
                "产后访视",
                "高血压随访",
                "老年人体检",
                "宣传讲座",
                "安全套发放",
                "方法咨询",
                "康复指导",
            )
        ),
    ],
    "words": lambda c: [
        ["栏目", "说明"],
        *(
            [w, "按季"]
            for w in (
                "安全生产",
                "方法步骤",
                "高龄津贴",
                "金融服务",
                "余额核对",
                "计划安排",
                "温馨提示",
                "常住人口",
                "成员变动",
                "项目管理",
                "任务分解",
                "农业保险",
            )
        ),
    ],
    "two towns": lambda c: [
        ["乡镇", "负责人", "办公电话", "村数"],
        *([t, name(c), f"0571-88{c.randrange(10**6):06d}", 12] for t in ("青溪镇", "松渡乡", "枫井镇", "白沙街道")),
    ],
    "groups": lambda c: [["组别", "组长", "电话", "户数"], *([f"{n}组", name(c), _phone(c), 30] for n in "一二三四五六七八")],
    "form": lambda c: [
        ["村级人口与家庭服务月报"],
        ["", "村（居）代码", "990101100201", "村（居）名称", villages(c, 1)[0], "乡镇（街道）", "青溪镇"],
        ["", "报告期", "2024年3月"],
        ["序号", "指标", "计量单位", "男", "女"],
        [1, "期初人口", "人", 500, 490],
        [2, "出生", "人", 2, 1],
        [3, "死亡", "人", 1, 1],
        ["备注：", f"{name(c)}家迁出，已与派出所核对"],
        ["填表人", name(c), "审核人", name(c), "联系电话", _phone(c), "报出日期", "2024-04-04"],
    ],
    "form below": lambda c: [["出生", 3], ["死亡", 2], ["填表人", "审核人", "单位负责人"], [name(c), name(c), name(c)], ["2024年4月2日"]],
}

# -- formats ---------------------------------------------------------------------------------------------------------


def _text(rows: Rows) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return out.getvalue()


def _xls(rows: Rows) -> bytes:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("月报")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell not in ("", None):
                sheet.write(r, c, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _html(rows: Rows) -> bytes:
    lines = "".join("<tr>" + "".join(f"<td style='font-family:宋体'>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f"<html><head><meta charset='utf-8'></head><body><table>{lines}</table></body></html>".encode()


def _zip(rows: Rows) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("青溪镇/附表.xlsx", xlsx(rows))
    return out.getvalue()


FORMATS: dict[str, Callable[[Rows], bytes]] = {
    "a.xlsx": xlsx,
    "a.csv": lambda rows: _text(rows).encode("gb18030"),
    "b.xls": _xls,
    "c.ods": ods,
    "d.xls": _html,
    "e.zip": _zip,
}


def files(kinds: Sequence[str], formats: int, seed: int) -> list[tuple[str, str, int]]:
    """(kind, file name of a format, seed) so that each kind comes in so many formats, each format equally often."""
    names = list(FORMATS)
    return [(kind, names[(n + k) % len(names)], seed + 100 * n + k) for n, kind in enumerate(kinds) for k in range(formats)]
