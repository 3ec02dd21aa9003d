"""What happens in the villages: births, deaths, moves of families, unions, services. Blocks are E × n counts (last axis sex or order)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from methods.simulate.demography import season
from methods.simulate.patterns.nuisance import Nuisance
from methods.simulate.patterns.villages import Numbers, Villages, Whole

_FAMILY_SIZES = np.array([0.55, 0.2, 0.15, 0.1])  # 1 to 4 persons
_LATEST = 12
_ORDER_LOGITS = np.array([0.0, -0.2, -1.1, -4.0])
_SEATS = 24


@dataclass(frozen=True)
class Chance:
    """Draws event blocks of a county: intensities with all their nuisance."""

    rng: np.random.Generator
    nuisance: Nuisance
    villages: Villages
    calendar: Sequence[int]

    def intensity(self, yearly: float, load: Mapping[str, float], seasonal: str = "", spread: float = 1.0) -> Numbers:
        """Expected events, E × n: yearly rate per 1,000 × exposure × village × drift × county and town shocks × season × gamma."""
        rng, of, v = self.rng, self.nuisance, self.villages
        months, n = v.exposure.shape
        own = rng.normal(size=n)
        shared = sum((weight * v.latent[name] for name, weight in load.items()), np.zeros(n))
        rest = np.sqrt(max(0.0, 1 - sum(w * w for w in load.values())))
        village = of["village_sd"] * spread * (shared + rest * own)
        drift = np.cumsum(rng.normal(0, of["drift_sd"] / np.sqrt(months), (months, n)), axis=0)
        shocks = (
            rng.normal(0, of["county_shock"] * spread, (months, 1))
            + rng.normal(0, of["town_shock"] * spread, (months, v.town.max() + 1))[:, v.town]
        )
        factor = np.exp(village + drift + shocks)
        if seasonal:
            factor *= np.array([season(seasonal, m) for m in self.calendar])[:, None] ** of["season"]
        if of["month_var"] * spread > 1e-6:
            factor *= rng.gamma(1 / (of["month_var"] * spread), of["month_var"] * spread, (months, n))
        return np.asarray(yearly / 12_000 * v.exposure * factor)

    def share(self, mean: float, name: str = "coverage") -> Numbers:
        """A coverage of each village's own: logit-normal around `mean`. Shape: (n,)."""
        spread = self.nuisance["coverage_sd"]
        n = len(self.villages.codes)
        logit = np.log(mean / (1 - mean)) + spread * (0.6 * self.villages.latent[name] + 0.8 * self.rng.normal(size=n))
        return np.asarray(1 / (1 + np.exp(-logit)))


def born(chance: Chance) -> dict[str, Whole]:
    """births: by month of the event, E × n × 2; timely and late: E × n × 2, by month of the report; order: E × n × 4 of the timely."""
    rng, of, v = chance.rng, chance.nuisance, chance.villages
    expected = chance.intensity(of["birth_rate"], {"young": 0.7}, "births")
    expected[:, v.is_like("old_hamlet")] *= 0.02
    maternities = rng.poisson(expected)
    twins = rng.binomial(maternities, of["twins"])
    boys = rng.binomial(maternities, of["boys"])
    same = rng.binomial(twins, 0.65)
    boys_of_twins = rng.binomial(same, of["boys"]) + rng.binomial(twins - same, 0.5)
    births = np.stack([boys + boys_of_twins, maternities - boys + twins - boys_of_twins], axis=2)
    share = np.clip(rng.beta(4, 4 / of["late_share"] - 4, len(v.codes)), 0, 0.8)
    share[v.is_like("late_registration")] = rng.uniform(0.4, 0.6)
    late_total = rng.binomial(births, share[None, :, None])
    late = np.zeros_like(births)
    left = late_total.copy()
    stop = 1 / of["late_lag"]
    for lag in range(1, _LATEST + 1):
        now = rng.binomial(left, stop if lag < _LATEST else 1.0)
        late[lag:] += now[:-lag]
        left -= now
    timely = births - late_total
    logits = _ORDER_LOGITS + rng.normal(0, 0.25, (len(v.codes), 4))
    weights = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    order = rng.multinomial(timely.sum(axis=2), np.broadcast_to(weights, (*timely.shape[:2], 4)))
    return {"events": births, "births": timely, "late_births": late, "births_order": order}


def died(chance: Chance) -> Whole:
    """Deaths by month of the report, E × n × 2: a part of each month's is booked in the next."""
    rng, of = chance.rng, chance.nuisance
    deaths = rng.poisson(chance.intensity(of["death_rate"], {"old": 0.8}, "deaths"))
    spilt = rng.binomial(deaths, of["spill_share"])
    deaths = deaths - spilt
    deaths[1:] += spilt[:-1]
    men = rng.binomial(deaths, 0.55)
    return np.stack([men, deaths - men], axis=2)


def _persons(rng: np.random.Generator, families: Whole) -> Whole:
    """Families by size (…, 4) → persons by sex (…, 2): couples are a man and a woman, children either."""
    single = rng.binomial(families[..., 0], 0.5)
    children = families[..., 2] + 2 * families[..., 3]
    sons = rng.binomial(children, 0.52)
    couples = families[..., 1] + families[..., 2] + families[..., 3]
    return np.stack([single + couples + sons, families[..., 0] - single + couples + children - sons], axis=-1)


def moved(chance: Chance) -> dict[str, Whole]:
    """moved_in, moved_out: E × n × 2; local_in, local_out: persons of them who came from or went to a village of the county, E × n."""
    rng, of, v = chance.rng, chance.nuisance, chance.villages
    sizes = np.broadcast_to(_FAMILY_SIZES, (*v.exposure.shape, 4))
    leaving = rng.multinomial(rng.poisson(chance.intensity(of["move_rate"], {"mobile": 0.7}, "moves", 1.3)), sizes)
    local = rng.binomial(leaving, of["local_share"])
    pull = v.exposure * np.exp(of["village_sd"] * (0.7 * v.latent["mobile"] + 0.7 * rng.normal(size=len(v.codes))))
    arriving = np.zeros_like(local)
    for month in range(len(local)):
        for size in range(4):
            total = int(local[month, :, size].sum())
            arriving[month, :, size] = rng.multinomial(total, pull[month] / pull[month].sum())
    coming = rng.multinomial(rng.poisson(chance.intensity(of["move_rate"] * (1 - of["local_share"]), {"mobile": 0.7}, "moves", 1.3)), sizes)
    local_in, local_out = _persons(rng, arriving), _persons(rng, local)
    out = local_out + _persons(rng, leaving - local)
    into = local_in + _persons(rng, coming)
    _cycles(chance, into, out)
    return {"moved_in": into, "moved_out": out, "local_in": local_in.sum(axis=2), "local_out": local_out.sum(axis=2)}


def _cycles(chance: Chance, into: Whole, out: Whole) -> None:
    """Pupils who come each September and leave each July, students who leave, and an estate that fills up. Changes its arguments."""
    rng, v, month = chance.rng, chance.villages, np.array(chance.calendar)
    for village in v.honest.get("boarding_school", ()):
        usual = int(rng.integers(15, 40))
        for at in np.flatnonzero(month == 9):
            into[at, village] += rng.binomial(2 * usual, 0.5, 2)
        for at in np.flatnonzero(month == 7):
            out[at, village] += rng.binomial(2 * usual, 0.48, 2)
    for village in v.honest.get("student_village", ()):
        usual = int(rng.integers(5, 12))
        for at in np.flatnonzero(month == 9):
            out[at, village] += rng.binomial(2 * usual, 0.5, 2)
    for village in v.honest.get("new_estate", ()):
        begin = v.before + int(rng.integers(0, max(1, v.months - 12)))
        families = rng.multinomial(rng.poisson(6, 12), _FAMILY_SIZES[::-1])
        into[begin : begin + 12, village] += _persons(rng, families)[: len(into) - begin]


def united(chance: Chance) -> dict[str, Whole]:
    """Marriages, persons in their first one, divorces. E × n."""
    rng = chance.rng
    marriages = rng.poisson(chance.intensity(5.2, {"young": 0.6}, "marriages"))
    return {
        "marriages": marriages,
        "first_marriages": rng.binomial(2 * marriages, 0.78),
        "divorces": rng.poisson(chance.intensity(2.0, {"young": 0.4})),
    }


def served(chance: Chance, births: Whole, marriages: Whole) -> dict[str, Whole]:
    """Services and outreach, E × n; `births` by month of the event. A clinic serves a town: its shocks reach all the villages of it."""
    rng, v = chance.rng, chance.villages
    total = births.sum(axis=2)
    ahead = np.vstack([total[6:], rng.poisson(np.maximum(total[-6:], total.mean(axis=0)))])
    visits = chance.share(0.85)
    forms = rng.poisson(chance.intensity(90, {"service": 0.8}, spread=1.5))
    satisfied = rng.binomial(forms, np.where(v.is_like("full_service"), 1.0, chance.share(0.93)))
    sessions, participants, materials = _outreach(chance)
    facility = chance.share(0.985)
    facility = np.broadcast_to(facility, total.shape).copy()
    for village in v.honest.get("hospital_opens", ()):
        facility[v.before + int(rng.integers(6, max(7, v.months - 6))) :, village] = 1.0
    made = {
        "in_facility_share": facility,
        "preconception_checks": rng.poisson(marriages * 0.8 + ahead * 0.4),
        "antenatal_first_visits": rng.binomial(ahead, visits) + rng.poisson(0.12 * total.mean(axis=0), total.shape),
        "postnatal_visits": rng.binomial(2 * total, chance.share(0.7) * (0.4 + 0.6 * facility)),
        "contraceptive_consultations": rng.poisson(chance.intensity(20, {"service": 0.8}, spread=1.5)),
        "contraceptive_clients": rng.poisson(chance.intensity(32, {"service": 0.7}, spread=1.5)),
        "satisfaction_forms": forms,
        "satisfaction_forms_satisfied": satisfied,
        "outreach_sessions": sessions,
        "outreach_participants": participants,
        "materials_issued": materials,
    }
    _steady(chance, made)
    for village in v.honest.get("campaign_month", ()):
        at = v.before + int(rng.integers(0, v.months))
        for name in ("contraceptive_consultations", "contraceptive_clients", "preconception_checks", "postnatal_visits"):
            made[name][at, village] += rng.poisson(15)
    return made


def _steady(chance: Chance, made: dict[str, Whole]) -> None:
    """Services that are more regular than chance, and honestly so. Changes its argument."""
    rng, v = chance.rng, chance.villages
    for village in v.honest.get("clinic_slots", ()):
        for name in ("contraceptive_consultations", "contraceptive_clients"):
            made[name][:, village] = np.minimum(rng.poisson(13, len(made[name])), 10)
    for village in v.honest.get("fixed_supply", ()):
        made["materials_issued"][:, village] = 50
        made["satisfaction_forms_satisfied"][:, village] = rng.binomial(20, 0.93, len(made["satisfaction_forms"]))
        made["satisfaction_forms"][:, village] = 20
    for village in v.honest.get("quarterly_clinic", ()):
        for name in ("contraceptive_consultations", "contraceptive_clients", "preconception_checks", "antenatal_first_visits"):
            running = np.cumsum(np.append(0, made[name][:, village]))
            at = np.arange(1, len(running))
            made[name][:, village] = np.where(at % 3 == 0, running[at] - running[np.maximum(at - 3, 0)], 0)


def _outreach(chance: Chance) -> tuple[Whole, Whole, Whole]:
    rng, of, v = chance.rng, chance.nuisance, chance.villages
    shape = v.exposure.shape
    usual = np.exp(0.4 * v.latent["service"])
    sessions = rng.poisson(0.9 * usual + 0.3, shape)
    is_fixed = rng.random(shape[1]) < of["schedule_share"]
    sessions = np.where(is_fixed, np.minimum(1 + (usual > 1.3), 2), sessions)
    crowd = _SEATS * rng.gamma(6, 1 / 6, shape[1])
    participants = rng.poisson(sessions * crowd * rng.gamma(5, 1 / 5, shape))
    materials = rng.poisson(sessions * 1.5 * crowd * rng.gamma(4, 1 / 4, shape) + 5)
    step = np.where(rng.random(shape[1]) < of["rounding_share"], rng.choice([5, 10], shape[1]), 1)
    step[v.is_like("rounded_outreach")] = 10
    participants, materials = np.rint(participants / step) * step, np.rint(materials / step) * step
    for village in v.honest.get("joint_outreach", ()):
        partner = next(w for w in np.flatnonzero(v.town == v.town[village]) if w != village)
        for block in (sessions, participants, materials):
            block[:, village] = block[:, partner]
    return sessions, participants.astype(np.int64), materials.astype(np.int64)
