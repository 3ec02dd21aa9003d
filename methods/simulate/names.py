"""Words that invented places are named with. They name nothing real: codes begin with the unassigned province 99."""

from __future__ import annotations

FIRST = {
    "青": "Qing", "龙": "Long", "柳": "Liu", "松": "Song", "白": "Bai", "石": "Shi", "清": "Qing", "双": "Shuang",
    "高": "Gao", "长": "Chang", "新": "Xin", "金": "Jin", "云": "Yun", "竹": "Zhu", "梅": "Mei", "桃": "Tao",
    "杏": "Xing", "枫": "Feng", "银": "Yin", "翠": "Cui", "鹤": "He", "鹿": "Lu", "泉": "Quan", "安": "An",
    "和": "He", "永": "Yong", "兴": "Xing", "平": "Ping", "东": "Dong", "南": "Nan", "西": "Xi", "北": "Bei",
}  # fmt: skip
SECOND = {
    "溪": "xi", "桥": "qiao", "林": "lin", "河": "he", "山": "shan", "岭": "ling", "坪": "ping", "湾": "wan",
    "塘": "tang", "坝": "ba", "堡": "bao", "庄": "zhuang", "岗": "gang", "坡": "po", "井": "jing", "湖": "hu",
    "洲": "zhou", "台": "tai", "渡": "du", "峪": "yu", "田": "tian", "园": "yuan", "沟": "gou", "川": "chuan",
}  # fmt: skip
TOWN_KINDS = {"街道": "Subdistrict", "镇": "Town", "乡": "Township"}
COUNTY = ("栖云县", "Qiyun County")
TYPOS = {
    "青": "清", "清": "青", "龙": "尤", "柳": "抑", "松": "忪", "白": "百", "石": "右", "双": "又", "长": "常", "新": "薪",
    "金": "全", "云": "去", "竹": "什", "梅": "海", "桃": "挑", "杏": "否", "枫": "风", "银": "根", "翠": "粹", "泉": "全",
    "安": "按", "和": "合", "永": "水", "兴": "星", "平": "坪", "东": "冬", "南": "难", "西": "四", "北": "此", "高": "搞",
    "鹤": "鹅", "鹿": "麓",
}  # fmt: skip
"""What a hurried typist makes of a first character: same sound or same shape."""
