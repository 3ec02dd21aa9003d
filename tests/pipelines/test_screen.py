"""What a run that breaks says, and a command that cannot start."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest
from typer.testing import CliRunner

from assets.identity import identified
from pipelines.cli.main import app
from pipelines.cli.screen import CommandError, fail


def test_an_error_nobody_foresaw_names_the_step_and_the_cause(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError) as broken:
        identified(cast(Any, None), pd.DataFrame(), pd.DataFrame(), "2024-03")
    wrapped = RuntimeError("a step failed")
    wrapped.__cause__ = broken.value
    assert fail(wrapped) == 1
    said = capsys.readouterr().err
    for words in ("CB-3006", "“identified”一步", "at step “identified”: KeyError: 'plan_id'"):
        assert words in said


@pytest.mark.parametrize("command", ["review", "patterns", "departments", "release"])
def test_nothing_is_told_of_a_month_that_was_not_run(command: str, tmp_path: Path) -> None:
    signed = ["--signed-by", "王某"] if command == "release" else []
    done = CliRunner().invoke(app, [command, "2024-03", "--home", str(tmp_path), *signed])
    assert isinstance(done.exception, CommandError)
    assert (done.exception.name, done.stdout) == ("month_not_run", "")


def test_a_sample_of_one_village_a_town_is_refused_before_it_is_made(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["sample", str(tmp_path / "s"), "2024-03", "--towns", "1", "--villages", "1"])
    assert (done.exit_code, (tmp_path / "s").exists()) == (2, False)
