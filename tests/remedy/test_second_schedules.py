"""Schedules against a second opinion: every window reckoned alone, from the text of the rules, in plain fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from small_contracts import MINUTE, amounts, at, contract, down, judged

TOTAL = 30 * 24 * 60
FEE = Fraction(1000)
LEVELS = [Fraction(n, 10) for n in (999, 995, 990, 970, 950)]


def sides(band: dict[str, Any], measured: Fraction) -> bool:
    tests = {"from": measured.__ge__, "above": measured.__gt__, "to": measured.__le__, "below": measured.__lt__}
    return all(tests[side](Fraction(str(limit))) for side, limit in band.items() if side in tests)


def reached(condition: dict[str, Any], lengths: list[int], streak: int) -> bool:
    level = 100 - Fraction(100 * sum(lengths), TOTAL)
    holds = [sides(condition, level)]
    if "downtime" in condition:
        holds.append(sum(lengths) > int(condition["downtime"][:-1]))
    if "incidents" in condition:
        holds.append(len(lengths) >= condition["incidents"])
    if "streak" in condition:
        holds.append(streak >= condition["streak"])
    return all(holds)


def reckon(schedule: dict[str, Any], months: list[list[int]], target: Fraction) -> list[Fraction]:
    """Credit of each month of 30 days, from the lengths of its outages in minutes."""
    credits, streak = [], 0
    for lengths in months:
        level = 100 - Fraction(100 * sum(lengths), TOTAL)
        streak = streak + 1 if level < target else 0
        held = [band for band in schedule["bands"] if reached(band, lengths, streak)]
        taken = held if schedule["select"] == "sum" else held[-1:]
        percent = Fraction(0)
        for band in taken:
            percent += band["percent"]
            if "step" in band:
                short = max(Fraction(0), Fraction(str(band["slope"])) - level)
                percent += -(-short // Fraction(str(band["step"])))
        factor = [multiplier["by"] for multiplier in schedule["multipliers"] if reached(multiplier, lengths, streak)]
        due = FEE * percent / 100 * (factor[-1] if factor else 1)
        credits.append(min(due, FEE * schedule["cap"] / 100))
    return credits


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, Any]:
    edges = sorted(draw(st.sets(st.sampled_from(LEVELS), min_size=1)), reverse=True)
    bands: list[dict[str, Any]] = []
    for edge in edges:
        band: dict[str, Any] = {"below": float(edge), "percent": draw(st.integers(1, 40))}
        if draw(st.booleans()):
            band |= {"slope": float(edge), "step": draw(st.sampled_from([0.1, 0.25, 1]))}
        bands.append(band)
    if draw(st.booleans()):
        more = draw(st.sampled_from([{"streak": 2}, {"incidents": 2}, {"downtime": "90m"}]))
        bands.append({"below": float(edges[-1]), **more, "percent": draw(st.integers(1, 60))})
    factors = [[], [{"streak": 2, "by": 2}], [{"incidents": 1, "by": 3}, {"streak": 3, "by": 5}]]
    multipliers = draw(st.sampled_from(factors))
    select, cap = draw(st.sampled_from(["worst", "sum"])), draw(st.sampled_from([15, 50, 300]))
    return {"bands": bands, "select": select, "multipliers": multipliers, "cap": cap}


def written(schedule: dict[str, Any]) -> str:
    """The same as a credit of a policy."""
    bands = []
    for band in schedule["bands"]:
        keys = {key: value for key, value in band.items() if key not in ("percent", "slope", "step", "downtime")}
        says = [f"{key}: {value}" for key, value in keys.items()] + [f"credit: {band['percent']}%"]
        says += [f"downtime: {{above: {band['downtime']}}}"] if "downtime" in band else []
        if "step" in band:
            says.append(f"plus: {{shortfall: {{from: {band['slope']}, step: {band['step']}, credit: 1%}}}}")
        bands.append(f"{{{', '.join(says)}}}")
    factors = (", ".join(f"{key}: {value}" for key, value in one.items()) for one in schedule["multipliers"])
    multipliers = [f"{{{factor}}}" for factor in factors]
    cap = f"{{per: window, at_most: {schedule['cap']}%}}"
    return (
        f"credit: {{bands: [{', '.join(bands)}], select: {schedule['select']}, "
        f"multipliers: [{', '.join(multipliers)}], caps: [{cap}], clause: c}}"
    )


@examples(15)
@given(schedules(), st.lists(st.lists(st.integers(1, 1500), max_size=3), min_size=4, max_size=4))
def test_each_month_is_credited_as_reckoned_alone(schedule: dict[str, Any], months: list[list[int]]) -> None:
    policy = contract(f"target: 99.9, denominator: {TOTAL}m, {written(schedule)}")
    rows = [
        down(at(f"2026-0{month}-0{2 * n + 1}"), length * MINUTE, f"o{month}{n}")
        for month, lengths in enumerate(months, 3)
        for n, length in enumerate(lengths)
    ]
    paid = [int(amount * 100) for amount in amounts(judged(policy, rows, "2026-03/2026-06"))]
    due = reckon(schedule, months, Fraction(999, 10))
    assert paid == [int(credit * 100 + Fraction(1, 2)) for credit in due]
