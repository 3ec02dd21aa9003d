"""Registers of the villages: population that moves only by events, ages, households, floating population, benefit rolls."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from methods.simulate.demography import season
from methods.simulate.patterns.events import Chance
from methods.simulate.patterns.villages import Numbers, Whole
from methods.simulate.services import CHILD_SCHEME, RURAL_SCHEME, SCHEMES

_AGES = np.array([0.17, 0.61, 0.06, 0.16])
_USUAL_AMOUNT = {"special_support": 520.0, "pension_support": 83.33}


def population(chance: Chance, flows: Mapping[str, Whole]) -> dict[str, Whole]:
    """Start, end and boundary change by sex, T × n × 2, from flows (T × n × 2): the balance holds exactly."""
    rng, v = chance.rng, chance.villages
    male = np.clip(rng.normal(0.512, 0.008, len(v.codes)), 0.48, 0.545)
    first = np.rint(v.exposure[v.before, :, None] * np.stack([male, 1 - male], axis=1))
    net = flows["births"] + flows["late_births"] + flows["moved_in"] - flows["deaths"] - flows["moved_out"]
    boundary = np.zeros_like(net)
    for change in sorted(v.changes, key=lambda c: c.at):
        before = first[change.giver] + (net + boundary)[: change.at, change.giver].sum(axis=0)
        given = before if change.share == 1 else np.rint(before * change.share)
        boundary[change.at, change.giver] -= given.astype(np.int64)
        boundary[change.at, change.taker] += given.astype(np.int64)
    end = np.maximum(first[None] + np.cumsum(net + boundary, axis=0), 0).astype(np.int64)
    start = np.concatenate([first[None].astype(np.int64), end[:-1]])
    return {"population_start": start, "population_end": end, "boundary_change": boundary}


def composition(chance: Chance, end: Whole) -> dict[str, Whole]:
    """Ages (T × n × 4), women 15–49, households: shares of each village's own that drift slowly."""
    rng, n = chance.rng, end.shape[1]
    total = end.sum(axis=2)
    tilt = 0.25 * np.stack(
        [chance.villages.latent["young"], np.zeros(n), 0.5 * chance.villages.latent["old"], chance.villages.latent["old"]], 1
    )
    shares = _AGES * np.exp(tilt + rng.normal(0, 0.08, (n, 4)))
    shares = np.cumsum(rng.normal(0, 0.002, (len(end), n, 4)), axis=0) * shares + shares
    shares /= shares.sum(axis=2, keepdims=True)
    ages = np.floor(total[:, :, None] * shares).astype(np.int64)
    ages[:, :, 1] += total - ages.sum(axis=2)
    women = np.clip(rng.normal(0.44, 0.03, n) + np.cumsum(rng.normal(0, 0.001, total.shape), axis=0), 0.25, 0.6)
    per_household = np.clip(rng.normal(3.0, 0.35, n), 1.9, 4.6)
    households = np.rint(total / per_household + np.cumsum(rng.normal(0, 0.4, total.shape), axis=0))
    return {
        "age": ages,
        "women_15_49": np.floor(end[:, :, 1] * women).astype(np.int64),
        "households_end": np.clip(households, -(-total // 7), np.maximum(total, 1)).astype(np.int64),
    }


def floating(chance: Chance, end: Whole) -> dict[str, Whole]:
    """inflow, outflow (T × n × 3: total, other county, other province), residents (T × n × 2); many recount each quarter only."""
    rng, v, total = chance.rng, chance.villages, end.sum(axis=2)
    months, n = total.shape
    calendar = np.array(chance.calendar[v.before : v.before + months])
    recount = np.where(rng.random(n) < chance.nuisance["quarterly_share"], 3, 1)
    recount[v.is_like("floating_frozen")] = 12
    latest = (np.arange(months)[:, None] // recount[None, :]) * recount[None, :]
    made: dict[str, Whole] = {}
    away = np.array([season("away", m) for m in calendar])[:, None]
    for flow, level in (("inflow", rng.beta(2, 30, n) * np.where(v.is_urban, 4, 1)), ("outflow", rng.beta(4, 14, n) * away)):
        noise = np.cumsum(rng.normal(0, 0.015, (months, n)), axis=0)
        stock = np.rint(total * level * np.exp(noise))
        stock = np.take_along_axis(np.clip(stock, 0, total // 2), latest, axis=0)
        county = np.floor(stock * rng.beta(6, 4, n))
        made[flow] = np.stack([stock, county, np.floor(county * rng.beta(4, 5, n))], axis=2).astype(np.int64)
    resident = np.rint((total + made["inflow"][:, :, 0] - made["outflow"][:, :, 0]) * (1 + rng.normal(0, 0.008, n)))
    male = np.rint(resident * end[:, :, 0] / np.maximum(total, 1))
    made["resident_population"] = np.stack([male, resident - male], axis=2).astype(np.int64)
    return made


def benefits(chance: Chance, newcomers: Whole, rates: Mapping[str, float]) -> dict[str, dict[str, Numbers]]:
    """Scheme → eligible, new, exited, paid, amount, T × n; NaN where it does not concern a village. The unpaid tend to stay so."""
    made = {}
    for scheme in SCHEMES:
        made[scheme] = _roll(chance, scheme, newcomers, rates.get(scheme, _USUAL_AMOUNT.get(scheme, 100.0)))
        if scheme == RURAL_SCHEME:
            for part in made[scheme].values():
                part[:, chance.villages.is_urban] = np.nan
    return made


def _roll(chance: Chance, scheme: str, newcomers: Whole, rate: float) -> dict[str, Numbers]:
    rng, v, of = chance.rng, chance.villages, chance.nuisance
    at_first, coming, leaving = SCHEMES[scheme]
    months, n = newcomers.shape
    stable, full = v.is_like("stable_rolls"), v.is_like("full_service")
    stock = rng.poisson(v.exposure[v.before] * at_first * rng.gamma(8, 1 / 8, n))
    paid_share = chance.share(0.985)
    missed = rng.binomial(stock, 1 - paid_share)
    parts = {name: np.zeros((months, n)) for name in ("eligible", "new", "exited", "paid", "amount")}
    for t in range(months):
        new = rng.binomial(newcomers[t], 0.93) if scheme == CHILD_SCHEME else rng.poisson(stock * coming + 0.1 * v.is_there[t])
        exited = rng.binomial(stock, leaving)
        if scheme != CHILD_SCHEME:
            new[stable], exited[stable] = 0, 0
        for change in v.changes:
            if change.at == t:
                given = int(stock[change.giver]) if change.share == 1 else int(rng.binomial(stock[change.giver], change.share))
                exited[change.giver], new[change.taker] = min(given, stock[change.giver]), new[change.taker] + given
        stock = stock + new - exited
        kept = np.minimum(rng.binomial(missed, of["stay_unpaid"]), stock)
        missed = kept + rng.binomial(stock - kept, (1 - paid_share) * (1 - of["stay_unpaid"]))
        missed[full | stable] = 0
        for name, block in (("eligible", stock), ("new", new), ("exited", exited), ("paid", stock - missed)):
            parts[name][t] = block
    for village in v.honest.get("back_payments", ()):
        at = int(rng.integers(2, max(3, months - 4)))
        parts["paid"][at : at + 3, village] = 0
        parts["paid"][at + 3 : at + 4, village] *= 4
    parts["amount"] = np.round(parts["paid"] * rate, 2)
    return parts
