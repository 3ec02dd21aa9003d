"""Words that no user may ever see, and every place where a user sees words. Tests of rooms that make new pages ask this file."""

from __future__ import annotations

import ast
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]

ACCUSATIONS = re.compile(
    r"\b(?:fraud\w*|fake[ds]?|faking|liars?|lying|lied|cheat\w*|falsif\w+|fabricat\w+|forge[ds]?\b|forger\w*|dishonest\w*|guilt\w*|culprit\w*|"
    r"offenders?|tamper\w*|suspects?\b|blame\w*|bogus|crook\w*|cook(?:ed|ing) the|punish\w*|sanction\w*)"
    r"|造假|虚假|作假|弄虚|假报|假数|编造|捏造|伪造|篡改|欺骗|骗取|骗领|撒谎|说谎|作弊|嫌疑|可疑|追责|问责|(?<!处)处分|处罚|通报批评",
    re.IGNORECASE,
)
"""A flag is a question. These words make it something else."""

LEAGUE_TABLES = re.compile(r"排名|名次|倒数第|落后(?:乡镇|村)|红黑榜|league table|worst (?:towns?|clerks?)|\btop offenders?", re.IGNORECASE)
"""Nothing ranks towns, villages or clerks."""

ODDS = re.compile(
    r"(?:probability|likelihood|chance|odds)\s+(?:of|that)\s+(?:being\s+)?(?:made[ -]up|error by|wrongdoing|the clerk)"
    r"|(?:造假|虚报|瞒报|漏报)的?(?:概率|可能性)|\d+\s*%\s*(?:的?(?:概率|可能)(?:性)?是?(?:编|假)|likely to be made)",
    re.IGNORECASE,
)
"""No probability of guilt."""

FORBIDDEN = (ACCUSATIONS, LEAGUE_TABLES, ODDS)
IN_DOCUMENTS = (ACCUSATIONS, ODDS)  # they say that there are no rankings


def offences(text: str, forbidden: tuple[re.Pattern[str], ...] = FORBIDDEN) -> list[str]:
    """The forbidden words in a text, each with what stands around it."""
    return [text[max(0, m.start() - 30) : m.end() + 30].replace("\n", " ") for words in forbidden for m in words.finditer(text)]


def dictionary_texts() -> Iterator[tuple[str, str]]:
    """(where, text) of every string in the shipped dictionary."""
    for path in sorted((ROOT / "schemas" / "dictionary").rglob("*.yaml")):
        for text in _strings(yaml.safe_load(path.read_text("utf-8"))):
            yield path.name, text


def program_texts() -> Iterator[tuple[str, str]]:
    """(where, text) of every string in the code of what is shown: commands, UI, workbooks, pages; and the descriptions of assets."""
    for room in ("pipelines", "assets", "sinks"):
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 3:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def document_texts() -> Iterator[tuple[str, str]]:
    """(where, text) of the documents."""
    for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]:
        yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def written_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """(where, text) of every file below a folder; workbooks and packages are opened."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        where = str(path.relative_to(folder))
        yield where, where
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as package:
                for name in package.namelist():
                    yield f"{where}!{name}", package.read(name).decode("utf-8", "replace")
        elif path.suffix in {".html", ".csv", ".json", ".md", ".txt", ".svg", ".xml"}:
            yield where, path.read_text("utf-8-sig", "replace")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
