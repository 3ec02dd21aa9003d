"""What a run that breaks says: where it stopped and why, in both languages."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd
import pytest

from assets.identity import identified
from pipelines.cli.screen import fail


def test_an_error_nobody_foresaw_names_the_step_and_the_cause(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError) as broken:
        identified(cast(Any, None), pd.DataFrame(), pd.DataFrame(), "2024-03")
    wrapped = RuntimeError("a step failed")
    wrapped.__cause__ = broken.value
    assert fail(wrapped) == 1
    said = capsys.readouterr().err
    for words in ("CB-3006", "“identified”一步", "at step “identified”: KeyError: 'plan_id'"):
        assert words in said
