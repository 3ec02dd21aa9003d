"""The office of the cases is honest by itself: what a case finds is the case's doing."""

from __future__ import annotations

from tests.cases.office import TOWN, VILLAGES, Offices


def test_an_office_of_honest_forms_is_asked_little(offices: Offices) -> None:
    march = offices.march({})
    assert (march.report["status"] == "accepted").all()
    assert set(VILLAGES) <= set(march.report.index[march.report["town_code"] == TOWN])
    assert (march.findings()["severity"] != "mandatory").all()
