"""Each test finds the pattern that it was made for, in words that fit, and leaves its innocent neighbours alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from methods.evidence.examine import examine
from methods.evidence.registry import DETECTORS
from methods.evidence.whose import TOLD, log_odds
from tests.methods.evidence.invented import DICTIONARY, changed, county, lasting, month_names, records, rows_of

RUN = {d.id: d.run for d in DETECTORS}
VILLAGE = 7


@pytest.fixture(scope="module")
def honest():
    return records(1)


def p_of(made, detector: str, village: int = VILLAGE) -> float:
    return float(np.nanmin(RUN[detector](county(made)).p[:, village]))


def sums(made, code: str) -> np.ndarray:
    return np.sum([made.panel.of(c)[:, VILLAGE] for c in DICTIONARY.sums[code]], axis=0)


def test_last_months_figures_again(honest) -> None:
    made = lasting(honest, VILLAGE, 12, np.repeat(rows_of(honest, VILLAGE)[-13:-12], 12, axis=0))
    assert p_of(made, "copy_forward") < 1e-6 < p_of(honest, "copy_forward")


def test_last_years_figures_again(honest) -> None:
    made = lasting(honest, VILLAGE, 12, rows_of(honest, VILLAGE)[-24:-12])
    out = RUN["lag_copy"](county(made))
    assert np.nanmin(out.p[:, VILLAGE]) < 1e-6
    assert out.extra["lag"][VILLAGE] == 12
    assert p_of(made, "copy_forward") > 0.01


def test_old_rows_in_any_order(honest) -> None:
    rows = rows_of(honest, VILLAGE)
    order = np.random.default_rng(3).permutation(12)
    made = lasting(honest, VILLAGE, 12, rows[-24:-12][order])
    out = RUN["duplicate_rows"](county(made))
    assert np.nanmin(out.p[:, VILLAGE]) < 1e-6
    assert out.extra["source"][-12:, VILLAGE].tolist() == (12 + order).tolist()


@pytest.mark.parametrize("months", [12, 24])
def test_a_neighbours_figures_and_only_the_copier_is_asked(honest, months: int) -> None:
    """The other has its own population and its own earlier months on its side."""
    charged = {"copier": 0, "other": 0}
    for copier in range(6):
        mates = [n for n, t in enumerate(honest.towns) if t == honest.towns[copier] and n != copier]
        people = county(honest).people[-1]
        other = max(mates, key=lambda n: abs(np.log(people[n] / people[copier])))
        out = RUN["neighbour_copy"](county(lasting(honest, copier, months, rows_of(honest, other)[-months:])))
        charged["copier"] += np.nanmin(out.p[:, copier]) < 1e-4 and out.partner[copier] == other
        charged["other"] += np.nanmin(out.p[:, other]) < 0.05
    assert charged == {"copier": 6, "other": 0}


def test_a_copied_pair_that_nothing_tells_apart_is_charged_to_nobody(honest) -> None:
    """Twins: the same people, the same figures in every month, and no second source."""
    first = VILLAGE
    second = next(n for n, t in enumerate(honest.towns) if t == honest.towns[first] and n != first)
    values = honest.panel.values.copy()
    values[:, second] = values[:, first]
    twins = replace(honest, panel=replace(honest.panel, values=values), second_sources={})
    for name in ("neighbour_copy", "dependent_villages"):
        out = RUN[name](county(twins))
        assert np.nanmin(out.p[:, [first, second]]) > 0.01, name


def test_second_sources_tell_whose_figures_they_are(honest) -> None:
    """The same twins: births that a hospital counts follow one village's figures and not the other's."""
    first = VILLAGE
    second = next(n for n, t in enumerate(honest.towns) if t == honest.towns[first] and n != first)
    values = honest.panel.values.copy()
    values[:, second] = values[:, first]
    twins = county(replace(honest, panel=replace(honest.panel, values=values)))
    assert twins.seconds
    odds = log_odds(twins, np.array([second, first]), np.array([first, second]))
    assert odds[0] > TOLD
    assert odds[1] == pytest.approx(-odds[0])
    out = RUN["neighbour_copy"](twins)
    assert np.nanmin(out.p[:, second]) < 1e-4
    assert np.nanmin(out.p[:, first]) > 0.05


def test_even_figures(honest) -> None:
    usual = rows_of(honest, VILLAGE).mean(axis=0)
    made = lasting(honest, VILLAGE, 24, np.rint(np.tile(usual, (24, 1)) + np.random.default_rng(4).uniform(-0.6, 0.6, (24, len(usual)))))
    assert p_of(made, "under_dispersion") < 1e-6 < p_of(honest, "under_dispersion")
    assert p_of(made, "value_bunching") < 1e-3


def test_a_ratio_that_never_changes_and_a_share_just_reached(honest) -> None:
    wholes = {pair.part: honest.panel.of(pair.whole)[-24:, VILLAGE] for pair in honest.roles.pairs}
    constant = changed(honest, VILLAGE, {part: np.rint(0.75 * whole) for part, whole in wholes.items()})
    assert p_of(constant, "constant_ratio") < 1e-4 < p_of(honest, "constant_ratio")
    reached = changed(honest, VILLAGE, {part: np.ceil(0.8 * whole) for part, whole in wholes.items()})
    assert p_of(reached, "target_bunching") < 1e-4 < p_of(honest, "target_bunching")


def test_a_service_that_reaches_everybody_is_no_pattern(honest) -> None:
    forms = honest.panel.of("satisfaction_forms")[:, VILLAGE]
    made = changed(honest, VILLAGE, {"satisfaction_forms_satisfied": forms})
    assert p_of(made, "constant_ratio") > 0.05
    assert p_of(made, "target_bunching") > 0.05


def test_nothing_ever_happens(honest) -> None:
    made = lasting(honest, VILLAGE, 18, np.zeros((18, rows_of(honest, VILLAGE).shape[1])))
    assert p_of(made, "empty_reporting") < 1e-6 < p_of(honest, "empty_reporting")


def test_population_by_a_rule(honest) -> None:
    start = honest.panel.of("population_end_m")[-25, VILLAGE]
    made = changed(honest, VILLAGE, {f"population_end_{sex}": start + 2 * np.arange(1, 25) for sex in "mf"})
    assert p_of(made, "constant_growth") < 1e-4 < p_of(honest, "constant_growth")
    merged = honest.is_changed.copy()
    merged[-24:, VILLAGE] = True
    told = RUN["constant_growth"](county(type(made)(made.panel, made.towns, made.roles, made.second_sources, merged))).p[:, VILLAGE]
    assert np.isnan(told[:2]).all(), "months of a merger are not asked"


def test_migration_written_to_fit(honest) -> None:
    natural = sums(honest, "births") - sums(honest, "deaths")
    made = changed(honest, VILLAGE, {"moved_in_m": np.maximum(-natural, 0), "moved_in_f": 0 * natural, "moved_out_f": 0 * natural})
    made = changed(made, VILLAGE, {"moved_out_m": np.maximum(natural, 0)})
    assert p_of(made, "plugged_balance") < 1e-6 < p_of(honest, "plugged_balance")


def test_arrivals_that_mirror_departures(honest) -> None:
    made = changed(honest, VILLAGE, {f"moved_in_{sex}": honest.panel.of(f"moved_out_{sex}")[:, VILLAGE] for sex in "mf"})
    assert p_of(made, "equal_moves") < 1e-6 < p_of(honest, "equal_moves")


def test_sexes_split_in_half(honest) -> None:
    figures = {}
    for concept in ("births", "deaths", "moved_in", "moved_out"):
        total = sums(honest, concept)
        figures |= {f"{concept}_m": np.ceil(total / 2), f"{concept}_f": np.floor(total / 2)}
    assert p_of(changed(honest, VILLAGE, figures), "even_split") < 1e-6 < p_of(honest, "even_split")


def test_round_stocks_and_a_favourite_digit(honest) -> None:
    stock = honest.panel.of("population_end_m")[-24:, VILLAGE]
    other = honest.panel.of("population_end_f")[-24:, VILLAGE]
    made = changed(honest, VILLAGE, {"population_end_m": np.rint(stock / 5) * 5, "population_end_f": np.rint(other / 5) * 5})
    assert p_of(made, "heaping") < 1e-6 < p_of(honest, "heaping")
    seven = changed(honest, VILLAGE, {"population_end_m": np.rint(stock / 10) * 10 + 7, "population_end_f": np.rint(other / 10) * 10 + 7})
    out = RUN["digit_preference"](county(seven))
    assert np.nanmin(out.p[:, VILLAGE]) < 1e-6
    assert out.extra["digit"][VILLAGE] in (2, 7)


def test_births_that_hospitals_count_and_the_village_does_not(honest) -> None:
    big = int(np.argmax(county(honest).people[-1]))
    births = {code: np.floor(honest.panel.of(code)[-24:, big] / 3) for code in DICTIONARY.sums["births"]}
    made = changed(honest, big, births)
    for detector in ("below_second_source", "below_forerunners"):
        assert p_of(made, detector, big) < 1e-3 < p_of(honest, detector, big)


def test_births_reported_late_are_reported(honest) -> None:
    """The same births, three months later and as late ones: nothing is missing."""
    big = int(np.argmax(county(honest).people[-1]))
    figures = {}
    for sex in "mf":
        births = honest.panel.of(f"births_{sex}")[:, big]
        late = np.zeros_like(births)
        late[3:] = np.ceil(births[:-3] / 2)
        figures |= {f"births_{sex}": births - np.ceil(births / 2), f"late_births_{sex}": late}
    assert p_of(changed(honest, big, figures), "below_second_source", big) > 0.01


def test_departures_that_other_villages_saw(honest) -> None:
    made = changed(honest, VILLAGE, {f"moved_out_{sex}": 0 * honest.panel.of(f"moved_out_{sex}")[:, VILLAGE] for sex in "mf"})
    assert p_of(made, "mirror_moves") < 1e-3 < p_of(honest, "mirror_moves")


def test_boys_among_later_births_of_a_town(honest) -> None:
    town = [n for n, t in enumerate(honest.towns) if t == honest.towns[0]]
    made = honest
    for n in town:
        births = honest.panel.of("births_m")[:, n] + honest.panel.of("births_f")[:, n]
        later = honest.panel.of("births_order_2")[:, n] > 0
        made = changed(made, n, {"births_m": np.where(later, births, births // 2), "births_f": np.where(later, 0, births - births // 2)})
    p = RUN["order_by_sex"](county(made)).p[-1]
    assert p[town[0]] < 1e-4
    assert min(p[n] for n, t in enumerate(made.towns) if t != made.towns[0]) > 1e-3
    rows = examine(made, DICTIONARY).evidence
    assert set(rows.loc[rows["detector"] == "order_by_sex", "village_code"]) == {""}, "a town's evidence names no village"


def test_files_tell_without_figures() -> None:
    made = records(5, months=12)
    frame = pd.DataFrame([(m, v) for m in month_names(12) for v in made.panel.villages], columns=["month", "village_code"])
    number = pd.Series(range(len(frame)))
    due = pd.PeriodIndex(frame["month"], freq="M").to_timestamp() + pd.offsets.MonthBegin(1)
    frame = frame.assign(sha256=number.astype(str), size=1, style="a", arrived_at=due + pd.to_timedelta(86400 + number % 997, unit="s"))
    one, two, three = (frame["village_code"] == made.panel.villages[n] for n in (1, 5, 9))
    frame.loc[two, "sha256"] = frame.loc[one, "sha256"].to_numpy()
    again = frame[three].assign(arrived_at=due[three].to_numpy() + np.timedelta64(4 * 86400 + 86000, "s"), sha256="x")
    posted = type(made)(made.panel, made.towns, made.roles, submissions=pd.concat([frame, again], ignore_index=True))
    file, deadline = RUN["same_file"](county(posted)).p, RUN["before_deadline"](county(posted)).p
    assert np.nanmin(file[:, [1, 5]]) < 1e-4 < 0.05 < np.nanmin(file[:, [2, 3, 9]])
    assert np.nanmin(deadline[:, 9]) < 1e-4 < 0.05 < np.nanmin(deadline[:, [1, 2, 5]])
    same = frame.assign(arrived_at=frame["arrived_at"].where(~two, frame.loc[one, "arrived_at"].to_numpy()[0]))
    same.loc[two, "arrived_at"] = frame.loc[one, "arrived_at"].to_numpy()
    same["sha256"] = number.astype(str)
    moment = RUN["same_moment"](county(type(made)(made.panel, made.towns, made.roles, submissions=same))).p
    assert np.nanmin(moment[:, [1, 5]]) < 1e-4 < 0.05 < np.nanmin(moment[:, [2, 3]])


def test_generic_tests_see_what_they_were_not_told(honest) -> None:
    usual = rows_of(honest, VILLAGE).mean(axis=0)
    two_values = np.where(np.arange(24)[:, None] % 2 == 0, np.floor(usual * 0.6), np.ceil(usual * 1.4))
    made = lasting(honest, VILLAGE, 24, two_values)
    assert p_of(made, "alternating") < 1e-6 < p_of(honest, "alternating")
    assert p_of(made, "repeated_values") < 1e-4 < p_of(honest, "repeated_values")
    mate = next(n for n, t in enumerate(honest.towns) if t == honest.towns[VILLAGE] and n != VILLAGE)
    noisy = rows_of(honest, mate) * 2 + np.random.default_rng(1).integers(0, 2, rows_of(honest, mate).shape)
    made = lasting(honest, VILLAGE, 36, noisy)
    out = RUN["dependent_villages"](county(made)).p
    assert np.nanmin(out[:, [VILLAGE, mate]]) < 1e-6
