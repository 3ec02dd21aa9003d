"""YAML files of the dictionary, as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from schemas.dictionary import DictionaryError, load_dictionary
from schemas.yamlfile import read_yaml


def _written(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


@pytest.mark.parametrize("text", ["a: 1\nb: {c: 1, c: 2}\n", "rules: []\nunits: []\nrules: []\n", "- {a: 1, 'a': 2}\n"])
def test_a_key_that_stands_twice_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(yaml.YAMLError, match="twice"):
        read_yaml(_written(tmp_path, text))


def test_keys_that_stand_once_in_each_mapping_are_fine(tmp_path: Path) -> None:
    path = _written(tmp_path, "a: {c: 1}\nb: {c: 2}\n1: x\n'1': y\n")
    assert read_yaml(path) == yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("name", ["mine.yaml", "mine.yml"])
def test_a_file_by_either_ending_is_read(name: str, tmp_path: Path) -> None:
    _written(tmp_path, "rules: [{id: p1}]\n", name)
    with pytest.raises(DictionaryError, match=name):
        load_dictionary([tmp_path])


def test_a_file_in_another_encoding_is_told_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes("units: [] # 单位".encode("gbk"))
    with pytest.raises(DictionaryError) as error:
        load_dictionary([tmp_path])
    assert ("UTF-8" in error.value.faults[0].en, "另存为" in error.value.faults[0].zh) == (True, True)
